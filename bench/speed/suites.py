"""The rows of the table: which data, how many clusters and iterations, and which peers are measured."""

from dataclasses import dataclass, replace

ALL = ("scikit-learn", "oneDAL", "faiss", "linfa", "mlpack")
LIBRARIES = ("scikit-learn", "oneDAL", "faiss")
LARGE = (*LIBRARIES, "superkmeans")
# linfa and mlpack run scalar loops; beyond this many row x column x cluster x iteration cells they would
# take minutes a run and are far from the best peer.
SCALAR_LIMIT = 3e10
TO_REST = 1000  # iterations that no row needs
KINDS = ("gaussian", "blobs")
REAL = ("mnist", "words", "sentences")  # of one size


@dataclass(frozen=True)
class Work:
    """One row: the same for everybody who is measured."""

    suite: str
    kind: str  # of data, see data.py
    rows: int
    columns: int
    clusters: int
    max_iter: int
    dtype: str = "f32"
    tol: float = 0.0
    peers: tuple = ()
    job: str = "fit"  # or "seed": the search for the first centroids alone; or "default": see equal.py

    @property
    def name(self):
        """What the table calls it, and the key its results are kept under."""
        shape = f"{short(self.rows)} x {self.columns}, k={self.clusters}"
        rest = ", to rest" if self.max_iter >= TO_REST else ""
        return f"{self.suite}: {self.kind} {shape}, {self.dtype}{rest}"

    @property
    def data_name(self):
        """The same for all rows that share the data; blobs have as many centres as there are clusters."""
        centres = f"-{self.clusters}" if self.kind == "blobs" else ""
        return f"{self.kind}{centres}-{self.rows}x{self.columns}-{self.dtype}"

    def wanted(self):
        """The peers that can do it in reasonable time."""
        cells = self.rows * self.columns * self.clusters * self.max_iter
        slow = {"linfa", "mlpack"} if cells > SCALAR_LIMIT else set()
        if self.columns > 4:
            slow.add("mlpack")  # its trees are for few columns, and without them it is the slowest
        return [peer for peer in self.peers if peer not in slow]

    def smaller(self):
        """For --quick: a look whether all is well, no figure to keep."""
        whole = self.suite == "growth" or self.kind in REAL
        rows = self.rows if whole else self.rows // 5
        return replace(self, rows=rows, max_iter=min(self.max_iter, 100 if self.tol else 5))


def short(rows):
    """1000000 as 1M."""
    for unit, name in ((1_000_000, "M"), (1000, "k")):
        if rows >= unit and rows % (unit // 10) == 0:
            return f"{rows / unit:g}{name}"
    return str(rows)


def article(_quick):
    """The comparison that linfa was published with."""
    return [Work("article", "blobs", 1_000_000, 2, 3, 100, "f64", 1e-4, ALL)]


def low(quick):
    """Few columns, where libraries built around matrix products are at their weakest."""
    if quick:
        return [low_row("gaussian", 2, 16, "f32"), low_row("blobs", 3, 8, "f64")]
    grid = [(d, k) for d in (2, 3, 4) for k in (3, 8, 16, 64, 512)]
    return [
        low_row(kind, d, k, dtype) for d, k in grid for kind in KINDS for dtype in ("f32", "f64")
    ]


def low_row(kind, columns, clusters, dtype):
    """One cell of that grid."""
    return Work("low", kind, 1_000_000, columns, clusters, 5 if clusters == 512 else 20, dtype, 0.0, ALL)


def mid(quick):
    """Between the two."""
    rows = [
        Work("mid", kind, 1_000_000, d, k, 20, "f32", 0.0, ALL) for d in (8, 16) for k in (16, 64) for kind in KINDS
    ]
    return rows[:1] if quick else rows


def wide(quick):
    """Where matrix products are at their best."""
    grid = [(d, k, kind) for d in (64, 128) for k in (100, 256) for kind in KINDS]
    rows = [Work("wide", kind, 200_000, d, k, 10, "f32", 0.0, LIBRARIES) for d, k, kind in grid]
    return rows[:1] if quick else rows


def mnist(_quick):
    """Images: neighbouring pixels say the same, so a projection prunes."""
    return [Work("mnist", "mnist", 60_000, 784, 1000, steps, "f32", 0.0, LARGE) for steps in (25, TO_REST)]


def words(_quick):
    """Word vectors: a flat spectrum, nothing to prune."""
    return [Work("words", "words", 341_479, 100, 1000, 10, "f32", 0.0, LARGE)]


def embeddings(_quick):
    """What a language model makes of sentences; and wider ones, imitated: see data.py."""
    shapes = [("sentences", 116_919, 384), ("spectrum", 100_000, 768), ("spectrum", 50_000, 1536)]
    grid = [(kind, n, d, k) for kind, n, d in shapes for k in (256, 1000)]
    return [Work("embeddings", kind, n, d, k, 10, "f32", 0.0, LARGE) for kind, n, d, k in grid]


def seeding(_quick):
    """Greedy k-means++ alone, with the same number of candidates a step."""
    rows = [("mnist", 60_000, 784, 200), ("gaussian", 1_000_000, 2, 64)]
    return [Work("seeding", kind, n, d, k, 1, "f32", 0.0, ("scikit-learn",), "seed") for kind, n, d, k in rows]


def default(quick):
    """Everything included, with everybody's own options, until answers are equally good."""
    low, high = [(1_000_000, 2, 8), (1_000_000, 16, 64)], [(200_000, 64, 100)]
    rows = [(kind, *shape, ALL) for shape in low for kind in KINDS]
    rows += [(kind, *shape, LARGE) for shape in high for kind in KINDS]
    rows += [("mnist", 60_000, 784, 100, LARGE), ("words", 341_479, 100, 100, LARGE)]
    rows = [rows[0], rows[5]] if quick else rows
    return [Work("default", kind, n, d, k, 300, "f32", 1e-4, peers, "default") for kind, n, d, k, peers in rows]


def growth(quick):
    """Ours alone: how the time grows with rows, clusters and columns. 10^8 rows need some 6 GB."""
    sizes = [10**e for e in range(4, 7 if quick else 9)]
    few = (1, 4, 16) if quick else (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
    rows = [(n, 2, 16) for n in sizes] + [(100_000, 2, k) for k in few] + [(100_000, d, 16) for d in few[:9]]
    return [Work("growth", "gaussian", n, d, k, 10, "f32") for n, d, k in dict.fromkeys(rows)]


SUITES = {f.__name__: f for f in (article, low, mid, wide, mnist, words, embeddings, seeding, default, growth)}


def works(names, quick):
    """The rows of the suites named."""
    return [work.smaller() if quick else work for name in names for work in SUITES[name](quick)]

"""Whether answers agree: the inertia of everybody's centroids, computed again, by us, in f64."""

import hashlib

import numpy as np

from speed import data

LIMITS = {"f32": 1e-6, "f64": 1e-9}
CELLS = 1 << 24
_known = {}


def inertia(work, path):
    """The inertia of centroids in a file, and a digest of them; equal centroids are summed once."""
    content = path.read_bytes()
    digest = hashlib.blake2b(content, digest_size=12).hexdigest()
    key = (work.data_name, digest)
    if key not in _known:
        centroids = np.frombuffer(content, "<f8").reshape(-1, work.columns)
        _known[key] = total(data.load(work), centroids)
    return _known[key], digest


def total(rows, centroids):
    """The nearest centroid by dot products, its distance then by differences: no cancellation in the sum."""
    step, sums = max(1, CELLS // max(centroids.shape)), []
    norms = (centroids**2).sum(axis=1) / 2
    for at in range(0, len(rows), step):
        some = np.asarray(rows[at : at + step], "<f8")
        nearest = (norms - some @ centroids.T).argmin(axis=1)
        sums.append(((some - centroids[nearest]) ** 2).sum())
    return float(np.sum(sums))


def difference(theirs, ours):
    """Relative: above 0 when theirs is worse."""
    return (theirs - ours) / ours if ours else theirs - ours


def limit(dtype, kind):
    """From where on a difference is told: tighter for a peer that works in f64, whatever the data are."""
    return LIMITS["f64" if "f64" in kind else "f32" if "f32" in kind else dtype]

"""Where a run starts: centroids from which two correct tools cannot help but go the same way.

Two situations leave a tool a choice, and scikit-learn documents none of them: a cluster that loses
all its rows, and a row that is as near to one centroid as to another. A start that meets either in
any iteration is passed over, so that every difference left in the table would be a fault.
"""

import numpy as np
from scipy.sparse import csr_matrix

EPSILON = np.finfo(float).eps
ATTEMPTS = 500


def choose(case, rng):
    """Random distinct rows, moved a little off the grid where the data lie on one.

    With the path from there, and how many starts were passed over on the way: choosing is a bias, so the
    table says how much of it there was.
    """
    distinct = np.unique(case.data, axis=0)
    for passed_over in range(ATTEMPTS):
        start = distinct[rng.choice(len(distinct), case.k, replace=False)]
        if case.gridded:
            start = start + 0.01 * case.data.std(axis=0) * rng.standard_normal(start.shape)
        path = replay(case, start)
        if path is not None:
            return start, path, passed_over
    raise RuntimeError(f"{case.name}: no start without an empty cluster or a near tie")


def replay(case, start):
    """Lloyd's iterations from a start: their number and the last labels, or None to pass it over.

    Centred and by dot products, as scikit-learn does it; a row counts as a near tie when rounding in
    either tool could decide it.
    """
    middle = case.data.mean(axis=0)
    rows, centroids = case.data - middle, start - middle
    weights = np.ones(len(rows)) if case.weights is None else case.weights
    slack = undecided(case.data, rows)
    norms, labels = (rows**2).sum(axis=1), None
    for iteration in range(1, case.max_iter + 1):
        new, close = nearest(rows, norms, centroids, slack)
        if len(np.unique(new)) < case.k or (close and not case.ties):
            return None
        if labels is not None and np.array_equal(new, labels):
            return iteration, labels
        labels, centroids = new, means(rows, weights, new, case.k)
    labels, close = nearest(rows, norms, centroids, slack)
    return None if close and not case.ties else (case.max_iter, labels)


def undecided(data, rows):
    """How far apart two distances of a row must be for rounding not to matter, generously.

    Dot products err by about (d + 4) eps r^2 for centred rows of length r. A centroid stored as f64
    errs by eps max|x| a column, which changes a distance by up to 2 r sqrt(d) times that.
    """
    d, radius = data.shape[1], np.sqrt((rows**2).sum(axis=1).max())
    return 16 * EPSILON * ((d + 4) * radius**2 + np.sqrt(d) * np.abs(data).max() * radius)


def nearest(rows, norms, centroids, slack):
    """The nearest centroid of every row, and whether any row had two within the slack."""
    distances = norms[:, None] - 2 * rows @ centroids.T + (centroids**2).sum(axis=1)
    labels = distances.argmin(axis=1)
    if len(centroids) == 1:
        return labels, False
    best = np.partition(distances, 1, axis=1)
    return labels, bool((best[:, 1] - best[:, 0] <= slack).any())


def means(rows, weights, labels, k):
    """The weighted mean of every cluster."""
    members = csr_matrix((weights, (labels, np.arange(len(rows)))), shape=(k, len(rows)))
    return (members @ rows) / np.asarray(members.sum(axis=1))

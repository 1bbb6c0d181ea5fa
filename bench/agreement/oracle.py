"""What must hold of our results whatever anybody else's say, computed without our code.

The canonical distance is a chain of fused multiply-adds, which Python 3.11 and numpy lack. `square_add`
makes one from ordinary operations (Boldo & Melquiond, "Emulation of a FMA and correctly rounded sums:
proved algorithms using rounding to odd", 2008); `self_check` holds it against rational numbers.
It is exact as long as nothing leaves f64's normal range, which none of the data here does.
"""

import math
from fractions import Fraction

import numpy as np

SPLITTER = 134_217_729.0  # 2^27 + 1: Veltkamp's split of 53 bits into two halves
EPSILON = np.finfo(float).eps


def two_sum(a, b):
    """`a + b` rounded, and exactly what the rounding cut off."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def split(a):
    """`a` as a sum of two numbers of at most 26 bits."""
    scaled = SPLITTER * a
    high = scaled - (scaled - a)
    return high, a - high


def two_product(a, b):
    """`a * b` rounded, and exactly what the rounding cut off."""
    product = a * b
    (ah, al), (bh, bl) = split(a), split(b)
    return product, ((ah * bh - product) + ah * bl + al * bh) + al * bl


def odd_sum(a, b):
    """`a + b` rounded to odd: an inexact sum gets the neighbour whose last bit is 1."""
    total, rest = two_sum(a, b)
    bits = total.view(np.int64)
    outward = (rest > 0) == (total > 0)
    inexact_even = (rest != 0) & (bits & 1 == 0)
    return (bits + np.where(inexact_even, np.where(outward, 1, -1), 0)).view(np.float64)


def square_add(a, acc):
    """`fma(a, a, acc)`, element by element."""
    high, low = two_product(a, a)
    upper, lower = two_sum(acc, low)
    upper, middle = two_sum(high, upper)
    return upper + odd_sum(lower, middle)


def canonical(rows, centroids):
    """The canonical squared distance of each row to the centroid in the same place."""
    acc = np.zeros(len(rows))
    for j in range(rows.shape[1]):
        acc = square_add(rows[:, j] - centroids[:, j], acc)
    return acc


def canonical_exact(row, centroid):
    """The same for one pair, by rational numbers rounded once a step."""
    acc = 0.0
    for x, c in zip(row.tolist(), centroid.tolist(), strict=True):
        acc = float(Fraction(x - c) ** 2 + Fraction(acc))
    return acc


def nearest(data, centroids):
    """For every row the lowest index of the smallest canonical distance, and that distance.

    A plain f64 distance errs by at most (d + 2) eps of itself, and so does the canonical one: only
    centroids within that of the nearest can win, and only for those is the chain computed.
    """
    d = data.shape[1]
    plain = np.column_stack([((data - c) ** 2).sum(axis=1) for c in centroids])
    limit = plain.min(axis=1) * (1 + 8 * (d + 2) * EPSILON)
    rows, candidates = np.nonzero(plain <= limit[:, None])
    distances = np.full(plain.shape, np.inf)
    distances[rows, candidates] = canonical(data[rows], centroids[candidates])
    return distances.argmin(axis=1), distances.min(axis=1)


def exact_sum(values, weights=None):
    """The exact sum of values, or of weight x value, rounded once."""
    if weights is None:
        return math.fsum(values)
    return math.fsum(np.concatenate(two_product(values, weights)))


def inertia(data, weights, centroids, labels):
    """The sum of the canonical distances of the rows to their centroids, rounded once."""
    return exact_sum(canonical(data, centroids[labels]), weights)


def ulps(a, b):
    """How many f64 lie between two numbers, in units of the spacing at the second."""
    return np.abs(a - b) / np.spacing(np.abs(b))


def off_the_mean(data, weights, centroids, labels):
    """The largest distance of a centroid's number from its rows' mean, in ulps of the column's magnitude.

    Sums are exact here, but the mean is rounded twice or three times, ours once: up to 2 is agreement.
    A mean near 0 of large values has a spacing finer than the values themselves, hence the column's.
    """
    worst = 0.0
    for cluster, centroid in enumerate(centroids):
        rows = data[labels == cluster]
        share = None if weights is None else weights[labels == cluster]
        total = len(rows) if share is None else math.fsum(share)
        for j, ours in enumerate(centroid):
            mean = exact_sum(rows[:, j], share) / total
            worst = max(worst, abs(ours - mean) / np.spacing(max(np.abs(rows[:, j]).max(), abs(mean))))
    return worst


def self_check(data, centroids, labels, rng):
    """Hold the emulated chain against rational numbers, on rows drawn from the case at hand."""
    some = rng.choice(len(data), min(len(data), 40), replace=False)
    chosen = centroids[labels[some]]
    fast = canonical(data[some], chosen)
    return [canonical_exact(row, c) for row, c in zip(data[some], chosen, strict=True)] == fast.tolist()


def verdicts(case, result, rng):
    """Every broken promise of one of our results, in words; and the ulps its inertia is off."""
    wrong = []
    if result.labels.min() < 0 or result.labels.max() >= len(result.centroids):
        return ["labels out of range"], math.nan
    labels, distances = nearest(case.data, result.centroids)
    if not self_check(case.data, result.centroids, result.labels, rng):
        wrong.append("the oracle's own arithmetic")
    misplaced = int((labels != result.labels).sum())
    if misplaced:
        wrong.append(f"{misplaced} labels are not the lowest argmin")
    if np.bincount(result.labels, minlength=len(result.centroids)).tolist() != result.sizes:
        wrong.append("sizes are not the histogram of the labels")
    off = float(ulps(result.inertia, exact_sum(distances, case.weights)))
    if off > 1:
        wrong.append(f"inertia is {off:.3g} ulp off the exact sum")
    if result.iterations < case.max_iter:  # no label changed at the end: centroids are means of these
        moved = off_the_mean(case.data, case.weights, result.centroids, result.labels)
        if moved > 2:
            wrong.append(f"a centroid is {moved:.3g} ulp off the mean")
    return wrong, off

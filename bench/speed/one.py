"""One Python peer in a process of its own: `one.py PEER --data … ` as `measure` has it, or `one.py PEER --check`.

Rows are in memory and the peer has run once on a few of them before the clock starts, so that neither
reading nor imports nor starting threads is measured. Then: a line on standard input, a fit, a line of JSON.
With --defaults the peer's own options hold, but for the seed: the number on the line.
"""

import argparse
import json
import sys
import time
import warnings
from pathlib import Path

import numpy as np


class ScikitLearn:
    """`copy_x=False` is its fastest and leanest way: rows are centred in place, and we restore them."""

    spoils_rows = True

    def __init__(self, options):
        from sklearn.cluster import KMeans

        self.make, self.options = KMeans, options

    def fit(self, rows, start, iterations):
        """Lloyd; labels come with the fit."""
        o = self.options
        settings = {"n_init": 1, "max_iter": iterations, "tol": o.tol, "algorithm": "lloyd", "copy_x": False}
        model = self.make(len(start), init=start, **settings).fit(rows)
        return model.cluster_centers_, model.labels_, model.n_iter_

    def seed(self, rows, clusters):
        """Greedy k-means++ with as many candidates as we have."""
        from sklearn.cluster import kmeans_plusplus

        candidates = 2 + int(np.log(clusters))
        return kmeans_plusplus(rows, clusters, random_state=self.options.seed, n_local_trials=candidates)[0]


    def default(self, rows, clusters, seed):
        """Seeding, iterations and labels as it does them when told nothing."""
        model = self.make(clusters, random_state=seed).fit(rows)
        return model.cluster_centers_, model.n_iter_


class OneDal(ScikitLearn):
    """The same interface; refuses to fall back to scikit-learn without telling."""

    def __init__(self, options):
        import daal4py
        import sklearnex
        from sklearnex.cluster import KMeans

        daal4py.daalinit(options.threads)
        sklearnex.set_config(allow_sklearn_after_onedal=False)
        self.make, self.options = KMeans, options


class Faiss:
    """All rows, not the sample it takes by default; f32 only. Has no tolerance: iterations are given."""

    spoils_rows = False

    def __init__(self, options):
        import faiss

        faiss.omp_set_num_threads(options.threads)
        self.faiss = faiss

    def fit(self, rows, start, iterations):
        """Training, then the search that gives labels."""
        clusters, columns = start.shape
        limits = {"min_points_per_centroid": 1, "max_points_per_centroid": 1 << 30}
        model = self.faiss.Kmeans(columns, clusters, niter=iterations, **limits)
        model.train(rows, init_centroids=start)
        return model.centroids, model.assign(rows)[1], iterations

    def default(self, rows, clusters, seed):
        """Random rows, 25 iterations on a sample of 256 rows a cluster; then labels for all."""
        model = self.faiss.Kmeans(rows.shape[1], clusters, seed=seed)
        model.train(rows)
        model.assign(rows)
        return model.centroids, model.cp.niter


class Mlpack:
    """f64 only. The algorithm of its own that was fastest in a trial: a dual tree or a kd-tree."""

    spoils_rows = False

    def __init__(self, _options):
        import mlpack

        self.kmeans = mlpack.kmeans

    def fit(self, rows, start, iterations):
        """A cluster without rows stays where it is: finding it a row costs mlpack a lot."""
        clusters, columns = start.shape
        algorithm = "dualtree" if columns <= 3 and clusters >= 16 else "pelleg-moore"
        settings = {"clusters": clusters, "max_iterations": iterations, "algorithm": algorithm, "labels_only": True}
        found = self.kmeans(input_=rows, initial_centroids=start.copy(), allow_empty_clusters=True, **settings)
        # Once `found` is gone, its arrays have been seen to change.
        return found["centroid"].copy(), found["output"].copy(), iterations

    def default(self, rows, clusters, seed):
        """Its seed 0 is the time of day. It does not tell its iterations: 0 stands for unknown."""
        found = self.kmeans(input_=rows, clusters=clusters, seed=seed + 1, labels_only=True)
        return found["centroid"].copy(), 0


class SuperKMeans:
    """Without its sampling and early stop. Takes no starting centroids: it draws rows of its own."""

    spoils_rows = False

    def __init__(self, options):
        from superkmeans import SuperKMeans as make

        self.make, self.options = make, options

    def fit(self, rows, start, iterations):
        """Flat, in f32, on all rows; labels by its own faster way."""
        whole = {"hierarchical": False, "sampling_fraction": 1.0, "max_points_per_cluster": 1 << 30}
        steady = {"iters": iterations, "early_termination": False, "tol": 0.0, "seed": self.options.seed}
        model = self.make(*start.shape, n_threads=self.options.threads, **whole, **steady)
        centroids = model.train(rows)
        return centroids, model.assign_training_points(rows, centroids), iterations

    def default(self, rows, clusters, seed):
        """Above 100,000 rows in two levels, below on a sample; a rule of its own to stop early."""
        model = self.make(clusters, rows.shape[1], n_threads=self.options.threads, seed=seed)
        centroids = model.train(rows)
        model.assign_training_points(rows, centroids)
        return centroids, 0


PEERS = {
    "scikit-learn": ScikitLearn,
    "oneDAL": OneDal,
    "faiss": Faiss,
    "mlpack": Mlpack,
    "superkmeans": SuperKMeans,
}
ONLY = {"faiss": "f32", "superkmeans": "f32", "mlpack": "f64"}


def options():
    """The words that `measure` understands too."""
    parser = argparse.ArgumentParser()
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("--check", action="store_true")
    for name in ("--data", "--dtype", "--init", "--centroids"):
        parser.add_argument(name)
    for name in ("--rows", "--columns", "--clusters", "--max-iter", "--threads", "--repeat"):
        parser.add_argument(name, type=int, default=1)
    parser.add_argument("--tol", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seed-only", action="store_true")
    parser.add_argument("--defaults", action="store_true")
    parser.add_argument("--wait", action="store_true")
    return parser.parse_args()


def memory(field, reset=False):
    """A field of the process status in kB, on Linux; with `reset` the peak so far is forgotten first."""
    try:
        if reset:
            Path("/proc/self/clear_refs").write_text("5")
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(field))
    except OSError:
        return None


def measure(asked, run):
    """Memory and time of one run, and its centroids in a file."""
    before, clock = memory("VmRSS", reset=True), time.perf_counter()
    centroids, iterations = run()
    seconds, peak = time.perf_counter() - clock, memory("VmHWM")
    np.asarray(centroids, "<f8").tofile(asked.centroids)
    kb = None if peak is None or before is None else max(0, peak - before)
    print(json.dumps({"seconds": seconds, "iterations": int(iterations), "peak_kb": kb}), flush=True)


def main():
    """Load, warm up, then one measurement a line of input."""
    asked = options()
    warnings.filterwarnings("ignore")
    peer = PEERS[asked.peer](asked)
    if asked.check:
        return
    types = {"f32": np.dtype("<f4"), "f64": np.dtype("<f8")}
    stored, wanted = types[asked.dtype], types[ONLY.get(asked.peer, asked.dtype)]
    mapped = np.memmap(asked.data, stored, "r", shape=(asked.rows, asked.columns))
    rows = np.array(mapped, wanted)
    if asked.seed_only:
        peer.seed(rows[:1000].copy(), 2)

        def run(_seed):
            return peer.seed(rows, asked.clusters), 0

    else:
        start = np.fromfile(asked.init, stored).reshape(asked.clusters, asked.columns).astype(wanted)
        few = rows[: max(1000, 2 * asked.clusters)].copy()
        peer.fit(few, few[: asked.clusters].copy(), 1)

        def run(seed):
            if asked.defaults:
                return peer.default(rows, asked.clusters, seed)
            centroids, _, iterations = peer.fit(rows, start, asked.max_iter)
            return centroids, iterations

    while line := sys.stdin.readline():
        if peer.spoils_rows:
            rows[:] = mapped
        seed = int(line) if line.strip().isdigit() else asked.seed
        measure(asked, lambda seed=seed: run(seed))


if __name__ == "__main__":
    main()

"""Both tools on the same case and the same start: ours as a process, scikit-learn in this one."""

import contextlib
import io
import json
import subprocess
from dataclasses import dataclass

import numpy as np
from sklearn.cluster import KMeans

from agreement.cases import FIXTURES


@dataclass
class Result:
    """What a tool found. `inertia` is its own figure, `why` the reason it stopped."""

    centroids: np.ndarray
    labels: np.ndarray
    sizes: list
    inertia: float
    iterations: int
    why: str


class Failed(Exception):
    """Our command line did not give a result."""


def write_csv(path, names, rows):
    """Numbers as CSV, each in the shortest form that reads back to the same f64."""
    lines = [",".join(names), *(",".join(map(repr, row)) for row in rows.tolist())]
    path.write_text("\n".join(lines) + "\n")


def input_file(case, folder):
    """The file our command line reads, and the flags that go with it."""
    if case.fixture:
        return FIXTURES / case.fixture, case.flags
    path = folder / "data.csv"
    if case.weights is None:
        write_csv(path, case.columns, case.data)
        return path, case.flags
    write_csv(path, [*case.columns, "weight"], np.column_stack([case.data, case.weights]))
    return path, [*case.flags, "--weight", "weight"]


def ours(command, case, start, folder):
    """`kmeans fit` with given centroids, its model and labels read back."""
    data, flags = input_file(case, folder)
    write_csv(folder / "start.csv", case.columns, start)
    paths = ["--init", folder / "start.csv", "-m", folder / "model.json", "-l", folder / "labels.csv"]
    limits = ["-k", case.k, "--tol", 0, "--max-iter", case.max_iter, "--quiet"]
    arguments = [str(a) for a in [*command, "fit", data, *limits, *paths, *flags]]
    done = subprocess.run(arguments, capture_output=True, text=True)
    if done.returncode:
        raise Failed(f"exit {done.returncode}: {done.stderr.strip() or done.stdout.strip()}")
    return read_result(case, folder, done.stderr)


def read_result(case, folder, complaints):
    """The model file and the labels, refused when they are not about this case."""
    model = json.loads((folder / "model.json").read_text())
    head, *labels = (folder / "labels.csv").read_text().splitlines()
    if (model["format"], model["formatVersion"]) != ("kmeans-model", 1):
        raise Failed("not a model of version 1")
    if [feature["name"] for feature in model["features"]] != case.columns:
        raise Failed("the features are not the columns asked for")
    if head != "cluster" or len(labels) != len(case.data):
        raise Failed(f"labels start with {head!r} and have {len(labels)} rows of {len(case.data)}")
    if len(model["centroids"]) != case.k:
        raise Failed(f"{len(model['centroids'])} centroids instead of {case.k}")
    if complaints.strip():
        raise Failed(f"--quiet, yet stderr says: {complaints.strip()}")
    centroids = np.array(model["centroids"], dtype=float)
    why, iterations = model["stopped"], model["iterations"]
    return Result(centroids, np.array(labels, int), model["sizes"], model["inertia"], iterations, why)


def theirs(case, start):
    """scikit-learn's KMeans on the same numbers; only its `verbose` text tells why it stopped."""
    options = {"n_init": 1, "tol": 0, "max_iter": case.max_iter, "algorithm": "lloyd", "verbose": 1}
    log = io.StringIO()
    with contextlib.redirect_stdout(log):
        fit = KMeans(case.k, init=start, **options).fit(case.data, sample_weight=case.weights)
    text = log.getvalue()
    why = "max-iter"
    if "strict convergence" in text:
        why = "labels"
    elif "within tolerance" in text:
        why = "shift 0"
    sizes = np.bincount(fit.labels_, minlength=case.k).tolist()
    return Result(fit.cluster_centers_, fit.labels_, sizes, float(fit.inertia_), fit.n_iter_, why)

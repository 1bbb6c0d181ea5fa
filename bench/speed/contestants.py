"""Who is measured: how each is started, its version, whether it is exact."""

import importlib.metadata
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

BENCH = Path(__file__).resolve().parent.parent
ROOT = BENCH.parent
ONE = BENCH / "speed" / "one.py"
DISTRIBUTIONS = {
    "scikit-learn": "scikit-learn",
    "oneDAL": "scikit-learn-intelex",
    "faiss": "faiss-cpu",
    "mlpack": "mlpack",
    "superkmeans": "superkmeans",
}
WITHOUT_TOLERANCE = {"faiss", "mlpack", "superkmeans"}
KINDS = {
    "scikit-learn": "exact",
    "oneDAL": "exact",
    "faiss": "exact up to f32, f32 only",
    "mlpack": "f64; its dual tree ends some 1e-5 beside the mean, its kd-tree is exact",
    "linfa": "m_k-means: the old centroid counts as one more row, so it ends elsewhere",
    "superkmeans": "not exact; f32, a start of its own",
}


@dataclass(frozen=True)
class Contestant:
    """A program that takes the words of `measure`."""

    name: str
    version: str
    kind: str
    command: tuple

    def arguments(self, work, data, start, centroids, threads, steps):
        """The command line for one row of the table.

        Where a tolerance ends the run, each stops by its own rule, and who has none does `steps` iterations.
        """
        by_rule = work.tol and self.name not in WITHOUT_TOLERANCE
        own_start = self.is_ours and work.job != "fit"
        given = {
            "--data": data,
            "--rows": work.rows,
            "--columns": work.columns,
            "--dtype": work.dtype,
            "--clusters": work.clusters,
            "--init": "k-means++" if own_start else start,
            "--max-iter": work.max_iter if by_rule else steps,
            "--tol": work.tol,
            "--threads": threads,
            "--centroids": centroids,
            "--repeat": 1000,
        }
        if work.job == "default" and self.is_ours:
            del given["--max-iter"], given["--tol"]  # what is not said is the default
        words = [str(word) for pair in given.items() for word in pair]
        job = {"fit": [], "seed": ["--seed-only"], "default": [] if self.is_ours else ["--defaults"]}[work.job]
        return [*self.command, *words, "--wait", *job]

    @property
    def is_ours(self):
        """Whether this is a build of ours."""
        return Path(self.command[0]).stem == "measure"


def build(folder, target, *words):
    """`cargo build --release`, silent unless it fails. Nothing is sent to a colour terminal."""
    command = ["cargo", "build", "--release", "--quiet", *words]
    done = subprocess.run(command, cwd=folder, env={**os.environ, "CARGO_TARGET_DIR": str(target)}, check=False)
    if done.returncode:
        raise SystemExit(f"{folder} cannot be built")


def program(path):
    """With the ending of the platform."""
    return str(path.with_suffix(".exe") if os.name == "nt" else path)


def ours(root=ROOT, target=None, name="ours", version=None, extra=()):
    """Builds `measure` of a checkout."""
    target = target or root / "native" / "target"
    build(root / "native" / "engine", target, "--example", "measure")
    binary = program(target / "release" / "examples" / "measure")
    return Contestant(name, version or commit(root), "exact", (binary, *extra))


def commit(root):
    """The version, the commit, and a plus when the engine differs from it."""
    version = json.loads((root / "package.json").read_text())["version"]
    git = ["git", "-C", str(root)]
    head = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    changed = subprocess.run([*git, "status", "--porcelain", "native"], capture_output=True, text=True, check=False)
    return f"{version} {head.stdout.strip()}{'+' if changed.stdout.strip() else ''}".strip()


def linfa(target=None):
    """Builds the Rust peer; optimised for this processor, as ours is at run time."""
    folder = BENCH / "peers"
    target = target or folder / "target"
    os.environ["RUSTFLAGS"] = f"{os.environ.get('RUSTFLAGS', '')} -C target-cpu=native".strip()
    try:
        build(folder, target, "--locked", "--package", "peer-linfa")
    finally:
        del os.environ["RUSTFLAGS"]
    lock = (folder / "Cargo.lock").read_text()
    version = re.search(r'name = "linfa-clustering"\nversion = "(.+)"', lock).group(1)
    return Contestant("linfa", version, KINDS["linfa"], (program(target / "release" / "peer-linfa"),))


def python_peer(name):
    """A peer from PyPI, or None with a reason on standard error when it does not load here."""
    command = (sys.executable, str(ONE), name)
    done = subprocess.run([*command, "--check"], capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"{name} is left out: {(done.stderr.strip().splitlines() or ['?'])[-1]}", file=sys.stderr)
        return None
    return Contestant(name, importlib.metadata.version(DISTRIBUTIONS[name]), KINDS[name], command)


def peers(names, target=None):
    """All that can be measured here, in the order named."""
    found = [linfa(target) if name == "linfa" else python_peer(name) for name in names]
    return {peer.name: peer for peer in found if peer}

#!/usr/bin/env python3
"""Whole jobs as a user runs them: from a file to labels, one process each, beside the best scripts.

    python3 bench/jobs.py [--rounds 5] [--only NAME] [--tiny]

Every tool reads the same files, made here from one seed, and writes labels. A round runs every tool once, in turns;
what counts is the median over all rounds, wall time of the process from start to end, and its peak memory.
`npm run setup` first. Node's own peer, ml-kmeans, is installed from npm into a temporary folder.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import own_venv

own_venv.enter("requirements.txt", "requirements-tables.txt")
os.environ.pop("OMP_NUM_THREADS", None)  # everybody may use all cores

ROOT = Path(__file__).resolve().parent.parent
KMEANS = ["node", str(ROOT / "bin/kmeans.js")]

# In a process of its own: a child's peak memory begins with what its parent held when it was started.
BLOBS = """
import sys
import numpy as np, pyarrow as pa, pyarrow.feather, pyarrow.parquet
rows, columns, k = map(int, sys.argv[1:4])
csv, arrow, parquet = sys.argv[4:]
random = np.random.default_rng(0)
centres = random.uniform(-10, 10, (k, columns))
table = centres[random.integers(0, k, rows)] + random.standard_normal((rows, columns))
with open(csv, "w") as file:
    print(*(f"x{i}" for i in range(columns)), sep=",", file=file)
    for part in np.array_split(table, max(1, rows // 100_000)):
        file.writelines(",".join(map(repr, row)) + "\\n" for row in part.tolist())
frame = pa.table({f"x{i}": table[:, i] for i in range(columns)})
pa.feather.write_feather(frame, arrow)
pa.parquet.write_table(frame, parquet)
"""
# Reads `source`, fits k clusters once, writes labels to `target`: the shortest script that does it well.
FIT = {
    "polars": """
import polars
from sklearn.cluster import KMeans
rows = polars.{read}(source).to_numpy()
labels = KMeans(k, n_init=1, max_iter=300, random_state=0).fit_predict(rows)
polars.DataFrame({{"cluster": labels}}).write_csv(target)
""",
    "pandas": """
import pandas
from sklearn.cluster import KMeans
rows = pandas.{read}(source).to_numpy()
labels = KMeans(k, n_init=1, max_iter=300, random_state=0).fit_predict(rows)
pandas.DataFrame({{"cluster": labels}}).to_csv(target, index=False)
""",
}
ML_KMEANS = """
const { readFileSync, writeFileSync } = require('node:fs');
const { kmeans } = require('ml-kmeans');
const [source, k, target] = process.argv.slice(2);
const rows = readFileSync(source, 'utf8').trim().split('\\n').slice(1).map((line) => line.split(',').map(Number));
const { clusters } = kmeans(rows, Number(k), { initialization: 'kmeans++', seed: 0, maxIterations: 300 });
writeFileSync(target, `cluster\\n${clusters.join('\\n')}\\n`);
"""
# Only reads: what a library that hands over a table takes for that alone.
READ = {
    "polars reads alone": "import polars\npolars.{read}(source)",
    "pyarrow reads alone": "import {module}\n{module}.{call}",
}


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--only", default="", help="jobs whose name contains this")
    options.add_argument("--tiny", action="store_true", help="a hundredth of the rows, to try the script")
    options = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        print("| job | tool | seconds | peak MiB | ours is faster by | ours takes, of its memory |")
        print("|---|---|---|---|---|---|")
        for name, job in jobs(folder, 10_000 if options.tiny else 1_000_000):
            if options.only in name:
                compare(name, job(), options.rounds, [folder / "labels.csv", folder / "out.csv"])


def jobs(folder, rows):
    """Each job's name, and what makes its files and gives its commands, ours first."""
    node = folder / "node"
    node.mkdir()

    def ml_kmeans():
        if not (node / "node_modules").exists():
            words = ["npm", "install", "--silent", "--no-audit", "--no-fund", "ml-kmeans@7"]
            subprocess.run(words, cwd=node, check=True)
        (node / "fit.cjs").write_text(ML_KMEANS)
        return ["node", str(node / "fit.cjs")]

    def fit(columns, k, count, peers):
        source = blobs(folder, count, columns, k)["csv"]
        target = str(folder / "labels.csv")
        ours = [*KMEANS, "fit", source, "-k", str(k), "--n-init", "1", "-q", "-m", str(folder / "m.json"), "-l", target]
        commands = {"kmeans": ours}
        for peer in ("polars", "pandas"):
            commands[f"{peer} + scikit-learn"] = script(FIT[peer].format(read="read_csv"), source, k, target)
        if "ml-kmeans" in peers:
            commands["ml-kmeans"] = [*ml_kmeans(), source, str(k), target]
        return commands

    def tiny():
        commands = fit(2, 3, 150, ("ml-kmeans",))
        return {**commands, "node -e 0": ["node", "-e", "0"]}

    def read(kind, module, call, polars):
        files = blobs(folder, rows, 16, 10)
        model = fitted(folder, files)
        source = files[kind]
        ours = [*KMEANS, "predict", source, "-m", model, "-q", "-l", str(folder / "labels.csv")]
        pyarrow = READ["pyarrow reads alone"].format(module=module, call=call)
        return {
            "kmeans": ours,
            "polars reads alone": script(READ["polars reads alone"].format(read=polars), source, 0, ""),
            "pyarrow reads alone": script(pyarrow, source, 0, ""),
        }

    def predict():
        files = blobs(folder, 4 * rows, 16, 10)
        model = fitted(folder, files)
        code = (
            "import polars, json\nimport numpy as np\n"
            f"model = json.load(open({model!r}))\nframe = polars.read_csv(source)\n"
            "rows, centres = frame.to_numpy(), np.array(model['centroids'])\n"
            "from sklearn.metrics import pairwise_distances_argmin\n"
            "frame.with_columns(cluster=pairwise_distances_argmin(rows, centres)).write_csv(target)"
        )
        target = str(folder / "out.csv")
        return {
            "kmeans": [*KMEANS, "predict", files["csv"], "-m", model, "-q", "-o", target],
            "polars + scikit-learn": script(code, files["csv"], 0, target),
        }

    def pipe():
        files = blobs(folder, rows, 16, 10)
        words = f"fit -k 10 --n-init 1 -q -m {folder / 'm.json'} -l {folder / 'labels.csv'}"
        kmeans = " ".join(KMEANS)
        return {
            "kmeans, by pipe": ["sh", "-c", f"cat {files['csv']} | {kmeans} {words}"],
            "kmeans, by path": ["sh", "-c", f"{kmeans} {words} {files['csv']}"],
        }

    yield "fit, CSV, 150 x 2, k=3", tiny
    yield "fit, CSV, 1M x 2, k=3", lambda: fit(2, 3, rows, ("ml-kmeans",))
    yield "fit, CSV, 1M x 16, k=10", lambda: fit(16, 10, rows, ())
    yield "predict, CSV to CSV, 4M x 16, k=10", predict
    yield "predict, Arrow to labels, 1M x 16", lambda: read("arrow", "pyarrow.feather", "read_table(source)", "read_ipc")
    yield (
        "predict, Parquet to labels, 1M x 16",
        lambda: read("parquet", "pyarrow.parquet", "read_table(source)", "read_parquet"),
    )
    yield "fit by pipe and by path, 1M x 16, k=10", pipe


def fitted(folder, files):
    model = str(folder / "model.json")
    subprocess.run([*KMEANS, "fit", files["csv"], "-k", "10", "--n-init", "1", "-q", "-m", model], check=True)
    return model


def blobs(folder, rows, columns, k):
    """The same table as CSV, Arrow (LZ4, as pyarrow writes it) and Parquet, made once."""
    names = {kind: str(folder / f"{rows}x{columns}.{kind}") for kind in ("csv", "arrow", "parquet")}
    if not Path(names["csv"]).exists():
        words = [sys.executable, "-c", BLOBS, str(rows), str(columns), str(k), *names.values()]
        subprocess.run(words, check=True)
    return names


def script(code, source, k, target):
    return [sys.executable, "-c", f"source, k, target = {source!r}, {k}, {target!r}\n{code}"]


def compare(name, commands, rounds, outputs):
    seconds = {tool: [] for tool in commands}
    memory = dict.fromkeys(commands, 0)
    for turn in range(rounds + 1):
        for tool, command in commands.items():
            for output in outputs:
                output.unlink(missing_ok=True)  # to free an old file takes the system 0.1 s for 300 MB
            took, peak = run(command)
            memory[tool] = max(memory[tool], peak)
            if turn > 0:  # the first fills the page cache
                seconds[tool].append(took)
    ours = next(iter(commands))
    base = statistics.median(seconds[ours])
    for tool in commands:
        median = statistics.median(seconds[tool])
        spread = f"{median:.3f} ({min(seconds[tool]):.3f}–{max(seconds[tool]):.3f})"
        ratio = "" if tool == ours else f"{median / base:.1f}x"
        share = "" if tool == ours else f"{memory[ours] / memory[tool]:.0%}"
        print(f"| {name} | {tool} | {spread} | {memory[tool] / 2**20:.0f} | {ratio} | {share} |", flush=True)


def run(command):
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    took = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"failed: {' '.join(command)[:300]}")
    unit = 1 if sys.platform == "darwin" else 1024
    return took, usage.ru_maxrss * unit


if __name__ == "__main__":
    main()

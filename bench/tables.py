#!/usr/bin/env python3
"""How fast tables of numbers are read from CSV, beside polars, pyarrow, duckdb and pandas.

    python3 bench/tables.py [--rounds 5] [--only polars] [--tiny]

Every tool reads the same files, made here from one seed: full-precision doubles, one header line.
A round runs every tool once, each in a process of its own that reads the file three times; what
counts is the median over all rounds. Ours is `native/io/examples/read.rs`: from the path to the
matrix. The others' time ends with their own frame, before any copy to a matrix, which favours them.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import own_venv

own_venv.enter("requirements-tables.txt")

import numpy as np  # noqa: E402  (only inside the environment)

HERE = Path(__file__).resolve().parent
READ = HERE.parent / "native/target/release/examples/read"
TIMES = 3

# What each tool runs to read `path` on `threads` threads.
PEERS = {
    "polars": "import polars\nread = lambda: polars.read_csv(path)",
    "pyarrow": "import pyarrow, pyarrow.csv\npyarrow.set_cpu_count(threads)\n"
    "read = lambda: pyarrow.csv.read_csv(path)",
    "duckdb": "import duckdb\nduckdb.execute(f'set threads={threads}')\n"
    "read = lambda: duckdb.sql(f\"from read_csv('{path}')\").to_arrow_table()",
    "pandas": "import pandas\nread = lambda: pandas.read_csv(path)",
}
CLOCK = """
import sys, time
path, threads, times = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
{setup}
seconds = []
for _ in range(times):
    start = time.perf_counter()
    table = read()
    seconds.append(time.perf_counter() - start)
    del table
print(*seconds)
"""


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--only", action="append", help="this tool beside ours; may be repeated")
    options.add_argument("--tiny", action="store_true", help="a hundredth of the rows, to try the script")
    options = options.parse_args()
    build = ["cargo", "build", "--quiet", "--release", "-p", "kmeans-io", "--example", "read"]
    subprocess.run(build, cwd=HERE.parent / "native", check=True)
    with tempfile.TemporaryDirectory() as folder:
        print("| table | size | threads | tool | seconds | GB/s | ours is faster by |")
        print("|---|---|---|---|---|---|---|")
        for columns in (2, 16):
            path = Path(folder) / f"{columns}.csv"
            rows = 10_000 if options.tiny else 1_000_000
            make(path, rows, columns)
            for threads in (1, 2):
                compare(path, rows, columns, threads, options)


def make(path, rows, columns):
    numbers = np.random.default_rng(columns).standard_normal((rows, columns))
    with path.open("w") as file:
        print(*(f"x{i}" for i in range(columns)), sep=",", file=file)
        for row in numbers.tolist():
            file.write(",".join(map(repr, row)) + "\n")


def compare(path, rows, columns, threads, options):
    # pandas' parser has one thread whatever one says.
    peers = [name for name in PEERS if not options.only or name in options.only]
    peers = [name for name in peers if name != "pandas" or threads == 1]
    seconds = {name: [] for name in ["ours", *peers]}
    for _ in range(options.rounds):
        for name, all_seconds in seconds.items():
            all_seconds.extend(measure(name, path, threads))
    ours = statistics.median(seconds["ours"])
    size = path.stat().st_size
    for name, all_seconds in seconds.items():
        time = statistics.median(all_seconds)
        ratio = "" if name == "ours" else f"{time / ours:.2f}"
        print(
            f"| {rows:,} x {columns} | {size / 1e6:.0f} MB | {threads} | {name} | {time:.4f} "
            f"| {size / time / 1e9:.2f} | {ratio} |",
            flush=True,
        )


def measure(name, path, threads):
    what = [str(path), str(threads), str(TIMES)]
    if name == "ours":
        command = [str(READ), *what]
    else:
        command = [sys.executable, "-c", CLOCK.format(setup=PEERS[name]), *what]
    # polars only takes its threads from here.
    env = dict(os.environ, POLARS_MAX_THREADS=str(threads))
    output = subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout
    return [float(second) for second in output.splitlines()[-1].split()]


if __name__ == "__main__":
    main()

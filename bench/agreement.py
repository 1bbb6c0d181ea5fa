"""Does `kmeans` find what scikit-learn finds? From the same start: the same iterations, labels, centroids.

    python3 bench/agreement.py

needs a built checkout and any Python 3; everything else goes to bench/.venv. Prints one Markdown table and
the versions it was made with; exits 1 when a row fails. What is compared, and how closely: bench/README.md.
"""

import argparse
import platform
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from own_venv import enter

ROOT = Path(__file__).resolve().parent.parent
HEADINGS = [
    *("data set", "rows", "d", "k", "weights", "iterations ours / theirs", "labels differing"),
    *("max centroid diff", "inertia ours", "inertia rel diff", "their own `inertia_`", "ulp off exact", "ok"),
]
CENTROID_LIMIT = 1e-9
INERTIA_LIMIT = 1e-12


def options():
    """The command line: which build, and which rows of the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--command", default=f"node {shlex.quote(str(ROOT / 'bin/kmeans.js'))}")
    parser.add_argument("--only", default="", help="only data sets whose name contains this text")
    return parser.parse_args()


def compare(case, mine, other, path):
    """The figures of a row, and which of them are outside their limits."""
    import numpy as np

    from agreement import oracle

    wrong = []
    if mine.iterations != other.iterations:
        wrong.append("iterations")
    differing = int((mine.labels != other.labels).sum())
    if differing:
        wrong.append("labels")
    magnitude = np.abs(case.data).max(axis=0)
    gap = np.abs(mine.centroids - other.centroids).max(axis=0)
    moved = float((gap / np.where(magnitude > 0, magnitude, 1)).max())
    if moved > CENTROID_LIMIT:
        wrong.append("centroids")
    exact = oracle.inertia(case.data, case.weights, other.centroids, other.labels)
    apart = abs(mine.inertia - exact) / exact
    if apart > INERTIA_LIMIT:
        wrong.append("inertia")
    if path[0] != other.iterations or (path[1] != other.labels).any():
        wrong.append("scikit-learn left the expected path")
    return [differing, f"{moved:.1e}", repr(mine.inertia), f"{apart:.1e}", repr(other.inertia)], wrong


def row(command, case, rng):
    """One case from start to verdict: its cells, whether it passed, the starts passed over."""
    from agreement import oracle, start, tools

    shape = [case.name, *case.data.shape, case.k, case.weight_kind]
    first, path, skipped = start.choose(case, rng)
    other = tools.theirs(case, first)
    try:
        with tempfile.TemporaryDirectory() as folder:
            mine = tools.ours(command, case, first, Path(folder))
    except tools.Failed as failure:
        print(f"{case.name}: {failure}", file=sys.stderr)
        return [*shape, f"- / {other.iterations}", *[""] * 5, "NO: no result"], False, skipped
    figures, differences = compare(case, mine, other, path)
    broken, off = oracle.verdicts(case, mine, rng)
    wrong = broken + ([] if case.ties else differences)
    stop = "" if other.why == "labels" else f" ({other.why})"
    note = "oracle only" if case.ties else "yes"
    verdict = f"NO: {'; '.join(wrong)}" if wrong else note
    cells = [*shape, f"{mine.iterations} / {other.iterations}{stop}", *figures, f"{off:.3g}", verdict]
    return cells, not wrong, skipped


def machine(command):
    """One line on what the table was made with."""
    import numpy
    import sklearn

    def said(*words):
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        return done.stdout.strip() or "unknown"

    cpu = platform.processor() or "unknown"
    info = Path("/proc/cpuinfo")
    if info.exists():
        models = [line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if "model name" in line]
        cpu = f"{models[0]} x {len(models)}" if models else cpu
    tools = f"kmeans {said(*command, '--version')}, Node {said('node', '--version')}"
    python = f"Python {platform.python_version()}, scikit-learn {sklearn.__version__}, numpy {numpy.__version__}"
    return f"{tools}; {python}; {platform.system()} {platform.machine()}, CPU: {cpu}."


def main():
    """Print the table row by row, as they come."""
    import numpy as np

    from agreement.cases import all_cases

    asked = options()
    command = shlex.split(asked.command)
    print(f"| {' | '.join(HEADINGS)} |\n|{'---|' * len(HEADINGS)}")
    run = failed = passed_over = 0
    for number, case in enumerate(all_cases()):
        if asked.only not in case.name:
            continue
        cells, ok, skipped = row(command, case, np.random.default_rng(number))
        print(f"| {' | '.join(map(str, cells))} |", flush=True)
        run, failed, passed_over = run + 1, failed + (not ok), passed_over + skipped
    print(f"\n{run - failed} of {run} data sets pass, {passed_over} starts were passed over. {machine(command)}")
    return 1 if failed or not run else 0


if __name__ == "__main__":
    enter("requirements.txt")
    sys.exit(main())

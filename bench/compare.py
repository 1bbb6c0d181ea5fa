"""Two commits of ours beside each other: the same rows as bench/speed.py, in turns.

    python3 bench/compare.py HEAD~1 HEAD low          revisions as git names them, then suites
    python3 bench/compare.py main . --quick           . is the checkout as it is, with what is not committed

A commit without the measuring program gets this checkout's. Prints one Markdown table: seconds, how many
times faster the second is, and whether both gave the same bytes.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from own_venv import enter
from speed.options import counts

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = Path("native/engine/examples/measure.rs")
HEADINGS = ["work", "threads", "iterations", "before, s", "after, s", "before / after", "memory, MB", "same bytes"]


def options():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("before")
    parser.add_argument("after")
    parser.add_argument("suite", nargs="*", help="as bench/speed.py; without: article, low, mid and wide")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", default="1,all")
    parser.add_argument("--only", default="", help="only rows whose name contains this text")
    parser.add_argument("--quick", action="store_true")
    return parser.parse_args()


def checkout(stack, revision):
    """A worktree of a commit, gone when the table is done; `.` is this one."""
    if revision == ".":
        return ROOT
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "tree"
    git = ["git", "-C", str(ROOT), "worktree"]
    subprocess.run([*git, "add", "--quiet", "--detach", str(folder), revision], check=True)
    stack.callback(subprocess.run, [*git, "remove", "--force", str(folder)], check=False)
    if not (folder / EXAMPLE).exists():
        (folder / EXAMPLE).parent.mkdir(exist_ok=True)
        shutil.copyfile(ROOT / EXAMPLE, folder / EXAMPLE)
    return folder


def built(stack, name, revision):
    """`measure` of a commit; both are kept apart by their own target directory."""
    from speed import contestants

    root = checkout(stack, revision)
    target = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    return contestants.ours(root, target, name, contestants.commit(root))


def row(work, threads, results):
    """The cells."""
    from speed.table import digits, seconds

    before, after = (results[name].kept() for name in ("before", "after"))
    if before["failed"] or after["failed"]:
        return [work.name, threads, "-", before["failed"] or "ok", after["failed"] or "ok", "-", "-", "-"]
    memory = " / ".join("?" if r["peak_kb"] is None else digits(r["peak_kb"] / 1024) for r in (before, after))
    same = "yes" if (before["digest"], before["said"]) == (after["digest"], after["said"]) else "**NO**"
    ratio = f"**{before['median'] / after['median']:.2f}x**"
    return [work.name, threads, after["iterations"], seconds(before), seconds(after), ratio, memory, same]


def main():
    """The table, row by row."""
    from speed import suites
    from speed.race import race

    asked = options()
    works = suites.works(asked.suite or ["article", "low", "mid", "wide"], asked.quick)
    with ExitStack() as stack:
        both = [built(stack, name, getattr(asked, name)) for name in ("before", "after")]
        print(f"before: {both[0].version}, after: {both[1].version}\n")
        print(f"| {' | '.join(HEADINGS)} |\n|{'---|' * len(HEADINGS)}")
        wrong = 0
        for work in works:
            for threads in counts(asked.threads) if asked.only in work.name else ():
                cells = row(work, threads, race(work, both, threads, asked.runs, work.max_iter))
                print(f"| {' | '.join(map(str, cells))} |", flush=True)
                wrong += cells[-1] != "yes"
    return 1 if wrong else 0


if __name__ == "__main__":
    os.environ.pop("CARGO_TARGET_DIR", None)
    enter("requirements.txt", "requirements-speed.txt")
    sys.exit(main())

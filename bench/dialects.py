"""Files of every dialect and accident: what `kmeans` does with them, and what pandas, polars and DuckDB do.

    python3 bench/dialects.py

needs a built checkout and any Python 3; everything else goes to bench/.venv. Writes docs/dialects.md; exits 1 when ours does
not do what a case says. `--ours-only` needs no package and writes nothing: test/cli/dialects.test.ts runs it.
"""

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from own_venv import enter

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "dialects.md"


def options():
    """The command line: which build, and which cases."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--command", default=f"node {shlex.quote(str(ROOT / 'bin/kmeans.js'))}")
    parser.add_argument("--only", default="", help="only cases whose name contains this text; writes nothing")
    parser.add_argument("--ours-only", action="store_true", help="only our own answers, which need no package")
    parser.add_argument("--freeze", action="store_true", help="make dialects/frozen.json again, with pyarrow")
    parser.add_argument("--write", metavar="FOLDER", help="write the files themselves, and stop")
    return parser.parse_args()


def cases(only):
    """The cases, each with its place among all."""
    from dialects import absent, columnar, encodings, layout, numbers, packed

    parts = (layout, encodings, numbers, absent, packed, columnar)
    every = [case for part in parts for group in part.GROUPS for case in group]
    return [replace(case, number=number) for number, case in enumerate(every, 1) if only in case.name]


def ours(command, folder, every):
    """Our verdicts, several processes at a time: a file takes some 60 ms, most of it Node's start."""
    from dialects.ours import ask

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(lambda case: ask(command, folder, case), every))


def theirs(folder, every):
    """For each case what the others make of it."""
    from dialects.peers import PEERS, Peer
    from dialects.verdict import judge

    words = [{} for _ in every]
    for name in PEERS:
        peer = Peer(name)
        for case, row in zip(every, words, strict=True):
            row[name] = judge(case, peer.read(folder / case.file, case))
        peer.close()
        if not any(row[name] == "right" for row in words):
            sys.exit(f"{name} reads nothing right, so it is not {name} that is at fault")
    return words


def versions(command):
    """A line of what made the page."""
    from dialects.peers import versions as packages

    version = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    return f"kmeans {version}; {packages()}."


def main():
    """Runs the cases; returns the exit code."""
    wanted = options()
    if not wanted.ours_only and not wanted.write:
        enter("requirements-dialects.txt")
    if wanted.freeze:
        from dialects.frozen import freeze

        print(f"{len(freeze())} files in bench/dialects/frozen.json")
        return 0
    every, command = cases(wanted.only), shlex.split(wanted.command)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(wanted.write or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for case in every:
            (folder / case.file).write_bytes(case.data)
        if wanted.write:
            return 0
        verdicts = ours(command, folder, every)
        if not wanted.ours_only:
            from dialects.page import page

            others = theirs(folder, every)
            if not wanted.only:
                PAGE.write_text(page(list(zip(every, verdicts, others, strict=True)), versions(command)))
            else:
                for case, verdict, row in zip(every, verdicts, others, strict=True):
                    print(f"{case.name}: kmeans: {verdict.words}; " + "; ".join(f"{k}: {v}" for k, v in row.items()))
    faults = [(case, verdict) for case, verdict in zip(every, verdicts, strict=True) if verdict.fault]
    for case, verdict in faults:
        print(f"{case.group}, {case.name}: {verdict.fault}", file=sys.stderr)
    print(f"{len(every) - len(faults)} of {len(every)} files are answered as they should be", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

"""How fast is `kmeans` beside its peers? The same data, the same start, the same iterations, in turns; or, in the
suite `default`, everybody as they come, until the answers are equally good.

    python3 bench/speed.py                    all suites: hours
    python3 bench/speed.py article low        some of them
    python3 bench/speed.py low --only "x 2, k=16" --threads 1 --runs 9
    python3 bench/speed.py --quick            a look at article, low, mid and wide in about a minute

needs a Rust toolchain and any Python 3; everything else goes to bench/.venv. Prints one Markdown table, and
keeps the results of each processor model in bench/results. Method: bench/README.md.
"""

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path

from own_venv import enter
from speed.options import counts

QUICK = ("article", "low", "mid", "wide")


def options(suites):
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("suite", nargs="*", help=f"any of {', '.join(suites)}; without: all")
    parser.add_argument("--runs", type=int, help="measured runs of each, after one that is not (5; --quick: 3)")
    parser.add_argument("--threads", default="1,all", help="a list of numbers and 'all' (1,all)")
    parser.add_argument("--only", default="", help="only rows whose name contains this text")
    parser.add_argument("--peers", help="a list, instead of those a row names")
    parser.add_argument("--algorithm", help="an algorithm of ours, instead of our choice")
    parser.add_argument("--quick", action="store_true", help="smaller, fewer, and not kept")
    asked = parser.parse_args()
    unknown = set(asked.suite) - set(suites)
    if unknown:
        parser.error(f"no such suite: {', '.join(sorted(unknown))}")
    asked.suite = asked.suite or list(QUICK if asked.quick else suites)
    asked.runs = asked.runs or (3 if asked.quick else 5)
    return asked


def selected(asked, works):
    """The rows asked for, each with the peers asked for."""
    for work in works:
        if asked.only in work.name:
            own_peers = asked.peers is None or not work.peers
            yield work if own_peers else replace(work, peers=tuple(filter(None, asked.peers.split(","))))


def measured(work, mine, peers, asked, kept):
    """The rows of one work, a thread count each, printed on the way to show that something happens."""
    from speed import equal
    from speed.others import Others
    from speed.race import iterations, race

    threads = counts(asked.threads)
    steps = iterations(work, mine, threads[-1])
    for count in threads:
        contestants = [mine, *(peers[name] for name in work.wanted() if name in peers)]
        others = Others()
        if work.job == "default":
            results = equal.race(work, contestants, count, asked.runs)
        else:
            results = race(work, contestants, count, asked.runs, steps)
        row = kept.add(work, count, results, mine.version, others.cores())
        times = ", ".join(f"{name} {r.kept()['median'] or 0:.4g}" for name, r in results.items())
        print(f"{work.name}, threads {count}: {times}", file=sys.stderr, flush=True)
        yield row


def main():
    """All rows, then the table."""
    from speed import contestants, data, suites, table

    asked = options(suites.SUITES)
    works = list(selected(asked, suites.works(asked.suite, asked.quick)))
    # Development builds of several people need not wait for each other.
    target = Path(os.environ["CARGO_TARGET_DIR"]) if "CARGO_TARGET_DIR" in os.environ else None
    extra = ("--algorithm", asked.algorithm) if asked.algorithm else ()
    mine = contestants.ours(target=target, extra=extra)
    names = dict.fromkeys(name for work in works for name in work.wanted())
    peers = contestants.peers(names, target and target / "peers")
    folder = data.CACHE / "quick" if asked.quick or asked.algorithm else table.RESULTS
    kept = table.Kept(folder, mine, peers.values())
    rows = [row for work in works for row in measured(work, mine, peers, asked, kept)]
    print(table.markdown(kept.only(rows)))
    return 0 if rows else 1


if __name__ == "__main__":
    enter("requirements.txt", "requirements-speed.txt")
    sys.exit(main())

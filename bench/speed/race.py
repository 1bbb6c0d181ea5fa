"""One row of the table: everybody on the same work, in turns, each in a process of its own."""

import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from speed import data, judge

PAUSE = 0.02  # seconds in which threads that spin for work after a run go to sleep
AFFINITY = hasattr(os, "sched_setaffinity")


@dataclass
class Result:
    """What one contestant did with one work."""

    seconds: list = field(default_factory=list)
    iterations: int = 0
    peak_kb: int | None = None
    inertia: float | None = None
    said: float | None = None
    digest: str = ""
    seeding_rows: int | None = None
    failed: str = ""

    def kept(self):
        """As it is saved."""
        return {"median": median(self.seconds) if self.seconds else None, **vars(self)}


def environment(threads):
    """Every library is told how many threads, each in its own words."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS", "NUMEXPR_NUM_THREADS")
    return {**os.environ, **dict.fromkeys(names, str(threads))}


def pin(threads):
    """For one thread: a process that cannot leave its core, whatever its libraries start."""
    if threads != 1 or not AFFINITY:
        return None
    core = max(os.sched_getaffinity(0))
    return lambda: os.sched_setaffinity(0, {core})


class Runner:
    """A contestant with its rows in memory, waiting for its turn."""

    def __init__(self, contestant, work, paths, threads, folder, steps):
        self.contestant, self.result = contestant, Result()
        self.centroids = Path(folder) / f"{contestant.name}.bin"
        self.errors = (Path(folder) / f"{contestant.name}.txt").open("w+")
        words = contestant.arguments(work, *paths, self.centroids, threads, steps)
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": self.errors, "text": True}
        self.process = subprocess.Popen(words, env=environment(threads), preexec_fn=pin(threads), **pipes)

    def run(self, word="go"):
        """One measurement, or a failure that is remembered. The word is a seed where that matters."""
        if self.result.failed:
            return None
        try:
            self.process.stdin.write(f"{word}\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # it has ended; what it said last tells why
        # Some libraries talk on standard output; what we wait for is a line of JSON, or the end.
        line = next((line for line in self.process.stdout if line.startswith("{")), "")
        told = json.loads(line) if line else {"failed": self.complaint()}
        self.result.failed = told.get("failed", "")
        return None if self.result.failed else told

    def complaint(self):
        """The last thing it said."""
        self.process.wait()
        self.errors.seek(0)
        lines = self.errors.read().strip().splitlines()
        return lines[-1] if lines else f"ended with status {self.process.returncode}"

    def close(self):
        """Ends it by ending its input."""
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        self.process.wait()
        self.errors.close()


def warm_up(runner, work):
    """The first run is not timed; from it come the answer, and the memory, which later runs would reuse."""
    told, result = runner.run(0), runner.result
    if told is None:
        return
    result.iterations, result.peak_kb = told["iterations"], told["peak_kb"]
    result.said, result.seeding_rows = told.get("inertia"), told.get("seeding_rows")
    if work.suite != "growth":
        result.inertia, result.digest = judge.inertia(work, runner.centroids)


@contextmanager
def warm(work, contestants, threads, steps):
    """Everybody after their first run, ready for those that count; at the end, who has failed."""
    paths = data.files(work)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        runners = []
        for contestant in contestants:
            runner = Runner(contestant, work, paths, threads, folder, steps)
            stack.callback(runner.close)
            runners.append(runner)
        for runner in runners:
            warm_up(runner, work)
        yield runners
        for runner in runners:
            if runner.result.failed:
                print(f"{work.name}: {runner.contestant.name}: {runner.result.failed}", file=sys.stderr)


def timed(runner, word="go"):
    """One more run that counts; whether it came through."""
    time.sleep(PAUSE)
    told = runner.run(word)
    if told:
        runner.result.seconds.append(told["seconds"])
    return told is not None


def race(work, contestants, threads, runs, steps):
    """The results by name, after so many iterations. A B C, A B C, …: noise of the machine meets all of them."""
    with warm(work, contestants, threads, steps) as runners:
        for _ in range(runs):
            for runner in runners:
                timed(runner)
    return {runner.contestant.name: runner.result for runner in runners}


def iterations(work, contestant, threads):
    """How many iterations there are to do: what ours needs to come to rest, at most as many as asked for.

    A peer that does not stop at rest by itself would otherwise be measured at work that nobody needs.
    """
    if work.job != "fit":
        return work.max_iter
    with tempfile.TemporaryDirectory() as folder:
        runner = Runner(contestant, work, data.files(work), threads, folder, work.max_iter)
        told = runner.run()
        runner.close()
    if told is None:
        raise SystemExit(f"{work.name}: {contestant.name}: {runner.result.failed}")
    return told["iterations"]

"""Time to an equally good answer: everybody with default options, one seed after the other, until it is good enough.

Answers of different seeds differ, and those of different programs more. So a fast run says nothing alone: what
counts is how long it takes, with as many runs as that needs, to get an answer as good as the best program's usual one.
"""

from dataclasses import dataclass, field
from statistics import median

from speed import judge
from speed.race import Result, timed, warm

SLACK = 1e-3  # relative: as good as, for whoever looks at clusters
MOST = 200  # seeds
ENOUGH = 10  # who has taken so many times as long as we do without getting there is not waited for


@dataclass
class Tries(Result):
    """What one contestant did with one work, seed by seed from 0 on: `seconds` and `inertias` run in parallel."""

    inertias: list = field(default_factory=list)
    target: float | None = None


def race(work, contestants, threads, runs):
    """The results by name: the same seeds for all, then more for who is not there yet, ourselves first."""
    with warm(work, contestants, threads, work.max_iter) as runners:
        results = {runner.contestant.name: Tries(**vars(runner.result)) for runner in runners}
        for runner in runners:
            runner.result = results[runner.contestant.name]
        for _ in range(runs):
            for runner in runners:
                another(runner, work)
        target = aim(results.values())
        for runner in runners:
            runner.result.target = target
        ours, *peers = runners
        go_on(ours, work, float("inf"))
        for runner in peers:
            go_on(runner, work, ENOUGH * to_target(vars(ours.result))[0])
    return results


def another(runner, work):
    """One more run, of the next seed; whether it came through."""
    result = runner.result
    came = timed(runner, len(result.seconds))
    if came:
        result.inertias.append(judge.inertia(work, runner.centroids)[0])
    return came


def aim(results):
    """What is good enough: the usual answer of who gives the best, and a little."""
    return min((median(result.inertias) for result in results if result.inertias), default=0.0) * (1 + SLACK)


def go_on(runner, work, seconds):
    """More seeds until one is good enough, or so many seconds have gone."""
    result = runner.result
    while not hits(vars(result)) and sum(result.seconds) < seconds and len(result.seconds) < MOST:
        if not another(runner, work):
            break


def hits(result):
    """How many runs were good enough."""
    return sum(inertia <= result["target"] for inertia in result["inertias"])


def to_target(result):
    """Seconds to a good enough answer, and whether that is but a lower bound.

    With a share p of the runs good enough it takes 1 / p runs on average: all seconds over all that were.
    """
    good = hits(result)
    return sum(result["seconds"]) / max(1, good), not good

"""Our own answer to a case, and whether it is what the case says."""

import json
import os
import subprocess
from dataclasses import dataclass
from fractions import Fraction

from dialects.case import Reads

#: Seconds; each takes less than one.
PATIENCE = 60


@dataclass
class Verdict:
    """What happened, in a few words, and the fault if there is one."""

    words: str
    fault: str | None


def flags(case):
    """What the case tells, as flags."""
    told = dict(case.told)
    header = told.pop("header", None)
    given = [f"--{name}={value}" for name, value in told.items()]
    if header is not None:
        given.append("--header" if header else "--no-header")
    return [*given, *case.flags]


def ask(command, folder, case):
    """Runs `kmeans fit` on the file: one cluster, so that its centroid is the mean."""
    arguments = [*command, "fit", case.file, "-k", "1", "-m", "-", *flags(case)]
    env = {**os.environ, "NO_COLOR": "1", "COLUMNS": "100000"}
    try:
        done = subprocess.run(arguments, cwd=folder, capture_output=True, timeout=PATIENCE, check=False, env=env)
    except subprocess.TimeoutExpired:
        return Verdict("hangs", f"no end after {PATIENCE} seconds")
    report = done.stderr.decode(errors="replace")
    said = " ".join(report.replace(case.file, FILE).split())
    if isinstance(case.expect, Reads):
        if done.returncode:
            return Verdict(sentence(said), f"exit {done.returncode}: {said[:300]}")
        fault = values(case.expect, json.loads(done.stdout)) or unsaid(case.expect.says, said)
        return Verdict(fault or "right", fault)
    if done.returncode not in (1, 2):
        return Verdict("reads it", f"exit {done.returncode}, not refused")
    if "panicked" in said:
        return Verdict("panics", said[:300])
    return Verdict(sentence(said), unsaid(case.expect.words, said))


def values(expect, model):
    """How the model differs from the exact means, bit for bit; None when it does not."""
    names = [feature["name"] for feature in model["features"]]
    if names != list(expect.columns):
        return f"columns {names[:5]} instead of {list(expect.columns)[:5]}"
    rows = len(next(iter(expect.columns.values())))
    if model["sizes"] != [rows]:
        return f"{sum(model['sizes'])} rows instead of {rows}"
    for name, found in zip(names, model["centroids"][0], strict=True):
        column = expect.columns[name]
        mean = float(sum(map(Fraction, column)) / rows)
        if found != mean:
            return f"the mean of {name} is {found!r} instead of {mean!r}"
    return None


def unsaid(words, said):
    """The words that are missing in what was said."""
    missing = [word for word in words if word not in said]
    return f"does not say {missing}: {said[:300]}" if missing else None


def sentence(said):
    """The error without its hint and without the file's name, which the row of the table has."""
    said = said.removeprefix("error: ").split(" hint: ")[0]
    return f"refused: {said.removeprefix(FILE).removeprefix(':').strip()}"


#: Stands for the file's name, in which any word may be that is asked for.
FILE = "FILE"

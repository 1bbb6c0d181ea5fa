"""What a case is: a file, what is right, and what `kmeans fit` must do with it."""

import re
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Reads:
    """It is read: these numbers, column by column, are what is clustered; `says` stands in the report."""

    columns: dict
    says: tuple = ()


@dataclass(frozen=True)
class Refuses:
    """It is refused with one sentence that contains all of these words."""

    words: tuple


@dataclass(frozen=True)
class Case:
    """One file and everything that is known about it."""

    name: str
    data: bytes
    #: What is right, in one sentence.
    right: str
    expect: Reads | Refuses
    group: str = ""
    suffix: str = ".csv"
    #: What everyone is told: delimiter, decimal, comment, header.
    told: dict = field(default_factory=dict)
    #: Further flags of ours.
    flags: tuple = ()
    #: What the numeric columns hold (None where there is no number), to judge the others by. Where we
    #: read the file it is what we must find; where we refuse it, it may be unknown: then their answer is only described.
    holds: dict | None = None
    #: Columns are found by their place, because names are made up or lost.
    by_place: bool = False
    #: Too large or too dull to be shown in the table.
    hidden: bool = False

    #: Its place among all cases.
    number: int = 0

    @property
    def file(self):
        """The file's name: no sign in it that a reader takes for a pattern."""
        plain = re.sub("[^a-z0-9]+", "-", self.name.lower()).strip("-")
        return f"{self.number:03}-{plain}{self.suffix}"


def reads(columns=None, says=(), **more):
    """Expects to be read; columns as keywords where their names allow it."""
    return Reads({**(columns or {}), **more}, (says,) if isinstance(says, str) else tuple(says))


def refuses(*words):
    """Expects to be refused."""
    return Refuses(words)


def case(name, data, right, expect, **more):
    """A case; text is written as UTF-8."""
    data = data.encode() if isinstance(data, str) else data
    if isinstance(expect, Reads):
        more.setdefault("holds", expect.columns)
    return Case(name, data, right, expect, **more)


def group(title, *cases):
    """Cases under one heading."""
    return [replace(each, group=title) for each in cases]


#: What most small files of two columns hold.
AB = {"a": [1, 3], "b": [2, 4]}
X12 = {"x1": [1, 3], "x2": [2, 4]}

"""Cells without a value, and infinite ones."""

from dialects.case import case, group, reads, refuses

HOLES = {"a": [1, 3, 5], "b": [2, None, 6]}


def missing(name, text):
    """The text in the second of three rows is a missing value."""
    return case(name, f"a,b\n1,2\n3,{text}\n5,6\n", "A missing value.",
                refuses("row 2 (line 3)", '"b"', "is empty" if not text.strip() else "is a missing value"), holds=HOLES)


def infinite(name, text):
    """The text in the second of two rows is an infinity."""
    value = float("-inf") if text.startswith("-") else float("inf")
    return case(name, f"a,b\n1,2\n3,{text}\n", "An infinity has no place in a mean.",
                refuses("row 2 (line 3)", '"b"', "must be finite"), holds={"a": [1, 3], "b": [2, value]})


SPELLINGS = [
    *("NA", "N/A", "n/a", "na", "NaN", "nan", "-nan", "NULL", "null", "None", "?", "-", ".", "#N/A", "#NA", "<NA>"),
    *("\\N", "1.#IND", "-1.#QNAN"),
]

MISSING = group(
    "Missing values",
    missing("nothing", ""),
    missing("a space", " "),
    *(missing(f"missing as {spelling}", spelling) for spelling in SPELLINGS),
    case("another word", "a,b\n1,2\n3,n.a.\n5,6\n", "A text among numbers is told.",
         refuses("row 2 (line 3)", '"n.a." is not a number'), holds=HOLES),
    case("error of a spreadsheet", "a,b\n1,2\n3,#DIV/0!\n5,6\n", "A text among numbers is told.",
         refuses("row 2 (line 3)", '"#DIV/0!" is not a number'), holds=HOLES),
    case("missing first", "a,b\n1,NA\n3,4\n5,6\n", "The column is one of numbers all the same.",
         refuses("row 1 (line 2)", '"b"', "is a missing value"), holds={"a": [1, 3, 5], "b": [None, 4, 6]}),
    case("several missing", "a,b\nNA,NA\n3,NA\n5,6\n", "All of them are counted.",
         refuses("row 1 (line 2)", "3 cells in 2 rows are missing"), holds={"a": [None, 3, 5], "b": [None, None, 6]}),
    case("a column all missing", "a,b\n1,\n3,\n", "An empty column is left out, aloud.", reads(a=[1, 3], says="b: empty")),
    case("missing rows dropped", "a,b\n1,2\n3,\n5,6\n", "Two rows, when it is told to drop the third.",
         reads(a=[1, 5], b=[2, 6]), flags=("--missing", "drop"), holds=HOLES),
    case("missing filled", "a,b\n1,2\n3,NA\n5,6\n", "The mean of the column, when it is told to.",
         reads(a=[1, 3, 5], b=[2, 4, 6]), flags=("--missing", "mean"), holds=HOLES),
)

INFINITE = group(
    "Infinities",
    *(infinite(f"infinite as {text}", text) for text in ("inf", "-inf", "+Inf", "INF", "Infinity", "-Infinity")),
    case("infinite as a sign", "a,b\n1,2\n3,∞\n", "It is told.", refuses("row 2 (line 3)", '"b"', '"∞" is not a number'),
         holds={"a": [1, 3], "b": [2, float("inf")]}),
    case("infinite as 1.#INF", "a,b\n1,2\n3,1.#INF\n", "It is told.", refuses("row 2 (line 3)", '"b"', '"1.#INF" is not a number'),
         holds={"a": [1, 3], "b": [2, float("inf")]}),
)

GROUPS = [MISSING, INFINITE]

"""docs/dialects.md."""

from dialects.ours import flags
from dialects.peers import PEERS

INTRODUCTION = """# Files of every dialect

What `kmeans fit` does with {count} files, and what others do at their defaults: `pandas.read_csv` (`read_feather`, `read_parquet`,
`read_json`), `polars.read_csv` (`read_ipc`, …), DuckDB's `read_csv` (…). Where we are told something, such as a delimiter, they are told
the same. This page is made by `python3 bench/dialects.py`, which says how it is judged; each row is also a test.

**Bold** is a wrong answer without a word: other numbers, or rows that are not there. "error" is any exception. They read more than
numbers, so a column of text or a missing value that a reader hands on is no fault of theirs; the table says what comes out.

{versions}
"""


def page(rows, versions):
    """The whole page; `rows` are (case, our verdict, {peer: words})."""
    parts = [INTRODUCTION.format(count=len(rows), versions=versions)]
    for title in dict.fromkeys(case.group for case, _, _ in rows):
        parts.append(f"\n## {title}\n\n")
        parts.append(line(["file", "what is right", "kmeans", *PEERS]))
        parts.append(line(["---"] * (3 + len(PEERS))))
        parts += [line(cells(*row)) for row in rows if row[0].group == title]
    return "".join(parts)


def cells(case, ours, others):
    """One row of a table."""
    words = f"not as it should be: {ours.fault}" if ours.fault else ours.words
    given = " ".join(flags(case)).replace("\t", "tab")
    parts = [case.name, "" if case.hidden else code(excerpt(case.data)), code(given) if given else ""]
    return ["<br>".join(filter(None, parts)), case.right, escaped(words), *(others[peer] for peer in PEERS)]


def excerpt(data):
    """A short text on one line, line ends and unprintable bytes spelt out."""
    text = data.decode("utf-8", "backslashreplace")
    spelt = "".join(SPELT.get(letter) or (letter if letter.isprintable() else f"\\x{ord(letter):02x}") for letter in text)
    return spelt if len(spelt) <= 48 else spelt[:47] + "…"


SPELT = {"\n": "⏎", "\r": "␍", "\t": "⇥", "\ufeff": "\\ufeff", "\0": "\\0"}


def code(text):
    """Code that a table's cell can hold, whatever is in it."""
    fence = "``" if "`" in text else "`"
    return f"{fence}{text}{fence}".replace("|", "\\|") if text else "(nothing)"


def escaped(text):
    """Text that a table's cell can hold."""
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*").replace("\n", " ")


def line(row):
    """A line of a Markdown table."""
    return "| " + " | ".join(row) + " |\n"

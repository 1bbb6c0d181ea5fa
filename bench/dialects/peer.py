"""Reads files with one library, as a process of its own: a request a line on stdin, an answer a line on stdout.

    python -m dialects.peer polars

A request is {path, suffix, told}; an answer {rows, columns: [{name, kind, values}]}, {error} or {} where the
library has no reader. All readers are at their defaults, and told what ours is told.
"""

import contextlib
import datetime
import decimal
import json
import sys
import warnings

TEXTS = (".csv", ".tsv", ".csv.gz", ".csv.zst", ".csv.bz2", ".csv.xz")


def pandas(path, suffix, told):
    """Names and columns of values."""
    import pandas as pd

    if suffix in TEXTS:
        options = {"sep": "\t"} if suffix == ".tsv" else {}
        names = {"delimiter": "sep", "decimal": "decimal", "comment": "comment"}
        options.update({names[key]: value for key, value in told.items() if key in names})
        if told.get("header") is False:
            options["header"] = None
        frame = pd.read_csv(path, **options)
    elif suffix in (".arrow", ".feather"):
        frame = pd.read_feather(path)
    elif suffix == ".parquet":
        frame = pd.read_parquet(path)
    elif suffix == ".jsonl":
        frame = pd.read_json(path, lines=True)
    elif suffix == ".xlsx":
        frame = pd.read_excel(path)
    else:
        return None
    return list(frame.columns), [frame.iloc[:, place].tolist() for place in range(frame.shape[1])], len(frame)


def polars(path, suffix, told):
    """Names and columns of values."""
    import polars as pl

    if suffix in TEXTS:
        options = {"separator": "\t"} if suffix == ".tsv" else {}
        names = {"delimiter": "separator", "comment": "comment_prefix"}
        options.update({names[key]: value for key, value in told.items() if key in names})
        if told.get("decimal") == ",":
            options["decimal_comma"] = True
        if told.get("header") is False:
            options["has_header"] = False
        frame = pl.read_csv(path, **options)
    elif suffix in (".arrow", ".feather"):
        frame = pl.read_ipc(path, memory_map=False)
    elif suffix == ".arrows":
        frame = pl.read_ipc_stream(path)
    elif suffix == ".parquet":
        frame = pl.read_parquet(path)
    elif suffix == ".jsonl":
        frame = pl.read_ndjson(path)
    else:
        return None
    return frame.columns, [series.to_list() for series in frame.get_columns()], frame.height


def duckdb(path, suffix, told):
    """Names and columns of values."""
    import duckdb as db

    if suffix in TEXTS:
        names = {"delimiter": "delim", "decimal": "decimal_separator", "comment": "comment", "header": "header"}
        options = "".join(f", {names[key]}={_quoted(value)}" for key, value in told.items())
        query = f"SELECT * FROM read_csv({_quoted(path)}{options})"
    elif suffix == ".parquet":
        query = f"SELECT * FROM read_parquet({_quoted(path)})"
    elif suffix == ".jsonl":
        query = f"SELECT * FROM read_json({_quoted(path)})"
    else:
        return None
    found = db.connect().execute(query)
    names = [each[0] for each in found.description]
    rows = found.fetchall()
    return names, [[row[place] for row in rows] for place in range(len(names))], len(rows)


def _quoted(value):
    if isinstance(value, bool):
        return str(value).lower()
    return "'" + str(value).replace("'", "''") + "'"


def column(name, values):
    """A column with what its values are: number, text, boolean, date, null or other."""
    kinds, plain = set(), []
    for value in values:
        kind, value = one(value)
        kinds.add(kind)
        plain.append(value)
    kinds.discard("null")
    for strongest in ("other", "text", "date", "boolean", "number", "null"):
        if strongest in kinds or strongest == "null":
            return {"name": str(name)[:80], "kind": strongest, "values": plain}
    return None


def one(value):
    """A value's kind, and the value if it is a number."""
    if value is None or type(value).__name__ in ("NaTType", "NAType"):
        return "null", None
    if isinstance(value, bool):
        return "boolean", None
    if isinstance(value, (int, float, decimal.Decimal)):
        return ("null", None) if value != value else ("number", float(value))
    if isinstance(value, str):
        return "text", None
    if isinstance(value, (datetime.date, datetime.time, datetime.timedelta)):
        return "date", None
    return "other", None


def answer(read, request):
    """The answer to one request."""
    try:
        found = read(request["path"], request["suffix"], request["told"])
    except BaseException as error:  # polars panics with a BaseException
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
        return {"error": f"{type(error).__name__}: {error}"[:200]}
    if found is None:
        return {}
    names, columns, rows = found
    return {"rows": rows, "columns": [column(*each) for each in zip(names, columns, strict=True)]}


def main():
    """Answers until stdin ends."""
    warnings.simplefilter("ignore")
    read = {"pandas": pandas, "polars": polars, "duckdb": duckdb}[sys.argv[1]]
    out = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):  # a library's chatter is no answer
        for line in sys.stdin:
            print(json.dumps(answer(read, json.loads(line))), file=out, flush=True)


if __name__ == "__main__":
    main()

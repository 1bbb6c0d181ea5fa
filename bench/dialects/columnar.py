"""Arrow and Parquet files."""

from dialects.case import AB, case, group, reads, refuses
from dialects.frozen import frozen

LONG = {"a": [j % 7 for j in range(500)], "b": [j % 5 for j in range(500)]}
HOLES = {"a": [1, 3, 5], "b": [2, None, 6]}
A = {"a": [1, 3]}


def arrow(name, kept, right, expect, **more):
    """An Arrow file; `kept` is what it is called in frozen.json, or its bytes."""
    data = frozen(kept) if isinstance(kept, str) else kept
    return case(f"Arrow {name}", data, right, expect, suffix=more.pop("suffix", ".arrow"), hidden=True, **more)


def parquet(name, kept, right, expect, **more):
    """A Parquet file; `kept` is what it is called in frozen.json, or its bytes."""
    data = frozen(kept) if isinstance(kept, str) else kept
    return case(f"Parquet {name}", data, right, expect, suffix=more.pop("suffix", ".parquet"), hidden=True, **more)


ARROW = group(
    "Arrow",
    arrow("file", "file", "Two columns.", reads(AB)),
    arrow("stream", "stream", "Two columns.", reads(AB), suffix=".arrows"),
    arrow("file named csv", "file", "The first bytes tell what it is.", reads(AB), suffix=".csv"),
    arrow("LZ4", "lz4", "500 rows.", reads(LONG), suffix=".feather"),
    arrow("zstd", "zstd", "500 rows.", reads(LONG), suffix=".feather"),
    arrow("stream, zstd", "stream-zstd", "500 rows.", reads(LONG), suffix=".arrows"),
    arrow("two batches and an empty one", "two-batches", "Two rows.", reads(AB)),
    arrow("null", "nulls", "A missing value, never the number below the null.",
          refuses("row 2", '"b"', "is null"), holds=HOLES),
    arrow("null, dropped", "nulls", "Two rows, when it is told to drop the third.", reads(a=[1, 5], b=[2, 6]),
          flags=("--missing", "drop"), holds=HOLES),
    arrow("NaN", "nan", "A missing value.", refuses("row 2", '"b"', "is a missing value"), holds={"a": [1, 3], "b": [2, None]}),
    arrow("infinity", "infinite", "An infinity has no place in a mean.", refuses("row 2", '"b"', "must be finite"),
          holds={"a": [1, 3], "b": [2, float("inf")]}),
    arrow("column of nulls", "null-column", "An empty column is left out, aloud.", reads(A, says="b: empty")),
    arrow("dictionary", "dictionary", "A dictionary of texts is left out, aloud.", reads(AB, says="t: not a number")),
    arrow("text", "text", "A text is left out, aloud.", reads(AB, says="t: not a number")),
    arrow("f16", "f16", "Every f16 is a double.", reads(AB)),
    arrow("u64", "u64", "The nearest double.", reads(a=[1], b=[2.0**64])),
    arrow("decimal", "decimal", "A decimal is a number.", reads(A, b=[2.25, 4.75])),
    arrow("boolean", "boolean", "A truth is no quantity: left out, aloud, unless it is named.",
          reads(A, says="b: true or false")),
    arrow("boolean, named", "boolean", "0 for false and 1 for true.", reads(b=[1, 0]), flags=("--columns", "b"), holds=None),
    arrow("date", "date", "A date is no quantity: left out, aloud, unless it is named.", reads(A, says="b: a date")),
    arrow("date, named", "date", "Days since 1970.", reads(b=[19000, 19001]), flags=("--columns", "b"), holds=None),
    arrow("lists of two", "list", "A vector is as many columns as it has numbers.",
          reads({"v[0]": [1, 3], "v[1]": [2, 4]}), holds=None),
    arrow("no row", "no-rows", "There is no row to cluster.", refuses("holds no row"), holds={"a": [], "b": []}),
    arrow("cut short", frozen("file")[:-40], "Its end is missing.", refuses("cut short")),
    arrow("stream cut short", frozen("stream")[:-70], "A message is not whole.", refuses("cut short"), suffix=".arrows"),
    arrow("of text", b"a,b\n1,2\n3,4\n", "The name promises Arrow.", refuses("holds text, not Arrow data"), holds=AB),
)

PARQUET = group(
    "Parquet",
    parquet("with a dictionary", "parquet", "Two columns.", reads(AB)),
    parquet("plain", "parquet-plain", "Two columns.", reads(AB)),
    parquet("pages of version 2", "parquet-v2", "Two columns.", reads(AB)),
    parquet("named csv", "parquet", "The first bytes tell what it is.", reads(AB), suffix=".csv"),
    parquet("snappy", "parquet-snappy", "500 rows.", reads(LONG)),
    parquet("zstd", "parquet-zstd", "500 rows.", reads(LONG)),
    parquet("gzip", "parquet-gzip", "500 rows.", reads(LONG)),
    parquet("LZ4", "parquet-lz4", "500 rows.", reads(LONG)),
    parquet("five row groups", "parquet-groups", "500 rows.", reads(LONG)),
    parquet("text", "parquet-text", "A text is left out, aloud.", reads(AB, says="t: not a number")),
    parquet("null", "parquet-nulls", "A missing value.", refuses("row 2", '"b"', "is null"), holds=HOLES),
    parquet("null, dropped", "parquet-nulls", "Two rows, when it is told to drop the third.", reads(a=[1, 5], b=[2, 6]),
            flags=("--missing", "drop"), holds=HOLES),
    parquet("no row", "parquet-no-rows", "There is no row to cluster.", refuses("holds no row"), holds={"a": [], "b": []}),
    parquet("cut short", frozen("parquet")[:-20], "Its end is missing.", refuses("cut short")),
)

GROUPS = [ARROW, PARQUET]

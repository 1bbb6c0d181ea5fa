"""Seeds for the fuzz targets: the files of bench/dialects and of fixtures/, each beside the targets that read it.

    python3 seeds.py seeds
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
#: Longer ones only make a run slow.
LONGEST = 1 << 15
MODEL = """{"format":"kmeans-model","formatVersion":1,"requires":[],"tool":{"name":"kmeans","version":"0.1.0"},
"features":[{"name":"a","min":0,"max":9,"mean":0.1},{"name":"b","unit":"cm"}],"centroids":[[1,2.5],[3e-7,-0.0]],"sizes":[1,2],
"weights":[1.5,2],"within":[0,null],"inertia":2,"total":null,"rows":3,"iterations":3,"converged":true,"stopped":"labels","seed":"0",
"options":{"clusters":2,"init":"k-means++","nInit":1,"maxIter":300,"tol":0.0001,"weight":"w"},"preprocessing":[],"more":[{"x":null}]}"""
PREPARED = """{"format":"kmeans-model","formatVersion":1,"requires":["missing","categorical","scale"],"features":[{"name":"x"},
{"name":"t=a","column":"t","category":"a"},{"name":"t=b","column":"t","category":"b"}],"centroids":[[1,0,1],[9,0.5,0.5]],
"preparedCentroids":[[0,0,2],[1,1,1]],"sizes":[2,1],"inertia":1,"iterations":2,"converged":true,"stopped":"labels","seed":"1",
"preprocessing":[{"name":"missing","method":"mean","fills":[4.5,null]},{"name":"categorical","weight":0.5},
{"name":"scale","method":"standard","shifts":[4,0,0],"scales":[2,1,1]}]}"""
OPTIONS = ["a|id\nb 1", "tab", "\\t", ";", "csv", "parquet", "emb_10|x,y", "x1", "\na|größe"]
#: Which targets read a file of that name.
TARGETS = {
    "csv": (".csv", ".tsv"),
    "arrow": (".arrow", ".arrows", ".feather"),
    "parquet": (".parquet",),
    "npy": (".npy",),
    "jsonl": (".jsonl",),
    "packed": (".gz", ".zst"),
    "table": (".csv", ".arrow", ".arrows", ".feather", ".parquet", ".npy", ".jsonl", ".gz", ".zst"),
}


def main(folder):
    """Writes a folder for each target."""
    shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory() as cases:
        subprocess.run([sys.executable, ROOT / "bench" / "dialects.py", "--write", cases], check=True)
        files = [*Path(cases).iterdir(), *(ROOT / "fixtures").glob("*.*")]
        for target, suffixes in TARGETS.items():
            (folder / target).mkdir(parents=True)
            for file in files:
                if file.suffix in suffixes and file.stat().st_size <= LONGEST:
                    # A byte more: there the last one is not data but tells what the caller says.
                    tail = b"\0" if target in ("csv", "table") else b""
                    (folder / target / file.name).write_bytes(file.read_bytes() + tail)
    for target, texts in {"model": [MODEL, PREPARED], "options": OPTIONS}.items():
        (folder / target).mkdir()
        for number, text in enumerate(texts):
            (folder / target / str(number)).write_text(text)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

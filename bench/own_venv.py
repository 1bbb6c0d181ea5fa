"""A bench script's own Python: `bench/.venv`, made on first use from pinned requirements.

A script starts under any Python 3 with nothing installed, calls `enter`, and goes on inside the
environment. So a table in a README can be made again by anyone with one command.
"""

import os
import subprocess
import sys
import venv
from pathlib import Path

BENCH = Path(__file__).resolve().parent
HOME = BENCH / ".venv"
INSIDE = "KMEANS_BENCH_INSIDE"


def enter(*requirements):
    """Return when running inside the environment; otherwise make it and start the script again.

    The marker in the environment stops a loop should the interpreter not be the one expected.
    One thread keeps scikit-learn's sums, whose order otherwise varies, the same in every run.
    """
    if os.environ.get(INSIDE) == str(HOME):
        return
    python = HOME / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        venv.create(HOME, with_pip=True)
    for name in requirements:
        install(python, BENCH / name)
    env = dict(os.environ, **{INSIDE: str(HOME)})
    env.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(subprocess.call([str(python), *sys.argv], env=env))


def install(python, requirements):
    """Install one pinned list, unless this very list has been installed already.

    `--no-deps` because a list is complete: what is not pinned in it is not installed.
    """
    stamp = HOME / f"{requirements.name}.installed"
    wanted = requirements.read_text()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    quiet = ["--quiet", "--disable-pip-version-check"]
    command = [str(python), "-m", "pip", "install", *quiet, "--no-deps", "-r", str(requirements)]
    subprocess.run(command, check=True)
    stamp.write_text(wanted)

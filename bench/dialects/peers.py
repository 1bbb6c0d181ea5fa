"""The other libraries, each in a process that is started again when it dies or does not answer."""

import json
import subprocess
import sys
import threading
from importlib.metadata import version
from pathlib import Path

PEERS = ("pandas", "polars", "duckdb")
BENCH = Path(__file__).resolve().parent.parent
#: Seconds a file may take; every one of them is small.
PATIENCE = 60


def versions():
    """`pandas 3.1.1, …`, pyarrow too: pandas reads Arrow and Parquet with it."""
    return ", ".join(f"{name} {version(name)}" for name in (*PEERS, "pyarrow"))


class Peer:
    """One library that answers."""

    def __init__(self, name):
        self.name = name
        self.process = None

    def read(self, path, case):
        """What it reads; {"error": …} also when it dies or hangs."""
        if self.process is None:
            command = [sys.executable, "-m", "dialects.peer", self.name]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
            self.process = subprocess.Popen(command, text=True, cwd=BENCH, **pipes)
        request = {"path": str(path), "suffix": case.suffix, "told": case.told}
        alarm = threading.Timer(PATIENCE, self.process.kill)
        alarm.start()
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            alarm.cancel()
        if line:
            return json.loads(line)
        self.close()
        return {"error": "it died or did not answer"}

    def close(self):
        """Ends the process."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None

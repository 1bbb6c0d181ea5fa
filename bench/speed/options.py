"""What the two commands read alike from the command line. Needs nothing but Python."""

import os


def counts(text):
    """Thread counts without repetition: on a machine of one core there is one row."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return list(dict.fromkeys(cores if word == "all" else int(word) for word in text.split(",")))

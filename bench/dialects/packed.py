"""Compressed texts, arrays of numpy, JSON lines."""

import bz2
import gzip
import lzma
import struct

from dialects.case import AB, X12, case, group, reads, refuses
from dialects.frozen import frozen

TEXT = b"a,b\n1,2\n3,4\n"
LINES = b"a,b\n" + b"".join(b"%d,%d\n" % (j % 7, j % 5) for j in range(5000))
GZ = gzip.compress(TEXT, mtime=0)


def packed(name, data, right, expect, suffix=".csv.gz", **more):
    """A compressed file."""
    return case(name, data, right, expect, suffix=suffix, hidden=True, **more)


COMPRESSED = group(
    "Compressed",
    packed("gzip", GZ, "The text inside.", reads(AB)),
    packed("gzip named csv", GZ, "The first bytes tell what it is.", reads(AB), ".csv"),
    packed("gzip in two members", gzip.compress(TEXT[:8], mtime=0) + gzip.compress(TEXT[8:], mtime=0),
           "All members, one after the other.", reads(AB)),
    packed("gzip, then zeros", GZ + bytes(512), "Padding, as on a tape.", reads(AB)),
    packed("gzip, then text", GZ + b"signed: me\n", "As gzip -dc, aloud.", reads(AB, says="passed over")),
    packed("gzip, then a damaged member", GZ + GZ[:-8] + bytes(8), "It is damaged.", refuses("damaged")),
    packed("gzip cut short", gzip.compress(LINES, mtime=0)[:-100], "The rest is missing.", refuses("cut short")),
    packed("gzip without its sum", GZ[:-8], "The end is missing.", refuses("cut short")),
    packed("gzip with a wrong sum", GZ[:-8] + bytes(8), "It is damaged.", refuses("damaged")),
    packed("gzip of nothing", gzip.compress(b"", mtime=0), "There is nothing to cluster.", refuses("is empty")),
    packed("zstd", frozen("csv.zst"), "The text inside.", reads(AB), ".csv.zst"),
    packed("zstd in two frames", frozen("csv.zst.zst"), "All frames, one after the other.", reads(AB), ".csv.zst"),
    packed("zstd cut short", frozen("csv.zst")[:-6], "The rest is missing.", refuses("cut short"), ".csv.zst"),
    packed("gzip of Arrow", gzip.compress(frozen("stream"), mtime=0), "What is inside is Arrow.", reads(AB), ".arrows.gz"),
    packed("bzip2", bz2.compress(TEXT), "It is told how to decompress.", refuses("bzip2"), ".csv.bz2", holds=AB),
    packed("xz", lzma.compress(TEXT), "It is told how to decompress.", refuses("xz"), ".csv.xz", holds=AB),
)


def npy(name, kind, values, right, expect, shape=(2, 2), fortran=False, cut=0, **more):
    """An array as numpy.save writes it; `kind` is numpy's descriptor, such as `<f8`."""
    order = "<" if kind[0] in "<|" else ">"
    letter = {"f2": "e", "f4": "f", "f8": "d", "i4": "i", "i8": "q", "u1": "B", "b1": "?", "c16": "dd"}[kind[1:]]
    head = f"{{'descr': '{kind}', 'fortran_order': {fortran}, 'shape': {shape}, }}"
    head += " " * (-(len(head) + 11) % 64) + "\n"
    data = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode()
    data += b"".join(struct.pack(order + letter, *([value] if letter != "dd" else [value, 0])) for value in values)
    return case(f"npy {name}", data[: len(data) - cut], right, expect, suffix=".npy", hidden=True, by_place=True, **more)


TWO = "Two columns, named by their places."
NPY = group(
    "Arrays of numpy",
    npy("f8", "<f8", [1, 2, 3, 4], TWO, reads(X12)),
    npy("f4", "<f4", [1, 2, 3, 4], TWO, reads(X12)),
    npy("f2", "<f2", [1, 2, 3, 4], TWO, reads(X12)),
    npy("i8", "<i8", [1, 2, 3, 4], TWO, reads(X12)),
    npy("u1", "|u1", [1, 2, 3, 4], TWO, reads(X12)),
    npy("big-endian", ">f8", [1, 2, 3, 4], TWO, reads(X12)),
    npy("Fortran order", "<f8", [1, 3, 2, 4], TWO, reads(X12), fortran=True),
    npy("one dimension", "<f8", [1, 3], "One column.", reads(x1=[1, 3]), shape="(2,)"),
    npy("three dimensions", "<f8", range(8), "It is no table.", refuses("dimensions"), shape=(2, 2, 2)),
    npy("NaN", "<f8", [1, 2, 3, float("nan")], "A missing value.", refuses("row 2", "x2", "is a missing value"),
        holds={"x1": [1, 3], "x2": [2, None]}),
    npy("complex", "<c16", [1, 2, 3, 4], "It holds no real numbers.", refuses("c16")),
    npy("cut short", "<f8", [1, 2, 3, 4], "Numbers are missing.", refuses("cut short"), cut=9),
    npy("no row", "<f8", [], "There is no row to cluster.", refuses("holds no row"), shape=(0, 2)),
)


def lines(name, text, right, expect, **more):
    """JSON, an object a line."""
    return case(f"JSON {name}", text, right, expect, suffix=more.pop("suffix", ".jsonl"), **more)


JSON = group(
    "JSON lines",
    lines("lines", '{"a":1,"b":2}\n{"a":3,"b":4}\n', "Two rows.", reads(AB)),
    lines("lines in another order", '{"a":1,"b":2}\n{"b":4,"a":3}\n', "Columns go by their names.", reads(AB)),
    lines("lines and blank ones", '{"a":1,"b":2}\n\n{"a":3,"b":4}\n\n', "A blank line is no row.", reads(AB)),
    lines("lines with CRLF", '{"a":1,"b":2}\r\n{"a":3,"b":4}\r\n', "Two rows.", reads(AB)),
    lines("a key missing", '{"a":1,"b":2}\n{"a":3}\n', "A missing value.", refuses("row 2", '"b"'),
          holds={"a": [1, 3], "b": [2, None]}),
    lines("null", '{"a":1,"b":2}\n{"a":3,"b":null}\n', "A missing value.", refuses("row 2", '"b"', "is null"),
          holds={"a": [1, 3], "b": [2, None]}),
    lines("text", '{"a":1,"t":"x","b":2}\n{"a":3,"t":"y","b":4}\n', "A text is left out, aloud.",
          reads(AB, says="t: not a number")),
    lines("bad line", '{"a":1,"b":2}\n{"a":3,"b":\n{"a":5,"b":6}\n', "The line is named.", refuses("line 2")),
    lines("17 digits", '{"a":1,"b":0.30000000000000004}\n', "The nearest double.", reads(a=[1], b=[0.1 + 0.2])),
    lines("2^53 + 3", '{"a":1,"b":9007199254740995}\n', "The nearest double, ties to even.", reads(a=[1], b=[9007199254740996])),
    lines("out of range", '{"a":1,"b":1e400}\n', "No double is near.", refuses("line 1", "out of range")),
    lines("not an object", "[1,2]\n[3,4]\n", "A row without names is told.", refuses("line 1")),
)

GROUPS = [COMPRESSED, NPY, JSON]

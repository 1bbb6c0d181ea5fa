"""Arrow, Parquet and zstd bytes: made with pyarrow, kept in frozen.json so that a test needs no pyarrow.

Every writer spells the same table differently, and a new version may spell it anew; what is judged must stay.
"""

import base64
import json
import zlib
from pathlib import Path

KEPT = Path(__file__).parent / "frozen.json"


def frozen(name):
    """The bytes kept under a name; none before the first `--freeze`."""
    return _KEPT.get(name, b"")


def _read():
    texts = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    return {name: zlib.decompress(base64.b85decode(text)) for name, text in texts.items()}


_KEPT = _read()


def freeze():
    """Makes all of them again."""
    texts = {name: base64.b85encode(zlib.compress(data, 9)).decode() for name, data in make().items()}
    KEPT.write_text(json.dumps(texts, indent=0) + "\n")
    return texts


def make():
    """Name -> bytes."""
    import pyarrow as pa

    ab = pa.table({"a": pa.array([1.0, 3.0]), "b": pa.array([2, 4], pa.int64())})
    holes = pa.table({"a": [1.0, 3.0, 5.0], "b": pa.array([2, None, 6], pa.int64())})
    long = pa.table({"a": [float(j % 7) for j in range(500)], "b": [j % 5 for j in range(500)]})
    zstd = pa.Codec("zstd")
    text = b"a,b\n1,2\n3,4\n"
    return {
        **_arrow(ab, holes, long),
        **_parquet(ab, holes, long),
        "csv.zst": zstd.compress(text, asbytes=True),
        "csv.zst.zst": zstd.compress(text[:8], asbytes=True) + zstd.compress(text[8:], asbytes=True),
    }


def _arrow(ab, holes, long):
    import decimal

    import pyarrow as pa

    one = {"a": [1.0, 3.0]}
    words = pa.array(["x", "y"]).dictionary_encode()
    pairs = pa.FixedSizeListArray.from_arrays(pa.array([1.0, 2, 3, 4], pa.float32()), 2)
    money = pa.array([decimal.Decimal("2.25"), decimal.Decimal("4.75")], pa.decimal128(10, 2))
    days = pa.array([19000, 19001], pa.int32()).cast(pa.date32())
    return {
        "file": _ipc(ab),
        "stream": _ipc(ab, stream=True),
        "lz4": _ipc(long, compression="lz4"),
        "zstd": _ipc(long, compression="zstd"),
        "stream-zstd": _ipc(long, stream=True, compression="zstd"),
        "nulls": _ipc(holes),
        "nan": _ipc(pa.table({**one, "b": [2.0, float("nan")]})),
        "infinite": _ipc(pa.table({**one, "b": [2.0, float("inf")]})),
        "dictionary": _ipc(pa.table({**one, "t": words, "b": [2, 4]})),
        "list": _ipc(pa.table({"v": pairs})),
        "f16": _ipc(pa.table({"a": pa.array([1, 3], pa.float16()), "b": pa.array([2, 4], pa.float16())})),
        "decimal": _ipc(pa.table({**one, "b": money})),
        "boolean": _ipc(pa.table({**one, "b": [True, False]})),
        "date": _ipc(pa.table({**one, "b": days})),
        "text": _ipc(pa.table({**one, "t": ["x", "y"], "b": [2, 4]})),
        "u64": _ipc(pa.table({"a": [1.0], "b": pa.array([2**64 - 1], pa.uint64())})),
        "no-rows": _ipc(ab.slice(0, 0)),
        "two-batches": _ipc(pa.concat_tables([ab.slice(0, 1), ab.slice(0, 0), ab.slice(1, 1)])),
        "null-column": _ipc(pa.table({**one, "b": pa.nulls(2)})),
    }


def _ipc(table, stream=False, compression=None):
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    make = pa.ipc.new_stream if stream else pa.ipc.new_file
    with make(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def _parquet(ab, holes, long):
    import pyarrow as pa
    import pyarrow.parquet as pq

    def write(table, **options):
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, store_schema=False, write_statistics=False, **options)
        return sink.getvalue().to_pybytes()

    words = pa.table({"a": [1.0, 3.0], "t": ["x", "y"], "b": [2, 4]})
    return {
        "parquet": write(ab, compression="none"),
        "parquet-snappy": write(long, compression="snappy"),
        "parquet-zstd": write(long, compression="zstd"),
        "parquet-gzip": write(long, compression="gzip"),
        "parquet-lz4": write(long, compression="lz4"),
        "parquet-plain": write(ab, compression="none", use_dictionary=False),
        "parquet-v2": write(ab, compression="none", data_page_version="2.0"),
        "parquet-groups": write(long, compression="snappy", row_group_size=100),
        "parquet-nulls": write(holes, compression="none"),
        "parquet-text": write(words, compression="none"),
        "parquet-no-rows": write(ab.slice(0, 0), compression="none"),
    }

//! From one format to another: what cannot be done is told before the work, and a table without rows is a table.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, RecordBatch, TimestampMillisecondArray};
use arrow_ipc::reader::FileReader;
use arrow_schema::DataType;
use kmeans_io::{Dialect, Error, Format, Input, Kept, Kind, Selection, TableReader, read_table};

use crate::arrow::{file, mixed, stream};
use crate::given::{bytes, names, never, numbers, passed, read};

fn kept(input: Input) -> Kept {
    let table = read_table(input, Dialect::default(), &Selection::default(), true, &never()).unwrap();
    table.source.unwrap()
}

fn timed(zone: &str) -> Vec<u8> {
    let times = TimestampMillisecondArray::from(vec![Some(1_720_000_000_123), None]).with_timezone(zone);
    let columns =
        [("time", Arc::new(times) as ArrayRef), ("a", Arc::new(Float64Array::from(vec![1.0, 2.0])))];
    stream(&[RecordBatch::try_from_iter(columns).unwrap()])
}

#[test]
fn times_in_every_zone_are_written_as_text() {
    for (zone, time) in [
        ("UTC", "2024-07-03T09:46:40.123Z"),
        ("Europe/Berlin", "2024-07-03T11:46:40.123+02:00"),
        ("+05:30", "2024-07-03T15:16:40.123+05:30"),
    ] {
        assert!(kept(bytes(&timed(zone))).can_become(Some(Format::Csv)).is_ok());
        let out = passed(bytes(&timed(zone)), &["a"], "o.csv", None).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), format!("time,a,cluster\n{time},1,0\n,2,1\n"));
    }
}

fn refusal(outcome: Result<(), Error>) -> String {
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), Kind::Data);
    assert!(error.hint().is_some());
    error.to_string()
}

#[test]
fn types_that_text_cannot_hold_are_found_before_the_work() {
    let input = timed("Mars/Base");
    let message =
        "x cannot be written as text: column \"time\" is a timestamp in the unknown time zone \"Mars/Base\"";
    let reader = TableReader::open(bytes(&input), Dialect::default(), &never()).unwrap();
    let kept = kept(bytes(&input));
    for format in [Format::Csv, Format::Tsv] {
        assert_eq!(refusal(reader.can_become(Some(format))), message);
        assert_eq!(refusal(kept.can_become(Some(format))), message);
    }
    for format in [None, Some(Format::Arrow)] {
        assert!(reader.can_become(format).is_ok() && kept.can_become(format).is_ok());
    }
    assert_eq!(passed(bytes(&input), &["a"], "o.csv", None).unwrap_err().to_string(), message);
}

#[test]
fn a_value_that_text_cannot_hold_is_named_in_our_words() {
    let times = TimestampMillisecondArray::from(vec![0, i64::MAX]);
    let columns =
        [("time", Arc::new(times) as ArrayRef), ("a", Arc::new(Float64Array::from(vec![1.0, 2.0])))];
    let input = file(&[RecordBatch::try_from_iter(columns).unwrap()]);
    let error = passed(bytes(&input), &["a"], "o.csv", None).unwrap_err();
    assert_eq!(error.to_string(), "x: row 2, column \"time\": the value cannot be written as text");
}

#[test]
fn text_that_is_not_utf8_is_found_before_the_work() {
    let kept = kept(bytes(b"a,id\n1,x\n2,\xff\n3,\xfe\n"));
    let message = "x: row 2, column 2: the text is not UTF-8, and Arrow holds no other";
    assert_eq!(refusal(kept.can_become(Some(Format::Arrow))), message);
    assert!(kept.can_become(Some(Format::Tsv)).is_ok());
}

#[test]
fn a_header_alone_passes_through() {
    for (input, name, expected) in [
        (&b"id,a\n"[..], "o.csv", "id,a,cluster\n"),
        (b"\xef\xbb\xbfid;a\r\n", "o", "\u{feff}id;a;cluster\r\n"),
        (b"id,a", "o.csv", "id,a,cluster\n"),
        (b"id,a\n", "o.tsv", "id\ta\tcluster\n"),
    ] {
        let out = passed(bytes(input), &["a"], name, None).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
    let out = passed(bytes(b"id,a\n"), &["a"], "o.arrow", Some(1)).unwrap();
    let reader = FileReader::try_new(std::io::Cursor::new(out), None).unwrap();
    let kinds: Vec<DataType> =
        reader.schema().fields().iter().map(|field| field.data_type().clone()).collect();
    assert_eq!(kinds, [DataType::Utf8, DataType::Float64, DataType::UInt32, DataType::Float64]);
    assert_eq!(reader.count(), 0);
    // Without a single byte there is not even a header.
    assert_eq!(passed(bytes(b""), &["a"], "o.csv", None).unwrap_err().kind(), Kind::Data);
}

#[test]
fn an_arrow_table_without_rows_passes_through() {
    let none = mixed().slice(0, 0);
    let schema_alone =
        arrow_ipc::writer::FileWriter::try_new(Vec::new(), &none.schema()).unwrap().into_inner();
    for input in [file(std::slice::from_ref(&none)), stream(&[none]), schema_alone.unwrap()] {
        let out = passed(bytes(&input), &["a"], "o.csv", None).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "name,a,kind,b,view,cluster\n");
        for name in ["o.arrow", "o.arrows"] {
            let out = passed(bytes(&input), &["a"], name, None).unwrap();
            assert_eq!(read(bytes(&out)).unwrap_err().to_string(), "x holds no row");
        }
    }
}

#[test]
fn an_empty_batch_between_others_is_no_batch() {
    let parts = [mixed().slice(0, 0), mixed(), mixed().slice(0, 0), mixed()];
    let mut reader = TableReader::open(bytes(&stream(&parts)), Dialect::default(), &never()).unwrap();
    reader.select(&names(&["a"])).unwrap();
    let rows: Vec<usize> =
        std::iter::from_fn(|| reader.next_batch().unwrap()).map(|batch| batch.rows).collect();
    assert_eq!(rows, [3, 3]);
}

/// What pyarrow 26 writes for a column `a` of 1.0 and 2.0 with zstd.
const ZSTD: &str = "ffffffff700000001000000000000a000c000600050008000a000000000104000c000000080008000000040008\
    000000040000000100000014000000100014000800060007000c00000010001000000000000103100000001800000004000000\
    000000000100000061000600080006000600000000000200ffffffffa000000014000000000000000c0018000600050008000c\
    000c000000000304001c0000002800000000000000000000000c001e001000040008000c000c00000050000000240000001800\
    0000020000000000000000000000000006000800070006000000000000010200000000000000000000000000000000000000\
    00000000000000002100000000000000000000000100000002000000000000000000000000000000100000000000000028b5\
    2ffd2010810000000000000000f03f000000000000004000000000000000ffffffff00000000";

#[test]
fn zstd_inside_arrow_is_read() {
    let digits = ZSTD.as_bytes().chunks_exact(2).map(|pair| std::str::from_utf8(pair).unwrap());
    let input: Vec<u8> = digits.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect();
    assert_eq!(numbers(&read(bytes(&input)).unwrap().matrix), [1.0, 2.0]);
}

//! Every way into every format, read back by the crates that read them.

use std::io::{Cursor, Read};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, UInt32Type};
use arrow_array::{
    Array, ArrayRef, DurationSecondArray, Float32Array, Float64Array, ListArray, MapArray, RecordBatch,
    StringArray, StructArray, TimestampMillisecondArray, UInt32Array,
};
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use arrow_select::concat::concat_batches;
use kmeans_engine::{Measured, Measures, NO_LABEL};
use kmeans_io::{
    Dialect, Error, Extra, Format, Kind, Labelled, LabelsWriter, Output, Selection, TableReader, TableWriter,
    ValuesWriter, read_table,
};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::arrow::{mixed, stream};
use crate::given::{bytes, drip, labelled, names, never, passed, written};

/// The rows of a Parquet file.
fn parquet(file: &[u8]) -> RecordBatch {
    let builder = ParquetRecordBatchReaderBuilder::try_new(file_bytes(file)).unwrap();
    let schema = builder.schema().clone();
    let batches: Vec<RecordBatch> = builder.build().unwrap().map(Result::unwrap).collect();
    concat_batches(&schema, &batches).unwrap()
}

fn file_bytes(bytes: &[u8]) -> std::fs::File {
    let mut file = tempfile::tempfile().unwrap();
    std::io::Write::write_all(&mut file, bytes).unwrap();
    file
}

/// The rows of JSON lines, by a schema that says what to expect.
fn jsonl(text: &[u8], schema: &SchemaRef) -> RecordBatch {
    let reader = arrow_json::ReaderBuilder::new(schema.clone()).build(Cursor::new(text)).unwrap();
    let batches: Vec<RecordBatch> = reader.map(Result::unwrap).collect();
    concat_batches(schema, &batches).unwrap()
}

/// The rows of an Arrow file or stream.
fn arrow(bytes: Vec<u8>) -> RecordBatch {
    let (schema, batches): (SchemaRef, Vec<RecordBatch>) = if bytes.starts_with(b"ARROW1") {
        let reader = FileReader::try_new(Cursor::new(bytes), None).unwrap();
        (reader.schema(), reader.map(Result::unwrap).collect())
    } else {
        let reader = StreamReader::try_new(Cursor::new(bytes), None).unwrap();
        (reader.schema(), reader.map(Result::unwrap).collect())
    };
    concat_batches(&schema, &batches).unwrap()
}

fn unpacked(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    if name.ends_with("gz") {
        flate2::read::GzDecoder::new(bytes).read_to_end(&mut text).unwrap();
    } else {
        zstd::Decoder::new(bytes).unwrap().read_to_end(&mut text).unwrap();
    }
    text
}

/// Columns as whichever format they were written in.
fn columns(name: &str, bytes: Vec<u8>, schema: &SchemaRef) -> RecordBatch {
    match name.rsplit('.').next().unwrap() {
        "parquet" => parquet(&bytes),
        "jsonl" => jsonl(&bytes, schema),
        _ => arrow(bytes),
    }
}

const TYPED: [&str; 4] = ["o.arrow", "o.arrows", "o.parquet", "o.jsonl"];

#[test]
fn text_becomes_columns_in_every_format() {
    let expected = RecordBatch::try_new(
        Arc::new(Schema::new(vec![
            Field::new("id", DataType::Utf8, false),
            Field::new("a", DataType::Float64, true),
            Field::new("cluster", DataType::UInt32, true),
            Field::new("distance_0", DataType::Float64, true),
        ])),
        vec![
            Arc::new(StringArray::from(vec!["007", " \"x\n", "é"])),
            Arc::new(Float64Array::from(vec![0.1, -5e-324, 1e300])),
            Arc::new(UInt32Array::from(vec![0, 1, 2])),
            Arc::new(Float64Array::from(vec![0.0, 0.0, 0.0])),
        ],
    )
    .unwrap();
    let input = "id,a\n007,.1\n\" \"\"x\n\",-5e-324\né,1e300\n".as_bytes();
    for name in TYPED {
        let out = passed(bytes(input), &["a"], name, Some(1)).unwrap();
        let found = columns(name, out, &expected.schema());
        assert_eq!(found.schema().fields(), expected.schema().fields(), "{name}");
        assert_eq!(found.columns()[..3], expected.columns()[..3], "{name}");
    }
}

#[test]
fn columns_of_every_kind_become_parquet_and_json() {
    let input = stream(&[mixed(), mixed()]);
    let back = parquet(&passed(bytes(&input), &["a"], "o.parquet", None).unwrap());
    assert_eq!(
        back.columns()[..5],
        concat_batches(&mixed().schema(), &[mixed(), mixed()]).unwrap().columns()[..5]
    );
    assert_eq!(back.column(5).as_primitive::<UInt32Type>().values(), &[0, 1, 2, 0, 1, 2]);
    let text = passed(bytes(&input), &["a"], "o.ndjson", None).unwrap();
    let expected = "{\"name\":\"p\",\"a\":1.5,\"kind\":\"u\",\"b\":1,\"view\":\"a longer string than twelve\",\"cluster\":0}\n\
                    {\"name\":null,\"a\":-0.0,\"kind\":\"v\",\"b\":2,\"view\":\"b\",\"cluster\":1}\n";
    assert!(String::from_utf8(text).unwrap().starts_with(expected));
}

#[test]
fn numbers_in_json_read_back_to_the_same_double() {
    let random = |i: u64| f64::from_bits(i.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ i << 17);
    let values: Vec<f64> = (1..5000).map(random).filter(|value| value.is_finite()).collect();
    let text = written("v.jsonl", |output| {
        let mut writer = ValuesWriter::new(output, None, &names(&["x"]), None).unwrap();
        writer.write(&values, None, &Measured::default()).unwrap();
        writer.finish().unwrap();
    });
    let text = String::from_utf8(text).unwrap();
    for (line, value) in text.lines().zip(&values) {
        let number = line.strip_prefix("{\"x\":").unwrap().strip_suffix('}').unwrap();
        assert_eq!(number.parse::<f64>().unwrap().to_bits(), value.to_bits(), "{line}");
    }
    assert_eq!(text.lines().count(), values.len());
}

#[test]
fn what_is_no_number_is_null_in_json() {
    let text = written("v.jsonl", |output| {
        let mut writer = ValuesWriter::new(output, None, &names(&["x"]), Some(Extra::default())).unwrap();
        writer.write(&[f64::NAN, f64::INFINITY], Some(&[0, NO_LABEL]), &Measured::default()).unwrap();
        writer.finish().unwrap();
    });
    assert_eq!(
        String::from_utf8(text).unwrap(),
        "{\"x\":null,\"cluster\":0}\n{\"x\":null,\"cluster\":null}\n"
    );
}

#[test]
fn labels_alone_have_every_format_and_a_missing_one_keeps_its_row() {
    let write = |output| {
        let mut writer = LabelsWriter::new(output, None).unwrap();
        writer.write(&[1, NO_LABEL]).unwrap();
        writer.write(&[12]).unwrap();
        writer.finish().unwrap();
    };
    assert_eq!(written("l.csv", write), b"cluster\n1\n\"\"\n12\n");
    assert_eq!(written("l.tsv", write), b"cluster\n1\n\"\"\n12\n");
    let schema: SchemaRef = Arc::new(Schema::new(vec![Field::new("cluster", DataType::UInt32, true)]));
    for name in TYPED {
        let found = columns(name, written(name, write), &schema);
        let expected: ArrayRef = Arc::new(UInt32Array::from(vec![Some(1), None, Some(12)]));
        assert_eq!((found.schema().fields(), found.column(0)), (schema.fields(), &expected), "{name}");
    }
}

#[test]
fn measures_are_written_beside_every_kind_of_row() {
    let all = Measures { distance: true, second: true, margin: true, distances: false };
    let measured = Measured {
        distance: Some(vec![0.5, f64::NAN]),
        second: Some(vec![1, NO_LABEL]),
        margin: Some(vec![2.0, f64::NAN]),
        distances: None,
    };
    let pass = |input: &[u8], name: &str| {
        written(name, |output| {
            let mut reader = TableReader::open(bytes(input), Dialect::default(), &never()).unwrap();
            reader.select(&names(&["a"])).unwrap();
            let extra = Extra { measures: all, clusters: 2 };
            let mut writer = TableWriter::new(&reader, output, None, extra).unwrap();
            let batch = reader.next_batch().unwrap().unwrap();
            assert!(writer.write(&batch, &[0, NO_LABEL], &Measured::default()).is_err());
            writer.write(&batch, &[0, NO_LABEL], &measured).unwrap();
            writer.finish().unwrap();
        })
    };
    let column: ArrayRef = Arc::new(Float64Array::from(vec![7.0, 8.0]));
    let table = stream(&[RecordBatch::try_from_iter([("a", column)]).unwrap()]);
    for input in [&b"a\n7\n8\n"[..], &table] {
        let lines = "a,cluster,distance,second,margin\n7,0,0.5,1,2\n8,,,,\n";
        assert_eq!(String::from_utf8(pass(input, "o.csv")).unwrap(), lines);
        assert_eq!(String::from_utf8(pass(input, "o.tsv")).unwrap(), lines.replace(',', "\t"));
        for name in TYPED {
            let kinds =
                [("a", DataType::Float64), ("cluster", DataType::UInt32), ("distance", DataType::Float64)];
            let kinds =
                kinds.into_iter().chain([("second", DataType::UInt32), ("margin", DataType::Float64)]);
            let fields: Vec<Field> = kinds.map(|(name, kind)| Field::new(name, kind, true)).collect();
            let found = columns(name, pass(input, name), &Arc::new(Schema::new(fields)));
            assert_eq!(found.column(3).as_primitive::<UInt32Type>().value(0), 1, "{name}");
            assert_eq!(found.column(4).as_primitive::<Float64Type>().value(0), 2.0, "{name}");
            for column in &found.columns()[1..] {
                assert_eq!((column.null_count(), column.is_null(1)), (1, true), "{name}");
            }
        }
    }
}

#[test]
fn a_fit_measures_the_rows_that_it_reads_again() {
    let text = &b"id,a,b\np,1,5\nq,2,6\n"[..];
    let column = |values: [f64; 2]| Arc::new(Float64Array::from(values.to_vec())) as ArrayRef;
    let table =
        stream(
            &[RecordBatch::try_from_iter([("a", column([1.0, 2.0])), ("b", column([5.0, 6.0]))]).unwrap()],
        );
    for (input, begin) in [(text, "p,1,5"), (&table, "1,5")] {
        let selection = Selection { columns: Some(names(&["b"])), ..Selection::default() };
        let table = read_table(bytes(input), Dialect::default(), &selection, true, &never()).unwrap();
        let extra = Extra { measures: Measures { distance: true, ..Measures::default() }, clusters: 1 };
        let out = written("o.csv", |output| {
            let measure = |matrix: &kmeans_engine::Matrix, labels: &[u32]| -> Result<Measured, Error> {
                assert_eq!(labels, [3, 4]);
                Ok(Measured { distance: Some(matrix.widened().to_vec()), ..Measured::default() })
            };
            table
                .source
                .unwrap()
                .write_with_labels(output, None, Labelled { extra, ..labelled(&[3, 4]) }, measure, &never())
                .unwrap();
        });
        let lines = String::from_utf8(out).unwrap();
        assert_eq!(lines.lines().nth(1).unwrap(), format!("{begin},3,5"));
    }
}

#[test]
fn compressed_text_is_the_text() {
    let input = b"\xef\xbb\xbfid;\"a\" ;b\r\n\"x;\"\"y\";1.50;\xff\xfe\r\n";
    let plain = passed(bytes(input), &["a"], "o.csv", None).unwrap();
    for name in ["o.csv.gz", "o.CSV.ZST", "o.gz", "o.zst"] {
        let name = name.to_owned();
        let packed = passed(drip(input, 5), &["a"], &name, None).unwrap();
        assert_eq!(unpacked(&name.to_lowercase(), &packed), plain, "{name}");
    }
    for inner in ["o.tsv", "o.jsonl"] {
        let plain = passed(bytes(b"a,b\n1,x\n"), &["a"], inner, None).unwrap();
        let packed = passed(bytes(b"a,b\n1,x\n"), &["a"], &format!("{inner}.zst"), None).unwrap();
        assert_eq!(unpacked("zst", &packed), plain);
    }
}

#[test]
fn a_parquet_file_made_of_rows_does_not_depend_on_how_they_came() {
    let values: Vec<f64> = (0..150_000).map(f64::from).collect();
    let file = |step: usize| {
        written("v.parquet", |output| {
            let mut writer = ValuesWriter::new(output, None, &names(&["x"]), None).unwrap();
            values.chunks(step).for_each(|chunk| writer.write(chunk, None, &Measured::default()).unwrap());
            writer.finish().unwrap();
        })
    };
    let made = file(1000);
    assert!(made == file(149_999));
    assert_eq!(parquet(&made).column(0).as_primitive::<Float64Type>().values()[149_999], 149_999.0);
}

#[test]
fn tables_without_rows_are_tables() {
    for name in ["o.parquet", "o.arrow"] {
        let found = columns(
            name,
            passed(bytes(b"id,a\n"), &["a"], name, None).unwrap(),
            &SchemaRef::new(Schema::empty()),
        );
        assert_eq!((found.num_rows(), found.num_columns()), (0, 3));
    }
    assert_eq!(passed(bytes(b"id,a\n"), &["a"], "o.jsonl", None).unwrap(), b"");
    assert_eq!(
        unpacked("gz", &passed(bytes(b"id,a\n"), &["a"], "o.csv.gz", None).unwrap()),
        b"id,a,cluster\n"
    );
}

fn nested() -> RecordBatch {
    let list = ListArray::from_iter_primitive::<Float64Type, _, _>([Some(vec![Some(1.0), None]), None]);
    let inner = Arc::new(Field::new("f", DataType::Float32, false));
    let record = StructArray::from(vec![(inner, Arc::new(Float32Array::from(vec![0.1, 0.2])) as ArrayRef)]);
    let times = TimestampMillisecondArray::from(vec![Some(0), None]).with_timezone("Europe/Berlin");
    RecordBatch::try_from_iter([
        ("a", Arc::new(Float64Array::from(vec![1.0, 2.0])) as ArrayRef),
        ("list", Arc::new(list)),
        ("record", Arc::new(record)),
        ("time", Arc::new(times)),
    ])
    .unwrap()
}

#[test]
fn nested_columns_pass_into_parquet_and_json() {
    let input = stream(&[nested()]);
    let back = parquet(&passed(bytes(&input), &["a"], "o.parquet", None).unwrap());
    assert_eq!(back.columns()[..4], nested().columns()[..4]);
    let text = passed(bytes(&input), &["a"], "o.jsonl", None).unwrap();
    let first = "{\"a\":1.0,\"list\":[1.0,null],\"record\":{\"f\":0.1},\"time\":\"1970-01-01T01:00:00+01:00\",\"cluster\":0}";
    assert_eq!(String::from_utf8(text).unwrap().lines().next().unwrap(), first);
}

fn refusal(input: &[u8], format: Format) -> Result<(), (String, bool)> {
    let told = |outcome: Result<(), Error>| {
        outcome.map_err(|error| {
            assert_eq!(error.kind(), Kind::Data);
            (error.to_string(), error.hint().is_some())
        })
    };
    let reader = TableReader::open(bytes(input), Dialect::default(), &never()).unwrap();
    let selection = Selection { columns: Some(names(&["a"])), ..Selection::default() };
    let kept =
        read_table(bytes(input), Dialect::default(), &selection, true, &never()).unwrap().source.unwrap();
    let early = told(kept.can_become(Some(format)));
    assert_eq!(early, told(reader.can_become(Some(format))));
    early
}

#[test]
fn what_a_format_cannot_hold_is_found_before_the_work() {
    let values = Float64Array::from(vec![1.0, 2.0]);
    let map = MapArray::new_from_strings(["k", "k"].into_iter(), &values, &[0, 1, 2]).unwrap();
    let span: ArrayRef = Arc::new(DurationSecondArray::from(vec![1, 2]));
    let a: ArrayRef = Arc::new(Float64Array::from(vec![1.0, 2.0]));
    let good = [("map", Arc::new(map) as ArrayRef), ("span", span), ("a", a.clone())];
    let good = stream(&[RecordBatch::try_from_iter(good).unwrap()]);
    for format in [Format::Csv, Format::Arrow, Format::Parquet, Format::Jsonl] {
        assert_eq!(refusal(&good, format), Ok(()), "{}", format.name());
    }
    let kind = DataType::Interval(arrow_schema::IntervalUnit::MonthDayNano);
    let bad = [("when", arrow_array::new_null_array(&kind, 2)), ("a", a)];
    let bad = stream(&[RecordBatch::try_from_iter(bad).unwrap()]);
    let message = "x cannot be written as Parquet: column \"when\" is interval(monthdaynano)".to_owned();
    assert_eq!(refusal(&bad, Format::Parquet), Err((message, true)));
}

#[test]
fn two_columns_of_one_name_are_no_json() {
    let message = "x has several columns named \"b\", and a JSON object holds one".to_owned();
    assert_eq!(refusal(b"a,b,b\n1,2,3\n", Format::Jsonl), Err((message, true)));
    assert_eq!(refusal(b"a,b,b\n1,2,3\n", Format::Csv), Ok(()));
    let error = passed(bytes(b"a,b,b\n1,2,3\n"), &["a"], "o.jsonl", None).unwrap_err();
    assert_eq!(error.kind(), Kind::Data);
}

#[test]
fn text_that_is_not_utf8_becomes_neither_parquet_nor_json() {
    for (name, title) in [("o.parquet", "Parquet"), ("o.jsonl", "JSON")] {
        let error = passed(bytes(b"id,a\nx,1\n\xff,1\n"), &["a"], name, None).unwrap_err();
        let message = format!("x: row 2, column 1: the text is not UTF-8, and {title} holds no other");
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn a_time_that_json_cannot_hold_is_named_and_not_written_as_an_error() {
    let times = TimestampMillisecondArray::from(
        (0..3000).map(|row| if row == 2500 { i64::MAX } else { row }).collect::<Vec<i64>>(),
    );
    let a: ArrayRef = Arc::new(Float64Array::from(vec![1.0; 3000]));
    let input =
        stream(&[RecordBatch::try_from_iter([("time", Arc::new(times) as ArrayRef), ("a", a)]).unwrap()]);
    let error = passed(bytes(&input), &["a"], "o.jsonl", None).unwrap_err().to_string();
    assert!(
        error.ends_with("o.jsonl: row 2501, column \"time\": the value cannot be written as JSON"),
        "{error}"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_whatever_the_format() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    for name in ["o.csv.gz", "o.tsv.zst", "o.jsonl", "o.parquet", "o.arrow"] {
        let path = folder.path().join(name);
        symlink("/dev/full", &path).unwrap();
        let write = || {
            let output = Output::open(&path, &[], &never())?;
            let mut writer = ValuesWriter::new(output, None, &names(&["x"]), None)?;
            for _ in 0..40 {
                writer.write(&vec![0.1; 10_000], None, &Measured::default())?;
            }
            writer.finish()
        };
        let error: Error = write().unwrap_err();
        assert!(error.to_string().ends_with("no space left on device"), "{name}: {error}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_reader_that_goes_away_is_a_closed_pipe_whatever_the_format() {
    use std::os::fd::AsRawFd;
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    for name in ["o.csv.gz", "o.tsv.zst", "o.jsonl", "o.parquet", "o.arrow"] {
        let (read, write) = std::io::pipe().unwrap();
        drop(read);
        let path = folder.path().join(name);
        symlink(format!("/dev/fd/{}", write.as_raw_fd()), &path).unwrap();
        let write = || {
            let output = Output::open(&path, &[], &never())?;
            let mut writer = LabelsWriter::new(output, None)?;
            writer.write(&vec![1; 500_000])?;
            writer.finish()
        };
        assert_eq!(write().unwrap_err().kind(), Kind::ClosedPipe, "{name}");
    }
}

#[test]
fn an_unfinished_output_leaves_the_old_file_whatever_the_format() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["o.csv.gz", "o.tsv.zst", "o.jsonl", "o.parquet"] {
        let path = folder.path().join(name);
        std::fs::write(&path, "old").unwrap();
        let output = Output::open(&path, &[], &never()).unwrap();
        let mut writer = LabelsWriter::new(output, None).unwrap();
        writer.write(&vec![1; 500_000]).unwrap();
        drop(writer);
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 4);
}

//! Arrow files and streams.

use std::slice;
use std::sync::Arc;

use arrow_array::types::{Float64Type, Int32Type};
use arrow_array::*;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
use arrow_ipc::{CompressionType, reader::FileReader};
use half::f16;
use kmeans_engine::Values;
use kmeans_io::{Dialect, Input, Selection, read_table};

use crate::given::{bytes, drip, names, never, numbers, passed, read};

pub fn file(batches: &[RecordBatch]) -> Vec<u8> {
    let mut writer = FileWriter::try_new(Vec::new(), &batches[0].schema()).unwrap();
    batches.iter().for_each(|batch| writer.write(batch).unwrap());
    writer.into_inner().unwrap()
}

pub fn stream(batches: &[RecordBatch]) -> Vec<u8> {
    let mut writer = StreamWriter::try_new(Vec::new(), &batches[0].schema()).unwrap();
    batches.iter().for_each(|batch| writer.write(batch).unwrap());
    writer.into_inner().unwrap()
}

pub fn compressed(batch: &RecordBatch, codec: CompressionType) -> Vec<u8> {
    let options = IpcWriteOptions::default().try_with_compression(Some(codec)).unwrap();
    let mut writer = FileWriter::try_new_with_options(Vec::new(), &batch.schema(), options).unwrap();
    writer.write(batch).unwrap();
    writer.into_inner().unwrap()
}

pub fn mixed() -> RecordBatch {
    let dictionary: DictionaryArray<Int32Type> = ["u", "v", "u"].into_iter().collect();
    RecordBatch::try_from_iter([
        ("name", Arc::new(StringArray::from(vec![Some("p"), None, Some("q,\"r")])) as ArrayRef),
        ("a", Arc::new(Float64Array::from(vec![1.5, -0.0, 1e300]))),
        ("kind", Arc::new(dictionary)),
        ("b", Arc::new(Int64Array::from(vec![1, 2, 3]))),
        ("view", Arc::new(StringViewArray::from(vec!["a longer string than twelve", "b", "c"]))),
    ])
    .unwrap()
}

#[test]
fn every_kind_of_number_is_read() {
    let batch = RecordBatch::try_from_iter([
        ("i8", Arc::new(Int8Array::from(vec![-1])) as ArrayRef),
        ("i16", Arc::new(Int16Array::from(vec![-2]))),
        ("i32", Arc::new(Int32Array::from(vec![-3]))),
        ("i64", Arc::new(Int64Array::from(vec![i64::MAX]))),
        ("u8", Arc::new(UInt8Array::from(vec![5]))),
        ("u16", Arc::new(UInt16Array::from(vec![6]))),
        ("u32", Arc::new(UInt32Array::from(vec![u32::MAX]))),
        ("u64", Arc::new(UInt64Array::from(vec![u64::MAX]))),
        ("f16", Arc::new(Float16Array::from(vec![f16::from_f32(0.5)]))),
        ("f32", Arc::new(Float32Array::from(vec![0.1_f32]))),
        ("f64", Arc::new(Float64Array::from(vec![0.1]))),
    ])
    .unwrap();
    let expected = [
        -1.0,
        -2.0,
        -3.0,
        i64::MAX as f64,
        5.0,
        6.0,
        f64::from(u32::MAX),
        u64::MAX as f64,
        0.5,
        f64::from(0.1_f32),
        0.1,
    ];
    for input in [file(slice::from_ref(&batch)), stream(slice::from_ref(&batch))] {
        assert_eq!(numbers(&read(Input::Ipc(input.clone())).unwrap().matrix), expected);
        assert_eq!(numbers(&read(drip(&input, 7)).unwrap().matrix), expected);
    }
}

#[test]
fn narrow_columns_stay_f32_and_one_wide_one_makes_all_f64() {
    let narrow = RecordBatch::try_from_iter([
        ("a", Arc::new(Float32Array::from(vec![0.1, 0.2])) as ArrayRef),
        ("b", Arc::new(Int16Array::from(vec![i16::MAX, i16::MIN]))),
        ("c", Arc::new(Int32Array::from(vec![1, 2]))),
    ])
    .unwrap();
    let input = || Input::Ipc(stream(slice::from_ref(&narrow)));
    let selection = Selection { exclude: names(&["c"]), ..Selection::default() };
    let table = read_table(input(), Dialect::default(), &selection, false, &never()).unwrap();
    assert_eq!(table.matrix.values(), &Values::F32(vec![0.1, 32767.0, 0.2, -32768.0]));
    assert!(matches!(read(input()).unwrap().matrix.values(), Values::F64(_)));
}

#[test]
fn other_types_are_skipped_with_their_name() {
    let table = read(Input::Ipc(file(&[mixed()]))).unwrap();
    assert_eq!(table.names, ["a", "b"]);
    let reasons: Vec<&str> = table.skipped.iter().map(|each| each.reason.as_str()).collect();
    assert_eq!(
        reasons,
        ["not a number (utf8)", "not a number (a dictionary of utf8)", "not a number (utf8)"]
    );
    let selection = Selection { columns: Some(names(&["kind"])), ..Selection::default() };
    let error = read_table(Input::Ipc(file(&[mixed()])), Dialect::default(), &selection, false, &never())
        .unwrap_err();
    assert_eq!(
        (error.option(), error.to_string().as_str()),
        (Some("columns"), "names \"kind\", which is not a number in the Arrow data (a dictionary of utf8)")
    );
}

#[test]
fn slices_several_batches_and_empty_ones_are_read() {
    let column: ArrayRef =
        Arc::new((0..10_000).map(|row| (row != 7).then_some(f64::from(row))).collect::<Float64Array>());
    let batch = RecordBatch::try_from_iter([("a", column)]).unwrap();
    let parts = [batch.slice(9, 4991), batch.slice(0, 0), batch.slice(5000, 5000), batch.slice(3, 2)];
    for input in [file(&parts), stream(&parts)] {
        let expected: Vec<f64> = (9..10_000).chain(3..5).map(f64::from).collect();
        assert_eq!(numbers(&read(Input::Ipc(input)).unwrap().matrix), expected);
    }
}

#[test]
fn nulls_and_values_that_are_not_finite_are_refused_at_the_first_row() {
    let refusal = |a: Vec<Option<f64>>, b: Vec<Option<f64>>| {
        let batch = RecordBatch::try_from_iter([
            ("a", Arc::new(Float64Array::from(a)) as ArrayRef),
            ("b", Arc::new(Float64Array::from(b))),
        ]);
        read(Input::Ipc(file(&[batch.unwrap()]))).unwrap_err().to_string()
    };
    let rest = "k-means needs a finite number in every cell";
    assert_eq!(
        refusal(vec![Some(1.0), Some(1.0), None], vec![Some(1.0), None, None]),
        format!(
            "the Arrow data: row 2, column \"b\": the cell is null, and {rest}; 3 cells in 2 rows are missing"
        )
    );
    assert_eq!(
        refusal(vec![Some(f64::NAN)], vec![None]),
        format!(
            "the Arrow data: row 1, column \"a\": \"NaN\" is a missing value, and {rest}; 2 cells of this row are missing"
        )
    );
    assert_eq!(
        refusal(vec![Some(f64::NEG_INFINITY)], vec![Some(0.0)]),
        "the Arrow data: row 1, column \"a\": \"-inf\" must be finite"
    );
}

#[test]
fn an_empty_table_is_refused() {
    let error = read(Input::Ipc(file(&[mixed().slice(0, 0)]))).unwrap_err();
    assert_eq!(error.to_string(), "the Arrow data holds no row");
}

#[test]
fn compressed_buffers_are_read() {
    let column: ArrayRef = Arc::new(Int32Array::from_iter_values((0..5000).map(|row| row % 7)));
    let batch = RecordBatch::try_from_iter([("a", column)]).unwrap();
    for codec in [CompressionType::LZ4_FRAME, CompressionType::ZSTD] {
        let table = read(Input::Ipc(compressed(&batch, codec))).unwrap();
        assert_eq!((table.matrix.rows(), numbers(&table.matrix)[6]), (5000, 6.0));
    }
}

#[test]
fn decimals_and_dictionaries_of_numbers_are_numbers_and_truths_and_times_are_when_they_are_named() {
    let keys = Int8Array::from(vec![Some(1), None, Some(0)]);
    let dictionary = DictionaryArray::new(keys, Arc::new(Float64Array::from(vec![0.5, 1.5])));
    let decimal = Decimal128Array::from(vec![15, 1, -200]).with_precision_and_scale(10, 2).unwrap();
    let batch = RecordBatch::try_from_iter([
        ("dictionary", Arc::new(dictionary) as ArrayRef),
        ("decimal", Arc::new(decimal)),
        ("truth", Arc::new(BooleanArray::from(vec![true, false, true]))),
        ("date", Arc::new(Date32Array::from(vec![0, 1, 19_723]))),
        ("time", Arc::new(TimestampMillisecondArray::from(vec![1500, 0, -1]))),
    ])
    .unwrap();
    let input = || Input::Ipc(stream(slice::from_ref(&batch)));
    let selection = Selection { exclude: names(&["dictionary"]), ..Selection::default() };
    let table = read_table(input(), Dialect::default(), &selection, false, &never()).unwrap();
    assert_eq!(
        (&table.names[..], numbers(&table.matrix)),
        (&names(&["decimal"])[..], vec![0.15, 0.01, -2.0])
    );
    let reasons: Vec<&str> = table.skipped.iter().map(|each| each.reason.as_str()).collect();
    assert_eq!(reasons[1], "true or false; name it in --columns to use it");
    assert_eq!(reasons[3], "a timestamp; name it in --columns to use it as seconds since 1970");
    let columns = Some(names(&["time", "truth", "date"]));
    let selection = Selection { columns, ..Selection::default() };
    let table = read_table(input(), Dialect::default(), &selection, false, &never()).unwrap();
    assert_eq!(numbers(&table.matrix), [1.5, 1.0, 0.0, 0.0, 0.0, 1.0, -0.001, 1.0, 19_723.0]);
    let error = read(input()).unwrap_err().to_string();
    assert!(error.contains("row 2, column \"dictionary\": the cell is null"), "{error}");
}

#[test]
fn vectors_may_lie_beside_other_columns_have_holes_and_be_a_part_of_longer_ones() {
    let list = |rows: [Option<[Option<f64>; 2]>; 4]| {
        let rows = rows.into_iter().map(|row| row.map(Vec::from));
        FixedSizeListArray::from_iter_primitive::<Float64Type, _, _>(rows, 2)
    };
    let vectors =
        list([Some([Some(1.0), Some(2.0)]), Some([Some(3.0), None]), None, Some([Some(5.0), Some(6.0)])]);
    let batch = RecordBatch::try_from_iter([
        ("a", Arc::new(Int8Array::from(vec![7, 8, 9, 10])) as ArrayRef),
        ("emb", Arc::new(vectors)),
    ])
    .unwrap();
    let selected = |batch: &RecordBatch, columns: &[&str], keep_missing| {
        let selection = Selection { columns: Some(names(columns)), keep_missing, ..Selection::default() };
        let input = Input::Ipc(stream(slice::from_ref(batch)));
        read_table(input, Dialect::default(), &selection, false, &never())
    };
    let table = selected(&batch.slice(3, 1), &["emb", "a"], false).unwrap();
    assert_eq!(
        (&table.names[..], numbers(&table.matrix)),
        (&names(&["emb[0]", "emb[1]", "a"])[..], vec![5.0, 6.0, 10.0])
    );
    assert_eq!(numbers(&selected(&batch.slice(3, 1), &["emb"], false).unwrap().matrix), [5.0, 6.0]);
    assert_eq!(numbers(&selected(&batch, &["emb[0]"], true).unwrap().matrix)[..2], [1.0, 3.0]);
    let kept = numbers(&selected(&batch, &["emb"], true).unwrap().matrix);
    assert!(kept[3..6].iter().map(|number| number.is_nan()).eq([true, true, true]), "{kept:?}");
    let error = selected(&batch, &["emb"], false).unwrap_err().to_string();
    assert!(error.contains("row 2, column \"emb[1]\": the cell is null"), "{error}");
    assert!(error.ends_with("3 cells in 2 rows are missing"), "{error}");
}

#[test]
fn arrow_passes_through_as_arrow() {
    for (name, input) in [("o.arrow", stream(&[mixed()])), ("o.arrows", file(&[mixed()]))] {
        let out = passed(bytes(&input), &["b", "a"], name, Some(1)).unwrap();
        assert_eq!(out.starts_with(b"ARROW1"), name == "o.arrow");
        let again = passed(bytes(&out), &["b"], "o.arrow", None).unwrap();
        let mut reader = FileReader::try_new(std::io::Cursor::new(again), None).unwrap();
        let batch = reader.next().unwrap().unwrap();
        let fields: Vec<String> = batch.schema().fields().iter().map(|field| field.name().clone()).collect();
        assert_eq!(fields, ["name", "a", "kind", "b", "view", "cluster", "distance_0", "cluster_1"]);
        assert_eq!(batch.columns()[..5], mixed().columns()[..5]);
    }
}

#[test]
fn arrow_becomes_text() {
    let out = passed(bytes(&stream(&[mixed()])), &["a"], "o.csv", None).unwrap();
    let expected = "name,a,kind,b,view,cluster\np,1.5,u,1,a longer string than twelve,0\n,-0,v,2,b,1\n\
                    \"q,\"\"r\",1e+300,u,3,c,2\n";
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

#[test]
fn text_becomes_arrow() {
    let out = passed(drip(b"id,a\n007,1.5\n\" x\",2\n", 3), &["a"], "o.arrow", None).unwrap();
    let mut reader = FileReader::try_new(std::io::Cursor::new(out), None).unwrap();
    let batch = reader.next().unwrap().unwrap();
    let expected = RecordBatch::try_from_iter([
        ("id", Arc::new(StringArray::from(vec!["007", " x"])) as ArrayRef),
        ("a", Arc::new(Float64Array::from(vec![1.5, 2.0]))),
        ("cluster", Arc::new(UInt32Array::from(vec![0, 1]))),
    ]);
    assert_eq!(batch.columns(), expected.unwrap().columns());
}

#[test]
fn text_that_is_not_utf8_does_not_become_arrow() {
    let error = passed(bytes(b"id,a\n\xff,1\n"), &["a"], "o.arrow", None).unwrap_err();
    assert_eq!(error.to_string(), "x: row 1, column 1: the text is not UTF-8, and Arrow holds no other");
}

#[test]
fn weights_come_from_arrow_too() {
    let batch = RecordBatch::try_from_iter([
        ("w", Arc::new(UInt8Array::from(vec![0, 3])) as ArrayRef),
        ("a", Arc::new(Float32Array::from(vec![1.0, 2.0]))),
    ]);
    let selection = Selection { weight: Some("w".into()), ..Selection::default() };
    let input = Input::Ipc(file(&[batch.unwrap()]));
    let table = read_table(input, Dialect::default(), &selection, false, &never()).unwrap();
    assert_eq!((table.matrix.values(), table.weights), (&Values::F32(vec![1.0, 2.0]), Some(vec![0.0, 3.0])));
}

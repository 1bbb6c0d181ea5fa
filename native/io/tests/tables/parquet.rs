//! Parquet files.

use std::fs;
use std::slice;
use std::sync::Arc;

use arrow_array::types::Float32Type;
use arrow_array::*;
use kmeans_engine::Values;
use kmeans_io::{Dialect, Input, Output, Selection, read_table};
use parquet::arrow::ArrowWriter;
use parquet::basic::{BrotliLevel, Compression, GzipLevel, ZstdLevel};
use parquet::file::properties::WriterProperties;
use proptest::prelude::*;

use crate::arrow::mixed;
use crate::given::{bytes, drip, labelled, names, never, nothing, numbers, passed, read};

pub fn parquet(batches: &[RecordBatch], compression: Compression, group: usize) -> Vec<u8> {
    let properties = WriterProperties::builder()
        .set_compression(compression)
        .set_max_row_group_row_count(Some(group))
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batches[0].schema(), Some(properties)).unwrap();
    batches.iter().for_each(|batch| writer.write(batch).unwrap());
    writer.into_inner().unwrap()
}

fn rows(count: u32) -> RecordBatch {
    RecordBatch::try_from_iter([
        (
            "a",
            Arc::new(Float64Array::from_iter_values((0..count).map(|row| f64::from(row) / 3.0))) as ArrayRef,
        ),
        ("id", Arc::new(StringArray::from_iter_values((0..count).map(|row| format!("row {row}"))))),
        ("b", Arc::new(Int32Array::from_iter_values((0..count).map(|row| (row % 7) as i32)))),
    ])
    .unwrap()
}

#[test]
fn every_compression_is_read_in_the_order_of_the_rows() {
    let expected: Vec<f64> = (0..50_000).flat_map(|row| [f64::from(row) / 3.0, f64::from(row % 7)]).collect();
    for compression in [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::ZSTD(ZstdLevel::default()),
        Compression::LZ4_RAW,
        Compression::GZIP(GzipLevel::default()),
        Compression::BROTLI(BrotliLevel::default()),
    ] {
        let whole = parquet(&[rows(50_000)], compression, 7001);
        let table = read(bytes(&whole)).unwrap();
        assert_eq!(table.names, ["a", "b"]);
        assert!(numbers(&table.matrix) == expected, "{compression:?}");
        assert_eq!(table.skipped[0].reason, "not a number (utf8)");
    }
}

#[test]
fn a_file_a_pipe_and_memory_give_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parquet");
    let whole = parquet(&[rows(1000)], Compression::SNAPPY, 300);
    fs::write(&path, &whole).unwrap();
    let expected = read(bytes(&whole)).unwrap().matrix;
    for input in [Input::Path(path), drip(&whole, 99)] {
        assert_eq!(read(input).unwrap().matrix.values(), expected.values());
    }
}

#[test]
fn it_is_passed_on_and_written_with_labels() {
    let folder = tempfile::tempdir().unwrap();
    let (path, output) = (folder.path().join("x.parquet"), folder.path().join("o.csv"));
    let whole = parquet(&[mixed()], Compression::SNAPPY, 2);
    fs::write(&path, &whole).unwrap();
    for input in [Input::Path(path), bytes(&whole)] {
        let table = read_table(input, Dialect::default(), &Selection::default(), true, &never()).unwrap();
        let out = Output::open(&output, &[], &never()).unwrap();
        table.source.unwrap().write_with_labels(out, None, labelled(&[7, 8, 9]), nothing, &never()).unwrap();
        let text = fs::read_to_string(&output).unwrap();
        assert!(
            text.starts_with("name,a,kind,b,view,cluster\np,1.5,u,1,a longer string than twelve,7\n"),
            "{text}"
        );
    }
    let again = passed(bytes(&whole), &["b"], "o.csv", None).unwrap();
    assert!(String::from_utf8(again).unwrap().ends_with("\"q,\"\"r\",1e+300,u,3,c,2\n"));
}

#[test]
fn vectors_of_a_fixed_length_and_lists_of_equal_length_are_columns() {
    let fixed = |list: Vec<Option<Vec<Option<f32>>>>| {
        Arc::new(FixedSizeListArray::from_iter_primitive::<Float32Type, _, _>(list, 2)) as ArrayRef
    };
    let lists = |list: Vec<Option<Vec<Option<f32>>>>| {
        Arc::new(ListArray::from_iter_primitive::<Float32Type, _, _>(list)) as ArrayRef
    };
    let values = || vec![Some(vec![Some(0.1), Some(2.0)]), Some(vec![Some(3.0), Some(4.0)])];
    for column in [fixed(values()), lists(values())] {
        let batch = RecordBatch::try_from_iter([("emb", column)]).unwrap();
        for whole in
            [parquet(slice::from_ref(&batch), Compression::SNAPPY, 1), crate::arrow::stream(&[batch])]
        {
            let table = read(bytes(&whole)).unwrap();
            assert_eq!(table.names, ["emb[0]", "emb[1]"]);
            assert_eq!(table.matrix.values(), &Values::F32(vec![0.1, 2.0, 3.0, 4.0]));
        }
    }
}

#[test]
fn a_file_that_is_cut_short_anywhere_is_refused() {
    let whole = parquet(&[rows(50)], Compression::SNAPPY, 20);
    for end in 8..whole.len() {
        let error = read(bytes(&whole[..end])).unwrap_err().to_string();
        assert!(error.starts_with("x is damaged or cut short ("), "{end}: {error}");
    }
}

#[test]
fn a_schema_that_is_nested_deep_is_refused_before_it_is_entered() {
    let mut footer = vec![0x15, 2, 0x19, 0xfc, 0xa0, 0x8d, 0x06];
    for _ in 0..100_000 {
        footer.extend([0x35, 0, 0x18, 1, b'g', 0x15, 2, 0]);
    }
    let mut whole = b"PAR1".to_vec();
    whole.extend_from_slice(&footer);
    whole.extend_from_slice(&(footer.len() as u32).to_le_bytes());
    whole.extend_from_slice(b"PAR1");
    let error = read(bytes(&whole)).unwrap_err().to_string();
    assert_eq!(error, "x is damaged or cut short (its schema is nested too deep)");
}

#[test]
fn a_page_that_cannot_hold_what_it_claims_is_refused_before_room_is_made_for_it() {
    let text = "x is damaged or cut short (a page claims to hold more than it can)";
    for compression in [Compression::SNAPPY, Compression::LZ4, Compression::LZ4_RAW] {
        // No page is better packed than one of zeros, and those are read.
        let zeros: ArrayRef = Arc::new(Int64Array::from(vec![0; 1 << 20]));
        let properties =
            WriterProperties::builder().set_compression(compression).set_dictionary_enabled(false).build();
        let batch = RecordBatch::try_from_iter([("a", zeros)]).unwrap();
        let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        let mut whole = writer.into_inner().unwrap();
        assert_eq!(read(bytes(&whole)).unwrap().matrix.rows(), 1 << 20, "{compression:?}");
        // After the magic comes the first page's header: its type in two bytes, then the size in question, here as a GiB.
        let digits = whole[7..].iter().position(|&byte| byte < 0x80).unwrap() + 1;
        whole.splice(7..7 + digits, [0x80, 0x80, 0x80, 0x80, 0x08]);
        assert_eq!(read(bytes(&whole)).unwrap_err().to_string(), text, "{compression:?}");
    }
}

#[test]
fn a_dictionary_that_claims_more_words_than_bytes_is_refused() {
    let column: ArrayRef = Arc::new(Int64Array::from_iter_values((0..100).map(|row| row % 3)));
    let mut whole =
        parquet(&[RecordBatch::try_from_iter([("a", column)]).unwrap()], Compression::UNCOMPRESSED, 100);
    assert_eq!(read(bytes(&whole)).unwrap().matrix.rows(), 100);
    // A page of kind 2, 24 bytes and as many packed, and a structure that begins with its three words.
    assert_eq!(whole[4..13], [0x15, 4, 0x15, 48, 0x15, 48, 0x4c, 0x15, 6]);
    whole.splice(12..13, [0xfe, 0xff, 0xff, 0xff, 0x0f]);
    let text = "x is damaged or cut short (a page claims to hold more than it can)";
    assert_eq!(read(bytes(&whole)).unwrap_err().to_string(), text);
    // The library cuts numbers to 32 bits, of which this leaves the 24 bytes that there are.
    let mut cut = whole.clone();
    cut.splice(9..10, [0xb0, 0x80, 0x80, 0x80, 0x20]);
    assert_eq!(read(bytes(&cut)).unwrap_err().to_string(), text);
    // The library would believe the last of two claims.
    whole.splice(12..17, [6, 0x05, 2, 0xfe, 0xff, 0xff, 0xff, 0x0f]);
    let text = "x is damaged or cut short (a page's header is out of order)";
    assert_eq!(read(bytes(&whole)).unwrap_err().to_string(), text);
    // And read this as a number, whatever it says it is.
    whole[4] = 0x18;
    assert_eq!(read(bytes(&whole)).unwrap_err().to_string(), text);
}

#[test]
fn a_wide_table_and_one_row_are_read() {
    let columns = (0..3000).map(|column| {
        let array: ArrayRef = Arc::new(Float32Array::from(vec![column as f32]));
        (format!("c{column}"), array)
    });
    let whole = parquet(&[RecordBatch::try_from_iter(columns).unwrap()], Compression::UNCOMPRESSED, 10);
    let selection = Selection { columns: Some(names(&["c2999", "c5"])), ..Selection::default() };
    let table = read_table(bytes(&whole), Dialect::default(), &selection, false, &never()).unwrap();
    assert_eq!(table.matrix.values(), &Values::F32(vec![2999.0, 5.0]));
    assert_eq!(read(bytes(&whole)).unwrap().matrix.columns(), 3000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    #[test]
    fn flipped_bytes_are_answered_or_refused(places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let mut whole = parquet(&[rows(50)], Compression::SNAPPY, 20);
        for (place, value) in places {
            let place = place.index(whole.len());
            whole[place] = value;
        }
        let _ = read(bytes(&whole));
        let _ = passed(bytes(&whole), &["a"], "o.csv", None);
    }
}

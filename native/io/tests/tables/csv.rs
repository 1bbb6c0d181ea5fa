//! Texts that must be read, and to what.

use kmeans_engine::Values;
use kmeans_io::{Dialect, Format, Selection, Skipped, read_table};
use proptest::prelude::*;

use crate::given::{bytes, drip, names, never, numbers, read, text};

const TRICKY: &str = "\u{feff}a,\"b \"\"q\"\"\",\"text,\nwith\r\n\"\"all\"\"\"\r\n\r\n1,\"2\",\"x,\n\"\"y\"\"\"\r\n\r\n\r\n\
                      -3.5,4e0,é\r\n   \r\n5,6,\"\"";

#[test]
fn every_chunk_boundary_gives_the_same_table() {
    for most in (1..=64).chain([usize::MAX]) {
        let table = read(drip(TRICKY.as_bytes(), most)).unwrap();
        assert_eq!(table.names, ["a", "b \"q\""], "{most}");
        assert_eq!(numbers(&table.matrix), [1.0, 2.0, -3.5, 4.0, 5.0, 6.0], "{most}");
        let reason = "not a number (row 1: \"x,\\n\"y\"\")".to_owned();
        assert_eq!(table.skipped, [Skipped { name: "text,\nwith\r\n\"all\"".into(), reason }], "{most}");
    }
}

#[test]
fn every_chunk_boundary_gives_the_same_error() {
    let broken = format!("{TRICKY}\r\n7,8,9,10");
    for most in (1..=64).chain([usize::MAX]) {
        let error = read(drip(broken.as_bytes(), most)).unwrap_err();
        assert_eq!(error.to_string(), "x: line 12 has 4 fields, and line 1 has 3", "{most}");
    }
}

#[test]
fn every_chunk_boundary_tells_names_from_comments() {
    for (text, expected) in [
        ("#a,b\n1,2\n3,4\n", ["#a", "b"]),
        ("#\na,b\n1,2\n", ["a", "b"]),
        ("# made,by\na,b\n1,2\n", ["a", "b"]),
        ("#a,b\n#c\na,b\n1,2\n", ["a", "b"]),
    ] {
        for most in (1..=16).chain([usize::MAX]) {
            assert_eq!(read(drip(text.as_bytes(), most)).unwrap().names, expected, "{text:?} by {most}");
        }
    }
}

#[test]
fn every_line_end_is_read() {
    for end in ["\n", "\r\n", "\r"] {
        for last in ["", end] {
            let table = text(&format!("a,b{end}1,2{end}{end}3,4{last}")).unwrap();
            assert_eq!(numbers(&table.matrix), [1.0, 2.0, 3.0, 4.0], "{end:?}");
        }
    }
}

#[test]
fn a_header_of_numbers_is_data_unless_told() {
    let table = text("1,2\n3,4\n").unwrap();
    assert_eq!((table.names.as_slice(), table.matrix.rows()), (names(&["x1", "x2"]).as_slice(), 2));
    assert!(table.notes[0].contains("x1 to x2"));
    let dialect = Dialect { header: Some(true), ..Dialect::default() };
    let table = read_table(bytes(b"1,2\n3,4\n"), dialect, &Selection::default(), false, &never()).unwrap();
    assert_eq!((table.names.as_slice(), table.matrix.rows()), (names(&["1", "2"]).as_slice(), 1));
    assert!(table.notes.is_empty());
}

#[test]
fn each_delimiter_is_found_and_a_told_one_wins() {
    for delimiter in [",", ";", "\t", "|", " "] {
        let table = text(&format!("a{delimiter}b\n1{delimiter}2\n")).unwrap();
        assert_eq!(table.names, ["a", "b"], "{delimiter:?}");
    }
    let dialect = Dialect { delimiter: Some(b':'), ..Dialect::default() };
    let table = read_table(bytes(b"a,b:c\n1:2\n"), dialect, &Selection::default(), false, &never()).unwrap();
    assert_eq!(table.names, ["a,b", "c"]);
    let dialect = Dialect { format: Some(Format::Tsv), ..Dialect::default() };
    let table =
        read_table(bytes(b"a b,c\td\n1\t2\n"), dialect, &Selection::default(), false, &never()).unwrap();
    assert_eq!(table.names, ["a b,c", "d"]);
}

#[test]
fn a_trailing_delimiter_on_every_line_is_no_column() {
    let table = text("a,b,\n1,2,\n3,4,\n").unwrap();
    assert_eq!((table.names.as_slice(), table.skipped.len()), (names(&["a", "b"]).as_slice(), 0));
}

#[test]
fn a_column_is_judged_by_its_first_value() {
    let table = text("a,none,word,\n1,,x,0\n2,NA,3,1\n").unwrap();
    assert_eq!(table.names, ["a"]);
    let reasons: Vec<&str> = table.skipped.iter().map(|each| each.reason.as_str()).collect();
    assert_eq!(reasons, ["empty", "not a number (row 1: \"x\")", "it has no name"]);
}

#[test]
fn a_column_that_is_empty_as_far_as_is_looked_is_skipped_and_the_rest_is_read_once_more() {
    let late = |row| if row < 1500 { "" } else { "1" };
    let filler = "x".repeat(16 << 10);
    let lines = joined((0..2000).map(|row| format!("{row},{},{filler}\n", late(row))));
    let table = read(bytes(format!("a,late,text\n{lines}").as_bytes())).unwrap();
    assert_eq!(table.matrix.rows(), 2000);
    assert_eq!(table.skipped[0].reason, "empty in the first 16 MiB");
    assert!(numbers(&table.matrix).iter().enumerate().all(|(row, &value)| value == row as f64));
}

#[test]
fn weights_are_read_beside_the_features() {
    let selection = Selection { weight: Some("w".into()), ..Selection::default() };
    let table =
        read_table(bytes(b"w,a\n0,1\n2.5,2\n"), Dialect::default(), &selection, false, &never()).unwrap();
    assert_eq!((table.names[0].as_str(), table.weights.unwrap()), ("a", vec![0.0, 2.5]));
    for (bad, message) in [
        ("w,a\n1,1\n-1,2\n", "x: row 2 (line 3), column \"w\": \"-1\" must be 0 or more, as every weight"),
        ("w,a\n0,1\n0,2\n", "x: every weight in column \"w\" is 0"),
        (
            "w,a\n1,1\n,2\n",
            "x: row 2 (line 3), column \"w\": the cell is empty, and k-means needs a finite number in every cell",
        ),
    ] {
        let error =
            read_table(bytes(bad.as_bytes()), Dialect::default(), &selection, false, &never()).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn a_wide_table_is_read() {
    let header: Vec<String> = (0..20_000).map(|column| format!("c{column}")).collect();
    let row: Vec<String> = (0..20_000).map(|column| column.to_string()).collect();
    let table = text(&format!("{}\n{}\n", header.join(","), row.join(","))).unwrap();
    assert_eq!((table.matrix.columns(), table.matrix.rows()), (20_000, 1));
}

#[test]
fn a_regular_file_is_read_without_doubling_its_memory() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let lines = joined((0..400_000).map(|row| format!("{row},{}\n", row * 7)));
    std::fs::write(file.path(), format!("a,b\n{lines}")).unwrap();
    let table = read(kmeans_io::Input::Path(file.path().into())).unwrap();
    let Values::F64(values) = table.matrix.values() else { panic!("text is f64") };
    assert_eq!(values.len(), 800_000);
    assert!(values.capacity() < values.len() * 3 / 2, "{}", values.capacity());
}

fn joined(lines: impl Iterator<Item = String>) -> String {
    lines.collect::<Vec<_>>().concat()
}

fn any_float() -> impl Strategy<Value = f64> {
    any::<u64>().prop_map(f64::from_bits).prop_filter("finite", |value| value.is_finite())
}

proptest! {
    #[test]
    fn printed_floats_come_back_bit_for_bit(values in prop::collection::vec(any_float(), 1..200), most in 1_usize..64) {
        let lines = joined(values.iter().map(|value| format!("{value:.16e},{value}\n")));
        let table = read(drip(format!("a,b\n{lines}").as_bytes(), most)).unwrap();
        let back: Vec<u64> = numbers(&table.matrix).iter().map(|value| value.to_bits()).collect();
        let expected: Vec<u64> = values.iter().flat_map(|value| [value.to_bits(); 2]).collect();
        prop_assert_eq!(back, expected);
    }

    #[test]
    fn any_fields_survive_quoting(rows in prop::collection::vec(prop::collection::vec("[a\",;\r\n \u{e9}]{0,6}", 3), 1..20), most in 1_usize..64) {
        let quoted = |row: &Vec<String>| row.iter().map(|field| format!("\"{}\"", field.replace('"', "\"\""))).collect::<Vec<_>>().join(",");
        let lines = joined(rows.iter().map(|row| format!("1,{}\n", quoted(row))));
        let out = crate::given::passed(drip(format!("n,a,b,c\n{lines}").as_bytes(), most), &["n"], "x.csv", None).unwrap();
        let expected = joined(rows.iter().enumerate().map(|(row, fields)| format!("1,{},{}\n", quoted(fields), row % 3)));
        prop_assert_eq!(String::from_utf8(out).unwrap(), format!("n,a,b,c,cluster\n{expected}"));
    }
}

#[test]
fn byte_order_marks_count_only_at_the_start_however_the_text_comes() {
    for most in [1, 2, usize::MAX] {
        let table = read(drip("\u{feff}\u{feff}a,b\n1,2\n".as_bytes(), most)).unwrap();
        assert_eq!(table.names, ["a", "b"], "{most}");
        let table = read(drip("a,b\n\u{feff}1,2\n3,4\n".as_bytes(), most)).unwrap();
        assert_eq!((table.names, numbers(&table.matrix)), (names(&["b"]), vec![2.0, 4.0]), "{most}");
    }
}

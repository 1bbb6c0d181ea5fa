//! JSON lines, and other objects in a row.

use std::fs;

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_ipc::reader::FileReader;
use kmeans_io::{Dialect, Format, Input, Output, Selection, TableReader, read_table};
use proptest::prelude::*;

use crate::given::{bytes, drip, labelled, names, never, nothing, numbers, pass, passed, read};

const LINES: &str =
    "{\"a\": 1, \"name\": \"x,\\\"y\", \"b\": 2.5}\n\n{\"b\": -1e2, \"a\": 7, \"more\": {\"z\": [1]}}\r\n";

fn refusal(text: &str) -> String {
    read(bytes(text.as_bytes())).unwrap_err().to_string()
}

#[test]
fn keys_are_columns_in_the_order_in_which_they_appear() {
    for input in [bytes(LINES.as_bytes()), drip(LINES.as_bytes(), 1), drip(LINES.as_bytes(), 13)] {
        let table = read(input).unwrap();
        assert_eq!(table.names, ["a", "b"]);
        assert_eq!(numbers(&table.matrix), [1.0, 2.5, 7.0, -100.0]);
        let skipped: Vec<String> =
            table.skipped.iter().map(|each| format!("{}: {}", each.name, each.reason)).collect();
        assert_eq!(skipped, ["name: not a number (row 1: \"x,\"y\")", "more: not a number (an object)"]);
    }
}

#[test]
fn arrays_and_objects_over_several_lines_are_read_too() {
    for text in [
        "[{\"a\":1},{\"a\":2}]",
        " [ { \"a\": 1 } ,\n {\"a\":2}\n]\n",
        "{\n \"a\": 1\n}\n{\n \"a\": 2\n}\n",
        "{\"a\":1, \"t\": \"}{\\\"\"\n}{\"a\":2}",
        "\u{feff}{\"a\":1}\n{\"a\":2}",
    ] {
        for most in [1, 5, usize::MAX] {
            let table = read(drip(text.as_bytes(), most)).unwrap();
            assert_eq!(numbers(&table.matrix), [1.0, 2.0], "{text}");
        }
    }
}

#[test]
fn vectors_are_columns_and_one_of_another_length_is_told_with_its_line() {
    let table = read(bytes(b"{\"e\":[1,2],\"a\":3}\n{\"a\":6,\"e\":[4,5]}\n")).unwrap();
    assert_eq!(table.names, ["e[0]", "e[1]", "a"]);
    assert_eq!(numbers(&table.matrix), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    assert_eq!(
        refusal("{\"e\":[1,2]}\n{\"e\":[1]}\n"),
        "x: row 2 (line 2), column \"e\": a list of 1 number, and the first has 2"
    );
}

#[test]
fn a_truth_is_used_when_it_is_named() {
    let text = b"{\"t\":true,\"a\":1}\n{\"t\":false,\"a\":2}\n";
    let table = read(bytes(text)).unwrap();
    assert_eq!(table.skipped[0].reason, "true or false; name it in --columns to use it");
    let selection = Selection { columns: Some(names(&["t"])), ..Selection::default() };
    let table = read_table(bytes(text), Dialect::default(), &selection, false, &never()).unwrap();
    assert_eq!(numbers(&table.matrix), [1.0, 0.0]);
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    assert!(
        refusal("{\"a\":1}\n{\"a\":}\n")
            .starts_with("x: line 2, character 6: this is no JSON object (expected value")
    );
    assert!(
        refusal("{\"a\":1}\nnull\n").starts_with("x: line 2, character "),
        "{}",
        refusal("{\"a\":1}\nnull\n")
    );
    assert!(refusal("{\"a\":1}\n{\"a\":1e999}\n").contains("line 2, character "));
    assert!(
        refusal("{\"a\":1}\n{\"a\":\"b\"}\n").contains("row 2 (line 2), column \"a\": \"b\" is not a number")
    );
    assert!(refusal("{\"a\":1}\n{}\n").contains("row 2 (line 2), column \"a\": the cell is null"));
    assert_eq!(refusal("[{\"a\":1},\n{\"a\":2}"), "x: line 2: the array has no end");
    assert_eq!(refusal("[{\"a\":1}]\n7"), "x: line 2: the array is over, and something follows it");
    assert_eq!(refusal("{\n\"a\":1"), "x: line 1: the object has no end");
    assert!(refusal("{\"a\":\"text\"}").contains("no column of numbers"));
    assert!(refusal("{}\n{}").contains("holds no row with a value"));
}

#[test]
fn objects_keep_their_bytes_on_the_way_through() {
    let dialect = Dialect::default();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.jsonl");
    fs::write(&path, LINES).unwrap();
    let table = read_table(Input::Path(path), dialect, &Selection::default(), true, &never()).unwrap();
    let kept = table.source.unwrap();
    assert_eq!(kept.dialect().format, Some(Format::Jsonl));
    let output = folder.path().join("o");
    kept.write_with_labels(
        Output::open(&output, &[], &never()).unwrap(),
        None,
        labelled(&[1, 0]),
        nothing,
        &never(),
    )
    .unwrap();
    assert_eq!(
        fs::read_to_string(&output).unwrap(),
        "{\"a\": 1, \"name\": \"x,\\\"y\", \"b\": 2.5,\"cluster\":1}\n{\"b\": -1e2, \"a\": 7, \"more\": {\"z\": [1]},\"cluster\":0}\n"
    );
    pass(bytes(LINES.as_bytes()), &["a"], &output, Some(2)).unwrap();
    assert!(
        fs::read_to_string(&output)
            .unwrap()
            .contains("\"b\": 2.5,\"cluster\":0,\"distance_0\":0,\"distance_1\":0.5}\n")
    );
}

#[test]
fn objects_become_text_and_arrow_without_losing_a_digit() {
    let text = passed(bytes(LINES.as_bytes()), &["a"], "o.csv", None).unwrap();
    assert_eq!(
        String::from_utf8(text).unwrap(),
        "a,name,b,more,cluster\n1,\"x,\"\"y\",2.5,,0\n7,,-1e2,\"{\"\"z\"\": [1]}\",1\n"
    );
    let arrow = passed(bytes(b"{\"id\":9007199254740993,\"a\":1}\n"), &["a"], "o.arrow", None).unwrap();
    let batch = FileReader::try_new(std::io::Cursor::new(arrow), None).unwrap().next().unwrap().unwrap();
    assert_eq!(batch.column(0).as_string::<i32>().value(0), "9007199254740993");
    assert_eq!(batch.column(1).as_primitive::<Float64Type>().value(0), 1.0);
}

#[test]
fn a_key_may_stand_once_in_an_object() {
    let refused = refusal("{\"a\":1}\n{\"a\":2,\"a\":3}\n");
    assert!(
        refused.starts_with("x: line 2, character 10: this is no JSON object (two values for \"a\")"),
        "{refused}"
    );
}

#[test]
fn what_python_writes_for_missing_numbers_is_explained() {
    let error = read(bytes(b"{\"a\":1}\n{\"a\":NaN}\n")).unwrap_err();
    assert_eq!(error.hint().as_deref(), Some("JSON has no NaN and no Infinity; what is missing is null"));
}

#[test]
fn rows_for_a_model_are_handed_out_as_they_come() {
    let text = b"{\"a\":1,\"b\":\"x\"}\n{\"a\":null}\n{\"c\":1,\"a\":3}\n";
    let mut reader =
        TableReader::open_for(drip(text, 4), Dialect::default(), &names(&["a"]), &never()).unwrap();
    reader.select_prepared(&names(&["a"]), &[None], true).unwrap();
    let mut rows = Vec::new();
    while let Some(batch) = reader.next_batch().unwrap() {
        rows.push(batch.rows);
    }
    assert_eq!((rows, reader.notes()), (vec![1, 1, 1], &[][..]));
}

#[test]
fn a_column_without_a_value_among_the_first_rows_is_looked_for_further_on() {
    let rows = || (0..3000).map(|row| (row >= 2500).then_some(row));
    let lines: String = rows()
        .map(|a| a.map_or("{\"a\":null,\"b\":1}\n".into(), |a| format!("{{\"a\":{a},\"b\":1}}\n")))
        .collect();
    let text: String = rows().map(|a| a.map_or(",1\n".into(), |a| format!("{a},1\n"))).collect();
    for input in [bytes(lines.as_bytes()), bytes(format!("a,b\n{text}").as_bytes())] {
        let selection = Selection { keep_missing: true, ..Selection::default() };
        let table = read_table(input, Dialect::default(), &selection, false, &never()).unwrap();
        assert_eq!((table.names, table.matrix.rows()), (names(&["a", "b"]), 3000));
    }
}

#[test]
fn a_key_that_comes_late_is_noted() {
    let mut text = "{\"a\":1}\n".repeat(1500);
    text.push_str("{\"a\":1,\"b\":2}\n");
    let table = read(bytes(text.as_bytes())).unwrap();
    assert_eq!(table.matrix.columns(), 1);
    assert_eq!(
        table.notes,
        ["row 1501 has a key \"b\" that none of the first 1000 rows has, and it is no column"]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]
    #[test]
    fn any_text_is_answered_or_refused_however_it_is_cut(text in "[{}\\[\\]\",:a1 .\n\\\\-]{0,40}", most in 1_usize..9) {
        for text in [format!("{{\"a\":{text}"), format!("[{{\"a\":1}},{text}"), format!("{{\"a\":1}}\n{text}")] {
            let whole = read(bytes(text.as_bytes())).map(|table| (table.names, table.matrix)).map_err(|error| error.to_string());
            let parts = read(drip(text.as_bytes(), most)).map(|table| (table.names, table.matrix)).map_err(|error| error.to_string());
            prop_assert_eq!(whole, parts);
            let _ = passed(bytes(text.as_bytes()), &["a"], "o.csv", None);
        }
    }
}

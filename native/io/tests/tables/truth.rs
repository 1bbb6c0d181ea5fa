//! Known classes, read as codes beside the numbers.

use std::slice;
use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BooleanArray, DictionaryArray, Float64Array, Int64Array, RecordBatch, StringArray,
};
use kmeans_io::{Classes, Dialect, Error, Input, NO_CLASS, Selection, Table, read_table};

use crate::arrow::{file, stream};
use crate::given::{bytes, drip, names, never, numbers};

fn with_truth(input: Input, truth: &str) -> Result<Table, Error> {
    let selection = Selection { truth: Some(truth.into()), weight: Some("w".into()), ..Selection::default() };
    read_table(input, Dialect::default(), &selection, false, &never())
}

fn classes(column: &str, found: &[&str], codes: &[u32]) -> Classes {
    Classes { column: column.into(), names: names(found), codes: codes.into() }
}

#[test]
fn classes_are_codes_in_the_order_of_their_first_rows() {
    let text = b"w,kind,a\n1,\"b,c\",1\n2, b ,2\n1,NA,3\n1,b,4\n2,\"b,c\",5\n";
    for most in [1, 1000] {
        let table = with_truth(drip(text, most), "kind").unwrap();
        assert_eq!(table.truth.unwrap(), classes("kind", &["b,c", "b"], &[0, 1, NO_CLASS, 1, 0]));
        assert_eq!(
            (numbers(&table.matrix), table.weights),
            (vec![1.0, 2.0, 3.0, 4.0, 5.0], Some(vec![1.0, 2.0, 1.0, 1.0, 2.0]))
        );
        assert_eq!(table.skipped[1].reason, "the truth");
    }
}

#[test]
fn numbers_are_classes_by_their_text_and_not_clustered_on() {
    let table = with_truth(bytes(b"w,kind,a\n1,2,1\n1,2.0,2\n1,2,3\n"), "kind").unwrap();
    assert_eq!(table.truth.unwrap(), classes("kind", &["2", "2.0"], &[0, 1, 0]));
    assert_eq!(table.names, ["a"]);
}

#[test]
fn arrow_classes_read_as_text_would_show_them() {
    let kinds: DictionaryArray<Int32Type> = [Some("u"), None, Some("v"), Some("u")].into_iter().collect();
    let columns: [(&str, ArrayRef, &[&str], [u32; 4]); 5] = [
        (
            "text",
            Arc::new(StringArray::from(vec![Some("x"), Some("NA"), None, Some("y")])),
            &["x", "y"],
            [0, NO_CLASS, NO_CLASS, 1],
        ),
        ("kinds", Arc::new(kinds), &["u", "v"], [0, NO_CLASS, 1, 0]),
        ("whole", Arc::new(Int64Array::from(vec![7, 7, -1, 7])), &["7", "-1"], [0, 0, 1, 0]),
        (
            "float",
            Arc::new(Float64Array::from(vec![1.0, f64::NAN, 0.5, 1.0])),
            &["1", "0.5"],
            [0, NO_CLASS, 1, 0],
        ),
        (
            "flag",
            Arc::new(BooleanArray::from(vec![true, false, true, true])),
            &["true", "false"],
            [0, 1, 0, 0],
        ),
    ];
    for (name, array, found, codes) in columns {
        let batch = RecordBatch::try_from_iter([
            (name, array),
            ("a", Arc::new(Float64Array::from(vec![1.0, 2.0, 3.0, 4.0])) as ArrayRef),
            ("w", Arc::new(Float64Array::from(vec![1.0; 4]))),
        ])
        .unwrap();
        let halves = [batch.slice(0, 1), batch.slice(1, 3)];
        for input in [file(slice::from_ref(&batch)), stream(&halves)] {
            let table = with_truth(Input::Ipc(input), name).unwrap();
            assert_eq!(table.truth.unwrap(), classes(name, found, &codes));
            assert_eq!(
                (numbers(&table.matrix), table.weights),
                (vec![1.0, 2.0, 3.0, 4.0], Some(vec![1.0; 4]))
            );
        }
    }
}

#[test]
fn lists_may_be_classes_as_well() {
    let mut lists = ListBuilder::new(StringBuilder::new());
    lists.append_value([Some("p"), Some("q")]);
    lists.append_null();
    let lists = lists.finish();
    let batch = RecordBatch::try_from_iter([
        ("list", Arc::new(lists) as ArrayRef),
        ("a", Arc::new(Float64Array::from(vec![1.0, 2.0]))),
        ("w", Arc::new(Float64Array::from(vec![1.0, 1.0]))),
    ])
    .unwrap();
    let table = with_truth(Input::Ipc(file(&[batch])), "list").unwrap();
    assert_eq!(table.truth.unwrap(), classes("list", &["[p, q]"], &[0, NO_CLASS]));
}

#[test]
fn a_truth_without_any_class_is_refused() {
    let error = with_truth(bytes(b"w,kind,a\n1,,1\n1,NA,2\n"), "kind").unwrap_err();
    assert_eq!(error.to_string(), "x: column \"kind\" holds no class: every cell is missing");
}

#[test]
fn classes_are_read_from_json_by_what_is_written() {
    let text = "{\"w\":1,\"kind\":\"b\",\"a\":1}\n{\"w\":1,\"kind\":2.0,\"a\":2}\n{\"w\":1,\"a\":3}\n{\"w\":1,\"kind\":\"b\",\"a\":4}\n";
    for most in [3, 1000] {
        let table = with_truth(drip(text.as_bytes(), most), "kind").unwrap();
        assert_eq!(table.truth.unwrap(), classes("kind", &["b", "2.0"], &[0, 1, NO_CLASS, 0]));
        assert_eq!(numbers(&table.matrix), [1.0, 2.0, 3.0, 4.0]);
    }
}

#[test]
fn classes_are_found_by_name_in_each_of_several_files() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let paths = vec![
        put("a.csv", "w,kind,a\n1,x,1\n"),
        put("b.csv", "a,w,kind\n2,1,y\n"),
        put("c.jsonl", "{\"kind\":\"x\",\"w\":1,\"a\":3}\n"),
    ];
    let table = with_truth(Input::Paths(paths), "kind").unwrap();
    assert_eq!(table.truth.unwrap(), classes("kind", &["x", "y"], &[0, 1, 0]));
    assert_eq!(numbers(&table.matrix), [1.0, 2.0, 3.0]);
}

#[test]
fn classes_behind_vectors_keep_their_name() {
    let text = b"{\"v\":[1,2,3],\"kind\":\"x\",\"w\":1,\"more\":1}\n{\"v\":[4,5,6],\"kind\":\"y\",\"w\":1,\"more\":1}\n";
    let table = with_truth(bytes(text), "kind").unwrap();
    assert_eq!(table.truth.unwrap(), classes("kind", &["x", "y"], &[0, 1]));
}

//! Several inputs as one table.

use std::fs;
use std::path::{Path, PathBuf};
use std::slice;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float32Array, Float64Array, RecordBatch, StringArray};
use kmeans_engine::Values;
use kmeans_io::{Dialect, Error, Input, Output, Selection, Table, read_table};

use crate::arrow::file;
use crate::given::{self, never, nothing, numbers, pass};
use crate::packed::gzip;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

fn read(paths: Vec<PathBuf>, keep: bool) -> Result<Table, Error> {
    read_table(Input::Paths(paths), Dialect::default(), &Selection::default(), keep, &never())
}

/// The message without the folder.
fn told(error: &Error, folder: &Folder) -> String {
    error.to_string().replace(&format!("{}/", folder.0.path().display()), "")
}

fn batch(a: Vec<f64>, names: Vec<&str>) -> RecordBatch {
    RecordBatch::try_from_iter([
        ("name", Arc::new(StringArray::from(names)) as ArrayRef),
        ("a", Arc::new(Float64Array::from(a))),
    ])
    .unwrap()
}

fn labelled(table: Table, output: &Path, labels: &[u32]) -> String {
    let out = Output::open(output, &[], &never()).unwrap();
    table.source.unwrap().write_with_labels(out, None, given::labelled(labels), nothing, &never()).unwrap();
    fs::read_to_string(output).unwrap()
}

#[test]
fn files_of_any_format_follow_one_another_and_columns_are_found_by_name() {
    let folder = Folder::new();
    let files = vec![
        folder.put("a.csv", "name,a\nx,1\ny,2\n"),
        folder.put("b.tsv.gz", gzip(b"a\tname\n3\t\"p,q\"\n")),
        folder.put("c.arrow", file(&[batch(vec![4.5], vec!["z"])])),
        folder.put("d.jsonl", "{\"name\": \"w\", \"a\": 6}\n"),
    ];
    let table = read(files.clone(), true).unwrap();
    assert_eq!(
        (&table.names[..], numbers(&table.matrix)),
        (&["a".to_owned()][..], vec![1.0, 2.0, 3.0, 4.5, 6.0])
    );
    let expected = "name,a,cluster\nx,1,0\ny,2,1\n\"p,q\",3,2\nz,4.5,0\nw,6,1\n";
    assert_eq!(labelled(table, &folder.path("o.csv"), &[0, 1, 2, 0, 1]), expected);
    pass(Input::Paths(files), &["a"], &folder.path("p.csv"), None).unwrap();
    assert_eq!(fs::read_to_string(folder.path("p.csv")).unwrap(), expected);
}

#[test]
fn a_narrow_file_before_a_wide_one_makes_all_f64() {
    let folder = Folder::new();
    let narrow: ArrayRef = Arc::new(Float32Array::from(vec![0.1]));
    let narrow = RecordBatch::try_from_iter([("a", narrow)]).unwrap();
    let wide: ArrayRef = Arc::new(Float64Array::from(vec![0.2]));
    let wide = RecordBatch::try_from_iter([("a", wide)]).unwrap();
    let files = vec![
        folder.put("a.arrow", file(slice::from_ref(&narrow))),
        folder.put("b.arrow", file(slice::from_ref(&wide))),
    ];
    let table = read(files.clone(), false).unwrap();
    assert_eq!(table.matrix.values(), &Values::F64(vec![f64::from(0.1_f32), 0.2]));
    let table = read(files.into_iter().rev().collect(), false).unwrap();
    assert_eq!(table.matrix.values(), &Values::F64(vec![0.2, f64::from(0.1_f32)]));
}

#[test]
fn a_column_that_one_file_lacks_is_told_with_the_file() {
    let folder = Folder::new();
    let files = vec![folder.put("a.csv", "a,b\n1,2\n"), folder.put("b.csv", "a,c\n1,2\n")];
    assert_eq!(told(&read(files, false).unwrap_err(), &folder), "b.csv lacks the column \"b\"");
}

#[test]
fn rows_are_counted_in_each_file() {
    let folder = Folder::new();
    let files = vec![folder.put("a.csv", "a\n1\n2\n3\n"), folder.put("b.csv", "a\n1\nx\n")];
    assert_eq!(
        told(&read(files, false).unwrap_err(), &folder),
        "b.csv: row 2 (line 3), column \"a\": \"x\" is not a number"
    );
}

#[test]
fn columns_that_differ_are_told_before_the_work_where_an_output_needs_them() {
    let folder = Folder::new();
    let files = vec![folder.put("a.csv", "a,b\n1,x\n"), folder.put("b.csv", "a,b,c\n1,x,2\n")];
    assert!(read(files.clone(), false).is_ok());
    let message = "b.csv has a column \"c\", and a.csv has none of that name";
    assert_eq!(told(&read(files.clone(), true).unwrap_err(), &folder), message);
    let error = pass(Input::Paths(files), &["a"], &folder.path("o.csv"), None).unwrap_err();
    assert_eq!(told(&error, &folder), message);
    assert!(error.hint().unwrap().contains("-l writes the labels alone"));
    assert!(!folder.path("o.csv").exists());
}

#[test]
fn arrow_files_of_other_types_and_texts_after_arrow_do_not_make_one_output() {
    let folder = Folder::new();
    let other: ArrayRef = Arc::new(Float32Array::from(vec![1.0]));
    let name: ArrayRef = Arc::new(StringArray::from(vec!["x"]));
    let other = RecordBatch::try_from_iter([("name", name), ("a", other)]).unwrap();
    let first = folder.put("a.arrow", file(&[batch(vec![1.0], vec!["x"])]));
    let second = folder.put("b.arrow", file(&[other]));
    let third = folder.put("c.csv", "name,a\nx,1\n");
    let refused = |files: Vec<PathBuf>| told(&read(files, true).unwrap_err(), &folder);
    assert_eq!(
        refused(vec![first.clone(), second]),
        "column \"a\" holds Float64 in a.arrow and Float32 in b.arrow"
    );
    assert!(refused(vec![first, third]).contains("are tables of two kinds"));
}

#[test]
fn a_later_file_that_looks_like_an_earlier_output_is_told() {
    let folder = Folder::new();
    let first = folder.put("a.csv", "a,b\n1,2\n3,4\n");
    let output = folder.put("out.csv", "a,b,cluster\n1,2,0\n3,4,1\n");
    let table = read(vec![first.clone(), output.clone()], false).unwrap();
    let note = format!(
        "{} has a column cluster, as an output of an earlier run has, and its rows are read too",
        output.display()
    );
    assert_eq!((table.matrix.rows(), table.notes), (4, vec![note]));
    // Where the first has one too, they are alike.
    let both = read(vec![output.clone(), output], false).unwrap();
    assert!(both.notes.iter().all(|note| !note.contains("earlier run has")), "{:?}", both.notes);
}

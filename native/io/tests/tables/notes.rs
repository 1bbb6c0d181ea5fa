//! What the user is told beside the result: notes on what was guessed, and hints that fit the job.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, RecordBatch};
use kmeans_io::{Dialect, Input, Selection, read_centroids, read_table};

use crate::arrow::file;
use crate::given::{bytes, names, never, passed, read, text};

#[test]
fn a_row_of_data_that_was_taken_for_a_header_is_noted() {
    let table = text("5.1,3.5,1.4,0.2,Iris-setosa\n4.9,3.0,1.4,0.2,Iris-setosa\n").unwrap();
    let note = "the first row was read as names (5.1, 3.5, …); if it is data, say --no-header";
    assert_eq!((table.matrix.rows(), table.notes), (1, names(&[note])));
    // A number above words is a name, and so is everything else when somebody said so.
    assert!(text("a,2020\n1,x\n").unwrap().notes.is_empty());
    let dialect = Dialect { header: Some(true), ..Dialect::default() };
    let told = read_table(bytes(b"5.1,x\n1,y\n"), dialect, &Selection::default(), false, &never()).unwrap();
    assert!(told.notes.is_empty());
}

#[test]
fn a_model_whose_columns_are_missing_asks_whether_the_header_is_data() {
    let error = passed(bytes(b"5.1,3.5,setosa\n"), &["x1", "x2"], "o.csv", None).unwrap_err();
    let hint = "the first row was read as names (5.1, 3.5); if it is data, say --no-header";
    assert_eq!(error.hint().unwrap(), hint);
}

#[test]
fn labels_of_an_earlier_run_are_noted_when_they_are_clustered_on() {
    let input = || bytes(b"a,cluster\n1,0\n2,1\n");
    let note = "the column cluster is clustered on too; if it comes from an earlier run, leave it out with \
                --exclude cluster";
    assert_eq!(read(input()).unwrap().notes, [note]);
    for selection in [
        Selection { exclude: names(&["cluster"]), ..Selection::default() },
        Selection { columns: Some(names(&["a", "cluster"])), ..Selection::default() },
    ] {
        let table = read_table(input(), Dialect::default(), &selection, false, &never()).unwrap();
        assert!(table.notes.is_empty());
    }
}

#[test]
fn centroids_without_a_header_are_taken_by_position_and_a_note_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.csv");
    fs::write(&path, "1,2\n3,4\n").unwrap();
    let notes = read_centroids(Input::Path(path.clone()), &names(&["a", "b"]), &never()).unwrap().notes;
    assert_eq!(notes, [format!("{} has no header, so its columns were taken as a, b", path.display())]);
    fs::write(&path, "b,a\n3,4\n").unwrap();
    assert!(
        read_centroids(Input::Path(path.clone()), &names(&["a", "b"]), &never()).unwrap().notes.is_empty()
    );
}

#[test]
fn the_hint_about_a_cell_fits_the_job() {
    let folder = tempfile::tempdir().unwrap();
    let (path, given) = (folder.path().join("c"), b"a,\"b c\"\n1,2\n3,\n");
    let column: ArrayRef = Arc::new(Float64Array::from(vec![None, Some(1.0)]));
    let arrow = file(&[RecordBatch::try_from_iter([("b c", Arc::clone(&column)), ("a", column)]).unwrap()]);
    for input in [&given[..], &arrow] {
        fs::write(&path, input).unwrap();
        assert_eq!(
            read(bytes(input)).unwrap_err().hint().unwrap(),
            "leave out such rows with --missing drop, fill them with --missing mean, or leave the column out with --exclude '\"b c\"'"
        );
        assert_eq!(
            passed(bytes(input), &["b c"], "o.csv", None).unwrap_err().hint().unwrap(),
            "leave such rows without a label with --missing drop; the model needs this column"
        );
        assert_eq!(
            read_centroids(Input::Path(path.clone()), &names(&["b c"]), &never())
                .unwrap_err()
                .hint()
                .unwrap(),
            "every centroid needs all columns"
        );
    }
}

#[test]
fn a_compressed_file_and_a_compressed_pipe_get_a_line_that_works() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a b.csv.bz2");
    fs::write(&path, b"BZh91AY&SY").unwrap();
    let hint = |input| read(input).unwrap_err().hint().unwrap();
    let quoted = format!("decompress it first: bzip2 -dc '{}' | kmeans …", path.display());
    assert_eq!(hint(Input::Path(path)), quoted);
    assert_eq!(hint(bytes(b"\xfd7zXZ\0\0")), "decompress it first: … | xz -dc | kmeans …");
}

#[test]
fn text_in_a_file_named_as_arrow_is_told_from_damage() {
    let folder = tempfile::tempdir().unwrap();
    let refusal = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        let error = read(Input::Path(path)).unwrap_err();
        (error.to_string(), error.hint())
    };
    let (message, hint) = refusal("a.arrow", b"a,b\n1,2\n");
    assert!(message.ends_with("a.arrow holds text, not Arrow data"), "{message}");
    assert_eq!(hint.unwrap(), "if it is CSV, say --format csv");
    assert!(refusal("b.feather", b"\0\x01\x02").0.contains("is damaged or no Arrow file"));
}

#[test]
fn names_cannot_break_out_of_a_message() {
    for input in [&b"a,\"\x1b[2J\n\"\n1,\n"[..], b"a,\"\x1b[2J\n\"\n1,x\n"] {
        let selection = Selection { columns: Some(names(&["\x1b[2J"])), ..Selection::default() };
        let error = read_table(bytes(input), Dialect::default(), &selection, false, &never()).unwrap_err();
        for text in [error.to_string(), error.hint().unwrap()] {
            assert!(!text.contains(char::is_control), "{text:?}");
        }
    }
    let error = read(Input::Path(Path::new("/no/\x1b[2J\n.csv").into())).unwrap_err();
    assert!(error.to_string().starts_with("cannot read /no/\\u{1b}[2J\\n.csv: "), "{error}");
}

#[test]
fn names_that_are_not_utf8_stay_apart_and_can_be_typed() {
    let input = || bytes(b"\xe4,\xf6,c\n1,2,3\n");
    assert_eq!(read(input()).unwrap().names, ["\\xe4", "\\xf6", "c"]);
    let selection = Selection { exclude: names(&["\\xf6"]), ..Selection::default() };
    let table = read_table(input(), Dialect::default(), &selection, false, &never()).unwrap();
    assert_eq!(table.names, ["\\xe4", "c"]);
}

#[test]
fn a_column_without_a_name_goes_by_its_place() {
    let table = text("a,b,,c\n1,2,3,4\n").unwrap();
    assert_eq!((table.skipped[0].name.as_str(), table.names.len()), ("column 3", 3));
    let error = text(",b\n1,x\n").unwrap_err();
    assert_eq!(error.hint().unwrap(), "column 1: it has no name; b: not a number (row 1: \"x\")");
}

//! Tables that pass through with a label, and labels and values alone.

use std::fs;

use kmeans_engine::Measured;
use kmeans_io::{
    Dialect, Extra, Format, Input, Kind, LabelsWriter, Output, Selection, TableReader, ValuesWriter,
    read_centroids, read_table,
};

use crate::given::{bytes, drip, labelled, names, never, nothing, pass, passed, written};

#[test]
fn every_field_keeps_its_bytes() {
    let input = b"\xef\xbb\xbfid;\"a\" ;b\r\n\"x;\"\"y\";1.50;\xff\xfe\r\n\r\n z ; 2 ;\"\r\n\"\r\n";
    let expected =
        b"\xef\xbb\xbfid;\"a\" ;b;cluster\r\n\"x;\"\"y\";1.50;\xff\xfe;0\r\n z ; 2 ;\"\r\n\";1\r\n";
    for most in 1..40 {
        assert_eq!(passed(drip(input, most), &["a"], "x.csv", None).unwrap(), expected, "{most}");
    }
}

#[test]
fn distances_follow_the_label() {
    let out = passed(bytes(b"a\n1\n2\n"), &["a"], "x.csv", Some(2)).unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), "a,cluster,distance_0,distance_1\n1,0,0,0.5\n2,1,1,1.5\n");
}

#[test]
fn features_are_found_by_name_in_any_order() {
    let mut reader = TableReader::open(bytes(b"c,b,a\n3,2,1\n"), Dialect::default(), &never()).unwrap();
    reader.select(&names(&["a", "c"])).unwrap();
    let batch = reader.next_batch().unwrap().unwrap();
    assert_eq!(crate::given::numbers(&batch.values), [1.0, 3.0]);
}

#[test]
fn missing_features_are_all_named() {
    let error = passed(bytes(b"sepal_len,b\n1,2\n"), &["sepal_length", "b", "q"], "x.csv", None).unwrap_err();
    assert_eq!(error.to_string(), "x lacks the columns \"sepal_length\", \"q\"");
    assert_eq!(error.hint().unwrap(), "did you mean \"sepal_len\"?");
    let error = passed(bytes(b"a,a\n1,2\n"), &["a"], "x.csv", None).unwrap_err();
    assert_eq!(error.to_string(), "x has several columns named \"a\", and one is needed");
}

#[test]
fn a_headerless_table_stays_headerless() {
    let out = passed(bytes(b"1,2\n3,4\n"), &["x2", "x1"], "x.csv", None).unwrap();
    assert_eq!(out, b"1,2,0\n3,4,1\n");
    let error = passed(bytes(b"1,2\n"), &["a"], "x.csv", None).unwrap_err();
    assert!(error.hint().unwrap().contains("no header"));
}

#[test]
fn a_taken_name_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("o.csv");
    let warnings = pass(bytes(b"a,cluster\n1,9\n"), &["a"], &output, None).unwrap();
    assert_eq!(warnings, ["the input already has a column \"cluster\": the new one is \"cluster_1\""]);
    assert_eq!(fs::read_to_string(output).unwrap(), "a,cluster,cluster_1\n1,9,0\n");
}

#[test]
fn text_changes_its_delimiter_when_the_format_changes() {
    let out = passed(bytes(b"a,b\n1,\"x,y\"\n2,\"p\tq\"\n"), &["a"], "x.tsv", None).unwrap();
    assert_eq!(out, b"a\tb\tcluster\n1\tx,y\t0\n2\t\"p\tq\"\t1\n");
}

#[test]
fn an_error_leaves_the_old_output() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("o.csv");
    fs::write(&output, "old").unwrap();
    assert!(pass(bytes(b"a\n1\nx\n"), &["a"], &output, None).is_err());
    assert_eq!(fs::read_to_string(&output).unwrap(), "old");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_file_can_be_overwritten_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("o.csv");
    fs::write(&path, "a\n1\n2\n").unwrap();
    pass(Input::Path(path.clone()), &["a"], &path, None).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "a,cluster\n1,0\n2,1\n");
}

#[test]
fn what_was_fitted_is_written_with_its_labels() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("i.csv");
    let lines = "id,a\np,1\nq,2\n";
    fs::write(&path, lines).unwrap();
    for input in [Input::Path(path.clone()), bytes(lines.as_bytes())] {
        let table = read_table(input, Dialect::default(), &Selection::default(), true, &never()).unwrap();
        let kept = table.source.unwrap();
        for name in ["o.csv", "o.arrow"] {
            let target = folder.path().join(name);
            let output = Output::open(&target, &[], &never()).unwrap();
            kept.write_with_labels(output, None, labelled(&[7, 0]), nothing, &never()).unwrap();
            let reader = TableReader::open(Input::Path(target), Dialect::default(), &never()).unwrap();
            assert_eq!(reader.columns(), ["id", "a", "cluster"]);
        }
        assert_eq!(fs::read_to_string(folder.path().join("o.csv")).unwrap(), "id,a,cluster\np,1,7\nq,2,0\n");
        let output = Output::open(&folder.path().join("p.csv"), &[], &never()).unwrap();
        let error = kept.write_with_labels(output, None, labelled(&[7]), nothing, &never()).unwrap_err();
        assert!(error.to_string().ends_with("changed while it was being read"));
    }
}

#[test]
fn a_changed_input_is_not_labelled() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("i.csv");
    fs::write(&path, "a\n1\n").unwrap();
    let table =
        read_table(Input::Path(path.clone()), Dialect::default(), &Selection::default(), true, &never())
            .unwrap();
    fs::write(&path, "a\n1\n2\n").unwrap();
    let output = Output::open(&folder.path().join("o.csv"), &[], &never()).unwrap();
    let error =
        table.source.unwrap().write_with_labels(output, None, labelled(&[0]), nothing, &never()).unwrap_err();
    assert_eq!(error.kind(), Kind::Data);
}

#[test]
fn lines_are_handed_out_as_they_come() {
    let mut reader = TableReader::open(drip(b"a,b\n1,2\n3,4\n", 4), Dialect::default(), &never()).unwrap();
    reader.select(&names(&["a"])).unwrap();
    let mut rows = Vec::new();
    while let Some(batch) = reader.next_batch().unwrap() {
        rows.push(batch.rows);
    }
    assert_eq!(rows, [1, 1]);
}

#[test]
fn labels_stand_alone() {
    let write = |output| {
        let mut writer = LabelsWriter::new(output, None).unwrap();
        writer.write(&[1, 0]).unwrap();
        writer.write(&[12]).unwrap();
        writer.finish().unwrap();
    };
    assert_eq!(written("l.csv", write), b"cluster\n1\n0\n12\n");
    for name in ["l.arrow", "l.arrows"] {
        let back = crate::given::read(bytes(&written(name, write))).unwrap();
        assert_eq!(
            (back.names[0].as_str(), crate::given::numbers(&back.matrix)),
            ("cluster", vec![1.0, 0.0, 12.0])
        );
    }
}

#[test]
fn values_are_written_and_read_back() {
    let values = [1.0, 0.1, -0.0, 5e-324, 1e300, -2.5];
    let write = |output| {
        let mut writer =
            ValuesWriter::new(output, None, &names(&["x", "y,z"]), Some(Extra::default())).unwrap();
        let none = Measured::default();
        writer.write(&values[..4], Some(&[0, 1]), &none).unwrap();
        writer.write(&values[4..], Some(&[2]), &none).unwrap();
        assert!(writer.write(&values[..3], Some(&[2]), &none).is_err());
        writer.finish().unwrap();
    };
    assert_eq!(written("v.csv", write), b"x,\"y,z\",cluster\n1,0.1,0\n-0,5e-324,1\n1e+300,-2.5,2\n");
    for name in ["v.csv", "v.tsv", "v.arrow", "v.arrows"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        write(Output::open(&path, &[], &never()).unwrap());
        let selection = Selection { exclude: names(&["cluster"]), ..Selection::default() };
        let back = read_table(Input::Path(path), Dialect::default(), &selection, false, &never()).unwrap();
        let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&crate::given::numbers(&back.matrix)), bits(&values), "{name}");
    }
}

#[test]
fn an_arrow_file_made_of_rows_does_not_depend_on_how_they_came() {
    let values: Vec<f64> = (0..150_000).map(f64::from).collect();
    let file = |step: usize| {
        written("v.arrow", |output| {
            let mut writer = ValuesWriter::new(output, None, &names(&["x"]), None).unwrap();
            values.chunks(step).for_each(|chunk| writer.write(chunk, None, &Measured::default()).unwrap());
            writer.finish().unwrap();
        })
    };
    assert!(file(1000) == file(149_999));
}

#[test]
fn centroids_are_read_by_name_or_by_position() {
    let folder = tempfile::tempdir().unwrap();
    let read = |text: &str| {
        let path = folder.path().join("c.csv");
        fs::write(&path, text).unwrap();
        read_centroids(Input::Path(path), &names(&["a", "b"]), &never())
    };
    assert_eq!(read("b,size,a\n2,9,1\n4,9,3\n").unwrap().values, [1.0, 2.0, 3.0, 4.0]);
    assert_eq!(read("1,2\n3,4\n5,6\n").unwrap().clusters, 3);
    assert!(
        read("1,2,3\n")
            .unwrap_err()
            .to_string()
            .ends_with("has 3 columns without names, and there are 2 features")
    );
    assert!(read("a,c\n1,2\n").unwrap_err().to_string().ends_with("lacks the column \"b\""));
    assert!(read("a,b\n").unwrap_err().to_string().ends_with("holds no row"));
    assert!(read_centroids(Input::Path("/no".into()), &[], &never()).is_err());
}

#[test]
fn a_told_format_wins_over_the_outputs_name() {
    let out = written("x.csv", |output| {
        let mut writer = LabelsWriter::new(output, Some(Format::Arrow)).unwrap();
        writer.write(&[3]).unwrap();
        writer.finish().unwrap();
    });
    assert!(out.starts_with(b"ARROW1"));
}

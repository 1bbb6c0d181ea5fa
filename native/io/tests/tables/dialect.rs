//! Comments and decimal commas, told and found out.

use kmeans_io::{Dialect, Error, Selection, Table, read_table};

use crate::given::{bytes, drip, labelled, never, nothing, numbers, passed, read, text};

fn told(input: &str, dialect: Dialect) -> Result<Table, Error> {
    read_table(bytes(input.as_bytes()), dialect, &Selection::default(), false, &never())
}

#[test]
fn a_first_line_with_a_hash_makes_comments_of_all_such_lines() {
    let input = "# made; by, hand\n\n#\na,b\n1,2\n#3,4\n5,6\r\n# \"open\r7,8\n#";
    for most in 1..=input.len() {
        let table = read(drip(input.as_bytes(), most)).unwrap();
        assert_eq!((table.names.join(" ").as_str(), table.matrix.rows()), ("a b", 3), "{most}");
        assert_eq!(numbers(&table.matrix), [1.0, 2.0, 5.0, 6.0, 7.0, 8.0], "{most}");
        assert!(table.notes[0].contains("--comment none"), "{most}");
    }
    let error = text("# c\na,b\n1,2\n# c\n1,x\n").unwrap_err();
    assert_eq!(error.to_string(), "x: row 2 (line 5), column \"b\": \"x\" is not a number");
    let error = text("# c\n# d").unwrap_err();
    assert_eq!(error.to_string(), "x holds nothing but comments: there is no row to read");
}

#[test]
fn the_marks_of_files_that_were_put_together_are_no_part_of_a_name() {
    for (input, name) in [
        ("\u{feff}\u{feff}a,b\n1,2\n", "a"),
        ("\u{feff}\u{feff}\u{feff}\"a\",b\n1,2\n", "a"),
        ("\u{feff}\u{feff}1,2\n3,4\n", "x1"),
        ("\u{feff}\u{feff}{\"a\":1,\"b\":2}\n", "a"),
        ("\u{feff}\u{feff}[{\"a\":1,\"b\":2}]\n", "a"),
    ] {
        for most in 1..12 {
            let table = read(drip(input.as_bytes(), most)).unwrap();
            assert_eq!(table.names[0], name, "{input} in pieces of {most}");
        }
    }
    let error = text("\u{feff}\u{feff}").unwrap_err().to_string();
    assert!(error.starts_with("x is empty"), "{error}");
}

#[test]
fn text_of_wider_units_is_called_by_its_name() {
    let units = |unit: fn(u32) -> [u8; 4]| "\u{feff}a,b\n1,2\n".chars().flat_map(move |c| unit(c as u32));
    for input in [units(u32::to_le_bytes).collect::<Vec<u8>>(), units(u32::to_be_bytes).collect()] {
        for most in [1, 2, 3, 4, 100] {
            let error = read(drip(&input, most)).unwrap_err();
            assert_eq!(error.to_string(), "x is UTF-32 text, and only UTF-8 is read");
            let hint = error.hint().unwrap();
            assert_eq!(hint, "convert it first: … | iconv -f UTF-32 -t UTF-8 | kmeans …");
        }
    }
    for input in [&b"\xff\xfea\0"[..], b"\xfe\xff\0a", b"\xff\xfe", b"\xff\xfea"] {
        let error = read(drip(input, 1)).unwrap_err().to_string();
        assert_eq!(error, "x is UTF-16 text, and only UTF-8 is read");
    }
}

#[test]
fn comments_are_what_the_caller_says() {
    let dialect = |comment| Dialect { comment: Some(comment), ..Dialect::default() };
    let table = told("%x\na\n1\n%2\n3\n", dialect(Some(b'%'))).unwrap();
    assert_eq!(numbers(&table.matrix), [1.0, 3.0]);
    assert!(table.notes.is_empty());
    let table = told("#id,a\n1,2\n", dialect(None)).unwrap();
    assert_eq!(table.names, ["#id", "a"]);
    // Without a first line of that kind a hash is a character like any other.
    let table = text("a,b\n1,#\n#,2\n").unwrap_err();
    assert_eq!(table.to_string(), "x: row 2 (line 3), column \"a\": \"#\" is not a number");
}

#[test]
fn decimal_commas_between_semicolons_are_found_out_and_told() {
    for input in ["a;b\n1;x\n2,5;y\n", "a;b\n1;\"x\"\n\" 2,5\";y\n"] {
        let table = text(input).unwrap();
        assert_eq!((numbers(&table.matrix), table.skipped.len()), (vec![1.0, 2.5], 1), "{input}");
        assert!(table.notes[0].contains("--decimal ."), "{:?}", table.notes);
    }
    let table = text("-1,5e2;2\n3;4\n").unwrap();
    assert_eq!(
        (table.names.join(" ").as_str(), numbers(&table.matrix)),
        ("x1 x2", vec![-150.0, 2.0, 3.0, 4.0])
    );
    // A text that looks like a number is none in a column of texts.
    assert!(text("a;b\nx,y;1\n1,5;2\n").unwrap().notes.is_empty());
}

#[test]
fn decimal_commas_are_read_between_any_delimiters_when_told() {
    let dialect = Dialect { decimal: Some(b','), ..Dialect::default() };
    for (input, delimiter) in
        [("a\tb\n1,5\t2\n", None), ("a b\n1,5 2\n", None), ("a,b\n\"1,5\",2\n", Some(b','))]
    {
        let table = told(input, Dialect { delimiter, ..dialect }).unwrap();
        assert_eq!(numbers(&table.matrix), [1.5, 2.0], "{input}");
    }
    assert_eq!(numbers(&told("1,5\n2,5\n", dialect).unwrap().matrix), [1.5, 2.5]);
    let error = told("a;b\n1,5;2\n1.234,5;6\n", dialect).unwrap_err();
    assert_eq!(error.to_string(), "x: row 2 (line 3), column \"a\": \"1.234,5\" is not a number");
    assert!(error.hint().unwrap().contains("thousands"));
}

#[test]
fn a_table_with_decimal_commas_goes_on_with_them() {
    let out = passed(bytes(b"# c\na;b\n1,5;x\n2;y\n"), &["a"], "x.csv", Some(2)).unwrap();
    let expected = "a;b;cluster;distance_0;distance_1\n1,5;x;0;0;0,5\n2;y;1;1;1,5\n";
    assert_eq!(String::from_utf8(out).unwrap(), expected);
    let out = passed(bytes(b"a;b\n1,5;x\n"), &["a"], "x.tsv", Some(2)).unwrap();
    let expected = "a\tb\tcluster\tdistance_0\tdistance_1\n1,5\tx\t0\t0\t0,5\n";
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

#[test]
fn a_kept_table_is_read_again_as_it_was_read() {
    let input = bytes(b"# c\na;b\n1,5;x\n# d\n2;y\n");
    let table = read_table(input, Dialect::default(), &Selection::default(), true, &never()).unwrap();
    let kept = table.source.unwrap();
    assert_eq!((kept.dialect().decimal, kept.dialect().comment), (Some(b','), Some(Some(b'#'))));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("o.csv");
    let output = kmeans_io::Output::open(&path, &[], &never()).unwrap();
    kept.write_with_labels(output, None, labelled(&[7, 8]), nothing, &never()).unwrap();
    assert_eq!(std::fs::read_to_string(path).unwrap(), "a;b;cluster\n1,5;x;7\n2;y;8\n");
}

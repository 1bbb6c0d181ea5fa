//! Texts that must be refused, and with which words.

use kmeans_io::{Dialect, Input, Kind, Selection, read_table};

use crate::given::{bytes, drip, names, never, read, text};

fn refusal(input: &[u8]) -> String {
    let error = read(bytes(input)).unwrap_err();
    assert_eq!(error.kind(), Kind::Data);
    error.to_string()
}

#[test]
fn a_ragged_row_is_refused() {
    assert_eq!(refusal(b"a,b\n1,2\n\n3\n"), "x: line 4 has 1 field, and line 1 has 2");
    assert_eq!(refusal(b"\n\na,b\n1,\"\n\"\n1,2,3\n"), "x: line 6 has 3 fields, and line 3 has 2");
}

#[test]
fn a_quote_that_is_never_closed_is_refused_where_it_opens() {
    assert_eq!(refusal(b"a,b\n\"1\n\",\"2\n3,4\n"), "x: the quote that opens on line 3 is never closed");
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    assert_eq!(refusal(b"a,b\n1,2\n1,\0\n"), "x: line 3 holds a NUL byte, so this is no UTF-8 text");
    assert_eq!(refusal(b"\xff\xfea\0,\0"), "x is UTF-16 text, and only UTF-8 is read");
    assert_eq!(refusal(b"BZh91AY&SY\0"), "x is compressed with bzip2, and only gzip and zstd are read");
    assert_eq!(refusal(b"PK\x03\x04\0"), "x is a ZIP archive, which is not read");
    let hint = read(bytes(b"\xfd7zXZ\0")).unwrap_err().hint().unwrap();
    assert_eq!(hint, "decompress it first: … | xz -dc | kmeans …");
}

#[test]
fn a_table_without_rows_is_refused() {
    assert_eq!(refusal(b""), "x is empty: there is no row to read");
    assert_eq!(refusal(b"\xef\xbb\xbf\r\n\n"), "x is empty: there is no row to read");
    assert_eq!(refusal(b"a,b\n"), "x holds no row");
    let selection = Selection { columns: Some(names(&["a"])), ..Selection::default() };
    let error = read_table(bytes(b"a,b\n"), Dialect::default(), &selection, false, &never()).unwrap_err();
    assert_eq!(error.to_string(), "x holds no row");
}

#[test]
fn a_bad_cell_is_named_with_its_rule() {
    let cell = |value: &str| {
        let error = text(&format!("a;bill\n1;2\n3;{value}\n")).unwrap_err();
        (error.to_string().split_once("column \"bill\": ").unwrap().1.to_owned(), error.hint())
    };
    assert_eq!(cell("").0, "the cell is empty, and k-means needs a finite number in every cell");
    assert_eq!(
        cell("").1.unwrap(),
        "leave out such rows with --missing drop, fill them with --missing mean, or leave the column out with --exclude bill"
    );
    assert_eq!(cell("n/a").0, "\"n/a\" is a missing value, and k-means needs a finite number in every cell");
    let correct =
        "correct it, leave it empty and choose --missing, or leave the column out with --exclude bill";
    let told = |rule: &str| (rule.to_owned(), Some(correct.to_owned()));
    assert_eq!(cell("-inf"), told("\"-inf\" must be finite"));
    assert_eq!(cell("1e400"), told("\"1e400\" is out of range of a 64-bit float"));
    assert_eq!(cell("0x1F").1.unwrap(), "write the number in decimal");
    assert_eq!(cell("\u{2212}5").0, "\"\u{2212}5\" is not a number");
    let error = read(bytes(b"a\n1\n\xff\x1b[2J\n")).unwrap_err();
    assert_eq!(error.to_string(), "x: row 2 (line 3), column \"a\": \"\u{fffd}\\u{1b}[2J\" is not a number");
}

#[test]
fn decimal_commas_that_were_not_expected_are_called_so() {
    let hint = "say --decimal , if the comma stands before decimals";
    let dialect = Dialect { decimal: Some(b'.'), ..Dialect::default() };
    let error =
        read_table(bytes(b"a;b\n1,5;x\n"), dialect, &Selection::default(), false, &never()).unwrap_err();
    assert_eq!(error.hint().unwrap(), hint);
    // Too late to be found out, or beside decimal points.
    for input in ["a;b\n1;1\n2;1\n3;1\n4;1\n5;1\n6;1,5\n", "a;b\n1;1.5\n2;1\n3,5;2\n"] {
        assert_eq!(text(input).unwrap_err().hint().unwrap(), hint, "{input}");
    }
    let error = text("a;b\n1,5;1\n2,5;1\n3;4\n3;4\n3;4\n3.5;2\n").unwrap_err();
    assert_eq!(error.to_string(), "x: row 6 (line 7), column \"a\": \"3.5\" is not a number");
    assert_eq!(error.hint().unwrap(), "say --decimal . if the point stands before decimals");
}

#[test]
fn unknown_columns_are_refused_by_their_option() {
    for (option, selection) in [
        ("columns", Selection { columns: Some(names(&["bil"])), ..Selection::default() }),
        ("exclude", Selection { exclude: names(&["bil"]), ..Selection::default() }),
        ("weight", Selection { weight: Some("bil".into()), ..Selection::default() }),
    ] {
        let error =
            read_table(bytes(b"bill,b\n1,2\n"), Dialect::default(), &selection, false, &never()).unwrap_err();
        assert_eq!((error.kind(), error.option()), (Kind::Option, Some(option)));
        assert_eq!(error.to_string(), "names \"bil\", which is no column of x");
        assert_eq!(error.hint().unwrap(), "did you mean \"bill\"?");
    }
}

#[test]
fn a_missing_file_and_a_directory_are_files_at_fault() {
    for path in ["/", "/no/such/file.csv"] {
        assert_eq!(read(Input::Path(path.into())).unwrap_err().kind(), Kind::File);
    }
}

#[test]
fn a_record_without_end_is_refused() {
    let mut endless = b"a\n\"".to_vec();
    endless.resize(70 << 20, b'x');
    assert_eq!(refusal(&endless), "x: the quote that opens on line 2 is never closed");
    let endless = vec![b'x'; 70 << 20];
    assert_eq!(refusal(&endless), "x: line 1 is longer than 64 MiB");
}

#[test]
fn too_many_columns_are_refused() {
    let wide = ",".repeat(300_000);
    assert_eq!(refusal(wide.as_bytes()), "x: line 1 has more than 100000 columns");
}

#[test]
fn an_endless_line_is_read_in_linear_time_however_it_is_cut() {
    // Copied or searched once for every piece, 70 MB in pieces of 4 KiB would take minutes.
    for beginning in ["", "a\n", "\u{feff}\"", "a;b,"] {
        let mut endless = beginning.as_bytes().to_vec();
        endless.resize(70 << 20, b'x');
        let start = std::time::Instant::now();
        assert!(read(drip(&endless, 4 << 10)).is_err());
        assert!(start.elapsed().as_secs() < 20, "{beginning:?}: {:?}", start.elapsed());
    }
}

#[test]
fn text_after_a_closing_quote_is_refused_with_its_line() {
    let error = text("a,b\n\"p\nq\",1\n\"ab\"cd,2\n").unwrap_err();
    assert_eq!(error.to_string(), "x: line 4 has text after a closing quote");
    assert_eq!(error.hint().unwrap(), "write a quote inside a quoted field twice: \"say \"\"x\"\"\"");
    let dialect = Dialect { delimiter: Some(b','), ..Dialect::default() };
    let input = bytes(b"\"a\";\"b\"\n1;2\n");
    let error = read_table(input, dialect, &Selection::default(), false, &never()).unwrap_err();
    assert_eq!(error.hint().unwrap(), "if that is where a field ends, say --delimiter ';'");
}

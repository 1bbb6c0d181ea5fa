//! Blank lines, comments and blank space: they are skipped in any number, and lines are counted across them.

use kmeans_io::{Dialect, Format, Selection, Table, read_table};
use proptest::prelude::*;

use crate::given::{bytes, drip, never};

/// Long enough to be cut out of a window in which somebody looks ahead.
const LONG: usize = 6000;

fn told(input: kmeans_io::Input, format: Format) -> Result<(Vec<String>, kmeans_engine::Matrix), String> {
    let dialect = Dialect { format: Some(format), ..Dialect::default() };
    read_table(input, dialect, &Selection::default(), false, &never())
        .map(|Table { names, matrix, .. }| (names, matrix))
        .map_err(|error| error.to_string())
}

/// Lines that are no rows, over several chunks of a slow pipe.
fn filling(kind: u8, count: usize) -> String {
    match kind {
        0 => "\n".repeat(count),
        1 => "\r".repeat(count),
        2 => "\r\n".repeat(count),
        3 => " \n".repeat(count),
        4 => "# one\n".repeat(count / 6),
        5 => format!("#{}\n", "x".repeat(count)),
        _ => format!("#{}\r\n\n \n", "\"".repeat(count)),
    }
}

#[test]
fn a_line_is_counted_right_behind_anything_that_is_skipped() {
    for kind in 0..7 {
        let text = format!("# c\na,b\n{0}1,2\n{0}3,4\n5,oops\n", filling(kind, LONG));
        let whole = told(bytes(text.as_bytes()), Format::Csv).unwrap_err();
        let line =
            text.replace("\r\n", "\n").replace('\r', "\n").lines().position(|l| l == "5,oops").unwrap() + 1;
        assert!(
            whole.starts_with(&format!("x: row 3 (line {line}), column \"b\"")),
            "{kind}: {line}: {whole}"
        );
        for most in [1, 700, 4096, 5000] {
            assert_eq!(told(drip(text.as_bytes(), most), Format::Csv).unwrap_err(), whole, "{kind}: {most}");
        }
    }
}

#[test]
fn a_comment_has_the_limit_of_a_record() {
    let text = format!("# c\na,b\n1,2\n#{}\n3,4\n", "x".repeat(64 << 20));
    for threads in [None, Some(2)] {
        let dialect = Dialect { threads, ..Dialect::default() };
        let read = read_table(bytes(text.as_bytes()), dialect, &Selection::default(), false, &never());
        assert_eq!(read.unwrap_err().to_string(), "x: the comment on line 4 is longer than 64 MiB");
    }
    let shorter = text.replacen(&"x".repeat(1 << 10), "", 1);
    assert_eq!(told(bytes(shorter.as_bytes()), Format::Csv).unwrap().1.rows(), 2);
}

#[test]
fn lines_of_json_are_counted_across_blank_space() {
    let blank = " \t\r\n".repeat(LONG);
    let row = |a: &str| format!("{{\"a\": {a}}}");
    let lines = [row("1"), blank.clone(), row("2"), "\n".to_owned(), row("\"x\"")].concat();
    let array = format!("[{blank}{}{blank},{blank}{},\n{}]", row("1"), row("2"), row("\"x\""));
    for (text, line) in [(lines.replace("}{", "}\n{"), LONG + 2), (array, 3 * LONG + 2)] {
        let whole = told(bytes(text.as_bytes()), Format::Jsonl).unwrap_err();
        assert!(
            whole.starts_with(&format!("x: row 3 (line {line}), column \"a\": \"x\"")),
            "{line}: {whole}"
        );
        for most in [700, 4096, 5000] {
            assert_eq!(told(drip(text.as_bytes(), most), Format::Jsonl).unwrap_err(), whole, "{most}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn a_text_is_one_table_whatever_is_skipped_in_it(
        rows in prop::collection::vec((0_u8..9, 0_u8..7, prop::sample::select(vec![0, 0, 0, 1, 5000, 9000])), 1..12),
        delimiter in prop::sample::select(vec![',', ';']),
        most in prop::sample::select(vec![700_usize, 3000, 4096, 6001]),
        ill in any::<bool>(),
    ) {
        let mut text = format!("# first\na{delimiter}b\n");
        for (number, kind, count) in rows {
            text += &filling(kind, count);
            text += &format!("{number},5{delimiter}{number}\n").replace(",5,", ",");
        }
        if ill {
            text.extend(["1", &delimiter.to_string(), "oops\n"]);
        }
        let whole = told(bytes(text.as_bytes()), Format::Csv);
        prop_assert_eq!(told(drip(text.as_bytes(), most), Format::Csv), whole);
    }
}

use std::collections::VecDeque;
use std::fmt::Write;

use super::{explore, packed, piped};
use crate::columns::Selection;
use crate::dialect::Dialect;
use crate::error::Error;
use crate::json::table::Look;
use crate::source::Source;
use crate::table::TableReader;
use crate::table::training::Reading;

const ROWS: usize = 24;

/// Rows whose second cell has a line's end within quotes, and one of which has a lone quote: a part that ends at an even
/// number of quotes then ends within a record, and is refused.
fn text(comment: bool) -> String {
    let mut text = if comment { "#\"x\na,t\n".to_owned() } else { "a,t\n".to_owned() };
    for row in 0..ROWS {
        let cell = if row == 5 && !comment { "5\" pipe" } else { "\"x\ny\"" };
        writeln!(text, "{row},{cell}").unwrap();
    }
    text
}

fn reader(source: Source, threads: usize) -> TableReader {
    let (dialect, later) = (Dialect::default(), VecDeque::new());
    TableReader::of_source(source, dialect, later, false, Look::Columns).unwrap().on_threads(Some(threads))
}

fn expected() -> Vec<f64> {
    (0..ROWS).map(|row| row as f64).collect()
}

fn predicted(bytes: &[u8], piece: usize, threads: usize) -> Vec<f64> {
    let mut reader = reader(piped(bytes, piece), threads);
    reader.select(&["a".to_owned()]).unwrap();
    let mut rows = Vec::new();
    let give = |values: Vec<f64>| {
        rows.extend(values);
        Ok::<_, Error>(())
    };
    reader.each_batch(|batch| batch.values.widened().into_owned(), give).unwrap();
    rows
}

fn fitted(bytes: &[u8], piece: usize, threads: usize) -> Vec<f64> {
    let selection = Selection { columns: Some(vec!["a".to_owned()]), ..Selection::default() };
    let mut reading = Reading::of(reader(piped(bytes, piece), threads), &selection, false).unwrap();
    reading.read(&mut |_, _| Ok(true)).unwrap();
    reading.into_table().unwrap().matrix.widened().into_owned()
}

#[test]
fn a_refused_part_loses_no_row_of_a_pipe() {
    explore(300, || assert_eq!(predicted(text(false).as_bytes(), 40, 3), expected()));
}

#[test]
fn a_refused_part_loses_no_row_of_a_gzip_pipe() {
    explore(300, || assert_eq!(predicted(&packed(text(false).as_bytes())[1], 40, 3), expected()));
}

#[test]
fn a_refused_part_loses_no_row_of_a_zstd_pipe() {
    explore(300, || assert_eq!(predicted(&packed(text(false).as_bytes())[2], 40, 3), expected()));
}

#[test]
fn a_comment_with_a_quote_loses_no_row() {
    for threads in [1, 2, 4] {
        explore(100, move || {
            assert_eq!(predicted(&packed(text(true).as_bytes())[1], 40, threads), expected())
        });
    }
}

#[test]
fn a_refused_part_loses_no_row_of_a_fit() {
    explore(200, || {
        for bytes in packed(text(false).as_bytes()) {
            assert_eq!(fitted(&bytes, 40, 2), expected());
        }
    });
}

//! Texts of the command line that Rust reads: delimiters, formats, names of columns.
#![no_main]

use kmeans_fuzz::{dripping, never};
use kmeans_io::{Dialect, Format, Selection, names, parse_delimiter, read_table};
use libfuzzer_sys::fuzz_target;

const COLUMNS: [&str; 6] = ["a", "b 1", "x,y", "größe", "id", "emb_10"];
const TABLE: &str = "a,b 1,\"x,y\",größe,id,emb_10\n1,2,3,4,5,6\n7,8,9,10,11,12\n";

fuzz_target!(|data: &str| {
    let (first, rest) = data.split_once('\n').unwrap_or((data, ""));
    if let Ok(delimiter) = parse_delimiter(first) {
        assert!(delimiter.is_ascii_punctuation() || delimiter == b'\t' || delimiter == b' ');
    }
    if let Ok(format) = first.parse::<Format>() {
        assert!(format.name().eq_ignore_ascii_case(first));
    }
    if let Some(found) = names::nearest(first, COLUMNS) {
        assert!(COLUMNS.contains(&found));
    }
    let list = |text: &str| -> Vec<String> {
        text.split('|').filter(|each| !each.is_empty()).map(str::to_owned).collect()
    };
    let columns = Some(list(first)).filter(|list| !list.is_empty());
    let selection = Selection { columns, exclude: list(rest), ..Selection::default() };
    let input = dripping(TABLE.as_bytes(), usize::MAX);
    let Ok(table) = read_table(input, Dialect::default(), &selection, false, &never()) else { return };
    assert_eq!(table.names.len() + table.skipped.len(), COLUMNS.len());
    for (place, name) in table.names.iter().enumerate() {
        let Some(column) = COLUMNS.iter().position(|each| each == name) else {
            panic!("{name} is no column")
        };
        assert!(!table.names[..place].contains(name));
        assert_eq!(table.matrix.widened()[place], (column + 1) as f64);
    }
});

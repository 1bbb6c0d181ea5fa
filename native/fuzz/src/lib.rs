//! What the targets share: one input, read in every way there is, must give one answer.

use std::fs;
use std::io::{Cursor, Read};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use kmeans_engine::{Matrix, Measured, Values};
use kmeans_io::{
    Dialect, Extra, Format, Input, Never, Output, Selection, Stop, Table, TableReader, TableWriter,
    read_table,
};
use tempfile::TempDir;

/// Longer inputs say nothing new about a text of a few rows, and cost as much as a hundred short ones.
pub const LONGEST: usize = 1 << 16;

/// Gives out at most so many bytes at a time.
struct Drip {
    bytes: Cursor<Vec<u8>>,
    most: usize,
}

impl Read for Drip {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let most = self.most.min(into.len());
        self.bytes.read(&mut into[..most])
    }
}

/// The bytes as they come from a pipe that gives `most` at a time.
pub fn dripping(bytes: &[u8], most: usize) -> Input {
    Input::Reader {
        name: "x".to_owned(),
        reader: Box::new(Drip { bytes: Cursor::new(bytes.to_vec()), most }),
    }
}

/// Nobody stops a run.
pub fn never() -> Arc<dyn Stop> {
    Arc::new(Never)
}

/// The bits of all numbers: NaN is equal to itself and 0 is not -0.
pub fn bits(matrix: &Matrix) -> Vec<u64> {
    match matrix.values() {
        Values::F64(values) => values.iter().map(|value| value.to_bits()).collect(),
        Values::F32(values) => values.iter().map(|&value| f64::from(value).to_bits()).collect(),
    }
}

/// Everything that a reading brings, fit for comparing.
#[derive(Debug, PartialEq)]
pub struct Reading {
    /// The used columns.
    pub names: Vec<String>,
    /// The others, with their reasons.
    pub skipped: Vec<(String, String)>,
    /// Rows.
    pub rows: usize,
    /// Numbers, as bits.
    pub values: Vec<u64>,
    /// What was guessed.
    pub notes: Vec<String>,
}

impl From<Table> for Reading {
    fn from(table: Table) -> Self {
        Self {
            skipped: table.skipped.iter().map(|each| (each.name.clone(), each.reason.clone())).collect(),
            rows: table.matrix.rows(),
            values: bits(&table.matrix),
            names: table.names,
            notes: table.notes,
        }
    }
}

/// A table for training, or the sentence that refuses it.
pub fn read(input: Input, dialect: Dialect) -> Result<Reading, String> {
    read_table(input, dialect, &Selection::default(), false, &never())
        .map(Reading::from)
        .map_err(|error| format!("{error} ({:?})", error.hint()))
}

/// What every table that was read must be.
pub fn check(reading: &Reading) {
    assert!(reading.rows > 0 && !reading.names.is_empty());
    assert_eq!(reading.values.len(), reading.rows * reading.names.len());
    assert!(reading.values.iter().all(|&value| f64::from_bits(value).is_finite()));
}

/// The same columns batch by batch, as predict reads them; the writer's output too, when there is a name for it.
pub fn pass(
    input: Input,
    dialect: Dialect,
    names: &[String],
    output: Option<&str>,
) -> Result<(Vec<u64>, Vec<u8>), String> {
    let told = |error: kmeans_io::Error| error.to_string();
    let mut reader = TableReader::open(input, dialect, &never()).map_err(told)?;
    reader.select(names).map_err(told)?;
    let path = output.map(|name| folder().join(name));
    let mut writer = match &path {
        Some(path) => {
            let output = Output::open(path, &[], &never()).map_err(told)?;
            Some(TableWriter::new(&reader, output, None, Extra::default()).map_err(told)?)
        }
        None => None,
    };
    let mut values = Vec::new();
    while let Some(batch) = reader.next_batch().map_err(told)? {
        assert!(batch.rows > 0);
        values.extend(bits(&batch.values));
        if let Some(writer) = &mut writer {
            writer.write(&batch, &vec![7; batch.rows], &Measured::default()).map_err(told)?;
        }
    }
    if let Some(writer) = writer {
        writer.finish().map_err(told)?;
    }
    let bytes = path.map(|path| fs::read(path).map_err(|error| error.to_string())).transpose()?;
    Ok((values, bytes.unwrap_or_default()))
}

/// A folder of this process's own.
fn folder() -> PathBuf {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    FOLDER
        .get_or_init(|| tempfile::tempdir().unwrap_or_else(|error| panic!("no folder: {error}")))
        .path()
        .to_owned()
}

/// Says that two answers about the same bytes must be one, but for what is wrong with a damaged file: where its length is known
/// a lie about it is found earlier, and what was unpacked before the damage may have a fault of its own.
pub fn same(whole: &Result<Reading, String>, other: &Result<Reading, String>, how: &str) {
    const DAMAGED: &str = "is damaged or cut short (";
    match (whole, other) {
        (Err(one), Err(two)) if one.contains(DAMAGED) || two.contains(DAMAGED) => {}
        _ => assert_eq!(whole, other, "{how}"),
    }
}

/// Arrow's crates may panic on hostile bytes; the reader turns that into a sentence. Only what escapes counts, and is told.
pub fn let_contained_panics_pass() {
    std::panic::set_hook(Box::new(|info| {
        let library = |file: &str| file.contains("/registry/") || file.starts_with("/rustc/");
        if info.location().is_none_or(|place| !library(place.file())) {
            eprintln!("{info}");
        }
    }));
}

/// Bytes of a format (`None`: to be found out) are one table, whole and in pieces, read for a fit and batch by batch.
pub fn one_table(bytes: &[u8], format: Option<Format>, piece: usize) {
    if bytes.len() > LONGEST {
        return;
    }
    let dialect = Dialect { format, ..Dialect::default() };
    let whole = read(dripping(bytes, usize::MAX), dialect);
    same(&whole, &read(dripping(bytes, piece), dialect), "in pieces");
    let Ok(reading) = whole else { return };
    check(&reading);
    // Columns that are not used are decoded too then, and may be damaged.
    if let Ok((values, _)) = pass(dripping(bytes, usize::MAX), dialect, &reading.names, None) {
        assert_eq!(values, reading.values);
    }
}

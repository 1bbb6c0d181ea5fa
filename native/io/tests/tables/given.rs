//! Inputs and outputs as bytes, for the tests beside it.

use std::fs;
use std::io::{Cursor, Read};
use std::path::Path;
use std::sync::Arc;

use kmeans_engine::{Matrix, Measured, Measures, Values};
use kmeans_io::{
    Dialect, Error, Extra, Input, Labelled, Labels, Never, Output, Selection, Stop, Table, TableReader,
    TableWriter, read_table,
};

/// A reader that gives out a few bytes at a time.
pub struct Drip {
    bytes: Cursor<Vec<u8>>,
    most: usize,
}

impl Read for Drip {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let most = self.most.min(into.len());
        self.bytes.read(&mut into[..most])
    }
}

pub fn never() -> Arc<dyn Stop> {
    Arc::new(Never)
}

pub fn drip(bytes: &[u8], most: usize) -> Input {
    Input::Reader { name: "x".into(), reader: Box::new(Drip { bytes: Cursor::new(bytes.to_vec()), most }) }
}

pub fn bytes(bytes: &[u8]) -> Input {
    drip(bytes, usize::MAX)
}

pub fn names(list: &[&str]) -> Vec<String> {
    list.iter().map(|&name| name.to_owned()).collect()
}

pub fn read(input: Input) -> Result<Table, Error> {
    read_table(input, Dialect::default(), &Selection::default(), false, &never())
}

pub fn text(text: &str) -> Result<Table, Error> {
    read(bytes(text.as_bytes()))
}

pub fn numbers(matrix: &Matrix) -> Vec<f64> {
    match matrix.values() {
        Values::F64(values) => values.clone(),
        Values::F32(values) => values.iter().map(|&value| f64::from(value)).collect(),
    }
}

/// What predict does, with the row's number modulo 3 as its label.
pub fn pass(
    input: Input,
    features: &[&str],
    output: &Path,
    clusters: Option<usize>,
) -> Result<Vec<String>, Error> {
    let mut reader = TableReader::open(input, Dialect::default(), &never())?;
    reader.select(&names(features))?;
    let measures = Measures { distances: clusters.is_some(), ..Measures::default() };
    let extra = Extra { measures, clusters: clusters.unwrap_or(0) };
    let mut writer = TableWriter::new(&reader, Output::open(output, &[], &never())?, None, extra)?;
    let mut row = 0;
    while let Some(batch) = reader.next_batch()? {
        let labels: Vec<u32> = (row..row + batch.rows).map(|row| (row % 3) as u32).collect();
        row += batch.rows;
        let distances: Option<Vec<f64>> =
            clusters.map(|clusters| (0..batch.rows * clusters).map(|place| place as f64 / 2.0).collect());
        writer.write(&batch, &labels, &Measured { distances, ..Measured::default() })?;
    }
    let warnings = writer.warnings().to_vec();
    writer.finish()?;
    Ok(warnings)
}

/// The same, giving the output's bytes under a name that tells its format.
pub fn passed(
    input: Input,
    features: &[&str],
    name: &str,
    clusters: Option<usize>,
) -> Result<Vec<u8>, Error> {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join(name);
    pass(input, features, &output, clusters)?;
    Ok(fs::read(output).unwrap())
}

/// Writes a file of this name and gives its bytes.
pub fn written(name: &str, write: impl FnOnce(Output)) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    write(Output::open(&path, &[], &never()).unwrap());
    fs::read(path).unwrap()
}

/// Labels and nothing else.
pub fn labelled(labels: &[u32]) -> Labelled<'_> {
    Labelled { labels: Labels::Held(labels), categories: &[], extra: Extra::default() }
}

/// For rows of which nothing is measured.
#[expect(clippy::unnecessary_wraps, reason = "what is handed over may fail")]
pub fn nothing(_: &Matrix, _: &[u32]) -> Result<Measured, Error> {
    Ok(Measured::default())
}

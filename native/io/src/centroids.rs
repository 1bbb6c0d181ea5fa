//! Starting centroids from a table.

use std::sync::Arc;

use crate::cell::Purpose;
use crate::dialect::Dialect;
use crate::error::{Error, shown};
use crate::source::Input;
use crate::stop::Stop;
use crate::table::TableReader;
use crate::whole::{LARGEST_WHOLE, Whole};

/// Centroids, one a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Centroids {
    /// Row-major, columns in the order of the features asked for.
    pub values: Vec<f64>,
    /// How many.
    pub clusters: usize,
    /// What was guessed about the file and the user may want to know.
    pub notes: Vec<String>,
}

/// Reads centroids from a CSV, TSV or Arrow table: by the features' names in any order, or by position when the file
/// has no header.
///
/// # Errors
/// As [`read_table`](crate::read_table); [`Error::Data`] when features are missing, and for more than 256 MiB.
pub fn read_centroids(input: Input, features: &[String], stop: &Arc<dyn Stop>) -> Result<Centroids, Error> {
    let mut reader = TableReader::open(input, Dialect::default(), stop)?;
    reader.set_purpose(Purpose::Centroids);
    let mut centroids = Centroids { values: Vec::new(), clusters: 0, notes: Vec::new() };
    if reader.is_headerless() {
        let (found, expected) = (reader.columns().len(), features.len());
        if found != expected {
            let columns = if found == 1 { "column" } else { "columns" };
            let message = format!("has {found} {columns} without names, and there are {expected} features");
            return Err(Error::about(reader.name(), message));
        }
        let places: Vec<usize> = (0..expected).collect();
        reader.select_places(&places)?;
        let some: Vec<String> = features.iter().take(3).map(|name| shown(name)).collect();
        let more = if expected > some.len() { ", …" } else { "" };
        let (name, some) = (reader.name(), some.join(", "));
        centroids.notes.push(format!("{name} has no header, so its columns were taken as {some}{more}"));
    } else {
        reader.select(features)?;
    }
    while let Some(batch) = reader.next_batch()? {
        centroids.values.extend_from_slice(&batch.values.widened());
        centroids.clusters += batch.rows;
        if size_of_val(&*centroids.values) as u64 > LARGEST_WHOLE {
            return Err(Whole::Centroids.too_large(reader.name()));
        }
    }
    if centroids.clusters == 0 {
        return Err(Error::about(reader.name(), "holds no row"));
    }
    Ok(centroids)
}

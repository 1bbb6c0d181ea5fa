//! Starting centroids from a table.

use std::path::Path;
use std::sync::Arc;

use crate::error::Error;
use crate::format::Dialect;
use crate::source::Input;
use crate::stop::Stop;
use crate::table::{TableReader, widened};

/// Centroids, one a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Centroids {
    /// Row-major, columns in the order of the features asked for.
    pub values: Vec<f64>,
    /// How many.
    pub clusters: usize,
}

/// Reads centroids from a CSV, TSV or Arrow file: by the features' names in any order, or by position when the file
/// has no header.
///
/// # Errors
/// As [`read_table`](crate::read_table); [`Error::Data`] when features are missing.
pub fn read_centroids(path: &Path, features: &[String], stop: &Arc<dyn Stop>) -> Result<Centroids, Error> {
    let mut reader = TableReader::open(Input::Path(path.to_owned()), Dialect::default(), stop)?;
    if reader.is_headerless() {
        let (found, expected) = (reader.columns().len(), features.len());
        if found != expected {
            let columns = if found == 1 { "column" } else { "columns" };
            let message = format!("has {found} {columns} without names, and there are {expected} features");
            return Err(Error::about(reader.name(), message));
        }
        let places: Vec<usize> = (0..expected).collect();
        reader.select_places(&places)?;
    } else {
        reader.select(features)?;
    }
    let mut centroids = Centroids { values: Vec::new(), clusters: 0 };
    while let Some(batch) = reader.next_batch()? {
        centroids.values.extend(widened(&batch.values));
        centroids.clusters += batch.rows;
    }
    if centroids.clusters == 0 {
        return Err(Error::about(reader.name(), "holds no row"));
    }
    Ok(centroids)
}

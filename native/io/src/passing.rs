//! Tables for training that may not fit in memory: read whole as long as they do, else row by row again and again.

mod labels;
mod raw;
mod source;

use std::sync::Arc;

use kmeans_engine::{ColumnSurvey, RowBlock, Shape};

use crate::cell::Cells;
use crate::columns::Selection;
use crate::dialect::Dialect;
use crate::error::Error;
use crate::place::Place;
use crate::source::Input;
use crate::stop::Stop;
use crate::table::Table;
use crate::table::training::Reading;

use raw::Raw;

pub use labels::LabelsFile;
pub use source::PassingRows;
use source::{Again, Source};

/// What may be held in memory, and what it is needed for.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    /// Bytes.
    pub bytes: u64,
    /// Clusters asked for.
    pub clusters: usize,
    /// Threads that compute.
    pub threads: usize,
    /// Whether numbers become others before they are clustered.
    pub prepared: bool,
}

/// A table as it can be had.
pub enum Loaded {
    /// All of it, in memory.
    Held(Table),
    /// Without its rows in the first, which are read again and again; what was seen of them the first time.
    Passing(Table, Box<PassingRows>, ColumnSurvey),
}

/// Reads a table for training: into memory, until what is there, or what a file promises to hold, passes the limit.
///
/// # Errors
/// As [`read_table`](crate::read_table).
pub fn read_table_within(
    input: Input,
    dialect: Dialect,
    selection: &Selection,
    keep_source: bool,
    limit: Limit,
    stop: &Arc<dyn Stop>,
) -> Result<Loaded, Error> {
    let place = match &input {
        Input::Path(path) => Place::of_file(path),
        Input::Paths(paths) if paths.len() == 1 => Place::of_file(&paths[0]),
        _ => None,
    };
    let mut reading = Reading::begin(input, dialect, selection, keep_source, stop)?;
    let rereads = place.is_some() && reading.reader.rereads_fast();
    let name = reading.reader.name().to_owned();
    let survey = ColumnSurvey::default();
    let (to, whole) = (To::Cells, 0);
    let mut taken = Taken { limit, rereads, name: name.clone(), to, whole, rows: 0, weighs: false, survey };
    reading.read(&mut |cells, promised| {
        let held = taken.take(cells, promised)?;
        stop.rows(taken.rows + cells.rows as u64);
        Ok(held)
    })?;
    let (format, wanted) = (reading.reader.source_format(), reading.wanted.clone());
    let whole = taken.whole.max(limit.needed(&reading.cells, taken.rows as usize));
    let Taken { to, rows, weighs, survey, .. } = taken;
    let (columns, weighted) = (reading.cells.wanted.len(), reading.cells.weight.is_some());
    let passing = |source| Box::new(PassingRows::new(&name, columns, weighted, rows as usize, whole, source));
    Ok(match (to, place) {
        (To::Nothing, Some(place)) => {
            let again = Again { place, format, wanted };
            Loaded::Passing(reading.finish(rows, weighs)?, passing(Source::Again(again)), survey)
        }
        (To::Raw(mut raw), _) => {
            raw.flush()?;
            Loaded::Passing(reading.finish(rows, weighs)?, passing(Source::Raw(*raw)), survey)
        }
        (To::Cells | To::Nothing, _) => Loaded::Held(reading.into_table()?),
    })
}

/// Rows on their way, and where they go.
struct Taken {
    limit: Limit,
    /// Whether the input can be read again as it is.
    rereads: bool,
    name: String,
    to: To,
    /// Bytes that passed the limit.
    whole: u64,
    /// Rows that have gone, and whether any weighs.
    rows: u64,
    weighs: bool,
    survey: ColumnSurvey,
}

enum To {
    /// They stay.
    Cells,
    Raw(Box<Raw>),
    Nothing,
}

impl Taken {
    /// Sees rows as they come; whether they stay.
    fn take(&mut self, cells: &mut Cells, promised: usize) -> Result<bool, Error> {
        if matches!(self.to, To::Cells) {
            let needed = self.limit.needed(cells, cells.rows.max(promised));
            if needed <= self.limit.bytes {
                return Ok(true);
            }
            self.whole = needed;
            self.to = if self.rereads {
                To::Nothing
            } else {
                To::Raw(Box::new(Raw::new(&self.name, cells.wanted.len(), cells.weight.is_some())?))
            };
        }
        let raw = match &mut self.to {
            To::Cells => return Ok(true),
            To::Raw(raw) => Some(raw),
            To::Nothing => None,
        };
        let weights = cells.weight.map(|_| std::mem::take(&mut cells.weights));
        self.weighs |= weights.as_ref().is_none_or(|weights| weights.iter().any(|&weight| weight > 0.0));
        let (rows, matrix) = cells.take();
        self.rows += rows as u64;
        self.survey.see(&matrix);
        if let Some(raw) = raw {
            raw.push(&RowBlock::new(matrix, weights))?;
        }
        Ok(false)
    }
}

impl Limit {
    /// Bytes that so many rows take in memory.
    fn needed(&self, cells: &Cells, rows: usize) -> u64 {
        // Texts become columns beside those that were read.
        let features = cells.features();
        let columns = if cells.categories.iter().any(Option::is_some) {
            features + cells.wanted.len()
        } else {
            features
        };
        let shape = Shape {
            rows,
            columns,
            clusters: self.clusters,
            threads: self.threads,
            weighted: cells.weight.is_some(),
            narrow: cells.is_narrow() && !self.prepared && columns == features,
        };
        shape.in_memory()
    }
}

#[cfg(test)]
mod tests;

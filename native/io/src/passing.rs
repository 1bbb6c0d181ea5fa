//! Tables for training that may not fit in memory: read whole as long as they do, else row by row again and again.

mod labels;
mod raw;
mod source;

use std::sync::Arc;

use kmeans_engine::{ColumnSurvey, RowBlock, Shape, allocation};

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
use source::{Again, Source};
pub use source::{NotHeld, PassingRows};

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
    let mut taken = Taken {
        limit,
        rereads,
        name: name.clone(),
        to: To::Cells,
        whole: 0,
        asked: 0,
        refused: false,
        rows: 0,
        weighs: false,
        survey,
    };
    reading.read(&mut |cells, promised| {
        let held = taken.take(cells, promised)?;
        stop.rows(taken.rows + cells.rows as u64);
        Ok(held)
    })?;
    let (format, wanted) = (reading.reader.source_format(), reading.wanted.clone());
    let whole = taken.whole.max(limit.needed(&reading.cells, taken.rows as usize));
    let Taken { to, rows, weighs, survey, refused, .. } = taken;
    let (columns, weighted) = (reading.cells.wanted.len(), reading.cells.weight.is_some());
    let not_held = NotHeld { whole, refused };
    let passing =
        |source| Box::new(PassingRows::new(&name, columns, weighted, rows as usize, not_held, source));
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
    /// Rows for which the system was asked for memory.
    asked: usize,
    /// Set where it had none, though the limit allows for it.
    refused: bool,
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
            let passed = needed > self.limit.bytes;
            self.refused = !passed && self.lacks_memory(cells, promised);
            if !passed && !self.refused {
                return Ok(true);
            }
            self.whole = needed;
            self.to = self.elsewhere(cells)?;
        }
        self.send(cells)?;
        Ok(false)
    }

    /// Asks the system for what all rows take before they are there: for those that are promised or, where nothing is, for
    /// twice as many as there are.
    fn lacks_memory(&mut self, cells: &Cells, promised: usize) -> bool {
        if cells.rows <= self.asked {
            return false;
        }
        self.asked = promised.max(2 * cells.rows);
        let needed = self.limit.needed(cells, self.asked).min(self.limit.bytes);
        !allocation::is_available(needed.saturating_sub(cells.values.bytes() as u64))
    }

    /// Chooses where rows go that do not stay.
    fn elsewhere(&self, cells: &Cells) -> Result<To, Error> {
        if self.rereads {
            return Ok(To::Nothing);
        }
        Ok(To::Raw(Box::new(Raw::new(&self.name, cells.wanted.len(), cells.weight.is_some())?)))
    }

    /// Sends the rows there.
    fn send(&mut self, cells: &mut Cells) -> Result<(), Error> {
        let weights = cells.weight.map(|_| std::mem::take(&mut cells.weights));
        self.weighs |= weights.as_ref().is_none_or(|weights| weights.iter().any(|&weight| weight > 0.0));
        let (rows, matrix) = cells.take();
        self.rows += rows as u64;
        self.survey.see(&matrix);
        if let To::Raw(raw) = &mut self.to {
            raw.push(&RowBlock::new(matrix, weights))?;
        }
        Ok(())
    }
}

impl Limit {
    /// Bytes that so many rows take in memory.
    fn needed(&self, cells: &Cells, rows: usize) -> u64 {
        self.shape(cells, rows).in_memory()
    }

    /// The table, if it has so many rows.
    fn shape(&self, cells: &Cells, rows: usize) -> Shape {
        // Texts become columns beside those that were read.
        let features = cells.features();
        let columns = if cells.categories.iter().any(Option::is_some) {
            features + cells.wanted.len()
        } else {
            features
        };
        Shape {
            rows,
            columns,
            clusters: self.clusters,
            threads: self.threads,
            weighted: cells.weight.is_some(),
            narrow: cells.is_narrow() && !self.prepared && columns == features,
        }
    }
}

#[cfg(test)]
mod tests;

//! The rows of a table, again and again.

use std::sync::Arc;

use kmeans_engine::{Error as EngineError, RowBlock, RowSource};

use crate::error::Error;
use crate::format::Format;
use crate::place::{CHANGED, Place};
use crate::stop::{Never, Stop};
use crate::table::training::Wanted;

use super::raw::Raw;

/// The rows of a table that is not held: missing cells, where they may be, are NaN, texts of categories their numbers.
///
/// Text costs some 20 ns a number to parse, many times as much as copying it, Parquet is decoded, and what comes through a
/// pipe comes once; so of these the used columns were left in a temporary file of numbers. Arrow and .npy files are read
/// again as they are.
pub struct PassingRows {
    name: String,
    columns: usize,
    weighted: bool,
    rows: usize,
    passes: usize,
    not_held: NotHeld,
    source: Source,
}

/// Why the rows of a table are read again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotHeld {
    /// The least limit, in bytes, under which they are held: what they take as a whole, as far as that is known when it is
    /// decided.
    pub whole: u64,
    /// Set where the limit would have let them be held, and the system had no memory for them.
    pub refused: bool,
}

pub(super) enum Source {
    Again(Again),
    Raw(Raw),
}

/// A file that is read again as it is.
pub(super) struct Again {
    pub(super) place: Place,
    pub(super) format: Format,
    pub(super) wanted: Wanted,
}

impl PassingRows {
    pub(super) fn new(
        name: &str,
        columns: usize,
        weighted: bool,
        rows: usize,
        not_held: NotHeld,
        source: Source,
    ) -> Self {
        Self { name: name.to_owned(), columns, weighted, rows, passes: 1, not_held, source }
    }

    /// The input's name in messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Why the rows are not held.
    pub fn not_held(&self) -> NotHeld {
        self.not_held
    }

    /// How often they were read, the first time included.
    pub fn passes(&self) -> usize {
        self.passes
    }
}

type Each<'a> = dyn FnMut(RowBlock) -> Result<(), EngineError> + 'a;

impl RowSource for PassingRows {
    fn columns(&self) -> usize {
        self.columns
    }

    fn weighted(&self) -> bool {
        self.weighted
    }

    fn pass(&mut self, each: &mut Each) -> Result<(), EngineError> {
        self.passes += 1;
        let mut rows = 0;
        let counted = &mut |block: RowBlock| {
            rows += block.rows();
            each(block)
        };
        match &mut self.source {
            Source::Again(again) => again.pass(&self.name, counted),
            Source::Raw(raw) => raw.pass(counted),
        }?;
        if rows == self.rows {
            return Ok(());
        }
        Err(EngineError::source(match &self.source {
            Source::Again(_) => Error::about(&self.name, CHANGED),
            // It is our own copy.
            Source::Raw(_) => Error::miscounted(&self.name, "rows", self.rows as u64, rows as u64),
        }))
    }
}

impl Again {
    fn pass(&self, name: &str, each: &mut Each) -> Result<(), EngineError> {
        // A fit that is interrupted still labels all rows.
        let never: Arc<dyn Stop> = Arc::new(Never);
        let mut done = Ok(());
        let read = self.wanted.reread(name, &self.place, self.format, &never, &mut |cells| {
            let weights = cells.weight.map(|_| std::mem::take(&mut cells.weights));
            let (_, matrix) = cells.take();
            done = each(RowBlock::new(matrix, weights));
            done.is_ok()
        });
        done?;
        read.map_err(EngineError::source)?;
        if self.place.is_unchanged() { Ok(()) } else { Err(EngineError::source(Error::about(name, CHANGED))) }
    }
}

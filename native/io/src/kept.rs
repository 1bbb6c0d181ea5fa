//! An input that was read once and can be read again, to be written with its labels.

use std::fmt;
use std::sync::Arc;

use arrow_schema::SchemaRef;

use crate::convert::{NotUtf8, fits_text};
use crate::error::Error;
use crate::format::{Dialect, Format};
use crate::output::Output;
use crate::place::{CHANGED, Place};
use crate::stop::Stop;
use crate::table::TableReader;
use crate::write::TableWriter;

/// The input of [`read_table`](crate::read_table): the file, or a temporary copy of what came through a pipe.
pub struct Kept {
    limits: Limits,
    name: String,
    place: Place,
    dialect: Dialect,
    features: Vec<usize>,
}

/// What stands in the way of another format.
pub(crate) enum Limits {
    /// The first text that is not UTF-8.
    Text(Option<NotUtf8>),
    /// The columns' types.
    Arrow(SchemaRef),
}

impl fmt::Debug for Kept {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Kept")
            .field("name", &self.name)
            .field("dialect", &self.dialect)
            .finish_non_exhaustive()
    }
}

impl Kept {
    pub(crate) fn new(
        name: String,
        place: Place,
        dialect: Dialect,
        features: Vec<usize>,
        limits: Limits,
    ) -> Self {
        Self { limits, name, place, dialect, features }
    }

    /// Whether the input can be written in another format, as far as reading it has told; `None` is its own. Cheap, so
    /// that it can be asked before any work.
    ///
    /// # Errors
    /// [`Error::Data`] naming what stands in the way.
    pub fn can_become(&self, format: Option<Format>) -> Result<(), Error> {
        match (&self.limits, format) {
            (Limits::Text(Some(place)), Some(Format::Arrow)) => Err(place.refused(&self.name)),
            (Limits::Arrow(schema), Some(Format::Csv | Format::Tsv)) => fits_text(&self.name, schema),
            _ => Ok(()),
        }
    }

    /// What was found out about the input.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Writes the input with a column `cluster` appended: `labels`, one a row. Warnings come back.
    ///
    /// # Errors
    /// [`Error::Data`] when the input has changed since; [`Error::Read`], [`Error::Write`], [`Error::ClosedPipe`],
    /// [`Error::Interrupted`]. The output's old file is untouched then.
    pub fn write_with_labels(
        &self,
        output: Output,
        format: Option<Format>,
        labels: &[u32],
        stop: &Arc<dyn Stop>,
    ) -> Result<Vec<String>, Error> {
        let changed = || Error::about(&self.name, CHANGED);
        let source = self.place.reopen(&self.name, None, stop)?;
        let mut reader = TableReader::of_source(source, self.dialect, false)?;
        if self.features.iter().any(|&column| column >= reader.features().len()) {
            return Err(changed());
        }
        // Numbers are needed only where text becomes typed columns.
        let target = format.or(output.format()).unwrap_or(reader.format());
        if target == Format::Arrow && reader.format() != Format::Arrow {
            reader.select_places(&self.features)?;
            reader.keep_missing();
        }
        let mut writer = TableWriter::new(&reader, output, format, None)?;
        let mut rest = labels;
        while let Some(batch) = reader.next_batch()? {
            let (now, later) = rest.split_at_checked(batch.rows).ok_or_else(changed)?;
            writer.write(&batch, now, None)?;
            rest = later;
        }
        if !rest.is_empty() || !self.place.is_unchanged() {
            return Err(changed());
        }
        let warnings = writer.warnings().to_vec();
        writer.finish()?;
        Ok(warnings)
    }
}

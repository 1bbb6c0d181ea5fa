//! An input that was read once and can be read again, to be written with its labels.

use std::fmt;
use std::sync::Arc;

use arrow_schema::SchemaRef;

use crate::convert::{NotUtf8, fits_text};
use crate::error::Error;
use crate::format::{Dialect, Format};
use crate::output::Output;
use crate::place::{CHANGED, Place};
use crate::source::Later;
use crate::stop::Stop;
use crate::table::TableReader;
use crate::write::TableWriter;

/// The input of [`read_table`](crate::read_table): the files, or a temporary copy of what came through a pipe.
pub struct Kept {
    first: Part,
    more: Vec<Part>,
}

/// One of several inputs.
pub(crate) struct Part {
    pub(crate) limits: Limits,
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) dialect: Dialect,
    /// Places of the columns that are numbers.
    pub(crate) features: Vec<usize>,
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
            .field("name", &self.first.name)
            .field("dialect", &self.first.dialect)
            .finish_non_exhaustive()
    }
}

impl Kept {
    pub(crate) fn of(mut parts: Vec<Part>) -> Option<Self> {
        if parts.is_empty() {
            return None;
        }
        let more = parts.split_off(1);
        parts.pop().map(|first| Self { first, more })
    }

    fn parts(&self) -> impl Iterator<Item = &Part> {
        std::iter::once(&self.first).chain(&self.more)
    }

    /// Whether the input can be written in another format, as far as reading it has told; `None` is its own. Cheap, so
    /// that it can be asked before any work.
    ///
    /// # Errors
    /// [`Error::Data`] naming what stands in the way.
    pub fn can_become(&self, format: Option<Format>) -> Result<(), Error> {
        self.parts().try_for_each(|part| match (&part.limits, format) {
            (Limits::Text(Some(place)), Some(Format::Arrow)) => Err(place.refused(&part.name)),
            (Limits::Arrow(schema), Some(Format::Csv | Format::Tsv)) => fits_text(&part.name, schema),
            _ => Ok(()),
        })
    }

    /// What was found out about the input.
    pub fn dialect(&self) -> Dialect {
        self.first.dialect
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
        let first = &self.first;
        let changed = || Error::about(&first.name, CHANGED);
        let again = |part: &Part| {
            let (name, dialect) = (part.name.clone(), part.dialect);
            Ok::<_, Error>(Later::Again { place: part.place.share(&name)?, name, dialect })
        };
        let later = self.more.iter().map(again).collect::<Result<_, Error>>()?;
        let source = first.place.reopen(&first.name, None, stop)?;
        let mut reader = TableReader::of_source(source, first.dialect, later, false)?;
        if first.features.iter().any(|&column| column >= reader.features().len()) {
            return Err(changed());
        }
        // Numbers are needed only where text becomes typed columns.
        let target = format.or(output.format()).unwrap_or(reader.format());
        if target == Format::Arrow && reader.format() != Format::Arrow {
            reader.select_places(&first.features)?;
            reader.keep_missing();
        }
        let mut writer = TableWriter::new(&reader, output, format, None)?;
        let mut rest = labels;
        while let Some(batch) = reader.next_batch()? {
            let (now, later) = rest.split_at_checked(batch.rows).ok_or_else(changed)?;
            writer.write(&batch, now, None)?;
            rest = later;
        }
        if !rest.is_empty() {
            return Err(changed());
        }
        if let Some(part) = self.parts().find(|part| !part.place.is_unchanged()) {
            return Err(Error::about(&part.name, CHANGED));
        }
        let warnings = writer.warnings().to_vec();
        writer.finish()?;
        Ok(warnings)
    }
}

//! An input that was read once and can be read again, to be written with its labels.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use arrow_schema::SchemaRef;
use kmeans_engine::{Matrix, Measured};

use crate::added::Extra;
use crate::convert::{NotUtf8, fits, names_fit};
use crate::dialect::Dialect;
use crate::error::Error;
use crate::format::Format;
use crate::json::table::Look;
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
    /// Places of the columns that are clustered on.
    pub(crate) features: Vec<usize>,
}

/// The labels of an input's rows, and what else is written of them.
#[derive(Debug, Clone, Copy)]
pub struct Labelled<'a> {
    /// One a row.
    pub labels: Labels<'a>,
    /// The texts of each feature that holds categories, in the order of their numbers; may be empty.
    pub categories: &'a [Option<Vec<String>>],
    /// What is written beside the label.
    pub extra: Extra,
}

/// Labels of all rows.
#[derive(Clone, Copy)]
pub enum Labels<'a> {
    /// In memory.
    Held(&'a [u32]),
    /// To be had some at a time.
    Read {
        /// How many.
        rows: usize,
        /// Gives those of so many rows from a row on.
        some: &'a dyn Fn(usize, usize) -> Result<Vec<u32>, Error>,
    },
}

impl fmt::Debug for Labels<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Labels").field("rows", &self.rows()).finish_non_exhaustive()
    }
}

impl<'a> Labels<'a> {
    /// How many.
    pub fn rows(&self) -> usize {
        match self {
            Self::Held(labels) => labels.len(),
            Self::Read { rows, .. } => *rows,
        }
    }

    /// Those of some rows from `first` on, no more than there are.
    ///
    /// # Errors
    /// What reading them says.
    pub fn some(&self, first: usize, rows: usize) -> Result<Cow<'a, [u32]>, Error> {
        let (first, last) = (first.min(self.rows()), self.rows().min(first + rows));
        match self {
            Self::Held(labels) => Ok(Cow::Borrowed(&labels[first..last])),
            Self::Read { some, .. } => some(first, last - first).map(Cow::Owned),
        }
    }
}

/// What stands in the way of another format.
pub(crate) enum Limits {
    /// The columns' names, and the first text that is not UTF-8.
    Text { names: Vec<String>, not_utf8: Option<NotUtf8> },
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
        let Some(format) = format else { return Ok(()) };
        self.parts().try_for_each(|part| match &part.limits {
            Limits::Text { not_utf8: Some(place), .. } if !format.is_delimited() => {
                Err(place.refused(&part.name, format))
            }
            Limits::Text { names, .. } => names_fit(&part.name, names.iter().map(String::as_str), format),
            Limits::Arrow(schema) => fits(&part.name, schema, format),
        })
    }

    /// The format in which the input is passed on unless another is named.
    pub fn format(&self) -> Format {
        self.dialect().format.filter(|format| format.is_written()).unwrap_or(Format::Arrow)
    }

    /// What was found out about the input.
    pub fn dialect(&self) -> Dialect {
        self.first.dialect
    }

    /// Writes the input with a column `cluster` appended, and what else is wanted: `measure` is given the features of some
    /// rows, as they were read with missing cells as NaN, and their labels. Warnings come back.
    ///
    /// # Errors
    /// [`Error::Data`] when the input has changed since; [`Error::Read`], [`Error::Write`], [`Error::ClosedPipe`],
    /// [`Error::Interrupted`]; what `measure` says. The output's old file is untouched then.
    pub fn write_with_labels<E: From<Error>>(
        &self,
        output: Output,
        format: Option<Format>,
        Labelled { labels, categories, extra }: Labelled,
        mut measure: impl FnMut(&Matrix, &[u32]) -> Result<Measured, E>,
        stop: &Arc<dyn Stop>,
    ) -> Result<Vec<String>, E> {
        let first = &self.first;
        let changed = || E::from(Error::about(&first.name, CHANGED));
        let again = |part: &Part| {
            let (name, dialect) = (part.name.clone(), part.dialect);
            Ok::<_, Error>(Later::Again { place: part.place.share(&name)?, name, dialect })
        };
        let later = self.more.iter().map(again).collect::<Result<_, Error>>()?;
        let source = first.place.reopen(&first.name, None, stop)?;
        let mut reader = TableReader::of_source(source, first.dialect, later, false, Look::Training)?;
        if first.features.iter().any(|&column| column >= reader.features().len()) {
            return Err(changed());
        }
        // Numbers are needed only where they are measured, or text becomes typed columns.
        let target = output.target(format, reader.format())?;
        if extra.measures.any() || (!target.is_delimited() && reader.is_text()) {
            reader.select_prepared_places(&first.features, categories, true)?;
        }
        let mut writer = TableWriter::new(&reader, output, format, extra)?;
        let mut written = 0;
        while let Some(batch) = reader.next_batch()? {
            let now = labels.some(written, batch.rows)?;
            written += batch.rows;
            if now.len() < batch.rows {
                return Err(changed());
            }
            let measured =
                if extra.measures.any() { measure(&batch.values, &now)? } else { Measured::default() };
            writer.write(&batch, &now, &measured)?;
        }
        if written < labels.rows() {
            return Err(changed());
        }
        if let Some(part) = self.parts().find(|part| !part.place.is_unchanged()) {
            return Err(Error::about(&part.name, CHANGED).into());
        }
        let warnings = writer.warnings().to_vec();
        writer.finish()?;
        Ok(warnings)
    }
}

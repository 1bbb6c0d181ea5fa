//! One input as a table, whatever its format.

use std::collections::HashSet;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

use crate::arrow::leaves::{Leaf, Leaves};
use crate::arrow::table::ArrowTable;
use crate::cell::Cells;
use crate::columns::{Profile, Selection, Skipped};
use crate::csv::table::{CsvTable, RawRecords, TextStyle};
use crate::dialect::Dialect;
use crate::error::Error;
use crate::format::{Format, settle};
use crate::gzip_members::Trailing;
use crate::json::table::{JsonTable, Look};
use crate::kept::{Limits, Part};
use crate::lead::Lead;
use crate::source::Source;
use crate::stop::Stop;

/// An opened input.
pub(crate) struct Opened {
    /// In messages.
    pub(crate) name: String,
    /// What it is.
    pub(crate) format: Format,
    pub(crate) length: Option<u64>,
    pub(crate) body: Body,
    /// What was guessed about it and the user may want to know.
    pub(crate) notes: Vec<String>,
    trailing: Option<Trailing>,
    /// Set where it says itself where it ends, so that nobody reads on to see what follows.
    ends_itself: bool,
    pub(crate) stop: Arc<dyn Stop>,
}

pub(crate) enum Body {
    Csv(Box<CsvTable>),
    Arrow(Box<ArrowTable>),
    Json(Box<JsonTable>),
}

/// What one step of reading has brought.
pub(crate) enum Filled {
    End,
    Text,
    Arrow(RecordBatch),
}

/// What a writer must know of the table that it continues.
#[derive(Debug, Clone)]
pub(crate) enum Layout {
    Text(TextStyle),
    Json,
    Arrow(SchemaRef),
}

impl Opened {
    pub(crate) fn of(source: Source, dialect: Dialect, keep: bool, look: &Look) -> Result<Self, Error> {
        let format = settle(source.signs(), dialect.format)?;
        let (name, length, stop) = (source.name.clone(), source.length, Arc::clone(source.stop()));
        let (trailing, ends_itself) = (source.trailing.clone(), source.lead == Lead::ArrowStream);
        let (format, body, notes) = match format {
            Format::Arrow | Format::Parquet | Format::Npy => {
                (format, Body::Arrow(Box::new(ArrowTable::open(source, format)?)), Vec::new())
            }
            Format::Jsonl => (format, Body::Json(Box::new(JsonTable::open(source, look)?)), Vec::new()),
            Format::Csv | Format::Tsv => {
                let (mut table, notes) = CsvTable::open(source, format, dialect)?;
                if keep {
                    table.watch_utf8();
                }
                let format = if table.style.delimiter == b'\t' { Format::Tsv } else { Format::Csv };
                (format, Body::Csv(Box::new(table)), notes)
            }
        };
        Ok(Self { name, format, length, body, notes, trailing, ends_itself, stop })
    }

    /// The format in which the table is passed on unless another is named: its own, or Arrow where that is not written.
    pub(crate) fn passed_on(&self) -> Format {
        match self.format {
            format if format.is_written() => format,
            _ => Format::Arrow,
        }
    }

    /// Tells if it is compressed as a whole.
    pub(crate) fn is_packed(&self) -> bool {
        self.trailing.is_some()
    }

    /// What came to light only while reading.
    pub(crate) fn late_notes(&self) -> impl Iterator<Item = String> {
        let trailing = self.trailing.as_ref().filter(|_| !self.ends_itself);
        let trailing = trailing.and_then(|trailing| trailing.note(&self.name));
        self.body.late_note().into_iter().chain(trailing)
    }

    /// Refuses an end before which something was lost: `arrived` rows are there.
    pub(crate) fn check_end(&self, arrived: u64) -> Result<(), Error> {
        let rows = match &self.body {
            Body::Csv(table) => {
                table.check_end()?;
                table.rows()
            }
            Body::Json(table) => {
                table.check_end()?;
                table.rows()
            }
            // Its records know how many there are to be.
            Body::Arrow(table) => table.rows(),
        };
        if rows == arrived { Ok(()) } else { Err(Error::miscounted(&self.name, "rows", rows, arrived)) }
    }

    /// For a second reading, with these columns as features.
    pub(crate) fn into_part(self, features: Vec<usize>) -> Option<Part> {
        let format = Some(self.format);
        let (dialect, limits, place) = match self.body {
            Body::Csv(table) => {
                let dialect = Dialect {
                    format,
                    header: Some(table.style.header),
                    delimiter: Some(table.style.delimiter),
                    decimal: Some(table.style.decimal),
                    comment: Some(table.style.comment),
                    threads: None,
                };
                let limits = Limits::Text { names: table.names.to_vec(), not_utf8: table.not_utf8() };
                (dialect, limits, table.into_source().into_place())
            }
            Body::Arrow(table) => {
                let limits = Limits::Arrow(table.schema().clone());
                (Dialect { format, ..Dialect::default() }, limits, table.into_place())
            }
            // JSON is always UTF-8.
            Body::Json(table) => (
                Dialect { format, ..Dialect::default() },
                Limits::Text { names: Vec::new(), not_utf8: None },
                table.into_place(),
            ),
        };
        place.map(|place| Part { name: self.name, place, dialect, features, limits })
    }
}

impl Body {
    /// The names of all columns, in the order of the input.
    pub(crate) fn columns(&self) -> &[String] {
        match self {
            Self::Csv(table) => &table.names,
            Self::Arrow(table) => &table.names,
            Self::Json(table) => table.names(),
        }
    }

    /// The columns of numbers and all others, where a column may hold vectors.
    fn leaves(&self) -> Option<&Leaves> {
        match self {
            Self::Csv(_) => None,
            Self::Arrow(table) => Some(table.leaves()),
            Self::Json(table) => Some(table.leaves()),
        }
    }

    /// The names of all columns that may be used.
    pub(crate) fn features(&self) -> &[String] {
        self.leaves().map_or_else(|| self.columns(), |leaves| &leaves.names)
    }

    /// Where a column that is used stands among the columns.
    fn column(&self, feature: usize) -> usize {
        match self {
            Self::Csv(_) => feature,
            Self::Arrow(table) => table.column(feature),
            Self::Json(table) => table.leaves().all[feature].column,
        }
    }

    /// The columns of which none of these uses anything.
    pub(crate) fn ignored(&self, features: &[usize]) -> Vec<String> {
        let used: HashSet<usize> = features.iter().map(|&feature| self.column(feature)).collect();
        let columns = self.columns().iter().enumerate();
        columns.filter(|(column, _)| !used.contains(column)).map(|(_, name)| name.clone()).collect()
    }

    /// The column of text that a used column is, for one who types it; a place that no column has for a vector's element.
    pub(crate) fn typed(&self, feature: usize) -> usize {
        match self {
            Self::Json(table) => match table.leaves().all[feature] {
                Leaf { column, element: None } => column,
                // A vector is passed on as a whole.
                Leaf { .. } => usize::MAX,
            },
            Self::Csv(_) | Self::Arrow(_) => feature,
        }
    }

    /// Whether the rows are JSON objects.
    pub(crate) fn is_json(&self) -> bool {
        matches!(self, Self::Json(_))
    }

    /// Whether the columns' names were made up.
    pub(crate) fn is_headerless(&self) -> bool {
        matches!(self, Self::Csv(table) if !table.style.header)
    }

    /// Whether every one of these columns is exactly f32.
    pub(crate) fn is_narrow(&self, features: &[usize]) -> bool {
        matches!(self, Self::Arrow(table) if table.is_narrow(features))
    }

    /// Says that a header may be data, when the names of columns for which `numeric` holds are numbers.
    pub(crate) fn doubt(&self, numeric: impl Fn(usize) -> bool) -> Option<String> {
        match self {
            Self::Csv(table) => table.doubt(numeric),
            Self::Arrow(_) | Self::Json(_) => None,
        }
    }

    pub(crate) fn layout(&self) -> Layout {
        match self {
            Self::Csv(table) => Layout::Text(table.style.clone()),
            Self::Arrow(table) => Layout::Arrow(table.schema().clone()),
            Self::Json(_) => Layout::Json,
        }
    }

    /// A selection with the elements of a column of vectors for its name.
    pub(crate) fn expanded(&self, selection: &Selection) -> Selection {
        self.leaves().map_or_else(|| selection.clone(), |leaves| leaves.expand(selection))
    }

    /// Skipped columns with one entry for all the elements of a vector.
    pub(crate) fn gathered(&self, skipped: Vec<Skipped>) -> Vec<Skipped> {
        match self.leaves() {
            Some(leaves) => leaves.gathered(skipped),
            None => skipped,
        }
    }

    /// What each column holds.
    pub(crate) fn profiles(&mut self) -> Result<Vec<Profile>, Error> {
        match self {
            Self::Csv(table) => table.profiles(),
            Self::Arrow(table) => Ok(table.leaves().profiles()),
            Self::Json(table) => table.profiles(),
        }
    }

    /// Refuses columns whose type is known and is no number; those for which `is_text` holds need not be one.
    pub(crate) fn require_numeric(
        &self,
        features: &[usize],
        is_text: impl Fn(usize) -> bool,
        input: &str,
    ) -> Result<(), Error> {
        let Some(leaves) = self.leaves() else { return Ok(()) };
        let profiles = leaves.profiles();
        let mut numbers = features.iter().enumerate().filter(|(slot, _)| !is_text(*slot));
        numbers.try_for_each(|(_, &feature)| profiles[feature].require_numeric(input))
    }

    /// Reads only what `cells` wants.
    pub(crate) fn project(&mut self, cells: &Cells) {
        if let Self::Arrow(table) = self {
            table.project(cells);
        }
    }

    /// Appends the rows that can be had with one read; the original bytes of texts go to `raw`.
    pub(crate) fn fill(&mut self, cells: &mut Cells, raw: Option<&mut RawRecords>) -> Result<Filled, Error> {
        let text = |filled| if filled { Filled::Text } else { Filled::End };
        match self {
            Self::Csv(table) => table.fill(cells, raw).map(text),
            Self::Arrow(table) => Ok(table.fill(cells, raw.is_some())?.map_or(Filled::End, Filled::Arrow)),
            Self::Json(table) => table.fill(cells, raw).map(text),
        }
    }

    /// What came to light only while reading.
    fn late_note(&self) -> Option<String> {
        match self {
            Self::Json(table) => table.note(),
            Self::Csv(_) | Self::Arrow(_) => None,
        }
    }

    /// Bytes of a text that have been read; `None` where that says nothing about the rows.
    pub(crate) fn consumed(&self) -> Option<u64> {
        match self {
            Self::Csv(table) => Some(table.consumed()),
            Self::Json(table) => Some(table.consumed()),
            Self::Arrow(_) => None,
        }
    }
}

//! Tables for training, read whole; and the engine room of every reader: one table, batch after batch.

use std::collections::VecDeque;
use std::sync::Arc;

use arrow_array::RecordBatch;
use kmeans_engine::Matrix;

use crate::added::CLUSTER;
use crate::body::{Filled, Layout, Opened};
use crate::categories::Categories;
use crate::cell::{Cells, OnMissing, Purpose};
use crate::convert::{fits, names_fit};
use crate::csv::table::RawRecords;
use crate::dialect::Dialect;
use crate::error::Error;
use crate::format::Format;
use crate::index::Index;
use crate::json::table::Look;
use crate::kept::{Kept, Part};
use crate::several::{First, Misfit};
use crate::source::{Input, Later, Source};
use crate::stop::Stop;

mod parts;
pub(crate) mod training;

use parts::Spread;

pub use training::{Table, read_table};

/// What a batch carries along for the output.
#[derive(Debug)]
pub(crate) enum Payload {
    Text(RawRecords),
    /// Objects.
    Json(RawRecords),
    Arrow(RecordBatch),
    /// Nothing, because these rows cannot stand where those before them do.
    Misfit(Misfit),
}

/// Some rows of a table, on their way to an output.
#[derive(Debug)]
pub struct Batch {
    /// How many rows; also when no column is selected.
    pub rows: usize,
    /// The selected columns of these rows.
    pub values: Matrix,
    pub(crate) payload: Payload,
}

/// Reads a table of any length in constant memory.
///
/// A batch is what one chunk of about 1 MiB holds, one Arrow batch, or less where a pipe has no more to give at the
/// moment: lines that trickle in are handed out as they come.
///
/// Of several inputs it reads one after the other, and finds the columns that are selected by name in each.
pub struct TableReader {
    table: Opened,
    first: First,
    /// What the first is passed on as.
    format: Format,
    /// Where the columns of the first stand in the one that is being read, if that is another.
    order: Option<Result<Vec<usize>, Misfit>>,
    later: VecDeque<Later>,
    /// Those that have been read.
    parts: Vec<Part>,
    keep: bool,
    look: Look,
    projected: bool,
    purpose: Purpose,
    notes: Vec<String>,
    cells: Cells,
    /// Which of the columns that are selected are categories; empty when none is.
    categorical: Vec<bool>,
    /// Rows of all inputs.
    total: u64,
    /// Rows of the input that is being read: those that have arrived, and those that have been handed out.
    arrived: u64,
    rows: u64,
    stop: Arc<dyn Stop>,
    spread: Spread,
}

impl TableReader {
    /// Opens a table and reads as far as its columns' names.
    ///
    /// # Errors
    /// As [`read_table`].
    pub fn open(input: Input, dialect: Dialect, stop: &Arc<dyn Stop>) -> Result<Self, Error> {
        Self::open_kept(input, dialect, false, Look::Columns, stop)
    }

    /// Opens a table of which only these columns are asked for, and which is passed on as it is or not at all: of JSON, no
    /// more is read for it than they take to be known.
    ///
    /// # Errors
    /// As [`read_table`].
    pub fn open_for(
        input: Input,
        dialect: Dialect,
        columns: &[String],
        stop: &Arc<dyn Stop>,
    ) -> Result<Self, Error> {
        Self::open_kept(input, dialect, false, Look::Features(columns.into()), stop)
    }

    fn open_kept(
        input: Input,
        dialect: Dialect,
        keep: bool,
        look: Look,
        stop: &Arc<dyn Stop>,
    ) -> Result<Self, Error> {
        let (input, more) = input.split_first()?;
        let later = more.into_iter().map(|path| Later::Path { path, dialect }).collect();
        let reader = Self::of_source(Source::open(input, keep, stop)?, dialect, later, keep, look)?;
        Ok(reader.on_threads(dialect.threads))
    }

    /// Reads a text on so many threads.
    pub(crate) fn on_threads(self, threads: Option<usize>) -> Self {
        Self { spread: Spread::new(threads), ..self }
    }

    pub(crate) fn of_source(
        source: Source,
        dialect: Dialect,
        later: VecDeque<Later>,
        keep: bool,
        look: Look,
    ) -> Result<Self, Error> {
        let mut table = Opened::of(source, dialect, keep, &look)?;
        let purpose = Purpose::Predict;
        Ok(Self {
            first: First::of(&table, !later.is_empty()),
            format: table.passed_on(),
            order: None,
            later,
            parts: Vec::new(),
            keep,
            look,
            projected: false,
            purpose,
            notes: std::mem::take(&mut table.notes),
            cells: Cells::new(purpose, Vec::new(), Vec::new(), false),
            categorical: Vec::new(),
            total: 0,
            arrived: 0,
            rows: 0,
            stop: Arc::clone(&table.stop),
            spread: Spread::none(),
            table,
        })
    }

    /// Only before columns are selected.
    pub(crate) fn set_purpose(&mut self, purpose: Purpose) {
        self.purpose = purpose;
    }

    /// The name in messages of the input that is being read.
    pub fn name(&self) -> &str {
        &self.table.name
    }

    /// The format in which the table is passed on unless another is named: its own, or Arrow where that is not written.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The names of all columns, in the order of the input, the first of several; `x1`, `x2`, … without a header.
    pub fn columns(&self) -> &[String] {
        self.first.columns()
    }

    /// The names of all columns that may be used: [`TableReader::columns`], with `emb[0]`, `emb[1]`, … for a column `emb`
    /// of vectors.
    pub fn features(&self) -> &[String] {
        self.table.body.features()
    }

    /// The columns of which nothing is used by those that are selected.
    pub fn ignored(&self) -> Vec<String> {
        self.table.body.ignored(&self.cells.wanted)
    }

    /// What was guessed about the input and the user may want to know.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Whether the rows are passed on as text: fields, or JSON objects.
    pub(crate) fn is_text(&self) -> bool {
        !matches!(self.first.layout(), Layout::Arrow(_))
    }

    /// Whether the rows are passed on as JSON objects.
    pub(crate) fn is_json(&self) -> bool {
        matches!(self.first.layout(), Layout::Json)
    }

    /// Selects the columns that every [`Batch::values`] has, by name, in this order; other columns are ignored.
    ///
    /// # Errors
    /// [`Error::Data`] naming every missing column, a name that several columns share, or a column of another type.
    pub fn select(&mut self, names: &[String]) -> Result<(), Error> {
        let columns = self.find(names)?;
        self.select_places(&columns)
    }

    fn find(&self, names: &[String]) -> Result<Vec<usize>, Error> {
        let index = Index::of(self.features().iter().map(String::as_str));
        index.features(names, self.name()).map_err(|error| match error.hint() {
            _ if self.is_headerless() => error
                .advise(Some("the input has no header row, so its columns are named x1, x2, …".to_owned())),
            None => error.advise(self.table.body.doubt(|_| true)),
            Some(_) => error,
        })
    }

    /// Whether this table can be written in another format, as far as its columns' types tell; `None` is its own.
    /// Cheap, so that it can be asked before any work.
    ///
    /// # Errors
    /// [`Error::Data`] naming the column that stands in the way.
    pub fn can_become(&self, format: Option<Format>) -> Result<(), Error> {
        let Some(format) = format else { return Ok(()) };
        match self.first.layout() {
            Layout::Arrow(schema) => fits(self.name(), schema, format),
            Layout::Text(_) => names_fit(self.name(), self.columns().iter().map(String::as_str), format),
            Layout::Json => Ok(()),
        }
    }

    /// Selects columns as [`TableReader::select`] does. A column with `categories` gives their numbers, from 0, and one
    /// more than the last for any other text. Missing cells are an error, or NaN.
    ///
    /// # Errors
    /// As [`TableReader::select`].
    pub fn select_prepared(
        &mut self,
        names: &[String],
        categories: &[Option<Vec<String>>],
        keep_missing: bool,
    ) -> Result<(), Error> {
        let columns = self.find(names)?;
        self.select_prepared_places(&columns, categories, keep_missing)
    }

    /// The same for columns by their places.
    pub(crate) fn select_prepared_places(
        &mut self,
        columns: &[usize],
        categories: &[Option<Vec<String>>],
        keep_missing: bool,
    ) -> Result<(), Error> {
        self.categorical = categories.iter().map(Option::is_some).collect();
        self.select_places(columns)?;
        if keep_missing {
            self.cells.on_missing = OnMissing::Keep;
        }
        self.cells.categories = categories.iter().map(|each| each.as_deref().map(Categories::of)).collect();
        Ok(())
    }

    pub(crate) fn select_places(&mut self, columns: &[usize]) -> Result<(), Error> {
        let is_text = |slot: usize| self.categorical.get(slot) == Some(&true);
        self.table.body.require_numeric(columns, is_text, self.name())?;
        self.cells = self.cells(columns);
        Ok(())
    }

    /// The next rows, at least one; `None` at the end.
    ///
    /// # Errors
    /// As [`read_table`].
    pub fn next_batch(&mut self) -> Result<Option<Batch>, Error> {
        let mut raw = RawRecords::default();
        loop {
            let none = Cells::new(self.purpose, Vec::new(), Vec::new(), false);
            let mut cells = std::mem::replace(&mut self.cells, none);
            let filled = self.fill(&mut cells, Some(&mut raw));
            let (rows, values) = cells.take();
            self.cells = cells;
            let payload = match filled? {
                Filled::End => return Ok(None),
                // An Arrow batch may be empty, and nobody has a use for one.
                _ if rows == 0 => continue,
                Filled::Text if self.table.body.is_json() => Payload::Json(raw),
                Filled::Text => Payload::Text(raw),
                Filled::Arrow(batch) => Payload::Arrow(batch),
            };
            let payload = match &self.order {
                None => payload,
                Some(Ok(order)) => self.first.conform(payload, order, &self.table, self.rows)?,
                Some(Err(misfit)) => Payload::Misfit(misfit.clone()),
            };
            self.rows += rows as u64;
            self.stop.rows(self.total);
            return Ok(Some(Batch { rows, values, payload }));
        }
    }

    /// Whether the columns' names were made up.
    pub fn is_headerless(&self) -> bool {
        self.table.body.is_headerless()
    }

    pub(crate) fn layout(&self) -> Layout {
        self.first.layout().clone()
    }

    /// Places of the selected columns; of those that hold categories, a place that no column has.
    pub(crate) fn selected(&self) -> Vec<usize> {
        let is_text = |slot: usize| self.categorical.get(slot) == Some(&true);
        let wanted = self.cells.wanted.iter().enumerate();
        wanted
            .map(|(slot, &column)| if is_text(slot) { usize::MAX } else { self.table.body.typed(column) })
            .collect()
    }

    fn cells(&self, columns: &[usize]) -> Cells {
        let names: Vec<String> = columns.iter().map(|&column| self.features()[column].clone()).collect();
        Cells::new(self.purpose, names, columns.to_vec(), self.table.body.is_narrow(columns))
    }

    fn fill(&mut self, cells: &mut Cells, mut raw: Option<&mut RawRecords>) -> Result<Filled, Error> {
        loop {
            if self.stop.requested() {
                return Err(Error::Interrupted);
            }
            let before = cells.rows;
            let filled = self.table.body.fill(cells, raw.as_deref_mut())?;
            let arrived = (cells.rows - before) as u64;
            self.arrived += arrived;
            self.total += arrived;
            if !matches!(filled, Filled::End) {
                return Ok(filled);
            }
            self.table.check_end(self.arrived)?;
            self.notes.extend(self.table.late_notes());
            if !self.advance(cells)? {
                return Ok(Filled::End);
            }
        }
    }

    /// Goes on with the next input; false when there is none.
    fn advance(&mut self, cells: &mut Cells) -> Result<bool, Error> {
        let Some(later) = self.later.pop_front() else { return Ok(false) };
        let (source, dialect) = later.open(self.keep, &self.stop)?;
        let last = std::mem::replace(&mut self.table, Opened::of(source, dialect, self.keep, &self.look)?);
        self.notes.append(&mut self.table.notes);
        (self.arrived, self.rows) = (0, 0);
        let is_labelled = |columns: &[String]| columns.iter().any(|name| name == CLUSTER);
        if is_labelled(self.table.body.columns()) && !is_labelled(self.first.columns()) {
            self.notes.push(format!(
                "{} has a column {CLUSTER}, as an output of an earlier run has, and its rows are read too",
                self.table.name
            ));
        }
        let order = self.first.order(&self.table);
        if self.keep {
            // Sooner than when the work is done and nothing can be written.
            order.as_ref().map_err(Misfit::error)?;
        }
        self.order = Some(order);
        let names: Vec<String> =
            cells.names.iter().chain(cells.weight.map(|_| &cells.weight_name)).cloned().collect();
        if let Some(truth) = &mut cells.truth {
            let name = last.body.features()[truth.column].clone();
            truth.column = self.find(&[name])?[0];
        }
        let mut places = self.find(&names)?;
        cells.weight = cells.weight.and_then(|_| places.pop());
        let is_text = |slot: usize| cells.categories.get(slot).is_some_and(Option::is_some);
        self.table.body.require_numeric(&places, is_text, &self.table.name)?;
        let before = std::mem::replace(&mut cells.wanted, places);
        if !self.table.body.is_narrow(&cells.wanted) {
            cells.values.widen();
        }
        if self.keep {
            self.parts.extend(last.into_part(before));
        }
        if self.projected {
            self.table.body.project(cells);
        }
        Ok(true)
    }

    /// What the input is.
    pub(crate) fn source_format(&self) -> Format {
        self.table.format
    }

    /// Whether reading the only input again costs little more than copying the numbers it holds. Text has to be parsed, what is
    /// compressed as a whole unpacked, and pages of Parquet decoded: ten passes over 3M x 8 numbers took 8.0 s so, and 3.2 s
    /// from a copy; of Arrow 3.4 s and 3.0 s, without the disk that the copy needs.
    pub(crate) fn rereads_fast(&self) -> bool {
        self.is_alone() && matches!(self.table.format, Format::Arrow | Format::Npy) && !self.table.is_packed()
    }

    fn into_kept(mut self, features: Vec<usize>) -> Option<Kept> {
        self.parts.extend(self.table.into_part(features));
        Kept::of(self.parts)
    }
}

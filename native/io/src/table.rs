//! Tables for training, read whole; and the engine room of every reader: one table, batch after batch.

use std::collections::HashSet;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use kmeans_engine::Matrix;

use crate::added::CLUSTER;
use crate::arrow::leaves::Leaf;
use crate::arrow::table::ArrowTable;
use crate::categories::Categories;
use crate::cell::{Cells, OnMissing, Purpose};
use crate::columns::{Index, Nature, Profile, Selection, Skipped, choose};
use crate::convert::fits_text;
use crate::csv::table::{CsvTable, RawRecords, TextStyle};
use crate::error::Error;
use crate::format::{Dialect, Format, settle};
use crate::json::table::JsonTable;
use crate::kept::{Kept, Limits};
use crate::place::Place;
use crate::source::{Input, Source};
use crate::stop::Stop;

/// A table for training.
#[derive(Debug)]
pub struct Table {
    /// The used columns, in the order of the matrix.
    pub names: Vec<String>,
    /// The others, in the order of the input, each with its reason.
    pub skipped: Vec<Skipped>,
    /// The numbers: f32 when every used column is exactly f32, otherwise f64. Missing ones, where they may be, are NaN.
    pub matrix: Matrix,
    /// For each used column the texts that its numbers stand for, where they are categories: number 0 is the first.
    pub categories: Vec<Option<Vec<String>>>,
    /// How much each row counts, when a weight column was named.
    pub weights: Option<Vec<f64>>,
    /// What was guessed about the input and the user may want to know.
    pub notes: Vec<String>,
    /// The input for a second reading, when that was asked for.
    pub source: Option<Kept>,
}

/// Reads a table for training in one pass; beside the numbers it holds a chunk of about 1 MiB, or one Arrow batch.
///
/// # Errors
/// [`Error::Option`] for `format`, `delimiter`, `columns`, `exclude`, `weight`; [`Error::Data`] and [`Error::Cell`] for
/// what the table holds; [`Error::Read`]; [`Error::Interrupted`] when `stop` says so.
pub fn read_table(
    input: Input,
    dialect: Dialect,
    selection: &Selection,
    keep_source: bool,
    stop: &Arc<dyn Stop>,
) -> Result<Table, Error> {
    let mut reader = TableReader::open_kept(input, dialect, keep_source, stop)?;
    reader.purpose = Purpose::Fit;
    let profiles = reader.profiles()?;
    reader.notes.extend(reader.doubt(|column| profiles[column].nature == Nature::Numeric));
    let selection = &reader.expanded(selection);
    let mut choice = choose(&reader.name, &profiles, selection)?;
    choice.skipped = reader.gathered(choice.skipped);
    if selection.columns.is_none() && choice.used.iter().any(|&column| profiles[column].name == CLUSTER) {
        reader.notes.push(format!(
            "the column {CLUSTER} is clustered on too; if it comes from an earlier run, leave it out with --exclude {CLUSTER}"
        ));
    }
    let mut cells = reader.cells(&choice.used);
    cells.on_missing = if selection.keep_missing { OnMissing::Keep } else { OnMissing::Count };
    cells.categories =
        choice.used.iter().map(|column| choice.categorical.contains(column).then(Categories::new)).collect();
    cells.weight = choice.weight;
    cells.weight_name = choice.weight.map(|column| profiles[column].name.clone()).unwrap_or_default();
    reader.project(&cells);
    let mut first = true;
    while !matches!(reader.fill(&mut cells, None)?, Filled::End) {
        stop.rows(cells.rows as u64);
        if std::mem::take(&mut first) {
            reader.reserve(&mut cells);
        }
    }
    if cells.rows == 0 {
        return Err(Error::about(&reader.name, "holds no row"));
    }
    cells.complete()?;
    let weights = choice.weight.map(|_| std::mem::take(&mut cells.weights));
    if weights.as_ref().is_some_and(|weights| weights.iter().all(|&weight| weight == 0.0)) {
        let column = crate::error::shown(&cells.weight_name);
        return Err(Error::at(&reader.name, format!("every weight in column \"{column}\" is 0")));
    }
    let names = std::mem::take(&mut cells.names);
    let categories = std::mem::take(&mut cells.categories);
    let categories = categories.into_iter().map(|each| each.map(|each| each.texts())).collect();
    let (_, matrix) = cells.take();
    let notes = std::mem::take(&mut reader.notes);
    let numbers = |column: &usize| !choice.categorical.contains(column);
    let source = reader.into_kept(choice.used.iter().copied().filter(numbers).collect());
    Ok(Table { names, skipped: choice.skipped, matrix, categories, weights, notes, source })
}

enum Body {
    Csv(Box<CsvTable>),
    Arrow(Box<ArrowTable>),
    Json(Box<JsonTable>),
}

/// What one step of reading has brought.
enum Filled {
    End,
    Text,
    Arrow(RecordBatch),
}

/// What a batch carries along for the output.
#[derive(Debug)]
pub(crate) enum Payload {
    Text(RawRecords),
    /// Objects.
    Json(RawRecords),
    Arrow(RecordBatch),
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

/// What a writer must know of the table that it continues.
#[derive(Debug, Clone)]
pub(crate) enum Layout {
    Text(TextStyle),
    Json,
    Arrow(SchemaRef),
}

/// Reads a table of any length in constant memory.
///
/// A batch is what one chunk of about 1 MiB holds, one Arrow batch, or less where a pipe has no more to give at the
/// moment: lines that trickle in are handed out as they come.
pub struct TableReader {
    name: String,
    /// What it is.
    found: Format,
    /// What it is passed on as.
    format: Format,
    length: Option<u64>,
    body: Body,
    purpose: Purpose,
    notes: Vec<String>,
    cells: Cells,
    /// Which of the columns that are selected are categories; empty when none is.
    categorical: Vec<bool>,
    total: u64,
    stop: Arc<dyn Stop>,
}

impl TableReader {
    /// Opens a table and reads as far as its columns' names.
    ///
    /// # Errors
    /// As [`read_table`].
    pub fn open(input: Input, dialect: Dialect, stop: &Arc<dyn Stop>) -> Result<Self, Error> {
        Self::open_kept(input, dialect, false, stop)
    }

    fn open_kept(input: Input, dialect: Dialect, keep: bool, stop: &Arc<dyn Stop>) -> Result<Self, Error> {
        Self::of_source(Source::open(input, keep, stop)?, dialect, keep)
    }

    pub(crate) fn of_source(source: Source, dialect: Dialect, keep: bool) -> Result<Self, Error> {
        let format = settle(source.signs(), dialect.format)?;
        let (name, length, stop) = (source.name.clone(), source.length, Arc::clone(source.stop()));
        let mut notes = Vec::new();
        let (format, body) = match format {
            Format::Arrow | Format::Parquet | Format::Npy => {
                (format, Body::Arrow(Box::new(ArrowTable::open(source, format)?)))
            }
            Format::Jsonl => (format, Body::Json(Box::new(JsonTable::open(source)?))),
            Format::Csv | Format::Tsv => {
                let (mut table, note) = CsvTable::open(source, format, dialect)?;
                if keep {
                    table.watch_utf8();
                }
                notes.extend(note);
                let format = if table.style.delimiter == b'\t' { Format::Tsv } else { Format::Csv };
                (format, Body::Csv(Box::new(table)))
            }
        };
        let purpose = Purpose::Predict;
        let cells = Cells::new(purpose, Vec::new(), Vec::new(), false);
        Ok(Self {
            name,
            found: format,
            format: match format {
                Format::Parquet | Format::Npy => Format::Arrow,
                other => other,
            },
            length,
            body,
            purpose,
            notes,
            cells,
            categorical: Vec::new(),
            total: 0,
            stop,
        })
    }

    /// Only before columns are selected.
    pub(crate) fn set_purpose(&mut self, purpose: Purpose) {
        self.purpose = purpose;
    }

    /// The input's name in messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The format in which the table is passed on unless another is named: its own, or Arrow where it cannot be written on.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The names of all columns, in the order of the input; `x1`, `x2`, … without a header.
    pub fn columns(&self) -> &[String] {
        match &self.body {
            Body::Csv(table) => &table.names,
            Body::Arrow(table) => &table.names,
            Body::Json(table) => table.names(),
        }
    }

    /// The names of all columns that may be used: [`TableReader::columns`], with `emb[0]`, `emb[1]`, … for a column `emb`
    /// of vectors.
    pub fn features(&self) -> &[String] {
        match &self.body {
            Body::Csv(table) => &table.names,
            Body::Arrow(table) => &table.leaves().names,
            Body::Json(table) => &table.leaves().names,
        }
    }

    /// The columns of which nothing is used by those that are selected.
    pub fn ignored(&self) -> Vec<String> {
        let used: HashSet<usize> = match &self.body {
            Body::Csv(_) => self.cells.wanted.iter().copied().collect(),
            Body::Arrow(table) => self.cells.wanted.iter().map(|&leaf| table.column(leaf)).collect(),
            Body::Json(table) => {
                self.cells.wanted.iter().map(|&leaf| table.leaves().all[leaf].column).collect()
            }
        };
        let columns = self.columns().iter().enumerate();
        columns.filter(|(column, _)| !used.contains(column)).map(|(_, name)| name.clone()).collect()
    }

    /// What was guessed about the input and the user may want to know.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Whether the rows are JSON objects.
    pub(crate) fn is_json(&self) -> bool {
        matches!(&self.body, Body::Json(_))
    }

    /// Selects the columns that every [`Batch::values`] has, by name, in this order; other columns are ignored.
    ///
    /// # Errors
    /// [`Error::Data`] naming every missing column, a name that several columns share, or a column of another type.
    pub fn select(&mut self, names: &[String]) -> Result<(), Error> {
        let index = Index::of(self.features().iter().map(String::as_str));
        let columns = index.features(names, &self.name).map_err(|error| match error.hint() {
            _ if self.is_headerless() => error
                .advise(Some("the input has no header row, so its columns are named x1, x2, …".to_owned())),
            None => error.advise(self.doubt(|_| true)),
            Some(_) => error,
        })?;
        self.select_places(&columns)
    }

    /// Says that a header may be data, when the names of columns for which `numeric` holds are numbers.
    fn doubt(&self, numeric: impl Fn(usize) -> bool) -> Option<String> {
        match &self.body {
            Body::Csv(table) => table.doubt(numeric),
            Body::Arrow(_) | Body::Json(_) => None,
        }
    }

    /// Whether this table can be written in another format, as far as its columns' types tell; `None` is its own.
    /// Cheap, so that it can be asked before any work.
    ///
    /// # Errors
    /// [`Error::Data`] naming the column that stands in the way.
    pub fn can_become(&self, format: Option<Format>) -> Result<(), Error> {
        match (&self.body, format) {
            (Body::Arrow(table), Some(Format::Csv | Format::Tsv)) => fits_text(&self.name, table.schema()),
            _ => Ok(()),
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
        self.categorical = categories.iter().map(Option::is_some).collect();
        self.select(names)?;
        if keep_missing {
            self.keep_missing();
        }
        self.cells.categories = categories.iter().map(|each| each.as_deref().map(Categories::of)).collect();
        Ok(())
    }

    /// Lets missing cells of the columns that are selected pass as NaN.
    pub(crate) fn keep_missing(&mut self) {
        self.cells.on_missing = OnMissing::Keep;
    }

    pub(crate) fn select_places(&mut self, columns: &[usize]) -> Result<(), Error> {
        if let Body::Arrow(table) = &self.body {
            let profiles = table.leaves().profiles();
            for (slot, &column) in columns.iter().enumerate() {
                if self.categorical.get(slot) != Some(&true) {
                    profiles[column].require_numeric(&self.name)?;
                }
            }
        }
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
                Filled::Text if self.is_json() => Payload::Json(raw),
                Filled::Text => Payload::Text(raw),
                Filled::Arrow(batch) => Payload::Arrow(batch),
            };
            self.total += rows as u64;
            self.stop.rows(self.total);
            return Ok(Some(Batch { rows, values, payload }));
        }
    }

    /// Whether the columns' names were made up.
    pub fn is_headerless(&self) -> bool {
        matches!(&self.body, Body::Csv(table) if !table.style.header)
    }

    pub(crate) fn layout(&self) -> Layout {
        match &self.body {
            Body::Csv(table) => Layout::Text(table.style.clone()),
            Body::Arrow(table) => Layout::Arrow(table.schema().clone()),
            Body::Json(_) => Layout::Json,
        }
    }

    /// Places of the selected columns; of those that hold categories, a place that no column has.
    pub(crate) fn selected(&self) -> Vec<usize> {
        let is_text = |slot: usize| self.categorical.get(slot) == Some(&true);
        let wanted = self.cells.wanted.iter().enumerate();
        let place = |column: usize| match &self.body {
            Body::Json(table) => match table.leaves().all[column] {
                Leaf { column, element: None } => column,
                // A vector is passed on as a whole.
                Leaf { .. } => usize::MAX,
            },
            Body::Csv(_) | Body::Arrow(_) => column,
        };
        wanted.map(|(slot, &column)| if is_text(slot) { usize::MAX } else { place(column) }).collect()
    }

    /// A selection with the elements of a column of vectors for its name.
    fn expanded(&self, selection: &Selection) -> Selection {
        match &self.body {
            Body::Csv(_) => selection.clone(),
            Body::Arrow(table) => table.leaves().expand(selection),
            Body::Json(table) => table.leaves().expand(selection),
        }
    }

    /// Skipped columns with one entry for all the elements of a vector.
    fn gathered(&self, skipped: Vec<Skipped>) -> Vec<Skipped> {
        match &self.body {
            Body::Csv(_) => skipped,
            Body::Arrow(table) => table.leaves().gathered(skipped),
            Body::Json(table) => table.leaves().gathered(skipped),
        }
    }

    fn profiles(&mut self) -> Result<Vec<Profile>, Error> {
        match &mut self.body {
            Body::Csv(table) => table.profiles(),
            Body::Arrow(table) => Ok(table.leaves().profiles()),
            Body::Json(table) => table.profiles(),
        }
    }

    fn cells(&self, columns: &[usize]) -> Cells {
        let names = columns.iter().map(|&column| self.features()[column].clone()).collect();
        let narrow = matches!(&self.body, Body::Arrow(table) if table.is_narrow(columns));
        Cells::new(self.purpose, names, columns.to_vec(), narrow)
    }

    fn project(&mut self, cells: &Cells) {
        if let Body::Arrow(table) = &mut self.body {
            table.project(cells);
        }
    }

    fn fill(&mut self, cells: &mut Cells, raw: Option<&mut RawRecords>) -> Result<Filled, Error> {
        if self.stop.requested() {
            return Err(Error::Interrupted);
        }
        match &mut self.body {
            Body::Csv(table) => Ok(if table.fill(cells, raw)? { Filled::Text } else { Filled::End }),
            Body::Arrow(table) => {
                Ok(table.fill(cells, raw.is_some())?.map_or(Filled::End, Filled::Arrow))
            }
            Body::Json(table) => {
                let filled = table.fill(cells, raw)?;
                if !filled {
                    self.notes.extend(table.note());
                }
                Ok(if filled { Filled::Text } else { Filled::End })
            }
        }
    }

    /// Makes room for the whole table at once, judged by its first chunk: doubling would hold it up to three times.
    fn reserve(&self, cells: &mut Cells) {
        let consumed = match &self.body {
            Body::Csv(table) => table.consumed(),
            Body::Json(table) => table.consumed(),
            Body::Arrow(_) => return,
        };
        let Some(length) = self.length else { return };
        // 2% more than the first chunk promises, and never a share of the address space that a sparse file could ask
        // for: a number needs at least two bytes of text.
        let scale = length as f64 / consumed.max(1) as f64 * 1.02;
        let most = (length / 2 + 1) as f64;
        let total = |count: usize| (count as f64 * scale).min(most) as usize;
        let values = total(cells.rows * cells.wanted.len());
        cells.values.reserve_exact(values);
        if cells.weight.is_some() {
            let rows = total(cells.rows);
            cells.weights.reserve_exact(rows.saturating_sub(cells.weights.len()));
        }
    }

    fn into_kept(self, features: Vec<usize>) -> Option<Kept> {
        let dialect = match &self.body {
            Body::Csv(table) => Dialect {
                format: Some(self.format),
                header: Some(table.style.header),
                delimiter: Some(table.style.delimiter),
            },
            Body::Arrow(_) | Body::Json(_) => Dialect { format: Some(self.found), header: None, delimiter: None },
        };
        let limits = match &self.body {
            Body::Csv(table) => Limits::Text(table.not_utf8()),
            Body::Arrow(table) => Limits::Arrow(table.schema().clone()),
            // JSON is always UTF-8.
            Body::Json(_) => Limits::Text(None),
        };
        let place: Option<Place> = match self.body {
            Body::Csv(table) => table.into_source().into_place(),
            Body::Arrow(table) => table.into_place(),
            Body::Json(table) => table.into_place(),
        };
        place.map(|place| Kept::new(self.name, place, dialect, features, limits))
    }
}

//! Tables for training, read whole.

use std::collections::VecDeque;
use std::sync::Arc;

use kmeans_engine::Matrix;

use super::TableReader;
use crate::added::CLUSTER;
use crate::body::Filled;
use crate::categories::Categories;
use crate::cell::{Cells, OnMissing, Purpose};
use crate::classes::{Classes, Coded};
use crate::columns::{Nature, Selection, Skipped, choose};
use crate::dialect::Dialect;
use crate::error::Error;
use crate::format::Format;
use crate::json::table::Look;
use crate::kept::Kept;
use crate::place::Place;
use crate::source::Input;
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
    /// The known classes, when such a column was named.
    pub truth: Option<Classes>,
    /// Of each used column, whether the caller listed it by its name or position.
    pub listed: Vec<bool>,
    /// How many of the used columns, the last ones, are texts that were only looked at.
    pub surveyed: usize,
    /// What the input turned out to be.
    pub format: Format,
    /// What was guessed about the input and the user may want to know.
    pub notes: Vec<String>,
    /// The input for a second reading, when that was asked for.
    pub source: Option<Kept>,
}

/// Reads a table for training in one pass; beside the numbers it holds a chunk of about 1 MiB, or one Arrow batch.
///
/// # Errors
/// [`Error::Option`] for `format`, `delimiter`, `columns`, `exclude`, `id`, `weight`, `truth`; [`Error::Data`] and [`Error::Cell`] for
/// what the table holds; [`Error::Read`]; [`Error::Interrupted`] when `stop` says so.
pub fn read_table(
    input: Input,
    dialect: Dialect,
    selection: &Selection,
    keep_source: bool,
    stop: &Arc<dyn Stop>,
) -> Result<Table, Error> {
    let mut reading = Reading::begin(input, dialect, selection, keep_source, stop)?;
    reading.read(&mut |cells, _| {
        stop.rows(cells.rows as u64);
        Ok(true)
    })?;
    reading.into_table()
}

/// Sees rows as they come, with how many there seem to be in all (0 where nothing tells), and may take them; whether they
/// are left where they are, so that room can be made for the rest.
pub(crate) type Keep<'a> = dyn FnMut(&mut Cells, usize) -> Result<bool, Error> + Send + 'a;

/// What is read of each row for training.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    used: Vec<usize>,
    /// Of no text yet.
    categories: Vec<Option<Categories>>,
    weight: Option<usize>,
    truth: Option<usize>,
    keep_missing: bool,
}

impl Wanted {
    /// Room for the rows of a reader, which then reads nothing else.
    fn cells(&self, reader: &mut TableReader) -> Cells {
        let mut cells = reader.cells(&self.used);
        cells.on_missing = if self.keep_missing { OnMissing::Keep } else { OnMissing::Count };
        cells.categories.clone_from(&self.categories);
        cells.weight = self.weight;
        cells.weight_name = self.weight.map(|column| reader.features()[column].clone()).unwrap_or_default();
        cells.truth = self.truth.map(Coded::of);
        reader.table.body.project(&cells);
        reader.projected = true;
        cells
    }

    /// Reads all rows of an input again, which has told before what is wrong with them.
    pub(crate) fn reread(
        &self,
        name: &str,
        place: &Place,
        format: Format,
        stop: &Arc<dyn Stop>,
        each: &mut dyn FnMut(&mut Cells) -> bool,
    ) -> Result<(), Error> {
        let source = place.reopen(name, None, stop)?;
        let dialect = Dialect { format: Some(format), ..Dialect::default() };
        let mut reader = TableReader::of_source(source, dialect, VecDeque::new(), false, Look::Training)?;
        let mut cells = Self { truth: None, keep_missing: true, ..self.clone() }.cells(&mut reader);
        while !matches!(reader.fill(&mut cells, None)?, Filled::End) {
            if cells.rows > 0 && !each(&mut cells) {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// A table for training of which some rows have been read.
pub(crate) struct Reading {
    pub(crate) reader: TableReader,
    pub(crate) cells: Cells,
    pub(crate) wanted: Wanted,
    skipped: Vec<Skipped>,
    listed: Vec<bool>,
    surveyed: usize,
    keep: bool,
}

impl Reading {
    /// Opens a table and chooses its columns.
    pub(crate) fn begin(
        input: Input,
        dialect: Dialect,
        selection: &Selection,
        keep: bool,
        stop: &Arc<dyn Stop>,
    ) -> Result<Self, Error> {
        Self::of(TableReader::open_kept(input, dialect, keep, Look::Training, stop)?, selection, keep)
    }

    /// Chooses the columns of an opened table.
    pub(crate) fn of(mut reader: TableReader, selection: &Selection, keep: bool) -> Result<Self, Error> {
        reader.purpose = Purpose::Fit;
        let profiles = reader.table.body.profiles()?;
        reader.notes.extend(reader.table.body.doubt(|column| profiles[column].nature == Nature::Numeric));
        let selection = &reader.table.body.expanded(selection);
        let mut choice = choose(reader.name(), &profiles, selection)?;
        if selection.survey {
            choice.survey(&profiles);
        }
        choice.skipped = reader.table.body.gathered(choice.skipped);
        if selection.columns.is_none() && choice.used.iter().any(|&column| profiles[column].name == CLUSTER) {
            reader.notes.push(format!(
                "the column {CLUSTER} is clustered on too; if it comes from an earlier run, leave it out with --exclude {CLUSTER}"
            ));
        }
        let wanted = Wanted {
            categories: choice.used.iter().map(|&column| choice.categories(column)).collect(),
            used: choice.used,
            weight: choice.weight,
            truth: choice.truth,
            keep_missing: selection.keep_missing,
        };
        let cells = wanted.cells(&mut reader);
        let (skipped, listed, surveyed) = (choice.skipped, choice.listed, choice.surveyed.len());
        Ok(Self { reader, cells, wanted, skipped, listed, surveyed, keep })
    }

    /// Reads all rows, which `keep` sees as they come.
    pub(crate) fn read(&mut self, keep: &mut Keep) -> Result<(), Error> {
        let Self { reader, cells, .. } = self;
        reader.read_in_parts(cells, keep)?;
        let mut first = cells.rows == 0;
        while !matches!(reader.fill(cells, None)?, Filled::End) {
            let promised = if first { reader.promised(cells.rows) } else { 0 };
            if keep(cells, promised)? && std::mem::take(&mut first) {
                reader.reserve(cells);
            }
            reader.read_in_parts(cells, keep)?;
        }
        Ok(())
    }

    /// The table with the rows that were left where they came.
    pub(crate) fn into_table(mut self) -> Result<Table, Error> {
        let weights = self.cells.weight.map(|_| std::mem::take(&mut self.cells.weights));
        let weighs = weights.as_ref().is_none_or(|weights| weights.iter().any(|&weight| weight > 0.0));
        let (rows, matrix) = self.cells.take();
        if matrix.columns() > 0 && matrix.rows() != rows {
            return Err(Error::miscounted(self.reader.name(), "rows", rows as u64, matrix.rows() as u64));
        }
        Ok(Table { matrix, weights, ..self.finish(rows as u64, weighs)? })
    }

    /// The table without its rows, of which there were so many, and some that weigh.
    pub(crate) fn finish(self, rows: u64, weighs: bool) -> Result<Table, Error> {
        let Self { mut reader, mut cells, wanted, skipped, listed, surveyed, keep, .. } = self;
        if rows != reader.total {
            return Err(Error::miscounted(reader.name(), "rows", reader.total, rows));
        }
        if rows == 0 {
            return Err(Error::about(reader.name(), "holds no row"));
        }
        cells.complete()?;
        if !weighs {
            let column = crate::error::shown(&cells.weight_name);
            return Err(Error::at(reader.name(), format!("every weight in column \"{column}\" is 0")));
        }
        let truth = cells.truth.take();
        let truth = truth.map(|coded| coded.into_classes(reader.name(), reader.features())).transpose()?;
        let used = wanted.used;
        let categories = std::mem::take(&mut cells.categories);
        let categories = categories.into_iter().map(|each| each.map(|each| each.texts())).collect();
        let (_, matrix) = cells.take();
        let notes = std::mem::take(&mut reader.notes);
        let (names, format) = (cells.names.to_vec(), reader.source_format());
        let source = if keep { reader.into_kept(used) } else { None };
        let weights = None;
        Ok(Table {
            names,
            skipped,
            matrix,
            categories,
            weights,
            truth,
            listed,
            surveyed,
            format,
            notes,
            source,
        })
    }
}

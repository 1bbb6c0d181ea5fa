//! Rows that were gathered on one thread, on their way to the rows before them.

use kmeans_engine::allocation;

use crate::categories::{self, Categories};
use crate::cell::{Cells, Growing, Lacking};
use crate::classes::Coded;
use crate::error::Error;

/// What cells have gathered.
#[derive(Debug)]
pub(crate) struct Gathered {
    rows: usize,
    values: Growing,
    weights: Vec<f64>,
    truth: Option<Coded>,
    /// Of the columns whose codes are those of these rows alone.
    categories: Vec<Option<Categories>>,
    lacking: Lacking,
}

/// What of an input came before some rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Before {
    pub(crate) rows: u64,
    pub(crate) lines: u64,
}

impl Cells {
    /// Whether there is nothing but numbers to be read.
    pub(crate) fn is_plain(&self) -> bool {
        self.truth.is_none() && self.categories.iter().all(Option::is_none)
    }

    /// Cells for the same columns, with nothing gathered.
    pub(crate) fn alike(&self) -> Self {
        let narrow = matches!(self.values, Growing::F32(_));
        Self {
            on_missing: self.on_missing,
            categories: self.categories_alike(),
            weight: self.weight,
            weight_name: self.weight_name.clone(),
            truth: self.truth.as_ref().map(Coded::alike),
            ..Self::new(self.purpose, self.names.clone(), self.wanted.clone(), narrow)
        }
    }

    fn categories_alike(&self) -> Vec<Option<Categories>> {
        self.categories.iter().map(|each| each.as_ref().map(Categories::alike)).collect()
    }

    /// Takes what has been gathered, for other cells of the same columns, and starts again.
    pub(crate) fn gathered(&mut self) -> Gathered {
        let empty = self.values.empty_like();
        let fresh = self.categories_alike();
        let truth = self.truth.as_ref().map(Coded::alike);
        Gathered {
            rows: std::mem::take(&mut self.rows),
            values: std::mem::replace(&mut self.values, empty),
            weights: std::mem::take(&mut self.weights),
            truth: std::mem::replace(&mut self.truth, truth),
            categories: std::mem::replace(&mut self.categories, fresh),
            lacking: std::mem::take(&mut self.lacking),
        }
    }

    /// Appends what others of the same columns have gathered of the rows that follow.
    pub(crate) fn absorb(&mut self, mut more: Gathered, before: Before, input: &str) -> Result<usize, Error> {
        for (slot, theirs) in more.categories.iter().enumerate() {
            let (Some(theirs), Some(ours)) = (theirs, self.categories.get_mut(slot).and_then(Option::as_mut))
            else {
                continue;
            };
            if ours.is_open() {
                let codes =
                    ours.absorb(theirs).ok_or_else(|| categories::too_many(input, &self.names[slot]))?;
                more.values.recode(slot, self.wanted.len(), &codes);
            }
        }
        let refused = |source| Error::OutOfMemory { input: input.to_owned(), source };
        self.values.extend(&more.values).map_err(refused)?;
        allocation::reserve(&mut self.weights, more.weights.len()).map_err(refused)?;
        self.weights.extend_from_slice(&more.weights);
        self.rows += more.rows;
        if let (Some(ours), Some(theirs)) = (&mut self.truth, &more.truth) {
            ours.absorb(theirs);
        }
        self.lacking.absorb(more.lacking, before);
        Ok(more.rows)
    }
}

impl Growing {
    /// Replaces the codes of a column, one of `columns` a row; NaN stays.
    fn recode(&mut self, column: usize, columns: usize, codes: &[u32]) {
        let Self::F64(values) = self else { return };
        for code in values.iter_mut().skip(column).step_by(columns) {
            if let Some(&new) = codes.get(*code as usize)
                && !code.is_nan()
            {
                *code = f64::from(new);
            }
        }
    }
}

impl Lacking {
    fn absorb(&mut self, more: Self, before: Before) {
        if self.first.is_none() {
            self.first = more.first.map(|error| match *error {
                Error::Cell(mut cell) => {
                    cell.row += before.rows;
                    cell.line = cell.line.map(|line| line + before.lines);
                    Box::new(Error::Cell(cell))
                }
                other => Box::new(other),
            });
        }
        self.cells += more.cells;
        self.rows += more.rows;
    }
}

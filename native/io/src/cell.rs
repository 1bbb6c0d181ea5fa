//! Numbers as they are gathered, row after row, and the rules that every one of them must keep.

use std::sync::Arc;

use kmeans_engine::allocation::{self, OutOfMemory};
use kmeans_engine::{Matrix, Values};

use crate::categories::Categories;
use crate::classes::Coded;
use crate::error::{Cell, Error};

pub(crate) const EMPTY: &str = "is empty, and k-means needs a finite number in every cell";
pub(crate) const MISSING: &str = "is a missing value, and k-means needs a finite number in every cell";
pub(crate) const NULL: &str = "is null, and k-means needs a finite number in every cell";
pub(crate) const INFINITE: &str = "must be finite";
pub(crate) const NO_NUMBER: &str = "is not a number";

/// What the numbers are read for; it decides what can be done about a cell that holds none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Fit,
    Predict,
    Centroids,
}

impl Purpose {
    /// What to do about a cell of a feature that is missing.
    pub(crate) fn advice(self, column: &str) -> String {
        match self {
            Self::Fit => {
                let column = crate::names::typed(column);
                format!(
                    "leave out such rows with --missing drop, fill them with --missing mean, or leave the column out with --exclude {column}"
                )
            }
            Self::Predict => {
                "leave such rows without a label with --missing drop; the model needs this column".to_owned()
            }
            Self::Centroids => "every centroid needs all columns".to_owned(),
        }
    }

    /// What to do about a cell of a feature that holds no number there is a place for.
    pub(crate) fn advice_on_value(self, column: &str) -> String {
        match self {
            Self::Fit => {
                let column = crate::names::typed(column);
                format!(
                    "correct it, leave it empty and choose --missing, or leave the column out with --exclude {column}"
                )
            }
            Self::Predict => "correct it, or leave it empty".to_owned(),
            Self::Centroids => "every centroid needs a number in each column".to_owned(),
        }
    }

    /// What to do about a cell of a feature that holds a text.
    pub(crate) fn advice_on_text(self, column: &str) -> String {
        match self {
            Self::Fit => {
                let column = crate::names::typed(column);
                format!(
                    "correct it, leave the column out with --exclude {column}, or make columns of its texts with --categorical {column}"
                )
            }
            Self::Predict => "correct it; the model needs a number in this column".to_owned(),
            Self::Centroids => "every centroid needs a number in each column".to_owned(),
        }
    }
}

/// What becomes of a row with a missing cell in a wanted column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnMissing {
    /// It is an error, at once.
    Refuse,
    /// It is an error, told at the end together with how many there are.
    Count,
    /// The cell becomes NaN.
    Keep,
}

/// Missing cells that were met under [`OnMissing::Count`].
#[derive(Debug, Default)]
pub(crate) struct Lacking {
    pub(crate) first: Option<Box<Error>>,
    pub(crate) cells: u64,
    pub(crate) rows: u64,
}

/// Rows of the wanted columns, row-major, and their weights.
#[derive(Debug)]
pub(crate) struct Cells {
    pub(crate) purpose: Purpose,
    pub(crate) on_missing: OnMissing,
    pub(crate) lacking: Lacking,
    /// The texts of each wanted column, where its cells become codes; empty when no column's do.
    pub(crate) categories: Vec<Option<Categories>>,
    /// Which columns of the input, in the order of a row.
    pub(crate) wanted: Vec<usize>,
    /// What those columns are called in messages.
    pub(crate) names: Arc<[String]>,
    /// Which column holds the weights.
    pub(crate) weight: Option<usize>,
    pub(crate) weight_name: String,
    /// The known classes, when they are read.
    pub(crate) truth: Option<Coded>,
    pub(crate) rows: usize,
    pub(crate) values: Growing,
    pub(crate) weights: Vec<f64>,
}

/// `Values` that are being filled; f32 holds only what is exactly an f32.
#[derive(Debug)]
pub(crate) enum Growing {
    F32(Vec<f32>),
    F64(Vec<f64>),
}

impl Growing {
    #[inline]
    pub(crate) fn push(&mut self, number: f64) {
        match self {
            Self::F64(values) => values.push(number),
            Self::F32(values) => values.push(number as f32),
        }
    }

    /// Room for any f64 from now on.
    pub(crate) fn widen(&mut self) {
        if let Self::F32(values) = self {
            *self = Self::F64(values.iter().map(|&value| f64::from(value)).collect());
        }
    }

    /// Appends all of `more`, or nothing where there is no memory for it.
    pub(crate) fn extend(&mut self, more: &Self) -> Result<(), OutOfMemory> {
        self.reserve(more.len())?;
        match (self, more) {
            (Self::F64(values), Self::F64(more)) => values.extend_from_slice(more),
            (Self::F32(values), Self::F32(more)) => values.extend_from_slice(more),
            (values, Self::F64(more)) => more.iter().for_each(|&number| values.push(number)),
            (values, Self::F32(more)) => more.iter().for_each(|&number| values.push(f64::from(number))),
        }
        Ok(())
    }

    /// How many numbers there are.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
        }
    }

    /// Bytes that it takes.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::F32(values) => size_of::<f32>() * values.capacity(),
            Self::F64(values) => size_of::<f64>() * values.capacity(),
        }
    }

    /// Room for so many numbers more.
    pub(crate) fn reserve(&mut self, more: usize) -> Result<(), OutOfMemory> {
        match self {
            Self::F32(values) => allocation::reserve(values, more),
            Self::F64(values) => allocation::reserve(values, more),
        }
    }

    /// Room for so many numbers in all, and no more.
    pub(crate) fn reserve_exact(&mut self, total: usize) -> Result<(), OutOfMemory> {
        match self {
            Self::F32(values) => {
                let more = total.saturating_sub(values.len());
                allocation::reserve_exact(values, more)
            }
            Self::F64(values) => {
                let more = total.saturating_sub(values.len());
                allocation::reserve_exact(values, more)
            }
        }
    }

    pub(crate) fn empty_like(&self) -> Self {
        match self {
            Self::F32(_) => Self::F32(Vec::new()),
            Self::F64(_) => Self::F64(Vec::new()),
        }
    }
}

impl Cells {
    pub(crate) fn new(
        purpose: Purpose,
        names: impl Into<Arc<[String]>>,
        wanted: Vec<usize>,
        narrow: bool,
    ) -> Self {
        let values = if narrow { Growing::F32(Vec::new()) } else { Growing::F64(Vec::new()) };
        Self {
            purpose,
            on_missing: OnMissing::Refuse,
            lacking: Lacking::default(),
            categories: Vec::new(),
            wanted,
            names: names.into(),
            weight: None,
            weight_name: String::new(),
            truth: None,
            rows: 0,
            values,
            weights: Vec::new(),
        }
    }

    /// The texts of a wanted column, where its cells become codes.
    #[inline]
    pub(crate) fn categories(&mut self, slot: usize) -> Option<&mut Categories> {
        self.categories.get_mut(slot).and_then(Option::as_mut)
    }

    /// Notes that the row at hand has a missing cell in a wanted column: an error where that is one.
    pub(crate) fn lacks(&mut self, error: impl FnOnce(&Self) -> Error) -> Result<(), Error> {
        match self.on_missing {
            OnMissing::Keep => Ok(()),
            OnMissing::Refuse => Err(error(self)),
            OnMissing::Count => {
                if self.lacking.first.is_none() {
                    self.lacking.first = Some(Box::new(error(self)));
                }
                self.lacking.cells += 1;
                Ok(())
            }
        }
    }

    /// Ends rows of which `lacking` have a missing cell.
    pub(crate) fn end_rows(&mut self, rows: usize, lacking: usize) {
        self.rows += rows;
        self.lacking.rows += lacking as u64;
    }

    /// The error that missing cells are, once all of them are counted.
    pub(crate) fn complete(&mut self) -> Result<(), Error> {
        let Lacking { first, cells, rows } = std::mem::take(&mut self.lacking);
        match first.map(|error| *error) {
            None => Ok(()),
            Some(Error::Cell(mut cell)) => {
                cell.missing = Some((cells, rows));
                Err(Error::Cell(cell))
            }
            Some(error) => Err(error),
        }
    }

    /// Whether numbers are stored as f32.
    pub(crate) fn is_narrow(&self) -> bool {
        matches!(self.values, Growing::F32(_))
    }

    /// How many columns the engine gets, as far as texts have been met.
    pub(crate) fn features(&self) -> usize {
        let of = |slot: usize| self.categories.get(slot).and_then(Option::as_ref).map_or(1, Categories::len);
        (0..self.wanted.len()).map(of).sum()
    }

    /// Takes what has been gathered and starts again.
    pub(crate) fn take(&mut self) -> (usize, Matrix) {
        let empty = self.values.empty_like();
        let values = match std::mem::replace(&mut self.values, empty) {
            Growing::F32(values) => Values::F32(values),
            Growing::F64(values) => Values::F64(values),
        };
        (std::mem::take(&mut self.rows), Matrix::new(self.wanted.len(), values))
    }

    pub(crate) fn add_weight(
        &mut self,
        weight: f64,
        row: u64,
        line: Option<u64>,
        input: &str,
    ) -> Result<(), Error> {
        if weight >= 0.0 {
            self.weights.push(weight);
            return Ok(());
        }
        Err(Error::Cell(Box::new(Cell {
            input: input.to_owned(),
            row,
            line,
            column: self.weight_name.clone(),
            value: Some(weight.to_string()),
            rule: "must be 0 or more, as every weight".to_owned(),
            missing: None,
            hint: None,
        })))
    }
}

//! Numbers as they are gathered, row after row, and the rules that every one of them must keep.

use kmeans_engine::{Matrix, Values};

use crate::error::{Cell, Error};

pub(crate) const EMPTY: &str = "is empty, and k-means needs a finite number in every cell";
pub(crate) const MISSING: &str = "is a missing value, and k-means needs a finite number in every cell";
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
    /// What to do about a cell of a feature that holds no number.
    pub(crate) fn advice(self, column: &str) -> String {
        match self {
            Self::Fit => {
                let column = crate::names::typed(column);
                format!("leave the column out with --exclude {column}, or remove the rows with missing cells")
            }
            Self::Predict => "remove or repair the row; the model needs this column".to_owned(),
            Self::Centroids => "every centroid needs all columns".to_owned(),
        }
    }
}

/// Rows of the wanted columns, row-major, and their weights.
#[derive(Debug)]
pub(crate) struct Cells {
    pub(crate) purpose: Purpose,
    /// Which columns of the input, in the order of a row.
    pub(crate) wanted: Vec<usize>,
    /// What those columns are called in messages.
    pub(crate) names: Vec<String>,
    /// Which column holds the weights.
    pub(crate) weight: Option<usize>,
    pub(crate) weight_name: String,
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

    pub(crate) fn reserve_exact(&mut self, total: usize) {
        match self {
            Self::F32(values) => values.reserve_exact(total.saturating_sub(values.len())),
            Self::F64(values) => values.reserve_exact(total.saturating_sub(values.len())),
        }
    }

    fn empty_like(&self) -> Self {
        match self {
            Self::F32(_) => Self::F32(Vec::new()),
            Self::F64(_) => Self::F64(Vec::new()),
        }
    }
}

impl Cells {
    pub(crate) fn new(purpose: Purpose, names: Vec<String>, wanted: Vec<usize>, narrow: bool) -> Self {
        let values = if narrow { Growing::F32(Vec::new()) } else { Growing::F64(Vec::new()) };
        let (weight, weight_name, weights) = (None, String::new(), Vec::new());
        Self { purpose, wanted, names, weight, weight_name, rows: 0, values, weights }
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
            hint: None,
        })))
    }
}

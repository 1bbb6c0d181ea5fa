//! What is done to a row before its distances are measured: missing cells are filled, texts become columns, columns are
//! brought to one scale. All of it is fitted once, exactly and in any order of the rows, and then part of the model.

mod apply;
mod column;
mod describe;
mod fit;
mod quantile;
#[cfg(test)]
mod tests;

use crate::error::Error;
use crate::params::Named;

pub use apply::split_off_lacking;
pub use describe::{Described, describe};
pub use fit::{Block, Rows, Seen};

/// What becomes of a missing cell in a column that is clustered on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Missing {
    /// It is an error: nothing is guessed unless it was asked for.
    #[default]
    Error,
    /// Its row is left out, and gets no label.
    Drop,
    /// The (weighted) mean of the column's other cells.
    Mean,
    /// Their (weighted) median.
    Median,
    /// The number 0.
    Zero,
}

impl Named for Missing {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("error", Self::Error),
        ("drop", Self::Drop),
        ("mean", Self::Mean),
        ("median", Self::Median),
        ("zero", Self::Zero),
    ];
}

/// How columns of different units are made comparable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scale {
    /// Not at all: distances are in the units of the data.
    #[default]
    None,
    /// `(x - mean) / standard deviation`, that of the population (divided by n).
    Standard,
    /// `(x - min) / (max - min)`.
    MinMax,
    /// `(x - median) / (third quartile - first quartile)`, which outliers hardly move.
    Robust,
    /// Each row divided by its Euclidean length, so that only its direction counts (cosine similarity).
    L2,
}

impl Named for Scale {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("none", Self::None),
        ("standard", Self::Standard),
        ("minmax", Self::MinMax),
        ("robust", Self::Robust),
        ("l2", Self::L2),
    ];
}

/// How rows are to be prepared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PrepareParams {
    /// What becomes of missing cells.
    pub missing: Missing,
    /// How columns are scaled.
    pub scale: Scale,
    /// What stands in the column of a row's category, where other rows have 0: two rows of different categories
    /// are `sqrt(2)` times as far apart by it. Above 0. Not touched by the scaling of columns.
    pub categorical_weight: f64,
}

impl Default for PrepareParams {
    fn default() -> Self {
        Self { missing: Missing::default(), scale: Scale::default(), categorical_weight: 1.0 }
    }
}

impl PrepareParams {
    /// Checks what needs no table.
    ///
    /// # Errors
    /// [`Error::Option`] for `categoricalWeight`.
    pub fn check(&self) -> Result<(), Error> {
        let weight = self.categorical_weight;
        if weight.is_finite() && weight > 0.0 {
            return Ok(());
        }
        Err(Error::option("categoricalWeight", "a finite number above 0", weight))
    }
}

/// What a column of the input holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// Numbers. The value of a missing one, where they are filled.
    Number {
        /// In the units of the data.
        fill: Option<f64>,
    },
    /// Numbers of texts, from 0; any other number, or NaN, is none of them. Each text is a feature of its own.
    Categories {
        /// Sorted by their bytes.
        texts: Vec<String>,
    },
}

impl Column {
    /// How many features it makes.
    pub fn features(&self) -> usize {
        match self {
            Self::Number { .. } => 1,
            Self::Categories { texts } => texts.len(),
        }
    }
}

/// A preparation with its fitted numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Preparation {
    /// As asked for.
    pub params: PrepareParams,
    /// The columns of the input, in order.
    pub columns: Vec<Column>,
    /// What is taken away from each feature; empty where columns are not scaled.
    pub shifts: Vec<f64>,
    /// What each feature is divided by then; above 0. Empty where columns are not scaled.
    pub scales: Vec<f64>,
}

impl Preparation {
    /// One that changes nothing.
    pub fn none(columns: usize) -> Self {
        Self {
            params: PrepareParams::default(),
            columns: vec![Column::Number { fill: None }; columns],
            shifts: Vec::new(),
            scales: Vec::new(),
        }
    }

    /// Whether a row without missing cells becomes another point.
    pub fn moves(&self) -> bool {
        let number = |column: &Column| matches!(column, Column::Number { .. });
        self.params.scale != Scale::None || !self.columns.iter().all(number)
    }

    /// The texts of each column that holds categories, in the order of their numbers.
    pub fn categories(&self) -> Vec<Option<Vec<String>>> {
        let texts = |column: &Column| match column {
            Column::Number { .. } => None,
            Column::Categories { texts } => Some(texts.clone()),
        };
        self.columns.iter().map(texts).collect()
    }

    /// What the numbers of a prepared row are called where the columns have these names: a category is `column=text`.
    pub fn names(&self, columns: &[String]) -> Vec<String> {
        let names = |(name, column): (&String, &Column)| match column {
            Column::Number { .. } => vec![name.clone()],
            Column::Categories { texts } => texts.iter().map(|text| format!("{name}={text}")).collect(),
        };
        columns.iter().zip(&self.columns).flat_map(names).collect()
    }

    /// How many numbers a prepared row has.
    pub fn features(&self) -> usize {
        self.columns.iter().map(Column::features).sum()
    }

    /// Whether missing cells may reach [`Preparation::apply`].
    pub fn keeps_missing(&self) -> bool {
        self.params.missing != Missing::Error
    }

    /// Whether a prepared point has a place in the units of the data.
    pub fn is_invertible(&self) -> bool {
        self.params.scale != Scale::L2
    }
}

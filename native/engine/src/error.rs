//! What can be wrong with the options or the values. Messages read after the option's name.

use std::sync::Arc;

use crate::allocation::OutOfMemory;

/// What a source of rows reports, passed through as it is.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct SourceError(Arc<dyn std::error::Error + Send + Sync>);

impl SourceError {
    /// The error itself.
    pub fn inner(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
        &*self.0
    }
}

impl PartialEq for SourceError {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// Why a fit, a labelling or a generator could not run. Never a panic, whatever the input.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// An option has a value outside its rule.
    #[error("must be {rule}, got {got}")]
    Option {
        /// The option's name, as in [`crate::FitParams`].
        option: &'static str,
        /// What it has to be.
        rule: String,
        /// What it was.
        got: String,
    },
    /// A name is not one of a closed list.
    #[error("must be one of {}, got \"{got}\"", names.join(", "))]
    Choice {
        /// The option's name.
        option: &'static str,
        /// The list.
        names: Vec<&'static str>,
        /// What was given.
        got: String,
    },
    /// There are fewer rows than clusters.
    #[error("{clusters} clusters were asked for, and there {}", that_many(*rows, *weighted))]
    FewerRowsThanClusters {
        /// Clusters asked for.
        clusters: usize,
        /// Rows there are, of weight above 0 where there are weights.
        rows: usize,
        /// Whether there are weights.
        weighted: bool,
    },
    /// There is nothing to cluster.
    #[error("there is no row to cluster")]
    NoRows,
    /// A value is NaN or infinite.
    #[error("row {}, column {}: {value} is not a finite number", row + 1, column + 1)]
    NotFinite {
        /// Row, from 0.
        row: usize,
        /// Column, from 0.
        column: usize,
        /// The value.
        value: f64,
    },
    /// A column cannot be prepared as asked.
    #[error("column {} {problem}", column + 1)]
    Column {
        /// Column, from 0.
        column: usize,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Two columns that vary are of such different sizes that no unit holds the squares of both.
    #[error(
        "{large} and {small} differ so much in size that the squares of both do not fit into 64-bit floats"
    )]
    Apart {
        /// The column of the largest values.
        large: Extent,
        /// The column of the smallest values.
        small: Extent,
    },
    /// A weight is negative, NaN or infinite.
    #[error("row {}: the weight {value} is not a finite number of 0 or more", row + 1)]
    Weight {
        /// Row, from 0.
        row: usize,
        /// The weight.
        value: f64,
    },
    /// The weights add up to more than a 64-bit float can hold.
    #[error(
        "the weights add up to more than a 64-bit float can hold; smaller ones in the same proportion do as well"
    )]
    WeightSum,
    /// Every weight is 0.
    #[error("every weight is 0, so no row counts")]
    NoWeight,
    /// Rows and centroids have different widths.
    #[error("expected {expected} columns, got {got}")]
    Columns {
        /// Columns of the centroids.
        expected: usize,
        /// Columns of the rows.
        got: usize,
    },
    /// The rows could not be had.
    #[error(transparent)]
    Source(SourceError),
    /// The rows are not those of the pass before.
    #[error("the rows changed while they were read again: there were {before}, and now there are {now}")]
    Changed {
        /// Rows of the first pass.
        before: usize,
        /// Rows of a later one, as far as it came.
        now: String,
    },
    /// The system has no memory for the rows.
    #[error(transparent)]
    OutOfMemory(#[from] OutOfMemory),
    /// A computation that does not add up, so a result would be wrong. A defect of this crate.
    #[error("{0}")]
    Internal(String),
    /// Cancelled before there was anything to keep.
    #[error("interrupted")]
    Interrupted,
}

/// The range of a column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extent {
    /// Column, from 0.
    pub column: usize,
    /// Its least value.
    pub min: f64,
    /// Its largest value.
    pub max: f64,
}

impl std::fmt::Display for Extent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "column {} ({:e} to {:e})", self.column + 1, self.min, self.max)
    }
}

fn that_many(rows: usize, weighted: bool) -> String {
    let rows = if rows == 1 { "is 1 row".to_owned() } else { format!("are {rows} rows") };
    if weighted { rows + " of a weight above 0" } else { rows }
}

impl Error {
    /// What a source of rows reports.
    pub fn source(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Source(SourceError(Arc::new(error)))
    }

    /// The same of a row that has so many others before it.
    pub(crate) fn behind(self, rows: usize) -> Self {
        match self {
            Self::NotFinite { row, column, value } => Self::NotFinite { row: rows + row, column, value },
            other => other,
        }
    }

    /// An option outside its rule.
    pub(crate) fn option(option: &'static str, rule: &str, got: impl std::fmt::Display) -> Self {
        Self::Option { option, rule: rule.to_owned(), got: got.to_string() }
    }
}

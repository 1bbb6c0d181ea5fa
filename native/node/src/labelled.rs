//! Rows of a batch with their labels, or why they have none.

use kmeans_engine::{Column, Error, Matrix, Measured, Scale};
use kmeans_io::names::shown;

use crate::failure::{ErrorCode, Failure};
use crate::measuring::Measuring;
use crate::preparing::{holes, spread};

/// The labels of some rows, and their measures as far as they are wanted.
pub struct Labelled {
    pub labels: Vec<u32>,
    pub measured: Measured,
    /// Rows of each cluster.
    pub sizes: Vec<u64>,
    pub dropped: u64,
    pub filled: u64,
    /// Rows with a text that is none of the model's categories, and the column of the first.
    pub unknown: (u64, Option<usize>),
}

/// Why rows have no labels.
pub enum Unlabelled {
    /// A row of these, from 0, has a value that the model's scale takes out of the range of f64.
    OutOfRange {
        row: usize,
        column: usize,
    },
    Failure(Failure),
}

impl<E: Into<Failure>> From<E> for Unlabelled {
    fn from(error: E) -> Self {
        Self::Failure(error.into())
    }
}

impl Unlabelled {
    /// A feature of prepared rows that is not finite.
    fn out_of_range(row: usize, feature: usize, columns: &[Column], dropped: &[u64]) -> Self {
        let row = dropped.iter().fold(row, |row, &left_out| row + usize::from(left_out <= row as u64));
        let mut features = 0;
        let of = |column: &Column| {
            features += column.features();
            features > feature
        };
        Self::OutOfRange { row, column: columns.iter().position(of).unwrap_or(0) }
    }

    /// In the words of the whole input, of which so many rows came before.
    pub fn told(self, name: &str, before: u64, columns: &[String]) -> Failure {
        match self {
            Self::OutOfRange { row, column } => {
                let (row, column) = (before + row as u64 + 1, shown(&columns[column]));
                let message = format!(
                    "{name}: row {row}, column \"{column}\": the model's scale takes the value out of the range of 64-bit \
                     floats"
                );
                Failure::new(ErrorCode::InvalidData, message)
                    .hint("look whether the column is in the units that the model was fitted in")
            }
            Self::Failure(failure) => failure,
        }
    }
}

impl Labelled {
    /// Labels rows of the model's columns.
    pub fn of(matrix: Matrix, measuring: &Measuring) -> Result<Self, Unlabelled> {
        let unknown = unknown(&matrix, &measuring.preparation.columns);
        let Measuring { labeller, threads, preparation, .. } = measuring;
        let filled = if preparation.fills() { holes(&matrix, &preparation.categories()) } else { 0 };
        let (matrix, dropped) = measuring.prepared(matrix)?;
        let labels = match labeller.labels(&matrix, threads) {
            Err(Error::NotFinite { row, column, .. }) if preparation.params.scale != Scale::None => {
                return Err(Unlabelled::out_of_range(row, column, &preparation.columns, &dropped));
            }
            labels => labels?,
        };
        let measured = measuring.measured(&matrix, &labels, &dropped)?;
        let mut sizes = vec![0; labeller.clusters()];
        labels.iter().for_each(|&label| sizes[label as usize] += 1);
        let labels = spread(labels, &dropped);
        Ok(Self { labels, measured, sizes, dropped: dropped.len() as u64, filled, unknown })
    }
}

/// How many rows have a text that no category is, and the column of the first.
fn unknown(matrix: &Matrix, columns: &[Column]) -> (u64, Option<usize>) {
    let categories = |(place, column): (usize, &Column)| match column {
        Column::Categories { texts } => Some((place, texts.len() as f64)),
        Column::Number { .. } => None,
    };
    let places: Vec<(usize, f64)> = columns.iter().enumerate().filter_map(categories).collect();
    if places.is_empty() {
        return (0, None);
    }
    let values = matrix.widened();
    let strange =
        |row: &[f64]| places.iter().find(|&&(place, texts)| row[place] >= texts).map(|&(place, _)| place);
    let mut found = values.chunks_exact(matrix.columns()).filter_map(strange);
    let first = found.next();
    (u64::from(first.is_some()) + found.count() as u64, first)
}

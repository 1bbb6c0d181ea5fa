//! Rows of a model's columns as its labeller takes them, and what is told of them beside their labels.

use kmeans_engine::{Labeller, Matrix, Measured, Missing, NO_LABEL, Preparation, Threads, split_off_lacking};
use kmeans_io::Extra;

use crate::failure::Failure;
use crate::preparing::spread_rows;

/// A model at work on rows that are read.
pub struct Measuring {
    pub labeller: Labeller,
    pub preparation: Preparation,
    pub threads: Threads,
    pub extra: Extra,
}

impl Measuring {
    /// The same on other threads.
    pub fn on(&self, threads: Threads) -> Self {
        let (labeller, preparation) = (self.labeller.clone(), self.preparation.clone());
        Self { labeller, preparation, threads, extra: self.extra }
    }

    /// Rows ready for the labeller, and the places of those that are left out for a missing cell.
    pub fn prepared(&self, matrix: Matrix) -> Result<(Matrix, Vec<u64>), Failure> {
        let (matrix, dropped) = match self.preparation.params.missing {
            Missing::Drop => split_off_lacking(matrix),
            _ => (matrix, Vec::new()),
        };
        Ok((self.preparation.apply(matrix, &self.threads)?, dropped))
    }

    /// What is wanted of prepared rows and their labels, with nothing for the rows that were left out.
    pub fn measured(&self, matrix: &Matrix, labels: &[u32], dropped: &[u64]) -> Result<Measured, Failure> {
        let Measured { distance, second, margin, distances } =
            self.labeller.measure(matrix, labels, self.extra.measures, &self.threads)?;
        let spread = |numbers: Option<Vec<f64>>, width| {
            numbers.map(|numbers| spread_rows(numbers, dropped, width, f64::NAN))
        };
        Ok(Measured {
            distance: spread(distance, 1),
            second: second.map(|labels| spread_rows(labels, dropped, 1, NO_LABEL)),
            margin: spread(margin, 1),
            distances: spread(distances, self.labeller.clusters()),
        })
    }

    /// The same of rows as they were read, whose labels are known: those left out have none.
    pub fn of_read(&self, matrix: &Matrix, labels: &[u32]) -> Result<Measured, Failure> {
        let (prepared, dropped) = self.prepared(matrix.clone())?;
        let known: Vec<u32> = labels.iter().copied().filter(|label| *label != NO_LABEL).collect();
        self.measured(&prepared, &known, &dropped)
    }
}

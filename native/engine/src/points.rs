//! Rows with their weights, held in memory.

use std::ops::Range;

use crate::error::Error;
use crate::exact::exponent;
use crate::matrix::Element;
use crate::panels::{PANEL, Panels, View};
use crate::threads::Threads;
use crate::weights::Weights;

/// Rows and, perhaps, a weight for each.
#[derive(Debug, Clone)]
pub struct Points {
    /// The rows.
    pub panels: Panels,
    /// One weight a row; without them every row counts once.
    pub weights: Option<Weights>,
}

impl Points {
    /// The rows named, in the order named.
    ///
    /// # Errors
    /// None: nobody can interrupt it.
    pub fn gather(&self, rows: &[u64], threads: &Threads) -> Result<Self, Error> {
        let weights = self.weights.as_ref().map(|weights| weights.gather(rows));
        Ok(Self { panels: self.panels.gather(rows, threads)?, weights })
    }

    /// The integer weight of a row: how often it counts, in units of [`Weights`].
    #[inline(always)]
    pub fn units(&self, row: usize) -> u64 {
        self.weights.as_ref().map_or(1, |weights| weights.units(row))
    }
}

/// What one pass over the values finds out.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranges {
    /// The least value of each column.
    pub min: Vec<f64>,
    /// The largest value of each column.
    pub max: Vec<f64>,
}

impl Ranges {
    /// Of no rows.
    pub fn new(columns: usize) -> Self {
        Self { min: vec![f64::INFINITY; columns], max: vec![f64::NEG_INFINITY; columns] }
    }

    /// Returns the ranges of finite rows, row-major.
    pub fn of_rows(columns: usize, rows: &[f64]) -> Self {
        let mut ranges = Self::new(columns);
        for row in rows.chunks_exact(columns) {
            for (column, &x) in row.iter().enumerate() {
                ranges.min[column] = ranges.min[column].min(x);
                ranges.max[column] = ranges.max[column].max(x);
            }
        }
        ranges
    }

    /// Widens the ranges by some rows, of which the first begins a panel.
    ///
    /// # Errors
    /// [`Error::NotFinite`] for the first NaN or infinity.
    #[inline(always)]
    pub fn add<T: Element>(&mut self, view: View<T>, rows: &Range<usize>) -> Result<(), Error> {
        for panels in view.in_cache(Panels::holding(rows)) {
            for column in 0..view.columns {
                let mut min = [view.column(panels.start, column)[0]; PANEL];
                let (mut max, mut spoilt) = (min, min.map(|x| x.spoil(x)));
                for panel in panels.clone() {
                    for (i, &x) in view.column(panel, column).iter().enumerate() {
                        min[i] = if x < min[i] { x } else { min[i] };
                        max[i] = if x > max[i] { x } else { max[i] };
                        spoilt[i] = x.spoil(spoilt[i]);
                    }
                }
                if spoilt.iter().any(|x| x.widen().is_nan()) {
                    return Err(not_finite(view, rows));
                }
                // `+ 0.0` turns -0.0 into 0.0: equal values must print as equal bytes.
                let least = min.into_iter().map(|x| x.widen() + 0.0).fold(f64::INFINITY, f64::min);
                let most = max.into_iter().map(|x| x.widen() + 0.0).fold(f64::NEG_INFINITY, f64::max);
                self.min[column] = self.min[column].min(least);
                self.max[column] = self.max[column].max(most);
            }
        }
        Ok(())
    }

    /// The ranges of all parts, or of the errors the one in the lowest row, whichever thread met it.
    ///
    /// # Errors
    /// That of a part.
    pub fn merged(columns: usize, parts: Vec<Result<Self, Error>>) -> Result<Self, Error> {
        let mut all = Self::new(columns);
        let mut first: Option<(usize, Error)> = None;
        for part in parts {
            match part {
                Ok(ranges) => all.merge(&ranges),
                Err(error) => {
                    let row = if let Error::NotFinite { row, .. } = error { row } else { usize::MAX };
                    if first.as_ref().is_none_or(|(lowest, _)| row < *lowest) {
                        first = Some((row, error));
                    }
                }
            }
        }
        first.map_or(Ok(all), |(_, error)| Err(error))
    }

    fn merge(&mut self, other: &Self) {
        for (column, (&min, &max)) in other.min.iter().zip(&other.max).enumerate() {
            self.min[column] = self.min[column].min(min);
            self.max[column] = self.max[column].max(max);
        }
    }

    /// The exponent of a power of two above the width of the widest column.
    pub fn exponent(&self) -> i32 {
        exponent(self.min.iter().zip(&self.max).fold(0.0, |width: f64, (min, max)| width.max(max - min)))
    }

    /// The largest magnitude of each column.
    pub fn magnitudes(&self) -> Vec<f64> {
        self.min.iter().zip(&self.max).map(|(min, max)| min.abs().max(max.abs())).collect()
    }
}

/// The first value that is not finite, in the order of the rows.
fn not_finite<T: Element>(view: View<T>, rows: &Range<usize>) -> Error {
    for row in rows.clone() {
        for column in 0..view.columns {
            let value = view.at(row, column);
            if !value.is_finite() {
                return Error::NotFinite { row, column, value };
            }
        }
    }
    Error::NotFinite { row: rows.start, column: 0, value: f64::NAN } // only called where there is one
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::{Matrix, Values};
    use crate::panels::on_view;

    #[test]
    fn a_nan_is_found_with_its_place() {
        let mut values = vec![1.0; 2 * 40];
        values[2 * 33 + 1] = f64::NAN;
        values[2 * 35] = f64::INFINITY;
        let panels = Panels::new(Matrix::new(2, Values::F64(values)));
        let error = on_view!(panels, view => Ranges::new(2).add(view, &(16..40))).unwrap_err();
        assert!(matches!(error, Error::NotFinite { row: 33, column: 1, .. }));
    }
}

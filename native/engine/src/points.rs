//! Rows with their weights, held in memory.

use crate::error::Error;
use crate::exact::{exponent, scale};
use crate::matrix::{Element, Matrix, Values};

/// Rows and, perhaps, a weight for each.
#[derive(Debug, Clone)]
pub struct Points {
    /// The rows.
    pub matrix: Matrix,
    /// One weight a row; without them every row counts once.
    pub weights: Option<Weights>,
}

impl Points {
    /// The rows named, in the order named.
    #[must_use]
    pub fn gather(&self, rows: &[u64]) -> Self {
        Self { matrix: self.matrix.gather(rows), weights: self.weights.as_ref().map(|w| w.gather(rows)) }
    }

    /// The integer weight of a row: how often it counts, in units of [`Weights`].
    #[inline(always)]
    pub fn units(&self, row: usize) -> u64 {
        self.weights.as_ref().map_or(1, |weights| weights.units[row])
    }

    /// How many rows have a weight above 0.
    pub fn counting(&self) -> usize {
        self.weights.as_ref().map_or(self.matrix.rows(), |w| w.units.iter().filter(|&&u| u > 0).count())
    }
}

/// Weights as whole multiples of a power of two, so that weighted sums are exact integers as well.
///
/// The unit is the largest power of two of which all weights are multiples (1 for counts: a row of weight 2
/// is then the same integer arithmetic as the row twice). Where that would need more than 62 bits for the
/// largest, or 2^76 for the total (the room that [`crate::exact::Sum`] has), it is coarser, and weights are
/// rounded to it: by less than 2^-53 of the largest weight for up to 2^22 rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    units: Vec<u64>,
    exponent: i32,
}

impl Weights {
    /// Checks and converts one weight a row.
    ///
    /// # Errors
    /// [`Error::Weight`] for a negative or non-finite weight, [`Error::NoWeight`] when all are 0.
    pub fn new(weights: &[f64]) -> Result<Self, Error> {
        if let Some(row) = weights.iter().position(|w| !(w.is_finite() && *w >= 0.0)) {
            return Err(Error::Weight { row, value: weights[row] });
        }
        let largest = weights.iter().copied().fold(0.0, f64::max);
        if largest == 0.0 {
            return Err(Error::NoWeight);
        }
        let finest = weights.iter().filter(|w| **w > 0.0).map(|&w| lowest_bit(w)).min().unwrap_or(0);
        let rows = usize::BITS - weights.len().leading_zeros();
        let coarsest = exponent(largest) - (76 - rows as i32).min(62);
        let exponent = finest.max(coarsest);
        let units = weights.iter().map(|&w| libm::rint(scale(w, -exponent)) as u64).collect();
        Ok(Self { units, exponent })
    }

    fn gather(&self, rows: &[u64]) -> Self {
        Self { units: rows.iter().map(|&row| self.units[row as usize]).collect(), exponent: self.exponent }
    }

    /// A sum of units as a weight, rounded once.
    pub fn to_f64(&self, units: u128) -> f64 {
        scale(units as f64, self.exponent)
    }
}

/// The exponent of the last bit that is set in `x > 0`.
fn lowest_bit(x: f64) -> i32 {
    let bits = x.to_bits();
    let field = (bits >> 52 & 0x7ff) as i32;
    let mantissa = if field == 0 { bits } else { bits & ((1 << 52) - 1) | 1 << 52 };
    mantissa.trailing_zeros() as i32 + field.max(1) - 1075
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

    /// Widens the ranges by rows of which the first is row `first` of the table.
    ///
    /// # Errors
    /// [`Error::NotFinite`] for the first NaN or infinity.
    pub fn add<T: Element>(&mut self, rows: &[T], first: usize) -> Result<(), Error> {
        for (i, row) in rows.chunks_exact(self.min.len()).enumerate() {
            for (column, x) in row.iter().enumerate() {
                let x = x.widen();
                if !x.is_finite() {
                    return Err(Error::NotFinite { row: first + i, column, value: x });
                }
                // `+ 0.0` turns -0.0 into 0.0: equal values must print as equal bytes.
                self.min[column] = self.min[column].min(x) + 0.0;
                self.max[column] = self.max[column].max(x) + 0.0;
            }
        }
        Ok(())
    }

    /// Widens the ranges by others.
    pub fn merge(&mut self, other: &Self) {
        for (column, (&min, &max)) in other.min.iter().zip(&other.max).enumerate() {
            self.min[column] = self.min[column].min(min);
            self.max[column] = self.max[column].max(max);
        }
    }

    /// The largest magnitude of each column.
    pub fn magnitudes(&self) -> Vec<f64> {
        self.min.iter().zip(&self.max).map(|(min, max)| min.abs().max(max.abs())).collect()
    }
}

/// Divides all values by `2^exponent`. Only data outside of f32's range ever need it.
pub fn rescale(matrix: &mut Matrix, exponent: i32) {
    if let Values::F64(values) = matrix.values_mut() {
        values.iter_mut().for_each(|x| *x = scale(*x, -exponent));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_kept_as_they_are() {
        let weights = Weights::new(&[1.0, 2.0, 0.0, 7.0]).unwrap();
        assert_eq!(weights, Weights { units: vec![1, 2, 0, 7], exponent: 0 });
        assert_eq!(weights.to_f64(10), 10.0);
    }

    #[test]
    fn fractions_are_exact_and_extremes_are_rounded() {
        assert_eq!(Weights::new(&[0.5, 0.75]).unwrap(), Weights { units: vec![2, 3], exponent: -2 });
        assert_eq!(Weights::new(&[1024.0, 4096.0]).unwrap(), Weights { units: vec![1, 4], exponent: 10 });
        let spread = Weights::new(&[1e-300, 1.0]).unwrap();
        assert_eq!(spread.units, vec![0, 1 << 61]);
        assert!(Weights::new(&[f64::MAX, f64::MIN_POSITIVE]).is_ok());
    }

    #[test]
    fn bad_weights_are_refused() {
        assert_eq!(Weights::new(&[1.0, -2.0]), Err(Error::Weight { row: 1, value: -2.0 }));
        assert!(matches!(Weights::new(&[f64::NAN]), Err(Error::Weight { row: 0, .. })));
        assert_eq!(Weights::new(&[0.0, 0.0]), Err(Error::NoWeight));
    }

    #[test]
    fn a_nan_is_found_with_its_place() {
        let mut ranges = Ranges::new(2);
        let error = ranges.add(&[1.0, 2.0, 3.0, f64::NAN], 10).unwrap_err();
        assert!(matches!(error, Error::NotFinite { row: 11, column: 1, .. }));
    }
}

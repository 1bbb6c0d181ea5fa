//! Rows with their weights, held in memory.

use std::ops::Range;

use crate::error::Error;
use crate::exact::{exponent, scale};
use crate::matrix::Element;
use crate::panels::{PANEL, Panels, View};

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
    #[must_use]
    pub fn gather(&self, rows: &[u64]) -> Self {
        Self { panels: self.panels.gather(rows), weights: self.weights.as_ref().map(|w| w.gather(rows)) }
    }

    /// The integer weight of a row: how often it counts, in units of [`Weights`].
    #[inline(always)]
    pub fn units(&self, row: usize) -> u64 {
        self.weights.as_ref().map_or(1, |weights| weights.units(row))
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
    /// [`Error::Weight`] for a negative or non-finite weight, [`Error::NoWeight`] when all are 0,
    /// [`Error::WeightSum`] when their sum overflows.
    pub fn new(weights: &[f64]) -> Result<Self, Error> {
        if let Some(row) = weights.iter().position(|w| !(w.is_finite() && *w >= 0.0)) {
            return Err(Error::Weight { row, value: weights[row] });
        }
        if weights.iter().all(|&weight| weight == 0.0) {
            return Err(Error::NoWeight);
        }
        if !weights.iter().sum::<f64>().is_finite() {
            return Err(Error::WeightSum);
        }
        let mut unit = WeightUnit::default();
        unit.add(weights);
        let exponent = unit.exponent();
        let units = weights.iter().map(|&weight| in_units(weight, exponent)).collect();
        Ok(Self { units, exponent })
    }

    /// The weight of a row, in units.
    #[inline(always)]
    pub fn units(&self, row: usize) -> u64 {
        self.units[row]
    }

    /// The weights of all rows, in units, to be put in another order.
    pub(crate) fn units_mut(&mut self) -> &mut [u64] {
        &mut self.units
    }

    /// How many rows have a weight above 0.
    pub fn counting(&self) -> usize {
        self.units.iter().filter(|&&units| units > 0).count()
    }

    fn gather(&self, rows: &[u64]) -> Self {
        Self { units: rows.iter().map(|&row| self.units[row as usize]).collect(), exponent: self.exponent }
    }

    /// A sum of units as a weight, rounded once.
    pub fn to_f64(&self, units: u128) -> f64 {
        scale(units as f64, self.exponent)
    }
}

/// The unit of weights that may come in parts.
#[derive(Debug, Clone, Default)]
pub(crate) struct WeightUnit {
    /// The exponent of the last bit that is set in any of them.
    finest: Option<i32>,
    largest: f64,
    rows: usize,
}

impl WeightUnit {
    pub(crate) fn add(&mut self, weights: &[f64]) {
        self.rows += weights.len();
        for &weight in weights.iter().filter(|weight| **weight > 0.0) {
            let lowest = lowest_bit(weight);
            self.finest = Some(self.finest.map_or(lowest, |finest| finest.min(lowest)));
            self.largest = self.largest.max(weight);
        }
    }

    fn exponent(&self) -> i32 {
        self.finest.unwrap_or(0).max(self.coarsest())
    }

    fn coarsest(&self) -> i32 {
        let rows = usize::BITS - self.rows.leading_zeros();
        exponent(self.largest) - (76 - rows as i32).min(62)
    }

    /// What converts a weight to units of at most 1, so that counts stay counts.
    pub(crate) fn counts(&self) -> impl Fn(f64) -> u64 + use<> {
        let exponent = self.finest.unwrap_or(0).min(0).max(self.coarsest());
        move |weight| in_units(weight, exponent)
    }
}

fn in_units(weight: f64, exponent: i32) -> u64 {
    libm::rint(scale(weight, -exponent)) as u64
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

    /// Widens the ranges by some rows, of which the first begins a panel.
    ///
    /// # Errors
    /// [`Error::NotFinite`] for the first NaN or infinity.
    #[inline(always)]
    pub fn add<T: Element>(&mut self, view: View<T>, rows: &Range<usize>) -> Result<(), Error> {
        for panels in view.in_cache(Panels::holding(rows)) {
            for column in 0..view.columns {
                let mut min = [view.column(panels.start, column)[0]; PANEL];
                let (mut max, mut finite) = (min, [true; PANEL]);
                for panel in panels.clone() {
                    for (i, &x) in view.column(panel, column).iter().enumerate() {
                        min[i] = if x < min[i] { x } else { min[i] };
                        max[i] = if x > max[i] { x } else { max[i] };
                        finite[i] &= x.is_finite();
                    }
                }
                if finite.contains(&false) {
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
        assert!(Weights::new(&[f64::MAX / 2.0, f64::MIN_POSITIVE]).is_ok());
        assert_eq!(Weights::new(&[1e308, 1e308]), Err(Error::WeightSum));
    }

    #[test]
    fn bad_weights_are_refused() {
        assert_eq!(Weights::new(&[1.0, -2.0]), Err(Error::Weight { row: 1, value: -2.0 }));
        assert!(matches!(Weights::new(&[f64::NAN]), Err(Error::Weight { row: 0, .. })));
        assert_eq!(Weights::new(&[0.0, 0.0]), Err(Error::NoWeight));
    }

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

//! Weights as integers, of rows that are held or that pass by.

use crate::error::Error;
use crate::exact::{exponent, scale};

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
        let mut survey = WeightSurvey::default();
        survey.add(weights)?;
        Ok(survey.unit()?.weights(weights))
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

    pub(crate) fn gather(&self, rows: &[u64]) -> Self {
        Self { units: rows.iter().map(|&row| self.units[row as usize]).collect(), exponent: self.exponent }
    }

    /// A sum of units as a weight, rounded once.
    pub fn to_f64(&self, units: u128) -> f64 {
        scale(units as f64, self.exponent)
    }
}

/// The unit that all weights of a table are multiples of, or are rounded to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WeightUnit {
    exponent: i32,
}

impl WeightUnit {
    /// Some of the weights that were surveyed.
    pub fn weights(self, weights: &[f64]) -> Weights {
        let units = weights.iter().map(|&w| in_units(w, self.exponent)).collect();
        Weights { units, exponent: self.exponent }
    }

    /// A sum of units as a weight, rounded once.
    pub fn to_f64(self, units: u128) -> f64 {
        scale(units as f64, self.exponent)
    }
}

/// The exponents that a weight can have are this, that of the least f64, and those above up to 1024.
const LEAST: i32 = -1073;
const BINADES: usize = 1024 + 1073 + 1;

/// What has to be known of all weights before any of them has units, gathered in the order of the rows.
#[derive(Debug, Clone)]
pub struct WeightSurvey {
    rows: usize,
    largest: f64,
    sum: f64,
    finest: Option<i32>,
    /// For each exponent the weights that are a power of two, and the others.
    binades: Vec<[u64; 2]>,
}

impl Default for WeightSurvey {
    fn default() -> Self {
        Self { rows: 0, largest: 0.0, sum: 0.0, finest: None, binades: vec![[0; 2]; BINADES] }
    }
}

impl WeightSurvey {
    /// Looks at the weights of the next rows.
    ///
    /// # Errors
    /// [`Error::Weight`] for a negative or non-finite weight.
    pub fn add(&mut self, weights: &[f64]) -> Result<(), Error> {
        for &weight in weights {
            if !(weight.is_finite() && weight >= 0.0) {
                return Err(Error::Weight { row: self.rows, value: weight });
            }
            self.rows += 1;
            self.sum += weight;
            self.largest = self.largest.max(weight);
            if weight > 0.0 {
                let (binade, lowest) = (exponent(weight), lowest_bit(weight));
                self.finest = Some(self.finest.map_or(lowest, |finest| finest.min(lowest)));
                // A power of two is the least weight of its exponent.
                self.binades[(binade - LEAST) as usize][usize::from(lowest + 1 != binade)] += 1;
            }
        }
        Ok(())
    }

    /// The unit of all of them.
    ///
    /// # Errors
    /// [`Error::NoWeight`] when all are 0, [`Error::WeightSum`] when their sum overflows.
    pub fn unit(&self) -> Result<WeightUnit, Error> {
        let finest = self.finest.ok_or(Error::NoWeight)?;
        if !self.sum.is_finite() {
            return Err(Error::WeightSum);
        }
        Ok(WeightUnit { exponent: finest.max(self.coarsest()) })
    }

    /// What converts a weight to units of at most 1, so that counts stay counts.
    pub(crate) fn counts(&self) -> impl Fn(f64) -> u64 + use<> {
        let exponent = self.finest.unwrap_or(0).min(0).max(self.coarsest());
        move |weight| in_units(weight, exponent)
    }

    fn coarsest(&self) -> i32 {
        let rows = usize::BITS - self.rows.leading_zeros();
        exponent(self.largest) - (76 - rows as i32).min(62)
    }

    /// How many rows have a weight above 0 in that unit: more than half of it, for a half is rounded to the even 0.
    pub fn counting(&self, unit: WeightUnit) -> usize {
        // Half a unit, 2^(e - 1), is the power of two that has the exponent e.
        let half = usize::try_from(unit.exponent - LEAST).ok();
        let of_half = half.map_or(0, |half| self.binades[half][1]);
        let above: u64 = self.binades.iter().skip(half.map_or(0, |half| half + 1)).flatten().sum();
        (above + of_half) as usize
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
        assert!(Weights::new(&[f64::MAX / 2.0, f64::MIN_POSITIVE]).is_ok());
        assert_eq!(Weights::new(&[1e308, 1e308]), Err(Error::WeightSum));
    }

    #[test]
    fn bad_weights_are_refused() {
        assert_eq!(Weights::new(&[1.0, -2.0]), Err(Error::Weight { row: 1, value: -2.0 }));
        assert!(matches!(Weights::new(&[f64::NAN]), Err(Error::Weight { row: 0, .. })));
        assert_eq!(Weights::new(&[0.0, 0.0]), Err(Error::NoWeight));
    }

    /// Blocks of any size find the unit and the rows that count as all weights at once.
    #[test]
    fn a_survey_in_parts_agrees_with_the_whole() {
        let tables: [&[f64]; 6] = [
            &[1.0, 2.0, 0.0, 7.0],
            &[0.5, 0.75, 3.0],
            &[1e-300, 1.0, 2f64.powi(-62), 2f64.powi(-63), 3.0 * 2f64.powi(-64), 2f64.powi(-61)],
            &[5e-324, 1e-323, 0.0],
            &[5e-324, f64::MAX / 4.0, f64::MIN_POSITIVE],
            &[0.1, 0.2, 0.3, 1e-17, 1e-19, 1e-21],
        ];
        for table in tables {
            let whole = Weights::new(table).unwrap();
            let mut survey = WeightSurvey::default();
            table.chunks(2).for_each(|some| survey.add(some).unwrap());
            let unit = survey.unit().unwrap();
            assert_eq!(unit.weights(table), whole, "{table:?}");
            assert_eq!(survey.counting(unit), whole.counting(), "{table:?}");
        }
    }
}

//! Sums of rows as integers.
//!
//! Column `j` has a grid of step `2^(e_j - 90)`, where `2^e_j` bounds the column's magnitudes. A value is
//! rounded once onto it (exactly representable when it is at least 2^-37 of the largest, for then its 53 bits
//! end above the grid), weighted by an integer, and added as an integer. The sums are therefore the exact
//! sums of the rounded values in any order, over any threads, and a row taken out again leaves no trace.
//!
//! 90 bits, where 50 would do for accuracy: with 90 the values of nearly every real column are *on* the grid,
//! so a centroid is the true mean, correctly rounded, and a cluster of equal rows has exactly their value as
//! its centroid. With 50, three rows of 0.1 would lie 1e-17 away from "their" mean, k = n would not end at
//! inertia 0, and a cluster of copies would look worth splitting.

use super::mean::mean;
use super::{exponent, scale};

/// Bits of the low limb. The high limb holds the 50 above: one `f64 -> i64` rounding each.
pub const LOW_BITS: i32 = 40;
const HIGH_BITS: i32 = 50;
/// Adding and taking away 1.5 x 2^52 rounds |y| <= 2^51 to the nearest integer, ties to even, on every CPU.
pub const ROUND: f64 = 6_755_399_441_055_744.0;

/// The sum of one column over the rows of a cluster: `(high * 2^40 + low)` grid steps.
///
/// With a total integer weight below 2^76, `|high| <= 2^126` and `|low| <= 2^115`: no overflow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum {
    pub(super) high: i128,
    pub(super) low: i128,
}

impl Sum {
    /// Adds a value split by [`Grid::split`], `weight` times (negative: takes it away).
    #[inline(always)]
    pub fn add(&mut self, (high, low): (i64, i64), weight: i64) {
        self.high += i128::from(high) * i128::from(weight);
        self.low += i128::from(low) * i128::from(weight);
    }

    /// [`Sum::add`] for the weight of many rows together, below 2^76.
    pub fn add_many(&mut self, (high, low): (i64, i64), weight: i128) {
        self.high += i128::from(high) * weight;
        self.low += i128::from(low) * weight;
    }

    /// Adds another sum of the same column.
    pub fn merge(&mut self, other: Self) {
        self.high += other.high;
        self.low += other.low;
    }
}

/// The grids of all columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    /// 2^(50 - e) per column: brings a value to units of the high limb.
    scales: Vec<f64>,
    /// e - 90 per column: the exponent of one step.
    steps: Vec<i32>,
}

impl Grid {
    /// A grid for columns of these largest magnitudes (finite).
    pub fn new(magnitudes: &[f64]) -> Self {
        // Below 2^-973 the scale itself would overflow. Only columns that do not vary lie there: others are brought to
        // 2^-430 and above by the unit.
        let exponents = magnitudes.iter().map(|&m| exponent(m).max(-960));
        let (scales, steps) =
            exponents.map(|e| (scale(1.0, HIGH_BITS - e), e - HIGH_BITS - LOW_BITS)).unzip();
        Self { scales, steps }
    }

    /// How many columns.
    pub fn columns(&self) -> usize {
        self.scales.len()
    }

    /// What [`Grid::split`] multiplies a value of `column` by.
    #[inline(always)]
    pub fn scale(&self, column: usize) -> f64 {
        self.scales[column]
    }

    /// `value` of `column` in grid steps, rounded to the nearest (ties to even), as high and low limb.
    #[inline(always)]
    pub fn split(&self, column: usize, value: f64) -> (i64, i64) {
        let y = value * self.scales[column]; // |y| <= 2^50
        let high = y + ROUND;
        let rest = (y - (high - ROUND)) * (1u64 << LOW_BITS) as f64; // |rest| <= 2^39; both steps exact
        let low = rest + ROUND;
        let offset = ROUND.to_bits() as i64;
        ((high.to_bits() as i64) - offset, (low.to_bits() as i64) - offset)
    }

    /// `sum / weight` of `column` times `2^unit`, rounded once to f64 (to nearest, ties to even), for rows of which the
    /// least and the largest value in that unit are given.
    ///
    /// Values off the grid are rounded onto it, so the mean of a cluster that has no others may lie up to half a step
    /// outside of the column's range. The true mean lies within, hence the end of the range is nearer to it.
    ///
    /// # Panics
    /// When a mean lies farther outside: then a sum is wrong.
    pub fn mean(&self, column: usize, sum: Sum, weight: u128, unit: i32, [min, max]: [f64; 2]) -> f64 {
        let step = self.steps[column] + unit;
        let mean = mean(sum, weight, step);
        let within = mean.clamp(min, max);
        let outside = (mean - within).abs();
        assert!(
            outside <= scale(1.0, step),
            "the mean {mean} of column {column} is outside of {min} to {max}"
        );
        within
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sum_of(grid: &Grid, values: &[f64]) -> Sum {
        let mut sum = Sum::default();
        for &value in values {
            sum.add(grid.split(0, value), 1);
        }
        sum
    }

    #[test]
    fn the_mean_of_equal_values_is_the_value() {
        for value in [0.1, -0.1, 1e8 + 0.1, 1.0 / 3.0, 1e-270, 1e130, 0.0] {
            let grid = Grid::new(&[f64::abs(value)]);
            for count in [1, 3, 7, 1000] {
                let sum = sum_of(&grid, &vec![value; count]);
                assert_eq!(grid.mean(0, sum, count as u128, 0, [-1e300, 1e300]), value, "{count} x {value}");
            }
        }
    }

    #[test]
    fn a_value_far_below_the_largest_is_rounded_onto_the_grid() {
        let grid = Grid::new(&[1.0]); // 1.0 < 2^1, so a step is 2^-89
        let step = scale(1.0, -89);
        for (value, steps) in [(step, (0, 1)), (step * 0.5, (0, 0)), (step * 1.5, (0, 2)), (-step, (0, -1))] {
            assert_eq!(grid.split(0, value), steps);
        }
    }

    proptest! {
        #[test]
        fn sums_do_not_depend_on_order_and_come_apart_again(
            mut values in prop::collection::vec(-1e9f64..1e9, 1..60), cut in 0usize..60,
        ) {
            let magnitude = values.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
            let grid = Grid::new(&[magnitude]);
            let forward = sum_of(&grid, &values);
            let (left, right) = values.split_at(cut.min(values.len()));
            let mut merged = sum_of(&grid, right);
            merged.merge(sum_of(&grid, left));
            prop_assert_eq!(merged, forward);
            let first = values[0];
            values.reverse();
            let mut backward = sum_of(&grid, &values);
            prop_assert_eq!(backward, forward);
            backward.add(grid.split(0, first), -1);
            values.pop();
            prop_assert_eq!(backward, sum_of(&grid, &values));
        }

        #[test]
        fn a_weight_is_a_repetition(value in -1e5f64..1e5, other in -1e5f64..1e5, weight in 1i64..9) {
            let grid = Grid::new(&[1e5]);
            let mut weighted = sum_of(&grid, &[other]);
            weighted.add(grid.split(0, value), weight);
            let mut repeated = vec![value; weight as usize];
            repeated.push(other);
            prop_assert_eq!(weighted, sum_of(&grid, &repeated));
        }
    }
}

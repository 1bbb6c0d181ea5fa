//! The unit that values are measured in: definition 12 of docs/exactness.md.

use std::borrow::Cow;

use crate::error::{Error, Extent};
use crate::exact::{exponent, scale};
use crate::matrix::{Matrix, Values};
use crate::panels::Panels;
use crate::points::Ranges;

/// The exponents that the largest magnitude of a column may have, in the unit.
///
/// Above, squares could overflow: `2^17` columns of `(2 x 2^440)^2` stay below `2^1023`. Below, squares would lose bits:
/// a difference in the last bit of the largest value, squared, is a normal number (`2^-966`), and one of a single step
/// of the column's grid is still above 0 (`2^-1040`).
const LEAST: i32 = -430;
const MOST: i32 = 440;

/// How values become those that are subtracted and squared.
///
/// Dividing by a power of two changes no comparison. It takes bits away only from values below `2^-1021` units, which
/// reach nothing: a difference of two such values squares to 0, a difference from any that squares to more than 0
/// (`2^-538` or above) rounds to the other one, and on the column's grid (of step `2^-520` or more) they are 0.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Unit {
    /// Values are divided by `2^exponent`.
    exponent: i32,
    /// Columns that do not vary and whose value would be too large, and that value. They are measured from it.
    origins: Vec<(usize, f64)>,
}

impl Unit {
    /// The unit of a table whose columns have these ranges.
    ///
    /// # Errors
    /// [`Error::Apart`] where no unit holds all columns that vary.
    pub fn of(ranges: &Ranges) -> Result<Self, Error> {
        let magnitudes = ranges.magnitudes();
        let varies = |column: &usize| ranges.min[*column] < ranges.max[*column];
        let varying = || (0..magnitudes.len()).filter(varies);
        let by_size = |a: &usize, b: &usize| magnitudes[*a].total_cmp(&magnitudes[*b]);
        let (Some(least), Some(most)) = (varying().min_by(by_size), varying().rev().max_by(by_size)) else {
            return Ok(Self::with(0, ranges));
        };
        let (low, high) = (exponent(magnitudes[least]), exponent(magnitudes[most]));
        if high - low > MOST - LEAST {
            let extent = |column: usize| Extent { column, min: ranges.min[column], max: ranges.max[column] };
            return Err(Error::Apart { large: extent(most), small: extent(least) });
        }
        // The one above the largest value, unless that would leave a column too small.
        let wanted = if low >= LEAST && high <= MOST { 0 } else { high.min(low - LEAST) };
        Ok(Self::with(wanted, ranges))
    }

    /// That of a table of which only centroids are known: what [`Unit::of`] gives where one scale is enough.
    pub fn of_centroids(ranges: &Ranges) -> i32 {
        let varying = ranges.min.iter().zip(&ranges.max).filter(|(min, max)| min < max);
        Self::of_magnitude(varying.fold(0.0, |most, (min, max)| most.max(min.abs()).max(max.abs())))
    }

    /// That of a single column of at most this magnitude.
    pub fn of_magnitude(magnitude: f64) -> i32 {
        let e = exponent(magnitude);
        if magnitude == 0.0 || (LEAST..=MOST).contains(&e) { 0 } else { e }
    }

    /// The unit `2^exponent` for columns of these ranges.
    pub fn with(exponent: i32, ranges: &Ranges) -> Self {
        let most = i64::from(MOST) + i64::from(exponent);
        let large = |x: f64| i64::from(crate::exact::exponent(x)) > most;
        let constant = |(column, (&min, &max)): (usize, (&f64, &f64))| {
            (min >= max && large(min)).then_some((column, min))
        };
        let origins = ranges.min.iter().zip(&ranges.max).enumerate().filter_map(constant).collect();
        Self { exponent, origins }
    }

    /// Tells if values are measured as they are.
    pub fn is_one(&self) -> bool {
        self.exponent == 0 && self.origins.is_empty()
    }

    /// Its exponent: values are divided by `2^exponent`.
    pub fn exponent(&self) -> i32 {
        self.exponent
    }

    /// The first of some points' numbers that is larger than the values of a table in this unit.
    pub fn too_large(&self, columns: usize, points: &[f64]) -> Option<usize> {
        let most = |x: f64| x != 0.0 && (!x.is_finite() || exponent(x) > MOST);
        points.iter().enumerate().position(|(i, &x)| most(self.measured(i % columns, x)))
    }

    fn origin(&self, column: usize) -> Option<f64> {
        self.origins.iter().find(|origin| origin.0 == column).map(|origin| origin.1)
    }

    /// A value of a column in this unit.
    pub fn measured(&self, column: usize, x: f64) -> f64 {
        match self.origin(column) {
            // Halves, because the difference of two large numbers may overflow. The last bit of the smaller one that
            // they may lack is far below that of the difference.
            Some(origin) => scale(x * 0.5 - origin * 0.5, 1 - self.exponent),
            None => scale(x, -self.exponent),
        }
    }

    /// Points, of all columns, in this unit.
    pub fn measured_points<'a>(&self, columns: usize, points: &'a [f64]) -> Cow<'a, [f64]> {
        if self.is_one() {
            return Cow::Borrowed(points);
        }
        points.iter().enumerate().map(|(i, &x)| self.measured(i % columns, x)).collect()
    }

    /// The ranges that rows have in this unit.
    pub fn measured_ranges(&self, ranges: &Ranges) -> Ranges {
        let columns = ranges.min.len();
        let measured = |ends: &[f64]| self.measured_points(columns, ends).into_owned();
        Ranges { min: measured(&ranges.min), max: measured(&ranges.max) }
    }

    /// The values of a row that was measured, but for bits that the unit took away.
    pub fn values(&self, columns: usize, mut points: Vec<f64>) -> Vec<f64> {
        if !self.is_one() {
            for (i, x) in points.iter_mut().enumerate() {
                *x = scale(*x, self.exponent) + self.origin(i % columns).unwrap_or(0.0);
            }
        }
        points
    }

    /// Rows as kernels read them, in this unit. f32 stays f32 where the unit is one, as it is for all tables of f32.
    pub fn panels(&self, matrix: Matrix) -> Panels {
        if self.is_one() {
            return Panels::new(matrix);
        }
        let columns = matrix.columns();
        let mut panels = Panels::new(Matrix::new(columns, Values::F64(matrix.widened().into_owned())));
        self.measure(&mut panels);
        panels
    }

    /// Brings all f64 of some rows to this unit.
    pub fn measure(&self, panels: &mut Panels) {
        if !self.is_one() {
            panels.change(|column, x| self.measured(column, x));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(columns: &[[f64; 2]]) -> Ranges {
        let of = |end: usize| columns.iter().map(|column| column[end]).collect();
        Ranges { min: of(0), max: of(1) }
    }

    fn power(e: i32) -> f64 {
        scale(1.0, e)
    }

    fn exponent_of(columns: &[[f64; 2]]) -> i32 {
        Unit::of(&ranges(columns)).unwrap().exponent()
    }

    #[test]
    fn ordinary_data_keep_their_unit() {
        for most in [0.0, 1e-120, 1.0, 1e8, f64::from(f32::MAX), f64::from(f32::MIN_POSITIVE)] {
            assert!(Unit::of(&ranges(&[[0.0, most], [-most, 0.5 * most]])).unwrap().is_one());
        }
        // `power(e)` has the exponent e + 1.
        assert_eq!(exponent_of(&[[0.0, power(439)]]), 0);
        assert_eq!(exponent_of(&[[0.0, power(440)]]), 441);
        assert_eq!(exponent_of(&[[0.0, power(-431)]]), 0);
        assert_eq!(exponent_of(&[[0.0, power(-432)]]), -431);
        assert_eq!(exponent_of(&[[0.0, 1e300], [0.0, 1e299]]), 997);
    }

    #[test]
    fn the_unit_makes_room_for_a_small_column_as_far_as_the_largest_allows() {
        // Room below: the largest need not be near 1.
        assert_eq!(exponent_of(&[[0.0, power(500)], [0.0, power(40)]]), 41 + 430);
        assert_eq!(exponent_of(&[[0.0, 1.0], [0.0, power(-461)]]), -460 + 430);
        // 2^870 apart is the most there is.
        assert_eq!(exponent_of(&[[0.0, power(1023)], [-power(153), 0.0]]), 1024 - 440);
        assert_eq!(
            Unit::of(&ranges(&[[3.0, 3.0], [0.0, power(1023)], [-power(152), 0.0]])),
            Err(Error::Apart {
                large: Extent { column: 1, min: 0.0, max: power(1023) },
                small: Extent { column: 2, min: -power(152), max: 0.0 },
            })
        );
    }

    #[test]
    fn columns_that_do_not_vary_have_no_say() {
        let unit = Unit::of(&ranges(&[[1e300, 1e300], [1e-100, 9e-100], [0.0, 0.0]])).unwrap();
        assert_eq!((unit.exponent(), &unit.origins[..]), (0, &[(0, 1e300)][..]));
        assert_eq!(*unit.measured_points(3, &[1e300, 2e-100, 0.0]), [0.0, 2e-100, 0.0]);
        assert_eq!(unit.values(3, vec![0.0, 2e-100, 0.0]), [1e300, 2e-100, 0.0]);
        assert_eq!(unit.measured(0, -f64::MAX), -f64::INFINITY);
        let unit = Unit::of(&ranges(&[[1e-300, 1e-300], [0.0, 7.0]])).unwrap();
        assert!(unit.is_one());
        assert!(Unit::of(&ranges(&[[1e-300, 1e-300], [4.0, 4.0]])).unwrap().is_one());
    }
}

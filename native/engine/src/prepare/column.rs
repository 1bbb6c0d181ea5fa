//! What fitting has to know of one column of numbers.

use crate::exact::{Grid, Sum, Total, scale};
use crate::prepare::quantile::Quartiles;
use crate::unit::Unit;

/// One pass after the other adds to it.
#[derive(Debug, Clone)]
pub(super) struct Numbers {
    pub(super) min: f64,
    pub(super) max: f64,
    /// Whether any is missing.
    lacks: bool,
    /// Weight of the rows with a number, and of those without, in units.
    pub(super) present: u128,
    pub(super) missing: u128,
    /// The exponent of the unit in which values are summed and squared, as [`Unit`] has it for the column alone.
    unit: i32,
    grid: Grid,
    sum: Sum,
    /// Squared differences from the mean, in that unit.
    squares: Total,
    pub(super) mean: f64,
    pub(super) quartiles: Quartiles,
}

impl Numbers {
    pub(super) fn new() -> Self {
        Self {
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            lacks: false,
            present: 0,
            missing: 0,
            unit: 0,
            grid: Grid::new(&[0.0]),
            sum: Sum::default(),
            squares: Total::default(),
            mean: 0.0,
            quartiles: Quartiles::default(),
        }
    }

    /// First pass. A row of weight 0 is no row.
    pub(super) fn range(&mut self, x: f64, counts: bool) {
        if x.is_nan() {
            self.lacks |= counts;
        } else if counts {
            // `+ 0.0` turns -0.0 into 0.0: equal values must print as equal bytes.
            self.min = self.min.min(x + 0.0);
            self.max = self.max.max(x + 0.0);
        }
    }

    /// Whether the first pass has met a number.
    pub(super) fn any(&self) -> bool {
        self.min <= self.max
    }

    /// Before the second pass.
    pub(super) fn fix_grid(&mut self) {
        let largest = if self.any() { self.min.abs().max(self.max.abs()) } else { 0.0 };
        self.unit = Unit::of_magnitude(largest);
        self.grid = Grid::new(&[self.measured(largest)]);
    }

    #[inline]
    fn measured(&self, x: f64) -> f64 {
        if self.unit == 0 { x } else { scale(x, -self.unit) }
    }

    /// Second pass.
    pub(super) fn sum(&mut self, x: f64, units: u64) {
        if x.is_nan() {
            self.missing += u128::from(units);
        } else if units > 0 {
            self.present += u128::from(units);
            self.sum.add_many(self.grid.split(0, self.measured(x)), i128::from(units));
        }
    }

    /// After the second pass: the mean of the numbers that are there, rounded once; of no weight, 0.
    pub(super) fn fix_mean(&mut self) {
        self.mean = match self.present {
            0 => 0.0,
            _ if self.min == self.max => self.min,
            present => self.grid.mean(0, self.sum, present, self.unit, [self.min, self.max]),
        };
    }

    /// After the first pass: `fill` stands for the missing numbers from now on.
    pub(super) fn fill_range(&mut self, fill: f64) {
        if self.lacks {
            self.min = self.min.min(fill);
            self.max = self.max.max(fill);
        }
    }

    /// After the second pass, likewise.
    pub(super) fn fill_sum(&mut self, fill: f64) {
        if self.missing > 0 {
            self.sum.add_many(self.grid.split(0, self.measured(fill)), self.missing as i128);
            self.present += self.missing;
        }
        self.fix_mean();
        if self.missing > 0 {
            let away = self.deviation_of(fill);
            self.squares.add_weighted(away * away, self.missing as f64);
        }
    }

    /// Third pass.
    pub(super) fn square(&mut self, x: f64, units: u64) {
        if !x.is_nan() {
            let away = self.deviation_of(x);
            self.squares.add_weighted(away * away, units as f64);
        }
    }

    #[inline]
    fn deviation_of(&self, x: f64) -> f64 {
        self.measured(x) - self.measured(self.mean)
    }

    /// The standard deviation of the population; 0 of no weight.
    pub(super) fn deviation(&self) -> f64 {
        match self.present {
            0 => 0.0,
            present => scale((self.squares.value() / present as f64).sqrt(), self.unit),
        }
    }
}

//! What a table's columns hold, for a person who decides how to prepare them.

use crate::error::Error;
use crate::observer::Observer;
use crate::prepare::fit::{Fit, Rows};
use crate::threads::Threads;

/// A column of numbers, described exactly and in any order of the rows. Of no number everything is 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Described {
    /// Rows with a number.
    pub present: u64,
    /// Rows without.
    pub missing: u64,
    /// The least number.
    pub min: f64,
    /// The largest number.
    pub max: f64,
    /// The mean, rounded once.
    pub mean: f64,
    /// The standard deviation of the population; infinite beyond the range of f64.
    pub deviation: f64,
    /// First quartile, median, third quartile, as [`crate::Scale::Robust`] has them.
    pub quartiles: [f64; 3],
}

/// Describes every column; missing cells are NaN.
///
/// # Errors
/// Those of `rows`.
pub fn describe(
    columns: usize,
    rows: &mut dyn Rows,
    threads: &Threads,
    observer: &dyn Observer,
) -> Result<Vec<Described>, Error> {
    let mut fit = Fit::new(columns, threads, observer);
    fit.ranges(rows)?;
    fit.sums(rows)?;
    fit.squares(rows)?;
    fit.quartiles(rows, &vec![None; columns])?;
    let described = |numbers: &super::column::Numbers| Described {
        present: numbers.present as u64,
        missing: numbers.missing as u64,
        min: if numbers.any() { numbers.min } else { 0.0 },
        max: if numbers.any() { numbers.max } else { 0.0 },
        mean: numbers.mean,
        deviation: numbers.deviation(),
        quartiles: if numbers.any() { numbers.quartiles.values() } else { [0.0; 3] },
    };
    Ok(fit.columns.iter().map(described).collect())
}

//! How often values and rows repeat, exactly.

use crate::error::Error;
use crate::matrix::{Element, Matrix, Values};
use crate::observer::Observer;
use crate::threads::Threads;

/// How many different numbers each column holds; NaN is none, and -0.0 is 0.0. Sorts a copy of each column.
///
/// # Errors
/// [`Error::Interrupted`].
pub fn distinct_values(
    matrix: &Matrix,
    threads: &Threads,
    observer: &dyn Observer,
) -> Result<Vec<u64>, Error> {
    let width = matrix.columns();
    let mut counts = vec![0; width];
    threads.fold(
        counts.iter_mut().enumerate(),
        observer,
        || (),
        |(), (column, count)| {
            let bits = |value: f64| (!value.is_nan()).then(|| (value + 0.0).to_bits());
            let mut values: Vec<u64> = match matrix.values() {
                Values::F32(values) => values
                    .iter()
                    .skip(column)
                    .step_by(width)
                    .filter_map(|value| bits(value.widen()))
                    .collect(),
                Values::F64(values) => {
                    values.iter().skip(column).step_by(width).filter_map(|value| bits(*value)).collect()
                }
            };
            values.sort_unstable();
            values.dedup();
            *count = values.len() as u64;
        },
    )?;
    Ok(counts)
}

/// How many rows equal an earlier one; a missing number (NaN) equals another. Takes 16 bytes a row.
pub fn repeated_rows(matrix: &Matrix) -> u64 {
    match matrix.values() {
        Values::F32(values) => repeated(values, matrix.columns()),
        Values::F64(values) => repeated(values, matrix.columns()),
    }
}

fn repeated<T: Element>(values: &[T], width: usize) -> u64 {
    let row = |row: u64| values[row as usize * width..][..width].iter().map(|value| bits(value.widen()));
    let rows = (values.len() / width) as u64;
    let mut hashed: Vec<(u64, u64)> = (0..rows).map(|each| (row(each).fold(0, mix), each)).collect();
    hashed.sort_unstable();
    let mut repeated = 0;
    for run in hashed.chunk_by_mut(|a, b| a.0 == b.0).filter(|run| run.len() > 1) {
        // Rows of one hash are nearly always equal; where somebody has made them differ, sorting still ends soon.
        run.sort_unstable_by(|a, b| row(a.1).cmp(row(b.1)));
        repeated += run.windows(2).filter(|pair| row(pair[0].1).eq(row(pair[1].1))).count() as u64;
    }
    repeated
}

fn bits(value: f64) -> u64 {
    if value.is_nan() { u64::MAX } else { (value + 0.0).to_bits() }
}

/// A step of `SplitMix64` (Steele, Lea, Flood 2014) over what was mixed before.
pub(crate) fn mix(before: u64, word: u64) -> u64 {
    let mut z = before.rotate_left(23).wrapping_add(word).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    proptest! {
        #[test]
        fn counts_are_those_of_sets(cells in prop::collection::vec(0u8..4, 0..120)) {
            let values: Vec<f64> = cells.iter().map(|&cell| [0.0, -0.0, 1.5, f64::NAN][cell as usize]).collect();
            let matrix = Matrix::new(3, Values::F64(values));
            let all = matrix.widened();
            let rows: Vec<Vec<u64>> = all.chunks_exact(3).map(|row| row.iter().map(|&x| bits(x)).collect()).collect();
            let different: HashSet<&Vec<u64>> = rows.iter().collect();
            prop_assert_eq!(repeated_rows(&matrix), (rows.len() - different.len()) as u64);
            let found = distinct_values(&matrix, &Threads::new(Some(2)).unwrap(), &()).unwrap();
            for (column, found) in found.into_iter().enumerate() {
                let set: HashSet<u64> = rows.iter().map(|row| row[column]).filter(|&x| x != u64::MAX).collect();
                prop_assert_eq!(found, set.len() as u64);
            }
        }
    }
}

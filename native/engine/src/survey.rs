//! What columns look like before they are clustered on: numbers that only tell rows apart, and how far values spread.

use std::cmp::Ordering;

use crate::matrix::{Element, Matrix, Values};

/// A column of whole numbers of which no two are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbering {
    /// Without a gap, in whatever order.
    Running,
    /// With gaps.
    Distinct,
}

/// Rows that spreads are judged by where there are more: their ratio is told in one or two digits.
const SAMPLE: usize = 1 << 12;

/// Doubles up to here hold every whole number; beyond, neighbours are rounded into one.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Which columns only number the rows.
///
/// One pass, which ends where no column is left that could be one: nearly always after a few rows, because a value
/// with a fraction or one that repeats that of the row before rules its column out. For gaps, `is_suspect` says which
/// columns are worth sorting.
pub fn numbering(matrix: &Matrix, is_suspect: impl Fn(usize) -> bool) -> Vec<Option<Numbering>> {
    match matrix.values() {
        Values::F32(values) => numbering_of(values, matrix.columns(), is_suspect),
        Values::F64(values) => numbering_of(values, matrix.columns(), is_suspect),
    }
}

fn numbering_of<T: Element>(
    values: &[T],
    columns: usize,
    is_suspect: impl Fn(usize) -> bool,
) -> Vec<Option<Numbering>> {
    let mut open: Vec<Open> = values.iter().take(columns).enumerate().filter_map(Open::new).collect();
    for row in values.chunks_exact(columns).skip(1) {
        if open.is_empty() {
            break;
        }
        open.retain_mut(|each| each.goes_on(row[each.column].widen()));
    }
    let mut found = vec![None; columns];
    for each in open {
        let column = || values.iter().skip(each.column).step_by(columns).map(|value| value.widen());
        found[each.column] = each.verdict(values.len() / columns, is_suspect(each.column), column);
    }
    found
}

/// A column that may still number the rows.
struct Open {
    column: usize,
    last: f64,
    min: f64,
    max: f64,
    /// The order of all rows so far; `None` once it has turned.
    order: Option<Ordering>,
}

impl Open {
    fn new<T: Element>((column, first): (usize, &T)) -> Option<Self> {
        let first = first.widen();
        is_whole(first).then_some(Self {
            column,
            last: first,
            min: first,
            max: first,
            order: Some(Ordering::Equal),
        })
    }

    fn goes_on(&mut self, value: f64) -> bool {
        if !is_whole(value) || value == self.last {
            return false;
        }
        let step = value.total_cmp(&self.last);
        self.order = self.order.filter(|order| *order == Ordering::Equal || *order == step).map(|_| step);
        (self.min, self.max, self.last) = (self.min.min(value), self.max.max(value), value);
        true
    }

    fn verdict<I: Iterator<Item = f64>>(
        &self,
        rows: usize,
        is_suspect: bool,
        column: impl Fn() -> I,
    ) -> Option<Numbering> {
        let gapless = self.max - self.min + 1.0 == rows as f64;
        let kind = if gapless { Numbering::Running } else { Numbering::Distinct };
        if !gapless && !is_suspect {
            return None;
        }
        let distinct =
            self.order.is_some() || if gapless { fill(rows, self.min, column()) } else { differ(column()) };
        distinct.then_some(kind)
    }
}

fn is_whole(value: f64) -> bool {
    value.abs() <= EXACT && value.trunc() == value
}

/// Whether `rows` values from `min` on, of which none is beyond the last, are all there.
fn fill(rows: usize, min: f64, column: impl Iterator<Item = f64>) -> bool {
    let mut seen = vec![0_u64; rows.div_ceil(64)];
    for value in column {
        let place = (value - min) as usize;
        let (word, bit) = (place / 64, 1 << (place % 64));
        if seen[word] & bit != 0 {
            return false;
        }
        seen[word] |= bit;
    }
    true
}

fn differ(column: impl Iterator<Item = f64>) -> bool {
    let mut values: Vec<i64> = column.map(|value| value as i64).collect();
    values.sort_unstable();
    values.windows(2).all(|pair| pair[0] != pair[1])
}

/// The standard deviation of each column, from a sample of rows where there are more than [`SAMPLE`].
pub fn spreads(matrix: &Matrix) -> Vec<f64> {
    match matrix.values() {
        Values::F32(values) => spreads_of(values, matrix.columns()),
        Values::F64(values) => spreads_of(values, matrix.columns()),
    }
}

fn spreads_of<T: Element>(values: &[T], columns: usize) -> Vec<f64> {
    let all = values.len() / columns;
    let count = all.min(SAMPLE);
    // Multiples of the golden ratio lie evenly, and keep step with no period that the rows may have.
    let spread_out = |i: usize| {
        let fraction = (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        ((u128::from(fraction) * all as u128) >> 64) as usize
    };
    let place = |i: usize| if count < all { spread_out(i) } else { i };
    let rows = || (0..count).map(|i| &values[place(i) * columns..][..columns]);
    // Missing cells are NaN, and left out.
    let (mut counts, mut means) = (vec![0.0; columns], vec![0.0; columns]);
    for row in rows() {
        for ((count, mean), value) in counts.iter_mut().zip(&mut means).zip(row) {
            let value = value.widen();
            if !value.is_nan() {
                *count += 1.0;
                *mean += (value - *mean) / *count;
            }
        }
    }
    let mut squares = vec![0.0; columns];
    for row in rows() {
        for ((square, mean), value) in squares.iter_mut().zip(&means).zip(row) {
            let apart = value.widen() - mean;
            *square += if apart.is_nan() { 0.0 } else { apart * apart };
        }
    }
    squares.into_iter().zip(counts).map(|(square, count)| libm::sqrt(square / count)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(columns: &[&[f64]], suspects: &[usize]) -> Vec<Option<Numbering>> {
        let rows = columns[0].len();
        let values: Vec<f64> =
            (0..rows).flat_map(|row| columns.iter().map(move |column| column[row])).collect();
        numbering(&Matrix::new(columns.len(), Values::F64(values)), |column| suspects.contains(&column))
    }

    #[test]
    fn running_numbers_are_found_in_any_order() {
        let columns: [&[f64]; 4] =
            [&[3.0, 4.0, 5.0, 6.0], &[2.0, 1.0, 0.0, -1.0], &[7.0, 5.0, 8.0, 6.0], &[0.0, 3.0, 1.0, 3.0]];
        let running = Some(Numbering::Running);
        assert_eq!(found(&columns, &[0, 1, 2, 3]), [running, running, running, None]);
    }

    #[test]
    fn gaps_are_found_only_where_they_are_suspected() {
        let columns: [&[f64]; 3] = [&[10.0, 40.0, 90.0], &[90.0, 10.0, 40.0], &[90.0, 10.0, 90.0]];
        let distinct = Some(Numbering::Distinct);
        assert_eq!(found(&columns, &[0, 1, 2]), [distinct, distinct, None]);
        assert_eq!(found(&columns, &[]), [None, None, None]);
    }

    #[test]
    fn fractions_repetitions_and_huge_numbers_number_nothing() {
        let columns: [&[f64]; 3] = [&[1.0, 2.0, 2.5], &[1.0, 1.0, 2.0], &[1e300, 2e300, 3e300]];
        assert_eq!(found(&columns, &[0, 1, 2]), [None, None, None]);
        let narrow = Matrix::new(1, Values::F32(vec![1.0, 2.0, 3.0]));
        assert_eq!(numbering(&narrow, |_| false), [Some(Numbering::Running)]);
    }

    #[test]
    fn an_order_that_turns_is_no_order() {
        assert_eq!(found(&[&[1.0, 5.0, 1.0, 5.0]], &[0]), [None]);
        assert_eq!(found(&[&[0.0, -0.0, 1.0]], &[0]), [None]);
    }

    #[test]
    fn spreads_leave_missing_cells_out() {
        let values = vec![1.0, f64::NAN, f64::NAN, f64::NAN, 5.0, f64::NAN];
        let found = spreads(&Matrix::new(2, Values::F64(values)));
        assert_eq!(found[0], 2.0);
        assert!(found[1].is_nan());
    }

    #[test]
    fn spreads_are_standard_deviations_and_survive_an_offset() {
        let values =
            (0..200_000_u32).flat_map(|row| [f64::from(row % 2), 1e9 + f64::from(row % 2) * 4.0, 7.0]);
        let found = spreads(&Matrix::new(3, Values::F64(values.collect())));
        for (found, expected) in found.iter().zip([0.5, 2.0, 0.0]) {
            assert!((found - expected).abs() <= expected * 0.01, "{found} is not {expected}");
        }
    }
}

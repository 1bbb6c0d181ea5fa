//! What columns look like before they are clustered on: numbers that only tell rows apart, and how far values spread.

use std::cmp::Ordering;

use crate::matrix::{Element, Matrix, Values};
use crate::repeats::mix;

/// A column of whole numbers of which no two are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbering {
    /// Without a gap, in whatever order.
    Running,
    /// With gaps.
    Distinct,
}

/// Rows that spreads are judged by where there are more: their ratio is told in one or two digits.
const SAMPLE: u64 = 1 << 12;

/// Doubles up to here hold every whole number; beyond, neighbours are rounded into one.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Columns as they are seen in one pass over the rows, in order, some at a time.
///
/// It costs next to nothing: a value with a fraction, or one that repeats that of the row before, rules its column out as a
/// number of rows, nearly always after a few of them; and spreads are those of a sample.
#[derive(Debug, Default)]
pub struct ColumnSurvey {
    rows: u64,
    /// Columns that may still number the rows.
    open: Vec<Open>,
    /// The sampled rows by [`level`]; those of the lower ones are left out as soon as the others are enough.
    levels: Vec<Vec<Moments>>,
    columns: usize,
}

impl ColumnSurvey {
    /// All rows of a table.
    pub fn of(matrix: &Matrix) -> Self {
        let mut survey = Self::default();
        survey.see(matrix);
        survey
    }

    /// The next rows; all have as many columns.
    pub fn see(&mut self, matrix: &Matrix) {
        self.columns = matrix.columns();
        match matrix.values() {
            Values::F32(values) => self.see_values(values),
            Values::F64(values) => self.see_values(values),
        }
    }

    fn see_values<T: Element>(&mut self, values: &[T]) {
        let mut rows = values.chunks_exact(self.columns);
        let (before, all) = (self.rows, self.rows + rows.len() as u64);
        if before == 0 {
            self.open = rows
                .next()
                .map_or_else(Vec::new, |row| row.iter().enumerate().filter_map(Open::new).collect());
        }
        for row in rows {
            if self.open.is_empty() {
                break;
            }
            self.open.retain_mut(|each| each.goes_on(row[each.column].widen()));
        }
        let least = least_level(all);
        for (row, number) in values.chunks_exact(self.columns).zip(before..) {
            let level = level(number);
            if level >= least {
                self.sample(level, row);
            }
        }
        self.rows = all;
    }

    #[cold]
    fn sample<T: Element>(&mut self, level: usize, row: &[T]) {
        if self.levels.len() <= level {
            self.levels.resize_with(level + 1, Vec::new);
        }
        let moments = &mut self.levels[level];
        moments.resize(self.columns, Moments::default());
        moments.iter_mut().zip(row).for_each(|(moments, value)| moments.add(value.widen()));
    }

    /// How many rows were seen.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Which columns only number the rows.
    ///
    /// For gaps, `is_suspect` says which columns are worth a look; those that are in no order are sorted if `again` has the
    /// rows, and are not known otherwise.
    pub fn numbering(
        &self,
        is_suspect: impl Fn(usize) -> bool,
        again: Option<&Matrix>,
    ) -> Vec<Option<Numbering>> {
        let mut found = vec![None; self.columns];
        for each in &self.open {
            let gapless = each.max - each.min + 1.0 == self.rows as f64;
            found[each.column] = if gapless {
                (each.order.is_some() || each.fills()).then_some(Numbering::Running)
            } else if is_suspect(each.column) {
                let differ = || again.is_some_and(|matrix| differ(matrix, each.column));
                (each.order.is_some() || differ()).then_some(Numbering::Distinct)
            } else {
                None
            };
        }
        found
    }

    /// The standard deviation of each column, missing cells (NaN) left out: of some [`SAMPLE`] rows, where there are more.
    pub fn spreads(&self) -> Vec<f64> {
        let mut all = vec![Moments::default(); self.columns];
        for moments in self.levels.iter().skip(least_level(self.rows)) {
            all.iter_mut().zip(moments).for_each(|(all, moments)| all.merge(*moments));
        }
        all.iter().map(|all| libm::sqrt(all.squares / all.count)).collect()
    }
}

/// A row's level is at least l for one row in 2^l: leading zeros of multiples of the golden ratio, which lie evenly and keep
/// step with no period that the rows may have.
fn level(row: u64) -> usize {
    row.wrapping_mul(0x9e37_79b9_7f4a_7c15).leading_zeros() as usize
}

/// Rows of this level and above are a sample of so many rows.
fn least_level(rows: u64) -> usize {
    (rows / SAMPLE).checked_ilog2().map_or(0, |log| log as usize + 1)
}

/// Count, mean and squared differences from it (Welford 1962; joined as by Chan, Golub and `LeVeque` 1979).
#[derive(Debug, Clone, Copy, Default)]
struct Moments {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Moments {
    fn add(&mut self, value: f64) {
        if !value.is_nan() {
            self.merge(Self { count: 1.0, mean: value, squares: 0.0 });
        }
    }

    fn merge(&mut self, other: Self) {
        let count = self.count + other.count;
        if other.count > 0.0 {
            let apart = other.mean - self.mean;
            self.mean += apart * (other.count / count);
            self.squares += other.squares + apart * apart * (self.count * other.count / count);
            self.count = count;
        }
    }
}

/// A column that may still number the rows.
#[derive(Debug)]
struct Open {
    column: usize,
    last: f64,
    min: f64,
    max: f64,
    /// The order of all rows so far; `None` once it has turned.
    order: Option<Ordering>,
    /// The values, each mixed into 64 bits, added up.
    sum: u64,
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
            sum: mix(0, first as i64 as u64),
        })
    }

    fn goes_on(&mut self, value: f64) -> bool {
        if !is_whole(value) || value == self.last {
            return false;
        }
        let step = value.total_cmp(&self.last);
        self.order = self.order.filter(|order| *order == Ordering::Equal || *order == step).map(|_| step);
        (self.min, self.max, self.last) = (self.min.min(value), self.max.max(value), value);
        self.sum = self.sum.wrapping_add(mix(0, value as i64 as u64));
        true
    }

    /// Whether all values from the least to the greatest are there, if there are as many rows: other values would have to add
    /// up, mixed, to the same 64 bits.
    fn fills(&self) -> bool {
        let all = self.min as i64..=self.max as i64;
        all.fold(0_u64, |sum, value| sum.wrapping_add(mix(0, value as u64))) == self.sum
    }
}

fn is_whole(value: f64) -> bool {
    value.abs() <= EXACT && value.trunc() == value
}

fn differ(matrix: &Matrix, column: usize) -> bool {
    let mut values = match matrix.values() {
        Values::F32(values) => column_of(values, matrix.columns(), column),
        Values::F64(values) => column_of(values, matrix.columns(), column),
    };
    values.sort_unstable();
    values.windows(2).all(|pair| pair[0] != pair[1])
}

fn column_of<T: Element>(values: &[T], columns: usize, column: usize) -> Vec<i64> {
    values.iter().skip(column).step_by(columns).map(|value| value.widen() as i64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(columns: &[&[f64]], suspects: &[usize]) -> Vec<Option<Numbering>> {
        let rows = columns[0].len();
        let values: Vec<f64> =
            (0..rows).flat_map(|row| columns.iter().map(move |column| column[row])).collect();
        let matrix = Matrix::new(columns.len(), Values::F64(values));
        ColumnSurvey::of(&matrix).numbering(|column| suspects.contains(&column), Some(&matrix))
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
        assert_eq!(ColumnSurvey::of(&narrow).numbering(|_| false, None), [Some(Numbering::Running)]);
    }

    #[test]
    fn an_order_that_turns_is_no_order() {
        assert_eq!(found(&[&[1.0, 5.0, 1.0, 5.0]], &[0]), [None]);
        assert_eq!(found(&[&[0.0, -0.0, 1.0]], &[0]), [None]);
    }

    #[test]
    fn spreads_leave_missing_cells_out() {
        let values = vec![1.0, f64::NAN, f64::NAN, f64::NAN, 5.0, f64::NAN];
        let found = ColumnSurvey::of(&Matrix::new(2, Values::F64(values))).spreads();
        assert_eq!(found[0], 2.0);
        assert!(found[1].is_nan());
    }

    #[test]
    fn spreads_are_standard_deviations_and_survive_an_offset() {
        let values =
            (0..200_000_u32).flat_map(|row| [f64::from(row % 2), 1e9 + f64::from(row % 2) * 4.0, 7.0]);
        let found = ColumnSurvey::of(&Matrix::new(3, Values::F64(values.collect()))).spreads();
        for (found, expected) in found.iter().zip([0.5, 2.0, 0.0]) {
            assert!((found - expected).abs() <= expected * 0.01, "{found} is not {expected}");
        }
    }

    #[test]
    fn rows_may_come_some_at_a_time() {
        let value = |row: u64| {
            [row as f64, (row * 7919 % 50_000) as f64, (row % 8) as f64, (row * row % 977) as f64 / 8.0]
        };
        let rows: Vec<[f64; 4]> = (0..50_000).map(value).collect();
        let whole = ColumnSurvey::of(&Matrix::new(4, Values::F64(rows.concat())));
        let mut parts = ColumnSurvey::default();
        for some in rows.chunks(777) {
            parts.see(&Matrix::new(4, Values::F64(some.concat())));
        }
        assert_eq!((parts.rows(), parts.spreads()), (50_000, whole.spreads()));
        let running = Some(Numbering::Running);
        assert_eq!(parts.numbering(|_| false, None), [running, running, None, None]);
        // Every eighth row would have shown no spread at all.
        assert!((parts.spreads()[2] - 2.291).abs() < 0.05, "{}", parts.spreads()[2]);
    }

    #[test]
    fn gaps_in_no_order_need_the_rows() {
        let matrix = Matrix::new(1, Values::F64(vec![90.0, 10.0, 40.0]));
        let survey = ColumnSurvey::of(&matrix);
        assert_eq!(survey.numbering(|_| true, None), [None]);
        assert_eq!(survey.numbering(|_| true, Some(&matrix)), [Some(Numbering::Distinct)]);
    }
}

//! The rows farthest from their centroids, for clusters that came out empty.

use crate::points::Points;
use crate::tier::Far;

/// The `count` farthest distinct rows seen so far.
///
/// Equal rows stand together as one: a row of weight 2 is the row twice, so both must move, or neither.
/// They lie at the same distance, so one that was pushed out by farther ones never returns. By others at the same
/// distance it may have been while its lowest row was still to come, or in a part of the rows that lacks it: then
/// the rows kept are the right ones, but some may lack equals, and all rows have to be counted again ([`Self::again`]).
#[derive(Clone)]
pub struct Farthest {
    count: usize,
    rows: Vec<Far>,
    /// Whether a row was pushed out by others at the same distance.
    cut: bool,
    /// Whether no row comes in that equals none in here.
    closed: bool,
}

impl Farthest {
    /// Keeps `count` rows.
    pub fn new(count: usize) -> Self {
        Self { count, rows: Vec::new(), cut: false, closed: false }
    }

    /// Looks at row `row` of `points`, which is called `number`.
    pub fn consider(&mut self, distance: f64, cluster: usize, row: usize, number: usize, points: &Points) {
        let units = points.units(row);
        if units == 0 || distance == 0.0 {
            return;
        }
        if self.rows.len() == self.count && self.rows.last().is_none_or(|last| distance < last.distance) {
            return;
        }
        let (units, values) = (units.into(), points.panels.row(row));
        self.insert(Far { distance, row: number as u64, cluster, units, rows: 1, values });
    }

    /// Takes in what another part of the rows gave.
    pub fn merge(&mut self, other: Self) {
        self.cut |= other.cut;
        other.rows.into_iter().for_each(|far| self.insert(far));
    }

    /// The same rows, to be counted again, where some may lack equals.
    pub fn again(&self) -> Option<Self> {
        let rows = || self.rows.iter().map(|far| Far { units: 0, rows: 0, ..far.clone() }).collect();
        (self.cut && !self.closed).then(|| Self { count: self.count, rows: rows(), cut: false, closed: true })
    }

    /// By falling distance, then rising row.
    pub fn into_vec(self) -> Vec<Far> {
        self.rows
    }

    fn insert(&mut self, mut far: Far) {
        let start = self.rows.partition_point(|other| other.distance > far.distance);
        let end = start + self.rows[start..].partition_point(|other| other.distance == far.distance);
        if let Some(same) = self.rows[start..end].iter().position(|other| other.values == far.values) {
            let same = self.rows.remove(start + same);
            far.units += same.units;
            far.rows += same.rows;
            far.row = far.row.min(same.row);
        } else if self.closed {
            return;
        }
        let at = self.rows.partition_point(|other| {
            other.distance > far.distance || (other.distance == far.distance && other.row < far.row)
        });
        self.rows.insert(at, far);
        if self.rows.len() > self.count {
            let out = self.rows.pop().map(|far| far.distance);
            self.cut |= self.rows.last().map(|far| far.distance) == out;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::{Matrix, Values};
    use crate::panels::Panels;

    fn farthest(rows: &[(f64, f64)], count: usize) -> Vec<(f64, u64, u64)> {
        let matrix = Matrix::new(1, Values::F64(rows.iter().map(|row| row.1).collect()));
        let points = Points { panels: Panels::new(matrix), weights: None };
        let mut farthest = Farthest::new(count);
        for (i, &(distance, _)) in rows.iter().enumerate() {
            farthest.consider(distance, 0, i, i, &points);
        }
        farthest.into_vec().into_iter().map(|far| (far.distance, far.row, far.rows)).collect()
    }

    #[test]
    fn ties_go_to_the_lowest_row_and_equal_rows_stand_together() {
        let rows = [(1.0, 10.0), (4.0, 20.0), (4.0, 30.0), (4.0, 20.0), (0.0, 5.0)];
        assert_eq!(farthest(&rows, 2), [(4.0, 1, 2), (4.0, 2, 1)]);
        assert_eq!(farthest(&rows, 9), [(4.0, 1, 2), (4.0, 2, 1), (1.0, 0, 1)]);
        assert_eq!(farthest(&rows, 1), [(4.0, 1, 2)]);
    }

    /// 30 is pushed out by 20 in the second part, whose lowest 30 comes later than in the first.
    #[test]
    fn parts_that_push_out_equals_of_what_stays_are_counted_again() {
        let values = vec![30.0, 20.0, 30.0];
        let points = Points { panels: Panels::new(Matrix::new(1, Values::F64(values))), weights: None };
        let count = |of: &Farthest| {
            let (mut all, mut part) = (of.clone(), of.clone());
            all.consider(4.0, 0, 0, 0, &points);
            [1, 2].into_iter().for_each(|row| part.consider(4.0, 0, row, row, &points));
            all.merge(part);
            all
        };
        let once = count(&Farthest::new(1));
        let twice = once.again().map(|again| count(&again).into_vec());
        let rows =
            twice.map(|rows| rows.iter().map(|far| (far.row, far.rows, far.units)).collect::<Vec<_>>());
        assert_eq!(rows, Some(vec![(0, 2, 2)]));
        assert!(count(&Farthest::new(2)).again().is_none());
    }
}

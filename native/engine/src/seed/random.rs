//! Starting centroids: distinct rows, drawn in proportion to their weights.

use std::collections::HashSet;

use crate::points::Points;
use crate::rng::Stream;

use super::draw::{BLOCK, Shares};

/// The draws of k-means++ end far below this counter, so filling up after an interruption repeats none.
const FIRST_DRAW: u64 = 1 << 48;

/// Adds rows to `rows` until there are `clusters`, or no row is left whose values are not there yet.
pub fn fill(points: &Points, rows: &mut Vec<usize>, clusters: usize, stream: Stream) {
    let count = points.panels.rows();
    let units = |row| u128::from(points.units(row));
    let blocks = (0..count).step_by(BLOCK).map(|from| (from..count.min(from + BLOCK)).map(units).sum());
    let shares = Shares::new(blocks.collect());
    let mut seen: HashSet<Vec<u64>> = rows.iter().map(|&row| identity(points, row)).collect();
    // Rejection needs few tries unless nearly all rows are copies; then the rows are searched in order.
    let tries = 20 * clusters as u64 + 100;
    for counter in FIRST_DRAW..FIRST_DRAW + tries {
        if rows.len() == clusters {
            return;
        }
        let row = shares.row(stream.below_wide(counter, shares.total()), units);
        if seen.insert(identity(points, row)) {
            rows.push(row);
        }
    }
    for row in 0..count {
        if rows.len() == clusters {
            return;
        }
        if points.units(row) > 0 && seen.insert(identity(points, row)) {
            rows.push(row);
        }
    }
}

/// The values of a row as bits; `+ 0.0` makes -0.0 and 0.0 the same.
fn identity(points: &Points, row: usize) -> Vec<u64> {
    points.panels.row(row).into_iter().map(|x| (x + 0.0).to_bits()).collect()
}

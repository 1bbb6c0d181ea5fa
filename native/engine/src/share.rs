//! What every tier does with a share of its rows.

use std::ops::Range;

use crate::exact::{Grid, Sum};
use crate::kernel::{self, Found, Isa, Packed, Windows, Within};
use crate::matrix::Element;
use crate::panels::{Panels, View};
use crate::points::Ranges;
use crate::tier::Detail;
use crate::weights::Weights;

/// Rows that a thread takes at a time, a multiple of what boxes are made of: some 10 us of work at d = 2, k = 3, against
/// under 1 us to hand out.
pub const SHARE: usize = 4096;

/// Where the squared distances of all rows to some centroids lie.
pub fn windows(ranges: &Ranges, centroids: &[f64]) -> Windows {
    let farthest = |centroid: &[f64]| -> f64 {
        let sides = centroid.iter().zip(ranges.min.iter().zip(&ranges.max));
        sides.map(|(c, (min, max))| (c - min).abs().max((max - c).abs()).powi(2)).sum()
    };
    let largest = centroids.chunks_exact(ranges.min.len()).map(farthest).fold(0.0, f64::max);
    Windows::new(2.0 * largest) // twice is more than what rounding can have lost
}

/// Finds the nearest centroids of some rows.
pub fn assign<T: Element>(
    view: View<T>,
    rows: &Range<usize>,
    detail: Detail,
    centroids: &Packed,
    found: &mut Found,
) {
    let panels = Panels::holding(rows);
    match detail {
        Detail::Labels => kernel::assign::<T, false>(view, panels, centroids, found),
        Detail::Distances => kernel::assign::<T, true>(view, panels, centroids, found),
    }
}

/// Adds rows, each as often as it counts, to the sum of each column.
pub fn pool_weighted<T: Element>(
    view: View<T>,
    rows: Range<usize>,
    weights: &Weights,
    grid: &Grid,
    sums: &mut [Sum],
) {
    for row in rows {
        for (column, (sum, x)) in sums.iter_mut().zip(view.row(row)).enumerate() {
            sum.add(grid.split(column, x), weights.units(row) as i64);
        }
    }
}

/// Adds distances to the sums of their clusters.
pub fn measure(
    isa: Isa,
    weights: Option<&Weights>,
    rows: &Range<usize>,
    distances: &[f64],
    labels: &[u32],
    within: &mut Within,
) {
    let labels = &labels[..rows.len()];
    match weights {
        None => kernel::within(isa, distances, labels, within),
        Some(weights) => {
            for (row, (&distance, &label)) in rows.clone().zip(distances.iter().zip(labels)) {
                within.add_weighted(distance, weights.to_f64(weights.units(row).into()), label);
            }
        }
    }
}

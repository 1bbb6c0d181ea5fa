//! The reference: every row against every centroid by the canonical distance, nothing skipped.
//!
//! Eight centroids at a time, one a lane. Each lane runs its own chain in column order, which is exactly
//! [`crate::distance::squared_distance`]; the compiler turns the lane loop into vector instructions.

use crate::matrix::Element;

use super::BLOCK;

const LANES: usize = 8;

/// Centroids laid out for the kernel: for each group of eight, for each column, eight numbers.
#[derive(Debug, Clone)]
pub struct Packed {
    columns: usize,
    clusters: usize,
    lanes: Vec<[f64; LANES]>,
}

impl Packed {
    /// Packs `clusters x columns` numbers, row-major. Unused lanes hold infinity, which is never nearest.
    pub fn new(columns: usize, centroids: &[f64]) -> Self {
        let clusters = centroids.len() / columns;
        let mut lanes = vec![[f64::INFINITY; LANES]; clusters.div_ceil(LANES) * columns];
        for (cluster, centroid) in centroids.chunks_exact(columns).enumerate() {
            let group = &mut lanes[cluster / LANES * columns..][..columns];
            for (column, &value) in group.iter_mut().zip(centroid) {
                column[cluster % LANES] = value;
            }
        }
        Self { columns, clusters, lanes }
    }

    /// How many centroids.
    pub fn clusters(&self) -> usize {
        self.clusters
    }

    /// How many columns.
    pub fn columns(&self) -> usize {
        self.columns
    }
}

/// The nearest centroid of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Nearest {
    /// Its squared canonical distance.
    pub distance: f64,
    /// Its index: the lowest of those at that distance.
    pub label: u32,
    /// Whether another centroid lies at exactly the same distance.
    pub tie: bool,
}

impl Nearest {
    /// Before any centroid was seen.
    pub const NONE: Self = Self { distance: f64::INFINITY, label: 0, tie: false };

    #[inline(always)]
    fn consider(&mut self, distance: f64, label: usize) {
        if distance < self.distance {
            *self = Self { distance, label: label as u32, tie: false };
        } else if distance == self.distance {
            self.tie = true;
        }
    }
}

#[inline(always)]
fn group_distances<T: Element>(row: &[T], group: &[[f64; LANES]]) -> [f64; LANES] {
    let mut distances = [0.0; LANES];
    for (x, centroids) in row.iter().zip(group) {
        let x = x.widen();
        for (distance, c) in distances.iter_mut().zip(centroids) {
            let difference = x - c;
            *distance = difference.mul_add(difference, *distance);
        }
    }
    distances
}

#[inline(always)]
pub(super) fn nearest<T: Element>(rows: &[T], centroids: &Packed, out: &mut [Nearest]) {
    let columns = centroids.columns;
    for (rows, out) in rows.chunks(BLOCK * columns).zip(out.chunks_mut(BLOCK)) {
        out.fill(Nearest::NONE);
        for (g, group) in centroids.lanes.chunks_exact(columns).enumerate() {
            let used = LANES.min(centroids.clusters - g * LANES);
            for (row, nearest) in rows.chunks_exact(columns).zip(out.iter_mut()) {
                let distances = group_distances(row, group);
                for (lane, &distance) in distances.iter().enumerate().take(used) {
                    nearest.consider(distance, g * LANES + lane);
                }
            }
        }
    }
}

#[inline(always)]
pub(super) fn distances<T: Element>(rows: &[T], centroids: &Packed, out: &mut [f64]) {
    let (columns, clusters) = (centroids.columns, centroids.clusters);
    for (rows, out) in rows.chunks(BLOCK * columns).zip(out.chunks_mut(BLOCK * clusters)) {
        for (g, group) in centroids.lanes.chunks_exact(columns).enumerate() {
            let used = LANES.min(clusters - g * LANES);
            for (row, out) in rows.chunks_exact(columns).zip(out.chunks_exact_mut(clusters)) {
                out[g * LANES..][..used].copy_from_slice(&group_distances(row, group)[..used]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distance::squared_distance;
    use proptest::prelude::*;

    /// Any finite double of a modest range, with many ties: a quarter of them small integers.
    fn number() -> impl Strategy<Value = f64> {
        prop_oneof![1 => (-3i32..3).prop_map(f64::from), 3 => -1e9f64..1e9]
    }

    proptest! {
        #[test]
        fn every_path_is_the_canonical_definition(
            (columns, rows, centroids) in (1usize..9).prop_flat_map(|d| (
                Just(d),
                prop::collection::vec(number(), d * 70),
                (1usize..20).prop_flat_map(move |k| prop::collection::vec(number(), d * k)),
            ))
        ) {
            let packed = Packed::new(columns, &centroids);
            let clusters = packed.clusters();
            let mut dispatched = vec![Nearest::NONE; 70];
            super::super::nearest(&rows, &packed, &mut dispatched);
            let mut portable = vec![Nearest::NONE; 70];
            nearest(&rows, &packed, &mut portable);
            prop_assert_eq!(&dispatched, &portable);
            let mut all = vec![0.0; 70 * clusters];
            super::super::distances(&rows, &packed, &mut all);
            for (i, row) in rows.chunks_exact(columns).enumerate() {
                let canonical: Vec<f64> =
                    centroids.chunks_exact(columns).map(|c| squared_distance(row, c)).collect();
                prop_assert_eq!(&all[i * clusters..][..clusters], &canonical);
                let least = canonical.iter().copied().fold(f64::INFINITY, f64::min);
                prop_assert_eq!(portable[i].distance, least);
                prop_assert_eq!(Some(portable[i].label as usize), canonical.iter().position(|&d| d == least));
                prop_assert_eq!(portable[i].tie, canonical.iter().filter(|&&d| d == least).count() > 1);
            }
        }
    }

    #[test]
    fn f32_rows_are_the_same_data() {
        let narrow: Vec<f32> = (0..300u16).map(|i| f32::from(i % 17) / 3.0).collect();
        let wide: Vec<f64> = narrow.iter().map(|&x| f64::from(x)).collect();
        let packed = Packed::new(3, &wide[..33]);
        let (mut a, mut b) = (vec![Nearest::NONE; 100], vec![Nearest::NONE; 100]);
        super::super::nearest(&narrow, &packed, &mut a);
        super::super::nearest(&wide, &packed, &mut b);
        assert_eq!(a, b);
    }
}

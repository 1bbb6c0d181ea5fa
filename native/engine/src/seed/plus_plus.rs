//! Greedy k-means++: Arthur & Vassilvitskii, "k-means++: the advantages of careful seeding", SODA 2007, with
//! several candidates a step, of which the one that lowers the potential most is kept.
//!
//! Squared distances enter as integers, in units of 2^-40 of the largest: sums of integers do not depend on
//! the order, so neither the rows drawn nor the candidates kept depend on threads. A row whose distance is
//! below a unit cannot be drawn, until the outliers far above it have been.

use std::ops::Range;

use crate::error::Error;
use crate::exact::{exponent, scale};
use crate::kernel::{self, Packed, on_rows};
use crate::observer::Observer;
use crate::points::Points;
use crate::rng::Stream;
use crate::threads::Threads;

use super::draw::{BLOCK, Shares};

/// Rows of the starting centroids: `clusters` of them, or fewer when no other row has any distance left, or
/// when `observer` interrupts.
pub fn rows(
    points: &Points,
    clusters: usize,
    stream: Stream,
    threads: &Threads,
    observer: &dyn Observer,
) -> Vec<usize> {
    let mut search =
        Search { points, threads, observer, nearest: vec![1.0; points.matrix.rows()], largest: 1.0 };
    let mut rows = Vec::with_capacity(clusters);
    // Before there is a centroid all rows are equally far, so the first one is drawn by weight alone.
    let candidates = 2 + libm::log(clusters as f64) as u64;
    let mut step = || -> Result<bool, Error> {
        let found = rows.len() as u64;
        let drawn = search.draw(if found == 0 { 1 } else { candidates }, stream, found * candidates)?;
        if drawn.is_empty() {
            return Ok(false);
        }
        if found == 0 {
            search.nearest.fill(f64::INFINITY);
        }
        let best = if drawn.len() == 1 { drawn[0] } else { search.best(&drawn)? };
        search.accept(best)?;
        rows.push(best);
        observer.seeded(rows.len());
        Ok(rows.len() < clusters)
    };
    while let Ok(true) = step() {}
    rows
}

struct Search<'a> {
    points: &'a Points,
    threads: &'a Threads,
    observer: &'a dyn Observer,
    /// The squared distance of each row to its nearest centroid so far.
    nearest: Vec<f64>,
    /// The largest of them, over rows of weight above 0.
    largest: f64,
}

impl Search<'_> {
    /// 2^40 over a power of two above `largest`. Clamped where it would overflow: largest < 2^-980.
    fn unit(&self) -> f64 {
        scale(1.0, 40 - exponent(self.largest).max(-980))
    }

    fn blocks(&self) -> impl Iterator<Item = Range<usize>> + Send + use<> {
        let rows = self.nearest.len();
        (0..rows).step_by(BLOCK).map(move |from| from..rows.min(from + BLOCK))
    }

    /// Up to `count` rows, each drawn with a probability in proportion to weight x squared distance.
    fn draw(&self, count: u64, stream: Stream, counter: u64) -> Result<Vec<usize>, Error> {
        let unit = self.unit();
        let share =
            |row: usize| u128::from((self.nearest[row] * unit) as u64) * u128::from(self.points.units(row));
        let parts = self.threads.fold(self.blocks(), self.observer, Vec::new, |part, block| {
            part.push((block.start, block.map(share).sum::<u128>()));
        })?;
        let mut blocks = parts.concat();
        blocks.sort_unstable();
        let shares = Shares::new(blocks.into_iter().map(|(_, sum)| sum).collect());
        if shares.total() == 0 {
            return Ok(Vec::new());
        }
        Ok((counter..counter + count)
            .map(|c| shares.row(stream.below_wide(c, shares.total()), share))
            .collect())
    }

    /// The candidate that leaves the smallest sum of distances; of equals the first.
    fn best(&self, candidates: &[usize]) -> Result<usize, Error> {
        let (unit, packed) = (self.unit(), self.pack(candidates));
        let start = || (vec![0u128; candidates.len()], vec![0.0; BLOCK * candidates.len()]);
        let parts =
            self.threads.fold(self.blocks(), self.observer, start, |(potentials, distances), block| {
                self.distances(&block, &packed, distances);
                for (row, distances) in block.zip(distances.chunks_exact(candidates.len())) {
                    let units = u128::from(self.points.units(row));
                    for (potential, distance) in potentials.iter_mut().zip(distances) {
                        *potential += u128::from((self.nearest[row].min(*distance) * unit) as u64) * units;
                    }
                }
            })?;
        let mut totals = vec![0u128; candidates.len()];
        for (potentials, _) in parts {
            totals.iter_mut().zip(potentials).for_each(|(total, potential)| *total += potential);
        }
        let least = totals.iter().zip(candidates).min_by_key(|(total, _)| **total);
        Ok(least.map_or(candidates[0], |(_, &row)| row))
    }

    /// Makes `row` a centroid.
    fn accept(&mut self, row: usize) -> Result<(), Error> {
        let packed = self.pack(&[row]);
        let mut nearest = std::mem::take(&mut self.nearest);
        let start = || (0.0f64, vec![0.0; BLOCK]);
        let parts = self.threads.fold(
            nearest.chunks_mut(BLOCK).enumerate(),
            self.observer,
            start,
            |(largest, distances), (block, nearest)| {
                let from = block * BLOCK;
                self.distances(&(from..from + nearest.len()), &packed, distances);
                for (i, (nearest, distance)) in nearest.iter_mut().zip(distances).enumerate() {
                    *nearest = nearest.min(*distance);
                    if self.points.units(from + i) > 0 {
                        *largest = largest.max(*nearest);
                    }
                }
            },
        );
        self.nearest = nearest;
        self.largest = parts?.into_iter().fold(0.0, |largest, (part, _)| largest.max(part));
        Ok(())
    }

    fn pack(&self, rows: &[usize]) -> Packed {
        let matrix = &self.points.matrix;
        Packed::new(matrix.columns(), &rows.iter().flat_map(|&row| matrix.row(row)).collect::<Vec<_>>())
    }

    fn distances(&self, rows: &Range<usize>, packed: &Packed, out: &mut [f64]) {
        let matrix = &self.points.matrix;
        let out = &mut out[..rows.len() * packed.clusters()];
        on_rows!(matrix.values(), matrix.columns(), rows.start, rows.end, rows => kernel::distances(rows, packed, out));
    }
}

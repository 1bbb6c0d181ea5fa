//! Greedy k-means++: Arthur & Vassilvitskii, "k-means++: the advantages of careful seeding", SODA 2007, with
//! several candidates a step, of which the one that lowers the potential most is kept.
//!
//! Squared distances enter as integers, in units of 2^-40 of the largest: sums of integers do not depend on
//! the order, so neither the rows drawn nor the candidates kept depend on threads. A row whose distance is
//! below a unit cannot be drawn, until the outliers far above it have been.

use std::ops::Range;

use crate::error::Error;
use crate::exact::{exponent, scale};
use crate::kernel::{self, Packed, whole};
use crate::observer::Observer;
use crate::panels::{PANEL, Panels, on_view};
use crate::points::Points;
use crate::rng::Stream;
use crate::tier::Tier;

use super::draw::{BLOCK, Shares};

/// Rows of the starting centroids: `clusters` of them, or fewer when no other row has any distance left, or
/// when `observer` interrupts. The tier lends its threads and kernels.
pub fn rows(
    points: &Points,
    clusters: usize,
    stream: Stream,
    tier: &impl Tier,
    observer: &dyn Observer,
) -> Vec<usize> {
    let mut search = Search { points, tier, observer, nearest: Vec::new(), largest: 1.0 };
    let mut rows = Vec::with_capacity(clusters);
    let candidates = 2 + libm::log(clusters as f64) as u64;
    // Before there is a centroid all rows are equally far, so the first one is drawn by weight alone.
    search.reset(1.0);
    let mut step = || -> Result<bool, Error> {
        let found = rows.len() as u64;
        let drawn = search.draw(if found == 0 { 1 } else { candidates }, stream, found * candidates)?;
        if drawn.is_empty() {
            return Ok(false);
        }
        if found == 0 {
            search.reset(f64::INFINITY);
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

struct Search<'a, T> {
    points: &'a Points,
    tier: &'a T,
    observer: &'a dyn Observer,
    /// The squared distance of each row to its nearest centroid so far; 0 for the padding of the last panel,
    /// so that it adds nothing to any sum.
    nearest: Vec<f64>,
    /// The largest of them, over rows of weight above 0.
    largest: f64,
}

impl<T: Tier> Search<'_, T> {
    fn reset(&mut self, distance: f64) {
        self.nearest = vec![distance; self.points.panels.rows()];
        self.nearest.resize(self.points.panels.count() * PANEL, 0.0);
    }

    /// 2^40 over a power of two above `largest`. Clamped where it would overflow: largest < 2^-980.
    fn unit(&self) -> f64 {
        scale(1.0, 40 - exponent(self.largest).max(-980))
    }

    fn blocks(&self) -> impl Iterator<Item = Range<usize>> + Send + use<T> {
        let rows = self.points.panels.rows();
        (0..rows).step_by(BLOCK).map(move |from| from..rows.min(from + BLOCK))
    }

    /// Up to `count` rows, each drawn with a probability in proportion to weight x squared distance.
    fn draw(&self, count: u64, stream: Stream, counter: u64) -> Result<Vec<usize>, Error> {
        let unit = self.unit();
        let share =
            |row: usize| u128::from(whole(self.nearest[row], unit)) * u128::from(self.points.units(row));
        let parts = self.tier.threads().fold(self.blocks(), self.observer, Vec::new, |part, block| {
            let sum = match self.points.weights {
                // At most 2^10 rows of 2^40.
                None => u128::from(self.nearest[block.clone()].iter().map(|&x| whole(x, unit)).sum::<u64>()),
                Some(_) => block.clone().map(share).sum(),
            };
            part.push((block.start, sum));
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
        let packed = self.pack(candidates);
        let start = || vec![0u128; candidates.len()];
        let parts = self.tier.threads().fold(self.blocks(), self.observer, start, |totals, block| {
            if self.points.weights.is_some() {
                self.add_weighted(&block, &packed, totals);
            } else {
                self.add(&block, &packed, totals);
            }
        })?;
        let mut totals = vec![0u128; candidates.len()];
        for part in parts {
            totals.iter_mut().zip(part).for_each(|(total, potential)| *total += potential);
        }
        let least = totals.iter().zip(candidates).min_by_key(|(total, _)| **total);
        Ok(least.map_or(candidates[0], |(_, &row)| row))
    }

    fn add(&self, block: &Range<usize>, packed: &Packed, totals: &mut [u128]) {
        let mut sums = vec![0u64; packed.padded()];
        let (panels, unit) = (Panels::holding(block), self.unit());
        let nearest = &self.nearest[panels.start * PANEL..panels.end * PANEL];
        on_view!(self.points.panels, view => kernel::potentials(view, panels, packed, nearest, unit, &mut sums));
        totals.iter_mut().zip(sums).for_each(|(total, sum)| *total += u128::from(sum));
    }

    fn add_weighted(&self, block: &Range<usize>, packed: &Packed, totals: &mut [u128]) {
        let (panels, unit) = (Panels::holding(block), self.unit());
        let mut distances = vec![0.0; panels.len() * PANEL * packed.padded()];
        on_view!(self.points.panels, view => kernel::distances(view, panels, packed, &mut distances));
        for (i, row) in block.clone().enumerate() {
            let of_panel = &distances[i / PANEL * PANEL * packed.padded()..];
            for (candidate, total) in totals.iter_mut().enumerate() {
                let left = self.nearest[row].min(of_panel[candidate * PANEL + i % PANEL]);
                *total += u128::from(whole(left, unit)) * u128::from(self.points.units(row));
            }
        }
    }

    /// Makes `row` a centroid.
    fn accept(&mut self, row: usize) -> Result<(), Error> {
        let (isa, centroid) = (self.tier.isa(), self.points.panels.row(row));
        let mut nearest = std::mem::take(&mut self.nearest);
        let blocks = nearest.chunks_mut(BLOCK).enumerate();
        let parts = self.tier.threads().fold(
            blocks,
            self.observer,
            || 0.0f64,
            |largest, (block, nearest)| {
                let first = block * BLOCK / PANEL;
                let panels = first..first + nearest.len() / PANEL;
                on_view!(self.points.panels, view => kernel::lower(isa, view, panels, &centroid, nearest));
                let counts =
                    |i: usize| self.points.weights.as_ref().is_none_or(|w| w.units(block * BLOCK + i) > 0);
                let rows = nearest.len().min(self.points.panels.rows() - block * BLOCK);
                let distances = nearest[..rows].iter().enumerate().filter(|(i, _)| counts(*i));
                *largest = distances.fold(*largest, |largest, (_, &distance)| largest.max(distance));
            },
        );
        self.nearest = nearest;
        self.largest = parts?.into_iter().fold(0.0, f64::max);
        Ok(())
    }

    fn pack(&self, rows: &[usize]) -> Packed {
        let panels = &self.points.panels;
        let values: Vec<f64> = rows.iter().flat_map(|&row| panels.row(row)).collect();
        Packed::new(self.tier.isa(), panels.columns(), &values)
    }
}

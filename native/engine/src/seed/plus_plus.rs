//! Greedy k-means++: Arthur & Vassilvitskii, "k-means++: the advantages of careful seeding", SODA 2007, with
//! several candidates a step, of which the one that lowers the potential most is kept.
//!
//! Squared distances enter as integers, in units of 2^-40 of the largest: sums of integers do not depend on
//! the order, so neither the rows drawn nor the candidates kept depend on threads. A row whose distance is
//! below a unit cannot be drawn, until the outliers far above it have been.
//!
//! How the candidates are compared is a [`Way`] of its own: all of them agree to the last bit.

use std::ops::Range;

use crate::error::Error;
use crate::exact::{exponent, scale};
use crate::kernel::{Isa, whole};
use crate::observer::Observer;
use crate::panels::PANEL;
use crate::points::Points;
use crate::rng::Stream;
use crate::threads::Threads;
use crate::weights::Weights;

use super::draw::{BLOCK, Shares};
use super::every::Every;
use super::projected::Projected;

/// What seeding borrows of a tier.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    pub threads: &'a Threads,
    pub isa: Isa,
    pub observer: &'a dyn Observer,
}

/// Whether rows are projected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Project {
    WhereItPays,
    #[cfg(test)]
    Always,
    #[cfg(test)]
    Whole,
    #[cfg(test)]
    Never,
}

/// A way to compare candidates.
pub trait Way {
    /// The candidate that leaves the smallest sum of distances; of equals the first.
    fn best(&mut self, field: &Field, candidates: &[usize]) -> Result<usize, Error>;

    /// Lowers the field to the distances of a new centroid, which is a row.
    fn accept(&mut self, field: &mut Field, row: usize) -> Result<(), Error>;
}

/// Rows of the starting centroids: `clusters` of them, or fewer when no other row has any distance left, or
/// when `observer` interrupts. The points are as before afterwards.
pub fn rows(
    points: &mut Points,
    clusters: usize,
    stream: Stream,
    means: Means,
    project: Project,
) -> Vec<usize> {
    let Ok(projection) = Projected::projection(&points.panels, clusters, means, project) else {
        return Vec::new(); // interrupted
    };
    match projection {
        None => {
            let mut field = Field::new(points.panels.rows(), points.weights.as_ref(), means);
            search(&mut Every { panels: &points.panels }, &mut field, clusters, stream)
        }
        Some(projection) => {
            let mut way = Projected::new(projection, &mut points.panels, means);
            let mut field = Field::new(points.panels.rows(), points.weights.as_ref(), means);
            let rows = search(&mut way, &mut field, clusters, stream);
            let given = way.give_back(&mut points.panels, means);
            debug_assert!(given.is_ok(), "nobody can interrupt it");
            rows
        }
    }
}

fn search(way: &mut impl Way, field: &mut Field, clusters: usize, stream: Stream) -> Vec<usize> {
    let mut rows = Vec::with_capacity(clusters);
    let candidates = 2 + libm::log(clusters as f64) as u64;
    // Before there is a centroid all rows are equally far, so the first one is drawn by weight alone.
    field.reset(1.0);
    let mut step = || -> Result<bool, Error> {
        let found = rows.len() as u64;
        let drawn = field.draw(if found == 0 { 1 } else { candidates }, stream, found * candidates)?;
        if drawn.is_empty() {
            return Ok(false);
        }
        if found == 0 {
            field.reset(f64::INFINITY);
        }
        let best = if drawn.len() == 1 { drawn[0] } else { way.best(field, &drawn)? };
        way.accept(field, best)?;
        rows.push(best);
        field.means.observer.seeded(rows.len());
        Ok(rows.len() < clusters)
    };
    while let Ok(true) = step() {}
    rows
}

/// How far every row is from the centroids so far.
pub struct Field<'a> {
    pub rows: usize,
    pub weights: Option<&'a Weights>,
    pub means: Means<'a>,
    /// The squared distance of each row to its nearest centroid so far; 0 for the padding of the last panel,
    /// so that it adds nothing to any sum.
    pub nearest: Vec<f64>,
    /// The largest of them, over rows of weight above 0.
    pub largest: f64,
}

impl<'a> Field<'a> {
    fn new(rows: usize, weights: Option<&'a Weights>, means: Means<'a>) -> Self {
        Self { rows, weights, means, nearest: Vec::new(), largest: 1.0 }
    }

    fn reset(&mut self, distance: f64) {
        self.nearest = vec![distance; self.rows];
        self.nearest.resize(self.rows.next_multiple_of(PANEL), 0.0);
    }

    /// How often a row counts.
    #[inline(always)]
    pub fn units(&self, row: usize) -> u64 {
        self.weights.map_or(1, |weights| weights.units(row))
    }

    /// 2^40 over a power of two above `largest`. Clamped where it would overflow: largest < 2^-980.
    pub fn unit(&self) -> f64 {
        scale(1.0, 40 - exponent(self.largest).max(-980))
    }

    pub fn blocks(&self) -> impl Iterator<Item = Range<usize>> + Send + use<> {
        let rows = self.rows;
        (0..rows).step_by(BLOCK).map(move |from| from..rows.min(from + BLOCK))
    }

    /// The largest distance of some rows that count.
    pub fn largest_of(&self, rows: Range<usize>, nearest: &[f64]) -> f64 {
        let counts = |row: usize| self.weights.is_none_or(|weights| weights.units(row) > 0);
        let distances = rows.zip(nearest).filter(|(row, _)| counts(*row));
        distances.fold(0.0, |largest: f64, (_, &distance)| largest.max(distance))
    }

    /// Up to `count` rows, each drawn with a probability in proportion to weight x squared distance.
    fn draw(&self, count: u64, stream: Stream, counter: u64) -> Result<Vec<usize>, Error> {
        let unit = self.unit();
        let share = |row: usize| u128::from(whole(self.nearest[row], unit)) * u128::from(self.units(row));
        let Means { threads, observer, .. } = self.means;
        let parts = threads.fold(self.blocks(), observer, Vec::new, |part, block| {
            let sum = match self.weights {
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
}

#[cfg(test)]
mod tests;

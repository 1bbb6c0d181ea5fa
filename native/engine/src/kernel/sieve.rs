//! What the filter's scores tell of each row: its likely label, whether that is certain, and how far centroids are.

use std::array::from_fn;

use crate::panels::PANEL;

use super::bounds::{DOWN, UP};
use super::filter::Filter;
use super::narrow::Narrow;
#[cfg(target_arch = "x86_64")]
use super::tiles::Blocks;

/// What the filter knows of some rows, in the order that they were named.
#[derive(Debug, Clone, Default)]
pub struct Sieve {
    /// The likely label of each row.
    pub labels: Vec<u32>,
    /// Rows whose label is in doubt, by their place in the order.
    pub doubts: Vec<u32>,
    pub(super) standing: Standing,
    /// How far the second-best score must be above the best for the label to be certain.
    pub(super) margins: Vec<f32>,
    /// `q`, the square of the length of each row.
    pub(super) squares: Vec<f32>,
    #[cfg(target_arch = "x86_64")]
    pub(super) blocks: Blocks,
    /// Rows of some tiles as f32: for each tile, for each column, a number of each row.
    pub(super) tiles: Vec<f32>,
    /// How many centroids tiles have left to compare with rows in doubt, so far.
    pub(super) listed: usize,
}

impl Sieve {
    /// Room for so many rows.
    pub(super) fn make_room(&mut self, rows: usize) {
        let Standing { likely, best, second } = &mut self.standing;
        for numbers in [likely, best, second, &mut self.margins, &mut self.squares] {
            numbers.resize(rows, 0.0);
        }
    }

    /// For sixteen rows from `first` on: at least the distance to the centroid that the row is labelled with, and
    /// at most that to any other, in the filter's unit. Proven in `super::bounds`.
    #[inline(always)]
    pub fn distances(&self, first: usize, filter: &Filter) -> ([f32; PANEL], [f32; PANEL]) {
        let slope = 1.1 * (filter.columns + 8) as f32 * (f32::EPSILON / 2.0);
        let of = |numbers: &[f32]| sixteen(numbers, first);
        let (best, second) = (of(&self.standing.best), of(&self.standing.second));
        let (margins, squares) = (of(&self.margins), of(&self.squares));
        let (mut upper, mut lower) = ([0.0; PANEL], [0.0; PANEL]);
        for i in 0..PANEL {
            let width = slope.mul_add(squares[i], 2.0 * margins[i]) * UP;
            let sure = second[i] - best[i] > margins[i];
            let other = if sure { second[i] } else { best[i] };
            let most = 2.0f32.mul_add(best[i], squares[i]) + width;
            let least = 2.0f32.mul_add(other, squares[i]) - width;
            let known = squares[i] < f32::INFINITY;
            let most = if most > 0.0 { most.sqrt() * UP } else { 0.0 };
            let least = if least > 0.0 { least.sqrt() * DOWN } else { 0.0 };
            upper[i] = if known { most } else { f32::INFINITY };
            lower[i] = if known { least } else { 0.0 };
        }
        (upper, lower)
    }
}

/// Sixteen numbers; 0 where there are none.
#[inline(always)]
fn sixteen(numbers: &[f32], first: usize) -> [f32; PANEL] {
    if let Some(numbers) = numbers.get(first..).and_then(<[f32]>::first_chunk) {
        return *numbers;
    }
    from_fn(|i| numbers.get(first + i).copied().unwrap_or(0.0))
}

/// How each row stands after the centroids so far: the label of the best score, that score and the next.
#[derive(Debug, Clone, Default)]
pub(super) struct Standing {
    pub likely: Vec<f32>,
    pub best: Vec<f32>,
    pub second: Vec<f32>,
}

/// Writes the labels and lists the doubts. Of so many rows, whole panels.
#[inline(always)]
pub(super) fn judge<W: Narrow>(count: usize, sieve: &mut Sieve) {
    let Sieve { labels, doubts, standing, margins, .. } = sieve;
    labels.resize(count, 0);
    doubts.clear();
    for first in (0..count).step_by(W::LANES) {
        let ahead = W::load(&standing.second[first..]).sub(W::load(&standing.best[first..]));
        let (likely, margin) = (W::load(&standing.likely[first..]), W::load(&margins[first..]));
        judge_some(first, likely, ahead, margin, labels, doubts);
    }
}

/// The same for a register of rows from `first` on: the likely label, by how much it is ahead, and by how much it has to be.
#[inline(always)]
pub(super) fn judge_some<W: Narrow>(
    first: usize,
    likely: W,
    ahead: W,
    margin: W,
    labels: &mut [u32],
    doubts: &mut Vec<u32>,
) {
    likely.store_whole(&mut labels[first..]);
    let mut doubt = !W::bits(margin.less(ahead)) & W::ALL;
    while doubt != 0 {
        doubts.push(first as u32 + doubt.trailing_zeros());
        doubt &= doubt - 1;
    }
}

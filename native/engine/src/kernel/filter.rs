//! The nearest centroid by cheap arithmetic, where that is proven to be enough.
//!
//! Wide rows cost a subtraction and a fused multiply-add in f64 for each number and centroid. Half the
//! squared distance, less what all centroids of a row have in common,
//!
//! ```text
//! s(c) = |c - m|^2 / 2 - (x - m) . (c - m)  =  (|x - c|^2 - |x - m|^2) / 2        for any m,
//! ```
//!
//! costs one fused multiply-add, and f32 has twice the lanes. What f32 makes of it, `s'`, is not `s`; but it
//! is near enough to tell most rows' nearest centroid from the second nearest. The others are asked again
//! canonically, so labels are those of [`super::nearest`] to the last tie.
//!
//! # The bound
//!
//! Let `u = 2^-24`, `y = x - m` and `b = c - m` (m is the mean of the centroids, or f32 near it, so that both are short),
//! `Y = |y|`, `B >= |b|` for all centroids. Everything is divided by a power of two first, the filter's unit,
//! which is exact and brings the longest `b` near 1.
//!
//! - Rounding `y` and `b` to f32 changes each number by at most `u (1 + 2^-28)` of itself (the subtraction in
//!   f64 is in there; where all is f32 the difference is rounded once), hence their products by `2.01 u |y_j b_j|`, and by Cauchy-Schwarz `y . b` by at most
//!   `2.01 u Y B`. Rounding `|b|^2 / 2` to f32 changes it by at most `1.01 u B^2 / 2`.
//! - A chain of d fused multiply-adds from `|b|^2 / 2` errs by at most `d u / (1 - d u)` of the sum of its
//!   magnitudes (Higham, "Accuracy and Stability of Numerical Algorithms", 2002, section 3.1), which is at
//!   most `1.01 (B^2 / 2 + Y B)`.
//! - Numbers below 2^-126 lose at most 2^-150 in each of the 3 d roundings, of y, of b (times the other,
//!   `<= Y + B`) and of the chain: `3 d 2^-149 (1 + Y + B)` is more than that.
//!
//! So for d <= 2^16, where `d u <= 2^-8`, `|s' - s| <= E = 1.02 (d + 4) u (Y B + B^2 / 2) + 3 d 2^-149 (1 + Y + B)`.
//!
//! - The canonical distance `D'` is a chain of d fused multiply-adds of numbers >= 0 in f64, each with one
//!   rounding before: `|D' - D| <= e D` with `e = 1.01 (d + 2) 2^-53`, and `D <= (Y + B)^2`. It does not
//!   overflow, for the filter only decides where `Y < 2^65`, and the unit is between 2^-400 and 2^400;
//!   and what underflow takes from it, `d 2^-1074`, is in the filter's unit at most `d 2^-274`, far less than
//!   the room that the bound above leaves.
//!
//! If `s'(c) - s'(a) > 2 E + e (Y + B)^2`, then `D(c) - D(a) = 2 (s(c) - s(a)) > 2 e (Y + B)^2 >= e (D(c) + D(a))`,
//! so `D'(c) > D'(a)`. When that holds for the second lowest `s'` it holds for all, and `a` is the label,
//! without a tie.
//!
//! # The bound as it is computed
//!
//! By `2 Y B <= Y^2 + B^2` the right side is at most `slope Y^2 + fixed` with
//!
//! ```text
//! slope = 1.02 (d + 4) u + 2 e + 3 d 2^-148
//! fixed = 2.04 (d + 4) u B^2 + 2 e B^2 + 3 d 2^-148 (2 + B^2)
//! ```
//!
//! (for the last term `1 + Y + B <= 2 + Y^2 + B^2`). `Y^2` is summed in f32 from the rounded numbers, `q`: it is
//! within `2^-7 Y^2 + d 2^-140` of it, for d u <= 2^-8 and by the losses below 2^-126. So slope is taken
//! `1 + 2^-6` times as large, and fixed has `d 2^-140 slope` more. Rounding slope, fixed, the two sums and the
//! difference to f32 changes each by at most `u` of itself; both sides' share of it is in `1 + 2^-20`.
//!
//! A row with a number of 2^64 or more has an infinite `q`, or one that is not a number, and is in doubt.

pub(super) mod brief;

use std::array::from_fn;
use std::ops::{Range, RangeInclusive};

use crate::exact::{self, exponent};
use crate::matrix::Element;
use crate::panels::{PANEL, View};

use super::narrow::Narrow;
use super::packed::Parts;
use super::points::{Scale, lay_column, short};
use super::sieve::{Sieve, Standing, judge};
#[cfg(target_arch = "x86_64")]
use super::tiles::Tiled;
use super::vector::{Vector, fetch_ahead};

/// Centroids that stay in L1 while tiles pass by.
pub(super) const CENTROIDS_BYTES: usize = 20 << 10;
/// Tiles that stay in L2 while centroids pass by.
pub(super) const TILES_BYTES: usize = 256 << 10;
/// Exponents of the unit for which canonical distances neither overflow nor vanish.
const ORDINARY: RangeInclusive<i32> = -400..=400;
/// Labels are exact in f32 up to here.
const MOST_CLUSTERS: usize = 1 << 24;
/// How much of the longest side of a centroid the middle may move.
const NEARLY: f64 = 1.0 / 1024.0;
/// Above this many columns the bound's constants do not hold.
const MOST_COLUMNS: usize = 1 << 16;

/// Centroids for the filter.
#[derive(Debug, Clone)]
pub struct Filter {
    group: usize,
    pub(super) columns: usize,
    /// m, in the unit of the data.
    pub(super) middle: Vec<f64>,
    /// The unit's exponent, and what everything is multiplied by: the inverse of the unit.
    pub(super) exponent: i32,
    pub(super) unit: f64,
    /// Whether rows in f32 are laid by f32 alone.
    short: bool,
    /// For each group of centroids, for each column, the negative of each `b`.
    pub(super) numbers: Vec<f32>,
    /// `|b|^2 / 2` of each centroid; infinite for padding.
    pub(super) halves: Vec<f32>,
    /// The right side of the test is `slope q + fixed`.
    slope: f32,
    fixed: f32,
    /// Whether [`brief`] takes its place where nothing but labels is wanted.
    pub(super) brief: bool,
    /// The same centroids for [`super::tiles`].
    #[cfg(target_arch = "x86_64")]
    pub(super) tiles: Option<Tiled>,
}

impl Filter {
    /// For `clusters x columns` finite numbers, packed in groups of `group` and, if wanted, in tiles. `None` where the filter
    /// has no proof or no use.
    #[cfg_attr(not(target_arch = "x86_64"), allow(unused_variables, reason = "there are no tiles"))]
    pub fn new(columns: usize, centroids: &[f64], group: usize, tiles: Option<Parts>) -> Option<Self> {
        let clusters = centroids.len() / columns;
        if columns > MOST_COLUMNS || clusters == 0 || clusters > MOST_CLUSTERS {
            return None;
        }
        let rows = || centroids.chunks_exact(columns);
        let mut middle = vec![0.0; columns];
        rows().for_each(|row| middle.iter_mut().zip(row).for_each(|(m, c)| *m += c / clusters as f64));
        let largest =
            rows().flat_map(|row| row.iter().zip(&middle)).fold(0.0, |l: f64, (c, m)| l.max((c - m).abs()));
        if !largest.is_finite() || !ORDINARY.contains(&exponent(largest)) {
            return None;
        }
        // Any m will do, and rows in f32 are laid faster with one that is f32.
        let nearest = |m: f64| f64::from(m as f32);
        if middle.iter().all(|&m| (nearest(m) - m).abs() <= largest * NEARLY) {
            middle.iter_mut().for_each(|m| *m = nearest(*m));
        }
        let exponent = exponent(largest);
        let unit = exact::scale(1.0, -exponent);
        let padded = clusters.next_multiple_of(group);
        let mut numbers = vec![0.0; padded * columns];
        let mut halves = vec![f32::INFINITY; padded];
        let mut longest = 0.0f64;
        for (cluster, row) in rows().enumerate() {
            let place = cluster / group * columns * group + cluster % group;
            let mut squared = 0.0;
            for (column, (c, m)) in row.iter().zip(&middle).enumerate() {
                let b = (c - m) * unit;
                numbers[place + column * group] = -b as f32;
                squared += b * b;
            }
            halves[cluster] = (squared / 2.0) as f32;
            longest = longest.max(squared);
        }
        let d = columns as f64;
        let up = 1.0 + 2f64.powi(-20);
        let square = longest * up; // B^2: more than what summing can have lost
        let dot = 1.02 * (d + 4.0) * 2f64.powi(-24);
        let canonical = 2.0 * 1.01 * (d + 2.0) * 2f64.powi(-53);
        let underflow = 3.0 * d * 2f64.powi(-148);
        let slope = (dot + canonical + underflow) * (1.0 + 2f64.powi(-6)) * up;
        let fixed =
            (2.0 * dot + canonical + underflow) * square + 2.0 * underflow + d * 2f64.powi(-140) * slope;
        let (slope, fixed) = (above(slope), above(fixed * up));
        Some(Self {
            group,
            columns,
            #[cfg(target_arch = "x86_64")]
            tiles: tiles.map(|parts| {
                let number = |(c, m): (&f64, &f64)| -((c - m) * unit) as f32;
                let centroids = rows().map(|row| row.iter().zip(&middle).map(number));
                Tiled::new(parts, centroids, &halves[..clusters], square, &middle, unit)
            }),
            short: short(&middle, unit),
            middle,
            exponent,
            unit,
            numbers,
            halves,
            slope,
            fixed,
            brief: brief::pays(columns, clusters),
        })
    }

    /// What rows are laid in.
    pub(super) fn scale(&self) -> Scale {
        Scale { unit: self.unit, short: self.short }
    }

    /// The right side of the test, for a row with this `q`.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    pub(super) fn margin(&self, square: f32) -> f32 {
        square.mul_add(self.slope, self.fixed)
    }
}

/// An f32 that is not less.
pub fn above(x: f64) -> f32 {
    (x as f32).next_up()
}

/// An f32 that is not more.
pub(super) fn below(x: f64) -> f32 {
    (x as f32).next_down()
}

/// Runs the filter: `R` registers of rows, which make a tile, by `G` centroids at a time, `G` as it was packed.
#[inline(always)]
pub(super) fn sift<T: Element, V: Vector, W: Narrow, const R: usize, const G: usize>(
    view: View<T>,
    panels: Range<usize>,
    filter: &Filter,
    sieve: &mut Sieve,
) {
    debug_assert_eq!(filter.group, G, "packed for another instruction set");
    let height = R * W::LANES;
    let (columns, count) = (filter.columns, (panels.len() * PANEL).div_ceil(height));
    sieve.make_room(count * height);
    let block = (TILES_BYTES / (columns * height * 4)).max(1);
    let chunk = (CENTROIDS_BYTES / (columns * G * 4)).max(1);
    for first in (0..count).step_by(block) {
        let block = first..count.min(first + block);
        sieve.tiles.resize(block.len() * columns * height, 0.0);
        for (tile, numbers) in block.clone().zip(sieve.tiles.chunks_exact_mut(columns * height)) {
            let (middle, scale) = (&filter.middle, filter.scale());
            lay_panels::<T, V, W>(view, &panels, tile * height, middle, scale, numbers, height);
        }
        for (index, (numbers, halves)) in
            filter.numbers.chunks(chunk * columns * G).zip(filter.halves.chunks(chunk * G)).enumerate()
        {
            for (tile, rows) in block.clone().zip(sieve.tiles.chunks_exact(columns * height)) {
                let place = tile * height;
                let mut state = if index == 0 {
                    let (margins, squares) = (&mut sieve.margins[place..], &mut sieve.squares[place..]);
                    self::margins::<W, R>(rows, filter, margins, squares);
                    State::none()
                } else {
                    State::<W, R>::load(&sieve.standing, place)
                };
                let mut label = W::splat((index * chunk * G) as f32);
                for (numbers, halves) in numbers.chunks_exact(columns * G).zip(halves.chunks_exact(G)) {
                    for scores in scores::<W, R, G>(rows, numbers, halves) {
                        state.consider(scores, label);
                        label = label.add(W::splat(1.0));
                    }
                }
                state.store(&mut sieve.standing, place);
            }
        }
    }
    judge::<W>(panels.len() * PANEL, sieve);
}

/// Lays a tile of rows that follow each other; what is behind the last panel repeats it.
#[inline(always)]
pub(super) fn lay_panels<T: Element, V: Vector, W: Narrow>(
    view: View<T>,
    panels: &Range<usize>,
    row: usize,
    middle: &[f64],
    scale: Scale,
    tile: &mut [f32],
    height: usize,
) {
    for part in (0..height).step_by(PANEL.min(height)) {
        let panel = view.panel((panels.start + (row + part) / PANEL).min(panels.end - 1));
        let lanes = (row + part) % PANEL..PANEL.min((row + part) % PANEL + height);
        fetch_ahead(panel);
        for ((numbers, middle), to) in
            panel.chunks_exact(PANEL).zip(middle).zip(tile.chunks_exact_mut(height))
        {
            lay_column::<T, V, W>(&numbers[lanes.clone()], *middle, scale, &mut to[part..][..lanes.len()]);
        }
    }
}

/// The square of the length of each row of a tile, and the margin that follows from it.
#[inline(always)]
pub(super) fn margins<W: Narrow, const R: usize>(
    tile: &[f32],
    filter: &Filter,
    margins: &mut [f32],
    out: &mut [f32],
) {
    let (slope, fixed) = (W::splat(filter.slope), W::splat(filter.fixed));
    let mut squares = [W::splat(0.0); R];
    for column in tile.chunks_exact(R * W::LANES) {
        for (r, square) in squares.iter_mut().enumerate() {
            let y = W::load(&column[r * W::LANES..]);
            *square = y.multiply_add(y, *square);
        }
    }
    let out = margins.chunks_exact_mut(W::LANES).zip(out.chunks_exact_mut(W::LANES));
    for (square, (margins, out)) in squares.into_iter().zip(out) {
        square.multiply_add(slope, fixed).store(margins);
        square.store(out);
    }
}

/// `s'` of a tile for `G` centroids.
#[inline(always)]
pub(super) fn scores<W: Narrow, const R: usize, const G: usize>(
    tile: &[f32],
    numbers: &[f32],
    halves: &[f32],
) -> [[W; R]; G] {
    let mut scores: [[W; R]; G] = from_fn(|g| [W::splat(halves[g]); R]);
    for (column, numbers) in tile.chunks_exact(R * W::LANES).zip(numbers.chunks_exact(G)) {
        let y: [W; R] = from_fn(|r| W::load(&column[r * W::LANES..]));
        for (scores, &b) in scores.iter_mut().zip(numbers) {
            let b = W::splat(b);
            for (score, y) in scores.iter_mut().zip(y) {
                *score = y.multiply_add(b, *score);
            }
        }
    }
    scores
}

pub(super) struct State<W, const R: usize> {
    labels: [W; R],
    best: [W; R],
    second: [W; R],
}

impl<W: Narrow, const R: usize> State<W, R> {
    #[inline(always)]
    pub fn none() -> Self {
        let far = [W::splat(f32::INFINITY); R];
        Self { labels: [W::splat(0.0); R], best: far, second: far }
    }

    #[inline(always)]
    pub fn load(from: &Standing, place: usize) -> Self {
        let load = |from: &[f32]| from_fn(|r| W::load(&from[place + r * W::LANES..]));
        Self { labels: load(&from.likely), best: load(&from.best), second: load(&from.second) }
    }

    #[inline(always)]
    pub fn store(self, to: &mut Standing, place: usize) {
        for r in 0..R {
            self.labels[r].store(&mut to.likely[place + r * W::LANES..]);
            self.best[r].store(&mut to.best[place + r * W::LANES..]);
            self.second[r].store(&mut to.second[place + r * W::LANES..]);
        }
    }

    #[inline(always)]
    pub fn consider(&mut self, scores: [W; R], label: W) {
        for (r, score) in scores.into_iter().enumerate() {
            let lower = score.less(self.best[r]);
            // The loser of the comparison with the best is the candidate for the second.
            self.second[r] = self.second[r].min(score.max(self.best[r]));
            self.best[r] = self.best[r].min(score);
            self.labels[r] = W::select(lower, label, self.labels[r]);
        }
    }
}

#[cfg(test)]
mod tests;

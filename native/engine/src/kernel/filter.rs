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
//! Let `u = 2^-24`, `y = x - m` and `b = c - m` (m is the mean of the centroids, so that both are short),
//! `Y >= |y|`, `B >= |b|` for all centroids. Everything is divided by a power of two first, so that `B` is
//! about 1; that is exact.
//!
//! - Rounding `y` and `b` to f32 changes each number by at most `u (1 + 2^-28)` of itself (the subtraction in
//!   f64 is in there), hence their products by `2.01 u |y_j b_j|`, and by Cauchy-Schwarz `y . b` by at most
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
//!   overflow, for the filter only decides where `Y < 2^100`, and the power of two is between 2^-400 and 2^400;
//!   and what underflow takes from it, `d 2^-1074`, is in the filter's unit at most `d 2^-274`, far less than
//!   the room that the bound above leaves.
//!
//! If `s'(c) - s'(a) > 2 E + e (Y + B)^2`, then `D(c) - D(a) = 2 (s(c) - s(a)) > 2 e (Y + B)^2 >= e (D(c) + D(a))`,
//! so `D'(c) > D'(a)`. When that holds for the second lowest `s'` it holds for all, and `a` is the label,
//! without a tie. The right side is computed in f64 and rounded up by 2^-20 of itself, which is more than its
//! own rounding. A row too long for f32 counts as doubt without a look.

use std::array::from_fn;
use std::ops::{Range, RangeInclusive};

use crate::exact::{exponent, scale};
use crate::matrix::Element;
use crate::panels::{PANEL, View};

use super::narrow::Narrow;

/// Centroids that stay in L1 while panels pass by.
const CENTROIDS_BYTES: usize = 20 << 10;
/// Panels, in f32, that stay in L2 while centroids pass by.
const PANELS_BYTES: usize = 256 << 10;
/// A longer row could overflow f32: scores are at most `Y B + B^2`, and `B <= 2^8` in the filter's unit.
const LONGEST: f64 = 1.267_650_600_228_229_4e30; // 2^100
/// Exponents of the largest `|c - m|` for which canonical distances neither overflow nor vanish.
const ORDINARY: RangeInclusive<i32> = -400..=400;
/// Labels are exact in f32 up to here.
const MOST_CLUSTERS: usize = 1 << 24;
/// Above this many columns the bound's constants do not hold.
const MOST_COLUMNS: usize = 1 << 16;

/// Centroids for the filter.
#[derive(Debug, Clone)]
pub struct Filter {
    group: usize,
    columns: usize,
    /// m, in the unit of the data.
    middle: Vec<f64>,
    /// What everything is multiplied by.
    unit: f64,
    /// For each group of centroids, for each column, the negative of each `b`.
    numbers: Vec<f32>,
    /// `|b|^2 / 2` of each centroid; infinite for padding.
    halves: Vec<f32>,
    /// The right side of the test is `by_length Y + fixed + by_square (Y + longest)^2`.
    by_length: f64,
    fixed: f64,
    by_square: f64,
    longest: f64,
}

impl Filter {
    /// For `clusters x columns` finite numbers, packed in groups of `group`. `None` where the filter has no
    /// proof or no use.
    pub fn new(columns: usize, centroids: &[f64], group: usize) -> Option<Self> {
        let clusters = centroids.len() / columns;
        if columns > MOST_COLUMNS || clusters == 0 || clusters > MOST_CLUSTERS {
            return None;
        }
        let rows = || centroids.chunks_exact(columns);
        let mut middle = vec![0.0; columns];
        rows().for_each(|row| middle.iter_mut().zip(row).for_each(|(m, c)| *m += c / clusters as f64));
        let largest =
            rows().flat_map(|row| row.iter().zip(&middle)).fold(0.0, |l: f64, (c, m)| l.max((c - m).abs()));
        if !ORDINARY.contains(&exponent(largest)) {
            return None;
        }
        let unit = scale(1.0, -exponent(largest));
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
            longest = longest.max(squared.sqrt());
        }
        let d = columns as f64;
        let (error, underflow) = (2.0 * 1.02 * (d + 4.0) * 2f64.powi(-24), 2.0 * 3.0 * d * 2f64.powi(-149));
        let longest = longest * (1.0 + 2f64.powi(-20)); // more than what summing and the root can have lost
        let up = 1.0 + 2f64.powi(-20);
        Some(Self {
            group,
            columns,
            middle,
            unit,
            numbers,
            halves,
            by_length: up * (error * longest + underflow),
            fixed: up * (error * longest * longest / 2.0 + underflow * (1.0 + longest)),
            by_square: up * 1.01 * (d + 2.0) * 2f64.powi(-53),
            longest,
        })
    }

    /// How far the second must lie behind the first for a row of length `length`.
    #[inline(always)]
    fn gap(&self, length: f64) -> f64 {
        let square = (length + self.longest) * (length + self.longest);
        self.by_length * length + self.fixed + self.by_square * square
    }
}

/// What the filter knows of some panels' rows.
#[derive(Debug, Clone, Default)]
pub struct Sieve {
    /// The likely label of each row, as f32: exact up to 2^24 centroids.
    labels: Vec<f32>,
    best: Vec<f32>,
    second: Vec<f32>,
    lengths: Vec<f64>,
    /// The rows as f32, in panels.
    rows: Vec<f32>,
}

impl Sieve {
    /// The label of row `row` of the panels, if it is beyond doubt.
    #[inline(always)]
    pub fn label(&self, row: usize, filter: &Filter) -> Option<f32> {
        let (length, behind) = (self.lengths[row], f64::from(self.second[row]) - f64::from(self.best[row]));
        (length < LONGEST && behind > filter.gap(length)).then_some(self.labels[row])
    }
}

/// Runs the filter over `panels`: `R` registers of rows by `G` centroids at a time, `G` as it was packed.
#[inline(always)]
pub(super) fn sift<T: Element, W: Narrow, const R: usize, const G: usize>(
    view: View<T>,
    panels: Range<usize>,
    filter: &Filter,
    sieve: &mut Sieve,
) {
    debug_assert_eq!(filter.group, G, "packed for another instruction set");
    let (columns, rows) = (filter.columns, panels.len() * PANEL);
    for (values, start) in
        [(&mut sieve.labels, 0.0), (&mut sieve.best, f32::INFINITY), (&mut sieve.second, f32::INFINITY)]
    {
        values.clear();
        values.resize(rows, start);
    }
    sieve.lengths.resize(rows, 0.0);
    let block = (PANELS_BYTES / (columns * PANEL * 4)).max(1);
    let chunk = (CENTROIDS_BYTES / (columns * G * 4)).max(1);
    for first in panels.clone().step_by(block) {
        let block = first..panels.end.min(first + block);
        centre(
            view,
            block.clone(),
            filter,
            &mut sieve.rows,
            &mut sieve.lengths[(first - panels.start) * PANEL..],
        );
        for (index, (numbers, halves)) in
            filter.numbers.chunks(chunk * columns * G).zip(filter.halves.chunks(chunk * G)).enumerate()
        {
            for panel in block.clone() {
                let place = (panel - panels.start) * PANEL;
                let row = &sieve.rows[(panel - first) * columns * PANEL..][..columns * PANEL];
                for offset in (0..PANEL).step_by(R * W::LANES) {
                    let place = place + offset;
                    let mut state = State::<W, R>::load(&sieve.labels, &sieve.best, &sieve.second, place);
                    for (g, (numbers, halves)) in
                        numbers.chunks_exact(columns * G).zip(halves.chunks_exact(G)).enumerate()
                    {
                        let scores = scores::<W, R, G>(row, offset, numbers, halves);
                        for (i, scores) in scores.into_iter().enumerate() {
                            state.consider(scores, W::splat(((index * chunk + g) * G + i) as f32));
                        }
                    }
                    state.store(&mut sieve.labels, &mut sieve.best, &mut sieve.second, place);
                }
            }
        }
    }
}

/// `y` of each row as f32, and a bound above its length.
#[inline(always)]
fn centre<T: Element>(
    view: View<T>,
    panels: Range<usize>,
    filter: &Filter,
    rows: &mut Vec<f32>,
    lengths: &mut [f64],
) {
    rows.clear();
    for (panel, lengths) in panels.zip(lengths.chunks_exact_mut(PANEL)) {
        let mut squared = [0.0f64; PANEL];
        for (column, m) in view.panel(panel).chunks_exact(PANEL).zip(&filter.middle) {
            let mut y = [0.0f32; PANEL];
            for ((x, y), squared) in column.iter().zip(&mut y).zip(&mut squared) {
                let exact = (x.widen() - m) * filter.unit;
                *y = exact as f32;
                *squared += exact * exact;
            }
            rows.extend_from_slice(&y);
        }
        for (length, squared) in lengths.iter_mut().zip(squared) {
            *length = squared.sqrt() * (1.0 + 2f64.powi(-20)); // more than what summing can have lost
        }
    }
}

/// `s'` of `R` registers of rows for `G` centroids.
#[inline(always)]
fn scores<W: Narrow, const R: usize, const G: usize>(
    panel: &[f32],
    offset: usize,
    numbers: &[f32],
    halves: &[f32],
) -> [[W; R]; G] {
    let mut scores: [[W; R]; G] = from_fn(|g| [W::splat(halves[g]); R]);
    for (column, numbers) in panel.chunks_exact(PANEL).zip(numbers.chunks_exact(G)) {
        let y: [W; R] = from_fn(|r| W::load(&column[offset + r * W::LANES..]));
        for (scores, &b) in scores.iter_mut().zip(numbers) {
            let b = W::splat(b);
            for (score, y) in scores.iter_mut().zip(y) {
                *score = y.multiply_add(b, *score);
            }
        }
    }
    scores
}

struct State<W, const R: usize> {
    labels: [W; R],
    best: [W; R],
    second: [W; R],
}

impl<W: Narrow, const R: usize> State<W, R> {
    #[inline(always)]
    fn load(labels: &[f32], best: &[f32], second: &[f32], place: usize) -> Self {
        let load = |from: &[f32]| from_fn(|r| W::load(&from[place + r * W::LANES..]));
        Self { labels: load(labels), best: load(best), second: load(second) }
    }

    #[inline(always)]
    fn store(self, labels: &mut [f32], best: &mut [f32], second: &mut [f32], place: usize) {
        for r in 0..R {
            self.labels[r].store(&mut labels[place + r * W::LANES..]);
            self.best[r].store(&mut best[place + r * W::LANES..]);
            self.second[r].store(&mut second[place + r * W::LANES..]);
        }
    }

    #[inline(always)]
    fn consider(&mut self, scores: [W; R], label: W) {
        for (r, score) in scores.into_iter().enumerate() {
            let lower = score.less(self.best[r]);
            // The loser of the comparison with the best is the candidate for the second.
            let loser = W::select(lower, self.best[r], score);
            self.second[r] = W::select(loser.less(self.second[r]), loser, self.second[r]);
            self.best[r] = W::select(lower, score, self.best[r]);
            self.labels[r] = W::select(lower, label, self.labels[r]);
        }
    }
}

#[cfg(test)]
mod tests;

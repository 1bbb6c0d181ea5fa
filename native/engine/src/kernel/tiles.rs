//! The filter's scores by products of bf16, at eight times the rate of f32 (AMX) or twice (AVX-512), and for the rows that
//! these leave in doubt a list of the centroids that may be nearest, which are compared in f32.
//!
//! Numbers are those of [`super::filter`], whose `u`, `y`, `b`, `Y`, `B`, `e` are meant here as well. `y` and `b`,
//! rounded to f32, are each the sum of a high part, the nearest bf16, and a rest. A score has the products
//! `high x high` alone. From it a number of its own, `F Bc`, is taken for each row and centroid, `Bc` the length of the
//! centroid: that makes it a lower bound, but for rounding.
//!
//! # The bound
//!
//! TDPBF16PS adds 32 products to a number, VDPBF16PS two. What is used of either is only this: sums are rounded to the
//! nearest f32, what is below 2^-126 may count as 0 wherever it comes up, and an instruction begins with what
//! the one before it left. The order of the sums in an instruction may be any. (Intel's reference has an order,
//! and with it a bound that hardly grows with d; but processors to come need not keep it.)
//!
//! - bf16 has 8 bits, so `|y - yh| <= 2^-8 |y|`. `P` is the length of `y - yh`, measured for each row: it is mostly 0.4 of
//!   `2^-8 Y`. Of centroids, `h` is at least `|b - bh| / Bc` for any of them, where parts below 2^-126 are taken as 0.
//! - `y . b - yh . bh = (y - yh) . b + yh . (b - bh)`, at most `(P + (Y + P) h) Bc`.
//! - Sums: a tree of n terms errs by at most `(n - 1) u / (1 - (n - 1) u)` of the terms' magnitudes, whatever its
//!   order (Higham, section 4.2); a term that is 0 adds no error, and products of two bf16 have none. d terms
//!   with magnitudes of `|yh| |bh| <= (1 + 2^-8)^2 Y Bc` in all lose, for `d u <= 2^-8`, less than `1.02 d u Y Bc`.
//! - Adding `|b|^2 / 2` and taking `F Bc` away are one rounding each, of at most `1.01 (B^2 / 2 + 1.03 Y Bc)`;
//!   [`super::filter`] has `2.01 u Y Bc + 1.01 u B^2 / 2` for rounding to f32. Together less than
//!   `1.04 (4 u) Y Bc + 1.53 u B^2`.
//! - What counts as 0 below 2^-126: of the high part of y at most `2^-126` in each column, times a number of b,
//!   together `d 2^-126 B`; of D products and D sums (D is d with padding) `D 2^-125`. With what is lost from that
//!   in turn, and with the `3 d 2^-149 (1 + Y + B)` of [`super::filter`], that is less than `3 D 2^-123 (1 + Y + B)`.
//!
//! So the score before the subtraction is within `F Bc + E` of s, where
//!
//! ```text
//! F = line Y + rest P,    E = 1.53 u B^2 + 3 D 2^-123 (1 + Y + B)
//! line = 1.04 (d + 4) u + h        rest = 1 + h
//! ```
//!
//! Let a have the lowest score after it. Then `s(c) >= score(c) - E` for the others, and
//! `s(a) <= score(a) + 2 F Ba + E`. If the second lowest score is above the lowest by more than
//! `2 F Ba + 2 E + e (Y + B)^2`, the *margin*, then `D(c) - D(a) > 2 e (Y + B)^2`, and a is the label, as there.
//!
//! # The bound as it is computed
//!
//! The margin is at most `2 F Ba + slope Y^2 + fixed` with `T = 3 D 2^-122` and
//!
//! ```text
//! slope = 2 e + T        fixed = 3.06 u B^2 + 2 e B^2 + T (2 + B^2)
//! ```
//!
//! (for the last term `1 + Y + B <= 2 + Y^2 + B^2`). `Y` and `P` are the roots of `q` and `p`, chains of d fused
//! multiply-adds in f32. Squares are within `2^-7` of themselves and `d 2^-140`, so roots are within `2^-7` of
//! themselves and `2^-61`. So slope is taken `1 + 2^-6`, line and rest `1 + 2^-7` times as large, and fixed has
//! `d 2^-140 slope` and `2^-60 (line + rest) B` more. Constants, `Bc`, F, the margin and the difference are
//! rounded to f32 on the way, seven times in all: that is in the `1 + 2^-20` of F and fixed.
//!
//! A number of 2^64 or more makes `q` and the margin infinite or NaN, and the row is in doubt.
//!
//! # Rows in doubt
//!
//! Let M be the margin of [`super::filter`], for scores in f32. A row in doubt has on its list all centroids with a score up
//! to `score(a) + margin + 2 M`, a among them. They are scored again in f32, now in row-major order: a term goes
//! through at most d + 1 roundings, for adding 0 has none, one more than in a chain, and the
//! bound of a chain has room for two. So the margin of these scores is M. Of a centroid c that is not on the list
//!
//! ```text
//! s(c) >= score(c) - E > score(a) + margin + 2 M - E >= s(a) + 2 M
//! ```
//!
//! so the lowest of those scores less `E`, which is at most half of `slope q + fixed`, is a lower bound of s for all of
//! them, and it is above the score of a in f32 by more than M. The lowest and second lowest of all these numbers stand for the
//! row, with M.
//!
//! # What it takes
//!
//! On one core of a Xeon of 2023, tiles of AMX multiply 500 to 800 G numbers a second, AVX-512 in f32 70 G. On an EPYC of
//! 2022 AVX-512 multiplies 100 G in bf16 and 57 G in f32.
//! Scores leave 15 % of 200,000 gaussian rows of 128 columns in doubt for k = 256, and 23 % of 100,000 of 768 for k = 1000.

#[cfg(target_os = "linux")]
mod amx;
mod bf16;
mod laid;
mod packed;

use std::array::from_fn;
use std::ops::Range;

use crate::matrix::Element;
use crate::panels::{PANEL, View};

use super::filter::{Filter, State, above, below};
use super::lists::{Lists, Pair};
use super::narrow::{Avx512, Narrow};
use super::points::{product, turn};
use super::shortlist::Shortlist;
use super::sieve::{Sieve, Standing, judge};
use super::vector;

#[cfg(target_os = "linux")]
pub(super) use amx::{Tiles, usable};
pub(super) use bf16::Registers;
use laid::{Laid, copy_rows, lay_panel};
pub(super) use packed::Tiled;

/// A line of a tile: 16 f32, or 16 pairs of bf16, the first in the lower half.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Line([u32; 16]);

/// Lines of a tile.
const LINES: usize = 16;
/// Rows and centroids of a block: two tiles.
const GROUP: usize = 32;
/// Columns of a tile, and lines of a block for as many columns.
const STEP: usize = 32;
const STEP_LINES: usize = 2 * LINES;
/// Rows, and centroids that pass by them, that stay in L2: all processors with AMX have 2 MB, others 1 MB.
const ROWS_BYTES: usize = 512 << 10;
const CENTROIDS_BYTES: usize = 256 << 10;
/// How many centroids of a row could be scored in f32 while one on a list is, and more; and how often rows are scored in f32 where
/// lists were too long, before it is tried again.
const LISTED: usize = 12;
const REST: u32 = 16;

/// 32 lines of 32 numbers: what a block of centroids and one of rows make of each other.
#[repr(C, align(64))]
pub(super) struct Product([[f32; GROUP]; GROUP]);

/// What multiplies blocks.
pub(super) trait Unit {
    /// # Safety
    /// The processor has it, the system lets this process use it, and this thread has no other of its kind.
    unsafe fn ready() -> Self;

    /// The product of two blocks: centroids are its lines, rows the numbers of a line. There are so many `pairs` of columns, behind
    /// which all is 0, and of centroids so many as are `wanted`; lines behind theirs may be left as they are.
    fn multiply(&mut self, pairs: usize, wanted: usize, centroids: &[Line], rows: &[Line], to: &mut Product);
}

/// `F` and the rest of the margin.
#[derive(Debug, Clone, Copy)]
struct Bound {
    line: f32,
    rest: f32,
    slope: f32,
    fixed: f32,
}

impl Bound {
    /// `square` is `B^2`, `h` the largest share of a centroid that its high part leaves.
    fn new(columns: usize, square: f64, h: f64) -> Self {
        let d = columns as f64;
        let up = 1.0 + 2f64.powi(-20);
        let u = 2f64.powi(-24);
        let canonical = 2.0 * 1.01 * (d + 2.0) * 2f64.powi(-53);
        let underflow = 3.0 * columns.next_multiple_of(STEP) as f64 * 2f64.powi(-122);
        let slope = (canonical + underflow) * (1.0 + 2f64.powi(-6)) * up;
        let root = (1.0 + 2f64.powi(-7)) * up;
        let line = (1.04 * (d + 4.0) * u + h) * root;
        let rest = (1.0 + h) * root;
        let fixed = (3.06 * u + canonical) * square
            + underflow * (2.0 + square)
            + d * 2f64.powi(-140) * slope
            + (line + rest) * square.sqrt() * 2f64.powi(-60);
        Self { line: above(line), rest: above(rest), slope: above(slope), fixed: above(fixed * up) }
    }

    /// `F` of sixteen rows.
    fn shift(&self, lengths: Lengths) -> Avx512 {
        let rest = lengths.rest.sqrt().multiply_add(Avx512::splat(self.rest), Avx512::splat(0.0));
        lengths.whole.sqrt().multiply_add(Avx512::splat(self.line), rest)
    }

    /// `slope q + fixed` of sixteen rows.
    fn base(&self, lengths: Lengths) -> Avx512 {
        lengths.whole.multiply_add(Avx512::splat(self.slope), Avx512::splat(self.fixed))
    }
}

/// Squares of the lengths of sixteen rows, and of what their high parts leave.
#[derive(Clone, Copy)]
struct Lengths {
    whole: Avx512,
    rest: Avx512,
}

/// What [`sift`] works with.
#[derive(Debug, Clone, Default)]
pub(super) struct Blocks {
    rows: Laid,
    /// Rows in doubt, where they belong, and what may be nearest.
    doubtful: Laid,
    places: Vec<u32>,
    lists: Lists,
    /// The rows of those that share a panel, and all of them, in f32.
    wanted: Vec<usize>,
    points: Vec<f32>,
}

/// Some rows and what they are asked with.
struct Asked<'a, T> {
    view: View<'a, T>,
    panels: Range<usize>,
    filter: &'a Filter,
    tiled: &'a Tiled,
}

/// Does what [`super::filter::sift`] does.
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx2,fma")]
pub(super) fn sift<T: Element, U: Unit>(
    view: View<T>,
    panels: Range<usize>,
    filter: &Filter,
    tiled: &Tiled,
    sieve: &mut Sieve,
) {
    let (rows, count) = (panels.len() * PANEL, (panels.len() * PANEL).div_ceil(GROUP));
    let most = (ROWS_BYTES / (tiled.size() * size_of::<Line>())).max(1);
    sieve.make_room(count * GROUP);
    let mut blocks = std::mem::take(&mut sieve.blocks);
    blocks.rows.make_room(most.min(count), tiled.size());
    blocks.doubtful.make_room(most.min(count), tiled.size());
    blocks.lists.make_room(most.min(count) * GROUP);
    // SAFETY: there would be no `tiled` where this process has no such unit, and nothing below makes another.
    let mut unit = unsafe { U::ready() };
    let asked = Asked { view, panels, filter, tiled };
    let mut listed = 0;
    for first in (0..count).step_by(most) {
        let block = first..count.min(first + most);
        let places = block.start * GROUP..block.end * GROUP;
        asked.lay(block.clone(), &mut blocks.rows, &mut sieve.squares[places.clone()]);
        pass(&mut unit, tiled, &blocks.rows, block, &mut sieve.standing);
        let likely = &sieve.standing.likely[places.clone()];
        blocks.rows.margins(likely, tiled, &mut sieve.margins[places.clone()]);
        listed += asked.take_doubts(&mut unit, places, &mut blocks, sieve);
    }
    listed += asked.settle(&mut unit, &mut blocks, sieve);
    sieve.blocks = blocks;
    if listed * LISTED > rows * tiled.clusters {
        sieve.resting = REST;
    }
    judge(rows, sieve);
}

impl<T: Element> Asked<'_, T> {
    /// Lays some blocks of rows, with their margins; what is behind the last row repeats it.
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx2,fma")]
    fn lay(&self, block: Range<usize>, rows: &mut Laid, squares: &mut [f32]) {
        let size = self.tiled.size();
        for (laid, place) in block.enumerate() {
            for half in 0..2 {
                let panel = self.view.panel(self.panel((place * 2 + half) * PANEL));
                let high = &mut rows.high[laid * size..][..size];
                let lengths = lay_panel(panel, self.filter, self.tiled, &mut high[half * LINES..]);
                let row = laid * GROUP + half * PANEL;
                lengths.whole.store(&mut squares[row..]);
                self.tiled.bound.shift(lengths).store(&mut rows.shifts[row..]);
                self.tiled.bound.base(lengths).store(&mut rows.bases[row..]);
            }
        }
    }

    /// The panel that a row is in.
    fn panel(&self, place: usize) -> usize {
        (self.panels.start + place / PANEL).min(self.panels.end - 1)
    }

    /// Adds the rows at some places, those that were laid last, that are in doubt to the doubtful ones, which are settled whenever
    /// there is no room for more. How much was listed.
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx2,fma")]
    fn take_doubts<U: Unit>(
        &self,
        unit: &mut U,
        places: Range<usize>,
        blocks: &mut Blocks,
        sieve: &mut Sieve,
    ) -> usize {
        let (first, mut listed) = (places.start, 0);
        for from in (0..places.len()).step_by(PANEL) {
            let Standing { best, second, .. } = &sieve.standing;
            let of = |numbers: &[f32]| Avx512::load(&numbers[first + from..]);
            let mut doubts = !of(second).minus(of(best)).more(of(&sieve.margins));
            while doubts != 0 {
                // As many as there is room for in the half of a block that is being filled.
                let (to, mut later) = (blocks.places.len(), doubts);
                (to % PANEL..PANEL).for_each(|_| later &= later.saturating_sub(1));
                let now = doubts & !later;
                for lane in (0..PANEL).filter(|lane| now >> lane & 1 == 1) {
                    let (to, place) = (blocks.places.len(), first + from + lane);
                    blocks.doubtful.shifts[to] = blocks.rows.shifts[from + lane];
                    blocks.doubtful.bases[to] = blocks.rows.bases[from + lane];
                    blocks.lists.most[to] = self.most(place, sieve);
                    blocks.places.push(place as u32);
                }
                copy_rows(&blocks.rows.high, from, now, &mut blocks.doubtful.high, to, self.tiled.size());
                doubts = later;
                if blocks.places.len() == blocks.doubtful.shifts.len() {
                    listed += self.settle(unit, blocks, sieve);
                }
            }
        }
        listed
    }

    /// Above which score a centroid cannot be nearest to a row.
    fn most(&self, place: usize, sieve: &Sieve) -> f32 {
        let [best, margin] = [sieve.standing.best[place], sieve.margins[place]].map(f64::from);
        let most = above(best + margin + 2.0 * f64::from(self.filter.margin(sieve.squares[place])));
        if most.is_finite() { most } else { f32::NEG_INFINITY }
    }

    /// Lists what may be nearest to the doubtful rows, compares it in f32, and forgets them. How much was listed.
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx2,fma")]
    fn settle<U: Unit>(&self, unit: &mut U, blocks: &mut Blocks, sieve: &mut Sieve) -> usize {
        let Blocks { doubtful, places, lists, wanted, points, .. } = blocks;
        let (tiled, stride) = (self.tiled, self.tiled.stride);
        list_block(unit, tiled, doubtful, 0..places.len().div_ceil(GROUP), lists);
        lists.keep(places.len(), tiled.clusters);
        lists.by_row(places.len());
        points.resize(places.len() * stride, 0.0);
        let mut from = 0;
        for of_panel in places.chunk_by(|&a, &b| self.panel(a as usize) == self.panel(b as usize)) {
            wanted.clear();
            wanted.extend((from..from + of_panel.len()).filter(|&row| !lists.of(row).is_empty()));
            from += of_panel.len();
            let panel = self.view.panel(self.panel(of_panel[0] as usize));
            let (middle, unit) = (&self.filter.middle, self.filter.unit);
            let lane = |row: usize| places[row] as usize % PANEL;
            turn::<T, vector::Avx512, Avx512>(panel, middle, unit, wanted, lane, points, stride);
        }
        for (row, place) in places.drain(..).enumerate() {
            let (place, listed) = (place as usize, lists.of(row));
            if listed.is_empty() {
                continue;
            }
            let point = &points[row * stride..][..stride];
            let beyond = f64::from(lists.least[row]) - f64::from(doubtful.bases[row]) / 2.0;
            let (mut likely, mut best, mut second) = (0, f32::INFINITY, below(beyond));
            for &Pair { cluster, .. } in listed {
                let centroid = &tiled.points[cluster as usize * stride..][..stride];
                let score = tiled.halves[cluster as usize] + product::<Avx512>(point, centroid);
                second = second.min(score.max(best));
                if score < best {
                    (likely, best) = (cluster, score);
                }
            }
            sieve.standing.likely[place] = likely as f32;
            sieve.standing.best[place] = best;
            sieve.standing.second[place] = second;
            sieve.margins[place] = self.filter.margin(sieve.squares[place]);
        }
        let listed = lists.pairs.len();
        lists.make_room(doubtful.shifts.len());
        listed
    }
}

/// Scores of some blocks of rows, the first of which is the first that is laid.
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx2,fma")]
fn pass<U: Unit>(unit: &mut U, tiled: &Tiled, rows: &Laid, block: Range<usize>, standing: &mut Standing) {
    let size = tiled.size();
    let chunk = (CENTROIDS_BYTES / (size * size_of::<Line>())).max(1);
    let mut products = [const { Product([[0.0; GROUP]; GROUP]) }; 2];
    let chunks = tiled.halves.chunks(chunk * GROUP).zip(tiled.lengths.chunks(chunk * GROUP));
    for (index, (halves, lengths)) in chunks.enumerate() {
        for (laid, place) in block.clone().enumerate() {
            let shift = from_fn(|r| Avx512::load(&rows.shifts[laid * GROUP + r * PANEL..]).negative());
            let mut state = if index == 0 { State::none() } else { State::load(standing, place * GROUP) };
            let mut label = Avx512::splat((index * chunk * GROUP) as f32);
            let high = &rows.high[laid * size..][..size];
            let groups = halves.len().div_ceil(GROUP);
            let of = |group: usize| group * GROUP..halves.len().min((group + 1) * GROUP);
            // While tiles multiply, the product before is looked at.
            for group in 0..=groups {
                if group < groups {
                    let centroids = &tiled.high[(index * chunk + group) * size..][..size];
                    unit.multiply(tiled.pairs(), of(group).len(), centroids, high, &mut products[group % 2]);
                }
                if group > 0 {
                    let (product, of) = (&products[(group - 1) % 2], of(group - 1));
                    consider(&mut state, &mut label, product, &shift, &lengths[of.clone()], &halves[of]);
                }
            }
            state.store(standing, place * GROUP);
        }
    }
}

/// Looks at the scores of 32 rows for 32 centroids.
#[inline(always)]
fn consider(
    state: &mut State<Avx512, 2>,
    label: &mut Avx512,
    product: &Product,
    shift: &[Avx512; 2],
    lengths: &[f32],
    halves: &[f32],
) {
    for ((scores, &half), &length) in product.0.iter().zip(halves).zip(lengths) {
        let (half, length) = (Avx512::splat(half), Avx512::splat(length));
        let score = |r: usize| shift[r].multiply_add(length, Avx512::load(&scores[r * PANEL..]).add(half));
        state.consider(from_fn(score), *label);
        *label = label.add(Avx512::splat(1.0));
    }
}

/// Does what [`super::shortlist::list`] does.
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx2,fma")]
pub(super) fn list<U: Unit>(
    images: View<f32>,
    panels: Range<usize>,
    filter: &Filter,
    tiled: &Tiled,
    list: &mut Shortlist,
) {
    let count = (panels.len() * PANEL).div_ceil(GROUP);
    list.make_room(count * GROUP);
    let most = (ROWS_BYTES / (tiled.size() * size_of::<Line>())).max(1);
    let mut rows = std::mem::take(&mut list.sieve.blocks.rows);
    rows.make_room(most.min(count), tiled.size());
    // SAFETY: as in `sift`.
    let mut unit = unsafe { U::ready() };
    let asked = Asked { view: images, panels, filter, tiled };
    for first in (0..count).step_by(most) {
        let block = first..count.min(first + most);
        let places = block.start * GROUP..block.end * GROUP;
        asked.lay(block.clone(), &mut rows, &mut list.sieve.squares[places.clone()]);
        // `E` alone: `F` is taken off the scores.
        list.sieve.margins[places.clone()].copy_from_slice(&rows.bases[..places.len()]);
        list.limit(filter, places);
        list_block(&mut unit, tiled, &rows, block, &mut list.lists);
    }
    drop(unit);
    list.sieve.blocks.rows = rows;
    list.square_least(filter);
}

/// Lists the centroids that are not far for some blocks of rows, the first of which is the first that is laid.
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx2,fma")]
fn list_block<U: Unit>(unit: &mut U, tiled: &Tiled, rows: &Laid, block: Range<usize>, lists: &mut Lists) {
    let size = tiled.size();
    let mut products = [const { Product([[0.0; GROUP]; GROUP]) }; 2];
    for (laid, place) in block.enumerate() {
        let (high, place) = (&rows.high[laid * size..][..size], place * GROUP);
        let shift = from_fn(|r| Avx512::load(&rows.shifts[laid * GROUP + r * PANEL..]).negative());
        let most: [Avx512; 2] = from_fn(|r| Avx512::load(&lists.most[place + r * PANEL..]));
        let mut least = [Avx512::splat(f32::INFINITY); 2];
        let groups = tiled.clusters.div_ceil(GROUP);
        // While tiles multiply, the product before is looked at.
        for group in 0..=groups {
            if group < groups {
                let (centroids, wanted) =
                    (&tiled.high[group * size..][..size], tiled.clusters - group * GROUP);
                unit.multiply(tiled.pairs(), wanted.min(GROUP), centroids, high, &mut products[group % 2]);
            }
            if group > 0 {
                let first = (group - 1) * GROUP;
                let scores = products[(group - 1) % 2].0.iter();
                let of = tiled.halves[first..].iter().zip(&tiled.lengths[first..]);
                for (cluster, (scores, (&half, &length))) in scores.zip(of).enumerate() {
                    let near = near(scores, half, length, &shift, &most, &mut least);
                    lists.note((first + cluster) as u32, place, near);
                }
            }
        }
        for (r, least) in least.into_iter().enumerate() {
            least.store(&mut lists.least[place + r * PANEL..]);
        }
    }
}

/// A bit for each of 32 rows that a centroid is not far from; of the others the least score.
#[inline(always)]
fn near(
    scores: &[f32; 32],
    half: f32,
    length: f32,
    shift: &[Avx512; 2],
    most: &[Avx512; 2],
    least: &mut [Avx512; 2],
) -> u32 {
    let (half, length, none) = (Avx512::splat(half), Avx512::splat(length), Avx512::splat(f32::INFINITY));
    let mut near = 0;
    for r in 0..2 {
        let score = shift[r].multiply_add(length, Avx512::load(&scores[r * PANEL..]).add(half));
        let far = most[r].less(score);
        least[r] = least[r].min(Avx512::select(far, score, none));
        near |= (!Avx512::bits(far) & 0xFFFF) << (r * PANEL);
    }
    near
}

#[cfg(test)]
mod tests;

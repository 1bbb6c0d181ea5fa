//! The filter's scores by products of numbers of sixteen bits, and for the rows that these leave in doubt a list of the centroids
//! that may be nearest, which are compared in f32. AMX multiplies bf16 at eight times the rate of f32; VNNI, which multiplies
//! whole numbers, at twice the rate (on processors of AMD since 2022).
//!
//! Numbers are those of [`super::filter`], whose `u`, `y`, `b`, `Y`, `B`, `e` are meant here as well; `y` and `b` are rounded to f32.
//! For each stands a number of sixteen bits, `yh` and `bh`:
//!
//! - *High parts*: the nearest bf16.
//! - *Whole numbers*: `yh = tau round(y / tau)`, with a `tau` for each row, `1.0156 2^-15 Y` or, for rows of no length, 2^-60; and
//!   `bh = sigma round(b / sigma)`, with one `sigma` for all centroids, from B in the same way. `Y / tau <= 2^15 - 2^8` for what f32 makes
//!   of Y (below), and rounding adds at most `0.51 sqrt(d) <= 2^8` to the length: all whole numbers are below 2^15,
//!   and any part of a sum of their products is below 2^30 (Cauchy-Schwarz), so that sums are exact in any order.
//!
//! A score has the product of `yh` and `bh`. From it a number of its own, `F Bc`, is taken for each row and centroid, `Bc` the length of the
//! centroid: that makes it a lower bound, but for what all scores of a row share.
//!
//! # The bound
//!
//! Let P be the length of `y - yh`, measured for each row. It is mostly `0.4 2^-8 Y` in high parts, and `0.3 sqrt(d) tau` in whole numbers,
//! a sixth to a twentieth of that. Then `y . b - yh . bh = (y - yh) . b + yh . (b - bh)`, of which the first is at most `P Bc`, and the second
//! `(Y + P) h Bc` where `h` is at least `|b - bh| / Bc` for any centroid, or `(Y + P) H` where H is at least `|b - bh|`.
//! High parts take the first of these, for their share is the same for all lengths, and whole numbers the second. (Parts of b below 2^-126
//! are taken as 0 in both.)
//!
//! - Sums of high parts: TDPBF16PS adds 32 products to a number. What is used of it is only this: sums are rounded to the
//!   nearest f32, what is below 2^-126 may count as 0 wherever it comes up, and an instruction begins with what
//!   the one before it left. The order of the sums in an instruction may be any. (Intel's reference has an order,
//!   and with it a bound that hardly grows with d; but processors to come need not keep it.) A tree of n terms errs by at most
//!   `(n - 1) u / (1 - (n - 1) u)` of the terms' magnitudes, whatever its order (Higham, section 4.2); a term that is 0 adds no
//!   error, and products of two bf16 have none. d terms with magnitudes of `|yh| |bh| <= (1 + 2^-8)^2 Y Bc` in all lose, for
//!   `d u <= 2^-8`, less than `1.02 d u Y Bc`.
//! - Sums of whole numbers are rounded once when they become f32, and multiplied by `tau sigma`, a rounding of each: `3.1 u` of at most
//!   `(Y + P) (Bc + H)`. So n = 3 takes the place of d; what P and H add to it is in the factors of P and H.
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
//! F = line Y + rest P,    E = 1.53 u B^2 + side (Y + P) + 3 D 2^-123 (1 + Y + B)
//! line = 1.04 (d + 4) u + h    rest = 1 + h    side = 0        high parts
//! line = 1.04 (3 + 4) u        rest = 1        side = H        whole numbers
//! ```
//!
//! Let a have the lowest score after it. Then `s(c) >= score(c) - E` for the others, and
//! `s(a) <= score(a) + 2 F Ba + E`. If the second lowest score is above the lowest by more than
//! `2 F Ba + 2 E + e (Y + B)^2`, the *margin*, then `D(c) - D(a) > 2 e (Y + B)^2`, and a is the label, as there.
//!
//! # The bound as it is computed
//!
//! The margin is at most `2 F Ba + slope Y^2 + 2 side (Y + P) + fixed` with `T = 3 D 2^-122` and
//!
//! ```text
//! slope = 2 e + T        fixed = 3.06 u B^2 + 2 e B^2 + T (2 + B^2)
//! ```
//!
//! (for the last term `1 + Y + B <= 2 + Y^2 + B^2`). `Y` and `P` are the roots of `q` and `p`, chains of d fused
//! multiply-adds in f32. Squares are within `2^-7` of themselves and `d 2^-140`, so roots are within `2^-7` of
//! themselves and `2^-61`. So slope is taken `1 + 2^-6`, line, rest and side `1 + 2^-7` times as large, and fixed has
//! `d 2^-140 slope` and `2^-60 ((line + rest) B + 2 side)` more. Constants, `Bc`, F, the margin and the difference are
//! rounded to f32 on the way, nine times in all: that is in the `1 + 2^-20` of F and fixed.
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
//! so the lowest of those scores less `E`, which is at most half of the margin without `2 F Ba`, is a lower bound of s for all of
//! them, and it is above the score of a in f32 by more than M. The lowest and second lowest of all these numbers stand for the
//! row, with M.
//!
//! # What it takes
//!
//! On one core of a Xeon of 2023, tiles of AMX multiply 500 to 800 G numbers a second, AVX-512 in f32 70 G. On an EPYC of
//! 2022 VNNI multiplies 115 G and AVX-512 in f32 57 G. High parts leave 15 % of 200,000 gaussian rows of 128 columns in doubt for
//! k = 256, and 23 % of 100,000 of 768 for k = 1000. (VDPBF16PS has the rate of VNNI: it was 10 % to 25 % slower, for
//! what was in doubt.)

#[cfg(target_os = "linux")]
mod amx;
mod laid;
mod packed;
mod vnni;

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
use laid::{Laid, copy_rows};
pub(super) use packed::Tiled;
pub(super) use vnni::Registers;

/// A line of a tile: 16 pairs of numbers of sixteen bits, the first in the lower half.
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
/// Rows in doubt are settled before they could list more than this: 24 bytes each.
const MOST_LISTED: usize = 1 << 20;
/// Of the length of a row, or of the longest centroid, what 1 stands for in whole numbers of sixteen bits: a little more than 2^-15;
/// and the least that it does.
const SHARE: f32 = (1.0 + 1.0 / 64.0) / 32_768.0;
const LEAST: f32 = 8.673_617_4e-19; // 2^-60

/// 32 lines of 32 numbers: what a block of centroids and one of rows make of each other.
#[repr(C, align(64))]
pub(super) struct Product([[f32; GROUP]; GROUP]);

/// What multiplies blocks.
pub(super) trait Unit {
    /// # Safety
    /// The processor has it, the system lets this process use it, and this thread has no other of its kind.
    unsafe fn ready() -> Self;

    /// Lays a panel, which is half of a block: every other tile of `to`.
    fn lay<T: Element>(panel: &[T], filter: &Filter, tiled: &Tiled, to: &mut [Line]) -> Lengths;

    /// The product of two blocks: centroids, of which so many are `wanted`, are its lines, rows the numbers of a line, each
    /// multiplied by its scale. What is behind the columns is 0; lines behind the centroids may be left as they are.
    fn multiply(
        &mut self,
        tiled: &Tiled,
        wanted: usize,
        centroids: &[Line],
        rows: &[Line],
        scales: &[f32],
        to: &mut Product,
    );
}

/// `F` and the rest of the margin.
#[derive(Debug, Clone, Copy)]
struct Bound {
    line: f32,
    rest: f32,
    side: f32,
    slope: f32,
    fixed: f32,
}

impl Bound {
    /// `terms` are what a sum in f32 has of them, `square` is `B^2`, `h` and `side` what the numbers of a centroid may be off by, as a
    /// share of it and at all.
    fn new(columns: usize, terms: usize, square: f64, h: f64, side: f64) -> Self {
        let d = columns as f64;
        let up = 1.0 + 2f64.powi(-20);
        let u = 2f64.powi(-24);
        let canonical = 2.0 * 1.01 * (d + 2.0) * 2f64.powi(-53);
        let underflow = 3.0 * columns.next_multiple_of(STEP) as f64 * 2f64.powi(-122);
        let slope = (canonical + underflow) * (1.0 + 2f64.powi(-6)) * up;
        let root = (1.0 + 2f64.powi(-7)) * up;
        let line = (1.04 * (terms as f64 + 4.0) * u + h) * root;
        let rest = (1.0 + h) * root;
        let side = 2.0 * side * root;
        let fixed = (3.06 * u + canonical) * square
            + underflow * (2.0 + square)
            + d * 2f64.powi(-140) * slope
            + ((line + rest) * square.sqrt() + side) * 2f64.powi(-60);
        let [line, rest, side, slope, fixed] = [line, rest, side, slope, fixed * up].map(above);
        Self { line, rest, side, slope, fixed }
    }

    /// `F` of sixteen rows, and the margin without its share.
    fn of(&self, lengths: Lengths) -> (Avx512, Avx512) {
        let (whole, rest) = (lengths.whole.sqrt(), lengths.rest.sqrt());
        let shift = whole.multiply_add(
            Avx512::splat(self.line),
            rest.multiply_add(Avx512::splat(self.rest), Avx512::splat(0.0)),
        );
        let base = lengths.whole.multiply_add(Avx512::splat(self.slope), Avx512::splat(self.fixed));
        (shift, whole.add(rest).multiply_add(Avx512::splat(self.side), base))
    }
}

/// Squares of the lengths of sixteen rows, and of what the numbers that stand for them leave; and what to multiply products by.
#[derive(Clone, Copy)]
pub(super) struct Lengths {
    whole: Avx512,
    rest: Avx512,
    scale: Avx512,
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
        asked.lay::<U>(block.clone(), &mut blocks.rows, &mut sieve.squares[places.clone()]);
        pass(&mut unit, tiled, &blocks.rows, block, &mut sieve.standing);
        let likely = &sieve.standing.likely[places.clone()];
        blocks.rows.margins(likely, tiled, &mut sieve.margins[places.clone()]);
        listed += asked.take_doubts(&mut unit, places, &mut blocks, sieve);
    }
    listed += asked.settle(&mut unit, &mut blocks, sieve);
    sieve.blocks = blocks;
    sieve.listed += listed;
    judge::<Avx512>(rows, sieve);
}

impl<T: Element> Asked<'_, T> {
    /// Lays some blocks of rows, with their margins; what is behind the last row repeats it.
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx2,fma")]
    fn lay<U: Unit>(&self, block: Range<usize>, rows: &mut Laid, squares: &mut [f32]) {
        let size = self.tiled.size();
        for (laid, place) in block.enumerate() {
            for half in 0..2 {
                let panel = self.view.panel(self.panel((place * 2 + half) * PANEL));
                let high = &mut rows.high[laid * size..][..size];
                let lengths = U::lay(panel, self.filter, self.tiled, &mut high[half * LINES..]);
                let row = laid * GROUP + half * PANEL;
                lengths.whole.store(&mut squares[row..]);
                let (shift, base) = self.tiled.bound.of(lengths);
                lengths.scale.store(&mut rows.scales[row..]);
                shift.store(&mut rows.shifts[row..]);
                base.store(&mut rows.bases[row..]);
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
                    blocks.doubtful.scales[to] = blocks.rows.scales[from + lane];
                    blocks.doubtful.shifts[to] = blocks.rows.shifts[from + lane];
                    blocks.doubtful.bases[to] = blocks.rows.bases[from + lane];
                    blocks.lists.most[to] = self.most(place, sieve);
                    blocks.places.push(place as u32);
                }
                copy_rows(&blocks.rows.high, from, now, &mut blocks.doubtful.high, to, self.tiled.size());
                doubts = later;
                let count = blocks.places.len();
                if count == blocks.doubtful.shifts.len() || count * self.tiled.clusters >= MOST_LISTED {
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
        lists.sort_by_row(places.len());
        points.resize(places.len() * stride, 0.0);
        let mut from = 0;
        for of_panel in places.chunk_by(|&a, &b| self.panel(a as usize) == self.panel(b as usize)) {
            wanted.clear();
            wanted.extend((from..from + of_panel.len()).filter(|&row| !lists.of(row).is_empty()));
            from += of_panel.len();
            if wanted.is_empty() {
                continue;
            }
            let panel = self.view.panel(self.panel(of_panel[0] as usize));
            let (middle, scale) = (&self.filter.middle, self.filter.scale());
            let lane = |row: usize| places[row] as usize % PANEL;
            turn::<T, vector::Avx512, Avx512>(panel, middle, scale, wanted, lane, points, stride);
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
                    let (wanted, scales) = (of(group).len(), &rows.scales[laid * GROUP..]);
                    unit.multiply(tiled, wanted, centroids, high, scales, &mut products[group % 2]);
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
        asked.lay::<U>(block.clone(), &mut rows, &mut list.sieve.squares[places.clone()]);
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
                let scales = &rows.scales[laid * GROUP..];
                unit.multiply(tiled, wanted.min(GROUP), centroids, high, scales, &mut products[group % 2]);
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

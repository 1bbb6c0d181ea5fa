//! The filter's scores by AMX: tiles of bf16, at eight times the rate of f32, first coarsely for all rows,
//! then more finely for those that this leaves in doubt.
//!
//! Numbers are those of [`super::filter`], whose `u`, `y`, `b`, `Y`, `B`, `e` are meant here as well. `y` and `b`,
//! rounded to f32, are each the sum of a high part, the nearest bf16, a low part, the bf16 nearest to what is
//! left, and a rest. A *coarse* score has the products `high x high` alone; a *fine* one has `low x high`, then
//! `high x low`, then `high x high`. From either a number of its own, `F Bc`, is taken for each row and
//! centroid, `Bc` the length of the centroid: that makes it a lower bound, but for rounding.
//!
//! # The bound
//!
//! TDPBF16PS adds 32 products to each number of a tile. What is used of it is only this: sums are rounded to the
//! nearest f32, what is below 2^-126 may count as 0 wherever it comes up, and an instruction begins with what
//! the one before it left. The order of the sums in an instruction may be any. (Intel's reference has an order,
//! 16 sums deep, and with it a bound that hardly grows with d; but processors to come need not keep it.)
//!
//! - bf16 has 8 bits, so `|y - yh| <= 2^-8 |y|` and `|y - yh - yl| <= 2^-8 |y - yh|`. `P` is the length of `y - yh`,
//!   measured for each row: it is mostly 0.4 of `2^-8 Y`. Of centroids, `h` is at least `|b - bh| / Bc`, `l` at
//!   least `|bl| / Bc`, `r` at least `|b - bh - bl| / Bc` for any of them, where parts below 2^-126 are taken as 0.
//! - Coarse: `y . b - yh . bh = (y - yh) . b + yh . (b - bh)`, at most `(P + (Y + P) h) Bc`.
//! - Fine: what is missing of `y . b` is `yl . bl + yr . b + (y - yr) . br`, where `|yr| <= 2^-8 P`; that is at most
//!   `(1.004 P l + 2^-8 P + (Y + P) r) Bc`.
//! - Sums: a tree of n terms errs by at most `(n - 1) u / (1 - (n - 1) u)` of the terms' magnitudes, whatever its
//!   order (Higham, section 4.2); a term that is 0 adds no error, and products of two bf16 have none. Coarse: d terms
//!   with magnitudes of `|yh| |bh| <= (1 + 2^-8)^2 Y Bc` in all lose, for `d u <= 2^-8`, less than `1.02 d u Y Bc`.
//!   Fine: the 2 d small terms come first, with magnitudes of `0.0079 Y Bc` in all, and lose at most
//!   `0.017 d u Y Bc`; their sum and d large terms are a tree that loses at most `1.021 d u Y Bc`. Both are below
//!   `1.04 d u Y Bc`.
//! - Adding `|b|^2 / 2` and taking `F Bc` away are one rounding each, of at most `1.01 (B^2 / 2 + 1.03 Y Bc)`;
//!   [`super::filter`] has `2.01 u Y Bc + 1.01 u B^2 / 2` for rounding to f32. Together less than
//!   `1.04 (4 u) Y Bc + 1.53 u B^2`.
//! - What counts as 0 below 2^-126: of either part of y at most `2^-126` in each column, times a number of b,
//!   together `d 2^-125 B`; of 3 D products and 3 D sums (D is d with padding) `3 D 2^-125`. With what is lost from that
//!   in turn, and with the `3 d 2^-149 (1 + Y + B)` of [`super::filter`], that is less than `3 D 2^-123 (1 + Y + B)`.
//!
//! So the score before the subtraction is within `F Bc + E` of s, where
//!
//! ```text
//! F = line Y + rest P,    E = 1.53 u B^2 + 3 D 2^-123 (1 + Y + B)
//! line = 1.04 (d + 4) u + h        rest = 1 + h                      coarse
//! line = 1.04 (d + 4) u + r        rest = 1.004 l + 2^-8 + r         fine
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
//! # What it takes
//!
//! On one core of a Xeon of 2023, tiles multiply 500 to 800 G numbers a second, AVX-512 in f32 70 G. Of AVX-512's time
//! 200,000 gaussian rows of 128 columns and k = 256 take 0.35, a third of it for rows to come from memory, and
//! 100,000 of 768 and k = 1000 take 0.3. Coarse scores leave 15 % and 23 % of these rows in doubt, fine ones 0.1 %
//! and 0.5 %.

mod laid;
mod packed;

use std::array::from_fn;
use std::ops::Range;

use crate::matrix::Element;
use crate::panels::{PANEL, View};

use super::amx::{LINES, Line, Product, Tiles};
use super::filter::{Filter, State, above};
use super::narrow::{Avx512, Narrow};
use super::shortlist::Shortlist;
use super::sieve::{Sieve, Standing, judge};

use laid::{Laid, copy_rows, lay_panel};
pub(super) use packed::Tiled;

/// Rows and centroids of a block: two tiles.
pub(super) const GROUP: usize = 32;
/// Columns of a tile, and lines of a block for as many columns.
const STEP: usize = 32;
const STEP_LINES: usize = 2 * LINES;
/// Rows, and centroids that pass by them, that stay in L2: all processors with AMX have 2 MB.
const ROWS_BYTES: usize = 512 << 10;
const CENTROIDS_BYTES: usize = 256 << 10;

/// `F` and the rest of the margin.
#[derive(Debug, Clone, Copy)]
struct Bound {
    line: f32,
    rest: f32,
    slope: f32,
    fixed: f32,
}

impl Bound {
    /// `line` and `rest` come without the share of sums in f32; `square` is `B^2`.
    fn new(columns: usize, square: f64, line: f64, rest: f64) -> Self {
        let d = columns as f64;
        let up = 1.0 + 2f64.powi(-20);
        let u = 2f64.powi(-24);
        let canonical = 2.0 * 1.01 * (d + 2.0) * 2f64.powi(-53);
        let underflow = 3.0 * columns.next_multiple_of(STEP) as f64 * 2f64.powi(-122);
        let slope = (canonical + underflow) * (1.0 + 2f64.powi(-6)) * up;
        let root = (1.0 + 2f64.powi(-7)) * up;
        let line = (1.04 * (d + 4.0) * u + line) * root;
        let rest = rest * root;
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
    /// `F` of each row for fine scores.
    fine: Vec<f32>,
    /// Rows that coarse scores left in doubt, where they belong, and how they stand.
    doubtful: Laid,
    places: Vec<u32>,
    standing: Standing,
}

/// Does what [`super::filter::sift`] does.
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx2,fma")]
pub(super) fn sift<T: Element>(
    view: View<T>,
    panels: Range<usize>,
    filter: &Filter,
    tiled: &Tiled,
    sieve: &mut Sieve,
) {
    let count = (panels.len() * PANEL).div_ceil(GROUP);
    let size = tiled.size();
    let most = (ROWS_BYTES / (2 * size * size_of::<Line>())).max(1);
    sieve.standing.make_room(count * GROUP);
    sieve.margins.resize(count * GROUP, 0.0);
    sieve.squares.resize(count * GROUP, 0.0);
    let mut blocks = std::mem::take(&mut sieve.blocks);
    let room = most.min(count);
    blocks.rows.make_room(room, size);
    blocks.fine.resize(room * GROUP, 0.0);
    blocks.doubtful.make_room(room, size);
    blocks.standing.make_room(room * GROUP);
    // SAFETY: `Isa::Amx` is available, or there would be no `tiled`, and nothing below makes other tiles.
    let mut tiles = unsafe { Tiles::configured() };
    let mut coarse = true;
    for first in (0..count).step_by(most) {
        let block = first..count.min(first + most);
        lay(view, &panels, block.clone(), filter, tiled, &mut blocks, &mut sieve.squares[first * GROUP..]);
        if coarse {
            pass::<false>(&mut tiles, filter, tiled, &blocks.rows, block.clone(), &mut sieve.standing);
        } else {
            blocks.rows.shifts.copy_from_slice(&blocks.fine);
            pass::<true>(&mut tiles, filter, tiled, &blocks.rows, block.clone(), &mut sieve.standing);
        }
        let places = block.start * GROUP..block.end * GROUP;
        blocks.rows.margins(&sieve.standing.likely[places.clone()], tiled, &mut sieve.margins[places]);
        if coarse {
            let doubts = take_doubts(&mut tiles, filter, tiled, block.clone(), &mut blocks, sieve);
            // Fine scores cost three times as much.
            coarse = 3 * doubts < 2 * block.len() * GROUP;
        }
    }
    settle(&mut tiles, filter, tiled, &mut blocks, sieve);
    sieve.blocks = blocks;
    judge(panels.len() * PANEL, sieve);
}

/// Adds the rows of some blocks that are in doubt to the doubtful ones, which are settled whenever there is no
/// room for more. How many there were.
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx2,fma")]
fn take_doubts(
    tiles: &mut Tiles,
    filter: &Filter,
    tiled: &Tiled,
    block: Range<usize>,
    blocks: &mut Blocks,
    sieve: &mut Sieve,
) -> usize {
    let (first, mut count) = (block.start * GROUP, 0);
    for from in (0..block.len() * GROUP).step_by(PANEL) {
        let Standing { best, second, .. } = &sieve.standing;
        let of = |numbers: &[f32]| Avx512::load(&numbers[first + from..]);
        let mut doubts = !of(second).minus(of(best)).more(of(&sieve.margins));
        count += doubts.count_ones() as usize;
        while doubts != 0 {
            // As many as there is room for in the half of a block that is being filled.
            let (to, mut later) = (blocks.places.len(), doubts);
            (to % PANEL..PANEL).for_each(|_| later &= later.saturating_sub(1));
            let now = doubts & !later;
            for lane in (0..PANEL).filter(|lane| now >> lane & 1 == 1) {
                let to = blocks.places.len();
                blocks.doubtful.shifts[to] = blocks.fine[from + lane];
                blocks.doubtful.bases[to] = blocks.rows.bases[from + lane];
                blocks.places.push((first + from + lane) as u32);
            }
            let (rows, doubtful) = (&blocks.rows, &mut blocks.doubtful);
            copy_rows(&rows.high, from, now, &mut doubtful.high, to, tiled.size());
            copy_rows(&rows.low, from, now, &mut doubtful.low, to, tiled.size());
            doubts = later;
            if blocks.places.len() == blocks.doubtful.shifts.len() {
                settle(tiles, filter, tiled, blocks, sieve);
            }
        }
    }
    count
}

/// Gives the doubtful rows fine scores and margins, and forgets them.
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx2,fma")]
fn settle(tiles: &mut Tiles, filter: &Filter, tiled: &Tiled, blocks: &mut Blocks, sieve: &mut Sieve) {
    let all = 0..blocks.places.len().div_ceil(GROUP);
    pass::<true>(tiles, filter, tiled, &blocks.doubtful, all, &mut blocks.standing);
    let Blocks { doubtful, places, standing, .. } = blocks;
    for (from, place) in places.drain(..).enumerate() {
        let place = place as usize;
        sieve.standing.likely[place] = standing.likely[from];
        sieve.standing.best[place] = standing.best[from];
        sieve.standing.second[place] = standing.second[from];
        sieve.margins[place] = doubtful.margin(from, standing.likely[from], tiled);
    }
}

/// Scores of some blocks of rows, the first of which is the first that is laid.
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx2,fma")]
fn pass<const FINE: bool>(
    tiles: &mut Tiles,
    filter: &Filter,
    tiled: &Tiled,
    rows: &Laid,
    block: Range<usize>,
    standing: &mut Standing,
) {
    let size = tiled.size();
    let chunk = (CENTROIDS_BYTES / (size * size_of::<Line>())).max(1);
    let mut products = [const { Product([[0.0; 32]; 32]) }; 2];
    let chunks = filter.halves.chunks(chunk * GROUP).zip(tiled.lengths.chunks(chunk * GROUP));
    for (index, (halves, lengths)) in chunks.enumerate() {
        for (laid, place) in block.clone().enumerate() {
            let at = laid * size;
            let shift = from_fn(|r| Avx512::load(&rows.shifts[laid * GROUP + r * PANEL..]).negative());
            let mut state = if index == 0 { State::none() } else { State::load(standing, place * GROUP) };
            let mut label = Avx512::splat((index * chunk * GROUP) as f32);
            let (rows_high, rows_low) = (&rows.high[at..][..size], &rows.low[at..][..size]);
            let groups = halves.len() / GROUP;
            // While tiles multiply, the product before is looked at.
            for group in 0..=groups {
                if group < groups {
                    let at = (index * chunk + group) * size;
                    let (high, low) = (&tiled.high[at..][..size], &tiled.low[at..][..size]);
                    tiles.clear();
                    if FINE {
                        tiles.multiply(low, rows_high);
                        tiles.multiply(high, rows_low);
                    }
                    tiles.multiply(high, rows_high);
                    tiles.store(&mut products[group % 2]);
                }
                if group > 0 {
                    let centroids = (group - 1) * GROUP..group * GROUP;
                    let product = &products[(group - 1) % 2];
                    consider(
                        &mut state,
                        &mut label,
                        product,
                        &shift,
                        &lengths[centroids.clone()],
                        &halves[centroids],
                    );
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

/// Does what [`super::shortlist::list`] does, by coarse scores.
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx2,fma")]
pub(super) fn list(
    images: View<f32>,
    panels: Range<usize>,
    filter: &Filter,
    tiled: &Tiled,
    list: &mut Shortlist,
) {
    let (count, size) = ((panels.len() * PANEL).div_ceil(GROUP), tiled.size());
    list.make_room(count * GROUP);
    let most = (ROWS_BYTES / (2 * size * size_of::<Line>())).max(1);
    let mut blocks = std::mem::take(&mut list.sieve.blocks);
    blocks.rows.make_room(most.min(count), size);
    blocks.fine.resize(most.min(count) * GROUP, 0.0);
    // SAFETY: as in `sift`.
    let mut tiles = unsafe { Tiles::configured() };
    for first in (0..count).step_by(most) {
        let block = first..count.min(first + most);
        lay(
            images,
            &panels,
            block.clone(),
            filter,
            tiled,
            &mut blocks,
            &mut list.sieve.squares[first * GROUP..],
        );
        let places = block.start * GROUP..block.end * GROUP;
        // `E` alone: `F` is taken off the scores.
        list.sieve.margins[places.clone()].copy_from_slice(&blocks.rows.bases[..places.len()]);
        list.limit(filter, places);
        list_block(&mut tiles, filter, tiled, &blocks.rows, block, list);
    }
    drop(tiles);
    list.sieve.blocks = blocks;
    list.square_least(filter);
}

/// Lists the centroids that are not far for some blocks of rows, the first of which is the first that is laid.
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx2,fma")]
fn list_block(
    tiles: &mut Tiles,
    filter: &Filter,
    tiled: &Tiled,
    rows: &Laid,
    block: Range<usize>,
    list: &mut Shortlist,
) {
    let size = tiled.size();
    let mut products = [const { Product([[0.0; 32]; 32]) }; 2];
    for (laid, place) in block.enumerate() {
        let (rows_high, place) = (&rows.high[laid * size..][..size], place * GROUP);
        let shift = from_fn(|r| Avx512::load(&rows.shifts[laid * GROUP + r * PANEL..]).negative());
        let most: [Avx512; 2] = from_fn(|r| Avx512::load(&list.most[place + r * PANEL..]));
        let mut least = [Avx512::splat(f32::INFINITY); 2];
        let groups = filter.halves.len() / GROUP;
        // While tiles multiply, the product before is looked at.
        for group in 0..=groups {
            if group < groups {
                tiles.clear();
                tiles.multiply(&tiled.high[group * size..][..size], rows_high);
                tiles.store(&mut products[group % 2]);
            }
            if group > 0 {
                let first = (group - 1) * GROUP;
                let scores = products[(group - 1) % 2].0.iter();
                let of = filter.halves[first..].iter().zip(&tiled.lengths[first..]);
                for (cluster, (scores, (&half, &length))) in scores.zip(of).enumerate() {
                    let near = near(scores, half, length, &shift, &most, &mut least);
                    list.note((first + cluster) as u32, place, near);
                }
            }
        }
        least
            .into_iter()
            .enumerate()
            .for_each(|(r, least)| least.store(&mut list.least[place + r * PANEL..]));
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

/// Lays some blocks of rows, with their margins; what is behind the last row repeats it.
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx2,fma")]
fn lay<T: Element>(
    view: View<T>,
    panels: &Range<usize>,
    block: Range<usize>,
    filter: &Filter,
    tiled: &Tiled,
    blocks: &mut Blocks,
    squares: &mut [f32],
) {
    let size = tiled.size();
    for (laid, place) in block.enumerate() {
        let at = laid * size;
        for half in 0..2 {
            let panel = view.panel((panels.start + place * 2 + half).min(panels.end - 1));
            let (high, low) = (&mut blocks.rows.high[at..][..size], &mut blocks.rows.low[at..][..size]);
            let lengths =
                lay_panel(panel, filter, tiled, &mut high[half * LINES..], &mut low[half * LINES..]);
            let row = laid * GROUP + half * PANEL;
            lengths.whole.store(&mut squares[row..]);
            tiled.coarse.shift(lengths).store(&mut blocks.rows.shifts[row..]);
            tiled.coarse.base(lengths).store(&mut blocks.rows.bases[row..]);
            tiled.fine.shift(lengths).store(&mut blocks.fine[row..]);
        }
    }
}

#[cfg(test)]
mod tests;

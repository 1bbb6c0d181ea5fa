//! Rows and centroids as points: f32, one number behind the other, padded.

use std::array::from_fn;
use std::ops::Range;

use crate::matrix::{Element, Numbers};
use crate::panels::PANEL;

use super::lists::Pair;
use super::narrow::Narrow;
use super::vector::{AHEAD_BYTES, Vector, prefetch};

/// Points are padded with 0 to a multiple of so many numbers: four registers of sixteen.
pub const PADDED: usize = 64;
/// Points that are compared with one side by side.
const TOGETHER: usize = 4;

/// `Y` of some rows, each in a `lane` of a panel, to their places, padded with 0.
#[inline(always)]
pub(super) fn turn<T: Element, V: Vector, W: Narrow>(
    panel: &[T],
    middle: &[f64],
    scale: Scale,
    wanted: &[usize],
    lane: impl Fn(usize) -> usize,
    rows: &mut [f32],
    stride: usize,
) {
    let needed: [bool; 4] = from_fn(|four| wanted.iter().any(|&i| lane(i) / 4 == four));
    let mut all = [[0.0; 4 * PANEL]; 4];
    let mut laid = [0.0; PANEL * PANEL];
    for first in (0..stride).step_by(PANEL) {
        let columns = first.min(middle.len())..(first + PANEL).min(middle.len());
        lay::<T, V, W>(panel, middle, scale, columns, &mut laid);
        let each: [&[f32]; PANEL] = from_fn(|column| &laid[column * PANEL..][..PANEL]);
        for four in (0..4).filter(|&four| needed[four]) {
            V::turn(&each, four * 4, &mut all[four]);
        }
        for &i in wanted {
            let to = &mut rows[i * stride + first..][..PANEL];
            to.copy_from_slice(&all[lane(i) / 4][lane(i) % 4 * PANEL..][..PANEL]);
        }
    }
}

/// `y` of sixteen columns of a panel or, at the end, fewer and 0.
#[inline(always)]
fn lay<T: Element, V: Vector, W: Narrow>(
    panel: &[T],
    middle: &[f64],
    scale: Scale,
    columns: Range<usize>,
    laid: &mut [f32; PANEL * PANEL],
) {
    laid[columns.len() * PANEL..].fill(0.0);
    for (column, to) in columns.zip(laid.chunks_exact_mut(PANEL)) {
        prefetch(panel, column * PANEL + AHEAD_BYTES / size_of::<T>());
        lay_column::<T, V, W>(&panel[column * PANEL..][..PANEL], middle[column], scale, to);
    }
}

/// What rows are laid in: what the difference to a middle is multiplied by, and whether [`short`] holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    pub unit: f64,
    pub short: bool,
}

/// Whether rows in f32 can be laid by f32 alone: all of the middle is f32, so that the difference is rounded once, and where it
/// overflows the row is too long for any proof.
pub(super) fn short(middle: &[f64], unit: f64) -> bool {
    /// 2^64.
    const MOST: f64 = 18_446_744_073_709_551_616.0;
    (1.0 / MOST..=MOST).contains(&unit) && middle.iter().all(|&m| f64::from(m as f32) == m)
}

/// `y` of a column of some rows.
#[inline(always)]
pub(super) fn lay_column<T: Element, V: Vector, W: Narrow>(
    numbers: &[T],
    middle: f64,
    scale: Scale,
    to: &mut [f32],
) {
    match T::numbers(numbers) {
        Numbers::F32(numbers) if scale.short => {
            let (middle, by) = (W::splat(middle as f32), W::splat(scale.unit as f32));
            for (numbers, to) in numbers.chunks_exact(W::LANES).zip(to.chunks_exact_mut(W::LANES)) {
                W::load(numbers).sub(middle).mul(by).store(to);
            }
        }
        _ => {
            let (middle, by) = (V::splat(middle), V::splat(scale.unit));
            for (numbers, to) in numbers.chunks_exact(V::LANES).zip(to.chunks_exact_mut(V::LANES)) {
                V::of(numbers).sub(middle).mul(by).store_narrow(to);
            }
        }
    }
}

/// Squared distances of the pairs of those rows that are `wanted`. Neighbours with one centroid are computed side by side or, if they
/// are sorted `by_row`, those with one row.
#[inline(always)]
pub(super) fn distances<'a, W: Narrow>(
    pairs: &mut [Pair],
    by_row: bool,
    wanted: impl Fn(usize) -> bool,
    row: impl Fn(usize) -> &'a [f32],
    centroid: impl Fn(usize) -> &'a [f32],
) {
    let key = |pair: &Pair| if by_row { pair.row } else { pair.cluster };
    for of_one in pairs.chunk_by_mut(|a, b| key(a) == key(b)) {
        let point = |pair: Pair, of_row: bool| {
            if of_row { row(pair.row as usize) } else { centroid(pair.cluster as usize) }
        };
        let one = point(of_one[0], by_row);
        let (mut these, mut count) = ([0; TOGETHER], 0);
        for at in 0..of_one.len() {
            if wanted(of_one[at].row as usize) {
                these[count] = at;
                count += 1;
            }
            if count == TOGETHER || count > 0 && at + 1 == of_one.len() {
                if count == 1 {
                    let other = point(of_one[these[0]], !by_row);
                    [of_one[these[0]].distance] = to_one::<W, 1, 4>([other], one);
                } else {
                    let last = these[count - 1];
                    these[count..].fill(last);
                    let mut others = [one; TOGETHER];
                    for (to, &at) in others.iter_mut().zip(&these) {
                        *to = point(of_one[at], !by_row);
                    }
                    let found = to_one::<W, TOGETHER, 2>(others, one);
                    these.iter().zip(found).for_each(|(&at, found)| of_one[at].distance = found);
                }
                count = 0;
            }
        }
    }
}

/// Squared distances of `N` points to one, all of a multiple of [`PADDED`] numbers, by `S` chains each.
#[inline(always)]
fn to_one<W: Narrow, const N: usize, const S: usize>(rows: [&[f32]; N], one: &[f32]) -> [f32; N] {
    let mut sums = [[W::splat(0.0); S]; N];
    for at in (0..one.len()).step_by(S * W::LANES) {
        for part in 0..S {
            let at = at + part * W::LANES;
            let one = W::load(&one[at..]);
            for (sums, row) in sums.iter_mut().zip(rows) {
                let apart = W::load(&row[at..]).sub(one);
                sums[part] = apart.multiply_add(apart, sums[part]);
            }
        }
    }
    let mut found = [0.0; N];
    for (sums, to) in sums.into_iter().zip(&mut found) {
        let mut sum = sums[0];
        for other in &sums[1..] {
            sum = sum.add(*other);
        }
        *to = total(sum);
    }
    found
}

/// The product of two points of a multiple of [`PADDED`] numbers.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(super) fn product<W: Narrow>(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [W::splat(0.0); 4];
    for (a, b) in a.chunks_exact(4 * W::LANES).zip(b.chunks_exact(4 * W::LANES)) {
        for (i, sum) in sums.iter_mut().enumerate() {
            *sum = W::load(&a[i * W::LANES..]).multiply_add(W::load(&b[i * W::LANES..]), *sum);
        }
    }
    total(sums[0].add(sums[1]).add(sums[2].add(sums[3])))
}

#[inline(always)]
fn total<W: Narrow>(sum: W) -> f32 {
    let mut lanes = [0.0; PANEL];
    sum.store(&mut lanes);
    for half in [8, 4, 2, 1] {
        let (low, high) = lanes.split_at_mut(half);
        low.iter_mut().zip(high).for_each(|(low, high)| *low += *high);
    }
    lanes[0]
}

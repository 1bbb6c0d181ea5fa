//! Rows in tiles.

#[allow(clippy::wildcard_imports, reason = "25 intrinsics, each named where it is used")]
use std::arch::x86_64::*;

use crate::matrix::{Element, Numbers};
use crate::panels::PANEL;

use super::super::filter::Filter;
use super::super::narrow::{Avx512, Narrow};
use super::{GROUP, LEAST, LINES, Lengths, Line, SHARE, STEP_LINES, Tiled};

/// How far ahead of themselves rows are fetched: they come once a step, from memory.
const AHEAD_BYTES: usize = 2 << 10;

/// Rows in tiles: for each 32 of them, for each 32 columns, two tiles with two columns in each line.
#[derive(Debug, Clone, Default)]
pub(super) struct Laid {
    pub high: Vec<Line>,
    /// What products of each row are multiplied by, `F`, and the margin without its share.
    pub scales: Vec<f32>,
    pub shifts: Vec<f32>,
    pub bases: Vec<f32>,
}

impl Laid {
    pub fn make_room(&mut self, blocks: usize, size: usize) {
        self.high.resize(blocks * size, Line([0; 16]));
        self.scales.resize(blocks * GROUP, 0.0);
        self.shifts.resize(blocks * GROUP, 0.0);
        self.bases.resize(blocks * GROUP, 0.0);
    }

    /// How far the second-best score of each row must be above the best, of which there is the label.
    #[target_feature(enable = "avx512f")]
    pub fn margins(&self, likely: &[f32], tiled: &Tiled, out: &mut [f32]) {
        let last = _mm512_set1_epi32(tiled.lengths.len() as i32 - 1);
        let rows = self.shifts.chunks_exact(PANEL).zip(self.bases.chunks_exact(PANEL));
        for ((shift, base), (likely, out)) in
            rows.zip(likely.chunks_exact(PANEL).zip(out.chunks_exact_mut(PANEL)))
        {
            // SAFETY: sixteen numbers are read at `likely`, which has as many; what is gathered is not behind the
            // last of the lengths, of which there is at least one.
            let length = unsafe {
                let label = _mm512_cvttps_epu32(_mm512_loadu_ps(likely.as_ptr()));
                _mm512_i32gather_ps::<4>(_mm512_min_epu32(label, last), tiled.lengths.as_ptr().cast())
            };
            let (shift, base) = (Avx512::load(shift), Avx512::load(base));
            shift.add(shift).multiply_add(Avx512::of(length), base).store(out);
        }
    }
}

/// Lays high parts of a panel, which is half of a block: every other tile of `to`.
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx2,fma")]
pub(super) fn lay_high<T: Element>(panel: &[T], filter: &Filter, tiled: &Tiled, to: &mut [Line]) -> Lengths {
    let upper = _mm512_set1_epi32(0xFFFF_0000u32 as i32);
    let (mut whole, mut rest) = (_mm512_setzero_ps(), _mm512_setzero_ps());
    let mut lay = |numbers: &[T], column: usize| {
        fetch(numbers);
        let y = y(numbers, column, filter, tiled);
        let high = _mm512_and_si512(almost_nearest(y), upper);
        let left = _mm512_sub_ps(y, _mm512_castsi512_ps(high));
        whole = _mm512_fmadd_ps(y, y, whole);
        rest = _mm512_fmadd_ps(left, left, rest);
        high
    };
    let mut columns = panel.chunks_exact(PANEL).enumerate();
    for to in to.chunks_mut(STEP_LINES) {
        for to in &mut to[..LINES] {
            let mut next =
                || columns.next().map_or(_mm512_setzero_si512(), |(column, numbers)| lay(numbers, column));
            let (even, odd) = (next(), next());
            // The upper half of each even number, lowered, and of each odd one where it is.
            store(to, _mm512_or_si512(_mm512_srli_epi32::<16>(even), odd));
        }
    }
    Lengths { whole: Avx512::of(whole), rest: Avx512::of(rest), scale: Avx512::splat(1.0) }
}

/// Lays a panel in whole numbers of sixteen bits.
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx2,fma")]
pub(super) fn lay_whole<T: Element>(panel: &[T], filter: &Filter, tiled: &Tiled, to: &mut [Line]) -> Lengths {
    let mut whole = _mm512_setzero_ps();
    for (column, numbers) in panel.chunks_exact(PANEL).enumerate() {
        fetch(numbers);
        let y = y(numbers, column, filter, tiled);
        whole = _mm512_fmadd_ps(y, y, whole);
    }
    let tau = _mm512_mul_ps(_mm512_sqrt_ps(whole), _mm512_set1_ps(SHARE));
    let tau = _mm512_max_ps(tau, _mm512_set1_ps(LEAST));
    let (by, lower) = (_mm512_div_ps(_mm512_set1_ps(1.0), tau), _mm512_set1_epi32(0xFFFF));
    let mut rest = _mm512_setzero_ps();
    let mut lay = |numbers: &[T], column: usize| {
        let y = y(numbers, column, filter, tiled);
        let nearest = _mm512_cvtps_epi32(_mm512_mul_ps(y, by));
        let left = _mm512_fnmadd_ps(_mm512_cvtepi32_ps(nearest), tau, y);
        rest = _mm512_fmadd_ps(left, left, rest);
        nearest
    };
    let mut columns = panel.chunks_exact(PANEL).enumerate();
    for to in to.chunks_mut(STEP_LINES) {
        for to in &mut to[..LINES] {
            let mut next =
                || columns.next().map_or(_mm512_setzero_si512(), |(column, numbers)| lay(numbers, column));
            let (even, odd) = (next(), next());
            let words = _mm512_or_si512(_mm512_and_si512(even, lower), _mm512_slli_epi32::<16>(odd));
            store(to, words);
        }
    }
    let scale = _mm512_mul_ps(tau, _mm512_set1_ps(tiled.scale));
    Lengths { whole: Avx512::of(whole), rest: Avx512::of(rest), scale: Avx512::of(scale) }
}

/// Asks for a column to come.
#[inline]
#[target_feature(enable = "avx512f")]
fn fetch<T>(numbers: &[T]) {
    for line in 0..size_of_val(numbers) / 64 {
        let ahead = numbers.as_ptr().cast::<i8>().wrapping_add(AHEAD_BYTES + line * 64);
        _mm_prefetch::<_MM_HINT_T0>(ahead);
    }
}

/// `y` of a column of sixteen rows.
#[inline]
#[target_feature(enable = "avx512f,avx512dq")]
fn y<T: Element>(numbers: &[T], column: usize, filter: &Filter, tiled: &Tiled) -> __m512 {
    let scale = filter.scale();
    match T::numbers(&numbers[..PANEL]) {
        Numbers::F32(numbers) if scale.short => {
            // SAFETY: sixteen numbers are read, which is what there is; loads need no alignment.
            let numbers = unsafe { _mm512_loadu_ps(numbers.as_ptr()) };
            let middle = _mm512_set1_ps(filter.middle[column] as f32);
            _mm512_mul_ps(_mm512_sub_ps(numbers, middle), _mm512_set1_ps(scale.unit as f32))
        }
        _ => {
            let (middle, unit) = (_mm512_set1_pd(tiled.middle[column]), _mm512_set1_pd(scale.unit));
            let [low, high] = widened(numbers).map(|x| _mm512_cvtpd_ps(_mm512_fmsub_pd(x, unit, middle)));
            _mm512_insertf32x8::<1>(_mm512_castps256_ps512(low), high)
        }
    }
}

/// [`super::packed::nearest`] of sixteen numbers, in the upper halves; what is in the lower ones is of no use.
#[inline]
#[target_feature(enable = "avx512f")]
fn almost_nearest(x: __m512) -> __m512i {
    _mm512_add_epi32(_mm512_castps_si512(x), _mm512_set1_epi32(0x8000))
}

/// The first sixteen numbers of either storage.
#[inline]
#[target_feature(enable = "avx512f")]
fn widened<T: Element>(from: &[T]) -> [__m512d; 2] {
    match T::numbers(&from[..PANEL]) {
        // SAFETY: sixteen numbers are read, which is what there is; loads need no alignment.
        Numbers::F32(from) => unsafe {
            let numbers = from.as_ptr();
            [_mm256_loadu_ps(numbers), _mm256_loadu_ps(numbers.add(8))].map(|x| _mm512_cvtps_pd(x))
        },
        // SAFETY: as above.
        Numbers::F64(from) => unsafe {
            let numbers = from.as_ptr();
            [_mm512_loadu_pd(numbers), _mm512_loadu_pd(numbers.add(8))]
        },
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store(to: &mut Line, words: __m512i) {
    // SAFETY: a line has the 64 bytes that are written.
    unsafe { _mm512_storeu_si512(to.0.as_mut_ptr().cast(), words) }
}

/// Copies some of the sixteen rows from row `row` on to as many from `place` on, which are in one half of a block.
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx2,fma")]
pub(super) fn copy_rows(from: &[Line], row: usize, which: u16, to: &mut [Line], place: usize, size: usize) {
    let half = |row: usize| row % GROUP / PANEL * LINES;
    let from = &from[row / GROUP * size..][..size];
    let to = &mut to[place / GROUP * size..][..size];
    let (place, half, to_half) = (place % PANEL, half(row), half(place));
    let mask = (1u32 << which.count_ones()) as u16;
    debug_assert!(place + which.count_ones() as usize <= PANEL, "one half");
    let mask = mask.wrapping_sub(1);
    for (from, to) in from.chunks_exact(STEP_LINES).zip(to.chunks_exact_mut(STEP_LINES)) {
        for (from, to) in from[half..][..LINES].iter().zip(&mut to[to_half..][..LINES]) {
            let to = &mut to.0[place..];
            // SAFETY: 64 bytes are read, which is what a line has; only numbers in the mask are written, of
            // which there are not more than `to` has.
            unsafe {
                let words = _mm512_maskz_compress_epi32(which, _mm512_loadu_si512(from.0.as_ptr().cast()));
                _mm512_mask_storeu_epi32(to.as_mut_ptr().cast(), mask, words);
            }
        }
    }
}

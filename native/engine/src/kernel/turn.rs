//! Four columns of sixteen rows out of a row-major table, in registers: what [`super::vector`] turns rows with.

#[allow(clippy::wildcard_imports, reason = "22 intrinsics, each named where it is used")]
use std::arch::x86_64::*;

use crate::panels::PANEL;

// Closures handed to `array::map` are not compiled with the features, so everything is spelt out.

/// Four numbers of a row.
///
/// # Safety
/// None but that of the processor.
#[inline(always)]
unsafe fn four(row: &[f32], first: usize) -> __m128 {
    let from = &row[first..][..4];
    // SAFETY: `from` has as many numbers as are read; the load needs no alignment.
    unsafe { _mm_loadu_ps(from.as_ptr()) }
}

/// Four numbers of each fourth row.
///
/// # Safety
/// AVX-512 F.
#[inline(always)]
unsafe fn sixteen(rows: &[&[f32]; PANEL], row: usize, first: usize) -> __m512 {
    // SAFETY: the caller's processor has the feature.
    unsafe {
        let lanes = _mm512_castps128_ps512(four(rows[row], first));
        let lanes = _mm512_insertf32x4::<1>(lanes, four(rows[row + 4], first));
        let lanes = _mm512_insertf32x4::<2>(lanes, four(rows[row + 8], first));
        _mm512_insertf32x4::<3>(lanes, four(rows[row + 12], first))
    }
}

/// Each 128-bit lane turns four numbers of four rows: eight shuffles for 64 numbers.
///
/// # Safety
/// AVX-512 F.
#[inline(always)]
pub(super) unsafe fn turn_avx512(rows: &[&[f32]; PANEL], first: usize, out: &mut [f32; 4 * PANEL]) {
    // SAFETY: the caller's processor has the feature; `out` has room for four stores of sixteen.
    unsafe {
        let (a, b) = (sixteen(rows, 0, first), sixteen(rows, 1, first));
        let (c, d) = (sixteen(rows, 2, first), sixteen(rows, 3, first));
        let low = _mm512_castps_pd(_mm512_unpacklo_ps(a, b));
        let high = _mm512_castps_pd(_mm512_unpackhi_ps(a, b));
        let other_low = _mm512_castps_pd(_mm512_unpacklo_ps(c, d));
        let other_high = _mm512_castps_pd(_mm512_unpackhi_ps(c, d));
        let to = out.as_mut_ptr();
        _mm512_storeu_ps(to, _mm512_castpd_ps(_mm512_unpacklo_pd(low, other_low)));
        _mm512_storeu_ps(to.add(PANEL), _mm512_castpd_ps(_mm512_unpackhi_pd(low, other_low)));
        _mm512_storeu_ps(to.add(2 * PANEL), _mm512_castpd_ps(_mm512_unpacklo_pd(high, other_high)));
        _mm512_storeu_ps(to.add(3 * PANEL), _mm512_castpd_ps(_mm512_unpackhi_pd(high, other_high)));
    }
}

/// Four numbers of two rows.
///
/// # Safety
/// AVX.
#[inline(always)]
unsafe fn eight(rows: &[&[f32]; PANEL], row: usize, first: usize) -> __m256 {
    // SAFETY: the caller's processor has the feature.
    unsafe { _mm256_set_m128(four(rows[row + 4], first), four(rows[row], first)) }
}

/// The same for eight rows at a time.
///
/// # Safety
/// AVX.
#[inline(always)]
pub(super) unsafe fn turn_avx2(rows: &[&[f32]; PANEL], first: usize, out: &mut [f32; 4 * PANEL]) {
    for half in [0, 8] {
        // SAFETY: the caller's processor has the feature; `out` has room for each store of eight.
        unsafe {
            let (a, b) = (eight(rows, half, first), eight(rows, half + 1, first));
            let (c, d) = (eight(rows, half + 2, first), eight(rows, half + 3, first));
            let low = _mm256_castps_pd(_mm256_unpacklo_ps(a, b));
            let high = _mm256_castps_pd(_mm256_unpackhi_ps(a, b));
            let other_low = _mm256_castps_pd(_mm256_unpacklo_ps(c, d));
            let other_high = _mm256_castps_pd(_mm256_unpackhi_ps(c, d));
            let to = out.as_mut_ptr().add(half);
            _mm256_storeu_ps(to, _mm256_castpd_ps(_mm256_unpacklo_pd(low, other_low)));
            _mm256_storeu_ps(to.add(PANEL), _mm256_castpd_ps(_mm256_unpackhi_pd(low, other_low)));
            _mm256_storeu_ps(to.add(2 * PANEL), _mm256_castpd_ps(_mm256_unpacklo_pd(high, other_high)));
            _mm256_storeu_ps(to.add(3 * PANEL), _mm256_castpd_ps(_mm256_unpackhi_pd(high, other_high)));
        }
    }
}

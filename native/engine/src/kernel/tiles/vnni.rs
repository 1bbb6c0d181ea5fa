//! Products of whole numbers of sixteen bits by AVX-512 VNNI, in registers: at twice the rate of f32 on processors of AMD since 2022.

use std::arch::x86_64::{
    __m512i, _mm512_cvtepi32_ps, _mm512_dpwssd_epi32, _mm512_loadu_ps, _mm512_loadu_si512, _mm512_mul_ps,
    _mm512_set1_epi32, _mm512_setzero_si512, _mm512_storeu_ps,
};

use crate::matrix::Element;

use super::super::filter::Filter;
use super::laid::lay_whole;
use super::{GROUP, LINES, Lengths, Line, Product, STEP_LINES, Tiled, Unit};

/// Centroids that are multiplied at a time: with two registers of rows, sixteen chains.
const HEIGHT: usize = 8;

/// AVX-512 with VNNI.
pub(in super::super) struct Registers(());

impl Unit for Registers {
    unsafe fn ready() -> Self {
        Self(())
    }

    #[inline(always)]
    fn lay<T: Element>(panel: &[T], filter: &Filter, tiled: &Tiled, to: &mut [Line]) -> Lengths {
        // SAFETY: there is a `tiled` for this unit only where the processor has AVX-512.
        unsafe { lay_whole(panel, filter, tiled, to) }
    }

    #[inline(always)]
    fn multiply(
        &mut self,
        tiled: &Tiled,
        wanted: usize,
        centroids: &[Line],
        rows: &[Line],
        scales: &[f32],
        to: &mut Product,
    ) {
        // SAFETY: who has a `self` has said that the processor has it.
        unsafe { multiply(tiled.pairs(), wanted, centroids, rows, scales, to) }
    }
}

#[target_feature(enable = "avx512f,avx512vnni")]
fn multiply(
    pairs: usize,
    wanted: usize,
    centroids: &[Line],
    rows: &[Line],
    scales: &[f32],
    to: &mut Product,
) {
    let scales = &scales[..GROUP];
    // SAFETY: two registers are read, which is what there is.
    let (scale, other) =
        unsafe { (_mm512_loadu_ps(scales.as_ptr()), _mm512_loadu_ps(scales[GROUP / 2..].as_ptr())) };
    for (part, to) in to.0.chunks_exact_mut(HEIGHT).take(wanted.div_ceil(HEIGHT)).enumerate() {
        let mut sums = [[_mm512_setzero_si512(); 2]; HEIGHT];
        let steps = centroids.chunks_exact(STEP_LINES).zip(rows.chunks_exact(STEP_LINES));
        for (first, (centroids, rows)) in (0..pairs).step_by(LINES).zip(steps) {
            let centroids = &centroids[part * HEIGHT..][..HEIGHT];
            for pair in 0..LINES.min(pairs - first) {
                let (left, right) = (load(&rows[pair]), load(&rows[pair + LINES]));
                for (sums, centroid) in sums.iter_mut().zip(centroids) {
                    let pair = _mm512_set1_epi32(centroid.0[pair].cast_signed());
                    sums[0] = _mm512_dpwssd_epi32(sums[0], left, pair);
                    sums[1] = _mm512_dpwssd_epi32(sums[1], right, pair);
                }
            }
        }
        for (sums, to) in sums.into_iter().zip(to) {
            let [left, right] = sums;
            let left = _mm512_mul_ps(_mm512_cvtepi32_ps(left), scale);
            let right = _mm512_mul_ps(_mm512_cvtepi32_ps(right), other);
            // SAFETY: a line of the product has the 32 numbers that are written.
            unsafe {
                _mm512_storeu_ps(to.as_mut_ptr(), left);
                _mm512_storeu_ps(to[GROUP / 2..].as_mut_ptr(), right);
            }
        }
    }
}

/// Two columns of sixteen rows.
#[inline]
#[target_feature(enable = "avx512f")]
fn load(line: &Line) -> __m512i {
    // SAFETY: a line has the 64 bytes that are read.
    unsafe { _mm512_loadu_si512(line.0.as_ptr().cast()) }
}

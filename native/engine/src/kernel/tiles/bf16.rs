//! Products of bf16 by AVX-512, in registers: processors of AMD since 2022, and others.

use std::arch::x86_64::{
    __m512bh, _mm512_dpbf16_ps, _mm512_loadu_si512, _mm512_set1_epi32, _mm512_setzero_ps, _mm512_storeu_ps,
};

use super::{GROUP, LINES, Line, Product, STEP_LINES, Unit};

/// Centroids that are multiplied at a time: with two registers of rows, sixteen chains.
const HEIGHT: usize = 8;

/// AVX-512 with bf16.
pub(in super::super) struct Registers(());

impl Unit for Registers {
    unsafe fn ready() -> Self {
        Self(())
    }

    #[inline(always)]
    fn multiply(&mut self, pairs: usize, wanted: usize, centroids: &[Line], rows: &[Line], to: &mut Product) {
        // SAFETY: who has a `self` has said that the processor has it.
        unsafe { multiply(pairs, wanted, centroids, rows, to) }
    }
}

#[target_feature(enable = "avx512f,avx512bf16")]
fn multiply(pairs: usize, wanted: usize, centroids: &[Line], rows: &[Line], to: &mut Product) {
    for (part, to) in to.0.chunks_exact_mut(HEIGHT).take(wanted.div_ceil(HEIGHT)).enumerate() {
        let mut sums = [[_mm512_setzero_ps(); 2]; HEIGHT];
        let steps = centroids.chunks_exact(STEP_LINES).zip(rows.chunks_exact(STEP_LINES));
        for (first, (centroids, rows)) in (0..pairs).step_by(LINES).zip(steps) {
            let centroids = &centroids[part * HEIGHT..][..HEIGHT];
            for pair in 0..LINES.min(pairs - first) {
                let (left, right) = (numbers(&rows[pair]), numbers(&rows[pair + LINES]));
                for (sums, centroid) in sums.iter_mut().zip(centroids) {
                    let pair = words(centroid.0[pair]);
                    sums[0] = _mm512_dpbf16_ps(sums[0], left, pair);
                    sums[1] = _mm512_dpbf16_ps(sums[1], right, pair);
                }
            }
        }
        for (sums, to) in sums.into_iter().zip(to) {
            let [left, right] = sums;
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
#[target_feature(enable = "avx512f,avx512bf16")]
fn numbers(line: &Line) -> __m512bh {
    // SAFETY: a line has the 64 bytes that are read; both types are 64 bytes, of which each pattern is one.
    unsafe { std::mem::transmute(_mm512_loadu_si512(line.0.as_ptr().cast())) }
}

/// Two numbers, sixteen times.
#[inline]
#[target_feature(enable = "avx512f,avx512bf16")]
fn words(pair: u32) -> __m512bh {
    // SAFETY: both types are 64 bytes, of which each pattern is one.
    unsafe { std::mem::transmute(_mm512_set1_epi32(pair.cast_signed())) }
}

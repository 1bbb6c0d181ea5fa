//! A register of f64, for each instruction set: the few operations that the kernels are written in.
//!
//! With plain arrays and the compiler's vectoriser AVX2 came out well, but AVX-512 half as fast as AVX2: it
//! vectorised across columns, with gathers. So the two have their intrinsics; all else runs on arrays.

use crate::matrix::{Element, Numbers};
use crate::panels::PANEL;

/// `LANES` numbers that are computed side by side. Every operation rounds once, as IEEE 754 has it, so all
/// implementations give the same bits.
pub(super) trait Vector: Copy {
    const LANES: usize;
    type Mask: Copy;

    fn splat(x: f64) -> Self;
    /// The first `LANES` numbers.
    fn load(from: &[f64]) -> Self;
    /// The same, of f32, widened.
    fn widen(from: &[f32]) -> Self;
    /// To the first `LANES` numbers.
    fn store(self, to: &mut [f64]);
    /// To the first `LANES` numbers, rounded to f32.
    fn store_narrow(self, to: &mut [f32]);
    /// The first `LANES` labels, each below 2^31.
    fn load_labels(from: &[u32]) -> Self;
    /// Labels, which are whole numbers below 2^31, to the first `LANES`.
    fn store_labels(self, to: &mut [u32]);
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    /// `self * self + other`, rounded once.
    fn square_add(self, other: Self) -> Self;
    fn less(self, other: Self) -> Self::Mask;
    fn equal(self, other: Self) -> Self::Mask;
    /// `yes` where the mask is set.
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self;

    /// Four columns of sixteen rows, from column `first` on.
    #[inline(always)]
    fn turn(rows: &[&[f32]; PANEL], first: usize, out: &mut [f32; 4 * PANEL]) {
        for (column, out) in out.chunks_exact_mut(PANEL).enumerate() {
            out.iter_mut().zip(rows).for_each(|(to, row)| *to = row[first + column]);
        }
    }

    /// The first `LANES` numbers of either storage.
    #[inline(always)]
    fn of<T: Element>(from: &[T]) -> Self {
        match T::numbers(from) {
            Numbers::F32(from) => Self::widen(from),
            Numbers::F64(from) => Self::load(from),
        }
    }
}

/// Asks for the cache line of `values[at]`, for L2; of no effect where there is none or on other processors.
#[inline(always)]
pub(super) fn prefetch<T>(values: &[T], at: usize) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        // SAFETY: every x86-64 has it, and it reads nothing: an address past the end is as good as any.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(values.as_ptr().wrapping_add(at).cast()) }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (values, at);
}

/// Four numbers in an array: two NEON or SSE2 registers.
#[derive(Clone, Copy)]
pub(super) struct Portable([f64; 4]);

impl Portable {
    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(f64, f64) -> f64) -> Self {
        Self(std::array::from_fn(|i| f(self.0[i], other.0[i])))
    }
}

impl Vector for Portable {
    const LANES: usize = 4;
    type Mask = [bool; 4];

    #[inline(always)]
    fn splat(x: f64) -> Self {
        Self([x; 4])
    }
    #[inline(always)]
    fn load(from: &[f64]) -> Self {
        Self([from[0], from[1], from[2], from[3]])
    }
    #[inline(always)]
    fn widen(from: &[f32]) -> Self {
        Self([from[0], from[1], from[2], from[3]].map(f64::from))
    }
    #[inline(always)]
    fn store(self, to: &mut [f64]) {
        to[..4].copy_from_slice(&self.0);
    }
    #[inline(always)]
    fn store_narrow(self, to: &mut [f32]) {
        to[..4].copy_from_slice(&self.0.map(|x| x as f32));
    }
    #[inline(always)]
    fn load_labels(from: &[u32]) -> Self {
        Self([from[0], from[1], from[2], from[3]].map(f64::from))
    }
    #[inline(always)]
    fn store_labels(self, to: &mut [u32]) {
        to[..4].copy_from_slice(&self.0.map(|label| label as u32));
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b)
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.zip(other, |a, b| a * b)
    }
    #[inline(always)]
    fn square_add(self, other: Self) -> Self {
        self.zip(other, |a, b| a.mul_add(a, b))
    }
    #[inline(always)]
    fn less(self, other: Self) -> [bool; 4] {
        std::array::from_fn(|i| self.0[i] < other.0[i])
    }
    #[inline(always)]
    fn equal(self, other: Self) -> [bool; 4] {
        std::array::from_fn(|i| self.0[i] == other.0[i])
    }
    #[inline(always)]
    fn select(mask: [bool; 4], yes: Self, no: Self) -> Self {
        Self(std::array::from_fn(|i| if mask[i] { yes.0[i] } else { no.0[i] }))
    }
}

#[cfg(target_arch = "x86_64")]
pub(super) use x86::{Avx2, Avx512};

#[cfg(target_arch = "x86_64")]
mod x86 {
    //! # Safety
    //!
    //! The methods below may only run where the processor has the type's features. They are called from
    //! nowhere but kernels, which `super::super::dispatch!` compiles with these features and enters only
    //! after `Isa::available` has seen them. Loads and stores first take a slice of the full length, so a
    //! short one panics instead of being read past its end.

    #[allow(clippy::wildcard_imports, reason = "36 intrinsics, each named where it is used")]
    use std::arch::x86_64::*;

    use super::{PANEL, Vector};

    /// Four numbers; AVX2 and FMA.
    #[derive(Clone, Copy)]
    pub struct Avx2(__m256d);

    /// Eight numbers; AVX-512 F.
    #[derive(Clone, Copy)]
    pub struct Avx512(__m512d);

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
    unsafe fn turn_avx512(rows: &[&[f32]; PANEL], first: usize, out: &mut [f32; 4 * PANEL]) {
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
    unsafe fn turn_avx2(rows: &[&[f32]; PANEL], first: usize, out: &mut [f32; 4 * PANEL]) {
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

    macro_rules! vector {
        (
            $name:ident, $lanes:literal, $mask:ty, $splat:ident, $load:ident, $widen:ident, $load_f32:ident,
            $store:ident, $store_narrow:expr, $load_labels:expr, $store_labels:expr, $add:ident, $sub:ident, $mul:ident, $fma:ident, $less:expr, $equal:expr, $select:expr,
            $turn:expr
        ) => {
            impl Vector for $name {
                const LANES: usize = $lanes;
                type Mask = $mask;

                #[inline(always)]
                fn splat(x: f64) -> Self {
                    // SAFETY: see the module's comment, here and below.
                    Self(unsafe { $splat(x) })
                }
                #[inline(always)]
                fn load(from: &[f64]) -> Self {
                    let from = &from[..$lanes];
                    // SAFETY: `from` has as many numbers as are read; the load needs no alignment.
                    Self(unsafe { $load(from.as_ptr()) })
                }
                #[inline(always)]
                fn widen(from: &[f32]) -> Self {
                    let from = &from[..$lanes];
                    // SAFETY: `from` has as many numbers as are read; the load needs no alignment.
                    Self(unsafe { $widen($load_f32(from.as_ptr())) })
                }
                #[inline(always)]
                fn store(self, to: &mut [f64]) {
                    let to = &mut to[..$lanes];
                    // SAFETY: `to` has as many numbers as are written; the store needs no alignment.
                    unsafe { $store(to.as_mut_ptr(), self.0) }
                }
                #[inline(always)]
                fn store_narrow(self, to: &mut [f32]) {
                    let to = &mut to[..$lanes];
                    // SAFETY: `to` has as many numbers as are written; the store needs no alignment.
                    unsafe { $store_narrow(to.as_mut_ptr(), self.0) }
                }
                #[inline(always)]
                fn load_labels(from: &[u32]) -> Self {
                    let from = &from[..$lanes];
                    // SAFETY: `from` has as many numbers as are read; the load needs no alignment.
                    Self(unsafe { $load_labels(from.as_ptr()) })
                }
                #[inline(always)]
                fn store_labels(self, to: &mut [u32]) {
                    let to = &mut to[..$lanes];
                    // SAFETY: `to` has as many numbers as are written; the store needs no alignment.
                    unsafe { $store_labels(to.as_mut_ptr(), self.0) }
                }
                #[inline(always)]
                fn add(self, other: Self) -> Self {
                    // SAFETY: see the module's comment.
                    Self(unsafe { $add(self.0, other.0) })
                }
                #[inline(always)]
                fn sub(self, other: Self) -> Self {
                    // SAFETY: see the module's comment.
                    Self(unsafe { $sub(self.0, other.0) })
                }
                #[inline(always)]
                fn mul(self, other: Self) -> Self {
                    // SAFETY: see the module's comment.
                    Self(unsafe { $mul(self.0, other.0) })
                }
                #[inline(always)]
                fn square_add(self, other: Self) -> Self {
                    // SAFETY: see the module's comment.
                    Self(unsafe { $fma(self.0, self.0, other.0) })
                }
                #[inline(always)]
                fn less(self, other: Self) -> $mask {
                    // SAFETY: see the module's comment.
                    unsafe { $less(self.0, other.0) }
                }
                #[inline(always)]
                fn equal(self, other: Self) -> $mask {
                    // SAFETY: see the module's comment.
                    unsafe { $equal(self.0, other.0) }
                }
                #[inline(always)]
                fn select(mask: $mask, yes: Self, no: Self) -> Self {
                    // SAFETY: see the module's comment.
                    Self(unsafe { $select(mask, yes.0, no.0) })
                }
                #[inline(always)]
                fn turn(rows: &[&[f32]; PANEL], first: usize, out: &mut [f32; 4 * PANEL]) {
                    // SAFETY: see the module's comment.
                    unsafe { $turn(rows, first, out) }
                }
            }
        };
    }

    vector!(
        Avx2,
        4,
        __m256d,
        _mm256_set1_pd,
        _mm256_loadu_pd,
        _mm256_cvtps_pd,
        _mm_loadu_ps,
        _mm256_storeu_pd,
        |to: *mut f32, x| _mm_storeu_ps(to, _mm256_cvtpd_ps(x)),
        |from: *const u32| _mm256_cvtepi32_pd(_mm_loadu_si128(from.cast())),
        |to: *mut u32, labels| _mm_storeu_si128(to.cast(), _mm256_cvttpd_epi32(labels)),
        _mm256_add_pd,
        _mm256_sub_pd,
        _mm256_mul_pd,
        _mm256_fmadd_pd,
        _mm256_cmp_pd::<_CMP_LT_OQ>,
        _mm256_cmp_pd::<_CMP_EQ_OQ>,
        |mask, yes, no| _mm256_blendv_pd(no, yes, mask),
        turn_avx2
    );
    vector!(
        Avx512,
        8,
        __mmask8,
        _mm512_set1_pd,
        _mm512_loadu_pd,
        _mm512_cvtps_pd,
        _mm256_loadu_ps,
        _mm512_storeu_pd,
        |to: *mut f32, x| _mm256_storeu_ps(to, _mm512_cvtpd_ps(x)),
        |from: *const u32| _mm512_cvtepi32_pd(_mm256_loadu_si256(from.cast())),
        |to: *mut u32, labels| _mm256_storeu_si256(to.cast(), _mm512_cvttpd_epi32(labels)),
        _mm512_add_pd,
        _mm512_sub_pd,
        _mm512_mul_pd,
        _mm512_fmadd_pd,
        _mm512_cmp_pd_mask::<_CMP_LT_OQ>,
        _mm512_cmp_pd_mask::<_CMP_EQ_OQ>,
        |mask, yes, no| _mm512_mask_blend_pd(mask, no, yes),
        turn_avx512
    );
}

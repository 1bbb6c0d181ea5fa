//! A register of f64, for each instruction set: the few operations that the kernels are written in.
//!
//! With plain arrays and the compiler's vectoriser AVX2 came out well, but AVX-512 half as fast as AVX2: it
//! vectorised across columns, with gathers. On arm64 most kernels come out well, but always one does not, and
//! which one changes with the code around it: `potentials` has 84 instructions for a column instead of 44, an
//! earlier `nearest` had 77. So these have their intrinsics; all else runs on arrays.

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
    /// The lower of two numbers, neither of them NaN.
    fn min(self, other: Self) -> Self;
    /// The higher of two numbers, neither of them NaN.
    fn max(self, other: Self) -> Self;
    /// The sum of the bits as 64-bit integers, modulo 2^64.
    fn add_bits(self, other: Self) -> Self;
    /// The difference of the bits as 64-bit integers, modulo 2^64.
    fn sub_bits(self, other: Self) -> Self;
    fn less(self, other: Self) -> Self::Mask;
    fn equal(self, other: Self) -> Self::Mask;
    /// A bit for each lane, the first lowest.
    fn bits(mask: Self::Mask) -> u32;
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

/// How far before they are used rows are fetched from memory: 16 KB is no better, and what lies there is soon reached.
pub(super) const AHEAD_BYTES: usize = 4 << 10;
const LINE_BYTES: usize = 64;

/// Asks for a panel to come. So much is computed with one before the next is read that the processor does not see the stream
/// in time: 1M x 16 f64 with 10 centroids are read at 10 GB/s instead of 6.
#[inline(always)]
pub(super) fn fetch_ahead<T>(panel: &[T]) {
    let ahead = AHEAD_BYTES.max(size_of_val(panel)) / size_of::<T>();
    (0..panel.len()).step_by(LINE_BYTES / size_of::<T>()).for_each(|at| prefetch(panel, ahead + at));
}

/// Four numbers in an array: two SSE2 registers.
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
    fn min(self, other: Self) -> Self {
        self.zip(other, |a, b| if a < b { a } else { b })
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        self.zip(other, |a, b| if a > b { a } else { b })
    }
    #[inline(always)]
    fn add_bits(self, other: Self) -> Self {
        self.zip(other, |a, b| f64::from_bits(a.to_bits().wrapping_add(b.to_bits())))
    }
    #[inline(always)]
    fn sub_bits(self, other: Self) -> Self {
        self.zip(other, |a, b| f64::from_bits(a.to_bits().wrapping_sub(b.to_bits())))
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
    fn bits(mask: [bool; 4]) -> u32 {
        mask.iter().rev().fold(0, |bits, &set| bits << 1 | u32::from(set))
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
    //! nowhere but kernels, which `super::super::dispatch` compiles with these features and enters only
    //! after `Isa::available` has seen them. Loads and stores first take a slice of the full length, so a
    //! short one panics instead of being read past its end.

    #[allow(clippy::wildcard_imports, reason = "49 intrinsics, each named where it is used")]
    use std::arch::x86_64::*;

    use super::{PANEL, Vector};
    use crate::kernel::turn::{turn_avx2, turn_avx512};

    /// Four numbers; AVX2 and FMA.
    #[derive(Clone, Copy)]
    pub struct Avx2(__m256d);

    /// Eight numbers; AVX-512 F.
    #[derive(Clone, Copy)]
    pub struct Avx512(__m512d);

    macro_rules! vector {
        (
            $name:ident, $lanes:literal, $mask:ty, $splat:ident, $load:ident, $widen:ident, $load_f32:ident,
            $store:ident, $store_narrow:expr, $load_labels:expr, $store_labels:expr, $add:ident, $sub:ident, $mul:ident, $fma:ident, $min:ident, $max:ident, $add_bits:expr, $sub_bits:expr, $less:expr, $equal:expr, $bits:expr, $select:expr,
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
                fn min(self, other: Self) -> Self {
                    // SAFETY: see the module's comment.
                    Self(unsafe { $min(self.0, other.0) })
                }
                #[inline(always)]
                fn max(self, other: Self) -> Self {
                    // SAFETY: see the module's comment.
                    Self(unsafe { $max(self.0, other.0) })
                }
                #[inline(always)]
                fn add_bits(self, other: Self) -> Self {
                    // SAFETY: see the module's comment.
                    Self(unsafe { $add_bits(self.0, other.0) })
                }
                #[inline(always)]
                fn sub_bits(self, other: Self) -> Self {
                    // SAFETY: see the module's comment.
                    Self(unsafe { $sub_bits(self.0, other.0) })
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
                fn bits(mask: $mask) -> u32 {
                    // SAFETY: see the module's comment.
                    #[allow(unused_unsafe, reason = "for some sets it is a plain conversion")]
                    unsafe {
                        $bits(mask)
                    }
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
        _mm256_min_pd,
        _mm256_max_pd,
        |a, b| _mm256_castsi256_pd(_mm256_add_epi64(_mm256_castpd_si256(a), _mm256_castpd_si256(b))),
        |a, b| _mm256_castsi256_pd(_mm256_sub_epi64(_mm256_castpd_si256(a), _mm256_castpd_si256(b))),
        _mm256_cmp_pd::<_CMP_LT_OQ>,
        _mm256_cmp_pd::<_CMP_EQ_OQ>,
        |mask| _mm256_movemask_pd(mask) as u32,
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
        _mm512_min_pd,
        _mm512_max_pd,
        |a, b| _mm512_castsi512_pd(_mm512_add_epi64(_mm512_castpd_si512(a), _mm512_castpd_si512(b))),
        |a, b| _mm512_castsi512_pd(_mm512_sub_epi64(_mm512_castpd_si512(a), _mm512_castpd_si512(b))),
        _mm512_cmp_pd_mask::<_CMP_LT_OQ>,
        _mm512_cmp_pd_mask::<_CMP_EQ_OQ>,
        |mask: __mmask8| u32::from(mask),
        |mask, yes, no| _mm512_mask_blend_pd(mask, no, yes),
        turn_avx512
    );
}

#[cfg(target_arch = "aarch64")]
mod neon;
#[cfg(target_arch = "aarch64")]
pub(super) use neon::Neon;

//! A register of f32, for each instruction set: what [`super::filter`] is written in.

/// `LANES` numbers that are computed side by side.
pub(super) trait Narrow: Copy {
    const LANES: usize;
    /// The bits of a mask that is set everywhere.
    const ALL: u32 = (1 << Self::LANES) - 1;
    type Mask: Copy;

    fn splat(x: f32) -> Self;
    /// The first `LANES` numbers.
    fn load(from: &[f32]) -> Self;
    /// To the first `LANES` numbers.
    fn store(self, to: &mut [f32]);
    /// Whole numbers from 0 to 2^24, to the first `LANES`.
    fn store_whole(self, to: &mut [u32]);
    /// `self * by + other`, rounded once.
    fn multiply_add(self, by: Self, other: Self) -> Self;
    fn add(self, other: Self) -> Self;
    /// The lower of two numbers, neither of them NaN.
    fn min(self, other: Self) -> Self;
    /// The higher of two numbers, neither of them NaN.
    fn max(self, other: Self) -> Self;
    fn less(self, other: Self) -> Self::Mask;
    fn sub(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    /// One bit a lane, from the lowest.
    fn bits(mask: Self::Mask) -> u32;
    /// `yes` where the mask is set.
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self;
}

/// Eight numbers in an array: two NEON or SSE registers.
#[derive(Clone, Copy)]
pub(super) struct Portable([f32; 8]);

impl Narrow for Portable {
    const LANES: usize = 8;
    type Mask = [bool; 8];

    #[inline(always)]
    fn splat(x: f32) -> Self {
        Self([x; 8])
    }
    #[inline(always)]
    fn load(from: &[f32]) -> Self {
        let mut lanes = [0.0; 8];
        lanes.copy_from_slice(&from[..8]);
        Self(lanes)
    }
    #[inline(always)]
    fn store(self, to: &mut [f32]) {
        to[..8].copy_from_slice(&self.0);
    }
    #[inline(always)]
    fn store_whole(self, to: &mut [u32]) {
        to[..8].iter_mut().zip(self.0).for_each(|(to, x)| *to = x as u32);
    }
    #[inline(always)]
    fn multiply_add(self, by: Self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i].mul_add(by.0[i], other.0[i])))
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] + other.0[i]))
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| if self.0[i] < other.0[i] { self.0[i] } else { other.0[i] }))
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| if self.0[i] > other.0[i] { self.0[i] } else { other.0[i] }))
    }
    #[inline(always)]
    fn less(self, other: Self) -> [bool; 8] {
        std::array::from_fn(|i| self.0[i] < other.0[i])
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] - other.0[i]))
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] * other.0[i]))
    }
    #[inline(always)]
    fn bits(mask: [bool; 8]) -> u32 {
        mask.into_iter().enumerate().map(|(i, set)| u32::from(set) << i).sum()
    }
    #[inline(always)]
    fn select(mask: [bool; 8], yes: Self, no: Self) -> Self {
        Self(std::array::from_fn(|i| if mask[i] { yes.0[i] } else { no.0[i] }))
    }
}

#[cfg(target_arch = "x86_64")]
pub(super) use x86::{Avx2, Avx512};

#[cfg(target_arch = "x86_64")]
mod x86 {
    //! # Safety
    //!
    //! As in `vector::x86`: only kernels that are compiled with the type's features, and entered only where
    //! the processor has them, call these methods; loads and stores take a slice of the full length first.

    #[allow(clippy::wildcard_imports, reason = "27 intrinsics, each named where it is used")]
    use std::arch::x86_64::*;

    use super::Narrow;

    /// Eight numbers; AVX2 and FMA.
    #[derive(Clone, Copy)]
    pub struct Avx2(__m256);

    /// Sixteen numbers; AVX-512 F.
    #[derive(Clone, Copy)]
    pub struct Avx512(__m512);

    macro_rules! narrow {
        (
            $name:ident, $lanes:literal, $mask:ty, $splat:ident, $load:ident, $store:ident, $whole:expr, $fma:ident,
            $add:ident, $sub:ident, $mul:ident, $min:ident, $max:ident, $less:expr, $bits:expr, $select:expr
        ) => {
            impl Narrow for $name {
                const LANES: usize = $lanes;
                type Mask = $mask;

                #[inline(always)]
                fn splat(x: f32) -> Self {
                    // SAFETY: see the module's comment.
                    Self(unsafe { $splat(x) })
                }
                #[inline(always)]
                fn load(from: &[f32]) -> Self {
                    let from = &from[..$lanes];
                    // SAFETY: `from` has as many numbers as are read; the load needs no alignment.
                    Self(unsafe { $load(from.as_ptr()) })
                }
                #[inline(always)]
                fn store(self, to: &mut [f32]) {
                    let to = &mut to[..$lanes];
                    // SAFETY: `to` has as many numbers as are written; the store needs no alignment.
                    unsafe { $store(to.as_mut_ptr(), self.0) }
                }
                #[inline(always)]
                fn store_whole(self, to: &mut [u32]) {
                    let to = &mut to[..$lanes];
                    // SAFETY: `to` has as many numbers as are written; the store needs no alignment.
                    unsafe { $whole(to.as_mut_ptr(), self.0) }
                }
                #[inline(always)]
                fn multiply_add(self, by: Self, other: Self) -> Self {
                    // SAFETY: see the module's comment.
                    Self(unsafe { $fma(self.0, by.0, other.0) })
                }
                #[inline(always)]
                fn add(self, other: Self) -> Self {
                    // SAFETY: see the module's comment.
                    Self(unsafe { $add(self.0, other.0) })
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
                fn less(self, other: Self) -> $mask {
                    // SAFETY: see the module's comment.
                    unsafe { $less(self.0, other.0) }
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
                #[allow(unused_unsafe, reason = "AVX-512's masks are numbers already")]
                fn bits(mask: $mask) -> u32 {
                    // SAFETY: see the module's comment.
                    unsafe { $bits(mask) }
                }
                #[inline(always)]
                fn select(mask: $mask, yes: Self, no: Self) -> Self {
                    // SAFETY: see the module's comment.
                    Self(unsafe { $select(mask, yes.0, no.0) })
                }
            }
        };
    }

    narrow!(
        Avx2,
        8,
        __m256,
        _mm256_set1_ps,
        _mm256_loadu_ps,
        _mm256_storeu_ps,
        |to: *mut u32, x| _mm256_storeu_si256(to.cast(), _mm256_cvttps_epi32(x)),
        _mm256_fmadd_ps,
        _mm256_add_ps,
        _mm256_sub_ps,
        _mm256_mul_ps,
        _mm256_min_ps,
        _mm256_max_ps,
        _mm256_cmp_ps::<_CMP_LT_OQ>,
        |mask| _mm256_movemask_ps(mask).cast_unsigned(),
        |mask, yes, no| _mm256_blendv_ps(no, yes, mask)
    );
    narrow!(
        Avx512,
        16,
        __mmask16,
        _mm512_set1_ps,
        _mm512_loadu_ps,
        _mm512_storeu_ps,
        |to: *mut u32, x| _mm512_storeu_si512(to.cast(), _mm512_cvttps_epi32(x)),
        _mm512_fmadd_ps,
        _mm512_add_ps,
        _mm512_sub_ps,
        _mm512_mul_ps,
        _mm512_min_ps,
        _mm512_max_ps,
        _mm512_cmp_ps_mask::<_CMP_LT_OQ>,
        |mask: __mmask16| u32::from(mask),
        |mask, yes, no| _mm512_mask_blend_ps(mask, no, yes)
    );

    impl Avx512 {
        #[inline(always)]
        pub fn of(lanes: __m512) -> Self {
            Self(lanes)
        }
        #[inline(always)]
        pub fn minus(self, other: Self) -> Self {
            // SAFETY: see the module's comment, here and below.
            Self(unsafe { _mm512_sub_ps(self.0, other.0) })
        }
        /// The same with the other sign.
        #[inline(always)]
        pub fn negative(self) -> Self {
            Self::splat(0.0).minus(self)
        }
        #[inline(always)]
        pub fn sqrt(self) -> Self {
            // SAFETY: as above.
            Self(unsafe { _mm512_sqrt_ps(self.0) })
        }
        /// A bit for each number that is more; none for one that is NaN.
        #[inline(always)]
        pub fn more(self, other: Self) -> u16 {
            // SAFETY: as above.
            unsafe { _mm512_cmp_ps_mask::<_CMP_GT_OQ>(self.0, other.0) }
        }
    }
}

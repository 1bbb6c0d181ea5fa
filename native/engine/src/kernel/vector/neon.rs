//! The registers of arm64.
//!
//! # Safety
//!
//! Every arm64 processor that Rust has a standard library for has NEON, so all may call the intrinsics.
//! Loads and stores first take a slice of the full length, so a short one panics instead of being read
//! past its end.

#[allow(clippy::wildcard_imports, reason = "30 intrinsics, each named where it is used")]
use std::arch::aarch64::*;

use super::Vector;

/// Four numbers in two registers: a pair of these against four centroids makes 16 chains, which hide the
/// 4 cycles of a fused multiply-add on four units and fit into 32 registers with what feeds them.
#[derive(Clone, Copy)]
pub struct Neon(float64x2_t, float64x2_t);

impl Neon {
    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(float64x2_t, float64x2_t) -> float64x2_t) -> Self {
        Self(f(self.0, other.0), f(self.1, other.1))
    }
}

impl Vector for Neon {
    const LANES: usize = 4;
    type Mask = (uint64x2_t, uint64x2_t);

    #[inline(always)]
    fn splat(x: f64) -> Self {
        // SAFETY: see the module's comment, here and below.
        let x = unsafe { vdupq_n_f64(x) };
        Self(x, x)
    }
    #[inline(always)]
    fn load(from: &[f64]) -> Self {
        let from = from[..4].as_ptr();
        // SAFETY: `from` has as many numbers as are read; the load needs no alignment.
        unsafe { Self(vld1q_f64(from), vld1q_f64(from.add(2))) }
    }
    #[inline(always)]
    fn widen(from: &[f32]) -> Self {
        let from = from[..4].as_ptr();
        // SAFETY: `from` has as many numbers as are read; the load needs no alignment.
        unsafe {
            let from = vld1q_f32(from);
            Self(vcvt_f64_f32(vget_low_f32(from)), vcvt_high_f64_f32(from))
        }
    }
    #[inline(always)]
    fn store(self, to: &mut [f64]) {
        let to = to[..4].as_mut_ptr();
        // SAFETY: `to` has as many numbers as are written; the store needs no alignment.
        unsafe {
            vst1q_f64(to, self.0);
            vst1q_f64(to.add(2), self.1);
        }
    }
    #[inline(always)]
    fn store_narrow(self, to: &mut [f32]) {
        let to = to[..4].as_mut_ptr();
        // SAFETY: `to` has as many numbers as are written; the store needs no alignment.
        unsafe { vst1q_f32(to, vcvt_high_f32_f64(vcvt_f32_f64(self.0), self.1)) }
    }
    #[inline(always)]
    fn load_labels(from: &[u32]) -> Self {
        let from = from[..4].as_ptr();
        // SAFETY: `from` has as many numbers as are read; the load needs no alignment.
        unsafe {
            let labels = vld1q_u32(from);
            let (low, high) = (vmovl_u32(vget_low_u32(labels)), vmovl_high_u32(labels));
            Self(vcvtq_f64_u64(low), vcvtq_f64_u64(high))
        }
    }
    #[inline(always)]
    fn store_labels(self, to: &mut [u32]) {
        let to = to[..4].as_mut_ptr();
        // SAFETY: `to` has as many numbers as are written; the store needs no alignment.
        unsafe {
            let (low, high) = (vcvtq_u64_f64(self.0), vcvtq_u64_f64(self.1));
            vst1q_u32(to, vmovn_high_u64(vmovn_u64(low), high));
        }
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: see the module's comment.
        self.zip(other, |a, b| unsafe { vaddq_f64(a, b) })
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: see the module's comment.
        self.zip(other, |a, b| unsafe { vsubq_f64(a, b) })
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        // SAFETY: see the module's comment.
        self.zip(other, |a, b| unsafe { vmulq_f64(a, b) })
    }
    #[inline(always)]
    fn square_add(self, other: Self) -> Self {
        // SAFETY: see the module's comment.
        self.zip(other, |a, b| unsafe { vfmaq_f64(b, a, a) })
    }
    /// Not `fmin`, to which -0 is less than 0: on x86, as on arrays, they are equal and `other` is taken.
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        Self::select(self.less(other), self, other)
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        Self::select(other.less(self), self, other)
    }
    #[inline(always)]
    fn add_bits(self, other: Self) -> Self {
        // SAFETY: see the module's comment.
        self.zip(other, |a, b| unsafe {
            vreinterpretq_f64_u64(vaddq_u64(vreinterpretq_u64_f64(a), vreinterpretq_u64_f64(b)))
        })
    }
    #[inline(always)]
    fn sub_bits(self, other: Self) -> Self {
        // SAFETY: see the module's comment.
        self.zip(other, |a, b| unsafe {
            vreinterpretq_f64_u64(vsubq_u64(vreinterpretq_u64_f64(a), vreinterpretq_u64_f64(b)))
        })
    }
    #[inline(always)]
    fn less(self, other: Self) -> Self::Mask {
        // SAFETY: see the module's comment.
        unsafe { (vcltq_f64(self.0, other.0), vcltq_f64(self.1, other.1)) }
    }
    #[inline(always)]
    fn equal(self, other: Self) -> Self::Mask {
        // SAFETY: see the module's comment.
        unsafe { (vceqq_f64(self.0, other.0), vceqq_f64(self.1, other.1)) }
    }
    #[inline(always)]
    fn bits(mask: Self::Mask) -> u32 {
        let mut lanes = [0u64; 4];
        // SAFETY: four numbers are written to an array of four.
        unsafe {
            vst1q_u64(lanes.as_mut_ptr(), mask.0);
            vst1q_u64(lanes[2..].as_mut_ptr(), mask.1);
        }
        lanes.iter().enumerate().fold(0, |bits, (lane, set)| bits | ((set & 1) as u32) << lane)
    }
    #[inline(always)]
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self {
        // SAFETY: see the module's comment.
        unsafe { Self(vbslq_f64(mask.0, yes.0, no.0), vbslq_f64(mask.1, yes.1, no.1)) }
    }
}

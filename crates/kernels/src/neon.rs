//! Registers of NEON, which every 64-bit ARM processor with an operating system has.
//!
//! A butterfly between lanes is one shuffle and one fused multiply-add, `±x + partner`. The product
//! with ±1 is exact, so the bits are those of an addition or a subtraction.

use crate::vector::{Vector, op};
use std::arch::aarch64::*;

impl Vector for float32x4_t {
    type Number = f32;
    const LANES: usize = 4;
    const RADIX: usize = 16;
    const TILE: (usize, usize) = (8, 2);

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller says that the numbers are there.
        unsafe { vld1q_f32(from) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: as for `load`.
        unsafe { vst1q_f32(to, self) }
    }

    #[inline(always)]
    fn splat(x: f32) -> Self {
        op!(vdupq_n_f32(x))
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        op!(vaddq_f32(self, other))
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        op!(vsubq_f32(self, other))
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        op!(vmulq_f32(self, other))
    }

    #[inline(always)]
    fn mul_add(self, other: Self, sum: Self) -> Self {
        op!(vfmaq_f32(sum, self, other))
    }

    #[inline(always)]
    fn pick(self, open: Self, closed: Self) -> Self {
        op!(vbslq_f32(vcgtzq_f32(self), open, closed))
    }

    /// A register is one run.
    #[inline(always)]
    fn spread<const N: usize>(self, k: usize) -> Self {
        debug_assert!(N == Self::LANES);
        op!(match k {
            0 => vdupq_laneq_f32::<0>(self),
            1 => vdupq_laneq_f32::<1>(self),
            2 => vdupq_laneq_f32::<2>(self),
            _ => vdupq_laneq_f32::<3>(self),
        })
    }

    #[inline(always)]
    fn butterfly(self, level: u32) -> Self {
        op!({
            let (sign, other) = match level {
                0 => ([1.0, -1.0, 1.0, -1.0], vrev64q_f32(self)),
                _ => ([1.0, 1.0, -1.0, -1.0], vextq_f32::<2>(self, self)),
            };
            vfmaq_f32(other, self, vld1q_f32(sign.as_ptr()))
        })
    }
}

impl Vector for float64x2_t {
    type Number = f64;
    const LANES: usize = 2;
    const RADIX: usize = 16;
    const TILE: (usize, usize) = (8, 2);

    #[inline(always)]
    unsafe fn load(from: *const f64) -> Self {
        // SAFETY: the caller says that the numbers are there.
        unsafe { vld1q_f64(from) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f64) {
        // SAFETY: as for `load`.
        unsafe { vst1q_f64(to, self) }
    }

    #[inline(always)]
    fn splat(x: f64) -> Self {
        op!(vdupq_n_f64(x))
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        op!(vaddq_f64(self, other))
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        op!(vsubq_f64(self, other))
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        op!(vmulq_f64(self, other))
    }

    #[inline(always)]
    fn mul_add(self, other: Self, sum: Self) -> Self {
        op!(vfmaq_f64(sum, self, other))
    }

    #[inline(always)]
    fn pick(self, open: Self, closed: Self) -> Self {
        op!(vbslq_f64(vcgtzq_f64(self), open, closed))
    }

    #[inline(always)]
    fn butterfly(self, _level: u32) -> Self {
        // There is one level in a register of two.
        op!({
            let sign = [1.0, -1.0];
            vfmaq_f64(vextq_f64::<1>(self, self), self, vld1q_f64(sign.as_ptr()))
        })
    }
}

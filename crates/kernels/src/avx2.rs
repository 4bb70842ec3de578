//! Registers of AVX2 with fused multiply-add.
//!
//! A butterfly between lanes is one shuffle and one fused multiply-add, `±x + partner`. The product
//! with ±1 is exact, so the bits are those of an addition or a subtraction.

use crate::vector::{Vector, op};
use std::arch::x86_64::*;

const PS: f32 = 1.0;
const MS: f32 = -1.0;
const PD: f64 = 1.0;
const MD: f64 = -1.0;

/// All ones in the first `count` lanes of eight, zero in the others.
#[inline(always)]
fn first_32(count: usize) -> __m256i {
    const LANES: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];
    op!(_mm256_loadu_si256(LANES[8 - count..][..8].as_ptr().cast()))
}

/// The same for four lanes.
#[inline(always)]
fn first_64(count: usize) -> __m256i {
    const LANES: [i64; 8] = [-1, -1, -1, -1, 0, 0, 0, 0];
    op!(_mm256_loadu_si256(LANES[4 - count..][..4].as_ptr().cast()))
}

impl Vector for __m256 {
    type Number = f32;
    const LANES: usize = 8;
    const RADIX: usize = 8;
    const TILE: (usize, usize) = (6, 2);

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller says that the numbers are there.
        unsafe { _mm256_loadu_ps(from) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: as for `load`.
        unsafe { _mm256_storeu_ps(to, self) }
    }

    #[inline(always)]
    unsafe fn load_first(from: *const f32, count: usize) -> Self {
        // SAFETY: as for `load`.
        unsafe { _mm256_maskload_ps(from, first_32(count)) }
    }

    #[inline(always)]
    unsafe fn store_first(self, to: *mut f32, count: usize) {
        // SAFETY: as for `load`.
        unsafe { _mm256_maskstore_ps(to, first_32(count), self) }
    }

    #[inline(always)]
    fn splat(x: f32) -> Self {
        op!(_mm256_set1_ps(x))
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        op!(_mm256_add_ps(self, other))
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        op!(_mm256_sub_ps(self, other))
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        op!(_mm256_mul_ps(self, other))
    }

    #[inline(always)]
    fn mul_add(self, other: Self, sum: Self) -> Self {
        op!(_mm256_fmadd_ps(self, other, sum))
    }

    #[inline(always)]
    fn pick(self, open: Self, closed: Self) -> Self {
        op!({
            let above = _mm256_cmp_ps::<_CMP_GT_OQ>(self, _mm256_setzero_ps());
            _mm256_blendv_ps(closed, open, above)
        })
    }

    #[inline(always)]
    fn spread<const N: usize>(self, k: usize) -> Self {
        op!({
            let run = _mm256_set1_epi32(-(N as i32));
            let lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
            let from = _mm256_add_epi32(_mm256_and_si256(lanes, run), _mm256_set1_epi32(k as i32));
            _mm256_permutevar8x32_ps(self, from)
        })
    }

    #[inline(always)]
    fn exchange(self, by: usize) -> Self {
        op!({
            let lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
            let from = _mm256_xor_si256(lanes, _mm256_set1_epi32(by as i32));
            _mm256_permutevar8x32_ps(self, from)
        })
    }

    #[inline(always)]
    fn butterfly(self, level: u32) -> Self {
        op!({
            let (sign, other) = match level {
                0 => (
                    _mm256_setr_ps(PS, MS, PS, MS, PS, MS, PS, MS),
                    _mm256_permute_ps::<0b10_11_00_01>(self),
                ),
                1 => (
                    _mm256_setr_ps(PS, PS, MS, MS, PS, PS, MS, MS),
                    _mm256_permute_ps::<0b01_00_11_10>(self),
                ),
                _ => (
                    _mm256_setr_ps(PS, PS, PS, PS, MS, MS, MS, MS),
                    _mm256_permute2f128_ps::<1>(self, self),
                ),
            };
            _mm256_fmadd_ps(self, sign, other)
        })
    }
}

impl Vector for __m256d {
    type Number = f64;
    const LANES: usize = 4;
    const RADIX: usize = 8;
    const TILE: (usize, usize) = (6, 2);

    #[inline(always)]
    unsafe fn load(from: *const f64) -> Self {
        // SAFETY: the caller says that the numbers are there.
        unsafe { _mm256_loadu_pd(from) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f64) {
        // SAFETY: as for `load`.
        unsafe { _mm256_storeu_pd(to, self) }
    }

    #[inline(always)]
    unsafe fn load_first(from: *const f64, count: usize) -> Self {
        // SAFETY: as for `load`.
        unsafe { _mm256_maskload_pd(from, first_64(count)) }
    }

    #[inline(always)]
    unsafe fn store_first(self, to: *mut f64, count: usize) {
        // SAFETY: as for `load`.
        unsafe { _mm256_maskstore_pd(to, first_64(count), self) }
    }

    #[inline(always)]
    fn splat(x: f64) -> Self {
        op!(_mm256_set1_pd(x))
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        op!(_mm256_add_pd(self, other))
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        op!(_mm256_sub_pd(self, other))
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        op!(_mm256_mul_pd(self, other))
    }

    #[inline(always)]
    fn mul_add(self, other: Self, sum: Self) -> Self {
        op!(_mm256_fmadd_pd(self, other, sum))
    }

    #[inline(always)]
    fn pick(self, open: Self, closed: Self) -> Self {
        op!({
            let above = _mm256_cmp_pd::<_CMP_GT_OQ>(self, _mm256_setzero_pd());
            _mm256_blendv_pd(closed, open, above)
        })
    }

    /// A register is one run.
    #[inline(always)]
    fn spread<const N: usize>(self, k: usize) -> Self {
        debug_assert!(N == Self::LANES);
        op!(match k {
            0 => _mm256_permute4x64_pd::<0b00_00_00_00>(self),
            1 => _mm256_permute4x64_pd::<0b01_01_01_01>(self),
            2 => _mm256_permute4x64_pd::<0b10_10_10_10>(self),
            _ => _mm256_permute4x64_pd::<0b11_11_11_11>(self),
        })
    }

    /// A number is two halves, which go together.
    #[inline(always)]
    fn exchange(self, by: usize) -> Self {
        op!({
            let halves = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
            let from = _mm256_xor_si256(halves, _mm256_set1_epi32(2 * by as i32));
            let x = _mm256_castpd_ps(self);
            _mm256_castps_pd(_mm256_permutevar8x32_ps(x, from))
        })
    }

    #[inline(always)]
    fn butterfly(self, level: u32) -> Self {
        op!({
            let (sign, other) = match level {
                0 => (_mm256_setr_pd(PD, MD, PD, MD), _mm256_permute_pd::<0b0101>(self)),
                _ => (_mm256_setr_pd(PD, PD, MD, MD), _mm256_permute2f128_pd::<1>(self, self)),
            };
            _mm256_fmadd_pd(self, sign, other)
        })
    }
}

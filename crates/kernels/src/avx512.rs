//! Registers of AVX-512.
//!
//! A butterfly between lanes is one shuffle and one fused multiply-add, `±x + partner`. The product
//! with ±1 is exact, so the bits are those of an addition or a subtraction.

use crate::vector::{Vector, op};
use std::arch::x86_64::*;

const PS: f32 = 1.0;
const MS: f32 = -1.0;
const PD: f64 = 1.0;
const MD: f64 = -1.0;

impl Vector for __m512 {
    type Number = f32;
    const LANES: usize = 16;
    const RADIX: usize = 16;
    const TILE: (usize, usize) = (8, 2);

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller says that the numbers are there.
        unsafe { _mm512_loadu_ps(from) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: as for `load`.
        unsafe { _mm512_storeu_ps(to, self) }
    }

    #[inline(always)]
    unsafe fn load_first(from: *const f32, count: usize) -> Self {
        // SAFETY: as for `load`.
        unsafe { _mm512_maskz_loadu_ps((1 << count) - 1, from) }
    }

    #[inline(always)]
    unsafe fn store_first(self, to: *mut f32, count: usize) {
        // SAFETY: as for `load`.
        unsafe { _mm512_mask_storeu_ps(to, (1 << count) - 1, self) }
    }

    #[inline(always)]
    fn splat(x: f32) -> Self {
        op!(_mm512_set1_ps(x))
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        op!(_mm512_add_ps(self, other))
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        op!(_mm512_sub_ps(self, other))
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        op!(_mm512_mul_ps(self, other))
    }

    #[inline(always)]
    fn mul_add(self, other: Self, sum: Self) -> Self {
        op!(_mm512_fmadd_ps(self, other, sum))
    }

    #[inline(always)]
    fn pick(self, open: Self, closed: Self) -> Self {
        op!({
            let above = _mm512_cmp_ps_mask::<_CMP_GT_OQ>(self, _mm512_setzero_ps());
            _mm512_mask_blend_ps(above, closed, open)
        })
    }

    /// The second mask is a comparison of its own: made of the first, it would cost a register move at each sum.
    #[inline(always)]
    fn add_apart(self, term: Self, [open, closed]: [Self; 2]) -> [Self; 2] {
        op!({
            let zero = _mm512_setzero_ps();
            let above = _mm512_cmp_ps_mask::<_CMP_GT_OQ>(self, zero);
            let other = _mm512_cmp_ps_mask::<_CMP_NGT_UQ>(self, zero);
            [
                _mm512_mask_add_ps(open, above, open, term),
                _mm512_mask_add_ps(closed, other, closed, term),
            ]
        })
    }

    #[inline(always)]
    fn spread<const N: usize>(self, k: usize) -> Self {
        op!({
            let run = _mm512_set1_epi32(-(N as i32));
            let lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
            let from = _mm512_add_epi32(_mm512_and_si512(lanes, run), _mm512_set1_epi32(k as i32));
            _mm512_permutexvar_ps(from, self)
        })
    }

    #[inline(always)]
    fn exchange(self, by: usize) -> Self {
        op!({
            let lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
            let from = _mm512_xor_si512(lanes, _mm512_set1_epi32(by as i32));
            _mm512_permutexvar_ps(from, self)
        })
    }

    const HALVES: bool = true;

    #[inline(always)]
    unsafe fn load_halves(low: *const f32, high: *const f32) -> Self {
        // SAFETY: the caller says that the numbers are there.
        unsafe {
            let low = _mm512_castpd_ps(_mm512_broadcast_f64x4(_mm256_loadu_pd(low.cast())));
            let high = _mm512_castpd_ps(_mm512_broadcast_f64x4(_mm256_loadu_pd(high.cast())));
            let sign =
                _mm512_setr_ps(PS, PS, PS, PS, PS, PS, PS, PS, MS, MS, MS, MS, MS, MS, MS, MS);
            _mm512_fmadd_ps(high, sign, low)
        }
    }

    #[inline(always)]
    fn call(address: *const f32) {
        op!(_mm_prefetch::<_MM_HINT_T1>(address.cast()));
    }

    #[inline(always)]
    fn butterfly(self, level: u32) -> Self {
        op!({
            let (sign, other) = match level {
                0 => (
                    _mm512_setr_ps(PS, MS, PS, MS, PS, MS, PS, MS, PS, MS, PS, MS, PS, MS, PS, MS),
                    _mm512_permute_ps::<0b10_11_00_01>(self),
                ),
                1 => (
                    _mm512_setr_ps(PS, PS, MS, MS, PS, PS, MS, MS, PS, PS, MS, MS, PS, PS, MS, MS),
                    _mm512_permute_ps::<0b01_00_11_10>(self),
                ),
                2 => (
                    _mm512_setr_ps(PS, PS, PS, PS, MS, MS, MS, MS, PS, PS, PS, PS, MS, MS, MS, MS),
                    _mm512_shuffle_f32x4::<0b10_11_00_01>(self, self),
                ),
                _ => (
                    _mm512_setr_ps(PS, PS, PS, PS, PS, PS, PS, PS, MS, MS, MS, MS, MS, MS, MS, MS),
                    _mm512_shuffle_f32x4::<0b01_00_11_10>(self, self),
                ),
            };
            _mm512_fmadd_ps(self, sign, other)
        })
    }
}

impl Vector for __m512d {
    type Number = f64;
    const LANES: usize = 8;
    const RADIX: usize = 16;
    const TILE: (usize, usize) = (8, 2);

    #[inline(always)]
    unsafe fn load(from: *const f64) -> Self {
        // SAFETY: the caller says that the numbers are there.
        unsafe { _mm512_loadu_pd(from) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f64) {
        // SAFETY: as for `load`.
        unsafe { _mm512_storeu_pd(to, self) }
    }

    #[inline(always)]
    unsafe fn load_first(from: *const f64, count: usize) -> Self {
        // SAFETY: as for `load`.
        unsafe { _mm512_maskz_loadu_pd((1 << count) - 1, from) }
    }

    #[inline(always)]
    unsafe fn store_first(self, to: *mut f64, count: usize) {
        // SAFETY: as for `load`.
        unsafe { _mm512_mask_storeu_pd(to, (1 << count) - 1, self) }
    }

    #[inline(always)]
    fn splat(x: f64) -> Self {
        op!(_mm512_set1_pd(x))
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        op!(_mm512_add_pd(self, other))
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        op!(_mm512_sub_pd(self, other))
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        op!(_mm512_mul_pd(self, other))
    }

    #[inline(always)]
    fn mul_add(self, other: Self, sum: Self) -> Self {
        op!(_mm512_fmadd_pd(self, other, sum))
    }

    #[inline(always)]
    fn pick(self, open: Self, closed: Self) -> Self {
        op!({
            let above = _mm512_cmp_pd_mask::<_CMP_GT_OQ>(self, _mm512_setzero_pd());
            _mm512_mask_blend_pd(above, closed, open)
        })
    }

    /// The second mask is a comparison of its own: made of the first, it would cost a register move at each sum.
    #[inline(always)]
    fn add_apart(self, term: Self, [open, closed]: [Self; 2]) -> [Self; 2] {
        op!({
            let zero = _mm512_setzero_pd();
            let above = _mm512_cmp_pd_mask::<_CMP_GT_OQ>(self, zero);
            let other = _mm512_cmp_pd_mask::<_CMP_NGT_UQ>(self, zero);
            [
                _mm512_mask_add_pd(open, above, open, term),
                _mm512_mask_add_pd(closed, other, closed, term),
            ]
        })
    }

    #[inline(always)]
    fn spread<const N: usize>(self, k: usize) -> Self {
        op!({
            let run = _mm512_set1_epi64(-(N as i64));
            let lanes = _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7);
            let from = _mm512_add_epi64(_mm512_and_si512(lanes, run), _mm512_set1_epi64(k as i64));
            _mm512_permutexvar_pd(from, self)
        })
    }

    #[inline(always)]
    fn exchange(self, by: usize) -> Self {
        op!({
            let lanes = _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7);
            let from = _mm512_xor_si512(lanes, _mm512_set1_epi64(by as i64));
            _mm512_permutexvar_pd(from, self)
        })
    }

    const HALVES: bool = true;

    #[inline(always)]
    unsafe fn load_halves(low: *const f64, high: *const f64) -> Self {
        // SAFETY: the caller says that the numbers are there.
        unsafe {
            let low = _mm512_broadcast_f64x4(_mm256_loadu_pd(low));
            let high = _mm512_broadcast_f64x4(_mm256_loadu_pd(high));
            let sign = _mm512_setr_pd(PD, PD, PD, PD, MD, MD, MD, MD);
            _mm512_fmadd_pd(high, sign, low)
        }
    }

    #[inline(always)]
    fn call(address: *const f64) {
        op!(_mm_prefetch::<_MM_HINT_T1>(address.cast()));
    }

    #[inline(always)]
    fn butterfly(self, level: u32) -> Self {
        op!({
            let (sign, other) = match level {
                0 => (
                    _mm512_setr_pd(PD, MD, PD, MD, PD, MD, PD, MD),
                    _mm512_permute_pd::<0b0101_0101>(self),
                ),
                1 => (
                    _mm512_setr_pd(PD, PD, MD, MD, PD, PD, MD, MD),
                    _mm512_shuffle_f64x2::<0b10_11_00_01>(self, self),
                ),
                _ => (
                    _mm512_setr_pd(PD, PD, PD, PD, MD, MD, MD, MD),
                    _mm512_shuffle_f64x2::<0b01_00_11_10>(self, self),
                ),
            };
            _mm512_fmadd_pd(self, sign, other)
        })
    }
}

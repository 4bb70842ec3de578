//! The inner loops of the transforms, and the only place where `unsafe` is allowed.
//!
//! One generic body ([`portable`]) is compiled several times: once for the baseline of the target
//! and, on x86-64, once for AVX2 and once for AVX-512, where the compiler vectorises the same loops
//! with wider registers. The choice is made at run time by what the processor has.

#![allow(unsafe_code)] // calling a function compiled for what the processor was found to have

mod portable;

use crate::scalar::Scalar;

/// The orthonormal Walsh–Hadamard transform of one row, in natural order.
///
/// `row.len()` must be a power of two: the caller checked it when the transform was made.
pub(super) fn hadamard<T: Scalar>(row: &mut [T]) {
    debug_assert!(row.len().is_power_of_two());
    #[cfg(target_arch = "x86_64")]
    {
        // The macro caches what CPUID says, so this is one load and a branch.
        if is_x86_feature_detected!("avx512f") {
            // SAFETY: the processor has AVX-512F.
            return unsafe { avx512(row) };
        }
        if is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has AVX2.
            return unsafe { avx2(row) };
        }
    }
    portable::hadamard(row);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn avx512<T: Scalar>(row: &mut [T]) {
    portable::hadamard(row);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn avx2<T: Scalar>(row: &mut [T]) {
    portable::hadamard(row);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each way the body is compiled must give the same bits: they do the same sums in one order.
    fn agree<T: Scalar>() {
        for bits in 0..12 {
            let x: Vec<T> = (0..1usize << bits).map(|i| T::of((i as f64 * 0.7).sin())).collect();
            let mut portable = x.clone();
            portable::hadamard(&mut portable);
            let mut dispatched = x.clone();
            hadamard(&mut dispatched);
            assert_eq!(portable, dispatched, "n = {}", x.len());
            #[cfg(target_arch = "x86_64")]
            if is_x86_feature_detected!("avx2") {
                let mut wide = x.clone();
                // SAFETY: the processor has AVX2.
                unsafe { avx2(&mut wide) };
                assert_eq!(portable, wide, "AVX2, n = {}", x.len());
            }
        }
    }

    #[test]
    fn every_instruction_set_gives_the_same_bits() {
        agree::<f32>();
        agree::<f64>();
    }
}

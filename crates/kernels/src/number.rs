//! The two types of numbers.

use crate::compiled::Kernels;
use crate::vector::Registers;
use std::fmt::{Debug, Display};
use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub, SubAssign};

/// `f32` and `f64`, which the kernels are compiled for. Nobody else can implement it.
pub trait Number:
    Copy
    + Debug
    + Display
    + Default
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + Send
    + Sync
    + Kernels
    + Registers
{
    /// 0.
    const ZERO: Self;

    /// 1/2.
    const HALF: Self;

    /// 1.
    const ONE: Self;

    /// `1/√n` of a power of two, rounded after the root and after the division.
    fn inverse_root(n: usize) -> Self;
}

macro_rules! number {
    ($t:ident, $bits:ident) => {
        impl Number for $t {
            const ZERO: $t = 0.0;
            const HALF: $t = 0.5;
            const ONE: $t = 1.0;

            fn inverse_root(n: usize) -> $t {
                debug_assert!(
                    n.is_power_of_two(),
                    "inverse_root: expected a power of two, found {n}"
                );
                // Powers of two go through both roundings unchanged. A root and a division would take as long as a
                // short transform.
                let power = n.trailing_zeros();
                let root = if power % 2 == 0 { 1.0 } else { 1.0 / std::$t::consts::SQRT_2 };
                let exponent = $bits::from(power / 2) << ($t::MANTISSA_DIGITS - 1);
                root * $t::from_bits($t::to_bits(1.0) - exponent)
            }
        }
    };
}

number!(f32, u32);
number!(f64, u64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverse_roots_are_rounded_twice() {
        for power in 0..usize::BITS {
            let n = 1usize << power;
            assert_eq!(f32::inverse_root(n), 1.0 / (n as f32).sqrt(), "2^{power}");
            assert_eq!(f64::inverse_root(n), 1.0 / (n as f64).sqrt(), "2^{power}");
        }
    }
}

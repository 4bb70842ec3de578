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

    /// `1/√n`, rounded after the root and after the division.
    fn inverse_root(n: usize) -> Self;
}

macro_rules! number {
    ($t:ident) => {
        impl Number for $t {
            const ZERO: $t = 0.0;
            const HALF: $t = 0.5;
            const ONE: $t = 1.0;

            fn inverse_root(n: usize) -> $t {
                1.0 / (n as f64 as $t).sqrt()
            }
        }
    };
}

number!(f32);
number!(f64);

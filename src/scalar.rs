//! The two numbers a net can be made of, and the matrix of them.

use ndarray::{Array2, NdFloat};
use rustfft::{Fft, FftDirection, FftPlanner};
use std::sync::Arc;

/// Rows are samples, columns are features.
pub type Matrix<T> = Array2<T>;

/// `f32` to work with, `f64` as its own oracle.
///
/// The bound `FftNum` is what the Fourier transforms ask for.
/// Implemented for these two types only.
pub trait Scalar:
    NdFloat
    + Heavy
    + crate::aligned::Stored
    + crate::kernel::Number
    + rustfft::FftNum
    + serde::Serialize
    + Default
    + std::iter::Sum
{
    /// The name in files and tables: `"f32"` or `"f64"`.
    const NAME: &'static str;

    /// The nearest value to `x`.
    fn of(x: f64) -> Self;

    /// The value in double precision; never rounds.
    fn double(self) -> f64;

    /// Little-endian bytes, appended to `out`.
    fn append_bytes(self, out: &mut Vec<u8>);

    /// The values whose little-endian bytes are `bytes`; an incomplete last value is left out.
    fn from_bytes(bytes: &[u8]) -> Vec<Self>;
}

/// Work whose generic code is large. It is compiled here, once for each type, and not again in every
/// crate, test and example that makes a net.
///
/// Public in a private module: it also keeps others from implementing [`Scalar`].
pub trait Heavy: Sized {
    /// The unnormalized Fourier transform of `n` complex numbers.
    fn fourier(n: usize, direction: FftDirection) -> Arc<dyn Fft<Self>>;
}

macro_rules! scalar {
    ($t:ident) => {
        impl Heavy for $t {
            fn fourier(n: usize, direction: FftDirection) -> Arc<dyn Fft<$t>> {
                FftPlanner::new().plan_fft(n, direction)
            }
        }

        impl Scalar for $t {
            const NAME: &'static str = stringify!($t);

            fn of(x: f64) -> Self {
                x as $t
            }

            fn double(self) -> f64 {
                self.into()
            }

            fn append_bytes(self, out: &mut Vec<u8>) {
                out.extend(self.to_le_bytes());
            }

            fn from_bytes(bytes: &[u8]) -> Vec<Self> {
                bytes.as_chunks().0.iter().map(|b| $t::from_le_bytes(*b)).collect()
            }
        }
    };
}

scalar!(f32);
scalar!(f64);

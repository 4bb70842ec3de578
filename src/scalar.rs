//! The two numbers a net can be made of, and the matrix of them.

use ndarray::{Array2, NdFloat};

/// Rows are samples, columns are features.
pub type Matrix<T> = Array2<T>;

/// `f32` to work with, `f64` as its own oracle.
///
/// The bounds are what the transforms (`FftNum`) and the dense product (`RealField`) ask for.
/// Implemented for these two types only.
pub trait Scalar:
    NdFloat
    + rustfft::FftNum
    + faer::traits::RealField
    + ndarray_npy::WritableElement
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

macro_rules! scalar {
    ($t:ident) => {
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

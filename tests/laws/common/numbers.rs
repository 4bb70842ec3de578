//! Numbers, rows and their distances.

use num_traits::Float;
use rand::RngExt;
use switchnet::random::generator;
use switchnet::{Matrix, Scalar};

/// The distance from 1 to the next number of this precision.
pub fn eps<T: Scalar>() -> f64 {
    <T as Float>::epsilon().double()
}

/// The numbers in double precision, which rounds nothing.
pub fn double<'a, T: Scalar>(values: impl IntoIterator<Item = &'a T>) -> Vec<f64> {
    values.into_iter().map(|v| v.double()).collect()
}

/// The bits of the numbers, for comparisons that tell −0 from 0. Widening keeps both.
pub fn bits<'a, T: Scalar>(values: impl IntoIterator<Item = &'a T>) -> Vec<u64> {
    values.into_iter().map(|v| v.double().to_bits()).collect()
}

pub fn norm<'a, T: Scalar>(values: impl IntoIterator<Item = &'a T>) -> f64 {
    values.into_iter().map(|v| v.double() * v.double()).sum::<f64>().sqrt()
}

/// Like [`norm`], of the difference of two lists that must be equally long.
pub fn distance<T: Scalar>(a: &Matrix<T>, b: &Matrix<T>) -> f64 {
    assert_eq!(a.dim(), b.dim(), "only matrices of one shape have a distance");
    a.iter().zip(b).map(|(a, b)| (a.double() - b.double()).powi(2)).sum::<f64>().sqrt()
}

pub fn inner<T: Scalar>(a: &Matrix<T>, b: &Matrix<T>) -> f64 {
    assert_eq!(a.dim(), b.dim(), "only matrices of one shape have an inner product");
    a.iter().zip(b).map(|(a, b)| a.double() * b.double()).sum()
}

/// Numbers uniform on [−1, 1).
pub fn random<T: Scalar>(rows: usize, columns: usize, seed: u64) -> Matrix<T> {
    let mut rng = generator(seed, 0);
    Matrix::from_shape_simple_fn((rows, columns), || T::of(2.0 * rng.random::<f64>() - 1.0))
}

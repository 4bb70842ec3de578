//! Every random number of the crate comes from here.
//!
//! The generator is xoshiro256++ (Blackman, Vigna 2018), which unlike `StdRng` gives the same
//! numbers in every version and on every machine; checkpoints name it.

use crate::scalar::Scalar;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

/// The crate's random generator.
pub type Generator = Xoshiro256PlusPlus;

/// Its name, as written into checkpoints.
pub const GENERATOR: &str = "xoshiro256++";

/// The generator of stream `stream` under `seed`: streams of one seed are independent, so that
/// adding a layer or an epoch does not change what the others draw.
pub fn generator(seed: u64, stream: u64) -> Generator {
    // An odd constant (2^64 / golden ratio) spreads neighboring streams over the seed space;
    // seed_from_u64 then hashes once more.
    Generator::seed_from_u64(seed ^ stream.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15))
}

/// A sample of the normal distribution with mean 0 and deviation `deviation`.
pub fn normal<T: Scalar>(rng: &mut Generator, deviation: f64) -> T {
    let z: f64 = StandardNormal.sample(rng);
    T::of(z * deviation)
}

/// A sample uniform on [-bound, bound).
pub(crate) fn uniform<T: Scalar>(rng: &mut Generator, bound: f64) -> T {
    T::of((2.0 * rng.random::<f64>() - 1.0) * bound)
}

/// A uniformly random order of `0..n` (Fisher–Yates).
pub fn shuffled(n: usize, rng: &mut Generator) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    for i in (1..n).rev() {
        order.swap(i, rng.random_range(0..=i));
    }
    order
}

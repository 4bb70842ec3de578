//! The innermost loops, compiled for each instruction set the processor may have, and the only place
//! where `unsafe` is allowed. It knows numbers and slices, and nothing of what they mean.

#![allow(unsafe_code)]

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod before;
mod bound;
mod compiled;
mod hadamard;
#[cfg(target_arch = "aarch64")]
mod neon;
mod paley;
mod path;
mod pointwise;
mod portable;
mod pull;
mod runs;
mod sums;
#[cfg(test)]
mod tests;
mod vector;

pub use compiled::Kernels;
pub(crate) use paley::{LARGEST_POWER, paley_operations};
pub use path::Path;
pub(crate) use path::{Loop, run};
pub use pointwise::Pointwise;
pub(crate) use pull::{Pull, Sums};
pub(crate) use runs::{BLOCK, Runs, STEP};
pub(crate) use sums::add_rows;
pub use vector::Registers;

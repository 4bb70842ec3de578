//! The innermost loops, compiled for each instruction set the processor may have, and the only place
//! where `unsafe` is allowed. It knows numbers and slices, and nothing of what they mean.

#![allow(unsafe_code)]

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod hadamard;
mod path;
mod pointwise;
mod portable;
mod runs;
#[cfg(test)]
mod tests;
mod vector;

pub(crate) use hadamard::{hadamard, hadamard_after};
pub(crate) use path::{Loop, run};
pub(crate) use pointwise::Pointwise;
pub(crate) use runs::{BLOCK, Runs, STEP};
pub use vector::Registers;

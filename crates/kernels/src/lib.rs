#![doc = include_str!("../README.md")]
#![deny(clippy::undocumented_unsafe_blocks, missing_debug_implementations)]

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod before;
mod blocks;
mod bound;
mod compiled;
mod diagonals;
mod gather;
mod hadamard;
#[cfg(target_arch = "aarch64")]
mod neon;
mod number;
mod paley;
mod path;
mod pointwise;
mod portable;
mod product;
mod pull;
mod runs;
mod sums;
#[cfg(test)]
mod tests;
mod vector;

pub use blocks::BlockSwitch;
pub use bound::{additions, scale};
pub use diagonals::BlockDiagonal;
pub use gather::Gather;
pub use hadamard::{hadamard, hadamard_after, hadamard_of, hadamard_on};
pub use number::Number;
pub use paley::{LARGEST_POWER, paley, paley_operations, paley_sylvester};
pub use path::{Loop, Path, UnknownPath, instruction_set, run};
pub use pointwise::Pointwise;
pub use product::{Factor, product};
pub use pull::{Pull, Sums};
pub use runs::{BLOCK, Runs, STEP};
pub use sums::{add_products, add_rows};

#![doc = include_str!("../README.md")]
#![deny(unsafe_code)] // the kernels alone allow it

mod aligned;
pub mod analysis;
pub mod data;
mod error;
mod files;
#[doc(hidden)]
pub mod internal;
mod kernel;
pub mod layer;
pub mod net;
mod product;
pub mod random;
mod scalar;
pub mod train;
pub mod transform;

pub use error::{Error, Result};
pub use files::{exit_between_files, write_whole};
pub use ndarray;
pub use scalar::{Matrix, Scalar};

#![doc = include_str!("../README.md")]
#![deny(unsafe_code)] // the kernels alone allow it

mod aligned;
pub mod analysis;
pub mod data;
mod error;
pub mod experiment;
mod files;
mod kernel;
pub mod layer;
pub mod net;
mod product;
pub mod random;
#[cfg(feature = "report")]
pub mod report;
mod scalar;
#[cfg(feature = "speed")]
pub mod speed;
pub mod train;
pub mod transform;

pub use error::{Error, Result};
pub use files::write_whole;
pub use scalar::{Matrix, Scalar};

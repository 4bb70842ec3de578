#![doc = include_str!("../README.md")]
#![deny(missing_debug_implementations)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(unsafe_code)] // it is all in the kernels; `s!` of ndarray allows itself some

mod aligned;
pub mod analysis;
pub mod data;
mod error;
mod files;
#[doc(hidden)]
pub mod internal;
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
use switchnet_kernels as kernel;

#![allow(missing_docs)]
pub mod analysis;
pub mod data;
mod error;
mod files;
pub mod layer;
pub mod net;
mod product;
pub mod random;
mod scalar;
pub mod train;
pub mod transform;
pub use error::{Error, Result};
pub use files::write_whole;
pub use scalar::{Matrix, Scalar};

//! Networks of fast fixed transforms (Walsh–Hadamard, Hartley, cosine) and learned switches, and the effective linear map
//! that each input selects.
//!
//! A ReLU is a literal switch: open, it connects; closed, it disconnects. For one input every switch of a network is
//! thrown, and the weighted sums of weighted sums that remain collapse to one map, `y = A x + c`. [`linearize`] gives
//! `(y, J)`: pulling through `J` trains, pushing through `J` probes, and `J` written out is the effective map.
//!
//! | module | what is in it |
//! |---|---|
//! | [`transform`] | orthonormal maps on rows, in place |
//! | [`layer`] | maps with parameters and switches, their linear maps, their configurations |
//! | [`net`] | nets as data, graphs of layers, plans, checkpoints, and the [zoo](net::zoo) |
//! | [`data`] | checked data sets and their sources |
//! | [`train`] | losses, optimizers, schedules, the loop, observers |
//! | [`analysis`] | effective maps, rays, slices, margins, optima, spectra, similarity, reports |
//!
//! Everything works in `f32` and `f64`, gives the same bits for the same seed on any number of threads, and answers bad
//! input with one line that says what was expected and what was found. The features `csv` (data files, histories),
//! `parquet` (the same tables in Parquet) and `optimum` (convex programs inside a region) are off unless asked for.
//!
//! ```
#![doc = include_str!("../examples/quickstart.rs")]
//! ```
//!
//! [`linearize`]: layer::Layer::linearize

#![deny(missing_debug_implementations)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(unsafe_code)] // it is all in the kernels; `s!` of ndarray allows itself some

mod aligned;
pub mod analysis;
mod clock;
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

pub use error::{Error, Result, escaped, one_line};
pub use files::{Claim, destination, exit_between_files, write_whole};
pub use ndarray;
pub use scalar::{Matrix, Scalar};
use switchnet_kernels as kernel;

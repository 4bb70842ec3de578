//! Samples and where they come from: files, an embedded set of digits, a synthetic task.
//!
//! A [`Dataset`] is checked once, when it is made: it has at least one row, its shape fits its
//! columns, its labels are below the number of classes and each number is finite. What takes a
//! `Dataset` need not look again.
//!
//! | source | function | targets |
//! |---|---|---|
//! | 1,797 handwritten digits, inside the crate | [`digits`] | 10 classes |
//! | IDX files (MNIST and its relatives), plain or gzip | [`Files`], [`read_idx`], [`read_idx_split`] | classes or values |
//! | IDX, `.npy` and plain numbers that stay in their files | [`Streamed`] | classes or values |
//! | CIFAR-10 and CIFAR-100, their binary versions | [`Files`] | classes |
//! | NumPy's `.npz` and `.npy` | [`Files`]; [`Npz`] and [`read_npy`] for the numbers alone | classes or values |
//! | CSV files, plain or gzip (feature `csv`) | [`read_csv`], [`read_csv_split`] | classes or values |
//! | Parquet files, wherever a CSV file is read (feature `parquet`) | [`read_csv`], [`read_csv_split`] | classes or values |
//! | interleaved spirals in the plane | [`spirals`] | classes |
//! | Lissajous curves by their number | [`lissajous`] | values |
//!
//! No reader rescales its numbers; [`Split::standardize`] does, with statistics of the training
//! part only.
//!
//! ```
//! use switchnet::data::{Scope, digits};
//!
//! let (split, standardize) = digits::<f32>().standardize(Scope::Global)?;
//! let (train, validation) = split.train.hold_out(0.1, 7)?;
//! assert_eq!((train.len(), validation.len(), split.test.len()), (1293, 144, 360));
//! assert_eq!((train.shape(), standardize.inputs()), ([1, 8, 8].as_slice(), 64));
//! # Ok::<(), switchnet::Error>(())
//! ```

/// The program in the page about data of one's own, compiled.
#[cfg(all(doctest, feature = "csv"))]
#[doc = include_str!("../../docs/data.md")]
#[derive(Debug)]
pub struct Guide;

mod array;
mod batches;
mod blocks;
mod cifar;
#[cfg(feature = "csv")]
mod csv;
mod csv_options;
mod dataset;
mod deal;
mod digits;
mod file;
mod files;
mod folder;
mod idx;
mod npy;
mod npz;
mod preparation;
mod samples;
mod schema;
mod source;
mod standardize;
mod streamed;
mod sum;
mod synthetic;
mod table;

pub use array::half;
pub use batches::{Batches, FromFn, from_fn};
pub use blocks::Blocks;
#[cfg(feature = "csv")]
#[cfg_attr(docsrs, doc(cfg(feature = "csv")))]
pub use csv::{read_csv, read_csv_as, read_csv_inputs, read_csv_split};
pub use csv_options::{CsvOptions, Decimal, Header, LabelColumn, Missing, TargetKind};
pub(crate) use dataset::check_weights;
pub use dataset::{Dataset, Split, Targets};
pub use deal::Dealing;
pub use digits::digits;
pub use files::Files;
pub use idx::{read_idx, read_idx_split};
pub use npy::read_npy;
pub use npz::Npz;
pub use preparation::Preparation;
pub use schema::{Feature, Schema};
pub use source::Source;
pub use standardize::{Scope, Standardize};
pub use streamed::Streamed;
pub use synthetic::{lissajous, spirals};

//! Trainings on the processes of an MPI job (a *rank* is one of them), with the bits of a single process.
//!
//! The chunks of a batch are dealt out to the ranks. What they add to the step is summed by the tree that the threads of one
//! process follow ([`tree`](switchnet::train::tree)), so that any number of ranks gives the same nets: [`join`] says who owns
//! which part of it, and `Ranks` sums over MPI. Every rank has all parameters and takes every step itself.
//!
//! Where ranks work on their own, on trainings or on rows that are dealt out, `Ranks` tells one that another goes no further, and
//! brings what they have to the first.
//!
//! Without the feature `mpi` there is no more here than [`share`] and [`join`], and nothing has to be installed. With it, a
//! library of MPI and libclang are needed to build (Debian: `libopenmpi-dev`, `libclang-dev`).

#![deny(unsafe_code)]

#[cfg(feature = "mpi")]
mod halts;
#[cfg(feature = "mpi")]
mod ranks;
mod share;

#[cfg(feature = "mpi")]
pub use mpi::traits::Equivalence;
#[cfg(feature = "mpi")]
pub use ranks::Ranks;
pub use share::{join, share};

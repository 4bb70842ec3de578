//! The course: every example in quick mode, and the statement it makes.
//!
//! The examples are the same files that `cargo run --example` runs; their `main` only prints and writes.
#![allow(missing_docs)]

mod fixed_filter_bank;
mod no_jump;
mod one_weighted_sum;
mod relu_is_a_switch;

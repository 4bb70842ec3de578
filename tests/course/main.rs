//! The course: every example in quick mode, and the statement it makes.
//!
//! The examples are the same files that `cargo run --example` runs; their `main` only prints and writes.
#![allow(missing_docs)]

mod dead_switches;
mod fast_weighted_sums;
mod fixed_against_learned;
mod fixed_filter_bank;
mod gradients;
mod learned_filter;
mod no_jump;
mod one_weighted_sum;
mod relu_is_a_switch;
mod relu_is_idempotent;
mod softmax_is_a_readout;
mod the_classical_pipeline;
mod what_the_net_looks_at;

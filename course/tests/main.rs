//! The course: every program in quick mode, once, and the statement it makes.
//!
//! The programs are the same files that `cargo run --example` runs; their `main` only prints and writes.
#![allow(missing_docs)]

mod dead_switches;
mod fast_weighted_sums;
mod fixed_against_learned;
mod fixed_filter_bank;
mod gradients;
mod learned_filter;
mod links;
mod neighbors_belong_together;
mod no_jump;
mod one_weighted_sum;
mod quickstart;
mod relu_is_a_switch;
mod relu_is_idempotent;
mod softmax_is_a_readout;
mod the_classical_pipeline;
mod what_the_net_looks_at;

use std::fs;
use std::path::{Path, PathBuf};

/// The folder of the whole project.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Fails if the text of a section does not have `words`, whatever the breaks of its lines.
fn says(section: &str, words: &str) {
    let file = root().join("course").join(section).join("README.md");
    let text = fs::read_to_string(&file).unwrap();
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat(&text).contains(&flat(words)), "{} does not say: {words}", file.display());
}

/// A whole number with a comma between its thousands, as the sections write it.
fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

//! Pictures and arrays as inputs of a net.

use super::{MIB, Target, Verdict, file};
use crate::mutate::Form;

/// The reader is the command's own, which is no library.
#[allow(missing_docs, dead_code)]
#[path = "../../../crates/cli/src/inspect/input.rs"]
mod input;

pub(super) fn all() -> Vec<Target> {
    // Deflate makes at most 1,032 bytes of one, and each becomes a number of eight.
    let memory = |length: usize| 4 * MIB + 1032 * 32 * length;
    vec![Target {
        name: "png",
        form: Form::Png,
        words: &["IHDR", "IDAT", "PLTE", "tRNS", "IEND", "acTL"],
        run,
        memory,
    }]
}

fn run(bytes: &[u8]) -> Verdict {
    let path = file("input", bytes);
    let mut answer = Ok(());
    for channels in [1, 3] {
        let shape = [channels, 4, 5];
        answer = input::read_input(&path, &shape, 255.0).map(|numbers| {
            assert_eq!(numbers.len(), channels * 20);
            let gray = |v: &f64| !bytes.starts_with(b"\x89PNG") || (0.0..=255.001).contains(v);
            assert!(numbers.iter().all(|v| v.is_finite() && gray(v)), "{numbers}");
        });
    }
    answer.map_err(|e| format!("{e:#}"))
}

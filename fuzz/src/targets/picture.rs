//! Pictures as inputs of a net.

use super::{MIB, Target, Verdict};
use crate::mutate::Form;

/// The reader is the command's own, which is no library.
#[allow(missing_docs, dead_code)]
#[path = "../../../crates/cli/src/picture/decode.rs"]
mod decode;

pub(super) fn all() -> Vec<Target> {
    // Deflate makes at most 1,032 bytes of one, and each becomes a number of eight.
    let memory = |length: usize| 4 * MIB + 1032 * 32 * length;
    let png = Target {
        name: "png",
        form: Form::Png,
        words: &["IHDR", "IDAT", "PLTE", "tRNS", "IEND", "acTL"],
        run,
        memory,
    };
    // The size is compared first; what is left are tables, and texts about the picture.
    let memory = |length: usize| 4 * MIB + 64 * length;
    let words = &["Exif\0\0", "MM\0*\0\0\0\u{8}", "II*\0", "JFIF\0", "ICC_PROFILE\0", "Adobe"];
    vec![png, Target { name: "jpeg", form: Form::Bytes, words, run, memory }]
}

fn run(bytes: &[u8]) -> Verdict {
    let fits = |size| match size == [4, 5] {
        true => Ok(()),
        false => Err(anyhow::anyhow!("size of the picture: expected 4×5, found {size:?}")),
    };
    let picture = decode::decode(bytes, fits).map_err(|e| format!("{e:#}"))?;
    for channels in [1, 3] {
        let numbers = picture.over(0.5).planes(channels);
        assert_eq!(numbers.len(), channels * 20);
        assert!(numbers.iter().all(|v| (0.0..=1.000_001).contains(v)), "{numbers:?}");
    }
    Ok(())
}

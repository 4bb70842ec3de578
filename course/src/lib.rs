//! What the programs of the course share: an option, a place for pictures, and how small numbers are written.

use std::path::Path;
use switchnet::{Result, write_whole};

/// Whether the program was called with `--quick`: then it does less and shows the same.
pub fn quick() -> bool {
    std::env::args().any(|argument| argument == "--quick")
}

/// Writes a picture into `out/course`, from where `course/run.sh` copies it to its section.
pub fn save(name: &str, picture: &str) -> Result<()> {
    write_whole(&Path::new("out/course").join(name), picture.as_bytes())
}

/// So many decimals, or two digits of a number below `least`.
pub fn short(v: f64, decimals: usize, least: f64) -> String {
    if v < least { format!("{v:.1e}") } else { format!("{v:.decimals$}") }
}

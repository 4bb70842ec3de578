//! Whether a file is as it was written: its last field is a sum over all before it.

use super::message::{Message, entry};

/// The name of the sum.
const SUM: &str = "switchnet.crc32";

/// The field with the sum over `before`.
fn sum(before: &[u8]) -> Vec<u8> {
    let mut crc = flate2::Crc::new();
    crc.update(before);
    Message::default().bytes(14, entry(SUM, &format!("{:08x}", crc.sum())).0).0
}

/// A file with its sum.
pub(super) fn sealed(file: Message) -> Vec<u8> {
    let Message(mut bytes) = file;
    bytes.extend(sum(&bytes));
    bytes
}

/// Whether this program wrote the file, and nobody changed it since.
pub(crate) fn is_whole(bytes: &[u8]) -> bool {
    let parts = bytes.len().checked_sub(sum(&[]).len()).map(|at| bytes.split_at(at));
    parts.is_some_and(|(before, last)| last == sum(before))
}

//! A hash that is the same on every machine.

/// The 64-bit FNV-1a hash of some bytes.
pub(super) fn fnv(bytes: impl IntoIterator<Item = u8>) -> u64 {
    fnv_after(0xCBF2_9CE4_8422_2325, bytes)
}

/// The same of these bytes after others, whose hash is `hash`.
pub(super) fn fnv_after(hash: u64, bytes: impl IntoIterator<Item = u8>) -> u64 {
    bytes
        .into_iter()
        .fold(hash, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3))
}

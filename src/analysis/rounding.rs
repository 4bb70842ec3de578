//! What rounding leaves of a number that should be zero.

/// The part of the largest value of a layer below which a value of it is rounding alone. A switch is a sum of
/// up to thousands of rounded terms, whose errors grow with the root of their number; the rest is margin.
pub(super) const ROUNDING: f64 = 64.0 * f64::EPSILON;

/// The largest finite `|v|`, zero if there is none. Eight at a time, so that it takes vector registers.
pub(super) fn largest(values: &[f64]) -> f64 {
    let mut lanes = [0.0_f64; 8];
    for eight in values.chunks(8) {
        for (lane, v) in lanes.iter_mut().zip(eight) {
            let size = v.abs();
            *lane = if size > *lane && size < f64::INFINITY { size } else { *lane };
        }
    }
    lanes.into_iter().fold(0.0, f64::max)
}

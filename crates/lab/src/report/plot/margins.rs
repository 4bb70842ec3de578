//! How far it is to the nearest switch.

use super::axis::Axis;
use super::lines::{cumulative, lines};

/// For each named list of distances the part, in percent, that is at most so large; distances on a
/// logarithmic axis.
pub fn margins(lists: &[(String, Vec<f64>)], unit: &str) -> String {
    let curves: Vec<_> = lists.iter().map(|(name, values)| cumulative(name, values)).collect();
    let all = lists.iter().flat_map(|(_, values)| values).copied();
    let x = Axis::log(all, &format!("distance ({unit}, log scale)"));
    let y = Axis::between(-3.0, 103.0, "inputs at most so far (%)");
    lines("Distance to the nearest switch", (x, y), &curves, |_, _| Ok(()))
}

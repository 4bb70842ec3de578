//! Singular values.

use super::axis::Axis;
use super::lines::{Curve, lines};
use plotters::style::RGBAColor;

const BOUND: RGBAColor = RGBAColor(40, 44, 52, 0.8);

/// The singular values of named maps, largest first, on a logarithmic axis, and, dashed, an upper bound of
/// the largest if there is one. Values of zero stand at the lower end.
pub fn spectra(maps: &[(String, Vec<f64>)], bound: Option<f64>) -> String {
    let curve = |(name, values): &(String, Vec<f64>)| Curve {
        name: name.clone(),
        points: values.iter().enumerate().map(|(i, &v)| ((i + 1) as f64, v)).collect(),
    };
    let curves: Vec<Curve> = maps.iter().map(curve).collect();
    let largest = maps.iter().flat_map(|(_, values)| values).copied().fold(0.0, f64::max);
    // What rounding left of zero would take most of the chart.
    let shown = maps.iter().flat_map(|(_, values)| values).copied().filter(|v| *v > 1e-9 * largest);
    let most = maps.iter().map(|(_, values)| values.len()).max().unwrap_or(1) as f64;
    let x = Axis::between(1.0 - 0.02 * most, most + 0.02 * most.max(10.0), "number").whole();
    let y = Axis::log(shown.chain(bound), "singular value σ (log scale)");
    let ends = x.ends();
    lines("Singular values of effective maps", (x, y), &curves, |canvas, frame| {
        let Some(bound) = bound else { return Ok(()) };
        let line = ends.map(|end| frame.at(end, bound)).to_vec();
        canvas.dashes(line, BOUND, 1.2, (5.0, 4.0))
    })
}

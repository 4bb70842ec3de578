//! Singular values.

use super::axis::Axis;
use super::figure::{Figure, Look, Plot, Series};

/// The singular values of named maps, largest first, on a logarithmic axis, and, dashed, an upper bound of
/// the largest if there is one. Values of zero stand at the lower end.
pub fn spectra(maps: &[(String, Vec<f64>)], bound: Option<f64>) -> String {
    let series = maps.iter().enumerate().map(|(i, (name, values))| {
        let numbered = values.iter().enumerate().map(|(k, &v)| ((k + 1) as f64, v));
        Series::new(Look::line(i), numbered.collect()).named(name)
    });
    let all = || maps.iter().flat_map(|(_, values)| values).copied();
    let largest = all().fold(0.0, f64::max);
    // What rounding left of zero would take most of the chart.
    let shown = all().filter(|v| *v > 1e-9 * largest);
    let most = maps.iter().map(|(_, values)| values.len()).max().unwrap_or(1) as f64;
    let x = Axis::between(1.0 - 0.02 * most, most + 0.02 * most.max(10.0), "number").whole();
    let y = Axis::log(shown.chain(bound), "singular value σ (log scale)");
    let plot = Plot::new(x, y, series.collect())
        .over(|canvas, frame| bound.map_or(Ok(()), |bound| frame.dashed_level(canvas, bound)));
    let legend = maps.iter().enumerate().map(|(i, (name, _))| (name.clone(), Look::line(i)));
    Figure::of("Singular values of effective maps", legend.collect(), 340, plot).svg()
}

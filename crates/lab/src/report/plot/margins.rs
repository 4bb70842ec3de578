//! How far it is to the nearest switch.

use super::axis::Axis;
use super::figure::{Figure, Look, Plot, Series, thinned};

/// A curve has no more points than this.
const MOST: usize = 300;

/// For each named list of distances the part, in percent, that is at most so large; distances on a
/// logarithmic axis.
pub fn margins(lists: &[(String, Vec<f64>)], unit: &str) -> String {
    let all = lists.iter().flat_map(|(_, values)| values).copied();
    let x = Axis::log(all, &format!("distance ({unit}, log scale)"));
    let y = Axis::between(-3.0, 103.0, "inputs at most so far (%)");
    let series = lists.iter().enumerate().map(|(i, (name, values))| {
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        let n = sorted.len();
        let part = |i: usize| (sorted[i], 100.0 * (i + 1) as f64 / n as f64);
        Series::new(Look::line(i), thinned(n, MOST).map(part).collect()).named(name)
    });
    let legend = lists.iter().enumerate().map(|(i, (name, _))| (name.clone(), Look::line(i)));
    let plot = Plot::new(x, y, series.collect());
    Figure::of("Distance to the nearest switch", legend.collect(), 340, plot).svg()
}

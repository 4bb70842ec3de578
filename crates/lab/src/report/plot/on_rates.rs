//! How often the switches of a net are open.

use super::axis::Axis;
use super::figure::{Figure, Look, Plot, Series, note, thinned};
use crate::experiment::NetResults;

/// A curve has no more points than this; a sheet has not many more pixels.
const MOST: usize = 500;

/// For each layer of switches, the part of the test inputs that open a switch, in percent, the
/// switches in order from the least often open to the most often. A curve that starts flat at 0 has
/// switches that are never open, one that ends flat at 100 such as are always open.
pub fn on_rates(net: &NetResults) -> String {
    if net.switches.switches() == 0 {
        return note("This net has no switches.");
    }
    let layers = || net.switches.layers.iter().enumerate();
    let name = |i: usize, count: usize| format!("switch layer {} ({count})", i + 1);
    let legend = layers().map(|(i, layer)| (name(i, layer.on_rate.len()), Look::line(i)));
    let series = layers().map(|(i, layer)| {
        let mut rates = layer.on_rate.clone();
        rates.sort_by(f64::total_cmp);
        let n = rates.len();
        let point = |k: usize| (100.0 * (k as f64 + 0.5) / n as f64, 100.0 * rates[k]);
        Series::new(Look::line(i), thinned(n, MOST).map(point).collect()).named(&name(i, n))
    });
    let x = Axis::between(0.0, 100.0, "switches of the layer, least often open first (%)");
    let y = Axis::between(-4.0, 104.0, "inputs that open it (%)");
    let plot = Plot::new(x, y, series.collect());
    let title = format!("How often the switches of {} are open over the test inputs", net.name);
    Figure::of(&title, legend.collect(), 300, plot).svg()
}

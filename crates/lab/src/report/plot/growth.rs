//! How time grows with the width.

use super::axis::Axis;
use super::figure::{Figure, Look, Markers, Plot, Series};
use crate::speed::{Growth, Point};

/// A curve: its name, and its time at a point.
type Curve = (&'static str, fn(&Point) -> Option<f64>);

const CURVES: [Curve; 3] = [
    ("dense layer", |point| point.dense),
    ("bias, two slopes, Walsh–Hadamard", |point| Some(point.layer)),
    ("Walsh–Hadamard alone", |point| Some(point.transform)),
];

/// Microseconds for one row against the width, both logarithmic: a dense layer, a structured layer, its
/// transform alone.
pub fn growth(growth: &Growth) -> String {
    let look = |i: usize| Look { markers: Markers::Every(3.2), ..Look::line(i) };
    let points = |time: fn(&Point) -> Option<f64>| {
        growth.points.iter().filter_map(move |p| Some((p.n as f64, 1e6 * time(p)?)))
    };
    let times = CURVES.iter().flat_map(|(_, time)| points(*time)).map(|(_, time)| time);
    let y = Axis::log(times, "time of a row (µs, log scale)");
    let x = Axis::log(growth.points.iter().map(|p| p.n as f64), "width (log scale)");
    let curves = || CURVES.iter().enumerate();
    let series =
        curves().map(|(i, (name, time))| Series::new(look(i), points(*time).collect()).named(name));
    let plot = Plot::new(x, y, series.collect());
    let legend = curves().map(|(i, (name, _))| ((*name).to_owned(), look(i))).collect();
    Figure::of("Time of a layer against its width", legend, 360, plot).svg()
}

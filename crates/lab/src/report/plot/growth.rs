//! How time grows with the width.

use super::axis::Axis;
use super::canvas::{Frame, WIDTH, svg};
use super::legend::{Legend, middle};
use super::mark::Mark;
use crate::speed::{Growth, Point};

const HEIGHT: i32 = 360;

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
    let legend = Legend::new(CURVES.iter().map(|(name, _)| *name));
    let micro = |seconds: f64| 1e6 * seconds;
    let times = growth.points.iter().flat_map(|p| CURVES.iter().filter_map(|(_, time)| time(p)));
    let y = Axis::log(times.map(micro), "time of a row (µs, log scale)");
    let x = Axis::log(growth.points.iter().map(|p| p.n as f64), "width (log scale)");
    svg("Time of a layer against its width", legend.height + HEIGHT, |canvas| {
        legend.draw(canvas, |i, from, to| {
            Mark::of(i).line(canvas, vec![from, to], 2.0)?;
            Mark::of(i).marker(canvas, middle(from, to), 3.5)
        })?;
        let frame = Frame::draw(canvas, (0, legend.height), (WIDTH, HEIGHT), x, y)?;
        for (i, (_, time)) in CURVES.iter().enumerate() {
            let places = growth.points.iter().filter_map(|p| Some((p.n as f64, micro(time(p)?))));
            for piece in frame.visible(places.clone()) {
                Mark::of(i).line(canvas, piece, 1.8)?;
            }
            for (n, time) in places {
                Mark::of(i).marker(canvas, frame.at(n, time), 3.2)?;
            }
        }
        Ok(())
    })
}

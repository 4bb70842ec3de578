//! Curves in one chart.

use super::axis::Axis;
use super::canvas::{Canvas, Drawn, Frame, WIDTH, svg};
use super::legend::{Legend, middle};
use super::mark::Mark;

const HEIGHT: i32 = 340;
/// About how many markers a curve has.
const MARKERS: usize = 8;

/// A curve: its name, and its points from left to right.
pub(super) struct Curve {
    pub name: String,
    pub points: Vec<(f64, f64)>,
}

/// A chart of `curves`, with what `beneath` draws under them.
pub(super) fn lines(
    title: &str,
    (x, y): (Axis, Axis),
    curves: &[Curve],
    beneath: impl FnOnce(&Canvas, &Frame) -> Drawn,
) -> String {
    let legend = Legend::new(curves.iter().map(|curve| curve.name.as_str()));
    svg(title, legend.height + HEIGHT, |canvas| {
        legend.draw(canvas, |i, from, to| {
            Mark::of(i).line(canvas, vec![from, to], 2.0)?;
            Mark::of(i).marker(canvas, middle(from, to), 3.5)
        })?;
        let frame = Frame::draw(canvas, (0, legend.height), (WIDTH, HEIGHT), x, y)?;
        beneath(canvas, &frame)?;
        for (i, curve) in curves.iter().enumerate() {
            for piece in frame.visible(curve.points.iter().copied()) {
                Mark::of(i).line(canvas, piece, 1.8)?;
            }
        }
        for (i, curve) in curves.iter().enumerate() {
            // Each curve's at other places, so that they do not hide one another.
            let every = curve.points.len().div_ceil(MARKERS).max(1);
            let chosen = curve.points.iter().skip(i % every).step_by(every);
            for &(x, y) in chosen.filter(|(_, y)| frame.holds(*y)) {
                Mark::of(i).marker(canvas, frame.at(x, y), 3.2)?;
            }
        }
        Ok(())
    })
}

/// How much of `values`, in percent, is at most each of them, at not more than a few hundred places.
pub(super) fn cumulative(name: &str, values: &[f64]) -> Curve {
    const MOST: usize = 300;
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len();
    let count = n.min(MOST);
    // The first and the last are always among those shown.
    let at = |k: usize| if count > 1 { k * (n - 1) / (count - 1) } else { 0 };
    let point = |i: usize| (sorted[i], 100.0 * (i + 1) as f64 / n as f64);
    Curve { name: name.to_owned(), points: (0..count).map(|k| point(at(k))).collect() }
}

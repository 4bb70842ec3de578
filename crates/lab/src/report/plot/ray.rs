//! A net along a line between two inputs.

use super::axis::Axis;
use super::canvas::px;
use super::lines::{Curve, lines};
use plotters::style::RGBAColor;
use switchnet::analysis::Ray;

const TICK: RGBAColor = RGBAColor(40, 44, 52, 0.6);
const CROSSING: RGBAColor = RGBAColor(40, 44, 52, 0.8);

/// The outputs along a ray, a curve for each; below them a tick for every point where switches flip, and a
/// dashed line where another output becomes the largest.
pub fn along(ray: &Ray) -> String {
    let last = |segment: &switchnet::analysis::Segment, k: usize| {
        segment.value[k] + (segment.end - segment.start) * segment.slope[k]
    };
    let outputs = ray.segments.first().map_or(0, |segment| segment.value.len());
    let curve = |k: usize| {
        let starts = ray.segments.iter().map(|segment| (segment.start, segment.value[k]));
        let end = ray.segments.last().map(|segment| (segment.end, last(segment, k)));
        Curve { name: format!("output {k}"), points: starts.chain(end).collect() }
    };
    let curves: Vec<Curve> = (0..outputs).map(curve).collect();
    let x = Axis::between(-0.01, 1.01, "t, from one input to the other");
    let values = curves.iter().flat_map(|curve| &curve.points).map(|(_, y)| *y);
    let y = Axis::linear(values, "output");
    let [low, high] = y.ends();
    lines("The outputs along a line between two inputs", (x, y), &curves, |canvas, frame| {
        for breakpoint in &ray.breakpoints {
            let foot = frame.at(breakpoint.t, low);
            canvas.line(vec![foot, (foot.0, foot.1 - px(12.0))], TICK, 0.6)?;
        }
        for crossing in &ray.crossings {
            let line = [low, high].map(|end| frame.at(crossing.t, end)).to_vec();
            canvas.dashes(line, CROSSING, 1.0, (4.0, 3.0))?;
        }
        Ok(())
    })
}

//! A net along a line between two inputs.

use super::axis::Axis;
use super::figure::{Figure, Look, Plot, Series};
use switchnet::analysis::Ray;

/// The outputs along a ray, a curve for each; below them a tick for every point where switches flip, and a
/// dashed line where another output becomes the largest. An output without a name in `names` goes by its number.
pub fn along(ray: &Ray, names: &[String]) -> String {
    let last = |segment: &switchnet::analysis::Segment, k: usize| {
        segment.value[k] + (segment.end - segment.start) * segment.slope[k]
    };
    let outputs = ray.segments.first().map_or(0, |segment| segment.value.len());
    let name = |k: usize| names.get(k).cloned().unwrap_or_else(|| format!("output {k}"));
    let series = (0..outputs).map(|k| {
        let starts = ray.segments.iter().map(|segment| (segment.start, segment.value[k]));
        let end = ray.segments.last().map(|segment| (segment.end, last(segment, k)));
        Series::new(Look::line(k), starts.chain(end).collect()).named(&name(k))
    });
    let series: Vec<Series> = series.collect();
    let values = series.iter().flat_map(|series| &series.points).map(|(_, y)| *y);
    let y = Axis::linear(values, "output");
    let x = Axis::between(-0.01, 1.01, "t, from one input to the other");
    let plot = Plot::new(x, y, series).over(|canvas, frame| {
        ray.breakpoints.iter().try_for_each(|breakpoint| frame.tick(canvas, breakpoint.t))?;
        ray.crossings.iter().try_for_each(|crossing| frame.upright(canvas, crossing.t))
    });
    let legend = (0..outputs).map(|k| (name(k), Look::line(k))).collect();
    Figure::of("The outputs along a line between two inputs", legend, 340, plot).svg()
}

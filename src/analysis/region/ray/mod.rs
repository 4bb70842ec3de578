//! A net along a straight line: every switch that flips, where it flips, and what that does.

mod crossing;
mod gradient;
mod jump;
mod search;

pub use crossing::Crossing;
pub use gradient::{IntegratedGradients, integrated_gradients};
pub use jump::{Jump, jump, jumps};

use crate::analysis::checks;
use crate::analysis::pattern;
use crate::analysis::pattern::Unit;
use crate::analysis::rounding::{AGREES, SAME, largest};
use crate::error::{Error, Result};
use crate::layer::Layer;
use crate::scalar::Matrix;
use ndarray::ArrayView1;
use search::{Cover, Found};
use serde::Serialize;
use std::ops::ControlFlow;

/// A net along `x(t) = from + t·(to − from)`, `t` from 0 to 1.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Ray {
    /// The input at `t = 0`.
    pub from: Vec<f64>,
    /// The input at `t = 1`.
    pub to: Vec<f64>,
    /// The stretches on which no switch flips, in order; each is one activation region.
    pub segments: Vec<Segment>,
    /// What lies between them: one fewer, in order.
    pub breakpoints: Vec<Breakpoint>,
    /// How many activation regions the line passes: as many as segments.
    pub regions: usize,
    /// How many straight pieces the outputs have along the line. Neighboring segments whose slopes `dy/dt`
    /// agree to a part of 1e-12 are one; their effective maps may differ across the line.
    pub pieces: usize,
    /// The changes of the largest output, in order.
    pub crossings: Vec<Crossing>,
    /// How many points of the line were put through the net.
    pub evaluations: usize,
    /// The widest stretch, in `t`, that lies between two segments and was not looked at because it is within
    /// the rounding of their ends. A region narrower than this may be missing.
    pub tolerance: f64,
    /// How well all this fits together: the largest [`continuity_error`](Breakpoint::continuity_error), and
    /// difference of an output at either end from the net's forward pass there.
    pub error: f64,
    /// Whether that is rounding: at most a part of 1e-9 of the largest value and slope. If not, the net jumps
    /// (as one with [`GatedSwitch`](crate::layer::GatedSwitch) switches does), or the answer is wrong.
    pub consistent: bool,
}

/// A stretch of a ray on which no switch flips.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Segment {
    /// Where it starts, 0 to 1.
    pub start: f64,
    /// Where it ends, 0 to 1.
    pub end: f64,
    /// The outputs at its start.
    pub value: Vec<f64>,
    /// `dy/dt`: how fast each output changes, in units of the output for the whole length of the ray.
    pub slope: Vec<f64>,
    /// [`Pattern::hash`](crate::analysis::Pattern::hash) of its switches. Those whose value and rate are both rounding
    /// alone count as closed here.
    pub hash: u64,
}

impl Segment {
    /// The `t` in its middle.
    pub fn middle(&self) -> f64 {
        self.start + (self.end - self.start) / 2.0
    }
}

/// A point of a ray where switches flip.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Breakpoint {
    /// Where, 0 to 1.
    pub t: f64,
    /// The switches that flip here. The effective map jumps by a matrix of at most this rank. There are none
    /// where a max-pool changes between pairs of inputs that are equal all along the ray.
    pub flips: Vec<Flip>,
    /// The slopes `dy/dt` after it less those before.
    pub bend: Vec<f64>,
    /// The largest difference of an output here by the map before and by the map after: zero but for
    /// rounding, because the net is continuous. One with [`GatedSwitch`](crate::layer::GatedSwitch) switches is not,
    /// and this is its jump.
    pub continuity_error: f64,
}

/// How far a ray has come.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct RayProgress {
    /// How many points of the line were put through the net.
    pub samples: usize,
    /// The part of the line whose regions are known, 0 to 1.
    pub filled: f64,
}

/// A switch that flips.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Flip {
    /// Which one.
    pub unit: Unit,
    /// Whether it opens, going along the ray, or closes.
    pub opens: bool,
}

impl Ray {
    /// Input `i` at `t`.
    fn at(&self, t: f64, i: usize) -> f64 {
        self.from[i] + t * (self.to[i] - self.from[i])
    }
}

/// The net along the line between two inputs: every breakpoint, by its place.
///
/// At a sample of the line each switch `z` has a rate `ż` along it, and keeps its sign for
/// `t − t_s` between the nearest `−z/ż` on both sides. That is the region of the sample, known up to rounding;
/// what remains is sampled in turn, until nothing does. So no region is stepped over, however narrow, unless
/// it is within the rounding of its ends ([`Ray::tolerance`]).
///
/// Switches that flip at one point make one breakpoint. Those that are exactly zero along the line (no bias,
/// zero padding) never flip.
///
/// Cost: about one pass and one push of a row for each region, on all threads; the answer holds two vectors
/// of the length of the output for each region.
///
/// ```
/// use switchnet::{analysis::ray, data::digits, net::zoo};
/// let net = zoo::switch_net(&[64], 10, 1).build::<f64>()?;
/// let images = digits::<f64>().test;
/// let ray = ray(&net, images.inputs().row(0), images.inputs().row(1))?;
/// assert_eq!(ray.breakpoints.len() + 1, ray.regions);
/// assert!(ray.tolerance < 1e-11);
/// # Ok::<(), switchnet::Error>(())
/// ```
///
/// # Errors
/// If the net is not piecewise linear, if an end has another length than the net takes or is not finite, or
/// if an output is not finite.
pub fn ray(
    net: &dyn Layer<f64>,
    from: ArrayView1<'_, f64>,
    to: ArrayView1<'_, f64>,
) -> Result<Ray> {
    let all = ray_watched(net, from, to, &mut |_| ControlFlow::Continue(()))?;
    Ok(all.expect("nobody asked for its end"))
}

/// The same, where `watch` is told how far it is before each round of at most 1,024 samples. None after `Break`: of a part
/// of the regions of a line nothing can be said.
///
/// ```
/// use std::ops::ControlFlow::{Break, Continue};
/// use switchnet::{analysis::ray_watched, data::digits, net::zoo};
/// let net = zoo::switch_net(&[64], 10, 1).build::<f64>()?;
/// let images = digits::<f64>().test;
/// let (from, to) = (images.inputs().row(0), images.inputs().row(1));
/// let mut filled = Vec::new();
/// let ray = ray_watched(&net, from, to, &mut |progress| {
///     filled.push(progress.filled);
///     Continue(())
/// })?;
/// assert!(ray.is_some() && filled.is_sorted());
/// assert_eq!(ray_watched(&net, from, to, &mut |_| Break(()))?, None);
/// # Ok::<(), switchnet::Error>(())
/// ```
///
/// # Errors
/// As [`ray`].
pub fn ray_watched(
    net: &dyn Layer<f64>,
    from: ArrayView1<'_, f64>,
    to: ArrayView1<'_, f64>,
    watch: &mut dyn FnMut(RayProgress) -> ControlFlow<()>,
) -> Result<Option<Ray>> {
    checks::piecewise_linear(net)?;
    checks::vector("start of a ray", net.inputs(), from)?;
    checks::vector("end of a ray", net.inputs(), to)?;
    let (start, direction) = (from.to_vec(), (&to - &from).to_vec());
    let Some(found) = search::search(net, &start, &direction, watch) else { return Ok(None) };
    let (segments, breakpoints) = assemble(&found);
    let numbers = segments.iter().flat_map(|segment| segment.value.iter().chain(&segment.slope));
    checks::numbers("outputs of the net along a ray", numbers)?;
    let error = error(net, [from, to], &segments, &breakpoints);
    let sizes = segments.iter().map(|s| largest(&s.value).max(largest(&s.slope)));
    let consistent = error <= AGREES * sizes.fold(0.0, f64::max);
    let pieces = 1 + segments.windows(2).filter(|s| bends(&s[0].slope, &s[1].slope)).count();
    Ok(Some(Ray {
        from: start,
        to: to.to_vec(),
        regions: segments.len(),
        pieces,
        crossings: crossing::crossings(&segments),
        segments,
        breakpoints,
        evaluations: found.evaluations,
        tolerance: found.tolerance,
        error,
        consistent,
    }))
}

/// [`Ray::error`].
fn error(
    net: &dyn Layer<f64>,
    ends: [ArrayView1<'_, f64>; 2],
    segments: &[Segment],
    breakpoints: &[Breakpoint],
) -> f64 {
    let y = net.forward(Matrix::from_shape_fn((2, net.inputs()), |(row, i)| ends[row][i]));
    let (first, last) = (&segments[0], &segments[segments.len() - 1]);
    let slopes = last.value.iter().zip(&last.slope);
    let end = slopes.map(|(value, slope)| value + (last.end - last.start) * slope);
    let found = first.value.iter().copied().chain(end);
    let at_ends = found.zip(&y).map(|(found, y)| (found - y).abs());
    breakpoints.iter().map(|b| b.continuity_error).chain(at_ends).fold(0.0, f64::max)
}

/// That a ray is one of this net's, by its numbers of inputs and outputs.
fn check_ray(what: &str, net: &dyn Layer<f64>, ray: &Ray) -> Result<()> {
    let outputs = ray.segments.first().map_or(0, |segment| segment.value.len());
    let found = [ray.from.len(), ray.to.len(), outputs];
    if found != [net.inputs(), net.inputs(), net.outputs()] {
        let expected = format!("one of {} inputs and {} outputs", net.inputs(), net.outputs());
        let [from, to, outputs] = found;
        return Err(Error::new(what, expected, format_args!("{from} and {to}, and {outputs}")));
    }
    Ok(())
}

/// Whether the outputs have a corner where these slopes meet.
fn bends(before: &[f64], after: &[f64]) -> bool {
    let size = |v: &[f64]| v.iter().fold(0.0_f64, |size, v| size.max(v.abs()));
    let bend = before.iter().zip(after).fold(0.0_f64, |bend, (a, b)| bend.max((b - a).abs()));
    bend > SAME * size(before).max(size(after))
}

/// The segments, of neighboring stretches with the same switches one, and what lies between them.
fn assemble(found: &Found) -> (Vec<Segment>, Vec<Breakpoint>) {
    // Inputs of a max-pool that are equal all along the line have no sign that says which one is connected,
    // so the switches may be the same on both sides of a corner.
    let same = |a: &Cover, b: &Cover| a.open == b.open && !bends(&a.slope, &b.slope);
    let groups: Vec<&[Cover]> = found.covers.chunk_by(same).collect();
    let joint = |before: &[Cover], after: &[Cover]| {
        // Both ends are the same boundary; the one with less rounding says where it is.
        let (a, b) = (before[before.len() - 1].end, after[0].start);
        if a.error <= b.error { a.t } else { b.t }
    };
    let mut ends = vec![0.0];
    ends.extend(groups.windows(2).map(|pair| joint(pair[0], pair[1])));
    ends.push(1.0);
    let value = |cover: &Cover, t: f64| -> Vec<f64> {
        cover.y.iter().zip(&cover.slope).map(|(y, slope)| y + (t - cover.at) * slope).collect()
    };
    let segments = groups.iter().zip(ends.windows(2)).map(|(group, ends)| Segment {
        start: ends[0],
        end: ends[1],
        value: value(&group[0], ends[0]),
        slope: group[0].slope.clone(),
        hash: pattern::hash(group[0].open.iter().copied()),
    });
    let breakpoints = groups.windows(2).zip(&ends[1..]).map(|(pair, &t)| {
        let (a, b) = (&pair[0][0], &pair[1][0]);
        let gaps = value(a, t).into_iter().zip(value(b, t)).map(|(a, b)| (a - b).abs());
        Breakpoint {
            t,
            flips: flips(&a.open, &b.open, &found.switches),
            bend: a.slope.iter().zip(&b.slope).map(|(a, b)| b - a).collect(),
            continuity_error: gaps.fold(0.0, f64::max),
        }
    });
    (segments.collect(), breakpoints.collect())
}

/// The switches in which two patterns differ.
fn flips(before: &[u64], after: &[u64], switches: &[usize]) -> Vec<Flip> {
    let mut all = Vec::new();
    let mut words = before.iter().zip(after);
    for (layer, count) in switches.iter().enumerate() {
        for first in (0..*count).step_by(64) {
            let (a, b) = words.next().expect("as many numbers as the layers need");
            let mut differ = a ^ b;
            while differ != 0 {
                let bit = differ.trailing_zeros() as usize;
                differ &= differ - 1;
                all.push(Flip {
                    unit: Unit { layer, unit: first + bit },
                    opens: b >> bit & 1 == 1,
                });
            }
        }
    }
    all
}

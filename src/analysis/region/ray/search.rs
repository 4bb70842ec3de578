//! The search for all regions along a line: sample what is not yet covered, cover the sample's region.

use super::RayProgress;
use crate::aligned::{self, Recycled};
use crate::analysis::pattern;
use crate::analysis::pattern::boundaries;
use crate::analysis::pattern::settle::{Settled, Watch, is_small, settle};
use crate::analysis::rounding::{ROUNDING, largest};
use crate::kernel::{self, Loop};
use crate::layer::Layer;
use crate::net::map_chunks;
use crate::scalar::Matrix;
use ndarray::{ArrayView1, Axis};
use std::ops::ControlFlow;

/// Samples that go through the net together: few, so that their records stay in the cache.
const ROWS: usize = 8;

/// The most samples of a round: so that a round is short. It does not depend on the number of threads.
const ROUND: usize = 1024;

/// Two ends nearer than this are one: twice what rounding leaves of a number up to 1, for each of them.
const CLOSED: f64 = 4.0 * f64::EPSILON;

/// The most that the rounding of a switch may excuse. A boundary that the line almost follows has a place that
/// is known badly; it is then narrowed down by more samples instead.
const EXCUSED: f64 = 1e-12;

/// An end of a region, and how far rounding may have moved it.
#[derive(Clone, Copy)]
pub(super) struct End {
    pub t: f64,
    pub error: f64,
}

/// A stretch of the line in one region.
pub(super) struct Cover {
    pub start: End,
    pub end: End,
    /// Where it was sampled, with the outputs and their slopes there.
    pub at: f64,
    pub y: Vec<f64>,
    pub slope: Vec<f64>,
    /// The switches, 64 to a number; each layer begins a new one.
    pub open: Vec<u64>,
}

/// What the search found.
pub(super) struct Found {
    /// The stretches, in order.
    pub covers: Vec<Cover>,
    /// How many switches each layer has.
    pub switches: Vec<usize>,
    /// How many samples were taken.
    pub evaluations: usize,
    /// The widest stretch that was left between two ends because it is within their rounding.
    pub tolerance: f64,
}

/// All regions on `from + t·direction`, `t` from 0 to 1.
pub(super) fn search(
    net: &dyn Layer<f64>,
    from: &[f64],
    direction: &[f64],
    watch: &mut dyn FnMut(RayProgress) -> ControlFlow<()>,
) -> Option<Found> {
    let exact = |t| End { t, error: 0.0 };
    let mut gaps = vec![[exact(0.0), exact(1.0)]];
    let mut found =
        Found { covers: Vec::new(), switches: Vec::new(), evaluations: 0, tolerance: 0.0 };
    let mut filled = 0.0;
    while !gaps.is_empty() {
        if watch(RayProgress { samples: found.evaluations, filled }).is_break() {
            return None;
        }
        let round = gaps.split_off(gaps.len().saturating_sub(ROUND));
        found.evaluations += round.len();
        let parts =
            map_chunks(round.len(), ROWS, |range| sample(net, from, direction, &round[range]));
        let mut covers = Vec::with_capacity(round.len());
        for (part, switches) in parts {
            covers.extend(part);
            found.switches = switches;
        }
        for ([left, right], cover) in round.into_iter().zip(covers) {
            for [a, b] in [[left, cover.start], [cover.end, right]] {
                let width = b.t - a.t;
                if width > CLOSED + a.error + b.error {
                    gaps.push([a, b]);
                } else {
                    found.tolerance = found.tolerance.max(width);
                }
            }
            if cover.start.t < cover.end.t {
                filled += cover.end.t - cover.start.t;
                found.covers.push(cover); // else the sample met boundaries on both its sides, and cut the gap
            }
        }
    }
    found.covers.sort_by(|a, b| a.start.t.total_cmp(&b.start.t));
    Some(found)
}

/// The regions at the middles of `gaps`, as far as they lie in them, and the numbers of switches.
fn sample(
    net: &dyn Layer<f64>,
    from: &[f64],
    direction: &[f64],
    gaps: &[[End; 2]],
) -> (Vec<Cover>, Vec<usize>) {
    let middles: Vec<f64> = gaps.iter().map(|[a, b]| a.t + (b.t - a.t) / 2.0).collect();
    let n = from.len();
    let input = |t: f64| from.iter().zip(direction).map(move |(from, d)| from + t * d);
    let x = aligned::matrix((gaps.len(), n), |all| {
        middles.iter().for_each(|&t| all.extend(input(t)));
    });
    let along = aligned::matrix((gaps.len(), n), |all| {
        (0..gaps.len()).for_each(|_| all.extend_from_slice(direction));
    });
    let (y, map) = net.linearize(x);
    let values = kept(boundaries::values(map.as_ref()));
    let watch = Watch::new(largest(from) + largest(direction));
    let reach = |(&at, &[left, right]): (&f64, &[End; 2])| Reach::new(at, left, right, watch);
    let mut reaches: Vec<Reach> = middles.iter().zip(gaps).map(reach).collect();
    let slopes = boundaries::each_rate(map.as_ref(), along, |layer, rates| {
        for (row, reach) in reaches.iter_mut().enumerate() {
            let (z, rate) = (values[layer].index_axis(Axis(0), row), rates.row(row));
            match (z.as_slice(), rate.as_slice()) {
                (Some(z), Some(rate)) => reach.narrow(z, rate),
                _ => reach.narrow(&z.to_vec(), &rate.to_vec()),
            }
        }
    });
    for (reach, (&at, &[left, right])) in reaches.iter_mut().zip(middles.iter().zip(gaps)) {
        if reach.small {
            *reach = Reach::new(at, left, right, watch);
            let x: Vec<f64> = input(at).collect();
            let settled = settle(net, ArrayView1::from(&x), &[direction]);
            settled.layers.iter().for_each(|layer| reach.narrow_settled(layer));
        }
    }
    let covers = reaches.into_iter().zip(y.rows()).zip(slopes.rows()).map(|((reach, y), slope)| {
        let Reach { at, start, end, open, .. } = reach;
        Cover { start, end, at, y: y.to_vec(), slope: slope.to_vec(), open }
    });
    (covers.collect(), values.iter().map(|z| z.ncols()).collect())
}

/// Matrices whose memory the next sample takes.
fn kept(matrices: Vec<Matrix<f64>>) -> Vec<Recycled<f64>> {
    matrices.into_iter().map(Recycled::from).collect()
}

/// How far a region reaches to either side of a sample.
struct Reach {
    at: f64,
    start: End,
    end: End,
    open: Vec<u64>,
    watch: Watch,
    /// Whether some switch is so small along the line that it may be rounding alone.
    small: bool,
}

impl Reach {
    fn new(at: f64, start: End, end: End, watch: Watch) -> Self {
        Self { at, start, end, open: Vec::new(), watch, small: false }
    }

    /// Ends the region at the boundaries of one layer, whose switches have the values `z` and change by `rate`.
    ///
    /// A switch at zero is closed, so the region lies on the side where it becomes negative.
    fn narrow(&mut self, z: &[f64], rate: &[f64]) {
        kernel::run(Narrow { reach: self, z, rate });
    }

    /// The same for a layer of which is known what is rounding.
    fn narrow_settled(&mut self, layer: &Settled) {
        let (z, rate) = (&layer.values, &layer.rates[0]);
        let open = z.chunks(64).map(|z| pattern::word(z.iter().map(|&z| z > 0.0)));
        self.open.extend(open);
        let mut sides = self.sides();
        for ((&z, &rate), &noise) in z.iter().zip(rate).zip(&layer.noise) {
            let noise = noise.max(ROUNDING * (z.abs() + rate.abs()));
            self.boundary(&mut sides, z, rate, noise);
        }
    }

    /// How far it reaches down and up.
    fn sides(&self) -> [f64; 2] {
        [self.at - self.start.t, self.end.t - self.at]
    }

    /// Ends the region at one switch, if that is not beyond its `sides`. `noise` is what rounding leaves of the
    /// switch.
    #[inline(always)]
    fn boundary(&mut self, [down, up]: &mut [f64; 2], z: f64, rate: f64, noise: f64) {
        let (size, speed) = (z.abs(), rate.abs());
        let ahead = (z > 0.0) == (rate < 0.0);
        if size >= speed * if ahead { *up } else { *down } {
            return;
        }
        let distance = size / speed;
        let error = (noise / speed).min(EXCUSED);
        if ahead {
            (*up, self.end) = (distance, End { t: self.at + distance, error });
        } else {
            (*down, self.start) = (distance, End { t: self.at - distance, error });
        }
    }
}

/// The loop of [`Reach::narrow`].
struct Narrow<'a> {
    reach: &'a mut Reach,
    z: &'a [f64],
    rate: &'a [f64],
}

impl Loop for Narrow<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { reach: to, z, rate } = self;
        let most = largest(z) + largest(rate);
        let (noise, limit) = (ROUNDING * most, to.watch.limit_of_lines(most));
        let mut sides = to.sides();
        for (z, rate) in z.chunks(64).zip(rate.chunks(64)) {
            let reach = sides[0].max(sides[1]);
            let (mut open, mut near, mut small) = (0, false, false);
            for (i, (&z, &rate)) in z.iter().zip(rate).enumerate() {
                let (size, speed) = (z.abs(), rate.abs());
                open |= u64::from(z > 0.0) << i;
                near |= size < speed * reach;
                small |= is_small(size + speed, limit);
            }
            to.open.push(open);
            to.small |= small;
            if !near {
                continue; // nearly always: most boundaries are far
            }
            for (&z, &rate) in z.iter().zip(rate) {
                to.boundary(&mut sides, z, rate, noise);
            }
        }
    }
}

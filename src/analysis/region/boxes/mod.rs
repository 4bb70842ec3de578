//! A net on a box of inputs: every activation region that has an interior there.
//!
//! The box is cut layer by layer. On a part of the box where no switch of the layers before flips, the switches of the
//! next layer are affine, and whether the boundary of one cuts the part is a small linear program
//! (`simplex`): the largest ball on either side. So the search also counts how many parts the first layer makes, the
//! first two, and so on.

mod cell;
mod polytope;
pub(in crate::analysis) mod property;
mod simplex;
mod told;
mod vnnlib;

use crate::analysis::checks;
use crate::analysis::pattern;
use crate::analysis::pattern::boundaries;
use crate::analysis::pattern::settle::Watch;
use crate::analysis::region::peers::{Peers, agreed, dealt};
use crate::analysis::region::slice::Limit;
use crate::analysis::rows::one_row;
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::layer::Layer;
use crate::scalar::Matrix;
use cell::{Cell, Judged, STEPS, Whole, judge};
use ndarray::ArrayView1;
use polytope::Polytope;
use serde::Serialize;
use std::ops::ControlFlow;

/// The radius of the largest ball in a part of the box that counts as a region, in units of the box's half sides: each
/// input is measured by half its range, so the ball of the box itself has radius 1. The linear programs are right to
/// `1e-13`, and the boundary of a switch is where its numbers say to about `1e-14` of the largest of its layer; the rest
/// is margin.
pub const THIN: f64 = 1e-9;

/// A part whose balls are no larger than this is not there: boundaries that touch, but for rounding.
const NOTHING: f64 = 1e-12;

/// How far a boundary may reach into a part without counting, where its own rounding is less: twice what the linear
/// programs are right to.
const TOUCHING: f64 = 2e-13;

/// Where to stop. What is reached first stops the search, and the answer says so.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BoxBudget {
    /// Finished regions.
    pub regions: usize,
    /// Seconds of the clock.
    pub seconds: f64,
    /// Bytes of memory, by an estimate of the answer and of what is waiting.
    pub bytes: usize,
}

impl Default for BoxBudget {
    /// A million regions, a minute, 2 GiB.
    fn default() -> Self {
        Self { regions: 1_000_000, seconds: 60.0, bytes: 2 << 30 }
    }
}

/// How far the search in a box has come.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct BoxProgress {
    /// Finished regions.
    pub regions: usize,
    /// Parts of the box that are to be gone on with.
    pub waiting: usize,
    /// Seconds of the clock since the search began.
    pub seconds: f64,
}

/// The regions of a net in a box.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct BoxRegions {
    /// The least value of each input.
    pub lower: Vec<f64>,
    /// The largest value of each input.
    pub upper: Vec<f64>,
    /// Whether all regions are there. If not, everything below is of what was found.
    pub complete: bool,
    /// What stopped the search, if it is not complete.
    pub stopped_by: Option<Limit>,
    /// For each layer that has switches, into how many parts its boundaries and those of the layers before cut the box. The
    /// last is the number of regions.
    pub layers: Vec<usize>,
    /// How many times a part was left out because its balls are between rounding (`1e-12`) and [`THIN`].
    pub thin: usize,
    /// The least radius of a region; none if there is no region.
    pub smallest_radius: Option<f64>,
    /// How many points of the box were put through the net.
    pub evaluations: usize,
    /// The regions.
    pub regions: Vec<BoxRegion>,
}

/// A region in a box. Its pattern and its map are those at its point: [`Pattern::at`](crate::analysis::Pattern::at),
/// [`effective_map`](fn@crate::analysis::effective_map).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct BoxRegion {
    /// The center of the largest ball inside the region and the box (one of them, if there are several).
    pub point: Vec<f64>,
    /// The radius of that ball, in units of the box's half sides.
    pub radius: f64,
    /// [`Pattern::hash`](crate::analysis::Pattern::hash) of its switches.
    pub hash: u64,
}

/// Finds every activation region of `net` that has an interior in the box `lower ≤ x ≤ upper`. An input whose two bounds
/// are equal is held: the box is one of the other inputs, and the interior is meant there.
///
/// A part of the box counts where a ball of a radius of more than [`THIN`] lies in it; what is thinner is
/// [counted](BoxRegions::thin) and left out. Switches whose value and gradient are zero but for rounding count as closed.
///
/// Cost: for each region and layer at most a pass of a row, a push of a row for each input, and a linear program for each
/// switch that may flip in the box; on all threads. The number of regions grows with the power of the number of inputs:
/// this is for nets of few inputs, or small boxes.
///
/// ```
/// use switchnet::analysis::{BoxBudget, regions_in_box};
/// use switchnet::layer::Switch;
/// let (lower, upper) = ([-1.0, -1.0, 1.0], [1.0, 1.0, 1.0]);
/// let watch = &mut |_| std::ops::ControlFlow::Continue(());
/// let found = regions_in_box(&Switch::relu(3), &lower, &upper, BoxBudget::default(), watch)?;
/// assert!(found.complete && found.layers == [4]); // two signs
/// # Ok::<(), switchnet::Error>(())
/// ```
///
/// # Errors
/// If the net is not piecewise linear or has choices other than signs and between two (most max-pools), if the bounds are not as many finite
/// numbers as the net has inputs, each lower one at most the upper one, or if a switch is not a finite number.
pub fn regions_in_box(
    net: &dyn Layer<f64>,
    lower: &[f64],
    upper: &[f64],
    budget: BoxBudget,
    watch: &mut dyn FnMut(BoxProgress) -> ControlFlow<()>,
) -> Result<BoxRegions> {
    found(None, net, (lower, upper), budget, watch)
}

/// The same [regions](regions_in_box), found by several processes: each judges some of the parts of a step. All are to ask for the
/// same box; all have all regions, to the bit, and hold them in their memory. The clock or the `watch` of one of them stops all.
///
/// One process alone; [`slice_among`](crate::analysis::slice_among) has an example of two:
///
/// ```
/// use std::ops::{ControlFlow::Continue, Range};
/// use switchnet::analysis::{BoxBudget, Peers, regions_in_box_among};
/// struct Alone;
/// impl Peers for Alone {
///     fn share(&self, pieces: usize) -> Range<usize> {
///         0..pieces
///     }
///     fn gathered(&self, own: Vec<u64>) -> Vec<u64> {
///         own
///     }
/// }
/// let net = switchnet::layer::Switch::relu(2);
/// let (lower, upper, budget) = ([-1.0; 2], [1.0; 2], BoxBudget::default());
/// let found = regions_in_box_among(&Alone, &net, &lower, &upper, budget, &mut |_| Continue(()))?;
/// assert!(found.complete && found.layers == [4]);
/// # Ok::<(), switchnet::Error>(())
/// ```
///
/// # Errors
/// As [`regions_in_box`]; the same on all.
///
/// # Panics
/// If the `peers` do not keep what [`Peers`] says: if their shares are not all pieces, or if they do not hear all that was
/// said, in its order. It may also wait for ever then, or be wrong.
pub fn regions_in_box_among(
    peers: &dyn Peers,
    net: &dyn Layer<f64>,
    lower: &[f64],
    upper: &[f64],
    budget: BoxBudget,
    watch: &mut dyn FnMut(BoxProgress) -> ControlFlow<()>,
) -> Result<BoxRegions> {
    found(Some(peers), net, (lower, upper), budget, watch)
}

fn found(
    peers: Option<&dyn Peers>,
    net: &dyn Layer<f64>,
    (lower, upper): (&[f64], &[f64]),
    budget: BoxBudget,
    watch: &mut dyn FnMut(BoxProgress) -> ControlFlow<()>,
) -> Result<BoxRegions> {
    let cube = Cube::new(net, lower, upper)?;
    let mut regions = Vec::new();
    let finish = |whole: Whole| BoxRegion {
        point: cube.point(&whole.polytope.center),
        radius: whole.polytope.radius,
        hash: pattern::hash(whole.open),
    };
    let mut take = |region| {
        regions.push(region);
        ControlFlow::Continue(())
    };
    let each = size_of::<BoxRegion>() + 8 * net.inputs() + 16;
    let found = search((net, &cube, peers), (budget, each), watch, &finish, &mut take)?;
    let radii = regions.iter().map(|region| region.radius);
    Ok(BoxRegions {
        lower: lower.to_vec(),
        upper: upper.to_vec(),
        complete: found.stopped_by.is_none(),
        stopped_by: found.stopped_by,
        layers: found.layers,
        thin: found.thin,
        smallest_radius: radii.reduce(f64::min),
        evaluations: found.passes,
        regions,
    })
}

/// What a search counts.
struct Found {
    layers: Vec<usize>,
    regions: usize,
    thin: usize,
    /// How often a boundary reached further into a part than rounding, but not as far as a ball of [`NOTHING`].
    touching: usize,
    passes: usize,
    stopped_by: Option<Limit>,
}

/// Cells that are gone on with together. It does not depend on the number of threads, so nor does an answer.
const ROUND: usize = 256;

/// Cells of a round that one thread takes at a time.
const TOGETHER: usize = 4;

/// Cuts the box until every part is whole or a budget is reached. Of each whole part `finish` makes on some thread what
/// is kept (`each` bytes), which `take` gets in order; it may end the search, without a limit.
fn search<F: Send>(
    (net, cube, peers): (&dyn Layer<f64>, &Cube<'_>, Option<&dyn Peers>),
    (budget, each): (BoxBudget, usize),
    watch: &mut dyn FnMut(BoxProgress) -> ControlFlow<()>,
    finish: &(dyn Fn(Whole) -> F + Sync),
    take: &mut dyn FnMut(F) -> ControlFlow<()>,
) -> Result<Found> {
    let start = Clock::start();
    let layers = cube.layers;
    let size = cube.lower.iter().chain(cube.upper).fold(0.0, |most: f64, v| most.max(v.abs()));
    let mut found = Found {
        layers: vec![0; layers],
        regions: 0,
        thin: 0,
        touching: 0,
        passes: 0,
        stopped_by: None,
    };
    if Polytope::cube_bytes(cube.free.len()) > budget.bytes {
        found.stopped_by = Some(Limit::Bytes);
        return Ok(found);
    }
    let all = Cell {
        polytope: Polytope::cube(cube.free.len()),
        depth: 0,
        open: Vec::new(),
        watch: Watch::new(size),
        layer: None,
        next: 0,
    };
    let mut waiting = vec![all];
    while !waiting.is_empty() {
        let bytes = found.regions * each + waiting.iter().map(Cell::bytes).sum::<usize>();
        let seconds = start.seconds();
        let progress = BoxProgress { regions: found.regions, waiting: waiting.len(), seconds };
        let limits = [
            (found.regions >= budget.regions, Limit::Regions),
            (seconds >= budget.seconds, Limit::Seconds),
            (bytes >= budget.bytes, Limit::Bytes),
        ];
        let limit = limits.into_iter().find(|(reached, _)| *reached).map(|(_, limit)| limit);
        let own = limit.or_else(|| watch(progress).is_break().then_some(Limit::Interrupted));
        found.stopped_by = agreed(peers, own);
        if found.stopped_by.is_some() {
            break;
        }
        // So few that what they leave behind fits into what is left of the memory.
        let each = 2 * STEPS * waiting.last().map_or(1, Cell::bytes);
        let round = (budget.bytes.saturating_sub(bytes) / each).clamp(1, ROUND);
        let cells = waiting.split_off(waiting.len().saturating_sub(round));
        let over = || start.seconds() >= budget.seconds;
        let judged = dealt(
            peers,
            (cells.len(), TOGETHER),
            |range| -> Result<Vec<Judged>> {
                cells[range].iter().map(|cell| judge(net, cube, cell, &over)).collect()
            },
            |range, found, words| told::say(&cells[range], found, words),
            |range, heard| told::hear(&cells[range], heard),
            |judged| {
                let of = |mut judged: Judged| {
                    let whole = std::mem::take(&mut judged.whole);
                    (judged, whole.into_iter().map(finish).collect())
                };
                judged.map(|judged| judged.into_iter().map(of).collect::<Vec<(Judged, Vec<F>)>>())
            },
        );
        for part in judged {
            for (judged, whole) in part? {
                found.layers.iter_mut().zip(&judged.layers).for_each(|(sum, n)| *sum += n);
                found.thin += judged.thin;
                found.touching += judged.touching;
                found.passes += judged.passes;
                found.regions += whole.len();
                waiting.extend(judged.waiting);
                for whole in whole {
                    if take(whole).is_break() {
                        return Ok(found);
                    }
                }
            }
        }
    }
    Ok(found)
}

/// The box as a cube: inputs that are held left out, the others from −1 to 1.
struct Cube<'a> {
    lower: &'a [f64],
    upper: &'a [f64],
    /// The inputs that are not held.
    free: Vec<usize>,
    /// How many layers of the net have switches.
    layers: usize,
    /// How far rounding may move a point, in half sides of the box: much only where a box is small and far from zero.
    rounding: f64,
}

impl<'a> Cube<'a> {
    fn new(net: &dyn Layer<f64>, lower: &'a [f64], upper: &'a [f64]) -> Result<Self> {
        checks::piecewise_linear(net)?;
        for (what, bounds) in [("lower bounds of a box", lower), ("upper bounds of a box", upper)] {
            checks::vector(what, net.inputs(), ArrayView1::from(bounds))?;
        }
        for (i, (from, to)) in lower.iter().zip(upper).enumerate() {
            if from > to || !(to - from).is_finite() {
                let what = format!("bounds of input {i} of a box");
                return Err(Error::new(what, "in ascending order", format!("{from} and {to}")));
            }
        }
        let free = (0..lower.len()).filter(|&i| lower[i] < upper[i]).collect();
        let mut cube = Self { lower, upper, free, layers: 0, rounding: 0.0 };
        let rounding = |&i: &usize| lower[i].abs().max(upper[i].abs()) / cube.half(i);
        cube.rounding = 4.0 * f64::EPSILON * cube.free.iter().map(rounding).fold(0.0, f64::max);
        let middle = cube.point(&vec![0.0; cube.free.len()]);
        let (_, map) = net.linearize(one_row(ArrayView1::from(&middle)));
        if boundaries::has_choices(map.as_ref()) {
            let expected = "one whose switches are signs or choices between two";
            return Err(Error::new("net in a box", expected, "a max-pool"));
        }
        cube.layers = boundaries::values(map.as_ref()).len();
        Ok(cube)
    }

    fn half(&self, i: usize) -> f64 {
        0.5 * (self.upper[i] - self.lower[i])
    }

    /// The input at a point of the cube, within the box.
    fn point(&self, center: &[f64]) -> Vec<f64> {
        let mut x = self.lower.to_vec();
        for (&i, u) in self.free.iter().zip(center) {
            let v = self.lower[i] + (1.0 + u) * self.half(i);
            x[i] = v.clamp(self.lower[i], self.upper[i]);
        }
        x
    }

    /// Where in the cube an input is, as it is after it was rounded. The other way of [`point`](Self::point).
    fn place(&self, x: &[f64]) -> Vec<f64> {
        self.free.iter().map(|&i| (x[i] - self.lower[i]) / self.half(i) - 1.0).collect()
    }

    /// The change of the input along each side of the cube, by half of it.
    fn sides(&self) -> Matrix<f64> {
        let mut sides = Matrix::zeros((self.free.len(), self.lower.len()));
        for (row, &i) in self.free.iter().enumerate() {
            sides[[row, i]] = self.half(i);
        }
        sides
    }
}

//! A net on a plane through its inputs: every polygon on which no switch flips.

mod border;
mod budget;
mod cell;
mod mesh;
mod norm;
mod plane;
mod told;
mod topology;

pub use border::Border;
pub use budget::{Limit, SliceBudget, SliceProgress};
pub use plane::{Plane, Window};

use crate::analysis::checks;
use crate::analysis::pattern::settle::Watch;
use crate::analysis::region::peers::{Peers, agreed, dealt};
use crate::analysis::rounding::{AGREES, largest};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::layer::{Layer, Signature};
use crate::net::chunk_rows;
use cell::{Cell, Place, Question, Verdict, Whole};
use mesh::{Edge, Mesh};
use ndarray::ArrayView1;
use serde::Serialize;
use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::Arc;

/// A net on a rectangle of a plane.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Slice {
    /// The plane.
    pub plane: Plane,
    /// The rectangle.
    pub window: Window,
    /// Whether the polygons fill the rectangle. If not, everything below is of those finished.
    pub complete: bool,
    /// What stopped the search, if it is not complete.
    pub stopped_by: Option<Limit>,
    /// The vertices, in coordinates of the plane.
    pub vertices: Vec<[f64; 2]>,
    /// The polygons.
    pub polygons: Vec<Polygon>,
    /// The sum of their areas, in units of the plane's coordinates.
    pub area: f64,
    /// `|area − area of the rectangle|`.
    pub area_error: f64,
    /// `V`: vertices that polygons have.
    pub corners: usize,
    /// `E`: edges between neighboring vertices, each counted once.
    pub edges: usize,
    /// `V − E + F`, `F` the number of polygons: 1 for a rectangle that is filled without overlap.
    pub euler: i64,
    /// The largest difference of an output at a corner of two neighboring polygons, by the one and by the other.
    pub continuity_error: f64,
    /// Whether the checks hold: neighbors agree to a part of 1e-9 of the largest value, and if the polygons are
    /// all there, so do the areas with the rectangle, and `V − E + F` is 1. If not, the net jumps (as one with
    /// [`GatedSwitch`](crate::layer::GatedSwitch) switches does), or the answer is wrong.
    pub consistent: bool,
    /// How many activation regions: different patterns of switches, by their hash. A max-pool whose inputs
    /// are equal in pairs on the whole plane has no sign that tells the pairs apart.
    pub regions: usize,
    /// How many linear pieces: neighboring polygons whose gradients agree to a part of 1e-12 are one. Their
    /// effective maps may differ across the plane.
    pub pieces: usize,
    /// Where the two largest outputs are equal.
    pub borders: Vec<Border>,
    /// How many points of the plane were put through the net.
    pub evaluations: usize,
}

/// A polygon of a slice: the outputs are affine on it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Polygon {
    /// Its corners, counter-clockwise, by their places among the vertices; with those that neighbors have on
    /// its edges.
    pub vertices: Vec<u32>,
    /// A point inside it, in coordinates of the plane.
    pub center: [f64; 2],
    /// Its area, in units of the plane's coordinates.
    pub area: f64,
    /// [`Pattern::hash`](crate::analysis::Pattern::hash) of its switches. Those whose value and gradient are both rounding
    /// alone (sums that cancel, without biases) count as closed, as on a [`ray`](fn@super::ray).
    pub hash: u64,
    /// The outputs at its center.
    pub values: Vec<f64>,
    /// How fast each output changes along the first coordinate.
    pub along_u: Vec<f64>,
    /// How fast each output changes along the second coordinate.
    pub along_v: Vec<f64>,
}

impl Polygon {
    /// Output `k` at a point of the polygon.
    pub fn output(&self, k: usize, p: [f64; 2]) -> f64 {
        let [a, b] = [p[0] - self.center[0], p[1] - self.center[1]];
        self.values[k] + a * self.along_u[k] + b * self.along_v[k]
    }
}

/// The most cells that are judged together, and the most switches and multiply-adds of them in all: so that a round is
/// short, and the lines that it finds are few. The number of cells does not depend on the number of threads.
const ROUND: usize = 1024;
const SWITCHES: usize = 1 << 19;
const WORK: usize = 1 << 30;

/// The net on a rectangle of a plane: all its polygons, by their corners.
///
/// The rectangle is cut layer by layer. Where the switches of all layers before are decided, those of the
/// next are affine in the two coordinates, and each cuts a polygon along a line or not at all. The values at
/// the corners say which: a line that is zero at a corner, up to rounding (64 ε of the layer's largest
/// value, or what was measured of a switch much smaller than that), goes through it. So lines that are parallel, that coincide or that meet in one point are cut as
/// they are; nothing needs general position. The parts are looked at again for the same layer, because the
/// boundaries of a max-pool depend on which input is largest; a line on which two inputs of a window are equal is
/// cut where either is the largest at the center, so a region of a pool may come in several polygons. What
/// is narrower than that rounding is not seen.
///
/// The answer is the same on any number of threads, unless the clock stops it or `watch`, which is called
/// before each step of at most 1,024 cells (fewer of a large net) and 65,536 tries of cuts; when it answers `Break` the search ends with what is finished. There
/// is no going on later: a slice that is too long for one run can be had window by window.
///
/// Cost: a forward pass of a row for each polygon, and a pass with two pushes through the layers from the one that cut it
/// on, on all threads; a net that is no [chain](Layer::parts) is gone through as a whole, once or twice. Cutting is done by
/// one thread. The answer holds three numbers for each output and polygon.
///
/// Source of the idea: Humayun et al., *SplineCam: exact visualization and characterization of deep network
/// geometry and decision boundaries*, CVPR 2023; Sotoudeh and Thakur, *SyReNN*, TACAS 2021.
///
/// ```
/// use std::ops::ControlFlow::Continue;
/// use switchnet::{analysis::{Plane, SliceBudget, Window, slice}, data::digits, net::zoo};
/// let net = zoo::mlp(&[64], &[16], 10, 1).build::<f64>()?;
/// let images = digits::<f64>().test;
/// let [a, b, c] = [0, 1, 2].map(|row| images.inputs().row(row));
/// let window = Window { u: [0.0, 1.0], v: [0.0, 1.0] };
/// let (plane, budget) = (Plane::through(a, b, c), SliceBudget::default());
/// let slice = slice(&net, &plane, window, budget, &mut |_| Continue(()))?;
/// assert!(slice.complete && slice.euler == 1);
/// # Ok::<(), switchnet::Error>(())
/// ```
///
/// # Errors
/// If the net is not piecewise linear, if the plane has another number of inputs or numbers that are not
/// finite, if the window is empty, or if an output is not finite.
pub fn slice(
    net: &dyn Layer<f64>,
    plane: &Plane,
    window: Window,
    budget: SliceBudget,
    watch: &mut dyn FnMut(SliceProgress) -> ControlFlow<()>,
) -> Result<Slice> {
    found(None, net, plane, (window, budget), watch)
}

/// The same [slice](fn@slice), made by several processes: each judges some of the cells of a step, and all cut them alike. All are to
/// ask for the same one; all have it, to the bit. Each holds all of it in its memory. The clock or the `watch` of one
/// of them stops all.
///
/// Two processes, which here are threads that send each other what they say:
///
/// ```
/// use std::{ops::{ControlFlow::Continue, Range}, sync::mpsc::{Receiver, Sender, channel}};
/// use switchnet::analysis::{Peers, Plane, SliceBudget, Window, slice, slice_among};
/// struct OfTwo {
///     number: usize,
///     to: Sender<Vec<u64>>,
///     from: Receiver<Vec<u64>>,
/// }
/// impl Peers for OfTwo {
///     fn share(&self, pieces: usize) -> Range<usize> {
///         [0..pieces / 2, pieces / 2..pieces][self.number].clone()
///     }
///     fn gathered(&self, own: Vec<u64>) -> Vec<u64> {
///         self.to.send(own.clone()).expect("the other one listens");
///         let other = self.from.recv().expect("the other one speaks");
///         if self.number == 0 { [own, other].concat() } else { [other, own].concat() }
///     }
/// }
/// let net = switchnet::net::zoo::mlp(&[2], &[16], 3, 1).build::<f64>()?;
/// let plane = Plane::axes(ndarray::aview1(&[0.0, 0.0]), [0, 1]);
/// let window = Window { u: [-1.0, 1.0], v: [-1.0, 1.0] };
/// let budget = SliceBudget::default();
/// let alone = slice(&net, &plane, window, budget, &mut |_| Continue(()))?;
/// let ((to_1, from_0), (to_0, from_1)) = (channel(), channel());
/// let first = OfTwo { number: 0, to: to_1, from: from_1 };
/// let second = OfTwo { number: 1, to: to_0, from: from_0 };
/// let find = |peers: OfTwo| slice_among(&peers, &net, &plane, window, budget, &mut |_| Continue(()));
/// let (first, second) = std::thread::scope(|scope| {
///     let second = scope.spawn(|| find(second));
///     (find(first), second.join().expect("it has found it, too"))
/// });
/// assert!(first? == alone && second? == alone);
/// # Ok::<(), switchnet::Error>(())
/// ```
///
/// # Errors
/// As [`slice`](fn@slice).
///
/// # Panics
/// If the `peers` do not keep what [`Peers`] says: if their shares are not all pieces, or if they do not hear all that was
/// said, in its order. It may also wait for ever then, or be wrong.
pub fn slice_among(
    peers: &dyn Peers,
    net: &dyn Layer<f64>,
    plane: &Plane,
    window: Window,
    budget: SliceBudget,
    watch: &mut dyn FnMut(SliceProgress) -> ControlFlow<()>,
) -> Result<Slice> {
    found(Some(peers), net, plane, (window, budget), watch)
}

fn found(
    peers: Option<&dyn Peers>,
    net: &dyn Layer<f64>,
    plane: &Plane,
    (window, budget): (Window, SliceBudget),
    watch: &mut dyn FnMut(SliceProgress) -> ControlFlow<()>,
) -> Result<Slice> {
    checks::piecewise_linear(net)?;
    let parts = [("origin", &plane.origin), ("direction u", &plane.u), ("direction v", &plane.v)];
    for (what, x) in parts {
        let what = format_args!("{what} of a plane");
        checks::vector(what, net.inputs(), ArrayView1::from(x))?;
    }
    for (what, [from, to]) in [("window along u", window.u), ("window along v", window.v)] {
        if !(from < to && (to - from).is_finite()) {
            return Err(Error::new(
                what,
                "finite numbers in ascending order",
                format!("{from} {to}"),
            ));
        }
    }
    let (mesh, polygons, evaluations, stopped_by) =
        search(peers, net, plane, (window, budget), watch);
    for polygon in &polygons {
        let numbers = polygon.values.iter().chain(&polygon.along_u).chain(&polygon.along_v);
        checks::numbers("outputs of the net on a plane", numbers)?;
    }
    Ok(answer(plane, window, mesh, polygons, evaluations, stopped_by))
}

/// Cuts the window until every cell is whole or a budget is reached; the last cells first, so that few wait.
fn search(
    peers: Option<&dyn Peers>,
    net: &dyn Layer<f64>,
    plane: &Plane,
    (window, budget): (Window, SliceBudget),
    watch: &mut dyn FnMut(SliceProgress) -> ControlFlow<()>,
) -> (Mesh, Vec<Polygon>, usize, Option<Limit>) {
    let start = Clock::start();
    let ([a, b], [c, d]) = (window.u, window.v);
    let mut mesh = Mesh::default();
    let around = [[a, c], [b, c], [b, d], [a, d]].map(|p| mesh.add(p)).to_vec();
    let extent = [window.u, window.v].map(|[from, to]| from.abs().max(to.abs()));
    let size =
        largest(&plane.origin) + extent[0] * largest(&plane.u) + extent[1] * largest(&plane.v);
    let small = Watch::new(size);
    let chain = net.parts();
    let chain: Vec<&dyn Layer<f64>> = match &chain[..] {
        [] => vec![net],
        parts => parts.iter().map(|part| part.as_ref()).collect(),
    };
    // The cells that are decided up to each part.
    let mut waiting: Vec<Vec<Cell>> = chain.iter().map(|_| Vec::new()).collect();
    waiting[0].push(Cell { around, place: Place::first(plane, small) });
    let mut polygons = Vec::new();
    let (mut evaluations, mut area) = (0, 0.0);
    let Signature { widest, multiply_adds, .. } = net.signature();
    let round = (SWITCHES / widest.max(1)).min(WORK / multiply_adds.max(1)).clamp(1, ROUND);
    let rows = chunk_rows(net);
    let mut reached = |polygons: &[Polygon], area: f64, bytes: usize| {
        let progress = SliceProgress {
            polygons: polygons.len(),
            filled: area / window.area(),
            seconds: start.seconds(),
        };
        let limit = budget.reached(progress, bytes);
        let own = limit.or_else(|| watch(progress).is_break().then_some(Limit::Interrupted));
        agreed(peers, own)
    };
    while let Some(part) = waiting.iter().rposition(|cells| !cells.is_empty()) {
        let taken = bytes(&mesh, &polygons, &waiting, 0, net.outputs());
        let limit = reached(&polygons, area, taken);
        if limit.is_some() {
            return (mesh, polygons, evaluations, limit);
        }
        let last = waiting[part].len().saturating_sub(round);
        let cells = waiting[part].split_off(last);
        evaluations += cells.len();
        let question = Question { net, parts: &chain, plane, extent, mesh: &mesh };
        let verdicts = dealt(
            peers,
            (cells.len(), rows),
            |range| cell::judge(&question, part, &cells[range]),
            |_, found: &Vec<Verdict>, words| told::say(found, words),
            |_, heard| told::hear(heard),
            |found| found,
        );
        let verdicts: Vec<Verdict> = verdicts.into_iter().flatten().collect();
        let mut found: usize = verdicts.iter().map(Verdict::bytes).sum();
        for (cell, verdict) in cells.into_iter().zip(verdicts) {
            let own = verdict.bytes();
            match verdict {
                Verdict::Whole(whole) => {
                    area += whole.area;
                    polygons.push(polygon(cell.around, whole));
                }
                Verdict::Cut { lines, part, place } => {
                    let mut limit = None;
                    let mut go_on = |mesh: &Mesh, parts: usize| {
                        let more = parts + found;
                        let bytes = bytes(mesh, &polygons, &waiting, more, net.outputs());
                        limit = reached(&polygons, area, bytes);
                        limit.is_none()
                    };
                    let Some(parts) = mesh.cut_all(cell.around, &lines, &mut go_on) else {
                        return (mesh, polygons, evaluations, limit);
                    };
                    let cell = |around| Cell { around, place: place.clone() };
                    waiting[part].extend(parts.into_iter().map(cell));
                }
            }
            found -= own;
        }
    }
    (mesh, polygons, evaluations, None)
}

fn polygon(vertices: Vec<u32>, whole: Whole) -> Polygon {
    let Whole { center, area, hash, values, gradients: [along_u, along_v] } = whole;
    Polygon { vertices, center, area, hash, values, along_u, along_v }
}

/// An estimate of the memory that the search has taken and that counting will take, with the bytes of what is being cut
/// (`more`). A polygon has about four corners, and about as many sides are sorted; small lists come with
/// 16 bytes of the allocator's each.
fn bytes(
    mesh: &Mesh,
    polygons: &[Polygon],
    waiting: &[Vec<Cell>],
    more: usize,
    outputs: usize,
) -> usize {
    let vertices = mesh.vertices.capacity() * size_of::<[f64; 2]>();
    let splits = mesh.splits.capacity() * (size_of::<(Edge, u32)>() + 1);
    let polygon = size_of::<Polygon>() + 4 * (4 + 12) + 3 * 8 * outputs + 4 * 16;
    let cell = size_of::<Cell>() + 4 * 4 + 16;
    let cells = || waiting.iter().flatten();
    let functions = cells().map(|cell| {
        let functions = &cell.place.functions;
        functions.bytes() / Arc::strong_count(functions)
    });
    vertices
        + splits
        + polygons.len() * polygon
        + cells().count() * cell
        + functions.sum::<usize>()
        + more
}

/// Counts what was found.
fn answer(
    plane: &Plane,
    window: Window,
    mesh: Mesh,
    mut polygons: Vec<Polygon>,
    evaluations: usize,
    stopped_by: Option<Limit>,
) -> Slice {
    let (mut borders, mut corners) = (Vec::new(), Vec::new());
    for (index, polygon) in polygons.iter_mut().enumerate() {
        corners.clear();
        corners.extend(mesh.points(&polygon.vertices));
        borders.extend(border::borders(index, polygon, &corners));
        polygon.vertices = mesh.expand(&polygon.vertices);
    }
    let counts = topology::count(&polygons, &mesh.vertices);
    let area = polygons.iter().fold(0.0, |sum, polygon| sum + polygon.area); // of none 0, not −0
    let area_error = (area - window.area()).abs();
    let euler = counts.vertices as i64 - counts.edges as i64 + polygons.len() as i64;
    let size = polygons.iter().map(|polygon| largest(&polygon.values)).fold(0.0, f64::max);
    let filled = area_error <= AGREES * window.area() && euler == 1;
    let continuous = counts.continuity_error <= AGREES * size;
    let regions: HashSet<u64> = polygons.iter().map(|polygon| polygon.hash).collect();
    Slice {
        plane: plane.clone(),
        window,
        complete: stopped_by.is_none(),
        stopped_by,
        vertices: mesh.vertices,
        area,
        area_error,
        corners: counts.vertices,
        edges: counts.edges,
        euler,
        continuity_error: counts.continuity_error,
        consistent: continuous && (filled || stopped_by.is_some()),
        regions: regions.len(),
        pieces: counts.pieces,
        borders,
        evaluations,
        polygons,
    }
}

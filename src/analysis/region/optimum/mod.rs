//! The best input inside a region, and the nearest one with another decision, each with a proof of how
//! good it is.
//!
//! Inside a region the net is `A x + c`, and the region is a polytope: both questions are convex programs
//! of a few hundred variables. Of the thousands of boundaries few matter, so boundaries are added only as answers
//! overstep them (cutting planes: Kelley, *J. SIAM* 8, 1960). The programs are solved by the interior-point
//! method of the crate `clarabel` (Goulart and Chen, arXiv 2405.12762).
//!
//! The solver is not taken at its word. From its multipliers a bound is worked out here that holds for any
//! multipliers that are not negative (weak duality), and the answer is measured on the net: see
//! [`Optimum::bound`] and [`Point`].

mod program;
mod region;

use crate::analysis::checks;
use crate::analysis::norm::Norm;
use crate::analysis::pattern::Unit;
use crate::error::{Error, Result};
use crate::layer::Layer;
use ndarray::{Array1, ArrayView1, Axis};
use program::{Limits, Program, Solved};
use region::{Cut, Met, Region};
use serde::Serialize;
use std::cell::Cell;
use std::collections::HashSet;
use std::ops::ControlFlow;

/// How far a boundary may be overstepped and how large a gap may be in an answer called optimal, as a part of
/// the length (the radius; the widest side of the box; the distance to the decision without boundaries) and of
/// the value gained over that length. An interior-point solver in double precision reaches `1e-8` to
/// `1e-9` of its numbers; the rest is the room that sums over a thousand inputs take.
pub const TOLERANCE: f64 = 1e-7;

/// How many times the distance without boundaries counts as out of reach.
const OUT_OF_REACH: f64 = 1e4;

/// Boundaries added in one round, those overstepped most.
const WALLS_A_ROUND: usize = 64;

/// Rounds after which an answer is given up.
const ROUNDS: usize = 100;

/// Where the best input is looked for, besides the region.
#[derive(Clone, Debug, PartialEq)]
pub enum Within {
    /// Changes of at most this size.
    Ball {
        /// How changes are measured.
        norm: Norm,
        /// The largest change, in units of the input; positive.
        radius: f64,
    },
    /// Inputs with `low ≤ x ≤ high`, number by number: the range of the data.
    Box {
        /// The least values, as many as inputs.
        low: Array1<f64>,
        /// The largest values, as many as inputs.
        high: Array1<f64>,
    },
}

/// What came of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// The point is inside to within [`TOLERANCE`], and the bound proves it the best to within the same.
    Optimal,
    /// No input of the region will do. The bound proves how far around `x` there is none: everywhere, or at
    /// least 10,000 times as far as another class would be without boundaries. (The multipliers of an impossible
    /// program cancel to the digits that the solver reaches, so in an unbounded region it is a number.)
    Infeasible,
    /// The solver or the rounds did not suffice: the bound holds, and the point is what was reached.
    NotSolved,
}

/// An input that was found, and what the net makes of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Point {
    /// The input.
    pub input: Vec<f64>,
    /// The outputs there by the map of the region.
    pub outputs: Vec<f64>,
    /// The outputs there by the net's forward pass.
    pub forward: Vec<f64>,
    /// The largest difference between the two: rounding, and behind an overstepped boundary what the net's
    /// other map adds over that violation.
    pub disagreement: f64,
    /// What was to be large (a difference of outputs) or small (a distance).
    pub objective: f64,
    /// How far the objective is from the bound: by at most this could another point be better. Slightly
    /// negative where the point oversteps a boundary or misses the target by the tolerance.
    pub gap: f64,
    /// By how much the farthest overstepped boundary is overstepped, and by how much the target is missed: the
    /// larger, as a distance in l2. Zero if neither.
    pub violation: f64,
    /// The switches on whose boundary the point lies (to within [`TOLERANCE`]).
    pub active: Vec<Unit>,
}

/// The answer to a search in a region.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Optimum {
    /// What came of it.
    pub status: Status,
    /// What no point of the region is better than. It follows from the multipliers by weak duality, worked
    /// out apart from the solver, and is wrong by rounding alone. For an infeasible search for the nearest
    /// point: the distance that one would have at least, none where that is infinite.
    pub bound: Option<f64>,
    /// How often the program was solved.
    pub rounds: usize,
    /// How many boundaries were written out in the end.
    pub boundaries: usize,
    /// How many switches are boundaries at all.
    pub boundaries_of_region: usize,
    /// The best point found; none if there is none.
    pub point: Option<Point>,
}

impl Optimum {
    /// The answer for a class that nothing favors.
    fn out_of_reach(region: &Region<'_>) -> Self {
        let boundaries_of_region = region.meet(&Array1::zeros(region.x.len())).0.len();
        let status = Status::Infeasible;
        Self { status, bound: None, rounds: 0, boundaries: 0, boundaries_of_region, point: None }
    }

    /// Whether this is the better answer to the same question: what is optimal, and nearer, comes first;
    /// what cannot be comes last.
    fn comes_before(&self, other: &Self) -> bool {
        let rank = |optimum: &Self| match optimum.status {
            Status::Optimal => 0,
            Status::NotSolved => 1,
            Status::Infeasible => 2,
        };
        let distance =
            |optimum: &Self| optimum.point.as_ref().map_or(f64::INFINITY, |p| p.objective);
        (rank(self), distance(self)) < (rank(other), distance(other))
    }

    /// Takes the bound that all classes together leave, and what follows from it.
    fn weaken(&mut self, bound: Option<f64>) {
        let Some(point) = &mut self.point else {
            self.bound = bound;
            return;
        };
        let lost = match (self.bound, bound) {
            (Some(own), Some(all)) => own - all,
            _ => 0.0,
        };
        point.gap += lost;
        // A class that was not solved, or whose bound is lower, may hide a nearer point.
        if lost > TOLERANCE * point.objective {
            self.status = Status::NotSolved;
        }
        self.bound = bound;
    }
}

/// The nearest input of a region at which another class wins.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Counterfactual {
    /// The class predicted at `x`.
    pub from: usize,
    /// The class that draws level at the point found; of an infeasible search the one asked for, or the last
    /// one tried.
    pub to: usize,
    /// How the change was measured.
    pub norm: Norm,
    /// The point at which the two classes draw level, with the distance as its objective.
    pub optimum: Optimum,
}

/// How far the search for an [`Optimum`] has come.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct OptimumProgress {
    /// How often the program was solved.
    pub rounds: usize,
    /// How many boundaries were written out.
    pub boundaries: usize,
    /// How far the last answer oversteps a boundary at most, in units of the input.
    pub overstepped: f64,
}

/// Who is told of each round, and says whether there is to be another.
type OptimumWatch<'a> = dyn FnMut(OptimumProgress) -> ControlFlow<()> + 'a;

/// What is looked for.
#[derive(Clone, Copy)]
enum Goal {
    /// The largest `start + v·d`.
    Highest { start: f64, ball: Option<(Norm, f64)> },
    /// The smallest `‖d‖` with `v·d ≥ lead`.
    Nearest { norm: Norm, lead: f64 },
}

struct Search<'a> {
    region: &'a Region<'a>,
    goal: Goal,
    v: Array1<f64>,
    limits: Option<&'a Limits>,
    scale: f64,
}

impl Search<'_> {
    fn solve(&self, cuts: &[Cut]) -> Solved {
        let (scale, limits) = (self.scale, self.limits);
        match self.goal {
            Goal::Highest { ball, .. } => Program { scale, cuts, limits, ball }.highest(&self.v),
            Goal::Nearest { norm, lead } => {
                Program { scale, cuts, limits, ball: None }.nearest(norm, &self.v, lead)
            }
        }
    }

    /// The bound that these multipliers prove. They are those of a program whose lengths are in units of
    /// `scale` and whose rows and objective have length 1.
    fn bound(&self, cuts: &[Cut], solved: &Solved) -> f64 {
        let length = Norm::L2.of(&self.v);
        let unit = if length > 0.0 { &self.v / length } else { self.v.clone() };
        let mut w = Array1::<f64>::zeros(unit.len());
        let mut offsets = 0.0;
        for (cut, &multiplier) in cuts.iter().zip(&solved.cuts) {
            w.scaled_add(multiplier, &cut.gradient);
            offsets += multiplier * cut.offset;
        }
        match self.goal {
            // v·d ≤ (v + Σλg)·d + Σλz, since each g·d + z ≥ 0; the first term is at most the support of
            // the ball or box.
            Goal::Highest { start, ball } => {
                w += &unit;
                let support = match (ball, self.limits) {
                    (Some((norm, radius)), _) => radius * norm.dual().of(&w),
                    (None, Some(limits)) => limits.support(&w),
                    (None, None) => {
                        unreachable!("the highest point is looked for in a ball or box")
                    }
                };
                let gained = support + offsets;
                start + if length > 0.0 { length * gained } else { 0.0 }
            }
            // With w = Σλg + μv − u: ‖w‖*·‖d‖ ≥ w·d ≥ −Σλz + μ·lead − support(u).
            Goal::Nearest { norm, lead } => {
                w.scaled_add(solved.target, &unit);
                let promised = solved.target * lead / length - offsets;
                let at_least = |u: &Array1<f64>| {
                    let support = self.limits.map_or(0.0, |limits| limits.support(u));
                    let (promised, size) = (promised - support, norm.dual().of(&(&w - u)));
                    if promised <= 0.0 { 0.0 } else { promised / size }
                };
                // An infeasible program has multipliers that leave nothing of w.
                let nothing_left = if self.limits.is_some() { at_least(&w) } else { 0.0 };
                at_least(&solved.limits).max(nothing_left)
            }
        }
    }

    /// The part of the change up to the first boundary. A boundary that the input itself lies on, or one that
    /// takes more than the tolerance of the change, is left overstepped and reported.
    fn pulled_back(&self, change: Array1<f64>) -> Array1<f64> {
        if matches!(self.goal, Goal::Nearest { .. }) {
            return change; // it would no longer reach its target
        }
        let (met, _) = self.region.meet(&change);
        let part = |met: &Met| met.before / (met.before - met.after);
        let part = met.iter().filter(|m| m.after < 0.0).map(part).fold(1.0, f64::min);
        if part >= 1.0 - 10.0 * TOLERANCE { change * part } else { change }
    }

    fn point(&self, change: &Array1<f64>, met: &[Met], outputs: Vec<f64>, bound: f64) -> Point {
        let input = &self.region.x + change;
        let forward = self.region.net.forward(input.clone().insert_axis(Axis(0))).row(0).to_vec();
        let differences = outputs.iter().zip(&forward).map(|(a, b)| (a - b).abs());
        let disagreement = differences.fold(0.0, f64::max);
        let overstepped = met.iter().map(|met| -met.after).fold(0.0, f64::max);
        let gained = self.v.dot(change);
        let (objective, gap, missed) = match self.goal {
            Goal::Highest { start, .. } => (start + gained, bound - (start + gained), 0.0),
            Goal::Nearest { norm, lead } => {
                let distance = norm.of(change);
                let missed = (lead - gained) / Norm::L2.of(&self.v);
                (distance, distance - bound, missed)
            }
        };
        let near = |met: &&Met| met.after.abs() <= TOLERANCE * self.scale;
        Point {
            input: input.to_vec(),
            outputs,
            forward,
            disagreement,
            objective,
            gap,
            violation: overstepped.max(missed),
            active: met.iter().filter(near).map(|met| met.unit).collect(),
        }
    }

    fn run(&self, watch: &mut OptimumWatch<'_>) -> Optimum {
        let mut cuts: Vec<Cut> = Vec::new();
        let mut known: HashSet<(usize, usize)> = HashSet::new();
        let key = |unit: &Unit| (unit.layer, unit.unit);
        for round in 1.. {
            let solved = self.solve(&cuts);
            let bound = self.bound(&cuts, &solved);
            let answer = |status, boundaries_of_region, point| Optimum {
                status,
                bound: bound.is_finite().then_some(bound),
                rounds: round,
                boundaries: cuts.len(),
                boundaries_of_region,
                point,
            };
            let (met, _) = self.region.meet(&solved.change);
            if solved.infeasible {
                let proved = bound >= OUT_OF_REACH * self.scale;
                let status = if proved { Status::Infeasible } else { Status::NotSolved };
                return answer(status, met.len(), None);
            }
            if solved.change.iter().any(|d| !d.is_finite()) {
                return answer(Status::NotSolved, met.len(), None);
            }
            let mut over: Vec<&Met> = met
                .iter()
                .filter(|m| {
                    m.after < -0.1 * TOLERANCE * self.scale && !known.contains(&key(&m.unit))
                })
                .collect();
            over.sort_by(|a, b| a.after.total_cmp(&b.after));
            over.truncate(WALLS_A_ROUND);
            let progress = OptimumProgress {
                rounds: round,
                boundaries: cuts.len(),
                overstepped: over.first().map_or(0.0, |met| -met.after),
            };
            if over.is_empty() || round == ROUNDS || watch(progress).is_break() {
                let change = self.pulled_back(solved.change);
                let (met, outputs) = self.region.meet(&change);
                let point = self.point(&change, &met, outputs, bound);
                let worth = match self.goal {
                    Goal::Highest { .. } => Norm::L2.of(&self.v) * self.scale,
                    Goal::Nearest { .. } => self.scale.max(point.objective),
                };
                // A bound infinitely low or high makes the gap no number, which is not small.
                let proved = point.gap <= TOLERANCE * worth;
                let inside = point.violation <= TOLERANCE * self.scale;
                let status = if proved && inside { Status::Optimal } else { Status::NotSolved };
                return answer(status, met.len(), Some(point));
            }
            let units: Vec<Unit> = over.iter().map(|met| met.unit).collect();
            known.extend(units.iter().map(key));
            cuts.extend(self.region.cuts(&units));
        }
        unreachable!("the last round returns")
    }
}

/// Limits on the change instead of on the input.
fn limits(
    what: &str,
    x: ArrayView1<'_, f64>,
    low: &Array1<f64>,
    high: &Array1<f64>,
) -> Result<Limits> {
    for (side, values) in [("low", low), ("high", high)] {
        checks::vector(format_args!("{what}: {side}"), x.len(), values.view())?;
    }
    let outside = |(_, ((x, low), high)): &(usize, ((&f64, &f64), &f64))| !(low <= x && x <= high);
    if let Some((i, ((x, low), high))) = x.iter().zip(low).zip(high).enumerate().find(outside) {
        let what = format!("{what}: number {i} of the input");
        return Err(Error::new(what, format!("{low} to {high}, inside the box"), x));
    }
    Ok(Limits { low: low - &x, high: high - &x })
}

/// The widest side, or 1 for a box that is one point.
fn widest(limits: &Limits) -> f64 {
    let sides = limits.high.iter().zip(&limits.low).map(|(high, low)| high - low);
    let widest = sides.fold(0.0, f64::max);
    if widest > 0.0 { widest } else { 1.0 }
}

/// The input that raises output `k` most, or its lead `y_k − y_j` over output `j` if `against` names one:
/// inside the region of `x`, where the net is one map, and within a ball around `x` or a box.
///
/// A switch exactly on its boundary counts as closed and stays so; of a max-pool's window with a tie the
/// tied inputs stay equal.
///
/// Cost: a [`margin`](super::margin), and in each round a convex program in as many variables as inputs
/// (twice as many for l1) with the boundaries met so far, and the identity pushed through the net.
///
/// ```
/// use ndarray::{array, Array1};
/// use switchnet::analysis::{Norm, Status, Within, region_optimum};
/// use switchnet::layer::Switch;
/// // relu(x₀): inside the region of x₀ = 1 and at most 3 away, best at x₀ = 4.
/// let net = Switch::<f64>::relu(1);
/// let within = Within::Ball { norm: Norm::L2, radius: 3.0 };
/// let best = region_optimum(&net, array![1.0].view(), 0, None, &within)?;
/// assert_eq!(best.status, Status::Optimal);
/// assert!((best.point.expect("it is optimal").input[0] - 4.0).abs() <= 1e-6);
/// # Ok::<(), switchnet::Error>(())
/// ```
///
/// # Errors
/// If the net is not piecewise linear; if `x` has another length than the net takes, has numbers that are
/// not finite or lies outside the box; if there is no such output, `k` is `j`, the radius is not positive
/// and finite or the box has another length.
pub fn region_optimum(
    net: &dyn Layer<f64>,
    x: ArrayView1<'_, f64>,
    k: usize,
    against: Option<usize>,
    within: &Within,
) -> Result<Optimum> {
    region_optimum_watched(net, x, k, against, within, &mut |_| ControlFlow::Continue(()))
}

/// The same, where `watch` is told of each round but the last. After `Break` the answer is what was reached: its bound
/// holds, but its point may overstep boundaries ([`Point::violation`]), and the status is [`Status::NotSolved`] then.
///
/// ```
/// use std::ops::ControlFlow::Break;
/// use switchnet::analysis::{Norm, Within, region_optimum, region_optimum_watched};
/// let net = switchnet::net::zoo::mlp(&[4], &[32], 2, 1).build::<f64>()?;
/// let x = ndarray::array![0.5, -1.0, 0.25, 1.0];
/// let within = Within::Ball { norm: Norm::L2, radius: 100.0 };
/// let best = region_optimum(&net, x.view(), 0, None, &within)?;
/// let first = region_optimum_watched(&net, x.view(), 0, None, &within, &mut |_| Break(()))?;
/// assert!(best.rounds > 1 && first.rounds == 1);
/// assert!(first.bound >= best.point.map(|point| point.objective));
/// # Ok::<(), switchnet::Error>(())
/// ```
///
/// # Errors
/// As [`region_optimum`].
pub fn region_optimum_watched(
    net: &dyn Layer<f64>,
    x: ArrayView1<'_, f64>,
    k: usize,
    against: Option<usize>,
    within: &Within,
    watch: &mut dyn FnMut(OptimumProgress) -> ControlFlow<()>,
) -> Result<Optimum> {
    const WHAT: &str = "region optimum";
    let region = Region::new(WHAT, net, x)?;
    for output in [Some(k), against].into_iter().flatten() {
        check_output(WHAT, net, output)?;
    }
    if against == Some(k) {
        let what = format!("{WHAT}: output to lead over");
        return Err(Error::new(what, format!("another output than {k}"), k));
    }
    let (ball, limits) = match within {
        Within::Ball { norm, radius } => {
            if !(radius.is_finite() && *radius > 0.0) {
                return Err(Error::new(format!("{WHAT}: radius"), "a positive number", radius));
            }
            (Some((*norm, *radius)), None)
        }
        Within::Box { low, high } => (None, Some(limits(WHAT, x, low, high)?)),
    };
    let scale = ball.map_or_else(|| limits.as_ref().map_or(1.0, widest), |(_, radius)| radius);
    let y = &region.measured.outputs;
    let goal = Goal::Highest { start: y[k] - against.map_or(0.0, |j| y[j]), ball };
    let v = region.row(k, against);
    Ok(Search { region: &region, goal, v, limits: limits.as_ref(), scale }.run(watch))
}

fn check_output(what: &str, net: &dyn Layer<f64>, output: usize) -> Result<()> {
    if output >= net.outputs() {
        let expected = format!("below {}", net.outputs());
        return Err(Error::new(format!("{what}: output"), expected, output));
    }
    Ok(())
}

/// The nearest input, inside the region of `x`, at which class `to` draws level with the class predicted
/// at `x`; or whichever class does first, if `to` names none. A step beyond it the prediction is another,
/// unless a boundary lies there.
///
/// `bounds` are the least and the largest values that inputs may have, if given.
///
/// If the optimum is [infeasible](Status::Infeasible), the class cannot win inside this region; it may
/// behind one of its boundaries. Where a boundary is farther than the point found, as [`margin`](super::margin)
/// says, no input of any region is nearer.
///
/// Cost: as [`region_optimum`], for each class whose distance without boundaries is below the best found.
///
/// # Errors
/// If the net is not piecewise linear or has one output; if `x` or a bound has another length than the
/// net takes or numbers that are not finite, or `x` is outside the bounds; if `to` is no output or is
/// the class predicted.
pub fn counterfactual(
    net: &dyn Layer<f64>,
    x: ArrayView1<'_, f64>,
    to: Option<usize>,
    norm: Norm,
    bounds: Option<(&Array1<f64>, &Array1<f64>)>,
) -> Result<Counterfactual> {
    counterfactual_watched(net, x, to, norm, bounds, &mut |_| ControlFlow::Continue(()))
}

/// The same, where `watch` is told of each round of each class but its last. After `Break` the answer is what was reached, and
/// no further class is searched for: the bound holds for these too.
///
/// ```
/// use std::ops::ControlFlow::Break;
/// use switchnet::analysis::{Norm, counterfactual, counterfactual_watched};
/// let net = switchnet::net::zoo::mlp(&[12], &[64, 64], 3, 1).build::<f64>()?;
/// let x = ndarray::Array1::linspace(-1.0, 1.0, 12);
/// let nearest = counterfactual(&net, x.view(), None, Norm::L2, None)?;
/// let mut told = 0;
/// let watch = &mut |_| {
///     told += 1;
///     Break(())
/// };
/// let reached = counterfactual_watched(&net, x.view(), None, Norm::L2, None, watch)?;
/// assert_eq!(told, 1);
/// assert!(reached.optimum.bound <= nearest.optimum.bound);
/// # Ok::<(), switchnet::Error>(())
/// ```
///
/// # Errors
/// As [`counterfactual`].
pub fn counterfactual_watched(
    net: &dyn Layer<f64>,
    x: ArrayView1<'_, f64>,
    to: Option<usize>,
    norm: Norm,
    bounds: Option<(&Array1<f64>, &Array1<f64>)>,
    watch: &mut dyn FnMut(OptimumProgress) -> ControlFlow<()>,
) -> Result<Counterfactual> {
    const WHAT: &str = "counterfactual";
    let region = Region::new(WHAT, net, x)?;
    if net.outputs() < 2 {
        let what = format!("{WHAT}: outputs of the net");
        return Err(Error::new(what, "at least 2", net.outputs()));
    }
    let limits = bounds.map(|(low, high)| limits(WHAT, x, low, high)).transpose()?;
    let (y, from) = (&region.measured.outputs, region.measured.class);
    if let Some(to) = to {
        check_output(WHAT, net, to)?;
        if to == from {
            let what = format!("{WHAT}: class to win");
            return Err(Error::new(what, format!("another class than {from}"), to));
        }
    }
    // Without boundaries the distance is known, which is a bound: nearest first.
    let alone = |j: usize| {
        let size = region.measured.leads.dual(norm, j);
        if size > 0.0 { (y[from] - y[j]) / size } else { f64::INFINITY }
    };
    let others = (0..net.outputs()).filter(|&j| to.map_or(j != from, |to| j == to));
    let mut classes: Vec<(usize, f64)> = others.map(|j| (j, alone(j))).collect();
    classes.sort_by(|a, b| a.1.total_cmp(&b.1));
    let ended = Cell::new(false);
    let mut watch = |progress| {
        let flow = watch(progress);
        ended.set(flow.is_break());
        flow
    };
    let mut nearest = |(class, alone): (usize, f64)| {
        let optimum = if alone.is_finite() {
            let goal = Goal::Nearest { norm, lead: y[from] - y[class] };
            let v = region.row(class, Some(from));
            let scale = if alone > 0.0 { alone } else { 1.0 };
            Search { region: &region, goal, v, limits: limits.as_ref(), scale }.run(&mut watch)
        } else {
            Optimum::out_of_reach(&region) // no change of the input favors this class
        };
        Counterfactual { from, to: class, norm, optimum }
    };
    let mut best = nearest(classes[0]);
    let mut bound = best.optimum.bound;
    for &class in &classes[1..] {
        let reached = best.optimum.point.as_ref().map_or(f64::INFINITY, |point| point.objective);
        if class.1 >= reached {
            break;
        }
        // No bound is an infinite one.
        let least = |other| [bound, other].into_iter().flatten().reduce(f64::min);
        if ended.get() {
            bound = least(Some(class.1)); // that of the classes behind it is higher
            break;
        }
        let next = nearest(class);
        bound = least(next.optimum.bound);
        if next.optimum.comes_before(&best.optimum) {
            best = next;
        }
    }
    best.optimum.weaken(bound);
    Ok(best)
}

//! Runs a plan: forward, with a record, and back through the record.

use super::graph::{Node, Op};
use super::plan::{Plan, Step, Work};
use super::sweeps;
use crate::aligned::{self, Recycled};
use crate::layer::{Dims, Layer, LinearMap, Noise, See, checked};
use crate::scalar::{Matrix, Scalar};
use ndarray::{Axis, concatenate, s};

/// The values that are alive, by their number less that of the first.
struct Values<T> {
    from: usize,
    all: Vec<Option<Matrix<T>>>,
}

impl<T: Scalar> Values<T> {
    fn new(plan: &Plan) -> Self {
        let last = plan.steps.last().map_or(plan.from, |step| step.nodes.end);
        Self { from: plan.from, all: vec![None; last - plan.from + 1] }
    }

    fn put(&mut self, value: usize, m: Matrix<T>) {
        self.all[value - self.from] = Some(m);
    }

    fn take(&mut self, value: usize) -> Option<Matrix<T>> {
        self.all[value - self.from].take()
    }

    /// A value to work on: itself if nobody reads it afterwards, otherwise a copy.
    fn read(&mut self, (value, last): (usize, bool)) -> Matrix<T> {
        let at = &mut self.all[value - self.from];
        let m = if last { at.take() } else { at.as_ref().map(|m| copy(m)) };
        m.expect("a plan reads what is there")
    }

    /// Adds to a value, or makes it.
    fn add(&mut self, value: usize, m: Matrix<T>) {
        match &mut self.all[value - self.from] {
            Some(sum) => {
                *sum += &m;
                drop(Recycled::from(m));
            }
            empty => *empty = Some(m),
        }
    }
}

fn copy<T: Scalar>(m: &Matrix<T>) -> Matrix<T> {
    aligned::rows(m.view(), 0..m.nrows())
}

/// The sum of what an addition reads, in the order in which it does.
fn sum<T: Scalar>(values: &mut Values<T>, reads: &[(usize, bool)]) -> Matrix<T> {
    let mut sum = values.read(reads[0]);
    for &read in &reads[1..] {
        let other = Recycled::from(values.read(read));
        sum += &*other;
    }
    sum
}

/// What a concatenation reads, side by side.
fn joined<T: Scalar>(values: &mut Values<T>, reads: &[(usize, bool)]) -> Matrix<T> {
    let parts: Vec<Matrix<T>> = reads.iter().map(|&read| values.read(read)).collect();
    let views: Vec<_> = parts.iter().map(|part| part.view()).collect();
    concatenate(Axis(1), &views).expect("values of one batch have as many rows")
}

fn layer<'a, T>(nodes: &'a [Node<T>], step: &Step) -> (usize, &'a dyn Layer<T>) {
    let at = step.nodes.start;
    match &nodes[at].op {
        Op::Layer(layer) => (at, layer.as_ref()),
        _ => unreachable!("the plan says that it is a layer"),
    }
}

/// The output for each row of `x`.
pub(super) fn forward<T: Scalar>(nodes: &[Node<T>], plan: &Plan, x: Matrix<T>) -> Matrix<T> {
    let mut values = Values::new(plan);
    values.put(plan.from, checked("net", x, plan.inputs));
    for step in &plan.steps {
        let y = match step.work {
            Work::Layer => layer(nodes, step).1.forward(values.read(step.reads[0])),
            Work::Sweep { .. } => {
                sweeps::of(&nodes[step.nodes.clone()]).forward(values.read(step.reads[0]))
            }
            Work::Add => sum(&mut values, &step.reads),
            Work::Concat => joined(&mut values, &step.reads),
        };
        values.put(step.nodes.end, y);
    }
    let output = values.all.pop().flatten();
    output.expect("the last step gives the output")
}

/// The output for each row of `x`, and the Jacobian there.
pub(super) fn linearize<'a, T: Scalar>(
    nodes: &'a [Node<T>],
    plan: &'a Plan,
    x: Matrix<T>,
    noise: Option<Noise>,
) -> (Matrix<T>, Box<dyn LinearMap<T> + 'a>) {
    let mut values = Values::new(plan);
    values.put(plan.from, checked("net", x, plan.inputs));
    let mut maps = Vec::with_capacity(plan.steps.len());
    for step in &plan.steps {
        let (y, map) = match step.work {
            Work::Layer => {
                let (at, layer) = layer(nodes, step);
                let x = values.read(step.reads[0]);
                let (y, map) = match noise {
                    Some(noise) => layer.linearize_with(x, noise.part(at)),
                    None => layer.linearize(x),
                };
                (y, Some(map))
            }
            Work::Sweep { .. } => {
                let sweep = sweeps::of(&nodes[step.nodes.clone()]);
                let (y, map) = sweep.linearize(values.read(step.reads[0]));
                (y, Some(map))
            }
            Work::Add => (sum(&mut values, &step.reads), None),
            Work::Concat => (joined(&mut values, &step.reads), None),
        };
        values.put(step.nodes.end, y);
        maps.push(map);
    }
    let output = values.all.pop().flatten();
    (output.expect("the last step gives the output"), Box::new(Recorded { plan, maps }))
}

/// The record of a pass: the map of each step that is not a mere sum or concatenation.
struct Recorded<'a, T> {
    plan: &'a Plan,
    maps: Vec<Option<Box<dyn LinearMap<T> + 'a>>>,
}

impl<T: Scalar> Recorded<'_, T> {
    /// Where concatenated values begin and end.
    fn pieces(&self, step: &Step) -> Vec<(usize, std::ops::Range<usize>)> {
        let mut end = 0;
        let piece = |&(value, _): &(usize, bool)| {
            end += self.width(value);
            (value, end - self.width(value)..end)
        };
        step.reads.iter().map(piece).collect()
    }

    fn width(&self, value: usize) -> usize {
        let made = self.plan.steps.iter().find(|step| step.nodes.end == value);
        made.map_or(self.plan.inputs, |step| step.width)
    }
}

impl<T: Scalar> LinearMap<T> for Recorded<'_, T> {
    fn dims(&self) -> Dims {
        let rows = self.maps.iter().flatten().find_map(|map| map.dims().rows);
        Dims { rows, inputs: self.plan.inputs, outputs: self.plan.outputs }
    }

    fn jvp(&self, dx: Matrix<T>, mut see: See<'_, T>) -> Matrix<T> {
        let mut values = Values::new(self.plan);
        values.put(self.plan.from, checked("net", dx, self.plan.inputs));
        for (step, map) in self.plan.steps.iter().zip(&self.maps) {
            let dy = match (map, step.work) {
                (Some(map), _) => {
                    // A new borrow for each layer.
                    let see: See<'_, T> = match &mut see {
                        Some(see) => Some(&mut **see),
                        None => None,
                    };
                    map.jvp(values.read(step.reads[0]), see)
                }
                (None, Work::Concat) => joined(&mut values, &step.reads),
                (None, _) => sum(&mut values, &step.reads),
            };
            values.put(step.nodes.end, dy);
        }
        values.all.pop().flatten().expect("the last step gives the output")
    }

    fn vjp(&self, dy: Matrix<T>, grad: &mut [T], want_dx: bool) -> Option<Matrix<T>> {
        let Plan { from, steps, outputs, parameters, .. } = self.plan;
        // Above here nobody needs the gradient of a value, unless that of the input is wanted.
        let with_gradient = !grad.is_empty();
        assert!(!with_gradient || grad.len() == *parameters, "net: a gradient of {parameters}");
        let mut wanted = vec![false; steps.last().map_or(0, |step| step.nodes.end - from) + 1];
        wanted[0] = want_dx;
        for step in steps {
            let below = step.reads.iter().any(|(value, _)| wanted[value - from]);
            wanted[step.nodes.end - from] = below || (with_gradient && !step.parameters.is_empty());
        }
        let mut values = Values::new(self.plan);
        let last = steps.last().map_or(*from, |step| step.nodes.end);
        values.put(last, checked("net", dy, *outputs));
        for (step, map) in steps.iter().zip(&self.maps).rev() {
            if !wanted[step.nodes.end - from] {
                continue; // nothing below it is wanted
            }
            let dy = values.take(step.nodes.end).expect("every value is read by a later step");
            match (map, step.work) {
                (Some(map), _) => {
                    let value = step.reads[0].0;
                    let own = if with_gradient { step.parameters.clone() } else { 0..0 };
                    if let Some(dx) = map.vjp(dy, &mut grad[own], wanted[value - from]) {
                        values.add(value, dx);
                    }
                }
                (None, Work::Concat) => {
                    for (value, columns) in self.pieces(step) {
                        if wanted[value - from] {
                            values.add(value, dy.slice(s![.., columns]).to_owned());
                        }
                    }
                }
                (None, _) => {
                    for &(value, _) in step.reads.iter().filter(|(value, _)| wanted[value - from]) {
                        values.add(value, copy(&dy));
                    }
                }
            }
        }
        if want_dx { values.take(*from) } else { None }
    }

    fn constant(&self) -> Option<Matrix<T>> {
        let rows = self.dims().rows.unwrap_or(1);
        let mut values = Values::new(self.plan);
        let broadcast = |m: Matrix<T>| match m.broadcast((rows, m.ncols())) {
            Some(all) if m.nrows() != rows => all.to_owned(),
            _ => m,
        };
        values.put(self.plan.from, Matrix::zeros((rows, self.plan.inputs)));
        let mut any = false;
        for (step, map) in self.plan.steps.iter().zip(&self.maps) {
            let y = match (map, step.work) {
                (Some(map), _) => {
                    let x = values.read(step.reads[0]);
                    let mut y = match any {
                        true => map.push(x),
                        false => Matrix::zeros((rows, step.width)), // zero so far
                    };
                    if let Some(constant) = map.constant() {
                        y += &broadcast(constant);
                        any = true;
                    }
                    y
                }
                (None, Work::Concat) => joined(&mut values, &step.reads),
                (None, _) => sum(&mut values, &step.reads),
            };
            values.put(step.nodes.end, y);
        }
        let constant = values.all.pop().flatten();
        constant.filter(|_| any)
    }
}

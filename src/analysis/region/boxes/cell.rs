//! What the net says of a part of the box of which some layers are decided.

use super::polytope::{Polytope, Side};
use super::{Cube, NOTHING, THIN, TOUCHING};
use crate::analysis::pattern;
use crate::analysis::pattern::boundaries;
use crate::analysis::pattern::settle::{Settled, Watch, is_small, settle};
use crate::analysis::rounding::{ROUNDING, largest};
use crate::analysis::rows::one_row;
use crate::error::{Error, Result};
use crate::layer::Layer;
use crate::scalar::Matrix;
use ndarray::ArrayView1;
use std::sync::Arc;

/// A part of the box on which no switch of the layers before `depth` flips.
#[derive(Clone)]
pub(super) struct Cell {
    pub polytope: Polytope,
    /// How many layers are decided.
    pub depth: usize,
    /// The switches of those layers, 64 to a number.
    pub open: Vec<u64>,
    /// How large their values were.
    pub watch: Watch,
    /// The layer that is being decided, if one is, and its first switch that is not.
    pub layer: Option<Arc<Functions>>,
    pub next: usize,
}

impl Cell {
    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        let shared = self.layer.as_ref().map_or(0, |layer| {
            8 * (layer.rows.len() + layer.noise.len()) / Arc::strong_count(layer)
        });
        size_of::<Self>() + self.polytope.bytes() + 8 * self.open.len() + shared
    }
}

/// A part of the box on which no switch flips.
pub(super) struct Whole {
    pub polytope: Polytope,
    pub open: Vec<u64>,
}

/// What came of a few steps with one cell.
#[derive(Default)]
pub(super) struct Judged {
    /// What is to be gone on with.
    pub waiting: Vec<Cell>,
    /// What is done.
    pub whole: Vec<Whole>,
    /// How many cells were found for each layer.
    pub layers: Vec<usize>,
    /// How many parts were left out, since they are too thin to tell.
    pub thin: usize,
    /// How often a boundary reached further into a part than rounding, but not as far as a ball of [`NOTHING`].
    pub touching: usize,
    /// How many points of the box were put through the net.
    pub passes: usize,
}

/// Cells that are gone on with before the budget is asked.
pub(super) const STEPS: usize = 32;

/// A few steps, none once time is `over`: the last cells first, so that few wait.
pub(super) fn judge(
    net: &dyn Layer<f64>,
    cube: &Cube<'_>,
    cell: &Cell,
    over: &dyn Fn() -> bool,
) -> Result<Judged> {
    let mut judged = Judged { layers: vec![0; cube.layers], ..Judged::default() };
    judged.waiting.push(cell.clone());
    for _ in 0..STEPS {
        if over() {
            break;
        }
        match judged.waiting.pop() {
            Some(cell) => step(net, cube, cell, &mut judged)?,
            None => break,
        }
    }
    Ok(judged)
}

/// Takes a cell as deep as one pass does, or cuts it once.
fn step(net: &dyn Layer<f64>, cube: &Cube<'_>, mut cell: Cell, judged: &mut Judged) -> Result<()> {
    let layers = judged.layers.len();
    let mut pass = None;
    while cell.depth < layers {
        let layer = match (cell.layer.take(), &mut pass) {
            (Some(layer), _) => layer,
            (None, Some(pass)) => Arc::new(functions(net, cube, &mut cell, pass)?),
            (None, None) => {
                judged.passes += 1;
                pass = Some(Pass::at(net, cube, &cell.polytope.center)?);
                continue;
            }
        };
        match cut(&cell.polytope, &layer, cell.next, cube.rounding, judged) {
            None => {
                let center = &cell.polytope.center;
                let open: Vec<bool> = layer.all().map(|row| value(row, center) > 0.0).collect();
                let words = open.chunks(64).map(|part| pattern::word(part.iter().copied()));
                cell.open.extend(words);
                judged.layers[cell.depth] += 1;
                (cell.depth, cell.next) = (cell.depth + 1, 0);
                if pass.is_none() && cell.depth < layers {
                    judged.waiting.push(cell);
                    return Ok(());
                }
            }
            Some((unit, Parts::One(side))) => {
                cell.polytope = cell.polytope.cut(side);
                (cell.next, cell.layer, pass) = (unit + 1, Some(layer), None);
            }
            Some((unit, Parts::Two(sides))) => {
                for side in sides {
                    judged.waiting.push(Cell {
                        polytope: cell.polytope.cut(side),
                        depth: cell.depth,
                        open: cell.open.clone(),
                        watch: cell.watch,
                        layer: Some(layer.clone()),
                        next: unit + 1,
                    });
                }
                return Ok(());
            }
        }
    }
    judged.whole.push(Whole { polytope: cell.polytope, open: cell.open });
    Ok(())
}

/// What is left of a cell at a boundary.
enum Parts {
    /// The side that the center is not on: what is on its own side is too thin.
    One(Side),
    Two([Side; 2]),
}

/// The first switch, from `next` on, whose boundary cuts the cell.
fn cut(
    polytope: &Polytope,
    layer: &Functions,
    next: usize,
    rounding: f64,
    judged: &mut Judged,
) -> Option<(usize, Parts)> {
    // Whether a side is a part. Of one that is not, it must be shown that it is not there: even if all its boundaries
    // moved as far as rounding may have moved this one, or that its boundary reaches no further into the cell than that.
    let mut is_part = |side: &Side, least: f64, rounding: f64| {
        if side.radius() > least {
            return true;
        }
        if side.bound() > NOTHING {
            judged.thin += 1;
        } else {
            let reach =
                || polytope.highest(side.row()).is_some_and(|(_, _, reach)| reach <= rounding);
            let is_gone = side.bound() < -rounding || reach();
            judged.touching += usize::from(!is_gone);
        }
        false
    };
    for unit in next..layer.noise.len() {
        let row = layer.row(unit);
        let (gradient, z) = row.split_at(row.len() - 1);
        let reach: f64 = gradient.iter().map(|g| g.abs()).sum();
        let rounding = layer.noise[unit].max(rounding).max(TOUCHING);
        if reach == 0.0 || z[0].abs() >= reach + rounding {
            continue; // it flips nowhere in the box
        }
        let sign = if value(row, &polytope.center) > 0.0 { -1.0 } else { 1.0 };
        let side =
            |sign: f64| polytope.side(gradient.iter().map(|g| sign * g), sign * z[0], -rounding);
        let least = rounding.max(THIN);
        let far = side(sign)?;
        if !is_part(&far, least, rounding) {
            continue;
        }
        let near = side(-sign)?;
        let parts = match is_part(&near, least, rounding) {
            true => Parts::Two([far, near]),
            false => Parts::One(far),
        };
        return Some((unit, parts));
    }
    None
}

/// The net at one point: the values of all switches, and their rates along the sides of the cube.
struct Pass {
    point: Vec<f64>,
    /// Where it is in the cube.
    place: Vec<f64>,
    values: Vec<Matrix<f64>>,
    rates: Vec<Matrix<f64>>,
    settled: Option<Vec<Settled>>,
}

impl Pass {
    fn at(net: &dyn Layer<f64>, cube: &Cube<'_>, center: &[f64]) -> Result<Self> {
        let point = cube.point(center);
        let (_, map) = net.linearize(one_row(ArrayView1::from(&point)));
        let values = boundaries::values(map.as_ref());
        let (_, rates) = boundaries::rates(map.as_ref(), cube.sides());
        for (layer, numbers) in values.iter().zip(&rates).enumerate() {
            if let Some(v) = numbers.0.iter().chain(numbers.1).find(|v| !v.is_finite()) {
                let what = format!("switches of layer {layer} of those that have some");
                return Err(Error::new(what, "finite numbers", v));
            }
        }
        let place = cube.place(&point);
        Ok(Self { point, place, values, rates, settled: None })
    }
}

/// The switches of one layer as functions of the cube: for each a gradient of length 1 and the value at the middle. One that
/// is the same everywhere has a gradient of zero.
pub(super) struct Functions {
    pub rows: Vec<f64>,
    pub inputs: usize,
    /// How far rounding may have moved the boundary of each.
    pub noise: Vec<f64>,
}

impl Functions {
    fn row(&self, unit: usize) -> &[f64] {
        &self.rows[unit * (self.inputs + 1)..][..self.inputs + 1]
    }

    fn all(&self) -> impl Iterator<Item = &[f64]> {
        self.rows.chunks_exact(self.inputs + 1)
    }
}

fn value(row: &[f64], x: &[f64]) -> f64 {
    row[..x.len()].iter().zip(x).map(|(g, x)| g * x).sum::<f64>() + row[x.len()]
}

/// Those of the layer that the cell is to be decided in next. By the rule for switches that are zero but for rounding.
fn functions(
    net: &dyn Layer<f64>,
    cube: &Cube<'_>,
    cell: &mut Cell,
    pass: &mut Pass,
) -> Result<Functions> {
    let place = &pass.place;
    let inputs = place.len();
    let (values, rates) = (&pass.values[cell.depth], &pass.rates[cell.depth]);
    let units = values.ncols();
    let size = |unit: usize| {
        values[[0, unit]].abs() + rates.column(unit).iter().map(|rate| rate.abs()).sum::<f64>()
    };
    let slices = rates.rows().into_iter().map(|row| largest(row.as_slice().expect("row-major")));
    let most = largest(values.as_slice().expect("row-major")) + slices.sum::<f64>();
    let limit = cell.watch.limit_of_lines(most);
    let small = (0..units).any(|unit| is_small(size(unit), limit));
    if small && pass.settled.is_none() {
        let sides = cube.sides();
        let along: Vec<&[f64]> =
            sides.rows().into_iter().map(|row| row.to_slice().expect("row-major")).collect();
        pass.settled = Some(settle(net, ArrayView1::from(&pass.point), &along).layers);
    }
    let settled = pass.settled.as_ref().filter(|_| small).map(|layers| &layers[cell.depth]);
    let (mut rows, mut noise) = (Vec::with_capacity(units * (inputs + 1)), Vec::new());
    for unit in 0..units {
        let (at, own) = match settled {
            None => (values[[0, unit]], ROUNDING * most),
            Some(settled) => (settled.values[unit], settled.noise[unit].max(ROUNDING * size(unit))),
        };
        let rate = |j: usize| settled.map_or_else(|| rates[[j, unit]], |s| s.rates[j][unit]);
        // Squares of very large and very small numbers are no numbers.
        let length = (0..inputs).fold(0.0, |length: f64, j| length.hypot(rate(j)));
        if !length.is_finite() {
            let what = format!("rates of switch {unit} along the box");
            return Err(Error::new(what, "a finite length", length));
        }
        let unit_length = if length > 0.0 { length } else { 1.0 };
        let middle = at - (0..inputs).map(|j| rate(j) * place[j]).sum::<f64>();
        rows.extend((0..inputs).map(|j| rate(j) / unit_length));
        rows.push(if length > 0.0 { middle / unit_length } else { at });
        noise.push(own / unit_length);
    }
    Ok(Functions { rows, inputs, noise })
}

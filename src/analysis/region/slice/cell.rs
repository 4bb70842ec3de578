//! What the net says of a polygon of which some layers are decided.

use super::Plane;
use super::mesh::{Line, Mesh};
use crate::analysis::pattern;
use crate::analysis::pattern::boundaries;
use crate::analysis::pattern::settle::{Settled, Watch, is_small, settle};
use crate::analysis::rounding::{ROUNDING, largest};
use crate::kernel::{self, Loop};
use crate::layer::Layer;
use crate::scalar::Matrix;
use ndarray::ArrayView1;
use std::sync::Arc;

/// A polygon on which no switch of the layers before `depth` flips.
pub(super) struct Cell {
    pub around: Vec<u32>,
    pub depth: usize,
    /// The switches of those layers, 64 to a number; shared by the parts of one cell.
    pub open: Arc<[u64]>,
    /// How large their values were.
    pub watch: Watch,
}

/// What is to be done with a cell.
pub(super) enum Verdict {
    /// Switches of layer `depth` flip along these lines, and none of a layer before.
    Cut { depth: usize, lines: Vec<Line>, open: Arc<[u64]>, watch: Watch },
    /// No switch flips: the outputs are affine on it.
    Whole(Whole),
}

impl Verdict {
    /// The memory that its lines take.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Cut { lines, .. } => lines.capacity() * size_of::<Line>(),
            Self::Whole(_) => 0,
        }
    }
}

/// The affine outputs of a cell.
pub(super) struct Whole {
    pub center: [f64; 2],
    pub area: f64,
    pub hash: u64,
    pub values: Vec<f64>,
    pub gradients: [Vec<f64>; 2],
}

/// The verdicts on some cells, from one pass at their centers and one push for each of the plane's
/// directions. `extent` is the largest coordinate along each direction.
///
/// On a cell of depth `l` the switches of layer `l` are affine. If none of them flips, those of the next
/// layer are too, and so on: one pass takes a cell as deep as it is whole.
pub(super) fn judge(
    net: &dyn Layer<f64>,
    plane: &Plane,
    extent: [f64; 2],
    mesh: &Mesh,
    cells: &[Cell],
) -> Vec<Verdict> {
    let measures: Vec<_> = cells.iter().map(|cell| mesh.measure(&cell.around)).collect();
    let shape = (cells.len(), net.inputs());
    let x = Matrix::from_shape_fn(shape, |(row, i)| plane.at(measures[row].1, i));
    let (y, map) = net.linearize(x);
    let values = boundaries::values(map.as_ref());
    let [(u_slopes, u_rates), (v_slopes, v_rates)] = [&plane.u, &plane.v].map(|direction| {
        boundaries::rates(map.as_ref(), Matrix::from_shape_fn(shape, |(_, i)| direction[i]))
    });
    let verdict = |(row, cell): (usize, &Cell)| {
        let (area, center) = measures[row];
        let (mut open, mut watch) = (cell.open.to_vec(), cell.watch);
        let mut settled: Option<Vec<Settled>> = None;
        for depth in cell.depth..values.len() {
            let of = [&values, &u_rates, &v_rates].map(|all| rowed(&all[depth], row));
            let mut layer = Affine { of, noise: None };
            let mut found = cuts(mesh, cell, center, extent, layer, watch);
            if found.small {
                let settled = settled.get_or_insert_with(|| {
                    let x = plane.point(center);
                    settle(net, ArrayView1::from(&x), &[&plane.u, &plane.v]).layers
                });
                let Settled { values, rates, noise, .. } = &settled[depth];
                layer = Affine { of: [values, &rates[0], &rates[1]], noise: Some(noise) };
                found = cuts(mesh, cell, center, extent, layer, watch);
            }
            if !found.lines.is_empty() {
                return Verdict::Cut { depth, lines: found.lines, open: open.into(), watch };
            }
            watch = found.watch;
            kernel::run(Open { values: layer.of[0], open: &mut open });
        }
        Verdict::Whole(Whole {
            center,
            area,
            hash: pattern::hash(open),
            values: y.row(row).to_vec(),
            gradients: [u_slopes.row(row).to_vec(), v_slopes.row(row).to_vec()],
        })
    };
    cells.iter().enumerate().map(verdict).collect()
}

/// A row of a matrix that a layer has shown.
fn rowed(matrix: &Matrix<f64>, row: usize) -> &[f64] {
    let all = matrix.as_slice().expect("matrices of layers are row-major");
    &all[row * matrix.ncols()..][..matrix.ncols()]
}

/// The switches of one layer as functions on the plane.
#[derive(Clone, Copy)]
struct Affine<'a> {
    /// Their values at the center of a cell, and their rates along the two directions.
    of: [&'a [f64]; 3],
    /// What rounding leaves of each, if that was measured.
    noise: Option<&'a [f64]>,
}

/// What is found of one layer in a cell.
struct Cuts {
    /// The lines on which its switches flip.
    lines: Vec<Line>,
    /// Whether some of them are so small that they may be rounding alone.
    small: bool,
    watch: Watch,
}

fn cuts(
    mesh: &Mesh,
    cell: &Cell,
    center: [f64; 2],
    extent: [f64; 2],
    layer: Affine<'_>,
    watch: Watch,
) -> Cuts {
    let radius = mesh
        .points(&cell.around)
        .fold([0.0_f64; 2], |radius, p| [0, 1].map(|i| radius[i].max((p[i] - center[i]).abs())));
    let mut found = kernel::run(Near { center, radius, extent, layer, watch });
    found.lines.retain(|line| line.cuts(mesh.points(&cell.around)));
    found
}

/// The lines of the switches of one layer that come into the box of half sides `radius` around the center.
struct Near<'a> {
    center: [f64; 2],
    radius: [f64; 2],
    extent: [f64; 2],
    layer: Affine<'a>,
    watch: Watch,
}

impl Loop for Near<'_> {
    type Output = Cuts;

    #[inline(always)]
    fn run(self) -> Cuts {
        let Self { center, radius, extent, layer, mut watch } = self;
        let [z, along_u, along_v] = layer.of;
        let most = largest(z) + extent[0] * largest(along_u) + extent[1] * largest(along_v);
        let limit = watch.limit_of_lines(most);
        let size = |z: f64, u: f64, v: f64| z.abs() + extent[0] * u.abs() + extent[1] * v.abs();
        let noise = |i: usize| match layer.noise {
            None => ROUNDING * most,
            Some(noise) => noise[i].max(ROUNDING * size(z[i], along_u[i], along_v[i])),
        };
        let near = |z: f64, u: f64, v: f64| z.abs() < u.abs() * radius[0] + v.abs() * radius[1];
        let (mut lines, mut small) = (Vec::new(), false);
        // By the hundreds, because most switches are too far from zero to get there inside the box.
        let hundreds = z.chunks(128).zip(along_u.chunks(128)).zip(along_v.chunks(128));
        for (hundred, ((z, along_u), along_v)) in hundreds.enumerate() {
            let switches = || z.iter().zip(along_u).zip(along_v);
            let mut any = false;
            for ((&z, &u), &v) in switches() {
                any |= near(z, u, v);
                small |= is_small(size(z, u, v), limit);
            }
            if !any {
                continue;
            }
            for (i, ((&value, &u), &v)) in switches().enumerate() {
                if near(value, u, v) {
                    let noise = noise(128 * hundred + i);
                    lines.push(Line { center, value, gradient: [u, v], noise });
                }
            }
        }
        Cuts { lines, small, watch }
    }
}

/// Which switches of one layer are open, 64 to a number.
struct Open<'a> {
    values: &'a [f64],
    open: &'a mut Vec<u64>,
}

impl Loop for Open<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let word = |values: &[f64]| pattern::word(values.iter().map(|&z| z > 0.0));
        self.open.extend(self.values.chunks(64).map(word));
    }
}

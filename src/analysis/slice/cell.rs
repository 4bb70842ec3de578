//! What the net says of a polygon of which some layers are decided.

use super::Plane;
use super::mesh::{Line, Mesh};
use crate::analysis::rounding::{ROUNDING, largest};
use crate::analysis::{pattern, walls};
use crate::kernel::{self, Loop};
use crate::layer::Layer;
use crate::scalar::Matrix;
use std::sync::Arc;

/// A polygon on which no switch of the layers before `depth` flips.
pub(super) struct Cell {
    pub around: Vec<u32>,
    pub depth: usize,
    /// The switches of those layers, 64 to a number; shared by the parts of one cell.
    pub open: Arc<[u64]>,
}

/// What is to be done with a cell.
pub(super) enum Verdict {
    /// Switches of layer `depth` flip along these lines, and none of a layer before.
    Cut { depth: usize, lines: Vec<Line>, open: Arc<[u64]> },
    /// No switch flips: the outputs are affine on it.
    Whole(Whole),
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
    let values = walls::values(map.as_ref());
    let [(u_slopes, u_rates), (v_slopes, v_rates)] = [&plane.u, &plane.v].map(|direction| {
        walls::rates(map.as_ref(), Matrix::from_shape_fn(shape, |(_, i)| direction[i]))
    });
    let verdict = |(row, cell): (usize, &Cell)| {
        let (area, center) = measures[row];
        let mut open = cell.open.to_vec();
        for depth in cell.depth..values.len() {
            let affine = [&values, &u_rates, &v_rates].map(|all| rowed(&all[depth], row));
            let (lines, noise) = cuts(mesh, cell, center, extent, affine);
            if !lines.is_empty() {
                return Verdict::Cut { depth, lines, open: open.into() };
            }
            kernel::run(Open { extent, noise, affine, open: &mut open });
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

/// The lines on which switches of one layer flip inside the cell, from their values at its center and their
/// rates along the two directions; and what rounding leaves of such a switch where it is zero.
fn cuts(
    mesh: &Mesh,
    cell: &Cell,
    center: [f64; 2],
    extent: [f64; 2],
    affine: [&[f64]; 3],
) -> (Vec<Line>, f64) {
    let radius = mesh
        .points(&cell.around)
        .fold([0.0_f64; 2], |radius, p| [0, 1].map(|i| radius[i].max((p[i] - center[i]).abs())));
    let (mut lines, noise) = kernel::run(Near { center, radius, extent, affine });
    lines.retain(|line| line.cuts(mesh.points(&cell.around)));
    (lines, noise)
}

/// The lines of the switches of one layer that come into the box of half sides `radius` around the center, and
/// what rounding leaves of them.
struct Near<'a> {
    center: [f64; 2],
    radius: [f64; 2],
    extent: [f64; 2],
    affine: [&'a [f64]; 3],
}

impl Loop for Near<'_> {
    type Output = (Vec<Line>, f64);

    #[inline(always)]
    fn run(self) -> Self::Output {
        let Self { center, radius, extent, affine } = self;
        let [z, along_u, along_v] = affine;
        let noise =
            ROUNDING * (largest(z) + extent[0] * largest(along_u) + extent[1] * largest(along_v));
        let mut lines = Vec::new();
        // By the hundreds, because most switches are too far from zero to get there inside the box.
        for ((z, along_u), along_v) in
            z.chunks(128).zip(along_u.chunks(128)).zip(along_v.chunks(128))
        {
            let near = |((z, u), v): ((&f64, &f64), &f64)| {
                z.abs() < u.abs() * radius[0] + v.abs() * radius[1]
            };
            let switches = || z.iter().zip(along_u).zip(along_v);
            if !switches().map(near).fold(false, |any, near| any | near) {
                continue;
            }
            for ((&value, &u), &v) in switches().filter(|&switch| near(switch)) {
                lines.push(Line { center, value, gradient: [u, v], noise });
            }
        }
        (lines, noise)
    }
}

/// Which switches of one layer are open, 64 to a number. Those whose value and rates are rounding alone are
/// closed, whatever their sign.
struct Open<'a> {
    extent: [f64; 2],
    noise: f64,
    affine: [&'a [f64]; 3],
    open: &'a mut Vec<u64>,
}

impl Loop for Open<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { extent, noise, affine, open } = self;
        let [z, along_u, along_v] = affine;
        for ((z, along_u), along_v) in z.chunks(64).zip(along_u.chunks(64)).zip(along_v.chunks(64))
        {
            let switches = z.iter().zip(along_u).zip(along_v);
            open.push(pattern::word(switches.map(|((&z, u), v)| {
                let reach = extent[0] * u.abs() + extent[1] * v.abs();
                (z > noise) | ((z > 0.0) & (reach > noise))
            })));
        }
    }
}

//! What the net says of a polygon of which some layers are decided.

use super::Plane;
use super::mesh::{Line, Mesh};
use crate::aligned::{self, Recycled};
use crate::analysis::pattern;
use crate::analysis::pattern::boundaries;
use crate::analysis::pattern::settle::{Settled, Watch, is_small, settle};
use crate::analysis::rounding::{ROUNDING, largest};
use crate::analysis::rows::one_row;
use crate::kernel::{self, Loop};
use crate::layer::Layer;
use crate::scalar::Matrix;
use ndarray::ArrayView1;
use std::sync::Arc;

/// Functions that are affine on the plane, a row of them for each of some cells: what a part of the net takes there.
pub(super) struct Functions {
    /// The centers of the cells.
    pub centers: Vec<[f64; 2]>,
    /// The values there, and the rates along the two directions.
    pub of: [Recycled<f64>; 3],
}

impl Functions {
    /// The inputs of the net.
    pub fn of_plane(plane: &Plane) -> Self {
        let row = |numbers: &[f64]| Recycled::from(one_row(ArrayView1::from(numbers)));
        Self { centers: vec![[0.0; 2]], of: [&plane.origin, &plane.u, &plane.v].map(|x| row(x)) }
    }

    /// Rows of others, as `row` says of each of these centers, as seen from there.
    fn around<'a>(centers: Vec<[f64; 2]>, row: impl Fn(usize) -> (&'a Self, usize)) -> Self {
        let shape = (centers.len(), row(0).0.of[0].ncols());
        type Add<'a> = &'a dyn Fn(&mut Vec<f64>, [&[f64]; 3], [f64; 2]);
        let gather = |add: Add<'_>| {
            let matrix = aligned::matrix(shape, |all| {
                for (i, center) in centers.iter().enumerate() {
                    let (functions, row) = row(i);
                    let from = functions.centers[row];
                    let of = functions.of.each_ref().map(|all| rowed(all, row));
                    add(all, of, [center[0] - from[0], center[1] - from[1]]);
                }
            });
            Recycled::from(matrix)
        };
        let values = gather(&|all, [z, u, v], [a, b]| {
            all.extend(z.iter().zip(u).zip(v).map(|((z, u), v)| z + a * u + b * v));
        });
        let u = gather(&|all, [_, u, _], _| all.extend_from_slice(u));
        let v = gather(&|all, [_, _, v], _| all.extend_from_slice(v));
        Self { of: [values, u, v], centers }
    }

    /// What `layer` makes of them, if none of its switches flips in the cells; and of its switches, layer by layer,
    /// the values and the rates along the two directions.
    fn through(&self, layer: &dyn Layer<f64>) -> (Self, [Vec<Matrix<f64>>; 3]) {
        let [x, u, v] = self.of.each_ref().map(|m| aligned::rows(m.view(), 0..m.nrows()));
        let (y, map) = layer.linearize(x);
        let values = boundaries::values(map.as_ref());
        let [(u, u_rates), (v, v_rates)] = [u, v].map(|d| boundaries::rates(map.as_ref(), d));
        let of = [y, u, v].map(Recycled::from);
        (Self { centers: self.centers.clone(), of }, [values, u_rates, v_rates])
    }

    /// Those of these rows alone.
    fn rows(self, rows: &[usize]) -> Self {
        if rows.len() == self.centers.len() {
            return self;
        }
        let part = |all: &Recycled<f64>| aligned::rows(all.view(), rows.iter().copied()).into();
        Self {
            centers: rows.iter().map(|&row| self.centers[row]).collect(),
            of: self.of.each_ref().map(part),
        }
    }

    /// The memory that they take.
    pub fn bytes(&self) -> usize {
        3 * 8 * self.of[0].len() + self.centers.len() * size_of::<[f64; 2]>()
    }
}

/// A polygon on which no switch flips that is decided at its place.
pub(super) struct Cell {
    pub around: Vec<u32>,
    pub place: Place,
}

/// How far the net is decided; the same for all parts of one cell.
#[derive(Clone)]
pub(super) struct Place {
    /// What the next part of the net takes, of which `decided` layers with switches are decided too. In the parts
    /// before it are `before` of them.
    pub functions: Arc<Functions>,
    pub row: usize,
    pub before: usize,
    pub decided: usize,
    /// The hash of the switches of all those layers.
    pub hash: u64,
    /// How large their values were.
    pub watch: Watch,
}

impl Place {
    /// Where nothing is decided.
    pub fn first(plane: &Plane, watch: Watch) -> Self {
        let functions = Arc::new(Functions::of_plane(plane));
        Self { functions, row: 0, before: 0, decided: 0, hash: pattern::hash([]), watch }
    }
}

/// What is to be done with a cell.
pub(super) enum Verdict {
    /// Along these lines flip switches of the layer behind what is decided at this place.
    Cut { lines: Vec<Line>, part: usize, place: Place },
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

/// What is asked about cells.
pub(super) struct Question<'a> {
    pub net: &'a dyn Layer<f64>,
    /// What it is a chain of.
    pub parts: &'a [&'a dyn Layer<f64>],
    pub plane: &'a Plane,
    /// The largest coordinate along each direction.
    pub extent: [f64; 2],
    pub mesh: &'a Mesh,
}

/// The verdicts on some cells that are decided up to the same part of the net, from a pass at their centers and a push
/// for each of the plane's directions.
///
/// Where a layer is decided, the switches of the next are affine. If none of them flips, those of the one behind it
/// are too, and so on: one pass takes a cell as deep as it is whole. It begins at the part of the net in which the
/// cell was cut out of another, because what that takes is known from there. The outputs at the center of a whole cell
/// come from a pass of its own through the whole net, so that the agreement of neighbors is a check.
pub(super) fn judge(question: &Question<'_>, part: usize, cells: &[Cell]) -> Vec<Verdict> {
    let mut walks: Vec<Walk<'_>> =
        cells.iter().map(|cell| Walk::new(cell, question.mesh)).collect();
    let mut verdicts: Vec<Option<Verdict>> = cells.iter().map(|_| None).collect();
    let mut functions = {
        let centers = walks.iter().map(|walk| walk.center).collect();
        let begin = |i: usize| (walks[i].place.functions.as_ref(), walks[i].place.row);
        Functions::around(centers, begin)
    };
    let mut uncut: Vec<usize> = (0..cells.len()).collect();
    for (part, layer) in question.parts.iter().enumerate().skip(part) {
        let (after, shown) = functions.through(*layer);
        let (mut kept, mut cut) = (Vec::with_capacity(uncut.len()), Vec::new());
        let mut found = Vec::new();
        for (row, &i) in uncut.iter().enumerate() {
            let lines = walks[i].decide(question, &shown, row);
            if lines.is_empty() {
                kept.push(row);
            } else {
                cut.push(row);
                found.push((i, lines));
            }
        }
        if !cut.is_empty() {
            // What a cell takes that goes on is not kept for those that are cut here.
            let before = Arc::new(functions.rows(&cut));
            for (row, (i, lines)) in found.into_iter().enumerate() {
                let place = Place { functions: before.clone(), row, ..walks[i].place.clone() };
                verdicts[i] = Some(Verdict::Cut { lines, part, place });
            }
        }
        uncut = kept.iter().map(|&row| uncut[row]).collect();
        functions = after.rows(&kept);
        if uncut.is_empty() {
            break;
        }
    }
    if part > 0 && !uncut.is_empty() {
        // From the input on: what was known on the way would make neighbors agree that should not.
        let shape = (uncut.len(), question.net.inputs());
        let at = |(row, i): (usize, usize)| question.plane.at(functions.centers[row], i);
        let x = Matrix::from_shape_fn(shape, at);
        functions.of[0] = question.net.forward(x).into();
    }
    for (row, &i) in uncut.iter().enumerate() {
        verdicts[i] = Some(Verdict::Whole(walks[i].end(&functions, row)));
    }
    verdicts.into_iter().map(|verdict| verdict.expect("cut or whole")).collect()
}

/// A cell on its way through the net.
struct Walk<'a> {
    cell: &'a Cell,
    area: f64,
    center: [f64; 2],
    place: Place,
    /// The net at its center, where rounding was measured.
    settled: Option<Vec<Settled>>,
}

impl<'a> Walk<'a> {
    fn new(cell: &'a Cell, mesh: &Mesh) -> Self {
        let (area, center) = mesh.measure(&cell.around);
        Self { cell, area, center, place: cell.place.clone(), settled: None }
    }

    /// Goes through a part of the net whose switches have these values and rates, as far as none of them flips; the
    /// lines on which some do.
    fn decide(
        &mut self,
        question: &Question<'_>,
        shown: &[Vec<Matrix<f64>>; 3],
        row: usize,
    ) -> Vec<Line> {
        let Self { cell, center, place, settled, .. } = self;
        let layers = shown[0].len();
        for layer in place.decided..layers {
            let of = shown.each_ref().map(|all| rowed(&all[layer], row));
            let mut affine = Affine { of, noise: None };
            let mut found = cuts(question, cell, *center, affine, place.watch);
            if found.small {
                let settled = settled.get_or_insert_with(|| {
                    let Question { net, plane, .. } = question;
                    let x = plane.point(*center);
                    settle(*net, ArrayView1::from(&x), &[&plane.u, &plane.v]).layers
                });
                let Settled { values, rates, noise, .. } = &settled[place.before + layer];
                affine = Affine { of: [values, &rates[0], &rates[1]], noise: Some(noise) };
                found = cuts(question, cell, *center, affine, place.watch);
            }
            if !found.lines.is_empty() {
                return found.lines;
            }
            place.watch = found.watch;
            place.hash = kernel::run(Open { values: affine.of[0], hash: place.hash });
            place.decided = layer + 1;
        }
        (place.before, place.decided) = (place.before + layers, 0);
        Vec::new()
    }

    /// The end, where these are the outputs.
    fn end(&self, outputs: &Functions, row: usize) -> Whole {
        let [values, u, v] = outputs.of.each_ref().map(|all| rowed(all, row).to_vec());
        let Self { area, center, place, .. } = self;
        Whole { center: *center, area: *area, hash: place.hash, values, gradients: [u, v] }
    }
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
    &Question { mesh, extent, .. }: &Question<'_>,
    cell: &Cell,
    center: [f64; 2],
    layer: Affine<'_>,
    watch: Watch,
) -> Cuts {
    let radius = mesh
        .points(&cell.around)
        .fold([0.0_f64; 2], |radius, p| [0, 1].map(|i| radius[i].max((p[i] - center[i]).abs())));
    let mut found = kernel::run(Near { center, radius, extent, layer, watch });
    found.lines.retain(|line| line.cuts(mesh.points(&cell.around)));
    found.lines.shrink_to_fit(); // few are left
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
        // Found out of all before any is listed, because most are too far from zero to get there inside the box.
        let numbers = z.chunks(64).zip(along_u.chunks(64)).zip(along_v.chunks(64));
        for (word, ((some, of_u), of_v)) in numbers.enumerate() {
            let mut nears = [false; 64];
            for (((is_near, &z), &u), &v) in nears.iter_mut().zip(some).zip(of_u).zip(of_v) {
                *is_near = near(z, u, v);
                small |= is_small(size(z, u, v), limit);
            }
            let mut those = pattern::word(nears.into_iter());
            while those != 0 {
                let i = 64 * word + those.trailing_zeros() as usize;
                those &= those - 1;
                let (value, gradient, noise) = (z[i], [along_u[i], along_v[i]], noise(i));
                lines.push(Line { center, value, gradient, noise });
            }
        }
        Cuts { lines, small, watch }
    }
}

/// The hash of which switches of one layer are open, after those of the layers before.
struct Open<'a> {
    values: &'a [f64],
    hash: u64,
}

impl Loop for Open<'_> {
    type Output = u64;

    #[inline(always)]
    fn run(self) -> u64 {
        let word = |values: &[f64]| pattern::word(values.iter().map(|&z| z > 0.0));
        self.values.chunks(64).map(word).fold(self.hash, pattern::hash_after)
    }
}

//! A part of the cube, by the half-spaces that meet in it.

use super::simplex::{Basis, Rows, Solved, solve};

/// Points `x` of the cube `|x| ≤ 1` with `g·x + z ≥ 0` for every row, and the largest ball among them.
#[derive(Clone, Debug)]
pub(super) struct Polytope {
    /// `g`, of length 1; 1; `z`. The first are those of the cube, lower and upper side of each input in turn.
    pub rows: Vec<f64>,
    pub basis: Option<Basis>,
    /// The center of the ball.
    pub center: Vec<f64>,
    /// Its radius, measured at the center.
    pub radius: f64,
}

/// What lies on one side of a boundary.
pub(super) struct Side {
    row: Vec<f64>,
    solved: Solved,
}

impl Side {
    /// The radius of a ball on this side.
    pub fn radius(&self) -> f64 {
        self.solved.reached
    }

    /// What the radius of no ball on this side exceeds. Less than zero: so far would all sides have to be moved.
    pub fn bound(&self) -> f64 {
        self.solved.bound
    }

    /// Its boundary: `g`, 1 and `z`.
    pub fn row(&self) -> &[f64] {
        &self.row
    }
}

impl Polytope {
    /// All of the cube.
    pub fn cube(inputs: usize) -> Self {
        let mut rows = Vec::with_capacity(2 * inputs * (inputs + 2));
        for input in 0..inputs {
            for side in [1.0, -1.0] {
                rows.extend((0..inputs).map(|i| if i == input { side } else { 0.0 }));
                rows.extend([1.0, 1.0]);
            }
        }
        // The ball that touches all lower sides and one upper side is as large as any.
        let touched = (0..inputs as u32).map(|i| 2 * i).chain((inputs > 0).then_some(1));
        let all = Rows { own: &rows, tried: &[], inputs };
        let basis =
            (inputs > 0).then(|| Basis::of(all, touched.collect()).expect("sides of a cube"));
        Self { rows, basis, center: vec![0.0; inputs], radius: 1.0 }
    }

    /// Bytes that the whole cube of so many inputs takes.
    pub fn cube_bytes(inputs: usize) -> usize {
        8usize.saturating_mul(3).saturating_mul(inputs + 2).saturating_mul(inputs + 2)
    }

    /// The largest ball on the side `g·x + z ≥ 0` of a boundary with `‖g‖ = 1`; if it is not larger than `enough`, only
    /// that is certain. None where there are no inputs to cut.
    pub fn side(&self, gradient: impl Iterator<Item = f64>, z: f64, enough: f64) -> Option<Side> {
        let row: Vec<f64> = gradient.chain([1.0, z]).collect();
        let rows = Rows { own: &self.rows, tried: &row, inputs: self.center.len() };
        let solved = solve(rows, self.basis.clone()?, enough);
        Some(Side { row, solved })
    }

    /// What lies on that side.
    pub fn cut(&self, side: Side) -> Self {
        let Solved { basis, x, reached, .. } = side.solved;
        let mut rows = Vec::with_capacity(self.rows.len() + side.row.len());
        rows.extend_from_slice(&self.rows);
        rows.extend(side.row);
        Self { rows, basis: Some(basis), center: x, radius: reached }
    }

    /// The point at which the least of some functions `g·x + z` is largest, that least value, and what it is nowhere
    /// above. `functions` holds `g`, then 1, then `z`, of each.
    pub fn highest(&self, functions: &[f64]) -> Option<(Vec<f64>, f64, f64)> {
        let inputs = self.center.len();
        let first = &functions[..inputs + 2];
        if inputs == 0 {
            let least = functions.chunks_exact(2).map(|row| row[1]).fold(f64::INFINITY, f64::min);
            return Some((Vec::new(), least, least));
        }
        let mut own = self.rows.clone();
        own.chunks_exact_mut(inputs + 2).for_each(|row| row[inputs] = 0.0);
        let rows = Rows { own: &own, tried: functions, inputs };
        // The first function alone is largest in a corner of the cube.
        let corner = (0..inputs).map(|i| 2 * i as u32 + u32::from(first[i] >= 0.0));
        let chosen = corner.chain([(own.len() / (inputs + 2)) as u32]).collect();
        let Solved { x, reached, bound, .. } =
            solve(rows, Basis::of(rows, chosen)?, f64::NEG_INFINITY);
        Some((x, reached, bound))
    }

    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        let basis = self.basis.as_ref().map_or(0, Basis::bytes);
        8 * (self.rows.len() + self.center.len()) + basis + 4 * 16
    }
}

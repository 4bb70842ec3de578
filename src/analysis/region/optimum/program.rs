//! A convex program over a change of the input, handed to the solver in its own form.
//!
//! All lengths are in units of a `scale`, so that the solver meets numbers near 1.

use super::region::Cut;
use crate::analysis::norm::Norm;
use clarabel::algebra::CscMatrix;
use clarabel::solver::{
    DefaultSettings, DefaultSolver, IPSolver, NonnegativeConeT, SecondOrderConeT, SolverStatus,
    SupportedConeT,
};
use ndarray::{Array1, ArrayView1};

/// To which part of its numbers the solver is asked to be right. It is an interior-point method, which
/// gets the last digits for little; what it reached is measured behind it, not taken from this.
const ASKED: f64 = 1e-9;

/// `low ≤ d ≤ high` for each number of a change `d`.
pub(super) struct Limits {
    pub low: Array1<f64>,
    pub high: Array1<f64>,
}

impl Limits {
    /// The largest `w·d` within: the support function.
    pub fn support(&self, w: &Array1<f64>) -> f64 {
        let sides = self.low.iter().zip(&self.high);
        w.iter().zip(sides).map(|(w, (low, high))| f64::max(w * low, w * high)).sum()
    }
}

/// What the solver found.
pub(super) struct Solved {
    /// The change, in units of the input.
    pub change: Array1<f64>,
    /// A multiplier for each cut, not negative.
    pub cuts: Vec<f64>,
    /// The multiplier of the target, not negative; zero if there is none.
    pub target: f64,
    /// Upper minus lower multiplier of each limit; zeros if there are none.
    pub limits: Array1<f64>,
    /// Whether the solver says that no change satisfies everything; the multipliers prove it then.
    pub infeasible: bool,
}

/// The rows `b − A v ∈ cone` of a program in the variables `v`: first the change, then what helps.
struct Rows {
    triplets: (Vec<usize>, Vec<usize>, Vec<f64>),
    b: Vec<f64>,
}

impl Rows {
    fn push(&mut self, entries: impl IntoIterator<Item = (usize, f64)>, b: f64) {
        let row = self.b.len();
        for (column, value) in entries.into_iter().filter(|(_, value)| *value != 0.0) {
            self.triplets.0.push(row);
            self.triplets.1.push(column);
            self.triplets.2.push(value);
        }
        self.b.push(b);
    }

    /// `g·d ≥ −offset`.
    fn cut(&mut self, g: ArrayView1<'_, f64>, offset: f64) {
        self.push(g.iter().enumerate().map(|(i, g)| (i, -g)), offset);
    }

    /// `|d_i| ≤ v_{t(i)}` for each of `n` numbers.
    fn sizes(&mut self, n: usize, t: impl Fn(usize) -> usize) {
        for i in 0..n {
            self.push([(i, 1.0), (t(i), -1.0)], 0.0);
            self.push([(i, -1.0), (t(i), -1.0)], 0.0);
        }
    }
}

/// A program: the cuts of a region, and one of two questions.
pub(super) struct Program<'a> {
    /// The length that is called 1, in units of the input.
    pub scale: f64,
    /// The boundaries that hold.
    pub cuts: &'a [Cut],
    /// The limits that hold.
    pub limits: Option<&'a Limits>,
    /// The ball that the change stays in.
    pub ball: Option<(Norm, f64)>,
}

impl Program<'_> {
    /// The largest `v·d`.
    pub fn highest(&self, v: &Array1<f64>) -> Solved {
        let n = v.len();
        let mut rows = self.start();
        let helpers = usize::from(matches!(self.ball, Some((Norm::L1, _)))) * n;
        let mut cone = 0;
        if let Some((norm, radius)) = self.ball {
            let radius = radius / self.scale;
            match norm {
                Norm::LInf => (0..n).for_each(|i| {
                    rows.push([(i, 1.0)], radius);
                    rows.push([(i, -1.0)], radius);
                }),
                Norm::L1 => {
                    rows.sizes(n, |i| n + i);
                    rows.push((n..2 * n).map(|i| (i, 1.0)), radius);
                }
                Norm::L2 => {
                    rows.push([], radius);
                    (0..n).for_each(|i| rows.push([(i, -1.0)], 0.0));
                    cone = n + 1;
                }
            }
        }
        let length = Norm::L2.of(v);
        let unit = if length > 0.0 { 1.0 / length } else { 0.0 };
        let q = v.iter().map(|v| -v * unit).chain(std::iter::repeat_n(0.0, helpers)).collect();
        self.solve(n, false, q, rows, cone, false)
    }

    /// The smallest `‖d‖` with `v·d ≥ lead`.
    pub fn nearest(&self, norm: Norm, v: &Array1<f64>, lead: f64) -> Solved {
        let n = v.len();
        let mut rows = self.start();
        let length = Norm::L2.of(v);
        rows.cut((v / length).view(), -lead / (length * self.scale));
        // The rows of the limits come directly behind the target.
        self.push_limits(&mut rows);
        let helpers = match norm {
            Norm::L1 => n,
            Norm::L2 => 0, // half the square has the same minimum, and no cone is needed
            Norm::LInf => 1,
        };
        match norm {
            Norm::L1 => rows.sizes(n, |i| n + i),
            Norm::LInf => rows.sizes(n, |_| n),
            Norm::L2 => (),
        }
        let q = (0..n + helpers).map(|i| if i < n { 0.0 } else { 1.0 }).collect();
        self.solve(n, norm == Norm::L2, q, rows, 0, true)
    }

    /// The rows of the cuts; behind them those of the limits if there is no target.
    fn start(&self) -> Rows {
        let mut rows = Rows { triplets: Default::default(), b: Vec::new() };
        for cut in self.cuts {
            rows.cut(cut.gradient.view(), cut.offset / self.scale);
        }
        rows
    }

    fn push_limits(&self, rows: &mut Rows) {
        let Some(limits) = self.limits else { return };
        for (i, (low, high)) in limits.low.iter().zip(&limits.high).enumerate() {
            rows.push([(i, 1.0)], high / self.scale);
            rows.push([(i, -1.0)], -low / self.scale);
        }
    }

    /// `min ½ s‖d‖² + q·v` with `s` 1 or 0; the last `cone` rows are a second-order cone.
    fn solve(
        &self,
        n: usize,
        squared: bool,
        q: Vec<f64>,
        mut rows: Rows,
        cone: usize,
        target: bool,
    ) -> Solved {
        if !target && self.ball.is_none() {
            self.push_limits(&mut rows);
        }
        let variables = q.len();
        let p = if squared {
            CscMatrix::identity(variables)
        } else {
            CscMatrix::zeros((variables, variables))
        };
        let count = rows.b.len();
        let (i, j, v) = rows.triplets;
        let a = CscMatrix::new_from_triplets(count, variables, i, j, v);
        let mut cones: Vec<SupportedConeT<f64>> = vec![NonnegativeConeT(count - cone)];
        if cone > 0 {
            cones.push(SecondOrderConeT(cone));
        }
        let settings = DefaultSettings {
            verbose: false,
            tol_gap_abs: ASKED,
            tol_gap_rel: ASKED,
            tol_feas: ASKED,
            tol_infeas_abs: ASKED,
            tol_infeas_rel: ASKED,
            max_threads: 1,
            ..DefaultSettings::default()
        };
        let mut solver = DefaultSolver::new(&p, &q, &a, &rows.b, &cones, settings)
            .expect("the shapes of the program agree");
        solver.solve();
        let solution = &solver.solution;
        let boundaries = self.cuts.len();
        let multiplier = |row: usize| solution.z[row].max(0.0);
        let first = boundaries + usize::from(target);
        let limits = Array1::from_shape_fn(n, |i| match self.limits {
            Some(_) => multiplier(first + 2 * i) - multiplier(first + 2 * i + 1),
            None => 0.0,
        });
        Solved {
            change: solution.x[..n].iter().map(|d| d * self.scale).collect(),
            cuts: (0..boundaries).map(multiplier).collect(),
            target: if target { multiplier(boundaries) } else { 0.0 },
            limits,
            infeasible: matches!(
                solution.status,
                SolverStatus::PrimalInfeasible | SolverStatus::AlmostPrimalInfeasible
            ),
        }
    }
}

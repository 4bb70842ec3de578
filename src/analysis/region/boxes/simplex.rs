//! The linear program of a cell: the largest `ρ` with `g·x + z ≥ w·ρ` for every row.
//!
//! With unit gradients and `w = 1` it is the radius of the largest ball inside (Chebyshev). It has as many unknowns as
//! there are inputs, and one, and each cut adds one row to a program whose answer is known. So it is a dual simplex
//! method on the few rows that hold the answer (the basis): a new row that the old answer oversteps takes the place of
//! another, a few times, and the work for that is a product with a matrix of so many unknowns. A program of five inputs
//! takes a microsecond or two.
//!
//! The method is not taken at its word. What counts as the radius is measured at the point found, and what counts as
//! the bound follows from the multipliers by weak duality, whatever they are.

/// Rows of a program, one after the other: `g` (as many numbers as inputs), then `w`, then `z`.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    /// Of the cell.
    pub own: &'a [f64],
    /// Behind them, those that are tried.
    pub tried: &'a [f64],
    /// How many inputs.
    pub inputs: usize,
}

impl<'a> Rows<'a> {
    fn count(&self) -> usize {
        (self.own.len() + self.tried.len()) / (self.inputs + 2)
    }

    fn row(&self, i: usize) -> &'a [f64] {
        let width = self.inputs + 2;
        let from = i * width;
        match from.checked_sub(self.own.len()) {
            None => &self.own[from..from + width],
            Some(from) => &self.tried[from..from + width],
        }
    }

    fn all(&self) -> impl Iterator<Item = &'a [f64]> {
        let width = self.inputs + 2;
        self.own.chunks_exact(width).chain(self.tried.chunks_exact(width))
    }

    /// The number at place `j` of row `i`, whose unknowns are `x` and then `ρ`.
    fn at(&self, i: usize, j: usize) -> f64 {
        let value = self.row(i)[j];
        if j == self.inputs { -value } else { value }
    }
}

/// The rows that hold the answer, and the inverse of their matrix.
#[derive(Clone, Debug)]
pub(super) struct Basis {
    pub rows: Vec<u32>,
    /// Row-major: a row for each unknown, a column for each row of the basis.
    pub inverse: Vec<f64>,
}

/// An answer.
#[derive(Clone, Debug)]
pub(super) struct Solved {
    pub basis: Basis,
    /// The point.
    pub x: Vec<f64>,
    /// The largest `ρ` that all rows allow at this point: measured there.
    pub reached: f64,
    /// What no point with numbers of −1 to 1 exceeds, by the multipliers.
    pub bound: f64,
}

/// How far a row may be overstepped by an answer: some hundred roundings of numbers around 1.
const OVERSTEP: f64 = 1e-13;

/// Numbers smaller than this are no pivots.
const PIVOT: f64 = 1e-10;

/// Pivots after which the inverse is worked out anew.
const RENEW: usize = 32;

impl Basis {
    /// The basis of these rows; none if they do not fix the unknowns.
    pub fn of(rows: Rows<'_>, chosen: Vec<u32>) -> Option<Self> {
        let n = chosen.len();
        // Gauss–Jordan on [A | 1], with the largest pivot of a column.
        let mut matrix = vec![0.0; 2 * n * n];
        for (k, &row) in chosen.iter().enumerate() {
            for j in 0..n {
                matrix[k * 2 * n + j] = rows.at(row as usize, j);
            }
            matrix[k * 2 * n + n + k] = 1.0;
        }
        for j in 0..n {
            let size = |k: &usize| matrix[k * 2 * n + j].abs();
            let best = (j..n).max_by(|a, b| size(a).total_cmp(&size(b)))?;
            let pivot = size(&best);
            if pivot.is_nan() || pivot <= f64::EPSILON * f64::EPSILON {
                return None;
            }
            if best != j {
                (0..2 * n).for_each(|i| matrix.swap(j * 2 * n + i, best * 2 * n + i));
            }
            let pivot = matrix[j * 2 * n + j];
            matrix[j * 2 * n..(j + 1) * 2 * n].iter_mut().for_each(|v| *v /= pivot);
            let line = matrix[j * 2 * n..(j + 1) * 2 * n].to_vec();
            for k in (0..n).filter(|&k| k != j) {
                let factor = matrix[k * 2 * n + j];
                if factor != 0.0 {
                    let row = &mut matrix[k * 2 * n..(k + 1) * 2 * n];
                    row.iter_mut().zip(&line).for_each(|(v, l)| *v -= factor * l);
                }
            }
        }
        let inverse = matrix.chunks_exact(2 * n).flat_map(|row| row[n..].iter().copied()).collect();
        Some(Self { rows: chosen, inverse })
    }

    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        self.rows.len() * (4 + 8 * self.rows.len())
    }

    /// The unknowns at which all rows of the basis hold with equality.
    fn point(&self, rows: Rows<'_>) -> Vec<f64> {
        let z: Vec<f64> =
            self.rows.iter().map(|&row| rows.row(row as usize)[rows.inputs + 1]).collect();
        self.inverse.chunks_exact(z.len()).map(|line| -dot(line, &z)).collect()
    }

    /// The multipliers of the rows of the basis.
    fn multipliers(&self) -> &[f64] {
        &self.inverse[self.inverse.len() - self.rows.len()..]
    }

    /// Puts row `entering` in the place of the one that has to leave first; whether there was one.
    fn pivot(&mut self, rows: Rows<'_>, entering: usize, lowest: bool) -> bool {
        let n = self.rows.len();
        let mut along = vec![0.0; n];
        for (j, line) in self.inverse.chunks_exact(n).enumerate() {
            let a = rows.at(entering, j);
            along.iter_mut().zip(line).for_each(|(sum, m)| *sum += a * m);
        }
        let multipliers = self.multipliers();
        let ratio = |k: usize| (-multipliers[k]).max(0.0) / along[k];
        let candidates = || (0..n).filter(|&k| along[k] > PIVOT);
        let least = candidates().map(ratio).fold(f64::INFINITY, f64::min);
        let tied = candidates().filter(|&k| ratio(k) <= least * (1.0 + 1e-12) + 1e-300);
        // Of equal ones the largest pivot; where the same rows come again and again, the first (Bland's rule).
        let leaving = match lowest {
            true => tied.min_by_key(|&k| self.rows[k]),
            false => tied.max_by(|&a, &b| along[a].total_cmp(&along[b])),
        };
        let Some(leaving) = leaving else { return false };
        for line in self.inverse.chunks_exact_mut(n) {
            let pivot = line[leaving] / along[leaving];
            line.iter_mut().zip(&along).for_each(|(m, a)| *m -= pivot * a);
            line[leaving] = pivot;
        }
        self.rows[leaving] = entering as u32;
        true
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The answer, from a basis that holds the answer for some of the rows. Where the answer is at most `enough`, any bound
/// that says so will do.
pub(super) fn solve(rows: Rows<'_>, mut basis: Basis, enough: f64) -> Solved {
    let n = rows.inputs;
    let patience = 20 * (n + 1) + 2 * rows.count();
    let mut x = Vec::new();
    for round in 0..3 * patience {
        if round % RENEW == RENEW - 1
            && let Some(renewed) = Basis::of(rows, basis.rows.clone())
        {
            basis = renewed;
        }
        x = basis.point(rows);
        let highest = x[n];
        if highest.is_nan() || highest <= enough {
            break;
        }
        let slack = |row: &[f64]| dot(&row[..n], &x[..n]) + row[n + 1] - row[n] * highest;
        let overstepped = rows.all().map(slack).enumerate().filter(|(_, slack)| *slack < -OVERSTEP);
        let lowest = round >= patience;
        let entering = match lowest {
            true => overstepped.map(|(i, _)| i).next(),
            false => overstepped.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(i, _)| i),
        };
        let Some(entering) = entering else { break };
        if basis.rows.contains(&(entering as u32)) {
            // A row of the basis holds with equality but for the rounding of the inverse.
            match Basis::of(rows, basis.rows.clone()) {
                Some(renewed) if round % RENEW != 0 => basis = renewed,
                _ => break,
            }
            continue;
        }
        if !basis.pivot(rows, entering, lowest) {
            break;
        }
    }
    x.truncate(n);
    let reached = reached(rows, &x);
    let bound = bound(rows, &basis);
    Solved { basis, x, reached, bound }
}

/// The largest `ρ` that all rows allow at `x`; minus infinity where a row without it is overstepped.
fn reached(rows: Rows<'_>, x: &[f64]) -> f64 {
    let n = rows.inputs;
    rows.all().fold(f64::INFINITY, |least, row| {
        let value = dot(&row[..n], x) + row[n + 1];
        match row[n] > 0.0 {
            true => least.min(value / row[n]),
            false if value < -1e3 * OVERSTEP => f64::NEG_INFINITY,
            false => least,
        }
    })
}

/// With multipliers that are not negative: `0 ≤ Σλ(g·x + z − wρ)`, and `Σλg·x ≤ ‖Σλg‖₁` where `|x| ≤ 1`. What these sums
/// may have rounded to is on top.
fn bound(rows: Rows<'_>, basis: &Basis) -> f64 {
    let n = rows.inputs;
    let (mut gradient, mut weight, mut offset, mut size) = (vec![0.0; n], 0.0, 0.0, 0.0);
    for (&row, &multiplier) in basis.rows.iter().zip(basis.multipliers()) {
        let (row, multiplier) = (rows.row(row as usize), (-multiplier).max(0.0));
        gradient.iter_mut().zip(row).for_each(|(sum, g)| *sum += multiplier * g);
        weight += multiplier * row[n];
        offset += multiplier * row[n + 1];
        size += multiplier * row.iter().map(|v| v.abs()).sum::<f64>();
    }
    let rounding = 2.0 * (n + 2) as f64 * f64::EPSILON * size;
    let rest: f64 = gradient.iter().map(|g| g.abs()).sum();
    if weight > 0.0 { (offset + rest + rounding) / weight } else { f64::INFINITY }
}

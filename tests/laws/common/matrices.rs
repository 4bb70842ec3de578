//! The matrices of the transforms, written from their formulas.

use std::f64::consts::PI;
use switchnet::Matrix;
use switchnet::transform::TransformKind;

fn matrix(n: usize, entry: impl Fn(usize, usize) -> f64) -> Matrix<f64> {
    Matrix::from_shape_fn((n, n), |(i, j)| entry(i, j))
}

/// `A ⊗ B`: each entry of `A` times the whole of `B`.
pub fn kronecker(a: &Matrix<f64>, b: &Matrix<f64>) -> Matrix<f64> {
    let m = b.nrows();
    matrix(a.nrows() * m, |i, j| a[[i / m, j / m]] * b[[i % m, j % m]])
}

/// The symmetric conference matrix of the field of `q` = 5, 9 or 13 numbers and infinity, which comes
/// first. A number is `c + d·√−1` modulo `p`, with `d = 0` where the field is a prime's.
pub fn conference(q: usize) -> Matrix<f64> {
    let p = if q == 9 { 3 } else { q };
    let number = |i: usize| if q == 9 { (i / 3, i % 3) } else { (i, 0) };
    let times = |(a, b): (usize, usize), (c, d): (usize, usize)| {
        ((a * c + (p - 1) * b * d) % p, (a * d + b * c) % p)
    };
    let squares: Vec<_> = (1..q).map(|i| times(number(i), number(i))).collect();
    matrix(q + 1, |i, j| {
        if i == j {
            return 0.0;
        }
        if i == 0 || j == 0 {
            return 1.0;
        }
        let ((a, b), (c, d)) = (number(i - 1), number(j - 1));
        if squares.contains(&((a + p - c) % p, (b + p - d) % p)) { 1.0 } else { -1.0 }
    })
}

/// Paley's second construction, with entries ±1.
pub fn paley(order: usize) -> Matrix<f64> {
    let two = |entries: [[f64; 2]; 2]| ndarray::arr2(&entries);
    let conference = conference(order / 2 - 1);
    kronecker(&conference, &two([[1.0, 1.0], [1.0, -1.0]]))
        + kronecker(&Matrix::eye(order / 2), &two([[1.0, -1.0], [-1.0, -1.0]]))
}

/// `(−1)^popcount(i AND j) / √n` for powers of two; else Paley's matrices times that, those of order 12
/// outermost, then 20, then 28.
pub fn naive_hadamard(n: usize) -> Matrix<f64> {
    for (order, prime) in [(12, 3), (20, 5), (28, 7)] {
        if n.is_multiple_of(prime) {
            let outer = paley(order) / (order as f64).sqrt();
            return kronecker(&outer, &naive_hadamard(n / order));
        }
    }
    let sign = |i: usize, j: usize| if (i & j).count_ones().is_multiple_of(2) { 1.0 } else { -1.0 };
    matrix(n, |i, j| sign(i, j) / (n as f64).sqrt())
}

pub fn sign_changes(row: &[f64]) -> usize {
    row.windows(2).filter(|pair| (pair[0] > 0.0) != (pair[1] > 0.0)).count()
}

/// The rows of the Hadamard matrix, sorted by their number of sign changes.
pub fn naive_sequency(n: usize) -> Matrix<f64> {
    let natural = naive_hadamard(n);
    let mut rows: Vec<Vec<f64>> = natural.rows().into_iter().map(|row| row.to_vec()).collect();
    rows.sort_by_key(|row| sign_changes(row));
    matrix(n, |i, j| rows[i][j])
}

/// `(cos + sin)(2πij/n) / √n`; whole turns are taken off in integers, where nothing rounds.
pub fn naive_hartley(n: usize) -> Matrix<f64> {
    matrix(n, |i, j| {
        let (sine, cosine) = (2.0 * PI * (i * j % n) as f64 / n as f64).sin_cos();
        (cosine + sine) / (n as f64).sqrt()
    })
}

/// `w_k·cos(π k (j + ½)/n)`, with whole turns taken off in integers.
pub fn naive_dct2(n: usize) -> Matrix<f64> {
    matrix(n, |k, j| {
        let weight = if k == 0 { 1.0 } else { 2.0 } / n as f64;
        weight.sqrt() * (PI * (k * (2 * j + 1) % (4 * n)) as f64 / (2 * n) as f64).cos()
    })
}

/// `w_j·cos(π j (k + ½)/n)`: written out and not transposed.
pub fn naive_dct3(n: usize) -> Matrix<f64> {
    matrix(n, |k, j| {
        let weight = if j == 0 { 1.0 } else { 2.0 } / n as f64;
        weight.sqrt() * (PI * (j * (2 * k + 1) % (4 * n)) as f64 / (2 * n) as f64).cos()
    })
}

/// The matrix of the kinds that are not drawn at random.
pub fn naive(kind: TransformKind, n: usize) -> Option<Matrix<f64>> {
    match kind {
        TransformKind::Hadamard => Some(naive_hadamard(n)),
        TransformKind::HadamardSequency => Some(naive_sequency(n)),
        TransformKind::Hartley => Some(naive_hartley(n)),
        TransformKind::Dct2 => Some(naive_dct2(n)),
        TransformKind::Dct3 => Some(naive_dct3(n)),
        TransformKind::Identity => Some(Matrix::eye(n)),
        _ => None,
    }
}

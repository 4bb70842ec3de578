use super::*;
use crate::random::{generator, normal};
use ndarray::{Axis, array};

fn random(rows: usize, columns: usize, seed: u64) -> Matrix<f64> {
    let mut rng = generator(seed, 0);
    Matrix::from_shape_simple_fn((rows, columns), || normal(&mut rng, 1.0))
}

/// The orthonormal Hadamard matrix of 16: all entries are `±¼`, so scaling a row rounds nothing.
fn hadamard() -> Matrix<f64> {
    Matrix::from_shape_fn(
        (16, 16),
        |(i, j)| if (i & j).count_ones() % 2 == 0 { 0.25 } else { -0.25 },
    )
}

fn largest(m: &Matrix<f64>) -> f64 {
    m.iter().fold(0.0, |largest, v| largest.max(v.abs()))
}

/// Sums of up to a few hundred products, rounded some ten times more often.
const ROUNDING: f64 = 1e-14;

#[track_caller]
fn assert_orthonormal(rows: &Matrix<f64>) {
    let error = largest(&(rows.dot(&rows.t()) - Matrix::<f64>::eye(rows.nrows())));
    assert!(error <= ROUNDING, "{:?}: {error:e}", rows.dim());
}

/// What holds of every decomposition.
#[track_caller]
fn decomposed(a: &Matrix<f64>) -> Svd {
    let found = svd(a.view()).unwrap();
    let count = a.nrows().min(a.ncols());
    assert_eq!(found.values.len(), count);
    assert_eq!((found.left.dim(), found.right.dim()), ((count, a.nrows()), (count, a.ncols())));
    assert!(
        found.values.windows(2).all(|two| two[0] >= two[1])
            && found.values.iter().all(|v| *v >= 0.0)
    );
    assert_orthonormal(&found.left);
    assert_orthonormal(&found.right);
    let mut scaled = found.right.clone();
    for (mut row, value) in scaled.rows_mut().into_iter().zip(&found.values) {
        row *= *value;
    }
    let error = largest(&(found.left.t().dot(&scaled) - a));
    let first = found.values.first().copied().unwrap_or(0.0);
    assert!(error <= ROUNDING * first, "{:?}: {:e}", a.dim(), error / first);
    found
}

#[track_caller]
fn assert_values(a: &Matrix<f64>, expected: &[f64]) {
    for a in [a.clone(), a.t().as_standard_layout().into_owned(), a.t().to_owned()] {
        let found = decomposed(&a).values;
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() <= ROUNDING * expected, "{found:e}, {expected:e}");
        }
    }
}

#[test]
fn known_values() {
    let five = 5.0_f64.sqrt();
    assert_values(&array![[3.0, 0.0], [4.0, 5.0]], &[3.0 * five, five]);
    assert_values(&array![[0.0, -2.0, 0.0], [0.5, 0.0, 0.0]], &[2.0, 0.5]);
    assert_values(&array![[3.0, 0.0, -4.0]], &[5.0]);
    assert_values(&array![[-7.0]], &[7.0]);
    // The same value many times.
    assert_values(&hadamard(), &[1.0; 16]);
    assert_values(&(3.0 * Matrix::<f64>::eye(5)), &[3.0; 5]);
    // Nothing but zeros, and zeros beside something.
    assert_values(&Matrix::zeros((3, 40)), &[0.0; 3]);
    assert_values(&array![[0.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 0.0]], &[2.0, 0.0, 0.0]);
}

#[test]
fn every_shape_is_made_of_its_parts() {
    for (rows, columns) in [(1, 9), (9, 1), (2, 2), (10, 784), (300, 17), (60, 60), (130, 140)] {
        let a = random(rows, columns, 1);
        let values = decomposed(&a).values;
        let energy = a.iter().map(|v| v * v).sum::<f64>();
        assert!((values.iter().map(|v| v * v).sum::<f64>() - energy).abs() <= ROUNDING * energy);
    }
    for (rows, columns) in [(0, 5), (5, 0), (0, 0)] {
        decomposed(&Matrix::zeros((rows, columns)));
    }
}

#[test]
fn rows_that_depend_on_each_other() {
    let a = random(40, 6, 2).dot(&random(6, 90, 3));
    let found = decomposed(&a);
    let least = tolerance(40, 90, found.values[0]);
    assert!(found.values[5] > 1e3 * least && found.values[6] <= least, "{:?}", &found.values[..8]);
    let inside = span(a.view()).unwrap();
    assert_eq!(inside.nrows(), 6);
    assert!(largest(&(a.dot(&inside.t()).dot(&inside) - &a)) <= ROUNDING * found.values[0]);
    // To the bit.
    let twice = random(3, 7, 4).select(Axis(0), &[0, 1, 0, 2, 1]);
    assert_eq!(span(twice.view()).unwrap().nrows(), 3);
    decomposed(&twice);
}

/// Small values are as exact as large ones, where they are small by the lengths of the few rows or columns.
#[test]
fn rows_of_all_sizes() {
    for (first, step) in [(0, -8), (150, -12), (-150, -12), (300, -12)] {
        let sizes: Vec<f64> = (0..12).map(|i| 10.0_f64.powi(first + step * i)).collect();
        let mut a = hadamard().slice_move(s![..12, ..]);
        for (i, mut row) in a.rows_mut().into_iter().enumerate() {
            row *= sizes[(5 * i) % 12]; // in another order
        }
        assert_values(&a, &sizes);
    }
    // So small that digits are lost.
    let values = svd((&hadamard() * 1e-322).view()).unwrap().values;
    assert!(values.iter().all(|v| *v > 0.0 && *v < 1e-321));
}

#[test]
fn numbers_that_are_not_finite_are_an_error() {
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut a = random(3, 4, 5);
        a[[1, 2]] = number;
        let message = svd(a.view()).err().unwrap().to_string();
        assert_eq!(
            message,
            "singular values: expected a matrix of finite numbers, found no convergence"
        );
    }
}

#[test]
fn the_threads_change_nothing() {
    let a = random(150, 200, 6);
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| svd(a.view())).unwrap()
    };
    let (one, three) = (on(1), on(3));
    assert_eq!((one.values, one.left, one.right), (three.values, three.left, three.right));
}

#[test]
fn orthonormal_rows() {
    for (rows, columns) in [(0, 3), (1, 1), (7, 7), (16, 300)] {
        let a = random(rows, columns, 7);
        let q = orthonormal(a.view());
        assert_eq!(q.dim(), a.dim());
        assert_orthonormal(&q);
        assert!(largest(&(a.dot(&q.t()).dot(&q) - &a)) <= ROUNDING * largest(&a).max(1.0));
    }
    // In another layout, of very different lengths, dependent, zero.
    let mut a = random(9, 4, 8);
    for (column, size) in [1e300, 1e-300, 1.0, 1e-20].into_iter().enumerate() {
        a.column_mut(column).mapv_inplace(|v| v * size);
    }
    assert_orthonormal(&orthonormal(a.t()));
    assert_orthonormal(&orthonormal(a.select(Axis(1), &[2, 2, 0, 2]).t()));
    assert_orthonormal(&orthonormal(Matrix::zeros((4, 9)).view()));
}

#[test]
#[should_panic(expected = "more orthonormal rows than dimensions")]
fn more_orthonormal_rows_than_dimensions() {
    orthonormal(Matrix::zeros((3, 2)).view());
}

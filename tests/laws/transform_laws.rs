//! Every transform is the orthonormal matrix that its documentation writes down.
//!
//! Tolerances: a fast transform of length n rounds about log2 n times along each path, so in the
//! Euclidean norm it errs by a small multiple of log2 n·ε·‖x‖; [`slack`] says which.

use crate::common::*;
use switchnet::random::generator;
use switchnet::transform::{
    Blocks, Dct, Description, Hadamard, Hartley, Identity, Permutation, Separable, Signs,
    Transform, TransformKind,
};
use switchnet::{Error, Matrix, Scalar};

/// Lengths of all sorts: 1, powers of two, primes, odd and even composites, products of the orders of
/// Hadamard matrices with every remainder of the tiles they are worked on in.
const LENGTHS: [usize; 29] = [
    1, 2, 3, 4, 5, 8, 12, 15, 16, 20, 24, 28, 31, 40, 48, 56, 64, 97, 100, 105, 128, 144, 224, 240,
    336, 560, 784, 960, 1021,
];

/// Lengths that are 12, 20 and 28 times each other and powers of two: each alone, in twos and threes,
/// with no power of two, those that a tile takes and larger ones.
const PRODUCTS: [usize; 24] = [
    12, 20, 24, 28, 40, 48, 56, 80, 96, 112, 144, 160, 224, 240, 336, 400, 560, 784, 768, 960,
    1280, 1568, 1728, 3072,
];

/// The error allowed for one transform of length `n`, relative to the norm of the row.
///
/// A radix-2 step errs by about ε for each of log2 n stages. Lengths with a large prime factor go
/// through a convolution of at least twice the length, back and forth: at least twice as many
/// stages. The factor 2 is that. A Paley factor of order m sums a total of m numbers and takes parts of it off
/// again, which errs by less than 2·log2 m.
fn slack<T: Scalar>(n: usize) -> f64 {
    2.0 * ((n as f64).log2() + 1.0) * eps::<T>()
}

fn apply<T: Scalar>(transform: &dyn Transform<T>, x: &Matrix<T>) -> Matrix<T> {
    let mut y = x.clone();
    transform.apply(y.as_slice_mut().unwrap());
    y
}

fn adjoint<T: Scalar>(transform: &dyn Transform<T>, x: &Matrix<T>) -> Matrix<T> {
    let mut y = x.clone();
    transform.adjoint(y.as_slice_mut().unwrap());
    y
}

fn the_adjoint_is_the_inverse_and_lengths_are_kept<T: Scalar>() {
    for n in LENGTHS {
        for (kind, transform) in every_transform::<T>(n) {
            assert_eq!(transform.len(), n, "{kind:?}");
            let x = random::<T>(1, n, n as u64);
            let size = norm(&x);
            let (there, back) = (apply(&*transform, &x), adjoint(&*transform, &x));
            assert!(
                distance(&adjoint(&*transform, &there), &x) <= 2.0 * slack::<T>(n) * size,
                "{kind:?} {n}: adjoint(apply(x)) is not x"
            );
            assert!(
                distance(&apply(&*transform, &back), &x) <= 2.0 * slack::<T>(n) * size,
                "{kind:?} {n}: apply(adjoint(x)) is not x"
            );
            for y in [there, back] {
                let change = (norm(&y) - size).abs();
                assert!(change <= slack::<T>(n) * size, "{kind:?} {n}: the norm changed");
            }
        }
    }
}

/// ⟨Q x, y⟩ = ⟨x, Qᵀ y⟩ for unrelated x and y: the adjoint is the transpose, not only an inverse.
fn the_adjoint_is_the_transpose<T: Scalar>() {
    for n in LENGTHS {
        for (kind, transform) in every_transform::<T>(n) {
            let (x, y) = (random::<T>(1, n, 1), random::<T>(1, n, 2));
            let (there, back) = (apply(&*transform, &x), adjoint(&*transform, &y));
            let gap = (inner(&there, &y) - inner(&x, &back)).abs();
            let bound = 2.0 * slack::<T>(n) * norm(&x) * norm(&y);
            assert!(gap <= bound, "{kind:?} {n}: {gap:e} > {bound:e}");
        }
    }
}

/// `transform` against its matrix: all unit vectors at once for short rows, five random rows else.
fn equals<T: Scalar>(kind: TransformKind, n: usize) {
    let transform = kind.plan::<T>(n, &mut generator(0, 0)).unwrap();
    let matrix = naive(kind, n).expect("a kind that is not random");
    let x = if n <= 256 { Matrix::eye(n) } else { random::<T>(5, n, n as u64) };
    let y = apply(&*transform, &x);
    // The oracle multiplies in double precision; its own error is the second term.
    let expected = x.mapv(|v| v.double()).dot(&matrix.t());
    for (row, (y, expected)) in y.rows().into_iter().zip(expected.rows()).enumerate() {
        let size = norm(x.row(row));
        let error = y.iter().zip(expected).map(|(y, e)| (y.double() - e).powi(2)).sum::<f64>();
        let bound = (slack::<T>(n) + (n as f64).sqrt() * f64::EPSILON) * size;
        assert!(error.sqrt() <= bound, "{kind:?} {n}, row {row}: {:e} > {bound:e}", error.sqrt());
    }
}

fn hadamard_is_its_matrix<T: Scalar>() {
    for n in (0..=12).map(|bits| 1 << bits) {
        equals::<T>(TransformKind::Hadamard, n);
    }
    for n in (0..=9).map(|bits| 1 << bits) {
        equals::<T>(TransformKind::HadamardSequency, n);
    }
}

fn hadamard_is_its_matrix_at_products_of_orders<T: Scalar>() {
    for n in PRODUCTS {
        equals::<T>(TransformKind::Hadamard, n);
    }
}

/// The blocks one after another, by the transform itself.
fn blocks_are_transformed_each_for_itself<T: Scalar>() {
    for (n, count) in [(1, 5), (6, 1), (12, 3), (16, 49)] {
        for (kind, transform) in every_transform::<T>(n) {
            let x = random::<T>(3, n * count, 1);
            let parts = x.clone().into_shape_with_order((3 * count, n)).unwrap();
            for (step, expected) in [
                (apply::<T> as fn(&dyn Transform<T>, &Matrix<T>) -> _, apply(&*transform, &parts)),
                (adjoint::<T>, adjoint(&*transform, &parts)),
            ] {
                let blocks = Blocks::new(Borrowed(&*transform), count).unwrap();
                assert_eq!(Transform::<T>::len(&blocks), n * count);
                assert_eq!(bits(&step(&blocks, &x)), bits(&expected), "{kind:?} {n}×{count}");
            }
            let blocks = Blocks::new(Borrowed(&*transform), count).unwrap();
            let operations = Transform::<T>::describe(&blocks).operations;
            assert_eq!(operations, count * transform.describe().operations);
        }
    }
}

#[derive(Debug)]
struct Borrowed<'a, T>(&'a dyn Transform<T>);

impl<T: Scalar> Transform<T> for Borrowed<'_, T> {
    fn len(&self) -> usize {
        self.0.len()
    }
    fn apply(&self, rows: &mut [T]) {
        self.0.apply(rows);
    }
    fn adjoint(&self, rows: &mut [T]) {
        self.0.adjoint(rows);
    }
    fn describe(&self) -> Description<'_, T> {
        self.0.describe()
    }
}

/// `Q_h X Q_wᵀ` and `Q_hᵀ Y Q_w` with the matrices of the two.
fn images_are_transformed_from_both_sides<T: Scalar>() {
    use TransformKind::*;
    for (down, h, across, w) in [
        (Dct2, 1, Hartley, 7),
        (Dct2, 7, Dct3, 1),
        (Hartley, 28, Hartley, 28),
        (Dct2, 5, Hadamard, 12),
        (HadamardSequency, 16, Dct3, 9),
        (Hadamard, 20, Hadamard, 24),
    ] {
        let rng = &mut generator(0, 0);
        let (q_h, q_w) = (naive(down, h).unwrap(), naive(across, w).unwrap());
        let transform =
            Separable::<T>::boxed(down.plan(h, rng).unwrap(), across.plan(w, rng).unwrap());
        assert_eq!(transform.len(), h * w);
        let x = random::<T>(4, h * w, 3);
        let (there, back) = (apply(&transform, &x), adjoint(&transform, &x));
        for (i, image) in x.rows().into_iter().enumerate() {
            let image = image.mapv(|v| v.double()).into_shape_with_order((h, w)).unwrap();
            for (y, expected) in [
                (there.row(i), q_h.dot(&image).dot(&q_w.t())),
                (back.row(i), q_h.t().dot(&image).dot(&q_w)),
            ] {
                let error = y.iter().zip(&expected).map(|(y, e)| (y.double() - e).powi(2));
                let bound = (slack::<T>(h) + slack::<T>(w)) * norm(x.row(i));
                assert!(error.sum::<f64>().sqrt() <= bound, "{down:?} {h}, {across:?} {w}");
            }
        }
        let round = adjoint(&transform, &there);
        let bound = 2.0 * (slack::<T>(h) + slack::<T>(w)) * norm(&x);
        assert!(distance(&round, &x) <= bound, "{down:?} {h}, {across:?} {w}: the adjoint");
        // One image at a time gives the same bits.
        for (i, row) in x.rows().into_iter().enumerate() {
            let alone = apply(&transform, &row.to_owned().insert_axis(ndarray::Axis(0)));
            assert_eq!(bits(&alone), bits(there.row(i)));
        }
    }
}

fn hartley_and_cosine_are_their_matrices_at_any_length<T: Scalar>() {
    for n in (1..=70).chain([97, 101, 126, 127, 128, 130, 135, 211, 255, 256, 499, 729, 1000, 1021])
    {
        for kind in [TransformKind::Hartley, TransformKind::Dct2, TransformKind::Dct3] {
            equals::<T>(kind, n);
        }
    }
}

fn the_third_cosine_transform_inverts_the_second<T: Scalar>() {
    for n in 1..=70 {
        let (second, third) = (Dct::<T>::second(n).unwrap(), Dct::<T>::third(n).unwrap());
        let x = random::<T>(3, n, n as u64);
        for (first, then) in [(&second, &third), (&third, &second)] {
            let back = apply(then, &apply(first, &x));
            assert!(distance(&back, &x) <= 2.0 * slack::<T>(n) * norm(&x), "n = {n}");
            // The adjoint of the one is the other, by the very same steps.
            assert_eq!(bits(&adjoint(first, &x)), bits(&apply(then, &x)), "n = {n}");
        }
    }
}

fn row_i_in_sequency_order_changes_sign_i_times<T: Scalar>() {
    for n in (0..=9).map(|bits| 1 << bits) {
        // Applied to the unit vectors, the transform gives its columns.
        let columns = apply(&Hadamard::sequency(n).unwrap(), &Matrix::<T>::eye(n));
        for (i, row) in columns.columns().into_iter().enumerate() {
            assert_eq!(sign_changes(&double(row)), i, "n = {n}");
        }
    }
}

fn signs_and_permutations_move_and_flip_only<T: Scalar>() {
    for n in [1, 2, 9, 64] {
        let rng = &mut generator(3, 0);
        let transforms: [(&str, Box<dyn Transform<T>>); 2] = [
            ("signs", Box::new(Signs::random(n, rng).unwrap())),
            ("permutation", Box::new(Permutation::random(n, rng).unwrap())),
        ];
        for (name, transform) in transforms {
            let matrix = apply(&*transform, &Matrix::<T>::eye(n));
            for lane in matrix.rows().into_iter().chain(matrix.columns()) {
                let entries: Vec<f64> = double(lane).into_iter().filter(|v| *v != 0.0).collect();
                assert!(entries.len() == 1 && entries[0].abs() == 1.0, "{name} {n}: {entries:?}");
                assert!(name == "signs" || entries[0] == 1.0, "a permutation flips no sign");
            }
            assert!(name == "permutation" || matrix.diag().iter().all(|v| v.double() != 0.0));
        }
    }
    // y_i = x_{p(i)}, and not the inverse permutation.
    let order = Permutation::new(vec![2, 0, 1]).unwrap();
    let mut x = [T::of(10.0), T::of(20.0), T::of(30.0)];
    Transform::apply(&order, &mut x);
    assert_eq!(double(&x), [30.0, 10.0, 20.0]);
}

fn many_rows_at_once_are_the_same_bits_as_one_at_a_time<T: Scalar>() {
    for n in LENGTHS {
        for (kind, transform) in every_transform::<T>(n) {
            let x = random::<T>(5, n, 7);
            for step in [apply::<T>, adjoint::<T>] {
                let together = step(&*transform, &x);
                for (i, row) in x.rows().into_iter().enumerate() {
                    let alone = step(&*transform, &row.to_owned().insert_axis(ndarray::Axis(0)));
                    assert_eq!(bits(&alone), bits(together.row(i)), "{kind:?} {n}, row {i}");
                }
            }
            transform.apply(&mut []); // no rows are no mistake
        }
    }
}

/// A NaN reaches every output that depends on its input, and infinity leaves no finite number
/// behind that looks like an answer.
fn nan_and_infinity_are_not_lost<T: Scalar>() {
    for n in [1, 2, 7, 8, 12, 16, 20, 28, 30, 40, 97, 128, 144, 240] {
        for (kind, transform) in every_transform::<T>(n) {
            let dense = !matches!(
                kind,
                TransformKind::Signs | TransformKind::Permutation | TransformKind::Identity
            );
            for (bad, at) in [(f64::NAN, 0), (f64::INFINITY, n / 2), (f64::NAN, n - 1)] {
                let mut x = random::<T>(1, n, 5);
                x[[0, at]] = T::of(bad);
                for y in [apply(&*transform, &x), adjoint(&*transform, &x)] {
                    let lost = y.iter().filter(|v| v.double().is_finite()).count();
                    let expected = if dense { 0 } else { n - 1 };
                    assert_eq!(lost, expected, "{kind:?} {n}: {bad} at {at}");
                    let nans = y.iter().filter(|v| v.double().is_nan()).count();
                    assert!(nans == n - lost || !bad.is_nan(), "{kind:?} {n}: NaN at {at}");
                }
            }
        }
    }
}

fn a_slice_that_is_no_whole_number_of_rows_panics_with_both_lengths<T: Scalar>() {
    for (kind, transform) in every_transform::<T>(16) {
        for step in [Transform::<T>::apply, Transform::<T>::adjoint] {
            let message = panic_message(|| step(&*transform, &mut [T::zero(); 37]));
            let both = message.contains("16") && message.contains("37");
            assert!(both, "{kind:?}: {message}");
            let blocks = Blocks::new(Borrowed(&*transform), 2).unwrap();
            let message = panic_message(|| step(&blocks, &mut [T::zero(); 48]));
            assert!(message.contains("32") && message.contains("48"), "{kind:?}: {message}");
        }
    }
    let image = Separable::<T>::new(Dct::second(3).unwrap(), Dct::second(4).unwrap());
    let message = panic_message(|| image.apply(&mut [T::zero(); 16]));
    assert!(message.contains("12") && message.contains("16"), "{message}");
}

in_both_precisions!(
    the_adjoint_is_the_inverse_and_lengths_are_kept,
    the_adjoint_is_the_transpose,
    hadamard_is_its_matrix,
    hadamard_is_its_matrix_at_products_of_orders,
    blocks_are_transformed_each_for_itself,
    images_are_transformed_from_both_sides,
    hartley_and_cosine_are_their_matrices_at_any_length,
    the_third_cosine_transform_inverts_the_second,
    row_i_in_sequency_order_changes_sign_i_times,
    signs_and_permutations_move_and_flip_only,
    many_rows_at_once_are_the_same_bits_as_one_at_a_time,
    nan_and_infinity_are_not_lost,
    a_slice_that_is_no_whole_number_of_rows_panics_with_both_lengths,
);

#[test]
fn paley_matrices_are_symmetric_hadamard_matrices() {
    for order in [12, 20, 28] {
        let h = paley(order);
        assert!(h.iter().all(|v| v.abs() == 1.0) && h == h.t(), "order {order}");
        assert_eq!(h.dot(&h.t()), Matrix::<f64>::eye(order) * order as f64);
    }
}

#[test]
fn additions_of_hadamard_transforms_are_counted() {
    let operations = |n: usize| Transform::<f32>::describe(&Hadamard::new(n).unwrap()).operations;
    // Powers of two: n·log2 n. Paley's: counted by hand from their formulas, for each block of their order.
    for (n, expected) in
        [(1, 0), (1024, 10240), (12, 58), (20, 116), (28, 216), (784, 56 * 216), (48, 4 * 58 + 96)]
    {
        assert_eq!(operations(n), expected, "{n}");
    }
}

#[test]
fn lengths_that_do_not_fit_are_refused_with_the_nearest_that_do() {
    let refused = |result: Result<Hadamard, Error>, n: usize, sizes: &str, kind: &str| {
        let message = result.expect_err("no such size").to_string();
        assert!(message.contains(kind), "{message}");
        assert!(message.ends_with(&format!(", such as {sizes}, found {n}")), "{message}");
    };
    for (n, sizes) in [(3, "2 or 4"), (12, "8 or 16"), (1000, "512 or 1024"), (0, "1 or 2")] {
        refused(Hadamard::sequency(n), n, sizes, "in sequency order: expected a power of two,");
    }
    let kind = "transform: expected a size 2^k·12^a·20^b·28^c, as are built here,";
    for (n, sizes) in [
        (0, "1 or 2"),
        (3, "2 or 4"),
        (11, "8 or 12"),
        (100, "96 or 112"),
        (780, "768 or 784"),
        (785, "784 or 800"),
        (1000, "960 or 1024"),
        (6 * 128 + 4, "768 or 784"),
    ] {
        refused(Hadamard::new(n), n, sizes, kind);
    }
    // Right up to the largest: every length is taken or refused with its neighbors among those taken.
    let taken: Vec<usize> = (1..=4096).filter(|&n| Hadamard::new(n).is_ok()).collect();
    for pair in taken.windows(2) {
        let n = pair[0] + 1;
        if n < pair[1] {
            refused(Hadamard::new(n), n, &format!("{} or {}", pair[0], pair[1]), kind);
        }
    }
    let huge = Hadamard::new(usize::MAX).expect_err("odd").to_string();
    assert!(huge.contains(&usize::MAX.to_string()), "{huge}");
    assert!(Blocks::new(Hadamard::new(2).unwrap(), 0).is_err());
}

#[test]
fn length_zero_is_refused_by_all() {
    let rng = &mut generator(0, 0);
    for kind in TransformKind::ALL {
        let error = kind.plan::<f64>(0, rng).expect_err("no transform of nothing").to_string();
        assert!(error.contains("found 0"), "{kind:?}: {error}");
    }
    assert!(Hartley::<f32>::new(0).is_err() && Identity::new(0).is_err());
}

#[test]
fn a_list_that_is_no_permutation_is_refused() {
    for list in [vec![0, 0], vec![1, 2], vec![0, 2, 2], vec![usize::MAX]] {
        let error = Permutation::new(list.clone()).expect_err("no permutation").to_string();
        assert!(error.starts_with("permutation: expected each of 0.."), "{list:?}: {error}");
    }
}

#[test]
fn kinds_have_the_names_of_their_transforms() {
    for kind in TransformKind::ALL {
        let transform = kind.plan::<f32>(8, &mut generator(0, 0)).unwrap();
        let name = serde_json::to_value(kind).unwrap();
        assert_eq!(name, transform.describe().name.as_ref());
    }
}

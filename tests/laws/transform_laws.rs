//! Every transform is the orthonormal matrix that its documentation writes down.
//!
//! Tolerances: a fast transform of length n rounds about log2 n times along each path, so in the
//! Euclidean norm it errs by a small multiple of log2 n·ε·‖x‖; [`slack`] says which.

use crate::common::*;
use switchnet::random::generator;
use switchnet::transform::{
    Dct, Hadamard, Hartley, Identity, Permutation, Signs, Transform, TransformKind,
};
use switchnet::{Matrix, Scalar};

/// Lengths of all sorts: 1, powers of two, primes, odd and even composites.
const LENGTHS: [usize; 16] = [1, 2, 3, 4, 5, 8, 12, 15, 16, 31, 64, 97, 100, 105, 128, 1021];

/// The error allowed for one transform of length `n`, relative to the length of the row.
///
/// A radix-2 step errs by about ε for each of log2 n stages. Lengths with a large prime factor go
/// through a convolution of at least twice the length, back and forth: at least twice as many
/// stages. The factor 2 is that.
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
                assert!(change <= slack::<T>(n) * size, "{kind:?} {n}: the length changed");
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
    for n in [1, 2, 7, 8, 16, 30, 97, 128] {
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
        }
    }
}

in_both_precisions!(
    the_adjoint_is_the_inverse_and_lengths_are_kept,
    the_adjoint_is_the_transpose,
    hadamard_is_its_matrix,
    hartley_and_cosine_are_their_matrices_at_any_length,
    the_third_cosine_transform_inverts_the_second,
    row_i_in_sequency_order_changes_sign_i_times,
    signs_and_permutations_move_and_flip_only,
    many_rows_at_once_are_the_same_bits_as_one_at_a_time,
    nan_and_infinity_are_not_lost,
    a_slice_that_is_no_whole_number_of_rows_panics_with_both_lengths,
);

#[test]
fn lengths_that_do_not_fit_are_refused_with_the_nearest_that_do() {
    for (n, below, above) in [(3, "2", "4"), (12, "8", "16"), (1000, "512", "1024"), (0, "1", "2")]
    {
        for result in [Hadamard::new(n), Hadamard::sequency(n)] {
            let message = result.expect_err("not a power of two").to_string();
            let (said, found) = message.split_once("found").expect("what was found");
            assert!(said.contains(&format!(" {below} ")), "{message}");
            assert!(said.contains(&format!(" {above},")), "{message}");
            assert_eq!(found.trim(), n.to_string());
        }
    }
    let huge = Hadamard::new(usize::MAX).expect_err("not a power of two").to_string();
    assert!(huge.contains(&usize::MAX.to_string()), "{huge}");
}

#[test]
fn length_zero_is_refused_by_all() {
    let rng = &mut generator(0, 0);
    for kind in TransformKind::ALL {
        let error = kind.plan::<f64>(0, rng).err().expect("no transform of nothing").to_string();
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
        assert_eq!(name, transform.name());
    }
}

//! The product of dense matrices: against sums of products, and beside other rows and columns.

use super::{Scalar, numbers};
use crate::product::FEW_DOTS;
use crate::{Factor, Path, product};

/// `a·b`, or that added to ones, against sums in double precision: all ways the matrices can lie, sizes below, at
/// and above those of tiles, panels and blocks.
fn is_the_product<T: Scalar>() {
    let sizes: &[[usize; 3]] = if cfg!(miri) {
        &[[1, 3, 5], [9, 5, 34], [3, 9, 2], [9, 17, 3], [17, 3, 42]]
    } else {
        &[
            [1, 1, 1],
            [1, 300, 70],
            [2, 17, 33],
            [3, 40, 600],
            [7, 64, 64],
            [8, 5, 20],
            [9, 33, 17],
            [13, 257, 50],
            [16, 16, 16],
            [33, 129, 77],
            [33, 9, 67],
            [17, 9, 42],
            [50, 33, 1],
            [100, 70, 6],
            [600, 20, 2],
            [40, 600, 101],
            [70, 30, 10],
            [65, 270, 530],
            [24, 300, 70],
            [110, 300, 40],
            [110, 30, 1030], // rows more than a page long
            [10, 20, 1100],
        ]
    };
    for &[m, k, n] in sizes {
        let (a, b) = (numbers::<T>(m * k), numbers::<T>(k * n + 1));
        let b = &b[1..]; // not aligned
        for ways in 0..4 {
            let lie =
                |by_columns: bool, rows, columns| if by_columns { [1, rows] } else { [columns, 1] };
            let [down, right] = lie(ways & 1 > 0, m, k);
            let [down_b, right_b] = lie(ways & 2 > 0, k, n);
            let one = Factor { values: &a, shape: [m, k], strides: [down, right] };
            let other = Factor { values: b, shape: [k, n], strides: [down_b, right_b] };
            for path in Path::all() {
                for accumulate in [false, true] {
                    let mut out = vec![T::ONE; m * n];
                    T::product(path, &mut out, accumulate, one, other);
                    for (at, y) in out.iter().enumerate() {
                        let (i, j) = (at / n, at % n);
                        let terms = (0..k).map(|l| {
                            a[i * down + l * right].double() * b[l * down_b + j * right_b].double()
                        });
                        let expected = terms.sum::<f64>() + f64::from(u8::from(accumulate));
                        // Terms below one, each sum rounded once.
                        let bound = T::EPSILON * (k as f64 + 1.0).powf(1.5);
                        let error = (y.double() - expected).abs();
                        assert!(
                            error <= bound,
                            "{path:?}, {m}x{k}x{n}, {ways}, ({i}, {j}): {error}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn products_are_sums_of_products() {
    is_the_product::<f32>();
    is_the_product::<f64>();
}

/// The bits of a number of a product do not depend on the rows and columns beside it.
fn is_the_same_among_others<T: Scalar>() {
    let [m, k, n] = if cfg!(miri) { [20, 3, 37] } else { [83, 300, 131] };
    let (a, b) = (numbers::<T>(m * k), numbers::<T>(k * n));
    let one = Factor { values: &a, shape: [m, k], strides: [k, 1] };
    for path in Path::all() {
        for (by_columns, fewest) in [(false, 1), (true, FEW_DOTS + 1)] {
            let strides = if by_columns { [1, k] } else { [n, 1] };
            let other = Factor { values: &b, shape: [k, n], strides };
            let mut all = vec![T::ZERO; m * n];
            T::product(path, &mut all, false, one, other);
            for (rows, columns) in
                [(fewest, n), (fewest + 1, 40.min(n)), (m - 3, 9), (15.max(fewest), 36)]
            {
                let part = Factor { shape: [rows, k], ..one };
                let of = Factor { shape: [k, columns], ..other };
                let mut out = vec![T::ONE; rows * columns];
                T::product(path, &mut out, false, part, of);
                for (row, of_all) in out.chunks(columns).zip(all.chunks(n)) {
                    assert!(row == &of_all[..columns], "{path:?}, {rows} rows, {columns} columns");
                }
            }
        }
    }
}

#[test]
fn a_number_of_a_product_is_the_same_among_others() {
    is_the_same_among_others::<f32>();
    is_the_same_among_others::<f64>();
}

/// Columns of zeros are left out where the rows are few: with the bits of a product of many rows, of which others
/// are not zero there.
fn is_the_same_without_columns_of_zeros<T: Scalar>() {
    zeros_change_nothing::<T>(if cfg!(miri) { [36, 20, 18] } else { [40, 270, 37] });
    if !cfg!(miri) {
        zeros_change_nothing::<T>([40, 30, 1100]); // rows more than a page long
    }
}

fn zeros_change_nothing<T: Scalar>([m, k, n]: [usize; 3]) {
    let b = numbers::<T>(k * n);
    let other = Factor { values: &b, shape: [k, n], strides: [n, 1] };
    for name in ["two thirds", "one", "all but one", "all"] {
        let closed = |l: usize| match name {
            "two thirds" => !l.is_multiple_of(3),
            "one" => l == 1,
            "all but one" => l != 7,
            _ => true,
        };
        for few in [3, 10] {
            let mut a = numbers::<T>(m * k);
            for l in (0..k).filter(|&l| closed(l)) {
                (0..few).for_each(|row| a[row * k + l] = T::ZERO);
            }
            let all = Factor { values: &a, shape: [m, k], strides: [k, 1] };
            for path in Path::all() {
                let (mut some, mut many) = (vec![T::ONE; few * n], vec![T::ONE; m * n]);
                T::product(path, &mut some, false, Factor { shape: [few, k], ..all }, other);
                T::product(path, &mut many, false, all, other);
                assert!(some == many[..few * n], "{path:?}, {name}, {few} rows");
            }
        }
    }
}

#[test]
fn columns_of_zeros_change_nothing() {
    is_the_same_without_columns_of_zeros::<f32>();
    is_the_same_without_columns_of_zeros::<f64>();
}

#[test]
fn products_of_nothing_are_zero() {
    let none = Factor::<f32> { values: &[], shape: [2, 0], strides: [0, 1] };
    let mut out = [1.0; 6];
    product(&mut out, true, none, Factor { shape: [0, 3], ..none });
    assert_eq!(out, [1.0; 6]);
    product(&mut out, false, none, Factor { shape: [0, 3], ..none });
    assert_eq!(out, [0.0; 6]);
    product(&mut [], false, Factor { shape: [0, 5], ..none }, Factor { shape: [5, 0], ..none });
}

#[test]
#[should_panic(
    expected = "product: expected 4 = m·n numbers from m×k · k×n, found [2, 2] · [3, 2]"
)]
fn products_of_other_shapes_panic() {
    let a = Factor { values: &[0.0; 6], shape: [2, 2], strides: [2, 1] };
    product(&mut [0.0; 4], false, a, Factor { shape: [3, 2], ..a });
}

#[test]
#[should_panic(expected = "product: a matrix lacks numbers")]
fn a_factor_that_ends_early_panics() {
    let a = Factor { values: &[0.0; 3], shape: [2, 2], strides: [2, 1] };
    product(&mut [0.0; 4], false, a, a);
}

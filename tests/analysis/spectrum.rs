//! Singular values and vectors.

use super::helpers::{Boxed, bias, block, chain, close, hadamard, norm, random, scale, vector};
use ndarray::{Array1, ArrayView1, array};
use switchnet::Matrix;
use switchnet::analysis::{
    BoundSource, Exactness, Method, Spectrum, effective_map, norm_bound, spectrum,
};
use switchnet::layer::{Dense, Layer, Reshape, Smooth, Switch};
use switchnet::net::zoo;

fn full(net: &dyn Layer<f64>, x: &Array1<f64>) -> Spectrum {
    check(net, x, spectrum(net, x.view(), Method::Full).unwrap())
}

fn leading(net: &dyn Layer<f64>, x: &Array1<f64>, count: usize) -> Spectrum {
    check(net, x, spectrum(net, x.view(), Method::leading(count)).unwrap())
}

/// What holds of every spectrum: converged pairs of `A`, orthonormal vectors, an order, the energy of `A`.
#[track_caller]
fn check(net: &dyn Layer<f64>, x: &Array1<f64>, found: Spectrum) -> Spectrum {
    let a = effective_map(net, x.view()).a;
    assert!(found.converged, "{:?} {:?}", found.values, found.residuals);
    assert!(found.values.windows(2).all(|pair| pair[0] >= pair[1]));
    let largest = found.values[0];
    let wanted = match found.method {
        Method::Full => 1e-12,
        Method::Leading { tolerance, .. } => 1.01 * tolerance, // measured another way
    };
    for (i, value) in found.values.iter().enumerate() {
        let (u, v) = (found.left.row(i), found.right.row(i));
        assert!(norm(&(a.dot(&v) - &u * *value)) <= wanted * largest, "{i}: A v");
        assert!(norm(&(a.t().dot(&u) - &v * *value)) <= wanted * largest, "{i}: Aᵀ u");
    }
    for vectors in [&found.left, &found.right] {
        let gram = vectors.dot(&vectors.t());
        // Sums of up to a hundred products, and a few products of orthonormal matrices.
        assert!(norm(&(gram - Matrix::<f64>::eye(found.values.len()))) <= 1e-12);
    }
    let energy = a.iter().map(|v| v * v).sum::<f64>();
    assert!((found.energy - energy).abs() <= 1e-13 * energy);
    found
}

/// S·D·Ĥ.
#[test]
fn one_block_has_its_open_scales() {
    let d = vector(64, 1);
    let net = chain(block(&d));
    let x = vector(64, 2);
    let open = effective_map(&net, x.view()).pattern.open[0].clone();
    let mut expected: Vec<f64> =
        d.iter().zip(&open).filter(|(_, open)| **open).map(|(d, _)| d.abs()).collect();
    expected.sort_by(|a, b| b.total_cmp(a));
    assert!((10..54).contains(&expected.len()), "both sides are seen");
    let all = full(&net, &x);
    assert_eq!((all.rank, all.complete, all.rounds), (expected.len(), true, 0));
    assert_eq!(all.ignored_directions(), Some(64 - expected.len()));
    assert_eq!(all.null_vectors().nrows(), 64 - expected.len());
    close(&all.values[..all.rank], &expected, 1e-14);
    let some = leading(&net, &x, 8);
    assert_eq!((some.rank, some.complete, some.ignored_directions()), (8, false, None));
    assert_eq!(some.participation, None);
    // A value is off by no more than the residual of its pair.
    close(&some.values, &expected[..8], 1e-7);
    // More than the rank: the whole row space, and with it the null space, is known without the matrix.
    let more = leading(&net, &x, all.rank + 3);
    assert_eq!((more.rank, more.complete), (all.rank, true));
    close(&more.values[..all.rank], &expected, 1e-7);
    let (one, other) = (all.ignored(x.view()).unwrap(), more.ignored(x.view()).unwrap());
    // The least open scale is above 1e-2, so directions are off by less than 1e-5.
    assert!(expected[expected.len() - 1] > 1e-2);
    assert!(norm(&(&one - &other)) <= 1e-5 * norm(&x));
    assert!(norm(&one) > 0.1 && norm(&(&x - &one)) > 0.1, "both parts are seen");
    let a = effective_map(&net, x.view()).a;
    assert!(norm(&a.dot(&one)) <= 1e-14 * norm(&x), "A does not see what it ignores");
    assert!(some.ignored(x.view()).is_err());
    assert!(all.ignored(x.slice(ndarray::s![..3])).is_err());
}

/// ‖A‖_F² = (Σ_{S2} d₂²)(Σ_{S1} d₁²)/n.
#[test]
fn two_blocks_have_the_product_of_their_energies() {
    let n = 32;
    let (d1, d2) = (vector(n, 3), vector(n, 4));
    let net = chain(block(&d1).into_iter().chain(block(&d2)).collect());
    let x = vector(n, 5);
    let open = effective_map(&net, x.view()).pattern.open;
    let energy = |d: &Array1<f64>, open: &[bool]| -> f64 {
        d.iter().zip(open).filter(|(_, open)| **open).map(|(d, _)| d * d).sum()
    };
    let expected = energy(&d2, &open[1]) * energy(&d1, &open[0]) / n as f64;
    for found in [full(&net, &x), leading(&net, &x, 3)] {
        assert!((found.energy - expected).abs() <= 1e-14 * expected);
        let stable = expected / found.values[0].powi(2);
        assert!((found.stable_rank - stable).abs() <= 1e-13 * stable);
    }
    let all = full(&net, &x);
    let squares: f64 = all.values.iter().map(|v| v * v).sum();
    assert!((squares - expected).abs() <= 1e-13 * expected, "Σσ² = ‖A‖_F²");
    let fourth: f64 = all.values.iter().map(|v| v.powi(4)).sum();
    assert!((all.participation.unwrap() - squares * squares / fourth).abs() <= 1e-11);
}

/// All singular values 1: no gap anywhere, and every direction is a singular vector.
#[test]
fn a_degenerate_spectrum_converges() {
    let n = 64;
    let sign = |seed| vector(n, seed).mapv(f64::signum);
    let blocks = (0..3).flat_map(|l| -> [Boxed; 2] {
        [hadamard(n), Box::new(Switch::two_slope(sign(2 * l + 6), sign(2 * l + 7)))]
    });
    let net = chain(blocks.collect());
    let x = vector(n, 8);
    for found in [full(&net, &x), leading(&net, &x, 5), leading(&net, &x, 64)] {
        close(&found.values, &vec![1.0; found.values.len()], 1e-13);
        assert!((found.stable_rank - n as f64).abs() <= 1e-10);
        assert!(found.rounds <= 1, "nothing to iterate");
    }
    let all = full(&net, &x);
    assert!((all.participation.unwrap() - n as f64).abs() <= 1e-10);
    assert_eq!(all.null_vectors().dim(), (0, n));
    // A value many times over and smaller ones: as many copies come out as are asked for.
    let d = Array1::from_shape_fn(n, |i| if i % 2 == 0 { 1.0 } else { 0.5 });
    let half = chain(vec![hadamard(n), scale(&d), hadamard(n)]);
    close(&leading(&half, &x, 32).values, &[1.0; 32], 1e-13);
    let values = leading(&half, &x, 40).values;
    close(&values[..32], &[1.0; 32], 1e-13);
    close(&values[32..], &[0.5; 8], 1e-13);
}

#[test]
fn without_the_matrix_as_with_it() {
    let mut compared = 0;
    let specs = [
        zoo::switch_net(&[64], 10, 1),
        zoo::switch_net(&[1, 12, 12], 40, 2),
        zoo::mlp(&[40], &[64, 50], 30, 3),
        zoo::cnn(&[1, 8, 8], 10, 4),
    ];
    for spec in specs {
        let net = spec.build::<f64>().unwrap();
        for seed in 0..2 {
            let x = vector(net.inputs(), 100 + seed);
            let all = full(&net, &x);
            for count in [1, 4, net.outputs()] {
                let some = leading(&net, &x, count);
                close(&some.values, &all.values[..count], 1.01e-7 * all.values[0]);
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 24);
}

#[test]
fn the_same_seed_gives_the_same_bits_and_another_the_same_values() {
    let net = zoo::mlp(&[40], &[64], 30, 9).build::<f64>().unwrap();
    let x = vector(40, 10);
    let with = |seed| {
        let method = Method::Leading { count: 5, tolerance: 1e-9, rounds: 200, seed };
        spectrum(&net, x.view(), method).unwrap()
    };
    assert_eq!(with(1), with(1));
    assert_ne!(with(1).right, with(2).right);
    close(&with(1).values, &with(2).values, 2e-9 * with(1).values[0]);
}

/// Spectra that fall fast and slowly, flat ones, and ones with a cliff.
#[test]
fn spectra_of_many_shapes() {
    let n = 128;
    let shapes: [fn(f64) -> f64; 5] = [
        |i| 10f64.powf(-i),
        |i| 0.9f64.powf(i),
        |i| 1.0 / (1.0 + i),
        |i| if i < 7.0 { 1.0 } else { 1e-3 },
        |i| 1.0 - i * 1e-3,
    ];
    for (shape, f) in shapes.iter().enumerate() {
        let d = Array1::from_shape_fn(n, |i| f(i as f64));
        let net = chain(vec![hadamard(n), scale(&d), hadamard(n)]);
        let found = leading(&net, &vector(n, 11), 10);
        close(&found.values, &d.to_vec()[..10], 1.01e-7);
        assert!(found.rounds < 40, "shape {shape}: {} rounds", found.rounds);
    }
}

#[test]
fn small_and_empty_maps() {
    // Rank one.
    let (u, v) = (vector(6, 12), vector(9, 13));
    let outer = Matrix::from_shape_fn((6, 9), |(i, j)| u[i] * v[j]);
    let net = Dense::new(outer, None);
    for found in [full(&net, &v), leading(&net, &v, 1), leading(&net, &v, 6)] {
        assert!((found.values[0] - norm(&u) * norm(&v)).abs() <= 1e-13);
        assert_eq!(found.rank, 1);
        assert!((found.stable_rank - 1.0).abs() <= 1e-13);
        assert_eq!(found.complete, found.values.len() == 6);
    }
    assert_eq!(full(&net, &v).ignored_directions(), Some(8));
    // Nothing but zeros: nothing is seen, all is ignored.
    let zero = chain(vec![scale(&Array1::from_elem(8, -1.0)), Box::new(Switch::relu(8))]);
    let x = Array1::ones(8);
    for found in [full(&zero, &x), leading(&zero, &x, 2)] {
        assert!(found.values.iter().all(|v| *v == 0.0) && found.complete && found.converged);
        assert_eq!((found.rank, found.energy, found.stable_rank), (0, 0.0, 0.0));
        assert_eq!((found.participation, found.ignored_directions()), (Some(0.0), Some(8)));
        assert_eq!(found.ignored(x.view()).unwrap(), x);
    }
    // One row, one column, one number.
    let row = Dense::new(array![[3.0, 0.0, 4.0]], None);
    let column = Dense::new(array![[3.0], [4.0]], None);
    let number = Dense::new(array![[-5.0]], None);
    let nets: [(&dyn Layer<f64>, usize); 3] = [(&row, 2), (&column, 0), (&number, 0)];
    for (net, ignored) in nets {
        let x = Array1::ones(net.inputs());
        for found in [full(net, &x), leading(net, &x, 1)] {
            close(&found.values, &[5.0], 1e-14);
            assert_eq!((found.complete, found.ignored_directions()), (true, Some(ignored)));
        }
    }
    let seen = full(&row, &Array1::ones(3)).ignored(array![3.0, 7.0, 4.0].view()).unwrap();
    close(&seen.to_vec(), &[0.0, 7.0, 0.0], 1e-14);
}

#[test]
fn too_few_rounds_are_said() {
    let n = 128;
    let d = Array1::from_shape_fn(n, |i| 1.0 - i as f64 * 1e-3);
    let net = chain(vec![hadamard(n), scale(&d), hadamard(n)]);
    let method = Method::Leading { count: 4, tolerance: 1e-12, rounds: 2, seed: 0 };
    let found = spectrum(&net, vector(n, 14).view(), method).unwrap();
    assert_eq!((found.converged, found.complete, found.rounds), (false, false, 2));
    assert!(found.residuals.iter().any(|r| r.pull > 1e-12));
}

#[test]
fn bad_arguments_are_errors() {
    let net = Dense::new(Matrix::eye(3), None);
    let x = Array1::ones(3);
    let fails = |x: ArrayView1<'_, f64>, method| spectrum(&net, x, method).unwrap_err().to_string();
    for count in [0, 4] {
        let message = fails(x.view(), Method::leading(count));
        assert_eq!(message, format!("singular values: expected 1 to 3, found {count}"));
    }
    let message = fails(Array1::ones(2).view(), Method::Full);
    assert_eq!(message, "width of the inputs: expected 3, found 2");
    let message = fails(array![0.0, f64::NAN, 0.0].view(), Method::Full);
    assert_eq!(message, "inputs, row 0, column 1: expected a number, found NaN");
    for (tolerance, rounds) in [(0.0, 1), (f64::NAN, 1), (1e-3, 0)] {
        let method = Method::Leading { count: 1, tolerance, rounds, seed: 0 };
        assert!(fails(x.view(), method).starts_with("rounds and tolerance: expected both above"));
    }
}

#[test]
fn tangents_are_called_so_and_answers_serialize() {
    let net = chain(vec![hadamard(4), Box::new(Smooth::tanh(4))]);
    let found = full(&net, &vector(4, 15));
    assert_eq!(found.exactness, Exactness::Tangent);
    let json = serde_json::to_value(&found).unwrap();
    assert_eq!(json["exactness"], "tangent");
    assert_eq!(json["method"]["kind"], "full");
    assert_eq!(json["right"][3].as_array().unwrap().len(), 4);
}

/// Fact 2: the product of the largest slopes, and the fewest open switches.
#[test]
fn the_bound_is_exact_for_one_block_and_holds_for_more() {
    let (d1, d2) = (vector(32, 16), vector(32, 17));
    let x = vector(32, 18);
    let one = chain(block(&d1));
    let (bound, found) = (norm_bound(&one, x.view()).unwrap(), full(&one, &x));
    assert!((bound.norm - found.values[0]).abs() <= 1e-14);
    assert_eq!(bound.rank, found.rank);
    let sources: Vec<_> = bound.layers.iter().map(|layer| layer.source).collect();
    assert_eq!(sources, [BoundSource::Transform, BoundSource::Diagonal, BoundSource::Diagonal]);
    let mut two = block(&d1);
    two.extend(block(&d2));
    two.push(bias(vector(32, 19)));
    two.push(Box::new(Dense::new(random(20, 32, 20), None)));
    two.insert(0, Box::new(Reshape::pad(20, 32).unwrap()));
    let two = chain(two);
    let x = vector(20, 21);
    let (bound, found) = (norm_bound(&two, x.view()).unwrap(), full(&two, &x));
    assert!(bound.norm >= found.values[0] && bound.rank >= found.rank, "{bound:?}");
    assert_eq!((bound.layers[0].norm, bound.layers[0].source), (1.0, BoundSource::Matrix));
    assert!(norm_bound(&two, vector(3, 1).view()).is_err());
    // A pad's matrix has the norm 1, a dense one's at most its Frobenius norm.
    let dense = bound.layers.last().unwrap();
    assert!(dense.norm <= norm(&random(20, 32, 20)) && dense.rank == 20);
}

//! `J` is one linear map, seen from two sides, and it is the layer while no switch flips.
//!
//! Tolerances: every law is exact in real numbers, so each bound is a number of roundings times ε
//! times the size of the terms that cancel. The nets here have up to 16 layers of up to 128
//! features; [`ROUNDINGS`] is their depth times a few for the sums in each layer.

use crate::common::*;
use ndarray::{Array1, Axis};
use switchnet::layer::*;
use switchnet::net::Graph;
use switchnet::{Matrix, Scalar};

const ROUNDINGS: f64 = 24.0;

/// A row repeated.
fn repeated<T: Scalar>(row: &Matrix<T>, rows: usize) -> Matrix<T> {
    row.broadcast((rows, row.ncols())).unwrap().to_owned()
}

/// The norm of J at the worst row of `x`, at least 1: what a rounding at the input grows to at the
/// output, and so the scale of a layer's errors.
fn gain<T: Scalar>(layer: &dyn Layer<T>, x: &Matrix<T>) -> f64 {
    let gains = (0..x.nrows()).map(|row| {
        let (_, map) = layer.linearize(x.select(Axis(0), &[row]));
        norm(&map.push(Matrix::eye(layer.inputs())))
    });
    gains.fold(1.0, f64::max)
}

fn push_and_pull_are_adjoint<T: Scalar>() {
    for (name, layer) in everything::<T>() {
        let (inputs, outputs) = (layer.inputs(), layer.outputs());
        let (u, v) = (random::<T>(5, inputs, 1), random::<T>(5, outputs, 2));
        // Recorded at one row, which serves five, and recorded at five.
        for recorded in [1, 5] {
            let (_, map) = layer.linearize(random(recorded, inputs, 3));
            let (there, back) = (map.push(u.clone()), map.pull(v.clone(), &mut []));
            assert_eq!((there.dim(), back.dim()), ((5, outputs), (5, inputs)), "{name}");
            let gap = (inner(&there, &v) - inner(&u, &back)).abs();
            let size = norm(&there) * norm(&v) + norm(&u) * norm(&back);
            let bound = ROUNDINGS * eps::<T>() * size;
            assert!(gap <= bound, "{name}, {recorded} recorded: {gap:e} > {bound:e}");
        }
    }
}

/// Each recorded row has a matrix of its own; a single one serves all rows alike. With noise it depends on the number
/// of the row, which changes here.
fn rows_keep_their_own_record<T: Scalar>() {
    for (name, layer) in without_noise::<T>() {
        let x = random::<T>(3, layer.inputs(), 4);
        let dx = random::<T>(3, layer.inputs(), 5);
        let dy = random::<T>(3, layer.outputs(), 6);
        let (_, map) = layer.linearize(x.clone());
        let (push, pull) = (map.push(dx.clone()), map.pull(dy.clone(), &mut []));
        for row in 0..3 {
            let (_, alone) = layer.linearize(x.select(Axis(0), &[row]));
            let close = |all: &Matrix<T>, one: Matrix<T>| {
                // Dense products of one row and of three may add in another order.
                let bound = ROUNDINGS * eps::<T>() * norm(&one).max(1.0);
                assert!(distance(&all.select(Axis(0), &[row]), &one) <= bound, "{name}, {row}");
            };
            close(&push, alone.push(dx.select(Axis(0), &[row])));
            close(&pull, alone.pull(dy.select(Axis(0), &[row]), &mut []));
            // One record for three rows is the same as the record of one row three times.
            let (_, thrice) = layer.linearize(repeated(&x.select(Axis(0), &[row]), 3));
            let (serving, own) = (alone.push(dx.clone()), thrice.push(dx.clone()));
            let bound = ROUNDINGS * eps::<T>() * norm(&own).max(1.0);
            assert!(distance(&serving, &own) <= bound, "{name}, row {row}");
        }
    }
}

fn forward_and_linearize_give_the_same_bits<T: Scalar>() {
    for (name, layer) in everything::<T>() {
        for rows in [1, 4] {
            let x = random::<T>(rows, layer.inputs(), 7);
            let y = layer.forward(x.clone());
            assert_eq!(y.dim(), (rows, layer.outputs()), "{name}");
            assert_eq!(bits(&y), bits(&layer.linearize(x).0), "{name}");
        }
    }
}

/// Columns in memory are no columns in meaning: the order of the storage changes no bit.
fn the_layout_of_the_input_does_not_matter<T: Scalar>() {
    for (name, layer) in everything::<T>() {
        let x = random::<T>(4, layer.inputs(), 8);
        let mut columns_first = Matrix::zeros((layer.inputs(), 4)).reversed_axes();
        columns_first.assign(&x);
        assert!(!columns_first.is_standard_layout() || layer.inputs() == 1);
        assert_eq!(bits(&layer.forward(x.clone())), bits(&layer.forward(columns_first)), "{name}");
        let dy = random::<T>(4, layer.outputs(), 9);
        let mut columns_first = Matrix::zeros((layer.outputs(), 4)).reversed_axes();
        columns_first.assign(&dy);
        let (_, map) = layer.linearize(x);
        let mut grads = [0, 1].map(|_| vec![T::zero(); parameters::count(layer.as_ref())]);
        let dx = map.pull(dy, &mut grads[0]);
        assert_eq!(bits(&dx), bits(&map.pull(columns_first, &mut grads[1])), "{name}");
        assert_eq!(bits(&grads[0]), bits(&grads[1]), "{name}");
    }
}

fn a_gradient_is_added_and_changes_nothing_else<T: Scalar>() {
    for (name, layer) in everything::<T>() {
        let count = parameters::count(layer.as_ref());
        let (_, map) = layer.linearize(random(4, layer.inputs(), 10));
        let dy = random::<T>(4, layer.outputs(), 11);
        let mut grad = vec![T::zero(); count];
        let dx = map.pull(dy.clone(), &mut grad);
        assert!(count == 0 || norm(&grad) > 0.0, "{name}: no gradient at all");
        assert_eq!(bits(&dx), bits(&map.pull(dy.clone(), &mut [])), "{name}: dx depends on grad");

        let before = random::<T>(1, count.max(1), 12).into_iter().take(count);
        let before: Vec<T> = before.collect();
        let mut after = before.clone();
        map.pull(dy, &mut after);
        let largest = grad.iter().fold(1.0_f64, |a, g| a.max(g.double().abs()));
        for ((after, before), g) in after.iter().zip(&before).zip(&grad) {
            // The terms of a sum over rows, in another order because the sum begins elsewhere.
            let error = (after.double() - before.double() - g.double()).abs();
            assert!(error <= ROUNDINGS * eps::<T>() * largest, "{name}: {error:e}");
        }
    }
}

fn a_gradient_does_not_need_dx<T: Scalar>() {
    for (name, layer) in everything::<T>() {
        let count = parameters::count(layer.as_ref());
        let (_, map) = layer.linearize(random(4, layer.inputs(), 13));
        let dy = random::<T>(4, layer.outputs(), 14);
        let start: Vec<T> = (0..count).map(|i| T::of(i as f64 * 0.01)).collect();
        let (mut pulled, mut accumulated) = (start.clone(), start);
        map.pull(dy.clone(), &mut pulled);
        assert!(map.vjp(dy, &mut accumulated, false).is_none());
        assert_eq!(bits(&pulled), bits(&accumulated), "{name}");
    }
}

/// f(x + d) − f(x) = J d: sharper than a finite difference, because there is no h to choose.
fn while_no_switch_flips_the_layer_is_its_map<T: Scalar>() {
    for (name, layer) in piecewise_linear::<T>() {
        let x = random::<T>(3, layer.inputs(), 15);
        // Halved until no switch flips: the first step that stays inside is still a long one.
        let mut d = random::<T>(3, layer.inputs(), 16);
        let mut halvings = 0;
        while !same_switches(layer.as_ref(), &x, &(&x + &d)) {
            d.mapv_inplace(|v| v * T::of(0.5));
            halvings += 1;
            assert!(halvings < 16, "{name}: a kink at the very input, so nothing is tested");
        }
        let (y, map) = layer.linearize(x.clone());
        let moved = layer.forward(&x + &d);
        let gap = distance(&(&moved - &y), &map.push(d));
        let size = norm(&y) + norm(&moved) + gain(layer.as_ref(), &x) * norm(&x);
        let bound = ROUNDINGS * eps::<T>() * size;
        assert!(gap <= bound, "{name}: {gap:e} > {bound:e} after {halvings} halvings");
    }
}

fn the_held_layer_touches_the_layer_at_its_input<T: Scalar>() {
    for (name, layer) in everything::<T>() {
        for rows in [1, 3] {
            let x = random::<T>(rows, layer.inputs(), 17);
            let (y, map) = layer.linearize(x.clone());
            let gap = distance(&map.affine(x.clone()), &y);
            let size = norm(&y) + gain(layer.as_ref(), &x) * norm(&x);
            assert!(gap <= ROUNDINGS * eps::<T>() * size, "{name}: {gap:e}");
        }
    }
}

/// affine(x) − affine(0) = push(x), at inputs that have nothing to do with the recorded one.
fn the_held_layer_is_affine<T: Scalar>() {
    for (name, layer) in everything::<T>() {
        let x = random::<T>(4, layer.inputs(), 18);
        for recorded in [1, 4] {
            let at = random::<T>(recorded, layer.inputs(), 19);
            let (_, map) = layer.linearize(at.clone());
            let (held, constant) = (map.affine(x.clone()), map.affine(Matrix::zeros(x.dim())));
            let gap = distance(&(&held - &constant), &map.push(x.clone()));
            let size = norm(&held) + norm(&constant);
            let size = size + gain(layer.as_ref(), &at) * norm(&x);
            assert!(gap <= ROUNDINGS * eps::<T>() * size, "{name}: {gap:e}");
        }
    }
}

/// A mask is drawn once for each seed and row, is kept for the pull, and is gone without noise.
fn noise_is_one_mask_for_a_seed<T: Scalar>() {
    let dropout: Box<dyn Layer<T>> = Box::new(Dropout::new(400, 0.25).unwrap());
    let x = Matrix::<T>::ones((2, 400));
    assert_eq!(dropout.forward(x.clone()), x, "no noise unless asked for");
    let (y, map) = dropout.linearize_with(x.clone(), Noise { seed: 1, first_row: 0 });
    assert_eq!(map.pull(x.clone(), &mut []), y, "the mask of the pull is that of the pass");
    // What is kept is multiplied by 1/(1 − p).
    let kept = T::of(1.0 / 0.75);
    assert!(y.iter().all(|&v| v == T::zero() || v == kept));
    // 800 draws with p = ¼: the count has a deviation of 12.2, and five of them are allowed.
    let dropped = y.iter().filter(|v| v.double() == 0.0).count() as f64;
    assert!((dropped - 200.0).abs() < 5.0 * 12.3, "{dropped} of 800 dropped");
    assert_ne!(y.row(0), y.row(1), "rows have masks of their own");
    let (other, _) = dropout.linearize_with(x.clone(), Noise { seed: 2, first_row: 0 });
    assert_ne!(other, y, "another seed, another mask");
    // However a batch is cut: the second row by itself has the mask it had.
    let second = x.select(Axis(0), &[1]);
    let (alone, _) = dropout.linearize_with(second, Noise { seed: 1, first_row: 1 });
    assert_eq!(alone.row(0), y.row(1));
}

/// Two dropouts of one chain drop different elements, and so do one in a residual and one after it.
fn noise_is_another_in_each_layer<T: Scalar>() {
    let dropout = || Box::new(Dropout::new(64, 0.5).unwrap()) as Box<dyn Layer<T>>;
    let (ones, noise) = (Matrix::<T>::ones((1, 64)), Noise { seed: 9, first_row: 0 });
    let alone = |place: usize| {
        // Layers before and after that do nothing leave the mask of this place.
        let flat = || Box::new(Reshape::flatten(64)) as Box<dyn Layer<T>>;
        let mut layers: Vec<_> = (0..3).map(|_| flat()).collect();
        layers[place] = dropout();
        let chain = Graph::chain(layers).unwrap();
        chain.linearize_with(ones.clone(), noise).0
    };
    let masks = [alone(0), alone(1), alone(2)];
    assert!(masks[0] != masks[1] && masks[1] != masks[2] && masks[0] != masks[2]);
    let inner = Graph::residual(vec![dropout()]).unwrap();
    let chain = Graph::<T>::chain(vec![Box::new(inner), dropout()]).unwrap();
    let y = chain.linearize_with(ones, noise).0;
    // 1 + mask, then another mask: 0, 2 and 6 only if the two are different somewhere.
    let values: std::collections::BTreeSet<_> = y.iter().map(|v| v.double() as i64).collect();
    assert_eq!(values.into_iter().collect::<Vec<_>>(), [0, 2, 6]);
}

fn other_shapes_panic_with_both_widths<T: Scalar>() {
    for (name, layer) in everything::<T>() {
        let (inputs, outputs) = (layer.inputs(), layer.outputs());
        let says = |message: &str, a: usize, b: usize| {
            let both = message.contains(&a.to_string()) && message.contains(&b.to_string());
            assert!(both, "{name}: {message}");
        };
        let wide = |n| Matrix::<T>::zeros((2, n + 1000));
        let (_, map) = layer.linearize(random(2, inputs, 20));
        says(&panic_message(|| drop(layer.forward(wide(inputs)))), inputs, inputs + 1000);
        says(&panic_message(|| drop(layer.linearize(wide(inputs)))), inputs, inputs + 1000);
        says(&panic_message(|| drop(map.push(wide(inputs)))), inputs, inputs + 1000);
        says(&panic_message(|| drop(map.pull(wide(outputs), &mut []))), outputs, outputs + 1000);
    }
}

/// A layer of no elements, which its constructor takes, says what is wrong with it.
fn a_layer_of_nothing_says_so<T: Scalar>() {
    let none = || Array1::<T>::zeros(0);
    let empty: Vec<Box<dyn Layer<T>>> = vec![
        Box::new(Switch::<T>::relu(0)),
        Box::new(Switch::leaky(0, T::of(0.1)).unwrap()),
        Box::new(Switch::prelu(none())),
        Box::new(Switch::two_slope(none(), none())),
        Box::new(Diagonal::<T>::scale(0)),
        Box::new(Diagonal::<T>::bias(0)),
        Box::new(Crelu::new(0)),
        Box::new(RmsNorm::new(0)),
        Box::new(Softmax::new(0)),
        Box::new(Smooth::tanh(0)),
        Box::new(Smooth::sigmoid(0)),
        Box::new(Smooth::elu(0)),
        Box::new(Dense::new(Matrix::<T>::zeros((3, 0)), None)),
    ];
    for layer in empty {
        for rows in [0, 2] {
            let x = || Matrix::<T>::zeros((rows, 0));
            for message in [
                panic_message(|| drop(layer.forward(x()))),
                panic_message(|| drop(layer.linearize(x()))),
            ] {
                let said = ": expected a layer of at least 1 feature, found 0";
                assert!(message.ends_with(said), "{}: {message}", layer.name());
            }
        }
    }
}

/// Images go through a convolution a few at a time, about a thousand positions. This one takes five
/// images at once, so that twelve rows are two groups and a rest; and nine filters are a block and a
/// rest.
fn a_convolution_may_take_its_rows_in_groups<T: Scalar>() {
    let mut rng = switchnet::random::generator(23, 0);
    let mut conv = switchnet::layer::Conv2d::<T>::random([8, 12, 12], 9, 5, 2, &mut rng).unwrap();
    randomize(&mut conv, 23);
    let count = parameters::count(&conv);
    let (x, dy) = (random::<T>(12, 8 * 144, 24), random::<T>(12, 9 * 144, 25));
    let (y, map) = conv.linearize(x.clone());
    let (mut grad, mut sum) = (vec![T::zero(); count], vec![T::zero(); count]);
    let dx = map.pull(dy.clone(), &mut grad);
    let close = |all: &Matrix<T>, row: usize, one: &Matrix<T>| {
        // Sums of 200 terms in two orders.
        let gap = distance(&all.select(Axis(0), &[row]), one);
        assert!(gap <= ROUNDINGS * eps::<T>() * norm(one), "row {row}: {gap:e}");
    };
    for row in 0..12 {
        let (one, alone) = conv.linearize(x.select(Axis(0), &[row]));
        close(&y, row, &one);
        close(&dx, row, &alone.pull(dy.select(Axis(0), &[row]), &mut sum));
    }
    let gap: Vec<f64> = grad.iter().zip(&sum).map(|(a, b)| a.double() - b.double()).collect();
    assert!(norm(&gap) <= ROUNDINGS * eps::<T>() * norm(&sum), "{:e}", norm(&gap));
    let mut accumulated = vec![T::zero(); count];
    assert!(map.vjp(dy, &mut accumulated, false).is_none());
    assert_eq!(bits(&accumulated), bits(&grad));
}

/// A record of two rows has no gradient for three, and that of one row none for two.
fn a_gradient_takes_the_recorded_rows<T: Scalar>() {
    let mut refused = 0;
    for (name, layer) in everything::<T>() {
        let count = parameters::count(layer.as_ref());
        let gradient = |seed| {
            let (_, map) = layer.linearize(random(1, layer.inputs(), seed));
            let mut gradient = vec![T::zero(); count];
            map.pull(random(1, layer.outputs(), 22), &mut gradient);
            bits(&gradient)
        };
        // One that does not depend on the input, such as a bias has, needs nothing recorded.
        if gradient(23) == gradient(24) {
            continue;
        }
        for (recorded, given) in [(1, 2), (2, 3), (2, 1)] {
            let (_, map) = layer.linearize(random(recorded, layer.inputs(), 21));
            let dy = random::<T>(given, layer.outputs(), 22);
            let message = panic_message(|| drop(map.pull(dy, &mut vec![T::zero(); count])));
            assert!(message.contains("recorded"), "{name}: {message}");
            refused += 1;
        }
    }
    assert!(refused >= 3 * 30, "{refused}: the list has lost its layers with parameters");
}

/// The values of the decisions of a layer at `x`.
fn shown<T: Scalar>(layer: &dyn Layer<T>, x: &Matrix<T>) -> Vec<Matrix<T>> {
    let mut all = Vec::new();
    layer.linearize(x.clone()).1.decisions(&mut |decisions| {
        assert_eq!(decisions.rates.nrows(), 0, "nothing was pushed");
        all.push(decisions.values.clone());
    });
    all
}

/// As long as no decision changes, the values change by their rates, and looking changes nothing.
fn rates_are_the_derivatives_of_the_decisions<T: Scalar>() {
    let mut compared = 0;
    for (name, layer) in piecewise_linear::<T>() {
        for rows in [1, 3] {
            let x = random::<T>(rows, layer.inputs(), 31);
            let mut dx = random::<T>(rows, layer.inputs(), 32) * T::of(1e-3);
            while !same_switches(layer.as_ref(), &x, &(&x + &dx)) {
                dx.mapv_inplace(|v| v * T::of(0.5));
            }
            let moved = &x + &dx;
            let (_, map) = layer.linearize(x.clone());
            let mut seen = Vec::new();
            let mut see = |d: Decisions<'_, T>| seen.push((d.values.clone(), d.rates.clone()));
            let dy = map.jvp(dx.clone(), Some(&mut see));
            assert_eq!(bits(&dy), bits(&map.push(dx.clone())), "{name}");
            let (before, after) = (shown(layer.as_ref(), &x), shown(layer.as_ref(), &moved));
            assert_eq!(seen.len(), before.len(), "{name}");
            for ((z, w), (values, rates)) in before.iter().zip(&after).zip(&seen) {
                assert_eq!(bits(z), bits(values), "{name}");
                assert_eq!(z.dim(), rates.dim(), "{name}");
                for ((&z, &w), &rate) in z.iter().zip(w).zip(rates) {
                    // Each value is a sum of some dozens of terms of about its layer's size.
                    let bound = 1e3 * eps::<T>() * (1.0 + z.double().abs() + w.double().abs());
                    let gap = (w.double() - z.double() - rate.double()).abs();
                    assert!(gap <= bound, "{name}: {z} to {w} at rate {rate}");
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 1000, "{compared}");
}

/// A map knows its dimensions, and takes no rows at all wherever it was recorded.
fn maps_know_their_dimensions<T: Scalar>() {
    for (name, layer) in everything::<T>() {
        for rows in [1, 3] {
            let (_, map) = layer.linearize(random(rows, layer.inputs(), 33));
            let dims = map.dims();
            assert_eq!((dims.inputs, dims.outputs), (layer.inputs(), layer.outputs()), "{name}");
            assert!(dims.rows.is_none_or(|recorded| recorded == rows), "{name}: {dims:?}");
            assert_eq!(
                map.push(Matrix::zeros((0, dims.inputs))).dim(),
                (0, dims.outputs),
                "{name}"
            );
            let pulled = map.pull(Matrix::zeros((0, dims.outputs)), &mut []);
            assert_eq!(pulled.dim(), (0, dims.inputs), "{name}");
            let constant = map.constant().map_or(1, |constant| constant.nrows());
            assert!(constant == 1 || constant == rows, "{name}: {constant} rows");
        }
    }
}

in_both_precisions!(
    rates_are_the_derivatives_of_the_decisions,
    maps_know_their_dimensions,
    push_and_pull_are_adjoint,
    rows_keep_their_own_record,
    forward_and_linearize_give_the_same_bits,
    the_layout_of_the_input_does_not_matter,
    a_gradient_is_added_and_changes_nothing_else,
    a_gradient_does_not_need_dx,
    while_no_switch_flips_the_layer_is_its_map,
    the_held_layer_touches_the_layer_at_its_input,
    the_held_layer_is_affine,
    noise_is_one_mask_for_a_seed,
    noise_is_another_in_each_layer,
    other_shapes_panic_with_both_widths,
    a_layer_of_nothing_says_so,
    a_gradient_takes_the_recorded_rows,
    a_convolution_may_take_its_rows_in_groups,
);

//! `J` is one linear map, seen from two sides, and it is the layer while no switch flips.
//!
//! Tolerances: every law is exact in real numbers, so each bound is a number of roundings times ε
//! times the size of the terms that cancel. The nets here have up to 16 layers of up to 128
//! features; [`ROUNDINGS`] is their depth times a few for the sums in each layer.

use crate::common::*;
use ndarray::Axis;
use switchnet::layer::{Layer, parameters};
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

/// Each recorded row has a matrix of its own; a single one serves all rows alike.
fn rows_keep_their_own_record<T: Scalar>() {
    for (name, mut layer) in everything::<T>() {
        layer.set_noise(None); // a mask belongs to the place of a row, which changes here
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

fn accumulate_is_pull_without_the_product<T: Scalar>() {
    for (name, layer) in everything::<T>() {
        let count = parameters::count(layer.as_ref());
        let (_, map) = layer.linearize(random(4, layer.inputs(), 13));
        let dy = random::<T>(4, layer.outputs(), 14);
        let start: Vec<T> = (0..count).map(|i| T::of(i as f64 * 0.01)).collect();
        let (mut pulled, mut accumulated) = (start.clone(), start);
        map.pull(dy.clone(), &mut pulled);
        map.accumulate(dy, &mut accumulated);
        assert_eq!(bits(&pulled), bits(&accumulated), "{name}");
    }
}

/// f(x + d) − f(x) = J d: sharper than a finite difference, because there is no h to choose.
fn while_no_switch_flips_the_layer_is_its_map<T: Scalar>() {
    for (name, layer) in everything::<T>() {
        if !layer.is_piecewise_linear() {
            continue;
        }
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
    let mut dropout = switchnet::layer::Dropout::new(400, 0.25).unwrap();
    let x = Matrix::<T>::ones((2, 400));
    assert_eq!(dropout.forward(x.clone()), x, "no noise unless asked for");
    Layer::<T>::set_noise(&mut dropout, Some(1));
    let (y, map) = dropout.linearize(x.clone());
    assert_eq!(map.pull(x.clone(), &mut []), y, "the mask of the pull is that of the pass");
    // What is kept is multiplied by 1/(1 − p).
    let kept = T::of(1.0 / 0.75);
    assert!(y.iter().all(|&v| v == T::zero() || v == kept));
    // 800 draws with p = ¼: the count has a deviation of 12.2, and five of them are allowed.
    let dropped = y.iter().filter(|v| v.double() == 0.0).count() as f64;
    assert!((dropped - 200.0).abs() < 5.0 * 12.3, "{dropped} of 800 dropped");
    assert_ne!(y.row(0), y.row(1), "rows have masks of their own");
    drop(map);
    Layer::<T>::set_noise(&mut dropout, Some(2));
    assert_ne!(dropout.forward(x.clone()), y, "another seed, another mask");
    Layer::<T>::set_noise(&mut dropout, None);
    assert_eq!(dropout.forward(x.clone()), x);
}

/// Two dropouts of one chain drop different elements, and so do one in a residual and one after it.
fn noise_is_another_in_each_layer<T: Scalar>() {
    use switchnet::layer::Dropout;
    use switchnet::net::{Chain, Residual};
    let dropout = || Box::new(Dropout::new(64, 0.5).unwrap()) as Box<dyn Layer<T>>;
    let ones = Matrix::<T>::ones((1, 64));
    let alone = |place: usize| {
        // Layers before and after that do nothing leave the mask of this place.
        let flat = || Box::new(switchnet::layer::Reshape::flatten(64)) as Box<dyn Layer<T>>;
        let mut layers: Vec<_> = (0..3).map(|_| flat()).collect();
        layers[place] = dropout();
        let mut chain = Chain::new(layers).unwrap();
        chain.set_noise(Some(9));
        chain.forward(ones.clone())
    };
    let masks = [alone(0), alone(1), alone(2)];
    assert!(masks[0] != masks[1] && masks[1] != masks[2] && masks[0] != masks[2]);
    let inner = Residual::new(Chain::new(vec![dropout()]).unwrap()).unwrap();
    let mut chain = Chain::<T>::new(vec![Box::new(inner), dropout()]).unwrap();
    chain.set_noise(Some(9));
    let y = chain.forward(ones);
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

/// Images go through a convolution a few at a time, about a thousand positions. This one takes five
/// images at once, so that twelve rows are two groups and a rest; and nine filters are a block and a
/// rest.
fn a_convolution_may_take_its_rows_in_groups<T: Scalar>() {
    let mut rng = switchnet::random::generator(23, 0);
    let mut conv = switchnet::layer::Conv2d::<T>::random([8, 12, 12], 9, 5, 2, &mut rng).unwrap();
    randomise(&mut conv, 23);
    let count = parameters::count(&conv);
    let (x, dy) = (random::<T>(12, conv.inputs(), 24), random::<T>(12, conv.outputs(), 25));
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
    map.accumulate(dy, &mut accumulated);
    assert_eq!(bits(&accumulated), bits(&grad));
}

/// A record of two rows has no gradient for three, and that of one row none for two.
fn a_gradient_takes_the_recorded_rows<T: Scalar>() {
    for (name, layer) in everything::<T>() {
        let count = parameters::count(layer.as_ref());
        // The gradient of a bias alone does not depend on the input, so nothing is recorded.
        if count == 0 || name == "bias" {
            continue;
        }
        for (recorded, given) in [(1, 2), (2, 3), (2, 1)] {
            let (_, map) = layer.linearize(random(recorded, layer.inputs(), 21));
            let dy = random::<T>(given, layer.outputs(), 22);
            let message = panic_message(|| drop(map.pull(dy, &mut vec![T::zero(); count])));
            assert!(message.contains("recorded"), "{name}: {message}");
        }
    }
}

/// What `switches` shows of a layer at `x`.
fn shown<T: Scalar>(layer: &dyn Layer<T>, x: &Matrix<T>) -> Vec<Matrix<T>> {
    let mut all = Vec::new();
    layer.linearize(x.clone()).1.switches(&mut |values| all.push(values.clone()));
    all
}

/// As long as no switch flips, the values of the switches change by their rates, and `rates` is `push`.
fn rates_are_the_derivatives_of_the_switches<T: Scalar>() {
    for (name, layer) in everything::<T>().into_iter().filter(|(_, l)| l.is_piecewise_linear()) {
        for rows in [1, 3] {
            let x = random::<T>(rows, layer.inputs(), 31);
            let dx = random::<T>(rows, layer.inputs(), 32) * T::of(1e-3);
            let moved = &x + &dx;
            let (_, map) = layer.linearize(x.clone());
            let mut rates = Vec::new();
            let dy = map.rates(dx.clone(), &mut |rate| rates.push(rate.clone()));
            assert_eq!(bits(&dy), bits(&map.push(dx.clone())), "{name}");
            let (before, after) = (shown(layer.as_ref(), &x), shown(layer.as_ref(), &moved));
            assert_eq!(rates.len(), before.len(), "{name}");
            if !same_switches(layer.as_ref(), &x, &moved) {
                continue;
            }
            for ((z, w), rate) in before.iter().zip(&after).zip(&rates) {
                assert_eq!(z.dim(), rate.dim(), "{name}");
                for ((&z, &w), &rate) in z.iter().zip(w).zip(rate).filter(|((z, _), _)| {
                    z.double().is_finite() // a window of one has no rival
                }) {
                    // Each value is a sum of some dozens of terms of about its layer's size.
                    let bound = 1e3 * eps::<T>() * (1.0 + z.double().abs() + w.double().abs());
                    let gap = (w.double() - z.double() - rate.double()).abs();
                    assert!(gap <= bound, "{name}: {z} to {w} at rate {rate}");
                }
            }
        }
    }
}

in_both_precisions!(
    rates_are_the_derivatives_of_the_switches,
    push_and_pull_are_adjoint,
    rows_keep_their_own_record,
    forward_and_linearize_give_the_same_bits,
    the_layout_of_the_input_does_not_matter,
    a_gradient_is_added_and_changes_nothing_else,
    accumulate_is_pull_without_the_product,
    while_no_switch_flips_the_layer_is_its_map,
    the_held_layer_touches_the_layer_at_its_input,
    the_held_layer_is_affine,
    noise_is_one_mask_for_a_seed,
    noise_is_another_in_each_layer,
    other_shapes_panic_with_both_widths,
    a_gradient_takes_the_recorded_rows,
    a_convolution_may_take_its_rows_in_groups,
);

//! What the switches have in common, and where they differ.

use crate::common::*;
use ndarray::{Array1, array};
use switchnet::analysis::{Ray, ray};
use switchnet::layer::*;
use switchnet::net::Spec;
use switchnet::net::zoo::{Architecture, SwitchKind, SwitchNet};
use switchnet::{Matrix, Scalar};

/// Forward, both products with the Jacobian, and the gradient.
fn all<T: Scalar>(layer: &dyn Layer<T>, x: &Matrix<T>, v: &Matrix<T>) -> [Matrix<T>; 4] {
    let (y, map) = layer.linearize(x.clone());
    let mut grad = Matrix::zeros((1, parameters::count(layer)));
    let pulled = map.pull(v.clone(), grad.as_slice_mut().unwrap());
    [y, map.push(v.clone()), pulled, grad]
}

/// The first three are single products, and equal. The gradients are sums over five rows or fewer, which the
/// two-slope switch fuses where the processor can: they are equal but for five roundings.
fn alike<T: Scalar>(found: [Matrix<T>; 4], expected: [Matrix<T>; 4]) {
    assert_eq!(found[..3], expected[..3]);
    let gap = distance(&found[3], &expected[3]);
    assert!(gap <= 5.0 * eps::<T>() * norm(&expected[3]), "{gap:e}");
}

fn blocks_of_one_are_two_slope_switches<T: Scalar>() {
    let slopes = [1, 2].map(|seed| random::<T>(9, 1, seed));
    let [open, closed] = slopes.clone().map(|m| m.into_iter().collect::<Array1<T>>());
    let two_slope = Switch::two_slope(open, closed);
    let [open, closed] = slopes;
    let blocks = BlockSwitch::new(open, closed).unwrap();
    let (x, v) = (random::<T>(5, 9, 3), random::<T>(5, 9, 4));
    alike(all(&blocks, &x, &v), all(&two_slope, &x, &v));
}

/// Blocks keep to themselves, and within one each input adds the vector of its sign.
fn a_block_adds_the_vectors_that_its_inputs_choose<T: Scalar>() {
    let t = |v: f64| T::of(v);
    let open = array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]].mapv(t);
    let closed = open.mapv(|v| v * t(10.0));
    let layer = BlockSwitch::new(open, closed).unwrap();
    let y = layer.forward(array![[1.0, -2.0, 0.0, 3.0]].mapv(t));
    assert_eq!(y, array![[1.0 - 60.0, 2.0 - 80.0, 21.0, 24.0]].mapv(t));
}

/// A gate that is the signal itself makes an ordinary switch.
fn a_detached_switch_with_its_own_signal_is_two_slope<T: Scalar>() {
    let [a, b] = [1, 2].map(|seed| random::<T>(6, 1, seed).into_iter().collect::<Array1<T>>());
    let (x, v) = (random::<T>(4, 6, 3), random::<T>(4, 6, 4));
    let twice = |m: &Matrix<T>| ndarray::concatenate![ndarray::Axis(1), *m, *m];
    let found = all(&GatedSwitch::new(a.clone(), b.clone()), &twice(&x), &twice(&v));
    // The gates go through, and so do their derivatives.
    for (found, gates) in found.iter().zip([&x, &v, &v]) {
        assert_eq!(found.slice(ndarray::s![.., 6..]), gates);
    }
    let signals = |m: Matrix<T>| m.slice(ndarray::s![.., ..6]).to_owned();
    let [y, pushed, pulled, grad] = found;
    let found = [signals(y), signals(pushed), signals(pulled), grad];
    alike(found, all(&Switch::two_slope(a, b), &x, &v));
}

fn a_detached_switch_jumps_where_its_gate_changes_sign<T: Scalar>() {
    let t = |v: f64| T::of(v);
    let layer = GatedSwitch::new(array![t(2.0)], array![t(-1.0)]);
    let at = |gate: f64| layer.forward(array![[t(3.0), t(gate)]])[[0, 0]].double();
    let tiny = f64::from(f32::MIN_POSITIVE);
    assert_eq!((at(tiny), at(0.0), at(-tiny)), (6.0, -3.0, -3.0));
}

in_both_precisions!(
    blocks_of_one_are_two_slope_switches,
    a_block_adds_the_vectors_that_its_inputs_choose,
    a_detached_switch_with_its_own_signal_is_two_slope,
    a_detached_switch_jumps_where_its_gate_changes_sign,
);

/// Between two inputs, the gates of a net with detached switches flip where those of their fixed projections
/// do, whatever the slopes are; the outputs jump there by what the slopes say.
#[test]
fn the_boundaries_of_detached_switches_do_not_depend_on_the_slopes() {
    let (_, spec) = every_spec().into_iter().find(|(name, _)| name == "detached").unwrap();
    let ends = [random::<f64>(1, 10, 5), random::<f64>(1, 10, 6)];
    let line = |seed| {
        let mut net = spec.build::<f64>().unwrap();
        randomize(&mut net, seed);
        ray(&net, ends[0].row(0), ends[1].row(0)).unwrap()
    };
    let (one, other) = (line(1), line(2));
    let boundaries = |ray: &Ray| {
        let flips = ray.breakpoints.iter().flat_map(|b| &b.flips);
        flips.map(|flip| (flip.unit.layer, flip.unit.unit)).collect::<Vec<_>>()
    };
    assert_eq!(boundaries(&one), boundaries(&other));
    for (a, b) in one.breakpoints.iter().zip(&other.breakpoints) {
        // Two transforms of 16 numbers below 2, and a quotient of two of them.
        assert!((a.t - b.t).abs() < 1e-12, "{} {}", a.t, b.t);
    }
    // In the first layer the gate is the signal itself, which is zero where it flips: no jump there. In
    // the others the signal is another, of size 1.
    let mut counted = [0, 0];
    for breakpoint in &one.breakpoints {
        let first = breakpoint.flips.iter().all(|flip| flip.unit.layer == 0);
        let jump = breakpoint.continuity_error;
        assert!(if first { jump < 1e-12 } else { jump > 1e-6 }, "{jump:e}, first layer: {first}");
        counted[usize::from(first)] += 1;
    }
    assert!(counted.iter().all(|&count| count > 2), "{counted:?}");
}

#[test]
fn block_switches_are_refused_in_words() {
    let zeros = |n, block| Matrix::<f32>::zeros((n, block));
    refused(
        BlockSwitch::new(zeros(8, 4), zeros(8, 2)),
        &["closed vectors: expected (8, 4), found (8, 2)"],
    );
    refused(
        BlockSwitch::new(zeros(8, 3), zeros(8, 3)),
        &["length of a block", "divisor of 8, found 3"],
    );
    refused(BlockSwitch::new(zeros(8, 0), zeros(8, 0)), &["length of a block", "found 0"]);
}

#[test]
fn a_switch_net_of_blocks_is_asked_for_by_name() {
    for (name, block) in [("block-4", 4), ("block-8", 8), ("block-16", 16)] {
        let text = format!("net = \"switch\"\nswitch = \"{name}\"\ndepth = 1");
        let net: Architecture = toml::from_str(&text).unwrap();
        let spec: Spec = net.spec(&[32], 3, 1).unwrap();
        let blocks = node(BlockSwitchConfig { block, open: None, closed: None });
        assert!(spec.layers.contains(&blocks), "{spec:?}");
    }
    // Vectors that nobody said keep norms on average. The squares of 1,024 outputs, each the sum of four
    // normal products, have a mean of deviation √(3/1024) = 0.054, and five of them are allowed.
    let net = SwitchNet {
        switch: SwitchKind::Block4,
        width: Some(1024),
        depth: 1,
        ..SwitchNet::default()
    };
    let net = net.spec(&[1024], 1, 1).build::<f64>().unwrap();
    let y = net.graph().part(0..4).unwrap().forward(Matrix::ones((1, 1024)));
    let square = y.iter().map(|v| v * v).sum::<f64>() / 1024.0;
    assert!((square - 1.0).abs() < 5.0 * 0.054, "{square}");
}

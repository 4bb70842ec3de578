//! What the switches have in common, and where they differ.

use crate::common::*;
use ndarray::{Array1, array};
use switchnet::layer::{BlockSwitch, Layer, Switch, parameters};
use switchnet::net::zoo::{Architecture, SwitchKind, SwitchNet};
use switchnet::net::{LayerSpec, Spec};
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

in_both_precisions!(
    blocks_of_one_are_two_slope_switches,
    a_block_adds_the_vectors_that_its_inputs_choose,
);

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
    for (name, block) in [("block-4", 4), ("block-16", 16)] {
        let text = format!("net = \"switch\"\nswitch = \"{name}\"\ndepth = 1");
        let net: Architecture = toml::from_str(&text).unwrap();
        let spec: Spec = net.spec(&[32], 3, 1).unwrap();
        let blocks = LayerSpec::BlockSwitch { block, open: None, closed: None };
        assert!(spec.layers.contains(&blocks), "{spec:?}");
    }
    // Vectors that nobody said keep lengths on average. The squares of 1,024 outputs, each the sum of four
    // normal products, have a mean of deviation √(3/1024) = 0.054, and five of them are allowed.
    let net = SwitchNet {
        switch: SwitchKind::Block4,
        width: Some(1024),
        depth: 1,
        ..SwitchNet::default()
    };
    let net = net.spec(&[1024], 1, 1).build::<f64>().unwrap();
    let y = net.chain().part(0..4).unwrap().forward(Matrix::ones((1, 1024)));
    let square = y.iter().map(|v| v * v).sum::<f64>() / 1024.0;
    assert!((square - 1.0).abs() < 5.0 * 0.054, "{square}");
}

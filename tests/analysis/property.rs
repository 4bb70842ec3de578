//! Properties of the answers on arbitrary small nets, shrunk to the smallest that fails.
//!
//! Weights and biases are small integers, so lines coincide, meet in one point and pass through the inputs
//! asked about far more often than random reals would make them.

use crate::helpers::{Boxed, chain, patient};
use ndarray::{Array1, Array2, ArrayView1, array};
use proptest::collection::vec;
use proptest::prelude::*;
use std::ops::ControlFlow::Continue;
use switchnet::analysis::{
    Norm, Plane, Window, effective_map, integrated_gradients, margin, ray, slice,
};
use switchnet::layer::{Crelu, Dense, Layer, MaxPool, Switch};
use switchnet::net::Graph;

/// What follows the weights of a layer.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Relu,
    Leaky,
    /// Slopes 2 and −1.
    TwoSlope,
    Crelu,
    /// Of each image of 2 × 2 the largest: four times the units.
    MaxPool,
    /// A ReLU beside a wire.
    Residual,
}

#[derive(Clone, Debug)]
struct Block {
    kind: Kind,
    /// A row for each unit; the columns are used in turn, so any row fits any number of inputs.
    weights: Vec<[i8; 5]>,
}

fn blocks() -> impl Strategy<Value = Vec<Block>> {
    let kind = prop_oneof![
        Just(Kind::Relu),
        Just(Kind::Leaky),
        Just(Kind::TwoSlope),
        Just(Kind::Crelu),
        Just(Kind::MaxPool),
        Just(Kind::Residual),
    ];
    let weights = vec(prop::array::uniform5(-2i8..=2), 1..5);
    vec((kind, weights).prop_map(|(kind, weights)| Block { kind, weights }), 1..4)
}

/// Two inputs, the blocks, two outputs.
fn build(blocks: &[Block]) -> Graph<f64> {
    let mut layers: Vec<Boxed> = Vec::new();
    let mut inputs = 2;
    for Block { kind, weights } in blocks {
        let units = weights.len();
        let rows = match kind {
            Kind::MaxPool => 4 * units,
            _ => units,
        };
        let row = |i: usize| &weights[i % units];
        let weight =
            Array2::from_shape_fn((rows, inputs), |(i, j)| f64::from(row(i)[(j + i / units) % 4]));
        let bias = Array1::from_shape_fn(rows, |i| f64::from(row(i)[4]));
        layers.push(Box::new(Dense::new(weight, Some(bias))));
        inputs = units;
        match kind {
            Kind::Relu => layers.push(Box::new(Switch::relu(units))),
            Kind::Leaky => layers.push(Box::new(Switch::leaky(units, 0.25).unwrap())),
            Kind::TwoSlope => {
                let (open, closed) =
                    (Array1::from_elem(units, 2.0), Array1::from_elem(units, -1.0));
                layers.push(Box::new(Switch::two_slope(open, closed)));
            }
            Kind::Crelu => {
                layers.push(Box::new(Crelu::new(units)));
                inputs = 2 * units;
            }
            Kind::MaxPool => layers.push(Box::new(MaxPool::new([units, 2, 2], 2).unwrap())),
            Kind::Residual => {
                let inner = vec![Box::new(Switch::relu(units)) as Box<dyn Layer<f64>>];
                layers.push(Box::new(Graph::residual(inner).unwrap()));
            }
        }
    }
    let readout =
        Array2::from_shape_fn((2, inputs), |(i, j)| if (i + j) % 2 == 0 { 1.0 } else { -1.0 });
    layers.push(Box::new(Dense::new(readout, None)));
    chain(layers)
}

fn forward(net: &dyn Layer<f64>, x: ArrayView1<'_, f64>) -> Vec<f64> {
    net.forward(x.to_owned().insert_axis(ndarray::Axis(0))).row(0).to_vec()
}

/// That two lists of outputs agree. Three layers of sums of at most eight terms of sizes up to 2 at inputs up to
/// 4 give values up to some 10⁵, each with a few roundings; places of boundaries are rounded too.
fn agree(a: &[f64], b: &[f64]) -> Result<(), TestCaseError> {
    let size = a.iter().chain(b).fold(1.0_f64, |size, v| size.max(v.abs()));
    for (a, b) in a.iter().zip(b) {
        prop_assert!((a - b).abs() <= 1e-12 * size, "{a} and {b}, size {size}");
    }
    Ok(())
}

/// A coordinate on a grid of eighths, so that inputs lie on boundaries now and then.
fn coordinate() -> impl Strategy<Value = f64> {
    (-32i32..=32).prop_map(|i| f64::from(i) / 8.0)
}

fn point() -> impl Strategy<Value = Array1<f64>> {
    [coordinate(), coordinate()].prop_map(|[a, b]| array![a, b])
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn the_map_is_the_output(blocks in blocks(), x in point()) {
        let net = build(&blocks);
        let map = effective_map(&net, x.view());
        prop_assert!(map.residual.relative <= 1e-14, "{:e}", map.residual.relative); // small integers
        agree((map.a.dot(&x) + &map.c).as_slice().unwrap(), &forward(&net, x.view()))?;
    }

    #[test]
    fn a_ray_is_the_net_on_the_line(blocks in blocks(), from in point(), to in point(), t in 0.0..1.0) {
        let net = build(&blocks);
        let ray = ray(&net, from.view(), to.view()).unwrap();
        prop_assert_eq!(ray.segments[0].start, 0.0);
        prop_assert_eq!(ray.segments[ray.segments.len() - 1].end, 1.0);
        prop_assert!(ray.segments.windows(2).all(|s| s[0].end == s[1].start && s[0].start < s[0].end));
        // Only a pool can change the map without changing a sign: its inputs are equal in pairs.
        let pools = blocks.iter().any(|block| matches!(block.kind, Kind::MaxPool));
        prop_assert!(pools || ray.breakpoints.iter().all(|b| !b.flips.is_empty()));
        let segment = ray.segments.iter().find(|s| (s.start..=s.end).contains(&t)).unwrap();
        let value = segment.value.iter().zip(&segment.slope).map(|(v, slope)| v + (t - segment.start) * slope);
        agree(&value.collect::<Vec<_>>(), &forward(&net, (&from + &(t * (&to - &from))).view()))?;
        let all = integrated_gradients(&net, &ray, 0).unwrap();
        agree(&[all.sum], &[all.difference])?;
    }

    #[test]
    fn within_the_margin_the_net_is_its_map(blocks in blocks(), x in point(), angle in 0.0..std::f64::consts::TAU) {
        let net = build(&blocks);
        let map = effective_map(&net, x.view());
        let margin = margin(&net, x.view()).unwrap();
        for norm in Norm::ALL {
            // Where no boundary is near, a step of 10 will do; the last bits of the distance are rounding.
            let distance = margin.nearest.get(norm).map_or(10.0, |boundary| boundary.distance * (1.0 - 1e-9));
            let direction = array![angle.cos(), angle.sin()];
            let there = &x + &(distance / norm.of(&direction) * &direction);
            agree((map.a.dot(&there) + &map.c).as_slice().unwrap(), &forward(&net, there.view()))?;
        }
    }

    #[test]
    fn a_slice_fills_its_window_with_the_net(blocks in blocks(), at in [-3.9..3.9, -3.9..3.9]) {
        let net = build(&blocks);
        let plane = Plane { origin: vec![0.0; 2], u: vec![1.0, 0.0], v: vec![0.0, 1.0] };
        let window = Window { u: [-4.0, 4.0], v: [-4.0, 4.0] };
        let slice = slice(&net, &plane, window, patient(), &mut |_| Continue(())).unwrap();
        prop_assert!(slice.complete);
        prop_assert_eq!(slice.euler, 1);
        prop_assert!(slice.area_error <= 1e-12 * 64.0, "{:e}", slice.area_error);
        let at: [f64; 2] = at;
        let inside = |polygon: &&switchnet::analysis::Polygon| {
            let corner = |i: usize| slice.vertices[polygon.vertices[i % polygon.vertices.len()] as usize];
            (0..polygon.vertices.len()).all(|i| {
                let (p, q) = (corner(i), corner(i + 1));
                (q[0] - p[0]) * (at[1] - p[1]) - (q[1] - p[1]) * (at[0] - p[0]) >= 0.0
            })
        };
        if let Some(polygon) = slice.polygons.iter().find(inside) { // none on an edge, by rounding
            let values: Vec<f64> = (0..2).map(|k| polygon.output(k, at)).collect();
            agree(&values, &forward(&net, array![at[0], at[1]].view()))?;
        } else {
            let near = |p: &switchnet::analysis::Polygon| {
                let corner = |i: usize| slice.vertices[p.vertices[i % p.vertices.len()] as usize];
                (0..p.vertices.len()).any(|i| {
                    let (p, q) = (corner(i), corner(i + 1));
                    let (dx, dy) = (q[0] - p[0], q[1] - p[1]);
                    (dx * (at[1] - p[1]) - dy * (at[0] - p[0])).abs() <= 1e-12 * dx.hypot(dy)
                })
            };
            prop_assert!(slice.polygons.iter().any(near), "{at:?} is in no polygon and on no edge");
        }
    }
}

//! All 2^N patterns of small nets, each by linear programming: which of them have room in a window, or on a
//! line, is known then without the library, and a slice and a ray must find exactly these.

use crate::common::*;
use crate::helpers::patient;
use clarabel::algebra::CscMatrix;
use clarabel::solver::{DefaultSettings, DefaultSolver, IPSolver, NonnegativeConeT, SolverStatus};
use ndarray::{Array1, array, s};
use std::collections::BTreeSet;
use std::ops::ControlFlow::Continue;
use switchnet::Matrix;
use switchnet::analysis::{Pattern, Plane, Window, ray, slice};
use switchnet::layer::{Dense, Diagonal, FixedTransform, Layer, Reshape, Switch};
use switchnet::net::Graph;
use switchnet::transform::Hadamard;

/// The half side of the window.
const SIDE: f64 = 2.0;

/// A layer of units: `W x + b`, then a switch of two slopes.
struct Units {
    weight: Matrix<f64>,
    bias: Array1<f64>,
    open: f64,
    closed: f64,
}

impl Units {
    fn relu(weight: Matrix<f64>, bias: Array1<f64>) -> Self {
        Self { weight, bias, open: 1.0, closed: 0.0 }
    }

    fn slope(&self, open: bool) -> f64 {
        if open { self.open } else { self.closed }
    }
}

/// ReLU layers behind two inputs.
fn random_layers(widths: &[usize], bias: f64, seed: u64) -> Vec<Units> {
    let mut inputs = 2;
    let layer = |(i, &width): (usize, &usize)| {
        let seed = seed + 10 * i as u64;
        let weight = random::<f64>(width, inputs, seed);
        inputs = width;
        Units::relu(weight, bias * &random::<f64>(1, width, seed + 1).row(0))
    };
    widths.iter().enumerate().map(layer).collect()
}

fn net(layers: &[Units]) -> Graph<f64> {
    let layer = |units: &Units| -> [Box<dyn Layer<f64>>; 2] {
        let dense = Dense::new(units.weight.clone(), Some(units.bias.clone()));
        let slopes = |slope| Array1::from_elem(units.bias.len(), slope);
        let switch = match (units.open, units.closed) {
            (1.0, 0.0) => Switch::relu(units.bias.len()),
            (open, closed) => Switch::two_slope(slopes(open), slopes(closed)),
        };
        [Box::new(dense), Box::new(switch)]
    };
    Graph::chain(layers.iter().flat_map(layer).collect()).unwrap()
}

/// What a pattern asks of the inputs: `a·x + c` not negative for each unit; nothing if a unit that does not
/// depend on the input has the other sign. A ReLU is closed at zero, so a constant one must be positive to be
/// open.
fn constraints(layers: &[Units], pattern: &[bool]) -> Option<Vec<([f64; 2], f64)>> {
    let (mut map, mut constant) = (Matrix::eye(2), Array1::zeros(2));
    let (mut all, mut pattern) = (Vec::new(), pattern.iter());
    for units in layers {
        map = units.weight.dot(&map);
        constant = units.weight.dot(&constant) + &units.bias;
        for (i, &open) in (0..units.bias.len()).zip(pattern.by_ref()) {
            let (a, c) = ([map[[i, 0]], map[[i, 1]]], constant[i]);
            if a == [0.0; 2] {
                if open != (c > 0.0) {
                    return None;
                }
            } else {
                let side = if open { 1.0 } else { -1.0 };
                all.push((a.map(|v| side * v), side * c));
            }
            map.row_mut(i).mapv_inplace(|v| v * units.slope(open));
            constant[i] *= units.slope(open);
        }
    }
    Some(all)
}

/// Every pattern whose constraints `room` finds room for, by trying all of them.
fn all_with_room(
    layers: &[Units],
    room: impl Fn(&[([f64; 2], f64)]) -> f64,
) -> BTreeSet<Vec<bool>> {
    let count: usize = layers.iter().map(|units| units.bias.len()).sum();
    let pattern = |bits: usize| (0..count).map(|i| bits >> i & 1 == 1).collect::<Vec<bool>>();
    // A solver is right to some 1e-8; no region of these nets is that narrow (asserted by equality).
    let fits = |pattern: &Vec<bool>| constraints(layers, pattern).is_some_and(|c| room(&c) > 1e-6);
    (0..1_usize << count).map(pattern).filter(fits).collect()
}

/// The largest `t` for which a point of the window satisfies `a·x + c ≥ t·‖a‖` for all constraints: the
/// radius of a disc in the region, negative if it is empty, at most 1.
fn room(constraints: &[([f64; 2], f64)]) -> f64 {
    let window = [([1.0, 0.0], SIDE), ([-1.0, 0.0], SIDE), ([0.0, 1.0], SIDE), ([0.0, -1.0], SIDE)];
    let (mut rows, mut columns, mut values, mut b) = (vec![], vec![], vec![], vec![]);
    for (a, c) in constraints.iter().chain(&window) {
        let length = a[0].hypot(a[1]);
        // t·‖a‖ − a·x ≤ c
        for (column, value) in [-a[0], -a[1], length].into_iter().enumerate() {
            rows.push(b.len());
            columns.push(column);
            values.push(value);
        }
        b.push(*c);
    }
    rows.push(b.len());
    columns.push(2);
    values.push(1.0);
    b.push(1.0); // t ≤ 1
    let a = CscMatrix::new_from_triplets(b.len(), 3, rows, columns, values);
    let settings = DefaultSettings { verbose: false, ..DefaultSettings::default() };
    let cones = [NonnegativeConeT(b.len())];
    let p = CscMatrix::zeros((3, 3));
    let mut solver = DefaultSolver::new(&p, &[0.0, 0.0, -1.0], &a, &b, &cones, settings).unwrap();
    solver.solve();
    // Any point has some t, so there is always a solution.
    assert_eq!(solver.solution.status, SolverStatus::Solved);
    solver.solution.x[2]
}

/// How long the part of the segment between two points is on which all constraints hold, in parts of it.
fn room_between(from: [f64; 2], to: [f64; 2], constraints: &[([f64; 2], f64)]) -> f64 {
    let (mut start, mut end) = (0.0_f64, 1.0_f64);
    for (a, c) in constraints {
        let value = |p: [f64; 2]| a[0] * p[0] + a[1] * p[1] + c;
        let (at, rate) = (value(from), value(to) - value(from));
        if rate > 0.0 {
            start = start.max(-at / rate);
        } else if rate < 0.0 {
            end = end.min(-at / rate);
        } else if at < 0.0 {
            return 0.0;
        }
    }
    end - start
}

fn pattern(net: &dyn Layer<f64>, [a, b]: [f64; 2]) -> Vec<bool> {
    Pattern::at(net, array![a, b].view()).open.concat()
}

fn by_slice(net: &dyn Layer<f64>) -> BTreeSet<Vec<bool>> {
    let plane = Plane { origin: vec![0.0; 2], u: vec![1.0, 0.0], v: vec![0.0, 1.0] };
    let window = Window { u: [-SIDE, SIDE], v: [-SIDE, SIDE] };
    let found = slice(net, &plane, window, patient(), &mut |_| Continue(())).unwrap();
    assert!(found.complete && found.euler == 1);
    found.polygons.iter().map(|polygon| pattern(net, polygon.center)).collect()
}

fn by_ray(net: &dyn Layer<f64>, from: [f64; 2], to: [f64; 2]) -> BTreeSet<Vec<bool>> {
    let ray = ray(net, array![from[0], from[1]].view(), array![to[0], to[1]].view()).unwrap();
    let at = |t: f64| [0, 1].map(|i| from[i] + t * (to[i] - from[i]));
    ray.segments.iter().map(|segment| pattern(net, at(segment.middle()))).collect()
}

/// That slice and rays find what trying all patterns finds.
fn check(what: &str, layers: &[Units], net: &dyn Layer<f64>) {
    let expected = all_with_room(layers, room);
    assert!(expected.len() > 8, "{what}: {}", expected.len());
    assert_eq!(by_slice(net), expected, "{what}");
    for (from, to) in
        [([-2.0, -1.7], [1.9, 2.0]), ([-2.0, 0.3], [2.0, 0.3]), ([1.1, -2.0], [-0.4, 2.0])]
    {
        let on_the_line = all_with_room(layers, |constraints| room_between(from, to, constraints));
        assert!(on_the_line.len() > 2, "{what}: {}", on_the_line.len());
        assert_eq!(by_ray(net, from, to), on_the_line, "{what}, {from:?} to {to:?}");
    }
}

#[test]
fn exactly_the_patterns_that_have_room_are_found() {
    for (widths, seed) in
        [(&[7][..], 900), (&[4, 4], 910), (&[3, 3, 3], 920), (&[5, 4], 930), (&[4, 3, 3, 2], 940)]
    {
        let layers = random_layers(widths, 0.7, seed);
        check(&format!("{widths:?}"), &layers, &net(&layers));
    }
}

/// Twelve units, a unit that is there twice, and a unit that sees nothing.
#[test]
fn also_with_repeated_and_constant_units() {
    let mut layers = random_layers(&[5, 4, 3], 0.5, 950);
    let row = layers[0].weight.row(0).to_owned();
    layers[0].weight.row_mut(1).assign(&row);
    layers[0].bias[1] = layers[0].bias[0];
    layers[1].weight.row_mut(2).fill(0.0);
    layers[1].bias[2] = 0.25;
    let net = net(&layers);
    assert!(by_slice(&net).iter().all(|pattern| pattern[0] == pattern[1] && pattern[7]));
    check("repeated and constant", &layers, &net);
}

/// Twelve switches of two slopes behind Walsh–Hadamard transforms of four numbers: the first of two inputs
/// and two zeros, so that its rows coincide in pairs and only biases tell them apart.
#[test]
fn also_behind_fixed_transforms() {
    let h = Matrix::from_shape_fn(
        (4, 4),
        |(i, j)| if (i & j).count_ones() % 2 == 0 { 0.5 } else { -0.5 },
    );
    let units = |layer: u64, inputs| Units {
        weight: h.slice(s![.., ..inputs]).to_owned(),
        bias: 0.6 * &random::<f64>(1, 4, 960 + layer).row(0),
        open: 1.5,
        closed: -0.75,
    };
    let layers = [units(0, 2), units(1, 4), units(2, 4)];
    let mut fast: Vec<Box<dyn Layer<f64>>> = vec![Box::new(Reshape::pad(2, 4).unwrap())];
    for units in &layers {
        fast.push(Box::new(FixedTransform::new(Hadamard::new(4).unwrap())));
        fast.push(Box::new(Diagonal::new(None, Some(units.bias.clone()))));
        let slopes = |slope| Array1::from_elem(4, slope);
        fast.push(Box::new(Switch::two_slope(slopes(units.open), slopes(units.closed))));
    }
    check("Walsh–Hadamard", &layers, &Graph::chain(fast).unwrap());
}

//! All 2^N patterns of small nets, each by linear programming: which of them have room in a window is known
//! then without the library, and a slice must find exactly these.

use crate::common::*;
use clarabel::algebra::CscMatrix;
use clarabel::solver::{DefaultSettings, DefaultSolver, IPSolver, NonnegativeConeT, SolverStatus};
use ndarray::{Array1, Axis, array};
use std::collections::BTreeSet;
use switchnet::Matrix;
use switchnet::analysis::{Pattern, Plane, SliceBudget, Window, slice};
use switchnet::layer::{Dense, Layer, Switch};
use switchnet::net::Chain;

/// The half side of the window.
const SIDE: f64 = 2.0;

/// Weights and bias of each layer of a net of two inputs, a ReLU behind each.
type Layers = Vec<(Matrix<f64>, Array1<f64>)>;

fn random_layers(widths: &[usize], bias: f64, seed: u64) -> Layers {
    let mut inputs = 2;
    let layer = |(i, &width): (usize, &usize)| {
        let seed = seed + 10 * i as u64;
        let weight = random::<f64>(width, inputs, seed);
        inputs = width;
        (weight, bias * &random::<f64>(1, width, seed + 1).row(0))
    };
    widths.iter().enumerate().map(layer).collect()
}

fn net(layers: &Layers) -> Chain<f64> {
    let layer = |(weight, bias): &(Matrix<f64>, Array1<f64>)| -> [Box<dyn Layer<f64>>; 2] {
        let dense = Dense::new(weight.clone(), Some(bias.clone()));
        [Box::new(dense), Box::new(Switch::relu(bias.len()))]
    };
    Chain::new(layers.iter().flat_map(layer).collect()).unwrap()
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

/// Every pattern with room, by trying all of them. A ReLU is closed at zero, so a constant one must be
/// positive to be open.
fn by_linear_programming(layers: &Layers) -> BTreeSet<Vec<bool>> {
    let count: usize = layers.iter().map(|(_, bias)| bias.len()).sum();
    let mut found = BTreeSet::new();
    'patterns: for bits in 0..1_usize << count {
        let pattern: Vec<bool> = (0..count).map(|i| bits >> i & 1 == 1).collect();
        let (mut map, mut constant) = (Matrix::eye(2), Array1::zeros(2));
        let (mut constraints, mut unit) = (Vec::new(), 0);
        for (weight, bias) in layers {
            map = weight.dot(&map);
            constant = weight.dot(&constant) + bias;
            for i in 0..bias.len() {
                let open = pattern[unit];
                unit += 1;
                let (a, c) = ([map[[i, 0]], map[[i, 1]]], constant[i]);
                if a == [0.0; 2] {
                    if open != (c > 0.0) {
                        continue 'patterns;
                    }
                } else {
                    let side = if open { 1.0 } else { -1.0 };
                    constraints.push((a.map(|v| side * v), side * c));
                }
                if !open {
                    map.row_mut(i).fill(0.0);
                    constant[i] = 0.0;
                }
            }
        }
        // The solver is right to some 1e-8; no region of these nets is that narrow (asserted by equality).
        if room(&constraints) > 1e-6 {
            found.insert(pattern);
        }
    }
    found
}

fn by_slice(net: &Chain<f64>) -> BTreeSet<Vec<bool>> {
    let plane = Plane { origin: vec![0.0; 2], u: vec![1.0, 0.0], v: vec![0.0, 1.0] };
    let window = Window { u: [-SIDE, SIDE], v: [-SIDE, SIDE] };
    let found = slice(net, &plane, window, SliceBudget::default(), &mut |_| true).unwrap();
    assert!(found.complete && found.euler == 1);
    let pattern = |p: &[f64; 2]| {
        let x = array![p[0], p[1]].insert_axis(Axis(0));
        Pattern::of(net.linearize(x).1.as_ref(), 0).open.concat()
    };
    found.polygons.iter().map(|polygon| pattern(&polygon.center)).collect()
}

#[test]
fn a_slice_finds_exactly_the_patterns_that_have_room() {
    for (widths, seed) in
        [(&[7][..], 900), (&[4, 4], 910), (&[3, 3, 3], 920), (&[5, 4], 930), (&[4, 3, 3, 2], 940)]
    {
        let layers = random_layers(widths, 0.7, seed);
        let (expected, found) = (by_linear_programming(&layers), by_slice(&net(&layers)));
        assert!(expected.len() > 8, "{widths:?}: {}", expected.len());
        assert_eq!(found, expected, "{widths:?}");
    }
}

/// Twelve units, a unit that is there twice, and a unit that sees nothing.
#[test]
fn also_with_repeated_and_constant_units() {
    let mut layers = random_layers(&[5, 4, 3], 0.5, 950);
    let row = layers[0].0.row(0).to_owned();
    layers[0].0.row_mut(1).assign(&row);
    layers[0].1[1] = layers[0].1[0];
    layers[1].0.row_mut(2).fill(0.0);
    layers[1].1[2] = 0.25;
    let (expected, found) = (by_linear_programming(&layers), by_slice(&net(&layers)));
    assert!(found.iter().all(|pattern| pattern[0] == pattern[1] && pattern[7]));
    assert_eq!(found, expected);
}

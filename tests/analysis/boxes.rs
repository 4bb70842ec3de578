//! Regions in a box: arrangements counted by hand, slices and rays beside them, and sampling.

use crate::helpers::{Boxed, chain, dense, hadamard, patient_in_a_box, random, scale, vector};
use crate::slice::{flat, square, whole};
use ndarray::{Array1, ArrayView1, array, s};
use std::collections::HashSet;
use std::ops::ControlFlow::{Break, Continue};
use switchnet::Matrix;
use switchnet::analysis::{
    BoxBudget, BoxRegions, Limit, Pattern, Plane, THIN, ray, regions_in_box,
};
use switchnet::layer::{Dense, Layer, MaxPool, MaxPoolConfig, Smooth, Switch};
use switchnet::net::Net;
use switchnet::net::zoo::{SwitchKind, SwitchNet, mlp};

/// All regions of a box; each has its point inside, its pattern, and one of its own.
fn all(net: &dyn Layer<f64>, lower: &[f64], upper: &[f64]) -> BoxRegions {
    let found =
        regions_in_box(net, lower, upper, patient_in_a_box(), &mut |_| Continue(())).unwrap();
    assert!(found.complete && found.stopped_by.is_none());
    assert_eq!(found.layers.last().copied().unwrap_or(1), found.regions.len());
    assert!(found.layers.is_sorted(), "{:?}", found.layers);
    let hashes: HashSet<u64> = found.regions.iter().map(|region| region.hash).collect();
    assert_eq!(hashes.len(), found.regions.len(), "a pattern is one region");
    for region in &found.regions {
        let bounds = lower.iter().zip(upper).zip(&region.point);
        assert!(bounds.into_iter().all(|((a, b), x)| a <= x && x <= b));
        let at = Pattern::at(net, ArrayView1::from(&region.point));
        assert_eq!(at.hash(), region.hash);
        assert!(region.radius > THIN && region.radius <= 1.0);
    }
    found
}

fn cube(net: &dyn Layer<f64>, size: f64) -> BoxRegions {
    all(net, &vec![-size; net.inputs()], &vec![size; net.inputs()])
}

fn net(spec: switchnet::net::Spec) -> Net<f64> {
    spec.build().unwrap()
}

fn binomial(n: usize, k: usize) -> usize {
    (0..k).fold(1, |product, i| product * n.saturating_sub(i) / (i + 1))
}

#[test]
fn hyperplanes_in_general_position_make_as_many_regions_as_is_known() {
    for (inputs, units) in [(1, 7), (2, 9), (3, 8), (4, 7), (5, 7), (6, 4)] {
        let found = cube(&dense(inputs, &[units], 10 * inputs as u64), 1e4); // all their crossings are in it
        let known: usize = (0..=inputs).map(|k| binomial(units, k)).sum();
        assert_eq!(found.layers, [known], "{units} hyperplanes in {inputs} dimensions");
        assert_eq!(found.thin, 0);
    }
}

#[test]
fn hyperplanes_through_one_point_make_as_many_regions_as_is_known() {
    for (inputs, units) in [(2, 9), (3, 8), (4, 7)] {
        let weight = random(units, inputs, 77 + inputs as u64);
        let layers: Vec<Boxed> =
            vec![Box::new(Dense::new(weight, None)), Box::new(Switch::relu(units))];
        let found = cube(&chain(layers), 1.0);
        let known = 2 * (0..inputs).map(|k| binomial(units - 1, k)).sum::<usize>();
        assert_eq!((found.layers, found.thin), (vec![known], 0));
    }
}

#[test]
fn boundaries_that_are_those_of_a_layer_before_cut_nothing() {
    let twice: Vec<Boxed> = vec![
        Box::new(Switch::relu(3)),
        Box::new(Dense::new(array![[2.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, 0.1]], None)),
        Box::new(Switch::relu(3)),
    ];
    let found = cube(&chain(twice), 1.0);
    assert_eq!((found.layers, found.thin), (vec![8, 8], 0));
    // Six units on three planes.
    let same = array![[1.0, 0.0], [-3.0, 0.0], [0.3, 0.7], [0.6, 1.4], [0.0, 1.0], [0.0, 1e-9]];
    let layers: Vec<Boxed> = vec![Box::new(Dense::new(same, None)), Box::new(Switch::relu(6))];
    let found = cube(&chain(layers), 1.0);
    assert_eq!((found.layers, found.thin), (vec![6], 0));
}

/// Regions of a plane are the polygons of a slice.
#[test]
fn in_two_dimensions_it_finds_what_a_slice_finds() {
    let mut nets: Vec<(Boxed, f64)> = vec![
        (Box::new(net(mlp(&[2], &[16, 16], 3, 54))), 4.0), // all boundaries through the origin
        (Box::new(dense(2, &[12, 12, 12], 55)), 2.0),
        (Box::new(dense(2, &[16, 16], 56)), 1e-3), // in few regions
    ];
    for switch in [SwitchKind::Relu, SwitchKind::TwoSlope] {
        let shape = SwitchNet { switch, width: Some(8), depth: 3, ..SwitchNet::default() };
        nets.push((Box::new(net(shape.spec(&[2], 3, 5))), 1.0));
    }
    for (net, size) in &nets {
        let net = net.as_ref();
        let slice = whole(net, &flat(), square(*size));
        let found = cube(net, *size);
        let polygons: HashSet<u64> = slice.polygons.iter().map(|polygon| polygon.hash).collect();
        let regions: HashSet<u64> = found.regions.iter().map(|region| region.hash).collect();
        assert_eq!(regions, polygons);
        assert_eq!(found.regions.len(), slice.regions);
    }
}

/// A box of two inputs of four, the others held.
#[test]
fn inputs_may_be_held() {
    let net = net(mlp(&[4], &[10, 10], 3, 9));
    let x = array![0.3, -0.4, 0.2, 0.7];
    let slice = whole(&net, &Plane::axes(x.view(), [1, 3]), square(2.0));
    let found = all(&net, &[0.3, -2.0, 0.2, -2.0], &[0.3, 2.0, 0.2, 2.0]);
    assert_eq!(found.regions.len(), slice.regions);
    let point = all(&net, x.as_slice().unwrap(), x.as_slice().unwrap());
    assert_eq!((point.layers, point.regions[0].point.clone()), (vec![1, 1], x.to_vec()));
}

#[test]
fn in_one_dimension_it_finds_what_a_ray_finds() {
    let net = dense(1, &[12, 12, 12], 31);
    let ray = ray(&net, array![-2.0].view(), array![3.0].view()).unwrap();
    let found = all(&net, &[-2.0], &[3.0]);
    assert_eq!(found.regions.len(), ray.regions);
    assert!(ray.regions > 10, "{}", ray.regions);
}

/// The parts after a layer are the regions of the net that ends there.
#[test]
fn parts_after_a_layer_are_the_regions_of_the_layers_so_far() {
    let layers = |depth: usize| dense(3, &[6, 5, 4][..depth], 100);
    let deepest = cube(&layers(3), 2.0);
    for depth in 1..=3 {
        assert_eq!(cube(&layers(depth), 2.0).layers, deepest.layers[..depth]);
    }
}

/// No sampled input lies in a region that is not there, and boxes side by side add up to the whole.
#[test]
fn no_sampled_input_is_in_a_region_that_was_not_found() {
    let n = 4;
    let layers = |_| {
        let d = vector(n, 3);
        let bias: Boxed = Box::new(switchnet::layer::Diagonal::new(None, Some(vector(n, 4))));
        vec![
            hadamard(n),
            scale(&d),
            bias,
            Box::new(Switch::two_slope(vector(n, 6), vector(n, 7))) as Boxed,
        ]
    };
    let net = chain((0..2).flat_map(layers).collect());
    let found = cube(&net, 2.0);
    let known: HashSet<u64> = found.regions.iter().map(|region| region.hash).collect();
    let samples = 2.0 * random(4000, n, 8);
    let seen: HashSet<u64> =
        samples.rows().into_iter().map(|x| Pattern::at(&net, x).hash()).collect();
    assert!(seen.is_subset(&known), "{} of {}", seen.difference(&known).count(), seen.len());
    assert!(seen.len() > known.len() / 2, "{} of {}", seen.len(), known.len());
    let left = all(&net, &[-2.0; 4], &[0.3, 2.0, 2.0, 2.0]);
    let right = all(&net, &[0.3, -2.0, -2.0, -2.0], &[2.0; 4]);
    let both: HashSet<u64> =
        left.regions.iter().chain(&right.regions).map(|region| region.hash).collect();
    assert_eq!(both, known);
}

/// Around each point the ball of its radius lies in the region, and touches its end.
#[test]
fn the_ball_of_a_region_is_as_large_as_is_said() {
    let net = net(mlp(&[3], &[8, 8], 2, 12));
    let (lower, upper) = ([-1.0, -2.0, 0.0], [1.0, 2.0, 4.0]);
    let half = array![1.0, 2.0, 2.0];
    for region in all(&net, &lower, &upper).regions {
        let center = Array1::from(region.point);
        let directions = random(64, 3, 5);
        for direction in directions.rows() {
            let length = direction.dot(&direction).sqrt();
            let x = &center + &(&direction * &half * (0.999_999 * region.radius / length));
            assert_eq!(Pattern::at(&net, x.view()).hash(), region.hash);
            assert!(x.iter().zip(lower.iter().zip(&upper)).all(|(x, (a, b))| a <= x && x <= b));
        }
    }
}

#[test]
fn a_part_that_is_too_thin_is_counted_and_left_out() {
    for (apart, regions, thin) in [(1e-6, 3, 0), (1e-10, 2, 1), (1e-14, 2, 0)] {
        let dense = Dense::new(Matrix::ones((2, 1)), Some(array![0.0, apart]));
        let found = all(&chain(vec![Box::new(dense), Box::new(Switch::relu(2))]), &[-1.0], &[1.0]);
        assert_eq!((found.regions.len(), found.thin), (regions, thin), "{apart:e} apart");
    }
}

#[test]
fn a_net_without_switches_has_one_region() {
    let found = all(&Dense::new(Matrix::ones((1, 3)), None), &[0.0; 3], &[1.0; 3]);
    assert_eq!((found.layers.len(), found.regions[0].point.clone()), (0, vec![0.5; 3]));
}

#[test]
fn a_budget_stops_the_search_and_is_named() {
    let net = net(mlp(&[3], &[24, 24], 3, 54));
    let (lower, upper) = ([-4.0; 3], [4.0; 3]);
    let with =
        |budget| regions_in_box(&net, &lower, &upper, budget, &mut |_| Continue(())).unwrap();
    let everything = all(&net, &lower, &upper);
    let some = with(BoxBudget { regions: 10, ..patient_in_a_box() });
    assert_eq!((some.complete, some.stopped_by), (false, Some(Limit::Regions)));
    assert!(some.regions.len() >= 10 && some.regions.len() < everything.regions.len());
    let none = with(BoxBudget { seconds: 0.0, ..patient_in_a_box() });
    assert_eq!((none.regions.len(), none.stopped_by), (0, Some(Limit::Seconds)));
    let few = with(BoxBudget { bytes: 10, ..patient_in_a_box() });
    assert_eq!((few.complete, few.stopped_by), (false, Some(Limit::Bytes)));
    // Whoever watches sees it grow, and can stop it where it has something.
    let mut seen = Vec::new();
    let watch = &mut |progress| {
        seen.push(progress);
        Continue(())
    };
    let watched = regions_in_box(&net, &lower, &upper, patient_in_a_box(), watch).unwrap();
    assert_eq!(watched, everything);
    assert!(seen.is_sorted_by_key(|progress| progress.regions) && seen[0].regions == 0);
    let at = seen.iter().position(|progress| progress.regions > 0).unwrap();
    let mut steps = 0..at;
    let watch = &mut |_| if steps.next().is_some() { Continue(()) } else { Break(()) };
    let some = regions_in_box(&net, &lower, &upper, patient_in_a_box(), watch).unwrap();
    assert_eq!((some.complete, some.stopped_by), (false, Some(Limit::Interrupted)));
    assert_eq!(some.regions[..], everything.regions[..seen[at].regions]);
}

/// The larger of two is cut where they are equal, as by the sign of their difference; the second of the two cuts nothing.
#[test]
fn a_choice_between_two_is_a_sign() {
    let (weights, biases) = (random(8, 5, 61), random(1, 8, 62));
    let behind = |weights: Matrix<f64>, biases: Matrix<f64>, last: Box<dyn Layer<f64>>| {
        let second = Dense::new(weights, Some(biases.row(0).to_owned()));
        chain(vec![Box::new(dense(3, &[5], 63)), Box::new(second), last])
    };
    let difference = |m: &Matrix<f64>| &m.slice(s![..;2, ..]) - &m.slice(s![1..;2, ..]);
    let differences = difference(&biases.t().to_owned()).t().to_owned();
    let signs = behind(difference(&weights), differences, Box::new(Switch::relu(4)));
    let pool = MaxPool::with([1, 4, 2], &MaxPoolConfig::new([1, 2])).unwrap();
    let chosen = behind(weights, biases, Box::new(pool));
    let (chosen, signs) = (cube(&chosen, 1.0), cube(&signs, 1.0));
    assert_eq!(chosen.layers, signs.layers);
    assert!(chosen.layers[1] > 2 * chosen.layers[0], "{:?}", chosen.layers);
    assert_eq!((chosen.thin, signs.thin), (0, 0));
}

#[test]
fn what_cannot_be_asked_is_refused_in_one_line() {
    let refused = |net: &dyn Layer<f64>, lower: &[f64], upper: &[f64]| {
        let found = regions_in_box(net, lower, upper, patient_in_a_box(), &mut |_| Continue(()));
        found.unwrap_err().to_string()
    };
    let two = Switch::relu(2);
    for (lower, upper, line) in [
        (vec![0.0], vec![1.0; 2], "lower bounds of a box: expected 2 numbers, found 1"),
        (vec![0.0; 2], vec![1.0; 3], "upper bounds of a box: expected 2 numbers, found 3"),
        (
            vec![0.0; 2],
            vec![1.0, f64::NAN],
            "upper bounds of a box: expected finite numbers, found NaN",
        ),
        (
            vec![0.0; 2],
            vec![1.0, -1.0],
            "bounds of input 1 of a box: expected in ascending order, found 0 and -1",
        ),
    ] {
        assert_eq!(refused(&two, &lower, &upper), line);
    }
    let pool = MaxPool::new([1, 2, 2], 2).unwrap();
    let line = "net in a box: expected one whose switches are signs or choices between two, found a max-pool";
    assert_eq!(refused(&pool, &[0.0; 4], &[1.0; 4]), line);
    let smooth = refused(&Smooth::tanh(2), &[0.0; 2], &[1.0; 2]);
    assert!(
        smooth.starts_with("net: expected one whose layers are all piecewise linear"),
        "{smooth}"
    );
    let huge = chain(vec![
        Box::new(Dense::new(Matrix::from_elem((1, 1), 1e300), None)),
        Box::new(Dense::new(Matrix::from_elem((1, 1), 1e300), None)),
        Box::new(Switch::relu(1)),
    ]);
    let line = "switches of layer 0 of those that have some: expected finite numbers, found inf";
    assert_eq!(refused(&huge, &[1.0], &[2.0]), line);
}

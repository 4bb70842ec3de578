//! Switches that are zero but for rounding, against nets without them that are the same function.

use crate::common::*;
use crate::helpers::{self, Boxed, close, patient, switch_values, vector};
use ndarray::{Array1, ArrayView1, Axis, array, s};
use rand::RngExt;
use std::ops::ControlFlow;
use switchnet::analysis::{
    ByNorm, Norm, Pattern, Plane, Status, TOLERANCE, Unit, Window, Within, boundary_distances,
    clusters_by_region, counterfactual, effective_map, integrated_gradients, margin,
    pattern_similarity, ray, region_optimum, regions_in_box, slice, switch_balance, switch_report,
    switch_statistics,
};
use switchnet::layer::{
    Dense, Diagonal, Dims, FixedTransform, Layer, LinearMap, Regularity, Reshape, See, Signature,
    Switch,
};
use switchnet::net::Graph;
use switchnet::random::generator;
use switchnet::transform::{Hadamard, Hartley};
use switchnet::{Matrix, Scalar};

const INPUTS: usize = 64;
const WIDTH: usize = 3 * INPUTS;
const CLASSES: usize = 5;

fn chain<T: Scalar>(layers: Vec<Box<dyn Layer<T>>>) -> Graph<T> {
    Graph::chain(layers).unwrap()
}

/// A row that repeats itself three times has only every third output of a Fourier transform: `X_3k` is `√3`
/// times output `k` of the transform of one repetition, all others are zero. So the first net has 128 switches
/// that are zero everywhere, and the second is the same function without them.
struct Repeated {
    with: Graph<f64>,
    without: Graph<f64>,
    scale: Array1<f64>,
    weight: Matrix<f64>,
}

fn repeated(seed: u64) -> Repeated {
    let (scale, weight) = (vector(WIDTH, seed), helpers::random(CLASSES, WIDTH, seed + 1));
    let with = chain(vec![
        Box::new(Reshape::tile(INPUTS, WIDTH).unwrap()),
        Box::new(FixedTransform::new(Hartley::new(WIDTH).unwrap())),
        helpers::scale(&scale),
        Box::new(Switch::relu(WIDTH)),
        Box::new(Dense::new(weight.clone(), None)),
    ]);
    let (scale, weight) =
        (scale.slice(s![..;3]).mapv(|d| d * 3f64.sqrt()), weight.slice(s![.., ..;3]).to_owned());
    let without = chain(vec![
        Box::new(FixedTransform::new(Hartley::new(INPUTS).unwrap())),
        helpers::scale(&scale),
        Box::new(Switch::relu(INPUTS)),
        Box::new(Dense::new(weight.clone(), None)),
    ]);
    Repeated { with, without, scale, weight }
}

/// The switch of the first net that is this one of the second.
fn third(unit: Unit) -> Unit {
    Unit { unit: 3 * unit.unit, ..unit }
}

#[test]
fn patterns_leave_them_closed() {
    let Repeated { with, without, .. } = repeated(1);
    for seed in 10..60 {
        let x = vector(INPUTS, seed);
        let [pattern, small] = [&with, &without].map(|net| Pattern::at(net, x.view()));
        let thirds: Vec<bool> = pattern.open[0].iter().copied().step_by(3).collect();
        assert_eq!(thirds, small.open[0]);
        assert_eq!(pattern.open_count(), small.open_count());
        let zeros: Vec<usize> = pattern.boundary.iter().map(|unit| unit.unit).collect();
        assert!(zeros.iter().copied().eq((0..WIDTH).filter(|unit| unit % 3 != 0)), "seed {seed}");
        assert_eq!(effective_map(&with, x.view()).pattern, pattern);
    }
}

#[test]
fn statistics_are_those_of_the_net_without_them() {
    let Repeated { with, without, .. } = repeated(2);
    let x = helpers::random(200, INPUTS, 3);
    let labels: Vec<usize> = (0..200).map(|i| i % 3).collect();
    let [report, small] =
        [&with, &without].map(|net| switch_report(net, x.view(), Some(&labels)).unwrap());
    let (layer, small_layer) = (&report.layers[0], &small.layers[0]);
    for unit in 0..WIDTH {
        let (rate, entropy) = match unit % 3 {
            0 => (small_layer.switches.on_rate[unit / 3], small_layer.entropy[unit / 3]),
            _ => (0.0, 0.0),
        };
        assert_eq!((layer.switches.on_rate[unit], layer.entropy[unit]), (rate, entropy), "{unit}");
    }
    assert_eq!(
        (report.hamming.all, report.hamming.within),
        (small.hamming.all, small.hamming.within)
    );
    assert_eq!(report.patterns, small.patterns);
    assert_eq!(report.boundary, 200 * (WIDTH - INPUTS));
    let statistics = switch_statistics(&with, x.view()).unwrap();
    assert_eq!(statistics.never_open(), WIDTH - INPUTS + small_layer.switches.never_open());
    let [a, b] =
        [&with, &without].map(|net| pattern_similarity(net, x.view(), Some(&labels)).unwrap());
    assert_eq!((a.hamming.matrix, a.overlap.matrix), (b.hamming.matrix, b.overlap.matrix));
    let [a, b] = [&with, &without].map(|net| clusters_by_region(net, x.view()).unwrap());
    assert_eq!(a, b);
    let balance = switch_balance(&with, x.view()).unwrap();
    for (unit, open) in balance[0].open_slope.iter().enumerate() {
        assert!(unit % 3 == 0 || open.is_none(), "switch {unit} is never open");
    }
}

#[test]
fn margins_know_only_switches_that_depend_on_the_input() {
    let Repeated { with, without, .. } = repeated(3);
    for seed in 70..100 {
        let x = vector(INPUTS, seed);
        let [found, small] = [&with, &without].map(|net| margin(net, x.view()).unwrap());
        for norm in Norm::ALL {
            let (boundary, expected) =
                (found.nearest.get(norm).unwrap(), small.nearest.get(norm).unwrap());
            assert_eq!(boundary.unit, third(expected.unit), "seed {seed} {norm:?}");
            // Sums of 192 numbers instead of 64.
            let error = (boundary.distance / expected.distance - 1.0).abs();
            assert!(error <= 1e-11, "seed {seed} {norm:?}: {error:e}");
            let [a, b] = [&found, &small]
                .map(|found| found.decision.as_ref().unwrap().nearest.get(norm).unwrap());
            assert!(a.class == b.class && (a.distance / b.distance - 1.0).abs() <= 1e-11);
        }
        assert!(found.on_boundary.is_empty());
        let all: &ByNorm<Vec<Option<f64>>> = &boundary_distances(&with, x.view()).unwrap()[0];
        for (unit, distance) in all.l2.iter().enumerate() {
            assert_eq!(distance.is_some(), unit % 3 == 0, "switch {unit}: {distance:?}");
        }
    }
}

/// The largest `w·h` with `‖h − h₀‖ ≤ radius` and every `h_i` on the side of zero where `h₀_i` is: `h₀ + λw`,
/// with what would cross zero held there, for the `λ` at which the length is the radius.
fn highest(w: &Array1<f64>, start: &Array1<f64>, radius: f64) -> f64 {
    let at = |lambda: f64| -> Array1<f64> {
        let side = |(w, h): (&f64, &f64)| {
            let moved = h + lambda * w;
            if (*h > 0.0) == (moved > 0.0) { moved } else { 0.0 }
        };
        w.iter().zip(start).map(side).collect()
    };
    let (mut low, mut high) = (0.0, 1e6);
    for _ in 0..200 {
        let middle = (low + high) / 2.0;
        let length = helpers::norm(&(at(middle) - start));
        (low, high) = if length < radius { (middle, high) } else { (low, middle) };
    }
    w.dot(&at(low))
}

#[test]
fn the_optimum_is_held_by_real_boundaries_only() {
    let Repeated { with, without, scale, weight } = repeated(4);
    let hartley = Hartley::new(INPUTS).unwrap();
    let mut held = 0;
    for seed in 110..116 {
        let x = vector(INPUTS, seed);
        let (norm, radius) = (Norm::L2, 3.0);
        let within = Within::Ball { norm, radius };
        let best = region_optimum(&with, x.view(), 0, None, &within).unwrap();
        let small = region_optimum(&without, x.view(), 0, None, &within).unwrap();
        // The transform keeps lengths, so in its outputs the ball is one and the boundaries are `h_i = 0`.
        let h = FixedTransform::new(hartley.clone())
            .forward(x.clone().insert_axis(Axis(0)))
            .row(0)
            .to_owned();
        let open = h.iter().zip(&scale).map(|(h, d)| f64::from(u8::from(h * d > 0.0)));
        let w: Array1<f64> =
            open.zip(&scale).zip(weight.row(0)).map(|((open, d), w)| open * d * w).collect();
        let expected = highest(&w, &h, radius);
        let point = best.point.as_ref().unwrap();
        assert_eq!(best.status, Status::Optimal);
        let room = 10.0 * TOLERANCE * helpers::norm(&w) * radius;
        for found in [point.objective, best.bound.unwrap(), small.point.as_ref().unwrap().objective]
        {
            assert!((found - expected).abs() <= room, "seed {seed}: {found} {expected}");
        }
        // And the net itself gives it.
        let input = Array1::from(point.input.clone());
        let y = with.forward(input.clone().insert_axis(Axis(0)))[[0, 0]];
        assert!((y - expected).abs() <= room, "seed {seed}: {y} {expected}");
        assert_eq!(best.boundaries_of_region, INPUTS);
        assert!(point.active.iter().all(|unit| unit.unit % 3 == 0));
        held += point.active.len();

        for norm in Norm::ALL {
            let [a, b] = [&with, &without]
                .map(|net| counterfactual(net, x.view(), None, norm, None).unwrap());
            assert_eq!((a.to, a.optimum.status), (b.to, b.optimum.status), "seed {seed} {norm:?}");
            if let (Some(a), Some(b)) = (&a.optimum.point, &b.optimum.point) {
                let error = (a.objective / b.objective - 1.0).abs();
                assert!(error <= 10.0 * TOLERANCE, "seed {seed} {norm:?}: {error:e}");
            }
        }
    }
    assert!(held > 20, "boundaries matter here: {held}");
}

#[test]
fn rays_and_slices_agree_with_patterns() {
    let Repeated { with, without, .. } = repeated(5);
    let [a, b, c] = [121, 122, 123].map(|seed| vector(INPUTS, seed));
    let [found, small] = [&with, &without].map(|net| ray(net, a.view(), b.view()).unwrap());
    assert_eq!(found.breakpoints.len(), small.breakpoints.len());
    for (here, there) in found.breakpoints.iter().zip(&small.breakpoints) {
        assert!((here.t - there.t).abs() <= 1e-12);
        let units: Vec<Unit> = there.flips.iter().map(|flip| third(flip.unit)).collect();
        assert!(here.flips.iter().map(|flip| flip.unit).eq(units));
    }
    assert!(found.regions > 20 && found.tolerance < 1e-11);
    for segment in &found.segments {
        let x = &a + &((&b - &a) * segment.middle());
        assert_eq!(segment.hash, Pattern::at(&with, x.view()).hash());
    }
    let plane = Plane::through(a.view(), b.view(), c.view());
    let window = Window { u: [0.0, 1.0], v: [0.0, 1.0] };
    let [found, small] = [&with, &without].map(|net| {
        slice(net, &plane, window, patient(), &mut |_| ControlFlow::Continue(())).unwrap()
    });
    assert_eq!(
        (found.polygons.len(), found.regions, found.pieces, found.euler),
        (small.polygons.len(), small.regions, small.pieces, 1)
    );
    for polygon in &found.polygons {
        let x = Array1::from(plane.point(polygon.center));
        assert_eq!(polygon.hash, Pattern::at(&with, x.view()).hash());
    }
}

/// The second switch flips in the middle, although the first is 10¹⁴ times as large.
/// Three inputs are free, the others held.
#[test]
fn boxes_have_the_regions_of_the_net_without_them() {
    let Repeated { with, without, .. } = repeated(61);
    let middle = vector(INPUTS, 63);
    let change = Array1::from_shape_fn(INPUTS, |i| if i < 3 { 0.5 } else { 0.0 });
    let (lower, upper) = ((&middle - &change).to_vec(), (&middle + &change).to_vec());
    let [found, known] = [&with, &without].map(|net| {
        let watch = &mut |_| ControlFlow::Continue(());
        regions_in_box(net, &lower, &upper, helpers::patient_in_a_box(), watch).unwrap()
    });
    assert!(known.regions.len() > 10, "{}", known.regions.len());
    assert_eq!((&found.layers, found.thin), (&known.layers, 0));
    for region in &found.regions {
        assert_eq!(Pattern::at(&with, ArrayView1::from(&region.point)).hash(), region.hash);
    }
}

#[test]
fn a_ray_finds_the_breakpoint_beside_a_switch_of_another_size() {
    let net = chain(vec![
        dense(array![[1e14], [1.0]], array![2e14, 0.0]),
        Box::new(Switch::relu(2)),
        dense(array![[0.0, 1.0]], array![0.0]),
    ]);
    let found = ray(&net, array![-1.0].view(), array![1.0].view()).unwrap();
    let at: Vec<f64> = found.breakpoints.iter().map(|breakpoint| breakpoint.t).collect();
    assert!(at.len() == 1 && (at[0] - 0.5).abs() <= 1e-12, "{at:?}");
    assert_eq!(
        (found.breakpoints[0].flips[0].unit, found.consistent),
        (Unit { layer: 0, unit: 1 }, true)
    );
}

/// Of a part of the net that begins behind the repetition they are real: its input need not repeat itself.
#[test]
fn between_layers_they_depend_on_what_goes_in() {
    let Repeated { with, .. } = repeated(6);
    let x = vector(WIDTH, 130);
    let part = with.part(1..4).unwrap();
    let distances = &boundary_distances(&part, x.view()).unwrap()[0];
    assert!(distances.l2.iter().all(Option::is_some));
    let whole = with.part(0..4).unwrap();
    let distances = &boundary_distances(&whole, x.slice(s![..INPUTS])).unwrap()[0];
    assert_eq!(distances.l2.iter().flatten().count(), INPUTS);
}

/// Whatever the layer: all of its switches may be such zeros, and then none of them shows how large its sums
/// were.
#[test]
fn a_layer_of_nothing_else() {
    let only = Array1::from_shape_fn(WIDTH, |i| if i % 3 == 0 { 0.0 } else { 1.0 });
    let biased = |size: f64| -> Vec<Boxed> {
        vec![
            helpers::bias(vector(INPUTS, 140) * size),
            Box::new(Reshape::tile(INPUTS, WIDTH).unwrap()),
            Box::new(FixedTransform::new(Hartley::new(WIDTH).unwrap())),
            helpers::scale(&only),
            Box::new(Switch::relu(WIDTH)),
        ]
    };
    for size in [0.0, 1.0] {
        let net = chain(biased(size));
        let [a, b] = [141, 142].map(|seed| vector(INPUTS, seed));
        assert_eq!(Pattern::at(&net, a.view()).boundary.len(), WIDTH);
        assert_eq!(ray(&net, a.view(), b.view()).unwrap().regions, 1);
        let found = margin(&net, a.view()).unwrap();
        assert_eq!((found.nearest.l2, found.certificate.l2), (None, None));
        let report = switch_report(&net, helpers::random(50, INPUTS, 143).view(), None).unwrap();
        assert_eq!(report.patterns.len(), 1);
    }
}

/// Weights that cancel but for their own rounding, in both precisions: the third of each three is minus the sum
/// of the other two, and the input repeats itself. Every other row is as it was drawn.
fn cancelling<T: Scalar>(seed: u64) -> Graph<T> {
    let mut rng = generator(seed, 0);
    let mut draw = |rows: usize, columns: usize| {
        Matrix::from_shape_simple_fn((rows, columns), || T::of(2.0 * rng.random::<f64>() - 1.0))
    };
    let (first, mut second) = (draw(8, 8), draw(12, 24));
    for mut row in second.rows_mut().into_iter().step_by(2) {
        for i in 0..8 {
            row[16 + i] = -(row[i] + row[8 + i]);
        }
    }
    chain(vec![
        Box::new(Dense::new(first, None)),
        Box::new(Reshape::tile(8, 24).unwrap()),
        Box::new(Dense::new(second, None)),
        Box::new(Switch::relu(12)),
    ])
}

fn cancelling_weights_are_zero<T: Scalar>() {
    for seed in 150..170 {
        let net = cancelling::<T>(seed);
        let x = helpers::random(100, 8, seed + 50).mapv(T::of);
        let statistics = switch_statistics(&net, x.view()).unwrap();
        for (unit, rate) in statistics.layers[0].on_rate.iter().enumerate() {
            let open = unit % 2 == 1;
            assert_eq!(*rate > 0.0, open, "{} seed {seed}, switch {unit}: {rate}", T::NAME);
        }
        let map = effective_map(&net, x.row(0));
        assert_eq!(map.pattern.boundary.len(), 6, "{} seed {seed}", T::NAME);
    }
}

#[test]
fn cancelling_weights_are_zero_in_both_precisions() {
    cancelling_weights_are_zero::<f64>();
    cancelling_weights_are_zero::<f32>();
}

fn dense(weight: Matrix<f64>, bias: Array1<f64>) -> Boxed {
    Box::new(Dense::new(weight, Some(bias)))
}

/// Two switches of one layer of very different scale share no sum, so neither hides the other.
#[test]
fn a_small_switch_beside_a_large_one_is_found() {
    for power in [0, 4, 8, 10, 12, 13, 14] {
        let large = 10f64.powi(power);
        for (a, b) in [(large, 1.0), (1.0, 1.0 / large)] {
            let net = chain(vec![
                dense(array![[a], [b]], array![2.0 * a, 0.0]),
                Box::new(Switch::relu(2)),
                dense(array![[1.0 / a, 1.0 / b]], array![0.0]),
            ]);
            let found = ray(&net, array![-1.0].view(), array![1.0].view()).unwrap();
            let at: Vec<f64> = found.breakpoints.iter().map(|b| b.t).collect();
            assert_eq!((at, found.pieces), (vec![0.5], 2), "{a:e} and {b:e}");
            assert_eq!(found.breakpoints[0].flips[0].unit, Unit { layer: 0, unit: 1 });
            assert!(found.breakpoints[0].continuity_error <= 1e-14);
            let gradients = integrated_gradients(&net, &found, 0).unwrap();
            // 2 of the first, 1 of the second.
            assert!((gradients.sum - 3.0).abs() <= 1e-14 && gradients.error <= 1e-14);
            let nearest = margin(&net, array![0.5].view()).unwrap().nearest.l2.unwrap();
            assert_eq!((nearest.unit.unit, nearest.distance), (1, 0.5));
            let x = array![[-0.5], [0.25], [0.5]];
            let rates = switch_statistics(&net, x.view()).unwrap().layers.remove(0).on_rate;
            close(&rates, &[1.0, 2.0 / 3.0], 1e-15);
            // In a plane: the boundary of the large one at x₀ = −½, of the small one at x₁ = ½ and of both together.
            let net = chain(vec![
                dense(array![[a, 0.0], [0.0, b], [b, b]], array![a / 2.0, -b / 2.0, 0.0]),
                Box::new(Switch::relu(3)),
            ]);
            let plane = Plane::axes(array![0.0, 0.0].view(), [0, 1]);
            let window = Window { u: [-1.0, 1.0], v: [-1.0, 1.0] };
            let found =
                slice(&net, &plane, window, patient(), &mut |_| ControlFlow::Continue(())).unwrap();
            // x₀ = −½, x₁ = ½ and x₀ + x₁ = 0 meet in one point.
            assert_eq!((found.regions, found.euler), (6, 1), "{a:e} and {b:e}");
            assert!((found.area - 4.0).abs() <= 1e-14);
            let triangles = found.polygons.iter().filter(|p| (p.area - 0.125).abs() <= 1e-12);
            assert_eq!(triangles.count(), 2, "{a:e} and {b:e}");
        }
    }
}

/// One that depends on nothing and is not zero is what it is, next to whatever.
#[test]
fn a_small_constant_is_no_zero() {
    let net = chain(vec![
        dense(array![[1e14], [0.0], [0.0]], array![0.0, 1e-3, -1e-3]),
        Box::new(Switch::relu(3)),
    ]);
    for x in [1.0, 0.1, -0.7] {
        let pattern = Pattern::at(&net, array![x].view());
        assert_eq!(pattern.open[0], [x > 0.0, true, false]);
        assert!(pattern.boundary.is_empty());
        let distances = &boundary_distances(&net, array![x].view()).unwrap()[0].l2;
        assert_eq!(distances[1..], [None, None]);
    }
}

/// On a line that runs in its boundary a switch is zero but for rounding, and elsewhere it is not.
#[test]
fn a_line_inside_a_boundary_has_no_breakpoints() {
    // Along (t, t, t) the first is t(0.1 + 0.2 − 0.3), where 0.1 + 0.2 is not 0.3; the second flips at 0.
    let net = chain(vec![
        dense(array![[0.1, 0.2, -0.3], [1.0, 0.5, 0.25]], array![0.0, 0.0]),
        Box::new(Switch::relu(2)),
    ]);
    let at = |t: f64| Array1::from_elem(3, t);
    for (from, to, regions) in [(0.1, 0.93, 1), (-0.31, 0.77, 2), (-0.9, -0.2, 1)] {
        let found = ray(&net, at(from).view(), at(to).view()).unwrap();
        assert_eq!(found.regions, regions, "{from} to {to}: {:?}", found.breakpoints);
    }
    let off = ray(&net, array![-1.0, 0.5, 0.5].view(), array![1.0, 0.5, 0.5].view()).unwrap();
    assert_eq!(off.breakpoints.iter().map(|b| b.flips[0].unit.unit).collect::<Vec<_>>(), [1, 0]);
    // A plane of such lines: (t, t, t) and (0.3, 0, 0.1).
    let plane = Plane { origin: vec![0.0; 3], u: vec![1.0; 3], v: vec![0.3, 0.0, 0.1] };
    let window = Window { u: [-1.0, 0.7], v: [-0.3, 1.0] };
    let found = slice(&net, &plane, window, patient(), &mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!((found.regions, found.polygons.len(), found.euler), (2, 2, 1));
}

/// Two outputs that are one function are never ahead of each other, however differently they are rounded.
#[test]
fn outputs_that_are_equal_but_for_rounding_are_no_rivals() {
    // y₁ = 0.3 x₀ is y₀ = 0.1 x₀ + 0.2 x₀; y₂ = x₁.
    let net = chain(vec![
        Box::new(Dense::new(array![[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]], None)),
        Box::new(Dense::new(array![[0.1, 0.2, 0.0], [0.3, 0.0, 0.0], [0.0, 0.0, 1.0]], None)),
    ]);
    for x in [0.7, 0.9, 1.1, 1.3] {
        let x = array![x, 0.05];
        let found = margin(&net, x.view()).unwrap().decision.unwrap();
        let rival = found.nearest.l2.unwrap();
        assert_eq!(rival.class, 2, "{x}: {rival:?}");
        // (0.3 x₀ − x₁) / |(0.3, −1)|.
        let expected = (0.3 * x[0] - x[1]) / 1.09f64.sqrt();
        assert!((rival.distance / expected - 1.0).abs() <= 1e-14);
        let found = counterfactual(&net, x.view(), None, Norm::L2, None).unwrap();
        assert_eq!(found.to, 2);
    }
}

/// Nets that have no such switches are as they were: every switch depends on the input.
#[test]
fn real_switches_are_left_alone() {
    for (name, net) in every_net::<f64>() {
        if !net.signature().regularity.is_piecewise_linear() {
            continue;
        }
        let x = vector(net.inputs(), 160);
        let raw = switch_values(&net, x.clone().insert_axis(Axis(0)));
        let raw: Vec<Vec<bool>> =
            raw.iter().map(|layer| layer.iter().map(|z| *z > 0.0).collect()).collect();
        assert_eq!(Pattern::at(&net, x.view()).open, raw, "{name}");
    }
    // A scale of 10⁻¹⁰⁰, or of 10¹⁰⁰, is no reason to take a layer for rounding.
    for size in [1e-100, 1e-20, 1e20, 1e100] {
        let net = chain(vec![
            Box::new(FixedTransform::new(Hadamard::new(4).unwrap())),
            Box::new(Diagonal::new(Some(Array1::from_elem(4, size)), None)),
            Box::new(Switch::relu(4)),
        ]);
        let x = [0.3, -0.2, 0.45, 0.1];
        let found = ray(&net, ArrayView1::from(&x), ArrayView1::from(&x.map(|v| -v))).unwrap();
        assert_eq!((found.regions, found.breakpoints[0].flips.len()), (2, 4), "{size:e}");
        let all = &boundary_distances(&net, ArrayView1::from(&x)).unwrap()[0].l2;
        // The sums are 0.65, 0.85, −0.45 and 0.15.
        assert!(all.iter().all(Option::is_some), "{size:e}");
        assert_eq!(Pattern::at(&net, ArrayView1::from(&x)).open_count(), 3);
    }
}

/// `(|x₀|, x₁)` that hides its switch: an analysis of it is wrong and has to notice.
#[derive(Debug)]
struct Hidden;

struct HiddenMap(Matrix<f64>);

impl Layer<f64> for Hidden {
    fn signature(&self) -> Signature {
        Signature::new("hidden", 2, 2, Regularity::PiecewiseLinear)
    }

    fn linearize(&self, x: Matrix<f64>) -> (Matrix<f64>, Box<dyn LinearMap<f64> + '_>) {
        let slopes =
            Matrix::from_shape_fn(
                x.dim(),
                |(row, i)| if i == 0 { x[[row, 0]].signum() } else { 1.0 },
            );
        (x * &slopes, Box::new(HiddenMap(slopes)))
    }
}

impl LinearMap<f64> for HiddenMap {
    fn dims(&self) -> Dims {
        Dims { rows: Some(self.0.nrows()), inputs: 2, outputs: 2 }
    }

    fn jvp(&self, dx: Matrix<f64>, _: See<'_, f64>) -> Matrix<f64> {
        if dx.nrows() == 0 { dx } else { dx * &self.0 }
    }

    fn vjp(&self, dy: Matrix<f64>, _: &mut [f64], want_dx: bool) -> Option<Matrix<f64>> {
        want_dx.then(|| dy * &self.0)
    }
}

#[test]
fn an_answer_that_misses_a_switch_says_that_it_is_not_consistent() {
    let shown = Switch::two_slope(array![1.0, 1.0], array![-1.0, 1.0]);
    for (layer, consistent) in [(Box::new(shown) as Boxed, true), (Box::new(Hidden), false)] {
        // (|x₀| + 10, relu(x₀ − ½)).
        let net = chain(vec![
            dense(array![[1.0, 0.0], [1.0, 0.0]], array![0.0, -0.5]),
            layer,
            helpers::bias(array![10.0, 0.0]),
            Box::new(Switch::relu(2)),
        ]);
        // From −1 to 1½: of the first piece, −1 to ½, the hidden kink is inside.
        let found = ray(&net, array![-1.0, 1.0].view(), array![1.5, 1.0].view()).unwrap();
        assert_eq!(found.consistent, consistent, "{}", found.error);
        let gradients = integrated_gradients(&net, &found, 0).unwrap();
        assert_eq!((gradients.consistent, gradients.difference), (consistent, 0.5));
        // A region is half as long as it seems, or as long.
        let expected = if consistent { 0.5 } else { -0.5 };
        assert!((gradients.sum - expected).abs() <= 1e-14, "{}", gradients.sum);
        let plane = Plane::axes(array![0.0, 0.0].view(), [0, 1]);
        let window = Window { u: [-1.0, 1.5], v: [-1.0, 1.5] };
        let found =
            slice(&net, &plane, window, patient(), &mut |_| ControlFlow::Continue(())).unwrap();
        // Areas and V − E + F cannot know of a polygon that should be two; its neighbor can.
        assert_eq!((found.consistent, found.euler), (consistent, 1));
        assert!(found.area_error <= 1e-14);
        // On its left, the output at the center is the net's, and the gradient that of the cell it was cut out of.
        assert!(consistent || (found.continuity_error - 0.5).abs() <= 1e-14);
    }
}

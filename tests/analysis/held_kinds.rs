//! Switches of every kind held, against layers in which they are thrown by hand, and what is asked of such nets.

use crate::common::*;
use crate::helpers::{patient, patient_in_a_box};
use ndarray::{Array1, Axis, array};
use std::collections::BTreeMap;
use std::ops::ControlFlow::Continue;
use switchnet::analysis::*;
use switchnet::layer::*;
use switchnet::net::{Graph, Positionwise};
use switchnet::transform::Hadamard;
use switchnet::{Matrix, Scalar};

/// What a layer makes of a row, where switch `i` that sees `z` is open if `open(i, z)`.
type ByHand<T> = Box<dyn Fn(&[T], &dyn Fn(usize, T) -> bool) -> Vec<T>>;

/// The name of a kind, a layer of it, and that by hand.
type Kind<T> = (&'static str, Box<dyn Layer<T>>, ByHand<T>);

/// A scale, a bias and a switch in one layer, as somebody else may write it.
#[derive(Debug)]
struct Fused<T> {
    vectors: [Vec<T>; 4],
    chain: Graph<T>,
}

impl<T: Scalar> Fused<T> {
    fn new(vectors: [Array1<T>; 4]) -> Self {
        let [scale, bias, open, closed] = vectors.clone();
        let chain = Graph::chain(vec![
            Box::new(Diagonal::new(Some(scale), Some(bias))),
            Box::new(Switch::two_slope(open, closed)),
        ]);
        Self { vectors: vectors.map(|v| v.to_vec()), chain: chain.unwrap() }
    }
}

impl<T: Scalar> Layer<T> for Fused<T> {
    fn signature(&self) -> Signature {
        let n = self.vectors[0].len();
        Signature::elementwise("fused", n, Regularity::PiecewiseLinear).costs(2 * n)
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        self.chain.linearize(x)
    }

    fn structure(&self) -> Structure<'_, T> {
        let [scale, bias, open, closed] = &self.vectors;
        let (scale, bias) = (Some(&scale[..]), Some(&bias[..]));
        let vectors = Pointwise { scale, bias, switch: Some([open, closed]) };
        Structure::Elementwise { vectors, learned: [true; 4] }
    }

    fn visit(&self, f: &mut dyn FnMut(Parameter<'_, T>)) {
        self.chain.visit(f);
    }

    fn visit_mut(&mut self, _f: &mut dyn FnMut(ParameterMut<'_, T>)) {
        unreachable!("it is not trained here");
    }
}

fn slopes<T: Scalar>(open: &[T], closed: &[T]) -> ByHand<T> {
    let (open, closed) = (open.to_vec(), closed.to_vec());
    Box::new(move |x, is_open| {
        let slope = |i: usize, x: T| if is_open(i, x) { open[i] } else { closed[i] };
        x.iter().enumerate().map(|(i, &x)| slope(i, x) * x).collect()
    })
}

/// Every kind of layer with switches that go by a sign, of six inputs but for the detached switch, and what it makes of a row.
fn kinds<T: Scalar>() -> Vec<Kind<T>> {
    let vector = |seed| random::<T>(1, 6, seed).row(0).to_owned();
    let [a, b, d, c] = [1, 2, 3, 4].map(vector);
    let [ones, zeros, few] = [1.0, 0.0, 0.25].map(|slope| [T::of(slope); 6]);
    let mut all: Vec<Kind<T>> = vec![
        ("relu", Box::new(Switch::relu(6)), slopes(&ones, &zeros)),
        ("leaky", Box::new(Switch::leaky(6, few[0]).unwrap()), slopes(&ones, &few)),
        ("prelu", Box::new(Switch::prelu(b.clone())), slopes(&ones, b.as_slice().unwrap())),
        (
            "two-slope",
            Box::new(Switch::two_slope(a.clone(), b.clone())),
            slopes(a.as_slice().unwrap(), b.as_slice().unwrap()),
        ),
    ];
    let fused = Fused::new([d.clone(), c.clone(), a.clone(), b.clone()]);
    let switch = slopes(a.as_slice().unwrap(), b.as_slice().unwrap());
    let by_hand: ByHand<T> = Box::new(move |x, open| {
        let z: Vec<T> = (0..6).map(|i| d[i] * x[i] + c[i]).collect();
        switch(&z, open)
    });
    all.push(("fused", Box::new(fused), by_hand));

    let (open, closed) = (random::<T>(6, 3, 5), random::<T>(6, 3, 6));
    let blocks = BlockSwitch::new(open.clone(), closed.clone()).unwrap();
    let by_hand: ByHand<T> = Box::new(move |x, is_open| {
        let mut y = vec![T::zero(); 6];
        for j in 0..6 {
            let vectors = if is_open(j, x[j]) { &open } else { &closed };
            for i in 0..3 {
                y[j / 3 * 3 + i] += x[j] * vectors[[j, i]];
            }
        }
        y
    });
    all.push(("block-switch", Box::new(blocks), by_hand));

    let by_hand: ByHand<T> = Box::new(|x, open| {
        let mut y = vec![T::zero(); 12];
        for (i, &x) in x.iter().enumerate() {
            if open(i, x) { y[i] = x } else { y[6 + i] = -x }
        }
        y
    });
    all.push(("crelu", Box::new(Crelu::new(6)), by_hand));

    let detached = GatedSwitch::new(a.clone(), b.clone());
    let by_hand: ByHand<T> = Box::new(move |x, open| {
        let slope = |i: usize| if open(i, x[6 + i]) { a[i] } else { b[i] };
        (0..12).map(|i| if i < 6 { slope(i) * x[i] } else { x[i] }).collect()
    });
    all.push(("detached", Box::new(detached), by_hand));

    // Some thresholds are negative, as a training may leave them.
    let t = 0.5 * vector(7).mapv(T::double);
    let t = t.mapv(T::of);
    let soft = SoftThreshold::new(t.clone());
    let by_hand: ByHand<T> = Box::new(move |x, open| {
        let through = |i, z| if open(i, z) { z } else { T::zero() };
        (0..6).map(|i| through(i, x[i] - t[i]) - through(6 + i, -x[i] - t[i])).collect()
    });
    all.push(("soft-threshold", Box::new(soft), by_hand));
    all
}

/// Of `count` switches every third is held open, every third closed, and the others see for themselves.
fn some_held(count: usize, seed: usize) -> BTreeMap<usize, bool> {
    let part = |i: usize| (i + seed) % 3;
    (0..count).filter(|&i| part(i) > 0).map(|i| (i, part(i) == 1)).collect()
}

fn units(layer: usize, held: &BTreeMap<usize, bool>) -> Vec<(Unit, bool)> {
    held.iter().map(|(&unit, &open)| (Unit { layer, unit }, open)).collect()
}

fn thrown<T: Scalar>(held: &BTreeMap<usize, bool>, first: usize) -> impl Fn(usize, T) -> bool {
    move |i, z| held.get(&(first + i)).copied().unwrap_or(z > T::zero())
}

#[track_caller]
fn same<T: Scalar>(name: &str, found: &Matrix<T>, expected: &Matrix<T>) {
    let few = 8.0 * eps::<T>() * norm(expected).max(1.0);
    let off = distance(found, expected);
    assert!(off <= few, "{name}: {off:e}");
}

/// Each kind by itself: outputs, and what the switches see.
fn each_kind_is_thrown_by_hand<T: Scalar>() {
    for (name, layer, by_hand) in kinds::<T>() {
        let x = random::<T>(40, layer.inputs(), 8);
        let plain = Graph::chain(vec![layer]).unwrap();
        let layers = switch_layers(&plain);
        assert!(layers.len() == 1 && layers[0].can_be_held, "{name}");
        let seen: Vec<_> = x.rows().into_iter().map(|x| switch_values(&plain, x)).collect();
        let held = some_held(layers[0].switches, 1);
        let net = hold(plain, &units(0, &held)).unwrap();
        let expected: Vec<T> = x
            .rows()
            .into_iter()
            .flat_map(|x| by_hand(x.as_slice().unwrap(), &thrown(&held, 0)))
            .collect();
        let expected = Matrix::from_shape_vec((40, net.outputs()), expected).unwrap();
        same(name, &net.forward(x.clone()), &expected);
        for (x, seen) in x.rows().into_iter().zip(seen) {
            assert_eq!(switch_values(&net, x), seen, "{name}");
            let map = effective_map(&net, x);
            assert!(map.residual.absolute <= 8.0 * eps::<T>() * norm(&map.y).max(1.0), "{name}");
        }
        assert_eq!(switch_layers(&net), layers, "{name}");
    }
}

/// What somebody else may write around layers of this library.
#[derive(Debug)]
struct Own<T>(Positionwise<T>);

impl<T: Scalar> Layer<T> for Own<T> {
    fn signature(&self) -> Signature {
        self.0.signature()
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        self.0.linearize(x)
    }

    fn visit_layers(&self, f: &mut dyn FnMut(&dyn Layer<T>, usize)) {
        self.0.visit_layers(f);
    }

    fn replace_layers(&mut self, f: &mut ReplaceLayer<'_, T>) {
        self.0.replace_layers(f);
    }

    fn visit(&self, f: &mut dyn FnMut(Parameter<'_, T>)) {
        self.0.visit(f);
    }

    fn visit_mut(&mut self, f: &mut dyn FnMut(ParameterMut<'_, T>)) {
        self.0.visit_mut(f);
    }
}

/// Each kind at three positions of a shared layer, of which the second has nothing held, with layers that are shared and
/// stay so before and behind it, and one inside of another; all of it in a layer that is not of this library.
fn a_switch_is_held_at_its_position_alone<T: Scalar>() {
    for (name, layer, by_hand) in kinds::<T>() {
        let (n, m) = (layer.inputs(), layer.outputs());
        let (before, behind) = (random::<T>(n, 4, 10), random::<T>(2, m, 11));
        let inner = Graph::chain(vec![layer, Box::new(Dense::new(behind.clone(), None))]).unwrap();
        let inner = Graph::chain(vec![
            Box::new(Dense::new(before.clone(), None)) as Box<dyn Layer<T>>,
            Box::new(inner),
        ]);
        let shared = Own(Positionwise::new(inner.unwrap(), 3).unwrap());
        let weights = random::<T>(12, 5, 12);
        let plain: Graph<T> =
            Graph::chain(vec![Box::new(Dense::new(weights.clone(), None)), Box::new(shared)])
                .unwrap();
        let layers = switch_layers(&plain);
        assert!(layers.len() == 1 && layers[0].can_be_held, "{name}");
        let count = layers[0].switches / 3;
        let mut held = some_held(3 * count, 2);
        held.retain(|unit, _| unit / count != 1);
        let x = random::<T>(20, 5, 13);
        let seen: Vec<_> = x.rows().into_iter().map(|x| switch_values(&plain, x)).collect();
        let net = hold(plain, &units(0, &held)).unwrap();
        let found = net.forward(x.clone());
        for (row, x) in x.rows().into_iter().enumerate() {
            let at_positions = weights.dot(&x);
            let mut expected = Vec::new();
            for (position, x) in at_positions.as_slice().unwrap().chunks(4).enumerate() {
                let z = before.dot(&Array1::from(x.to_vec()));
                let y = by_hand(z.as_slice().unwrap(), &thrown(&held, position * count));
                expected.extend(behind.dot(&Array1::from(y)));
            }
            let expected = Matrix::from_shape_vec((1, 6), expected).unwrap();
            same(name, &found.select(Axis(0), &[row]), &expected);
            assert_eq!(switch_values(&net, x), seen[row], "{name}");
        }
        assert_eq!(switch_layers(&net), layers, "{name}");
        // All rows at a time, and one row for many.
        maps_fit(name, &net, 14);
    }
}

/// Held one part after the other, then once more at the other side, switches are held as at once and at first: alone, and at
/// positions, where the second part has one that has none held yet.
fn what_is_held_stays_so<T: Scalar>() {
    for (name, layer, _) in kinds::<T>() {
        let count = switch_layers(&Graph::chain(vec![layer]).unwrap())[0].switches;
        for positions in [1, 3] {
            let build = || {
                let (_, layer, _) = kinds::<T>().into_iter().find(|kind| kind.0 == name).unwrap();
                let shared =
                    Positionwise::new(Graph::chain(vec![layer]).unwrap(), positions).unwrap();
                Graph::chain(vec![Box::new(shared) as Box<dyn Layer<T>>]).unwrap()
            };
            let held = some_held(positions * count, 1);
            let all = units(0, &held);
            let (first, second): (Vec<_>, _) =
                all.iter().partition(|(at, _)| at.unit % 2 == 0 && at.unit / count != 2);
            let other: Vec<_> = all.iter().map(|&(at, open)| (at, !open)).collect();
            let at_once = hold(build(), &all).unwrap();
            let net = hold(hold(build(), &first).unwrap(), &second).unwrap();
            let net = hold(net, &other).unwrap();
            assert_eq!(switch_layers(&net), switch_layers(&build()), "{name}");
            let x = random::<T>(7, net.inputs(), 15);
            let expected = at_once.forward(x.clone());
            assert_eq!(bits(&net.forward(x.clone())), bits(&expected), "{name}, {positions}");
            assert_ne!(bits(&build().forward(x)), bits(&expected), "{name}, {positions}");
            assert_eq!(parameters::read(&net), parameters::read(&at_once), "{name}, {positions}");
            maps_fit(name, &net, 16);
        }
    }
}

/// Push and pull are adjoint, and maps are the net: of a net with a record of one row, which serves all, and of five.
fn maps_fit<T: Scalar>(name: &str, net: &dyn Layer<T>, seed: u64) {
    let (inputs, outputs) = (net.inputs(), net.outputs());
    let (u, v) = (random::<T>(5, inputs, seed + 1), random::<T>(5, outputs, seed + 2));
    for recorded in [1, 5] {
        let x = random::<T>(recorded, inputs, seed);
        let (y, map) = net.linearize(x.clone());
        assert_eq!(bits(&y), bits(&net.forward(x.clone())), "{name}");
        let (there, back) = (map.push(u.clone()), map.pull(v.clone(), &mut []));
        let gap = (inner(&there, &v) - inner(&u, &back)).abs();
        let size = norm(&there) * norm(&v) + norm(&u) * norm(&back);
        assert!(gap <= 64.0 * eps::<T>() * size.max(1.0), "{name}: {gap:e}");
        let (again, size) = (map.affine(x.clone()), norm(&map.push(x)).max(norm(&y)));
        let off = distance(&again, &y);
        assert!(off <= 64.0 * eps::<T>() * size.max(1.0), "{name}: {off:e}");
    }
}

/// The gradient of a shared layer with switches held is made of what the parameters of all positions do.
#[test]
fn gradients_are_those_of_differences() {
    for (name, layer, _) in kinds::<f64>() {
        let inputs = layer.inputs();
        let count = switch_layers(&Graph::chain(vec![layer]).unwrap())[0].switches;
        let (_, layer, _) = kinds().into_iter().find(|kind| kind.0 == name).unwrap();
        let shared = Positionwise::new(Graph::chain(vec![layer]).unwrap(), 2).unwrap();
        let plain = Graph::chain(vec![Box::new(shared) as Box<dyn Layer<f64>>]).unwrap();
        let held = some_held(2 * count, 0).into_iter().filter(|(i, _)| *i < count).collect();
        let mut net = hold(plain, &units(0, &held)).unwrap();
        let (x, dy) = (random::<f64>(3, 2 * inputs, 20), random::<f64>(3, net.outputs(), 21));
        let mut grad = vec![0.0; parameters::count(&net)];
        net.linearize(x.clone()).1.pull(dy.clone(), &mut grad);
        let flat = parameters::read(&net);
        for i in 0..flat.len() {
            let mut at = |step: f64| {
                let mut moved = flat.clone();
                moved[i] += step;
                parameters::write(&mut net, &moved);
                inner(&net.forward(x.clone()), &dy)
            };
            let difference = (at(1e-6) - at(-1e-6)) / 2e-6;
            assert!((difference - grad[i]).abs() < 1e-8, "{name}, {i}: {difference} {}", grad[i]);
        }
    }
}

/// Two positions of two switches, between Walsh–Hadamard transforms: 4 → 4 → 2.
fn small(held: &[(Unit, bool)]) -> Graph<f64> {
    let mix = || Box::new(FixedTransform::new(Hadamard::new(2).unwrap()));
    let slopes = Switch::two_slope(array![1.0, 0.5], array![-0.5, 0.25]);
    let layers: Vec<Box<dyn Layer<f64>>> =
        vec![Box::new(Diagonal::new(None, Some(array![0.1, -0.2]))), Box::new(slopes), mix()];
    let shared = Positionwise::new(Graph::chain(layers).unwrap(), 2).unwrap();
    let layers: Vec<Box<dyn Layer<f64>>> = vec![
        Box::new(FixedTransform::new(Hadamard::new(4).unwrap())),
        Box::new(shared),
        Box::new(FixedTransform::new(Hadamard::new(4).unwrap())),
        Box::new(Switch::relu(4)),
        Box::new(Dense::new(random(2, 4, 30), None)),
    ];
    hold(Graph::chain(layers).unwrap(), held).unwrap()
}

/// Rays, slices, margins and boxes of a net with switches held: what they say is what the net does, and a held switch does
/// not bend it.
#[test]
fn regions_are_those_of_the_held_net() {
    let unit = |layer, unit| Unit { layer, unit };
    let held = [(unit(0, 1), true), (unit(0, 2), false), (unit(1, 3), true)];
    let net = small(&held);
    let is_held = |at: Unit| held.iter().any(|(unit, _)| *unit == at);
    let (from, to) = (random::<f64>(1, 4, 31), random::<f64>(1, 4, 32));
    let line = ray(&net, (&from * 4.0).row(0), (&to * 4.0).row(0)).unwrap();
    assert!(line.consistent);
    let mut bent = 0;
    let mut straight = 0;
    for breakpoint in &line.breakpoints {
        let bend = breakpoint.bend.iter().fold(0.0, |most: f64, b| most.max(b.abs()));
        match breakpoint.flips.iter().all(|flip| is_held(flip.unit)) {
            true => {
                assert!(bend < 1e-12, "{bend}");
                straight += 1;
            }
            false => bent += usize::from(bend > 1e-6),
        }
    }
    assert!(bent > 0 && straight > 0, "{bent} bends, {straight} held");
    for segment in &line.segments {
        let x = &from * (4.0 * (1.0 - segment.middle())) + &to * (4.0 * segment.middle());
        let y = net.forward(x);
        let half = (segment.end - segment.start) / 2.0;
        for ((y, value), slope) in y.iter().zip(&segment.value).zip(&segment.slope) {
            assert!((y - value - half * slope).abs() < 1e-12);
        }
    }
    // The plane: each polygon is a region of its own map.
    let corners = [33, 34, 35].map(|seed| random::<f64>(1, 4, seed).row(0).to_owned());
    let [a, b, c] = corners.each_ref().map(|corner| corner.view());
    let plane = Plane::through(a, b, c);
    let window = Window { u: [-3.0, 3.0], v: [-3.0, 3.0] };
    let found = slice(&net, &plane, window, patient(), &mut |_| Continue(())).unwrap();
    assert!(found.complete && found.consistent && found.polygons.len() > 8);
    let patterns = slice(&small(&[]), &plane, window, patient(), &mut |_| Continue(())).unwrap();
    assert_ne!(found.polygons.len(), patterns.polygons.len());
    for polygon in &found.polygons {
        for &corner in &polygon.vertices {
            let p = found.vertices[corner as usize];
            let x = Array1::from(plane.point(p)).insert_axis(Axis(0));
            for (k, y) in net.forward(x).iter().enumerate() {
                assert!((y - polygon.output(k, p)).abs() < 1e-12);
            }
        }
    }
    // A box: the map at the point of a region is the net at other points of the same pattern.
    let found =
        regions_in_box(&net, &[-1.0; 4], &[1.0; 4], patient_in_a_box(), &mut |_| Continue(()));
    let found = found.unwrap();
    assert!(found.complete && found.regions.len() > 8);
    let maps: BTreeMap<u64, _> = found
        .regions
        .iter()
        .map(|region| {
            let x = Array1::from(region.point.clone());
            (Pattern::at(&net, x.view()).hash(), effective_map(&net, x.view()))
        })
        .collect();
    assert_eq!(maps.len(), found.regions.len());
    for (seed, x) in (37..).zip(random::<f64>(500, 4, 36).rows()) {
        let map = &maps[&Pattern::at(&net, x).hash()];
        let y = net.forward(x.to_owned().insert_axis(Axis(0)));
        let off = norm(&(map.a.dot(&x) + &map.c - y.row(0)));
        assert!(off < 1e-12, "{off:e}");
        // Up to the nearest boundary nothing flips.
        let margin = margin(&net, x).unwrap();
        let nearest = margin.nearest.l2.unwrap();
        let direction = random::<f64>(1, 4, seed);
        let step = &direction * (0.999 * nearest.distance / norm(&direction));
        let there = &x + &step.row(0);
        assert_eq!(Pattern::at(&net, there.view()).open, Pattern::at(&net, x).open);
    }
}

/// All nets of this program: everything that can be held is, each as it does not stand at an input. What sees nothing of
/// them sees what it saw, and maps are the net.
fn nets_of_all_kinds_are_held<T: Scalar>() {
    let mut layers_held = 0;
    for (name, spec) in specs_of_all_kinds() {
        let mut net = spec.build::<T>().unwrap();
        randomize(&mut net, 71);
        let x = random::<T>(1, net.inputs(), 72);
        let (seen, y) = (switch_values(&net, x.row(0)), net.forward(x.clone()));
        let layers = switch_layers(net.graph());
        let some = |layer: usize, as_it_is: bool| -> Vec<(Unit, bool)> {
            let count = layers[layer].switches;
            let some =
                [0, count / 2, count - 1].into_iter().collect::<std::collections::BTreeSet<_>>();
            let open = |unit: usize| (seen[layer][unit] > T::zero()) == as_it_is;
            some.into_iter().map(|unit| (Unit { layer, unit }, open(unit))).collect()
        };
        let these = |as_it_is| -> Vec<(Unit, bool)> {
            let held = (0..layers.len()).filter(|&layer| layers[layer].can_be_held);
            held.flat_map(|layer| some(layer, as_it_is)).collect()
        };
        let (other, same) = (these(false), these(true));
        layers_held += layers.iter().filter(|layer| layer.can_be_held).count();
        for layer in layers.iter().filter(|layer| !layer.can_be_held) {
            let named = layer.name.contains("max-pool");
            assert!(named, "{name}: switches of {} cannot be held", layer.name);
        }
        let build = || {
            let mut net = spec.build::<T>().unwrap();
            randomize(&mut net, 71);
            net.into_graph()
        };
        // As it is at this input, the net says what it said.
        let as_it_is = hold(build(), &same).unwrap();
        let off = distance(&as_it_is.forward(x.clone()), &y);
        assert!(off <= 1e3 * eps::<T>() * norm(&y).max(1.0), "{name}: {off:e}");
        let held = hold(build(), &other).unwrap();
        let counts = |layers: &[SwitchLayer]| -> Vec<_> {
            layers.iter().map(|layer| (layer.node, layer.switches)).collect()
        };
        assert_eq!(counts(&switch_layers(&held)), counts(&layers), "{name}");
        if let Some(first) = seen.first() {
            assert_eq!(&switch_values(&held, x.row(0))[0], first, "{name}");
        }
        if net.signature().regularity.is_piecewise_linear() {
            let map = effective_map(&held, x.row(0));
            assert!(map.residual.relative <= 1e3 * eps::<T>(), "{name}: {:?}", map.residual);
        }
        for (place, unit) in
            other.iter().map(|(unit, _)| *unit).enumerate().filter(|(i, _)| i % 5 == 0)
        {
            let row = switch_row(&held, x.row(0), unit).unwrap();
            let size = norm(&row.a) * norm(x.row(0)) + row.c.double().abs();
            let few = 1e3 * eps::<T>() * size.max(1.0);
            assert!(row.residual.absolute <= few, "{name}, {place}: {:?}", row.residual);
        }
    }
    assert!(layers_held > 60, "only {layers_held} layers were held");
}

in_both_precisions!(
    each_kind_is_thrown_by_hand,
    a_switch_is_held_at_its_position_alone,
    what_is_held_stays_so,
    nets_of_all_kinds_are_held,
);

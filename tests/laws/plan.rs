//! Plans: what they join, and that joining changes no bit.

use crate::common::*;
use ndarray::Axis;
use switchnet::layer::*;
use switchnet::net::zoo::{Cnn, SwitchKind, SwitchNet};
use switchnet::net::{Graph, NodeSpec, Spec, Work};
use switchnet::random::generator;
use switchnet::transform::{Blocks, Separable, TransformKind};
use switchnet::{Matrix, Scalar};

type Boxed<T> = Box<dyn Layer<T>>;

/// Forward, recorded output, gradient of the input and gradient of the parameters, each layer by itself.
fn layer_by_layer<T: Scalar>(graph: &Graph<T>, x: &Matrix<T>, dy: &Matrix<T>) -> [Vec<u64>; 4] {
    let (mut forward, mut y) = (x.clone(), x.clone());
    let mut maps = Vec::new();
    for layer in graph.layers() {
        forward = layer.forward(forward);
        let (next, map) = layer.linearize(y);
        y = next;
        maps.push((map, parameters::count(layer)));
    }
    let (mut dx, mut grads) = (dy.clone(), Vec::new());
    for (map, count) in maps.iter().rev() {
        let mut grad = vec![T::zero(); *count];
        dx = map.pull(dx, &mut grad);
        grads.push(grad);
    }
    let grads: Vec<T> = grads.into_iter().rev().flatten().collect();
    [bits(&forward), bits(&y), bits(&dx), bits(&grads)]
}

/// The same, as planned.
fn planned<T: Scalar>(graph: &Graph<T>, x: &Matrix<T>, dy: &Matrix<T>) -> [Vec<u64>; 4] {
    let (y, map) = graph.linearize(x.clone());
    let mut grad = vec![T::zero(); parameters::count(graph)];
    let dx = map.pull(dy.clone(), &mut grad);
    [bits(&graph.forward(x.clone())), bits(&y), bits(&dx), bits(&grad)]
}

#[track_caller]
fn assert_alike<T: Scalar>(name: &str, graph: &Graph<T>) {
    for rows in [1, 2, 5, 33] {
        let x = random::<T>(rows, graph.inputs(), 41);
        let dy = random::<T>(rows, graph.outputs(), 42);
        let pairs = layer_by_layer(graph, &x, &dy).into_iter().zip(planned(graph, &x, &dy));
        for (what, (single, joined)) in ["forward", "y", "dx", "grad"].iter().zip(pairs) {
            assert_eq!(single, joined, "{name}, {rows} rows: {what}\n{}", graph.plan());
        }
    }
}

/// Everything that may stand before a transform: fixed and learned scales, biases, every switch of elements.
fn fronts<T: Scalar>(n: usize) -> Vec<(String, Vec<Boxed<T>>)> {
    let numbers = |seed: u64| random::<T>(1, n, seed).row(0).to_owned();
    let signs = |seed| -> Boxed<T> {
        Box::new(FixedTransform::boxed(
            TransformKind::Signs.plan(n, &mut generator(seed, 0)).unwrap(),
        ))
    };
    let mut all = Vec::new();
    for scale in ["", "signs ", "scale "] {
        for bias in [false, true] {
            for switch in ["", "relu", "leaky", "prelu", "two-slope"] {
                let mut layers: Vec<Boxed<T>> = match scale {
                    "" => Vec::new(),
                    "signs " => vec![signs(1)],
                    _ => vec![Box::new(Diagonal::new(Some(numbers(2)), None))],
                };
                if bias {
                    layers.push(Box::new(Diagonal::new(None, Some(numbers(3)))));
                }
                match switch {
                    "relu" => layers.push(Box::new(Switch::relu(n))),
                    "leaky" => layers.push(Box::new(Switch::leaky(n, T::of(0.25)).unwrap())),
                    "prelu" => layers.push(Box::new(Switch::prelu(numbers(4)))),
                    "two-slope" => {
                        layers.push(Box::new(Switch::two_slope(numbers(5), numbers(6))));
                    }
                    _ => {}
                }
                let bias = if bias { "bias " } else { "" };
                all.push((format!("{scale}{bias}{switch}"), layers));
            }
        }
    }
    all
}

/// Transforms of rows of `n`, a multiple of 48.
fn backs<T: Scalar>(n: usize) -> Vec<(String, Boxed<T>)> {
    let mut rng = generator(7, 0);
    let mut plan = |kind: TransformKind, n| kind.plan::<T>(n, &mut rng).unwrap();
    let mut all: Vec<(String, Boxed<T>)> = Vec::new();
    for kind in TransformKind::ALL {
        if let Ok(transform) = kind.plan::<T>(n, &mut generator(8, 0)) {
            all.push((format!("{kind:?}"), Box::new(FixedTransform::boxed(transform))));
        }
    }
    for block in [2, 16] {
        let blocks = Blocks::new(plan(TransformKind::Hadamard, block), n / block).unwrap();
        all.push((format!("blocks of {block}"), Box::new(FixedTransform::new(blocks))));
    }
    let image = Separable::boxed(plan(TransformKind::Dct2, n / 16), plan(TransformKind::Dct2, 16));
    all.push(("image".to_owned(), Box::new(FixedTransform::new(image))));
    all
}

fn what_is_planned_is_layer_by_layer_bit_for_bit<T: Scalar>() {
    for (name, net) in every_net::<T>() {
        assert!(net.graph().is_chain(), "{name}");
        assert_alike(&name, net.graph());
    }
    for (name, net) in every_structured_net::<T>() {
        if net.graph().is_chain() {
            assert_alike(&name, net.graph());
        }
    }
    for n in [48, 64] {
        for (front, _) in fronts::<T>(n) {
            for (back, _) in backs::<T>(n) {
                // Twice, so that the second is joined with what another transform gives.
                let mut layers: Vec<Boxed<T>> = Vec::new();
                for _ in 0..2 {
                    layers
                        .extend(fronts(n).into_iter().find(|(name, _)| *name == front).unwrap().1);
                    layers.push(backs(n).into_iter().find(|(name, _)| *name == back).unwrap().1);
                }
                assert_alike(
                    &format!("{front} before {back}, {n}"),
                    &Graph::chain(layers).unwrap(),
                );
            }
        }
    }
}

/// Each hint says the whole layer: elements with their vectors, or the transform, give its forward pass.
fn hints_are_the_layers_they_stand_for<T: Scalar>() {
    let (mut elements, mut transforms) = (0, 0);
    for (name, layer) in everything::<T>() {
        let x = random::<T>(3, layer.inputs(), 43);
        let mut y = x.clone();
        let rows = y.as_slice_mut().unwrap();
        match layer.structure() {
            Structure::Elementwise { vectors, learned } => {
                vectors.apply(rows);
                let learned = learned.iter().filter(|learned| **learned).count();
                assert_eq!(parameters::count(layer.as_ref()), learned * layer.inputs(), "{name}");
                elements += 1;
            }
            Structure::Orthonormal(transform) => {
                transform.apply(rows);
                assert_eq!(parameters::count(layer.as_ref()), 0, "{name}");
                transforms += 1;
            }
            Structure::Opaque => continue,
        }
        assert_eq!(bits(&y), bits(&layer.forward(x)), "{name}");
    }
    assert!(elements >= 7 && transforms >= 7, "{elements} and {transforms}");
}

/// What a graph with sums and concatenations gives, against the same written out by hand.
fn graphs_add_and_concatenate<T: Scalar>() {
    let spec = graph_spec();
    let mut net = spec.build::<T>().unwrap();
    randomize(&mut net, 44);
    let layers = net.graph().layers();
    for rows in [1, 4] {
        let x = random::<T>(rows, 8, 45);
        let a = layers[1].forward(layers[0].forward(x.clone()));
        let b = layers[2].forward(x.clone());
        let sum = &a + &b;
        let both = ndarray::concatenate![Axis(1), sum, x];
        let expected = layers[3].forward(both);
        assert_eq!(bits(&net.forward(x.clone())), bits(&expected));
        assert_eq!(bits(&net.linearize(x.clone()).0), bits(&expected));
        let walk = net.graph().walk(x);
        assert_eq!(bits(walk.values().last().unwrap()), bits(&expected));
    }
    assert_eq!(net.shapes(), [vec![8], vec![8], vec![8], vec![8], vec![16], vec![3]]);
}

#[test]
fn a_graph_is_refused_in_words() {
    let error = |layers: Vec<NodeSpec>| {
        let spec = Spec { input: vec![8], seed: 1, layers };
        spec.build::<f32>().expect_err("has to be refused").to_string()
    };
    let relu = || node(ReluConfig {});
    let cases = [
        (
            vec![relu().reading("ghost")],
            "layer 0 (relu): from: expected the name of a layer before it, or input, found ghost",
        ),
        (vec![relu().named("input")], "name of a layer"),
        (vec![relu().named("3")], "name of a layer"),
        (vec![relu().named("a"), relu().named("a")], "node a (relu): name of a node"),
        (
            vec![relu(), relu().reading("input")],
            "layer 0 (relu): node: expected a later one that reads it, found none",
        ),
        (
            vec![relu().named("a"), NodeSpec::add(["a"])],
            "layer 1 (add): what is put together: expected at least 2",
        ),
        (
            vec![node(DenseConfig::new(4)).named("a"), NodeSpec::add(["a", "input"])],
            "layer 1 (add): shape of what is added: expected [4], found [8]",
        ),
    ];
    for (layers, part) in cases {
        let message = error(layers);
        assert!(message.contains(part), "{message}");
    }
}

/// A part of a net is a layer: without parameters, and its map is that of the layers between.
fn a_part_of_a_net_is_a_layer<T: Scalar>() {
    for (name, net) in every_net::<T>() {
        let count = net.graph().nodes().len();
        for range in [0..1, 0..count, 1..count, count / 2..count] {
            if range.is_empty() {
                assert!(net.graph().part(range).is_err(), "{name}");
                continue;
            }
            let part = net.graph().part(range.clone()).unwrap();
            let part: &dyn Layer<T> = &part;
            assert_eq!(parameters::count(part), 0, "{name}");
            let x = random::<T>(3, part.inputs(), 46);
            let (y, map) = part.linearize(x.clone());
            assert_eq!(bits(&y), bits(&part.forward(x.clone())), "{name}, {range:?}");
            assert_eq!(y.ncols(), part.outputs(), "{name}");
            let alone = net.graph().layers()[range].iter().fold(x, |x, layer| layer.forward(x));
            assert_eq!(bits(&y), bits(&alone), "{name}");
            assert_eq!(map.pull(y, &mut []).ncols(), part.inputs(), "{name}");
        }
    }
    let net = graph_spec().build::<T>().unwrap();
    let message = net.graph().part(2..6).expect_err("the input is read later").to_string();
    assert!(message.contains("which depends on value"), "{message}");
}

/// Where nothing multiplies matrices, a row is a row, however many go together and in which order.
fn rows_do_not_know_of_each_other<T: Scalar>() {
    let mut compared = 0;
    for (name, layer) in without_noise::<T>() {
        let products = |p: Parameter<'_, T>| p.role == Role::Weight;
        let mut dense = false;
        layer.visit(&mut |p| dense |= products(p));
        if dense {
            continue; // products of other sizes may sum in another order
        }
        let x = random::<T>(7, layer.inputs(), 47);
        let all = layer.forward(x.clone());
        for order in [vec![6, 0, 3], vec![2], vec![5, 4, 3, 2, 1, 0, 6]] {
            let some = layer.forward(x.select(Axis(0), &order));
            assert_eq!(bits(&some), bits(&all.select(Axis(0), &order)), "{name}, {order:?}");
            compared += 1;
        }
    }
    assert!(compared > 60, "{compared}");
}

/// What a step covers, as plain data.
fn steps(spec: &Spec) -> Vec<(Work, usize)> {
    let net = spec.build::<f32>().unwrap();
    net.graph().plan().steps.iter().map(|step| (step.work, step.nodes.len())).collect()
}

#[test]
fn plans_join_what_goes_together() {
    let transform = |layers| (Work::Sweep { transform: true }, layers);
    let alone = (Work::Layer, 1);
    // Signs and the first transform; bias, switch and the next; the last bias and switch have no transform behind.
    let two_slope = SwitchNet { width: Some(64), depth: 3, ..SwitchNet::default() };
    let elements = (Work::Sweep { transform: false }, 2);
    let expected = [transform(2), transform(3), transform(3), elements, alone];
    assert_eq!(steps(&two_slope.spec(&[64], 10, 1)), expected);
    let relu = SwitchNet { switch: SwitchKind::Relu, ..two_slope.clone() };
    assert_eq!(steps(&relu.spec(&[64], 10, 1)), expected);
    let hartley = SwitchNet { transform: TransformKind::Hartley, ..two_slope };
    assert_eq!(steps(&hartley.spec(&[64], 10, 1)), expected);
    let cnn = Cnn::default().spec(&[1, 8, 8], 10, 1);
    assert_eq!(steps(&cnn), vec![alone; 8]);
    let graph = graph_spec();
    let expected = [alone, alone, alone, (Work::Add, 1), (Work::Concat, 1), alone];
    assert_eq!(steps(&graph), expected);
    let text = graph.build::<f32>().unwrap().graph().plan().to_string();
    assert!(text.contains("sum") || text.contains("add"), "{text}");
}

in_both_precisions!(
    what_is_planned_is_layer_by_layer_bit_for_bit,
    hints_are_the_layers_they_stand_for,
    graphs_add_and_concatenate,
    a_part_of_a_net_is_a_layer,
    rows_do_not_know_of_each_other,
);

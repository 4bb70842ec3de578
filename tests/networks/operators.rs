//! Every operator against its formula, worked out here.

use super::writer::*;
use super::written;
use ndarray::{Array2, ArrayView1};
use serde_json::json;
use switchnet::analysis::{Exactness, effective_map};
use switchnet::layer::Layer;
use switchnet::net::softmax;
use switchnet_onnx::{Model, Options, Readout};

pub fn model(graph: Graph) -> Model {
    Model::from_bytes(&graph.file(), &Options::default()).unwrap()
}

/// Numbers on both sides of zero that no two places share.
fn inputs(count: usize) -> Vec<f64> {
    (0..count).map(|i| ((i * 7 + 3) % 11) as f64 / 4.0 - 1.2 + i as f64 / 64.0).collect()
}

fn output(model: &Model, x: &[f64]) -> Vec<f64> {
    let x = Array2::from_shape_vec((1, x.len()), x.to_vec()).unwrap();
    model.net::<f64>().unwrap().forward(x).into_iter().collect()
}

fn close(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len(), "{found:?} {expected:?}");
    let largest = expected.iter().fold(1.0, |most, v| f64::max(most, v.abs()));
    let close = found.iter().zip(expected).all(|(a, b)| (a - b).abs() <= 1e-14 * largest);
    assert!(close, "{found:?} is not {expected:?}");
}

/// The output of a graph, which must be that of `formula` and have a map that is exact.
pub fn holds(graph: Graph, formula: impl Fn(&[f64]) -> Vec<f64>) -> Model {
    let model = model(graph);
    let x = inputs(model.input.shape.iter().product());
    close(&output(&model, &x), &formula(&x));
    assert_eq!(formula(&x).len(), model.output.shape.iter().product::<usize>());
    let net = model.net::<f64>().unwrap();
    let map = effective_map(&net, ArrayView1::from(&x[..]));
    let spec = json!(model.spec).to_string();
    let smooth = ["softmax", "sigmoid", "tanh", "elu"];
    if !smooth.iter().any(|kind| spec.contains(&format!("\"kind\":\"{kind}\""))) {
        assert_eq!(map.exactness, Exactness::Exact, "{spec}");
        assert!(map.residual.relative < 1e-14, "{:?}", map.residual);
    }
    // Written again, by its spec and by its operators; a softmax that is left out is not in the net.
    let file = written::file(&net);
    assert_eq!(Model::from_bytes(&file, &Options::default()).unwrap().spec, model.spec);
    let again = written::changed(&file).unwrap();
    if again.readout.is_none() {
        close(&output(&again, &x), &formula(&x));
    }
    // The same in single precision, which is coarser.
    let single = model.net::<f32>().unwrap();
    let y = single.forward(Array2::from_shape_fn((1, x.len()), |(_, i)| x[i] as f32));
    assert!(y.iter().zip(formula(&x)).all(|(a, b)| (f64::from(*a) - b).abs() < 1e-4));
    model
}

pub fn each(f: impl Fn(f64) -> f64) -> impl Fn(&[f64]) -> Vec<f64> {
    move |x| x.iter().map(|&x| f(x)).collect()
}

/// A graph of one node from `x` to `y`.
pub fn one<const N: usize>(
    opset: i64,
    dims: &[i64],
    operator: &str,
    attributes: [Message; N],
) -> Graph {
    Graph::new(opset, dims).node(operator, &["x"], &["y"], attributes)
}

fn kinds(model: &Model) -> Vec<&str> {
    model.spec.layers.iter().map(|layer| layer.kind()).collect()
}

#[test]
fn slopes_and_boundaries() {
    holds(one(7, &[0, 6], "Relu", []), each(|x| x.max(0.0)));
    holds(one(7, &[0, 6], "Abs", []), each(f64::abs));
    holds(one(7, &[6], "Neg", []), each(|x| -x));
    let slope = f64::from(0.1f32);
    holds(
        one(7, &[1, 6], "LeakyRelu", [float("alpha", 0.1)]),
        each(move |x| if x > 0.0 { x } else { slope * x }),
    );
    let unsaid = f64::from(0.01f32);
    holds(one(7, &[1, 6], "LeakyRelu", []), each(move |x| if x > 0.0 { x } else { unsaid * x }));
    let prelu = Graph::new(9, &[1, 2, 1, 3])
        .constant("slope", doubles(&[2, 1, 1], &[0.5, -2.0]))
        .node("PRelu", &["x", "slope"], &["y"], []);
    holds(prelu, |x| {
        let slope = |i: usize| if i < 3 { 0.5 } else { -2.0 };
        x.iter().enumerate().map(|(i, &x)| if x > 0.0 { x } else { slope(i) * x }).collect()
    });
    let between = |x: f64| x.clamp(-0.5, 1.0);
    let bounds = [float("min", -0.5), float("max", 1.0)];
    holds(one(10, &[1, 6], "Clip", bounds), each(between));
    let graph = || {
        Graph::new(13, &[1, 6])
            .constant("low", doubles(&[], &[-0.5]))
            .constant("high", doubles(&[], &[1.0]))
    };
    holds(graph().node("Clip", &["x", "low", "high"], &["y"], []), each(between));
    holds(graph().node("Clip", &["x", "", "high"], &["y"], []), each(|x| x.min(1.0)));
    let low = holds(graph().node("Clip", &["x", "low"], &["y"], []), each(|x| x.max(-0.5)));
    assert_eq!(kinds(&low), ["gather", "diagonal", "concat", "reshape", "max-pool"]);
    let six =
        Graph::new(7, &[1, 6]).node("Clip", &["x"], &["y"], [float("min", 0.0), float("max", 6.0)]);
    assert_eq!(kinds(&holds(six, each(|x| x.clamp(0.0, 6.0))))[0], "relu");
    let half = Graph::new(13, &[1, 6]).constant("half", doubles(&[], &[0.5])).node(
        "Max",
        &["half", "x"],
        &["y"],
        [],
    );
    assert_eq!(kinds(&holds(half, each(|x| x.max(0.5)))), ["diagonal", "relu", "diagonal"]);
    let (a, b) = (f64::from(0.2f32), 0.5);
    holds(one(7, &[1, 6], "HardSigmoid", []), each(move |x| (a * x + b).clamp(0.0, 1.0)));
}

#[test]
fn smooth_functions() {
    holds(one(7, &[1, 6], "Sigmoid", []), each(|x| 1.0 / (1.0 + (-x).exp())));
    holds(one(7, &[1, 6], "Tanh", []), each(f64::tanh));
    holds(one(7, &[1, 6], "Elu", []), each(|x| if x > 0.0 { x } else { x.exp_m1() }));
    holds(
        one(7, &[1, 6], "Elu", [float("alpha", 2.0)]),
        each(|x| if x > 0.0 { x } else { 2.0 * x.exp_m1() }),
    );
}

fn shares(x: &[f64]) -> Vec<f64> {
    let sum: f64 = x.iter().map(|x| x.exp()).sum();
    x.iter().map(|x| x.exp() / sum).collect()
}

/// At the end of a net it is left out and said; inside it is a layer.
#[test]
fn softmax_at_the_end_is_left_out() {
    for (operator, readout) in [("Softmax", Readout::Softmax), ("LogSoftmax", Readout::LogSoftmax)]
    {
        let graph = Graph::new(13, &[0, 4])
            .node("Neg", &["x"], &["z"], [])
            .node(operator, &["z"], &["s"], [integer("axis", -1)])
            .node("Identity", &["s"], &["y"], []);
        let model = holds(graph, each(|x| -x));
        assert_eq!(model.readout, Some(readout));
        assert!(
            model.to_string().ends_with(&format!("; the last {operator} is left out")),
            "{model}"
        );
    }
    let x = inputs(4);
    let row = Array2::from_shape_vec((1, 4), x.clone()).unwrap();
    close(&shares(&x), softmax(row).as_slice().unwrap());
    // Twice: the second is the last.
    let twice = Graph::new(13, &[1, 4]).node("Softmax", &["x"], &["z"], []).node(
        "Softmax",
        &["z"],
        &["y"],
        [],
    );
    assert_eq!(holds(twice, shares).readout, Some(Readout::Softmax));
    // Of several rows, and along the first side.
    let rows = one(13, &[2, 3], "Softmax", []);
    let model = holds(rows, |x| [shares(&x[..3]), shares(&x[3..])].concat());
    assert_eq!(model.readout, None);
    holds(one(13, &[2, 3], "Softmax", [integer("axis", 0)]), |x| {
        let mut y = vec![0.0; 6];
        for j in 0..3 {
            let pair = shares(&[x[j], x[j + 3]]);
            (y[j], y[j + 3]) = (pair[0], pair[1]);
        }
        y
    });
    // Before set 13 everything from the axis on is one row.
    assert_eq!(
        holds(one(12, &[1, 2, 2], "Softmax", []), <[f64]>::to_vec).readout,
        Some(Readout::Softmax)
    );
}

/// `w` [m, k] times `x` [k, n].
pub fn product(w: &[f64], x: &[f64], [m, k, n]: [usize; 3]) -> Vec<f64> {
    let at = |i: usize, j: usize| (0..k).map(|l| w[i * k + l] * x[l * n + j]).sum();
    (0..m).flat_map(|i| (0..n).map(move |j| (i, j))).map(|(i, j)| at(i, j)).collect()
}

fn flipped(x: &[f64], columns: usize) -> Vec<f64> {
    (0..columns).flat_map(|j| x[j..].iter().step_by(columns)).copied().collect()
}

pub fn weights(count: usize) -> Vec<f64> {
    (0..count).map(|i| ((i * 5 + 2) % 7) as f64 / 8.0 - 0.3).collect()
}

#[test]
fn products_on_either_side() {
    let w = weights(12);
    // A row, several rows, and the constant on the left.
    for rows in [1usize, 3] {
        let graph = Graph::new(13, &[rows as i64, 4]).constant("w", doubles(&[4, 3], &w)).node(
            "MatMul",
            &["x", "w"],
            &["y"],
            [],
        );
        let model = holds(graph, |x| product(x, &w, [rows, 4, 3]));
        let kinds: Vec<_> = model.spec.layers.iter().map(|layer| layer.kind()).collect();
        assert_eq!(kinds.contains(&"dense"), rows == 1, "{kinds:?}");
    }
    let graph = Graph::new(13, &[4, 2]).constant("w", doubles(&[3, 4], &w)).node(
        "MatMul",
        &["w", "x"],
        &["y"],
        [],
    );
    holds(graph, |x| product(&w, x, [3, 4, 2]));
    // One side: a column behind, a row in front.
    let graph = Graph::new(13, &[4]).constant("w", doubles(&[3, 4], &w)).node(
        "MatMul",
        &["w", "x"],
        &["y"],
        [],
    );
    assert_eq!(holds(graph, |x| product(&w, x, [3, 4, 1])).output.shape, [3]);
    let graph = Graph::new(13, &[4]).constant("w", doubles(&[4, 3], &w)).node(
        "MatMul",
        &["x", "w"],
        &["y"],
        [],
    );
    assert_eq!(holds(graph, |x| product(x, &w, [1, 4, 3])).output.shape, [3]);
    let graph = Graph::new(13, &[3, 4]).constant("w", doubles(&[4], &w[..4])).node(
        "MatMul",
        &["x", "w"],
        &["y"],
        [],
    );
    assert_eq!(holds(graph, |x| product(x, &w[..4], [3, 4, 1])).output.shape, [3]);
    // Batches: of matrices, of rows for one matrix, of one value for several matrices.
    let graph = Graph::new(13, &[2, 3, 2]).constant("w", doubles(&[2, 2, 3], &w)).node(
        "MatMul",
        &["x", "w"],
        &["y"],
        [],
    );
    holds(graph, |x| {
        [product(&x[..6], &w[..6], [3, 2, 3]), product(&x[6..], &w[6..], [3, 2, 3])].concat()
    });
    let graph = Graph::new(13, &[2, 1, 4]).constant("w", doubles(&[4, 3], &w)).node(
        "MatMul",
        &["x", "w"],
        &["y"],
        [],
    );
    let model = holds(graph, |x| product(x, &w, [2, 4, 3]));
    assert_eq!(model.output.shape, [2, 1, 3]);
    let graph = Graph::new(13, &[2, 2]).constant("w", doubles(&[3, 2, 2], &w)).node(
        "MatMul",
        &["w", "x"],
        &["y"],
        [],
    );
    holds(graph, |x| w.chunks(4).flat_map(|w| product(w, x, [2, 2, 2])).collect());
}

#[test]
fn general_products() {
    let (w, c) = (weights(12), [0.5, -1.0, 2.0]);
    let (alpha, beta) = (f64::from(0.3f32), f64::from(0.7f32));
    let scales = || [float("alpha", 0.3), float("beta", 0.7)];
    let formula = |x: &[f64], w: &[f64], rows: usize| -> Vec<f64> {
        let product = product(x, w, [rows, 4, 3]);
        product.iter().enumerate().map(|(i, y)| alpha * y + beta * c[i % 3]).collect()
    };
    for rows in [1usize, 2] {
        let [alpha, beta] = scales();
        let graph = Graph::new(13, &[rows as i64, 4])
            .constant("w", doubles(&[3, 4], &w))
            .constant("c", doubles(&[3], &c))
            .node("Gemm", &["x", "w", "c"], &["y"], [alpha, beta, integer("transB", 1)]);
        holds(graph, |x| formula(x, &flipped(&w, 4), rows));
        let [alpha, beta] = scales();
        let graph = Graph::new(13, &[4, rows as i64])
            .constant("w", doubles(&[4, 3], &w))
            .constant("c", doubles(&[3], &c))
            .node("Gemm", &["x", "w", "c"], &["y"], [alpha, beta, integer("transA", 1)]);
        holds(graph, |x| formula(&flipped(x, rows), &w, rows));
    }
    // The matrix in front, and what is added depends on the input too.
    let graph = Graph::new(13, &[4, 4]).constant("w", doubles(&[4, 4], &weights(16))).node(
        "Gemm",
        &["w", "x", "x"],
        &["y"],
        [float("beta", -1.0)],
    );
    holds(graph, |x| {
        product(&weights(16), x, [4, 4, 4]).iter().zip(x).map(|(y, x)| y - x).collect()
    });
    let dense = Graph::new(13, &[0, 4]).constant("w", doubles(&[4, 3], &w)).node(
        "Gemm",
        &["x", "w"],
        &["y"],
        [],
    );
    let model = holds(dense, |x| product(x, &w, [1, 4, 3]));
    assert_eq!(model.spec.layers.len(), 1);
    assert_eq!(model.parameters[0].0, "y.weight");
}

#[test]
fn sums_and_products_with_constants() {
    let c = [0.5, -1.0];
    let graph = |operator: &str, from: &[&str]| {
        Graph::new(13, &[1, 2, 1, 3]).constant("c", doubles(&[2, 1, 1], &c)).node(
            operator,
            from,
            &["y"],
            [],
        )
    };
    let with = |f: fn(f64, f64) -> f64| {
        move |x: &[f64]| x.iter().enumerate().map(|(i, &x)| f(x, c[i / 3])).collect()
    };
    holds(graph("Add", &["x", "c"]), with(|x, c| x + c));
    holds(graph("Add", &["c", "x"]), with(|x, c| x + c));
    holds(graph("Sub", &["x", "c"]), with(|x, c| x - c));
    holds(graph("Sub", &["c", "x"]), with(|x, c| c - x));
    holds(graph("Mul", &["x", "c"]), with(|x, c| x * c));
    holds(graph("Mul", &["c", "x"]), with(|x, c| x * c));
    holds(graph("Div", &["x", "c"]), with(|x, c| x / c));
    holds(graph("Max", &["x", "c"]), with(f64::max));
    holds(graph("Min", &["c", "x"]), with(f64::min));
    holds(graph("Sum", &["c", "x", "c"]), with(|x, c| c + x + c));
    holds(graph("Mean", &["c", "x", "x", "x"]), with(|x, c| (c + 3.0 * x) / 4.0));
    // A constant that is wider than the value.
    let graph = Graph::new(13, &[2, 1]).constant("c", doubles(&[1, 3], &[1.0, 2.0, 3.0])).node(
        "Mul",
        &["x", "c"],
        &["y"],
        [],
    );
    let model = holds(graph, |x| x.iter().flat_map(|x| [*x, 2.0 * x, 3.0 * x]).collect());
    assert_eq!(model.output.shape, [2, 3]);
}

#[test]
fn branches_meet() {
    let branches = |operator: &str| {
        Graph::new(13, &[1, 4])
            .node("Relu", &["x"], &["a"], [])
            .node("Neg", &["x"], &["b"], [])
            .node(operator, &["a", "b"], &["y"], [])
    };
    holds(branches("Add"), each(|x| x.max(0.0) - x));
    holds(branches("Sub"), each(|x| x.max(0.0) + x));
    holds(branches("Max"), each(|x| x.max(0.0).max(-x)));
    holds(branches("Min"), each(|x| x.max(0.0).min(-x)));
    holds(branches("Sum"), each(|x| x.max(0.0) - x));
    let twice = Graph::new(13, &[1, 4]).node("Add", &["x", "x"], &["y"], []);
    holds(twice, each(|x| 2.0 * x));
    // A value and a row of it, broadcast.
    let graph = Graph::new(13, &[2, 3])
        .constant("from", list(&[0]))
        .constant("to", list(&[1]))
        .node("Slice", &["x", "from", "to"], &["a"], [])
        .node("Add", &["x", "a"], &["y"], []);
    holds(graph, |x| (0..6).map(|i| x[i] + x[i % 3]).collect());
    // What nobody reads is no part of the net, and a value may be read by its shape alone.
    let graph = Graph::new(13, &[0, 4])
        .node("Tanh", &["x"], &["unread"], [])
        .node("Sigmoid", &["x"], &["a"], [])
        .node("Shape", &["a"], &["shape"], [])
        .node("Reshape", &["x", "shape"], &["b"], [])
        .node("Relu", &["b"], &["y"], []);
    assert_eq!(holds(graph, each(|x| x.max(0.0))).spec.layers.len(), 1);
}

/// `γ (x − μ)/√(σ² + ε) + β` of each channel.
#[test]
fn batch_normalization() {
    let vectors = [[2.0, -0.5], [0.1, 0.2], [0.3, -0.4], [1.5, 0.25]];
    let mut graph = Graph::new(9, &[1, 2, 1, 3]);
    for (name, vector) in ["scale", "b", "mean", "var"].iter().zip(&vectors) {
        graph = graph.constant(name, doubles(&[2], vector));
    }
    let from = ["x", "scale", "b", "mean", "var"];
    let graph = graph.node(
        "BatchNormalization",
        &from,
        &["y"],
        [float("epsilon", 0.01), float("momentum", 0.9)],
    );
    let epsilon = f64::from(0.01f32);
    holds(graph, |x| {
        let at = |(i, x): (usize, &f64)| {
            let [scale, b, mean, var] = vectors.map(|vector| vector[i / 3]);
            scale * (x - mean) / (var + epsilon).sqrt() + b
        };
        x.iter().enumerate().map(at).collect()
    });
}

/// Which places of a side of `length` window `i` sees.
pub struct Side {
    pub length: i64,
    pub before: i64,
    pub stride: i64,
    pub dilation: i64,
    pub size: i64,
}

impl Side {
    pub fn places(&self, i: i64) -> Vec<Option<usize>> {
        let place = |u| i * self.stride + u * self.dilation - self.before;
        let inside = |place: &i64| (0..self.length).contains(place);
        (0..self.size).map(|u| Some(place(u)).filter(inside).map(|place| place as usize)).collect()
    }
}

#[test]
fn convolutions() {
    // [1, 4, 4, 5] in two groups, strides, holes, one-sided zeros.
    let w = weights(2 * 2 * 3 * 2);
    let attributes = [
        integers("kernel_shape", &[3, 2]),
        integers("strides", &[2, 1]),
        integers("dilations", &[1, 2]),
        integers("pads", &[1, 0, 2, 1]),
        integer("group", 2),
    ];
    let graph = Graph::new(11, &[1, 4, 4, 5])
        .constant("w", doubles(&[2, 2, 3, 2], &w))
        .constant("b", doubles(&[2], &[0.5, -0.25]))
        .node("Conv", &["x", "w", "b"], &["y"], attributes);
    let down = Side { length: 4, before: 1, stride: 2, dilation: 1, size: 3 };
    let across = Side { length: 5, before: 0, stride: 1, dilation: 2, size: 2 };
    let model = holds(graph, |x| {
        let mut y = Vec::new();
        for (o, bias) in [0.5, -0.25].into_iter().enumerate() {
            for (i, j) in (0..3).flat_map(|i| (0..4).map(move |j| (i, j))) {
                let mut sum = bias;
                for c in 0..2 {
                    for (u, row) in down.places(i).into_iter().enumerate() {
                        for (v, column) in across.places(j).into_iter().enumerate() {
                            let at = row.zip(column).map(|(r, k)| x[((2 * o + c) * 4 + r) * 5 + k]);
                            sum += w[((o * 2 + c) * 3 + u) * 2 + v] * at.unwrap_or(0.0);
                        }
                    }
                }
                y.push(sum);
            }
        }
        y
    });
    assert_eq!(model.output.shape, [1, 2, 3, 4]);
    // One side, two values at once, no bias, as many zeros as the length stays with.
    for (automatic, before) in [("SAME_UPPER", 0), ("SAME_LOWER", 1)] {
        let w = weights(2 * 2);
        let graph = Graph::new(11, &[2, 1, 5]).constant("w", doubles(&[2, 1, 2], &w)).node(
            "Conv",
            &["x", "w"],
            &["y"],
            [text("auto_pad", automatic)],
        );
        let side = Side { length: 5, before, stride: 1, dilation: 1, size: 2 };
        let model = holds(graph, |x| {
            let mut y = Vec::new();
            for (n, o, i) in
                (0..2).flat_map(|n| (0..2).flat_map(move |o| (0..5).map(move |i| (n, o, i))))
            {
                let at = |(u, place): (usize, Option<usize>)| {
                    w[o * 2 + u] * place.map_or(0.0, |p| x[n * 5 + p])
                };
                y.push(side.places(i).into_iter().enumerate().map(at).sum());
            }
            y
        });
        assert_eq!(model.output.shape, [2, 2, 5]);
    }
}

#[test]
fn pools() {
    let side = |dilation| Side { length: 7, before: 1, stride: 3, dilation, size: 3 };
    let seen = |x: &[f64], i: i64, dilation: i64| -> Vec<f64> {
        side(dilation).places(i).into_iter().flatten().map(|place| x[place]).collect()
    };
    let attributes = || {
        [
            integers("kernel_shape", &[3]),
            integers("strides", &[3]),
            integers("pads", &[1, 0]),
            integer("ceil_mode", 1),
        ]
    };
    holds(one(10, &[1, 1, 7], "MaxPool", attributes()), |x| {
        (0..3).map(|i| seen(x, i, 1).into_iter().fold(f64::MIN, f64::max)).collect()
    });
    holds(one(10, &[1, 1, 7], "AveragePool", attributes()), |x| {
        (0..3).map(|i| seen(x, i, 1)).map(|v| v.iter().sum::<f64>() / v.len() as f64).collect()
    });
    // The zeros count, but not what the last window has beyond them.
    let [size, strides, pads, ceil] = attributes();
    let counted = [size, strides, pads, ceil, integer("count_include_pad", 1)];
    holds(one(10, &[1, 1, 7], "AveragePool", counted), |x| {
        (0..3).map(|i| seen(x, i, 1).iter().sum::<f64>() / [3.0, 3.0, 2.0][i as usize]).collect()
    });
    // Windows with holes.
    let [size, strides, pads, ceil] = attributes();
    let holes = [size, strides, pads, ceil, integers("dilations", &[2])];
    holds(one(19, &[1, 1, 7], "AveragePool", holes), |x| {
        (0..2).map(|i| seen(x, i, 2)).map(|v| v.iter().sum::<f64>() / v.len() as f64).collect()
    });
    let holes = [integers("kernel_shape", &[2]), integers("dilations", &[3])];
    holds(one(10, &[1, 2, 4], "MaxPool", holes), |x| vec![x[0].max(x[3]), x[4].max(x[7])]);
    let halves = |x: &[f64]| vec![x[..6].to_vec(), x[6..].to_vec()];
    let mean = |x: &Vec<f64>| x.iter().sum::<f64>() / 6.0;
    holds(one(7, &[1, 2, 2, 3], "GlobalAveragePool", []), |x| halves(x).iter().map(mean).collect());
    let largest = |x: &Vec<f64>| x.iter().copied().fold(f64::MIN, f64::max);
    holds(one(7, &[1, 2, 2, 3], "GlobalMaxPool", []), |x| halves(x).iter().map(largest).collect());
}

#[test]
fn reductions() {
    // [2, 3, 2] along the middle.
    let along = |x: &[f64], f: fn(f64, f64) -> f64| -> Vec<f64> {
        let at = |i: usize, k: usize| (0..3).map(|j| x[(i * 3 + j) * 2 + k]).reduce(f).unwrap();
        (0..2).flat_map(|i| (0..2).map(move |k| (i, k))).map(|(i, k)| at(i, k)).collect()
    };
    let attributes = || [integers("axes", &[-2]), integer("keepdims", 0)];
    let sum = move |x: &[f64]| along(x, |a, b| a + b);
    assert_eq!(holds(one(11, &[2, 3, 2], "ReduceSum", attributes()), sum).output.shape, [2, 2]);
    holds(one(11, &[2, 3, 2], "ReduceMean", attributes()), move |x| {
        sum(x).into_iter().map(|v| v / 3.0).collect()
    });
    holds(one(11, &[2, 3, 2], "ReduceMax", attributes()), move |x| along(x, f64::max));
    // Axes are an input later, and all sides if nothing is said.
    let graph = Graph::new(18, &[2, 3, 2]).constant("axes", list(&[1])).node(
        "ReduceMean",
        &["x", "axes"],
        &["y"],
        [],
    );
    let model = holds(graph, move |x| sum(x).into_iter().map(|v| v / 3.0).collect());
    assert_eq!(model.output.shape, [2, 1, 2]);
    holds(one(13, &[2, 3, 2], "ReduceSum", []), |x| vec![x.iter().sum()]);
    let nothing = one(13, &[2, 3, 2], "ReduceSum", [integer("noop_with_empty_axes", 1)]);
    holds(nothing, <[f64]>::to_vec);
}

#[test]
fn moves() {
    // [1, 2, 2, 3] with its channels last: an order that its numbers are put in.
    let graph = one(13, &[1, 2, 2, 3], "Transpose", [integers("perm", &[0, 2, 3, 1])]);
    holds(graph, |x| (0..6).flat_map(|p| [x[p], x[6 + p]]).collect());
    // One channel: nothing moves, and no layer is there but the one that every net has.
    let graph = one(13, &[1, 1, 2, 3], "Transpose", [integers("perm", &[0, 2, 3, 1])]);
    let model = holds(graph, <[f64]>::to_vec);
    assert_eq!((model.spec.layers[0].kind(), model.output.shape), ("reshape", vec![1, 2, 3, 1]));
    let ends = |start: &[i64], end: &[i64], axes: &[i64], steps: &[i64]| {
        Graph::new(13, &[2, 5])
            .constant("start", list(start))
            .constant("end", list(end))
            .constant("axes", list(axes))
            .constant("steps", list(steps))
            .node("Slice", &["x", "start", "end", "axes", "steps"], &["y"], [])
    };
    holds(ends(&[1], &[i64::MAX], &[1], &[2]), |x| vec![x[1], x[3], x[6], x[8]]);
    holds(ends(&[-1], &[i64::MIN], &[-1], &[-2]), |x| vec![x[4], x[2], x[0], x[9], x[7], x[5]]);
    let old = [integers("starts", &[1]), integers("ends", &[2])];
    let model = holds(one(9, &[2, 5], "Slice", old), |x| x[5..].to_vec());
    assert_eq!(model.spec.layers[0].kind(), "slice");
    let graph = Graph::new(13, &[1, 5])
        .constant("split", list(&[2, 3]))
        .node("Split", &["x", "split"], &["a", "b"], [integer("axis", 1)])
        .node("Concat", &["b", "a"], &["y"], [integer("axis", 1)]);
    holds(graph, |x| [&x[2..], &x[..2]].concat());
    let graph =
        Graph::new(18, &[7]).node("Split", &["x"], &["a", "b", "y"], [integer("num_outputs", 3)]);
    holds(graph, |x| x[6..].to_vec());
    let graph = Graph::new(13, &[2, 2]).constant("c", doubles(&[2, 1], &[7.0, 8.0])).node(
        "Concat",
        &["x", "c", "x"],
        &["y"],
        [integer("axis", 1)],
    );
    holds(graph, |x| vec![x[0], x[1], 7.0, x[0], x[1], x[2], x[3], 8.0, x[2], x[3]]);
    let graph = Graph::new(13, &[2, 3]).constant("i", list(&[2, -3])).node(
        "Gather",
        &["x", "i"],
        &["y"],
        [integer("axis", 1)],
    );
    holds(graph, |x| vec![x[2], x[0], x[5], x[3]]);
    for (mode, left, right) in [("edge", 0, 2), ("reflect", 1, 1), ("wrap", 2, 0)] {
        let graph = Graph::new(19, &[1, 3]).constant("pads", list(&[0, 1, 0, 1])).node(
            "Pad",
            &["x", "pads"],
            &["y"],
            [text("mode", mode)],
        );
        holds(graph, move |x| vec![x[left], x[0], x[1], x[2], x[right]]);
    }
    let old = [integers("pads", &[0, 2, 0, -1]), float("value", 0.5)];
    holds(one(7, &[1, 3], "Pad", old), |x| vec![0.5, 0.5, x[0], x[1]]);
    let graph = Graph::new(18, &[2, 1, 2])
        .constant("pads", list(&[1, 0]))
        .constant("value", doubles(&[], &[-1.0]))
        .constant("axes", list(&[-2]))
        .node("Pad", &["x", "pads", "value", "axes"], &["y"], []);
    holds(graph, |x| vec![-1.0, -1.0, x[0], x[1], -1.0, -1.0, x[2], x[3]]);
    let graph = Graph::new(13, &[2, 1]).constant("shape", list(&[1, 2])).node(
        "Expand",
        &["x", "shape"],
        &["y"],
        [],
    );
    holds(graph, |x| vec![x[0], x[0], x[1], x[1]]);
    let graph = Graph::new(13, &[1, 2]).constant("repeats", list(&[2, 2])).node(
        "Tile",
        &["x", "repeats"],
        &["y"],
        [],
    );
    holds(graph, |x| x.repeat(4));
    let graph = Graph::new(13, &[1, 2])
        .constant("c", list(&[1, 0]))
        .constant("z", doubles(&[1], &[9.0]))
        .node("Where", &["c", "x", "z"], &["y"], []);
    holds(graph, |x| vec![x[0], 9.0]);
}

/// Shapes are worked out with the batch at 1.
#[test]
fn shape_arithmetic() {
    let graph = Graph::new(13, &[0, 2, 3])
        .constant("zero", list(&[0]))
        .constant("minus", list(&[-1]))
        .constant("two", list(&[2]))
        .node("Relu", &["x"], &["a"], [])
        .node("Shape", &["a"], &["shape"], [])
        .node("Gather", &["shape", "zero"], &["batch"], [])
        .node("Gather", &["shape", "two"], &["third"], [])
        .node("Mul", &["third", "two"], &["six"], [])
        .node("Div", &["six", "two"], &["three"], [])
        .node("Sub", &["three", "three"], &["none"], [])
        .node("Add", &["none", "minus"], &["rest"], [])
        .node("Concat", &["batch", "three", "rest"], &["to"], [integer("axis", 0)])
        .node("Cast", &["to"], &["real"], [integer("to", 1)])
        .node("Floor", &["real"], &["floor"], [])
        .node("Cast", &["floor"], &["whole"], [integer("to", 7)])
        .node("Reshape", &["a", "whole"], &["y"], []);
    let model = holds(graph, each(|x| x.max(0.0)));
    assert_eq!((&model.input.shape[..], &model.output.shape[..]), (&[1, 2, 3][..], &[1, 3, 2][..]));
    let graph = Graph::new(13, &[0, 2])
        .node("Size", &["x"], &["size"], [])
        .constant("one", list(&[1]))
        .node("Squeeze", &["one"], &["alone"], [])
        .node("Equal", &["size", "alone"], &["same"], [])
        .node(
            "ConstantOfShape",
            &["one"],
            &["c"],
            [tensor_attribute("value", doubles(&[1], &[4.0]))],
        )
        .node("Sqrt", &["c"], &["root"], [])
        .node("Where", &["same", "c", "root"], &["chosen"], [])
        .node("Constant", &[], &["k"], [tensor_attribute("value", doubles(&[], &[-0.5]))])
        .node("Ceil", &["k"], &["ceil"], [])
        .node("Add", &["ceil", "chosen"], &["sum"], [])
        .constant("axes", list(&[0]))
        .node("Unsqueeze", &["x", "axes"], &["wide"], [])
        .node("Mul", &["wide", "sum"], &["product"], [])
        .node("Flatten", &["product"], &["flat"], [])
        .node("Dropout", &["flat"], &["y"], []);
    holds(graph, each(|x| 2.0 * x));
}

/// Constants that no rule works out go through layers.
#[test]
fn a_constant_through_a_layer() {
    let graph = Graph::new(13, &[1, 3])
        .constant("c", doubles(&[1, 3], &[-1.0, 2.0, -3.0]))
        .node("Relu", &["c"], &["r"], [])
        .node("Add", &["x", "r"], &["y"], []);
    holds(graph, |x| vec![x[0], x[1] + 2.0, x[2]]);
}

/// Numbers in every type and every place that files have.
#[test]
fn types_of_numbers() {
    let values = [1.5, -0.25, 1024.0];
    let bytes =
        |width: fn(f64) -> Vec<u8>| -> Vec<u8> { values.iter().flat_map(|&v| width(v)).collect() };
    let brain = |v: f64| ((v as f32).to_bits() >> 16) as u16;
    let half = |v: f64| match v {
        1.5 => 0x3E00u16,
        -0.25 => 0xB400,
        _ => 0x6400,
    };
    let floats = values.iter().fold(tensor(&[3], FLOAT), |t, &v| t.float(4, v as f32));
    let tensors = [
        tensor(&[3], FLOAT).bytes(9, bytes(|v| (v as f32).to_le_bytes().to_vec())),
        tensor(&[3], FLOAT).bytes(4, bytes(|v| (v as f32).to_le_bytes().to_vec())),
        floats,
        doubles(&[3], &values),
        tensor(&[3], DOUBLE).bytes(10, bytes(|v| v.to_le_bytes().to_vec())),
        tensor(&[3], 16).bytes(5, packed(values.map(|v| i64::from(brain(v))))),
        values.iter().fold(tensor(&[3], 10), |t, &v| t.integer(5, i64::from(half(v)))),
        tensor(&[3], 10)
            .bytes(9, values.iter().flat_map(|&v| half(v).to_le_bytes()).collect::<Vec<_>>()),
    ];
    for tensor in tensors {
        let graph =
            Graph::new(13, &[1, 3]).constant("c", tensor).node("Add", &["x", "c"], &["y"], []);
        holds(graph, |x| x.iter().zip(values).map(|(x, c)| x + c).collect());
    }
    // Whole numbers of every width, as a shape.
    for (kind, width) in [(2, 1), (3, 1), (4, 2), (5, 2), (6, 4), (7, 8), (12, 4), (13, 8)] {
        let raw: Vec<u8> =
            [1i64, 6].iter().flat_map(|v| v.to_le_bytes()[..width].to_vec()).collect();
        let listed = tensor(&[2], kind).bytes(if kind == 13 { 11 } else { 5 }, [1, 6]);
        for shape in [tensor(&[2], kind).bytes(9, raw), listed] {
            let graph = Graph::new(13, &[2, 3]).constant("s", shape).node(
                "Reshape",
                &["x", "s"],
                &["y"],
                [],
            );
            assert_eq!(holds(graph, <[f64]>::to_vec).output.shape, [1, 6]);
        }
    }
}

/// An input with its channels last is a plain row, one with its channels first an image.
#[test]
fn images_are_images() {
    for (dims, input) in [
        (&[0, 3, 8, 8][..], &[3, 8, 8][..]),
        (&[1, 8, 8, 3], &[192]),
        (&[0, 1, 28, 28], &[1, 28, 28]),
        (&[0, 28, 28, 1], &[1, 28, 28]),
        (&[1, 16, 5, 5], &[16, 5, 5]),
        (&[2, 3, 4, 4], &[96]),
        (&[5], &[5]),
    ] {
        assert_eq!(model(one(13, dims, "Relu", [])).spec.input, input, "{dims:?}");
    }
}

/// Layers are called as the nodes, and as no layer may be called by what they do too.
#[test]
fn layers_are_called_as_nodes() {
    let graph = Graph::new(13, &[1, 2])
        .named("/fc.1/Relu+", "Relu", &["x"], &["5"], [])
        .node("Relu", &["5"], &["6"], [])
        .node("Relu", &["6"], &["input"], [])
        .named("twice", "Clip", &["input", "low"], &["7"], [])
        .constant("low", doubles(&[], &[0.5]))
        .node("Relu", &["7"], &["y"], []);
    let model = model(graph);
    let names: Vec<_> =
        model.spec.layers.iter().map(|layer| layer.name.as_deref().unwrap()).collect();
    let expected = ["/fc-1/Relu-", "Relu 6", "Relu input", "twice", "twice (2)", "twice (3)", "y"];
    assert_eq!(names, expected);
    let names: Vec<_> = model.parameters.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["twice.bias", "twice (3).bias"]);
    assert_eq!(
        model.to_string(),
        "ONNX, operators of version 13: Clip, 4 Relu; x [1, 2] to y [1, 2]"
    );
    assert_eq!((model.producer.as_str(), model.opset), ("by hand", 13));
}

/// A net that was read is saved and loaded as any other.
#[test]
fn a_model_becomes_a_checkpoint() {
    let w = weights(12);
    let graph = Graph::new(13, &[1, 4])
        .constant("w", doubles(&[4, 3], &w))
        .node("MatMul", &["x", "w"], &["a"], [])
        .constant("i", list(&[2, 0, -1]))
        .node("Gather", &["a", "i"], &["y"], [integer("axis", 1)]);
    let model = model(graph);
    let net = model.net::<f64>().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("net.safetensors");
    net.save(&path).unwrap();
    let again = switchnet::net::Net::<f64>::load(&path).unwrap();
    let x = Array2::from_shape_vec((1, 4), inputs(4)).unwrap();
    assert_eq!(again.forward(x.clone()), net.forward(x));
    assert_eq!(again.spec(), &model.spec);
}

//! Settings that few files have: each once against its formula.

use super::operators::*;
use super::writer::*;
use std::ops::ControlFlow::Continue;
use switchnet::analysis::{BoxBudget, regions_in_box};
use switchnet::layer::Layer;
use switchnet::{Matrix, Scalar};

/// Whatever the boundary, what is clipped is the boundary and what is not keeps its digits.
fn boundaries_cost_no_digit<T: Scalar>() {
    for bound in [1e-30, 0.001, 1.0, 6.0, 300.0, 65504.0, 1e30] {
        let graph = || {
            Graph::new(13, &[1, 14])
                .constant("low", doubles(&[], &[-bound]))
                .constant("high", doubles(&[], &[bound]))
        };
        let sizes = [1e-7, 0.7, 1.0, 1.3, 1e7, 0.001 / bound, 1e-35 / bound];
        let x: Vec<f64> = sizes.iter().flat_map(|size| [size * bound, -size * bound]).collect();
        let row = Matrix::from_shape_fn((1, 14), |(_, i)| T::of(x[i]));
        let check = |graph: Graph, roundings: f64, formula: &dyn Fn(f64) -> f64| {
            let y = model(graph).net::<T>().unwrap().forward(row.clone());
            for (x, y) in row.iter().zip(&y) {
                let (y, expected) = (y.double(), formula(x.double()));
                let off = roundings * 0.5 * T::epsilon().double() * expected.abs();
                assert!((y - expected).abs() <= off, "{x} at {bound:e}: {y}, not {expected}");
            }
        };
        let [low, high] = [-bound, bound].map(|b| T::of(b).double());
        let clip = |low: &str, high: &str| graph().node("Clip", &["x", low, high], &["y"], []);
        check(clip("low", "high"), 0.0, &|x| x.clamp(low, high));
        check(clip("", "high"), 0.0, &|x| x.min(high));
        check(clip("high", ""), 2.0, &|x| x.max(high));
        check(clip("", "low"), 2.0, &|x| x.min(low));
        check(graph().node("Max", &["x", "low"], &["y"], []), 0.0, &|x| x.max(low));
        check(graph().node("Min", &["high", "x"], &["y"], []), 0.0, &|x| x.min(high));
        check(graph().node("Max", &["high", "x"], &["y"], []), 2.0, &|x| x.max(high));
        check(graph().node("Min", &["x", "low"], &["y"], []), 2.0, &|x| x.min(low));
        check(
            graph().node("Neg", &["x"], &["z"], []).node("Max", &["x", "low", "z"], &["y"], []),
            0.0,
            &|x| x.abs().max(low),
        );
    }
}

/// Beyond all numbers there are no boundaries.
#[test]
fn boundaries_that_are_none() {
    for none in [f64::INFINITY, f64::from(f32::MAX), f64::MAX] {
        let graph = || {
            Graph::new(13, &[1, 2])
                .constant("low", doubles(&[], &[-none]))
                .constant("high", doubles(&[], &[none]))
                .constant("some", doubles(&[2], &[-none, -0.25]))
        };
        for (operator, from) in
            [("Clip", &["x", "low", "high"][..]), ("Max", &["x", "low"]), ("Min", &["high", "x"])]
        {
            let nothing = holds(graph().node(operator, from, &["y"], []), <[f64]>::to_vec);
            assert!(nothing.spec.layers.iter().all(|layer| layer.kind() != "max-pool"));
        }
        let some = graph().node("Max", &["some", "x"], &["y"], []);
        holds(some, |x| vec![x[0], x[1].max(-0.25)]);
    }
}

/// A boundary is one wherever it is counted.
#[test]
fn boundaries_have_regions_in_a_box() {
    let graph = Graph::new(13, &[1, 2])
        .constant("high", doubles(&[], &[6.0]))
        .constant("low", doubles(&[], &[-3.0]))
        .node("Clip", &["x", "low", "high"], &["y"], []);
    let (net, bounds) = (model(graph).net::<f64>().unwrap(), [[-7.0; 2], [7.0; 2]]);
    let budget = BoxBudget { seconds: f64::INFINITY, ..BoxBudget::default() };
    let found = regions_in_box(&net, &bounds[0], &bounds[1], budget, &mut |_| Continue(()));
    let found = found.unwrap();
    assert_eq!((found.regions.len(), found.thin), (9, 0), "{:?}", found.layers);
}

/// What docs/networks.md says is worked out leaves one sum; what it does not has layers.
#[test]
fn what_is_worked_out_while_read() {
    let layers = |operator: &str, more: &[&str], attributes: Vec<Message>| {
        let graph = Graph::new(13, &[1])
            .constant("c", doubles(&[2, 3], &[1.0, -2.0, 3.0, 4.0, 5.0, 0.5]))
            .constant("r", doubles(&[3, 2], &[0.5; 6]))
            .constant("three", list(&[3, 2]))
            .constant("zero", list(&[0]))
            .constant("one", list(&[1]))
            .constant("four", list(&[1, 1, 1, 1]))
            .constant("image", list(&[1, 1, 2, 3]))
            .node("Reshape", &["c", "image"], &["i"], [])
            .node(
                operator,
                &[&[if operator == "MaxPool" { "i" } else { "c" }], more].concat(),
                &["k"],
                attributes,
            )
            .node("Add", &["x", "k"], &["y"], []);
        let spec = model(graph).spec;
        spec.layers.iter().map(|layer| layer.kind().to_owned()).collect::<Vec<_>>()
    };
    let axis = |axis: i64| vec![integer("axis", axis)];
    let worked_out = [
        ("Reshape", &["three"][..], vec![]),
        ("Flatten", &[], vec![]),
        ("Unsqueeze", &["zero"], vec![]),
        ("Squeeze", &[], vec![]),
        ("Transpose", &[], vec![]),
        ("Slice", &["zero", "one"], vec![]),
        ("Split", &[], axis(1)),
        ("Gather", &["zero"], vec![]),
        ("Expand", &["one"], vec![]),
        ("Tile", &["three"], vec![]),
        ("Pad", &["four"], vec![]),
        ("Where", &["c", "c"], vec![]),
        ("Concat", &["c"], axis(0)),
        ("Add", &["c"], vec![]),
        ("Sub", &["c"], vec![]),
        ("Sum", &["c", "c"], vec![]),
        ("Mul", &["c"], vec![]),
        ("Div", &["c"], vec![]),
        ("Neg", &[], vec![]),
        ("MatMul", &["r"], vec![]),
        ("Gemm", &["r"], vec![]),
        ("Max", &["c"], vec![]),
        ("Min", &["c"], vec![]),
        ("Cast", &[], vec![integer("to", INT64)]),
        ("Dropout", &[], vec![]),
        ("Identity", &[], vec![]),
        ("Shape", &[], vec![]),
        ("Size", &[], vec![]),
        ("Equal", &["c"], vec![]),
        ("Floor", &[], vec![]),
        ("Ceil", &[], vec![]),
    ];
    for (operator, more, attributes) in worked_out {
        let found = layers(operator, more, attributes);
        let sum = found.iter().all(|kind| ["gather", "tile", "diagonal"].contains(&kind.as_str()));
        assert!(
            sum && found.iter().filter(|kind| *kind == "diagonal").count() == 1,
            "{operator}: {found:?}"
        );
    }
    let pool = vec![integers("kernel_shape", &[2, 2])];
    for (operator, attributes, kind) in [
        ("Relu", vec![], "relu"),
        ("Abs", vec![], "leaky"),
        ("MaxPool", pool, "max-pool"),
        ("ReduceMax", vec![], "max-pool"),
    ] {
        let found = layers(operator, &[], attributes);
        assert!(found.iter().any(|found| found == kind), "{operator}: {found:?}");
    }
}

/// Everything becomes the upper boundary.
#[test]
fn a_lower_boundary_above_the_upper_one() {
    for bound in [1.0, 1e6] {
        let graph = Graph::new(13, &[1, 6])
            .constant("low", doubles(&[], &[bound]))
            .constant("high", doubles(&[], &[-bound / 2.0]))
            .node("Clip", &["x", "low", "high"], &["y"], []);
        holds(graph, each(move |_| -bound / 2.0));
    }
}

#[test]
fn what_a_general_product_adds_is_broadcast() {
    let (w, c) = (weights(12), [0.5, -1.0, 2.0, 0.25, -3.0, 1.5]);
    for (rows, sides) in [
        (1usize, &[][..]),
        (1, &[1]),
        (1, &[1, 1]),
        (1, &[1, 3]),
        (2, &[]),
        (2, &[2, 1]),
        (2, &[1, 3]),
        (2, &[2, 3]),
    ] {
        let count = sides.iter().product::<i64>() as usize;
        let graph = Graph::new(13, &[rows as i64, 4])
            .constant("w", doubles(&[4, 3], &w))
            .constant("c", doubles(sides, &c[..count]))
            .node("Gemm", &["x", "w", "c"], &["y"], []);
        holds(graph, |x| {
            let at = |(i, y): (usize, &f64)| {
                let (row, column) = (i / 3, i % 3);
                let added = match *sides {
                    [1, 3] => c[column],
                    [2, 1] => c[row],
                    [2, 3] => c[i],
                    _ => c[0],
                };
                y + added
            };
            product(x, &w, [rows, 4, 3]).iter().enumerate().map(at).collect()
        });
    }
}

/// As many windows as the length has strides, with one zero more behind or in front.
#[test]
fn padding_that_is_worked_out() {
    let w = weights(2);
    for (automatic, before) in [("SAME_UPPER", 0), ("SAME_LOWER", 1)] {
        // Three windows of 6 numbers reach over 7, or of 5 over 6.
        for (length, dilation) in [(6, 2), (5, 1)] {
            let graph =
                Graph::new(11, &[1, 1, length]).constant("w", doubles(&[1, 1, 2], &w)).node(
                    "Conv",
                    &["x", "w"],
                    &["y"],
                    [
                        text("auto_pad", automatic),
                        integers("strides", &[2]),
                        integers("dilations", &[dilation]),
                    ],
                );
            let side = Side { length, before, stride: 2, dilation, size: 2 };
            let model = holds(graph, |x| {
                let tap = |(w, place): (&f64, Option<usize>)| w * place.map_or(0.0, |p| x[p]);
                (0..3).map(|i| w.iter().zip(side.places(i)).map(tap).sum()).collect()
            });
            assert_eq!(model.output.shape, [1, 1, 3]);
        }
    }
}

#[test]
fn zeros_count_in_windows_with_holes() {
    let attributes = [
        integers("kernel_shape", &[3]),
        integers("strides", &[3]),
        integers("pads", &[1, 0]),
        integers("dilations", &[2]),
        integer("count_include_pad", 1),
    ];
    holds(one(19, &[1, 1, 7], "AveragePool", attributes), |x| {
        vec![(x[1] + x[3]) / 3.0, (x[2] + x[4] + x[6]) / 3.0]
    });
}

/// What became an input in set 13 is an attribute before.
#[test]
fn axes_and_lengths_as_attributes() {
    let graph = Graph::new(12, &[1, 5])
        .node("Split", &["x"], &["a", "b"], [integer("axis", 1), integers("split", &[2, 3])])
        .node("Concat", &["b", "a"], &["y"], [integer("axis", 1)]);
    holds(graph, |x| [&x[2..], &x[..2]].concat());
    let same = <[f64]>::to_vec;
    let squeezed = holds(one(12, &[1, 3, 1], "Squeeze", [integers("axes", &[-1])]), same);
    assert_eq!(squeezed.output.shape, [1, 3]);
    let wide = holds(one(12, &[3], "Unsqueeze", [integers("axes", &[0, -1])]), same);
    assert_eq!(wide.output.shape, [1, 3, 1]);
}

#[test]
fn shapes_with_sides_that_are_taken_over() {
    let to = |wanted: &[i64], zeros: i64| {
        let graph = Graph::new(14, &[2, 3, 2]).constant("to", list(wanted)).node(
            "Reshape",
            &["x", "to"],
            &["y"],
            [integer("allowzero", zeros)],
        );
        holds(graph, <[f64]>::to_vec).output.shape
    };
    assert_eq!(to(&[0, -1], 0), [2, 6]);
    assert_eq!(to(&[-1, 0, 2, 1], 0), [2, 3, 2, 1]);
    assert_eq!(to(&[4, -1], 1), [4, 3]);
    for (axis, shape) in [(0, [1, 12]), (1, [2, 6]), (-1, [6, 2]), (-3, [1, 12]), (3, [12, 1])] {
        let graph = one(13, &[2, 3, 2], "Flatten", [integer("axis", axis)]);
        assert_eq!(holds(graph, <[f64]>::to_vec).output.shape, shape);
    }
}

#[test]
fn dropout_outside_of_training() {
    let graph = Graph::new(13, &[1, 2])
        .constant("ratio", doubles(&[], &[0.5]))
        .constant("mode", tensor(&[], BOOL).bytes(9, [0]))
        .node("Dropout", &["x", "ratio", "mode"], &["y"], []);
    holds(graph, <[f64]>::to_vec);
}

#[test]
fn constants_as_attributes_of_every_kind() {
    let plus = |attribute: Message| {
        Graph::new(13, &[1, 2]).node("Constant", &[], &["c"], [attribute]).node(
            "Add",
            &["x", "c"],
            &["y"],
            [],
        )
    };
    let two = [0.5f32, -2.0]
        .iter()
        .fold(Message::default().bytes(1, "value_floats"), |m, &v| m.float(7, v));
    holds(plus(float("value_float", 0.25)), each(|x| x + 0.25));
    holds(plus(two.integer(20, 6)), |x| vec![x[0] + 0.5, x[1] - 2.0]);
    holds(plus(integer("value_int", 3)), each(|x| x + 3.0));
    let shape = Graph::new(13, &[1, 2])
        .node("Constant", &[], &["to"], [integers("value_ints", &[2, 1])])
        .node("Reshape", &["x", "to"], &["y"], []);
    assert_eq!(holds(shape, <[f64]>::to_vec).output.shape, [2, 1]);
}

in_both_precisions!(boundaries_cost_no_digit);

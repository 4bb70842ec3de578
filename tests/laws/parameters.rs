//! Parameters: one order, one name each, as many as the formulas say.

use crate::common::*;
use ndarray::Array1;
use switchnet::layer::*;
use switchnet::net::{Graph, NodeSpec, ResidualConfig, Spec, Summary, zoo};
use switchnet::transform::TransformKind;
use switchnet::{Matrix, Scalar};

fn visit_and_visit_mut_show_the_same<T: Scalar>() {
    for (name, mut layer) in everything::<T>() {
        let seen = named(layer.as_ref());
        let mut mutable = Vec::new();
        layer.visit_mut(&mut |ParameterMut { name, values, .. }| {
            let numbers: Vec<T> = values.iter().copied().collect();
            mutable.push((name.to_owned(), values.shape().to_vec(), numbers));
        });
        assert_eq!(seen, mutable, "{name}");
        for (parameter, shape, values) in &seen {
            assert_eq!(shape.iter().product::<usize>(), values.len(), "{name} {parameter}");
            assert!(!values.is_empty(), "{name}: {parameter} is empty");
        }
    }
}

fn names_are_unique<T: Scalar>() {
    for (name, layer) in everything::<T>() {
        let mut names: Vec<_> = named(layer.as_ref()).into_iter().map(|(name, ..)| name).collect();
        let all = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all, "{name}: {names:?}");
    }
}

fn what_is_written_is_read<T: Scalar>() {
    for (name, mut layer) in everything::<T>() {
        let count = parameters::count(layer.as_ref());
        let old = parameters::read(layer.as_ref());
        assert_eq!(old.len(), count, "{name}");
        // Numbers that are all different, so that no two can change places.
        let new: Vec<T> = (0..count).map(|i| T::of(i as f64 + 0.5)).collect();
        parameters::write(layer.as_mut(), &new);
        assert_eq!(parameters::read(layer.as_ref()), new, "{name}");
        let in_order: Vec<T> = named(layer.as_ref()).into_iter().flat_map(|(.., v)| v).collect();
        assert_eq!(in_order, new, "{name}: the flat order is that of visit");
        parameters::write(layer.as_mut(), &old);
        assert_eq!(parameters::read(layer.as_ref()), old, "{name}");
    }
}

/// The parameter that a name shows is the one that its layer uses.
fn names_lead_to_the_right_numbers<T: Scalar>() {
    let two = |a: f64, b: f64| Array1::from_vec(vec![T::of(a), T::of(b)]);
    let chain = Graph::<T>::chain(vec![
        Box::new(Diagonal::new(Some(two(1.0, 2.0)), Some(two(3.0, 4.0)))),
        Box::new(Switch::two_slope(two(5.0, 6.0), two(7.0, 8.0))),
        Box::new(Crelu::new(2)),
        Box::new(Dense::new(random(1, 4, 1), Some(Array1::from_elem(1, T::of(9.0))))),
    ])
    .unwrap();
    let list: Vec<_> =
        named(&chain).into_iter().map(|(n, shape, v)| (n, shape, double(&v))).collect();
    let expect = |i: usize, name: &str, shape: &[usize], values: &[f64]| {
        assert_eq!(list[i], (name.to_owned(), shape.to_vec(), values.to_vec()));
    };
    expect(0, "0.scale", &[2], &[1.0, 2.0]);
    expect(1, "0.bias", &[2], &[3.0, 4.0]);
    expect(2, "1.open", &[2], &[5.0, 6.0]);
    expect(3, "1.closed", &[2], &[7.0, 8.0]);
    assert_eq!((list[4].0.as_str(), list[4].1.as_slice()), ("3.weight", [1, 4].as_slice()));
    expect(5, "3.bias", &[1], &[9.0]);
    assert_eq!(list.len(), 6);
}

fn a_list_of_another_length_panics_with_both<T: Scalar>() {
    let mut net = zoo::mlp(&[3], &[4], 2, 1).build::<T>().unwrap();
    let count = parameters::count(&net);
    assert_eq!(count, 3 * 4 + 4 + 4 * 2 + 2);
    for wrong in [0, count - 1, count + 1] {
        let message = panic_message(|| parameters::write(&mut net, &vec![T::one(); wrong]));
        assert!(message.contains(&wrong.to_string()), "{message}");
    }
}

in_both_precisions!(
    visit_and_visit_mut_show_the_same,
    names_are_unique,
    what_is_written_is_read,
    names_lead_to_the_right_numbers,
    a_list_of_another_length_panics_with_both,
);

/// The parameters and multiply-adds of one layer on inputs of `input`.
fn cost(input: &[usize], layer: NodeSpec) -> (usize, usize) {
    let spec = Spec { input: input.to_vec(), seed: 1, layers: vec![layer] };
    let summary = Summary::of(&spec.build::<f32>().unwrap());
    assert_eq!(summary.rows.len(), 1);
    (summary.rows[0].parameters, summary.rows[0].multiply_adds)
}

#[test]
fn layers_cost_what_their_formulas_say() {
    let n = 16;
    let one = Init::default();
    let mix = |transform| node(FixedTransformConfig::new(transform));
    let blocks = |transform, block| {
        node(FixedTransformConfig { transform, block: Some(block), separable: false })
    };
    // Width 16: n·log2 n = 64 additions for a Hadamard transform; the others are short enough to be multiplied.
    for (layer, expected) in [
        (mix(TransformKind::Hadamard), (0, 64)),
        (mix(TransformKind::HadamardSequency), (0, 64)),
        (mix(TransformKind::Hartley), (0, n * n)),
        (mix(TransformKind::Dct2), (0, n * n)),
        (mix(TransformKind::Signs), (0, n)),
        (mix(TransformKind::Permutation), (0, 0)),
        (blocks(TransformKind::Hadamard, 4), (0, 4 * 8)),
        (blocks(TransformKind::Signs, 8), (0, n)),
        (node(DiagonalConfig { scale: Some(one), bias: false }), (n, n)),
        (node(DiagonalConfig { scale: None, bias: true }), (n, n)),
        (node(DiagonalConfig { scale: Some(one), bias: true }), (2 * n, n)),
        (node(ReluConfig {}), (0, 0)),
        (node(CreluConfig {}), (0, 0)),
        (node(LeakyConfig { slope: 0.1 }), (0, n)),
        (node(PreluConfig { closed: one }), (n, n)),
        (node(TwoSlopeConfig { open: one, closed: one }), (2 * n, n)),
        (node(BlockSwitchConfig { block: 4, open: None, closed: None }), (2 * 4 * n, 4 * n)),
        (node(GatedSwitchConfig { open: one, closed: one }), (n, n / 2)),
        (node(RmsNormConfig {}), (0, 2 * n)),
        (node(SoftmaxConfig {}), (0, 3 * n)),
        (node(DenseConfig { outputs: n, bias: true }), (n * n + n, n * n + n)),
        (node(DenseConfig { outputs: 3, bias: false }), (3 * n, 3 * n)),
        (node(SumHalvesConfig {}), (0, n / 2)),
        (node(TileConfig { width: 40 }), (0, 0)),
        (node(DropoutConfig { probability: 0.5 }), (0, 0)),
        (node(ResidualConfig { layers: vec![mix(TransformKind::Hadamard)] }), (0, 64 + n)),
    ] {
        assert_eq!(cost(&[n], layer.clone()), expected, "{layer:?}");
    }
    // Three channels of 16×8: a row costs 8·3 = 24 additions, a column 16·4 = 64. Cosine transforms of
    // small images are multiplied.
    let transform = TransformKind::Hadamard;
    let images = node(FixedTransformConfig { transform, block: None, separable: true });
    assert_eq!(cost(&[3, 16, 8], images.clone()), (0, 3 * (16 * 24 + 8 * 64)));
    let cosines = node(FixedTransformConfig {
        separable: true,
        ..FixedTransformConfig::new(TransformKind::Dct2)
    });
    assert_eq!(cost(&[3, 4, 8], images), (0, 3 * (4 * 24 + 8 * 8)));
    assert_eq!(cost(&[3, 4, 8], cosines), (0, 3 * 32 * 32));
    // 3×8×8 by 5 filters of 3×3: 5·(3·9 + 1) parameters, each used at every output position.
    for (padding, positions) in [(0, 36), (1, 64)] {
        let conv = node(ConvConfig { padding: padding.into(), ..ConvConfig::new(5, 3) });
        assert_eq!(cost(&[3, 8, 8], conv), (5 * 28, 5 * 28 * positions));
    }
    // In two groups of two channels, 3 of 6 filters of 3×2 each: 6·(2·6 + 1) parameters. With stride 2 and rows of
    // zeros above and below, ⌊(8 + 2 − 3)/2⌋ + 1 = 4 rows; two numbers apart, 8 − 2 = 6 columns.
    let conv = node(ConvConfig {
        stride: [2, 1].into(),
        dilation: [1, 2].into(),
        padding: [1, 0, 1, 0].into(),
        groups: 2,
        ..ConvConfig::new(6, [3, 2])
    });
    assert_eq!(cost(&[4, 8, 8], conv), (6 * 13, 6 * 13 * 4 * 6));
    // Depthwise: each filter sees one channel.
    let conv = node(ConvConfig { groups: 3, ..ConvConfig::new(3, 3) });
    assert_eq!(cost(&[3, 8, 8], conv), (3 * 10, 3 * 10 * 36));
    assert_eq!(cost(&[3, 8, 8], node(MaxPoolConfig::new(2))), (0, 0));
    assert_eq!(cost(&[3, 8, 8], node(AveragePoolConfig::new(2))), (0, 3 * 64));
    // Windows of 3 with stride 2 from −1 on see 2 + 3 + 3 + 3 numbers of a side of 8, whatever counts in the mean.
    for count_padding in [false, true] {
        let pool = AveragePoolConfig {
            stride: Some(2.into()),
            padding: 1.into(),
            count_padding,
            ..AveragePoolConfig::new(3)
        };
        assert_eq!(cost(&[3, 8, 8], node(pool)), (0, 3 * 11 * 11));
    }
}

#[test]
fn nets_cost_the_sum_of_their_layers() {
    for (name, net) in every_net::<f32>() {
        let summary = Summary::of(&net);
        assert_eq!(summary.parameters, parameters::count(&net), "{name}");
        assert_eq!(summary.multiply_adds, net.signature().multiply_adds, "{name}");
        assert_eq!(summary.input, net.spec().input, "{name}");
        let last = summary.rows.last().expect("a net has layers");
        assert_eq!(last.shape.iter().product::<usize>(), net.outputs(), "{name}");
        for (row, layer) in summary.rows.iter().zip(net.graph().layers()) {
            assert_eq!(row.shape.iter().product::<usize>(), layer.outputs(), "{name}");
            assert_eq!(row.name, layer.name());
        }
        let text = summary.to_string();
        assert_eq!(text.lines().count(), summary.rows.len() + 3, "{text}");
        assert!(text.lines().last().is_some_and(|l| l.contains(&summary.parameters.to_string())));
    }
    // A switch net of width n and depth L: L layers of a bias and two slopes, and the readout.
    let net = zoo::switch_net(&[64], 10, 1).build::<f32>().unwrap();
    assert_eq!(Summary::of(&net).parameters, 3 * (64 + 2 * 64) + 64 * 10 + 10);
}

#[test]
fn a_thin_mlp_is_as_wide_as_its_parameters_allow() {
    for parameters in [76, 77, 500, 2282, 10_000] {
        for hidden_layers in [1, 2, 3] {
            let thin = zoo::ThinMlp { parameters, hidden_layers, pool: 1, dropout: 0.0 };
            let Ok(spec) = thin.spec(&[64], 10, 1) else {
                assert!(parameters < 64 + 1 + (hidden_layers - 1) * 2 + 20, "refused {thin:?}");
                continue;
            };
            let width = spec.layers[0].get::<DenseConfig>().expect("it starts so").outputs;
            let size = |width| {
                let wider = zoo::mlp(&[64], &vec![width; hidden_layers], 10, 1);
                Summary::of(&wider.build::<f32>().unwrap()).parameters
            };
            assert!(size(width) <= parameters && size(width + 1) > parameters, "{thin:?}");
        }
    }
    // Without a hidden layer there is no width to choose, and 650 parameters are needed.
    let none = zoo::ThinMlp { parameters: 200, hidden_layers: 0, pool: 1, dropout: 0.0 };
    assert!(none.spec(&[64], 10, 1).is_err());
}

#[test]
fn a_net_in_another_precision_has_the_same_numbers() {
    for (name, net) in every_net::<f32>() {
        let wide = net.cast::<f64>();
        assert_eq!(bits(&parameters::read(&net)), bits(&parameters::read(&wide)), "{name}");
        let back = parameters::read(&wide.cast::<f32>());
        assert_eq!(back, parameters::read(&net), "{name}");
        // The two compute the same function, to the roundings of the narrower one. A net amplifies
        // those of its middle, hence the factor.
        let x: Matrix<f32> = random(3, net.inputs(), 41);
        let (y, exact) = (net.forward(x.clone()), wide.forward(x.mapv(f64::from)));
        let gap = distance(&y.mapv(f64::from), &exact);
        assert!(gap <= 40.0 * f64::from(f32::EPSILON) * norm(&exact).max(1.0), "{name}: {gap:e}");
    }
}

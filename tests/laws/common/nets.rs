//! Every net, and the lists of layers and nets together.

use super::{WithNoise, every_layer, nested_chain, node, randomize};
use switchnet::Scalar;
use switchnet::layer::*;
use switchnet::net::zoo::{
    Cnn, CosineBank, MultiScaleBank, Readout, SlidingBank, Structured, StructuredMatrix,
    SwitchKind, SwitchNet, mlp,
};
use switchnet::net::{Net, NodeSpec, PositionwiseConfig, ResidualConfig, Spec};
use switchnet::transform::TransformKind;

/// The specs of [`every_net`]: the zoo in all its settings, and two with every kind of layer.
pub fn every_spec() -> Vec<(String, Spec)> {
    let mut specs = Vec::new();
    for transform in
        [TransformKind::Hadamard, TransformKind::HadamardSequency, TransformKind::Hartley]
    {
        let net = SwitchNet { transform, depth: 2, ..SwitchNet::default() };
        specs.push((format!("switch net, {transform:?}"), net.spec(&[12], 5, 21)));
    }
    for switch in [SwitchKind::Relu, SwitchKind::Prelu, SwitchKind::Block4, SwitchKind::Block16] {
        let between = Some(TransformKind::Permutation);
        let net = SwitchNet { switch, between, width: Some(32), ..SwitchNet::default() };
        specs.push((format!("switch net, {switch:?}"), net.spec(&[1, 3, 4], 5, 22)));
    }
    let cosine = SwitchNet {
        transform: TransformKind::Dct2,
        width: Some(20),
        start: Some(Init::Uniform(1.5)),
        between: Some(TransformKind::Signs),
        ..SwitchNet::default()
    };
    specs.push(("switch net, DCT".to_owned(), cosine.spec(&[20], 3, 23)));
    specs.push(("MLP".to_owned(), mlp(&[10], &[16, 12], 4, 24)));
    for average in [false, true] {
        let cnn = Cnn { filters: [3, 4], average, ..Cnn::default() };
        specs.push((format!("CNN, average {average}"), cnn.spec(&[2, 8, 8], 3, 25)));
    }
    specs.push(("mixed".to_owned(), mixed_spec()));
    specs.push(("images".to_owned(), images_spec()));
    specs.push(("windows".to_owned(), windows_spec()));
    specs.push(("smooth".to_owned(), smooth_spec()));
    specs.push(("detached".to_owned(), detached_spec()));
    specs
}

/// A net of each of [`every_matrix`].
fn every_structured_spec() -> Vec<(String, Spec)> {
    let net = |matrix| {
        let net = Structured::new(matrix);
        (format!("{:?}", net.matrix), net.spec(&[14], 3, 26).unwrap())
    };
    every_matrix().into_iter().map(net).collect()
}

/// The same, built; some are no chains.
pub fn every_structured_net<T: Scalar>() -> Vec<(String, Net<T>)> {
    built(every_structured_spec(), 200)
}

/// Every kind of structured matrix that the width 16 has.
pub fn every_matrix() -> Vec<StructuredMatrix> {
    use StructuredMatrix::*;
    vec![
        Dense {},
        Monarch { block: Some(2) },
        BlockTensorTrain { rank: 2, block: None },
        Butterfly { radix: 2, shared: false },
        Butterfly { radix: 4, shared: true },
        BitReversedButterfly { factors: 2, shared: true },
        Kaleidoscope {},
        BlockButterfly { block: 2 },
        Chain { factors: vec![[3, 4, 2], [8, 3, 2]] },
        GroupShuffle { block: 4, layers: 2 },
        OrthogonalButterfly { radix: 2 },
        OrthogonalGroupShuffle { block: 4, layers: 2 },
        Blast { blocks: 4, rank: 3 },
        PermutedBlocks { block: 4 },
        Kronecker { side: Some(2) },
        LowRank { rank: 3 },
        LowRankDiagonal { rank: 2 },
        LowRankSwitch { rank: 2, depth: 2 },
        Acdc { factors: 2 },
        Fastfood {},
        Spinner { factors: 3, learned: true },
        Spinner { factors: 2, learned: false },
        Circulant {},
        DiagonalCirculant { factors: 2 },
        SpectralFilter { height: Some(2) },
        BlockCirculant { block: 4 },
        Toeplitz {},
        ToeplitzLike { rank: 2 },
        SoftHadamard {},
    ]
}

/// Specs with every kind of layer and of transform in every setting: what files can hold.
pub fn specs_of_all_kinds() -> Vec<(String, Spec)> {
    let mut specs = every_spec();
    specs.push(("graph".to_owned(), graph_spec()));
    specs.push(("positions".to_owned(), positions_spec()));
    let gather = GatherConfig::new(&[Some(4), None, Some(0), Some(4)]);
    specs
        .push(("gather".to_owned(), Spec { input: vec![5], seed: 30, layers: vec![node(gather)] }));
    specs.push(("structured".to_owned(), structured_spec()));
    specs.extend(every_structured_spec());
    for readout in [Readout::Dense, Readout::Means, Readout::Diagonal, Readout::LowRank(2)] {
        let net = MultiScaleBank { readout, blocks: vec![4, 0], ..MultiScaleBank::default() };
        specs
            .push((format!("multi-scale bank, {readout:?}"), net.spec(&[3, 3, 5], 4, 31).unwrap()));
    }
    let cosine = CosineBank { width: Some(32), depth: 1, take: Some(20), ..CosineBank::default() };
    specs.push(("cosine bank".to_owned(), cosine.spec(&[1, 6, 6], 4, 32).unwrap()));
    let (channels, layers) = (vec![16, 32], vec![2, 1]);
    let sliding = SlidingBank { channels, layers, depth: 1, take: None, ..SlidingBank::default() };
    specs.push(("sliding bank".to_owned(), sliding.spec(&[1, 8, 8], 4, 33).unwrap()));
    specs.push(("sequence".to_owned(), sliding.spec(&[24], 4, 34).unwrap()));
    for transform in TransformKind::ALL {
        let of = |block, separable| node(FixedTransformConfig { transform, block, separable });
        let layers = vec![of(None, true), of(Some(4), true), of(Some(16), false), of(None, false)];
        specs.push((format!("{transform:?}"), Spec { input: vec![2, 4, 8], seed: 35, layers }));
    }
    for (transform, sizes) in [
        (TransformKind::Hadamard, &[1, 12, 20, 28, 96, 144, 240, 336][..]),
        (TransformKind::HadamardSequency, &[1, 2, 32]),
        (TransformKind::Hartley, &[1, 2, 37, 63, 64, 75, 98]),
        (TransformKind::Dct2, &[1, 2, 37, 63, 64, 75, 98]),
        (TransformKind::Dct3, &[1, 2, 37, 63, 64, 75, 98]),
    ] {
        for &n in sizes {
            let layers = vec![node(FixedTransformConfig::new(transform))];
            specs.push((format!("{transform:?} {n}"), Spec { input: vec![n], seed: 36, layers }));
        }
    }
    specs
}

/// Structured matrices, shuffles and thresholds.
fn structured_spec() -> Spec {
    let square =
        |columns, stride| BlockDiagonalConfig { stride, ..BlockDiagonalConfig::new(columns) };
    let layers = vec![
        node(square(4, 1)),
        node(StrideConfig { stride: 3, block: Some(12), run: 2 }),
        node(BlockDiagonalConfig {
            rows: Some(2),
            bias: true,
            start: Some(BlockStart::Each(Init::Uniform(0.5))),
            ..square(3, 4)
        }),
        node(OrthogonalBlocksConfig {
            stride: 2,
            start: Some(Init::Uniform(1.0)),
            ..OrthogonalBlocksConfig::new(4)
        }),
        node(ReluConfig {}),
        node(BitReversalConfig {}),
        node(BlockDiagonalConfig {
            shared: true,
            start: Some(BlockStart::Orthogonal),
            ..square(2, 2)
        }),
        node(BlockDiagonalConfig { start: Some(BlockStart::Identity), ..square(4, 1) }),
        node(CirculantConfig { block: Some(4), outputs: Some(12), taps: Some(3), start: None }),
        node(SoftThresholdConfig::default()),
        node(StrideConfig::default()),
        node(CirculantConfig { start: Some(Init::Normal(0.5)), ..CirculantConfig::default() }),
        node(DenseConfig::new(3)),
    ];
    Spec { input: vec![24], seed: 38, layers }
}

/// What stands between images and positions, nested as deep as it goes.
fn positions_spec() -> Spec {
    let mix = |transform| node(FixedTransformConfig::new(transform));
    let separable =
        |transform, block| node(FixedTransformConfig { transform, block, separable: true });
    let inner = vec![
        node(DiagonalConfig { scale: Some(Init::Normal(0.5)), bias: true }),
        mix(TransformKind::Permutation).named("order"),
        node(TwoSlopeConfig::default()),
    ];
    let at_positions = vec![
        node(TileConfig { width: 6 }),
        mix(TransformKind::Signs),
        node(ResidualConfig { layers: inner }),
        node(BlockSwitchConfig { block: 3, open: None, closed: None }).named("mixed"),
        NodeSpec::concat(["mixed", "input"]),
    ];
    let overlapping = PatchesConfig {
        stride: Some([1, 2].into()),
        padding: [1, 0, 0, 1].into(),
        ..PatchesConfig::new(2)
    };
    let means =
        AveragePoolConfig { channels_last: true, ceil: true, ..AveragePoolConfig::new([2, 3]) };
    let layers = vec![
        separable(TransformKind::Signs, None),
        separable(TransformKind::Permutation, Some(2)),
        node(ChannelsLastConfig {}),
        node(PositionwiseConfig::new(at_positions)).named("shared"),
        node(overlapping),
        node(PositionwiseConfig::new(vec![node(SliceConfig { start: 3, width: 20 })])),
        node(ShiftConfig::default()),
        node(ShiftConfig { window: [1, 2].into(), reverse: true }),
        node(means),
        node(ChannelsFirstConfig {}),
        node(ZOrderConfig { size: Some([3, 4].into()) }),
        node(ReshapeConfig { shape: vec![4, 6, 10] }),
        node(ZOrderConfig { size: None }),
        mix(TransformKind::Permutation),
        node(DenseConfig::new(3)),
    ];
    Spec { input: vec![2, 4, 6], seed: 37, layers }
}

/// Every net of the zoo, and two that mix what the zoo does not.
pub fn every_net<T: Scalar>() -> Vec<(String, Net<T>)> {
    built(every_spec(), 100)
}

fn built<T: Scalar>(specs: Vec<(String, Spec)>, seed: u64) -> Vec<(String, Net<T>)> {
    let build = |(number, (name, spec)): (usize, (String, Spec))| {
        let mut net = spec.build().unwrap();
        randomize(&mut net, seed + number as u64);
        (name, net)
    };
    specs.into_iter().enumerate().map(build).collect()
}

/// The layers and the nets in one list.
pub fn without_noise<T: Scalar>() -> Vec<(String, Box<dyn Layer<T>>)> {
    let nets = every_net::<T>().into_iter().chain(every_structured_net());
    let nets = nets.map(|(name, net)| (name, Box::new(net) as Box<dyn Layer<T>>));
    every_layer().into_iter().chain(nets).collect()
}

/// The same, what has noise, and a graph that is no chain.
pub fn everything<T: Scalar>() -> Vec<(String, Box<dyn Layer<T>>)> {
    let mut all = without_noise::<T>();
    let mut nested = WithNoise { layer: nested_chain(), seed: 6 };
    randomize::<T>(&mut nested, 60);
    let dropout = WithNoise { layer: Dropout::new(20, 0.4).unwrap(), seed: 5 };
    let mut graph = graph_spec().build().unwrap();
    randomize::<T>(&mut graph, 61);
    all.push(("graph".to_owned(), Box::new(graph)));
    all.push(("dropout with noise".to_owned(), Box::new(dropout)));
    all.push(("nested chain with noise".to_owned(), Box::new(nested)));
    all
}

/// Those of [`everything`] that are piecewise linear.
pub fn piecewise_linear<T: Scalar>() -> Vec<(String, Box<dyn Layer<T>>)> {
    let all = everything::<T>().into_iter().filter(|(_, layer)| layer.is_piecewise_linear());
    let all: Vec<_> = all.collect();
    assert!(all.len() > 60, "only {} layers and nets are piecewise linear", all.len());
    all
}

/// Everything piecewise linear that is not in the zoo.
fn mixed_spec() -> Spec {
    let inner = vec![
        node(DiagonalConfig { scale: Some(Init::Signs(0.5)), bias: true }),
        node(FixedTransformConfig::new(TransformKind::Dct3)),
        node(LeakyConfig { slope: 0.125 }),
    ];
    let layers = vec![
        node(ConvConfig::new(2, 2)),
        node(PreluConfig { closed: Init::Normal(0.3) }),
        node(AveragePoolConfig::new(2)),
        node(FlattenConfig {}),
        node(PadConfig { width: 14 }),
        node(ResidualConfig { layers: inner }),
        node(CreluConfig {}),
        node(FixedTransformConfig::new(TransformKind::Permutation)),
        node(TileConfig { width: 40 }),
        node(TwoSlopeConfig { open: Init::default(), closed: Init::Uniform(1.0) }),
        node(SumHalvesConfig {}),
        node(DropoutConfig { probability: 0.2 }),
        node(TakeConfig { width: 16 }),
        node(FixedTransformConfig::new(TransformKind::Hadamard)),
        node(ReluConfig {}),
        node(DenseConfig { outputs: 4, bias: false }),
    ];
    Spec { input: vec![2, 5, 5], seed: 26, layers }
}

/// Transforms of blocks and of images, and a width that is no power of two.
fn images_spec() -> Spec {
    let separable =
        |transform| node(FixedTransformConfig { transform, block: None, separable: true });
    let blocks = |transform, block| {
        node(FixedTransformConfig { transform, block: Some(block), separable: false })
    };
    let layers = vec![
        separable(TransformKind::Signs),
        separable(TransformKind::Hartley),
        node(PreluConfig { closed: Init::Normal(0.3) }),
        node(ConvConfig::new(1, 1)),
        separable(TransformKind::Dct2),
        node(ReluConfig {}),
        blocks(TransformKind::Permutation, 6),
        blocks(TransformKind::Dct3, 4),
        node(TwoSlopeConfig { open: Init::default(), closed: Init::Uniform(1.0) }),
        node(FixedTransformConfig::new(TransformKind::Hadamard)),
        node(LeakyConfig { slope: 0.25 }),
        blocks(TransformKind::Hadamard, 12),
        node(DenseConfig { outputs: 3, bias: true }),
    ];
    Spec { input: vec![2, 4, 6], seed: 28, layers }
}

/// Convolutions and pools of every geometry.
fn windows_spec() -> Spec {
    let (two, one) = (2.into(), 1.into());
    let strided = ConvConfig { stride: two, padding: [1, 0, 2, 1].into(), ..ConvConfig::new(4, 3) };
    let depthwise =
        ConvConfig { dilation: two, padding: 2.into(), groups: 4, ..ConvConfig::new(4, 3) };
    let grouped = ConvConfig {
        stride: [1, 2].into(),
        dilation: [1, 3].into(),
        padding: [0, 2, 0, 1].into(),
        groups: 2,
        ..ConvConfig::new(6, [1, 2])
    };
    let layers = vec![
        node(strided),
        node(ReluConfig {}),
        node(depthwise),
        node(MaxPoolConfig { stride: Some(one), padding: 1.into(), ..MaxPoolConfig::new(3) }),
        node(AveragePoolConfig {
            stride: Some([1, 2].into()),
            padding: [0, 1, 1, 0].into(),
            count_padding: true,
            ..AveragePoolConfig::new([2, 3])
        }),
        node(PreluConfig { closed: Init::Normal(0.3) }),
        node(grouped),
        node(AveragePoolConfig { ceil: true, padding: [1, 0, 0, 0].into(), ..Default::default() }),
        node(MaxPoolConfig { ceil: true, ..MaxPoolConfig::new([3, 1]) }),
        node(FlattenConfig {}),
        node(DenseConfig::new(3)),
    ];
    Spec { input: vec![2, 11, 13], seed: 30, layers }
}

/// Switches that a copy of the input throws, which goes through the same transforms as the signals.
fn detached_spec() -> Spec {
    let both =
        |transform| node(FixedTransformConfig { transform, block: Some(16), separable: false });
    let mut layers = vec![node(TileConfig { width: 16 }), node(TileConfig { width: 32 })];
    for _ in 0..3 {
        layers.push(both(TransformKind::Signs));
        layers.push(both(TransformKind::Hadamard));
        layers.push(node(GatedSwitchConfig { open: Init::default(), closed: Init::Normal(1.0) }));
    }
    layers.push(node(TakeConfig { width: 16 }));
    layers.push(node(DenseConfig { outputs: 3, bias: true }));
    Spec { input: vec![10], seed: 29, layers }
}

/// `branch = relu(W x)`, `shortcut = H x`, and a dense layer on (branch + shortcut, x).
pub fn graph_spec() -> Spec {
    let hadamard = node(FixedTransformConfig::new(TransformKind::Hadamard));
    let layers = vec![
        node(DenseConfig::new(8)),
        node(ReluConfig {}).named("branch"),
        hadamard.reading("input").named("shortcut"),
        NodeSpec::add(["branch", "shortcut"]).named("sum"),
        NodeSpec::concat(["sum", "input"]),
        node(DenseConfig::new(3)),
    ];
    Spec { input: vec![8], seed: 9, layers }
}

/// The layers that are not piecewise linear.
fn smooth_spec() -> Spec {
    let layers = vec![
        node(RmsNormConfig {}),
        node(DenseConfig { outputs: 8, bias: true }),
        node(TanhConfig {}),
        node(FixedTransformConfig::new(TransformKind::Hadamard)),
        node(SigmoidConfig {}),
        node(DiagonalConfig { scale: Some(Init::Constant(3.0)), bias: true }),
        node(EluConfig {}),
        node(SoftmaxConfig {}),
        node(DenseConfig { outputs: 3, bias: true }),
    ];
    Spec { input: vec![6], seed: 27, layers }
}

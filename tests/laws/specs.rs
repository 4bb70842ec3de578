//! Specs as text: read as they were written, and refused in words.

use crate::common::*;
use proptest::prelude::*;
use serde_json::{Value, json};
use switchnet::layer::*;
use switchnet::net::zoo::Architecture;
use switchnet::net::{NodeSpec, PositionwiseConfig, ResidualConfig, Spec, Summary};
use switchnet::transform::TransformKind;

fn text_round_trip(spec: &Spec) -> Result<(), TestCaseError> {
    let json = serde_json::to_string(spec).unwrap();
    prop_assert_eq!(&serde_json::from_str::<Spec>(&json).unwrap(), spec, "{}", json);
    let toml = toml::to_string(spec).unwrap();
    prop_assert_eq!(&toml::from_str::<Spec>(&toml).unwrap(), spec, "{}", toml);
    Ok(())
}

#[test]
fn specs_survive_json_and_toml() {
    for (name, spec) in every_spec() {
        text_round_trip(&spec).unwrap_or_else(|e| panic!("{name}: {e}"));
    }
}

/// A spec is an architecture that files can name, whatever the seed of a training is, for its own inputs alone.
#[test]
fn specs_are_architectures() {
    for (name, spec) in every_spec() {
        let text = toml::to_string(&Architecture::Layers(spec.clone().into())).unwrap();
        let read: Architecture = toml::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(read.spec(&spec.input, 1, spec.seed + 1).unwrap(), spec, "{name}");
        refused(read.spec(&[12_345], 1, 1), &["input shape of the data", "[12345]"]);
    }
    let free: Architecture = toml::from_str("net = 'layers'\nlayers = []").unwrap();
    assert_eq!(free.spec(&[3], 1, 8).unwrap(), Spec { input: vec![3], seed: 8, layers: vec![] });
}

#[test]
fn defaults_may_be_left_out() {
    let read = |layer: &str| -> NodeSpec { serde_json::from_str(layer).unwrap() };
    let one = Init::Constant(1.0);
    let two_slope = node(TwoSlopeConfig { open: one, closed: one });
    assert_eq!(read(r#"{"kind": "two-slope"}"#), two_slope);
    let prelu = node(PreluConfig { closed: Init::Constant(0.25) });
    assert_eq!(read(r#"{"kind": "prelu"}"#), prelu);
    let dense = node(DenseConfig { outputs: 2, bias: true });
    assert_eq!(read(r#"{"kind": "dense", "outputs": 2}"#), dense);
    let conv = node(ConvConfig::new(1, 3));
    assert_eq!(read(r#"{"kind": "conv", "filters": 1, "kernel": 3}"#), conv);
    let bias = node(DiagonalConfig { scale: None, bias: true });
    assert_eq!(read(r#"{"kind": "diagonal", "bias": true}"#), bias);
    assert_eq!(bias.kind(), "diagonal");
    let blocks = node(BlockSwitchConfig { block: 4, open: None, closed: None });
    assert_eq!(read(r#"{"kind": "block-switch", "block": 4}"#), blocks);
    assert_eq!(read(r#"{"kind": "detached"}"#), node(GatedSwitchConfig { open: one, closed: one }));
}

/// One of each kind, as JSON.
fn every_kind() -> Vec<Value> {
    let mut kinds = Vec::new();
    for (_, spec) in every_spec() {
        for layer in &spec.layers {
            kinds.push(json!(layer));
            if let Some(ResidualConfig { layers }) = layer.get() {
                kinds.extend(layers.iter().map(|layer| json!(layer)));
            }
        }
    }
    kinds.sort_by_key(|layer| layer["kind"].to_string());
    kinds.dedup_by_key(|layer| layer["kind"].to_string());
    kinds
}

#[test]
fn unknown_fields_are_refused_at_every_level() {
    let kinds = every_kind();
    assert_eq!(kinds.len(), 25, "a kind of layer is in no net of the list");
    for layer in &kinds {
        serde_json::from_value::<NodeSpec>(layer.clone()).unwrap();
        let mut unknown = layer.clone();
        unknown["surprise"] = json!(1);
        let error = serde_json::from_value::<NodeSpec>(unknown.clone());
        let error = error.err().unwrap_or_else(|| panic!("accepted: {unknown}")).to_string();
        assert!(error.contains("surprise"), "{error}");
        // The same one level down, in a residual, and in TOML.
        let residual = json!({"kind": "residual", "layers": [unknown]});
        let spec = json!({"input": [4], "seed": 1, "layers": [residual]});
        assert!(serde_json::from_value::<Spec>(spec.clone()).is_err(), "accepted: {spec}");
        let text = toml::to_string(&spec).unwrap();
        let error = toml::from_str::<Spec>(&text).expect_err("unknown field").to_string();
        assert!(error.contains("surprise"), "{error}");
    }
    let spec = json!({"input": [4], "seed": 1, "layers": [{"kind": "relu"}], "surprise": 1});
    assert!(serde_json::from_value::<Spec>(spec).is_err());
    let start = json!({"kind": "prelu", "closed": {"constant": 1.0, "surprise": 2.0}});
    assert!(serde_json::from_value::<NodeSpec>(start).is_err());
}

fn build_error(input: &[usize], layers: Vec<NodeSpec>) -> String {
    let spec = Spec { input: input.to_vec(), seed: 1, layers };
    spec.build::<f32>().err().unwrap_or_else(|| panic!("built: {spec:?}")).to_string()
}

#[test]
fn mixes_of_blocks_and_images_survive_their_texts_and_plain_ones_are_written_as_ever() {
    let plain = node(FixedTransformConfig::new(TransformKind::Hartley));
    assert_eq!(
        serde_json::to_value(&plain).unwrap(),
        json!({"kind": "mix", "transform": "hartley"})
    );
    let texts = [
        (r#"{ kind = "mix", transform = "hartley" }"#, "hartley", vec![784]),
        (r#"{ kind = "mix", transform = "dct2", block = 16 }"#, "dct2 16×49", vec![784]),
        (
            r#"{ kind = "mix", transform = "hartley", separable = true }"#,
            "hartley 28×28",
            vec![1, 28, 28],
        ),
        (r#"{ kind = "mix", transform = "hadamard" }"#, "hadamard", vec![784]),
    ];
    for (text, name, shape) in texts {
        let text = format!("input = [1, 28, 28]\nseed = 1\nlayers = [{text}]");
        let spec: Spec = toml::from_str(&text).unwrap();
        text_round_trip(&spec).unwrap();
        let summary = Summary::of(&spec.build::<f32>().unwrap());
        assert_eq!((summary.rows[0].name.as_str(), &summary.rows[0].shape), (name, &shape));
    }
}

#[test]
fn windows_survive_their_texts_and_plain_ones_are_written_as_ever() {
    // Today's files, to the letter.
    for layer in [
        json!({"kind": "conv", "filters": 3, "kernel": 5, "padding": 0}),
        json!({"kind": "conv", "filters": 3, "kernel": 5, "padding": 2}),
        json!({"kind": "max-pool", "size": 2}),
        json!({"kind": "average-pool", "size": 2}),
    ] {
        let read: NodeSpec = serde_json::from_value(layer.clone()).unwrap();
        assert_eq!(json!(read), layer);
    }
    let conv = |config: ConvConfig| node(ConvConfig { filters: 4, ..config });
    let pool = MaxPoolConfig::default;
    for (text, name, shape, expected) in [
        (
            r#"{ kind = "conv", filters = 4, kernel = 3, stride = 2, padding = [1, 0, 2, 3] }"#,
            "conv 3×3, stride 2",
            [4, 9, 5],
            conv(ConvConfig {
                padding: [1, 0, 2, 3].into(),
                stride: 2.into(),
                ..Default::default()
            }),
        ),
        (
            r#"{ kind = "conv", filters = 4, kernel = [1, 3], dilation = [1, 2], groups = 2 }"#,
            "conv 1×3, dilation 1×2, 2 groups",
            [4, 16, 4],
            conv(ConvConfig { dilation: [1, 2].into(), groups: 2, ..ConvConfig::new(4, [1, 3]) }),
        ),
        (
            r#"{ kind = "max-pool", size = 3, stride = 2, padding = 1 }"#,
            "max-pool 3×3, stride 2",
            [2, 8, 4],
            node(MaxPoolConfig {
                stride: Some(2.into()),
                padding: 1.into(),
                ..MaxPoolConfig::new(3)
            }),
        ),
        (
            r#"{ kind = "max-pool", size = [3, 2], ceil = true }"#,
            "max-pool 3×2",
            [2, 6, 4],
            node(MaxPoolConfig { size: [3, 2].into(), ceil: true, ..pool() }),
        ),
        (
            r#"{ kind = "average-pool", size = 2, padding = [0, 1, 0, 1], count-padding = true }"#,
            "average-pool 2×2",
            [2, 8, 5],
            node(AveragePoolConfig {
                padding: [0, 1, 0, 1].into(),
                count_padding: true,
                ..Default::default()
            }),
        ),
    ] {
        let text = format!("input = [2, 16, 8]\nseed = 1\nlayers = [{text}]");
        let spec: Spec = toml::from_str(&text).unwrap();
        assert_eq!(spec.layers, [expected], "{text}");
        text_round_trip(&spec).unwrap();
        let summary = Summary::of(&spec.build::<f32>().unwrap());
        assert_eq!((summary.rows[0].name.as_str(), &summary.rows[0].shape[..]), (name, &shape[..]));
    }
    for (value, found) in [
        (json!([1, 2, 3]), "invalid length 3, expected a whole number or a list of 4"),
        (json!([1, 2, 3, 4, 5]), "invalid length 5, expected a whole number or a list of 4"),
        (json!([]), "invalid length 0"),
        (json!(-1), "invalid value: integer `-1`, expected a whole number or a list of 4"),
        (json!(1.5), "invalid type: floating point `1.5`"),
        (json!("same"), "invalid type: string"),
        (json!([1, 2, 3, -4]), "-4"),
    ] {
        let layer = json!({"kind": "conv", "filters": 1, "kernel": 3, "padding": value});
        let error = serde_json::from_value::<NodeSpec>(layer).unwrap_err().to_string();
        assert!(error.contains(found) && !error.contains('\n'), "{error}");
    }
}

#[test]
fn errors_name_the_layer() {
    let relu = || node(ReluConfig {});
    let hadamard = node(FixedTransformConfig::new(TransformKind::Hadamard));
    let cases = [
        (
            vec![relu(), hadamard.clone()],
            "layer 1 (mix): length of a Hadamard transform: expected a",
        ),
        (
            vec![node(FixedTransformConfig {
                transform: TransformKind::Dct2,
                block: Some(2),
                separable: false,
            })],
            "layer 0 (mix): length of a block: expected a divisor of the width 7 of [7], found 2",
        ),
        (
            vec![node(FixedTransformConfig {
                transform: TransformKind::Dct2,
                block: Some(0),
                separable: false,
            })],
            "layer 0 (mix): length of a block: expected a divisor of the width 7 of [7], found 0",
        ),
        (
            vec![node(FixedTransformConfig {
                transform: TransformKind::Dct2,
                block: None,
                separable: true,
            })],
            "layer 0 (mix): input shape: expected [channels, height, width], found [7]",
        ),
        (
            vec![node(BlockSwitchConfig { block: 2, open: None, closed: None })],
            "layer 0 (block-switch): length of a block: expected a divisor of the width 7 of [7], found 2",
        ),
        (
            vec![node(GatedSwitchConfig { open: Init::default(), closed: Init::default() })],
            "layer 0 (detached): width of signals and gates: expected an even number, found 7",
        ),
        (
            vec![relu(), relu(), node(SumHalvesConfig {})],
            "layer 2 (sum-halves): width whose halves are summed",
        ),
        (
            vec![node(TakeConfig { width: 8 })],
            "layer 0 (take): number to take: expected 1 to 7, found 8",
        ),
        (
            vec![node(PadConfig { width: 6 })],
            "layer 0 (pad): padded width: expected at least the 7 inputs",
        ),
        (
            vec![node(TileConfig { width: 6 })],
            "layer 0 (tile): tiled width: expected at least the 7 inputs",
        ),
        (
            vec![node(MaxPoolConfig::new(2))],
            "layer 0 (max-pool): input shape: expected [channels, height",
        ),
        (vec![node(AveragePoolConfig::new(2))], "layer 0 (average-pool): input shape"),
        (vec![node(ConvConfig::new(1, 1))], "layer 0 (conv): input shape"),
        (
            vec![node(DenseConfig { outputs: 0, bias: true })],
            "layer 0 (dense): size of a dense weight",
        ),
        (
            vec![node(DiagonalConfig { scale: None, bias: false })],
            "layer 0 (diagonal): diagonal: expected a",
        ),
        (vec![node(LeakyConfig { slope: f64::NAN })], "layer 0 (leaky): slope of a leaky switch"),
        (
            vec![node(PreluConfig { closed: Init::Normal(f64::INFINITY) })],
            "layer 0 (prelu): initial value",
        ),
        (
            vec![node(PreluConfig { closed: Init::Constant(3.5e38) })],
            "layer 0 (prelu): initial value: expected one that is finite in f32, found 35",
        ),
        (vec![node(DropoutConfig { probability: 1.0 })], "layer 0 (dropout): dropout probability"),
        (
            vec![relu(), node(ResidualConfig { layers: vec![] })],
            "layer 1 (residual): layers of a residual's chain",
        ),
        (
            vec![node(ResidualConfig { layers: vec![node(CreluConfig {})] })],
            "layer 0 (residual): outputs of a residual's",
        ),
        (
            vec![node(ResidualConfig { layers: vec![relu(), hadamard] })],
            "layer 0 (residual): layer 1 (mix): ",
        ),
        (vec![], "layers of a chain: expected at least 1, found 0"),
    ];
    for (layers, start) in cases {
        let message = build_error(&[7], layers);
        assert!(message.starts_with(start), "{message}");
    }
    let image = |layer| build_error(&[2, 5, 6], vec![layer]);
    let transform = TransformKind::Dct2;
    let blocks = node(FixedTransformConfig { transform, block: Some(3), separable: true });
    assert!(image(blocks).contains("length of a block: expected a divisor of the width 5 of [5]"));
    assert!(image(node(MaxPoolConfig::new(6))).contains("expected 1 to 5 for the height 5"));
    assert!(image(node(AveragePoolConfig::new(0))).contains("size of a pool: expected"));
    let groups = ConvConfig { groups: 4, ..ConvConfig::new(4, 1) };
    assert!(image(node(groups)).contains("groups of a convolution: expected a divisor of 2"));
    assert!(
        image(node(ConvConfig { padding: 1.into(), ..ConvConfig::new(1, 8) }))
            .contains("expected 1 to 7")
    );
    assert!(
        image(node(ConvConfig { padding: 1.into(), ..ConvConfig::new(0, 1) }))
            .contains("found 0 × 2 × 1 × 1")
    );
    for input in [vec![], vec![0], vec![2, 3], vec![2, 0, 3], vec![1, 2, 3, 4]] {
        let message = build_error(&input, vec![node(ReluConfig {})]);
        assert!(message.starts_with("input shape: expected"), "{message}");
    }
}

/// A typing error in a size is answered at once, and not by the operating system.
#[test]
fn huge_sizes_are_refused() {
    for huge in [(1 << 30) + 1, 1 << 40, usize::MAX / 2, usize::MAX] {
        let layers = [
            node(PadConfig { width: huge }),
            node(TileConfig { width: huge }),
            node(TakeConfig { width: huge }),
            node(DenseConfig { outputs: huge, bias: true }),
            node(ConvConfig::new(huge, 1)),
            node(ConvConfig::new(1, huge)),
            node(ConvConfig { padding: huge.into(), ..ConvConfig::new(1, 1) }),
            node(ConvConfig { padding: huge.into(), ..ConvConfig::new(1, huge) }),
            node(ConvConfig { stride: huge.into(), ..ConvConfig::new(1, 1) }),
            node(ConvConfig { dilation: huge.into(), ..ConvConfig::new(1, 1) }),
            node(ConvConfig { groups: huge, ..ConvConfig::new(1, 1) }),
            node(BlockSwitchConfig { block: huge, open: None, closed: None }),
            node(MaxPoolConfig::new(huge)),
            node(AveragePoolConfig::new(huge)),
            node(MaxPoolConfig { stride: Some(huge.into()), ..MaxPoolConfig::new(1) }),
            node(MaxPoolConfig { padding: huge.into(), ..MaxPoolConfig::new(1) }),
        ];
        for layer in layers {
            let kind = layer.kind();
            let message = build_error(&[1, 4, 4], vec![layer]);
            assert!(message.starts_with(&format!("layer 0 ({kind})")), "{message}");
        }
        for input in [vec![huge], vec![huge, huge, huge], vec![1, 2, huge]] {
            assert!(build_error(&input, vec![node(ReluConfig {})]).starts_with("input shape"));
        }
    }
    // Each of these doubles the width: none is large, but 29 and more of them are.
    for count in [29, 70] {
        let message = build_error(&[4], vec![node(CreluConfig {}); count]);
        assert!(message.contains("(crelu)"), "{message}");
    }
}

/// Sizes that fit as often as not.
fn size() -> impl Strategy<Value = usize> {
    prop_oneof![4 => 1..9usize, 2 => prop::sample::select(vec![16, 32, 64, 100]), 1 => Just(0)]
}

fn start() -> impl Strategy<Value = Init> {
    let number = -2.0..2.0;
    (0..4, number).prop_map(|(kind, v)| match kind {
        0 => Init::Constant(v),
        1 => Init::Uniform(v),
        2 => Init::Normal(v),
        _ => Init::Signs(v),
    })
}

/// One number for all sides, or one for each.
fn sides<const N: usize>(range: std::ops::Range<usize>) -> impl Strategy<Value = Sides<N>> {
    let each = prop::collection::vec(range.clone(), N);
    prop_oneof![
        range.prop_map(Sides::from),
        each.prop_map(|each| Sides(each.try_into().expect("as many as were asked for"))),
    ]
}

fn conv() -> impl Strategy<Value = NodeSpec> {
    (0..5usize, sides(0..5), sides(0..3), sides(0..4), sides(0..3), 0..4usize).prop_map(
        |(filters, kernel, padding, stride, dilation, groups)| {
            node(ConvConfig { filters, kernel, padding, stride, dilation, groups })
        },
    )
}

fn max_pool() -> impl Strategy<Value = MaxPoolConfig> {
    (sides(0..4), prop::option::of(sides(0..4)), sides(0..3), any::<bool>())
        .prop_map(|(size, stride, padding, ceil)| MaxPoolConfig { size, stride, padding, ceil })
}

fn layer() -> impl Strategy<Value = NodeSpec> {
    let plain = prop::sample::select(vec![
        node(ReluConfig {}),
        node(CreluConfig {}),
        node(SigmoidConfig {}),
        node(TanhConfig {}),
        node(EluConfig {}),
        node(SumHalvesConfig {}),
        node(FlattenConfig {}),
        node(RmsNormConfig {}),
        node(SoftmaxConfig {}),
    ]);
    let leaf = prop_oneof![
        4 => plain,
        2 => prop::sample::select(TransformKind::ALL.to_vec()).prop_map(|transform| node(FixedTransformConfig::new(transform))),
        2 => (
            prop::sample::select(TransformKind::ALL.to_vec()),
            prop::option::of(0..6usize),
            any::<bool>(),
        )
            .prop_map(|(transform, block, separable)| node(FixedTransformConfig { transform, block, separable })),
        2 => (prop::option::of(start()), any::<bool>())
            .prop_map(|(scale, bias)| node(DiagonalConfig { scale, bias })),
        2 => (-1.5..1.5).prop_map(|slope| node(LeakyConfig { slope })),
        1 => start().prop_map(|closed| node(PreluConfig { closed })),
        2 => (start(), start()).prop_map(|(open, closed)| node(TwoSlopeConfig { open, closed })),
        1 => (start(), start()).prop_map(|(open, closed)| node(GatedSwitchConfig { open, closed })),
        1 => (size(), prop::option::of(start()), prop::option::of(start()))
            .prop_map(|(block, open, closed)| node(BlockSwitchConfig { block, open, closed })),
        1 => size().prop_map(|width| node(PadConfig { width })),
        1 => size().prop_map(|width| node(TileConfig { width })),
        1 => size().prop_map(|width| node(TakeConfig { width })),
        2 => (size(), any::<bool>()).prop_map(|(outputs, bias)| node(DenseConfig { outputs, bias })),
        3 => conv(),
        2 => max_pool().prop_map(node),
        2 => (max_pool(), any::<bool>()).prop_map(|(pool, count_padding)| {
            let MaxPoolConfig { size, stride, padding, ceil } = pool;
            let (size, channels_last) = ((!ceil || count_padding).then_some(size), ceil);
            node(AveragePoolConfig { size, stride, padding, ceil, count_padding, channels_last })
        }),
        1 => Just(node(ChannelsLastConfig {})),
        1 => max_pool().prop_map(|MaxPoolConfig { size, stride, padding, .. }| {
            node(PatchesConfig { size, stride, padding })
        }),
        1 => (max_pool(), any::<bool>())
            .prop_map(|(pool, reverse)| node(ShiftConfig { window: pool.size, reverse })),
        1 => prop::option::of(max_pool())
            .prop_map(|pool| node(ZOrderConfig { size: pool.map(|pool| pool.size) })),
        1 => prop::collection::vec(size(), 1..4).prop_map(|shape| node(ReshapeConfig { shape })),
        1 => (-0.2..1.2).prop_map(|probability| node(DropoutConfig { probability })),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        (prop::collection::vec(inner, 0..3), any::<bool>()).prop_map(
            |(layers, shared)| match shared {
                true => node(PositionwiseConfig { layers }),
                false => node(ResidualConfig { layers }),
            },
        )
    })
}

fn input() -> impl Strategy<Value = Vec<usize>> {
    let features = size().prop_map(|n| vec![n]);
    let image = (1..4usize, 1..9usize, 1..9usize).prop_map(|(c, h, w)| vec![c, h, w]);
    prop_oneof![3 => features, 3 => image, 1 => prop::collection::vec(size(), 0..5)]
}

fn any_spec() -> impl Strategy<Value = Spec> {
    let layers = prop::collection::vec(layer(), 0..6);
    // TOML's integers end at 2^63 − 1.
    (input(), 0..=i64::MAX as u64, layers).prop_map(|(input, seed, layers)| Spec {
        input,
        seed,
        layers,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_spec_survives_its_texts(spec in any_spec()) {
        text_round_trip(&spec)?;
    }

    /// A spec is refused in words or gives a net that works: its shapes are those it announces.
    #[test]
    fn any_spec_is_refused_or_works(spec in any_spec()) {
        match spec.build::<f32>() {
            Err(error) => prop_assert!(error.to_string().contains("expected"), "{}", error),
            Ok(net) => {
                prop_assert_eq!(net.inputs(), spec.input.iter().product::<usize>());
                prop_assert_eq!(net.shapes().len(), spec.layers.len());
                for (shape, layer) in net.shapes().iter().zip(net.graph().layers()) {
                    prop_assert_eq!(shape.iter().product::<usize>(), layer.outputs());
                }
                let x = random::<f32>(2, net.inputs(), 1);
                let (y, map) = net.linearize(x);
                prop_assert_eq!(y.dim(), (2, net.outputs()));
                let mut grad = vec![0.0; parameters::count(&net)];
                prop_assert_eq!(map.pull(y, &mut grad).dim(), (2, net.inputs()));
                // The same seed gives the same net.
                let again = spec.build::<f32>().unwrap();
                prop_assert_eq!(parameters::read(&again), parameters::read(&net));
            }
        }
    }
}

//! How large nets may be: told from the spec alone, and before anything is made.

use crate::common::*;
use switchnet::layer::*;
use switchnet::net::zoo::{Architecture, CosineBank, SlidingBank, SwitchNet, ThinMlp};
use switchnet::net::{NodeSpec, PositionwiseConfig, ResidualConfig, Spec, checkpoint};
use switchnet::random::GENERATOR;
use switchnet::transform::TransformKind;

fn of(input: &[usize], layers: Vec<NodeSpec>) -> Spec {
    Spec { input: input.to_vec(), seed: 1, layers }
}

fn refused(spec: &Spec, parts: &[&str]) {
    let message = spec.build::<f32>().expect_err("too large").to_string();
    assert!(parts.iter().all(|part| message.contains(part)), "{message}");
    assert!(!message.contains('\n') && message.len() < 400, "{message}");
    assert_eq!(spec.size().unwrap_err().to_string(), message);
}

#[test]
fn sizes_are_those_of_the_nets() {
    for (name, spec) in every_spec() {
        let (size, net) = (spec.size().unwrap(), spec.build::<f64>().unwrap());
        assert_eq!(size.parameters, parameters::count(&net), "{name}");
        assert_eq!(Some(&size.shape), net.shapes().last(), "{name}");
        let signature = net.signature();
        assert_eq!(size.multiply_adds, signature.multiply_adds, "{name}");
        assert!(size.row >= signature.widest && size.nodes >= spec.layers.len(), "{name}");
    }
}

fn dense(outputs: usize) -> NodeSpec {
    node(DenseConfig::new(outputs))
}

#[test]
fn a_net_has_one_bound_for_all_its_numbers() {
    const ALL: &str = "at most 1073741824 in all up to here, found";
    refused(&of(&[1 << 15], vec![dense(1 << 15)]), &["layer 0 (dense)", ALL]);
    // None of these is too large alone.
    refused(&of(&[64], vec![dense(1 << 23), dense(64)]), &["layer 1 (dense)", ALL]);
    let hidden = of(&[1 << 14], vec![dense(1 << 14); 5]);
    refused(&hidden, &["layer 3 (dense)", ALL, "1073807360 parameters and 81920 numbers"]);
    let padded = ConvConfig { padding: 300.into(), ..ConvConfig::new(16, 3) };
    refused(&of(&[1, 8, 8], vec![padded.into(), dense(250)]), &["layer 1 (dense)"]);
    refused(
        &of(&[4], vec![node(TileConfig { width: 1 << 29 }), node(CreluConfig {})]),
        &["crelu", ALL],
    );
    let wide =
        |kind| vec![node(PadConfig { width: 1 << 29 }), node(FixedTransformConfig::new(kind))];
    refused(&of(&[4], wide(TransformKind::Permutation)), &["layer 1 (mix)"]);
    refused(&of(&[1 << 30], vec![node(ReluConfig {})]), &["layer 0 (relu)", ALL]);
    refused(
        &of(&[1, 2, 2], vec![node(ZOrderConfig { size: Some((1 << 15).into()) })]),
        &["z-order"],
    );
    let twice = node(ResidualConfig { layers: vec![dense(1 << 14), dense(1 << 14)] });
    refused(&of(&[1 << 14], vec![twice.clone(), twice]), &["layer 1 (residual)", ALL]);
    // Addends are no numbers of their own, what they add up to is.
    let pad = node(PadConfig { width: 1 << 28 }).named("wide");
    let add = |_| NodeSpec::add(["wide", "wide"]);
    refused(
        &of(&[4], std::iter::once(pad).chain((0..4).map(add)).collect()),
        &["layer 3 (add)", ALL],
    );
}

/// 2^27 parameters and a row of 2^26 numbers are no mistake.
#[test]
fn large_nets_stay_possible() {
    let spec = of(&[1 << 13], vec![dense(1 << 13), node(ReluConfig {}), dense(1 << 13)]);
    assert_eq!(spec.size().unwrap().parameters, (1 << 27) + (1 << 14));
    let wide = vec![
        node(TileConfig { width: 1 << 26 }),
        node(ReluConfig {}),
        node(TakeConfig { width: 1 << 10 }),
        dense(10),
    ];
    assert!(of(&[1 << 10], wide).size().unwrap().row > 2 << 26);
}

#[test]
fn a_row_takes_minutes_at_most() {
    let everywhere = node(PositionwiseConfig::new(vec![dense(1 << 13); 2]));
    let spec = of(&[4, 128, 128], vec![node(ChannelsLastConfig {}), everywhere]);
    refused(&spec, &["layer 1 (positionwise)", "multiply-adds for a row", "1099511627776"]);
}

fn nested(deep: usize) -> Spec {
    let mut layer = node(ReluConfig {});
    for _ in 1..deep {
        layer = node(ResidualConfig { layers: vec![layer] });
    }
    of(&[4], vec![layer])
}

/// What can be built can be saved, and what was saved can be read back.
#[test]
fn layers_lie_inside_of_others_as_deep_as_can_be_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("net.safetensors");
    let spec = nested(32);
    let net = spec.build::<f32>().unwrap();
    checkpoint::save(&file, &spec, &net, &Default::default(), &Default::default()).unwrap();
    assert_eq!(checkpoint::load::<f64>(&file).unwrap().net.spec(), &spec);
    assert_eq!(toml::from_str::<Spec>(&toml::to_string(&spec).unwrap()).unwrap(), spec);
    for deep in [33, 60, 79] {
        let found = format!("at most 32 deep, found {deep}");
        refused(&nested(deep), &["layers inside of layers", &found]);
    }
    let positions = node(PositionwiseConfig::new(vec![nested(32).layers[0].clone()]));
    let spec = of(&[4, 1, 1], vec![node(ChannelsLastConfig {}), positions]);
    refused(&spec, &["found 33"]);
}

/// Thousands of brackets are an error and not the end of the stack.
#[test]
fn texts_of_any_depth_are_read_or_refused() {
    for deep in [100, 10_000, 300_000] {
        let (open, close) = ("{\"kind\":\"residual\",\"layers\":[", "]}");
        let json = format!("{}{}", open.repeat(deep), close.repeat(deep));
        assert!(serde_json::from_str::<NodeSpec>(&json).is_err());
        let toml = format!("input = [4]\nseed = 1\nlayers = {}", "[".repeat(deep));
        assert!(toml::from_str::<Spec>(&toml).is_err());
        let (open, close) = ("{ kind = 'residual', layers = [", "] }");
        let toml = format!(
            "input = [4]\nseed = 1\nlayers = [{}{}]",
            open.repeat(deep),
            close.repeat(deep)
        );
        assert!(toml::from_str::<Spec>(&toml).is_err());
        let tables = format!("net = 'layers'\n[[{}layers]]\nkind = 'relu'", "layers.".repeat(deep));
        assert!(toml::from_str::<Architecture>(&tables).is_err());
    }
}

#[test]
fn depths_without_sense_are_refused_before_a_layer_is_listed() {
    let switch = Architecture::Switch(SwitchNet { depth: 1_000_000_000, ..Default::default() });
    let cosine = Architecture::CosineBank(CosineBank { depth: usize::MAX, ..Default::default() });
    let stages = SlidingBank { layers: vec![3, usize::MAX], ..Default::default() };
    let channels = SlidingBank { channels: vec![64, usize::MAX], ..Default::default() };
    let sliding = SlidingBank { depth: 1 << 40, ..Default::default() };
    let thin = |hidden_layers, parameters| {
        Architecture::ThinMlp(ThinMlp { parameters, hidden_layers, pool: 1, dropout: 0.0 })
    };
    for (net, part) in [
        (switch, "depth of a switch net: expected at most 16384, found 1000000000"),
        (cosine, "depth of a cosine bank"),
        (Architecture::SlidingBank(stages), "layers of a stage of a sliding bank"),
        (Architecture::SlidingBank(channels), "channels of a sliding bank"),
        (Architecture::SlidingBank(sliding), "depth of a sliding bank"),
        (thin(i64::MAX as usize, 900), "hidden layers of a thin MLP"),
        (thin(usize::MAX, usize::MAX), "hidden layers of a thin MLP"),
        (thin(16_384, 900), "at least"),
        (thin(16_384, usize::MAX / 2), "parameters of a thin MLP: expected at most 1073741824"),
    ] {
        let message = net.spec(&[1, 8, 8], 10, 1).unwrap_err().to_string();
        assert!(message.contains(part), "{message}");
    }
    // The parameters fit by themselves, but not with the numbers of a row.
    assert!(thin(1, 1 << 30).spec(&[64], 10, 1).unwrap().build::<f32>().is_err());
    let width = Some((1 << 63) + 1);
    let wide = CosineBank { width, ..Default::default() }.spec(&[1, 8, 8], 10, 1);
    assert!(wide.unwrap().build::<f32>().unwrap_err().to_string().contains("(tile)"));
}

#[test]
fn many_nodes_are_refused_by_their_number() {
    let relus = |count| of(&[1], vec![node(ReluConfig {}); count]);
    refused(&relus(16_385), &["nodes of a net: expected at most 16384, found 16385"]);
    assert_eq!(relus(16_384).size().unwrap().nodes, 16_384);
}

/// The largest width that fits, as counting says.
#[test]
fn a_thin_mlp_is_as_wide_as_its_parameters_allow() {
    for (layers, parameters) in [(1, 90), (2, 910), (3, 5_000), (2, 100_000)] {
        let wide = |more| {
            let net = ThinMlp { parameters, hidden_layers: layers, pool: 1, dropout: 0.0 };
            let spec = net.spec(&[7], 4, 1).unwrap();
            let DenseConfig { outputs, .. } = *spec.layers[0].get().unwrap();
            let mlp = switchnet::net::zoo::mlp(&[7], &vec![outputs + more; layers], 4, 1);
            mlp.size().unwrap().parameters
        };
        assert!(wide(0) <= parameters && wide(1) > parameters, "{layers} {parameters}");
    }
    let most = (1 << 30) + 1;
    let net = ThinMlp { parameters: most, hidden_layers: 1, pool: 1, dropout: 0.0 };
    let said = net.spec(&[7], 4, 1).unwrap_err().to_string();
    assert_eq!(said, "parameters of a thin MLP: expected at most 1073741824, found 1073741825");
}

/// A short file that claims a large net.
#[test]
fn a_checkpoint_has_room_for_what_it_claims() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("net.safetensors");
    let claimed = |spec: &Spec| {
        let json = serde_json::to_string(spec).unwrap();
        let metadata = [
            ("switchnet.format", checkpoint::FORMAT),
            ("switchnet.spec", json.as_str()),
            ("switchnet.generator", GENERATOR),
        ];
        let metadata = metadata.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let none: Vec<(String, safetensors::tensor::TensorView<'_>)> = Vec::new();
        let bytes = safetensors::serialize(none, Some(metadata.into_iter().collect())).unwrap();
        std::fs::write(&file, bytes).unwrap();
        checkpoint::load::<f32>(&file).unwrap_err().to_string()
    };
    let message = claimed(&of(&[1 << 15], vec![dense(1 << 15)]));
    assert!(message.contains("layer 0 (dense)"), "{message}");
    let message = claimed(&of(&[1 << 14], vec![dense(1 << 14)]));
    let found = "parameters of the net: expected at most the";
    assert!(message.contains(found) && message.ends_with("found 268451840"), "{message}");
}

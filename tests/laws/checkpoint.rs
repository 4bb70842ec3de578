//! Nets in files come back to the bit, and whatever else is in a file is refused in words.

use crate::common::*;
use proptest::prelude::*;
use rand::RngExt;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use switchnet::layer::{Layer, parameters};
use switchnet::net::checkpoint::{Checkpoint, FORMAT, load, save};
use switchnet::net::{LayerSpec, Net, Spec, Start, Summary, zoo};
use switchnet::random::{GENERATOR, generator};
use switchnet::transform::TransformKind;
use switchnet::{Scalar, write_whole};

type Texts = BTreeMap<String, String>;
type Tensors<T> = BTreeMap<String, Vec<T>>;

/// A folder that is gone after the test, and a file in it.
fn place() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("net.safetensors");
    (folder, file)
}

fn store<T: Scalar>(path: &Path, net: &Net<T>) {
    save(path, net.spec(), net, &Texts::new(), &Tensors::new()).unwrap();
}

/// Why `path` is refused; the message must begin with its name.
fn refusal<T: Scalar>(path: &Path) -> String {
    let message = load::<T>(path).err().expect("this file must be refused").to_string();
    let name = path.display().to_string();
    message.strip_prefix(&name).unwrap_or_else(|| panic!("no file name: {message}")).to_owned()
}

fn a_net_comes_back_to_the_bit<T: Scalar>() {
    let (_folder, file) = place();
    for (name, net) in every_net::<T>() {
        let metadata = Texts::from([("note".into(), "ü → x".into()), ("empty".into(), "".into())]);
        let tensors = Tensors::from([
            ("memory".to_owned(), vec![T::one(), T::of(1e-30), -T::zero()]),
            ("none".to_owned(), Vec::new()),
        ]);
        save(&file, net.spec(), &net, &metadata, &tensors).unwrap();
        let again: Checkpoint<T> = load(&file).unwrap();
        assert_eq!(again.net.spec(), net.spec(), "{name}");
        assert_eq!((&again.metadata, &again.tensors), (&metadata, &tensors), "{name}");
        assert_eq!(named(&again.net), named(&net), "{name}");
        let x = random::<T>(3, net.inputs(), 1);
        assert_eq!(bits(&again.net.forward(x.clone())), bits(&net.forward(x)), "{name}");
    }
}

#[test]
fn single_precision_is_read_as_double_without_rounding() {
    let (_folder, file) = place();
    for (name, net) in every_net::<f32>() {
        store(&file, &net);
        let wide = load::<f64>(&file).unwrap().net;
        assert_eq!(bits(&parameters::read(&wide)), bits(&parameters::read(&net)), "{name}");
    }
}

#[test]
fn double_precision_is_not_read_as_single() {
    let (_folder, file) = place();
    store(&file, &small::<f64>());
    let message = refusal::<f32>(&file);
    assert!(
        message.contains("type of tensor 0.weight: expected f32 or F32, found F64"),
        "{message}"
    );
}

fn small<T: Scalar>() -> Net<T> {
    zoo::mlp(&[3], &[4], 2, 1).build().unwrap()
}

/// Python and other readers find the tensors under their names.
#[test]
fn the_file_is_plain_safetensors() {
    let (_folder, file) = place();
    let net = small::<f32>();
    let tensors = Tensors::from([("state".to_owned(), vec![1.5])]);
    save(&file, net.spec(), &net, &Texts::new(), &tensors).unwrap();
    let bytes = fs::read(&file).unwrap();
    let plain = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let mut names = plain.names();
    names.sort();
    assert_eq!(names, ["+state", "0.bias", "0.weight", "2.bias", "2.weight"]);
    let weight = plain.tensor("0.weight").unwrap();
    assert_eq!(weight.shape(), [4, 3]);
    let (.., expected) = &named(&net)[0];
    let expected: Vec<u8> = expected.iter().flat_map(|v| v.to_le_bytes()).collect();
    assert_eq!(weight.data(), expected);
    let (_, header) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
    let metadata = header.metadata().as_ref().expect("metadata");
    assert_eq!(metadata["switchnet.format"], FORMAT);
    assert_eq!(metadata["switchnet.generator"], GENERATOR);
    let spec: Spec = serde_json::from_str(&metadata["switchnet.spec"]).unwrap();
    assert_eq!(&spec, net.spec());
}

/// The net of one spec stored under another.
fn mismatch(spec: LayerSpec, stored: LayerSpec) -> String {
    let (_folder, file) = place();
    let spec_of = |layer| Spec { input: vec![3], seed: 1, layers: vec![layer] };
    let net = spec_of(stored).build::<f32>().unwrap();
    save(&file, &spec_of(spec), &net, &Texts::new(), &Tensors::new()).unwrap();
    refusal::<f32>(&file)
}

#[test]
fn tensors_must_be_those_of_the_net() {
    let dense = |outputs, bias| LayerSpec::Dense { outputs, bias };
    let missing = mismatch(dense(2, true), dense(2, false));
    assert_eq!(missing, ": tensor 0.bias: expected [2], found none");
    let extra = mismatch(dense(2, false), dense(2, true));
    assert_eq!(extra, ": tensor: expected a parameter of the net, found 0.bias");
    let shape = mismatch(dense(2, true), dense(4, true));
    assert_eq!(shape, ": shape of tensor 0.weight: expected [2, 3], found [4, 3]");
}

#[test]
fn numbers_must_be_finite() {
    let (_folder, file) = place();
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut net = small::<f32>();
        let mut theta = parameters::read(&net);
        theta[13] = bad;
        parameters::write(&mut net, &theta);
        store(&file, &net);
        let message = refusal::<f32>(&file);
        assert!(message.contains("tensor 0.bias: expected finite numbers"), "{message}");
        assert!(refusal::<f64>(&file).contains("finite"), "also when it is widened");
    }
}

/// Stores a net and changes the header of its file.
fn changed(change: impl Fn(&mut Value)) -> String {
    let (_folder, file) = place();
    store(&file, &small::<f32>());
    let bytes = fs::read(&file).unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let mut header: Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    change(&mut header);
    let mut header = header.to_string().into_bytes();
    header.resize(header.len().next_multiple_of(8), b' ');
    let size = (header.len() as u64).to_le_bytes();
    fs::write(&file, [&size, &header[..], &bytes[8 + length..]].concat()).unwrap();
    match load::<f32>(&file) {
        Ok(_) => "accepted".to_owned(),
        Err(_) => refusal::<f32>(&file),
    }
}

#[test]
fn headers_are_checked() {
    assert_eq!(changed(|_| {}), "accepted", "the change of nothing is no change");
    let set = |key: &str, text: &str| changed(|header| header["__metadata__"][key] = json!(text));
    assert_eq!(set("switchnet.format", "2"), ": switchnet.format: expected 1, found 2");
    let generator = set("switchnet.generator", "pcg");
    assert_eq!(generator, format!(": switchnet.generator: expected {GENERATOR}, found pcg"));
    for (broken, said) in [
        ("{", "switchnet.spec: expected the JSON of a net"),
        ("{}", "missing field `input`"),
        (r#"{"input": [3], "seed": 1, "layers": []}"#, "layers of a chain"),
        (r#"{"input": [3], "seed": 1, "layers": [{"kind": "magic"}]}"#, "magic"),
        (
            r#"{"input": [3], "seed": 1, "layers": [{"kind": "take", "width": 9}]}"#,
            "layer 0 (take)",
        ),
    ] {
        let message = set("switchnet.spec", broken);
        assert!(message.contains("switchnet.spec") && message.contains(said), "{message}");
    }
    for key in ["switchnet.format", "switchnet.spec", "switchnet.generator"] {
        let message = changed(|header| {
            header["__metadata__"].as_object_mut().unwrap().remove(key);
        });
        assert_eq!(message, format!(": checkpoint: expected {key}, found no such metadata"));
    }
    let without = changed(|header| drop(header.as_object_mut().unwrap().remove("__metadata__")));
    assert!(without.contains("switchnet.format"), "{without}");
    let kind = changed(|header| header["0.weight"]["dtype"] = json!("I32"));
    assert!(kind.contains("type of tensor 0.weight"), "{kind}");
    let name = changed(|header| {
        let tensors = header.as_object_mut().unwrap();
        let weight = tensors.remove("0.weight").unwrap();
        tensors.insert("0.wait".into(), weight);
    });
    assert_eq!(name, ": tensor 0.weight: expected [4, 3], found none");
}

#[test]
fn a_part_of_a_file_is_refused() {
    let (_folder, file) = place();
    store(&file, &small::<f32>());
    let whole = fs::read(&file).unwrap();
    for length in 0..whole.len() {
        fs::write(&file, &whole[..length]).unwrap();
        let message = refusal::<f32>(&file);
        assert!(message.contains("a whole safetensors file"), "{length} bytes: {message}");
    }
    fs::write(&file, [&whole[..], b"x"].concat()).unwrap();
    refusal::<f32>(&file);
}

/// A flipped bit may turn one number into another, which nobody can notice. Anything else is
/// refused; nothing panics, and nothing that is not finite gets in.
#[test]
fn flipped_bits_never_panic() {
    let (_folder, file) = place();
    store(&file, &small::<f32>());
    let whole = fs::read(&file).unwrap();
    let mut rng = generator(1, 0);
    let (mut accepted, mut refused) = (0, 0);
    for round in 0..3000 {
        let mut bytes = whole.clone();
        for _ in 0..1 + round % 3 {
            let at = rng.random_range(0..bytes.len());
            bytes[at] ^= 1 << rng.random_range(0..8);
        }
        fs::write(&file, &bytes).unwrap();
        match load::<f32>(&file) {
            Ok(checkpoint) => {
                accepted += 1;
                assert!(parameters::read(&checkpoint.net).iter().all(|v| v.is_finite()));
            }
            Err(_) => {
                refused += 1;
                refusal::<f32>(&file);
            }
        }
    }
    assert!(accepted > 100 && refused > 1000, "{accepted} accepted, {refused} refused");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let (folder, file) = place();
    assert!(refusal::<f32>(&file).starts_with(": "));
    refusal::<f32>(folder.path()); // a folder is no file
}

/// Everything in `folder`.
fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn files_are_written_whole_or_not_at_all() {
    let (folder, file) = place();
    let net = small::<f32>();
    let attempt = |path: &Path| {
        let error = save(path, net.spec(), &net, &Texts::new(), &Tensors::new()).err();
        error.map(|e| e.to_string())
    };
    // Folders on the way are made.
    let deep = folder.path().join("a").join("b").join("net.safetensors");
    assert_eq!(attempt(&deep), None);
    load::<f32>(&deep).unwrap();
    assert_eq!(entries(deep.parent().unwrap()).len(), 1, "no temporary file stays");

    // A file where a folder should be: refused, and the file is as it was.
    fs::write(&file, "not a folder").unwrap();
    let below = file.join("net.safetensors");
    let message = attempt(&below).expect("no folder");
    assert!(message.contains(&file.display().to_string()), "{message}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "not a folder");

    // A folder where the file should be: refused, named, and nothing half-written is left.
    let taken = folder.path().join("taken");
    fs::create_dir(&taken).unwrap();
    let before = entries(folder.path()).len();
    let message = attempt(&taken).expect("a folder is in the way");
    assert!(message.contains(&taken.display().to_string()), "{message}");
    assert_eq!((entries(folder.path()).len(), entries(&taken).len()), (before, 0));

    // An old file is replaced and not written over: its second name still leads to what it was.
    let second = folder.path().join("second");
    fs::hard_link(&file, &second).unwrap();
    assert_eq!(attempt(&file), None);
    load::<f32>(&file).unwrap();
    assert_eq!(fs::read_to_string(&second).unwrap(), "not a folder");
    write_whole(&file, b"short").unwrap();
    assert_eq!(fs::read(&file).unwrap(), b"short");
}

/// A read-only folder: refused by name. Whoever may write there all the same (the superuser) sees
/// the file written whole.
#[cfg(unix)]
#[test]
fn a_read_only_folder_stays_as_it_is() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, file) = place();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
    let result = write_whole(&file, b"whole");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    match result {
        Ok(()) => assert_eq!(fs::read(&file).unwrap(), b"whole"),
        Err(error) => {
            let name = folder.path().display().to_string();
            assert!(error.to_string().contains(&name), "{error}");
            assert!(entries(folder.path()).is_empty());
        }
    }
}

in_both_precisions!(a_net_comes_back_to_the_bit);

// --- specs as text ---

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

#[test]
fn defaults_may_be_left_out() {
    let read = |layer: &str| -> LayerSpec { serde_json::from_str(layer).unwrap() };
    let one = Start::Constant(1.0);
    let two_slope = LayerSpec::TwoSlope { open: one, closed: one };
    assert_eq!(read(r#"{"kind": "two-slope"}"#), two_slope);
    let prelu = LayerSpec::Prelu { closed: Start::Constant(0.25) };
    assert_eq!(read(r#"{"kind": "prelu"}"#), prelu);
    let dense = LayerSpec::Dense { outputs: 2, bias: true };
    assert_eq!(read(r#"{"kind": "dense", "outputs": 2}"#), dense);
    let conv = LayerSpec::Conv { filters: 1, kernel: 3, padding: 0 };
    assert_eq!(read(r#"{"kind": "conv", "filters": 1, "kernel": 3}"#), conv);
    let bias = LayerSpec::Diagonal { scale: None, bias: true };
    assert_eq!(read(r#"{"kind": "diagonal", "bias": true}"#), bias);
    assert_eq!(bias.kind(), "diagonal");
}

/// One of each kind, as JSON.
fn every_kind() -> Vec<Value> {
    let mut kinds = Vec::new();
    for (_, spec) in every_spec() {
        for layer in &spec.layers {
            kinds.push(json!(layer));
            if let LayerSpec::Residual { layers } = layer {
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
    assert_eq!(kinds.len(), 22, "a kind of layer is in no net of the list");
    for layer in &kinds {
        serde_json::from_value::<LayerSpec>(layer.clone()).unwrap();
        let mut unknown = layer.clone();
        unknown["surprise"] = json!(1);
        let error = serde_json::from_value::<LayerSpec>(unknown.clone());
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
    assert!(serde_json::from_value::<LayerSpec>(start).is_err());
}

fn build_error(input: &[usize], layers: Vec<LayerSpec>) -> String {
    let spec = Spec { input: input.to_vec(), seed: 1, layers };
    spec.build::<f32>().err().unwrap_or_else(|| panic!("built: {spec:?}")).to_string()
}

#[test]
fn mixes_of_blocks_and_images_survive_their_texts_and_plain_ones_are_written_as_ever() {
    let plain = LayerSpec::mix(TransformKind::Hartley);
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
fn errors_name_the_layer() {
    use LayerSpec::*;
    let relu = || Relu {};
    let hadamard = LayerSpec::mix(TransformKind::Hadamard);
    let cases = [
        (
            vec![relu(), hadamard.clone()],
            "layer 1 (mix): length of a Hadamard transform: expected a",
        ),
        (
            vec![Mix { transform: TransformKind::Dct2, block: Some(2), separable: false }],
            "layer 0 (mix): length of a block: expected a divisor of the width 7 of [7], found 2",
        ),
        (
            vec![Mix { transform: TransformKind::Dct2, block: Some(0), separable: false }],
            "layer 0 (mix): length of a block: expected a divisor of the width 7 of [7], found 0",
        ),
        (
            vec![Mix { transform: TransformKind::Dct2, block: None, separable: true }],
            "layer 0 (mix): input shape: expected [channels, height, width], found [7]",
        ),
        (
            vec![Mix { transform: TransformKind::Dct2, block: Some(7), separable: true }],
            "layer 0 (mix): mix: expected a block, or separable = true, found both",
        ),
        (vec![relu(), relu(), SumHalves {}], "layer 2 (sum-halves): width whose halves are summed"),
        (vec![Take { width: 8 }], "layer 0 (take): number to take: expected 1 to 7, found 8"),
        (vec![Pad { width: 6 }], "layer 0 (pad): padded width: expected at least the 7 inputs"),
        (vec![Tile { width: 6 }], "layer 0 (tile): tiled width: expected at least the 7 inputs"),
        (vec![MaxPool { size: 2 }], "layer 0 (max-pool): input shape: expected [channels, height"),
        (vec![AveragePool { size: 2 }], "layer 0 (average-pool): input shape"),
        (vec![Conv { filters: 1, kernel: 1, padding: 0 }], "layer 0 (conv): input shape"),
        (vec![Dense { outputs: 0, bias: true }], "layer 0 (dense): size of a dense weight"),
        (vec![Diagonal { scale: None, bias: false }], "layer 0 (diagonal): diagonal: expected a"),
        (vec![Leaky { slope: f64::NAN }], "layer 0 (leaky): slope of a leaky switch"),
        (vec![Prelu { closed: Start::Normal(f64::INFINITY) }], "layer 0 (prelu): start value"),
        (vec![Dropout { probability: 1.0 }], "layer 0 (dropout): dropout probability"),
        (vec![relu(), Residual { layers: vec![] }], "layer 1 (residual): layers of a chain"),
        (vec![Residual { layers: vec![Crelu {}] }], "layer 0 (residual): outputs of a residual's"),
        (vec![Residual { layers: vec![relu(), hadamard] }], "layer 0 (residual): layer 1 (mix): "),
        (vec![], "layers of a chain: expected at least 1, found 0"),
    ];
    for (layers, start) in cases {
        let message = build_error(&[7], layers);
        assert!(message.starts_with(start), "{message}");
    }
    let image = |layer| build_error(&[2, 5, 6], vec![layer]);
    assert!(image(MaxPool { size: 2 }).contains("expected a divisor of the height 5"));
    assert!(image(AveragePool { size: 0 }).contains("size of a pooling window"));
    assert!(image(Conv { filters: 1, kernel: 8, padding: 1 }).contains("expected 1 to 7"));
    assert!(image(Conv { filters: 0, kernel: 1, padding: 1 }).contains("found 0 × 2 × 1 × 1"));
    for input in [vec![], vec![0], vec![2, 3], vec![2, 0, 3], vec![1, 2, 3, 4]] {
        let message = build_error(&input, vec![Relu {}]);
        assert!(message.starts_with("input shape: expected"), "{message}");
    }
}

/// A typing error in a size is answered at once, and not by the operating system.
#[test]
fn huge_sizes_are_refused() {
    use LayerSpec::*;
    for huge in [(1 << 30) + 1, 1 << 40, usize::MAX / 2, usize::MAX] {
        let layers = [
            Pad { width: huge },
            Tile { width: huge },
            Take { width: huge },
            Dense { outputs: huge, bias: true },
            Conv { filters: huge, kernel: 1, padding: 0 },
            Conv { filters: 1, kernel: huge, padding: 0 },
            Conv { filters: 1, kernel: 1, padding: huge },
            Conv { filters: 1, kernel: huge, padding: huge },
            MaxPool { size: huge },
            AveragePool { size: huge },
        ];
        for layer in layers {
            let kind = layer.kind();
            let message = build_error(&[1, 4, 4], vec![layer]);
            assert!(message.starts_with(&format!("layer 0 ({kind})")), "{message}");
        }
        for input in [vec![huge], vec![huge, huge, huge], vec![1, 2, huge]] {
            assert!(build_error(&input, vec![Relu {}]).starts_with("input shape"));
        }
    }
    // Each of these doubles the width: none is large, but 29 and more of them are.
    for count in [29, 70] {
        let message = build_error(&[4], vec![Crelu {}; count]);
        assert!(message.contains("(crelu)"), "{message}");
    }
}

/// Sizes that fit as often as not.
fn size() -> impl Strategy<Value = usize> {
    prop_oneof![4 => 1..9usize, 2 => prop::sample::select(vec![16, 32, 64, 100]), 1 => Just(0)]
}

fn start() -> impl Strategy<Value = Start> {
    let number = -2.0..2.0;
    (0..4, number).prop_map(|(kind, v)| match kind {
        0 => Start::Constant(v),
        1 => Start::Uniform(v),
        2 => Start::Normal(v),
        _ => Start::Signs(v),
    })
}

fn layer() -> impl Strategy<Value = LayerSpec> {
    use LayerSpec::*;
    let plain = prop::sample::select(vec![
        Relu {},
        Crelu {},
        Sigmoid {},
        Tanh {},
        Elu {},
        SumHalves {},
        Flatten {},
        RmsNorm {},
    ]);
    let leaf = prop_oneof![
        4 => plain,
        2 => prop::sample::select(TransformKind::ALL.to_vec()).prop_map(LayerSpec::mix),
        2 => (
            prop::sample::select(TransformKind::ALL.to_vec()),
            prop::option::of(0..6usize),
            any::<bool>(),
        )
            .prop_map(|(transform, block, separable)| Mix { transform, block, separable }),
        2 => (prop::option::of(start()), any::<bool>())
            .prop_map(|(scale, bias)| Diagonal { scale, bias }),
        2 => (-1.5..1.5).prop_map(|slope| Leaky { slope }),
        1 => start().prop_map(|closed| Prelu { closed }),
        2 => (start(), start()).prop_map(|(open, closed)| TwoSlope { open, closed }),
        1 => size().prop_map(|width| Pad { width }),
        1 => size().prop_map(|width| Tile { width }),
        1 => size().prop_map(|width| Take { width }),
        2 => (size(), any::<bool>()).prop_map(|(outputs, bias)| Dense { outputs, bias }),
        2 => (0..4usize, 0..5usize, 0..3usize)
            .prop_map(|(filters, kernel, padding)| Conv { filters, kernel, padding }),
        1 => (0..4usize).prop_map(|size| MaxPool { size }),
        1 => (0..4usize).prop_map(|size| AveragePool { size }),
        1 => (-0.2..1.2).prop_map(|probability| Dropout { probability }),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        prop::collection::vec(inner, 0..3).prop_map(|layers| Residual { layers })
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
                for (shape, layer) in net.shapes().iter().zip(net.chain().layers()) {
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

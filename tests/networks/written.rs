//! Every net as an ONNX file: its graph gives what the net gives, and read back it is the net.

use crate::common::*;
use ndarray::{Axis, concatenate};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use switchnet::analysis::{Exactness, effective_map};
use switchnet::data::{Scope, Standardize};
use switchnet::layer::*;
use switchnet::net::zoo::{Cnn, mlp};
use switchnet::net::{Net, PositionwiseConfig, ResidualConfig, Spec, register, softmax};
use switchnet::random::Generator;
use switchnet::transform::TransformKind;
use switchnet::{Matrix, Result, Scalar};
use switchnet_onnx::{Model, Options, Origin, Readout, WriteOptions, kinds, write};

/// The field that a file ends with: `switchnet.crc32` and eight digits.
const SUM: usize = 29;

/// Pools of every geometry side by side, and a slope that single precision has not.
fn pools_and_a_slope() -> Spec {
    let (input, mut layers) = (vec![2, 7, 6], Vec::new());
    for setting in 0..3 * 3 * 2 * 2 {
        let (size, stride) = (setting % 3 + 1, setting / 3 % 3 + 1);
        let (ceil, count_padding) = (setting / 9 % 2 == 1, setting / 18 == 1);
        for padding in [[0; 4], [0, 1, 1, 0], [1, 0, 0, 1]] {
            if padding != [0; 4] && size == 1 {
                continue; // a window that sees nothing
            }
            let (stride, padding) = (Some(stride.into()), padding.into());
            let sides = [size, size.min(2)];
            let config = AveragePoolConfig {
                stride,
                padding,
                ceil,
                count_padding,
                ..AveragePoolConfig::new(sides)
            };
            layers.push(node(config));
            if !count_padding {
                layers.push(node(MaxPoolConfig {
                    stride,
                    padding,
                    ceil,
                    ..MaxPoolConfig::new(sides)
                }));
            }
        }
    }
    let name = |i: usize| format!("pool {i}");
    let count = layers.len();
    let pools = layers.into_iter().enumerate();
    let mut layers: Vec<_> = pools.map(|(i, pool)| pool.reading("input").named(name(i))).collect();
    assert!(layers.iter().all(|layer| {
        let alone = switchnet::net::NodeSpec { name: None, ..layer.clone() };
        Spec { input: input.clone(), seed: 1, layers: vec![alone] }.size().is_ok()
    }));
    layers.push(switchnet::net::NodeSpec::concat((0..count).map(name)));
    layers.push(node(LeakyConfig { slope: 0.1 }));
    Spec { input, seed: 38, layers }
}

/// Transforms that are too long for one matrix, with a switch between them.
fn long_transforms() -> Spec {
    let mix = |kind| node(FixedTransformConfig::new(kind));
    let layers = vec![
        mix(TransformKind::Hartley),
        node(ReluConfig {}),
        mix(TransformKind::Dct2),
        node(ReluConfig {}),
        mix(TransformKind::Dct3),
        node(TakeConfig { width: 7 }),
    ];
    Spec { input: vec![1100], seed: 39, layers }
}

/// Every net that a file can hold, with parameters of its own.
pub fn every_net_of_all_kinds<T: Scalar>() -> impl Iterator<Item = (String, Net<T>)> {
    let mut specs = specs_of_all_kinds();
    specs.push(("pools".to_owned(), pools_and_a_slope()));
    specs.push(("long transforms".to_owned(), long_transforms()));
    assert_eq!(specs.len(), 98, "as many as docs/networks.md says");
    specs.into_iter().enumerate().map(|(seed, (name, spec))| {
        let mut net = spec.build::<T>().unwrap();
        randomize(&mut net, 300 + seed as u64);
        (name, net)
    })
}

pub fn file<T: Scalar>(net: &Net<T>) -> Vec<u8> {
    write(net, &WriteOptions::default()).unwrap()
}

fn read(file: &[u8]) -> Result<Model> {
    Model::from_bytes(file, &Options::default())
}

/// The net of a file's operators, whatever its spec says.
pub fn changed(file: &[u8]) -> Result<Model> {
    let model = read(&file[..file.len() - SUM])?;
    assert_eq!(model.origin, Origin::Changed);
    Ok(model)
}

/// What the operators of a file give, a softmax at the end included.
fn outputs(model: &Model, x: Matrix<f64>) -> Matrix<f64> {
    let y = model.net::<f64>().unwrap().forward(x);
    if model.readout == Some(Readout::Softmax) { softmax(y) } else { y }
}

fn close(found: &Matrix<f64>, known: &Matrix<f64>, part: f64, name: &str) {
    let gap = distance(found, known);
    assert!(gap <= part * norm(known).max(1e-3), "{name}: {gap:e} of {:e}", norm(known));
}

fn a_file_gives_the_net_back<T: Scalar>() {
    for (name, net) in every_net_of_all_kinds::<T>() {
        let model = read(&file(&net)).unwrap();
        assert_eq!((model.origin, &model.spec), (Origin::Spec, net.spec()), "{name}");
        let again = model.net::<T>().unwrap();
        assert_eq!(bits(&parameters::read(&again)), bits(&parameters::read(&net)), "{name}");
        assert_eq!(model.input.shape[1..], net.spec().input, "{name}");
        assert_eq!(model.output.shape, [1, net.outputs()], "{name}");
        let said = model.to_string();
        assert!(
            said.starts_with("ONNX, operators of version 13: ") && said.ends_with("; by its spec"),
            "{said}"
        );
    }
}

/// As if it were another program's: by its operators.
fn the_operators_of_a_file_are_the_net<T: Scalar>() {
    let part = if T::NAME == "f64" { 1e-12 } else { 1e-5 };
    let mut refused = Vec::new();
    for (name, net) in every_net_of_all_kinds::<T>() {
        let file = file(&net);
        let model = match changed(&file) {
            Ok(model) => model,
            Err(error) => {
                refused.push((name, error.to_string()));
                continue;
            }
        };
        let net = net.cast::<f64>();
        let x = random::<f64>(3, net.inputs(), 301);
        close(&outputs(&model, x.clone()), &net.forward(x.clone()), part, &name);
        if model.readout.is_some() {
            continue;
        }
        let other = model.net::<f64>().unwrap();
        let [known, found] = [&net, &other].map(|net| effective_map(net, x.row(0)));
        close(&found.a, &known.a, part, &name);
        let constants = |c: &ndarray::Array1<f64>| c.clone().insert_axis(Axis(0));
        let size = norm(&known.y) + norm(&known.c);
        assert!(distance(&constants(&found.c), &constants(&known.c)) <= part * size, "{name}");
        if known.exactness == Exactness::Exact {
            assert_eq!(found.exactness, Exactness::Exact, "{name}");
            assert!(found.residual.relative < 1e-12, "{name}: {:?}", found.residual);
        }
    }
    // What the reader has no layers for: slopes that other numbers choose, a root of what depends on the input.
    let expected = [
        ("smooth", "node 0/Mul (Mul): inputs: expected at least one constant"),
        ("detached", "node 4/Greater (Greater): operator: expected one of those"),
    ];
    assert_eq!(refused.len(), expected.len(), "{refused:?}");
    for ((name, error), (known, start)) in refused.iter().zip(expected) {
        assert!(name == known && error.starts_with(start), "{name}: {error}");
    }
}

/// A file that was changed is what its operators say, whatever its spec says.
#[test]
fn a_changed_file_is_read_by_its_operators() {
    let net = mlp(&[3], &[4], 2, 5).build::<f64>().unwrap();
    let before = file(&net);
    // The first number of the last bias, behind its name: constants come after the nodes that read them.
    let name = format!("{}.bias", net.spec().layers.len() - 1);
    let at = before.windows(name.len()).rposition(|part| part == name.as_bytes()).unwrap();
    let first = at + name.len() + 2..at + name.len() + 10;
    let mut changed = before.clone();
    changed[first].copy_from_slice(&7f64.to_le_bytes());
    let model = read(&changed).unwrap();
    assert_eq!(model.origin, Origin::Changed);
    assert!(model.to_string().ends_with("; changed since it got its spec, so by its operators"));
    let x = random::<f64>(1, 3, 6);
    let (found, known) = (outputs(&model, x.clone()), net.forward(x));
    assert!((found[[0, 0]] - known[[0, 0]] - 7.0).abs() < 1e-12, "{found} {known}");
    assert!((found[[0, 1]] - known[[0, 1]]).abs() < 1e-12, "{found} {known}");
    // Any byte: never the spec with other numbers.
    for at in 0..before.len() {
        let mut changed = before.clone();
        changed[at] ^= 1;
        if let Ok(model) = read(&changed) {
            assert_ne!(model.origin, Origin::Spec, "byte {at}");
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnConfig {}

impl LayerConfig for OwnConfig {
    const KIND: &'static str = "own";

    fn build<T: Scalar>(&self, input: Shape<'_>, _rng: &mut Generator) -> Result<Built<T>> {
        Ok(Built::keeping(input, Switch::relu(input.len())))
    }
}

#[test]
fn what_cannot_be_written_is_refused_by_its_layer() {
    register::<OwnConfig>().unwrap();
    let refusal = |input: &[usize], layers: Vec<switchnet::net::NodeSpec>| {
        let net = Spec { input: input.to_vec(), seed: 1, layers }.build::<f32>().unwrap();
        write(&net, &WriteOptions::default()).unwrap_err().to_string()
    };
    let own = || vec![node(OwnConfig {}).named("mine")];
    assert_eq!(
        refusal(&[4], own()),
        "layer mine (own): kind to write as ONNX: expected one of those that docs/networks.md lists, found own"
    );
    let inside = node(PositionwiseConfig::new(vec![node(ResidualConfig { layers: own() })]));
    assert_eq!(
        refusal(&[2, 2, 4], vec![inside]),
        "layer 0 (positionwise): layer 0.0 (residual): layer 0.0.mine (own): kind to write as ONNX: expected one of those \
         that docs/networks.md lists, found own"
    );
    for (kind, name) in [
        (TransformKind::Hartley, "hartley"),
        (TransformKind::Dct2, "dct2"),
        (TransformKind::Dct3, "dct3"),
    ] {
        // A prime number.
        let error = refusal(&[1031], vec![node(FixedTransformConfig::new(kind))]);
        let expected = "expected at most 1024 in an ONNX file, or a product of two numbers that are, found 1031";
        assert_eq!(error, format!("layer 0 (mix): length of the transform {name}: {expected}"));
        let longest = vec![node(FixedTransformConfig::new(kind))];
        let net = Spec { input: vec![1024], seed: 1, layers: longest }.build::<f32>().unwrap();
        assert!(file(&net).len() > 4 << 20);
    }
}

/// Long Hadamard transforms are products of small ones.
#[test]
fn a_long_hadamard_transform_takes_little_room() {
    for (transform, n, bytes) in [
        (TransformKind::Hadamard, 1 << 15, 1 << 13),
        (TransformKind::Hadamard, 28 * 28 * 4, 1 << 13),
        (TransformKind::HadamardSequency, 1 << 11, 1 << 15),
    ] {
        let layers = vec![node(FixedTransformConfig::new(transform))];
        let net = Spec { input: vec![n], seed: 1, layers }.build::<f32>().unwrap();
        let file = file(&net);
        assert!(file.len() < bytes, "{transform:?} of {n}: {} bytes", file.len());
        let model = changed(&file).unwrap();
        let x = random::<f64>(1, n, 8);
        close(&outputs(&model, x.clone()), &net.cast::<f64>().forward(x), 1e-6, "long");
    }
}

/// Long Hartley and cosine transforms are products of two short ones, along either side of an image.
fn a_long_transform_is_two_short_ones<T: Scalar>() {
    let part = if T::NAME == "f64" { 1e-13 } else { 1e-6 };
    for kind in [TransformKind::Hartley, TransformKind::Dct2, TransformKind::Dct3] {
        for (input, separable) in [
            (vec![1025], false),
            (vec![1030], false),
            (vec![4096], false),
            (vec![1, 1026, 3], true),
            (vec![1, 2, 1500], true),
        ] {
            let n = input.iter().product();
            let layers =
                vec![node(FixedTransformConfig { separable, ..FixedTransformConfig::new(kind) })];
            let net = Spec { input, seed: 1, layers }.build::<T>().unwrap();
            let file = file(&net);
            let numbers = file.len() / size_of::<T>();
            assert!(numbers < 64 * n, "{kind:?} of {n}: {numbers} numbers"); // of n² in one matrix
            let x = random::<f64>(2, n, 8);
            let known = net.cast::<f64>().forward(x.clone());
            close(&outputs(&changed(&file).unwrap(), x), &known, part, &format!("{kind:?} of {n}"));
        }
    }
}

/// With the standardization in it, a file takes raw inputs and gives values in their own units. It has no spec then.
#[test]
fn a_standardization_is_written_on_request() {
    let net = Cnn { filters: [2, 3], ..Cnn::default() }.spec(&[1, 8, 8], 2, 9).build().unwrap();
    let raw = random::<f64>(20, 64, 10) * 3.0 + 5.0;
    let [inputs, targets] = [raw.clone(), random::<f64>(20, 2, 11) * 40.0 - 7.0]
        .map(|rows| Standardize::fit(&rows, Scope::Feature).unwrap());
    let options = WriteOptions {
        metadata: BTreeMap::from([("note".to_owned(), "raw".to_owned())]),
        standardize: Some(inputs.clone()),
        targets: Some(targets.clone()),
    };
    let model = read(&write(&net, &options).unwrap()).unwrap();
    assert_eq!((model.origin, &model.metadata), (Origin::Operators, &options.metadata));
    let known = targets.undo(net.forward(inputs.apply(raw.clone())));
    close(&outputs(&model, raw), &known, 1e-12, "raw");
    let wrong = WriteOptions { standardize: Some(targets), ..WriteOptions::default() };
    let error = write(&net, &wrong).unwrap_err().to_string();
    assert_eq!(error, "inputs of the standardization: expected 64, found 2");
    // A spec beside it would not be that of the graph.
    let metadata = BTreeMap::from([("switchnet.spec".to_owned(), "{}".to_owned())]);
    let wrong = WriteOptions { metadata, ..options };
    let error = write(&net, &wrong).unwrap_err().to_string();
    let expected = "expected one that does not begin with switchnet., found switchnet.spec";
    assert_eq!(error, format!("name of a text: {expected}"));
}

/// What the first edition wrote, and what the evaluator of ONNX gave of it in double precision.
#[test]
fn a_file_of_the_first_edition_is_its_net() {
    let bytes = include_bytes!("../../fuzz/seeds/onnx/own");
    let model = read(bytes).unwrap();
    assert_eq!(model.origin, Origin::Spec);
    assert!(model.metadata.keys().eq(["schema", "standardize", "training"]), "{model:?}");
    let standardize = serde_json::from_str::<Standardize>(&model.metadata["standardize"]).unwrap();
    let x = standardize.apply(ndarray::array![[0.5, -0.25], [-3.0, 2.0]]);
    let known = ndarray::array![
        [0.5090267598305487, -0.7558110730741378, 2.4801619311780274],
        [-2.3164922725651076, 3.9713201615840354, -15.739472814461537],
    ];
    close(&outputs(&model, x.clone()), &known, 1e-12, "by its spec");
    // Its constant matrix is in single precision.
    close(&outputs(&changed(bytes).unwrap(), x), &known, 1e-6, "by its operators");
}

/// Texts beside a net come back with it.
#[test]
fn metadata_come_back() {
    let net = mlp(&[3], &[4], 2, 5).build::<f32>().unwrap();
    let metadata =
        BTreeMap::from([("schema".to_owned(), json!({ "classes": ["a", "b"] }).to_string())]);
    let options = WriteOptions { metadata: metadata.clone(), ..WriteOptions::default() };
    let bytes = write(&net, &options).unwrap();
    let model = read(&bytes).unwrap();
    assert_eq!((model.origin, model.metadata), (Origin::Spec, metadata));
    // Of a file that was changed they may belong to another net.
    assert_eq!(changed(&bytes).unwrap().metadata, BTreeMap::new());
    // Another shape is a question about the graph.
    let shape = Options { shape: Some(vec![2, 3]), ..Options::default() };
    let rows = Model::from_bytes(&bytes, &shape).unwrap();
    assert_eq!((rows.origin, rows.output.shape.as_slice()), (Origin::Operators, &[2, 2][..]));
    let x = random::<f64>(2, 3, 12);
    let both =
        concatenate(Axis(1), &[x.slice(ndarray::s![..1, ..]), x.slice(ndarray::s![1.., ..])]);
    let known = net.cast::<f64>().forward(x).into_shape_with_order((1, 4)).unwrap();
    close(&outputs(&rows, both.unwrap()), &known, 1e-12, "two rows");
}

/// The page has every kind that is written, and every kind of the library is.
#[test]
fn the_page_has_every_kind_that_is_written() {
    let page = include_str!("../../docs/networks.md");
    let table = page.split("| layer |").nth(1).unwrap().split("\n\n").next().unwrap();
    let first = |line: &str| line.split('|').nth(1).unwrap().to_owned();
    let cells: String = table.lines().skip(2).map(first).collect();
    let mut listed: Vec<&str> = cells.split('`').skip(1).step_by(2).collect();
    listed.sort_unstable();
    let mut written: Vec<&str> = kinds().chain(["add", "concat"]).collect();
    written.sort_unstable();
    assert_eq!(listed, written);
    let mut there = Vec::new();
    for (_, spec) in specs_of_all_kinds() {
        flatten(&json!(spec)["layers"], &mut there);
    }
    there.sort_unstable();
    there.dedup();
    assert_eq!(there, written);
}

/// The kinds of a list of nodes, those of nodes in them too.
fn flatten(layers: &serde_json::Value, all: &mut Vec<String>) {
    for layer in layers.as_array().into_iter().flatten() {
        all.push(layer["kind"].as_str().unwrap().to_owned());
        flatten(&layer["layers"], all);
    }
}

in_both_precisions!(
    a_file_gives_the_net_back,
    the_operators_of_a_file_are_the_net,
    a_long_transform_is_two_short_ones,
);

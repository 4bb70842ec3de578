//! Nets in files come back to the bit, and whatever else is in a file is refused in words.

use crate::common::*;
use rand::RngExt;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use switchnet::layer::*;
use switchnet::net::checkpoint::{Checkpoint, FORMAT, load, save};
use switchnet::net::{Net, NodeSpec, ResidualConfig, Spec, register, zoo};
use switchnet::random::{GENERATOR, Generator, generator, normal};
use switchnet::transform::{Fixed, TransformKind, VisitFixed};
use switchnet::{Matrix, Scalar, write_whole};

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
    let message = load::<T>(path).expect_err("this file must be refused").to_string();
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
fn mismatch(spec: NodeSpec, stored: NodeSpec) -> String {
    let (_folder, file) = place();
    let spec_of = |layer| Spec { input: vec![3], seed: 1, layers: vec![layer] };
    let net = spec_of(stored).build::<f32>().unwrap();
    save(&file, &spec_of(spec), &net, &Texts::new(), &Tensors::new()).unwrap();
    refusal::<f32>(&file)
}

#[test]
fn tensors_must_be_those_of_the_net() {
    let dense = |outputs, bias| node(DenseConfig { outputs, bias });
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
    changed_of(&small::<f32>(), change)
}

fn changed_of(net: &Net<f32>, change: impl Fn(&mut Value)) -> String {
    let (_folder, file) = place();
    store(&file, net);
    fs::write(&file, with_header(&fs::read(&file).unwrap(), change)).unwrap();
    match load::<f32>(&file) {
        Ok(_) => "accepted".to_owned(),
        Err(_) => refusal::<f32>(&file),
    }
}

/// A file with another header and without a sum, so that what stands behind the sum is looked at.
fn with_header(bytes: &[u8], change: impl Fn(&mut Value)) -> Vec<u8> {
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let mut header: Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    change(&mut header);
    if let Some(texts) = header["__metadata__"].as_object_mut() {
        texts.remove("switchnet.crc32");
    }
    let mut header = header.to_string().into_bytes();
    header.resize(header.len().next_multiple_of(8), b' ');
    let size = (header.len() as u64).to_le_bytes();
    [&size, &header[..], &bytes[8 + length..]].concat()
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

/// Whichever bit of a file is another: it is refused, or nothing of it is read as anything else. (If the name of the sum
/// is damaged, the file is like one of before there were sums, with a text more.)
#[test]
fn no_damaged_bit_is_read() {
    let (_folder, file) = place();
    let texts = Texts::from([("note".to_owned(), "as it was".to_owned())]);
    let tensors = Tensors::from([("state".to_owned(), vec![1.5, -2.0])]);
    save(&file, signed().spec(), &signed(), &texts, &tensors).unwrap();
    let whole = fs::read(&file).unwrap();
    let sound = load::<f32>(&file).unwrap();
    let (mut refused, mut read) = (0, 0);
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << bit;
            fs::write(&file, bytes).unwrap();
            let Ok(mut found) = load::<f32>(&file) else {
                refused += 1;
                continue;
            };
            read += 1;
            let place = format!("byte {at}, bit {bit}");
            assert_eq!(found.net.spec(), sound.net.spec(), "{place}");
            assert_eq!(fixed(&found.net), fixed(&sound.net), "{place}");
            assert_eq!(found.tensors, sound.tensors, "{place}");
            found.metadata.retain(|name, _| name == "note" || !name.contains("crc32"));
            let own = found.metadata.into_iter().filter(|(_, text)| *text == "as it was");
            assert_eq!(own.collect::<Texts>(), texts, "{place}");
        }
    }
    assert!(refused > 1000 && read < 1000, "{refused} and {read}");
}

/// What a net has drawn, by name, in double precision.
fn fixed<T: Scalar>(net: &dyn Layer<T>) -> Vec<(String, Vec<f64>)> {
    let mut all = Vec::new();
    net.visit_fixed(&mut |name, fixed| {
        let values = match fixed {
            Fixed::Numbers(values) => double(values),
            Fixed::Places(places) => places.iter().map(|&place| place as f64).collect(),
            _ => unreachable!("there are two sorts"),
        };
        all.push((name.to_owned(), values));
    });
    all
}

/// Nothing that is drawn escapes: two nets with the same parameters and the same fixed numbers are the same, whatever
/// their seeds, and with others they differ.
#[test]
fn parameters_and_fixed_numbers_are_the_whole_net() {
    let mut drawn = 0;
    for (name, spec) in specs_of_all_kinds() {
        let one = spec.build::<f64>().unwrap();
        let mut other = Spec { seed: spec.seed + 1, ..spec }.build::<f64>().unwrap();
        parameters::write(&mut other, &parameters::read(&one));
        let x = random::<f64>(3, one.inputs(), 1);
        let same = bits(&one.forward(x.clone())) == bits(&other.forward(x));
        assert_eq!(same, fixed(&one) == fixed(&other), "{name}");
        drawn += usize::from(!same);
    }
    assert!(drawn > 10, "only {drawn} nets draw something");
}

/// Signs, and in a residual a permutation of blocks and the signs of an image.
fn signed() -> Net<f32> {
    let mix = |transform, block, separable| FixedTransformConfig { transform, block, separable };
    let layers = vec![
        node(mix(TransformKind::Permutation, Some(3), false)),
        node(ReshapeConfig { shape: vec![1, 2, 3] }),
        node(mix(TransformKind::Signs, None, true)).named("image"),
        node(FlattenConfig {}),
    ];
    let layers =
        vec![node(mix(TransformKind::Signs, None, false)), node(ResidualConfig { layers })];
    Spec { input: vec![6], seed: 3, layers }.build().unwrap()
}

#[test]
fn what_is_drawn_stands_in_the_file() {
    let (_folder, file) = place();
    let net = signed();
    net.save(&file).unwrap();
    let bytes = fs::read(&file).unwrap();
    let plain = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let mut stored = Vec::new();
    for (name, tensor) in plain.iter() {
        let values: Vec<f64> = match tensor.dtype() {
            safetensors::Dtype::F32 => double(&f32::from_bytes(tensor.data())),
            safetensors::Dtype::I64 => {
                let places = tensor.data().chunks_exact(8).map(|b| b.try_into().unwrap());
                places.map(|b| i64::from_le_bytes(b) as f64).collect()
            }
            other => panic!("{name}: {other:?}"),
        };
        assert_eq!(tensor.shape(), [values.len()]);
        stored.push((name.strip_prefix("+fixed.").unwrap().to_owned(), values));
    }
    stored.sort_by(|a, b| a.0.cmp(&b.0));
    let names: Vec<_> = stored.iter().map(|(name, _)| name.as_str()).collect();
    let expected = ["0.signs", "1.0.permutation", "1.image.columns.signs", "1.image.rows.signs"];
    assert_eq!(names, expected);
    assert_eq!(stored, fixed(&net));
    let mut permutation = stored[1].1.clone();
    permutation.sort_by(f64::total_cmp);
    assert_eq!(permutation, [0.0, 1.0, 2.0]);
    assert!(
        [&stored[0].1, &stored[2].1, &stored[3].1].iter().all(|s| s.iter().all(|s| s.abs() == 1.0))
    );
    let again = load::<f32>(&file).unwrap();
    assert!(again.tensors.is_empty(), "what is drawn is no tensor of the program's");
}

#[test]
fn fixed_numbers_are_those_that_spec_and_seed_draw() {
    let net = signed();
    assert_eq!(changed_of(&net, |_| {}), "accepted");
    let (folder, file) = place();
    let older = folder.path().join("older.safetensors");
    store(&file, &net);
    // A file of before there were fixed tensors: as it is, without them and their bytes.
    let bytes = fs::read(&file).unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let mut header: Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    header.as_object_mut().unwrap().retain(|name, _| !name.starts_with("+fixed."));
    header["__metadata__"].as_object_mut().unwrap().remove("switchnet.crc32");
    let header = header.to_string().into_bytes();
    fs::write(&older, [&(header.len() as u64).to_le_bytes(), &header[..]].concat()).unwrap();
    assert_eq!(fixed(&load::<f32>(&older).unwrap().net), fixed(&net));

    // Another seed in the spec draws something else.
    let seed = changed_of(&net, |header| {
        let spec = header["__metadata__"]["switchnet.spec"].as_str().unwrap();
        header["__metadata__"]["switchnet.spec"] = json!(spec.replace("\"seed\":3", "\"seed\":4"));
    });
    assert!(seed.starts_with(": tensor +fixed."), "{seed}");
    assert!(seed.contains(", as spec and seed draw, found "), "{seed}");
    let swapped = changed_of(&net, |header| {
        let rows = header["+fixed.1.image.rows.signs"].take();
        header["+fixed.1.image.rows.signs"] = header["+fixed.1.image.columns.signs"].clone();
        header["+fixed.1.image.columns.signs"] = rows;
    });
    assert_eq!(swapped, ": shape of tensor +fixed.1.image.columns.signs: expected [2], found [3]");
    let name = changed_of(&net, |header| {
        let all = header.as_object_mut().unwrap();
        let signs = all.remove("+fixed.0.signs").unwrap();
        all.insert("+fixed.7.signs".into(), signs);
    });
    assert_eq!(name, ": tensor: expected one that the net draws, found +fixed.7.signs");
    let kind = changed_of(&net, |header| header["+fixed.1.0.permutation"]["dtype"] = json!("F64"));
    assert_eq!(kind, ": type of tensor +fixed.1.0.permutation: expected I64, found F64");
    // The name is the format's.
    let tensors = Tensors::from([("fixed.0.signs".to_owned(), vec![1.0])]);
    let refused = save(&file, net.spec(), &net, &Texts::new(), &tensors).unwrap_err().to_string();
    let expected =
        "name of a tensor: expected one that does not begin with fixed., found fixed.0.signs";
    assert_eq!(refused, expected);
}

#[test]
fn a_changed_sign_or_place_is_refused() {
    let (_folder, file) = place();
    let net = signed();
    store(&file, &net);
    let whole = with_header(&fs::read(&file).unwrap(), |_| {});
    let length = u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
    let header: Value = serde_json::from_slice(&whole[8..8 + length]).unwrap();
    for (name, at, byte) in [("0.signs", 3, 4 * 3 + 3), ("1.0.permutation", 2, 8 * 2 + 7)] {
        let mut bytes = whole.clone();
        let start = header[format!("+fixed.{name}")]["data_offsets"][0].as_u64().unwrap() as usize;
        bytes[8 + length + start + byte] ^= 0x80; // the sign
        fs::write(&file, bytes).unwrap();
        let message = refusal::<f32>(&file);
        assert_eq!(message, refusal::<f64>(&file), "also when it is widened");
        let start = format!(": tensor +fixed.{name}: expected ");
        assert!(message.starts_with(&start), "{message}");
        assert!(message.contains(&format!(" at {at}, as spec and seed draw, found ")), "{message}");
    }
}

/// `y = R x` with a fixed random matrix `R`: a layer of one's own that draws and has no parameters.
#[derive(Debug)]
struct RandomProjection<T>(Matrix<T>);

impl<T: Scalar> Layer<T> for RandomProjection<T> {
    fn signature(&self) -> Signature {
        let (m, n) = self.0.dim();
        Signature::new("random-projection", n, m, Regularity::Linear)
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        (x.dot(&self.0.t()), Box::new(ElementMap::new(x))) // nobody asks for the map
    }

    fn visit_fixed(&self, f: &mut VisitFixed<'_, T>) {
        f("matrix", Fixed::Numbers(self.0.view().into_dyn()));
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RandomProjectionConfig {
    outputs: usize,
}

impl LayerConfig for RandomProjectionConfig {
    const KIND: &'static str = "random-projection";

    fn build<T: Scalar>(
        &self,
        input: Shape<'_>,
        rng: &mut Generator,
    ) -> switchnet::Result<Built<T>> {
        let size = (self.outputs, input.len());
        let matrix = Matrix::from_shape_simple_fn(size, || normal(rng, 1.0));
        Ok(Built::new(RandomProjection(matrix), [self.outputs]))
    }
}

/// A kind of one's own is saved and loaded as any other, what it draws included, in either precision.
#[test]
fn layers_of_ones_own_come_back() {
    register::<RandomProjectionConfig>().unwrap();
    let layers = vec![node(RandomProjectionConfig { outputs: 3 }), node(DenseConfig::new(2))];
    let net = Spec { input: vec![4], seed: 5, layers }.build::<f32>().unwrap();
    let (_folder, file) = place();
    net.save(&file).unwrap();
    let x = random::<f32>(2, 4, 1);
    let again = Net::<f32>::load(&file).unwrap();
    assert_eq!(bits(&again.forward(x.clone())), bits(&net.forward(x)));
    let wide = Net::<f64>::load(&file).unwrap();
    assert_ne!(fixed(&wide), fixed(&net), "the numbers drawn are rounded in single precision");
    let narrow: Vec<f32> = fixed(&wide)[0].1.iter().map(|&v| v as f32).collect();
    assert_eq!(double(&narrow), fixed(&net)[0].1);
    let bytes = fs::read(&file).unwrap();
    let plain = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(plain.tensor("+fixed.0.matrix").unwrap().shape(), [3, 4]);
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

/// Where there is no sum, a flipped bit may turn one number into another, which nobody can notice. Anything else is
/// refused; nothing panics, and nothing that is not finite gets in.
#[test]
fn flipped_bits_never_panic() {
    let (_folder, file) = place();
    store(&file, &small::<f32>());
    let whole = with_header(&fs::read(&file).unwrap(), |_| {});
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

//! Nets in files: safetensors with the spec in its metadata, so that any program can rebuild the net from its file
//! alone. [`Net::save`] and [`Net::load`] are for nets; what is here takes along what a program adds to them.
//!
//! The metadata hold `switchnet.format` (the version, [`FORMAT`]), `switchnet.spec` (the [`Spec`] as
//! JSON), `switchnet.generator` (the name of the random generator that fixed signs and permutations
//! are drawn from), `switchnet.crc32` (a sum of all that is in the file, by which damage is noticed) and whatever text the
//! program adds. Each parameter is a tensor with its name, and tensors
//! that are no parameters have a name that starts with `+`: [fixed ones](Layer::visit_fixed), such as the signs
//! `+fixed.0.signs` of layer 0, with `+fixed.`; those that the program adds (the state of an interrupted training,
//! say) with `+` alone. Files without fixed tensors are of before there were any. Where they are, they must be what the
//! spec and its seed draw.
//!
//! ```
//! use std::collections::BTreeMap;
//! use switchnet::net::{checkpoint, zoo};
//!
//! let net = zoo::mlp(&[4], &[8], 3, 1).build::<f32>()?;
//! let path = std::env::temp_dir().join("switchnet-with-a-note.safetensors");
//! let notes = BTreeMap::from([("note".to_owned(), "not trained yet".to_owned())]);
//! let means = BTreeMap::from([("means".to_owned(), vec![0.5, 1.0, 1.5, 2.0])]);
//! checkpoint::save(&path, net.spec(), &net, &notes, &means)?;
//! let found = checkpoint::load::<f32>(&path)?;
//! assert_eq!((found.metadata, found.tensors), (notes, means));
//! # std::fs::remove_file(path).unwrap();
//! # Ok::<(), switchnet::Error>(())
//! ```

use super::{Net, Spec};
use crate::error::{Error, Result};
use crate::files::write_whole;
use crate::layer::{Layer, Parameter, parameters};
use crate::random::GENERATOR;
use crate::scalar::Scalar;
use crate::transform::Fixed;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use std::collections::BTreeMap;
use std::path::Path;

/// The version of the format that this crate writes and reads.
pub const FORMAT: &str = "1";

/// What the names of fixed tensors begin with, behind the `+` of what is no parameter.
const FIXED: &str = "fixed.";

/// The name of the sum that tells a damaged file.
const SUM: &str = "switchnet.crc32";

/// What a checkpoint holds.
#[derive(Debug)]
pub struct Checkpoint<T> {
    /// The net with its parameters.
    pub net: Net<T>,
    /// Texts by name.
    pub metadata: BTreeMap<String, String>,
    /// Numbers by name, beside the parameters.
    pub tensors: BTreeMap<String, Vec<T>>,
}

fn dtype<T: Scalar>() -> Dtype {
    if T::NAME == "f32" { Dtype::F32 } else { Dtype::F64 }
}

fn bytes<'a, T: Scalar>(values: impl IntoIterator<Item = &'a T>) -> Vec<u8> {
    let mut out = Vec::new();
    values.into_iter().for_each(|v| v.append_bytes(&mut out));
    out
}

/// Writes a net built from `spec`, whose parameters are those of `net`, to `path`: whole or not at
/// all.
///
/// # Errors
/// As [`write`](fn@write), or if the file cannot be written.
pub fn save<T: Scalar>(
    path: &Path,
    spec: &Spec,
    net: &dyn Layer<T>,
    metadata: &BTreeMap<String, String>,
    tensors: &BTreeMap<String, Vec<T>>,
) -> Result<()> {
    write_whole(path, &write(spec, net, metadata, tensors)?)
}

/// The bytes of the file that [`save`] writes.
///
/// # Errors
/// If the name of a tensor begins with `fixed.`.
pub fn write<T: Scalar>(
    spec: &Spec,
    net: &dyn Layer<T>,
    metadata: &BTreeMap<String, String>,
    tensors: &BTreeMap<String, Vec<T>>,
) -> Result<Vec<u8>> {
    let mut blocks: Vec<(String, Dtype, Vec<usize>, Vec<u8>)> = Vec::new();
    net.visit(&mut |Parameter { name, values, .. }| {
        blocks.push((name.to_owned(), dtype::<T>(), values.shape().to_vec(), bytes(values)));
    });
    net.visit_fixed(&mut |name, fixed| {
        let name = format!("+{FIXED}{name}");
        blocks.push(match fixed {
            Fixed::Numbers(v) => (name, dtype::<T>(), v.shape().to_vec(), bytes(v)),
            Fixed::Places(v) => {
                let places = v.iter().flat_map(|&place| (place as u64).to_le_bytes());
                (name, Dtype::I64, vec![v.len()], places.collect())
            }
        });
    });
    for (name, values) in tensors {
        if name.starts_with(FIXED) {
            let expected = format_args!("one that does not begin with {FIXED}");
            return Err(Error::new("name of a tensor", expected, name));
        }
        blocks.push((format!("+{name}"), dtype::<T>(), vec![values.len()], bytes(values)));
    }
    let views = blocks.iter().map(|(name, dtype, shape, data)| {
        let view = TensorView::new(*dtype, shape.clone(), data);
        (name, view.expect("the bytes were made from an array of this shape"))
    });
    let json = serde_json::to_string(spec).expect("a spec is plain data");
    let ours = [
        ("switchnet.format", FORMAT),
        ("switchnet.spec", json.as_str()),
        ("switchnet.generator", GENERATOR),
    ];
    let theirs = metadata.iter().map(|(k, v)| (k.as_str(), v.as_str()));
    let mut info: BTreeMap<&str, &str> = theirs.chain(ours).collect();
    let data = blocks.iter().map(|(name, _, _, data)| (name.as_str(), data.as_slice())).collect();
    let sum = checksum(&info, &data);
    info.insert(SUM, &sum);
    let info = info.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned()));
    // Which map safetensors takes depends on its features.
    safetensors::serialize(views, Some(info.collect()))
        .map_err(|e| Error::new("checkpoint", "tensors that safetensors takes", e))
}

/// Reads a net from `path`. A file in `f32` may be read as `f64`, but not the other way round.
///
/// # Errors
/// As [`read`], or if the file cannot be read; the error names the file.
pub fn load<T: Scalar>(path: &Path) -> Result<Checkpoint<T>> {
    let file = std::fs::read(path).map_err(|e| Error::io(path, e))?;
    read(&file).map_err(|e| e.at(path.display()))
}

/// Reads a net from the bytes of a file.
///
/// ```
/// use std::collections::BTreeMap;
/// use switchnet::net::{checkpoint, zoo};
/// let net = zoo::mlp(&[4], &[8], 3, 1).build::<f32>()?;
/// let file = checkpoint::write(net.spec(), &net, &BTreeMap::new(), &BTreeMap::new())?;
/// assert_eq!(checkpoint::read::<f64>(&file)?.net.spec(), net.spec());
/// # Ok::<(), switchnet::Error>(())
/// ```
///
/// # Errors
/// If it is not a checkpoint of this format, or its names, shapes or fixed numbers are not those of the net that
/// its spec describes; the error names the tensor.
pub fn read<T: Scalar>(file: &[u8]) -> Result<Checkpoint<T>> {
    let broken = |e| Error::new("checkpoint", "a whole safetensors file", e);
    let (_, header) = SafeTensors::read_metadata(file).map_err(broken)?;
    let stored = SafeTensors::deserialize(file).map_err(broken)?;
    let mut metadata: BTreeMap<String, String> =
        header.metadata().iter().flatten().map(|(k, v)| (k.clone(), v.clone())).collect();
    // Files that were written before there was a sum have none.
    if let Some(expected) = metadata.remove(SUM) {
        let texts = metadata.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let tensors = stored.tensors();
        let data = tensors.iter().map(|(name, tensor)| (name.as_str(), tensor.data())).collect();
        let found = checksum(&texts, &data);
        if found != expected {
            let what = format_args!("{SUM} of an undamaged checkpoint");
            return Err(Error::new(what, expected, found));
        }
    }
    let mut take = |name: &str| {
        metadata.remove(name).ok_or_else(|| Error::new("checkpoint", name, "no such metadata"))
    };
    for (name, expected) in [("switchnet.format", FORMAT), ("switchnet.generator", GENERATOR)] {
        let found = take(name)?;
        if found != expected {
            return Err(Error::new(name, expected, found));
        }
    }
    let spec: Spec = serde_json::from_str(&take("switchnet.spec")?)
        .map_err(|e| Error::new("switchnet.spec", "the JSON of a net", e))?;
    let at = |e: Error| e.at("switchnet.spec");
    let claimed = spec.size().map_err(at)?.parameters;
    // Before a net is made that the file cannot fill.
    let room = file.len() / size_of::<f32>();
    if claimed > room {
        let expected = format_args!("at most the {room} that the file has room for");
        return Err(at(Error::new("parameters of the net", expected, claimed)));
    }
    let mut net = spec.build::<T>().map_err(at)?;

    let mut tensors = BTreeMap::new();
    let mut unread: BTreeMap<String, _> = stored.tensors().into_iter().collect();
    let mut flat = Vec::with_capacity(parameters::count(&net));
    let mut failure = None;
    net.visit(&mut |Parameter { name, values, .. }| {
        let tensor = unread.remove(name).ok_or_else(|| {
            Error::new(format_args!("tensor {name}"), format_args!("{:?}", values.shape()), "none")
        });
        let read = tensor.and_then(|tensor| {
            shaped(name, values.shape(), &tensor)?;
            numbers::<T>(name, &tensor)
        });
        match read {
            Ok(numbers) => flat.extend(numbers),
            Err(e) => failure = failure.take().or(Some(e)),
        }
    });
    net.visit_fixed(&mut |name, fixed| {
        let name = format!("+{FIXED}{name}");
        let checked = unread.remove(&name).map(|tensor| drawn(&name, &fixed, &tensor));
        failure = failure.take().or(checked.and_then(Result::err));
    });
    if let Some(e) = failure {
        return Err(e);
    }
    for (name, tensor) in &unread {
        let Some(own) = name.strip_prefix('+') else {
            return Err(Error::new("tensor", "a parameter of the net", name));
        };
        if own.starts_with(FIXED) {
            return Err(Error::new("tensor", "one that the net draws", name));
        }
        tensors.insert(own.to_owned(), numbers(name, tensor)?);
    }
    parameters::write(&mut net, &flat);
    Ok(Checkpoint { net, metadata, tensors })
}

/// The CRC-32 of what a checkpoint holds, in hexadecimal: of each text its name and itself, a zero behind each, in the
/// order of the names; then of each tensor its name, a zero and its bytes, likewise.
fn checksum(texts: &BTreeMap<&str, &str>, tensors: &BTreeMap<&str, &[u8]>) -> String {
    let mut sum = flate2::Crc::new();
    for (name, text) in texts {
        [*name, "\0", text, "\0"].iter().for_each(|part| sum.update(part.as_bytes()));
    }
    for (name, data) in tensors {
        [name.as_bytes(), b"\0", data].iter().for_each(|part| sum.update(part));
    }
    format!("{:08x}", sum.sum())
}

fn shaped(name: &str, expected: &[usize], tensor: &TensorView<'_>) -> Result<()> {
    if tensor.shape() == expected {
        return Ok(());
    }
    let (expected, found) = (format!("{expected:?}"), format!("{:?}", tensor.shape()));
    Err(Error::new(format_args!("shape of tensor {name}"), expected, found))
}

/// Refuses a tensor that is not what was drawn, in the numbers of its file.
fn drawn<T: Scalar>(name: &str, fixed: &Fixed<'_, T>, tensor: &TensorView<'_>) -> Result<()> {
    let single = |v: T| f64::from(v.double() as f32);
    let (expected, found): (Vec<f64>, Vec<f64>) = match fixed {
        Fixed::Numbers(values) => {
            shaped(name, values.shape(), tensor)?;
            let rounded = if tensor.dtype() == Dtype::F32 { single } else { T::double };
            let found = numbers::<T>(name, tensor)?.into_iter().map(T::double);
            (values.iter().map(|&v| rounded(v)).collect(), found.collect())
        }
        Fixed::Places(places) => {
            shaped(name, &[places.len()], tensor)?;
            if tensor.dtype() != Dtype::I64 {
                let what = format_args!("type of tensor {name}");
                return Err(Error::new(what, "I64", format_args!("{:?}", tensor.dtype())));
            }
            let found = tensor.data().as_chunks().0.iter().map(|b| i64::from_le_bytes(*b) as f64);
            (places.iter().map(|&place| place as f64).collect(), found.collect())
        }
    };
    match expected.iter().zip(&found).position(|(a, b)| a != b) {
        None => Ok(()),
        Some(at) => {
            let expected = format_args!("{} at {at}, as spec and seed draw", expected[at]);
            Err(Error::new(format_args!("tensor {name}"), expected, found[at]))
        }
    }
}

fn numbers<T: Scalar>(name: &str, tensor: &TensorView<'_>) -> Result<Vec<T>> {
    let numbers: Vec<T> = match tensor.dtype() {
        found if found == dtype::<T>() => T::from_bytes(tensor.data()),
        Dtype::F32 => f32::from_bytes(tensor.data()).into_iter().map(|v| T::of(v.into())).collect(),
        found => {
            let expected = format!("{} or F32", T::NAME);
            return Err(Error::new(
                format_args!("type of tensor {name}"),
                expected,
                format_args!("{found:?}"),
            ));
        }
    };
    match numbers.iter().find(|v| !num_traits::Float::is_finite(**v)) {
        Some(v) => Err(Error::new(format_args!("tensor {name}"), "finite numbers", v)),
        None => Ok(numbers),
    }
}

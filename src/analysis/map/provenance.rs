//! What stands beside every answer that leaves the program: of which net it is, and what it may be taken for.

use crate::analysis::hash::fnv;
use crate::analysis::map::Exactness;
use crate::layer::{Layer, Parameter};
use crate::scalar::Scalar;
use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::Value;

/// Which net an answer is about, and how it was computed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Provenance {
    /// Whether the maps are the net on their regions, or tangents.
    pub exactness: Exactness,
    /// The numbers it was computed in, `f32` or `f64`.
    pub dtype: &'static str,
    /// The parameters' names and values in one number ([`parameter_hash`]), in hexadecimal. Nets of different
    /// architecture or fixed signs may share it.
    pub parameters: String,
    /// When a switch is open.
    pub convention: &'static str,
}

impl Provenance {
    /// The provenance of what is asked of `net`.
    pub fn of<T: Scalar>(net: &dyn Layer<T>) -> Self {
        Self {
            exactness: Exactness::of(net),
            dtype: T::NAME,
            parameters: format!("{:016x}", parameter_hash(net)),
            convention: "open where z > 0; z = 0 counts as closed and is listed as on the boundary",
        }
    }
}

/// An answer with its [`Provenance`].
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(bound(serialize = "A: Serialize"))]
#[non_exhaustive]
pub struct Answer<A> {
    /// Which net it is about.
    #[serde(flatten)]
    pub provenance: Provenance,
    /// What was asked. Written without an `exactness` of its own, which stands above.
    #[serde(serialize_with = "without_exactness")]
    pub answer: A,
}

impl<A> Answer<A> {
    /// The answer with the provenance of the net that gave it.
    pub fn of<T: Scalar>(net: &dyn Layer<T>, answer: A) -> Self {
        Self { provenance: Provenance::of(net), answer }
    }
}

fn without_exactness<A: Serialize, S: Serializer>(answer: &A, to: S) -> Result<S::Ok, S::Error> {
    fn remove(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.remove("exactness");
                fields.values_mut().for_each(remove);
            }
            Value::Array(values) => values.iter_mut().for_each(remove),
            _ => {}
        }
    }
    let mut value = serde_json::to_value(answer).map_err(S::Error::custom)?;
    remove(&mut value);
    value.serialize(to)
}

/// The names and values of all parameters as a 64-bit FNV-1a hash; values as `f64`, so that a net and its
/// copy in double precision have the same.
pub fn parameter_hash<T: Scalar>(net: &dyn Layer<T>) -> u64 {
    let mut bytes = Vec::new();
    net.visit(&mut |Parameter { name, values, .. }| {
        bytes.extend(name.as_bytes());
        bytes.extend(values.iter().flat_map(|v| v.double().to_le_bytes()));
    });
    fnv(bytes)
}

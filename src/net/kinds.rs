//! The kinds of layers that files can name, and a configuration of any of them.

use super::{PositionwiseConfig, ResidualConfig};
use crate::error::{Error, Result};
use crate::layer::{Built, EachConfig, LayerConfig, Shape, Size, each_config};
use crate::random::Generator;
use crate::scalar::Scalar;
use serde_json::{Map, Value};
use std::any::{Any, TypeId};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{LazyLock, RwLock};

/// A configuration of any registered kind.
pub struct Config(Box<dyn AnyConfig>);

/// [`LayerConfig`] behind a pointer: each generic method once for each type of numbers.
trait AnyConfig: Debug + Send + Sync {
    fn kind(&self) -> &'static str;
    fn boxed(&self) -> Box<dyn AnyConfig>;
    fn to_json(&self) -> Value;
    fn as_any(&self) -> &dyn Any;
    fn size(&self, input: Shape<'_>) -> Result<Size>;
    /// A `Built<f32>` or a `Built<f64>`.
    fn build(&self, double: bool, input: Shape<'_>, rng: &mut Generator) -> Result<Box<dyn Any>>;
}

impl<C: LayerConfig> AnyConfig for C {
    fn kind(&self) -> &'static str {
        C::KIND
    }

    fn boxed(&self) -> Box<dyn AnyConfig> {
        Box::new(self.clone())
    }

    fn to_json(&self) -> Value {
        serde_json::to_value(self).expect("a configuration is plain data")
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn size(&self, input: Shape<'_>) -> Result<Size> {
        LayerConfig::size(self, input)
    }

    fn build(&self, double: bool, input: Shape<'_>, rng: &mut Generator) -> Result<Box<dyn Any>> {
        Ok(match double {
            true => Box::new(LayerConfig::build::<f64>(self, input, rng)?),
            // Half of a program that never asks for it.
            #[cfg(switchnet_only_double)]
            false => return Err(Error::new("numbers of a net", "f64 in this build", "f32")),
            #[cfg(not(switchnet_only_double))]
            false => Box::new(LayerConfig::build::<f32>(self, input, rng)?),
        })
    }
}

impl Config {
    /// The kind, such as `two-slope`.
    pub fn kind(&self) -> &'static str {
        self.0.kind()
    }

    /// The configuration itself, if it is a `C`.
    pub fn get<C: LayerConfig>(&self) -> Option<&C> {
        self.0.as_any().downcast_ref()
    }

    /// [`LayerConfig::size`].
    ///
    /// # Errors
    /// As there.
    pub fn size(&self, input: Shape<'_>) -> Result<Size> {
        self.0.size(input)
    }

    /// [`LayerConfig::build`].
    ///
    /// # Errors
    /// As there.
    pub fn build<T: Scalar>(&self, input: Shape<'_>, rng: &mut Generator) -> Result<Built<T>> {
        let built = self.0.build(T::NAME == "f64", input, rng)?;
        Ok(*built.downcast().expect("there are two types of numbers"))
    }
}

impl<C: LayerConfig> From<C> for Config {
    fn from(config: C) -> Self {
        Self(Box::new(config))
    }
}

impl Clone for Config {
    fn clone(&self) -> Self {
        Self(self.0.boxed())
    }
}

impl Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl PartialEq for Config {
    fn eq(&self, other: &Self) -> bool {
        self.kind() == other.kind() && self.0.to_json() == other.0.to_json()
    }
}

impl Config {
    /// The fields in a file, the kind first.
    pub(super) fn fields(&self) -> Map<String, Value> {
        let mut all = Map::from_iter([("kind".to_owned(), self.kind().into())]);
        if let Value::Object(fields) = self.0.to_json() {
            all.extend(fields);
        }
        all
    }

    /// The configuration of this kind with these fields; a message if there is none.
    pub(super) fn read(kind: &str, fields: Map<String, Value>) -> Result<Self, String> {
        let kinds = KINDS.read().unwrap_or_else(|e| e.into_inner());
        let Some(entry) = kinds.get(kind) else {
            let known = kinds.keys().copied().collect::<Vec<_>>().join(", ");
            return Err(format!("kind of a layer: expected add, concat, {known}, found {kind}"));
        };
        let read = entry.read;
        drop(kinds); // a layer may hold others
        read(Value::Object(fields)).map_err(|e| format!("{kind}: {e}"))
    }
}

/// A kind of layer.
struct Entry {
    read: fn(Value) -> serde_json::Result<Config>,
    /// Which type it is of, to tell a kind registered twice from two kinds of one name.
    of: TypeId,
}

impl Entry {
    fn of<C: LayerConfig>() -> (&'static str, Self) {
        let read = |fields| serde_json::from_value::<C>(fields).map(Config::from);
        (C::KIND, Self { read, of: TypeId::of::<C>() })
    }
}

/// The kinds that files can name.
static KINDS: LazyLock<RwLock<Kinds>> = LazyLock::new(|| {
    let mut kinds = Kinds::new();
    each_config(&mut kinds);
    kinds.see::<PositionwiseConfig>();
    kinds.see::<ResidualConfig>();
    RwLock::new(kinds)
});

type Kinds = BTreeMap<&'static str, Entry>;

impl EachConfig for Kinds {
    fn see<C: LayerConfig>(&mut self) {
        let (name, entry) = Entry::of::<C>();
        self.insert(name, entry);
    }
}

/// Makes `C::KIND` a kind of layer that specs, checkpoints and the command line know, in this process. Doing it
/// twice changes nothing.
///
/// # Errors
/// If another configuration has this name, or it is `add` or `concat`.
pub fn register<C: LayerConfig>() -> Result<()> {
    let mut kinds = KINDS.write().unwrap_or_else(|e| e.into_inner());
    let (name, entry) = Entry::of::<C>();
    let of = entry.of;
    let taken = ["add", "concat"].contains(&name); // nodes without a layer
    if !taken && kinds.entry(name).or_insert(entry).of == of {
        return Ok(());
    }
    Err(Error::new("kind of a layer", "a name that no other layer has", name))
}

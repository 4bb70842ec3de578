//! What campaigns are run on: a file for each kind of reader.

mod data;
mod experiment;
mod net;
mod numpy;
mod onnx;
mod picture;
mod property;
mod record;

use crate::mutate::Form;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// `Ok` if the bytes were accepted, the message if they were refused. What breaks a promise panics.
pub type Verdict = Result<(), String>;

/// A reader, and what campaigns need to know of it.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name, and that of its folder of seeds.
    pub name: &'static str,
    /// What its inputs are.
    pub form: Form,
    /// Words that its format knows.
    pub words: &'static [&'static str],
    /// Reads bytes, and looks at what is accepted.
    pub run: fn(&[u8]) -> Verdict,
    /// How many bytes of memory it may hold for an input of so many bytes.
    pub memory: fn(usize) -> usize,
}

/// All targets, the cheap ones first.
pub fn all() -> Vec<Target> {
    let all = [
        numpy::all(),
        experiment::all(),
        property::all(),
        net::specs(),
        data::all(),
        picture::all(),
        record::all(),
        onnx::all(),
        net::checkpoints(),
    ];
    all.concat()
}

impl Target {
    /// Its seeds, in the order of their names.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn seeds(&self) -> std::io::Result<Vec<Vec<u8>>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(self.name);
        let entries = std::fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
        let mut files: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
        files.sort();
        files.into_iter().map(std::fs::read).collect()
    }
}

/// The environment variable with the folder for files of this process.
pub const SCRATCH: &str = "SWITCHNET_FUZZ_SCRATCH";

/// A folder for files of this process, in memory where there is such a thing.
pub fn scratch() -> &'static Path {
    static PLACE: OnceLock<PathBuf> = OnceLock::new();
    PLACE.get_or_init(|| {
        let memory = Path::new("/dev/shm");
        let base = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let own = || base.join(format!("switchnet-fuzz-{}", std::process::id()));
        let folder = std::env::var_os(SCRATCH).map_or_else(own, PathBuf::from);
        std::fs::create_dir_all(&folder).expect("a folder for files");
        folder
    })
}

/// A file of this process that holds `bytes`.
fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = scratch().join(name);
    std::fs::write(&path, bytes).expect("a file of our own");
    path
}

/// The message of an error.
fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// A TOML file, or the message of the refusal as the command line says it.
fn toml<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let text = std::str::from_utf8(bytes).map_err(text)?;
    toml::from_str(text).map_err(|e| e.message().escape_debug().to_string())
}

/// What is accepted is the same after a way through JSON.
fn comes_back<T>(value: &T)
where
    T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug,
{
    let json = serde_json::to_string(value).expect("plain data");
    let again: Result<T, _> = serde_json::from_str(&json);
    assert!(again.as_ref().is_ok_and(|again| again == value), "{json} comes back as {again:?}");
}

/// The largest number in plain data, but for seeds: how large sizes can be.
fn largest(value: &Value) -> f64 {
    let inside = |values: &mut dyn Iterator<Item = &Value>| values.map(largest).fold(0.0, f64::max);
    match value {
        Value::Number(number) => number.as_f64().unwrap_or(f64::INFINITY).abs(),
        Value::Array(items) => inside(&mut items.iter()),
        Value::Object(fields) => {
            inside(&mut fields.iter().filter(|(name, _)| *name != "seed").map(|(_, value)| value))
        }
        _ => 0.0,
    }
}

/// Sizes up to which nets are built here.
const SMALL: f64 = 256.0;

/// That number; a refusal if a net with it is neither small nor to be refused by its size.
fn may_be_large(value: &impl serde::Serialize) -> Result<f64, String> {
    let largest = largest(&serde_json::to_value(value).expect("plain data"));
    match largest > SMALL && largest <= (1u64 << 30) as f64 {
        true => Err("a net that may be large: not built here".to_owned()),
        false => Ok(largest),
    }
}

const MIB: usize = 1 << 20;

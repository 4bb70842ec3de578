//! The page as one file.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;
use serde_json::json;
use std::io::Write;

/// The module, as `build.sh` makes it.
pub const MODULE: &[u8] = include_bytes!("../module/switchnet.wasm");

const TEMPLATE: &str = include_str!("../web/index.html");
const STYLE: &str = include_str!("../web/style.css");

macro_rules! scripts {
    ($($name:literal)+) => { [$(include_str!(concat!("../web/app/", $name, ".js"))),+] };
}

/// In this order: the last one begins.
const SCRIPTS: [&str; 27] = scripts!["away" "bridge" "colors" "data" "drawing" "elements" "files" "input" "link" "margin" "now"
    "pair" "picture" "pins" "plane" "ray" "row" "samples" "series" "slice" "sliders" "state" "svg" "switches" "trouble" "views" "main"];

/// A net of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageNet {
    /// What it is called there.
    pub name: String,
    /// What it was read from: `checkpoint` or `onnx`.
    pub from: &'static str,
    /// The bytes of a checkpoint.
    pub file: Vec<u8>,
}

/// Inputs to begin with, all in units of the file that they come from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Samples {
    /// What the data are called.
    pub name: String,
    /// The shape of an input.
    pub shape: Vec<usize>,
    /// What an input is: `image`, `table`, `series` or `series:6`.
    pub form: String,
    /// What the features are called, if they have names.
    pub features: Option<Vec<String>>,
    /// The inputs, one behind the other.
    pub values: Vec<f32>,
    /// For each of them its class or, of values, its target.
    pub labels: Option<Vec<f64>>,
    /// Least and largest number of all data.
    pub range: [f32; 2],
    /// The same of each feature, where these are different things.
    pub ranges: Option<Vec<[f32; 2]>>,
}

impl Samples {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.values.len() / self.shape.iter().product::<usize>().max(1)
    }
}

/// What the page finds in itself.
#[derive(Serialize)]
struct Data<'a> {
    version: u32,
    title: &'a str,
    nets: Vec<serde_json::Value>,
    samples: serde_json::Value,
}

/// The page with these nets in it: one file, which asks for nothing else. It begins with the first net and the first sample.
///
/// ```
/// use switchnet_page::{PageNet, Samples, page};
/// let net = PageNet { name: "a </script> net".into(), from: "checkpoint", file: Vec::new() };
/// let page = page("a page", &[net], &Samples::default());
/// assert!(page.starts_with("<!DOCTYPE html>") && !page.contains("a </script> net"));
/// ```
pub fn page(title: &str, nets: &[PageNet], samples: &Samples) -> String {
    let net =
        |net: &PageNet| json!({ "name": net.name, "from": net.from, "file": packed(&net.file) });
    let values: Vec<u8> = samples.values.iter().flat_map(|v| v.to_le_bytes()).collect();
    let Samples { name, shape, form, features, labels, range, ranges, .. } = samples;
    let samples = json!({
        "name": name, "shape": shape, "form": form, "features": features, "labels": labels,
        "range": range, "ranges": ranges, "values": packed(&values),
    });
    let data = Data { version: 1, title, nets: nets.iter().map(net).collect(), samples };
    // Nothing in it ends the element that it stands in, or begins another.
    let data = serde_json::to_string(&data).expect("plain data").replace('<', "\\u003c");
    filled(|name| match name {
        "title" => escaped(title),
        "style" => [switchnet_style::STYLE, STYLE].concat(),
        "script" => SCRIPTS.concat(),
        "module" => packed(MODULE),
        "data" => data.clone(),
        other => unreachable!("the template has no {other}"),
    })
}

/// The template with its places filled. What is put in is not looked at again.
fn filled(mut part: impl FnMut(&str) -> String) -> String {
    let mut all = String::new();
    let mut rest = TEMPLATE;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}").expect("a place of the template has an end");
        all.push_str(before);
        all.push_str(&part(name));
        rest = after;
    }
    all + rest
}

/// Packed with gzip, as text.
fn packed(bytes: &[u8]) -> String {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    let all = packed.write_all(bytes).and_then(|()| packed.finish());
    STANDARD.encode(all.expect("memory takes all"))
}

/// A text as HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

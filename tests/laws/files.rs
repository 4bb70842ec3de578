//! What `docs/files.md` says of checkpoints, as a program that knows nothing of this crate: the net from its file alone.

use crate::common::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use switchnet::layer::Layer;
use switchnet::net::{Net, Spec};
use switchnet::transform::TransformKind;
use switchnet::{Matrix, Scalar};

/// What `docs/files/rebuild.py` makes of `x`; none if there is no Python here.
fn rebuilt(file: &Path, x: &Matrix<f64>) -> Option<Matrix<f64>> {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/files/rebuild.py");
    let mut python = Command::new("python3");
    let python = python.arg(program).arg(file).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut python = match python.spawn() {
        Err(e) if e.kind() == ErrorKind::NotFound => return None,
        started => started.unwrap(),
    };
    let rows: Vec<_> = x.rows().into_iter().map(|row| row.to_vec()).collect();
    let input = serde_json::to_vec(&rows).unwrap();
    python.stdin.take().unwrap().write_all(&input).unwrap();
    let answer = python.wait_with_output().unwrap();
    assert!(answer.status.success(), "{}: {}", file.display(), answer.status);
    let rows: Vec<Vec<f64>> = serde_json::from_slice(&answer.stdout).unwrap();
    let columns = rows[0].len();
    Some(Matrix::from_shape_vec((rows.len(), columns), rows.concat()).unwrap())
}

/// Every net that a file can hold, rebuilt by another program. Only where there is `python3`.
fn another_program_rebuilds_every_net<T: Scalar>() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("net.safetensors");
    // A file without numbers is the same in both precisions.
    let specs = specs_of_all_kinds().into_iter();
    let specs = specs.filter(|(_, spec)| T::NAME == "f64" || spec.layers.len() > 1);
    for (seed, (name, spec)) in specs.enumerate() {
        let mut net = spec.build::<T>().unwrap();
        randomize(&mut net, 200 + seed as u64);
        net.save(&file).unwrap();
        let net = Net::<f64>::load(&file).unwrap();
        let x = random::<f64>(2, net.inputs(), 201 + seed as u64);
        let Some(y) = rebuilt(&file, &x) else { return eprintln!("no python3 here") };
        let known = net.forward(x);
        let gap = distance(&y, &known);
        assert!(gap <= 1e-12 * norm(&known), "{name}: {gap:e} of {:e}", norm(&known));
    }
}

/// Collects what stands under `key` in `value`, at any depth.
fn collect(value: &Value, key: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get(key).and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|value| collect(value, key, found));
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, key, found)),
        _ => {}
    }
}

/// The names that a message lists behind `expected`.
fn listed(error: &str) -> BTreeSet<String> {
    let (_, list) = error.split_once("expected ").unwrap();
    let (list, _) = list.split_once(", found").unwrap();
    list.split(", ").map(str::to_owned).collect()
}

/// The kinds that other tests of this program make.
const OWN_KINDS: [&str; 2] = ["absolute", "random-projection"];

/// The list of what is rebuilt has every kind of layer there is, except those of other tests, and every transform.
#[test]
fn no_kind_is_left_out() {
    let (mut kinds, mut transforms) = (BTreeSet::new(), BTreeSet::new());
    for (_, spec) in specs_of_all_kinds() {
        let spec = serde_json::to_value(spec).unwrap();
        collect(&spec, "kind", &mut kinds);
        collect(&spec, "transform", &mut transforms);
    }
    let all = TransformKind::ALL.map(|kind| json!(kind).as_str().unwrap().to_owned());
    assert_eq!(transforms, BTreeSet::from(all));
    let unknown = r#"{ "input": [4], "seed": 1, "layers": [{ "kind": "unheard-of" }] }"#;
    let mut known = listed(&serde_json::from_str::<Spec>(unknown).unwrap_err().to_string());
    assert!(known.len() > 30, "{known:?}");
    known.retain(|kind| !OWN_KINDS.contains(&kind.as_str()));
    assert_eq!(kinds, known);
}

/// What stands in the row of `name` of a table of `docs/files.md`.
fn row<'a>(document: &'a str, name: &str) -> &'a str {
    let start = format!("| `{name}` |");
    let mut rows = document.lines().filter(|line| line.starts_with(&start));
    rows.next().unwrap_or_else(|| panic!("docs/files.md has no row of {name}"))
}

/// The document has every kind with its fields and its parameters, every transform, and the length of the program.
#[test]
fn the_document_has_every_kind() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let document = std::fs::read_to_string(folder.join("files.md")).unwrap();
    let lines = std::fs::read_to_string(folder.join("files/rebuild.py")).unwrap().lines().count();
    assert!(document.contains(&format!("\n{lines} lines, for every kind")), "{lines} lines");
    for kind in TransformKind::ALL {
        row(&document, json!(kind).as_str().unwrap());
    }
    let mut layers = Vec::new();
    for (_, spec) in specs_of_all_kinds() {
        flatten(&json!(spec)["layers"], &mut layers);
    }
    assert!(layers.len() > 100);
    for layer in layers {
        let row = row(&document, layer["kind"].as_str().unwrap());
        for field in layer.as_object().unwrap().keys() {
            let known = ["kind", "name", "from"].contains(&field.as_str());
            assert!(known || row.contains(&format!("`{field}`")), "{field} in {row}");
        }
    }
}

/// The nodes of a list, those of nodes in them too.
fn flatten(layers: &Value, all: &mut Vec<Value>) {
    for layer in layers.as_array().into_iter().flatten() {
        all.push(layer.clone());
        flatten(&layer["layers"], all);
    }
}

in_both_precisions!(another_program_rebuilds_every_net);

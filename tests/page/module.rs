//! The module as it is kept, run by Node: the sources, compiled here, answer as it does.

use crate::asked::{Answer, bytes, images, main_job, opened, request};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use switchnet_page::MODULE;

/// Questions of every kind to every net of the main job, and to one that is damaged.
fn requests(files: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let open = json!({ "do": "open" });
    let mut all: Vec<Vec<u8>> = files.iter().map(|file| request(&open, file)).collect();
    let images: Vec<Vec<u8>> = images(0..4).iter().map(|image| bytes(image)).collect();
    let mut ask = |question: Value, inputs: &[usize]| {
        let tail: Vec<u8> = inputs.iter().flat_map(|&i| images[i].clone()).collect();
        all.push(request(&question, &tail));
    };
    for net in 0..files.len() {
        for image in 0..4 {
            ask(json!({ "do": "now", "net": net, "distances": image == 0 }), &[image]);
        }
        ask(json!({ "do": "neuron", "net": net, "layer": 1, "unit": 7 }), &[1]);
        ask(json!({ "do": "margin", "net": net }), &[2]);
        ask(json!({ "do": "adversarial", "net": net, "steps": 5 }), &[2]);
        ask(json!({ "do": "ray", "net": net }), &[0, 1]);
        let window = json!([0.2, 0.22, 0.3, 0.32]);
        let slice =
            json!({ "do": "slice", "net": net, "window": window, "limit": 30, "norms": true });
        ask(slice, &[0, 1, 2]);
        ask(
            json!({ "do": "now", "net": net, "frozen": [{ "layer": 0, "unit": 3, "open": true }] }),
            &[3],
        );
    }
    ask(json!({ "do": "now", "net": 99 }), &[0]);
    all.push(request(&open, &files[0][..files[0].len() - 1]));
    all
}

/// Whether two numbers are one, but for rounding.
fn close(a: f64, b: f64, size: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= 1e-12 * size
}

fn same(what: &str, a: &Value, b: &Value) {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => {
            let [x, y] = [x, y].map(|v| v.as_f64().unwrap());
            assert!(close(x, y, x.abs().max(1.0)), "{what}: {x:e} and {y:e}");
        }
        (Value::Object(x), Value::Object(y)) => {
            assert!(x.keys().eq(y.keys()), "{what}");
            x.iter()
                .filter(|(name, _)| *name != "at")
                .for_each(|(k, v)| same(&format!("{what}.{k}"), v, &y[k]));
        }
        (Value::Array(x), Value::Array(y)) => {
            assert_eq!(x.len(), y.len(), "{what}");
            x.iter().zip(y).for_each(|(x, y)| same(what, x, y));
        }
        _ => assert_eq!(a, b, "{what}"),
    }
}

/// `SWITCHNET_PAGE_MODULE` names another module, such as one that was just built.
#[test]
#[ignore = "needs Node"]
fn the_module_answers_as_the_sources_do() {
    let folder = tempfile::tempdir().unwrap();
    let module = match std::env::var_os("SWITCHNET_PAGE_MODULE") {
        Some(path) => std::fs::read(path).unwrap(),
        None => MODULE.to_vec(),
    };
    let known = main_job();
    let files: Vec<Vec<u8>> = known.iter().map(|net| net.file.clone()).collect();
    let requests = requests(&files);
    std::fs::write(folder.path().join("module.wasm"), module).unwrap();
    for (i, request) in requests.iter().enumerate() {
        std::fs::write(folder.path().join(format!("{i}.request")), request).unwrap();
    }
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("page/module.mjs");
    let run = Command::new("node").arg(program).arg(folder.path()).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));

    let mut nets = opened(&[]);
    let (mut numbers, mut errors) = (0, 0);
    for (i, request) in requests.iter().enumerate() {
        let own = Answer::read(nets.call(request, &mut |_, _| ()));
        let bytes = std::fs::read(folder.path().join(format!("{i}.answer"))).unwrap();
        let other = Answer::read(bytes);
        let what = format!("request {i}");
        same(&what, &own.json, &other.json);
        errors += usize::from(own.error().is_some());
        let Some(fields) = own.json.get("ok").and_then(Value::as_object) else { continue };
        for name in fields.keys() {
            let what = format!("{what}, {name}");
            match own.kind(name) {
                Some("f64") => {
                    let (own, other) = (own.numbers(name), other.numbers(name));
                    let finite = own.iter().filter(|v| v.is_finite());
                    let size = finite.fold(1e-3, |a: f64, b| a.max(b.abs()));
                    for (a, b) in own.iter().zip(&other) {
                        assert!(close(*a, *b, size), "{what}: {a:e} and {b:e}");
                    }
                    numbers += own.len();
                }
                Some("u32") => assert_eq!(own.places(name), other.places(name), "{what}"),
                Some("u8") => assert_eq!(own.flags(name), other.flags(name), "{what}"),
                _ => {}
            }
        }
    }
    // Two that are no questions, and of each net whose first switches cannot be held.
    assert!((2..6).contains(&errors) && numbers > 100_000, "{errors} errors, {numbers} numbers");
}

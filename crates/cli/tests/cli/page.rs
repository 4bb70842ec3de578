//! `page`: nets in one file.

use crate::place::{Place, QUICK, json};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use std::io::Read;
use switchnet_page::Nets;

/// What the page of a file finds in itself.
fn data(page: &str) -> Value {
    let (_, rest) = page.split_once("id=\"data\">").unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

fn unpacked(text: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    let packed = STANDARD.decode(text.as_str().unwrap()).unwrap();
    GzDecoder::new(&packed[..]).read_to_end(&mut bytes).unwrap();
    bytes
}

/// The samples, each of so many numbers.
fn samples(data: &Value, width: usize) -> Vec<Vec<f32>> {
    let bytes = unpacked(&data["samples"]["values"]);
    let all: Vec<f32> = bytes.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
    all.chunks(width).map(<[f32]>::to_vec).collect()
}

/// The JSON of an answer, its arrays of numbers in their places.
fn ask(nets: &mut Nets, question: &Value, tail: &[u8]) -> Value {
    let text = question.to_string();
    let mut request = (text.len() as u32).to_le_bytes().to_vec();
    request.extend(text.as_bytes());
    request.resize(request.len().next_multiple_of(8), 0);
    request.extend(tail);
    let answer = nets.call(&request, &mut |_, _| ());
    let length = u32::from_le_bytes(answer[4..8].try_into().unwrap()) as usize;
    let mut json: Value = serde_json::from_slice(&answer[8..8 + length]).unwrap();
    let fields = json["ok"].as_object_mut().unwrap_or_else(|| panic!("{question}"));
    for value in fields.values_mut().filter(|value| value["kind"] == "f64") {
        let at = value["at"].as_u64().unwrap() as usize;
        let sides = value["shape"].as_array().unwrap().iter();
        let count: usize = sides.map(|side| side.as_u64().unwrap() as usize).product();
        let numbers = answer[at..at + 8 * count].as_chunks().0.iter();
        *value = numbers.map(|b| f64::from_le_bytes(*b)).collect::<Vec<_>>().into();
    }
    json["ok"].take()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

#[track_caller]
fn same(what: &str, found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let size = expected.iter().fold(1e-3, |a: f64, b| a.max(b.abs()));
    for (a, b) in found.iter().zip(expected) {
        assert!((a - b).abs() <= 1e-12 * size, "{what}: {a:e}, not {b:e}");
    }
}

/// The nets of a page, asked about its samples, answer as `inspect` does about the same numbers: of images that are
/// standardized as a whole, and of a table whose features and targets have units of their own.
#[test]
fn a_page_answers_as_the_command_line_does() {
    let place = Place::new();
    place.succeeds(&format!(
        "train --net switch --width 64 --depth 2 {QUICK} --out digits.safetensors"
    ));
    let table: String =
        (0..60).map(|i| format!("{},{},{}\n", i % 7, 100 * (i % 5), 3 * i)).collect();
    place.write("table.csv", format!("a,b,price\n{table}"));
    place.succeeds(&format!(
        "train --net mlp --hidden 8,8 --data table.csv --values --label price --standardize feature {QUICK} \
         --out units.safetensors"
    ));
    for (name, width) in [("digits", 64), ("units", 2)] {
        let said =
            place.succeeds(&format!("page {name}.safetensors --out {name}.html --samples 6"));
        assert!(said.starts_with(&format!("Wrote {name}.html: 1 net, 6 inputs, ")), "{said}");
        let data = data(&place.read(&format!("{name}.html")));
        let samples = samples(&data, width);
        assert_eq!(samples.len(), 6);
        let mut nets = Nets::default();
        ask(&mut nets, &json!({ "do": "open" }), &unpacked(&data["nets"][0]["file"]));
        for sample in samples {
            let x: Vec<f64> = sample.iter().map(|&v| f64::from(v)).collect();
            let tail: Vec<u8> = x.iter().flat_map(|v| v.to_le_bytes()).collect();
            let now = ask(&mut nets, &json!({ "do": "now", "net": 0 }), &tail);
            let typed: Vec<String> = x.iter().map(f64::to_string).collect();
            place.succeeds(&format!("inspect {name}.safetensors --values-of {}", typed.join(",")));
            let map = &json(&place.path("out/inspect.json"))["answer"]["map"];
            same("x", &numbers(&now["net_input"]), &numbers(&map["x"]));
            same("y", &numbers(&now["net_y"]), &numbers(&map["y"]));
            same("c", &numbers(&now["net_constants"]), &numbers(&map["c"]));
            let rows: Vec<Vec<f64>> = map["a"].as_array().unwrap().iter().map(numbers).collect();
            let norm = |row: &Vec<f64>| row.iter().map(|v| v * v).sum::<f64>().sqrt();
            same("norms", &numbers(&now["net_norms"]), &rows.iter().map(norm).collect::<Vec<_>>());
            // In its own units the sum is the same, and so is a raw picture of it.
            let own: f64 = numbers(&now["rows"])[..width].iter().zip(&x).map(|(a, x)| a * x).sum();
            let y = numbers(&now["y"])[0];
            assert!((own + numbers(&now["constants"])[0] - y).abs() <= 1e-11 * y.abs().max(1.0));
        }
    }
}

/// Samples are of all classes in turn, and every third is one that the net has wrong, while there are some.
#[test]
fn samples_are_right_and_wrong_ones_in_units_of_the_data() {
    let place = Place::new();
    place.succeeds(&format!("train --net mlp --hidden 16 {QUICK} --out net.safetensors"));
    place.succeeds("page net.safetensors --samples 30");
    let data = data(&place.read("page.html"));
    let samples = samples(&data, 64);
    assert!(samples.iter().flatten().all(|v| v.fract() == 0.0 && (0.0..=16.0).contains(v)));
    assert_eq!(
        (&data["samples"]["form"], &data["samples"]["range"]),
        (&json!("image"), &json!([0.0, 16.0]))
    );
    let mut nets = Nets::default();
    let open = ask(&mut nets, &json!({ "do": "open" }), &unpacked(&data["nets"][0]["file"]));
    assert_eq!((&open["inputs"], &open["classes"][9]), (&json!(64), &json!("9")));
    let labels = numbers(&data["samples"]["labels"]);
    let mut turn = 0;
    for (i, (sample, label)) in samples.iter().zip(&labels).enumerate() {
        let tail: Vec<u8> = sample.iter().flat_map(|&v| f64::from(v).to_le_bytes()).collect();
        let now = ask(&mut nets, &json!({ "do": "now", "net": 0 }), &tail);
        let right = now["class"].as_f64().unwrap() == *label;
        assert_eq!(right, i % 3 != 2, "sample {i}");
        if right {
            assert_eq!(*label, f64::from(turn % 10), "sample {i}");
            turn += 1;
        }
    }
}

#[test]
fn a_page_has_several_nets_and_those_of_others() {
    let place = Place::new();
    place.write("mlp.onnx", include_bytes!("../../../../fuzz/seeds/onnx/mlp"));
    place.write("gray.onnx", include_bytes!("../../../../fuzz/seeds/onnx/gray"));
    let said = place.succeeds("page mlp.onnx --out one.html");
    assert!(said.contains("1 net, 1 input"), "an input of zeros: {said}");
    let one = data(&place.read("one.html"));
    assert_eq!((&one["nets"][0]["name"], &one["nets"][0]["from"]), (&json!("mlp"), &json!("onnx")));
    assert!(one["samples"]["labels"].is_null());
    let mut nets = Nets::default();
    let open = ask(&mut nets, &json!({ "do": "open" }), &unpacked(&one["nets"][0]["file"]));
    assert_eq!((&open["inputs"], &open["outputs"]), (&json!(4), &json!(3)));
    let outcome = place.run("page mlp.onnx gray.onnx");
    assert!(
        outcome.err.contains("gray.onnx: expected 4 inputs and 3 outputs as the first net, found 16 inputs and 2 outputs"),
        "{}",
        outcome.err
    );
    assert!(!place.path("page.html").exists());
    // Of one name, but for their folders.
    for folder in ["a", "b"] {
        std::fs::create_dir(place.path(folder)).unwrap();
        place.write(
            &format!("{folder}/net.onnx"),
            include_bytes!("../../../../fuzz/seeds/onnx/mlp"),
        );
    }
    place.succeeds("page a/net.onnx b/net.onnx --title two");
    let two = data(&place.read("page.html"));
    let names: Vec<&Value> =
        two["nets"].as_array().unwrap().iter().map(|net| &net["name"]).collect();
    assert_eq!((names, &two["title"]), (vec![&json!("a/net"), &json!("b/net")], &json!("two")));
}

#[test]
fn names_and_titles_stay_texts() {
    let place = Place::new();
    let name = "<img src=x onerror=alert(1)>.onnx";
    place.write(name, include_bytes!("../../../../fuzz/seeds/onnx/mlp"));
    let title = "</title></script><script>alert(1)</script>{{data}}";
    let outcome = place.run_with(["page", name, "--title", title]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.err);
    let page = place.read("page.html");
    assert!(!page.contains("<img src=x") && !page.contains("<script>alert"));
    let data = data(&page);
    assert_eq!(data["title"], title);
    assert_eq!(data["nets"][0]["name"], "<img src=x onerror=alert(1)>");
}

#[test]
fn what_makes_no_page_is_refused_in_a_line() {
    let place = Place::new();
    place.write("net.onnx", include_bytes!("../../../../fuzz/seeds/onnx/mlp"));
    place.write(
        "rows.csv",
        "a,b,k\n1,2,0\n2,3,1\n3,4,0\n4,5,1\n5,6,0\n6,7,1\n7,8,0\n8,9,1\n9,1,0\n1,3,1\n",
    );
    place.succeeds("train --net mlp --hidden 4 --data rows.csv --epochs 1 --out own.safetensors");
    place.fails("page none.safetensors", &["none.safetensors"]);
    place.fails("page net.onnx --samples 0", &["--samples: expected at least 1, found 0"]);
    place.fails(
        "page own.safetensors --out own.safetensors",
        &["--out: expected a file of its own"],
    );
    place.fails(
        "page own.safetensors --data rows.csv --out rows.csv",
        &["--out: expected a file of its own"],
    );
    place.fails("page own.safetensors --out rows.csv", &["--out: expected a file of its own"]);
    place.fails(
        "page own.safetensors --scale 255",
        &["--scale: expected with an ONNX file, found without"],
    );
    place.fails("page own.safetensors --draw series:3", &["--draw"]);
    place.write("broken.safetensors", [0; 40]);
    place.fails("page own.safetensors broken.safetensors", &["broken.safetensors"]);
    assert!(!place.path("page.html").exists(), "nothing is half written");
    assert_eq!(place.run("page").code, Some(2));
}

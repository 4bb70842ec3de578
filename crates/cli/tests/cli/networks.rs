//! Nets of others: ONNX files in the place of checkpoints.

use crate::place::{Outcome, Place, close, json, write_grays};
use ndarray::{Array1, Array2, array};
use serde_json::json;
use switchnet::layer::ReluConfig;
use switchnet::net::Spec;
use switchnet_onnx::{WriteOptions, write};

/// Four numbers through six ReLUs to three classes with a softmax behind them.
const MLP: &[u8] = include_bytes!("../../../../fuzz/seeds/onnx/mlp");
/// A picture of 4 × 4 gray pixels, its channel last, to two numbers: a convolution, ReLUs, means, a matrix.
const GRAY: &[u8] = include_bytes!("../../../../fuzz/seeds/onnx/gray");

/// The numbers that all weights of both begin with.
fn weight(i: usize) -> f64 {
    ((i * 5 + 2) % 7) as f64 / 8.0 - 0.3
}

/// `W₂ᵀ relu(W₁ x + b₁) + b₂`.
fn mlp(x: [f64; 4]) -> Vec<f64> {
    let hidden = |i: usize| (0..4).map(|j| weight(i * 4 + j) * x[j]).sum::<f64>() + weight(i);
    let hidden: Vec<f64> = (0..6).map(|i| hidden(i).max(0.0)).collect();
    (0..3).map(|k| (0..6).map(|i| weight(i * 3 + k) * hidden[i]).sum::<f64>() + weight(k)).collect()
}

fn shares(y: &[f64]) -> Vec<f64> {
    let sum: f64 = y.iter().map(|y| y.exp()).sum();
    y.iter().map(|y| y.exp() / sum).collect()
}

fn place() -> Place {
    let place = Place::new();
    place.write("mlp.onnx", MLP);
    place.write("gray.ONNX", GRAY);
    place
}

/// What follows the line that says what was read, which must be there.
fn fails(place: &Place, arguments: &str, parts: &[&str]) {
    let Outcome { code, out, err } = place.run(arguments);
    assert_eq!((code, out.as_str()), (Some(1), ""), "{arguments}\n{err}");
    let lines: Vec<&str> = err.lines().collect();
    let [read, error] = lines[..] else { panic!("{arguments}\n{err}") };
    assert!(
        read.contains(".onnx: ONNX, operators of version ") && error.starts_with("error: "),
        "{err}"
    );
    for part in parts {
        assert!(error.contains(part), "{arguments}: no {part:?} in {error}");
    }
}

#[test]
fn an_onnx_file_is_inspected_in_double_precision() {
    let place = place();
    let x = [1.0, -0.5, 0.25, 2.0];
    let outcome =
        place.run("inspect mlp.onnx --values-of 1,-0.5,0.25,2 --margin --spectrum --optimum 1");
    assert_eq!(outcome.code, Some(0), "{}", outcome.err);
    assert_eq!(
        outcome.err.lines().next().unwrap(),
        "mlp.onnx: ONNX, operators of version 13: Add, Gemm, MatMul, Relu, Softmax; x [1, 4] to y [1, 3]; the last Softmax \
         is left out"
    );
    let y = mlp(x);
    let best = (0..3).max_by(|&a, &b| y[a].total_cmp(&y[b])).unwrap();
    let said = format!("class {best} with probability {:.4}", shares(&y)[best]);
    assert!(outcome.out.contains(&said), "no {said} in {}", outcome.out);
    let answer = json(&place.path("out/inspect.json"));
    let map = &answer["answer"]["map"];
    assert_eq!((&answer["exactness"], &answer["dtype"]), (&json!("exact"), &json!("f64")));
    close(&map["y"], &json!(y), 1e-14);
    assert!(map["residual"]["relative"].as_f64().unwrap() < 1e-14);
    // As the net was trained: scaled, then shifted, then scaled again.
    let seen = x.map(|x| (x / 2.0 - 0.5) / 0.25);
    place.succeeds("inspect mlp.onnx --values-of 1,-0.5,0.25,2 --scale 2 --mean 0.5 --std 0.25");
    let map = &json(&place.path("out/inspect.json"))["answer"]["map"];
    close(&map["x"], &json!(seen), 1e-15);
    close(&map["y"], &json!(mlp(seen)), 1e-14);
    let summary = place.succeeds("summary mlp.onnx");
    assert!(summary.contains("dense") && summary.contains("total"), "{summary}");
    let spec = place.succeeds("summary mlp.onnx --spec");
    assert!(spec.contains("name = \"fc1\""), "{spec}");
}

#[test]
fn a_picture_goes_through_a_net_of_pictures() {
    let place = place();
    let pixels: Vec<u8> = (0..16).map(|i| i * 17).collect();
    write_grays(&place.path("ramp.png"), [4, 4], &pixels);
    let numbers: Array1<f64> = pixels.iter().map(|&p| f64::from(p) / 255.0).collect();
    ndarray_npy::write_npy(place.path("ramp.npy"), &numbers).unwrap();
    let of = |arguments: &str| {
        place.succeeds(&format!("inspect gray.ONNX --input {arguments}"));
        json(&place.path("out/inspect.json"))["answer"]["map"]["y"].clone()
    };
    // Zeros around it, as many as the size stays with.
    let pixel = |i: i64, j: i64| match (0..4).contains(&i) && (0..4).contains(&j) {
        true => numbers[(i * 4 + j) as usize],
        false => 0.0,
    };
    let channel = |o: usize| -> f64 {
        let all = (0..4).flat_map(|i| (0..4).map(move |j| (i, j))).map(|(i, j)| {
            let taps =
                (0..9i64).map(|k| weight(o * 9 + k as usize) * pixel(i + k / 3 - 1, j + k % 3 - 1));
            (taps.sum::<f64>() + weight(o)).max(0.0)
        });
        all.sum::<f64>() / 16.0
    };
    let means = [channel(0), channel(1)];
    let y = [0, 1].map(|k| means[0] * weight(k) + means[1] * weight(2 + k));
    close(&of("ramp.png"), &json!(y), 1e-14);
    close(&of("ramp.npy"), &json!(y), 1e-14);
    // Nobody says that its outputs are classes.
    let said = place.succeeds("inspect gray.ONNX --input ramp.npy");
    let largest = usize::from(y[1] > y[0]);
    let begin =
        format!("ramp.npy: of 2 outputs the largest is output {largest} = {:.6}", y[largest]);
    assert!(said.starts_with(&begin), "{said}");
    // The same net, trained with numbers up to 255 that are divided by it.
    close(&of("ramp.png --scale 255"), &json!(y), 1e-14);
    place.succeeds("predict gray.ONNX --data ramp.png");
    let text = place.read("out/predictions.csv");
    let line: Vec<&str> = text.lines().nth(1).unwrap().split(',').collect();
    assert_eq!((text.lines().next().unwrap(), line[0]), ("file,output 0,output 1", "ramp.png"));
    close(
        &json!([line[1].parse::<f64>().unwrap(), line[2].parse::<f64>().unwrap()]),
        &json!(y),
        1e-14,
    );
}

#[test]
fn data_are_evaluated_and_predicted() {
    let place = place();
    let x: Array2<f64> =
        array![[1.0, -0.5, 0.25, 2.0], [0.0, 3.0, 1.0, -1.0], [-2.0, 0.5, 0.5, 0.0]];
    let rows: Vec<Vec<f64>> = x.rows().into_iter().map(|x| mlp([x[0], x[1], x[2], x[3]])).collect();
    let best = |y: &Vec<f64>| (0..3).max_by(|&a, &b| y[a].total_cmp(&y[b])).unwrap();
    let mut labels: Vec<i64> = rows.iter().map(|y| best(y) as i64).collect();
    labels[2] = (labels[2] + 1) % 3; // one that is wrong
    // All classes are there, as many as the net has.
    let mut archive =
        ndarray_npy::NpzWriter::new(std::fs::File::create(place.path("data.npz")).unwrap());
    let three = [&x, &x, &x].map(|x| x.view());
    archive.add_array("x", &ndarray::concatenate(ndarray::Axis(0), &three).unwrap()).unwrap();
    let others: Vec<i64> = labels.iter().copied().chain(0..3).chain(0..3).collect();
    archive.add_array("y", &Array1::from(others.clone())).unwrap();
    archive.finish().unwrap();
    let right = others.iter().enumerate().filter(|(i, k)| best(&rows[i % 3]) as i64 == **k).count();
    let evaluated = place.succeeds("evaluate mlp.onnx --data data.npz");
    let said = format!("{} wrong", 9 - right);
    assert!(evaluated.contains("all: 9 rows") && evaluated.contains(&said), "{said}\n{evaluated}");
    ndarray_npy::write_npy(place.path("x.npy"), &x).unwrap();
    place.succeeds("predict mlp.onnx --data x.npy --maps maps.csv");
    let text = place.read("out/predictions.csv");
    for (line, y) in text.lines().skip(1).zip(&rows) {
        let cells: Vec<&str> = line.split(',').collect();
        assert_eq!(cells[1], best(y).to_string(), "{text}");
        let found: Vec<f64> = cells[2..].iter().map(|cell| cell.parse().unwrap()).collect();
        close(&json!(found), &json!(shares(y)), 1e-14);
    }
    let maps = place.read("maps.csv");
    for (line, (x, y)) in maps.lines().skip(1).zip(x.rows().into_iter().zip(&rows)) {
        let cells: Vec<&str> = line.split(',').collect();
        assert_eq!(cells[1], best(y).to_string(), "{maps}");
        let numbers: Vec<f64> = cells[2..].iter().map(|cell| cell.parse().unwrap()).collect();
        let sum = numbers[0] + x.iter().zip(&numbers[1..]).map(|(x, w)| x * w).sum::<f64>();
        assert!((sum - y[best(y)]).abs() < 1e-13, "{line}");
    }
    place.succeeds("inspect mlp.onnx --data data.npz --index 1 --switches");
}

#[test]
fn what_an_onnx_file_lacks_is_asked_for() {
    let place = place();
    place.write("table.csv", "a,b,c,d,k\n1,2,3,4,0\n");
    let of_values = "--values-of 1,2,3,4";
    for (arguments, parts) in [
        (
            "inspect mlp.onnx",
            &["--input: expected an input, or data by --data, for an ONNX file, found neither"][..],
        ),
        (
            "evaluate mlp.onnx",
            &["--data: expected the rows to evaluate an ONNX file with, found none"],
        ),
        ("predict mlp.onnx", &["--data: expected the rows to predict, found nothing"]),
        (
            "predict mlp.onnx --data table.csv",
            &["--data: expected pictures, an IDX or a NumPy file for an ONNX file"],
        ),
        (
            "inspect mlp.onnx --data digits",
            &["expected 4 inputs and 3 outputs as the net has, found 64 and 10"],
        ),
        ("inspect mlp.onnx --values-of 1", &["expected 4 numbers, of shape [4], found 1"]),
        (
            "summary mlp.onnx --data digits",
            &["summary: expected a checkpoint or arguments for a net, found both"],
        ),
    ] {
        if arguments.starts_with("summary") {
            place.fails(arguments, parts);
        } else {
            fails(&place, arguments, parts);
        }
    }
    for view in ["--memory", "--neurons", "--switches", "--similarity", "--ray 1", "--slice 1,2"] {
        let flag = view.split(' ').next().unwrap();
        let message = format!("{flag}: expected with --data for an ONNX file, found without");
        fails(&place, &format!("inspect mlp.onnx {of_values} {view}"), &[&message]);
    }
    for (flags, message) in [
        ("--mean 1,2", "--mean: expected 1 number or 4, found 2"),
        ("--std 0", "--std: expected a number above 0, found 0"),
        ("--scale -1", "--scale: expected a number above 0, found -1"),
    ] {
        fails(&place, &format!("inspect mlp.onnx {of_values} {flags}"), &[message]);
    }
    // Nobody says which side is that of channels: the first of an image, or the last.
    let spec = Spec { input: vec![3, 4, 5], seed: 1, layers: vec![ReluConfig {}.into()] };
    let file = write(&spec.build::<f32>().unwrap(), &WriteOptions::default()).unwrap();
    place.write("relu.onnx", file);
    ndarray_npy::write_npy(place.path("two.npy"), &Array1::<f64>::ones(120)).unwrap();
    for flag in ["--mean", "--std"] {
        let images = "inspect relu.onnx --input two.npy --onnx-shape 2,3,4,5";
        fails(
            &place,
            &format!("{images} {flag} 1,2,3"),
            &[&format!(
                "{flag}: expected 1 number, as no file says which side of [2, 3, 4, 5] is that of channels, found 3"
            )],
        );
        place.succeeds(&format!("{images} {flag} 2"));
        place.succeeds(&format!(
            "inspect relu.onnx --values-of {} {flag} 1,2,3",
            ["1"; 60].join(",")
        ));
    }
    // Before anything is said: nothing was read.
    place.write("broken.onnx", &MLP[..100]);
    place.write("net.safetensors", MLP);
    place.fails(
        "inspect broken.onnx",
        &["broken.onnx: protocol buffer: expected ", " more bytes, found "],
    );
    place.fails("inspect none.onnx", &["none.onnx: No such file"]);
    place.fails(
        &format!("inspect mlp.onnx {of_values} --onnx-output z"),
        &["mlp.onnx: output of the model: expected y, found z"],
    );
    place.fails(
        "evaluate net.safetensors --mean 1",
        &["--mean: expected with an ONNX file, found without"],
    );
}

/// Three numbers a row, two classes with names, of other sizes.
fn table(place: &Place, values: bool) -> String {
    let mut text = String::from("width,height,depth,kind\n");
    for row in 0..40i32 {
        let (a, b, c) = (row * 7 % 13, 100 + row * 5 % 17, row * 3 % 11);
        let kind = match (values, 3 * a + c > 25) {
            (true, _) => format!("{}", f64::from(3 * a - b) / 8.0),
            (false, true) => "ash".to_owned(),
            (false, false) => "elm".to_owned(),
        };
        text += &format!("{a},{b},{c},{kind}\n");
    }
    place.write("t.csv", &text);
    let kind = if values { " --values" } else { "" };
    place.succeeds(&format!(
        "train --data t.csv{kind} --net mlp --hidden 5 --epochs 3 --batch 8 --standardize feature"
    ));
    place.succeeds("predict out/net.safetensors --data t.csv --maps maps.csv");
    place.read("out/predictions.csv")
}

/// Lines of names and numbers that are the same to a part of 10⁻⁵, and of as many columns.
fn same_table(a: &str, b: &str) {
    assert_eq!(a.lines().count(), b.lines().count());
    for (a, b) in a.lines().zip(b.lines()) {
        let (a, b): (Vec<_>, Vec<_>) = (a.split(',').collect(), b.split(',').collect());
        assert_eq!(a.len(), b.len());
        for (a, b) in a.iter().zip(&b) {
            match (a.parse::<f64>(), b.parse::<f64>()) {
                (Ok(x), Ok(y)) => assert!((x - y).abs() <= 1e-5 * (1.0 + x.abs()), "{a} {b}"),
                _ => assert_eq!(a, b),
            }
        }
    }
}

/// An exported net is asked as its checkpoint is: by the names of its columns, its classes, in raw units.
#[test]
fn an_exported_net_takes_the_place_of_its_checkpoint() {
    for values in [false, true] {
        let place = place();
        let known = table(&place, values);
        let maps = place.read("maps.csv");
        let (standardized, units) = match values {
            false => ("", ""),
            true => (", standardized too", ", in their own units"),
        };
        let outputs = if values { 1 } else { 2 };
        let net = "out/net.safetensors";
        let said = place.succeeds(&format!("export {net} own.onnx"));
        let takes = "standardized as `standardize` of its metadata says";
        let expected = format!(
            "Wrote own.onnx: ONNX, x [N, 3], {takes} to y [N, {outputs}]{standardized}, float32.\n"
        );
        assert_eq!(said, expected);
        let said = place.succeeds(&format!("export {net} double.onnx --double"));
        assert!(said.ends_with(", float64.\n"), "{said}");
        let said = place.succeeds(&format!("export {net} raw.onnx --with-standardization"));
        assert_eq!(
            said,
            format!("Wrote raw.onnx: ONNX, x [N, 3], raw to y [N, {outputs}]{units}, float32.\n")
        );
        for (file, exact) in [("own.onnx", true), ("double.onnx", true), ("raw.onnx", false)] {
            place.succeeds(&format!("predict {file} --data t.csv --maps others.csv"));
            let (found, weights) = (place.read("out/predictions.csv"), place.read("others.csv"));
            same_table(&found, &known);
            same_table(&weights, &maps);
            assert!(!exact || (found == known && weights == maps), "{file}");
        }
        let evaluated = place.succeeds("evaluate own.onnx --data t.csv");
        assert_eq!(evaluated, place.succeeds(&format!("evaluate {net} --data t.csv")));
        // Without data too it has the names of the table, and a property is of the numbers that it takes.
        let said = place.succeeds("inspect own.onnx --values-of 3,104,5");
        let of = if values { "kind" } else { "class " };
        assert!(said.contains("height") && said.lines().next().unwrap().contains(of), "{said}");
        let bounds: String = (0..3)
            .map(|i| {
                format!("(declare-const X_{i} Real)(assert (>= X_{i} -1))(assert (<= X_{i} 1))")
            })
            .chain((0..outputs).map(|k| format!("(declare-const Y_{k} Real)")))
            .collect();
        place.write("far.vnnlib", format!("{bounds}(assert (>= Y_0 1000000))"));
        assert!(place.succeeds("verify own.onnx --property far.vnnlib").starts_with("holds"));
        fails(
            &place,
            "predict own.onnx --data t.csv --mean 1",
            &["--scale, --mean, --std: expected with a file"],
        );
    }
}

#[test]
fn what_cannot_be_exported_is_refused() {
    let place = place();
    place
        .succeeds("train --net mlp --hidden 4 --epochs 1 --standardize none --out net.safetensors");
    for (arguments, part) in [
        (
            "export net.safetensors net.txt",
            "OUT.onnx: expected a name that ends in .onnx, found net.txt",
        ),
        ("export mlp.onnx again.onnx", "mlp.onnx: checkpoint: expected a whole safetensors file"),
        ("export mlp.onnx mlp.onnx", "OUT.onnx: expected a file of its own, found mlp.onnx"),
        (
            "export net.safetensors net.onnx --with-standardization",
            "--with-standardization: expected a checkpoint that has one, found none",
        ),
        ("export nowhere.safetensors net.onnx", "nowhere.safetensors"),
    ] {
        place.fails(arguments, &[part]);
    }
    place.write("long.toml", "net = 'switch'\ntransform = 'dct2'\nwidth = 1031\ndepth = 1\n");
    place.succeeds("train --net long.toml --epochs 1 --out long.safetensors");
    let part = "long.safetensors: layer 3 (mix): length of the transform dct2: expected at most 1024 in an ONNX file, or a product of two numbers that are, found 1031";
    place.fails("export long.safetensors net.onnx", &[part]);
    assert!(!place.path("net.onnx").exists());
}

//! Rows that stay in their files: trained with, gone on with, evaluated.

use crate::place::{Place, metadata};
use ndarray::{Array1, Array2};
use ndarray_npy::WriteNpyExt;
use switchnet::layer::parameters;
use switchnet::net::checkpoint;

/// Two classes on either side of a line, in files of NumPy.
pub fn write(place: &Place, name: &str, rows: usize) {
    let x = Array2::from_shape_fn((rows, 3), |(i, j)| ((i * 7 + j * 13) % 23) as f32 - 10.0);
    let y: Array1<i64> = x.rows().into_iter().map(|x| 4 + i64::from(x[0] > x[1])).collect();
    let mut bytes = Vec::new();
    x.write_npy(&mut bytes).unwrap();
    place.write(&format!("{name}.npy"), &bytes);
    bytes.clear();
    y.write_npy(&mut bytes).unwrap();
    place.write(&format!("{name}-labels.npy"), &bytes);
}

#[test]
fn rows_in_files_train_go_on_and_are_evaluated() {
    let place = Place::new();
    write(&place, "a", 300);
    write(&place, "b", 100);
    let data =
        "--data a.npy --labels a-labels.npy --test-data b.npy --test-labels b-labels.npy --stream";
    let train = format!("train --net mlp --hidden 8 --epochs 6 {data}");
    let out = place.succeeds(&format!("{train} --out whole.safetensors"));
    assert!(out.contains("train: loss ") && out.contains(" test: loss "), "{out}");
    let kept = metadata(&place.path("whole.safetensors"));
    assert_eq!(kept["data"]["stream"], true);
    assert_eq!(kept["schema"]["classes"], serde_json::json!(["4", "5"]));
    // The sums are those of rows that are read at once.
    let memory = data.replace(" --stream", "");
    place.succeeds(&format!("train --net mlp --hidden 8 --epochs 1 {memory} --out m.safetensors"));
    assert_eq!(kept["rows"], metadata(&place.path("m.safetensors"))["rows"]);
    let evaluated = place.succeeds("evaluate whole.safetensors");
    let accuracy = |text: &str| -> Vec<String> {
        let parts = text.split("accuracy ").skip(1);
        parts.map(|part| part.split(' ').next().unwrap().to_owned()).collect()
    };
    assert_eq!(accuracy(&evaluated), accuracy(&out));
    assert!(accuracy(&out)[1].parse::<f64>().unwrap() > 80.0, "{out}");
    // The same rows, read at once and in blocks.
    let other = "evaluate whole.safetensors --data b.npy --labels b-labels.npy";
    let (at_once, blocks) = (place.succeeds(other), place.succeeds(&format!("{other} --stream")));
    assert_eq!(accuracy(&at_once), accuracy(&blocks));
    let trained =
        |file: &str| parameters::read(&checkpoint::load::<f32>(&place.path(file)).unwrap().net);
    place.succeeds(&format!("{train} --out whole.safetensors --resume"));
    place.succeeds(&format!("{train} --out again.safetensors --threads 1"));
    assert_eq!(trained("again.safetensors"), trained("whole.safetensors"));
    assert_ne!(trained("m.safetensors"), trained("whole.safetensors"));
    // Other rows under the same name.
    write(&place, "a", 299);
    place.fails(
        &format!("{train} --out whole.safetensors --resume"),
        &["rows to train with: expected those"],
    );
    let outcome = place.run("evaluate whole.safetensors");
    assert_eq!(outcome.code, Some(0));
    assert!(
        outcome.err.contains("expected the rows that the net was trained with (300 rows"),
        "{}",
        outcome.err
    );
}

#[test]
fn values_in_files_are_learned() {
    let place = Place::new();
    let x = Array2::from_shape_fn((200, 2), |(i, j)| ((i * 7 + j * 13) % 23) as f64);
    let y: Array1<f64> = x.rows().into_iter().map(|x| 100.0 * x[0] - x[1]).collect();
    for (name, bytes) in [("x.npy", written(&x)), ("y.npy", written(&y))] {
        place.write(name, bytes);
    }
    let out = place
        .succeeds("train --net mlp --hidden 8 --data x.npy --labels y.npy --stream --epochs 40");
    let (_, rmse) = out.split_once("RMSE ").expect(&out);
    let rmse: f64 = rmse.split_whitespace().next().unwrap().parse().unwrap();
    assert!(rmse < 100.0, "{out}");
    assert!(place.path("out/net.safetensors").exists());
}

fn written<A: WriteNpyExt>(array: &A) -> Vec<u8> {
    let mut bytes = Vec::new();
    array.write_npy(&mut bytes).unwrap();
    bytes
}

#[test]
fn what_needs_all_rows_refuses_those_in_files() {
    let place = Place::new();
    write(&place, "a", 60);
    let data = "--data a.npy --labels a-labels.npy --stream";
    place.succeeds(&format!("train --net mlp --hidden 4 --epochs 1 {data}"));
    let refused = "a.npy: expected a command that reads blocks, as train and evaluate do, found one that needs all rows at once";
    place.fails("inspect out/net.safetensors --index 1", &[refused]);
    place.fails(&format!("inspect out/net.safetensors {data} --index 1"), &[refused]);
    place.fails(&format!("predict out/net.safetensors {data}"), &[refused]);
    place.fails(&format!("compare {data}"), &[refused]);
    place.fails(
        &format!("train --evolve 3 {data}"),
        &["--evolve: expected rows in memory, found --stream"],
    );
    place.fails(
        &format!("train --class-weights balanced {data}"),
        &["weights: expected none of rows that are read in blocks"],
    );
    place.fails("train --stream", &["--stream: expected with files as --data, found with digits"]);
    place.write("t.csv", "1,2,a\n3,4,b\n");
    place.fails(
        "train --data t.csv --stream",
        &["--stream: expected with IDX or NumPy files as --data"],
    );
    place.fails(
        "train --data . --stream",
        &["expected a file of inputs, to be read in blocks, found a folder"],
    );
    place.fails("train --data a.npy --stream", &["a.npy: labels: expected"]);
}

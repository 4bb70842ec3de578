//! Checkpoints of the first edition load for ever, and their nets give what they gave.
//!
//! `tests/first-edition` has two, as version 0.1 before the graph wrote them: a switch net, and one with every kind
//! of layer there was, a shortcut among them. Beside each, an input and the outputs it had in double precision.

use crate::common::*;
use ndarray::Array1;
use std::path::Path;
use switchnet::layer::Layer;
use switchnet::net::checkpoint;
use switchnet::train::{Run, Training};

#[test]
fn checkpoints_of_the_first_edition_give_what_they_gave() {
    for name in ["switch", "mixed"] {
        let file = |kind: &str| {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("first-edition");
            folder.join(format!("{name}.{kind}"))
        };
        let checkpoint::Checkpoint { net, metadata, .. } =
            checkpoint::load::<f64>(&file("safetensors")).unwrap();
        // The learning rate had another name.
        let training: Training = serde_json::from_str(&metadata["training"]).unwrap();
        assert_eq!(training.learning_rate, 0.01);
        Run::load(&net, &training, &metadata["run"], Default::default()).unwrap();
        let known: serde_json::Value =
            serde_json::from_slice(&std::fs::read(file("json")).unwrap()).unwrap();
        let numbers =
            |key: &str| -> Vec<f64> { serde_json::from_value(known[key].clone()).unwrap() };
        let x = Array1::from_vec(numbers("x")).insert_axis(ndarray::Axis(0));
        let (y, expected) = (net.forward(x), numbers("y"));
        let expected = Array1::from_vec(expected).insert_axis(ndarray::Axis(0));
        // Sums may be formed in another order than then.
        let gap = distance(&y, &expected);
        assert!(gap <= 1e-13 * norm(&expected), "{name}: {gap:e}");
        // In single precision too, to its roundings through some thirty layers.
        let single = checkpoint::load::<f32>(&file("safetensors")).unwrap().net;
        let x = Array1::from_vec(numbers("x")).mapv(|v| v as f32).insert_axis(ndarray::Axis(0));
        let y = single.forward(x).mapv(f64::from);
        let gap = distance(&y, &expected);
        assert!(gap <= 1e3 * eps::<f32>() * norm(&expected), "{name}: {gap:e}");
    }
}

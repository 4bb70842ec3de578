//! `--device cuda`, on the stand-in for a GPU of `crates/cuda/tests/stand_in`.

#[path = "../../../cuda/tests/stand_in/build.rs"]
mod build;

use crate::place::{Outcome, PROGRAM, Place, json};
use std::path::Path;
use std::process::Command;

/// The program where it finds the stand-in, if that can be built.
struct OnStandIn(&'static Path);

impl OnStandIn {
    fn new() -> Option<Self> {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cuda/tests/stand_in");
        build::stand_in(&sources, "stand-in-of-the-command").map(Self)
    }

    fn command(&self, place: &Place, arguments: &str) -> Command {
        let mut command = Command::new(PROGRAM);
        command
            .current_dir(place.folder.path())
            .args(arguments.split_whitespace())
            .env("LD_LIBRARY_PATH", self.0)
            .env("STAND_IN_FOLDER", self.0);
        command
    }

    fn run(&self, place: &Place, arguments: &str) -> Outcome {
        Place::outcome(&mut self.command(place, arguments))
    }

    #[track_caller]
    fn succeeds(&self, place: &Place, arguments: &str) -> String {
        let outcome = self.run(place, arguments);
        assert_eq!(outcome.code, Some(0), "{arguments}\n{}{}", outcome.out, outcome.err);
        outcome.out
    }

    /// One line, with these parts.
    #[track_caller]
    fn fails(&self, place: &Place, arguments: &str, parts: &[&str]) {
        let outcome = self.run(place, arguments);
        outcome.is_refused(1, arguments);
        for part in parts {
            assert!(outcome.err.contains(part), "{arguments}: no {part:?} in {}", outcome.err);
        }
    }
}

/// The loss that a line of `train` or `evaluate` says of this part.
fn loss(out: &str, part: &str) -> f64 {
    let line = out.lines().find(|line| line.trim_start().starts_with(part)).expect(part);
    let loss = line.split("loss ").nth(1).expect("a loss");
    loss.split(' ').next().unwrap().parse().unwrap()
}

const TRAINING: &str = "train --epochs 2 --batch 200 --net";

#[test]
fn a_net_is_trained_and_evaluated_as_by_the_processors() {
    let (Some(gpu), place) = (OnStandIn::new(), Place::new()) else { return };
    // Of one kernel, and of a kernel for each step.
    for net in ["switch --width 1024 --depth 1", "switch --width 64", "mlp --hidden 16"] {
        let training = format!("{TRAINING} {net}");
        let own = gpu.succeeds(&place, &format!("{training} --device cuda --out own.safetensors"));
        let right = place.succeeds(&format!("{training} --out right.safetensors"));
        for part in ["train:", "test:"] {
            let (own, right) = (loss(&own, part), loss(&right, part));
            assert!((own - right).abs() < 1e-3 * right, "{net}, {part} {own} instead of {right}");
        }
        // Whoever evaluates it.
        let on_gpu = gpu.succeeds(&place, "evaluate own.safetensors --device cuda");
        let elsewhere = place.succeeds("evaluate own.safetensors");
        for part in ["train:", "test:"] {
            let (own, right) = (loss(&on_gpu, part), loss(&elsewhere, part));
            assert!((own - right).abs() < 3e-6, "{net}, {part} {own} instead of {right}");
        }
    }
}

#[test]
fn nets_are_compared_side_by_side_and_together() {
    let (Some(gpu), place) = (OnStandIn::new(), Place::new()) else { return };
    place.write(
        "three.toml",
        r#"
        name = "Three nets"
        seeds = [1, 2]
        maps = 1
        data = { source = "spirals", points = 60 }
        training = { epochs = 3, batch = 20, learning-rate = 0.01 }
        [[nets]]
        name = "switch net"
        architecture = { net = "switch", width = 16, depth = 2 }
        [[nets]]
        name = "MLP"
        architecture = { net = "mlp", hidden = [8] }
        [[nets]]
        name = "one kernel"
        architecture = { net = "switch", width = 1024, depth = 1 }
        learning-rates = [0.003, 0.01]
        "#,
    );
    let losses = |out: &str| -> Vec<f64> {
        let results = json(&place.path(out).join("results.json"));
        let nets = results["nets"].as_array().unwrap().clone();
        let runs = nets.iter().flat_map(|net| net["runs"].as_array().unwrap());
        runs.map(|run| run["test_loss"].as_f64().unwrap()).collect()
    };
    gpu.succeeds(&place, "compare three.toml --device cuda --threads 2 --out own");
    place.succeeds("compare three.toml --out right");
    let (own, right) = (losses("own"), losses("right"));
    assert_eq!(own.len(), 6);
    for (own, right) in own.iter().zip(&right) {
        assert!((own - right).abs() < 1e-3 * right, "{own} instead of {right}");
    }
}

#[test]
fn what_a_gpu_cannot_do_is_one_line() {
    let (Some(gpu), place) = (OnStandIn::new(), Place::new()) else { return };
    gpu.fails(
        &place,
        "train --net cnn --device cuda --out a/net.safetensors",
        &["layers on a GPU: expected", "(conv)"],
    );
    gpu.fails(&place, "train --net mlp --dropout 0.1 --device cuda", &["dropout", "on a GPU"]);
    gpu.fails(&place, "train --evolve 3 --device cuda", &["--evolve", "--device cuda"]);
    gpu.fails(&place, "compare --shard 1/2 --device cuda", &["--shard", "--device cuda"]);
    let place_of = |name: &str| place.path(name).exists();
    assert!(!place_of("a/net.safetensors") && !place_of("out/net.safetensors"));
    let none = Place::outcome(
        gpu.command(&place, "train --device cuda").env("LD_LIBRARY_PATH", place.path("nothing")),
    );
    if none.code != Some(0) {
        none.is_refused(1, "no driver");
        assert!(
            none.err.contains("CUDA driver: expected a library that the system finds"),
            "{}",
            none.err
        );
    } // else there is a GPU
    // Without the library of dense products, whatever else is there.
    let others = place.path("others");
    std::fs::create_dir(&others).unwrap();
    for name in ["libcuda.so", "libnvrtc.so"] {
        std::fs::copy(gpu.0.join(name), others.join(name)).unwrap();
    }
    let none = Place::outcome(
        gpu.command(&place, "train --net mlp --device cuda").env("LD_LIBRARY_PATH", &others),
    );
    none.is_refused(1, "no cuBLAS");
    assert!(none.err.contains("cuBLAS: expected a library"), "{}", none.err);
}

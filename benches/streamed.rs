//! A training from files that the page cache holds beside the same one from memory: epochs in turn, the least of each.

use ndarray::Array2;
use std::hint::black_box;
use std::time::Instant;
use switchnet::data::{Batches, Dataset, Scope, Streamed};
use switchnet::net::zoo::{Architecture, Mlp, SwitchNet};
use switchnet::train::{Training, fit};

const ROWS: usize = 60_000;
const ROUNDS: usize = 12;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::temp_dir().join(format!("switchnet-streamed-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let measured = measure(&folder);
    std::fs::remove_dir_all(&folder)?;
    measured
}

fn measure(folder: &std::path::Path) -> Result<(), Box<dyn std::error::Error>> {
    let (x, y) = (folder.join("x"), folder.join("y"));
    let pixel = |k: usize| (k.wrapping_mul(2_654_435_761) >> 13) as u8;
    let bytes: Vec<u8> = (0..ROWS * 784).map(pixel).collect();
    let floats: Vec<u8> = bytes.iter().flat_map(|&b| f32::from(b).to_le_bytes()).collect();
    std::fs::write(&y, (0..ROWS).map(|i| (i % 10) as u8).collect::<Vec<u8>>())?;
    for (kind, bytes) in [("|u1", bytes), ("<f4", floats)] {
        std::fs::write(&x, bytes)?;
        let raw = Streamed::<f32>::raw((&x, kind, &[1, 28, 28]), (&y, "|u1", &[]))?;
        let preparation = raw.statistics(Some(Scope::Global))?;
        let files = raw.prepared(&preparation)?;
        let all: Vec<usize> = (0..ROWS).collect();
        let (inputs, targets) = files.batch(&all)?;
        let inputs = Array2::from_shape_vec((ROWS, 784), inputs.iter().copied().collect())?;
        let memory = Dataset::new("memory", vec![1, 28, 28], inputs, targets)?;
        let nets: [(&str, Architecture); 3] = [
            (
                "5 × 1,024 two-slope",
                Architecture::Switch(SwitchNet {
                    width: Some(1024),
                    depth: 5,
                    ..SwitchNet::default()
                }),
            ),
            (
                "1 × 1,024 two-slope",
                Architecture::Switch(SwitchNet {
                    width: Some(1024),
                    depth: 1,
                    ..SwitchNet::default()
                }),
            ),
            (
                "dense 784–128–128–10",
                Architecture::Mlp(Mlp { hidden: vec![128, 128], dropout: 0.0 }),
            ),
        ];
        for (name, architecture) in nets {
            let spec = architecture.spec(&[1, 28, 28], 10, 1)?;
            let training =
                Training { epochs: 1, batch: 128, validation: 0.0, ..Training::default() };
            let mut least = [f64::INFINITY; 2];
            for _ in 0..ROUNDS {
                let sources: [&dyn Batches<f32>; 2] = [&memory, &files];
                for (least, data) in least.iter_mut().zip(sources) {
                    let mut net = spec.build::<f32>()?;
                    let begun = Instant::now();
                    black_box(fit(&mut net, data, &training, &mut ())?);
                    *least = least.min(begun.elapsed().as_secs_f64());
                }
            }
            let [memory, files] = least;
            let speed = memory / files;
            println!(
                "{kind} {name:<22} memory {memory:.3} s  files {files:.3} s  speed {speed:.3} of memory's"
            );
        }
    }
    Ok(())
}

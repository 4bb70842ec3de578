//! Pictures of an experiment: training curves, accuracy against size, effective rows; a page.
//!
//! `cargo run --release --example report` writes into `out/three-nets`.

use std::ops::ControlFlow::Continue;
use std::path::Path;
use switchnet_lab::experiment::Experiment;
use switchnet_lab::report;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let experiment: Experiment = toml::from_str(
        r#"
        name = "Three nets on the digits"
        seeds = [1, 2]
        standardize = "global"
        data = { source = "digits" }
        training = { epochs = 12 }

        [[nets]]
        name = "switch net"
        architecture = { net = "switch", width = 128 }

        [[nets]]
        name = "tanh net"
        architecture = { net = "layers", layers = [
            { kind = "flatten" },
            { kind = "dense", outputs = 32 },
            { kind = "tanh" },
            { kind = "dense", outputs = 10 },
        ] }

        [[nets]]
        name = "MLP"
        architecture = { net = "mlp", hidden = [32, 32] }
        "#,
    )?;
    let results = experiment.run(None, false, &|_| Continue(()))?.expect("nobody asked to stop");
    print!("{}", report::text_table(&results));
    for file in report::write(&results, Path::new("out/three-nets"), None)? {
        println!("{}", file.display());
    }
    Ok(())
}

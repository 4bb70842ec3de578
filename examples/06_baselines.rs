//! A switch net, a dense net of as many parameters, a wide dense net and a CNN on the digits.
//!
//! `cargo run --release --example 06_baselines`

use switchnet::experiment::Experiment;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let experiment: Experiment = toml::from_str(
        r#"
        name = "baselines"
        seeds = [1, 2]
        standardize = "global"
        data = { source = "digits" }
        training = { epochs = 15 }

        [[nets]]
        name = "switch net"
        architecture = { net = "switch", width = 256 }

        [[nets]]
        name = "thin MLP"
        architecture = { net = "thin-mlp", parameters = 4874 }

        [[nets]]
        name = "wide MLP"
        architecture = { net = "mlp", hidden = [128, 128] }
        rates = [0.003]

        [[nets]]
        name = "CNN"
        architecture = { net = "cnn", filters = [8, 16] }
        "#,
    )?;
    let results = experiment.run(None, false, &())?.expect("nobody asked to stop");
    println!("net         parameters  multiply-adds  seconds  test accuracy   mean angle");
    for net in &results.nets {
        let (accuracy, cost) = (net.test_accuracy, &net.summary);
        let angle = net.runs.iter().map(|run| run.mean_angle).sum::<f64>() / net.runs.len() as f64;
        println!(
            "{:<11} {:>10} {:>14} {:>8.2} {:>8.1} ± {:.1} % {:>10.1}°",
            net.name,
            cost.parameters,
            cost.multiply_adds,
            net.seconds.mean,
            100.0 * accuracy.mean,
            100.0 * accuracy.deviation,
            angle
        );
    }
    Ok(())
}

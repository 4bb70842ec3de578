//! Trains a switch net on the embedded digits, with an observer that draws the curve.
//!
//! `cargo run --release --example train`

use std::ops::ControlFlow;
use switchnet::data::{Scope, digits};
use switchnet::layer::{Init, Layer, parameters};
use switchnet::net::zoo::SwitchNet;
use switchnet::train::{Loss, Observer, Run, Training, evaluate, fit};

/// Prints a line for each epoch.
struct Printer;

impl Observer<f32> for Printer {
    fn epoch(
        &mut self,
        _net: &dyn Layer<f32>,
        run: &Run<f32>,
    ) -> switchnet::Result<ControlFlow<()>> {
        let record = &run.history[run.history.len() - 1];
        let accuracy = record.validation_accuracy.unwrap_or(0.0);
        let bar = "#".repeat((40.0 * accuracy) as usize);
        println!(
            "epoch {:>2}  loss {:.4}  validation {:5.1} %  {bar}",
            record.epoch,
            record.train_loss,
            100.0 * accuracy
        );
        Ok(ControlFlow::Continue(()))
    }
}

fn main() -> switchnet::Result<()> {
    let (split, _) = digits::<f32>().standardize(Scope::Global)?;
    let start = Some(Init::Uniform(3f64.sqrt()));
    let net = SwitchNet { width: Some(256), start, ..SwitchNet::default() };
    let mut net = net.spec(split.train.shape(), 10, 1).build::<f32>()?;
    println!(
        "{} parameters, {} multiply-adds",
        parameters::count(&net),
        net.signature().multiply_adds
    );

    let training = Training { epochs: 15, ..Training::default() };
    let run = fit(&mut net, &split.train, &training, &mut Printer)?;

    let score = evaluate(&net, Loss::CrossEntropy, &split.test);
    println!(
        "{} steps in {:.2} s; test accuracy {:.1} % ({} of {} right)",
        run.step,
        run.seconds,
        100.0 * score.accuracy().unwrap_or(0.0),
        score.correct.unwrap_or(0.0),
        score.rows
    );
    Ok(())
}

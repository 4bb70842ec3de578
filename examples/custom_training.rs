//! A loss, an optimizer and a source of data of your own, stopped and resumed to the same bits.
//!
//! `cargo run --release --example custom_training`

use std::ops::ControlFlow;
use switchnet::data::{Batches, Scope, Split, Targets, digits};
use switchnet::layer::{Layer, parameters};
use switchnet::net::zoo;
use switchnet::random::generator;
use switchnet::train::{Metrics, Objective, Observer, Optimizer, Run, Segment, Training, resume};
use switchnet::{Matrix, Result, random::normal};

/// The digits with fresh noise on every pixel, which is drawn when it is asked for.
struct Noisy(Split<f32>);

impl Batches<f32> for Noisy {
    fn name(&self) -> &str {
        "noisy digits"
    }
    fn rows(&self) -> usize {
        self.0.train.len()
    }
    fn widths(&self) -> (usize, usize) {
        (64, 10)
    }
    fn batch(&self, rows: &[usize]) -> Result<(Matrix<f32>, Targets<f32>)> {
        let (mut x, targets) = self.0.train.batch(rows)?;
        let mut rng = generator(1, rows[0] as u64);
        x.mapv_inplace(|v| v + normal::<f32>(&mut rng, 0.1));
        Ok((x, targets))
    }
}

/// Half of the squared distance to 1 for the class and −1 for the others.
struct SignTargets;

impl Objective<f32> for SignTargets {
    fn at(&self, mut y: Matrix<f32>, targets: &Targets<f32>) -> (Metrics, Matrix<f32>) {
        let Targets::Classes { labels, .. } = targets else { panic!("expected classes") };
        y += 1.0;
        y.rows_mut().into_iter().zip(labels).for_each(|(mut row, &class)| row[class] -= 2.0);
        let loss = y.iter().map(|v| 0.5 * f64::from(v * v)).sum();
        (Metrics { loss, rows: y.nrows(), correct: None }, y)
    }
}

/// The sign of the mean gradient decides: Lion, without decay.
struct SignDescent(Vec<f32>);

impl Optimizer<f32> for SignDescent {
    fn step(
        &mut self,
        _: usize,
        learning_rate: f64,
        _: &[Segment],
        theta: &mut [f32],
        grad: &[f32],
    ) {
        for ((p, g), m) in theta.iter_mut().zip(grad).zip(&mut self.0) {
            *p -= learning_rate as f32 * (0.9 * *m + 0.1 * g).signum();
            *m = 0.99 * *m + 0.01 * g;
        }
    }
    fn memory(&self) -> Vec<(&'static str, &[f32])> {
        vec![("mean", &self.0)]
    }
    fn memory_mut(&mut self) -> Vec<(&'static str, &mut [f32])> {
        vec![("mean", &mut self.0)]
    }
}

/// Stops after the second epoch.
struct Early;

impl Observer<f32> for Early {
    fn epoch(&mut self, _: &dyn Layer<f32>, run: &Run<f32>) -> Result<ControlFlow<()>> {
        Ok(if run.history.len() == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}

fn main() -> Result<()> {
    let data = Noisy(digits::<f32>().standardize(Scope::Global).0);
    let training =
        Training { epochs: 4, learning_rate: 0.001, validation: 0.0, ..Training::default() };
    let trained = |stop: bool| {
        let mut net = zoo::switch_net(&[64], 10, 1).build::<f32>()?;
        let count = parameters::count(&net);
        let fresh = || SignDescent(vec![0.0; count]);
        let new = |net: &dyn Layer<f32>| -> Result<Run<f32>> {
            Ok(Run::new(net, &training)?.with_optimizer(fresh()).with_objective(SignTargets))
        };
        let mut run = new(&net)?;
        if stop {
            run = resume(&mut net, &data, &training, run, &mut Early)?;
            let (text, tensors) = run.save();
            run = new(&net)?.restore(&net, &text, tensors)?;
        }
        let run = resume(&mut net, &data, &training, run, &mut ())?;
        Ok((parameters::read(&net), run.history))
    };
    let ((whole, history), (stopped, _)) = (trained(false)?, trained(true)?);
    history.iter().for_each(|e| println!("epoch {}  loss {:.3}", e.epoch, e.train_loss));
    println!(
        "stopped and resumed: {}",
        if whole == stopped { "the same bits" } else { "other bits" }
    );
    Ok(())
}

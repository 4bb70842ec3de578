//! A layer, a loss, an optimizer and a source of rows of your own: trained, stopped, resumed from the checkpoint, lifted
//! to `f64`, analyzed; with arguments, the command line of this layer too.
//!
//! `cargo run --release --example custom`, or with `-- summary --net FILE.toml`

use ndarray::Array1;
use serde::{Deserialize, Serialize};
use std::{env, ops::ControlFlow::*, process::ExitCode};
use switchnet::{Matrix, Result, Scalar, analysis::effective_map};
use switchnet::{data::*, layer::*, net::*, random::*, train::*};

/// `y_i = s_i |x_i|` with learned `s`: a switch with the slopes `s_i` and `−s_i`.
#[derive(Debug)]
struct Abs<T>(Array1<T>);
impl<T: Scalar> Layer<T> for Abs<T> {
    fn signature(&self) -> Signature {
        Signature::elementwise("abs", self.0.len(), Regularity::PiecewiseLinear)
    }
    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        let size = x.mapv(|v| v.abs());
        let slopes = x.mapv(|v| if v > T::zero() { T::one() } else { -T::one() }) * &self.0;
        (&size * &self.0, Box::new(ElementMap::new(slopes).decided_by(x).learned(size)))
    }
    fn visit(&self, f: &mut dyn FnMut(Parameter<'_, T>)) {
        f(Parameter::new("scale", Role::Scale, &self.0));
    }
    fn visit_mut(&mut self, f: &mut dyn FnMut(ParameterMut<'_, T>)) {
        f(ParameterMut::new("scale", Role::Scale, &mut self.0));
    }
}

/// `{ kind = "abs" }` in files.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AbsConfig {}
impl LayerConfig for AbsConfig {
    const KIND: &'static str = "abs";
    fn build<T: Scalar>(&self, input: Shape<'_>, _: &mut Generator) -> Result<Built<T>> {
        Ok(Built::keeping(input, Abs(Array1::ones(input.len()))))
    }
}

fn main() -> Result<ExitCode> {
    register::<AbsConfig>()?;
    if env::args().len() > 1 {
        return Ok(switchnet_cli::run());
    }
    let digits = digits::<f32>().standardize(Scope::Global)?.0;
    let noisy = from_fn("noisy digits", digits.train.len(), (64, 10), |rows| {
        let ((x, targets), mut rng) = (digits.train.batch(rows)?, generator(1, rows[0] as u64));
        Ok((x.mapv(|v| v + normal::<f32>(&mut rng, 0.1)), targets))
    });
    // The fourth power of the distance to a one for the class and zeros for the others.
    let loss = |y: Matrix<f32>, targets: &Targets<f32>| {
        let distance = y - targets.to_values();
        (distance.iter().map(|d| f64::from(d.powi(4))).sum(), 4.0 * distance.powi(3))
    };
    let sign_descent = |_: usize, lr: f64, _: &[Segment], theta: &mut [f32], grad: &[f32]| {
        theta.iter_mut().zip(grad).for_each(|(p, g)| *p -= lr as f32 * g.signum());
    };
    let nodes = vec![DenseConfig::new(64).into(), AbsConfig {}.into(), DenseConfig::new(10).into()];
    let spec = Spec { input: vec![64], seed: 1, layers: nodes };
    let path = env::temp_dir().join("switchnet-custom.safetensors");
    let training = Training { epochs: 4, learning_rate: 3e-3, ..Training::default() };
    let new = |net: &Net<f32>| -> Result<Run<f32>> {
        Ok(Run::new(net, &training)?.with_optimizer(sign_descent).with_objective(loss))
    };
    let mut net = spec.build()?;
    let early = |run: &Run<f32>| if run.history.len() < 2 { Continue(()) } else { Break(()) };
    let run = new(&net)?;
    resume(&mut net, &noisy, &training, run, &mut (CheckpointFile::new(&path, &spec), early))?;
    let mut found = checkpoint::load(&path)?;
    let run = new(&found.net)?.resumed_from(&found)?;
    let run = resume(&mut found.net, &noisy, &training, run, &mut ())?;
    run.history.iter().for_each(|e| println!("epoch {}  loss {:.3}", e.epoch, e.train_loss));
    let map = effective_map(&found.net.cast::<f64>(), digits.test.cast::<f64>().inputs().row(0));
    println!("{:?} map, relative residual {:.0e}", map.exactness, map.residual.relative);
    Ok(ExitCode::SUCCESS)
}

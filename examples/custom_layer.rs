//! A layer of your own: it trains, is saved and loaded, lifted to `f64`, and its effective map comes out exact.
//! Behind `register`, `switchnet_cli::run()` gives your program the whole command line with it.
//!
//! `cargo run --release --example custom_layer`

use ndarray::Array1;
use serde::{Deserialize, Serialize};
use switchnet::analysis::effective_map;
use switchnet::data::{Scope, digits};
use switchnet::layer::*;
use switchnet::net::{Spec, checkpoint, register};
use switchnet::random::Generator;
use switchnet::train::{CheckpointFile, Loss, Training, evaluate, fit};
use switchnet::{Matrix, Result, Scalar};

/// `y_i = s_i |x_i|` with learned `s`: a switch with the slopes `s_i` and `−s_i`.
#[derive(Debug)]
struct Absolute<T>(Array1<T>);

impl<T: Scalar> Layer<T> for Absolute<T> {
    fn signature(&self) -> Signature {
        let n = self.0.len();
        Signature::new("absolute", n, n, Regularity::PiecewiseLinear).costs(n)
    }
    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        (x.mapv(|v| v.abs()) * &self.0, Box::new(Recorded(&self.0, x)))
    }
    fn visit(&self, f: &mut dyn FnMut(Parameter<'_, T>)) {
        f(Parameter { name: "scale", role: Role::Scale, values: self.0.view().into_dyn() });
    }
    fn visit_mut(&mut self, f: &mut dyn FnMut(ParameterMut<'_, T>)) {
        f(ParameterMut { name: "scale", role: Role::Scale, values: self.0.view_mut().into_dyn() });
    }
}

/// The scale, and the inputs whose signs are the switches: a diagonal matrix for each row.
struct Recorded<'a, T>(&'a Array1<T>, Matrix<T>);

impl<T: Scalar> LinearMap<T> for Recorded<'_, T> {
    fn dims(&self) -> Dims {
        Dims { rows: Some(self.1.nrows()), inputs: self.0.len(), outputs: self.0.len() }
    }
    fn jvp(&self, dx: Matrix<T>, see: See<'_, T>) -> Matrix<T> {
        if let Some(see) = see {
            see(Decisions { kind: DecisionKind::Sign, values: &self.1, rates: &dx });
        }
        let slopes = self.1.mapv(|v| if v > T::zero() { T::one() } else { -T::one() }) * self.0;
        if dx.nrows() == 0 { dx } else { dx * slopes } // one recorded row serves all
    }
    fn vjp(&self, dy: Matrix<T>, grad: &mut [T], want_dx: bool) -> Option<Matrix<T>> {
        if !grad.is_empty() {
            let sums = (self.1.mapv(|v| v.abs()) * &dy).sum_axis(ndarray::Axis(0));
            grad.iter_mut().zip(sums).for_each(|(g, sum)| *g += sum);
        }
        want_dx.then(|| self.jvp(dy, None)) // a diagonal matrix is its own transpose
    }
}

/// `{ kind = "absolute" }` in files.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct AbsoluteConfig {}

impl LayerConfig for AbsoluteConfig {
    const KIND: &'static str = "absolute";
    fn build<T: Scalar>(&self, input: Shape<'_>, _: &mut Generator) -> Result<Built<T>> {
        Ok(Built::keeping(input, Absolute(Array1::ones(input.len()))))
    }
}

fn main() -> Result<()> {
    register::<AbsoluteConfig>()?;
    let (split, _) = digits::<f32>().standardize(Scope::Global);
    let layers =
        vec![DenseConfig::new(64).into(), AbsoluteConfig {}.into(), DenseConfig::new(10).into()];
    let spec = Spec { input: vec![64], seed: 1, layers };
    let mut net = spec.build::<f32>()?;
    let path = std::env::temp_dir().join("switchnet-custom-layer.safetensors");
    let mut file = CheckpointFile { path: path.clone(), spec, metadata: Default::default() };
    fit(&mut net, &split.train, &Training { epochs: 5, ..Training::default() }, &mut file)?;

    let net = checkpoint::load::<f64>(&path)?.net; // trained in f32, looked at in f64
    let score = evaluate(&net, Loss::CrossEntropy, &split.test.cast());
    let map = effective_map(&net, split.test.cast::<f64>().inputs().row(0));
    println!("test accuracy {:.1} %", 100.0 * score.accuracy().unwrap_or(0.0));
    println!("{:?} map, relative residual {:.0e}", map.exactness, map.residual.relative);
    Ok(())
}

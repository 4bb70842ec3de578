//! A layer of your own, outside the crate: it trains, and its effective map comes out exact.
//!
//! The layer is the absolute value with a learned scale, `y_i = s_i |x_i|`, a switch with slopes
//! `s_i` and `−s_i`.
//!
//! `cargo run --release --example custom_layer`

use ndarray::{Array1, ArrayViewD, ArrayViewMutD};
use switchnet::analysis::effective_map;
use switchnet::data::{Scope, digits};
use switchnet::layer::{Dense, Layer, LinearMap, Mix};
use switchnet::net::Chain;
use switchnet::random::generator;
use switchnet::train::{Loss, Training, evaluate, fit};
use switchnet::transform::{Hadamard, Signs};
use switchnet::{Matrix, Scalar};

struct Absolute<T> {
    scale: Array1<T>,
}

impl<T: Scalar> Layer<T> for Absolute<T> {
    fn inputs(&self) -> usize {
        self.scale.len()
    }

    fn outputs(&self) -> usize {
        self.scale.len()
    }

    fn name(&self) -> String {
        "absolute".into()
    }

    fn multiply_adds(&self) -> usize {
        self.scale.len()
    }

    fn is_piecewise_linear(&self) -> bool {
        true
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        let map = Thrown { layer: self, x };
        (map.push(map.x.clone()), Box::new(map))
    }

    fn visit(&self, f: &mut dyn FnMut(&str, ArrayViewD<'_, T>)) {
        f("scale", self.scale.view().into_dyn());
    }

    fn visit_mut(&mut self, f: &mut dyn FnMut(&str, ArrayViewMutD<'_, T>)) {
        f("scale", self.scale.view_mut().into_dyn());
    }
}

/// The record of a pass: the input, whose signs are the switches.
struct Thrown<'a, T> {
    layer: &'a Absolute<T>,
    x: Matrix<T>,
}

impl<T: Scalar> Thrown<'_, T> {
    /// +1 where the input is positive, −1 elsewhere; a single recorded row serves any number.
    fn signs(&self, rows: usize) -> Matrix<T> {
        let signs = self.x.mapv(|v| if v > T::zero() { T::one() } else { -T::one() });
        let shape = (rows, self.x.ncols());
        signs.broadcast(shape).expect("as many rows as recorded, or one recorded").to_owned()
    }
}

impl<T: Scalar> LinearMap<T> for Thrown<'_, T> {
    fn push(&self, dx: Matrix<T>) -> Matrix<T> {
        self.signs(dx.nrows()) * dx * &self.layer.scale
    }

    fn pull(&self, dy: Matrix<T>, grad: &mut [T]) -> Matrix<T> {
        if !grad.is_empty() {
            for (dy, x) in dy.rows().into_iter().zip(self.x.rows()) {
                for ((g, &dy), &x) in grad.iter_mut().zip(dy).zip(x) {
                    *g += dy * if x > T::zero() { x } else { -x };
                }
            }
        }
        self.push(dy) // a diagonal matrix is its own transpose
    }

    fn switches(&self, f: &mut dyn FnMut(&Matrix<T>)) {
        f(&self.x);
    }

    /// The values of the switches are the inputs, so they change as the inputs do.
    fn rates(&self, dx: Matrix<T>, f: &mut dyn FnMut(&Matrix<T>)) -> Matrix<T> {
        f(&dx);
        self.push(dx)
    }
}

fn main() -> switchnet::Result<()> {
    let (split, _) = digits::<f32>().standardize(Scope::Global);
    let mut rng = generator(1, 0);
    let mut net = Chain::<f32>::new(vec![
        Box::new(Mix::new(Signs::random(64, &mut rng)?)),
        Box::new(Mix::new(Hadamard::new(64)?)),
        Box::new(Absolute { scale: Array1::ones(64) }),
        Box::new(Mix::new(Hadamard::new(64)?)),
        Box::new(Absolute { scale: Array1::ones(64) }),
        Box::new(Dense::random(64, 10, true, &mut rng)),
    ])?;
    fit(&mut net, &split.train, &Training { epochs: 20, ..Training::default() }, &mut ())?;

    let score = evaluate(&net, Loss::CrossEntropy, &split.test);
    println!("test accuracy {:.1} %", 100.0 * score.accuracy().unwrap_or(0.0));
    let map = effective_map(&net, split.test.inputs().row(0));
    println!(
        "{:?} effective map, relative residual {:.1e} in f32",
        map.exactness, map.residual.relative
    );
    Ok(())
}

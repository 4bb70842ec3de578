//! Trains a switch net on the embedded digits and shows what it does with one of them. The README has this
//! program too.
//!
//! `cargo run --release --example quickstart`

use switchnet::analysis::{effective_map, neurons};
use switchnet::data::{Scope, digits};
use switchnet::net::zoo;
use switchnet::train::{Loss, Training, evaluate, fit};

fn main() -> switchnet::Result<()> {
    // 1,797 digits of 8×8 pixels, split by rows, standardized with the training part's numbers.
    let (split, _) = digits::<f32>().standardize(Scope::Global)?;

    // Signs, then three times {Walsh–Hadamard, bias, two-slope switch}, then a dense readout.
    let mut net = zoo::switch_net(split.train.shape(), 10, 1).build::<f32>()?;
    let training = Training { epochs: 10, ..Training::default() };
    fit(&mut net, &split.train, &training, &mut ())?;
    let score = evaluate(&net, Loss::CrossEntropy, &split.test);
    println!("test accuracy {:.1} %", 100.0 * score.accuracy().unwrap_or(0.0));

    // What the net does with one input, in double precision: y = A x + c.
    let x = split.test.inputs().row(0).mapv(f64::from);
    let map = effective_map(&net.cast::<f64>(), x.view());
    println!("relative residual of A x + c: {:.0e}", map.residual.relative);
    for n in neurons(&map) {
        println!("class {}: y {:6.2}, angle {:3.0}°", n.output, n.y, n.angle());
    }
    Ok(())
}

//! `linearize` gives the outputs and a linear map: the map trains (pull), probes (push) and explains (written out).
//!
//! `cargo run --release --example linearize`

use ndarray::{Array2, array};
use switchnet::layer::{Diagonal, FixedTransform, Layer, Parameter, Switch, parameters};
use switchnet::net::Graph;
use switchnet::transform::Hadamard;

fn main() -> switchnet::Result<()> {
    // A fixed Walsh–Hadamard transform, a bias, a switch with two learned slopes for each number, the transform.
    let (open, closed) = (array![1.0, 2.0, 1.0, 0.5], array![0.0, -1.0, 0.5, 0.25]);
    let bias = array![0.5, 0.0, 0.25, -0.5];
    let net = Graph::<f64>::chain(vec![
        Box::new(FixedTransform::new(Hadamard::new(4)?)),
        Box::new(Diagonal::new(None, Some(bias))),
        Box::new(Switch::two_slope(open, closed)),
        Box::new(FixedTransform::new(Hadamard::new(4)?)),
    ])?;

    let x = array![[1.0, 2.0, -1.0, 0.5]];
    let (y, map) = net.linearize(x.clone());
    println!("y = f(x)           {y:.6}");

    // Push: how the outputs change with the inputs. While no switch flips, this is exact.
    let dx = array![[1e-4, -2e-4, 0.0, 3e-4]];
    println!("J dx               {:.9}", map.push(dx.clone()));
    println!("f(x + dx) − f(x)   {:.9}", net.forward(&x + &dx) - &y);

    // Pull: the gradient of an output with respect to the inputs and every parameter, in one sweep.
    let mut gradient = vec![0.0; parameters::count(&net)];
    let row = map.pull(array![[1.0, 0.0, 0.0, 0.0]], &mut gradient);
    println!("\n∂y₀/∂x               {row:.4}");
    let mut rest = &gradient[..];
    net.visit(&mut |Parameter { name, values, .. }| {
        let (these, others) = rest.split_at(values.len());
        println!("{:<20} {these:.4?}", format!("∂y₀/∂({name})"));
        rest = others;
    });

    // Written out: the effective matrix A, a row for each output, and the constant c.
    let a = map.pull(Array2::eye(4), &mut []);
    let c = map.affine(Array2::zeros((1, 4)));
    println!("\nA =\n{a:.4}\nc = {c:.4}");
    println!("A x + c            {:.6}", x.dot(&a.t()) + c);

    // A dense matrix learns n² numbers and takes n² multiply-adds; these layers 2n and n·log₂n.
    let n = 4096;
    let slopes = ndarray::Array1::ones(n);
    let wide = Graph::<f32>::chain(vec![
        Box::new(FixedTransform::new(Hadamard::new(n)?)),
        Box::new(Switch::two_slope(slopes.clone(), slopes)),
    ])?;
    let (learned, work) = (parameters::count(&wide), wide.signature().multiply_adds);
    println!(
        "\nwidth {n}: {learned} parameters, {work} multiply-adds a row; dense: {} of each",
        n * n
    );
    Ok(())
}

//! `linearize` throws the switches: what remains is a linear map that trains, probes and explains.
//!
//! `cargo run --release --example 14_linearize`

use ndarray::{Array2, array};
use switchnet::layer::{Layer, parameters};
use switchnet::net::zoo::SwitchNet;

fn main() -> switchnet::Result<()> {
    let net = SwitchNet { width: Some(8), depth: 2, ..SwitchNet::default() };
    let mut net = net.spec(&[8], 3, 7).build::<f64>()?;
    // Other slopes on the two sides than the start, where both are 1 and the net is linear.
    let theta: Vec<f64> =
        parameters::read(&net).iter().enumerate().map(|(i, v)| v + (i as f64).sin()).collect();
    parameters::write(&mut net, &theta);

    let x = array![[1.0, 0.5, -0.3, 2.0, 0.0, -1.0, 0.7, 0.2]];
    let (y, map) = net.linearize(x.clone());
    println!("y = f(x)           {:.6}", y.row(0));

    // Push: how the output changes with the input. While no switch flips, this is exact.
    let dx = Array2::from_elem((1, 8), 1e-4);
    let dy = map.push(dx.clone());
    println!("J dx               {:.9}", dy.row(0));
    println!("f(x + dx) − f(x)   {:.9}", (net.forward(&x + &dx) - &y).row(0));

    // Pull: the gradient of an output with respect to the input and every parameter, in one sweep.
    let mut grad = vec![0.0; parameters::count(&net)];
    let row = map.pull(array![[1.0, 0.0, 0.0]], &mut grad);
    println!("\n∂y₀/∂x             {:.4}", row.row(0));
    println!("∂y₀/∂θ             {} numbers, the first {:.4}", grad.len(), grad[0]);

    // Written out: the effective matrix A, one row for each output, and the constant c.
    let a = map.pull(Array2::eye(3), &mut []);
    let c = map.affine(Array2::zeros((1, 8)));
    println!("\nA =\n{a:.4}\nc = {:.4}", c.row(0));
    println!("A x + c            {:.6}", (x.dot(&a.t()) + c).row(0));
    Ok(())
}

//! A layer of a switch net: a fixed transform, then a learned slope for each side of each switch.
//!
//! `cargo run --release --example 13_layer`

use ndarray::{Array1, array};
use switchnet::layer::{Layer, Mix, Switch, parameters};
use switchnet::net::Chain;
use switchnet::transform::Hadamard;

fn main() -> switchnet::Result<()> {
    let n = 4;
    let open = Array1::from(vec![1.0, 2.0, 1.0, 0.5]);
    let closed = Array1::from(vec![0.0, -1.0, 0.5, 0.5]);
    let layer = Chain::<f64>::new(vec![
        Box::new(Mix::new(Hadamard::new(n)?)),
        Box::new(Switch::two_slope(open, closed)),
    ])?;

    let x = array![[1.0, 2.0, -1.0, 0.0], [3.0, 0.0, 0.0, -3.0]];
    println!("x =\n{x}\ny =\n{}", layer.forward(x.clone()));

    let dense = n * n;
    println!("\nparameters: {} (a dense matrix has {dense})", parameters::count(&layer));
    layer.visit(&mut |name, values| println!("  {name:<9} {:?}  {values}", values.shape()));

    // The same layer at width 4096 is where the difference starts to matter.
    let n = 4096;
    let wide = Chain::<f32>::new(vec![
        Box::new(Mix::new(Hadamard::new(n)?)),
        Box::new(Switch::two_slope(Array1::ones(n), Array1::ones(n))),
    ])?;
    println!(
        "\nwidth {n}: {} parameters and {} multiply-adds a row; dense: {} of each",
        parameters::count(&wide),
        wide.multiply_adds(),
        n * n
    );
    Ok(())
}

//! What a trained net does with one input: one weighted sum for each output, drawn as text.
//!
//! `cargo run --release --example 05_effective_map`

use ndarray::ArrayView1;
use switchnet::analysis::{effective_map, neurons};
use switchnet::data::{Scope, digits};
use switchnet::net::zoo;
use switchnet::train::{Training, fit};

fn main() -> switchnet::Result<()> {
    let (split, _) = digits::<f32>().standardize(Scope::Global);
    let mut net = zoo::switch_net(split.train.shape(), 10, 1).build::<f32>()?;
    fit(&mut net, &split.train, &Training { epochs: 20, ..Training::default() }, &mut ())?;

    // In double precision, so that the residual shows the arithmetic and not the training.
    let net = net.cast::<f64>();
    let x = split.test.inputs().row(0).mapv(f64::from);
    let map = effective_map(&net, x.view());

    println!("class   y = a·x + c        a·x          c     ‖a‖   angle");
    for n in neurons(&map) {
        println!(
            "{:>5} {:>13.4} {:>10.4} {:>10.4} {:>7.3} {:>6.1}°",
            n.output,
            n.y,
            n.sum,
            n.c,
            n.length,
            n.angle()
        );
    }
    let label = split.test.labels().map_or(0, |labels| labels[0]);
    println!(
        "\nlabel {label}; {:?} map, relative residual {:.1e}",
        map.exactness, map.residual.relative
    );
    println!("{} of {} switches open", map.pattern.open_count(), map.pattern.len());

    println!("\nthe input and the effective weights of class {label} (+ raises it, - lowers it):");
    let weights = map.a.row(label);
    for row in 0..8 {
        println!("  {}    {}", line(x.view(), row), line(weights, row));
    }
    Ok(())
}

/// Row `row` of an 8×8 picture, two characters a pixel.
fn line(values: ArrayView1<'_, f64>, row: usize) -> String {
    let largest = values.iter().fold(0.0, |a: f64, v| a.max(v.abs()));
    let pixel = |v: &f64| match v / largest {
        v if v > 0.5 => "##",
        v if v > 0.15 => "++",
        v if v < -0.5 => "==",
        v if v < -0.15 => "--",
        _ => "  ",
    };
    values.iter().skip(8 * row).take(8).map(pixel).collect()
}

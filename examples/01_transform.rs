//! A fast transform mixes everything with everything: no parameters, n·log n additions.
//!
//! `cargo run --release --example 01_transform`

use std::time::Instant;
use switchnet::random::generator;
use switchnet::transform::{Dct, Hadamard, Hartley, Signs, Transform};

fn main() -> switchnet::Result<()> {
    // One number in, every number out: each transform spreads a single 1 over the whole row.
    let transforms: [(&str, Box<dyn Transform<f64>>); 3] = [
        ("Walsh–Hadamard", Box::new(Hadamard::new(8)?)),
        ("Hartley", Box::new(Hartley::new(8)?)),
        ("DCT-II", Box::new(Dct::second(8)?)),
    ];
    println!("a 1 in place 3 of 8, transformed:");
    for (name, transform) in &transforms {
        let mut row = [0.0; 8];
        row[3] = 1.0;
        transform.apply(&mut row);
        println!("  {name:<15}{}", row.map(|v| format!("{v:7.3}")).concat());
    }

    // A smooth input is gathered into a few outputs; random signs before the transform prevent it.
    let smooth: Vec<f64> = (0..64).map(|i| 1.0 + (i as f64 / 10.0).sin()).collect();
    let mut plain = smooth.clone();
    let mut signed = smooth.clone();
    Hadamard::new(64)?.apply(&mut plain);
    Signs::random(64, &mut generator(1, 0))?.apply(&mut signed);
    Hadamard::new(64)?.apply(&mut signed);
    println!("\nenergy of a smooth row of 64 in the 4 largest outputs:");
    println!("  without signs {:5.1} %", 100.0 * largest_four(plain));
    println!("  with signs    {:5.1} %", 100.0 * largest_four(signed));

    // The cost grows like n·log n, where a matrix would cost n².
    println!("\n        n     seconds a row     nanoseconds a number");
    for bits in [6, 10, 14, 18] {
        let n = 1usize << bits;
        let transform = Hadamard::new(n)?;
        let rows = (1 << 22) / n;
        let mut batch = vec![1.0f32; rows * n];
        let begun = Instant::now();
        transform.apply(&mut batch);
        let seconds = begun.elapsed().as_secs_f64() / rows as f64;
        println!("{n:>9}     {seconds:>12.3e}     {:>10.2}", 1e9 * seconds / n as f64);
    }
    Ok(())
}

/// The part of the energy that the four largest numbers hold.
fn largest_four(mut row: Vec<f64>) -> f64 {
    row.iter_mut().for_each(|v| *v *= *v);
    row.sort_by(|a, b| b.total_cmp(a));
    row[..4].iter().sum::<f64>() / row.iter().sum::<f64>()
}

//! A weighted sum of weighted sums is a weighted sum: the open paths of a trained net, multiplied out by hand.
//!
//! For one input each ReLU passes its sum or nothing. What reaches an output neuron is a sum over the open
//! paths, pairs of an open unit of each hidden layer: one weight for each input, and a constant from the biases.
//!
//! `cargo run --release -p switchnet-course --example 07-one-weighted-sum` writes its pictures into `out/course`.

use ndarray::{Array1, Array2, Axis};
use switchnet::analysis::effective_row;
use switchnet::data::{Scope, digits};
use switchnet::layer::{Layer, Parameter};
use switchnet::net::{Net, zoo};
use switchnet::train::{Training, fit};
use switchnet_course::{quick, save};
use switchnet_lab::report::{Colors, Strip, strips};

/// What the example found.
pub struct Findings {
    /// The input, the output neuron that was looked at, and the label.
    pub x: Array1<f64>,
    /// The output neuron.
    pub output: usize,
    /// What the net says of it.
    pub net: f64,
    /// The effective row by hand, and its constant.
    pub by_hand: (Array1<f64>, f64),
    /// The effective row as the library extracts it, and its constant.
    pub extracted: (Array1<f64>, f64),
    /// Paths, which are pairs of a unit of the first and one of the second hidden layer: the open ones, and all.
    pub paths: (usize, usize),
}

impl Findings {
    /// The output from a row and a constant.
    pub fn sum(&self, (a, c): &(Array1<f64>, f64)) -> f64 {
        a.dot(&self.x) + c
    }
}

/// A weight matrix for each dense layer, with its bias.
fn weights(net: &Net<f64>) -> Vec<(Array2<f64>, Array1<f64>)> {
    let mut matrices = Vec::new();
    let mut biases = Vec::new();
    net.visit(&mut |Parameter { values, .. }| match values.ndim() {
        2 => matrices.push(values.to_owned().into_dimensionality().expect("a matrix")),
        _ => biases.push(values.to_owned().into_dimensionality().expect("a vector")),
    });
    matrices.into_iter().zip(biases).collect()
}

/// Trains a net 64–32–32–10 and multiplies out one of its outputs; `quick` trains for two epochs.
pub fn run(quick: bool) -> switchnet::Result<Findings> {
    let (split, _) = digits::<f32>().standardize(Scope::Global)?;
    let mut net = zoo::mlp(&[64], &[32, 32], 10, 1).build::<f32>()?;
    let training = Training { epochs: if quick { 2 } else { 20 }, ..Training::default() };
    fit(&mut net, &split.train, &training, &mut ())?;
    let net = net.cast::<f64>();
    let x = split.test.inputs().row(7).mapv(f64::from);
    let y = net.forward(x.clone().insert_axis(Axis(0))).row(0).to_owned();
    let output = (0..10).fold(0, |best, k| if y[k] > y[best] { k } else { best });

    // The switches: which hidden units have a positive sum.
    let [(w1, b1), (w2, b2), (w3, b3)] = &weights(&net)[..] else { unreachable!("three layers") };
    let z1 = w1.dot(&x) + b1;
    let z2 = w2.dot(&z1.mapv(|z| z.max(0.0))) + b2;

    // Every open path: the inputs → i → j → output.
    let (mut a, mut c, mut open) = (Array1::zeros(64), b3[output], 0);
    for j in (0..32).filter(|&j| z2[j] > 0.0) {
        c += w3[[output, j]] * b2[j];
        for i in (0..32).filter(|&i| z1[i] > 0.0) {
            let path = w3[[output, j]] * w2[[j, i]];
            a.scaled_add(path, &w1.row(i));
            c += path * b1[i];
            open += 1;
        }
    }
    let row = effective_row(&net, x.view(), output);
    let net = y[output];
    Ok(Findings {
        x,
        output,
        net,
        by_hand: (a, c),
        extracted: (row.a, row.c),
        paths: (open, 32 * 32),
    })
}

/// The input, the row by hand, and their products, whose sum is the output less the constant.
pub fn picture(found: &Findings) -> switchnet::Result<String> {
    let (x, a) = (found.x.to_vec(), found.by_hand.0.to_vec());
    let products = (&found.x * &found.by_hand.0).to_vec();
    let strip = |caption: String, colors, picture| Strip {
        caption,
        shape: vec![8, 8],
        pictures: vec![picture],
        colors,
    };
    let weights = format!("weights a of output {}", found.output);
    strips(
        "An input, its effective weights and their products",
        &[
            strip("the input x".into(), Colors::gray(&x), x),
            strip(weights, Colors::diverging(&a), a),
            strip("a times x, pixel by pixel".into(), Colors::diverging(&products), products),
        ],
    )
}

fn main() -> switchnet::Result<()> {
    let found = run(quick())?;
    println!("open paths                    {} of {}", found.paths.0, found.paths.1);
    println!("output {} of the net           {:.16}", found.output, found.net);
    println!("a·x + c, paths by hand        {:.16}", found.sum(&found.by_hand));
    println!("a·x + c, extracted            {:.16}", found.sum(&found.extracted));
    let gap = (&found.by_hand.0 - &found.extracted.0).fold(0.0_f64, |most, v| most.max(v.abs()));
    println!(
        "largest difference of a weight {gap:.1e}, of the constants {:.1e}",
        (found.by_hand.1 - found.extracted.1).abs()
    );
    save("07-one-weighted-sum/one-weighted-sum.svg", &picture(&found)?)
}

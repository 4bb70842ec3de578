//! ReLU is idempotent, sigmoids squash: each activation applied one to ten times to the same inputs.
//!
//! What a ReLU has let through it lets through again, so ten of them in a row are one. A sigmoid squashes what it
//! has squashed before. The derivative of the whole row is the product of the derivatives on the way: for a ReLU a
//! product of ones, for a sigmoid one of numbers that are at most a quarter.
//!
//! `cargo run --release -p switchnet-course --example 02-relu-is-idempotent` writes its pictures into `out/course`.

use ndarray::{Array1, Array2};
use switchnet::layer::{Layer, Smooth, Switch};
use switchnet::net::Graph;
use switchnet_course::{quick, save, short};
use switchnet_lab::report::{Curve, Panel, Scale, panels};

/// How often each activation is applied.
pub const TIMES: usize = 10;

/// An activation applied once, twice, … to the same inputs.
pub struct Repeated {
    /// The activation.
    pub name: &'static str,
    /// What comes out: `outputs[l − 1]` after `l` times.
    pub outputs: Vec<Vec<f64>>,
    /// The derivative of that: the product of the derivatives on the way.
    pub derivatives: Vec<Vec<f64>>,
}

impl Repeated {
    /// At how many inputs any of the further applications changes a bit of what the first one gave.
    pub fn changed(&self) -> usize {
        let first = &self.outputs[0];
        let same = |i: &usize| self.outputs.iter().all(|y| y[*i].to_bits() == first[*i].to_bits());
        first.len() - (0..first.len()).filter(same).count()
    }

    /// The distance from the least to the largest output after `times`.
    pub fn range(&self, times: usize) -> f64 {
        let y = &self.outputs[times - 1];
        let ends = y.iter().fold((f64::MAX, f64::MIN), |(a, b), &v| (a.min(v), b.max(v)));
        ends.1 - ends.0
    }

    /// The largest derivative over the inputs after `times`.
    pub fn largest(&self, times: usize) -> f64 {
        self.derivatives[times - 1].iter().fold(0.0, |most, v| most.max(v.abs()))
    }

    /// The mean derivative over the inputs after `times`, signs left aside.
    pub fn mean(&self, times: usize) -> f64 {
        let all = &self.derivatives[times - 1];
        all.iter().map(|v| v.abs()).sum::<f64>() / all.len() as f64
    }
}

/// What the example found.
pub struct Findings {
    /// The inputs.
    pub x: Vec<f64>,
    /// What each activation makes of them.
    pub activations: Vec<Repeated>,
}

/// A maker of one more layer of an activation.
type Make = fn() -> switchnet::Result<Box<dyn Layer<f64>>>;

/// Applies everything; `quick` takes fewer inputs.
pub fn run(quick: bool) -> switchnet::Result<Findings> {
    let steps = if quick { 60 } else { 3000 };
    let x: Vec<f64> = (-steps..=steps).map(|i| 3.0 * f64::from(i) / f64::from(steps)).collect();
    let column = Array2::from_shape_fn((x.len(), 1), |(i, _)| x[i]);
    let makers: [(&'static str, Make); 6] = [
        ("ReLU", || Ok(Box::new(Switch::relu(1)))),
        ("PReLU, learned −0.3", || Ok(Box::new(Switch::prelu(Array1::from(vec![-0.3]))))),
        ("leaky ReLU, 0.1", || Ok(Box::new(Switch::leaky(1, 0.1)?))),
        ("ELU", || Ok(Box::new(Smooth::elu(1)))),
        ("tanh", || Ok(Box::new(Smooth::tanh(1)))),
        ("sigmoid", || Ok(Box::new(Smooth::sigmoid(1)))),
    ];
    let repeat = |(name, make): (&'static str, Make)| -> switchnet::Result<Repeated> {
        let (mut outputs, mut derivatives) = (Vec::new(), Vec::new());
        for times in 1..=TIMES {
            let chain = Graph::chain((0..times).map(|_| make()).collect::<Result<_, _>>()?)?;
            let (y, map) = chain.linearize(column.clone());
            outputs.push(y.column(0).to_vec());
            derivatives.push(map.push(Array2::ones(column.dim())).column(0).to_vec());
        }
        Ok(Repeated { name, outputs, derivatives })
    };
    let activations = makers.into_iter().map(repeat).collect::<Result<_, _>>()?;
    Ok(Findings { x, activations })
}

/// The curves of one, two, three, five and ten applications, a panel for each activation.
pub fn outputs(found: &Findings) -> String {
    let panel = |activation: &Repeated| {
        let curve = |times: usize| {
            let name = if times == 1 { "once".to_owned() } else { format!("{times} times") };
            let points = found.x.iter().copied().zip(activation.outputs[times - 1].iter().copied());
            Curve::line(&name, points.step_by(found.x.len() / 60))
        };
        let curves = [1, 2, 3, 5, 10].map(curve).to_vec();
        Panel::new(("x", Scale::Linear), ("y", Scale::Linear), curves).heading(activation.name)
    };
    let charts: Vec<Panel> = found.activations.iter().map(panel).collect();
    panels("Six activations, applied one to ten times", 3, &charts)
}

/// The derivative of the composition against the number of applications, with the bound of the sigmoid.
pub fn derivatives(found: &Findings) -> String {
    let panel = |heading: &str, y: &str, of: fn(&Repeated, usize) -> f64| {
        let curve = |activation: &Repeated| {
            let points = (1..=TIMES).map(|times| (times as f64, of(activation, times)));
            Curve::line(activation.name, points)
        };
        let mut curves: Vec<Curve> = found.activations.iter().map(curve).collect();
        let bound = (1..=TIMES).map(|times| (times as f64, 0.25_f64.powi(times as i32)));
        curves.push(Curve::line("a quarter to the power L", bound));
        Panel::new(("L, applications", Scale::Linear), (y, Scale::Log), curves).heading(heading)
    };
    panels(
        "Derivatives of activations applied one to ten times",
        2,
        &[
            panel(
                "The largest: 1 for all but sigmoid",
                "product of derivatives",
                Repeated::largest,
            ),
            panel("The mean over the inputs", "product of derivatives", Repeated::mean),
        ],
    )
}

/// Four decimals, or two digits of a number too small for them.
fn four(v: f64) -> String {
    short(v, 4, 1e-3)
}

/// The row of an activation in the table of the section.
pub fn row(activation: &Repeated) -> String {
    let [one, two, ten] = [1, 2, TIMES].map(|times| four(activation.range(times)));
    let (largest, mean) = (four(activation.largest(TIMES)), four(activation.mean(TIMES)));
    let (name, changed) = (activation.name, activation.changed());
    format!("| {name:<19} | {changed:>7} | {one} | {two} | {ten:>8} | {largest:>7} | {mean:>6} |")
}

fn main() -> switchnet::Result<()> {
    let found = run(quick())?;
    println!("{} inputs from −3 to 3, each activation applied 1 to {TIMES} times\n", found.x.len());
    println!(
        "|                     | outputs | range  |        |          | derivative of {TIMES} |"
    );
    println!(
        "| activation          | changed | once   | twice  | {TIMES} times | largest |   mean |"
    );
    println!("|:--|--:|--:|--:|--:|--:|--:|");
    for activation in &found.activations {
        println!("{}", row(activation));
    }
    println!("\na quarter to the power {TIMES}: {}", four(0.25_f64.powi(TIMES as i32)));
    let middle = found.activations[5].outputs[TIMES - 1][found.x.len() / 2];
    println!("the sigmoid, {TIMES} times: {middle:.6}, wherever it began");
    save("02-relu-is-idempotent/outputs.svg", &outputs(&found))?;
    save("02-relu-is-idempotent/derivatives.svg", &derivatives(&found))
}

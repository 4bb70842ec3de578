//! ReLU is a switch: "connect while x > 0" and max(0, x) are the same function.
//!
//! A wire that carries `x` while a switch is closed and nothing while it is open does what `max(0, x)`
//! does. Leaky ReLU, PReLU and two-slope switches choose between two wires instead of one and none; CReLU
//! sends the signal down one of two outputs. ELU is no switch: its negative side bends.
//!
//! `cargo run --release -p switchnet-course --example 01-relu-is-a-switch` writes its pictures into `out/course`.

use ndarray::{Array1, Array2};
use switchnet::layer::{Crelu, Layer, Smooth, Switch};
use switchnet_course::{quick, save};
use switchnet_lab::report::{Curve, Panel, Scale, panels};

/// What the example found.
pub struct Findings {
    /// How many inputs were tried.
    pub inputs: usize,
    /// At how many of them the switch, `max(0, x)` and the library's layer do not all agree.
    pub disagreements: usize,
    /// For each activation: its name, whether it is linear on each side of zero, and its curves.
    pub activations: Vec<(&'static str, bool, Vec<Curve>)>,
}

/// The switch, as one would wire it.
fn connect(x: f64) -> f64 {
    if x > 0.0 { x } else { 0.0 }
}

/// Tries the inputs and draws the curves; `quick` tries fewer.
pub fn run(quick: bool) -> switchnet::Result<Findings> {
    let steps = if quick { 100 } else { 100_000 };
    let inputs: Array1<f64> =
        (-steps..=steps).map(|i| 3.0 * f64::from(i) / f64::from(steps)).collect();
    let column = inputs.clone().insert_axis(ndarray::Axis(1));
    let relu = Switch::relu(1).forward(column);
    let disagreements =
        inputs.iter().zip(&relu).filter(|&(&x, &y)| y != connect(x) || y != x.max(0.0));
    let disagreements = disagreements.count();

    let one = |v: f64| Array1::from(vec![v]);
    let layers: [(&'static str, Box<dyn Layer<f64>>); 6] = [
        ("ReLU", Box::new(Switch::relu(1))),
        ("leaky ReLU, 0.1", Box::new(Switch::leaky(1, 0.1)?)),
        ("PReLU, learned −0.3", Box::new(Switch::prelu(one(-0.3)))),
        ("ELU, no switch", Box::new(Smooth::elu(1))),
        ("two-slope, 0.5, −1", Box::new(Switch::two_slope(one(0.5), one(-1.0)))),
        ("CReLU, two outputs", Box::new(Crelu::new(1))),
    ];
    let activations = layers.iter().map(|(name, layer)| {
        let x: Vec<f64> = (-30..=30).map(|i| f64::from(i) / 10.0).collect();
        let y = layer.forward(Array2::from_shape_fn((x.len(), 1), |(i, _)| x[i]));
        let curve = |k: usize| {
            let output = ["first output", "second output"][k];
            Curve::line(output, x.iter().zip(y.column(k)).map(|(&x, &y)| (x, y)))
        };
        (*name, layer.is_piecewise_linear(), (0..layer.outputs()).map(curve).collect())
    });
    Ok(Findings { inputs: inputs.len(), disagreements, activations: activations.collect() })
}

/// One panel for each activation.
pub fn picture(found: &Findings) -> String {
    let panel = |(name, _, curves): &(&str, bool, Vec<Curve>)| {
        Panel::new(("x", Scale::Linear), ("y", Scale::Linear), curves.clone()).heading(name)
    };
    let charts: Vec<Panel> = found.activations.iter().map(panel).collect();
    panels("Activations as switches", 3, &charts)
}

fn main() -> switchnet::Result<()> {
    let found = run(quick())?;
    println!("{} inputs from −3 to 3:", found.inputs);
    println!("  switch, max(0, x) and layer disagree at {}", found.disagreements);
    println!("\nactivation                   linear on each side of 0");
    for (name, piecewise, _) in &found.activations {
        println!("{name:<28} {}", if *piecewise { "yes: a switch" } else { "no" });
    }
    save("01-relu-is-a-switch/switches.svg", &picture(&found))
}

//! `--margin`: how far the input is from the walls of its region and from another decision.

use super::Subject;
use anyhow::Result;
use ndarray::{Array2, s};
use switchnet::analysis::{ByNorm, Margin, Norm, margin, margins};
use switchnet::random::{generator, normal};
use switchnet::report;

/// How many test inputs, and as many of noise, the input is compared with.
const OTHERS: usize = 200;

pub(super) fn run(subject: &Subject) -> Result<()> {
    let net = &subject.net;
    let found = margin(net, subject.x.view())?;
    outln!("\nmargin              l1          l2          l∞   (units of the input)");
    let line = |name: &str, values: ByNorm<Option<f64>>| -> Result<()> {
        let text = |norm| values.get(norm).map_or("–".to_owned(), |v: f64| format!("{v:.3e}"));
        outln!(
            "{name:<14} {:>9}   {:>9}   {:>9}",
            text(Norm::L1),
            text(Norm::L2),
            text(Norm::LInf)
        );
        Ok(())
    };
    let wall = |norm: Norm| found.nearest.get(norm).map(|wall| wall.distance);
    line("nearest switch", ByNorm::new(wall))?;
    let rival = |norm: Norm| Some(found.decision.as_ref()?.nearest.get(norm).as_ref()?.distance);
    line("another class", ByNorm::new(rival))?;
    line("certificate", ByNorm::new(|norm| *found.certificate.get(norm)))?;
    if !found.on_boundary.is_empty() {
        outln!("{} switches are exactly on their boundary here", found.on_boundary.len());
    }
    if let Some(wall) = &found.nearest.l2 {
        outln!("nearest in l2: switch {} of switch layer {}", wall.unit.unit, wall.unit.layer + 1);
    }
    subject.answer("inspect-margin.json", &found)?;

    // Data and noise of the same mean and deviation as the test inputs.
    let inputs = subject.test.inputs();
    let data = inputs.slice(s![..OTHERS.min(inputs.nrows()), ..]).mapv(f64::from);
    let (mean, deviation) = (data.mean().unwrap_or(0.0), data.std(0.0));
    let rng = &mut generator(1, 0);
    let noise = Array2::from_shape_simple_fn(data.dim(), || mean + normal::<f64>(rng, deviation));
    let distances = |found: Vec<Margin>| -> Vec<f64> {
        found.iter().filter_map(|m| m.nearest.l2.as_ref().map(|wall| wall.distance)).collect()
    };
    let lists = [
        (format!("{} test inputs", data.nrows()), distances(margins(net, data.view())?)),
        (format!("{} of noise", noise.nrows()), distances(margins(net, noise.view())?)),
    ];
    let plot = report::margins(&lists, "l2, units of the input");
    subject.file("inspect-margin.svg", plot.as_bytes())
}

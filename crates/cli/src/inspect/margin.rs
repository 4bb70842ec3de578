//! `--margin`: how far the input is from the boundaries of its region and from another decision.

use super::{Subject, whole};
use anyhow::Result;
use ndarray::{Array1, Array2, s};
use switchnet::analysis::{
    Adversarial, ByNorm, Margin, NearestBoundary, Norm, adversarial, boundary_distances, margin,
    margins,
};
use switchnet::random::{generator, normal};
use switchnet_lab::experiment::STEPS;
use switchnet_lab::numpy::Archive;
use switchnet_lab::report::{self, Curve, Panel, Scale};

/// How many test inputs, and as many of noise, the input is compared with.
const OTHERS: usize = 200;

pub(super) fn run(subject: &Subject) -> Result<()> {
    let net = &subject.net;
    let found = subject.spin("margin", || margin(net, subject.input.x.view()))?;
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
    let boundary = |norm: Norm| found.nearest.get(norm).map(|boundary| boundary.distance);
    line("nearest switch", ByNorm::new(boundary))?;
    let rival = |norm: Norm| Some(found.decision.as_ref()?.nearest.get(norm).as_ref()?.distance);
    line("another class", ByNorm::new(rival))?;
    line("certificate", ByNorm::new(|norm| *found.certificate.get(norm)))?;
    let change =
        subject.spin("another class", || adversarial(net, subject.input.x.view(), STEPS))?;
    match &change {
        Some(change) => outln!(
            "{} wins at a distance of {:.3e} (l2); steps along the maps that found it: {}",
            subject.called(change.rival),
            change.distance,
            change.steps
        ),
        None => outln!("{STEPS} steps along the maps find no input of another class"),
    }
    if !found.on_boundary.is_empty() {
        outln!("{} switches are exactly on their boundary here", found.on_boundary.len());
    }
    if let Some(boundary) = &found.nearest.l2 {
        outln!(
            "nearest in l2: switch {} of switch layer {}",
            boundary.unit.unit,
            boundary.unit.layer + 1
        );
    }
    for (i, layer) in found.layers.iter().enumerate() {
        let nearest = |norm| layer.get(norm).map(|boundary: NearestBoundary| boundary.distance);
        line(&format!("switch layer {}", i + 1), ByNorm::new(nearest))?;
    }
    subject.answer("inspect-margin.json", &found)?;

    // Data and noise of the same mean and deviation as the test inputs.
    let inputs = subject.test.inputs();
    let data = inputs.slice(s![..OTHERS.min(inputs.nrows()), ..]).mapv(f64::from);
    let (mean, deviation) = (data.mean().unwrap_or(0.0), data.std(0.0));
    let rng = &mut generator(1, 0);
    let noise = Array2::from_shape_simple_fn(data.dim(), || mean + normal::<f64>(rng, deviation));
    let distances = |found: Vec<Margin>| -> Vec<f64> {
        found
            .iter()
            .filter_map(|m| m.nearest.l2.as_ref().map(|boundary| boundary.distance))
            .collect()
    };
    let of = |inputs: &Array2<f64>| {
        subject.spin("margins of other inputs", || margins(net, inputs.view())).map(distances)
    };
    let lists = [
        (format!("{} test inputs", data.nrows()), of(&data)?),
        (format!("{} of noise", noise.nrows()), of(&noise)?),
    ];
    let plot = report::margins(&lists, "l2, units of the input");
    subject.chart("inspect-margin.svg", &plot);
    let [data, noise] = lists.map(|(_, distances)| Array1::from(distances));
    every_switch(subject, &data, &noise, change.as_ref())
}

/// The distances to the switches of each layer: a curve for each, and all of them as arrays beside those of
/// other inputs to their nearest.
fn every_switch(
    subject: &Subject,
    data: &Array1<f64>,
    noise: &Array1<f64>,
    change: Option<&Adversarial>,
) -> Result<()> {
    let all = subject
        .spin("every switch", || boundary_distances(&subject.net, subject.input.x.view()))?;
    let curve = |(i, layer): (usize, &ByNorm<Vec<Option<f64>>>)| {
        let mut sorted: Vec<f64> = layer.l2.iter().flatten().copied().collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let switches = layer.l2.len() as f64;
        let points = sorted.into_iter().enumerate();
        let points = points.map(|(k, distance)| (distance, 100.0 * (k + 1) as f64 / switches));
        Curve::line(&format!("switch layer {}", i + 1), points)
    };
    let curves: Vec<Curve> = all.iter().enumerate().map(curve).collect();
    if curves.iter().any(|curve| !curve.points.is_empty()) {
        let x = ("distance (l2, units of the input, log scale)", Scale::Log);
        let panel = Panel::new(x, ("switches at most so far (%)", Scale::Linear), curves)
            .heading("One input and every switch");
        let plot = report::chart("Distance of one input to the boundary of every switch", &panel);
        subject.chart("inspect-margin-layers.svg", &plot);
    }
    // A row for each switch, the layers one after another; NaN where nothing leads to the boundary.
    let layers = all.iter().enumerate().flat_map(|(i, layer)| vec![i; layer.l2.len()]);
    let mut npz = Archive::default();
    npz.add("layer", &whole(layers))?;
    for (name, norm) in [("l1", Norm::L1), ("l2", Norm::L2), ("linf", Norm::LInf)] {
        let distances = all.iter().flat_map(|layer| layer.get(norm));
        let distances = distances.map(|d| d.unwrap_or(f64::NAN));
        npz.add(name, &distances.collect::<Array1<f64>>())?;
    }
    npz.add("nearest_of_data", data)?;
    npz.add("nearest_of_noise", noise)?;
    if let Some(change) = change {
        npz.add("adversarial", &change.x)?;
    }
    subject.arrays("inspect-margin.npz", npz)
}

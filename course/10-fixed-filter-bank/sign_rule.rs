//! A sign rule and the gradient: where they point, and how far they come.

use super::{DEPTH, Design, build, mean_std, unit};
use std::collections::BTreeMap;
use switchnet::Result;
use switchnet::data::{Dataset, Targets};
use switchnet::layer::parameters;
use switchnet::net::Net;
use switchnet::train::{Loss, OptimizerKind, gradient, segments};
use switchnet_lab::report::Curve;

/// The rules by which slopes are moved, each with the steps or learning rates that are tried.
pub const RULES: [(&str, [f32; 4]); 4] = [
    ("sign rule", [0.001, 0.003, 0.01, 0.03]),
    ("sign of the gradient", [0.001, 0.003, 0.01, 0.03]),
    ("gradient", [0.1, 0.3, 1.0, 3.0]),
    ("gradient, Adam", [0.01, 0.03, 0.1, 0.3]),
];

/// How the sign rule points in a layer: the cosine to the gradient, and the part of equal signs.
pub type Agreement = (f64, f64);

/// Each of [`RULES`] with its best step, and a curve of errors for each seed.
pub type Rules = Vec<(f32, Vec<Curve>)>;

/// The error sent back through the transposed transforms, as if every slope were 1, times the inputs of the
/// switches: what the sign rule takes the signs of.
fn sent_back(net: &Net<f32>, data: &Dataset<f32>) -> Vec<f32> {
    let (mut y, mut maps) = (data.inputs().clone(), Vec::new());
    for layer in net.graph().layers() {
        let (next, map) = layer.linearize(y);
        maps.push((parameters::count(layer), map));
        y = next;
    }
    let Targets::Values(targets) = data.targets() else { panic!("expected values") };
    let (mut error, mut parts) = (y - targets, Vec::new());
    for (count, map) in maps.into_iter().rev() {
        let mut part = vec![0.0; count];
        if count > 0 {
            map.vjp(error.clone(), &mut part, false); // error × input; the error goes on as it is
        } else {
            error = map.pull(error, &mut []);
        }
        parts.push(part);
    }
    parts.into_iter().rev().flatten().collect()
}

/// Layer by layer, how what is sent back agrees with the gradient.
pub fn agreement(net: &Net<f32>, data: &Dataset<f32>) -> Vec<Agreement> {
    let rows: Vec<usize> = (0..data.len()).collect();
    let (_, truth) =
        gradient(net, Loss::SquaredError, data, &rows).expect("rows in memory can be read");
    let rule = sent_back(net, data);
    let dot = |a: &[f32], b: &[f32]| {
        a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>()
    };
    let layers = rule.chunks(rule.len() / DEPTH).zip(truth.chunks(truth.len() / DEPTH));
    let compare = |(a, b): (&[f32], &[f32])| {
        let moved: Vec<f32> = a.iter().zip(b).map(|(a, b)| a * b).filter(|p| *p != 0.0).collect();
        let same = moved.iter().filter(|p| **p > 0.0).count() as f64 / moved.len() as f64;
        (dot(a, b) / (dot(a, a) * dot(b, b)).sqrt(), same)
    };
    layers.map(compare).collect()
}

/// Moves the slopes by rule `rule` of [`RULES`]: the errors that are left, before each step and at the end.
fn descend(
    net: &mut Net<f32>,
    data: &Dataset<f32>,
    rule: usize,
    learning_rate: f32,
    steps: usize,
) -> Curve {
    let rows: Vec<usize> = (0..data.len()).collect();
    let kind = OptimizerKind::default();
    let segments = segments(net, kind, &BTreeMap::new());
    let mut adam = kind.build(parameters::count(net));
    let mut theta = parameters::read(net);
    let mut errors = Vec::new();
    for step in 0..=steps {
        let (score, truth) =
            gradient(net, Loss::SquaredError, data, &rows).expect("rows in memory can be read");
        errors.push((step as f64, unit(data) * score.mean_loss()));
        let direction = if rule == 0 { sent_back(net, data) } else { truth };
        match rule {
            3 => adam.step(step, f64::from(learning_rate), &segments, &mut theta, &direction),
            2 => theta.iter_mut().zip(&direction).for_each(|(p, g)| *p -= learning_rate * g),
            _ => {
                let moved = theta.iter_mut().zip(&direction).filter(|(_, g)| **g != 0.0);
                moved.for_each(|(p, g)| *p -= learning_rate * g.signum());
            }
        }
        parameters::write(net, &theta);
    }
    Curve::line(RULES[rule].0, errors)
}

/// Moves the slopes of fresh nets by each rule with each of its steps, and takes the best.
pub fn compare(design: &Design, data: &Dataset<f32>, seeds: &[u64], steps: usize) -> Result<Rules> {
    let mut found = Vec::new();
    for (rule, (_, learning_rates)) in RULES.iter().enumerate() {
        let with = |&learning_rate: &f32| -> Result<(f32, Vec<Curve>)> {
            let one = |&seed: &u64| {
                let mut net = build(design, data, seed)?;
                Ok(descend(&mut net, data, rule, learning_rate, steps))
            };
            Ok((learning_rate, seeds.iter().map(one).collect::<Result<_>>()?))
        };
        let tried = learning_rates.iter().map(with).collect::<Result<Vec<_>>>()?;
        // The error of a step too large may be no number, which is larger than all.
        let mean = |(_, curves): &(f32, Vec<Curve>)| mean_std(&left(curves)).0.abs();
        found.extend(tried.into_iter().min_by(|a, b| mean(a).total_cmp(&mean(b))));
    }
    Ok(found)
}

/// The last error of each curve.
pub fn left(curves: &[Curve]) -> Vec<f64> {
    curves.iter().map(|curve| curve.points[curve.points.len() - 1].1).collect()
}

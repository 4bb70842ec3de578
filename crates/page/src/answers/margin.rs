//! How far an input is from another map and from another decision, and the changes that lead there.

use crate::net::Opened;
use crate::wire::{Answer, Question};
use ndarray::{Array1, ArrayView1};
use serde_json::json;
use switchnet::Result;
use switchnet::analysis::{Norm, Pattern, effective_map, switch_row};
use switchnet::layer::Layer;
use switchnet::net::{Graph, predict};

/// A change goes beyond a boundary, as what is exactly on it has not passed it: by this part of itself,
const BEYOND: f64 = 1e-6;
/// and at least by this part of the input, which is well above rounding.
const LEAST: f64 = 1e-9;

/// The nearest switch and the nearest other class, by the Euclidean norm and in units of the net, and the smallest changes
/// of the raw input that reach them.
pub fn margin(net: &mut Opened, question: &Question, [raw]: [Vec<f64>; 1]) -> Result<Answer> {
    let x = net.input(raw)?;
    let graph = net.graph(&question.frozen)?;
    let found = switchnet::analysis::margin(graph, x.view())?;
    let pattern = Pattern::at(graph, x.view());
    let mut answer = Answer::default();
    let switch = match &found.nearest.l2 {
        None => None,
        Some(nearest) => {
            let row = switch_row(graph, x.view(), nearest.unit)?;
            let change = smallest(row.value, row.a.view(), &x);
            Some((
                json!({ "layer": nearest.unit.layer, "unit": nearest.unit.unit,
                "distance": nearest.distance }),
                change,
            ))
        }
    };
    let decision = found.decision.as_ref();
    let other = decision.and_then(|decision| Some((decision.class, decision.nearest.l2?)));
    let other = other.map(|(class, rival)| {
        let map = effective_map(graph, x.view());
        let lead = &map.a.row(class) - &map.a.row(rival.class);
        let change = smallest(map.y[class] - map.y[rival.class], lead.view(), &x);
        let (flips, class_there) = arrival(graph, &pattern, &(&x + &change));
        let described = json!({ "class": rival.class, "distance": rival.distance,
            // Inside the region the map is the net, so the other class wins there.
            "inside": flips == 0, "flips": flips, "class_there": class_there });
        (described, change)
    });
    let by_norm = json!({ "nearest": found.nearest, "layers": found.layers,
        "certificate": found.certificate, "decision": found.decision });
    answer.set("by_norm", by_norm);
    answer.set("on_boundary", found.on_boundary.len());
    answer.set("units", if net.preparation.standardize.is_some() { "standardized" } else { "raw" });
    let both = [("switch", "switch_change", switch), ("other", "other_change", other)];
    for (name, change_name, found) in both {
        answer.set(name, found.as_ref().map(|(described, _)| described));
        answer.set(change_name, ());
        if let Some((_, change)) = found {
            let change = net.raw_change(change.to_vec());
            answer.numbers(change_name, &[change.len()], &change);
        }
    }
    Ok(answer)
}

/// The smallest change of `x` that makes a value of this gradient zero, and a little more.
fn smallest(value: f64, gradient: ArrayView1<'_, f64>, x: &Array1<f64>) -> Array1<f64> {
    let size = Norm::L2.of(gradient.iter());
    let distance = value.abs() / size;
    let step = distance + (BEYOND * distance).max(LEAST * Norm::L2.of(x));
    // On the boundary it is as good to open as to close.
    let step = if value > 0.0 { -step } else { step };
    gradient.mapv(|g| step * g / size)
}

/// In how many switches the net differs at another input, and which output is the largest there.
fn arrival(graph: &Graph<f64>, pattern: &Pattern, there: &Array1<f64>) -> (usize, usize) {
    let net: &dyn Layer<f64> = graph;
    let class = predict(net, there.view().insert_axis(ndarray::Axis(0)))[0];
    (pattern.distance(&Pattern::at(net, there.view())), class)
}

/// A near input of another class, if a walk along the maps finds one.
pub fn adversarial(net: &mut Opened, question: &Question, [raw]: [Vec<f64>; 1]) -> Result<Answer> {
    let x = net.input(raw)?;
    let steps = question.steps.unwrap_or(50).min(1000);
    let graph = net.graph(&question.frozen)?;
    let found = switchnet::analysis::adversarial(graph, x.view(), steps)?;
    let mut answer = Answer::default();
    answer.set("found", found.is_some());
    if let Some(found) = found {
        answer.set("class", found.rival);
        answer.set("distance", found.distance);
        answer.set("steps", found.steps);
        let change = net.raw_change((&found.x - &x).to_vec());
        answer.numbers("change", &[change.len()], &change);
    }
    Ok(answer)
}

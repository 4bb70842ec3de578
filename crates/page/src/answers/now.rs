//! The map at an input, and what a switch looks at there.

use crate::net::Opened;
use crate::wire::{Answer, Question};
use ndarray::Axis;
use switchnet::Result;
use switchnet::analysis::{
    Exactness, Neuron, Norm, Pattern, Unit, boundary_distances, effective_map, neurons, switch_row,
    switch_values,
};
use switchnet::net::{argmax, softmax};

/// The effective map at an input, in units of the raw input and of the targets; beside it, as the command line prints them,
/// its neurons in those of the net.
pub fn now(net: &mut Opened, question: &Question, [raw]: [Vec<f64>; 1]) -> Result<Answer> {
    let x = net.input(raw.clone())?;
    let graph = net.graph(&question.frozen)?;
    let map = effective_map(graph, x.view());
    map.residual.checked()?;
    let values = switch_values(graph, x.view()).concat();
    let distances = match question.distances && map.exactness == Exactness::Exact {
        true => Some(boundary_distances(graph, x.view())?),
        false => None,
    };
    let (inputs, outputs) = (net.inputs(), net.outputs());
    let mut answer = Answer::default();
    let own = neurons(&map);
    let y = map.y.clone().insert_axis(Axis(0));
    answer.set("class", argmax(y.view())[0]);
    answer.set("probabilities", ());
    if net.gives_probabilities() {
        answer.numbers("probabilities", &[outputs], &softmax(y));
    }
    answer.set("exact", map.exactness == Exactness::Exact);
    answer.set("tangent", map.exactness == Exactness::Tangent);
    answer.set("residual", map.residual.absolute);
    answer.set("relative_residual", map.residual.relative);
    let Pattern { open, .. } = &map.pattern;
    answer.set("hash", format!("{:016x}", map.pattern.hash()));
    answer.set("open", map.pattern.open_count());
    answer.set("on_boundary", map.pattern.boundary.len());
    answer.flags("pattern", open.iter().flatten().copied());
    answer.numbers("values", &[values.len()], &values);
    answer.set("distances", ());
    if let Some(layers) = distances {
        let all: Vec<f64> = layers
            .iter()
            .flat_map(|layer| layer.l2.iter().map(|d| d.unwrap_or(f64::INFINITY)))
            .collect();
        answer.numbers("distances", &[all.len()], &all);
    }

    // In units of the file: rows, their constants and norms, and their angles to the raw input.
    let mut rows = Vec::with_capacity(outputs * inputs);
    let mut constants = Vec::with_capacity(outputs);
    for (k, (a, c)) in map.a.rows().into_iter().zip(&map.c).enumerate() {
        let (weights, constant) = net.preparation.in_own_units(a.to_vec(), *c, k);
        rows.extend(weights);
        constants.push(constant);
    }
    let size = Norm::L2.of(&raw);
    let (mut sums, mut norms, mut angles) = (Vec::new(), Vec::new(), Vec::new());
    for a in rows.chunks(inputs) {
        let sum: f64 = a.iter().zip(&raw).map(|(a, x)| a * x).sum();
        let norm = Norm::L2.of(a);
        let cosine = if norm > 0.0 && size > 0.0 { sum / norm / size } else { 0.0 };
        sums.push(sum);
        norms.push(norm);
        angles.push(cosine.clamp(-1.0, 1.0).acos().to_degrees());
    }
    let mut columns = vec![0.0; inputs];
    for row in rows.chunks(inputs) {
        columns.iter_mut().zip(row).for_each(|(sum, a)| *sum += a * a);
    }
    columns.iter_mut().for_each(|sum: &mut f64| *sum = sum.sqrt());
    answer.numbers("y", &[outputs], &net.own_outputs(map.y));
    answer.numbers("rows", &[outputs, inputs], &rows);
    answer.numbers("constants", &[outputs], &constants);
    answer.numbers("sums", &[outputs], &sums);
    answer.numbers("norms", &[outputs], &norms);
    answer.numbers("angles", &[outputs], &angles);
    answer.numbers("column_norms", &[inputs], &columns);

    // In units of the net, whose noise gain is the norm.
    let mut of_net = |name: &str, f: &dyn Fn(&Neuron) -> f64| {
        answer.numbers(name, &[outputs], &own.iter().map(f).collect::<Vec<_>>());
    };
    of_net("net_y", &|n| n.y);
    of_net("net_sums", &|n| n.sum);
    of_net("net_constants", &|n| n.c);
    of_net("net_norms", &|n| n.norm);
    of_net("net_angles", &|n| n.angle());
    of_net("noise_gain", &|n| n.norm);
    answer.numbers("net_input", &[inputs], &x);
    Ok(answer)
}

/// The value of a switch as a weighted sum of the raw input.
pub fn neuron(net: &mut Opened, question: &Question, [raw]: [Vec<f64>; 1]) -> Result<Answer> {
    let x = net.input(raw)?;
    let unit = Unit { layer: question.layer, unit: question.unit };
    let found = switch_row(net.graph(&question.frozen)?, x.view(), unit)?;
    let norm = Norm::L2.of(&found.a);
    let mut answer = Answer::default();
    answer.set("value", found.value);
    answer.set("open", found.value > 0.0);
    answer.set("residual", found.residual.absolute);
    answer.set("norm", norm);
    let distance = found.value.abs() / norm;
    answer.set("distance", distance.is_finite().then_some(distance));
    let (row, constant) = net.preparation.in_raw_inputs(found.a.to_vec(), found.c);
    answer.set("constant", constant);
    answer.numbers("row", &[row.len()], &row);
    Ok(answer)
}

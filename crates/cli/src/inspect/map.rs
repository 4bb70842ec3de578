//! The effective map itself, which `inspect` always writes, and shows if nothing else is asked.

use super::{Subject, features};
use crate::progress::spin;
use anyhow::Result;
use ndarray::Axis;
use switchnet::analysis::{
    Constant, EffectiveMap, Exactness, constants, effective_map, neurons, rounding_estimate,
};
use switchnet::net::{argmax, softmax};
use switchnet::train::Loss;
use switchnet_lab::numpy::Archive;
use switchnet_lab::report::{Row, outputs_shown};

pub(super) fn run(subject: &Subject, shows: bool) -> Result<()> {
    let net = &subject.net;
    let map = spin("the map", || effective_map(net, subject.input.x.view()));
    map.residual.checked()?;
    let from = constants(net.graph(), subject.input.x.view());
    let y = map.y.clone().insert_axis(Axis(0));
    out!("{}", subject.input.name);
    if subject.test.labels().is_some() {
        let predicted = argmax(y.view())[0];
        let probability = match subject.loss {
            Loss::CrossEntropy => format!(" with probability {:.4}", softmax(y)[[0, predicted]]),
            _ => String::new(), // outputs are no logarithms of probabilities then
        };
        let label =
            subject.input.label.map(|label| format!(" (labeled {})", subject.output(label)));
        let label = label.unwrap_or_default();
        let predicted = subject.output(predicted);
        out!(": class {predicted}{probability}{label}");
    } else {
        let values = subject.preparation.undo(y);
        let (largest, count) = (argmax(values.view())[0], values.ncols());
        let of =
            if count > 1 { format!("of {count} outputs the largest is ") } else { String::new() };
        out!(": {of}{} = {:.6}", subject.output(largest), values[[0, largest]]);
    }
    outln!();
    if shows {
        show(subject, &map, &from)?;
    }
    let mut npz = Archive::default();
    npz.add("A", &map.a)?;
    npz.add("c", &map.c)?;
    npz.add("x", &map.x)?;
    npz.add("y", &map.y)?;
    subject.arrays("inspect.npz", npz)?;
    let names = subject.outputs();
    subject.answer(
        "inspect.json",
        &serde_json::json!({ "outputs": names, "map": map, "constants": from }),
    )?;
    let chosen = argmax(map.y.view().insert_axis(Axis(0)))[0];
    features::run(subject, &map, chosen, shows)?;
    let shown = outputs_shown(subject.form, &map.y.to_vec(), &[chosen]);
    if shows && shown.len() < names.len() {
        outln!("the picture has the {} largest of {} outputs", shown.len(), names.len());
    }
    let lead = shown.iter().position(|&k| k == chosen).unwrap_or(0);
    let row = |k: usize| Row { name: names[k].clone(), mark: k, numbers: map.a.row(k).to_vec() };
    let rows = shown.into_iter().map(row).collect();
    subject.picture("inspect", ["effective weights"; 2], rows, lead)
}

fn show(subject: &Subject, map: &EffectiveMap<f64>, from: &[Constant]) -> Result<()> {
    let net = &subject.net;
    if subject.preparation.targets.is_some() {
        outln!("\nthe output is standardized");
    }
    let (names, wide) = (subject.outputs(), subject.wide(6));
    outln!("\n{:<wide$}          y        a·x          c        ‖a‖  angle °", "output");
    for n in neurons(map) {
        let (k, angle) = (&names[n.output], n.angle());
        outln!(
            "{k:>wide$} {:>10.4} {:>10.4} {:>10.4} {:>10.4} {angle:>8.2}",
            n.y,
            n.sum,
            n.c,
            n.norm
        );
    }
    let kind = match map.exactness {
        Exactness::Exact => "exact: on its region the net is this map",
        Exactness::Tangent => "tangent: the net is not piecewise linear",
    };
    outln!(
        "\n{kind}\nresidual ‖A x + c − f(x)‖ = {:.3e}, relative {:.3e}; rounding suggests up to {:.1e}",
        map.residual.absolute,
        map.residual.relative,
        rounding_estimate(net.graph(), subject.input.x.view())
    );
    outln!(
        "switches: {} of {} open, {} on the boundary, pattern {:016x}",
        map.pattern.open_count(),
        map.pattern.len(),
        map.pattern.boundary.len(),
        map.pattern.hash()
    );
    let size = |c: &[f64]| c.iter().map(|v| v * v).sum::<f64>().sqrt();
    let parts: Vec<String> =
        from.iter().map(|p| format!("{} {:.3} ({})", p.layer, size(&p.c), p.name)).collect();
    outln!("‖c‖ by the layer whose bias it is: {}", parts.join(", "));
    Ok(())
}

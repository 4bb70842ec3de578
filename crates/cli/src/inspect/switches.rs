//! `--switches`: how the switches behave over the test set.

use super::Subject;
use anyhow::Result;
use ndarray::{Array1, Array2, ArrayView1};
use switchnet::analysis::{LayerBalance, SwitchReport, switch_balance, switch_report};
use switchnet_lab::numpy::Archive;
use switchnet_lab::report::{self, Curve, Panel, Scale};

pub(super) fn run(subject: &Subject) -> Result<()> {
    let inputs = subject.test.inputs().mapv(f64::from);
    let labels = subject.test.labels();
    let found = subject.spin("switches", || switch_report(&subject.net, inputs.view(), labels))?;
    let balance = subject.spin("balance", || switch_balance(subject.net.graph(), inputs.view()))?;
    outln!("\nswitch layer  switches  never open  always open  mean entropy (bits)");
    for (i, layer) in found.layers.iter().enumerate() {
        let (never, always) = (layer.switches.never_open(), layer.switches.always_open());
        let n = layer.entropy.len();
        let entropy = layer.entropy.iter().sum::<f64>() / n.max(1) as f64;
        outln!("{:>12}  {n:>8}  {never:>10}  {always:>11}  {entropy:>19.3}", i + 1);
    }
    outln!("{} inputs select {} patterns", found.inputs, found.patterns.len());
    let mean = |d: Option<f64>| d.map_or("–".to_owned(), |d| format!("{d:.1}"));
    outln!(
        "mean Hamming distance of {} switches: {} within classes, {} between",
        found.hamming.switches,
        mean(found.hamming.within),
        mean(found.hamming.between)
    );
    // Nothing passes a closed ReLU, which needs no line.
    for layer in balance.iter().filter(|layer| mean_share(layer) > Some(0.0)) {
        outln!(
            "layer {} ({}): {} % of what its switches put out (Σ y²) passes on the closed side, mean",
            layer.layer,
            layer.name,
            mean(mean_share(layer).map(|share| 100.0 * share)),
        );
    }
    let answer = serde_json::json!({ "report": found, "balance": balance });
    subject.answer("inspect-switches.json", &answer)?;
    arrays(subject, &found, &balance)?;
    if balance.iter().any(|layer| mean_share(layer) > Some(0.0)) {
        let plot = balance_chart(&balance);
        subject.chart_of_net("inspect-switches-balance.svg", &plot);
    }
    let rates: Vec<Vec<f64>> =
        found.layers.into_iter().map(|layer| layer.switches.on_rate).collect();
    if rates.iter().all(Vec::is_empty) {
        return Ok(());
    }
    subject.file("inspect-switches.png", report::switch_map(&rates)?);
    Ok(())
}

/// The mean over the switches through which something passes.
fn mean_share(layer: &LayerBalance) -> Option<f64> {
    let shares: Vec<f64> = layer.closed_share.iter().flatten().copied().collect();
    (!shares.is_empty()).then(|| shares.iter().sum::<f64>() / shares.len() as f64)
}

/// For each layer the part of its switches whose closed side carries at most so much.
fn balance_chart(balance: &[LayerBalance]) -> String {
    let curve = |layer: &LayerBalance| {
        let mut shares: Vec<f64> = layer.closed_share.iter().flatten().copied().collect();
        shares.sort_unstable_by(f64::total_cmp);
        let all = shares.len() as f64;
        let points = shares.into_iter().enumerate();
        let points = points.map(|(i, share)| (100.0 * share, 100.0 * (i + 1) as f64 / all));
        Curve::line(&format!("layer {} ({})", layer.layer, layer.name), points)
    };
    let x = ("energy Σ y² of a switch that passes on its closed side (%)", Scale::Linear);
    let y = ("switches with at most so much (%)", Scale::Linear);
    let panel = Panel::new(x, y, balance.iter().map(curve).collect())
        .heading("What passes on the closed side, switch by switch");
    report::chart("Balance of the two slopes of each switch", &panel)
}

/// For each layer that has switches, counted from 1, its on-rates, entropies and, in a row for each class, the
/// on-rates of classes; and for each layer of the chain with a balance, counted as the chain does, its numbers.
fn arrays(subject: &Subject, found: &SwitchReport, balance: &[LayerBalance]) -> Result<()> {
    let mut npz = Archive::default();
    for (i, layer) in found.layers.iter().enumerate() {
        let (number, switches) = (i + 1, layer.entropy.len());
        let classes = layer.class_on_rate.iter().flatten().copied().collect();
        let classes = Array2::from_shape_vec((layer.class_on_rate.len(), switches), classes)?;
        npz.add(&format!("on_rate_{number}"), &ArrayView1::from(&layer.switches.on_rate))?;
        npz.add(&format!("entropy_{number}"), &ArrayView1::from(&layer.entropy))?;
        npz.add(&format!("class_on_rate_{number}"), &classes)?;
    }
    for layer in balance {
        for (name, values) in [
            ("open_slope", &layer.open_slope),
            ("closed_slope", &layer.closed_slope),
            ("closed_share", &layer.closed_share),
        ] {
            let values: Array1<f64> = values.iter().map(|v| v.unwrap_or(f64::NAN)).collect();
            npz.add(&format!("{name}_chain_layer_{}", layer.layer), &values)?;
        }
    }
    subject.arrays("inspect-switches.npz", npz)
}

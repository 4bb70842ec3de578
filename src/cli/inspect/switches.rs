//! `--switches`: how the switches behave over the test set.

use super::Subject;
use anyhow::Result;
use switchnet::analysis::switch_report;
use switchnet::report;

pub(super) fn run(subject: &Subject) -> Result<()> {
    let inputs = subject.test.inputs().mapv(f64::from);
    let found = switch_report(&subject.net, inputs.view(), subject.test.labels())?;
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
    subject.answer("inspect-switches.json", &found)?;
    let rates: Vec<Vec<f64>> =
        found.layers.into_iter().map(|layer| layer.switches.on_rate).collect();
    if rates.iter().all(Vec::is_empty) {
        return Ok(());
    }
    subject.file("inspect-switches.png", &report::switch_map(&rates)?)
}

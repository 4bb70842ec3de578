//! `--neurons`: the neuron of the class chosen, over the test set.

use super::{Subject, whole};
use anyhow::Result;
use ndarray::Array1;
use switchnet::analysis::{Neuron, NeuronGroup, Thresholds, neuron_report};
use switchnet_lab::{numpy::Archive, report};

pub(super) fn run(subject: &Subject) -> Result<()> {
    let net = &subject.net;
    let inputs = subject.test.inputs().mapv(f64::from);
    let labels = subject.test.labels();
    let found = subject
        .spin("neurons", || neuron_report(net, inputs.view(), labels, Thresholds::default()))?;
    outln!("\nthe neuron of the class chosen, median (quartiles) over the test inputs");
    let wide = subject.wide(5);
    outln!(
        "{:<wide$} inputs             angle °            ‖a‖ = noise gain      signal to noise",
        "label"
    );
    let line = |group: &NeuronGroup| -> Result<()> {
        let name = group.label.map_or("all".to_owned(), |label| subject.output(label).into_owned());
        let [angle, norm, ratio] = [&group.angle, &group.norm, &group.signal_to_noise].map(|d| {
            format!("{:.3} ({:.3}–{:.3})", d.quartiles[1], d.quartiles[0], d.quartiles[2])
        });
        outln!("{name:>wide$} {:>6} {angle:>24} {norm:>22} {ratio:>22}", group.inputs);
        Ok(())
    };
    found.classes.iter().chain([&found.all]).try_for_each(line)?;
    let words = found.all.readings.iter().map(|(reading, n)| format!("{n} {reading}"));
    let Thresholds { cosine, norm } = found.thresholds;
    outln!("{}", words.collect::<Vec<_>>().join(", "));
    outln!("(aligned from |cos| = {cosine} on, long above ‖a‖ = {norm})");
    subject.answer("inspect-neurons.json", &found)?;
    let column = |f: fn(&Neuron) -> f64| found.neurons.iter().map(f).collect::<Array1<f64>>();
    let mut npz = Archive::default();
    npz.add("output", &whole(found.neurons.iter().map(|n| n.output)))?;
    npz.add("y", &column(|n| n.y))?;
    npz.add("sum", &column(|n| n.sum))?;
    npz.add("c", &column(|n| n.c))?;
    npz.add("norm", &column(|n| n.norm))?;
    npz.add("cosine", &column(|n| n.cosine))?;
    npz.add("signal_to_noise", &column(Neuron::signal_to_noise))?;
    subject.arrays("inspect-neurons.npz", npz)?;
    let right = |(i, neuron): (usize, Neuron)| {
        (neuron, labels.is_none_or(|labels| labels[i] == neuron.output))
    };
    let points: Vec<_> = found.neurons.into_iter().enumerate().map(right).collect();
    subject.chart_of_net("inspect-neurons.svg", &report::scatter(&points));
    Ok(())
}

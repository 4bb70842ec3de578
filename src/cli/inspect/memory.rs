//! `--memory`: the training inputs that the effective weights resemble most.

use super::{Subject, scaled};
use anyhow::Result;
use ndarray::Axis;
use switchnet::analysis::{effective_row, memory_view};
use switchnet::net::predict;
use switchnet::report;

/// How many training inputs are shown for each output.
const NEAREST: usize = 5;

pub(super) fn run(subject: &Subject) -> Result<()> {
    let (net, x) = (&subject.net, subject.x.view());
    let stored = subject.train.inputs().mapv(f64::from);
    let nearest = NEAREST.min(stored.nrows());
    let found = memory_view(net, x, stored.view(), subject.train.labels(), nearest)?;
    outln!("\nthe training inputs of largest cosine with the effective weights of each output");
    outln!(
        "output      ‖a‖   cosine (label) …   part of ‖a‖² that inputs of the class can make up"
    );
    for row in &found.rows {
        let recall = row.nearest.iter().map(|near| match near.label {
            Some(label) => format!("{:.3} ({label})", near.cosine),
            None => format!("{:.3}", near.cosine),
        });
        let recall: Vec<String> = recall.collect();
        let span = row.class_span.map_or("–".to_owned(), |span| {
            format!("{:.3} ({} of {} dimensions)", span.part, span.dimension, x.len())
        });
        outln!("{:>6} {:>8.4}   {}   {span}", row.output, row.length, recall.join(" "));
    }
    subject.answer("inspect-memory.json", &found)?;
    // The weights of the class chosen and what they resemble, each on its own scale.
    let chosen = predict(net, x.insert_axis(Axis(0)))[0];
    let weights = effective_row(net, x, chosen).a.to_vec();
    let patterns = found.rows[chosen].nearest.iter().map(|near| stored.row(near.stored).to_vec());
    let rows: Vec<Vec<f64>> = std::iter::once(weights).chain(patterns).map(scaled).collect();
    let picture = report::map_picture(subject.test.shape(), &subject.x.to_vec(), &rows)?;
    subject.file("inspect-memory.png", &picture)
}

//! `--memory`: the training inputs that the effective weights resemble most.

use super::{Subject, scaled};
use anyhow::Result;
use ndarray::{Array1, Array2, Axis};
use switchnet::analysis::{MemoryRow, effective_row, memory_view};
use switchnet::net::predict;
use switchnet_lab::{numpy::Archive, report::Row};

/// How many training inputs are shown for each output.
const NEAREST: usize = 5;

pub(super) fn run(subject: &Subject) -> Result<()> {
    let (net, x) = (&subject.net, subject.input.x.view());
    let stored = subject.train.inputs().mapv(f64::from);
    let nearest = NEAREST.min(stored.nrows());
    let labels = subject.train.labels();
    let found = subject.spin("memory", || memory_view(net, x, stored.view(), labels, nearest))?;
    outln!("\nthe training inputs of largest cosine with the effective weights of each output");
    let wide = subject.wide(6);
    outln!(
        "{:<wide$}      ‖a‖   cosine (label) …   part of ‖a‖² that inputs of the class can make up",
        "output"
    );
    for row in &found.rows {
        let recall = row.nearest.iter().map(|near| match near.label {
            Some(label) => format!("{:.3} ({})", near.cosine, subject.output(label)),
            None => format!("{:.3}", near.cosine),
        });
        let recall: Vec<String> = recall.collect();
        let span = row.class_span.map_or("–".to_owned(), |span| {
            format!("{:.3} ({} of {} dimensions)", span.part, span.dimension, x.len())
        });
        let name = subject.output(row.output);
        outln!("{name:>wide$} {:>8.4}   {}   {span}", row.norm, recall.join(" "));
    }
    subject.answer("inspect-memory.json", &found)?;
    // A row for each output.
    let rows = &found.rows;
    let stored_at =
        Array2::from_shape_fn((rows.len(), nearest), |(k, i)| rows[k].nearest[i].stored as i64);
    let cosine = Array2::from_shape_fn((rows.len(), nearest), |(k, i)| rows[k].nearest[i].cosine);
    let part = |row: &MemoryRow| row.class_span.map_or(f64::NAN, |span| span.part);
    let mut npz = Archive::default();
    npz.add("cosine", &cosine)?;
    npz.add("stored", &stored_at)?;
    npz.add("norm", &rows.iter().map(|row| row.norm).collect::<Array1<f64>>())?;
    npz.add("class_span", &rows.iter().map(part).collect::<Array1<f64>>())?;
    subject.arrays("inspect-memory.npz", npz)?;
    // The weights of the class chosen and what they resemble, each on its own scale.
    let chosen = predict(net, x.insert_axis(Axis(0)))[0];
    let weights = effective_row(net, x, chosen).a.to_vec();
    let patterns = found.rows[chosen].nearest.iter().map(|near| {
        let label = near.label.map(|label| format!(" ({})", subject.output(label)));
        let name = format!("train {}{}", near.stored, label.unwrap_or_default());
        (name, stored.row(near.stored).to_vec())
    });
    let weights = (format!("weights of {}", subject.output(chosen)), weights);
    let rows = std::iter::once(weights).chain(patterns).enumerate();
    let row = |(mark, (name, numbers))| Row { name, mark, numbers: scaled(numbers) };
    let what = ["effective weights and the training inputs nearest to them", "each scaled to 1"];
    subject.picture("inspect-memory", what, rows.map(row).collect(), 0)
}

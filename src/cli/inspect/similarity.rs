//! `--similarity`: how alike the maps of test inputs are, within and between classes.

use super::Subject;
use anyhow::Result;
use ndarray::s;
use serde_json::json;
use switchnet::analysis::{Row, Similarity, pattern_similarity, row_similarity};
use switchnet::report;

/// How many test inputs are compared, each with each.
const INPUTS: usize = 500;

pub(super) fn run(subject: &Subject) -> Result<()> {
    let net = &subject.net;
    let all = subject.test.inputs();
    let count = INPUTS.min(all.nrows());
    let inputs = all.slice(s![..count, ..]).mapv(f64::from);
    let labels = subject.test.labels().map(|labels| &labels[..count]);
    let rows = row_similarity(net, inputs.view(), labels, Row::Predicted)?;
    let patterns = pattern_similarity(net, inputs.view(), labels)?;
    outln!("\n{count} test inputs, each with each            within classes  between classes");
    for (what, found) in [
        ("cosine of the effective rows chosen", &rows),
        ("switches that differ", &patterns.hamming),
        ("paths in common, normalised", &patterns.overlap),
    ] {
        let mean = |mean: Option<f64>| mean.map_or("–".to_owned(), |mean| format!("{mean:.4}"));
        outln!("{what:<40} {:>14}  {:>15}", mean(found.within), mean(found.between));
    }
    // The matrices of all pairs go to the archive; JSON has the means.
    let means = |found: &Similarity| {
        json!({
            "classes": found.classes,
            "within": found.within,
            "between": found.between,
            "class_means": found.class_means,
        })
    };
    let answer = json!({
        "inputs": count,
        "cosine": means(&rows),
        "hamming": means(&patterns.hamming),
        "overlap": means(&patterns.overlap),
    });
    subject.answer("inspect-similarity.json", &answer)?;
    subject.arrays(
        "inspect-similarity.npz",
        [
            ("cosine", rows.matrix.view().into_dyn()),
            ("hamming", patterns.hamming.matrix.view().into_dyn()),
            ("log_overlap", patterns.log_overlap.view().into_dyn()),
            ("overlap", patterns.overlap.matrix.view().into_dyn()),
        ],
    )?;
    if rows.classes.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = rows.classes.iter().map(usize::to_string).collect();
    for (name, title, found) in [
        ("cosine", "Cosine of the effective rows of two classes, mean", &rows),
        ("hamming", "Switches in which inputs of two classes differ, mean", &patterns.hamming),
    ] {
        let values: Vec<Vec<f64>> = found
            .class_means
            .iter()
            .map(|row| row.iter().map(|mean| mean.unwrap_or(f64::NAN)).collect())
            .collect();
        let picture = report::matrix(title, &names, &values);
        subject.file(&format!("inspect-similarity-{name}.svg"), picture.as_bytes())?;
    }
    Ok(())
}

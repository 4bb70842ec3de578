//! `--similarity`: how alike the maps of test inputs are, within and between classes.

use super::{LARGEST, Subject, whole};
use anyhow::Result;
use ndarray::{Array2, s};
use serde_json::json;
use switchnet::analysis::{
    Clusters, Row, Similarity, clusters_by_region, clusters_by_similarity, pattern_similarity,
    row_similarity, row_space_similarity,
};
use switchnet_lab::{numpy::Archive, report};

/// How many test inputs are compared, each with each.
const INPUTS: usize = 500;
/// How many of them by their row spaces, each pair of which is decomposed.
const SPACES: usize = 40;
/// Maps are of one cluster that a chain of inputs joins whose effective rows have at least this cosine.
const ALIKE: f64 = 0.9;

pub(super) fn run(subject: &Subject) -> Result<()> {
    let net = &subject.net;
    let all = subject.test.inputs();
    let count = INPUTS.min(all.nrows());
    let inputs = all.slice(s![..count, ..]).mapv(f64::from);
    let labels = subject.test.labels().map(|labels| &labels[..count]);
    let rows = subject
        .spin("effective rows", || row_similarity(net, inputs.view(), labels, Row::Predicted))?;
    let patterns = subject.spin("patterns", || pattern_similarity(net, inputs.view(), labels))?;
    let few = if net.inputs().min(net.outputs()) > LARGEST { 1 } else { SPACES.min(count) };
    let of_few = labels.map(|labels| &labels[..few]);
    let some = inputs.slice(s![..few, ..]);
    let spaces = subject.spin("row spaces", || row_space_similarity(net, some, of_few))?;
    let angle = format!("angle of the row spaces of {few} (°)");
    outln!("\n{count} test inputs, each with each            within classes  between classes");
    for (what, found) in [
        ("cosine of the effective rows chosen", &rows),
        ("switches that differ", &patterns.hamming),
        ("paths in common, normalized", &patterns.overlap),
        (&angle, &spaces),
    ] {
        let mean = |mean: Option<f64>| mean.map_or("–".to_owned(), |mean| format!("{mean:.4}"));
        outln!("{what:<40} {:>14}  {:>15}", mean(found.within), mean(found.between));
    }
    let regions = subject.spin("clusters", || clusters_by_region(net, inputs.view()))?;
    let maps = clusters_by_similarity(rows.matrix.view(), ALIKE)?;
    let largest = |found: &Clusters| found.sizes.iter().copied().max().unwrap_or(0);
    outln!("clusters by region: {}, the largest of {}", regions.sizes.len(), largest(&regions));
    outln!(
        "clusters by map (cosines of {ALIKE} on): {}, the largest of {}",
        maps.sizes.len(),
        largest(&maps)
    );
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
        "row_space_angle": { "inputs": few, "degrees": means(&spaces) },
        "clusters": {
            "by_region": regions,
            "by_map": { "cosine": ALIKE, "clusters": maps },
        },
    });
    subject.answer("inspect-similarity.json", &answer)?;
    arrays(
        subject,
        [&rows, &patterns.hamming, &patterns.overlap, &spaces],
        &patterns.log_overlap,
        [&regions, &maps],
    )?;
    if rows.classes.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = rows.classes.iter().map(|&k| subject.output(k).into_owned()).collect();
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
        subject.chart_of_net(&format!("inspect-similarity-{name}.svg"), &picture);
    }
    Ok(())
}

/// All pairs, and the cluster of each input.
fn arrays(
    subject: &Subject,
    [cosine, hamming, overlap, spaces]: [&Similarity; 4],
    log_overlap: &Array2<f64>,
    clusters: [&Clusters; 2],
) -> Result<()> {
    let [regions, maps] = clusters.map(|found| whole(found.of.iter().copied()));
    let mut npz = Archive::default();
    npz.add("cosine", &cosine.matrix)?;
    npz.add("hamming", &hamming.matrix)?;
    npz.add("log_overlap", log_overlap)?;
    npz.add("overlap", &overlap.matrix)?;
    npz.add("row_space_angle", &spaces.matrix)?;
    npz.add("cluster_by_region", &regions)?;
    npz.add("cluster_by_map", &maps)?;
    subject.arrays("inspect-similarity.npz", npz)
}

//! Which single inputs the report shows, and what the nets make of them.

use super::measure::{Measured, predicted};
use super::results::Example;
use switchnet::Result;
use switchnet::analysis::{effective_map, neurons};
use switchnet::data::Dataset;
use switchnet::net::{Net, softmax};

/// For each net `count` test inputs: half of them inputs that every net gets right, of different
/// classes as far as possible and the same for all nets, the rest inputs that this net gets wrong,
/// in file order. Where one kind runs out the other fills up.
pub(super) fn choose(
    nets: &[Measured],
    test: &Dataset<f32>,
    count: usize,
) -> Result<Vec<Vec<Example>>> {
    let labels = test.labels().expect("an experiment is on classes");
    let all_right = |&i: &usize| nets.iter().all(|net| net.right[i]);
    let mut common: Vec<usize> = (0..test.len()).filter(all_right).collect();
    // Stable, so by file order among those that are equally often there: the first of each class
    // come first, then the second of each.
    let mut seen = std::collections::HashMap::new();
    let nth: std::collections::HashMap<usize, usize> = common
        .iter()
        .map(|&i| {
            let nth = seen.entry(labels[i]).or_insert(0);
            *nth += 1;
            (i, *nth)
        })
        .collect();
    common.sort_by_key(|i| nth[i]);
    nets.iter()
        .map(|net| {
            let wrong: Vec<usize> = (0..test.len()).filter(|&i| !net.right[i]).collect();
            let right = common.len().min(count - (count / 2).min(wrong.len()));
            let chosen = common.iter().take(right).chain(wrong.iter().take(count - right));
            chosen.map(|&i| example(&net.net, test, i)).collect()
        })
        .collect()
}

fn example(net: &Net<f64>, test: &Dataset<f32>, index: usize) -> Result<Example> {
    let x = test.inputs().row(index).mapv(f64::from);
    let map = effective_map(net, x.view());
    let predicted = predicted(&map);
    let probabilities = softmax(map.y.clone().insert_axis(ndarray::Axis(0)));
    Ok(Example {
        index,
        label: test.labels().expect("an experiment is on classes")[index],
        predicted,
        probability: probabilities[[0, predicted]],
        x: x.to_vec(),
        rows: map.a.rows().into_iter().map(|row| row.to_vec()).collect(),
        c: map.c.to_vec(),
        neurons: neurons(&map),
        residual: map.residual.checked()?.relative,
        on_boundary: map.pattern.boundary.len(),
    })
}

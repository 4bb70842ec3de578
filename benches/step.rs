//! Whole nets: the gradient of a batch of 128, and inference; a switch
//! net of five layers of width 1024 beside the dense net 784–1024–1024–10. All threads, `f32`.

use criterion::{Criterion, criterion_group, criterion_main};
use ndarray::Array2;
use std::hint::black_box;
use switchnet::data::{Dataset, Targets};
use switchnet::net::zoo::{Mlp, SwitchNet};
use switchnet::net::{Net, forward};
use switchnet::train::{Loss, gradient};

fn nets() -> [(&'static str, Net<f32>); 2] {
    let switch = SwitchNet { width: Some(1024), depth: 5, ..SwitchNet::default() };
    let dense = Mlp { hidden: vec![1024, 1024], dropout: 0.0 };
    [("switch net", switch.spec(&[784], 10, 1)), ("dense net", dense.spec(&[784], 10, 1))]
        .map(|(name, spec)| (name, spec.build().expect("these fit")))
}

fn step(c: &mut Criterion) {
    let inputs = Array2::from_shape_fn((128, 784), |(i, j)| ((i * 784 + j) as f32).sin());
    let targets = Targets::Classes { labels: (0..128).map(|i| i % 10).collect(), classes: 10 };
    let data = Dataset::new("waves", vec![784], inputs, targets).expect("shapes fit");
    let rows: Vec<usize> = (0..128).collect();
    for (name, net) in nets() {
        c.bench_function(&format!("gradient, {name}"), |b| {
            b.iter(|| gradient(&net, Loss::CrossEntropy, black_box(&data), &rows));
        });
        c.bench_function(&format!("inference, {name}"), |b| {
            b.iter(|| forward(&net, black_box(data.inputs().view())));
        });
    }
}

criterion_group!(benches, step);
criterion_main!(benches);

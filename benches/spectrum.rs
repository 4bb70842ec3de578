//! The sixteen largest singular values of a 1024 × 1024 map of five layers {Hadamard, random scale, ReLU}, and
//! the reports over 10,000 inputs of a switch net of five layers of width 1024. Random weights, all threads,
//! `f64`.

use criterion::{Criterion, criterion_group, criterion_main};
use ndarray::{Array1, Array2};
use rand::RngExt;
use std::hint::black_box;
use switchnet::analysis::{Method, Thresholds, neuron_report, spectrum, switch_report};
use switchnet::internal::decompose::svd;
use switchnet::layer::{Diagonal, FixedTransform, Layer, Switch};
use switchnet::net::Graph;
use switchnet::net::zoo::SwitchNet;
use switchnet::random::generator;
use switchnet::transform::Hadamard;

/// A switch net of the zoo begins with slopes that make every singular value 1, which one round finds. The
/// values of this one lie close together and fall to zero.
fn square() -> Graph<f64> {
    let mut rng = generator(1, 0);
    let mut block = || -> [Box<dyn Layer<f64>>; 3] {
        let scale = Array1::from_shape_simple_fn(1024, || 0.6 + 0.8 * rng.random::<f64>());
        [
            Box::new(FixedTransform::new(Hadamard::new(1024).expect("a power of two"))),
            Box::new(Diagonal::new(Some(scale), None)),
            Box::new(Switch::relu(1024)),
        ]
    };
    Graph::chain((0..5).flat_map(|_| block()).collect()).expect("all are of one width")
}

fn spectra(c: &mut Criterion) {
    let net = square();
    let x = Array1::from_shape_fn(net.inputs(), |i| (i as f64 * i as f64).sin());
    let found = spectrum(&net, x.view(), Method::leading(16)).expect("a finite map");
    assert!(found.converged && found.rounds > 2, "only a finished answer that took work is timed");
    let mut group = c.benchmark_group("spectrum");
    group.sample_size(10);
    group.bench_function("leading 16 of 1024 × 1024", |b| {
        b.iter(|| spectrum(&net, black_box(x.view()), Method::leading(16)));
    });
    group.bench_function("all of 1024 × 1024", |b| {
        b.iter(|| spectrum(&net, black_box(x.view()), Method::Full));
    });
    group.finish();
}

fn reports(c: &mut Criterion) {
    let switch = SwitchNet { width: Some(1024), depth: 5, ..SwitchNet::default() };
    let net = switch.spec(&[1024], 10, 1).build::<f64>().expect("these fit");
    let wave = |(i, j): (usize, usize)| ((i * 31 + j * (i % 17 + 1)) as f64).sin();
    let x = Array2::from_shape_fn((10_000, 1024), wave);
    let labels: Vec<usize> = (0..10_000).map(|i| i % 10).collect();
    let mut group = c.benchmark_group("10,000 inputs");
    group.sample_size(10);
    group.bench_function("neuron report", |b| {
        b.iter(|| neuron_report(&net, black_box(x.view()), Some(&labels), Thresholds::default()));
    });
    group.bench_function("switch report", |b| {
        b.iter(|| switch_report(&net, black_box(x.view()), Some(&labels)));
    });
    group.finish();
}

/// All singular values and vectors of dense matrices.
fn decompositions(c: &mut Criterion) {
    let mut group = c.benchmark_group("svd");
    group.sample_size(10);
    for (rows, columns) in [(10, 784), (64, 64), (256, 256), (1024, 1024)] {
        let mut rng = generator(1, 0);
        let a = Array2::from_shape_simple_fn((rows, columns), || rng.random::<f64>() - 0.5);
        group.bench_function(format!("{rows} × {columns}"), |b| {
            b.iter(|| svd(black_box(a.view())))
        });
    }
    group.finish();
}

criterion_group!(benches, spectra, reports, decompositions);
criterion_main!(benches);

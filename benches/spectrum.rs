//! The sixteen largest singular values of a 1024 × 1024 map, and the reports over 10,000 inputs, of switch
//! nets of five layers of width 1024 with random weights. All threads, `f64`.

use criterion::{Criterion, criterion_group, criterion_main};
use ndarray::{Array1, Array2};
use std::hint::black_box;
use switchnet::analysis::{Method, neuron_report, spectrum, switch_report};
use switchnet::layer::Layer;
use switchnet::net::Net;
use switchnet::net::zoo::SwitchNet;

fn net(readout: bool) -> Net<f64> {
    let switch = SwitchNet { width: Some(1024), depth: 5, ..SwitchNet::default() };
    let mut spec = switch.spec(&[1024], 10, 1);
    if !readout {
        spec.layers.pop();
    }
    spec.build().expect("these fit")
}

fn spectra(c: &mut Criterion) {
    let net = net(false);
    let x = Array1::from_shape_fn(net.inputs(), |i| (i as f64).sin());
    let found = spectrum(&net, x.view(), Method::leading(16)).expect("a finite map");
    assert!(found.converged, "only a finished answer is timed");
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
    let net = net(true);
    let wave = |(i, j): (usize, usize)| ((i * 31 + j * (i % 17 + 1)) as f64).sin();
    let x = Array2::from_shape_fn((10_000, 1024), wave);
    let labels: Vec<usize> = (0..10_000).map(|i| i % 10).collect();
    let mut group = c.benchmark_group("10,000 inputs");
    group.sample_size(10);
    group.bench_function("neuron report", |b| {
        b.iter(|| neuron_report(&net, black_box(x.view()), Some(&labels)));
    });
    group.bench_function("switch report", |b| {
        b.iter(|| switch_report(&net, black_box(x.view()), Some(&labels)));
    });
    group.finish();
}

criterion_group!(benches, spectra, reports);
criterion_main!(benches);

//! Margins of one input and of 64 for a switch net of five layers of width 1024 on 784 inputs, and the best
//! input inside a region of a net on 64 inputs. All threads, `f64`; random weights as a net starts with,
//! and random biases.

use criterion::{Criterion, criterion_group, criterion_main};
use ndarray::Array1;
use std::hint::black_box;
use switchnet::Matrix;
use switchnet::analysis::{Norm, Within, counterfactual, margin, margins, region_optimum};
use switchnet::layer::{Layer, ParameterMut};
use switchnet::net::Net;
use switchnet::net::zoo::SwitchNet;

fn net(inputs: usize, width: usize, depth: usize) -> Net<f64> {
    let net = SwitchNet { width: Some(width), depth, ..SwitchNet::default() };
    let mut net = net.spec(&[inputs], 10, 1).build().expect("the width is a power of two");
    net.visit_mut(&mut |ParameterMut { name, mut values, .. }| {
        if name.ends_with("bias") {
            let wave = |(i, value): (usize, &mut f64)| *value = 0.1 * (7.0 * i as f64).sin();
            values.iter_mut().enumerate().for_each(wave);
        }
    });
    net
}

fn wave(n: usize) -> Array1<f64> {
    Array1::from_shape_fn(n, |i| (i as f64).sin())
}

fn boundaries(c: &mut Criterion) {
    let mut group = c.benchmark_group("margin");
    group.sample_size(10);
    let wide = net(784, 1024, 5);
    let x = wave(784);
    let what = "one input, 784 to 5 × 1024, three norms";
    group.bench_function(what, |b| b.iter(|| margin(&wide, black_box(x.view()))));
    let many = Matrix::from_shape_fn((64, 784), |(i, j)| ((i + 1) as f64 * j as f64).sin());
    group.bench_function("64 inputs", |b| b.iter(|| margins(&wide, black_box(many.view()))));
    let radius =
        50.0 * margin(&wide, x.view()).expect("exact").nearest.l2.expect("boundaries").distance;
    let within = Within::Ball { norm: Norm::L2, radius };
    group.bench_function("best input within L2 of 50 margins, 784 to 5 × 1024", |b| {
        b.iter(|| region_optimum(&wide, black_box(x.view()), 0, None, &within));
    });
    let small = net(64, 64, 3);
    let x = wave(64);
    for norm in Norm::ALL {
        let within = Within::Ball { norm, radius: 1.0 };
        group.bench_function(format!("best input within {norm:?} of 1, 64 to 3 × 64"), |b| {
            b.iter(|| region_optimum(&small, black_box(x.view()), 0, None, &within));
        });
        group.bench_function(format!("nearest other class by {norm:?}, 64 to 3 × 64"), |b| {
            b.iter(|| counterfactual(&small, black_box(x.view()), None, norm, None));
        });
    }
    group.finish();
}

criterion_group!(benches, boundaries);
criterion_main!(benches);

//! How time grows with the width, 32 rows: the Walsh–Hadamard transform alone, a structured layer of it,
//! a dense layer as far as it goes. `switchnet speed` draws the curve. One thread, `f32`.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ndarray::{Array1, Array2};
use std::hint::black_box;
use switchnet::layer::{Dense, Diagonal, FixedTransform, Layer, Switch};
use switchnet::net::Graph;
use switchnet::random::generator;
use switchnet::transform::Hadamard;

fn scaling(c: &mut Criterion) {
    let mut group = c.benchmark_group("scaling");
    group.sample_size(10);
    for bits in (6..=22).step_by(2) {
        let n = 1usize << bits;
        let rows = if bits > 16 { 1 } else { 32 };
        let x = Array2::from_elem((rows, n), 0.5f32);
        let vector = |value: f32| Array1::from_elem(n, value);
        let transform =
            || Box::new(FixedTransform::<f32>::new(Hadamard::new(n).expect("a power of two")));
        let layer = Graph::chain(vec![
            Box::new(Diagonal::new(None, Some(vector(0.1)))),
            Box::new(Switch::two_slope(vector(1.0), vector(-1.0))),
            transform(),
        ]);
        let mut contenders: Vec<(&str, Box<dyn Layer<f32>>)> =
            vec![("transform", transform()), ("layer", Box::new(layer.expect("one width")))];
        if bits <= 12 {
            let dense = Dense::random(n, n, true, &mut generator(1, 0));
            contenders.push(("dense", Box::new(dense)));
        }
        group.throughput(Throughput::Elements((rows * n) as u64));
        for (name, layer) in contenders {
            group.bench_with_input(BenchmarkId::new(name, n), &n, |b, _| {
                b.iter(|| layer.forward(black_box(x.clone())));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, scaling);
criterion_main!(benches);

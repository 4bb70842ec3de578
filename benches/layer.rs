//! One layer for a batch of 128, structured beside dense: bias, two slopes and Walsh–Hadamard transform; a
//! dense layer of the same width; faer's product alone stands in `product`. One thread, `f32`.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ndarray::{Array1, Array2};
use std::hint::black_box;
use switchnet::layer::{Conv2d, Dense, Diagonal, FixedTransform, Layer, Switch};
use switchnet::net::Graph;
use switchnet::random::generator;
use switchnet::transform::{Hadamard, Transform};

const BATCH: usize = 128;

fn structured(n: usize) -> Graph<f32> {
    let vector = |value: f32| Array1::from_elem(n, value);
    Graph::chain(vec![
        Box::new(Diagonal::new(None, Some(vector(0.1)))),
        Box::new(Switch::two_slope(vector(1.0), vector(-1.0))),
        Box::new(FixedTransform::new(Hadamard::new(n).expect("a power of two"))),
    ])
    .expect("one width")
}

fn layer(c: &mut Criterion) {
    let mut group = c.benchmark_group("layer");
    for n in [32, 64, 256, 1024, 4096] {
        let x = Array2::from_shape_fn((BATCH, n), |(i, j)| ((i * n + j) as f32).sin());
        let (structured, dense) = (structured(n), Dense::random(n, n, true, &mut generator(1, 0)));
        group.throughput(Throughput::Elements((BATCH * n) as u64));
        for (name, layer) in [("structured", &structured as &dyn Layer<f32>), ("dense", &dense)] {
            group.bench_with_input(BenchmarkId::new(name, n), &n, |b, _| {
                b.iter(|| layer.forward(black_box(x.clone())));
            });
        }
    }
    let shape = [16, 28, 28];
    let conv = Conv2d::<f32>::random(shape, 32, 3, 1, &mut generator(1, 0)).expect("it fits");
    let x =
        Array2::from_shape_fn((BATCH, conv.signature().inputs), |(i, j)| ((i + j) as f32).sin());
    group.throughput(Throughput::Elements((BATCH * conv.signature().multiply_adds) as u64));
    group.bench_function("convolution 3×3, 16 → 32, 28×28", |b| {
        b.iter(|| conv.forward(black_box(x.clone())));
    });
    group.finish();
}

/// Scale, bias, two slopes and transform of 32 rows: as a chain runs them, and one layer after the other.
fn sweep(c: &mut Criterion) {
    let mut group = c.benchmark_group("sweep");
    for n in [256, 1024, 4096] {
        let signs = Array1::from_shape_fn(n, |i| if i % 3 == 0 { -1.0 } else { 1.0 });
        let hadamard = Hadamard::new(n).expect("a power of two");
        let scale = Diagonal::new(Some(signs.clone()), Some(0.1 * &signs));
        let switch = Switch::two_slope(signs.clone(), -signs);
        let mix: FixedTransform<f32> = FixedTransform::new(hadamard.clone());
        let chain: Vec<Box<dyn Layer<f32>>> = vec![
            Box::new(scale.clone()),
            Box::new(switch.clone()),
            Box::new(FixedTransform::new(hadamard.clone())),
        ];
        let chain = Graph::chain(chain).expect("one width");
        let mut x = Some(Array2::from_shape_fn((32, n), |(i, j)| ((i * n + j) as f32).sin()));
        let mut run = |name: &str, f: &dyn Fn(Array2<f32>) -> Array2<f32>| {
            group.bench_function(BenchmarkId::new(name, n), |b| {
                b.iter(|| x = x.take().map(|x| black_box(f(x))));
            });
        };
        run("together", &|x| chain.forward(x));
        run("one after the other", &|x| mix.forward(switch.forward(scale.forward(x))));
        run("the transform alone", &|mut x| {
            hadamard.apply(x.as_slice_mut().expect("row-major"));
            x
        });
    }
    group.finish();
}

criterion_group!(benches, layer, sweep);
criterion_main!(benches);

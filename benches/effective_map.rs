//! The effective map of one input: a switch net of five layers of width 1024 beside the dense net
//! 784–1024–1024–10, ten rows each, and the whole square map of the former. All threads, `f32`.

use criterion::{Criterion, criterion_group, criterion_main};
use ndarray::Array1;
use std::hint::black_box;
use switchnet::analysis::effective_map;
use switchnet::net::Net;
use switchnet::net::zoo::{Mlp, SwitchNet};

fn nets() -> [(&'static str, Net<f32>); 3] {
    let switch = SwitchNet { width: Some(1024), depth: 5, ..SwitchNet::default() };
    let dense = Mlp { hidden: vec![1024, 1024], dropout: 0.0 };
    let mut square = switch.spec(&[1024], 10, 1);
    square.layers.pop(); // the readout
    [
        ("switch net, 10 rows", switch.spec(&[784], 10, 1)),
        ("dense net, 10 rows", dense.spec(&[784], 10, 1)),
        ("switch net, 1024 rows", square),
    ]
    .map(|(name, spec)| (name, spec.build().expect("these fit")))
}

fn maps(c: &mut Criterion) {
    let mut group = c.benchmark_group("effective map");
    for (name, net) in nets() {
        let x = Array1::from_shape_fn(net.inputs(), |i| (i as f32).sin());
        group.bench_function(name, |b| b.iter(|| effective_map(&net, black_box(x.view()))));
    }
    group.finish();
}

criterion_group!(benches, maps);
criterion_main!(benches);

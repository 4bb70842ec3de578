//! Structured matrices of 1,024 numbers for a batch of 128 beside the dense layer: forwards, and back with what the weights get,
//! in chunks of rows as training has them. One thread, `f32`; throughput is in multiply-adds.

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ndarray::{Array2, Axis};
use std::hint::black_box;
use switchnet::layer::{Layer, parameters};
use switchnet::net::zoo::StructuredMatrix;
use switchnet::net::{Spec, chunk_rows};

const BATCH: usize = 128;
const N: usize = 1024;

fn kinds() -> Vec<(&'static str, StructuredMatrix)> {
    use StructuredMatrix::*;
    vec![
        ("dense", Dense {}),
        ("monarch", Monarch { block: None }),
        ("block tensor train, 2", BlockTensorTrain { rank: 2, block: None }),
        ("butterfly", Butterfly { radix: 2, shared: false }),
        ("butterfly, radix 4", Butterfly { radix: 4, shared: false }),
        ("BPBP", BitReversedButterfly { factors: 2, shared: true }),
        ("kaleidoscope", Kaleidoscope {}),
        ("block butterfly, 4", BlockButterfly { block: 4 }),
        ("group-shuffle, 32", GroupShuffle { block: 32, layers: 2 }),
        ("orthogonal butterfly", OrthogonalButterfly { radix: 2 }),
        ("orthogonal group-shuffle, 16", OrthogonalGroupShuffle { block: 16, layers: 2 }),
        ("BLAST, 8×8 of 8", Blast { blocks: 8, rank: 8 }),
        ("permuted blocks, 8", PermutedBlocks { block: 8 }),
        ("kronecker", Kronecker { side: None }),
        ("low rank, 4", LowRank { rank: 4 }),
        ("acdc", Acdc { factors: 1 }),
        ("fastfood", Fastfood {}),
        ("spinner", Spinner { factors: 3, learned: true }),
        ("circulant", Circulant {}),
        ("spectral filter", SpectralFilter { height: None }),
        ("block-circulant, 128", BlockCirculant { block: 128 }),
        ("toeplitz", Toeplitz {}),
        ("toeplitz-like, 4", ToeplitzLike { rank: 4 }),
        ("soft-hadamard", SoftHadamard {}),
    ]
}

fn rows(seed: usize) -> Array2<f32> {
    Array2::from_shape_fn((BATCH, N), |(i, j)| ((i * N + j + seed) as f32).sin())
}

fn bench(c: &mut Criterion) {
    for way in ["forward", "backward"] {
        let mut group = c.benchmark_group(way);
        group.sample_size(20);
        for (name, matrix) in kinds() {
            let layers = matrix.layers(N, "m").expect("a width that it has");
            let spec = Spec { input: vec![N], seed: 1, layers };
            let net = spec.build::<f32>().expect("a net");
            group.throughput(Throughput::Elements((BATCH * net.signature().multiply_adds) as u64));
            let chunks = |seed| -> Vec<Array2<f32>> {
                rows(seed)
                    .axis_chunks_iter(Axis(0), chunk_rows(&net))
                    .map(|c| c.to_owned())
                    .collect()
            };
            let (x, dy) = (chunks(0), chunks(1));
            let mut sums = vec![0.0; parameters::count(&net)];
            group.bench_function(BenchmarkId::new(name, N), |b| match way {
                // What takes its input has one of its own, whose copy is not timed.
                "forward" => b.iter_batched(
                    || x.clone(),
                    |x| x.into_iter().for_each(|x| drop(black_box(net.forward(black_box(x))))),
                    BatchSize::PerIteration,
                ),
                _ => {
                    let maps: Vec<_> = x.iter().map(|x| net.linearize(x.clone()).1).collect();
                    b.iter_batched(
                        || dy.clone(),
                        |dy| {
                            for (map, dy) in maps.iter().zip(dy) {
                                black_box(map.pull(black_box(dy), &mut sums));
                            }
                        },
                        BatchSize::PerIteration,
                    );
                }
            });
        }
        group.finish();
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);

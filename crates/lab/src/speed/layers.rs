//! Whole layers: against their transform, and the baselines against the bare product.

use super::product::{WHOSE, product};
use super::transforms::waves;
use super::{Bench, Goal};
use ndarray::{Array1, ArrayView2};
use std::cell::Cell;
use std::hint::black_box;
use switchnet::Matrix;
use switchnet::internal::aligned::{self, Recycled};
use switchnet::internal::product as own;
use switchnet::layer::{
    BlockSwitchConfig, Conv2d, Dense, Diagonal, FixedTransform, Layer, LayerConfig, Shape,
    Signature, Switch, parameters,
};
use switchnet::net::Graph;
use switchnet::random::generator;
use switchnet::transform::{Hadamard, Transform};

pub(super) fn measure(bench: &mut Bench<'_>) {
    fused(bench);
    block_switch(bench);
    dense(bench);
    dense_back(bench);
    convolution(bench);
}

/// Scale, bias, two slopes and transform, 32 rows, beside the transform alone.
fn fused(bench: &mut Bench<'_>) {
    for n in [256, 1024, 4096] {
        let hadamard = Hadamard::new(n).expect("a power of two");
        let signs = |size: f32| Array1::from_shape_fn(n, |i| if i % 3 == 0 { -size } else { size });
        let layers: Vec<Box<dyn Layer<f32>>> = vec![
            Box::new(Diagonal::new(Some(signs(1.0)), Some(signs(0.1)))),
            Box::new(Switch::two_slope(signs(1.0), signs(-1.0))),
            Box::new(FixedTransform::new(hadamard.clone())),
        ];
        let layer = Graph::chain(layers).expect("one width");
        let x = Cell::new(waves::<f32>(32, n));
        let mut y = waves::<f32>(32, n);
        let times = bench.best(&mut [&mut || in_place(&x, |x| layer.forward(x)), &mut || {
            hadamard.apply(black_box(y.as_slice_mut().expect("row-major")))
        }]);
        let work = format!("scale + bias + switch + transform, n = {n}, 32 rows");
        bench.row(work, "the transform alone", (times[0], times[1]), Goal::AtMost(1.20));
    }
}

/// A switch of blocks of 4 backwards, with the gradient, beside forwards.
fn block_switch(bench: &mut Bench<'_>) {
    let n = 1024;
    let config = BlockSwitchConfig::default();
    let layer = config.build::<f32>(Shape(&[n]), &mut generator(1, 0)).expect("4 divides it").layer;
    let x = waves::<f32>(32, n);
    let (y, map) = layer.linearize(copy(&x));
    let mut gradient = vec![0.0; parameters::count(layer.as_ref())];
    let times = bench.best(&mut [
        &mut || {
            drop(Recycled::from(
                map.vjp(black_box(copy(&y)), &mut gradient, true).expect("asked for"),
            ))
        },
        &mut || drop(Recycled::from(layer.forward(black_box(copy(&x))))),
        &mut || drop(Recycled::from(black_box(copy(&x)))),
    ]);
    let work = format!("block switch of 4 backwards, n = {n}, 32 rows");
    let times = (times[0] - times[2], times[1] - times[2]);
    bench.row(work, "forwards", times, Goal::AtMost(1.0));
}

/// Runs a layer on a matrix that it gives back.
fn in_place(cell: &Cell<Matrix<f32>>, f: impl FnOnce(Matrix<f32>) -> Matrix<f32>) {
    cell.set(black_box(f(cell.take())));
}

/// A copy of its input, for a layer that takes it by value. It is timed alone and subtracted.
fn copy(x: &Matrix<f32>) -> Matrix<f32> {
    aligned::rows(x.view(), 0..x.nrows())
}

/// The bare product of the baselines: `out = a·b`.
fn bare<'a>(
    out: &'a mut Matrix<f32>,
    a: ArrayView2<'a, f32>,
    b: ArrayView2<'a, f32>,
) -> impl FnMut() + 'a {
    move || product(black_box(&mut *out).view_mut(), false, black_box(a), black_box(b))
}

fn dense(bench: &mut Bench<'_>) {
    for n in [256, 1024, 4096] {
        for batch in [32, 128] {
            let layer = Dense::<f32>::random(n, n, true, &mut generator(1, 0));
            let weight = waves::<f32>(n, n);
            let x = waves::<f32>(batch, n);
            let mut out = Matrix::zeros((batch, n));
            let times = bench.best(&mut [
                &mut || drop(Recycled::from(layer.forward(black_box(copy(&x))))),
                &mut || drop(Recycled::from(black_box(copy(&x)))),
                &mut bare(&mut out, x.view(), weight.t()),
            ]);
            let work = format!("dense layer f32, n = {n}, batch {batch}");
            let times = (times[0] - times[1], times[2]);
            bench.row(work, format!("the product alone {WHOSE}"), times, Goal::AtLeast(0.95));
        }
    }
}

/// The products on the way back through a dense layer: for the gradient `∂W += dyᵀ x`, and `dx = dy W`.
fn dense_back(bench: &mut Bench<'_>) {
    const BATCH: usize = 64;
    for n in [256, 1024, 4096] {
        let (weight, x) = (waves::<f32>(n, n), waves::<f32>(BATCH, n));
        let dy = waves::<f32>(BATCH, n);
        let mut sums = [Matrix::zeros((n, n)), Matrix::zeros((n, n))];
        let mut dx = [Matrix::zeros((BATCH, n)), Matrix::zeros((BATCH, n))];
        let ([own_sum, sum], [own_dx, other_dx]) = (&mut sums, &mut dx);
        let times = bench.best(&mut [
            &mut || own(own_sum.view_mut(), true, black_box(dy.t()), x.view()),
            &mut || product(sum.view_mut(), true, black_box(dy.t()), x.view()),
            &mut || own(own_dx.view_mut(), false, black_box(dy.view()), weight.view()),
            &mut || product(other_dx.view_mut(), false, black_box(dy.view()), weight.view()),
        ]);
        for (what, times) in [("gradient", (times[0], times[1])), ("dx", (times[2], times[3]))] {
            let work =
                format!("product for the {what} of a dense layer f32, n = {n}, batch {BATCH}");
            bench.row(work, format!("the same {WHOSE}"), times, Goal::AtLeast(0.95));
        }
    }
}

fn convolution(bench: &mut Bench<'_>) {
    let (shape, filters, batch) = ([16, 28, 28], 32, 128);
    let layer = Conv2d::<f32>::random(shape, filters, 3, 1, &mut generator(1, 0)).expect("it fits");
    let Signature { inputs, outputs, .. } = Layer::<f32>::signature(&layer);
    let x = waves::<f32>(batch, inputs);
    let (a, b) = (waves::<f32>(1024, 1024), waves::<f32>(1024, 1024));
    let mut out = Matrix::zeros((1024, 1024));
    let times = bench.best(&mut [
        &mut || drop(Recycled::from(layer.forward(black_box(copy(&x))))),
        &mut || drop(Recycled::from(black_box(copy(&x)))),
        &mut bare(&mut out, a.view(), b.view()),
    ]);
    let work = batch as f64 * (outputs * shape[0] * 9) as f64;
    let same = times[2] * work / (1u64 << 30) as f64;
    bench.row(
        "convolution 3×3, 16 → 32 channels, 28×28, batch 128".into(),
        format!("as many multiply-adds of a 1024×1024 product {WHOSE}"),
        (times[0] - times[1], same),
        Goal::AtLeast(0.5),
    );
}

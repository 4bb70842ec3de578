//! How time grows with the width.

use super::transforms::waves;
use super::{Bench, Measured};
use ndarray::Array1;
use serde::Serialize;
use std::hint::black_box;
use switchnet::layer::{Dense, Diagonal, FixedTransform, Layer, Switch};
use switchnet::net::Graph;
use switchnet::random::generator;
use switchnet::transform::{Hadamard, Transform};

/// The time of one row at one width, in seconds, `f32`, in batches of at least 32 rows where they fit
/// the memory of the cache.
#[derive(Clone, Debug, Serialize)]
pub struct Point {
    /// The width.
    pub n: usize,
    /// The Walsh–Hadamard transform.
    pub transform: f64,
    /// A whole layer: bias, two slopes, transform.
    pub layer: f64,
    /// A dense layer of this width with a bias, as far as it goes.
    pub dense: Option<f64>,
}

/// Times against the width, and where the curves cross.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Growth {
    /// From the smallest width to the largest.
    pub points: Vec<Point>,
    /// The least width from which on the structured layer is faster than the dense one.
    pub crossing: Option<usize>,
}

pub(super) fn measure(bench: &mut Bench<'_>) -> Growth {
    let largest = if bench.quick { 14 } else { 22 };
    let mut points = Vec::new();
    for bits in 3..=largest {
        let point = point(bench, 1 << bits);
        bench.show(Measured::Point(&point));
        points.push(point);
        if bench.stopped {
            return Growth { points, crossing: None }; // of the widths beyond nothing is known
        }
    }
    let slower = |point: &Point| point.dense.is_some_and(|dense| dense <= point.layer);
    let crossing =
        points.iter().rev().take_while(|point| !slower(point)).last().map(|point| point.n);
    Growth { points, crossing }
}

fn point(bench: &Bench<'_>, n: usize) -> Point {
    let rows = if n > 1 << 14 { 1 } else { ((1 << 17) / n).clamp(32, 1024) };
    let hadamard = Hadamard::new(n).expect("a power of two");
    let vector = |value: f32| Array1::from_elem(n, value);
    let layers: Vec<Box<dyn Layer<f32>>> = vec![
        Box::new(Diagonal::new(None, Some(vector(0.1)))),
        Box::new(Switch::two_slope(vector(1.0), vector(-1.0))),
        Box::new(FixedTransform::new(hadamard.clone())),
    ];
    let layer = Graph::chain(layers).expect("one width");
    let mut x = waves::<f32>(rows, n);
    let mut y = Some(waves::<f32>(rows, n));
    let (mut transform, mut whole) = (
        || hadamard.apply(black_box(x.as_slice_mut().expect("row-major"))),
        || y = y.take().map(|y| black_box(layer.forward(black_box(y)))),
    );
    let mut times = bench.best(&mut [&mut transform, &mut whole]);
    if n <= 1 << 13 {
        let dense = Dense::<f32>::random(n, n, true, &mut generator(1, 0));
        let z = waves::<f32>(rows, n);
        times.extend(
            bench.best(&mut [&mut || drop(black_box(dense.forward(black_box(z.clone()))))]),
        );
    }
    let each = |time: &f64| time / rows as f64;
    Point { n, transform: each(&times[0]), layer: each(&times[1]), dense: times.get(2).map(each) }
}

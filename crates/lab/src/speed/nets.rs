//! Whole nets: training steps, effective maps, threads, memory.

use super::clock::best;
use super::product::{WHOSE, product};
use super::transforms::waves;
use super::{Bench, Goal, Row, Unit};
use ndarray::{Array2, s};
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::collections::BTreeMap;
use std::hint::black_box;
use switchnet::analysis::matrix;
use switchnet::data::{Dataset, Targets};
use switchnet::internal::aligned;
use switchnet::layer::{Layer, parameters};
use switchnet::net::zoo::{CosineBank, Mlp, MultiScaleBank, SlidingBank, SwitchNet};
use switchnet::net::{Net, chunk_rows, forward};
use switchnet::train::{Loss, Optimizer, OptimizerKind, Segment, gradient, segments};
use switchnet::transform::{Dct, Hadamard, Separable, Transform};
use switchnet::{Matrix, Scalar};

const BATCH: usize = 128;

pub(super) fn measure(bench: &mut Bench<'_>) {
    let one = threads(1);
    steps(bench, &one);
    banks(bench, &one);
    maps(bench, &one);
    two_threads(bench, &one);
    if !bench.stopped {
        memory(bench);
    }
}

fn threads(count: usize) -> ThreadPool {
    ThreadPoolBuilder::new().num_threads(count).build().expect("threads can be started")
}

/// 784 padded to 1024, five two-slope layers, a dense readout.
fn switch_net() -> Net<f32> {
    let net = SwitchNet { width: Some(1024), depth: 5, ..SwitchNet::default() };
    net.spec(&[784], 10, 1).build().expect("it fits")
}

/// 784–1024–1024–10.
fn dense_net() -> Net<f32> {
    Mlp { hidden: vec![1024, 1024], dropout: 0.0 }.spec(&[784], 10, 1).build().expect("it fits")
}

fn data() -> Dataset<f32> {
    let targets = Targets::Classes { labels: (0..BATCH).map(|i| i % 10).collect(), classes: 10 };
    Dataset::new("waves", vec![784], waves(BATCH, 784), targets).expect("shapes fit")
}

/// A training step as `train::fit` does it: gradient, optimizer, new parameters.
struct Step<T> {
    net: Net<T>,
    theta: Vec<T>,
    segments: Vec<Segment>,
    optimizer: Box<dyn Optimizer<T>>,
    count: usize,
}

impl<T: Scalar> Step<T> {
    fn new(net: Net<T>) -> Self {
        let theta = parameters::read(&net);
        let kind = OptimizerKind::default();
        let segments = segments(&net, kind, &BTreeMap::new());
        let optimizer = kind.build(theta.len());
        Self { net, theta, segments, optimizer, count: 0 }
    }

    fn take(&mut self, data: &Dataset<T>, rows: &[usize]) {
        let gradient = gradient(&self.net, Loss::CrossEntropy, data, rows);
        let (_, grad) = gradient.expect("rows in memory can be read");
        // A learning rate so small that the work is the same at every step.
        self.optimizer.step(self.count, 1e-9, &self.segments, &mut self.theta, &grad);
        aligned::give_back(grad);
        parameters::write(&mut self.net, &self.theta);
        self.count += 1;
    }
}

fn steps(bench: &mut Bench<'_>, one: &ThreadPool) {
    let (data, rows) = (data(), (0..BATCH).collect::<Vec<_>>());
    let (mut switch, mut dense) = (Step::new(switch_net()), Step::new(dense_net()));
    let hadamard = Hadamard::new(1024).expect("a power of two");
    let mut batch = waves::<f32>(BATCH, 1024);
    let mut products = Products::new(&dense.net);
    let patience = bench.patience();
    let times = one.install(|| {
        best(
            patience,
            &mut [
                &mut || switch.take(&data, &rows),
                &mut || {
                    for _ in 0..10 {
                        hadamard.apply(black_box(batch.as_slice_mut().expect("row-major")));
                    }
                },
                &mut || dense.take(&data, &rows),
                &mut || products.run(),
            ],
        )
    });
    let step = "training step of a switch net, 784 → 5 × 1024 → 10, batch 128, Adam";
    let goal = Goal::AtMost(2.5);
    bench.row(step.into(), "the 10 transforms of 128 rows in it", (times[0], times[1]), goal);
    let against = "the step of the dense net 784–1024–1024–10";
    bench.row(step.into(), against, (times[0], times[2]), Goal::AtLeast(20.0));
    let work = "training step of the dense net 784–1024–1024–10, batch 128, Adam";
    let against = &format!("its matrix products alone {WHOSE}");
    bench.row(work.into(), against, (times[2], times[3]), Goal::AtLeast(0.85));
}

/// The transforms that a training step takes, each with how many rows a sample has for it and how often, forwards and
/// back. Those in front of the first parameters go forwards alone.
type Transforms = Vec<(Box<dyn Transform<f32>>, usize, usize)>;

/// The filter banks with their default settings, on images of 28 × 28.
fn banks(bench: &mut Bench<'_>, one: &ThreadPool) {
    let dct = |n| Dct::<f32>::second(n).expect("a length");
    let hadamard = |n| Box::new(Hadamard::new(n).expect("a power of two"));
    let cosine: Transforms = vec![
        (Box::new(Separable::new(dct(14), dct(14))), 1, 1),
        (Box::new(dct(256)), 1, 6),
        (hadamard(256), 1, 2),
    ];
    let sliding: Transforms = vec![
        (Box::new(Separable::new(dct(4), dct(4))), 14 * 14, 1),
        (hadamard(64), 14 * 14, 5),
        (hadamard(64), 7 * 7, 6),
        (hadamard(256), 1, 6),
    ];
    let multi_scale: Transforms = [16, 64, 256, 1024]
        .map(|n| (hadamard(n) as Box<dyn Transform<f32>>, 1024 / n, if n == 16 { 1 } else { 2 }))
        .into();
    let image = [1, 28, 28];
    let multi_scale_spec = MultiScaleBank::default().spec(&image, 10, 1);
    let cosine_spec = CosineBank::default().spec(&image, 10, 1);
    let sliding_spec = SlidingBank::default().spec(&image, 10, 1);
    let (data, rows) = (data(), (0..BATCH).collect::<Vec<_>>());
    for (name, spec, transforms, goal) in [
        ("cosine", cosine_spec, cosine, 3.0),
        ("multi-scale", multi_scale_spec, multi_scale, 2.5),
        ("sliding", sliding_spec, sliding, 3.0),
    ] {
        let net = spec.and_then(|spec| spec.build()).expect("it fits");
        let mut step = Step::new(net);
        let mut batches: Vec<Matrix<f32>> =
            transforms.iter().map(|(t, count, _)| waves(BATCH * count, t.len())).collect();
        let patience = bench.patience();
        let times = one.install(|| {
            best(
                patience,
                &mut [&mut || step.take(&data, &rows), &mut || {
                    for ((transform, _, times), batch) in transforms.iter().zip(&mut batches) {
                        let batch = batch.as_slice_mut().expect("row-major");
                        (0..*times).for_each(|_| transform.apply(black_box(&mut *batch)));
                    }
                }],
            )
        });
        let work = format!("training step of the {name} bank, 28×28, batch 128, Adam");
        bench.row(work, "its transforms", (times[0], times[1]), Goal::AtMost(goal));
    }
}

/// The matrix products of a step of the dense net: forwards `y = x Wᵀ`, backwards `∂W += dyᵀ x` and,
/// but for the first layer, `dx = dy W`; chunk by chunk, as training does them. `y` stands in for `dy`, so
/// that the numbers are the same at every call.
struct Products {
    chunk: usize,
    layers: Vec<Factors>,
}

struct Factors {
    x: Matrix<f32>,
    weight: Matrix<f32>,
    y: Matrix<f32>,
    dx: Matrix<f32>,
    gradient: Matrix<f32>,
}

impl Products {
    fn new(net: &Net<f32>) -> Self {
        let layers = [(784, 1024), (1024, 1024), (1024, 10)].map(|(inputs, outputs)| Factors {
            x: waves(BATCH, inputs),
            weight: waves(outputs, inputs),
            y: Array2::zeros((BATCH, outputs)),
            dx: Array2::zeros((BATCH, inputs)),
            gradient: Array2::zeros((outputs, inputs)),
        });
        Self { chunk: chunk_rows(net), layers: layers.into() }
    }

    fn run(&mut self) {
        for from in (0..BATCH).step_by(self.chunk) {
            let rows = s![from..(from + self.chunk).min(BATCH), ..];
            for (i, layer) in self.layers.iter_mut().enumerate() {
                let Factors { x, weight, y, dx, gradient } = layer;
                product(y.slice_mut(rows), false, x.slice(rows), weight.t());
                product(gradient.view_mut(), from > 0, y.slice(rows).t(), x.slice(rows));
                if i > 0 {
                    product(dx.slice_mut(rows), false, y.slice(rows), weight.view());
                }
            }
        }
        black_box(&self.layers);
    }
}

fn maps(bench: &mut Bench<'_>, one: &ThreadPool) {
    for (net, what, goal) in [
        (switch_net(), "10 rows of the effective map", 25e-6),
        (whole(), "the whole 1024×1024 effective map", 1.6e-3),
    ] {
        let (_, map) = net.linearize(waves(1, net.inputs()));
        let extract = &mut || drop(black_box(matrix(map.as_ref())));
        let patience = bench.patience();
        let times = one.install(|| best(patience, &mut [extract]));
        let work = format!("{what} of a 5 × 1024 net");
        bench.row(work, "the goal", (times[0], goal), Goal::AtMost(1.0));
    }
}

/// Five layers of width 1024, in and out, without a readout.
fn whole() -> Net<f32> {
    let mut spec =
        SwitchNet { width: Some(1024), depth: 5, ..SwitchNet::default() }.spec(&[1024], 10, 1);
    spec.layers.pop();
    spec.build().expect("it fits")
}

fn two_threads(bench: &mut Bench<'_>, one: &ThreadPool) {
    if std::thread::available_parallelism().map_or(1, usize::from) < 2 {
        return;
    }
    let two = threads(2);
    let (data, rows) = (data(), (0..BATCH).collect::<Vec<_>>());
    let (net, whole) = (switch_net(), whole());
    let x = waves::<f32>(1024, 784);
    let input = waves::<f32>(1, 1024);
    let (_, map) = whole.linearize(input);
    let (mut a, mut b) = (Step::new(switch_net()), Step::new(switch_net()));
    // Several calls for each entry into the pool, which is no part of the work.
    const CALLS: usize = 64;
    let step = bench.best(&mut [
        &mut || two.install(|| (0..CALLS).for_each(|_| a.take(&data, &rows))),
        &mut || one.install(|| (0..CALLS).for_each(|_| b.take(&data, &rows))),
    ]);
    let infer = || (0..CALLS).for_each(|_| drop(black_box(forward(&net, x.view()))));
    let inference = bench.best(&mut [&mut || two.install(infer), &mut || one.install(infer)]);
    let extract = || {
        (0..CALLS).for_each(|_| drop(black_box(matrix(map.as_ref()))));
    };
    let extraction = bench.best(&mut [&mut || two.install(extract), &mut || one.install(extract)]);
    for (work, times) in [
        ("two threads: training step, batch 128", step),
        ("two threads: inference, 1024 rows", inference),
        ("two threads: the whole 1024×1024 effective map", extraction),
    ] {
        let each = |time: f64| time / CALLS as f64;
        let times = (each(times[0]), each(times[1]));
        bench.row(work.into(), "one thread", times, Goal::AtLeast(1.8));
    }
}

/// The most memory that inference at width 2^20 takes, depth 4, where the system tells.
fn memory(bench: &mut Bench<'_>) {
    let width = 1 << if bench.quick { 18 } else { 20 };
    let Some(before) =
        resident("VmRSS:").filter(|_| std::fs::write("/proc/self/clear_refs", "5").is_ok())
    else {
        return;
    };
    let net = SwitchNet { width: Some(width), depth: 4, ..SwitchNet::default() };
    let net: Net<f32> = net.spec(&[width], 10, 1).build().expect("it fits");
    black_box(forward(&net, waves::<f32>(1, width).view()));
    let Some(peak) = resident("VmHWM:") else { return };
    let bytes = parameters::count(&net) * size_of::<f32>();
    bench.add(Row {
        work: format!("peak memory of inference, width {width}, depth 4, with building the net"),
        against: "3 × parameters + 64 MiB".into(),
        ours: (peak - before) as f64,
        other: (3 * bytes + (64 << 20)) as f64,
        unit: Unit::Bytes,
        goal: Goal::AtMost(1.0),
    });
}

/// A size from the system's account of this process, in bytes.
fn resident(what: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(what))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

//! Rays and slices, in `f64`: a ray between two digits through a switch net of five layers of width 1024, on
//! one thread and on all; slices of digit nets of three layers of width 64, trained for two epochs, and of a
//! net with two inputs and four layers of width 32.
//!
//! The digits are 28 × 28, each pixel of the 8 × 8 ones taken over three and a half; the wide net has
//! random slopes and biases. `-- --large` instead takes rays between three digits and cuts the plane through
//! them, with a budget of five minutes and 4 GiB, and says how far it came; `-- --large CHECKPOINT FOLDER` does it
//! with a trained net of MNIST.

use criterion::{Criterion, Throughput, criterion_group};
use ndarray::Array2;
use rand::RngExt;
use std::hint::black_box;
use std::ops::ControlFlow::Continue;
use std::time::Instant;
use switchnet::analysis::{Plane, Slice, SliceBudget, Window, integrated_gradients, ray, slice};
use switchnet::data::{Files, Scope, Source, digits};
use switchnet::layer::{Layer, ParameterMut};
use switchnet::net::Net;
use switchnet::net::checkpoint::load;
use switchnet::net::zoo::{SwitchKind, SwitchNet, mlp};
use switchnet::random::generator;
use switchnet::train::{Loss, Training, fit};

/// The 5 × 1024 net. Slopes of 1 would leave the net linear, so it has ReLUs; biases are those of a net that
/// has been trained a little.
fn wide() -> Net<f64> {
    let net =
        SwitchNet { width: Some(1024), depth: 5, switch: SwitchKind::Relu, ..SwitchNet::default() };
    let mut net = net.spec(&[784], 10, 1).build::<f64>().expect("these fit");
    let mut rng = generator(2, 0);
    net.visit_mut(&mut |ParameterMut { mut values, .. }| {
        values.mapv_inplace(|v| v + 0.2 * (rng.random::<f64>() - 0.5));
    });
    net
}

/// Some of the digits, 28 × 28.
fn images() -> Array2<f64> {
    let small = digits::<f64>().test;
    Array2::from_shape_fn((3, 784), |(row, i)| {
        small.inputs()[[row, i / 28 * 8 / 28 * 8 + i % 28 * 8 / 28]]
    })
}

/// A digits net after two epochs.
fn trained(spec: &switchnet::net::Spec) -> Net<f64> {
    let mut net = spec.build::<f32>().expect("these fit");
    let data = digits::<f32>();
    let training = Training { epochs: 2, loss: Loss::CrossEntropy, ..Training::default() };
    fit(&mut net, &data.train, &training, &mut ()).expect("two epochs");
    net.cast::<f64>()
}

fn rays(c: &mut Criterion) {
    let mut group = c.benchmark_group("ray, 5 × 1024");
    group.sample_size(10);
    let (net, x) = (wide(), images());
    let through = || ray(&net, x.row(0), black_box(x.row(1))).expect("a ray");
    let found = through();
    println!(
        "{} regions, {} evaluations, tolerance {:.1e}",
        found.regions, found.evaluations, found.tolerance
    );
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    group.bench_function("one thread", |b| b.iter(|| one.install(through)));
    group.bench_function("all threads", |b| b.iter(through));
    group.bench_function("integrated gradients", |b| {
        b.iter(|| integrated_gradients(&net, &found, 0).expect("there is an output 0"));
    });
    group.finish();
}

fn plane(x: &Array2<f64>) -> Plane {
    Plane::through(x.row(0), x.row(1), x.row(2))
}

const AROUND: Window = Window { u: [-1.0, 2.0], v: [-1.0, 2.0] };

fn slices(c: &mut Criterion) {
    let mut group = c.benchmark_group("slice");
    group.sample_size(10);
    let images = digits::<f64>().test.inputs().slice(ndarray::s![..3, ..]).to_owned();
    let switch = SwitchNet { depth: 3, ..SwitchNet::default() };
    let flat =
        plane(&Array2::from_shape_vec((3, 2), vec![0.0, 0.0, 1.0, 0.0, 0.0, 1.0]).expect("six"));
    let mut rng = generator(4, 0);
    let mut biased = |hidden: &[usize], outputs| {
        let mut net = mlp(&[2], hidden, outputs, 3).build::<f64>().expect("these fit");
        net.visit_mut(&mut |ParameterMut { name, mut values, .. }| {
            if name.contains("bias") {
                values.mapv_inplace(|_| rng.random::<f64>() - 0.5);
            }
        });
        net
    };
    let (deep, narrow) = (biased(&[32; 4], 2), biased(&[50; 6], 5));
    let nets = [
        ("digits, dense 3 × 64", trained(&mlp(&[64], &[64; 3], 10, 3)), plane(&images), AROUND),
        ("digits, switch net 3 × 64", trained(&switch.spec(&[64], 10, 3)), plane(&images), AROUND),
        ("two inputs, 4 × 32", deep, flat.clone(), Window { u: [-3.0, 3.0], v: [-3.0, 3.0] }),
        // The shapes of the nets for collision avoidance, on two of their inputs, which are the plane.
        ("two inputs, 6 × 50", narrow, flat, Window { u: [-3.0, 3.0], v: [-3.0, 3.0] }),
    ];
    for (name, net, plane, window) in nets {
        let cut = || {
            slice(&net, black_box(&plane), window, SliceBudget::default(), &mut |_| Continue(()))
                .expect("a slice")
        };
        let found = cut();
        report(name, &found);
        group.throughput(Throughput::Elements(found.polygons.len() as u64));
        group.bench_function(name, |b| b.iter(cut));
    }
    group.finish();
}

fn report(name: &str, slice: &Slice) {
    println!(
        "{name}: complete {}, {} polygons, {} regions, {} pieces, {} borders, {} evaluations, area error \
         {:.1e} of {:.3}, V − E + F = {}",
        slice.complete,
        slice.polygons.len(),
        slice.regions,
        slice.pieces,
        slice.borders.len(),
        slice.evaluations,
        slice.area_error,
        slice.area,
        slice.euler
    );
}

/// A checkpoint and the first digits of a folder with the files of MNIST.
fn of_files(checkpoint: &str, folder: &str) -> switchnet::Result<(Net<f64>, Array2<f64>)> {
    let net = load::<f32>(checkpoint.as_ref())?.net.cast::<f64>();
    let (split, _) = Source::Files(Files::new(folder)).load::<f32>()?.standardize(Scope::Global)?;
    Ok((net, split.test.inputs().slice(ndarray::s![..3, ..]).mapv(f64::from)))
}

/// Three rays on one thread, each the best of ten, and the plane through the three inputs.
fn large(files: &[String]) {
    let (net, x) = match files {
        [checkpoint, folder] => of_files(checkpoint, folder).expect("a net of MNIST and its data"),
        _ => (wide(), images()),
    };
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    for (a, b) in [(0, 1), (1, 2), (2, 0)] {
        let timed = |_| {
            let start = Instant::now();
            let found = one.install(|| ray(&net, x.row(a), x.row(b))).expect("a ray");
            (start.elapsed(), found.breakpoints.len())
        };
        let (time, breakpoints) = (0..10).map(timed).min().expect("ten");
        println!("ray from digit {a} to {b}: {breakpoints} breakpoints in {time:.1?}");
    }
    let budget = SliceBudget { polygons: usize::MAX, seconds: 280.0, bytes: 7 << 29 };
    let unit = Window { u: [0.0, 1.0], v: [0.0, 1.0] };
    let start = Instant::now();
    let found = slice(&net, &plane(&x), unit, budget, &mut |_| Continue(())).expect("a slice");
    report("5 × 1024", &found);
    println!("{:?} after {:.0} s", found.stopped_by, start.elapsed().as_secs_f64());
}

criterion_group!(benches, rays, slices);

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "--large") {
        let files = arguments[at + 1..].iter().filter(|argument| *argument != "--bench");
        return large(&files.cloned().collect::<Vec<_>>());
    }
    benches();
    Criterion::default().configure_from_args().final_summary();
}

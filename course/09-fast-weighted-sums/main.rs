//! Other fast weighted sums: Walsh–Hadamard, Hartley (Fourier in real numbers) and cosine transforms as
//! layers.
//!
//! Each mixes every number with every other by n·log n operations, where a dense layer takes n². Random signs
//! before the first keep it from gathering a smooth input in a few outputs.
//!
//! `cargo run --release -p switchnet-course --example 09-fast-weighted-sums` writes its pictures into `out/course`.

use ndarray::{Array2, s};
use std::time::Instant;
use switchnet::Matrix;
use switchnet::data::{Scope, digits};
use switchnet::layer::{Dense, FixedTransform, FixedTransformConfig, Layer};
use switchnet::net::zoo::SwitchNet;
use switchnet::random::{generator, normal};
use switchnet::train::{Loss, Training, evaluate, fit};
use switchnet::transform::{Signs, Transform, TransformKind};
use switchnet_course::{quick, save};
use switchnet_lab::experiment::MeanStd;
use switchnet_lab::report::{Colors, Curve, Panel, Scale, Strip, panels, strips};

/// The transforms that are compared.
pub const TRANSFORMS: [(&str, TransformKind); 3] = [
    ("Walsh–Hadamard", TransformKind::Hadamard),
    ("Hartley", TransformKind::Hartley),
    ("DCT", TransformKind::Dct2),
];
/// The width of the inputs whose energy is looked at, and a tenth of it.
pub const WIDTH: usize = 64;
/// See above.
pub const TENTH: usize = 6;

/// A transform beside a dense layer with the same matrix, on 32 rows.
pub struct Cost {
    /// Which transform.
    pub name: &'static str,
    /// The width.
    pub n: usize,
    /// Multiply-adds of a row: the transform's, the dense layer's.
    pub multiply_adds: [usize; 2],
    /// Time of the dense layer, divided by that of the transform.
    pub ratio: f64,
    /// The largest difference of an output.
    pub gap: f32,
}

/// For inputs of one kind, the part of the energy in the largest k numbers, for k = 1, 2 …, on average.
pub struct Energy {
    /// The inputs.
    pub input: &'static str,
    /// What is looked at: the rows as they are, or a transform of them.
    pub of: &'static str,
    /// Whether random signs come first.
    pub signs: bool,
    /// The parts.
    pub part: Vec<f64>,
}

/// What the example found.
pub struct Findings {
    /// Costs by width.
    pub costs: Vec<Cost>,
    /// Energies.
    pub energies: Vec<Energy>,
    /// For each transform, without and with signs first: the test accuracy of switch nets, one for each seed.
    pub accuracy: Vec<(&'static str, [Vec<f64>; 2])>,
}

fn mix(kind: TransformKind, n: usize) -> switchnet::Result<FixedTransform<f32>> {
    Ok(FixedTransform::boxed(kind.plan(n, &mut generator(1, 0))?))
}

fn cost((name, kind): (&'static str, TransformKind), n: usize) -> switchnet::Result<Cost> {
    let fast = mix(kind, n)?;
    let dense = Dense::new(fast.forward(Matrix::eye(n)).reversed_axes(), None);
    let mut rng = generator(n as u64, 1);
    let rows = Array2::from_shape_simple_fn((32, n), || normal(&mut rng, 1.0));
    let gap = &fast.forward(rows.clone()) - &dense.forward(rows.clone());
    let layers: [&dyn Layer<f32>; 2] = [&fast, &dense];
    // The best of several turns; each goes on with the rows of the one before, which stay as long as they
    // are.
    let (mut best, mut rows) = ([f64::INFINITY; 2], [rows.clone(), rows]);
    for _ in 0..7 {
        for (k, layer) in layers.into_iter().enumerate() {
            let calls = 1 + 1_000_000 / (32 * layer.multiply_adds());
            let begun = Instant::now();
            for _ in 0..calls {
                rows[k] = layer.forward(std::mem::take(&mut rows[k]));
            }
            best[k] = best[k].min(begun.elapsed().as_secs_f64() / calls as f64);
        }
    }
    let multiply_adds = layers.map(|layer| layer.multiply_adds());
    let gap = gap.iter().fold(0.0_f32, |most, v| most.max(v.abs()));
    Ok(Cost { name, n, multiply_adds, ratio: best[1] / best[0], gap })
}

/// The mean over the rows; with signs also over 20 draws of them.
fn energy(rows: &Matrix<f64>, kind: TransformKind, signs: bool) -> switchnet::Result<Vec<f64>> {
    let transform = kind.plan(WIDTH, &mut generator(1, 0))?;
    let (mut parts, mut count) = (vec![0.0; WIDTH], 0.0);
    for seed in 0..if signs { 20 } else { 1 } {
        for row in rows.rows() {
            let mut row = row.to_vec();
            if signs {
                Signs::random(WIDTH, &mut generator(seed, 2))?.apply(&mut row);
            }
            transform.apply(&mut row);
            let mut energies: Vec<f64> = row.iter().map(|v| v * v).collect();
            energies.sort_by(|a, b| b.total_cmp(a));
            let (total, mut sum) = (energies.iter().sum::<f64>(), 0.0);
            for (part, energy) in parts.iter_mut().zip(energies) {
                sum += energy;
                *part += sum / total;
            }
            count += 1.0;
        }
    }
    Ok(parts.into_iter().map(|part| part / count).collect())
}

fn energies(digits: &Matrix<f64>) -> switchnet::Result<Vec<Energy>> {
    let smooth = Matrix::from_shape_fn((1, WIDTH), |(_, i)| 1.0 + (i as f64 / 10.0).sin());
    let mut rng = generator(1, 3);
    let noise = Matrix::from_shape_simple_fn((1000, WIDTH), || normal(&mut rng, 1.0));
    let plain = ("as they are", TransformKind::Identity);
    let mut all = Vec::new();
    for (input, rows) in [("smooth row", &smooth), ("digits", digits), ("noise", &noise)] {
        for (of, kind) in std::iter::once(plain).chain(TRANSFORMS) {
            for signs in [false, true] {
                let part = energy(rows, kind, signs)?;
                all.push(Energy { input, of, signs, part });
            }
        }
    }
    Ok(all)
}

/// Measures all; `quick` is content with small widths and short training.
pub fn run(quick: bool) -> switchnet::Result<Findings> {
    let widths: &[usize] = if quick { &[16, 256] } else { &[16, 64, 256, 1024, 4096] };
    let costs = TRANSFORMS.iter().flat_map(|&t| widths.iter().map(move |&n| cost(t, n)));
    let costs = costs.collect::<switchnet::Result<_>>()?;
    let (split, _) = digits::<f32>().standardize(Scope::Global)?;
    let rows = split.test.inputs().mapv(f64::from);
    let rows = if quick { rows.slice(s![..40, ..]).to_owned() } else { rows };

    let (seeds, epochs) = if quick { (1, 1) } else { (5, 15) };
    let mut accuracy = Vec::new();
    for (name, transform) in TRANSFORMS {
        let mut both = [Vec::new(), Vec::new()];
        for (seed, signs) in (1..=seeds).flat_map(|seed| [(seed, 0), (seed, 1)]) {
            let net = SwitchNet { transform, ..SwitchNet::default() };
            let mut spec = net.spec(split.train.shape(), 10, seed);
            spec.layers.retain(|l| {
                signs == 1 || *l != FixedTransformConfig::new(TransformKind::Signs).into()
            });
            let mut net = spec.build::<f32>()?;
            let training = Training { epochs, seed, ..Training::default() };
            fit(&mut net, &split.train, &training, &mut ())?;
            let score = evaluate(&net, Loss::CrossEntropy, &split.test);
            both[signs].push(100.0 * score.accuracy().unwrap_or(0.0));
        }
        accuracy.push((name, both));
    }
    Ok(Findings { costs, energies: energies(&rows)?, accuracy })
}

/// The matrices of width 16: each row of a picture is a basis function.
pub fn basis_picture() -> switchnet::Result<String> {
    let sorted = ("sorted by sign changes", TransformKind::HadamardSequency);
    let [walsh, hartley, cosine] = TRANSFORMS;
    let signs = Signs::<f32>::random(16, &mut generator(1, 2))?;
    let mut all = Vec::new();
    for (signed, (name, kind)) in [
        (false, walsh),
        (false, sorted),
        (true, walsh),
        (false, hartley),
        (false, cosine),
        (true, cosine),
    ] {
        let mut columns = Matrix::eye(16);
        let mut caption = name.to_owned();
        if signed {
            signs.apply(columns.as_slice_mut().expect("row-major"));
            caption.insert_str(0, "signs, ");
        }
        let columns = mix(kind, 16)?.forward(columns);
        let values: Vec<f64> = columns.t().iter().map(|&v| f64::from(v)).collect();
        let colors = Colors::diverging(&values);
        all.push(Strip { caption, shape: vec![16, 16], pictures: vec![values], colors });
    }
    strips("Basis functions of four transforms", &all)
}

/// How much less a transform costs than a dense layer.
pub fn cost_picture(found: &[Cost]) -> String {
    let panel = |heading: &str, y: &dyn Fn(&Cost) -> f64| {
        let curves = TRANSFORMS.map(|(name, _)| {
            let costs = found.iter().filter(|cost| cost.name == name);
            Curve::line(name, costs.map(|cost| (cost.n as f64, y(cost))))
        });
        let axes = (("width n", Scale::Log), ("dense layer / transform", Scale::Log));
        Panel::new(axes.0, axes.1, curves.to_vec()).heading(heading)
    };
    let fewer = |cost: &Cost| cost.multiply_adds[1] as f64 / cost.multiply_adds[0] as f64;
    let both =
        [panel("Multiply-adds of a row", &fewer), panel("Time, 32 rows", &|cost| cost.ratio)];
    panels("The cost of transforms and of dense layers", 2, &both)
}

/// The part of the energy in the largest k of 64 numbers, for each transform and kind of input.
pub fn energy_picture(found: &[Energy]) -> String {
    let curve = |input: &str, of: &str, signs: bool, name: &str| {
        let part = found.iter().find(|e| (e.input, e.of, e.signs) == (input, of, signs));
        let part = part.map_or(&[][..], |energy| &energy.part);
        Curve::line(name, part.iter().enumerate().map(|(k, &part)| (k as f64 + 1.0, part)))
    };
    let charts = ["smooth row", "digits"].into_iter().flat_map(|input| {
        TRANSFORMS.map(|(of, _)| {
            let curves = vec![
                curve(input, of, false, "transform alone"),
                curve(input, of, true, "signs, then transform"),
                curve("noise", of, false, "noise"),
            ];
            Panel::new(
                ("largest k of 64", Scale::Linear),
                (&format!("energy, {input} (part of 1)"), Scale::Linear),
                curves,
            )
            .heading(of)
        })
    });
    panels("Energy of the largest outputs", 3, &charts.collect::<Vec<_>>())
}

/// Two significant digits: more a measured time does not have.
fn two_digits(v: f64) -> String {
    let rounded: f64 = format!("{v:.1e}").parse().unwrap_or(v);
    let decimals = (1.0 - rounded.log10().floor()).max(0.0) as usize;
    format!("{rounded:.decimals$}")
}

fn main() -> switchnet::Result<()> {
    let found = run(quick())?;
    println!(
        "transform           n   multiply-adds      dense   fewer   time of dense / of transform"
    );
    for cost in &found.costs {
        let [fast, dense] = cost.multiply_adds;
        let fewer = dense as f64 / fast as f64;
        println!(
            "{:<14} {:>6} {fast:>15} {dense:>10} {fewer:>7.1} {:>30}",
            cost.name,
            cost.n,
            two_digits(cost.ratio)
        );
    }
    println!("\nenergy in the largest {TENTH} of {WIDTH} numbers (%)   alone   signs first");
    for pair in found.energies.chunks(2) {
        let [alone, signed] = [0, 1].map(|k| 100.0 * pair[k].part[TENTH - 1]);
        println!("{:<12} {:<28} {alone:>7.1} {signed:>13.1}", pair[0].input, pair[0].of);
    }
    println!("\nswitch nets of 3 layers, test accuracy (%)   alone          signs first");
    for (name, both) in &found.accuracy {
        let [alone, signed] = both.each_ref().map(|all| {
            let MeanStd { mean, deviation } = MeanStd::of(all);
            format!("{mean:.1} ± {deviation:.1}")
        });
        println!("{name:<44} {alone:<14} {signed}");
    }
    save("09-fast-weighted-sums/basis.svg", &basis_picture()?)?;
    save("09-fast-weighted-sums/cost.svg", &cost_picture(&found.costs))?;
    save("09-fast-weighted-sums/energy.svg", &energy_picture(&found.energies))
}

//! Checks a GPU against the CPU, then times it: `cargo run --release -p switchnet-cuda --example check`.
//!
//! Everything is made up here. With the argument `quick` it only checks, with few rows; with other arguments it does the
//! lines that contain one of them, such as `check "step, 128"`. Each line stands for itself: what fails is said, and the
//! next one is tried. Bits are of all numbers that came from the GPU: the same ones each time.

mod steps;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::Instant;
use switchnet::data::{Dataset, Targets};
use switchnet::layer::{
    DenseConfig, DiagonalConfig, FixedTransformConfig, GatherConfig, Init, Layer, PadConfig,
    PreluConfig, ReluConfig, TakeConfig, TileConfig, TwoSlopeConfig, parameters,
};
use switchnet::ndarray::{Array2, Axis, s};
use switchnet::net::{Net, NodeSpec, Spec};
use switchnet::train::{self, Loss, OptimizerKind, Schedule, Training};
use switchnet::transform::TransformKind;
use switchnet::{Matrix, Result};
use switchnet_cuda::{Device, Nets, Order, Rows};

const INPUTS: usize = 784;
const OUTPUTS: usize = 10;
const ALLOWED: f64 = 1e-5;

/// Which net.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// Tiled, with signs before each transform, biases and two slopes.
    TwoSlope,
    /// Padded, without signs.
    Padded,
    /// Scales, biases and ReLUs.
    Relu,
    /// A choice of the inputs, and slopes of 1 and learned ones.
    Gathered,
    /// The first of more inputs than a row has, and no bias of the readout.
    Taken,
}

impl Kind {
    fn inputs(self) -> usize {
        if let Self::Taken = self { 1100 } else { INPUTS }
    }
}

/// What is checked: so many nets of this kind on so many rows.
#[derive(Clone, Copy, Debug)]
struct Case {
    kind: Kind,
    depth: usize,
    outputs: usize,
    nets: usize,
    rows: usize,
    loss: Loss,
}

fn spec(kind: Kind, depth: usize, outputs: usize, seed: u64) -> Spec {
    let mix = |kind| -> NodeSpec { FixedTransformConfig::new(kind).into() };
    let (open, closed) = (Init::Constant(1.1), Init::Constant(0.6));
    let bias = DiagonalConfig { scale: None, bias: true };
    let mut layers: Vec<NodeSpec> = match kind {
        Kind::Padded => vec![PadConfig { width: 1024 }.into()],
        Kind::Taken => vec![TakeConfig { width: 1024 }.into()],
        Kind::Gathered => {
            let indices =
                (0..1024).map(|e| if e % 9 == 4 { -1 } else { e * 7 % INPUTS as i64 }).collect();
            vec![GatherConfig { indices }.into(), mix(TransformKind::Permutation)]
        }
        Kind::TwoSlope | Kind::Relu => {
            vec![TileConfig { width: 1024 }.into(), mix(TransformKind::Signs)]
        }
    };
    for layer in 0..depth {
        if layer > 0 && matches!(kind, Kind::Relu) {
            layers.push(mix(TransformKind::Signs));
        }
        layers.push(mix(TransformKind::Hadamard));
        match kind {
            Kind::Relu => {
                layers.push(DiagonalConfig { scale: Some(Init::Constant(1.4)), bias: true }.into());
                layers.push(ReluConfig {}.into());
            }
            Kind::Gathered => {
                layers.push(bias.clone().into());
                layers.push(PreluConfig::default().into());
            }
            Kind::TwoSlope | Kind::Padded | Kind::Taken => {
                layers.push(bias.clone().into());
                layers.push(TwoSlopeConfig { open, closed }.into());
            }
        }
    }
    layers.push(DenseConfig { outputs, bias: !matches!(kind, Kind::Taken) }.into());
    Spec { input: vec![kind.inputs()], seed, layers }
}

/// A net whose biases are not all zero.
fn net(kind: Kind, depth: usize, outputs: usize, seed: u64) -> Result<Net<f32>> {
    let mut net = spec(kind, depth, outputs, seed).build::<f32>()?;
    let mut values = parameters::read(&net);
    let noise = numbers(values.len(), seed + 100);
    values.iter_mut().zip(noise).for_each(|(value, noise)| *value += 0.05 * noise);
    parameters::write(&mut net, &values);
    Ok(net)
}

/// The net of the goals.
fn goal_net(seed: u64) -> Result<Net<f32>> {
    net(Kind::TwoSlope, 5, OUTPUTS, seed)
}

/// Numbers between −1 and 1.
fn numbers(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

fn inputs(rows: usize, inputs: usize, seed: u64) -> Matrix<f32> {
    Array2::from_shape_vec((rows, inputs), numbers(rows * inputs, seed)).expect("as many numbers")
}

/// How near to zero, as a part of what switches see, rounding in single precision may throw one: a hundred times its unit.
const NEAR: f64 = 2e-6;

/// Rows at which no switch of `nets` is so near to zero that rounding may throw it: both sides then have the same
/// effective maps, and what is left is rounding. One switch that is thrown changes the gradient of its row by as much as its
/// slopes differ, which is far more.
fn clear_inputs(nets: &[Net<f64>], rows: usize, seed: u64) -> Matrix<f32> {
    let x = inputs(rows + rows / 4 + 8, nets[0].inputs(), seed);
    let mut clear = Vec::new();
    for first in (0..x.nrows()).step_by(64) {
        let some = x.slice(s![first..x.nrows().min(first + 64), ..]);
        let mut nearest = vec![f64::INFINITY; some.nrows()];
        for net in nets {
            let (_, map) = net.linearize(some.mapv(f64::from));
            map.decisions(&mut |decisions| {
                for (nearest, values) in nearest.iter_mut().zip(decisions.values.rows()) {
                    *nearest =
                        values.iter().fold(*nearest, |nearest, value| nearest.min(value.abs()));
                }
            });
        }
        clear.extend((0..some.nrows()).filter(|&row| nearest[row] > NEAR).map(|row| first + row));
    }
    clear.truncate(rows);
    assert_eq!(clear.len(), rows, "a quarter more rows are enough");
    x.select(Axis(0), &clear)
}

fn classes(rows: usize, classes: usize) -> Targets<f32> {
    Targets::Classes { labels: (0..rows).map(|row| row * 7 % classes).collect(), classes }
}

/// Data of the library for the same rows.
fn dataset(x: &Matrix<f32>, targets: &Targets<f32>) -> Result<Dataset<f64>> {
    let labels = targets.labels().expect("they are classes").to_vec();
    let Targets::Classes { classes, .. } = targets else { unreachable!("they are classes") };
    let targets = Targets::Classes { labels, classes: *classes };
    Dataset::new("made up", vec![x.ncols()], x.mapv(f64::from), targets)
}

/// FNV-1a over the bits of numbers.
fn bits<'a>(numbers: impl IntoIterator<Item = &'a f32>) -> u64 {
    let next = |hash: u64, number: &f32| {
        (hash ^ u64::from(number.to_bits())).wrapping_mul(0x0000_0100_0000_01b3)
    };
    numbers.into_iter().fold(0xcbf2_9ce4_8422_2325, next)
}

/// `‖found − right‖ / ‖right‖`.
fn error(found: impl IntoIterator<Item = f32>, right: impl IntoIterator<Item = f64>) -> f64 {
    let (mut off, mut all) = (0.0, 0.0);
    let mut found = found.into_iter();
    for right in right {
        let found = f64::from(found.next().unwrap_or(f32::NAN));
        off += (found - right) * (found - right);
        all += right * right;
    }
    if found.next().is_some() { f64::NAN } else { (off / all).sqrt() }
}

/// Runs one line of the table; what goes wrong is its result.
struct Table {
    /// The lines wanted; all if there are none.
    wanted: Vec<String>,
    failed: usize,
}

impl Table {
    fn line(&mut self, what: &str, work: impl FnOnce() -> Result<(bool, String)>) {
        if !self.wanted.is_empty() && !self.wanted.iter().any(|wanted| what.contains(wanted)) {
            return;
        }
        let begun = Instant::now();
        let result = catch_unwind(AssertUnwindSafe(work));
        let (fine, text) = match result {
            Ok(Ok((fine, text))) => (fine, text),
            Ok(Err(error)) => (false, error.to_string()),
            Err(panic) => {
                let text = panic.downcast_ref::<String>().cloned();
                (
                    false,
                    text.or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned()))
                        .unwrap_or_default(),
                )
            }
        };
        self.failed += usize::from(!fine);
        let mark = if fine { "ok  " } else { "FAIL" };
        println!("{mark} {what:<44} {text}  [{:.1} s]", begun.elapsed().as_secs_f64());
    }
}

impl Table {
    fn end(&self) -> ExitCode {
        println!("{} failed", self.failed);
        if self.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

fn compared(errors: &[(&str, f64)]) -> (bool, String) {
    let fine = errors.iter().all(|(_, error)| *error <= ALLOWED);
    (
        fine,
        errors
            .iter()
            .map(|(what, error)| format!("{what} {error:.1e}"))
            .collect::<Vec<_>>()
            .join(", "),
    )
}

/// Outputs, gradients and maps against the library's in double precision, and gradients twice for the same bits.
fn check_pass(device: &Device, case: Case) -> Result<(bool, String)> {
    let Case { kind, depth, outputs, nets, rows, loss } = case;
    let own: Vec<Net<f32>> =
        (0..nets).map(|i| net(kind, depth, outputs, i as u64 + 3)).collect::<Result<_>>()?;
    let exact: Vec<Net<f64>> = own.iter().map(Net::cast).collect();
    let (x, targets) = (clear_inputs(&exact, rows, 5), classes(rows, outputs));
    let mut nets = Nets::new(device, &own.iter().collect::<Vec<_>>(), loss)?;
    let on_device = Rows::new(device, x.view(), &targets)?;
    let y = nets.forward(&on_device)?;
    let gradients = nets.gradient(&on_device)?;
    let again = nets.gradient(&on_device)?;
    // A map is a hundred rows' work.
    let some = x.slice(s![..rows.min(17), ..]);
    let some_on_device = Rows::new(device, some, &classes(some.nrows(), outputs))?;
    let maps = nets.maps(&some_on_device)?;
    let data = dataset(&x, &targets)?;
    let all: Vec<usize> = (0..rows).collect();
    let names = ["forward", "gradient", "loss", "maps", "constants"];
    let mut errors = names.map(|name| (name, 0.0_f64));
    let (mut fine, mut rest) = (true, String::new());
    for (i, exact) in exact.iter().enumerate() {
        let (metrics, gradient) = train::gradient(exact, loss, &data, &all)?;
        let (mut right_maps, mut right_constants) = (Vec::new(), Vec::new());
        for row in some.rows() {
            let (_, map) = exact.linearize(row.mapv(f64::from).insert_axis(Axis(0)));
            let zeros = || Matrix::zeros((1, outputs));
            right_constants.extend(map.constant().unwrap_or_else(zeros));
            right_maps.extend(map.pull(Matrix::eye(outputs), &mut []));
        }
        let score = gradients[i].score;
        let found = [
            error(y[i].iter().copied(), exact.forward(x.mapv(f64::from))),
            error(gradients[i].values.iter().copied(), gradient),
            error([score.loss], [metrics.loss]),
            error(maps[i].matrices.iter().copied(), right_maps),
            error(maps[i].constants.iter().copied(), right_constants),
        ];
        errors.iter_mut().zip(found).for_each(|((_, worst), found)| *worst = larger(*worst, found));
        let right = metrics.correct.unwrap_or(0.0);
        if (f64::from(score.right) - right).abs() > 1.0 {
            rest += &format!(", {} right instead of {right}", score.right);
            fine = false;
        }
    }
    if bits(gradients.iter().flat_map(|one| &one.values))
        != bits(again.iter().flat_map(|one| &one.values))
    {
        rest += ", gradients differ from run to run";
        fine = false;
    }
    let (near, text) = compared(&errors);
    let all = y.iter().flatten().chain(gradients.iter().flat_map(|one| &one.values));
    let bits =
        bits(all.chain(maps.iter().flat_map(|maps| maps.matrices.iter().chain(&maps.constants))));
    Ok((fine && near, format!("{text}{rest}, bits {bits:016x}")))
}

/// The larger error; one that is no number is the largest.
fn larger(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() { f64::NAN } else { a.max(b) }
}

/// Some steps of Adam against the library's in double precision, and twice for the same bits.
fn check_steps(device: &Device, optimizer: OptimizerKind, count: usize) -> Result<(bool, String)> {
    let (steps, rows) = (4, 20);
    let (x, targets) = (inputs(rows, INPUTS, 7), classes(rows, OUTPUTS));
    let own: Vec<Net<f32>> = (0..count).map(|i| goal_net(i as u64 + 1)).collect::<Result<_>>()?;
    let refs: Vec<&Net<f32>> = own.iter().collect();
    let rates: Vec<f64> = (0..count).map(|i| 0.01 / (i + 1) as f64).collect();
    let schedule = Schedule::default();
    let on_device = Rows::new(device, x.view(), &targets)?;
    let mut runs = Vec::new();
    let mut refused = true;
    for recorded in [false, true] {
        let mut nets = Nets::new(device, &refs, Loss::CrossEntropy)?;
        nets.begin(optimizer, &BTreeMap::new(), schedule, &rates, steps)?;
        if recorded {
            let mut half = nets.record(&on_device, None, steps / 2)?;
            (0..2).try_for_each(|_| half.run())?;
            refused &= half.run().is_err();
        } else {
            (0..steps).try_for_each(|_| nets.start_step(&on_device, None))?;
            refused &= nets.start_step(&on_device, None).is_err();
        }
        runs.push(nets.parameters()?);
    }
    let same = bits(runs[0].iter().flatten()) == bits(runs[1].iter().flatten());
    let data = dataset(&x, &targets)?;
    let mut worst = 0.0;
    for (i, net) in own.iter().enumerate() {
        let mut exact = net.cast::<f64>();
        let training = Training {
            epochs: steps,
            batch: rows,
            optimizer,
            learning_rate: rates[i],
            schedule,
            validation: 0.0,
            ..Training::default()
        };
        let before = parameters::read(&exact);
        train::fit(&mut exact, &data, &training, &mut ())?;
        // How far the parameters went is what is compared.
        let moved: Vec<f64> =
            parameters::read(&exact).iter().zip(&before).map(|(a, b)| a - b).collect();
        let found = runs[0][i].iter().zip(&before).map(|(a, b)| (f64::from(*a) - b) as f32);
        worst = larger(worst, error(found, moved));
    }
    // Adam's first steps divide by roots of tiny squares, so errors of 1e-7 in gradients near 0 become larger.
    let (_, mut text) = compared(&[("way of the parameters", worst)]);
    if !same {
        text += ", recorded steps differ from others";
    }
    if !refused {
        text += ", more steps than were begun are taken";
    }
    let bits = bits(runs[0].iter().flatten());
    Ok((same && refused && worst < 1e-3, format!("{text}, bits {bits:016x}")))
}

/// Batches in an order of their own for each net: the same bits as the rows of these batches one after the other.
fn check_order(device: &Device) -> Result<(bool, String)> {
    let (batch, rows) = (20, 60);
    let (x, targets) = (inputs(rows, INPUTS, 9), classes(rows, OUTPUTS));
    let labels = targets.labels().expect("they are classes");
    let own = [goal_net(1)?, goal_net(2)?];
    let orders: Vec<Vec<usize>> =
        [7, 11].iter().map(|step| (0..40).map(|i| i * step % rows).collect()).collect();
    let on_device = Rows::new(device, x.view(), &targets)?;
    let (optimizer, roles) = (OptimizerKind::default(), BTreeMap::new());
    let mut nets = Nets::new(device, &[&own[0], &own[1]], Loss::CrossEntropy)?;
    // As many blocks for two nets as for one, since the bits depend on it.
    nets.set_blocks(Some(2));
    nets.begin(optimizer, &roles, Schedule::Constant {}, &[0.01, 0.02], 3)?;
    let order = Order::new(&on_device, batch, &orders)?;
    nets.record(&on_device, Some(&order), 3)?.run()?;
    let (scores, found) = (nets.scores()?, nets.parameters()?);
    let mut same = true;
    for (i, order) in orders.iter().enumerate() {
        let mut one = Nets::new(device, &[&own[i]], Loss::CrossEntropy)?;
        one.set_blocks(Some(2));
        one.begin(optimizer, &roles, Schedule::Constant {}, &[[0.01, 0.02][i]], 3)?;
        for step in [0, 1, 0] {
            let places = &order[step * batch..][..batch];
            let labels = places.iter().map(|&row| labels[row]).collect();
            let targets = Targets::Classes { labels, classes: OUTPUTS };
            let batch = Rows::new(device, x.select(Axis(0), places).view(), &targets)?;
            one.start_step(&batch, None)?;
        }
        same &= one.scores()?[0] == scores[i];
        same &= bits(&one.parameters()?[0]) == bits(&found[i]);
    }
    let text =
        if same { "as the rows of each batch" } else { "other bits than the rows of each batch" };
    Ok((same, format!("{text}, bits {:016x}", bits(found.iter().flatten()))))
}

/// The median and the best of many, in microseconds.
fn timed(
    device: &Device,
    times: usize,
    mut work: impl FnMut() -> Result<()>,
) -> Result<(f64, f64)> {
    let timer = device.timer()?;
    for _ in 0..times.div_ceil(4) {
        work()?;
    }
    let mut all = Vec::new();
    for _ in 0..times {
        timer.start()?;
        work()?;
        all.push(timer.stop()?);
    }
    all.sort_by(f64::total_cmp);
    Ok((all[times / 2], all[0]))
}

fn shown(median: f64, best: f64, goal: f64, each: f64) -> (bool, String) {
    let mark = if median <= goal { "" } else { "  (goal missed)" };
    (
        true,
        format!(
            "{:>9.1} µs, best {:>9.1}; goal {goal:>6}; {:>7.2} ns a row{mark}",
            median,
            best,
            median * 1000.0 / each
        ),
    )
}

fn time_forward(device: &Device, rows: usize, goal: f64) -> Result<(bool, String)> {
    let mut nets = Nets::new(device, &[&goal_net(1)?], Loss::CrossEntropy)?;
    let data = Rows::new(device, inputs(rows, INPUTS, 5).view(), &classes(rows, OUTPUTS))?;
    let (median, best) = timed(device, 60, || nets.start_forward(&data))?;
    Ok(shown(median, best, goal, rows as f64))
}

fn begin(nets: &mut Nets) -> Result<()> {
    let rates = vec![1e-3; nets.len()];
    let schedule = Schedule::Constant {};
    nets.begin(OptimizerKind::default(), &BTreeMap::new(), schedule, &rates, 100_000)
}

fn time_steps(
    device: &Device,
    rows: usize,
    blocks: Option<usize>,
    goal: f64,
) -> Result<(bool, String)> {
    let mut nets = Nets::new(device, &[&goal_net(1)?], Loss::CrossEntropy)?;
    nets.set_blocks(blocks);
    let data = Rows::new(device, inputs(rows, INPUTS, 5).view(), &classes(rows, OUTPUTS))?;
    let together = if rows > 10_000 { 2 } else { 20 };
    begin(&mut nets)?;
    let (direct, _) = timed(device, 40, || nets.start_step(&data, None))?;
    let mut steps = nets.record(&data, None, together)?;
    let (median, best) = timed(device, 40, || steps.run())?;
    let each = together as f64;
    let (fine, text) = shown(median / each, best / each, goal, rows as f64);
    Ok((fine, format!("{text}; without recording {direct:.1} µs")))
}

fn time_maps(device: &Device, rows: usize, goal: f64) -> Result<(bool, String)> {
    let mut nets = Nets::new(device, &[&goal_net(1)?], Loss::CrossEntropy)?;
    let data = Rows::new(device, inputs(rows, INPUTS, 5).view(), &classes(rows, OUTPUTS))?;
    let (median, best) = timed(device, 60, || nets.start_maps(&data))?;
    Ok(shown(median, best, goal, rows as f64))
}

/// Steps of many nets at once, each on batches of its own.
fn time_many(device: &Device, count: usize, batch: usize) -> Result<(bool, String)> {
    let rows = 60_000;
    let own: Vec<Net<f32>> = (0..count).map(|i| goal_net(i as u64)).collect::<Result<_>>()?;
    let refs: Vec<&Net<f32>> = own.iter().collect();
    let mut nets = Nets::new(device, &refs, Loss::CrossEntropy)?;
    let data = Rows::new(device, inputs(rows, INPUTS, 5).view(), &classes(rows, OUTPUTS))?;
    let places = |net: usize| (0..20 * batch).map(|i| (i * 7919 + net * 104_729) % rows).collect();
    let order = Order::new(&data, batch, &(0..count).map(places).collect::<Vec<_>>())?;
    begin(&mut nets)?;
    let (median, best) = timed(device, 20, || nets.start_step(&data, Some(&order)))?;
    let epochs = median * rows as f64 / batch as f64 * 10.0 / 1e6;
    let (fine, text) = shown(median, best, f64::INFINITY, (batch * count) as f64);
    let goal = "goal of 256 nets: 60";
    Ok((fine, format!("{text}; 10 epochs of 60,000 rows of each: {epochs:.1} s ({goal})")))
}

fn resources(device: &Device) -> Result<(bool, String)> {
    let nets = Nets::new(device, &[&goal_net(1)?], Loss::CrossEntropy)?;
    let each = nets.resources()?;
    let text = each.iter().map(|(name, registers, local)| {
        format!("{name} {registers} registers, {local} bytes beside")
    });
    Ok((true, text.collect::<Vec<_>>().join("; ")))
}

fn main() -> ExitCode {
    run(std::env::args().skip(1).collect())
}

/// The whole table, or the lines that are wanted.
pub fn run(arguments: Vec<String>) -> ExitCode {
    let device = match Device::open() {
        Ok(device) => device,
        Err(error) => {
            println!("{error}");
            return ExitCode::FAILURE;
        }
    };
    println!("{}, {} multiprocessors", device.gpu().name(), device.gpu().multiprocessors());
    let (quick, wanted): (Vec<_>, Vec<_>) =
        arguments.into_iter().partition(|argument| argument == "quick");
    let quick = !quick.is_empty();
    let mut table = Table { wanted, failed: 0 };
    table.line("kernels", || resources(&device));
    let (entropy, squares) = (Loss::CrossEntropy, Loss::SquaredError);
    let case = |kind, depth, outputs, nets, (few, many), loss| {
        let rows = if quick { few } else { many };
        Case { kind, depth, outputs, nets, rows, loss }
    };
    // Few rows are more than a block has warps, and no multiple of them.
    for case in [
        case(Kind::TwoSlope, 5, 10, 1, (35, 300), entropy),
        case(Kind::TwoSlope, 5, 10, 1, (1, 5000), entropy),
        case(Kind::TwoSlope, 1, 7, 2, (33, 129), squares),
        case(Kind::Padded, 2, 1, 1, (2, 1), squares),
        case(Kind::Relu, 4, 17, 1, (19, 77), entropy),
        case(Kind::Gathered, 3, 3, 3, (5, 2113), squares),
        case(Kind::Taken, 1, 32, 1, (67, 131), entropy),
    ] {
        let Case { kind, depth, outputs, nets, rows, .. } = case;
        let what = format!("{kind:?}, depth {depth}, {outputs} outputs, {nets} nets, {rows} rows");
        table.line(&what, || check_pass(&device, case));
    }
    let adamw =
        OptimizerKind::Adamw { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, decay: 0.1, vectors: false };
    table.line("Adam, 1 net", || check_steps(&device, OptimizerKind::default(), 1));
    table.line("AdamW, 2 nets", || check_steps(&device, adamw, 2));
    table.line("batches in an order, 2 nets", || check_order(&device));
    steps::lines(&mut table, &device, quick);
    if quick {
        return table.end();
    }
    for (rows, goal) in
        [(128, f64::INFINITY), (1024, f64::INFINITY), (8192, f64::INFINITY), (65_536, 300.0)]
    {
        table.line(&format!("forward, {rows} rows"), || time_forward(&device, rows, goal));
    }
    for (rows, blocks, goal) in [
        (128, None, 25.0),
        (128, Some(64), 25.0),
        (128, Some(32), 25.0),
        (1024, None, 40.0),
        (1024, Some(64), 40.0),
        (8192, None, f64::INFINITY),
        (65_536, None, 1200.0),
    ] {
        let what = match blocks {
            None => format!("step, {rows} rows"),
            Some(blocks) => format!("step, {rows} rows, {blocks} blocks"),
        };
        table.line(&what, || time_steps(&device, rows, blocks, goal));
    }
    table.line("maps, 1024 rows", || time_maps(&device, 1024, 100.0));
    for (count, rows) in [(8, 128), (64, 128), (132, 128), (256, 128), (256, 512)] {
        table.line(&format!("step of {count} nets, {rows} rows each"), || {
            time_many(&device, count, rows)
        });
    }
    steps::times(&mut table, device.gpu());
    table.end()
}

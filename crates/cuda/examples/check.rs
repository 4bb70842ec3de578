//! Checks a GPU against the CPU, then times it: `cargo run --release -p switchnet-cuda --example check`.
//!
//! Everything is made up here. With the argument `quick` it only checks, with few rows; with other arguments it does the
//! lines that contain one of them, such as `check "step, 128"`. Each line stands for itself: what fails is said, and the next one is tried.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::Instant;
use switchnet::data::{Dataset, Targets};
use switchnet::layer::{
    DenseConfig, DiagonalConfig, FixedTransformConfig, GatherConfig, Init, Layer, PadConfig,
    PreluConfig, ReluConfig, TileConfig, TwoSlopeConfig, parameters,
};
use switchnet::ndarray::{Array2, Axis, s};
use switchnet::net::{Net, NodeSpec, Spec};
use switchnet::train::{self, Loss, OptimizerKind, Schedule, Training};
use switchnet::transform::TransformKind;
use switchnet::{Matrix, Result};
use switchnet_cuda::{Device, Nets, Rows};

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
}

fn spec(kind: Kind, depth: usize, seed: u64) -> Spec {
    let mix = |kind| -> NodeSpec { FixedTransformConfig::new(kind).into() };
    let (open, closed) = (Init::Constant(1.1), Init::Constant(0.6));
    let bias = DiagonalConfig { scale: None, bias: true };
    let mut layers: Vec<NodeSpec> = match kind {
        Kind::Padded => vec![PadConfig { width: 1024 }.into()],
        Kind::Gathered => {
            let indices =
                (0..1024).map(|e| if e % 9 == 4 { -1 } else { e * 7 % INPUTS as i64 }).collect();
            vec![GatherConfig { indices }.into(), mix(TransformKind::Permutation)]
        }
        _ => vec![TileConfig { width: 1024 }.into(), mix(TransformKind::Signs)],
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
            _ => {
                layers.push(bias.clone().into());
                layers.push(TwoSlopeConfig { open, closed }.into());
            }
        }
    }
    layers.push(DenseConfig { outputs: OUTPUTS, bias: true }.into());
    Spec { input: vec![INPUTS], seed, layers }
}

/// A net whose biases are not all zero.
fn net(kind: Kind, depth: usize, seed: u64) -> Result<Net<f32>> {
    let mut net = spec(kind, depth, seed).build::<f32>()?;
    let mut values = parameters::read(&net);
    let noise = numbers(values.len(), seed + 100);
    values.iter_mut().zip(noise).for_each(|(value, noise)| *value += 0.05 * noise);
    parameters::write(&mut net, &values);
    Ok(net)
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

fn inputs(rows: usize, seed: u64) -> Matrix<f32> {
    Array2::from_shape_vec((rows, INPUTS), numbers(rows * INPUTS, seed)).expect("as many numbers")
}

/// Rows at which no switch of `net` is so near to zero that rounding may throw it: both sides then have the same
/// effective maps, and what is left is rounding.
fn clear_inputs(net: &Net<f64>, rows: usize, seed: u64) -> Matrix<f32> {
    let x = inputs(rows + rows / 8 + 8, seed);
    let mut clear = Vec::new();
    for first in (0..x.nrows()).step_by(64) {
        let some = x.slice(s![first..x.nrows().min(first + 64), ..]);
        let (_, map) = net.linearize(some.mapv(f64::from));
        let mut nearest = vec![f64::INFINITY; some.nrows()];
        map.decisions(&mut |decisions| {
            for (nearest, values) in nearest.iter_mut().zip(decisions.values.rows()) {
                *nearest = values.iter().fold(*nearest, |nearest, value| nearest.min(value.abs()));
            }
        });
        clear.extend((0..some.nrows()).filter(|&row| nearest[row] > 2e-6).map(|row| first + row));
    }
    clear.truncate(rows);
    assert_eq!(clear.len(), rows, "an eighth more rows are enough");
    x.select(Axis(0), &clear)
}

fn classes(rows: usize) -> Targets<f32> {
    Targets::Classes { labels: (0..rows).map(|row| row * 7 % OUTPUTS).collect(), classes: OUTPUTS }
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

fn check_pass(
    device: &Device,
    kind: Kind,
    depth: usize,
    rows: usize,
    loss: Loss,
) -> Result<(bool, String)> {
    let net = net(kind, depth, 3)?;
    let exact = net.cast::<f64>();
    let (x, targets) = (clear_inputs(&exact, rows, 5), classes(rows));
    let wide = x.mapv(f64::from);
    let mut nets = Nets::new(device, &[&net], loss)?;
    let on_device = Rows::new(device, x.view(), &targets)?;
    let y = nets.forward(&on_device)?.remove(0);
    let right = exact.forward(wide.clone());
    let found = nets.gradient(&on_device)?.remove(0);
    let labels = targets.labels().expect("they are classes").to_vec();
    let data = Dataset::new(
        "made up",
        vec![INPUTS],
        wide.clone(),
        Targets::Classes { labels, classes: OUTPUTS },
    )?;
    let all: Vec<usize> = (0..rows).collect();
    let (metrics, gradient) = train::gradient(&exact, loss, &data, &all)?;
    let again = nets.gradient(&on_device)?.remove(0);
    let same = again.values.iter().zip(&found.values).all(|(a, b)| a.to_bits() == b.to_bits());
    let maps = nets.maps(&on_device)?;
    let some = rows.min(4);
    let mut right_maps = Vec::new();
    for row in 0..some {
        let one = wide.slice(s![row..row + 1, ..]).to_owned();
        let (_, map) = exact.linearize(one);
        right_maps.extend(map.pull(Matrix::eye(OUTPUTS), &mut []));
    }
    let (mut fine, mut text) = compared(&[
        ("forward", error(y, right)),
        ("gradient", error(found.values.iter().copied(), gradient)),
        ("loss", error([found.loss], [metrics.loss])),
        ("maps", error(maps.into_iter().take(some * OUTPUTS * INPUTS), right_maps)),
    ]);
    if !same {
        text += ", gradients differ from run to run";
    }
    let right = metrics.correct.unwrap_or(0.0);
    if (f64::from(found.right) - right).abs() > 1.0 {
        text += &format!(", {} right instead of {right}", found.right);
        fine = false;
    }
    Ok((fine && same, text))
}

/// Some steps of Adam against the library's in double precision, and twice for the same bits.
fn check_steps(
    device: &Device,
    optimizer: OptimizerKind,
    nets_at_once: usize,
) -> Result<(bool, String)> {
    let steps = 5;
    let (x, targets) = (inputs(96, 7), classes(96));
    let own: Vec<Net<f32>> =
        (0..nets_at_once).map(|i| net(Kind::TwoSlope, 3, i as u64 + 1)).collect::<Result<_>>()?;
    let refs: Vec<&Net<f32>> = own.iter().collect();
    let rates: Vec<f64> = (0..nets_at_once).map(|i| 0.01 / (i + 1) as f64).collect();
    let schedule = Schedule::default();
    let mut runs = Vec::new();
    for recorded in [false, true] {
        let mut nets = Nets::new(device, &refs, Loss::CrossEntropy)?;
        let rows = Rows::new(device, x.view(), &targets)?;
        nets.begin(&own[0], optimizer, &BTreeMap::new(), schedule, &rates, steps)?;
        if recorded {
            nets.record(&rows, steps)?.run()?;
        } else {
            (0..steps).try_for_each(|_| nets.start_step(&rows))?;
        }
        runs.push(nets.parameters()?);
    }
    let same = runs[0]
        .iter()
        .flatten()
        .zip(runs[1].iter().flatten())
        .all(|(a, b)| a.to_bits() == b.to_bits());
    let mut worst = 0.0_f64;
    for (i, net) in own.iter().enumerate() {
        let mut exact = net.cast::<f64>();
        let labels = targets.labels().expect("they are classes").to_vec();
        let data = Dataset::new(
            "made up",
            vec![INPUTS],
            x.mapv(f64::from),
            Targets::Classes { labels, classes: OUTPUTS },
        )?;
        let training = Training {
            epochs: steps,
            batch: 96,
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
        worst = worst.max(error(found, moved));
    }
    // Adam's first steps divide by roots of tiny squares, so errors of 1e-7 in gradients near 0 become larger.
    let (_, text) = compared(&[("way of the parameters", worst)]);
    let text = if same { text } else { text + ", recorded steps differ from others" };
    Ok((same && worst < 1e-3, text))
}

/// The median and the best of many, in microseconds.
fn timed(
    nets: &mut Nets,
    times: usize,
    mut work: impl FnMut(&mut Nets) -> Result<()>,
) -> Result<(f64, f64)> {
    let timer = nets.timer()?;
    for _ in 0..times.div_ceil(4) {
        work(nets)?;
    }
    let mut all = Vec::new();
    for _ in 0..times {
        timer.start()?;
        work(nets)?;
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
    let mut nets = Nets::new(device, &[&net(Kind::TwoSlope, 5, 1)?], Loss::CrossEntropy)?;
    let data = Rows::new(device, inputs(rows, 5).view(), &classes(rows))?;
    let (median, best) = timed(&mut nets, 60, |nets| nets.start_forward(&data))?;
    Ok(shown(median, best, goal, rows as f64))
}

fn time_steps(
    device: &Device,
    rows: usize,
    blocks: Option<usize>,
    goal: f64,
) -> Result<(bool, String)> {
    let own = net(Kind::TwoSlope, 5, 1)?;
    let mut nets = Nets::new(device, &[&own], Loss::CrossEntropy)?;
    nets.set_blocks(blocks);
    let data = Rows::new(device, inputs(rows, 5).view(), &classes(rows))?;
    let together = if rows > 10_000 { 2 } else { 20 };
    let begin = |nets: &mut Nets| {
        let rates = [1e-3];
        nets.begin(
            &own,
            OptimizerKind::default(),
            &BTreeMap::new(),
            Schedule::Constant {},
            &rates,
            100_000,
        )
    };
    begin(&mut nets)?;
    let (direct, _) = timed(&mut nets, 40, |nets| nets.start_step(&data))?;
    let steps = nets.record(&data, together)?;
    let (median, best) = timed(&mut nets, 40, |_| steps.run())?;
    let each = together as f64;
    let (fine, text) = shown(median / each, best / each, goal, rows as f64);
    Ok((fine, format!("{text}; without recording {direct:.1} µs")))
}

fn time_maps(device: &Device, rows: usize, goal: f64) -> Result<(bool, String)> {
    let mut nets = Nets::new(device, &[&net(Kind::TwoSlope, 5, 1)?], Loss::CrossEntropy)?;
    let data = Rows::new(device, inputs(rows, 5).view(), &classes(rows))?;
    let (median, best) = timed(&mut nets, 60, |nets| nets.start_maps(&data))?;
    Ok(shown(median, best, goal, rows as f64))
}

/// Steps of many nets at once.
fn time_many(device: &Device, count: usize, rows: usize) -> Result<(bool, String)> {
    let own: Vec<Net<f32>> =
        (0..count).map(|i| net(Kind::TwoSlope, 5, i as u64)).collect::<Result<_>>()?;
    let refs: Vec<&Net<f32>> = own.iter().collect();
    let mut nets = Nets::new(device, &refs, Loss::CrossEntropy)?;
    let data = Rows::new(device, inputs(rows, 5).view(), &classes(rows))?;
    let rates = vec![1e-3; count];
    nets.begin(
        &own[0],
        OptimizerKind::default(),
        &BTreeMap::new(),
        Schedule::Constant {},
        &rates,
        1000,
    )?;
    let (median, best) = timed(&mut nets, 20, |nets| nets.start_step(&data))?;
    let epochs = median * 60_000.0 / rows as f64 * 10.0 / 1e6;
    let (fine, text) = shown(median, best, f64::INFINITY, (rows * count) as f64);
    Ok((
        fine,
        format!("{text}; 10 epochs of 60,000 rows of each: {epochs:.1} s (goal of 256 nets: 60)"),
    ))
}

fn resources(device: &Device) -> Result<(bool, String)> {
    let nets = Nets::new(device, &[&net(Kind::TwoSlope, 5, 1)?], Loss::CrossEntropy)?;
    let each = nets.resources()?;
    let text = each.iter().map(|(name, registers, local)| {
        format!("{name} {registers} registers, {local} bytes beside")
    });
    Ok((true, text.collect::<Vec<_>>().join("; ")))
}

fn main() -> ExitCode {
    let device = match Device::open() {
        Ok(device) => device,
        Err(error) => {
            println!("{error}");
            return ExitCode::FAILURE;
        }
    };
    println!("{}, {} multiprocessors", device.name(), device.multiprocessors());
    let (quick, wanted): (Vec<_>, Vec<_>) =
        std::env::args().skip(1).partition(|argument| argument == "quick");
    let quick = !quick.is_empty();
    let mut table = Table { wanted, failed: 0 };
    table.line("kernels", || resources(&device));
    for (kind, depth, rows, loss) in [
        (Kind::TwoSlope, 5, 300, Loss::CrossEntropy),
        (Kind::TwoSlope, 5, 5000, Loss::CrossEntropy),
        (Kind::TwoSlope, 1, 129, Loss::SquaredError),
        (Kind::Padded, 2, 1, Loss::CrossEntropy),
        (Kind::Relu, 4, 77, Loss::CrossEntropy),
        (Kind::Gathered, 3, 2113, Loss::SquaredError),
    ] {
        let rows = if quick { rows.min(35) } else { rows };
        let what = format!("{kind:?}, depth {depth}, {rows} rows");
        table.line(&what, || check_pass(&device, kind, depth, rows, loss));
    }
    let adamw =
        OptimizerKind::Adamw { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, decay: 0.1, vectors: false };
    table.line("Adam, 1 net", || check_steps(&device, OptimizerKind::default(), 1));
    table.line("AdamW, 3 nets", || check_steps(&device, adamw, 3));
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
    table.end()
}

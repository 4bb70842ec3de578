//! Nets kernel by kernel, in both precisions, and whole trainings.

use super::{
    Table, bits, classes, clear_inputs, compared, error, goal_net, inputs, larger, numbers,
};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Instant;
use switchnet::data::{Dataset, Targets};
use switchnet::layer::{Layer, parameters};
use switchnet::ndarray::{Axis, s};
use switchnet::net::{Net, Spec};
use switchnet::train::{self, ClassWeights, Loss, Member, Observer, Run, StopReason, Training};
use switchnet::{Matrix, Result, Scalar};
use switchnet_cuda::{Device, Gpu, Number, Passes, Work};

/// Nets with every step, and with transforms of each number of passes.
const NETS: [(&str, &str); 7] = [
    (
        "dense",
        r#"
        input = [20]
        layers = [{ kind = "dense", outputs = 17 }, { kind = "relu" }, { kind = "dense", outputs = 40, bias = false },
            { kind = "diagonal", scale = { constant = 0.7 }, bias = true }, { kind = "prelu" }, { kind = "dense", outputs = 3 }]
        "#,
    ),
    (
        "blocks",
        r#"
        input = [48]
        layers = [{ kind = "pad", width = 64 }, { kind = "mix", transform = "permutation" }, { kind = "mix", transform = "signs" },
            { kind = "mix", transform = "hadamard", block = 16 }, { kind = "block-switch", block = 4 },
            { kind = "mix", transform = "permutation", block = 32 }, { kind = "mix", transform = "hadamard" },
            { kind = "diagonal", scale = { constant = 1.1 } }, { kind = "leaky", slope = 0.1 }, { kind = "block-switch", block = 16 },
            { kind = "slice", start = 5, width = 7 }]
        "#,
    ),
    (
        "shortcuts",
        r#"
        input = [12]
        layers = [{ kind = "tile", width = 32, name = "wide" }, { kind = "mix", transform = "hadamard" }, { kind = "two-slope" },
            { kind = "mix", transform = "hadamard", name = "mixed" }, { kind = "add", from = ["wide", "mixed"], name = "sum" },
            { kind = "relu", name = "open" }, { kind = "gather", indices = [3, -1, 3, 31, 0], from = ["sum"], name = "some" },
            { kind = "concat", from = ["open", "some", "mixed"] }, { kind = "dense", outputs = 6 }]
        "#,
    ),
    (
        "images",
        r#"
        input = [2, 4, 8]
        layers = [{ kind = "mix", transform = "hadamard", separable = true }, { kind = "two-slope" }, { kind = "channels-last" },
            { kind = "channels-first" }, { kind = "flatten" }, { kind = "bit-reversal" }, { kind = "mix", transform = "identity" },
            { kind = "mix", transform = "hadamard" }, { kind = "take", width = 10 }]
        "#,
    ),
    (
        "one number",
        r#"
        input = [1]
        layers = [{ kind = "mix", transform = "hadamard" }, { kind = "prelu" }, { kind = "dense", outputs = 1 }]
        "#,
    ),
    (
        "long",
        r#"
        input = [300]
        layers = [{ kind = "tile", width = 16384 }, { kind = "mix", transform = "signs" }, { kind = "mix", transform = "hadamard" },
            { kind = "two-slope" }, { kind = "mix", transform = "hadamard", block = 4096 }, { kind = "take", width = 5 }]
        "#,
    ),
    (
        "longer",
        r#"
        input = [9]
        layers = [{ kind = "pad", width = 1048576 }, { kind = "mix", transform = "hadamard" }, { kind = "two-slope" },
            { kind = "mix", transform = "hadamard" }, { kind = "take", width = 1 }]
        "#,
    ),
];

/// A line for each net in each precision, and for trainings.
pub fn lines(table: &mut Table, device: &Device, quick: bool) {
    for (name, text) in NETS {
        // It takes the stand-in a while.
        if quick && name == "longer" && !table.wanted.iter().any(|line| line.contains(name)) {
            continue;
        }
        table.line(&format!("steps, {name}, f32"), || check::<f32>(device, text, 1e-5));
        table.line(&format!("steps, {name}, f64"), || check::<f64>(device, text, 1e-13));
    }
    table.line("every kind of step is in one of these nets", every_step);
    table.line("trainings", || trainings(device.gpu()));
    table.line("trainings together", || together(device.gpu()));
}

fn spec(text: &str) -> Spec {
    let text = text.replacen("layers", "seed = 3\nlayers", 1);
    toml::from_str(&text).expect("the spec of a net")
}

/// Outputs, gradients and what goes back to the inputs, against the library's in double precision, and twice for the same bits.
fn check<T: Number>(device: &Device, text: &str, allowed: f64) -> Result<(bool, String)> {
    let mut exact: Net<f64> = spec(text).build()?;
    let theta: Vec<f64> = parameters::read(&exact)
        .iter()
        .zip(numbers(parameters::count(&exact), 100))
        .map(|(value, noise)| f64::from((*value + 0.05 * f64::from(noise)) as f32))
        .collect();
    parameters::write(&mut exact, &theta);
    let net: Net<T> = exact.cast();
    let rows = if net.graph().signature().widest > 1 << 16 { 1 } else { 67 };
    let x = clear_inputs(std::slice::from_ref(&exact), rows, 5).mapv(f64::from);
    let dy = numbers(rows * exact.outputs(), 9).into_iter().map(f64::from).collect();
    let dy = Matrix::from_shape_vec((rows, exact.outputs()), dy).expect("as many numbers");
    let (y, map) = exact.linearize(x.clone());
    let mut gradient = vec![0.0; theta.len()];
    let dx = map.vjp(dy.clone(), &mut gradient, true).expect("it was wanted");

    let [x, dy] = [x, dy].map(|m| m.mapv(<T as Scalar>::of));
    let mut passes = Passes::new(device, &net)?;
    // Of some rows all of their maps.
    let some = x.slice(s![..rows.min(3), ..]).to_owned();
    let maps = passes.maps(&some)?;
    let (mut right_maps, mut right_constants) = (Vec::new(), Vec::new());
    for row in some.rows() {
        let (_, map) = exact.linearize(row.mapv(|v| v.double()).insert_axis(Axis(0)));
        right_maps.extend(map.pull(Matrix::eye(exact.outputs()), &mut []));
        let zeros = || Matrix::zeros((1, exact.outputs()));
        right_constants.extend(map.constant().unwrap_or_else(zeros));
    }
    let mut runs = Vec::new();
    for _ in 0..2 {
        let y = passes.forward(&x)?;
        let dx = passes.pull_inputs(&dy)?;
        passes.pull(&dy, true)?;
        runs.push((y, dx, passes.take_gradient()?));
    }
    let (own_y, own_dx, own_gradient) = &runs[0];
    let single = |values: &[T]| values.iter().map(|v| v.double()).collect::<Vec<_>>();
    let off = |own: &[T], right: Vec<f64>| relative(&single(own), &right);
    let all = |m: &Matrix<f64>| m.iter().copied().collect::<Vec<_>>();
    let slice = |m: &Matrix<T>| m.iter().copied().collect::<Vec<_>>();
    let errors = [
        ("forward", off(&slice(own_y), all(&y))),
        ("back to the inputs", off(&slice(own_dx), all(&dx))),
        ("gradient", off(own_gradient, gradient)),
        ("maps", off(&maps.matrices.iter().copied().collect::<Vec<_>>(), right_maps)),
    ];
    // They are differences of outputs and what maps give, so they are as exact as these.
    let size = y.iter().fold(1.0_f64, |size, y| size.max(y.abs()));
    let apart = maps.constants.iter().zip(&right_constants).map(|(a, b)| (a.double() - b).abs());
    let apart = apart.fold(0.0, larger) / size;
    let near = errors.iter().all(|(_, error)| *error <= allowed) && apart <= 10.0 * allowed;
    let mut text: Vec<String> =
        errors.iter().map(|(what, error)| format!("{what} {error:.1e}")).collect();
    let same = runs[0] == runs[1];
    if !same {
        text.push("not the same bits twice".to_owned());
    }
    let numbers: Vec<f32> = [&slice(own_y)[..], &slice(own_dx), own_gradient]
        .concat()
        .iter()
        .flat_map(|v| {
            let bits = v.double().to_bits();
            [f32::from_bits(bits as u32), f32::from_bits((bits >> 32) as u32)]
        })
        .collect();
    Ok((near && same, format!("{}, bits {:016x}", text.join(", "), bits(&numbers))))
}

/// The distance of two vectors as a part of the length of the second, or itself where that is 0.
fn relative(found: &[f64], right: &[f64]) -> f64 {
    if found.len() != right.len() {
        return f64::NAN;
    }
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
    let off = norm(&mut found.iter().zip(right).map(|(a, b)| a - b));
    match norm(&mut right.iter().copied()) {
        0.0 => off,
        length => off / length,
    }
}

fn every_step() -> Result<(bool, String)> {
    let mut seen = BTreeMap::new();
    for (_, text) in NETS {
        for step in switchnet_cuda::Steps::<f32>::new(&spec(text).build()?)?.steps {
            let name = match step.work {
                Work::Move { .. } => "moves",
                Work::Transform { .. } => "transforms",
                Work::Elements { .. } => "elements",
                Work::BlockSwitch { .. } => "block switches",
                Work::Dense(_) => "dense",
                Work::Add => "sums",
                Work::Concat => "concatenations",
            };
            *seen.entry(name).or_insert(0) += 1;
        }
    }
    let text: Vec<String> = seen.iter().map(|(name, count)| format!("{name} {count}")).collect();
    Ok((seen.len() == 7, text.join(", ")))
}

/// Stops a training after so many steps.
struct Stop {
    after: usize,
}

impl Observer<f32> for Stop {
    fn step(&mut self, run: &Run<f32>) -> Result<ControlFlow<()>> {
        Ok(if run.step == self.after { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}

/// Trainings against those of the processors: of nets of one kernel and of steps, with and without weights of classes, which
/// one kernel does not have.
fn trainings(gpu: &Gpu) -> Result<(bool, String)> {
    let fused = r#"
        input = [6]
        layers = [{ kind = "tile", width = 1024 }, { kind = "mix", transform = "signs" }, { kind = "mix", transform = "hadamard" },
            { kind = "two-slope" }, { kind = "dense", outputs = 3 }]
    "#;
    let steps = r#"
        input = [6]
        layers = [{ kind = "tile", width = 32 }, { kind = "mix", transform = "signs" }, { kind = "mix", transform = "hadamard" },
            { kind = "two-slope" }, { kind = "dense", outputs = 3 }]
    "#;
    let (mut text, mut fine) = (Vec::new(), true);
    for (name, spec_text) in [("one kernel", fused), ("steps", steps)] {
        for weights in [None, Some(ClassWeights::Given(vec![1.0, 2.0, 4.0]))] {
            let net: Net<f32> = spec(spec_text).build()?;
            let data = made_up(60)?;
            let training = Training {
                epochs: 2,
                batch: 17,
                class_weights: weights,
                learning_rate: 0.01,
                ..Training::default()
            };
            let begun = |net: &Net<f32>, on_gpu: bool| -> Result<Run<f32>> {
                let run = Run::new(net, &training)?;
                Ok(match on_gpu {
                    true => run.with_executor(gpu.executor(net, Loss::CrossEntropy)?),
                    false => run,
                })
            };
            let trained = |on_gpu: bool| -> Result<_> {
                let mut net = net.cast::<f32>();
                let run = begun(&net, on_gpu)?;
                let run = train::resume(&mut net, &data, &training, run, &mut ())?;
                Ok((parameters::read(&net), run.history))
            };
            let (own, right) = (trained(true)?, trained(false)?);
            // Stopped in the midst of the second epoch, and gone on with by another executor.
            let mut stopped = net.cast::<f32>();
            let run = begun(&stopped, true)?;
            let mut stop = Stop { after: 5 };
            let run = train::resume(&mut stopped, &data, &training, run, &mut stop)?;
            fine &= run.ended == Some(StopReason::Stopped);
            let (saved, numbers_of_run) = run.save();
            let run = begun(&stopped, true)?.restore(&stopped, &saved, numbers_of_run)?;
            train::resume(&mut stopped, &data, &training, run, &mut ())?;
            fine &= bits(&parameters::read(&stopped)) == bits(&own.0);
            let start = parameters::read(&net);
            let way = |end: &[f32]| end.iter().zip(&start).map(|(a, b)| a - b).collect::<Vec<_>>();
            let mut worst = error(way(&own.0), way(&right.0).into_iter().map(f64::from));
            for (own, right) in own.1.iter().zip(&right.1) {
                worst = larger(worst, (own.train_loss - right.train_loss).abs());
                let held_out =
                    [own, right].map(|record| record.validation_loss.unwrap_or(f64::NAN));
                worst = larger(worst, (held_out[0] - held_out[1]).abs());
                fine &= own.train_accuracy == right.train_accuracy;
            }
            fine &= own.1.len() == right.1.len() && worst < 1e-3;
            let weighted = if training.class_weights.is_some() { " with weights" } else { "" };
            let (_, line) = compared(&[("", worst)]);
            text.push(format!("{name}{weighted}{line}"));
        }
    }
    Ok((fine, text.join(", ")))
}

/// Trainings of nets of one kernel that go on together, against the same ones by the processors: one has fewer epochs, and one
/// began before, so that their steps take different numbers of rows.
fn together(gpu: &Gpu) -> Result<(bool, String)> {
    let spec = |seed: u64| {
        let text = r#"
            input = [6]
            layers = [{ kind = "tile", width = 1024 }, { kind = "mix", transform = "signs" }, { kind = "mix", transform = "hadamard" },
                { kind = "two-slope" }, { kind = "dense", outputs = 3 }]
        "#;
        Spec { seed, ..spec(text) }
    };
    let (data, rows) = (made_up(60)?, 60);
    let trainings =
        [(1, 2, 0.01), (2, 1, 0.02), (3, 2, 0.005)].map(|(seed, epochs, learning_rate)| Training {
            seed,
            epochs,
            batch: 17,
            learning_rate,
            ..Training::default()
        });
    let begin = || -> Result<Vec<(Net<f32>, Run<f32>)>> {
        let mut all = Vec::new();
        for training in &trainings {
            let mut net: Net<f32> = spec(training.seed).build()?;
            let mut run = Run::new(&net, training)?;
            if training.seed == 3 {
                run = train::resume(&mut net, &data, training, run, &mut Stop { after: 2 })?;
                let (text, numbers) = run.save();
                run = Run::load(&net, training, &text, numbers)?;
            }
            all.push((net, run));
        }
        Ok(all)
    };
    let mut ends = Vec::new();
    for _ in 0..2 {
        let (mut nets, runs): (Vec<_>, Vec<_>) = begin()?.into_iter().unzip();
        let of: Vec<&Net<f32>> = nets.iter().collect();
        let mut executor = gpu.together(&of, Loss::CrossEntropy, &data)?;
        let mut observers = [(), (), ()];
        let each = nets.iter_mut().zip(runs).zip(&trainings).zip(&mut observers);
        let members =
            each.map(|(((net, run), training), observer)| Member { net, training, run, observer });
        let runs = train::resume_together(members.collect(), &data, executor.as_mut())?;
        let runs = runs.into_iter().collect::<Result<Vec<_>>>()?;
        ends.push((nets.iter().map(|net| parameters::read(net)).collect::<Vec<_>>(), runs));
    }
    let (mut worst, mut fine) = (0.0, ends[0].0 == ends[1].0);
    for (i, ((mut net, run), training)) in begin()?.into_iter().zip(&trainings).enumerate() {
        let start = parameters::read(&net);
        let run = train::resume(&mut net, &data, training, run, &mut ())?;
        let way = |end: &[f32]| end.iter().zip(&start).map(|(a, b)| a - b).collect::<Vec<_>>();
        let right = way(&parameters::read(&net)).into_iter().map(f64::from);
        worst = larger(worst, error(way(&ends[0].0[i]), right));
        let own = &ends[0].1[i];
        fine &= own.history.len() == run.history.len();
        for (own, right) in own.history.iter().zip(&run.history) {
            worst = larger(worst, (own.train_loss - right.train_loss).abs());
            let held_out = [own, right].map(|record| record.validation_loss.unwrap_or(f64::NAN));
            worst = larger(worst, (held_out[0] - held_out[1]).abs());
            fine &= own.train_accuracy == right.train_accuracy;
        }
    }
    let (_, text) = compared(&[("of the way, and losses,", worst)]);
    Ok((fine && worst < 1e-3, format!("{text} {rows} rows, 3 nets")))
}

/// What a training with an executor takes for a step, with its copies and the optimizer of the processors: of one net, or of
/// many together. Seconds of the wall.
pub fn times(table: &mut Table, gpu: &Gpu) {
    let data =
        |rows: usize| Dataset::new("made up", vec![784], inputs(rows, 784, 5), classes(rows, 10));
    let dense = r#"
        input = [784]
        layers = [{ kind = "dense", outputs = 1024 }, { kind = "relu" }, { kind = "dense", outputs = 1024 }, { kind = "relu" },
            { kind = "dense", outputs = 10 }]
    "#;
    let blocks = r#"
        input = [784]
        layers = [{ kind = "tile", width = 1024 }, { kind = "mix", transform = "hadamard", block = 64 }, { kind = "block-switch", block = 4 },
            { kind = "mix", transform = "hadamard" }, { kind = "block-switch", block = 4 }, { kind = "dense", outputs = 10 }]
    "#;
    for (name, text) in
        [("one kernel", None), ("dense, steps", Some(dense)), ("blocks, steps", Some(blocks))]
    {
        for batch in [128, 1024, 65_536] {
            table.line(&format!("training of {name}, {batch} rows a step"), || {
                let net = text.map_or_else(|| goal_net(1), |text| spec(text).build());
                let (mut net, data) = (net?, data(batch)?);
                // Epochs of one step.
                let training =
                    Training { epochs: 30, batch, validation: 0.0, ..Training::default() };
                let run = Run::new(&net, &training)?;
                let run = run.with_executor(gpu.executor(&net, Loss::CrossEntropy)?);
                let run = train::resume(&mut net, &data, &training, run, &mut ())?;
                let each = run.history.iter().map(|record| record.seconds);
                let each = each.collect::<Vec<_>>().windows(2).map(|two| two[1] - two[0]).collect();
                Ok((true, format!("{:>9.1} µs, of 29 the median", 1e6 * median(each))))
            });
        }
    }
    for count in [8, 64, 256] {
        table.line(&format!("trainings of {count} nets together, 128 rows a step of each"), || {
            let data = data(60_000)?;
            let training = Training { batch: 128, validation: 0.0, ..Training::default() };
            let mut nets = (0..count).map(goal_net).collect::<Result<Vec<_>>>()?;
            let of: Vec<&Net<f32>> = nets.iter().collect();
            let mut executor = gpu.together(&of, Loss::CrossEntropy, &data)?;
            let mut looking: Vec<Stop> = nets.iter().map(|_| Stop { after: 30 }).collect();
            let mut members = Vec::new();
            for (net, observer) in nets.iter_mut().zip(&mut looking) {
                let run = Run::new(net, &training)?;
                members.push(Member { net, training: &training, run, observer });
            }
            let begun = Instant::now();
            for run in train::resume_together(members, &data, executor.as_mut())? {
                run?;
            }
            let step = begun.elapsed().as_secs_f64() / 30.0;
            let epochs = step * 60_000.0 / 128.0 * 10.0;
            let text =
                format!("{:>9.1} µs; 10 epochs of 60,000 rows of each: {epochs:.1} s", 1e6 * step);
            Ok((true, format!("{text} (goal of 256 nets: 60)")))
        });
    }
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

/// Rows of three classes.
fn made_up(rows: usize) -> Result<Dataset<f32>> {
    let x = Matrix::from_shape_vec((rows, 6), numbers(6 * rows, 17)).expect("as many");
    let labels = (0..rows).map(|row| usize::from(x[[row, 0]] > 0.0) + row % 2).collect();
    Dataset::new("made up", vec![6], x, Targets::Classes { labels, classes: 3 })
}

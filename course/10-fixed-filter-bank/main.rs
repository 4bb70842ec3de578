//! A fixed filter bank learns: nets in which only switches are learned, on the tasks of their first author.
//!
//! Every weighted sum in these nets is a Walsh–Hadamard transform and stays as it is. What is learned is by how
//! much each switch passes on: two slopes, or two short vectors. The nets are trained by mutation, as their
//! author does, and by gradients; and a rule that sends the error back through the transforms alone, and looks
//! at its sign only, is held against the true gradient.
//!
//! `cargo run --release -p switchnet-course --example 10-fixed-filter-bank` writes its pictures into `out/course`.

pub mod sign_rule;

use sign_rule::{Agreement, Rules, agreement, left};
use std::ops::ControlFlow;
use std::time::Instant;
use switchnet::Result;
use switchnet::data::{Dataset, Scope, Targets, digits, lissajous};
use switchnet::layer::{
    BlockSwitchConfig, FixedTransformConfig, GatedSwitchConfig, Init, Layer, RmsNormConfig,
    TakeConfig, TileConfig, TwoSlopeConfig, parameters,
};
use switchnet::net::{Net, NodeSpec, Spec};
use switchnet::train::{Evolution, Loss, Training, evaluate, evolve, fit};
use switchnet::transform::TransformKind::{Hadamard, Signs};
use switchnet_course::{quick, save};
use switchnet_lab::experiment::MeanStd;
use switchnet_lab::report::{Curve, Panel, Scale, panels};

/// Layers of switches in each net.
const DEPTH: usize = 4;
/// The methods of the table.
pub const METHODS: [&str; 2] = ["mutation", "gradient"];
/// Passes over the data that a pass with gradients counts as.
const GRADIENT: usize = 3;
/// The net and the seed in the pictures of the curves and of training.
const SHOWN: (&str, u64) = ("two-slope, 2·½ start", 1);
/// A net of the author's: its name, its width and its switch.
type Design = (&'static str, usize, NodeSpec);

/// The √3 and the 2 that follow each transform are part of the slopes here: U(−1, 1) becomes U(−√3, √3), and
/// ½ becomes 1.
fn designs() -> [Design; 6] {
    let two_slope = |start| TwoSlopeConfig { open: start, closed: start }.into();
    let (root3, one) = (Init::Uniform(3_f64.sqrt()), Init::Constant(1.0));
    [
        ("two-slope, √3 start", 128, two_slope(root3)),
        ("two-slope, 2·½ start", 128, two_slope(one)),
        ("narrow, 2·½ start", 64, two_slope(one)),
        ("wide, 2·½ start", 256, two_slope(one)),
        ("block-4", 128, BlockSwitchConfig { block: 4, open: None, closed: None }.into()),
        ("gated, 2·½ start", 128, GatedSwitchConfig { open: one, closed: one }.into()),
    ]
}

/// The input at one norm, tiled; four times {fresh signs, Ĥ, switch}; a last Ĥ, whose first numbers are the
/// outputs. Gated switches have a copy of the input as gates, which goes through the same transforms.
fn build((_, width, switch): &Design, data: &Dataset<f32>, seed: u64) -> Result<Net<f32>> {
    let gated = switch.get::<GatedSwitchConfig>().is_some();
    let block = gated.then_some(*width);
    let mix = |transform| FixedTransformConfig { transform, block, separable: false }.into();
    let mut layers = vec![RmsNormConfig {}.into(), TileConfig { width: *width }.into()];
    layers.extend(gated.then_some(TileConfig { width: 2 * width }.into()));
    for _ in 0..DEPTH {
        layers.extend([mix(Signs), mix(Hadamard), switch.clone()]);
    }
    layers.extend([mix(Hadamard), TakeConfig { width: data.targets().width() }.into()]);
    Spec { input: vec![data.inputs().ncols()], seed, layers }.build()
}

/// What is to be learned, and how long: a generation of mutation is a pass over the data, and a pass with
/// gradients counts as [`GRADIENT`].
struct Task {
    data: Dataset<f32>,
    unseen: Option<Dataset<f32>>,
    generations: usize,
    batch: usize,
}

fn tasks(quick: bool) -> Result<[Task; 3]> {
    let (split, _) = digits::<f32>().standardize(Scope::Global)?;
    let times = |generations: usize| if quick { generations / 20 } else { generations };
    let memory = |data: Dataset<f32>| Task {
        batch: data.len(),
        data,
        unseen: None,
        generations: times(6000),
    };
    let pixels = split.train.select(&(0..16).collect::<Vec<_>>()).inputs().clone();
    let images = Targets::Values(pixels.clone());
    let some: Vec<usize> = (0..if quick { 100 } else { 500 }).collect();
    let digits = Task {
        data: split.train.select(&some),
        unseen: Some(split.test),
        generations: times(900),
        batch: 50,
    };
    Ok([
        memory(lissajous(8, 32)?),
        memory(Dataset::new("images to themselves", vec![64], pixels, images)?),
        digits,
    ])
}

fn loss(data: &Dataset<f32>) -> Loss {
    if data.labels().is_some() { Loss::CrossEntropy } else { Loss::SquaredError }
}

/// What the mean loss is multiplied by: values get ‖y − t‖² in percent of ‖t‖².
fn unit(data: &Dataset<f32>) -> f64 {
    let Targets::Values(t) = data.targets() else { return 1.0 };
    200.0 * t.nrows() as f64 / t.iter().map(|t| f64::from(t * t)).sum::<f64>()
}

/// The error that is left in percent, or the accuracy on unseen digits in percent.
fn score(net: &Net<f32>, task: &Task) -> f64 {
    let data = task.unseen.as_ref().unwrap_or(&task.data);
    let score = evaluate(net, loss(data), data);
    score.accuracy().map_or(unit(data) * score.mean_loss(), |part| 100.0 * part)
}

/// A line of the table: a net on a task, with each seed's score by mutation and by gradient.
pub struct Line {
    /// The task.
    pub task: &'static str,
    /// The net.
    pub net: &'static str,
    /// How many numbers it learns.
    pub parameters: usize,
    /// The scores before training.
    pub before: Vec<f64>,
    /// For each of [`METHODS`] the scores after it.
    pub scores: [Vec<f64>; 2],
    /// The seconds of a training on average.
    pub seconds: [f64; 2],
}

/// What the example found.
pub struct Findings {
    /// The table.
    pub lines: Vec<Line>,
    /// For each task the losses of both methods against passes over the data, of [`SHOWN`].
    pub trajectories: Vec<(&'static str, [Curve; 2])>,
    /// The Lissajous curves of [`SHOWN`], a row each: as they are, and as each method drew them.
    pub drawn: [switchnet::Matrix<f32>; 3],
    /// For the first two nets, before and after training by mutation: the agreement in each layer.
    pub agreements: Vec<(&'static str, [Vec<Agreement>; 2])>,
    /// For the first two nets, how far each rule comes.
    pub rules: Vec<(&'static str, Rules)>,
}

/// A net that was trained, the losses against passes over the data, and the seconds it took.
struct Trained {
    net: Net<f32>,
    losses: Curve,
    seconds: f64,
}

/// Trains a copy of the net by each of [`METHODS`].
fn train(design: &Design, task: &Task, seed: u64) -> Result<[Trained; 2]> {
    let (loss, unit) = (loss(&task.data), unit(&task.data));
    let mut mutated = build(design, &task.data, seed)?;
    let begun = Instant::now();
    let evolution = Evolution { generations: task.generations, loss, seed, ..Evolution::default() };
    let losses = evolve(&mut mutated, &task.data, &evolution, &mut |_| ControlFlow::Continue(()))?;
    let mutation = losses.iter().enumerate().map(|(passes, loss)| (passes as f64, unit * loss));
    let mutated = Trained {
        net: mutated,
        losses: Curve::line(METHODS[0], mutation),
        seconds: begun.elapsed().as_secs_f64(),
    };
    let mut trained = build(design, &task.data, seed)?;
    let training = Training {
        epochs: (task.generations / GRADIENT).max(1),
        batch: task.batch,
        loss,
        learning_rate: 0.02,
        validation: 0.0,
        seed,
        ..Training::default()
    };
    let begun = Instant::now();
    let run = fit(&mut trained, &task.data, &training, &mut ())?;
    let seconds = begun.elapsed().as_secs_f64();
    let passes = (1..).map(|epoch| f64::from(epoch * GRADIENT as u32));
    let descent = passes.zip(run.history.iter().map(|epoch| unit * epoch.train_loss));
    let trained = Trained { net: trained, losses: Curve::line(METHODS[1], descent), seconds };
    Ok([mutated, trained])
}

/// Trains every net on every task by both methods, and compares the rules; `quick` does less of all.
pub fn run(quick: bool) -> Result<Findings> {
    let seeds: Vec<u64> = (1..=if quick { 1 } else { 3 }).collect();
    let tasks = tasks(quick)?;
    let curves = &tasks[0].data;
    let Targets::Values(targets) = curves.targets() else { panic!("expected values") };
    let (mut lines, mut trajectories, mut agreements) = (Vec::new(), Vec::new(), Vec::new());
    let mut drawn = [targets.clone(), targets.clone(), targets.clone()];
    for (t, task) in tasks.iter().enumerate() {
        let name = ["Lissajous curves", "images to themselves", "digits"][t];
        for (d, design) in designs().iter().enumerate() {
            let mut line = Line {
                task: name,
                net: design.0,
                parameters: parameters::count(&build(design, &task.data, 1)?),
                before: Vec::new(),
                scores: [Vec::new(), Vec::new()],
                seconds: [0.0; 2],
            };
            for &seed in &seeds {
                let fresh = build(design, &task.data, seed)?;
                line.before.push(score(&fresh, task));
                let trained = train(design, task, seed)?;
                for (m, trained) in trained.iter().enumerate() {
                    line.scores[m].push(score(&trained.net, task));
                    line.seconds[m] += trained.seconds / seeds.len() as f64;
                }
                let [mutated, descended] = trained;
                if (design.0, seed) == SHOWN {
                    trajectories.push((name, [mutated.losses, descended.losses]));
                    if t == 0 {
                        drawn[1] = mutated.net.forward(curves.inputs().clone());
                        drawn[2] = descended.net.forward(curves.inputs().clone());
                    }
                }
                if t == 0 && d < 2 && seed == 1 {
                    let both = [&fresh, &mutated.net].map(|net| agreement(net, curves));
                    agreements.push((design.0, both));
                }
            }
            lines.push(line);
        }
    }
    let steps = if quick { 50 } else { 800 };
    let compare =
        |design: &Design| Ok((design.0, sign_rule::compare(design, curves, &seeds, steps)?));
    let rules = designs()[..2].iter().map(compare).collect::<Result<_>>()?;
    Ok(Findings { lines, trajectories, drawn, agreements, rules })
}

/// Mean and standard deviation.
pub fn mean_std(values: &[f64]) -> (f64, f64) {
    let MeanStd { mean, deviation } = MeanStd::of(values);
    (mean, deviation)
}

/// Four of the curves, the losses against passes, and the errors of the rules.
pub fn pictures(found: &Findings) -> [(&'static str, String); 3] {
    let names = ["target", "by mutation", "by gradient"];
    let curve = |k: usize, row: usize| {
        let points: Vec<f32> = found.drawn[k].row(row).to_vec();
        let closed = points.chunks(2).chain(points.chunks(2).take(1));
        Curve::line(names[k], closed.map(|p| (f64::from(p[0]), f64::from(p[1]))))
    };
    let figure = |&row: &usize| {
        Panel::new(
            ("x", Scale::Linear),
            ("y", Scale::Linear),
            (0..3).map(|k| curve(k, row)).collect(),
        )
        .heading(&format!("curve {}", row + 1))
    };
    let figures: Vec<Panel> = [1, 2, 3, 5].iter().map(figure).collect();
    let trajectory = |(task, curves): &(&str, [Curve; 2])| {
        let unit = if *task == "digits" { "loss (nats)" } else { "error (% of ‖t‖²)" };
        Panel::new(("passes over the data", Scale::Linear), (unit, Scale::Log), curves.to_vec())
            .heading(task)
    };
    let trajectories: Vec<Panel> = found.trajectories.iter().map(trajectory).collect();
    let rule = |(net, rules): &(&str, Rules)| {
        let curves = rules.iter().map(|(_, curves)| curves[0].clone()).collect();
        Panel::new(("step", Scale::Linear), ("error (% of ‖t‖²)", Scale::Log), curves)
            .heading(&format!("{net}, seed 1"))
    };
    let rules: Vec<Panel> = found.rules.iter().map(rule).collect();
    [
        ("curves.svg", panels("Lissajous curves and what a net learned of them", 2, &figures)),
        ("training.svg", panels("Loss against passes over the data", 2, &trajectories)),
        ("sign-rule.svg", panels("Error left by four rules", 2, &rules)),
    ]
}

fn main() -> Result<()> {
    let found = run(quick())?;
    let mut task = "";
    for line in &found.lines {
        if line.task != task {
            task = line.task;
            let what = if task == "digits" { "% right of unseen" } else { "% of ‖t‖² left" };
            println!(
                "\n{:<40} before    mutation     s       gradient     s",
                format!("{task}, {what}")
            );
        }
        print!(
            "  {:<22} {:>5} parameters {:>7.1}",
            line.net,
            line.parameters,
            mean_std(&line.before).0
        );
        for (scores, seconds) in line.scores.iter().zip(line.seconds) {
            let (mean, deviation) = mean_std(scores);
            print!("  {mean:>6.2} ± {deviation:<5.2} {seconds:>4.2}");
        }
        println!();
    }
    println!("\nsign rule and gradient, layer by layer: cosine (equal signs, %)");
    for (net, both) in &found.agreements {
        for (when, layers) in ["before training", "after mutation"].iter().zip(both) {
            let text = layers.iter().map(|(c, s)| format!("{c:>7.3} ({:>3.0})", 100.0 * s));
            println!("  {net:<22} {when:<16} {}", text.collect::<Vec<_>>().join(" "));
        }
    }
    println!("\nLissajous curves by four rules, each at its best step: % of ‖t‖² left");
    for (net, rules) in &found.rules {
        for (learning_rate, curves) in rules {
            let (mean, deviation) = mean_std(&left(curves));
            println!(
                "  {net:<22} {:<22} {learning_rate:<7} {mean:>7.3} ± {deviation:.3}",
                curves[0].name
            );
        }
    }
    for (name, picture) in pictures(&found) {
        save(&format!("10-fixed-filter-bank/{name}"), &picture)?;
    }
    Ok(())
}

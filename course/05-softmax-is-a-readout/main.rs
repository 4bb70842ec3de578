//! Softmax is a readout, ReLU a switch.
//!
//! Behind the last layer softmax turns outputs into probabilities and changes no decision. Inside a net it is
//! no switch: all that it gives is positive, so a ReLU behind it never closes, and each softmax on the way
//! makes the gradient smaller.
//!
//! `cargo run --release -p switchnet-course --example 05-softmax-is-a-readout` writes its pictures into `out/course`.

use ndarray::Axis;
use switchnet::data::{Scope, Split, digits};
use switchnet::layer::{DenseConfig, FlattenConfig, Layer, ReluConfig, SoftmaxConfig, parameters};
use switchnet::net::{Net, NodeSpec, Spec, argmax, softmax};
use switchnet::random::{generator, shuffled};
use switchnet::train::{Loss, Training, evaluate, fit, gradient};
use switchnet::{Matrix, Scalar};
use switchnet_course::{quick, save, short};
use switchnet_lab::experiment::MeanStd;
use switchnet_lab::report::{Curve, Panel, Scale, panels};

const WIDTH: usize = 32;
/// What the logits are multiplied by before the softmax.
pub const SCALES: [f64; 7] = [0.01, 0.1, 0.25, 1.0, 4.0, 10.0, 100.0];

/// Softmax behind the last layer.
pub struct Readout {
    /// The logits of the test digits.
    pub logits: Matrix<f64>,
    /// Their classes.
    pub labels: Vec<usize>,
    /// The accuracy of the trained net, and for each seed that of the same net before training.
    pub trained: f64,
    /// See above.
    pub untrained: Vec<f64>,
    /// For each seed the accuracy of a softmax over ten pixels drawn at random, and nothing else.
    pub alone: Vec<f64>,
}

/// Nets with one kind of hidden layer and depth, one of each seed, at the learning rate that did best on held-out
/// data.
pub struct Inside {
    /// What stands behind each hidden weighted sum.
    pub name: &'static str,
    /// How many hidden layers.
    pub depth: usize,
    /// The learning rate chosen.
    pub learning_rate: f64,
    /// For each seed: test accuracy, loss on the training data, and the norm of the gradient of the first
    /// weights before and after training.
    pub runs: Vec<[f64; 4]>,
    /// Of all switches at all test digits and seeds: how many there are, how many are closed, and the least
    /// value.
    pub switches: (usize, usize, f64),
    /// All parameters of all seeds after training.
    pub parameters: Vec<f32>,
}

/// What the example found.
pub struct Findings {
    /// Softmax behind the last layer.
    pub readout: Readout,
    /// Softmax inside.
    pub inside: Vec<Inside>,
}

/// The probabilities of the logits times `scale`: how many decisions differ from those of the logits, the
/// largest error of the sums, and the mean of the largest probability.
pub fn scaled(logits: &Matrix<f64>, scale: f64) -> (usize, f64, f64) {
    let p = softmax(logits * scale);
    let differ = argmax(p.view()).into_iter().zip(argmax(logits.view())).filter(|(a, b)| a != b);
    let largest = p.rows().into_iter().map(|row| row.fold(0.0, |a: f64, &b| a.max(b)));
    let error = p.rows().into_iter().fold(0.0, |most: f64, row| most.max((row.sum() - 1.0).abs()));
    (differ.count(), error, largest.sum::<f64>() / p.nrows() as f64)
}

/// The part of rows whose largest number stands at its label.
fn right<T: Scalar>(y: &Matrix<T>, labels: &[usize]) -> f64 {
    let classes = argmax(y.view()).into_iter().zip(labels);
    classes.filter(|(class, label)| class == *label).count() as f64 / labels.len() as f64
}

/// A net with `depth` hidden layers, of weighted sums and what `hidden` says.
fn net(hidden: &[NodeSpec], depth: usize, seed: u64) -> switchnet::Result<Net<f32>> {
    let mut layers = vec![FlattenConfig {}.into()];
    for _ in 0..depth {
        layers.push(DenseConfig { outputs: WIDTH, bias: true }.into());
        layers.extend_from_slice(hidden);
    }
    layers.push(DenseConfig { outputs: 10, bias: true }.into());
    Spec { input: vec![1, 8, 8], seed, layers }.build()
}

fn accuracy(net: &dyn Layer<f32>, split: &Split<f32>) -> f64 {
    evaluate(net, Loss::CrossEntropy, &split.test).accuracy().unwrap_or(0.0)
}

fn readout(split: &Split<f32>, training: &Training, seeds: u64) -> switchnet::Result<Readout> {
    let relu = [ReluConfig {}.into()];
    let untrained = (1..=seeds).map(|seed| Ok(accuracy(&net(&relu, 2, seed)?, split)));
    let untrained = untrained.collect::<switchnet::Result<_>>()?;
    let mut net = net(&relu, 2, 1)?;
    fit(&mut net, &split.train, training, &mut ())?;
    let trained = accuracy(&net, split);
    let logits = net.cast::<f64>().forward(split.test.inputs().mapv(f64::from));
    let labels = split.test.labels().unwrap_or_default().to_vec();
    let alone = (1..=seeds).map(|seed| {
        let pixels = &shuffled(64, &mut generator(seed, 0))[..10];
        right(&softmax(split.test.inputs().select(Axis(1), pixels)), &labels)
    });
    let alone = alone.collect();
    Ok(Readout { logits, labels, trained, untrained, alone })
}

fn inside(
    split: &Split<f32>,
    (name, hidden): (&'static str, &[NodeSpec]),
    depth: usize,
    (training, learning_rates, seeds): (&Training, &[f64], u64),
) -> switchnet::Result<Inside> {
    let mut best: Option<(f64, f64, Vec<Net<f32>>)> = None;
    for &learning_rate in learning_rates {
        let (mut nets, mut held_out) = (Vec::new(), 0.0);
        for seed in 1..=seeds {
            let mut net = net(hidden, depth, seed)?;
            let training = Training { learning_rate, seed, ..training.clone() };
            let run = fit(&mut net, &split.train, &training, &mut ())?;
            let epochs = run.history.iter().filter_map(|epoch| epoch.validation_accuracy);
            held_out += epochs.fold(0.0, f64::max);
            nets.push(net);
        }
        if best.as_ref().is_none_or(|(most, ..)| held_out > *most) {
            best = Some((held_out, learning_rate, nets));
        }
    }
    let (_, learning_rate, nets) = best.expect("at least one learning rate");
    let (mut runs, mut switches) = (Vec::new(), (0, 0, f64::INFINITY));
    let rows: Vec<usize> = (0..split.train.len()).collect();
    for (seed, trained) in (1..).zip(&nets) {
        let first = |net: &Net<f32>| {
            let gradient =
                gradient(net, Loss::CrossEntropy, &split.train, &rows).expect("in memory").1;
            gradient[..64 * WIDTH].iter().map(|&g| f64::from(g * g)).sum::<f64>().sqrt()
        };
        let loss = evaluate(trained, Loss::CrossEntropy, &split.train).mean_loss();
        let before = first(&net(hidden, depth, seed)?);
        runs.push([accuracy(trained, split), loss, before, first(trained)]);
        // In double precision, where hardly any probability is rounded to zero.
        let inputs = split.test.inputs().mapv(f64::from);
        trained.cast::<f64>().linearize(inputs).1.decisions(&mut |decisions| {
            let values = decisions.values;
            switches.0 += values.len();
            switches.1 += values.iter().filter(|&&z| z <= 0.0).count();
            switches.2 = values.iter().fold(switches.2, |a, &z| a.min(z));
        });
    }
    let parameters = nets.iter().flat_map(|net| parameters::read(net)).collect();
    Ok(Inside { name, depth, learning_rate, runs, switches, parameters })
}

/// Trains all nets; `quick` trains few for two epochs.
pub fn run(quick: bool) -> switchnet::Result<Findings> {
    let (split, _) = digits::<f32>().standardize(Scope::Global)?;
    let training = Training { epochs: if quick { 2 } else { 20 }, ..Training::default() };
    let (seeds, depths) = if quick { (2, 1..=2) } else { (5, 1..=4) };
    let learning_rates: &[f64] = if quick { &[0.03] } else { &[0.003, 0.01, 0.03, 0.1, 0.3] };
    let hidden = [SoftmaxConfig {}.into(), ReluConfig {}.into()];
    let mut found = Vec::new();
    for depth in depths {
        let train = |name, hidden: &[NodeSpec], learning_rates: &[f64]| {
            inside(&split, (name, hidden), depth, (&training, learning_rates, seeds))
        };
        found.push(train("ReLU", &hidden[1..], learning_rates)?);
        let both = train("ReLU(softmax)", &hidden, learning_rates)?;
        let alone = train("softmax", &hidden[..1], &[both.learning_rate])?;
        found.extend([both, alone]);
    }
    Ok(Findings { readout: readout(&split, &training, 20)?, inside: found })
}

/// Mean and standard deviation.
pub fn mean_std(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let MeanStd { mean, deviation } = MeanStd::of(&values.collect::<Vec<_>>());
    (mean, deviation)
}

/// The test digit that is shown alone.
const SHOWN: usize = 7;

/// What the softmax of scaled logits says of one digit, and of all.
pub fn readout_picture(found: &Readout) -> String {
    let one = |scale: f64| {
        let p = softmax(found.logits.slice(ndarray::s![SHOWN..SHOWN + 1, ..]).to_owned() * scale);
        let points = p.iter().enumerate().map(|(k, &p)| (k as f64, p)).collect::<Vec<_>>();
        Curve::points(&format!("softmax({scale}·logits)"), points)
    };
    let confidence = SCALES.map(|scale| (scale, scaled(&found.logits, scale).2));
    let accuracy =
        SCALES.map(|scale| (scale, right(&softmax(&found.logits * scale), &found.labels)));
    let all = vec![
        Curve::line("largest probability, mean", confidence),
        Curve::line("accuracy", accuracy),
    ];
    let (class, scale) = (("class", Scale::Linear), ("scale of the logits", Scale::Log));
    let one = Panel::new(class, ("probability", Scale::Linear), [0.1, 0.25, 1.0].map(one).to_vec());
    let all = Panel::new(scale, ("accuracy, probability (part of 1)", Scale::Linear), all);
    let heading = format!("One test digit, of class {}", found.labels[SHOWN]);
    let both = [one.heading(&heading), all.heading("All test digits")];
    panels("Softmax of scaled logits", 2, &both)
}

/// Accuracy and gradient against the number of hidden layers.
pub fn inside_picture(found: &[Inside]) -> String {
    let panel = |y: (&str, Scale), k: usize, factor: f64| {
        let curves = ["ReLU", "ReLU(softmax)"].map(|name| {
            let nets = found.iter().filter(|net| net.name == name);
            let found = nets.map(|net| {
                let (mean, bar) = mean_std(net.runs.iter().map(|run| factor * run[k]));
                ((net.depth as f64, mean), bar)
            });
            let (points, bars): (Vec<_>, Vec<_>) = found.unzip();
            Curve::line(name, points).bars(bars)
        });
        Panel::new(("hidden layers", Scale::Linear), y, curves.to_vec())
    };
    let accuracy = panel(("test accuracy (%)", Scale::Linear), 0, 100.0);
    let gradient = panel(("norm of the first gradient", Scale::Log), 2, 1.0);
    let both = [accuracy.heading("After training"), gradient.heading("Before training")];
    panels("Softmax inside a net", 2, &both)
}

fn main() -> switchnet::Result<()> {
    let found = run(quick())?;
    let Readout { logits, trained, untrained, alone, .. } = &found.readout;
    println!("softmax behind the last layer, {} test digits", logits.nrows());
    println!("scale of the logits   decisions changed   error of the sums   largest probability");
    for scale in SCALES {
        let (differ, error, largest) = scaled(logits, scale);
        println!("{scale:>19} {differ:>19} {error:>19.1e} {largest:>21.3}");
    }
    let percent = |values: &[f64]| {
        let (mean, deviation) = mean_std(values.iter().map(|v| 100.0 * v));
        format!("{mean:.1} ± {deviation:.1} % ({} seeds)", values.len())
    };
    println!("accuracy after training           {:.1} %", 100.0 * trained);
    println!("accuracy before training          {}", percent(untrained));
    println!("accuracy of softmax(ten pixels)   {}\n", percent(alone));
    println!("softmax inside, {} seeds", found.inside[0].runs.len());
    println!("hidden                  test accuracy                    first gradient");
    println!(
        "layers             rate       (%)      training loss     before    after   closed switches"
    );
    for net in &found.inside {
        let of = |k: usize, factor: f64| mean_std(net.runs.iter().map(move |run| factor * run[k]));
        let ((accuracy, bar), (loss, loss_bar)) = (of(0, 100.0), of(1, 1.0));
        let (count, closed, least) = net.switches;
        let switches = match count {
            0 => "none there".to_owned(),
            _ => format!("{closed} of {count}, least value {least:.0e}"),
        };
        println!(
            "{} × {:<13} {:>5} {accuracy:>6.1} ± {bar:<4.1} {loss:>6.3} ± {loss_bar:<5.3} \
             {:>9} {:>8}   {switches}",
            net.depth,
            net.name,
            net.learning_rate,
            short(of(2, 1.0).0, 1, 1.0),
            short(of(3, 1.0).0, 1, 1.0)
        );
    }
    save("05-softmax-is-a-readout/readout.svg", &readout_picture(&found.readout))?;
    save("05-softmax-is-a-readout/inside.svg", &inside_picture(&found.inside))
}

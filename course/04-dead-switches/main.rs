//! Dead switches: ReLUs that no input opens, provoked, counted through training, and cured.
//!
//! A ReLU that is closed for every training input passes nothing and gets no gradient. In the first layer only
//! what is left of Adam's momentum can open it again, in a later one also the layers before it.
//! Two ways to such units: a learning rate far too large for one epoch, and biases that begin far below zero. Leaky,
//! PReLU and two-slope switches conduct while they are closed, so their units can return. ELU's can as long as
//! their sums are not far below zero, where it is flat.
//!
//! `cargo run --release -p switchnet-course --example 04-dead-switches` writes its pictures into `out/course`.

use ndarray::ArrayView2;
use rayon::prelude::*;
use std::ops::ControlFlow;
use switchnet::analysis::switch_statistics;
use switchnet::data::{Dataset, Scope, digits};
use switchnet::layer::{
    DenseConfig, EluConfig, Init, Layer, LeakyConfig, ParameterMut, PreluConfig, ReluConfig,
    TwoSlopeConfig, parameters,
};
use switchnet::net::{Net, NodeSpec, Spec};
use switchnet::train::{Loss, Observer, Run, Training, evaluate, fit};
use switchnet_course::{quick, save};
use switchnet_lab::experiment::MeanStd;
use switchnet_lab::report::{Curve, Panel, Scale, panels};

/// Hidden units of a net: two layers of 64.
pub const UNITS: usize = 128;

/// How dead units are provoked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Provocation {
    /// Not at all.
    None,
    /// In the first epoch the learning rate is 0.3, thirty times what it is later.
    LargeStep,
    /// All hidden biases begin at −5.
    BadBias,
}

impl Provocation {
    const ALL: [Self; 3] = [Self::None, Self::LargeStep, Self::BadBias];

    fn name(self) -> &'static str {
        match self {
            Self::None => "no provocation",
            Self::LargeStep => "a large step",
            Self::BadBias => "a bad bias",
        }
    }
}

/// The activations, the ReLU first and then its cures.
fn activations() -> [(&'static str, NodeSpec); 5] {
    let (open, closed) = (Init::Constant(1.0), Init::Constant(0.25));
    [
        ("ReLU", ReluConfig {}.into()),
        ("leaky ReLU, 0.1", LeakyConfig { slope: 0.1 }.into()),
        ("PReLU", PreluConfig { closed }.into()),
        ("two-slope", TwoSlopeConfig { open, closed }.into()),
        ("ELU", EluConfig {}.into()),
    ]
}

/// The largest sum of each hidden unit over the rows of `x`: the layers one after another, each second one an
/// activation. Units whose largest sum is not positive are the switches that the library counts as never open;
/// ELU has none that it could count.
pub fn largest_sums(net: &Net<f32>, x: ArrayView2<'_, f32>) -> Vec<f32> {
    let mut y = x.to_owned();
    let mut sums = Vec::new();
    for (i, layer) in net.graph().layers().iter().enumerate() {
        if i % 2 == 1 {
            sums.extend(y.columns().into_iter().map(|z| z.fold(f32::MIN, |a, &b| a.max(b))));
        }
        y = layer.forward(y);
    }
    sums
}

/// What is seen of a training: before it and after each epoch, in percent.
#[derive(Default)]
struct Trajectory {
    /// Hidden units that no training input opens.
    closed: Vec<f64>,
    /// Accuracy on held-out inputs.
    accuracy: Vec<f64>,
    /// In the end, the largest sums of the closed units.
    sums: Vec<f32>,
}

/// Who looks on.
struct Watch<'a> {
    spec: &'a Spec,
    train: &'a Dataset<f32>,
    held_out: &'a Dataset<f32>,
    trajectory: Trajectory,
}

impl Watch<'_> {
    fn look(&mut self, net: &dyn Layer<f32>) -> switchnet::Result<()> {
        let x = self.train.inputs().view();
        let closed = if net.signature().regularity.is_piecewise_linear() {
            switch_statistics(net, x)?.never_open()
        } else {
            let mut copy = self.spec.build()?; // whose layers can be walked through
            parameters::write(&mut copy, &parameters::read(net));
            largest_sums(&copy, x).iter().filter(|z| **z <= 0.0).count()
        };
        self.trajectory.closed.push(100.0 * closed as f64 / UNITS as f64);
        self.trajectory.accuracy.push(accuracy(net, self.held_out));
        Ok(())
    }
}

impl Observer<f32> for Watch<'_> {
    fn epoch(
        &mut self,
        net: &dyn Layer<f32>,
        _run: &Run<f32>,
    ) -> switchnet::Result<ControlFlow<()>> {
        self.look(net).map(|()| ControlFlow::Continue(()))
    }
}

fn accuracy(net: &dyn Layer<f32>, data: &Dataset<f32>) -> f64 {
    100.0 * evaluate(net, Loss::CrossEntropy, data).accuracy().unwrap_or(0.0)
}

/// A net 64–64–64–10, provoked and then trained: what was seen, and the net.
fn train(
    provocation: Provocation,
    activation: &NodeSpec,
    training: &Training,
    data: &Dataset<f32>,
) -> switchnet::Result<(Trajectory, Net<f32>)> {
    let (train, held_out) = data.hold_out(0.1, training.seed)?;
    let dense = |outputs| DenseConfig { outputs, bias: true }.into();
    let hidden = [dense(64), activation.clone()];
    let layers = [&hidden[..], &hidden, &[dense(10)]].concat();
    let spec = Spec { input: vec![64], seed: training.seed, layers };
    let mut net = spec.build::<f32>()?;
    if provocation == Provocation::BadBias {
        net.visit_mut(&mut |ParameterMut { name, mut values, .. }| {
            if ["0.bias", "2.bias"].contains(&name) {
                values.fill(-5.0);
            }
        });
    }
    let trajectory = Trajectory::default();
    let mut watch = Watch { spec: &spec, train: &train, held_out: &held_out, trajectory };
    watch.look(&net)?;
    let mut rest = training.clone();
    if provocation == Provocation::LargeStep {
        let large = Training {
            epochs: 1,
            learning_rate: 30.0 * training.learning_rate,
            ..training.clone()
        };
        fit(&mut net, &train, &large, &mut watch)?;
        rest.epochs -= 1;
    }
    fit(&mut net, &train, &rest, &mut watch)?;
    let mut trajectory = watch.trajectory;
    trajectory.sums = largest_sums(&net, train.inputs().view());
    trajectory.sums.retain(|z| *z <= 0.0);
    Ok((trajectory, net))
}

/// A provocation and an activation, over all seeds.
pub struct Found {
    /// The provocation.
    pub provocation: Provocation,
    /// The activation.
    pub activation: &'static str,
    /// Hidden units that no training input opens, in percent, before training and after each epoch: means.
    pub closed: Vec<f64>,
    /// Accuracy on held-out inputs, in percent, likewise.
    pub held_out: Vec<f64>,
    /// The largest sum of each closed unit over the training inputs, in the end, in ascending order.
    pub sums: Vec<f32>,
    /// Test accuracy in the end, in percent: mean and standard deviation.
    pub test: MeanStd,
}

/// Trains all; `quick` takes one seed and few epochs.
pub fn run(quick: bool) -> switchnet::Result<Vec<Found>> {
    let (split, _) = digits::<f32>().standardize(Scope::Global)?;
    let (seeds, epochs) = if quick { (1, 6) } else { (5, 20) };
    let measure = |(provocation, (name, activation)): (Provocation, (&'static str, NodeSpec))| {
        let (mut closed, mut held_out) = (vec![0.0; epochs + 1], vec![0.0; epochs + 1]);
        let (mut sums, mut tests) = (Vec::new(), Vec::new());
        for seed in 1..=seeds {
            let training = Training { epochs, seed, validation: 0.0, ..Training::default() };
            let (trajectory, net) = train(provocation, &activation, &training, &split.train)?;
            for (sum, of) in
                [(&mut closed, trajectory.closed), (&mut held_out, trajectory.accuracy)]
            {
                sum.iter_mut().zip(of).for_each(|(sum, v)| *sum += v / seeds as f64);
            }
            sums.extend(trajectory.sums);
            tests.push(accuracy(&net, &split.test));
        }
        sums.sort_by(f32::total_cmp);
        let test = MeanStd::of(&tests);
        switchnet::Result::Ok(Found { provocation, activation: name, closed, held_out, sums, test })
    };
    let cases: Vec<_> =
        Provocation::ALL.into_iter().flat_map(|p| activations().map(|a| (p, a))).collect();
    cases.into_par_iter().map(measure).collect()
}

/// Closed units and accuracies against the epoch, a row for each provocation.
pub fn picture(found: &[Found]) -> String {
    let panel = |provocation: Provocation, y: &str, of: fn(&Found) -> &Vec<f64>| {
        let curves = found.iter().filter(|f| f.provocation == provocation).map(|f| {
            let points = of(f).iter().enumerate().map(|(epoch, &v)| (epoch as f64, v));
            Curve::line(f.activation, points)
        });
        let axes = (("epoch", Scale::Linear), (y, Scale::Linear));
        Panel::new(axes.0, axes.1, curves.collect()).heading(provocation.name())
    };
    let row = |p: Provocation| {
        let closed = panel(p, "units that no input opens (%)", |f| &f.closed);
        [closed, panel(p, "accuracy, held out (%)", |f| &f.held_out)]
    };
    panels("Dead units and accuracy", 2, &Provocation::ALL.map(row).concat())
}

fn main() -> switchnet::Result<()> {
    let found = run(quick())?;
    println!(
        "                                 units no input opens (%)      their largest   test accuracy"
    );
    println!(
        "provocation      activation         at first    most at last     sum (median)             (%)"
    );
    for f in &found {
        let most = f.closed.iter().fold(0.0_f64, |most, v| most.max(*v));
        let sum = f.sums.get(f.sums.len() / 2).map_or("–".to_owned(), |z| format!("{z:.1}"));
        println!(
            "{:<16} {:<16} {:>10.1} {most:>7.1} {:>7.1} {sum:>16} {:>10.1} ± {:.1}",
            f.provocation.name(),
            f.activation,
            f.closed[0],
            f.closed[f.closed.len() - 1],
            f.test.mean,
            f.test.deviation
        );
    }
    save("04-dead-switches/dead-switches.svg", &picture(&found))
}

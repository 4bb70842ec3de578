//! What is not the library's own is as good: layers, losses, optimizers, sources of rows, and who adds up gradients.

use crate::common::*;
use ndarray::Array1;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::ControlFlow::{self, Break, Continue};
use switchnet::analysis::effective_map;
use switchnet::data::{Batches, Dataset, Targets, from_fn, spirals};
use switchnet::layer::*;
use switchnet::net::{NodeSpec, Spec, checkpoint, register};
use switchnet::random::Generator;
use switchnet::train::*;
use switchnet::{Matrix, Result, Scalar};

/// `y = s |x|`, made of the library's switch.
#[derive(Debug)]
struct Absolute<T>(Switch<T>);

impl<T: Scalar> Layer<T> for Absolute<T> {
    fn signature(&self) -> Signature {
        let Signature { inputs, outputs, multiply_adds, regularity, .. } = self.0.signature();
        Signature::new("absolute", inputs, outputs, regularity).costs(multiply_adds)
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        self.0.linearize(x)
    }

    fn visit(&self, f: &mut dyn FnMut(Parameter<'_, T>)) {
        self.0.visit(f);
    }

    fn visit_mut(&mut self, f: &mut dyn FnMut(ParameterMut<'_, T>)) {
        self.0.visit_mut(f);
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AbsoluteConfig {
    scale: f64,
}

impl LayerConfig for AbsoluteConfig {
    const KIND: &'static str = "absolute";

    fn build<T: Scalar>(&self, input: Shape<'_>, _rng: &mut Generator) -> Result<Built<T>> {
        let slopes = |sign: f64| Array1::from_elem(input.len(), T::of(sign * self.scale));
        Ok(Built::keeping(input, Absolute(Switch::two_slope(slopes(1.0), slopes(-1.0)))))
    }
}

/// The same name for something else.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Usurper {}

impl LayerConfig for Usurper {
    const KIND: &'static str = "relu";

    fn build<T: Scalar>(&self, input: Shape<'_>, _rng: &mut Generator) -> Result<Built<T>> {
        Ok(Built::keeping(input, Switch::relu(input.len())))
    }
}

/// The name of a node that is no layer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Adder {}

impl LayerConfig for Adder {
    const KIND: &'static str = "add";

    fn build<T: Scalar>(&self, input: Shape<'_>, _rng: &mut Generator) -> Result<Built<T>> {
        Ok(Built::keeping(input, Switch::relu(input.len())))
    }
}

fn own_spec() -> Spec {
    register::<AbsoluteConfig>().unwrap();
    let layers: Vec<NodeSpec> = vec![
        node(DenseConfig::new(16)),
        node(AbsoluteConfig { scale: 0.5 }),
        node(DenseConfig::new(2)),
    ];
    Spec { input: vec![2], seed: 3, layers }
}

/// The fourth power of the distance to ±1: no loss of the library.
struct Fourth;

impl<T: Scalar> Objective<T> for Fourth {
    fn loss(&self, mut y: Matrix<T>, targets: &Targets<T>) -> (f64, Matrix<T>) {
        let Targets::Classes { labels, .. } = targets else { panic!("expected classes") };
        let mut loss = 0.0;
        for (mut row, &label) in y.rows_mut().into_iter().zip(labels) {
            for (k, v) in row.iter_mut().enumerate() {
                let d = *v - T::of(if k == label { 1.0 } else { -1.0 });
                loss += 0.25 * d.double().powi(4);
                *v = d * d * d;
            }
        }
        (loss, y)
    }
}

/// Descent along the last direction that was remembered.
struct Heavy<T>(Vec<T>);

impl<T: Scalar> Optimizer<T> for Heavy<T> {
    fn step(&mut self, _: usize, learning_rate: f64, _: &[Segment], theta: &mut [T], grad: &[T]) {
        for ((p, &g), m) in theta.iter_mut().zip(grad).zip(&mut self.0) {
            *m = T::of(0.5) * *m + g;
            *p -= T::of(learning_rate) * *m;
        }
    }

    fn memory(&self) -> Vec<(&'static str, &[T])> {
        vec![("direction", &self.0)]
    }

    fn memory_mut(&mut self) -> Vec<(&'static str, &mut [T])> {
        vec![("direction", &mut self.0)]
    }
}

/// Rows that are made when they are asked for, and counted.
struct Made<T> {
    rows: Dataset<T>,
}

impl<T: Scalar> Batches<T> for Made<T> {
    fn name(&self) -> &str {
        "made"
    }

    fn rows(&self) -> usize {
        self.rows.len()
    }

    fn widths(&self) -> (usize, usize) {
        (2, 2)
    }

    fn batch(&self, rows: &[usize]) -> Result<(Matrix<T>, Targets<T>)> {
        self.rows.batch(rows)
    }
}

struct StopAfter(usize);

impl<T: Scalar> Observer<T> for StopAfter {
    fn step(&mut self, run: &Run<T>) -> Result<ControlFlow<()>> {
        Ok(if run.step == self.0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}

fn points<T: Scalar>() -> Dataset<T> {
    spirals(120, 2, 0.05, 4).unwrap()
}

fn settings() -> Training {
    Training { epochs: 3, batch: 80, learning_rate: 0.01, validation: 0.0, ..Training::default() }
}

/// A layer, a loss, an optimizer and a source of one's own: trained, stopped, saved, loaded, resumed to the same bits,
/// lifted, and analyzed.
fn everything_of_ones_own_trains_resumes_and_is_analyzed<T: Scalar>() {
    let (training, data) = (settings(), Made { rows: points::<T>() });
    let spec = own_spec();
    let count = parameters::count(&spec.build::<T>().unwrap());
    let new = |net: &dyn Layer<T>| {
        let run = Run::new(net, &training).unwrap();
        run.with_objective(Fourth).with_optimizer(Heavy(vec![T::zero(); count]))
    };
    let mut whole = spec.build::<T>().unwrap();
    let run = new(&whole);
    let run = resume(&mut whole, &data, &training, run, &mut ()).unwrap();
    assert!(run.history[2].train_loss < run.history[0].train_loss);

    let mut net = spec.build::<T>().unwrap();
    let run = new(&net);
    let run = resume(&mut net, &data, &training, run, &mut StopAfter(3)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("own.safetensors");
    let (text, tensors) = run.save();
    checkpoint::save(&file, &spec, &net, &BTreeMap::new(), &tensors).unwrap();
    let loaded = checkpoint::load::<T>(&file).unwrap();
    let mut net = loaded.net;
    let run = new(&net).restore(&net, &text, loaded.tensors).unwrap();
    resume(&mut net, &data, &training, run, &mut ()).unwrap();
    assert_eq!(bits(&parameters::read(&net)), bits(&parameters::read(&whole)));

    let x = points::<f64>().inputs().row(0).to_owned();
    let map = effective_map(&net.cast::<f64>(), x.view());
    assert!(map.residual.relative < 1e-14, "{:e}", map.residual.relative);
    let text = toml::to_string(&spec).unwrap();
    assert_eq!(toml::from_str::<Spec>(&text).unwrap(), spec);
}

/// `s |x|` with learned `s` by [`ElementMap`] and by the library's switch, whose slopes are `s` and `−s`.
fn a_map_of_elements_is_that_of_a_switch<T: Scalar>() {
    let (x, dx, dy) = (random::<T>(3, 4, 1), random::<T>(3, 4, 2), random::<T>(3, 4, 3));
    let s = random::<T>(1, 4, 4).row(0).to_owned();
    let switch = Switch::two_slope(s.clone(), -s.clone());
    let known = switch.linearize(x.clone()).1;
    let slopes = x.mapv(|v| if v > T::zero() { T::one() } else { -T::one() }) * &s;
    let size = x.mapv(|v| v.abs());
    let map: Box<dyn LinearMap<T>> =
        Box::new(ElementMap::new(slopes).decided_by(x.clone()).learned(size));
    assert_eq!((map.dims(), map.push(dx.clone())), (known.dims(), known.push(dx.clone())));
    let (mut grad, mut expected) = (vec![T::one(); 4], vec![T::zero(); 8]);
    assert_eq!(map.pull(dy.clone(), &mut grad), known.pull(dy, &mut expected));
    let (open, closed) = expected.split_at(4);
    for ((g, o), c) in grad.iter().zip(open).zip(closed) {
        // Sums of three products below ten.
        assert!((*g - T::one() - (*o - *c)).double().abs() <= 100.0 * eps::<T>());
    }
    let shown = |map: &dyn LinearMap<T>| {
        let mut shown = Vec::new();
        map.jvp(dx.clone(), Some(&mut |d| shown.push((d.values.clone(), d.rates.clone()))));
        shown
    };
    assert_eq!(shown(map.as_ref()), [(x, dx.clone())]);
    assert_eq!(shown(map.as_ref()), shown(known.as_ref()));
}

/// Closures do for rows, a loss, an optimizer and an observer; a checkpoint is taken up.
#[test]
fn closures_train_and_stop_and_go_on() {
    let points = points::<f32>();
    let rows = from_fn("by a closure", points.len(), (2, 2), |rows| points.batch(rows));
    let loss = |y: Matrix<f32>, targets: &Targets<f32>| Loss::SquaredError.loss(y, targets);
    let descent = |_: usize, learning_rate: f64, _: &[Segment], theta: &mut [f32], grad: &[f32]| {
        theta.iter_mut().zip(grad).for_each(|(p, g)| *p -= learning_rate as f32 * g);
    };
    let sgd = OptimizerKind::Sgd { momentum: 0.0, nesterov: false };
    let training = Training { optimizer: sgd, loss: Loss::SquaredError, ..settings() };
    let spec = own_spec();
    let mut known = spec.build::<f32>().unwrap();
    let history = fit(&mut known, &points, &training, &mut ()).unwrap().history;

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("closures.safetensors");
    let new = |net: &dyn Layer<f32>| {
        let run = Run::new(net, &training).unwrap();
        run.with_objective(loss).with_optimizer(descent)
    };
    let mut net = spec.build::<f32>().unwrap();
    let run = new(&net);
    let early = |run: &Run<f32>| if run.history.len() < 2 { Continue(()) } else { Break(()) };
    let mut watch = (early, CheckpointFile::new(&file, &spec));
    let run = resume(&mut net, &rows, &training, run, &mut watch).unwrap();
    assert_eq!((run.history.len(), run.ended), (2, Some(StopReason::Stopped)));
    let mut found = checkpoint::load::<f32>(&file).unwrap();
    let run = new(&found.net).resumed_from(&found).unwrap();
    let run = resume(&mut found.net, &rows, &training, run, &mut ()).unwrap();
    assert_eq!(bits(&parameters::read(&found.net)), bits(&parameters::read(&known)));
    assert_eq!(run.history[2].train_accuracy, history[2].train_accuracy);
    found.metadata.clear();
    refused(new(&found.net).resumed_from(&found), &["checkpoint", "training"]);
}

/// A process of several that add up gradients together: each forms the sums of the aligned blocks of chunks that are
/// its own, and the tree goes on over the blocks.
struct Workers(usize);

impl<T: Scalar> Reduce<T> for Workers {
    fn sum(
        &mut self,
        chunks: usize,
        of: &(dyn Fn(usize) -> Result<Contribution<T>> + Sync),
    ) -> Result<Contribution<T>> {
        // Blocks of a power of two, so many that each worker has one.
        let block = chunks.div_ceil(self.0).next_power_of_two();
        let add = |mut a: Contribution<T>, b: Contribution<T>| {
            a.metrics += b.metrics;
            a.gradient.iter_mut().zip(&b.gradient).for_each(|(a, &b)| *a += b);
            a
        };
        let mut sums = Vec::new();
        for first in (0..chunks).step_by(block) {
            let own = (first..chunks.min(first + block)).map(of).collect::<Result<Vec<_>>>()?;
            sums.extend(tree(own, add));
        }
        Ok(tree(sums, add).expect("there is a chunk"))
    }
}

/// One worker, two, three and eight give the bits of the threads.
fn any_number_of_workers_gives_the_same_bits<T: Scalar>() {
    let data = points::<T>();
    let training = Training { batch: 200, ..settings() }; // seven chunks a step
    assert!(data.len() >= 200, "several chunks");
    let trained = |workers: Option<usize>| {
        let mut net = own_spec().build::<T>().unwrap();
        let mut run = Run::new(&net, &training).unwrap();
        if let Some(workers) = workers {
            run = run.with_executor(Chunks(Workers(workers)));
        }
        resume(&mut net, &data, &training, run, &mut ()).unwrap();
        bits(&parameters::read(&net))
    };
    let threads = trained(None);
    for workers in [1, 2, 3, 8] {
        assert_eq!(trained(Some(workers)), threads, "{workers} workers");
    }
}

#[test]
fn a_kind_has_one_owner() {
    register::<AbsoluteConfig>().unwrap();
    register::<AbsoluteConfig>().unwrap(); // again changes nothing
    refused(register::<Usurper>(), &["kind of a layer", "relu"]);
    refused(register::<Adder>(), &["kind of a layer", "add"]);
    let text = r#"{ "input": [4], "seed": 1, "layers": [{ "kind": "unheard-of" }] }"#;
    let error = serde_json::from_str::<Spec>(text).unwrap_err().to_string();
    assert!(error.contains("found unheard-of") && error.contains("two-slope"), "{error}");
}

in_both_precisions!(
    everything_of_ones_own_trains_resumes_and_is_analyzed,
    a_map_of_elements_is_that_of_a_switch,
    any_number_of_workers_gives_the_same_bits,
);

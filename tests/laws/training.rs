//! Optimizers, schedules and the loop, against numbers worked out by hand.

use crate::common::*;
use ndarray::{Array1, array};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use switchnet::data::{Dataset, Scope, Targets, digits, spirals};
use switchnet::layer::*;
use switchnet::net::{Graph, Net, zoo};
use switchnet::random::{generator, shuffled};
use switchnet::train::{
    EpochRecord, Evolution, Loss, Observer, OptimizerKind, RoleSettings, Run, Schedule, StopReason,
    Training, evaluate, evolve, fit, gradient, segments,
};
use switchnet::{Matrix, Result, Scalar};

/// θ after steps with these gradients.
fn stepped(kind: OptimizerKind, theta: f64, learning_rate: f64, grads: &[f64]) -> f64 {
    let net = Diagonal::<f64>::new(None, Some(array![theta]));
    let mut optimizer = kind.build::<f64>(1);
    let segments = segments(&net, kind, &BTreeMap::new());
    let mut theta = [theta];
    for (step, &g) in grads.iter().enumerate() {
        optimizer.step(step, learning_rate, &segments, &mut theta, &[g]);
    }
    theta[0]
}

/// A step is a handful of operations on numbers of size 1.
fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 8.0 * f64::EPSILON
}

#[test]
fn sgd_by_hand() {
    let plain = OptimizerKind::Sgd { momentum: 0.0, nesterov: false };
    assert!(close(stepped(plain, 1.0, 0.1, &[2.0, -1.0]), 1.0 - 0.2 + 0.1));
    // v₁ = 2, v₂ = 0.9·2 − 1 = 0.8.
    let heavy = OptimizerKind::Sgd { momentum: 0.9, nesterov: false };
    assert!(close(stepped(heavy, 1.0, 0.1, &[2.0, -1.0]), 1.0 - 0.1 * (2.0 + 0.8)));
    // Steps 2 + 0.9·2 = 3.8 and −1 + 0.9·0.8 = −0.28.
    let ahead = OptimizerKind::Sgd { momentum: 0.9, nesterov: true };
    assert!(close(stepped(ahead, 1.0, 0.1, &[2.0, -1.0]), 1.0 - 0.1 * (3.8 - 0.28)));
}

#[test]
fn adam_by_hand() {
    let (beta1, beta2, epsilon, learning_rate) = (0.8, 0.9, 0.01, 0.1);
    let adam = OptimizerKind::Adam { beta1, beta2, epsilon };
    // The corrected means of one gradient are the gradient: a step of almost the learning rate.
    let once = stepped(adam, 1.0, learning_rate, &[2.0]);
    assert!(close(once, 1.0 - learning_rate * 2.0 / (2.0 + epsilon)));
    let mean: f64 = (0.8 * 0.2 * 2.0 - 0.2) / (1.0 - 0.8 * 0.8);
    let square: f64 = (0.9 * 0.1 * 4.0 + 0.1 * 1.0) / (1.0 - 0.9 * 0.9);
    let twice = once - learning_rate * mean / (square.sqrt() + epsilon);
    assert!(close(stepped(adam, 1.0, learning_rate, &[2.0, -1.0]), twice));
    let decay = 0.5;
    let decayed = OptimizerKind::Adamw { beta1, beta2, epsilon, decay, vectors: true };
    let expected = (1.0 - learning_rate * decay) - learning_rate * 2.0 / (2.0 + epsilon);
    assert!(close(stepped(decayed, 1.0, learning_rate, &[2.0]), expected));
    let kept = OptimizerKind::Adamw { beta1, beta2, epsilon, decay, vectors: false };
    assert_eq!(
        stepped(kept, 1.0, learning_rate, &[2.0]),
        once,
        "a bias is a vector and does not decay"
    );
}

/// With a gradient of zero, decay is all that moves: of weights, and of slopes only if they are asked for.
fn only_weights_decay<T: Scalar>() {
    let ones = Array1::<T>::ones(3);
    let matrix = Matrix::<T>::ones((3, 3));
    let net = Graph::<T>::chain(vec![
        Box::new(Diagonal::new(Some(ones.clone()), Some(ones.clone()))),
        Box::new(BlockSwitch::new(matrix.clone(), matrix.clone()).unwrap()),
        Box::new(Dense::new(matrix, Some(ones))),
    ])
    .unwrap();
    let count = parameters::count(&net);
    let (beta1, beta2, epsilon, decay) = (0.9, 0.999, 1e-8, 0.5);
    let after = |vectors, roles: &BTreeMap<Role, RoleSettings>| {
        let kind = OptimizerKind::Adamw { beta1, beta2, epsilon, decay, vectors };
        let mut theta = parameters::read(&net);
        let segments = segments(&net, kind, roles);
        kind.build(count).step(0, 0.5, &segments, &mut theta, &vec![T::zero(); count]);
        double(&theta)
    };
    // Scale, bias, slopes, slopes, weight, bias: 3, 3, 9, 9, 9 and 3 numbers.
    let all = |value: f64, range: std::ops::Range<usize>| -> Vec<f64> {
        (0..count).map(|i| if range.contains(&i) { value } else { 1.0 }).collect()
    };
    let none = BTreeMap::new();
    assert_eq!(after(false, &none), all(0.75, 24..33));
    assert_eq!(after(true, &none), all(0.75, 0..36));
    // A role may have a decay of its own, and a learning rate that decay goes with.
    let slopes = RoleSettings { decay: Some(0.25), ..RoleSettings::default() };
    let weights = RoleSettings { learning_rate_factor: 0.0, ..RoleSettings::default() };
    let roles = BTreeMap::from([(Role::Slope, slopes), (Role::Weight, weights)]);
    assert_eq!(after(false, &roles), all(0.875, 6..24));
}

/// A role with twice the learning rate moves twice as far, with every optimizer.
fn roles_have_learning_rates_of_their_own<T: Scalar>() {
    let ones = Array1::<T>::ones(2);
    let net = Diagonal::new(Some(ones.clone()), Some(ones));
    let half = RoleSettings { learning_rate_factor: 0.5, ..RoleSettings::default() };
    let roles = BTreeMap::from([(Role::Bias, half)]);
    let sgd = OptimizerKind::Sgd { momentum: 0.5, nesterov: true };
    for kind in [OptimizerKind::default(), sgd] {
        let mut theta = parameters::read(&net);
        let segments = segments(&net, kind, &roles);
        kind.build(4).step(0, 0.25, &segments, &mut theta, &[T::one(); 4]);
        let moved: Vec<f64> = theta.iter().map(|v| 1.0 - v.double()).collect();
        assert!(moved[0] > 0.2 && moved[0] == moved[1] && moved[2] == moved[3], "{moved:?}");
        assert!((moved[0] - 2.0 * moved[2]).abs() <= 4.0 * eps::<T>(), "{moved:?}");
    }
}

#[test]
fn schedules_have_their_landmarks() {
    let total = 101;
    let at = |schedule: Schedule, step| schedule.factor(step, total);
    for step in [0, 50, 100] {
        assert_eq!(at(Schedule::Constant {}, step), 1.0);
    }
    let cosine = Schedule::Cosine {};
    assert_eq!(at(cosine, 0), 1.0);
    assert!(close(at(cosine, 50), 0.5) && close(at(cosine, 100), 0.0));
    assert!(close(at(cosine, 25), (1.0 + 0.5f64.sqrt()) / 2.0));
    let cycle = Schedule::OneCycle { warm_up: 0.3 };
    assert!(close(at(cycle, 0), 1.0 / 25.0));
    assert!(close(at(cycle, 15), (1.0 + 1.0 / 25.0) / 2.0), "half way up");
    assert!(close(at(cycle, 30), 1.0));
    assert!(close(at(cycle, 65), (1.0 + 1e-4) / 2.0), "half way down");
    assert!(close(at(cycle, 100), 1e-4));
    for step in 0..100 {
        let rises = at(cycle, step + 1) > at(cycle, step);
        assert_eq!(rises, step < 30, "up to the highest point, then down");
    }
    let steps = Schedule::Step { every: 0.25, factor: 0.5 };
    let factors = [0, 24, 25, 49, 50, 74, 75, 99].map(|step| at(steps, step));
    assert_eq!(factors, [1.0, 1.0, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125]);
    // Parts that are no binary fractions: changes come at the whole steps where they are due.
    for (every, whole) in
        [(0.1, 10), (0.3, 30), (0.07, 7), (1.0 / 3.0, 100), (1.0 / 3.0, 30), (1.0 / 11.0, 10)]
    {
        let last = (whole as f64 / every).round() as usize;
        let steps = Schedule::Step { every, factor: 0.5 };
        for step in 0..=last {
            let expected = 0.5_f64.powi((step / whole) as i32);
            assert_eq!(steps.factor(step, last + 1), expected, "{every}: step {step} of {last}");
        }
    }
    assert_eq!(Schedule::Step { every: 1e-30, factor: 0.5 }.factor(usize::MAX, usize::MAX), 0.0);
    for schedule in [Schedule::Constant {}, cosine, cycle, steps] {
        let factor = schedule.factor(0, 1);
        assert!(factor > 0.0 && factor <= 1.0, "a single step has a learning rate: {schedule:?}");
    }
}

fn points<T: Scalar>() -> Dataset<T> {
    spirals(40, 3, 0.1, 4).unwrap()
}

fn net<T: Scalar>() -> Net<T> {
    zoo::mlp(&[2], &[12], 3, 6).build().unwrap()
}

/// One step of plain descent over all rows.
pub fn one_step() -> Training {
    Training {
        epochs: 1,
        batch: 1000,
        optimizer: OptimizerKind::Sgd { momentum: 0.0, nesterov: false },
        learning_rate: 0.25,
        schedule: Schedule::Constant {},
        validation: 0.0,
        ..Training::default()
    }
}

fn difference<T: Scalar>(a: &[T], b: &[T]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a.double() - b.double()).collect()
}

fn one_step_is_the_learning_rate_times_the_gradient<T: Scalar>() {
    let (data, mut net) = (points::<T>(), net::<T>());
    let rows: Vec<usize> = (0..data.len()).collect();
    let before = parameters::read(&net);
    let (score, grad) = gradient(&net, Loss::CrossEntropy, &data, &rows).unwrap();
    let run = fit(&mut net, &data, &one_step(), &mut ()).unwrap();
    let moved = difference(&before, &parameters::read(&net));
    for (moved, g) in moved.iter().zip(&grad) {
        // The rows come in another order, and θ of size 1 rounds the difference.
        assert!((moved - 0.25 * g.double()).abs() <= 8.0 * eps::<T>(), "{moved} {g}");
    }
    let (record, mean) = (&run.history[0], score.mean_loss());
    assert!((record.train_loss - mean).abs() <= 100.0 * f64::EPSILON * mean, "before the update");
    assert_eq!((record.train_accuracy, record.learning_rate), (score.accuracy(), 0.25));
    assert_eq!((run.step, run.total, run.ended), (1, 1, Some(StopReason::Finished)));
}

fn a_large_gradient_is_scaled_down_and_a_small_one_is_not<T: Scalar>() {
    let data = points::<T>();
    let rows: Vec<usize> = (0..data.len()).collect();
    let start = parameters::read(&net::<T>());
    let (_, grad) = gradient(&net::<T>(), Loss::CrossEntropy, &data, &rows).unwrap();
    let size = norm(&grad);
    let trained = |clip| {
        let mut net = net::<T>();
        fit(&mut net, &data, &Training { clip, ..one_step() }, &mut ()).unwrap();
        parameters::read(&net)
    };
    let step = difference(&start, &trained(Some(size / 8.0)));
    // Rounding of θ, once for each of some 70 parameters, against a step of norm · learning rate / 8.
    let error = (norm(&step) - 0.25 * size / 8.0).abs();
    assert!(error <= 16.0 * eps::<T>(), "{error:e}");
    let along: f64 = step.iter().zip(&grad).map(|(s, g)| s * g.double()).sum();
    let cosine = along / (norm(&step) * size);
    assert!(cosine > 1.0 - 1e-6, "the direction is kept: {cosine}");
    assert_eq!(bits(&trained(Some(size * 2.0))), bits(&trained(None)));
}

/// Keeps the parameters of every epoch.
#[derive(Default)]
struct Watch<T> {
    epochs: Vec<Vec<T>>,
    steps: Vec<usize>,
    finished: usize,
}

impl<T: Scalar> Observer<T> for Watch<T> {
    fn step(&mut self, run: &Run<T>) -> Result<ControlFlow<()>> {
        self.steps.push(run.step);
        Ok(ControlFlow::Continue(()))
    }

    fn epoch(&mut self, net: &dyn Layer<T>, run: &Run<T>) -> Result<ControlFlow<()>> {
        self.epochs.push(parameters::read(net));
        assert_eq!(run.history.len(), self.epochs.len());
        Ok(ControlFlow::Continue(()))
    }

    fn finish(&mut self, _net: &dyn Layer<T>, run: &Run<T>) -> Result<()> {
        self.finished += 1;
        assert!(run.ended.is_some());
        Ok(())
    }
}

/// A learning rate high enough that the best epoch is not the last.
fn restless() -> Training {
    let schedule = Schedule::Constant {};
    Training {
        epochs: 25,
        batch: 16,
        learning_rate: 0.2,
        schedule,
        validation: 0.25,
        ..Training::default()
    }
}

fn the_best_epoch_is_what_comes_out<T: Scalar>() {
    let data = points::<T>();
    let (mut not_the_last, mut not_the_lowest_loss) = (0, 0);
    for seed in 1..=6 {
        let mut net = net::<T>();
        let settings = Training { seed, ..restless() };
        let mut watch = Watch::default();
        let run = fit(&mut net, &data, &settings, &mut watch).unwrap();
        let best = run.best_epoch().expect("there is a held-out part");
        assert_eq!(bits(&parameters::read(&net)), bits(&watch.epochs[best - 1]));

        // The same part again, and the same score to the last bit.
        let (rest, held_out) = data.hold_out(settings.validation, settings.seed).unwrap();
        let score = evaluate(&net, settings.loss, &held_out);
        let record = &run.history[best - 1];
        assert_eq!(record.validation_loss, Some(score.mean_loss()));
        assert_eq!(record.validation_accuracy, score.accuracy());
        // No epoch is more accurate, and none as accurate has a lower loss; of equals the first.
        let key = |r: &EpochRecord| (r.validation_accuracy.unwrap(), -r.validation_loss.unwrap());
        for (i, other) in run.history.iter().enumerate() {
            assert_eq!(other.epoch, i + 1);
            let worse =
                if i + 1 < best { key(other) < key(record) } else { key(other) <= key(record) };
            assert!(worse, "seed {seed}: epoch {} is better", i + 1);
        }
        let losses = run.history.iter().map(|r| r.validation_loss.unwrap());
        let lowest = losses.fold(f64::INFINITY, f64::min);
        not_the_last += usize::from(best < run.history.len());
        not_the_lowest_loss += usize::from(record.validation_loss > Some(lowest));

        // 90 rows are left to train on: six steps an epoch, of which `epoch` sees the last.
        assert_eq!((rest.len(), run.total), (90, 25 * 6));
        assert_eq!(watch.steps, (1..=150).filter(|step| step % 6 != 0).collect::<Vec<_>>());
        assert_eq!((watch.epochs.len(), watch.finished), (25, 1));
    }
    assert!(
        not_the_last > 0 && not_the_lowest_loss > 0,
        "choose another learning rate: nothing is tested"
    );
}

/// The loop, written out: an order for each epoch, a gradient for each batch, a step for each.
fn the_loop_by_hand<T: Scalar>() {
    let data = points::<T>();
    // Batches of different weights, of rows that count.
    let weights: Vec<f64> = (0..data.len()).map(|row| (row % 7) as f64 * 0.3).collect();
    let counted: Vec<usize> = (0..data.len()).filter(|&row| weights[row] > 0.0).collect();
    let weighted = data.clone().weighted(weights).unwrap();
    let momentum = OptimizerKind::Sgd { momentum: 0.5, nesterov: false };
    for (data, rows, kind) in [
        (&data, (0..data.len()).collect(), OptimizerKind::default()),
        (&data, (0..data.len()).collect(), momentum),
        (&weighted, counted, momentum),
    ] {
        let settings = Training { optimizer: kind, epochs: 3, validation: 0.0, ..restless() };
        let mut trained = net::<T>();
        fit(&mut trained, data, &settings, &mut ()).unwrap();

        let mut net = net::<T>();
        let mut optimizer = kind.build::<T>(parameters::count(&net));
        let segments = segments(&net, kind, &BTreeMap::new());
        let mut theta = parameters::read(&net);
        let mut step = 0;
        for epoch in 0..3 {
            let order = shuffled(rows.len(), &mut generator(settings.seed, epoch));
            let order: Vec<usize> = order.into_iter().map(|i| rows[i]).collect();
            for rows in order.chunks(settings.batch) {
                let (_, grad) = gradient(&net, settings.loss, data, rows).unwrap();
                optimizer.step(step, settings.learning_rate, &segments, &mut theta, &grad);
                parameters::write(&mut net, &theta);
                step += 1;
            }
        }
        assert_eq!(bits(&parameters::read(&trained)), bits(&theta), "{kind:?}");
    }
}

fn patience_ends_a_run_that_gets_no_better<T: Scalar>() {
    for patience in [1, 3] {
        let mut net = net::<T>();
        let settings = Training { patience: Some(patience), epochs: 500, ..restless() };
        let run = fit(&mut net, &points(), &settings, &mut ()).unwrap();
        assert_eq!(run.ended, Some(StopReason::NoProgress));
        assert_eq!(run.history.len(), run.best_epoch().unwrap() + patience);
        assert!(run.step < run.total);
    }
}

fn without_validation_the_last_epoch_is_kept<T: Scalar>() {
    let mut net = net::<T>();
    let mut watch = Watch::default();
    let settings = Training { validation: 0.0, epochs: 5, ..restless() };
    let run = fit(&mut net, &points(), &settings, &mut watch).unwrap();
    assert_eq!(run.best_epoch(), None);
    assert_eq!(bits(&parameters::read(&net)), bits(&watch.epochs[4]));
    let none = run.history.iter().all(|r| {
        r.validation_loss.is_none() && r.validation_accuracy.is_none() && r.train_loss.is_finite()
    });
    assert!(none, "nothing is held out");
}

/// For values there is no accuracy, and the best epoch is the one with the lowest loss.
fn values_are_fitted_by_their_loss<T: Scalar>() {
    let x = random::<T>(90, 3, 7);
    let target = x.dot(&random::<T>(3, 2, 8));
    let data = Dataset::new("linear", vec![3], x, Targets::Values(target)).unwrap();
    let mut net = zoo::mlp(&[3], &[], 2, 1).build::<T>().unwrap();
    let settings = Training { loss: Loss::SquaredError, epochs: 60, ..restless() };
    let run = fit(&mut net, &data, &settings, &mut ()).unwrap();
    let losses: Vec<f64> = run.history.iter().map(|r| r.validation_loss.unwrap()).collect();
    let best = run.best_epoch().unwrap();
    assert!(losses.iter().all(|&loss| losses[best - 1] <= loss));
    assert!(run.history.iter().all(|r| r.train_accuracy.is_none()));
    // A linear map is within reach of a dense layer, so almost nothing of the loss remains.
    assert!(losses[best - 1] < 1e-3 * losses[0], "{} of {}", losses[best - 1], losses[0]);
}

in_both_precisions!(
    only_weights_decay,
    roles_have_learning_rates_of_their_own,
    one_step_is_the_learning_rate_times_the_gradient,
    a_large_gradient_is_scaled_down_and_a_small_one_is_not,
    the_best_epoch_is_what_comes_out,
    the_loop_by_hand,
    patience_ends_a_run_that_gets_no_better,
    without_validation_the_last_epoch_is_kept,
    values_are_fitted_by_their_loss,
    divergence_is_an_error,
    a_list_of_losses_never_rises,
);

fn refusal(settings: Training) -> String {
    let error = fit(&mut net::<f32>(), &points(), &settings, &mut ()).err();
    error.map(|e| e.to_string()).unwrap_or_else(|| panic!("accepted: {settings:?}"))
}

#[test]
fn settings_without_sense_are_refused_by_name() {
    let d = Training::default;
    let adam = |beta1, beta2, epsilon| OptimizerKind::Adam { beta1, beta2, epsilon };
    let adamw = |decay| OptimizerKind::Adamw {
        beta1: 0.9,
        beta2: 0.99,
        epsilon: 1e-8,
        decay,
        vectors: false,
    };
    let sgd = |momentum| OptimizerKind::Sgd { momentum, nesterov: false };
    let step = |every, factor| Schedule::Step { every, factor };
    let cases = [
        ("epochs", "0", Training { epochs: 0, ..d() }),
        ("batch", "0", Training { batch: 0, ..d() }),
        ("learning rate", "0", Training { learning_rate: 0.0, ..d() }),
        ("learning rate", "-1", Training { learning_rate: -1.0, ..d() }),
        ("learning rate", "NaN", Training { learning_rate: f64::NAN, ..d() }),
        ("learning rate", "inf", Training { learning_rate: f64::INFINITY, ..d() }),
        ("clip", "0", Training { clip: Some(0.0), ..d() }),
        ("patience", "0", Training { patience: Some(0), ..d() }),
        ("patience", "validation = 0", Training { patience: Some(1), validation: 0.0, ..d() }),
        ("validation", "1", Training { validation: 1.0, ..d() }),
        ("validation", "-0.1", Training { validation: -0.1, ..d() }),
        ("validation", "NaN", Training { validation: f64::NAN, ..d() }),
        ("fraction to hold out", "0.001", Training { validation: 0.001, ..d() }),
        ("momentum", "1", Training { optimizer: sgd(1.0), ..d() }),
        ("beta1", "1", Training { optimizer: adam(1.0, 0.9, 1e-8), ..d() }),
        ("beta2", "-0.5", Training { optimizer: adam(0.9, -0.5, 1e-8), ..d() }),
        ("epsilon", "0", Training { optimizer: adam(0.9, 0.9, 0.0), ..d() }),
        ("decay", "-1", Training { optimizer: adamw(-1.0), ..d() }),
        ("decay", "inf", Training { optimizer: adamw(f64::INFINITY), ..d() }),
        ("warm-up", "1", Training { schedule: Schedule::OneCycle { warm_up: 1.0 }, ..d() }),
        ("every", "0", Training { schedule: step(0.0, 0.5), ..d() }),
        ("factor", "NaN", Training { schedule: step(0.5, f64::NAN), ..d() }),
    ];
    for (field, found, settings) in cases {
        let message = refusal(settings);
        let said = message.contains(field) && message.contains("expected");
        assert!(said && message.ends_with(&format!("found {found}")), "{field}: {message}");
    }
}

#[test]
fn data_that_do_not_fit_are_refused_by_name() {
    let fitted = |data: &Dataset<f64>, loss: Loss| {
        let mut net = net::<f64>();
        let before = parameters::read(&net);
        let error = fit(&mut net, data, &Training { loss, ..Training::default() }, &mut ());
        assert_eq!(parameters::read(&net), before, "a refusal changes nothing");
        error.expect_err("does not fit").to_string()
    };
    let x = |columns| random::<f64>(30, columns, 1);
    let labels = |classes| Targets::Classes { labels: vec![0; 30], classes };
    let wide = Dataset::new("wide", vec![5], x(5), labels(3)).unwrap();
    let message = fitted(&wide, Loss::CrossEntropy);
    assert_eq!(message, "wide: features of the data: expected 2, as the net has, found 5");
    let many = Dataset::new("many", vec![2], x(2), labels(4)).unwrap();
    let message = fitted(&many, Loss::SquaredError);
    assert_eq!(message, "many: width of the targets: expected 3, as the net has, found 4");
    let values = Dataset::new("values", vec![2], x(2), Targets::Values(x(3))).unwrap();
    let message = fitted(&values, Loss::CrossEntropy);
    assert_eq!(message, "values: targets for cross-entropy: expected classes, found values");
}

/// Plain descent on squares with a learning rate far too high multiplies the parameters at each step.
fn divergence_is_an_error<T: Scalar>() {
    let mut net = net::<T>();
    let settings = Training {
        epochs: 2000,
        loss: Loss::SquaredError,
        learning_rate: 1e6,
        validation: 0.0,
        ..one_step()
    };
    let error = fit(&mut net, &points(), &settings, &mut ()).expect_err("diverges").to_string();
    assert!(error.contains("loss") && error.contains("finite"), "{error}");
}

/// A run that ends at such a step would leave a checkpoint that cannot be read.
#[test]
fn a_stop_at_a_step_that_overflows_is_an_error() {
    struct Stop;
    impl Observer<f32> for Stop {
        fn step(&mut self, _run: &Run<f32>) -> Result<ControlFlow<()>> {
            Ok(ControlFlow::Break(()))
        }
    }
    let settings = Training { learning_rate: 1e39, batch: 8, ..one_step() };
    let error = fit(&mut net::<f32>(), &points(), &settings, &mut Stop).expect_err("it overflows");
    assert!(error.to_string().starts_with("parameters or held-out loss in epoch 1"), "{error}");
}

/// After the last step no training loss is left to notice that it overflowed.
#[test]
fn a_last_step_that_overflows_is_an_error() {
    // 1e39 is more than f32 can hold; 1e38 is not, but the loss of such parameters is.
    for (learning_rate, validation) in [(1e39, 0.0), (1e38, 0.2)] {
        let mut net = net::<f32>();
        let settings =
            Training { learning_rate, validation, loss: Loss::SquaredError, ..one_step() };
        let error = fit(&mut net, &points(), &settings, &mut ()).err().map(|e| e.to_string());
        let theta = parameters::read(&net);
        assert!(
            error.is_some(),
            "learning rate {learning_rate:e}: came out as Ok with parameters {theta:?}"
        );
    }
}

/// An error of an observer ends the run and comes out.
#[test]
fn an_observer_can_fail() {
    struct Fails;
    impl Observer<f32> for Fails {
        fn epoch(&mut self, _net: &dyn Layer<f32>, _run: &Run<f32>) -> Result<ControlFlow<()>> {
            Err(switchnet::Error::new("disk", "space", "none"))
        }
    }
    let error = fit(&mut net::<f32>(), &points(), &restless(), &mut Fails).err();
    assert_eq!(error.map(|e| e.to_string()).as_deref(), Some("disk: expected space, found none"));
}

/// Of several observers each is told, and one that says stop is enough.
#[test]
fn one_observer_of_several_can_stop() {
    struct Count<'a>(&'a RefCell<usize>, ControlFlow<()>);
    impl Observer<f32> for Count<'_> {
        fn step(&mut self, _run: &Run<f32>) -> Result<ControlFlow<()>> {
            *self.0.borrow_mut() += 1;
            Ok(self.1)
        }
    }
    let (first, second) = (RefCell::new(0), RefCell::new(0));
    let mut all: Vec<Box<dyn Observer<f32>>> = vec![
        Box::new(Count(&first, ControlFlow::Break(()))),
        Box::new(Count(&second, ControlFlow::Continue(()))),
    ];
    let run = fit(&mut net::<f32>(), &points(), &restless(), &mut all).unwrap();
    assert_eq!((run.step, run.ended), (1, Some(StopReason::Stopped)));
    assert_eq!((*first.borrow(), *second.borrow()), (1, 1));
}

fn a_list_of_losses_never_rises<T: Scalar>() {
    let data = points::<T>();
    let evolution = Evolution { generations: 300, mutations: 4, ..Evolution::default() };
    let trained = || {
        let mut net = net::<T>();
        let before = evaluate(&net, evolution.loss, &data).mean_loss();
        let losses =
            evolve(&mut net, &data, &evolution, &mut |_| ControlFlow::Continue(())).unwrap();
        assert_eq!(losses[0], before);
        let after = evaluate(&net, evolution.loss, &data).mean_loss();
        assert_eq!(losses.last(), Some(&after), "the net has the best parameters");
        (losses, parameters::read(&net))
    };
    let (losses, theta) = trained();
    assert_eq!(losses.len(), 301);
    assert!(losses.windows(2).all(|pair| pair[1] <= pair[0]), "{losses:?}");
    assert!(losses[300] < 0.9 * losses[0], "300 mutations of a small net find something");
    assert_eq!((losses, theta), trained(), "the same again");
    // Stopped after ten generations.
    let mut asked = 0;
    let mut go_on = |generation| {
        asked = generation;
        if generation < 10 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    let losses = evolve(&mut net::<T>(), &data, &evolution, &mut go_on).unwrap();
    assert_eq!((losses.len(), asked), (11, 10));
}

#[test]
fn a_search_without_sense_is_refused_by_name() {
    let refused = |evolution: Evolution| {
        let error =
            evolve(&mut net::<f64>(), &points(), &evolution, &mut |_| ControlFlow::Continue(()))
                .err();
        error.expect("makes no sense").to_string()
    };
    let d = Evolution::default;
    assert!(refused(Evolution { mutations: 0, ..d() }).starts_with("mutations: expected 1 to"));
    assert!(refused(Evolution { mutations: 1000, ..d() }).ends_with("found 1000"));
    assert!(refused(Evolution { precision: f64::NAN, ..d() }).starts_with("precision"));
    assert!(refused(Evolution { precision: -1.0, ..d() }).ends_with("found -1"));
    let mut wide = zoo::mlp(&[5], &[4], 3, 1).build::<f64>().unwrap();
    let error = evolve(&mut wide, &points(), &d(), &mut |_| ControlFlow::Continue(()))
        .expect_err("does not fit");
    assert!(error.to_string().contains("expected 5, as the net has, found 2"), "{error}");
}

/// The first 1,437 digits to learn from, the last 360 to be tested on, by other hands.
fn learns(mut net: Net<f32>, epochs: usize) {
    let (split, _) = digits::<f32>().standardize(Scope::Global).unwrap();
    assert_eq!((split.train.len(), split.test.len()), (1437, 360));
    let before = evaluate(&net, Loss::CrossEntropy, &split.test).accuracy().unwrap();
    assert!(before < 0.3, "ten classes, not yet learned: {before}");
    fit(&mut net, &split.train, &Training { epochs, ..Training::default() }, &mut ()).unwrap();
    let accuracy = evaluate(&net, Loss::CrossEntropy, &split.test).accuracy().unwrap();
    // Chance is 10 %; a few epochs are enough for what is asked here, and no more is claimed.
    assert!(accuracy >= 0.85, "{accuracy}");
}

#[test]
fn a_switch_net_learns_digits() {
    learns(zoo::switch_net(&[1, 8, 8], 10, 1).build().unwrap(), 6);
}

#[test]
fn an_mlp_learns_digits() {
    learns(zoo::mlp(&[1, 8, 8], &[48], 10, 1).build().unwrap(), 4);
}

#[test]
fn a_cnn_learns_digits() {
    let cnn = zoo::Cnn { filters: [6, 12], ..zoo::Cnn::default() };
    learns(cnn.spec(&[1, 8, 8], 10, 1).build().unwrap(), 4);
}

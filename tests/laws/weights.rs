//! Rows and classes that do not count alike in training.

use crate::common::*;
use crate::tables::{names, plain, read, write};
use crate::training::one_step;
use std::ops::ControlFlow;
use switchnet::data::{
    CsvOptions, Dataset, Dealing, Missing, Scope, Source, Split, Targets, read_csv_as,
    read_csv_inputs, spirals,
};
use switchnet::layer::*;
use switchnet::net::{Net, zoo};
use switchnet::train::{
    ClassWeights, Evolution, Loss, Run, Training, evaluate, evolve, fit, gradient, resume,
};
use switchnet::{Matrix, Result, Scalar};
use tempfile::TempDir;

/// 21 points of three classes, seven of each.
fn points<T: Scalar>() -> Dataset<T> {
    spirals(7, 3, 0.1, 4).unwrap()
}

fn net<T: Scalar>() -> Net<T> {
    zoo::mlp(&[2], &[6], 3, 6).build().unwrap()
}

fn all(rows: usize) -> Vec<usize> {
    (0..rows).collect()
}

/// Weights of all sizes, a zero among them.
fn uneven(rows: usize) -> Vec<f64> {
    (0..rows).map(|row| (row % 5) as f64 * 0.75).collect()
}

/// The mean of the losses of the rows, each evaluated by itself and counted as it weighs.
fn weighted_mean(net: &dyn Layer<f64>, loss: Loss, data: &Dataset<f64>, weights: &[f64]) -> f64 {
    let row = |row: usize| weights[row] * evaluate(net, loss, &data.select(&[row])).loss;
    all(data.len()).into_iter().map(row).sum::<f64>() / weights.iter().sum::<f64>()
}

/// Steps, roundings and slack are those of `gradients.rs`.
#[test]
fn the_gradient_is_that_of_the_weighted_mean() {
    for loss in [Loss::CrossEntropy, Loss::SquaredError] {
        let (data, mut net) = (points::<f64>(), net::<f64>());
        let weights = uneven(data.len());
        let set = data.clone().weighted(weights.clone()).unwrap();
        let (score, grad) = gradient(&net, loss, &set, &all(set.len())).unwrap();
        let mean = weighted_mean(&net, loss, &data, &weights);
        assert!((score.mean_loss() - mean).abs() <= 64.0 * f64::EPSILON * mean);
        let theta = parameters::read(&net);
        for (i, found) in grad.iter().enumerate() {
            let mut at = |h: f64| {
                let mut theta = theta.clone();
                theta[i] += h;
                parameters::write(&mut net, &theta);
                weighted_mean(&net, loss, &data, &weights)
            };
            let expected = (at(1e-6) - at(-1e-6)) / 2e-6;
            assert!((expected - found).abs() <= 4e-9, "{loss:?}, {i}: {expected} {found}");
        }
    }
}

/// Batches count as they weigh in all of the data: those that make it up have the gradient of all as their mean.
fn batches_count_as_they_weigh_in_the_whole<T: Scalar>() {
    let net = net::<T>();
    let set = points::<T>().weighted(uneven(21)).unwrap();
    let counted: Vec<usize> = all(21).into_iter().filter(|row| row % 5 != 0).collect();
    let (_, expected) = gradient(&net, Loss::SquaredError, &set, &all(21)).unwrap();
    let mut mean = vec![0.0; expected.len()];
    for rows in [&all(21)[..4], &all(21)[4..]] {
        let (_, part) = gradient(&net, Loss::SquaredError, &set, rows).unwrap();
        let n = rows.iter().filter(|row| counted.contains(row)).count() as f64;
        let share = n / counted.len() as f64;
        mean.iter_mut().zip(&part).for_each(|(sum, g)| *sum += share * g.double());
    }
    let mean: Vec<T> = mean.into_iter().map(T::of).collect();
    assert!(same_gradient(&mean, &expected));
    let error = gradient(&net, Loss::SquaredError, &set, &[0, 5]).unwrap_err().to_string();
    assert!(
        error.ends_with("weights of the rows of a gradient: expected one above 0, found zeros")
    );
}

/// A loss of one's own means the same with weights and without: it is that of each row alone.
fn a_loss_of_ones_own_takes_weights<T: Scalar>() {
    let squares = |mut y: Matrix<T>, targets: &Targets<T>| {
        let labels = targets.labels().expect("classes");
        y.rows_mut().into_iter().zip(labels).for_each(|(mut y, &class)| y[class] -= T::one());
        (y.iter().map(|v| 0.5 * v.double() * v.double()).sum(), y)
    };
    let set = points::<T>().weighted(uneven(21)).unwrap();
    let (score, found) = gradient(&net::<T>(), squares, &set, &all(21)).unwrap();
    let (plain, expected) = gradient(&net::<T>(), Loss::SquaredError, &set, &all(21)).unwrap();
    assert_eq!((score, bits(&found)), (plain, bits(&expected)));
}

/// How far two gradients are from each other, in units of rounding: their numbers are sums of some twenty of size 1.
fn same_gradient<T: Scalar>(a: &[T], b: &[T]) -> bool {
    a.len() == b.len()
        && a.iter().zip(b).all(|(a, b)| (a.double() - b.double()).abs() <= 64.0 * eps::<T>())
}

fn a_weight_of_two_is_the_row_twice<T: Scalar>() {
    let (data, net) = (points::<T>(), net::<T>());
    let (rows, once) = (all(data.len()), vec![1.0; data.len()]);
    let mut twice = once.clone();
    twice[3] = 2.0;
    let again = [rows.as_slice(), &[3]].concat();
    for loss in [Loss::CrossEntropy, Loss::SquaredError] {
        let weighted = data.clone().weighted(twice.clone()).unwrap();
        let (score, found) = gradient(&net, loss, &weighted, &rows).unwrap();
        let (plain, expected) = gradient(&net, loss, &data, &again).unwrap();
        assert!(same_gradient(&found, &expected), "{loss:?}");
        assert!((score.mean_loss() - plain.mean_loss()).abs() <= 8.0 * eps::<T>());
        assert!((score.accuracy().unwrap() - plain.accuracy().unwrap()).abs() <= f64::EPSILON);
        // Weights that are all the same change no bit.
        let even = data.clone().weighted(vec![0.5; data.len()]).unwrap();
        let (found, expected) =
            [&even, &data].map(|set| gradient(&net, loss, set, &rows).unwrap().1).into();
        assert_eq!(bits(&found), bits(&expected), "{loss:?}");
    }
}

/// Not even where its loss is no number.
fn a_row_of_weight_zero_does_not_matter<T: Scalar>() {
    let data = points::<T>();
    let mut inputs = data.inputs().clone();
    inputs.row_mut(5).fill(<T as num_traits::Float>::max_value());
    let broken = Dataset::new("broken", vec![2], inputs, data.targets().clone()).unwrap();
    let mut weights = vec![1.0; data.len()];
    weights[5] = 0.0;
    let others: Vec<usize> = all(data.len()).into_iter().filter(|row| *row != 5).collect();
    let weighted = broken.weighted(weights).unwrap();
    let (_, found) = gradient(&net::<T>(), Loss::SquaredError, &weighted, &all(21)).unwrap();
    let (_, expected) = gradient(&net::<T>(), Loss::SquaredError, &data, &others).unwrap();
    assert!(same_gradient(&found, &expected));
}

/// One step of plain descent over all rows, by their classes.
fn by_classes(class_weights: Option<ClassWeights>) -> Training {
    Training { class_weights, ..one_step() }
}

/// Class weights are weights of rows: by hand of a set of 2, 4 and 6 rows of the three classes.
fn classes_have_weights<T: Scalar>() {
    let points = points::<T>();
    let labels = points.labels().unwrap();
    let of_class = |class, count| {
        all(21).into_iter().filter(move |&row| labels[row] == class).take(count).collect::<Vec<_>>()
    };
    let data = points.select(&[of_class(0, 2), of_class(1, 4), of_class(2, 6)].concat());
    let by_class = |weights: [f64; 3], data: &Dataset<T>| {
        let own = |row: usize| data.weights().map_or(1.0, |weights| weights[row]);
        let labels = data.labels().unwrap().iter().enumerate();
        labels.map(|(row, &class)| own(row) * weights[class]).collect::<Vec<f64>>()
    };
    let stepped = |data: &Dataset<T>, weights| {
        let mut net = net::<T>();
        let run = fit(&mut net, data, &by_classes(weights), &mut ()).unwrap();
        (parameters::read(&net), run.history[0].train_loss)
    };
    // n / (classes · n_c) = 12/6, 12/12, 12/18.
    let balanced = by_class([2.0, 1.0, 12.0 / 18.0], &data);
    let expected = stepped(&data.clone().weighted(balanced).unwrap(), None);
    let found = stepped(&data, Some(ClassWeights::Balanced));
    assert!(same_gradient(&found.0, &expected.0));
    assert!((found.1 - expected.1).abs() <= 8.0 * f64::EPSILON * expected.1);
    let given = stepped(&data, Some(ClassWeights::Given(vec![6.0, 3.0, 2.0])));
    assert!(same_gradient(&given.0, &expected.0), "only proportions matter");
    assert!(!same_gradient(&stepped(&data, None).0, &expected.0), "they do something");
    // Rows count as they weigh: with these, every class weighs the same already.
    let even = data.clone().weighted(by_class([6.0, 3.0, 2.0], &data)).unwrap();
    assert!(same_gradient(&stepped(&even, Some(ClassWeights::Balanced)).0, &expected.0));
    let both = stepped(&even, Some(ClassWeights::Given(vec![1.0 / 6.0, 1.0 / 3.0, 0.5])));
    assert!(same_gradient(&both.0, &stepped(&data, None).0), "one times the other");
}

/// The epoch is chosen by what counts: here a held-out part in which one class alone does.
fn held_out_rows_count_as_they_weigh<T: Scalar>() {
    let data = points::<T>();
    let weights = ClassWeights::Given(vec![0.0, 1.0, 0.0]);
    let training = Training {
        epochs: 2,
        validation: 0.3,
        class_weights: Some(weights),
        ..Training::default()
    };
    let mut net = net::<T>();
    let run = fit(&mut net, &data, &training, &mut ()).unwrap();
    let (_, held) = data.hold_out_rows(0.3, training.seed).unwrap();
    let own: Vec<usize> = held.into_iter().filter(|&i| data.labels().unwrap()[i] == 1).collect();
    let plain = evaluate(&net, Loss::CrossEntropy, &data.select(&own));
    let best = &run.history[run.best_epoch().unwrap() - 1];
    assert_eq!(best.validation_accuracy, plain.accuracy());
    let (a, b) = (best.validation_loss.unwrap(), plain.mean_loss());
    assert!((a - b).abs() <= 16.0 * eps::<T>() * b, "{a} {b}");
    // What is evaluated counts all rows alike.
    let weighted = data.clone().weighted(uneven(21)).unwrap();
    let [a, b] = [&weighted, &data].map(|set| evaluate(&net, Loss::CrossEntropy, set));
    assert_eq!(a, b);
}

in_both_precisions!(
    batches_count_as_they_weigh_in_the_whole,
    a_loss_of_ones_own_takes_weights,
    a_weight_of_two_is_the_row_twice,
    a_row_of_weight_zero_does_not_matter,
    classes_have_weights,
    held_out_rows_count_as_they_weigh
);

#[test]
fn a_search_without_gradients_takes_weights() {
    let data = points::<f64>();
    let (evolution, weights) = (Evolution { generations: 1, ..Evolution::default() }, uneven(21));
    let set = data.clone().weighted(weights.clone()).unwrap();
    let stop = &mut |_| ControlFlow::Break(());
    let losses = evolve(&mut net::<f64>(), &set, &evolution, stop).unwrap();
    let expected = weighted_mean(&net::<f64>(), Loss::CrossEntropy, &data, &weights);
    assert!((losses[0] - expected).abs() <= 64.0 * f64::EPSILON * expected);
}

#[test]
fn parts_of_a_set_keep_their_weights() {
    let data = points::<f64>().weighted(uneven(21)).unwrap();
    assert_eq!(data.select(&[7, 3]).weights(), Some([1.5, 2.25].as_slice()));
    assert_eq!(data.cast::<f32>().weights(), data.weights());
    let split = Split { train: data.clone(), test: data.clone() };
    assert_eq!(split.standardize(Scope::Feature).unwrap().0.train.weights(), data.weights());
    let twice = data.and(&data.select(&[7])).unwrap();
    assert_eq!(twice.weights().unwrap()[20..], [0.0, 1.5]);
    let mixed = data.and(&points()).unwrap_err().to_string();
    assert!(mixed.ends_with("weights of rows: expected a number for each, found none"), "{mixed}");
}

#[test]
fn weights_without_sense_are_refused_by_name() {
    let set = |weights: Vec<f64>| points::<f64>().weighted(weights).unwrap_err().to_string();
    let uneven = |place: usize, weight: f64| {
        let mut weights = vec![1.0; 21];
        weights[place] = weight;
        set(weights)
    };
    assert!(set(vec![1.0]).ends_with("weights of rows: expected 21, one for each, found 1"));
    assert!(set(vec![0.0; 21]).ends_with("weights of rows: expected one above 0, found zeros"));
    for (weight, shown) in [(-1.0, "-1"), (f64::NAN, "NaN"), (f64::INFINITY, "inf")] {
        let expected = format!("weight of row 2: expected a number not below 0, found {shown}");
        assert!(uneven(2, weight).ends_with(&expected), "{}", uneven(2, weight));
    }
    let training = |weights: &[f64], data: &Dataset<f64>| {
        let class_weights = Some(ClassWeights::Given(weights.to_vec()));
        let training = Training { class_weights, validation: 0.2, ..Training::default() };
        fit(&mut net::<f64>(), data, &training, &mut ()).unwrap_err().to_string()
    };
    let data = points::<f64>();
    for (weights, message) in [
        ([1.0, 2.0].as_slice(), "class weights: expected 3, one for each class, found 2"),
        (&[1.0, -2.0, 1.0], "class weight: expected a number not below 0, found -2"),
        (&[1.0, f64::NAN, 1.0], "class weight: expected a number not below 0, found NaN"),
        (&[0.0; 3], "expected a number above 0 that fits them, found 0"),
        (&[f64::MAX; 3], "expected a number above 0 that fits them, found inf"),
    ] {
        let found = training(weights, &data);
        assert!(found.ends_with(message), "{found}");
    }
    // All that counts was trained with, and nothing is left to choose by.
    let (rest, _) = data.hold_out_rows(0.2, 1).unwrap();
    let weight = |row| f64::from(u8::from(rest.contains(&row)));
    let lonely = data.weighted((0..21).map(weight).collect()).unwrap();
    let found = training(&[1.0; 3], &lonely);
    assert!(found.ends_with("weights of the rows held out: expected one above 0, found zeros"));
    let values = Targets::Values(points::<f64>().inputs().clone());
    let values = Dataset::new("v", vec![2], points::<f64>().inputs().clone(), values).unwrap();
    let balanced =
        Training { loss: Loss::SquaredError, ..by_classes(Some(ClassWeights::Balanced)) };
    let mut two = zoo::mlp(&[2], &[3], 2, 6).build::<f64>().unwrap();
    let found = fit(&mut two, &values, &balanced, &mut ()).unwrap_err().to_string();
    assert_eq!(found, "v: targets for class weights: expected classes, found values");
}

/// Settings without class weights are written as ever, and a run goes on with its own weights only.
#[test]
fn a_run_knows_its_class_weights() {
    let json = |weights| serde_json::to_string(&by_classes(weights)).unwrap();
    assert!(!json(None).contains("weights"));
    assert!(json(Some(ClassWeights::Balanced)).contains(r#""class-weights":"balanced""#));
    let (data, mut net) = (points::<f64>(), net::<f64>());
    let balanced = by_classes(Some(ClassWeights::Balanced));
    let run = Run::new(&net, &balanced).unwrap();
    let (text, tensors) = run.save();
    let run = Run::load(&net, &balanced, &text, tensors).unwrap();
    let error = resume(&mut net, &data, &by_classes(None), run, &mut ()).unwrap_err().to_string();
    assert!(error.contains("class-weights"), "{error}");
}

// --- in tables ---

fn by_weight(missing: Missing) -> CsvOptions {
    CsvOptions { weight: Some("w".into()), missing, ..CsvOptions::default() }
}

#[test]
fn a_column_of_weights_is_no_feature() {
    let text = "x,w,kind\n1,0.5,a\n2,0,b\n3,2,a\n";
    let set: Dataset<f64> = read(text, &by_weight(Missing::Refuse)).unwrap();
    assert_eq!((names(&set), set.weights()), (vec!["x".into()], Some([0.5, 0.0, 2.0].as_slice())));
    assert_eq!(plain(text).unwrap().weights(), None);
    for (text, message) in [
        ("x,w,kind\n1,-1,a\n", "line 2, column 2 (w): expected a weight, a number not below 0"),
        ("x,w,kind\n1,much,a\n", "line 2, column 2 (w): expected a finite number"),
        ("x,w,kind\n1,,a\n", "line 2, column 2 (w): expected a weight, a number not below 0"),
        ("x,w,kind\n1,0,a\n2,0,b\n", "weights of rows: expected one above 0, found zeros"),
        ("x,v,kind\n1,0,a\n", "header, weight: expected a column \"w\", found x, v, kind"),
        ("x,kind,w\n1,a,1\n", "weight: expected columns beside the target, found w"),
    ] {
        let found = read::<f64>(text, &by_weight(Missing::Refuse)).unwrap_err().to_string();
        assert!(found.contains(message), "{found}");
    }
    let dropped = read::<f64>("x,w,kind\n1,,a\n2,3,b\n", &by_weight(Missing::Drop)).unwrap();
    assert_eq!(dropped.weights(), Some([3.0].as_slice()));
}

/// Those to test on and to predict need none, those to choose by do.
#[test]
fn other_files_need_weights_where_they_are_trained_with() {
    let folder = TempDir::new().unwrap();
    let train = write(&folder, "train.csv", "x,w,kind\n1,1,a\n2,4,b\n3,2,a\n");
    let without = write(&folder, "without.csv", "x,kind\n1,a\n");
    let empty = write(&folder, "empty.csv", "x,w,kind\n1,,a\n");
    let options = by_weight(Missing::Refuse);
    let load = |validation: Option<&_>, test: &std::path::Path| -> Result<Split<f64>> {
        let (validation, test) = (validation.cloned(), Some(test.to_owned()));
        let (train, options) = (train.clone(), options.clone());
        Source::Csv { train, validation, test, options }.load()
    };
    let split = load(None, &without).unwrap();
    assert_eq!(
        (split.train.weights(), split.test.weights()),
        (Some([1.0, 4.0, 2.0].as_slice()), None)
    );
    let split = load(Some(&train), &without).unwrap();
    assert_eq!(split.train.weights(), Some([1.0, 4.0, 2.0, 1.0, 4.0, 2.0].as_slice()));
    let error = load(Some(&without), &without).unwrap_err().to_string();
    assert!(error.ends_with("weights of rows: expected a number for each, found none"), "{error}");
    let schema = split.train.schema();
    let again = read_csv_as::<f64>(&train, schema, &options, &mut |_| ()).unwrap();
    assert_eq!(again.weights(), None, "nothing is trained with it");
    let inputs = read_csv_inputs::<f64>(&empty, schema, &options, &mut |_| ()).unwrap();
    assert_eq!(inputs, ndarray::array![[1.0]]);
}

/// A column of weights or groups given by its number is found by its name in other files, whose columns may stand in
/// another order.
#[test]
fn a_number_counts_the_columns_of_the_training_file() {
    let folder = TempDir::new().unwrap();
    let train = write(&folder, "train.csv", "x,w,y,g,kind\n1,1,5,p,a\n2,4,6,q,b\n3,2,7,p,a\n");
    let other = write(&folder, "other.csv", "g,y,kind,x,w\nq,8,b,4,16\nr,9,a,5,32\n");
    for [weight, group] in [["2", "4"], ["w", "g"]].map(|names| names.map(|name| Some(name.into())))
    {
        let options = CsvOptions { weight, group, ..CsvOptions::default() };
        let load = |validation: &std::path::Path, test: &std::path::Path| -> Result<Split<f64>> {
            let (validation, test) = (Some(validation.to_owned()), Some(test.to_owned()));
            Source::Csv { train: train.clone(), validation, test, options: options.clone() }.load()
        };
        let split = load(&other, &other).unwrap();
        assert_eq!(split.train.weights().unwrap(), [1.0, 4.0, 2.0, 16.0, 32.0]);
        assert_eq!(split.test.weights().unwrap(), [16.0, 32.0]);
        assert_eq!(split.test.dealing(), &Dealing::Groups(vec![1, 2]));
        assert_eq!(split.test.inputs(), ndarray::array![[4.0, 8.0], [5.0, 9.0]]);
        let two = write(&folder, "two.csv", "w,x,w,y,g,kind\n1,1,1,5,p,a\n");
        let message = "two.csv: header, weight: expected one column \"w\", found 2";
        for error in [load(&two, &other), load(&other, &two)].map(Result::unwrap_err) {
            assert!(error.to_string().ends_with(message), "{error}");
        }
    }
    // Without a header columns are numbers in every file, but in one of the features alone.
    let bare = write(&folder, "bare.csv", "1,1,2,a\n4,2,3,b\n");
    let alone = write(&folder, "alone.csv", "1,2\n");
    let options = CsvOptions { weight: Some("1".into()), ..CsvOptions::default() };
    let load = |validation: &std::path::Path| -> Result<Split<f64>> {
        let (train, validation, test) = (bare.clone(), Some(validation.into()), Some(bare.clone()));
        Source::Csv { train, validation, test, options: options.clone() }.load()
    };
    assert_eq!(load(&bare).unwrap().train.weights().unwrap(), [1.0, 4.0, 1.0, 4.0]);
    let error = load(&alone).unwrap_err().to_string();
    assert!(error.contains("alone.csv: columns: expected the target"), "{error}");
}

/// Weights and groups of rows that are only tested or evaluated are neither checked nor a reason to leave a row out.
#[test]
fn what_is_not_trained_with_keeps_its_rows() {
    let folder = TempDir::new().unwrap();
    let train = write(&folder, "train.csv", "x,w,g,kind\n1,1,p,a\n2,4,q,b\n3,2,p,a\n");
    for (name, cells) in [
        ("blank.csv", ["1", "", ""]),
        ("negative.csv", ["1", "-3", "-1"]),
        ("texts.csv", ["1", "much", "2"]),
        ("zeros.csv", ["0", "0", "0"]),
    ] {
        let [a, b, c] = cells;
        let text = format!("x,w,g,kind\n1,{a},p,a\n2,{b},,b\n3,{c},q,a\n");
        let odd = write(&folder, name, &text);
        for missing in [Missing::Refuse, Missing::Drop, Missing::Mean] {
            let options = CsvOptions { group: Some("g".into()), ..by_weight(missing) };
            let mut notes = Vec::new();
            let (train, test) = (train.clone(), Some(odd.clone()));
            let source = Source::Csv { train, validation: None, test, options: options.clone() };
            let split = source.load_noting::<f64>(&mut |note| notes.push(note.to_owned())).unwrap();
            assert_eq!((split.test.len(), split.test.weights()), (3, None), "{name} {missing:?}");
            assert_eq!(split.test.dealing(), &Dealing::ByClass);
            let schema = split.train.schema();
            let set = read_csv_as::<f64>(&odd, schema, &options, &mut |note| {
                notes.push(note.to_owned());
            });
            let set = set.unwrap();
            assert_eq!((set.len(), set.weights()), (3, None), "{name} {missing:?}");
            assert!(!notes.iter().any(|note| note.contains("left out")), "{notes:?}");
        }
    }
}

//! Data sets in memory: made, cut, held out and standardized as they say, or refused in one clear line.

use crate::common::*;
use ndarray::array;
use proptest::prelude::*;
use std::collections::BTreeSet;
use switchnet::data::{Dataset, Dealing, Schema, Scope, Split, Standardize, Targets};
use switchnet::{Matrix, Scalar};

/// A set of `labels` with the row number as its input.
fn labeled(labels: Vec<usize>, classes: usize) -> Dataset<f64> {
    let inputs = Matrix::from_shape_fn((labels.len(), 1), |(row, _)| row as f64);
    Dataset::new("toy", vec![1], inputs, Targets::Classes { labels, classes }).unwrap()
}

#[test]
fn a_dataset_gives_back_what_it_was_made_of() {
    let inputs = array![[1.0_f32, 2.0], [3.0, 4.0]];
    let targets = Targets::Values(array![[5.0], [6.0]]);
    let set = Dataset::new("toy", vec![2, 1], inputs.clone(), targets.clone()).unwrap();
    assert_eq!((set.name(), set.shape(), set.len()), ("toy", [2, 1].as_slice(), 2));
    assert_eq!((set.inputs(), set.targets(), set.labels()), (&inputs, &targets, None));
    assert_eq!((set.targets().len(), set.targets().width()), (2, 1));
    assert_eq!(labeled(vec![0, 2], 4).targets().width(), 4);
    assert_eq!(labeled(vec![0, 2], 4).labels(), Some([0, 2].as_slice()));
    assert_eq!(set.cast::<f64>().inputs(), array![[1.0, 2.0], [3.0, 4.0]]);
    assert_eq!(set.cast::<f64>().cast::<f32>(), set);
}

#[test]
fn a_dataset_refuses_what_does_not_fit() {
    let make = |shape: &[usize], inputs: Matrix<f64>, targets| {
        Dataset::new("toy", shape.to_vec(), inputs, targets)
    };
    let classes = |labels: &[usize]| Targets::Classes { labels: labels.to_vec(), classes: 2 };
    let two = || array![[1.0, 2.0], [3.0, 4.0]];

    refused(
        make(&[2], Matrix::zeros((0, 2)), classes(&[])),
        &["toy: inputs: expected at least one row", "found 0 rows and 2 columns"],
    );
    refused(make(&[0], Matrix::zeros((2, 0)), classes(&[0, 1])), &["found 2 rows and 0 columns"]);
    for shape in [&[3][..], &[], &[2, 0], &[usize::MAX, usize::MAX]] {
        refused(
            make(shape, two(), classes(&[0, 1])),
            &["toy: shape: expected sizes that multiply to the 2 columns", &format!("{shape:?}")],
        );
    }
    refused(
        make(&[2], two(), classes(&[0])),
        &["number of targets: expected 2, one for each row, found 1"],
    );
    refused(
        make(&[2], two(), classes(&[1, 2])),
        &["label of row 1: expected below the number of classes, 2, found 2"],
    );
    refused(
        make(&[2], array![[1.0, 2.0], [3.0, f64::NAN]], classes(&[0, 1])),
        &["inputs, row 1, column 1: expected a finite number, found NaN"],
    );
    refused(
        make(&[2], two(), Targets::Values(array![[1.0, f64::INFINITY], [1.0, 1.0]])),
        &["target values, row 0, column 1: expected a finite number, found inf"],
    );
    refused(
        make(&[2], two(), Targets::Values(Matrix::zeros((2, 0)))),
        &["columns of target values: expected at least 1, found 0"],
    );
}

#[test]
fn select_takes_rows_in_the_given_order() {
    let set = labeled(vec![0, 1, 2], 3).select(&[2, 0, 2]);
    assert_eq!(set.inputs(), array![[2.0], [0.0], [2.0]]);
    assert_eq!(set.labels(), Some([2, 0, 2].as_slice()));
    let targets = Targets::Values(array![[5.0, 6.0], [7.0, 8.0]]);
    let set = Dataset::new("toy", vec![1], array![[0.0], [1.0]], targets).unwrap();
    assert_eq!(set.select(&[1]).targets(), &Targets::Values(array![[7.0, 8.0]]));
}

#[test]
#[should_panic(expected = "toy: expected rows below 2, found row 2")]
fn select_panics_out_of_range() {
    let _ = labeled(vec![0, 1], 2).select(&[0, 2]);
}

#[test]
#[should_panic(expected = "expected at least 1 row to select")]
fn select_panics_on_nothing() {
    let _ = labeled(vec![0, 1], 2).select(&[]);
}

#[test]
#[should_panic(expected = "toy: inputs, row 0, column 0: expected a finite number, found inf")]
fn cast_panics_where_a_number_is_too_large() {
    let targets = Targets::Classes { labels: vec![0], classes: 1 };
    let set = Dataset::new("toy", vec![1], array![[1e300]], targets).unwrap();
    let _ = set.cast::<f32>();
}

proptest! {
    #[test]
    fn hold_out_parts_the_rows_evenly(
        labels in prop::collection::vec(0_usize..4, 2..80), fraction in 0.01..0.99_f64, seed: u64,
    ) {
        let set = labeled(labels.clone(), 4);
        let expected = (fraction * labels.len() as f64 + 0.5).floor() as usize;
        let parts = set.hold_out(fraction, seed);
        if expected == 0 || expected == labels.len() {
            refused(parts, &["toy: fraction to hold out: expected one that leaves rows in both"]);
            return Ok(());
        }
        let (rest, out) = parts.unwrap();
        prop_assert_eq!(out.len(), expected);
        prop_assert_eq!(set.hold_out(fraction, seed).unwrap(), (rest.clone(), out.clone()));

        let rows = |part: &Dataset<f64>| -> Vec<usize> {
            part.inputs().iter().map(|&x| x as usize).collect()
        };
        for part in [&rest, &out] {
            prop_assert!(rows(part).is_sorted_by(|a, b| a < b), "order is not kept");
            let own: Vec<usize> = rows(part).iter().map(|&row| labels[row]).collect();
            prop_assert_eq!(part.labels().unwrap(), own);
        }
        let all: BTreeSet<usize> = rows(&rest).into_iter().chain(rows(&out)).collect();
        prop_assert_eq!(all, (0..labels.len()).collect()); // complete; with the lengths, disjoint
        prop_assert_eq!(rest.len() + out.len(), labels.len());

        for class in 0..4 {
            let count = |part: &Dataset<f64>| {
                part.labels().unwrap().iter().filter(|&&label| label == class).count() as f64
            };
            prop_assert!((count(&out) - fraction * count(&set)).abs() <= 1.0 + 1e-9);
        }
    }
}

proptest! {
    #[test]
    fn folds_deal_each_row_once_and_each_class_evenly(
        labels in prop::collection::vec(0_usize..4, 2..60), count in 2_usize..8, seed: u64,
    ) {
        let set = labeled(labels.clone(), 4);
        if count > labels.len() {
            prop_assert!(set.folds(count, seed).is_err());
            return Ok(());
        }
        let folds = set.folds(count, seed).unwrap();
        let mut all = folds.concat();
        all.sort_unstable();
        prop_assert_eq!(all, (0..labels.len()).collect::<Vec<_>>());
        let ends = |sizes: Vec<usize>| (*sizes.iter().min().unwrap(), *sizes.iter().max().unwrap());
        let (least, most) = ends(folds.iter().map(Vec::len).collect());
        prop_assert!(most - least <= 1);
        for class in 0..4 {
            let of = |fold: &Vec<usize>| fold.iter().filter(|&&row| labels[row] == class).count();
            let (least, most) = ends(folds.iter().map(of).collect());
            prop_assert!(most - least <= 1);
        }
        prop_assert_eq!(set.folds(count, seed).unwrap(), folds);
    }
}

#[test]
fn folds_refuse_less_than_two_parts() {
    let message = "folds: expected 2 to the 10 rows, found";
    refused(labeled(vec![0; 10], 1).folds(1, 0), &[message, "found 1"]);
    refused(labeled(vec![0; 10], 1).folds(11, 0), &[message, "found 11"]);
}

#[test]
fn hold_out_depends_on_the_seed_and_takes_values_too() {
    let column = Matrix::from_shape_fn((100, 1), |(row, _)| row as f64);
    let targets = Targets::Values(column.clone());
    let set = Dataset::new("toy", vec![1], column, targets).unwrap();
    let (rest, out) = set.hold_out(0.25, 1).unwrap();
    assert_eq!((rest.len(), out.len()), (75, 25));
    assert_eq!(out.targets(), &Targets::Values(out.inputs().clone()));
    assert_ne!(set.hold_out(0.25, 2).unwrap().1, out);
}

#[test]
fn hold_out_refuses_a_fraction_outside_0_and_1() {
    for fraction in [0.0, 1.0, -0.5, 1.5, f64::NAN, f64::INFINITY] {
        let found = format!("fraction to hold out: expected between 0 and 1, found {fraction}");
        refused(labeled(vec![0; 10], 1).hold_out(fraction, 0), &[&found]);
    }
    refused(labeled(vec![0; 10], 1).hold_out(0.01, 0), &["both parts of 10, found 0.01"]);
    refused(labeled(vec![0], 1).hold_out(0.5, 0), &["both parts of 1, found 0.5"]);
}

// --- Standardize ---

fn toy_split<T: Scalar>() -> Split<T> {
    let set = |inputs: Matrix<f64>| {
        let targets = Targets::Classes { labels: vec![0; inputs.nrows()], classes: 1 };
        Dataset::new("toy", vec![3], inputs, targets).unwrap().cast()
    };
    Split {
        train: set(array![[1.0, 0.1, 10.0], [2.0, 0.1, 30.0], [6.0, 0.1, 20.0]]),
        test: set(array![[100.0, 5.1, -7.0]]),
    }
}

#[test]
fn standardize_by_feature_uses_the_training_part_only() {
    let split = toy_split::<f64>();
    let test = split.test.inputs().clone();
    let train = split.train.inputs().clone();
    let (split, standardize) = split.standardize(Scope::Feature).unwrap();
    assert_eq!(standardize.inputs(), 3);
    assert_eq!(toy_split::<f64>().standardized(&standardize).unwrap(), split);
    for column in [0, 2] {
        let x = split.train.inputs().column(column);
        assert!(x.sum().abs() < 1e-12);
        assert!((x.mapv(|x| x * x).sum() / 3.0 - 1.0).abs() < 1e-12);
    }
    // The test part, with the training part's numbers worked out by hand.
    let deviation = (14.0_f64 / 3.0).sqrt();
    assert!((split.test.inputs()[[0, 0]] - 97.0 / deviation).abs() < 1e-12);
    assert_eq!(standardize.mean()[0], 3.0);
    assert!((standardize.scale()[0] - deviation).abs() < 1e-12);
    // A constant column: exactly 0, and the scale is 1 also where 0.1 is not a binary number.
    assert!(split.train.inputs().column(1).iter().all(|&x| x == 0.0));
    assert_eq!((standardize.mean()[1], standardize.scale()[1]), (0.1, 1.0));
    assert_eq!(split.test.inputs()[[0, 1]], 5.1 - 0.1);

    for (changed, original) in [(split.train, train), (split.test, test)] {
        let back = standardize.undo(changed.inputs().clone());
        assert!((back - original).iter().all(|x| x.abs() < 1e-12));
    }
}

#[test]
fn standardize_globally_has_one_mean_and_one_deviation() {
    let split = toy_split::<f64>();
    let all = split.train.inputs().clone();
    let mean = all.sum() / 9.0;
    let deviation = (all.mapv(|x| (x - mean).powi(2)).sum() / 9.0).sqrt();
    let (split, standardize) = split.standardize(Scope::Global).unwrap();
    assert_eq!(standardize.inputs(), 3);
    for column in 0..3 {
        assert!((standardize.mean()[column] - mean).abs() < 1e-12);
        assert!((standardize.scale()[column] - deviation).abs() < 1e-12);
    }
    assert!(split.train.inputs().sum().abs() < 1e-12);
    assert!((split.test.inputs()[[0, 2]] - (-7.0 - mean) / deviation).abs() < 1e-12);
    let constant = Standardize::fit(&Matrix::from_elem((7, 3), 0.1_f32), Scope::Global).unwrap();
    assert_eq!((constant.mean()[2], constant.scale()[2]), (0.1_f32.into(), 1.0));
}

/// What the rows are called and how they are dealt stays as it was.
#[test]
fn standardize_changes_numbers_alone() {
    let inputs = array![[1.0], [2.0], [3.0], [5.0]];
    let targets = Targets::Classes { labels: vec![0, 1, 0, 1], classes: 2 };
    let set = Dataset::<f64>::new("s", vec![1], inputs, targets).unwrap();
    let set = set.described(Schema::of_classes(["no", "yes"])).unwrap();
    let set = set.dealt(Dealing::Groups(vec![1, 1, 2, 2])).unwrap();
    let raw = Split { train: set.clone(), test: set.clone() };
    let (split, _) = raw.standardize(Scope::Global).unwrap();
    for part in [&split.train, &split.test] {
        assert_ne!(part.inputs(), set.inputs());
        assert_eq!((part.schema(), part.targets()), (set.schema(), set.targets()));
        assert_eq!(part.hold_out_rows(0.5, 1).unwrap(), set.hold_out_rows(0.5, 1).unwrap());
        assert!([vec![0, 1], vec![2, 3]].contains(&part.hold_out_rows(0.5, 1).unwrap().0));
    }
}

#[test]
fn standardize_in_single_precision_works_in_double() {
    // The deviation is lost if sums are kept in f32.
    let inputs = Matrix::from_shape_fn((1000, 1), |(row, _)| 1e4 + (row % 2) as f32);
    let standardize = Standardize::fit(&inputs, Scope::Feature).unwrap();
    assert_eq!((standardize.mean(), standardize.scale()), ([10000.5].as_slice(), [0.5].as_slice()));
    let applied = standardize.apply(inputs.clone());
    assert!(applied.iter().all(|x| x.abs() == 1.0));
    assert_eq!(standardize.undo(applied), inputs);
}

#[test]
#[should_panic(expected = "standardize: expected 3 columns, found 2")]
fn standardize_panics_on_another_width() {
    let (_, standardize) = toy_split::<f32>().standardize(Scope::Feature).unwrap();
    let _ = standardize.apply(Matrix::<f32>::zeros((1, 2)));
}

#[test]
fn standardize_needs_numbers() {
    let nothing = Standardize::fit(&Matrix::<f32>::zeros((0, 2)), Scope::Feature);
    let message = nothing.unwrap_err().to_string();
    assert_eq!(message, "statistics: expected at least one number, found 0 rows of 2");
    let huge = Standardize::fit(&ndarray::array![[1e300, 1.0], [-1e300, 2.0]], Scope::Feature);
    let message = huge.unwrap_err().to_string();
    assert!(message.contains("scale of column 0"), "{message}");
}

/// A column that is nearly constant in training blows a test number up beyond the range.
#[test]
fn standardize_names_the_number_that_leaves_the_range() {
    let set = |numbers: [f32; 4]| {
        let inputs = Matrix::from_shape_vec((2, 2), numbers.to_vec()).unwrap();
        let targets = Targets::Classes { labels: vec![0, 1], classes: 2 };
        Dataset::new("set", vec![2], inputs, targets).unwrap()
    };
    let split =
        || Split { train: set([3.0, 1e-30, 1.0, 2e-30]), test: set([1.0, 1e-30, 2.0, 1e15]) };
    let message = split().standardize(Scope::Feature).unwrap_err().to_string();
    let expected = "inputs, row 1, column 1: expected a finite number, found inf";
    assert!(
        message.starts_with("standardized test set") && message.ends_with(expected),
        "{message}"
    );
    // With one deviation for all it is a number like others.
    let (_, standardize) = split().standardize(Scope::Global).unwrap();
    let narrow =
        Dataset::new("narrow", vec![1], Matrix::zeros((1, 1)), split().test.targets().select(&[0]));
    let narrow = Split { test: narrow.unwrap(), ..split() };
    let message = narrow.standardized(&standardize).unwrap_err().to_string();
    assert_eq!(message, "narrow: columns to standardize: expected 2, found 1");
}

#[test]
fn standardize_is_stored_and_checked_on_the_way_back() {
    let (_, standardize) = toy_split::<f64>().standardize(Scope::Feature).unwrap();
    let text = serde_json::to_string(&standardize).unwrap();
    assert_eq!(serde_json::from_str::<Standardize>(&text).unwrap(), standardize);
    assert_eq!(serde_json::to_string(&Scope::Global).unwrap(), "\"global\"");
    for (text, expected) in [
        (r#"{"mean":[0.0],"scale":[1.0],"width":1}"#, "unknown field `width`"),
        (r#"{"mean":[0.0],"scale":[0.0]}"#, "scale of column 0: expected a positive"),
        (r#"{"mean":[0.0],"scale":[]}"#, "expected equal and at least 1, found 1 and 0"),
        (r#"{"mean":[],"scale":[]}"#, "expected equal and at least 1, found 0 and 0"),
    ] {
        let message = serde_json::from_str::<Standardize>(text).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    }
}

//! Tables dealt to parts, and prepared by the part that is trained with alone.

use crate::common::*;
use crate::tables::{classes, names, read, write};
use std::fmt::Write as _;
use switchnet::Scalar;
use switchnet::data::{
    CsvOptions, Dataset, Dealing, Missing, Preparation, Scope, Source, Split, TargetKind, Targets,
    read_csv, read_csv_as, read_csv_inputs, read_csv_split,
};
use tempfile::TempDir;

/// A file to choose by is held out as it is, and a file to test on is not looked at before.
#[test]
fn rows_to_choose_by_may_stand_in_a_file_of_their_own() {
    let folder = TempDir::new().unwrap();
    let train = write(&folder, "train.csv", "x,k\n1,a\n2,b\n3,a\n4,b\n,a\n");
    let validation = write(&folder, "validation.csv", "k,x\nb,70\na,80\n");
    let test = write(&folder, "test.csv", "x,k\n9,c\n,a\n");
    let options = CsvOptions { missing: Missing::Mean, ..CsvOptions::default() };
    let source = Source::Csv { train, validation: Some(validation), test: Some(test), options };
    let Split { train, test } = source.load::<f64>().unwrap();
    assert_eq!(train.inputs().column(0).to_vec(), [1.0, 2.0, 3.0, 4.0, 2.5, 70.0, 80.0]);
    assert_eq!(classes(&train)[5..], ["b", "a"]);
    assert_eq!(
        (test.inputs().column(0).to_vec(), classes(&test)),
        (vec![9.0, 2.5], vec!["c".into(), "a".into()])
    );
    for (fraction, seed) in [(0.1, 1), (0.9, 2)] {
        let (rest, out) = train.hold_out_rows(fraction, seed).unwrap();
        assert_eq!((rest, out), (vec![0, 1, 2, 3, 4], vec![5, 6]));
    }
    // A part of the set knows of its rows.
    assert_eq!(train.select(&[6, 0]).hold_out_rows(0.5, 1).unwrap(), (vec![1], vec![0]));
}

#[test]
fn rows_of_a_group_stay_together() {
    let folder = TempDir::new().unwrap();
    let mut text = "x,patient,k\n".to_owned();
    for row in 0..60 {
        writeln!(text, "{},p{},{}", row % 7, row % 12, ["a", "b"][row % 2]).unwrap();
    }
    let file = write(&folder, "t.csv", &text);
    let options = CsvOptions { group: Some("patient".into()), ..CsvOptions::default() };
    let all: Dataset<f64> = read_csv(&file, &options).unwrap();
    assert_eq!(names(&all), ["x"]);
    let patient = |row: &usize| row % 12;
    let apart =
        |a: &[usize], b: &[usize]| a.iter().all(|x| b.iter().all(|y| patient(x) != patient(y)));
    for seed in 0..20 {
        let (rest, out) = all.hold_out_rows(0.25, seed).unwrap();
        assert!(apart(&rest, &out) && out.len() == 15, "{out:?}");
        let folds = all.folds(4, seed).unwrap();
        assert!(folds.iter().all(|fold| fold.len() == 15));
        assert!((0..4).all(|i| (0..i).all(|j| apart(&folds[i], &folds[j]))));
    }
    refused(all.folds(13, 0), &["folds: expected 2 to the 12 groups, found 13"]);
    // What is held out to test on, and then to choose by, has patients of its own.
    let source = Source::Csv { train: file, validation: None, test: None, options };
    let Split { train, test } = source.load::<f64>().unwrap();
    assert_eq!(train.len() + test.len(), 60);
    assert_eq!((train.len() % 5, test.len() % 5), (0, 0));
    let (rest, out) = train.hold_out_rows(0.2, 1).unwrap();
    assert_eq!((rest.len() % 5, out.len() % 5), (0, 0));
    // A new file of rows without groups is read all the same.
    let new = write(&folder, "new.csv", "x\n1\n");
    let options = CsvOptions { group: Some("patient".into()), ..CsvOptions::default() };
    assert_eq!(read_csv_inputs::<f64>(&new, all.schema(), &options, &mut |_| ()).unwrap().len(), 1);
    refused(
        all.clone().dealt(switchnet::data::Dealing::Groups(vec![1])),
        &["rows that are dealt: expected 60, found 1"],
    );
}

/// Groups are those of both files; a file that is evaluated needs none.
#[test]
fn groups_go_by_their_names_in_every_file() {
    let folder = TempDir::new().unwrap();
    let options = CsvOptions { group: Some("patient".into()), ..CsvOptions::default() };
    let train = write(&folder, "train.csv", "x,patient,k\n1,p,a\n2,q,b\n3,q,a\n");
    let test = write(&folder, "test.csv", "x,patient,k\n4,q,b\n5,r,a\n6,p,b\n");
    let split: Split<f64> = read_csv_split(&train, &test, &options).unwrap();
    let all = split.train.and(&split.test).unwrap();
    assert_eq!(all.dealing(), &Dealing::Groups(vec![0, 1, 1, 1, 2, 0]));
    let more = write(&folder, "more.csv", "x,k\n1,a\n");
    assert_eq!(read_csv_as::<f64>(&more, all.schema(), &options, &mut |_| ()).unwrap().len(), 1);
    refused(
        read_csv::<f64>(&more, &options),
        &["more.csv: header, group: expected a column \"patient\""],
    );
}

fn preparation<T: Scalar>() {
    let text = "x,y,price\n0,10,1000\n1,20,1300\n2,40,900.5\n3,50,1200\n";
    let set: Dataset<T> = read(text, &CsvOptions::default()).unwrap();
    let raw = Split { train: set.clone(), test: set.clone() };
    let (split, preparation) = Preparation::fit(raw.clone(), Some(Scope::Feature)).unwrap();
    let Targets::Values(values) = split.train.targets() else { panic!("values") };
    let mean = values.iter().map(|x| x.double()).sum::<f64>() / 4.0;
    let square = values.iter().map(|x| x.double().powi(2)).sum::<f64>() / 4.0;
    assert!(mean.abs() < 1e-6 && (square - 1.0).abs() < 1e-6, "{mean} {square}");
    assert_eq!(preparation.apply(raw).unwrap(), split);
    let Targets::Values(before) = set.targets() else { panic!("values") };
    let back = preparation.undo(values.clone());
    for (a, b) in back.iter().zip(before) {
        assert!((a.double() - b.double()).abs() <= 1e-6 * b.double());
    }
    assert_eq!(preparation.inputs(set.inputs().clone()).unwrap(), split.train.inputs());
    let narrow = ndarray::Array2::<T>::zeros((1, 3));
    refused(preparation.inputs(narrow), &["columns: expected 2, found 3"]);
    // Nothing is scaled where nothing is asked for, and names are kept.
    let raw = Split { train: set.clone(), test: set.clone() };
    let (as_is, kept) = Preparation::fit(raw.clone(), None).unwrap();
    assert_eq!((as_is, kept.schema.as_ref()), (raw, Some(set.schema())));
}

#[test]
fn inputs_and_values_are_prepared_alike_in_both_precisions() {
    preparation::<f32>();
    preparation::<f64>();
}

fn values_out_of_range<T: Scalar>(far: &str) {
    let folder = TempDir::new().unwrap();
    let kind = TargetKind::Values;
    let options = CsvOptions { kind, ..CsvOptions::default() };
    let train = write(&folder, "train.csv", "x,y\n1,0\n2,1e-30\n");
    let test = write(&folder, "test.csv", &format!("x,y\n1,{far}\n"));
    let split: Split<T> = read_csv_split(&train, &test, &options).unwrap();
    refused(
        Preparation::fit(split, Some(Scope::Feature)),
        &["test: target values, row 0, column 0: expected a finite number, found inf"],
    );
}

#[test]
fn values_that_leave_the_range_are_named_in_both_precisions() {
    values_out_of_range::<f32>("1e10");
    values_out_of_range::<f64>("1e300");
}

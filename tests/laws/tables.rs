//! Tables as people have them: names, separators, index columns, missing values, targets. Each is read as it is meant or
//! refused in one clear line.

use crate::common::*;
use ndarray::array;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use switchnet::data::{
    CsvOptions, Dataset, Dealing, Decimal, Header, LabelColumn, Missing, Schema, Source, Split,
    TargetKind, Targets, read_csv, read_csv_as, read_csv_inputs, read_csv_split,
};
use switchnet::{Result, Scalar};
use tempfile::TempDir;

pub fn write(folder: &TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

pub fn read<T: Scalar>(text: &str, options: &CsvOptions) -> Result<Dataset<T>> {
    let folder = TempDir::new().unwrap();
    read_csv(&write(&folder, "data.csv", text), options)
}

pub fn plain(text: &str) -> Result<Dataset<f64>> {
    read(text, &CsvOptions::default())
}

pub fn names(set: &Dataset<f64>) -> Vec<String> {
    set.schema().features.iter().map(|feature| feature.name().into_owned()).collect()
}

/// The class of each row, by name.
pub fn classes<T: Scalar>(set: &Dataset<T>) -> Vec<String> {
    let class = |&label: &usize| set.schema().class(label).into_owned();
    set.labels().unwrap().iter().map(class).collect()
}

/// What reading a file is told to say.
fn notes(path: &Path, options: CsvOptions) -> Vec<String> {
    let mut notes = Vec::new();
    let source = Source::Csv { train: path.to_owned(), validation: None, test: None, options };
    source.load_noting::<f64>(&mut |line| notes.push(line.to_owned())).unwrap();
    notes
}

// --- names ---

fn names_belong_to_the_data<T: Scalar>() {
    let text = "width,height,kind\n1,2,oak\n3,4,ash\n5,6,oak\n";
    let set: Dataset<T> = read(text, &CsvOptions::default()).unwrap();
    assert_eq!(set.schema().classes, ["ash", "oak"]);
    assert_eq!(
        (set.schema().target.as_str(), classes(&set)),
        ("kind", vec!["oak".into(), "ash".into(), "oak".into()])
    );
    assert_eq!((set.schema().feature(1), set.schema().output(0)), ("height".into(), "ash".into()));
    // Parts of a set and the set in another precision keep them.
    assert_eq!(set.select(&[1]).schema(), set.schema());
    assert_eq!(set.cast::<f64>().schema(), set.schema());
    let json = serde_json::to_string(set.schema()).unwrap();
    assert_eq!(&serde_json::from_str::<Schema>(&json).unwrap(), set.schema());
}

#[test]
fn names_belong_to_the_data_in_both_precisions() {
    names_belong_to_the_data::<f32>();
    names_belong_to_the_data::<f64>();
}

/// The order of classes and columns in another file does not matter, a part of the classes is enough, and a class that
/// the net does not know is refused by the names of both lists.
#[test]
fn another_file_is_read_by_names() {
    let folder = TempDir::new().unwrap();
    let defaults = CsvOptions::default();
    let old = write(&folder, "old.csv", "w,h,kind\n1,2,oak\n3,4,ash\n5,6,elm\n");
    let set: Dataset<f64> = read_csv(&old, &defaults).unwrap();
    let again = |name: &str, text: &str| -> Result<Dataset<f64>> {
        read_csv_as(&write(&folder, name, text), set.schema(), &defaults, &mut |_| ())
    };
    let other = again("new.csv", "more,kind,h,w\n0,oak,8,7\n0,elm,10,9\n").unwrap();
    assert_eq!(other.inputs(), array![[7.0, 8.0], [9.0, 10.0]]);
    assert_eq!(other.targets(), &Targets::Classes { labels: vec![2, 1], classes: 3 });
    assert_eq!(other.schema(), set.schema());
    refused(
        again("bad.csv", "w,h,kind\n1,2,oak\n1,2,fir\n"),
        &["bad.csv: classes: expected among ash, elm, oak, found fir, oak"],
    );
    refused(
        again("bad.csv", "w,depth,kind\n1,2,oak\n"),
        &["bad.csv: columns: expected w, h among them, found w, depth, kind"],
    );
    refused(again("bad.csv", "w,h\n1,2\n"), &["bad.csv: columns: expected the target \"kind\""]);
    // Without a target, only inputs can be read; what else is in the file does not matter.
    let inputs = |name: &str, text: &str| -> Result<ndarray::Array2<f64>> {
        read_csv_inputs(&write(&folder, name, text), set.schema(), &defaults, &mut |_| ())
    };
    assert_eq!(inputs("new.csv", "h,w\n2,1\n").unwrap(), array![[1.0, 2.0]]);
    assert_eq!(inputs("new.csv", "h,w,kind\n2,1,fir\n").unwrap(), array![[1.0, 2.0]]);
    // Data of other origin are arranged by the names of their classes too.
    let letters = |classes: [&str; 2]| {
        let targets = Targets::Classes { labels: vec![0, 1, 1], classes: 2 };
        let set = Dataset::new("letters", vec![1], array![[1.0], [2.0], [3.0]], targets).unwrap();
        set.described(Schema::of_classes(classes)).unwrap()
    };
    let arranged = letters(["b", "a"]).arranged_as(letters(["a", "b"]).schema()).unwrap();
    assert_eq!(arranged.labels().unwrap(), [1, 0, 0]);
    refused(
        letters(["a", "c"]).arranged_as(letters(["a", "b"]).schema()),
        &["letters: classes: expected among a, b, found a, c"],
    );
    // Whole numbers are the same class however they are written.
    let numbered = plain("1,0\n2,1.0\n3,2\n").unwrap();
    assert_eq!(numbered.schema().classes, ["0", "1", "2"]);
}

#[test]
fn a_file_without_a_header_goes_by_numbers() {
    let folder = TempDir::new().unwrap();
    let first = CsvOptions { label: LabelColumn::First, ..CsvOptions::default() };
    let old = write(&folder, "old.csv", "a,1,2\nb,3,4\n");
    let set: Dataset<f64> = read_csv(&old, &first).unwrap();
    assert_eq!((names(&set), set.schema().target.as_str()), (vec!["2".into(), "3".into()], "1"));
    let new = write(&folder, "new.csv", "b,5,6\n");
    let other: Dataset<f64> = read_csv_as(&new, set.schema(), &first, &mut |_| ()).unwrap();
    assert_eq!((other.inputs(), other.labels().unwrap()), (&array![[5.0, 6.0]], [1].as_slice()));
    // A file of the features alone, whose columns have other numbers then.
    let bare = write(&folder, "bare.csv", "5,6\n");
    let inputs: ndarray::Array2<f64> =
        read_csv_inputs(&bare, set.schema(), &first, &mut |_| ()).unwrap();
    assert_eq!(inputs, array![[5.0, 6.0]]);
}

#[test]
fn a_test_file_is_read_by_the_names_of_the_training_file() {
    let folder = TempDir::new().unwrap();
    let train = write(&folder, "train.csv", "x,y,label\n1,2,c\n2,3,a\n");
    let test = write(&folder, "test.csv", "label,y,id,x\nb,4,17,3\nc,5,18,4\n");
    let split: Split<f64> = read_csv_split(&train, &test, &CsvOptions::default()).unwrap();
    assert_eq!(split.test.inputs(), array![[3.0, 4.0], [4.0, 5.0]]);
    assert_eq!(
        (classes(&split.test), split.train.schema()),
        (vec!["b".into(), "c".into()], split.test.schema())
    );
}

// --- separators, decimal marks, headers ---

#[test]
fn separators_and_decimal_marks_are_found() {
    let inputs = array![[1.5, 2.0], [-2.5, 30.0]];
    for text in [
        "1,5;2;a\n-2,5;3e1;b\n",
        "1.5\t2\ta\n-2.5\t30\tb\n",
        "1.5|2|a\n-2.5|30|b\n",
        "1.5, 2, a\n-2.5, 30, b\n",
        "\"1,5\",2,a\n\"-2,5\",30,b\n",
        "x;y;k\n1,5;2;a\n-2,5;30;b\n",
    ] {
        let set = plain(text).unwrap();
        assert_eq!(
            (set.inputs(), classes(&set)),
            (&inputs, vec!["a".into(), "b".into()]),
            "{text}"
        );
    }
    // The same by words, also where they could not be found.
    let set: Dataset<f64> =
        read("1 2 a\n3 4 b\n", &CsvOptions { separator: Some(' '), ..CsvOptions::default() })
            .unwrap();
    assert_eq!(set.inputs(), array![[1.0, 2.0], [3.0, 4.0]]);
    refused(
        plain("1,5;2;a\n2.5;3;b\n"),
        &[
            "decimal mark: expected one of comma and point",
            "found \"1,5\" in line 1 and \"2.5\" in line 2",
        ],
    );
    refused(
        plain("1,5;2;a\n1.234,5;3;b\n"),
        &["line 2, column 1: expected a finite number, found \"1.234,5\""],
    );
    refused(
        read::<f64>("1,2,a\n", &CsvOptions { separator: Some('–'), ..CsvOptions::default() }),
        &["separator: expected one ASCII character, such as ; or a tab, found '–'"],
    );
    refused(plain("\u{FFFE}x"), &["expected"]);
    let folder = TempDir::new().unwrap();
    let wide = folder.path().join("wide.csv");
    std::fs::write(&wide, b"\xFF\xFE1\0,\x002\0").unwrap();
    refused(
        read_csv::<f64>(&wide, &CsvOptions::default()),
        &["text: expected UTF-8, found UTF-16"],
    );
    // It says what it found.
    let file = write(&folder, "s.csv", &"1,5;a\n2,5;b\n".repeat(5));
    let said = notes(&file, CsvOptions::default());
    assert!(said[0].ends_with("s.csv: cells are separated by ';'"), "{said:?}");
    assert!(said[1].ends_with("numbers have a decimal comma"), "{said:?}");
    assert!(said[2].ends_with("target column 2: 2 classes, a, b"), "{said:?}");
}

#[test]
fn texts_in_every_line_are_no_header_by_themselves() {
    let one_hot =
        |header| CsvOptions { one_hot: vec!["1".into()], header, ..CsvOptions::default() };
    let text = "red,a\nblue,b\nred,b\n";
    refused(
        read::<f64>(text, &one_hot(Header::Auto)),
        &["line 1: expected a feature that is a number below it, or header = yes or no"],
    );
    assert_eq!(read::<f64>(text, &one_hot(Header::No)).unwrap().len(), 3);
    assert_eq!(read::<f64>(text, &one_hot(Header::Yes)).unwrap().len(), 2);
}

// --- columns ---

/// Ten and more rows with a column in front.
fn counted(header: &str, count: impl Fn(usize) -> usize) -> String {
    let mut text = format!("{header}\n");
    for row in 0..12 {
        let kind = if row < 6 { "a" } else { "b" };
        writeln!(text, "{},{},{},{kind}", count(row), row * row % 7, row % 5).unwrap();
    }
    text
}

#[test]
fn a_column_that_counts_the_rows_is_no_feature() {
    let folder = TempDir::new().unwrap();
    for (header, count) in [
        (",x,y,label", (|row| row) as fn(usize) -> usize),
        ("Unnamed: 0,x,y,label", |row| row + 1),
        ("id,x,y,label", |row| 100 + (row * 5) % 12), // in whatever order
    ] {
        let file = write(&folder, "t.csv", &counted(header, count));
        let set: Dataset<f64> = read_csv(&file, &CsvOptions::default()).unwrap();
        assert_eq!(names(&set), ["x", "y"], "{header}");
        let said = notes(&file, CsvOptions::default());
        assert!(
            said[0].contains("column 1") && said[0].ends_with("counts the rows and is left out")
        );
    }
    let time = counted("time,x,y,label", |row| row);
    refused(
        plain(&time),
        &[
            "\"time\" (column 1): expected a feature; drop leaves the column out, and columns keeps it",
        ],
    );
    let lines = time.lines().skip(1).collect::<Vec<_>>().join("\n");
    refused(plain(&lines), &["column 1: expected a feature", "found numbers that count the rows"]);
    let with = |columns: &[&str], drop: &[&str]| {
        let list = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let options =
            CsvOptions { columns: list(columns), drop: list(drop), ..CsvOptions::default() };
        read::<f64>(&time, &options)
    };
    assert_eq!(names(&with(&["time", "x"], &[]).unwrap()), ["time", "x"]);
    assert_eq!(names(&with(&[], &["time", "2"]).unwrap()), ["y"]);
    assert_eq!(names(&with(&["y", "x"], &[]).unwrap()), ["y", "x"]);
    refused(
        with(&["z"], &[]),
        &["header, columns: expected a column \"z\", found time, x, y, label"],
    );
    refused(with(&[], &["label"]), &["drop: expected columns beside the target, found label"]);
    refused(with(&["x", "x"], &[]), &["columns: expected different columns, found x twice"]);
    refused(with(&["x"], &["x"]), &["features: expected at least 1 column, found none"]);
    // Numbers that do not count every row are a feature.
    let set = plain(&counted("time,x,y,label", |row| row.max(1))).unwrap();
    assert_eq!(names(&set), ["time", "x", "y"]);
}

#[test]
fn the_target_may_be_named_or_numbered() {
    for label in ["b", "2"] {
        let label = LabelColumn::Name(label.into());
        let options = CsvOptions { label, kind: TargetKind::Values, ..CsvOptions::default() };
        let set: Dataset<f64> = read("a,b,c\n1,2,3\n4,5,6\n", &options).unwrap();
        assert_eq!(set.inputs(), array![[1.0, 3.0], [4.0, 6.0]]);
        assert_eq!((set.schema().target.as_str(), set.schema().output(0)), ("b", "b".into()));
    }
}

#[test]
fn texts_become_a_feature_each_where_asked_for() {
    let text = "color,size,kind\nred,1,a\nblue,2,b\n?,3,b\nred,4,a\n";
    let refusal = "line 2, column 1 (color): expected a finite number, found \"red\"; one-hot makes features of texts";
    refused(plain(text), &[refusal]);
    let options =
        |missing| CsvOptions { one_hot: vec!["color".into()], missing, ..CsvOptions::default() };
    refused(
        read::<f64>(text, &options(Missing::Refuse)),
        &[
            "line 4, column 1 (color): expected a text, found \"?\"; missing = drop, mean or median allows it",
        ],
    );
    let set: Dataset<f64> = read(text, &options(Missing::Drop)).unwrap();
    assert_eq!(names(&set), ["color=blue", "color=red", "size"]);
    assert_eq!(set.inputs(), array![[0.0, 1.0, 1.0], [1.0, 0.0, 2.0], [0.0, 1.0, 4.0]]);
    // The mean of a feature that is 0 or 1 is how often it is 1.
    let set: Dataset<f64> = read(text, &options(Missing::Mean)).unwrap();
    assert!((set.inputs()[[2, 0]] - 1.0 / 3.0).abs() < 1e-15);
    let folder = TempDir::new().unwrap();
    let new = write(&folder, "new.csv", "color,size\ngreen,1\n");
    refused(
        read_csv_inputs::<f64>(&new, set.schema(), &CsvOptions::default(), &mut |_| ()),
        &["new.csv: line 2, column 1 (color): expected one of blue, red, found \"green\""],
    );
}

// --- missing values ---

fn missing_values<T: Scalar>() {
    let mut text = "x,y,kind\n".to_owned();
    for row in 0..20 {
        let x =
            if row % 5 == 0 { ["", "NA", "?", "NaN"][row / 5].to_owned() } else { row.to_string() };
        writeln!(text, "{x},{},{}", row % 3, ["a", "b"][row % 2]).unwrap();
    }
    refused(
        read::<T>(&text, &CsvOptions::default()),
        &[
            "line 2, column 1 (x): expected a finite number, found an empty cell; missing = drop, mean or median",
        ],
    );
    let with = |missing| CsvOptions { missing, ..CsvOptions::default() };
    let set: Dataset<T> = read(&text, &with(Missing::Drop)).unwrap();
    assert_eq!(set.len(), 16);
    // Of a file whose test part is held out, the mean and the median are of the training part alone.
    let folder = TempDir::new().unwrap();
    let file = write(&folder, "t.csv", &text);
    for missing in [Missing::Mean, Missing::Median] {
        let source = Source::Csv {
            train: file.clone(),
            validation: None,
            test: None,
            options: with(missing),
        };
        let Split { train, test } = source.load::<T>().unwrap();
        assert_eq!((train.len(), test.len()), (16, 4));
        let stand_in = train.schema().features[0].missing.unwrap();
        let known = |set: &Dataset<T>| -> Vec<f64> {
            let column = set.inputs().column(0);
            column.iter().map(|x| x.double()).filter(|&x| x != T::of(stand_in).double()).collect()
        };
        let mut own = known(&train);
        own.sort_by(f64::total_cmp);
        let expected = match missing {
            Missing::Mean => own.iter().sum::<f64>() / own.len() as f64,
            _ => (own[(own.len() - 1) / 2] + own[own.len() / 2]) / 2.0,
        };
        assert!((stand_in - expected).abs() < 1e-12, "{missing:?}: {stand_in} {expected}");
        assert_eq!(train.schema(), test.schema());
        assert!(own.len() + known(&test).len() <= 16);
        // Another file has the same stand-in, though nothing is said.
        let new = write(&folder, "new.csv", "x,y\n,1\n");
        let inputs =
            read_csv_inputs::<T>(&new, train.schema(), &CsvOptions::default(), &mut |_| ())
                .unwrap();
        assert_eq!(inputs[[0, 0]], T::of(stand_in));
    }
    let label = "x,kind\n1,a\n2,\n";
    refused(
        read::<T>(label, &with(Missing::Mean)),
        &[
            "line 3, column 2 (kind): expected a label, found an empty cell; missing = drop leaves the row out",
        ],
    );
    assert_eq!(read::<T>(label, &with(Missing::Drop)).unwrap().len(), 1);
    refused(
        read::<T>("x,y,kind\n,1,a\n,2,b\n", &with(Missing::Mean)),
        &["column x: expected a number in the training part, found none"],
    );
    refused(
        read::<T>("x,y,kind\n,1,a\n,2,b\n", &with(Missing::Drop)),
        &["rows without missing values: expected at least 1, found none"],
    );
}

#[test]
fn missing_values_are_refused_dropped_or_filled_in_both_precisions() {
    missing_values::<f32>();
    missing_values::<f64>();
}

// --- the kind of the target ---

#[test]
fn the_kind_of_the_target_follows_from_what_is_in_it() {
    let table = |labels: &mut dyn Iterator<Item = String>| -> String {
        labels.enumerate().map(|(row, label)| format!("{},{label}\n", row % 7)).collect()
    };
    let kind =
        |text: &str| plain(text).map(|set| (set.schema().classes.len(), set.targets().width()));
    // 200 different numbers are values, and so are numbers with a fraction.
    assert_eq!(kind(&table(&mut (0..400).map(|row| (row % 200).to_string()))).unwrap(), (0, 1));
    assert_eq!(kind(&table(&mut (0..40).map(|row| format!("{}.5", row % 2)))).unwrap(), (0, 1));
    assert_eq!(kind(&table(&mut (0..15).map(|row| (row * row).to_string()))).unwrap(), (0, 1));
    // Few whole numbers, or more of them with many rows each, are classes.
    assert_eq!(kind(&table(&mut (0..15).map(|row| (row % 10).to_string()))).unwrap(), (10, 10));
    assert_eq!(
        kind(&table(&mut (0..260).map(|row| (1 + row % 26).to_string()))).unwrap(),
        (26, 26)
    );
    // Texts are classes, but not names that nobody shares.
    assert_eq!(kind(&table(&mut (0..60).map(|row| format!("k{}", row % 30)))).unwrap(), (30, 30));
    let people = table(&mut (0..50).map(|row| format!("name{}", row % 40)));
    refused(
        plain(&people),
        &[
            "target column 2: expected labels that recur, or numbers",
            "found 40 different texts in 50 rows",
        ],
    );
    // Whoever insists gets it.
    let insists =
        |text: &str, kind| read::<f64>(text, &CsvOptions { kind, ..CsvOptions::default() });
    assert_eq!(insists(&people, TargetKind::Classes).unwrap().schema().classes.len(), 40);
    let squares = table(&mut (0..15).map(|row| (row * row).to_string()));
    assert_eq!(insists(&squares, TargetKind::Classes).unwrap().schema().classes.len(), 15);
    let digits = table(&mut (0..30).map(|row| (row % 10).to_string()));
    assert_eq!(insists(&digits, TargetKind::Values).unwrap().targets().width(), 1);
    // It says what it decided.
    let folder = TempDir::new().unwrap();
    let said = notes(&write(&folder, "t.csv", &squares), CsvOptions::default());
    assert!(
        said[0]
            .ends_with("target column 2: values, 15 different numbers in 15 rows (or say classes)")
    );
}

/// A number counts the columns of the file it was said of; another file is looked at by the name that it had there.
#[test]
fn a_target_that_was_numbered_is_found_by_its_name_elsewhere() {
    let folder = TempDir::new().unwrap();
    let label = LabelColumn::Name("1".into());
    let options = CsvOptions { label, kind: TargetKind::Values, ..CsvOptions::default() };
    let train = write(&folder, "train.csv", "price,w,h\n10,1,2\n20,3,4\n");
    let test = write(&folder, "test.csv", "w,h,price\n5,6,30\n");
    let split: Split<f64> = read_csv_split(&train, &test, &options).unwrap();
    assert_eq!(split.test.targets(), &Targets::Values(array![[30.0]]));
    let misspelt = CsvOptions { label: LabelColumn::Name("prize".into()), ..options };
    refused(
        read_csv_as::<f64>(&test, split.train.schema(), &misspelt, &mut |_| ()),
        &["test.csv: header, target column: expected a column \"prize\", found w, h, price"],
    );
}

/// Whoever says that the decimal mark is a comma does not mean the point, and the other way round.
#[test]
fn the_other_decimal_mark_is_no_number() {
    for (decimal, text) in [(Decimal::Comma, "1.234;0,5;a\n"), (Decimal::Point, "1,234;0.5;a\n")] {
        let options = CsvOptions { decimal, header: Header::No, ..CsvOptions::default() };
        refused(read::<f64>(text, &options), &["line 1, column 1: expected a finite number"]);
    }
}

/// No row of those to predict is left out, and what nothing was learned for is refused.
#[test]
fn rows_to_predict_keep_their_places() {
    let folder = TempDir::new().unwrap();
    let set = plain("x,y,k\n1,2,a\n3,4,b\n").unwrap();
    let new = write(&folder, "new.csv", "x,y,k\n1,2,a\n,4,b\n5,6,a\n");
    for missing in [Missing::Refuse, Missing::Drop, Missing::Mean] {
        let options = CsvOptions { missing, ..CsvOptions::default() };
        refused(
            read_csv_inputs::<f64>(&new, set.schema(), &options, &mut |_| ()),
            &["new.csv: line 3, column 1 (x): expected a finite number, found an empty cell"],
        );
    }
    let mut said = Vec::new();
    let drop = CsvOptions { missing: Missing::Drop, ..CsvOptions::default() };
    let note = &mut |line: &str| said.push(line.to_owned());
    assert_eq!(read_csv_as::<f64>(&new, set.schema(), &drop, note).unwrap().len(), 2);
    assert!(said[0].ends_with("1 of 3 rows have missing values and are left out"), "{said:?}");
}

/// A class all of whose rows are left out is none, nor is a text, and what is said is of the others.
#[test]
fn classes_are_of_the_rows_that_stay() {
    let options = CsvOptions { missing: Missing::Drop, ..CsvOptions::default() };
    let one_hot = CsvOptions { one_hot: vec!["color".into()], ..options.clone() };
    let text = "color,x,k\nred,1,a\nblue,,b\nred,3,a\n";
    assert_eq!(names(&read(text, &one_hot).unwrap()), ["color=red", "x"]);
    let folder = TempDir::new().unwrap();
    let file = write(&folder, "t.csv", "x,k\n1,a\n,b\n3,a\n4,a\n5,a\n");
    let said = notes(&file, options.clone());
    assert!(said[0].ends_with("1 of 5 rows have missing values and are left out"), "{said:?}");
    assert!(said[1].ends_with("1 class, a"), "{said:?}");
    let set: Dataset<f64> = read("x,y,k\n1,2,a\n,3,b\n4,5,c\n", &options).unwrap();
    assert_eq!(
        (set.schema().classes.as_slice(), set.labels().unwrap()),
        (&["a".into(), "c".into()][..], &[0, 1][..])
    );
}

/// Texts that are the same whole number are the same text, as with labels.
#[test]
fn numbers_become_a_feature_each_however_they_are_written() {
    let options = CsvOptions { one_hot: vec!["rooms".into()], ..CsvOptions::default() };
    let set: Dataset<f64> = read("rooms,x,k\n1.0,5,a\n2,6,b\n1,7,a\n", &options).unwrap();
    assert_eq!(names(&set), ["rooms=1", "rooms=2", "x"]);
    assert_eq!(set.inputs(), array![[1.0, 0.0, 5.0], [0.0, 1.0, 6.0], [1.0, 0.0, 7.0]]);
}

/// Nothing can stand for a missing target or a missing group.
#[test]
fn a_missing_value_or_group_is_refused_in_words_that_help() {
    let values =
        CsvOptions { kind: TargetKind::Values, missing: Missing::Mean, ..CsvOptions::default() };
    refused(
        read::<f64>("x,y\n1,2\n2,\n", &values),
        &[
            "line 3, column 2 (y): expected a finite number, found an empty cell; missing = drop leaves the row out",
        ],
    );
    let groups = CsvOptions { group: Some("p".into()), ..CsvOptions::default() };
    let text = "x,p,k\n1,a,u\n2,,v\n3,b,u\n";
    refused(
        read::<f64>(text, &groups),
        &["line 3, column 2 (p): expected a group, found an empty cell"],
    );
    let drop = CsvOptions { missing: Missing::Drop, ..groups };
    assert_eq!(read::<f64>(text, &drop).unwrap().dealing(), &Dealing::Groups(vec![0, 1]));
}

/// Without the feature; with it, `parquet.rs` has the tests.
#[cfg(not(feature = "parquet"))]
#[test]
fn a_parquet_file_is_refused_by_the_feature() {
    let found = plain("PAR1").unwrap_err().to_string();
    let expected =
        "CSV, or a program whose switchnet has the feature parquet, found a Parquet file";
    assert!(found.ends_with(&format!("data.csv: table: expected {expected}")), "{found}");
}

#[test]
fn an_arrow_file_is_called_one() {
    let found = plain("ARROW1\0\0").unwrap_err().to_string();
    assert!(found.ends_with("table: expected CSV or Parquet, found an Arrow file"), "{found}");
}

/// `1` and `1.` are one class, beside a class that is no number too.
#[test]
fn a_number_is_one_class_however_it_is_written() {
    let set = plain("x,label\n1,1.0el\n2,1.\n3,1\n4,1e0\n5,01\n6,1.5\n").unwrap();
    assert_eq!(set.schema().classes, ["1", "1.0el", "1.5"]);
    assert_eq!(set.labels().unwrap(), [1, 0, 0, 0, 0, 2]);
}

/// `1,366` may be either; where cells are separated by semicolons it is a decimal comma, and `0,125` is no thousand.
#[test]
fn thousands_are_no_decimal_numbers() {
    let table = |cells: [&str; 2], separator: &str| {
        let mut text = format!("x{separator}label\n");
        for (row, cell) in cells.iter().cycle().take(6).enumerate() {
            writeln!(text, "\"{cell}\"{separator}{}", ["a", "b"][row / 3]).unwrap();
        }
        text
    };
    let said = plain(&table(["1,366", "822"], ",")).unwrap_err().to_string();
    assert!(said.contains("a comma may set off thousands"), "{said}");
    let first = |text: &str| plain(text).unwrap().inputs()[[0, 0]];
    assert_eq!(first(&table(["1,366", "822"], ";")), 1.366);
    assert_eq!(first(&table(["0,125", "1,366"], ",")), 0.125);
    let comma = CsvOptions { decimal: Decimal::Comma, ..CsvOptions::default() };
    assert_eq!(read::<f64>(&table(["1,366", "822"], ","), &comma).unwrap().inputs()[[0, 0]], 1.366);
}

//! From a table of one's own to scores, predictions and weights, by names.

use crate::place::Place;
use std::fmt::Write;

/// Plants of three kinds whose width and height say which.
fn plants(rows: usize, shift: usize) -> String {
    let mut text = "width;height;kind\n".to_owned();
    for row in 0..rows {
        let kind = (row + shift) % 3;
        let (width, height) = (kind as f64 + (row % 4) as f64 / 10.0, 5.0 - kind as f64);
        let mark = |x: f64| format!("{x:.1}").replace('.', ",");
        writeln!(text, "{};{};{}", mark(width), mark(height), ["ash", "elm", "oak"][kind]).unwrap();
    }
    text
}

fn trained() -> Place {
    let place = Place::new();
    place.write("plants.csv", plants(60, 0));
    place.succeeds("train --data plants.csv --net mlp --hidden 8 --epochs 30 --batch 8 --seed 1");
    place
}

/// The cells of a CSV file, which has no quotes.
fn cells(text: &str) -> Vec<Vec<String>> {
    text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

#[test]
fn another_file_is_evaluated_whole_and_by_names() {
    let place = trained();
    assert!(place.succeeds("evaluate out/net.safetensors").contains("train: 48 rows"));
    // Other order of columns and of rows, so of classes; one of them missing; a column more.
    let mut text = "kind,id,height,width\n".to_owned();
    for (i, line) in plants(31, 2).lines().skip(1).filter(|line| !line.ends_with("ash")).enumerate()
    {
        let line = line.replace(',', ".");
        let [width, height, kind] = line.split(';').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        writeln!(text, "{kind},{i},{height},{width}").unwrap();
    }
    place.write("new.csv", &text);
    let out = place.succeeds("evaluate out/net.safetensors --data new.csv");
    assert!(out.contains("all: 21 rows"), "{out}");
    assert!(out.contains("accuracy 100.00 %"), "{out}");
    assert!(!out.contains("train:"), "{out}");
    place.write("fir.csv", text.replace("oak", "fir"));
    place.fails(
        "evaluate out/net.safetensors --data fir.csv",
        &["fir.csv: classes: expected among ash, elm, oak, found elm, fir"],
    );
    // What is said about one input has the names, and rows are those of the file.
    let out = place.succeeds("inspect out/net.safetensors --data new.csv --index 0");
    assert!(out.starts_with("row 0 of new: class "), "{out}");
    let kind = text.lines().nth(1).unwrap().split(',').next().unwrap();
    assert!(out.contains(&format!("class {kind} with probability")), "{out}");
    assert!(out.contains(&format!("(labeled {kind})")), "{out}");
}

/// Of rows that count and classes that do: what is trained depends on both, and the checkpoint knows them.
#[test]
fn rows_and_classes_have_weights() {
    let place = Place::new();
    let weighed = |(row, line): (usize, &str)| match row {
        0 => format!("{line};w\n"),
        _ => format!("{line};{}\n", row % 3),
    };
    place.write("plants.csv", plants(60, 0).lines().enumerate().map(weighed).collect::<String>());
    let train = "train --data plants.csv --label kind --weight w --net mlp --hidden 4 --epochs 2";
    // What is said of the file comes before the message.
    let fails = |arguments: &str, message: &str| {
        let outcome = place.run(arguments);
        assert!(outcome.code != Some(0) && outcome.err.contains(message), "{}", outcome.err);
    };
    place.succeeds(&format!("{train} --class-weights balanced"));
    place.succeeds(&format!("{train} --class-weights balanced --resume"));
    fails(&format!("{train} --class-weights 1,2,3 --resume"), "training.class-weights: expected");
    let dropped = train.replace("--weight", "--drop");
    fails(&format!("{dropped} --class-weights balanced --resume"), "metadata.data.options");
    for (weights, message) in [
        ("1,2", "class weights: expected 3, one for each class, found 2"),
        ("1,-2,1", "class weight: expected a number not below 0, found -2"),
        ("NaN,1,1", "class weight: expected a number not below 0, found NaN"),
        ("0,0,0", "expected a number above 0 that fits them, found 0"),
        ("even", "expected balanced or numbers, such as 1,5"),
    ] {
        fails(&format!("{train} --class-weights {weights}"), message);
    }
    place.succeeds("evaluate out/net.safetensors");
    // What is only evaluated may weigh anything: all its rows are looked at.
    let odd = |(row, line): (usize, &str)| match row {
        0 => format!("{line};w\n"),
        _ => format!("{line};{}\n", ["", "-1", "2"][row % 3]),
    };
    place.write("odd.csv", plants(60, 0).lines().enumerate().map(odd).collect::<String>());
    for missing in ["refuse", "drop"] {
        let outcome = place.run(&format!(
            "evaluate out/net.safetensors --data odd.csv --missing {missing} --weight w"
        ));
        assert!(outcome.code == Some(0) && outcome.out.contains("60 rows"), "{}", outcome.out);
        assert!(!outcome.err.contains("left out"), "{}", outcome.err);
    }
    place.write("new.csv", "width,height\n0.1,5\n");
    place.succeeds("predict out/net.safetensors --data new.csv");
}

#[test]
fn new_rows_are_predicted_with_probabilities_and_weights() {
    let place = trained();
    place.write("new.csv", "height,width\n5,0.1\n3,2.2\n");
    place.succeeds("predict out/net.safetensors --data new.csv --out p.csv --maps w.csv");
    let predictions = cells(&place.read("p.csv"));
    assert_eq!(predictions[0], ["row", "class", "p(ash)", "p(elm)", "p(oak)"]);
    assert_eq!((predictions[1][1].as_str(), predictions[2][1].as_str()), ("ash", "oak"));
    for line in &predictions[1..] {
        let sum: f64 = line[2..].iter().map(|p| p.parse::<f64>().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-12, "{line:?}");
    }
    // The output is one weighted sum of the columns of the file, in their own units.
    let weights = cells(&place.read("w.csv"));
    assert_eq!(weights[0], ["row", "output", "constant", "width", "height"]);
    let number = |cell: &str| cell.parse::<f64>().unwrap();
    for (line, (class, width, height)) in
        weights[1..].iter().zip([("ash", 0.1, 5.0), ("oak", 2.2, 3.0)])
    {
        assert_eq!(line[1], class);
        let y = number(&line[2]) + number(&line[3]) * width + number(&line[4]) * height;
        place.write("one.csv", format!("width,height,kind\n{width},{height},{class}\n"));
        let out = place.succeeds("inspect out/net.safetensors --data one.csv --index 0");
        let row = out.lines().find(|line| line.trim_start().starts_with(class)).unwrap();
        let shown = number(row.split_whitespace().nth(1).unwrap());
        assert!((shown - y).abs() < 1e-4, "{shown} {y}"); // it is shown with four digits
    }
    place.fails("predict out/net.safetensors", &["--data: expected the rows to predict"]);
    for (arguments, message) in [
        ("--out new.csv", "--out: expected a file of its own"),
        ("--out p.csv --maps ./p.csv", "--maps: expected a file of its own"),
        ("--out q.csv --maps ./out/../q.csv", "--maps: expected a file of its own"),
        ("--out out/net.safetensors", "--out: expected a file of its own"),
        ("--standardize none", "--standardize: expected without a checkpoint"),
        ("--test-data plants.csv", "--test-data: expected all rows to predict in --data"),
    ] {
        place.fails(&format!("predict out/net.safetensors --data new.csv {arguments}"), &[message]);
    }
    assert_eq!(place.read("new.csv"), "height,width\n5,0.1\n3,2.2\n");
    place.write("odd.csv", "height\n5\n");
    place.fails(
        "predict out/net.safetensors --data odd.csv",
        &["odd.csv: columns: expected width, height among them, found height"],
    );
}

/// Values are predicted in their own units, and their errors are said in these.
#[test]
fn values_are_in_their_own_units() {
    let place = Place::new();
    let mut text = "a,b,price\n".to_owned();
    for i in 0..80 {
        let (a, b) = (i * 7 % 13, i * 5 % 11);
        writeln!(text, "{a},{b},{}", 1000 + 10 * a - 20 * b).unwrap();
    }
    place.write("prices.csv", &text);
    let out =
        place.succeeds("train --data prices.csv --net mlp --hidden 16 --epochs 100 --batch 8");
    let test = out.lines().find(|line| line.trim_start().starts_with("test:")).unwrap();
    let rmse: f64 = test.split("RMSE ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    assert!(rmse < 20.0, "{test}"); // the deviation of the prices is 74
    assert!(test.contains("R² 0.9"), "{test}");
    place.write("new.csv", "b,a\n0,0\n10,12\n");
    place.succeeds("predict out/net.safetensors --data new.csv --out p.csv");
    let predictions = cells(&place.read("p.csv"));
    assert_eq!(predictions[0], ["row", "price"]);
    for (line, price) in predictions[1..].iter().zip([1000.0, 920.0]) {
        let found: f64 = line[1].parse().unwrap();
        assert!((found - price).abs() < 60.0, "{found} {price}");
    }
    let out = place.succeeds("inspect out/net.safetensors --index 0");
    assert!(out.contains("price = ") && !out.contains("class"), "{out}");
    // Values that are not standardized are values all the same.
    place.succeeds("train --data prices.csv --net mlp --hidden 4 --epochs 1 --standardize none --out raw.safetensors");
    place.succeeds("predict raw.safetensors --data new.csv --out p.csv");
    assert_eq!(cells(&place.read("p.csv"))[0], ["row", "price"]);
    assert!(place.succeeds("inspect raw.safetensors --index 0").contains("price = "));
}

/// What is no probability is not called one.
#[test]
fn outputs_of_a_squared_error_are_as_they_are() {
    let place = Place::new();
    place.write("plants.csv", plants(60, 0));
    place.succeeds("train --data plants.csv --net mlp --hidden 8 --epochs 5 --loss squared-error");
    place.succeeds("predict out/net.safetensors --data plants.csv --out p.csv");
    assert_eq!(cells(&place.read("p.csv"))[0], ["row", "class", "y(ash)", "y(elm)", "y(oak)"]);
    let out = place.succeeds("inspect out/net.safetensors --index 0");
    assert!(out.contains(": class ") && !out.contains("probability"), "{out}");
    let outcome = place.run("train --data plants.csv --validation-data plants.csv --validation 0");
    let last = outcome.err.lines().last().unwrap(); // behind what is said of the file
    assert_eq!(outcome.code, Some(1));
    assert!(last.starts_with("error: --validation-data: expected a part to choose by"), "{last}");
}

/// What is read by the names of a checkpoint is not read otherwise, and nothing is said in vain.
#[test]
fn options_that_contradict_a_checkpoint_are_refused() {
    let place = trained();
    place.write("new.csv", "kind,width,height\nash,0.1,5\noak,2.2,3\n");
    place.write("gap.csv", "kind,width,height\nash,0.1,5\noak,,3\n");
    let looks = ["evaluate", "predict", "inspect --index 0"];
    for (option, flag) in [
        ("--columns width", "--columns"),
        ("--drop width", "--drop"),
        ("--group width", "--group"),
        ("--weight width", "--weight"),
        ("--one-hot width", "--one-hot"),
        ("--values", "--values"),
        ("--label first", "--label"),
        ("--label 1", "--label"),
        ("--missing median", "--missing"),
    ] {
        let said = format!("error: {flag}: expected as the checkpoint says itself");
        for look in looks {
            place.fails(&format!("{look} out/net.safetensors --data new.csv {option}"), &[&said]);
        }
    }
    let all = "--classes --label kind --missing refuse --header yes --separator , --decimal point";
    for look in looks {
        place.succeeds(&format!("{look} out/net.safetensors --data new.csv {all}"));
    }
    // Rows may be left out of those to evaluate; those to predict keep their places.
    let out = place.succeeds("evaluate out/net.safetensors --data gap.csv --missing drop");
    assert!(out.contains("all: 1 rows"), "{out}");
    for file in ["gap", "new"] {
        place.fails(
            &format!("predict out/net.safetensors --data {file}.csv --missing drop"),
            &["--missing: expected no rows left out of those to predict, found drop"],
        );
    }
    // What was filled in is filled in.
    let median = "--missing median";
    place.write("plants.csv", plants(60, 0) + ";3,0;elm\n");
    place.succeeds(&format!("train --data plants.csv {median} --net mlp --hidden 4 --epochs 1"));
    place.succeeds(&format!("evaluate out/net.safetensors --data gap.csv {median}"));
    for other in ["mean", "refuse"] {
        place.fails(
            &format!("evaluate out/net.safetensors --data gap.csv --missing {other}"),
            &["--missing: expected as the checkpoint says itself"],
        );
    }
}

/// How many values were made up, and how.
#[test]
fn values_that_are_filled_in_are_counted() {
    let place = Place::new();
    place.write("plants.csv", plants(60, 0) + ";3,0;elm\n;;ash\n");
    place.write("new.csv", "width,height,kind\n1,3,elm\n,3,elm\n");
    for (missing, rule) in [("mean", "means"), ("median", "medians")] {
        let said = |arguments: &str, counted: &str| {
            let outcome = place.run(arguments);
            let line = format!("{counted} filled in with the {rule} of the training rows\n");
            assert!(outcome.code == Some(0) && outcome.err.contains(&line), "{}", outcome.err);
        };
        let train =
            format!("train --data plants.csv --missing {missing} --net mlp --hidden 4 --epochs 1");
        said(&train, "plants.csv: 3 missing values in 2 columns");
        said("evaluate out/net.safetensors --data new.csv", "new.csv: 1 missing value in 1 column");
        said("predict out/net.safetensors --data new.csv", "new.csv: 1 missing value in 1 column");
    }
}

/// The net has an output for each.
#[test]
fn classes_that_are_said_are_those_of_all_files() {
    let place = Place::new();
    place.write("some.csv", plants(60, 0).replace("oak", "elm"));
    place.write("plants.csv", plants(30, 0));
    let train = "train --data some.csv --net mlp --hidden 4 --epochs 1";
    let outcome = place.run(&format!("{train} --test-data plants.csv"));
    let said = "3 classes, ash, elm, oak (of all files; 2 in this one)\n";
    assert!(outcome.err.contains(said), "{}", outcome.err);
    assert!(place.run(train).err.contains("2 classes, ash, elm\n"));
}

#[test]
fn options_of_tables_are_refused_with_other_data_and_named() {
    let place = Place::new();
    for option in [
        "--drop x",
        "--columns x",
        "--one-hot x",
        "--missing mean",
        "--header yes",
        "--separator ;",
        "--classes",
    ] {
        let flag = option.split(' ').next().unwrap();
        place.fails(&format!("train --data digits {option}"), &[flag, "expected with a CSV file"]);
    }
    place.write("t.csv", plants(30, 0));
    for (option, message) in [
        ("--missing maybe", "--missing"),
        ("--separator ab", "expected one character, or tab"),
        ("--values --classes", "--classes"),
    ] {
        let outcome = place.run(&format!("train --data t.csv {option}"));
        assert_eq!(outcome.code, Some(2), "{option}");
        assert!(outcome.err.contains(message), "{}", outcome.err);
    }
    place.fails(
        "train --data t.csv --label nothing",
        &["expected a column \"nothing\", found width, height, kind"],
    );
}

/// `SWITCHNET_DATA=… cargo test --release -p switchnet-cli -- --ignored tables`, with a folder that has `mlbench`,
/// `timeseries` and `mnist1d` in folders: tables and series as they lie there are trained with, evaluated, inspected and
/// predicted by one command each.
#[test]
#[ignore = "reads data that are not in the repository"]
fn public_tables_and_series_are_read_as_they_are() {
    let data = std::path::PathBuf::from(
        std::env::var("SWITCHNET_DATA").expect("SWITCHNET_DATA names a folder"),
    );
    let sets: [(&str, &str, &str, &str); 17] = [
        ("mlbench/DNA.csv.gz", "", "3 classes, ei, ie, n", "first"),
        ("mlbench/Ionosphere.csv.gz", "", "2 classes, bad, good", "first"),
        ("mlbench/LetterRecognition.csv.gz", "", "26 classes, A, B", "first"),
        ("mlbench/Satellite.csv.gz", "", "6 classes, cotton_crop", "first"),
        ("mlbench/Shuttle.csv.gz", "", "7 classes, Bpv.Close", "first"),
        ("mlbench/Sonar.csv.gz", "", "2 classes, M, R", "first"),
        ("mlbench/Vehicle.csv.gz", "", "4 classes, bus", "first"),
        ("mlbench/Vowel.csv.gz", "", "11 classes, hAd", "first"),
        (
            "timeseries/ACSF1_train.csv.gz",
            "timeseries/ACSF1_test.csv.gz",
            "10 classes, 0, 1",
            "first",
        ),
        (
            "timeseries/ArrowHead_train.csv.gz",
            "timeseries/ArrowHead_test.csv.gz",
            "3 classes, 0, 1, 2",
            "first",
        ),
        (
            "timeseries/BasicMotions_train.csv.gz",
            "timeseries/BasicMotions_test.csv.gz",
            "4 classes, Badminton",
            "first",
        ),
        (
            "timeseries/GunPoint_train.csv.gz",
            "timeseries/GunPoint_test.csv.gz",
            "2 classes, 1, 2",
            "first",
        ),
        (
            "timeseries/ItalyPowerDemand_train.csv.gz",
            "timeseries/ItalyPowerDemand_test.csv.gz",
            "2 classes, 1, 2",
            "first",
        ),
        (
            "timeseries/JapaneseVowels_train.csv.gz",
            "timeseries/JapaneseVowels_test.csv.gz",
            "9 classes, 1, 2",
            "first",
        ),
        (
            "timeseries/OSULeaf_train.csv.gz",
            "timeseries/OSULeaf_test.csv.gz",
            "6 classes, 1, 2",
            "first",
        ),
        (
            "timeseries/Trace_train.csv.gz",
            "timeseries/Trace_test.csv.gz",
            "4 classes, 1, 2",
            "first",
        ),
        ("mnist1d/train.csv.gz", "mnist1d/test.csv.gz", "10 classes, 0, 1", "last"),
    ];
    for (train, test, said, label) in sets {
        let place = Place::new();
        let path = |file: &str| data.join(file).display().to_string();
        let file = path(if test.is_empty() { train } else { test });
        let test =
            if test.is_empty() { String::new() } else { format!("--test-data {}", path(test)) };
        let outcome = place.run(&format!(
            "train --data {} {test} --label {label} --net thin-mlp --parameters 2000 --epochs 3",
            path(train)
        ));
        assert_eq!(outcome.code, Some(0), "{train}: {}", outcome.err);
        assert!(outcome.err.contains(said), "{train}: {}", outcome.err);
        assert!(outcome.out.contains("accuracy"), "{train}: {}", outcome.out);
        let out = place.succeeds(&format!("evaluate out/net.safetensors --data {file}"));
        assert!(out.trim_start().starts_with("all: "), "{out}");
        let out = place.succeeds(&format!("inspect out/net.safetensors --data {file} --index 1"));
        let first = said.split(", ").nth(1).unwrap();
        let names = out.lines().filter(|line| line.trim_start().starts_with(first));
        assert!(names.count() >= 1, "{train}: {out}");
        place.succeeds(&format!("predict out/net.safetensors --data {file} --out p.csv"));
        let predictions = place.read("p.csv");
        let head = predictions.lines().next().unwrap();
        assert!(head.starts_with(&format!("row,class,p({first}),")), "{train}: {head}");
    }
}

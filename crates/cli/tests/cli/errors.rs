//! What is refused, and help.

use crate::place::{PROGRAM, Place, QUICK, write_grays};
use std::ffi::OsString;
use std::process::Command;

#[test]
fn bad_arguments_get_one_clear_line() {
    let place = Place::new();
    place.write("broken.toml", "net = 'switch'\nwidht = 3\n");
    place.write("empty.toml", "");
    place.write("junk.safetensors", "no tensors here");
    place.write("nan.csv", "1,2,a\n3,nan,b\n");
    place.write("empty.csv", "");
    place.write("three.npy", "\u{93}NUMPY");
    place.fails("train --width 100", &["layer 3", "Hadamard", "96 or 112", "100"]);
    place.fails("train --width 99999999999999", &["tile", "99999999999999"]);
    place.fails("train --net mlp --width 64", &["--width", "mlp"]);
    place.fails("train --net thin-mlp", &["--parameters"]);
    place.fails("train --net thin-mlp --parameters 3", &["parameters", "3"]);
    place.fails("train --net cnn --filters 3", &["--filters", "two"]);
    place.fails("train --net nothing", &["--net", "nothing"]);
    place.fails("train --net broken.toml", &["broken.toml", "widht"]);
    place.fails("train --net cnn --data spirals", &["conv", "[channels, height, width]", "[2]"]);
    place.fails("train --learning-rate -1", &["learning rate", "positive", "-1"]);
    place.fails("train --learning-rate NaN", &["learning rate", "positive", "NaN"]);
    place.fails("train --epochs 0", &["epochs", "at least 1", "0"]);
    place.fails("train --batch 0", &["batch", "at least 1", "0"]);
    place.fails("train --validation 1", &["validation", "less than 1"]);
    place.fails("train --dropout 1.5", &["dropout", "less than 1", "1.5"]);
    place.fails("train --data nowhere", &["--data", "nowhere"]);
    place.fails("train --data .", &["train-images-idx3-ubyte"]);
    place.fails("train --data nan.csv", &["nan.csv", "line 2", "finite", "nan"]);
    place.fails("train --data empty.csv", &["empty.csv"]);
    place.fails("train --label first", &["--label", "digits"]);
    place.fails("train --out .", &["--out", "folder"]);
    place.fails("train --evolve 10 --loss squared-error --out broken.toml/x", &["broken.toml"]);
    let wrong = place.run("train --evolve 10 --out broken.toml/x");
    assert_eq!((wrong.code, wrong.out.as_str()), (Some(1), ""), "told before the training");
    place.fails("evaluate nowhere.safetensors", &["nowhere.safetensors"]);
    place.fails("evaluate junk.safetensors", &["junk.safetensors", "safetensors"]);
    place.fails("compare nowhere.toml", &["nowhere.toml"]);
    place.fails("compare empty.toml", &["empty.toml", "missing field"]);
    place.fails("summary --threads 0", &["--threads", "0"]);
    assert!(!place.path("out").exists(), "a refused command left files behind");

    place.succeeds(&format!("train {QUICK}"));
    place.fails("inspect out/net.safetensors --index 360", &["--index", "359", "360"]);
    place.fails("inspect out/net.safetensors --input empty.csv", &["empty.csv", "neither"]);
    place.fails("inspect out/net.safetensors --input nowhere.npy", &["nowhere.npy"]);
    place.fails("inspect out/net.safetensors --data spirals", &["spirals", "64", "2"]);
    place.fails("evaluate out/net.safetensors --standardize none", &["--standardize"]);
    place.fails("summary out/net.safetensors --net cnn", &["both"]);
    ndarray_npy::write_npy(place.path("three.npy"), &ndarray::arr1(&[1.0, 2.0, 3.0])).unwrap();
    place.fails("inspect out/net.safetensors --input three.npy", &["three.npy", "64", "3"]);
    let nan = ndarray::Array1::from_elem(64, f64::NAN);
    ndarray_npy::write_npy(place.path("nan.npy"), &nan).unwrap();
    place.fails("inspect out/net.safetensors --input nan.npy", &["nan.npy", "finite", "NaN"]);
    write_grays(&place.path("wide.png"), [9, 8], &[0; 72]);
    place.fails("inspect out/net.safetensors --input wide.png", &["wide.png", "8×8", "8×9"]);
    // An option nobody knows is clap's to refuse, with its own code.
    place.run("train --unknown").is_refused(2, "an unknown option");
}

/// Escapes, line ends and marks of direction in what is passed on, and texts of any length.
#[test]
fn messages_are_one_line_whatever_is_in_them() {
    let place = Place::new();
    let odd = "x\u{1b}[31m\u{202e}\ny";
    let shown = r"x\u{1b}[31m\u{202e}\ny";
    let long = format!("{}end", "9".repeat(1 << 20));
    place.write("cell.csv", format!("a,b\n1,2\n{long}z,2\n"));
    place.write("header.csv", format!("\"{odd}\",b\n1,2\nz,2\n"));
    let names = |text: &str| format!("net = 'layers'\nlayers = [{{ kind = {text:?} }}]");
    place.write("kind.toml", names("a\nb"));
    place.write("long.toml", names(&long));
    for (arguments, said) in [
        (vec!["summary", "--data", odd], shown),
        (vec!["summary", "--net", odd], shown),
        (vec!["evaluate", odd], shown),
        (vec!["tables", odd], shown),
        (vec!["summary", "--data", "cell.csv"], "cell.csv: line 3"),
        (vec!["summary", "--data", "header.csv", "--label", "q"], "header.csv"),
        (vec!["summary", "--net", "kind.toml"], "found a b"),
        (vec!["summary", "--net", "long.toml"], "…"),
        (vec!["train", "--out", "n.csv\u{2028}/."], r"n.csv\u{2028}"),
    ] {
        let outcome = place.run_with(&arguments);
        outcome.is_refused(1, said);
        assert!(outcome.err.contains(said), "{said}: {}", outcome.err);
    }
    for arguments in [["--seed", odd], ["--net", odd], ["--threads", "\u{2066}1"]] {
        let outcome = place.run_with([&["train"][..], &arguments].concat());
        outcome.is_refused(if arguments[0] == "--net" { 1 } else { 2 }, arguments[0]);
    }
}

/// Whatever stands in the place of a value, the program answers in a line.
#[test]
fn no_argument_makes_it_panic() {
    let place = Place::new();
    place.succeeds("train --net mlp --hidden 4 --epochs 1");
    let mut values: Vec<OsString> =
        ["", ",", "1,,2", "3,", "a,b", "-1", "nan", "18446744073709551616", " ", "\n", "=1"]
            .map(Into::into)
            .into();
    values.push("9".repeat(100_000).into());
    #[cfg(unix)]
    values.push(std::os::unix::ffi::OsStringExt::from_vec(b"\xff,\xfe".to_vec()));
    for command in [
        "compare --epochs 0 --seeds",
        "summary --net mlp --hidden",
        "summary --net cnn --filters",
        "summary --threads",
        "summary --width",
        "summary --standardize",
        "summary --test-data",
        "train --seed",
        "train --learning-rate",
        "inspect out/net.safetensors --index",
        "inspect out/net.safetensors --slice",
        "inspect out/net.safetensors --between",
        "inspect out/net.safetensors --slice 3 --window",
        "evaluate",
    ] {
        for value in &values {
            let words = command.split(' ').map(OsString::from).chain([value.clone()]);
            let outcome = place.run_with(words);
            let code = outcome.code.expect("an exit code");
            let about = format!("{command} {:.20}", value.to_string_lossy());
            assert!(matches!(code, 1 | 2), "{about}: {code} {}{}", outcome.out, outcome.err);
            outcome.is_refused(code, &about);
        }
    }
}

/// A checkpoint says where its data come from, in text.
#[cfg(unix)]
#[test]
fn a_file_whose_name_is_no_text_is_refused() {
    use std::os::unix::ffi::OsStringExt;
    let place = Place::new();
    place.write("train.csv", "a,b\n1,x\n2,y\n3,x\n4,y\n5,x\n");
    let test = OsString::from_vec(b"\xff.csv".to_vec());
    std::fs::copy(place.path("train.csv"), place.folder.path().join(&test)).unwrap();
    let words = "train --net mlp --epochs 1 --data train.csv --test-data";
    let outcome = place.run_with(words.split(' ').map(OsString::from).chain([test]));
    outcome.is_refused(1, words);
    assert!(outcome.err.contains("data: expected files whose names are UTF-8"), "{}", outcome.err);
}

#[test]
fn threads_are_bounded_wherever_they_are_said() {
    let place = Place::new();
    let run = |threads: &str, arguments: &[&str]| {
        let mut command = Command::new(PROGRAM);
        command.current_dir(place.folder.path()).env("RAYON_NUM_THREADS", threads);
        command.args(arguments).output().unwrap()
    };
    for wrong in ["100000", "-1", "all"] {
        let output = run(wrong, &["summary"]);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(error, format!("error: RAYON_NUM_THREADS: expected 1 to 1024, found {wrong}\n"));
        assert!(run(wrong, &["summary", "--threads", "1"]).status.success(), "it has no say then");
    }
    for right in ["0", "2"] {
        assert!(run(right, &["summary"]).status.success());
    }
    place.fails("summary --threads 1025", &["--threads: expected 1 to 1024, found 1025"]);
}

#[test]
fn help_names_every_command_and_every_command_has_help() {
    let place = Place::new();
    let help = place.succeeds("--help");
    for command in ["compare", "train", "evaluate", "inspect", "trajectory", "summary", "export"] {
        assert!(help.contains(command));
        let help = place.succeeds(&format!("{command} --help"));
        assert!(help.lines().count() > 8 && help.contains("Usage"), "{command}");
    }
}

#[test]
fn a_loss_that_is_no_number_is_an_error() {
    use switchnet::layer::{Layer, ParameterMut};
    let place = Place::new();
    place.succeeds("train --epochs 1 --net mlp");
    let path = place.path("out/net.safetensors");
    let mut file = switchnet::net::checkpoint::load::<f32>(&path).unwrap();
    file.net.visit_mut(&mut |ParameterMut { mut values, .. }| values.fill(3e38));
    let spec = file.net.spec().clone();
    switchnet::net::checkpoint::save(&path, &spec, &file.net, &file.metadata, &file.tensors)
        .unwrap();
    place.fails(
        "evaluate out/net.safetensors",
        &["loss on the train set", "a finite number", "NaN"],
    );
    place.fails(
        "trajectory out/net.safetensors",
        &["net.safetensors", "loss on the test set", "a finite number"],
    );
}

/// Nets that no machine holds, and files that claim more than they are.
#[test]
fn what_is_too_large_is_refused_in_one_line() {
    let place = Place::new();
    place.write(
        "thin.toml",
        "net = 'thin-mlp'\nparameters = 9\nhidden-layers = 9223372036854775807\n",
    );
    place.write("deep.toml", format!("net = 'layers'\nlayers = {}", "[".repeat(10_000)));
    place.fails("train --depth 1000000000", &["depth of a switch net", "16384", "1000000000"]);
    place.fails("train --width 1073741824", &["layer 1 (tile)", "at most 1073741824"]);
    place.fails("train --net mlp --hidden 16777216", &["layer 1 (dense)", "1090519040 parameters"]);
    place.fails("train --net thin.toml", &["hidden layers of a thin MLP", "9223372036854775807"]);
    place.fails("train --net deep.toml", &["deep.toml", "line 2"]);
}

/// At once and in one line, whatever the net is: nothing is made of such a size first.
#[test]
fn sizes_beyond_all_bounds_are_refused() {
    let place = Place::new();
    for size in [u64::MAX, 1 << 63] {
        for net in [
            "--depth N",
            "--width N",
            "--width N --transform dct2",
            "--net mlp --hidden N",
            "--net mlp --hidden 8,N",
            "--net thin-mlp --parameters N",
            "--net thin-mlp --parameters 1000 --pool N",
            "--net cnn --filters N,N",
            "--net cnn --filters 1,N",
            "--net cosine-bank --width N",
            "--net cosine-bank --depth N",
            "--net cosine-bank --pool N",
            "--net multi-scale-bank --pool N",
            "--net sliding-bank --depth N",
            "--net structured --matrix monarch --width N",
            "--net structured --matrix toeplitz --width N",
            "--net structured --matrix butterfly --depth N",
        ] {
            let net = net.replace('N', &size.to_string());
            place.fails(&format!("summary {net}"), &["expected", "found"]);
            place.fails(&format!("train {net}"), &["expected", "found"]);
        }
    }
    for net in [
        "--width 0",
        "--net mlp --hidden 0",
        "--net thin-mlp --parameters 0",
        "--net thin-mlp --parameters 1000 --pool 0",
        "--net cnn --filters 0,1",
        "--net cosine-bank --pool 0",
        "--net multi-scale-bank --pool 0",
    ] {
        place.fails(&format!("summary {net}"), &["expected", "found 0"]);
    }
    // Numbers that are no sizes may be of any size.
    let train = "train --net mlp --hidden 2 --epochs 1";
    for option in ["--batch", "--patience", "--keep-every", "--seed"] {
        place.succeeds(&format!("{train} {option} {}", u64::MAX));
    }
}

/// A column that is nearly constant in training, and a number far from it.
#[test]
fn numbers_that_leave_the_range_are_named() {
    let place = Place::new();
    let rows = (0..40).map(|i| format!("{}e-30,{},{}\n", i % 7, i % 5, i % 2));
    place.write("train.csv", rows.collect::<String>());
    place.write("test.csv", "1e-30,1,0\n1e15,2,1\n");
    place.fails(
        "train --data train.csv --test-data test.csv --standardize feature",
        &["standardized test set", "row 1, column 0", "finite", "inf"],
    );
    place.succeeds("train --data train.csv --standardize feature --epochs 1");
    place.fails(
        "evaluate out/net.safetensors --data train.csv --test-data test.csv",
        &["standardized test set", "row 1, column 0"],
    );
}

#[test]
fn a_view_without_time_is_said_to_be_not_done() {
    let place = Place::new();
    place.succeeds(&format!("train {QUICK}"));
    for (view, step) in [("--optimum 1", "optimum"), ("--margin", "margin"), ("--ray 3", "ray")] {
        let command = format!("inspect out/net.safetensors {view} --seconds 0");
        place.fails(&command, &["--seconds: the time is over, and not done is:", step]);
    }
    place.fails("inspect out/net.safetensors --margin --seconds -1", &["--seconds", "-1"]);
}

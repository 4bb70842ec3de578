//! Boxes and properties.

use crate::place::{Place, documented, json};
use ndarray::{Array1, Array2};
use ndarray_npy::NpzReader;
use std::fs::File;

/// A net of two inputs and three outputs, and files of properties.
fn place() -> Place {
    let place = Place::new();
    place.succeeds("train --data spirals --net mlp --hidden 6 --epochs 1 --out net.safetensors");
    for (name, outputs) in [
        ("holds", "(assert (>= Y_0 1e6))"),
        ("violated", "(assert (or (>= Y_0 1e6) (<= Y_1 1e6)))"),
        ("two", "(assert (or (<= X_1 0.5) (<= Y_0 -1e6)))"),
    ] {
        let start = "(declare-const X_0 Real)\n(declare-const X_1 Real)\n(declare-const Y_0 Real)\n\
                     (declare-const Y_1 Real)\n(declare-const Y_2 Real)\n(assert (and (>= X_0 -1) (<= X_0 1)))\n\
                     (assert (and (>= X_1 -2) (<= X_1 2)))\n";
        place.write(&format!("{name}.vnnlib"), format!("{start}{outputs}\n"));
    }
    place
}

#[test]
fn a_property_holds_is_violated_or_is_undecided() {
    let place = place();
    let verify = |arguments: &str, code| {
        let outcome = place.run(&format!("verify net.safetensors {arguments}"));
        assert_eq!(outcome.code, Some(code), "{arguments}\n{}{}", outcome.out, outcome.err);
        assert_eq!(outcome.err, "");
        (outcome.out, json(&place.path("out/verify.json"))["answer"].clone())
    };
    let (said, answer) = verify("--property holds.vnnlib --seconds 86400", 0);
    assert!(said.starts_with("holds, in each of "), "{said}");
    assert_eq!((&answer["verdict"], &answer["violation"]), (&"holds".into(), &().into()));
    let (said, answer) = verify("--property violated.vnnlib --seconds 86400", 3);
    assert!(said.starts_with("violated\nX_0 "), "{said}");
    assert_eq!(answer["verdict"], "violated");
    assert_eq!(answer["violation"]["input"].as_array().unwrap().len(), 2);
    documented(&{
        place.succeeds("inspect net.safetensors --out out");
        place.path("out")
    });
    for (flag, limit) in [("regions", "regions"), ("seconds", "seconds"), ("memory-limit", "bytes")]
    {
        let (said, answer) = verify(&format!("--property holds.vnnlib --{flag} 0"), 4);
        assert!(
            said.starts_with("undecided after 0 regions\nnot complete: the budget of 0"),
            "{said}"
        );
        assert!(said.contains(&format!("(--{flag} raises it)")), "{said}");
        assert_eq!(
            (&answer["verdict"], &answer["stopped_by"]),
            (&"undecided".into(), &limit.into())
        );
    }
}

#[test]
fn all_regions_of_a_box_are_written() {
    let place = place();
    let inspect = |more: &str| {
        let said = place.succeeds(&format!("inspect net.safetensors --seconds 86400 {more}"));
        (said, json(&place.path("out/inspect-box.json"))["answer"].clone())
    };
    let (said, file) = inspect("--box holds.vnnlib");
    assert!(said.contains("box of holds.vnnlib") && said.contains("\ncomplete\n"), "{said}");
    let ends = serde_json::json!([[-1.0, -2.0], [1.0, 2.0]]);
    assert_eq!((&file["lower"], &file["upper"]), (&ends[0], &ends[1]));
    let mut npz = NpzReader::new(File::open(place.path("out/inspect-box.npz")).unwrap()).unwrap();
    let points: Array2<f64> = npz.by_name("points").unwrap();
    let hashes: Array1<u64> = npz.by_name("hashes").unwrap();
    let classes: Array1<i64> = npz.by_name("classes").unwrap();
    let outputs: Array2<f64> = npz.by_name("outputs").unwrap();
    let regions = file["regions"].as_u64().unwrap() as usize;
    assert!(regions > 6, "{regions}");
    assert_eq!((points.dim(), outputs.dim()), ((regions, 2), (regions, 3)));
    assert_eq!((hashes.len(), classes.len()), (regions, regions));
    // The polygons of the same rectangle.
    let (said, _) = inspect("--slice axes --window -1,1,-2,2 --values-of 0,0");
    assert!(said.contains(&format!("; {regions} activation regions")), "{regions}: {said}");
    let (_, some) = inspect("--radius 0.5 --index 3");
    let width = |i: usize| some["upper"][i].as_f64().unwrap() - some["lower"][i].as_f64().unwrap();
    assert!((width(0) - 1.0).abs() < 1e-12 && (width(1) - 1.0).abs() < 1e-12, "{some}");
    // Corners are in the units of the data, which are standardized.
    let (_, typed) = inspect("--box 0,0;0,1");
    assert_eq!(typed["lower"][0], typed["upper"][0]);
    let (said, few) = inspect("--box holds.vnnlib --regions 2");
    assert!(
        said.contains("not complete: the budget of 2 regions was reached (--regions"),
        "{said}"
    );
    assert_eq!((&few["complete"], &few["stopped_by"]), (&false.into(), &"regions".into()));
}

/// Corners of one number each are no rows.
#[test]
fn a_box_of_one_input_has_corners_of_one_number() {
    let place = Place::new();
    let line = |row: i32| format!("{},{}\n", 5 * row, ["a", "b"][row as usize % 2]);
    place.write("line.csv", "x,kind\n".to_owned() + &(1..21).map(line).collect::<String>());
    place.succeeds("train --data line.csv --standardize none --net mlp --hidden 4 --epochs 1");
    let inspect = "inspect out/net.safetensors --seconds 86400 --box";
    for (corners, name, ends) in
        [("0;1", "from 0 to 1", [0.0, 1.0]), ("-2;1.5;", "from -2 to 1.5", [-2.0, 1.5])]
    {
        let said = place.succeeds(&format!("{inspect} {corners}"));
        assert!(said.contains(&format!("box {name}\n")), "{said}");
        let answer = json(&place.path("out/inspect-box.json"))["answer"].clone();
        assert_eq!((&answer["lower"][0], &answer["upper"][0]), (&ends[0].into(), &ends[1].into()));
    }
    place.fails(&format!("{inspect} 0,9999"), &["--box: expected 0 to 3, found 9999"]); // rows
    let line = "--resize: expected with a picture as an input, found with numbers";
    place.fails(&format!("{inspect} 0;1 --resize"), &[line]);
}

#[test]
fn what_is_no_box_and_no_property_is_refused() {
    let place = place();
    place.write("bytes.vnnlib", [0xFF, 0xFE]);
    place.write("other.vnnlib", "(declare-const X_0 Real)\n(assert (< X_0 1))");
    for (arguments, line) in [
        ("--box 0,0;1,-1", "--box: input 1: expected a lower and an upper bound, found "),
        (
            "--box 0,0;1,1;2,2",
            "--box: expected two corners, such as 0,0;1,1, found 3 in 0,0;1,1;2,2",
        ),
        ("--box 0,0,0;1,1,1", "--box: 0,0,0: expected 2 numbers"),
        ("--box two.vnnlib", "--box two.vnnlib: expected one box, found 2"),
        ("--box none.vnnlib", "none.vnnlib: "),
        ("--box bytes.vnnlib", "bytes.vnnlib: expected a text, found none"),
        ("--radius 0", "--radius: expected a number above 0, found 0"),
        (
            "--values-of 0,0 --resize",
            "--resize: expected with a picture as an input, found with numbers",
        ),
        ("--regions 5", "--regions: expected with --box or --radius, found without"),
        (
            "--memory-limit 5",
            "--memory-limit: expected with --slice, --box or --radius, found without",
        ),
    ] {
        place.fails(&format!("inspect net.safetensors {arguments}"), &[line]);
    }
    for (arguments, line) in [
        (
            "--property other.vnnlib",
            "--property: other.vnnlib: line 2: expected one of and, or, <=, >=, +, -, *",
        ),
        (
            "--property holds.vnnlib --seconds -1",
            "--seconds: expected a number of at least 0, found -1",
        ),
    ] {
        place.fails(&format!("verify net.safetensors {arguments}"), &[line]);
    }
    // Outputs of the file are not those of the net that is read without its softmax.
    place.write("mlp.onnx", include_bytes!("../../../../fuzz/seeds/onnx/mlp"));
    let outcome = place.run("verify mlp.onnx --property holds.vnnlib");
    let line =
        "error: verify: expected a net that ends without a softmax, found one with a softmax";
    assert!(outcome.code == Some(1) && outcome.err.contains(line), "{}", outcome.err);
    assert!(!place.path("out").exists());
}

#[test]
fn two_nets_are_shown_less_one_another() {
    let place = place();
    place.succeeds(
        "train --data spirals --net mlp --hidden 5 --epochs 1 --seed 2 --out other.safetensors",
    );
    place.succeeds("train --data spirals --standardize none --net mlp --hidden 5 --epochs 1 --out raw.safetensors");
    place.succeeds("train --net mlp --hidden 4 --epochs 1 --out digits.safetensors");
    let maps = |net: &str, out: &str, more: &str| {
        place.succeeds(&format!("inspect {net} --index 3 --out {out} {more}"));
    };
    let numbers = |file: &str, name: &str| -> Array2<f64> {
        NpzReader::new(File::open(place.path(file)).unwrap()).unwrap().by_name(name).unwrap()
    };
    maps("net.safetensors", "both", "--against other.safetensors --ray 9");
    maps("other.safetensors", "its", "");
    let (own, its) = (numbers("both/inspect.npz", "A"), numbers("its/inspect.npz", "A"));
    let less = numbers("both/inspect-against.npz", "A");
    assert!((&less - &(&own - &its)).iter().all(|d| d.abs() < 1e-12));
    let answer = json(&place.path("both/inspect-against.json"))["answer"].clone();
    let differ = answer["line"]["differ"].as_array().unwrap();
    assert!(!differ.is_empty(), "the two decide differently somewhere");
    for part in differ {
        assert!(part["start"].as_f64() < part["end"].as_f64());
        assert_ne!(part["outputs"][0], part["outputs"][1]);
    }
    documented(&place.path("both"));
    // A net is no different from itself.
    maps("net.safetensors", "same", "--against net.safetensors --ray 9");
    let answer = json(&place.path("same/inspect-against.json"))["answer"].clone();
    assert_eq!(answer["line"]["differ"], serde_json::json!([]));
    assert!(answer["line"]["largest"].as_f64().unwrap() < 1e-12);
    for (other, line) in [
        ("digits.safetensors", "--against: "),
        (
            "raw.safetensors",
            "--against: expected a net whose inputs are standardized in the same way",
        ),
        ("none.safetensors", "none.safetensors: "),
    ] {
        place.fails(&format!("inspect net.safetensors --against {other}"), &[line]);
    }
}

/// Outputs are in the units and of the names of the net that is asked, as where data are evaluated with it.
#[test]
fn another_net_is_seen_in_the_units_of_this_one() {
    let place = Place::new();
    let table = |columns: &str, target: &dyn Fn(f64) -> String| {
        let line = |row: u32| {
            let x = f64::from(row % 7) - 2.5;
            format!("{x},{},{}\n", row % 5, target(2.0 * x + f64::from(row % 5)))
        };
        format!("{columns}\n") + &(0..40).map(line).collect::<String>()
    };
    place.write("own.csv", table("a,b,y", &|y| y.to_string()));
    place.write("tens.csv", table("a,b,y", &|y| (10.0 * y + 5.0).to_string()));
    place.write("other.csv", table("a,b,z", &|y| y.to_string()));
    place.write("turned.csv", table("b,a,y", &|y| y.to_string()));
    let kind = |y: f64| if y < 0.0 { "low" } else { "high" }.to_owned();
    place.write("kinds.csv", table("a,b,y", &kind));
    place.write("names.csv", table("a,b,y", &|y| kind(y).replace("low", "small")));
    for name in ["own", "tens", "other", "turned"] {
        place.succeeds(&format!(
            "train --data {name}.csv --values --net mlp --hidden 4 --epochs 1 --out nets/{name}.safetensors"
        ));
    }
    for name in ["kinds", "names"] {
        place.succeeds(&format!(
            "train --data {name}.csv --net mlp --hidden 4 --epochs 1 --out nets/{name}.safetensors"
        ));
    }
    let numbers = |file: &str, name: &str| -> Array2<f64> {
        let mut npz = NpzReader::new(File::open(place.path(file)).unwrap()).unwrap();
        npz.by_name(name).unwrap()
    };
    // Standardized, both tables are the same, and so are both nets.
    place.succeeds("inspect nets/own.safetensors --index 3 --against nets/tens.safetensors");
    let (own, less) = (numbers("out/inspect.npz", "A"), numbers("out/inspect-against.npz", "A"));
    assert!(own.iter().any(|a| a.abs() > 1e-3));
    let nine = &less + 9.0 * &own;
    assert!(nine.iter().all(|d| d.abs() < 1e-4), "{nine}");
    for (net, other, line) in [
        (
            "own",
            "other",
            "--against: expected a net of values of \"y\", found one of values of \"z\"",
        ),
        ("own", "turned", "--against: the net: features: expected a, b, found b, a"),
        (
            "own",
            "kinds",
            "--against: expected a net of 2 inputs and 1 outputs, found 2 inputs and 2 outputs",
        ),
        (
            "kinds",
            "names",
            "--against: the net: classes: expected among high, low, found high, small",
        ),
    ] {
        place.fails(
            &format!("inspect nets/{net}.safetensors --against nets/{other}.safetensors"),
            &[line],
        );
    }
}

//! What is asked about checkpoints.

use crate::place::{Place, QUICK, close, documented, json, width, write_grays};
use ndarray::{Array1, Array2, IxDyn, OwnedRepr};
use ndarray_npy::NpzReader;
use std::fs::File;

#[test]
fn a_checkpoint_is_evaluated_and_inspected_as_it_was_trained() {
    let place = Place::new();
    let trained = place.succeeds(&format!("train {QUICK} --net cnn --filters 4,8"));
    let accuracy = |text: &str, set: &str| {
        let line = text.lines().find(|line| line.trim_start().starts_with(set)).unwrap().to_owned();
        line.split("accuracy ").nth(1).unwrap().split(' ').next().unwrap().to_owned()
    };
    let history = std::fs::read_to_string(place.path("out/net.csv")).unwrap();
    assert!(
        history.starts_with("epoch,learning-rate,train-loss") && history.lines().count() == 3,
        "{history}"
    );
    let evaluated = place.succeeds("evaluate out/net.safetensors");
    for set in ["train:", "test:"] {
        assert_eq!(accuracy(&trained, set), accuracy(&evaluated, set));
    }
    let inspected = place.succeeds("inspect out/net.safetensors --index 7 --out seven");
    assert!(inspected.contains("(labeled 9)"), "{inspected}");
    assert!(inspected.contains("exact"), "{inspected}");
    let map = json(&place.path("seven/inspect.json"))["answer"]["map"].clone();
    assert!(map["residual"]["relative"].as_f64().unwrap() < 1e-14);
    let picture = std::fs::read(place.path("seven/inspect.png")).unwrap();
    assert!(width(&picture) > 80);

    // The same input from a NumPy file and from a picture gives the same map.
    let digits = switchnet::data::digits::<f64>();
    let row = digits.test.inputs().row(7).to_owned();
    ndarray_npy::write_npy(place.path("seven.npy"), &row).unwrap();
    let pixels: Vec<u8> = row.iter().map(|v| (v / 16.0 * 255.0).round() as u8).collect();
    write_grays(&place.path("seven.png"), [8, 8], &pixels);
    place.succeeds("inspect out/net.safetensors --input seven.npy --out npy");
    assert_eq!(map["y"].as_array().unwrap().len(), 10);
    let of = |folder: &str| {
        json(&place.path(&format!("{folder}/inspect.json")))["answer"]["map"]["y"].clone()
    };
    // The test set is standardized in single precision, the file in double.
    close(&map["y"], &of("npy"), 1e-5);
    // A picture has 256 levels and the digits 17, so levels are half a step of 255 apart at most.
    place.succeeds("inspect out/net.safetensors --input seven.png --out png");
    close(&map["y"], &of("png"), 0.2);
}

/// Of each polygon of a slice the area that its corners have: corners and starts are places.
fn polygons_have_their_areas(npz: &mut NpzReader<File>) {
    let vertices: Array2<f64> = npz.by_name("vertices").unwrap();
    let corners: Array1<i64> = npz.by_name("corners").unwrap();
    let starts: Array1<i64> = npz.by_name("starts").unwrap();
    let areas: Array1<f64> = npz.by_name("areas").unwrap();
    assert_eq!((starts.len(), starts[areas.len()] as usize), (areas.len() + 1, corners.len()));
    let total: f64 = areas.sum();
    for (i, area) in areas.iter().enumerate() {
        let corners = &corners.as_slice().unwrap()[starts[i] as usize..starts[i + 1] as usize];
        let next = corners.iter().cycle().skip(1);
        let cross = corners.iter().zip(next).map(|(&a, &b)| {
            let (a, b) = (vertices.row(a as usize), vertices.row(b as usize));
            a[0] * b[1] - a[1] * b[0]
        });
        let gap = (0.5 * cross.sum::<f64>()).abs() - area;
        assert!(gap.abs() < 1e-12 * total, "polygon {i}: {gap:e}");
    }
}

/// Every view prints its answer and writes it with its provenance and a picture that can be read.
#[test]
fn every_view_is_written() {
    let place = Place::new();
    place.succeeds(&format!("train {QUICK} --net switch"));
    let all = place.succeeds(
        "inspect out/net.safetensors --index 7 --out views --ray 3 --slice 3,5 --seconds 86400 --radius 0.001 --optimum 2 \
         --margin --spectrum --memory --neurons --switches --similarity --between 3,9 --between-classes 9,3",
    );
    let hash = json(&place.path("views/inspect.json"))["parameters"].clone();
    for (view, said, pictures) in [
        ("between", "a map of 64 × 64", &["between.png"][..]),
        ("between-classes", "distance to their boundary", &["between-classes.png"]),
        ("ray", "breakpoints", &["ray.svg", "ray-attribution.png"]),
        (
            "slice",
            "V − E + F = 1",
            &["slice-class.svg", "slice-norm.svg", "slice-slope.svg", "slice-pattern.svg"],
        ),
        ("box", "parts after switch layer 3", &[]),
        ("optimum", "optimal", &["optimum.png"]),
        ("margin", "certificate", &["margin.svg", "margin-layers.svg"]),
        ("spectrum", "stable rank", &["spectrum.svg", "spectrum-vectors.png"]),
        ("memory", "largest cosine", &["memory.png"]),
        ("neurons", "signal to noise", &["neurons.svg"]),
        ("switches", "entropy", &["switches.png", "switches-balance.svg"]),
        ("similarity", "within classes", &["similarity-cosine.svg", "similarity-hamming.svg"]),
    ] {
        assert!(all.contains(said), "{view}: {all}");
        let answer = json(&place.path(&format!("views/inspect-{view}.json")));
        assert_eq!(
            (&answer["exactness"], &answer["parameters"]),
            (&"exact".into(), &hash),
            "{view}"
        );
        for picture in pictures {
            let bytes = std::fs::read(place.path(&format!("views/inspect-{picture}"))).unwrap();
            if picture.ends_with(".png") {
                assert!(width(&bytes) > 80, "{picture}");
            } else {
                let text = String::from_utf8(bytes).unwrap();
                assert!(text.starts_with("<svg") && text.ends_with("</svg>\n"), "{picture}");
                assert!(!text.contains("NaN") && !text.contains("inf"), "{picture}");
                let of = text.split("in the net out/net.safetensors\"").count();
                assert_eq!(of, 2, "{picture} says of which net it is");
            }
        }
    }
    for said in [
        "inspect.png: input ",
        " from black to white, effective weights ±",
        "inspect-between.png: ±",
        "rank of the jump of A",
        "orthogonal and",
        "clusters by map",
        "on the closed side",
        "switch layer 1",
    ] {
        assert!(all.contains(said), "{said}: {all}");
    }
    documented(&place.path("views"));
    let jumps = &json(&place.path("views/inspect-ray.json"))["answer"]["jumps"];
    for jump in jumps.as_array().unwrap() {
        assert!(jump["rank"].as_u64() <= jump["flips"].as_u64(), "{jump}");
    }
    what_decides_between_two_classes(&place);
    for (archive, shapes) in [
        ("", vec![("A", vec![10, 64]), ("c", vec![10])]),
        ("-between", vec![("A", vec![64, 64]), ("x", vec![64]), ("y", vec![64])]),
        ("-between-classes", vec![("a", vec![64]), ("x", vec![64]), ("c", vec![])]),
        ("-ray", vec![("i8:jump_rank", vec![jumps.as_array().unwrap().len()])]),
        (
            "-margin",
            vec![("l2", vec![3 * 64]), ("i8:layer", vec![3 * 64]), ("nearest_of_noise", vec![200])],
        ),
        ("-spectrum", vec![("left", vec![10, 10])]),
        (
            "-memory",
            vec![("cosine", vec![10, 5]), ("i8:stored", vec![10, 5]), ("class_span", vec![10])],
        ),
        ("-optimum", vec![("highest", vec![64]), ("nearest_outputs", vec![10])]),
        ("-neurons", vec![("cosine", vec![360]), ("i8:output", vec![360])]),
        (
            "-switches",
            vec![
                ("on_rate_3", vec![64]),
                ("class_on_rate_1", vec![10, 64]),
                ("closed_share_chain_layer_7", vec![64]),
            ],
        ),
        ("-similarity", vec![("i8:cluster_by_map", vec![360]), ("row_space_angle", vec![40, 40])]),
        ("-slice", vec![]),
    ] {
        let file = File::open(place.path(&format!("views/inspect{archive}.npz"))).unwrap();
        let mut npz = NpzReader::new(file).unwrap();
        for (name, shape) in shapes {
            // Whole numbers, which NumPy takes for indices, or else double precision.
            let found = match name.strip_prefix("i8:") {
                Some(name) => {
                    npz.by_name::<OwnedRepr<i64>, IxDyn>(name).map(|a| a.shape().to_vec())
                }
                None => npz.by_name::<OwnedRepr<f64>, IxDyn>(name).map(|a| a.shape().to_vec()),
            };
            let found = found.unwrap_or_else(|e| panic!("{archive} {name}: {e}"));
            assert_eq!(found, shape, "{archive} {name}");
        }
        if archive == "-slice" {
            polygons_have_their_areas(&mut npz);
        }
        let provenance: Array1<u8> = npz.by_name("provenance").unwrap();
        let provenance: serde_json::Value = serde_json::from_slice(&provenance.to_vec()).unwrap();
        assert_eq!(
            (&provenance["exactness"], &provenance["parameters"]),
            (&"exact".into(), &hash),
            "{archive}"
        );
    }
    for (wrong, said) in [
        ("--ray 360", "--ray: expected 0 to 359, found 360"),
        ("--between 3", "--between: expected two numbers of layers, such as 0,3, found 1"),
        ("--between 3,13", "--between: expected ascending numbers of layers up to 12, found 3,13"),
        (
            "--slice 3,5,7",
            "--slice: expected one or two rows of the test set, such as 3,5, or files, or numbers with a semicolon between two \
             points, or axes, found 3,5,7",
        ),
        ("--slice 3 --window 0,1", "--window: expected four finite numbers"),
        (
            "--slice 3 --window 1,0,0,1",
            "--window: expected four finite numbers, each pair ascending",
        ),
        ("--slice 3 --seconds -1", "--seconds: expected a number of at least 0, found -1"),
        ("--slice 3,999", "--slice: expected 0 to 359, found 999"),
        (
            "--between-classes 3,10",
            "--between-classes: expected two different outputs of 0 to 9, such as 0,1, found 3,10",
        ),
        ("--between-classes 3,3", "found 3,3"),
        ("--between-classes 3", "found 3"),
        ("--optimum 10", "--optimum: expected 0 to 9, found 10"),
        ("--slice 3,3", "--slice: expected different inputs, found row 3 and row 3,"),
        ("--index 7 --slice 7,3", "found row 7 of the test set and row 7, which are the same"),
        ("--slice 0", "--slice: expected different inputs, found row 0 of the test set"),
        ("--index 7 --ray 7", "--ray: expected different inputs, found row 7 of the test set and"),
    ] {
        place.fails(&format!("inspect out/net.safetensors --out none {wrong}"), &[said]);
    }
    assert!(!place.path("none").exists(), "a wrong question leaves no half of an answer");
    let outcome = place.run("inspect out/net.safetensors --index -1");
    outcome.is_refused(2, "--index -1");
    assert!(outcome.err.contains("invalid value '-1' for '--index <ROW,ROW>'"), "{}", outcome.err);
    // Told before the work, not after it.
    let wrong = place.run("inspect out/net.safetensors --margin --out out/net.csv");
    assert_eq!((wrong.code, wrong.out.as_str()), (Some(1), ""), "{}", wrong.err);
    // Which row it is, and the map's lines only where nothing else is asked.
    assert!(all.starts_with("row 7 of the test set: class ") && !all.contains("a·x"), "{all}");
    let said = place.succeeds("inspect out/net.safetensors");
    assert!(said.starts_with("row 0 of the test set (--index takes another): class "), "{said}");
    assert!(said.contains("a·x") && said.contains("residual"), "{said}");
}

/// The row is that of the map, and a step of the distance along it ends where both outputs are equal by the map.
fn what_decides_between_two_classes(place: &Place) {
    let answer =
        |view: &str| json(&place.path(&format!("views/inspect{view}.json")))["answer"].clone();
    let (pair, map) = (answer("-between-classes"), answer("")["map"].clone());
    let numbers = |v: &serde_json::Value| -> Vec<f64> {
        v.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
    };
    let (a, x) = (numbers(&pair["a"]), numbers(&map["x"]));
    let (nine, three) = (numbers(&map["a"][9]), numbers(&map["a"][3]));
    for ((a, nine), three) in a.iter().zip(nine).zip(three) {
        assert_eq!(*a, nine - three);
    }
    let of = |key: &str| pair[key].as_f64().unwrap();
    let difference = map["y"][9].as_f64().unwrap() - map["y"][3].as_f64().unwrap();
    let sum: f64 = a.iter().zip(&x).map(|(a, x)| a * x).sum();
    assert_eq!(of("difference"), difference);
    assert!((sum + of("c") - difference).abs() < 1e-12 * (1.0 + sum.abs()));
    let distance = |norm: &str| pair["distance"][norm].as_f64().unwrap();
    let square: f64 = a.iter().map(|a| a * a).sum();
    assert!((of("norm") - square.sqrt()).abs() < 1e-12);
    let (l2, sizes) = (distance("l2"), a.iter().map(|a| a.abs()));
    let left: f64 = a.iter().zip(&x).map(|(a, x)| a * (x - l2 * a / of("norm"))).sum();
    assert!((left + of("c")).abs() < 1e-12 * (1.0 + sum.abs()));
    assert!((distance("linf") * sizes.clone().sum::<f64>() - difference).abs() < 1e-12);
    assert!((distance("l1") * sizes.fold(0.0, f64::max) - difference).abs() < 1e-12);
}

/// Planes through one row and of the axes, parts of them, and budgets.
#[test]
fn slices_of_other_planes_and_with_budgets() {
    let place = Place::new();
    place.succeeds(&format!("train {QUICK} --net switch"));
    let inspect = |more: &str| {
        let said =
            place.succeeds(&format!("inspect out/net.safetensors --index 7 --out all {more}"));
        (said, json(&place.path("all/inspect-slice.json"))["answer"].clone())
    };
    let (said, whole) = inspect("--slice 3 --seconds 86400"); // on a busy machine too
    assert!(
        said.contains("slice through row 3 and the input of zeros") && said.contains("complete:"),
        "{said}"
    );
    let (_, part) = inspect("--slice 3 --window -0.25,0.5,0,0.5 --seconds 86400");
    assert_eq!(
        (&part["window"]["u"], &part["window"]["v"]),
        (&[-0.25, 0.5].into(), &[0.0, 0.5].into())
    );
    assert!(part["polygons"].as_u64() < whole["polygons"].as_u64());
    for (budget, limit) in
        [("--polygons 5", "polygons"), ("--seconds 0", "seconds"), ("--memory-limit 0", "bytes")]
    {
        let (said, some) = inspect(&format!("--slice 3,5 {budget}"));
        assert!(said.contains("not complete: the budget of"), "{budget}: {said}");
        assert!(!said.contains("-0.0 %") && !said.contains("−0.0 %"), "{said}");
        // What was found is drawn, even if it is nothing.
        let slope = place.read("all/inspect-slice-slope.svg");
        assert!(slope.ends_with("</svg>\n") && !slope.contains("NaN"), "{budget}");
        std::fs::remove_file(place.path("all/inspect-slice-slope.svg")).unwrap();
        assert_eq!(said.contains("no norms: the seconds are over"), limit == "seconds", "{said}");
        // Those of the run before are of other polygons.
        for file in ["inspect-slice-norms.npz", "inspect-slice-norm.svg"] {
            assert_eq!(place.path(&format!("all/{file}")).exists(), limit != "seconds", "{file}");
        }
        assert_eq!(
            (&some["complete"], &some["stopped_by"]),
            (&false.into(), &limit.into()),
            "{budget}"
        );
    }
    // Nor stays a picture of another form.
    for [form, drawn, other] in [["image", "png", "svg"], ["table", "svg", "png"]] {
        place.succeeds(&format!("inspect out/net.safetensors --out all --draw {form}"));
        let there = [drawn, other].map(|end| place.path(&format!("all/inspect.{end}")).exists());
        assert_eq!(there, [true, false], "{form}");
    }
    place.succeeds(
        "train --data spirals --net mlp --hidden 16 --epochs 2 --out out/spirals.safetensors",
    );
    let axes = "inspect out/spirals.safetensors --slice axes --seconds 1000000 --out spirals";
    let said = place.succeeds(axes);
    assert!(
        said.contains("slice of input 0 and input 1") && said.contains("V − E + F = 1"),
        "{said}"
    );
    // Three inputs on one line are no plane, but for their rounding.
    let mut csv = String::from("a,b,c,class\n");
    (1..8).for_each(|i| csv += &format!("{i},{},{},{}\n", 2 * i, 7 - i, i % 2));
    place.write("line.csv", csv);
    place.succeeds(
        "train --data line.csv --test-data line.csv --net mlp --epochs 1 --out out/line.safetensors",
    );
    place.fails("inspect out/line.safetensors --index 1 --slice 3,6", &[
        "--slice: expected three inputs of a plane, found row 1 of the test set, row 3 and row 6 on one line",
    ]);
    let outcome = place.run("inspect out/net.safetensors --polygons 5");
    assert!(outcome.code == Some(2) && outcome.err.contains("--slice <PLANE>"), "{}", outcome.err);
}

/// The same as through the rows of a table, from files and as typed.
#[test]
fn rays_and_slices_go_through_points_of_ones_own() {
    let place = Place::new();
    let mut csv = String::from("a,b,c,class\n");
    (1..8).for_each(|i| csv += &format!("{i},{},{},{}\n", 2 * i, 7 - i, i % 2));
    place.write("line.csv", csv);
    place.succeeds(
        "train --data line.csv --test-data line.csv --net mlp --hidden 8 --epochs 1 --out out/line.safetensors",
    );
    for (name, row) in [("a", [2.0, 4.0, 5.0]), ("b", [9.0, 1.0, 1.0])] {
        ndarray_npy::write_npy(place.path(&format!("{name}.npy")), &Array1::from(row.to_vec()))
            .unwrap();
    }
    let net = "inspect out/line.safetensors --index 4 --seconds 86400";
    // Row 1 is 2,4,5, but in single precision.
    let answer = |points: &str, view: &str| {
        place.succeeds(&format!("{net} --out own {points}"));
        json(&place.path(&format!("own/inspect-{view}.json")))["answer"].clone()
    };
    let rays = ["--ray 1", "--ray a.npy", "--ray 2,4,5"].map(|ray| {
        let found = answer(ray, "ray")["ray"].clone();
        (found["segments"].as_array().unwrap().len(), found["to"].clone())
    });
    for ray in &rays[1..] {
        assert_eq!(ray.0, rays[0].0);
        close(&ray.1, &rays[0].1, 1e-5);
    }
    let planes =
        ["--slice a.npy,b.npy", "--slice 2,4,5;9,1,1", "--slice a.npy;9,1,1", "--slice 1;b.npy"]
            .map(|slice| answer(slice, "slice"));
    for plane in &planes {
        for of in ["u", "v"] {
            close(&plane["plane"][of], &planes[0]["plane"][of], 1e-5);
        }
        assert_eq!(plane["euler"], 1);
    }
    let zero = answer("--slice 9,1,1;", "slice");
    close(&zero["plane"]["u"], &planes[0]["plane"]["v"], 1e-5);
    let svg = place.read("own/inspect-slice-class.svg");
    assert!(svg.contains(">\nu: 0 at row 4, 1 at 9,1,1\n<"), "the axis says what it goes through");
    for (wrong, said) in [
        ("--input a.npy --ray 2,4,5", "--ray: expected different inputs, found a.npy and 2,4,5"),
        (
            "--input a.npy --slice a.npy,b.npy",
            "--slice: expected different inputs, found a.npy and a",
        ),
        ("--input a.npy --slice 3,6,4;6,12,1", "found a.npy, 3,6,4 and 6,12,1 on one line"),
        ("--ray 1,2", "--ray: 1,2: expected 3 numbers, of shape [3], found 2"),
        ("--ray 1,nan,3", "--ray: 1,nan,3: number 1: expected a finite number, found NaN"),
        ("--ray none.npy", "--ray: none.npy: "),
        ("--slice a.npy,none.npy", "--slice: none.npy: "),
        ("--slice 1,2,3;2,2,2;3,3,3", "--slice: expected one or two rows"),
        (
            "--ray a.npy --invert",
            "--invert: expected with a picture as an input, found with another file",
        ),
    ] {
        place.fails(&format!("inspect out/line.safetensors --out none {wrong}"), &[said]);
    }
    assert!(!place.path("none").exists());
}

/// Each in a folder of its own, with what it has alone.
#[test]
fn several_inputs_are_answered_as_each_alone() {
    let place = Place::new();
    place.succeeds("train --net mlp --hidden 8 --epochs 1");
    let digits = switchnet::data::digits::<f64>();
    let rows = digits.test.inputs().slice(ndarray::s![3..6, ..]).to_owned();
    ndarray_npy::write_npy(place.path("rows.npy"), &rows).unwrap();
    ndarray_npy::write_npy(place.path("five.npy"), &rows.row(2)).unwrap();
    write_grays(&place.path("picture.png"), [8, 8], &[80; 64]);
    let net = "inspect out/net.safetensors";
    let files = |folder: &str| {
        let mut names: Vec<String> = std::fs::read_dir(place.path(folder))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    for (several, each) in [
        ("--index 3,5", &["--index 3", "--index 5"][..]),
        ("--input picture.png --input five.npy", &["--input picture.png", "--input five.npy"]),
        ("--input rows.npy --input five.npy", &["", "", "--input five.npy", "--input five.npy"]),
    ] {
        let said = place.succeeds(&format!("{net} --ray 7 {several} --out several"));
        for (k, alone) in each.iter().enumerate().filter(|(_, alone)| !alone.is_empty()) {
            assert!(said.contains(&format!("== several/{k}: ")), "{said}");
            place.succeeds(&format!("{net} --ray 7 {alone} --out alone"));
            assert_eq!(files(&format!("several/{k}")), files("alone"));
            for name in ["inspect.npz", "inspect-ray.npz"] {
                let [a, b] = [format!("several/{k}/{name}"), format!("alone/{name}")]
                    .map(|path| std::fs::read(place.path(&path)).unwrap());
                assert!(a == b, "{several}: {name} of {k} is not that of {alone}");
            }
        }
        std::fs::remove_dir_all(place.path("several")).unwrap();
    }
    for (wrong, said) in [
        ("--index 3,400", "--index: expected 0 to 359, found 400"),
        ("--input five.npy --input none.npy", "none.npy"),
        (
            "--input rows.npy --ray five.npy",
            "--ray: expected different inputs, found rows.npy[2] and five.npy",
        ),
    ] {
        place.fails(&format!("{net} --out none {wrong}"), &[said]);
    }
    assert!(!place.path("none").exists());
}

/// Checkpoints of one training, kept on the way, against the last of them.
#[test]
fn a_course_is_made_of_checkpoints() {
    let place = Place::new();
    place.succeeds("train --net switch --epochs 4 --validation 0 --keep-every 2");
    let files: Vec<String> = [0, 2, 4].map(|n| format!("out/net-epoch{n:04}.safetensors")).into();
    let out = place.succeeds(&format!("trajectory {} --out trajectory", files.join(" ")));
    assert!(out.contains("switches that differ (%)"), "{out}");
    let whole = json(&place.path("trajectory/trajectory.json"));
    let answer = &whole["answer"];
    assert_eq!((&whole["exactness"], &answer["inputs"]), (&"exact".into(), &200.into()));
    let points = answer["checkpoints"].as_array().unwrap();
    assert_eq!(points.len(), 3);
    let of = |i: usize, key: &str| points[i]["trajectory"][key].as_f64().unwrap();
    assert_eq!(of(2, "settled"), 200.0);
    // The same decompositions twice; the sines are rounded.
    assert!(of(2, "row_space_angle") < 1e-12 && of(1, "row_space_angle") > 1.0);
    assert!(of(0, "map_cosine") < of(1, "map_cosine") && of(1, "map_cosine") < 1.0, "{points:?}");
    assert!(of(2, "within") > of(2, "between"));
    let accuracy = |i: usize| points[i]["test_accuracy"].as_f64().unwrap();
    assert!(accuracy(0) < 0.4 && accuracy(2) > 0.6, "{} {}", accuracy(0), accuracy(2));
    let picture = std::fs::read_to_string(place.path("trajectory/trajectory.svg")).unwrap();
    assert!(picture.contains("Row spaces") && !picture.contains("NaN"));
    assert!(picture.contains("of 3 checkpoints of the training of out/net-epoch0004.safetensors"));
    // The last of the series is the net that was kept, since nothing was held out to choose another.
    let [last, kept] = [&files[2], "out/net.safetensors"].map(|f| {
        let net = switchnet::net::checkpoint::load::<f32>(&place.path(f)).unwrap().net;
        switchnet::layer::parameters::read(&net)
    });
    assert_eq!(last, kept);
    place.succeeds(&format!("evaluate {}", files[1]));
    place.succeeds("train --net mlp --epochs 1 --out out/mlp.safetensors");
    place.fails(
        &format!("trajectory out/mlp.safetensors {}", files[0]),
        &[
            "out/mlp.safetensors: expected a checkpoint of the training of",
            "found one of another net",
        ],
    );
    place.fails("train --keep-every 0", &["--keep-every: expected at least 1, found 0"]);
    place.fails("trajectory nowhere.safetensors", &["nowhere.safetensors"]);
    // Told before the work, not after it.
    place.write("file", "");
    let wrong = place.run(&format!("trajectory {} --out file", files.join(" ")));
    assert_eq!((wrong.code, wrong.out.as_str()), (Some(1), ""), "{}", wrong.err);
    assert!(wrong.err.starts_with("error: file: ") && wrong.err.lines().count() == 1);
}

#[test]
fn answers_whose_own_check_fails_say_so() {
    let place = Place::new();
    // Switches that another signal throws (the other half has signs of its own) make a net jump, where neither a ray's segments nor polygons join.
    place.write(
        "jumps.toml",
        "net = 'layers'\nlayers = [{ kind = 'tile', width = 128 }, \
         { kind = 'mix', transform = 'signs' }, \
         { kind = 'mix', transform = 'hadamard', block = 64 }, { kind = 'detached' }, \
         { kind = 'take', width = 64 }, { kind = 'dense', outputs = 10 }]",
    );
    for (net, fails) in [("jumps.toml", true), ("mlp", false)] {
        place.succeeds(&format!("train --epochs 1 --net {net}"));
        let said = place.succeeds("inspect out/net.safetensors --ray 3 --slice 3 --out views");
        assert_eq!(said.matches("CHECK FAILED").count(), if fails { 3 } else { 0 }, "{said}");
        let answer =
            |view| json(&place.path(&format!("views/inspect-{view}.json")))["answer"].clone();
        let (ray, slice) = (answer("ray"), answer("slice"));
        for part in [&ray["ray"], &ray["integrated_gradients"], &slice] {
            assert_eq!(part["consistent"], serde_json::json!(!fails));
        }
    }
}

#[test]
fn a_net_without_regions_is_refused_by_its_layer() {
    let place = Place::new();
    let layers = "{ kind = 'flatten' }, { kind = 'dense', outputs = 4 }, ";
    let read = "{ kind = 'dense', outputs = 10 }";
    let inside = "{ kind = 'residual', layers = [{ kind = 'relu' }, { kind = 'sigmoid' }] }, ";
    for (middle, found) in [
        ("{ kind = 'tanh' }, ", "found layer 2 (tanh)"),
        (inside, "found layer 2 (layer 1 (sigmoid))"),
    ] {
        place.write("smooth.toml", format!("net = 'layers'\nlayers = [{layers}{middle}{read}]"));
        place.succeeds("train --net smooth.toml --epochs 1");
        for view in ["--ray 3", "--slice 3", "--margin"] {
            let said = ["net: expected one whose layers are all piecewise linear", found];
            place.fails(&format!("inspect out/net.safetensors {view}"), &said);
        }
    }
}

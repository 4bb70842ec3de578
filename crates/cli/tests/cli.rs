//! The program as a process: what it writes, what it says, how it fails.

use assert_cmd::Command;
use std::path::{Path, PathBuf};

/// A folder of its own for each test, and the program run in it.
struct Place {
    folder: tempfile::TempDir,
}

/// What a finished process left behind.
struct Outcome {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    fn run(&self, arguments: &str) -> Outcome {
        let output = Command::cargo_bin("switchnet")
            .unwrap()
            .current_dir(self.folder.path())
            .args(arguments.split_whitespace())
            .output()
            .unwrap();
        Outcome {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    fn succeeds(&self, arguments: &str) -> String {
        let outcome = self.run(arguments);
        assert_eq!(outcome.code, Some(0), "{arguments}\n{}{}", outcome.out, outcome.err);
        outcome.out
    }

    /// One line on standard error that has all of `parts`, a code that is not zero, no panic.
    #[track_caller]
    fn fails(&self, arguments: &str, parts: &[&str]) {
        let outcome = self.run(arguments);
        assert_eq!(outcome.code, Some(1), "{arguments}\n{}{}", outcome.out, outcome.err);
        assert_eq!(outcome.err.trim_end().lines().count(), 1, "{arguments}\n{}", outcome.err);
        assert!(outcome.err.starts_with("error: "), "{arguments}\n{}", outcome.err);
        for part in parts {
            assert!(outcome.err.contains(part), "{arguments}: no {part:?} in {}", outcome.err);
        }
    }
}

const QUICK: &str = "--epochs 2 --validation 0.2";

fn json(path: &Path) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn the_main_job_writes_everything_it_names() {
    let place = Place::new();
    let out = place.succeeds("compare --epochs 1 --seeds 1,2");
    for net in ["two-slope Hadamard", "ReLU Hadamard", "Hartley", "dense MLP", "thin MLP", "CNN"] {
        assert!(out.contains(net), "no {net} in\n{out}");
    }
    for file in ["report.html", "results.csv", "curves.svg", "maps-cnn.png", "effective-maps.npz"] {
        assert!(place.path("out").join(file).metadata().unwrap().len() > 100, "{file}");
    }
    let results = json(&place.path("out/results.json"));
    let nets = results["nets"].as_array().unwrap();
    assert_eq!(nets.len(), 6);
    for net in nets {
        assert_eq!(net["runs"].as_array().unwrap().len(), 2);
        assert_eq!(net["rates"].as_array().unwrap().len(), 4);
        for run in net["runs"].as_array().unwrap() {
            let residual = run["worst_residual"].as_f64().unwrap();
            assert!(residual < 1e-13, "{}: {residual}", net["name"]);
        }
    }
    // Six nets, four rates, two seeds.
    let checkpoints = std::fs::read_dir(place.path("out/checkpoints")).unwrap().count();
    assert_eq!(checkpoints, 48);
}

#[test]
fn no_result_depends_on_the_number_of_threads() {
    let place = Place::new();
    for threads in [1, 2, 3] {
        place.succeeds(&format!(
            "train {QUICK} --batch 128 --net switch --width 128 --threads {threads} --out t{threads}.safetensors"
        ));
    }
    let weights = |threads: usize| {
        let file = std::fs::read(place.path(&format!("t{threads}.safetensors"))).unwrap();
        let (header, metadata) = safetensors::SafeTensors::read_metadata(&file).unwrap();
        assert!(metadata.tensors().len() > 4);
        file[header + 8..].to_vec() // the numbers; the text before them has the seconds in it
    };
    assert_eq!(weights(1), weights(2));
    assert_eq!(weights(1), weights(3));
}

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
        history.starts_with("epoch,rate,train-loss") && history.lines().count() == 3,
        "{history}"
    );
    let evaluated = place.succeeds("evaluate out/net.safetensors");
    for set in ["train:", "test:"] {
        assert_eq!(accuracy(&trained, set), accuracy(&evaluated, set));
    }
    let inspected = place.succeeds("inspect out/net.safetensors --index 7 --out seven");
    assert!(inspected.contains("(labelled 9)"), "{inspected}");
    assert!(inspected.contains("exact"), "{inspected}");
    let map = json(&place.path("seven/inspect.json"))["answer"]["map"].clone();
    assert!(map["residual"]["relative"].as_f64().unwrap() < 1e-14);
    let picture = std::fs::read(place.path("seven/inspect.png")).unwrap();
    assert!(image::load_from_memory(&picture).unwrap().width() > 80);

    // The same input from a NumPy file and from a picture gives the same map.
    let digits = switchnet::data::digits::<f64>();
    let row = digits.test.inputs().row(7).to_owned();
    ndarray_npy::write_npy(place.path("seven.npy"), &row).unwrap();
    let pixels = row.iter().map(|v| (v / 16.0 * 255.0).round() as u8).collect();
    image::GrayImage::from_vec(8, 8, pixels).unwrap().save(place.path("seven.png")).unwrap();
    place.succeeds("inspect out/net.safetensors --input seven.npy --out npy");
    assert_eq!(map["y"].as_array().unwrap().len(), 10);
    let of = |folder: &str| {
        json(&place.path(&format!("{folder}/inspect.json")))["answer"]["map"]["y"].clone()
    };
    // The test set is standardised in single precision, the file in double.
    close(&map["y"], &of("npy"), 1e-5);
    // A picture has 256 levels and the digits 17, so levels are half a step of 255 apart at most.
    place.succeeds("inspect out/net.safetensors --input seven.png --out png");
    close(&map["y"], &of("png"), 0.2);
}

/// Every view prints its answer and writes it with its provenance and a picture that can be read.
#[test]
fn every_view_is_written() {
    let place = Place::new();
    place.succeeds(&format!("train {QUICK} --net switch"));
    let all = place.succeeds(
        "inspect out/net.safetensors --index 7 --out views --ray 3 --slice 3,5 --optimum 2 --margin \
         --spectrum --memory --neurons --switches --similarity --between 3,9",
    );
    let hash = json(&place.path("views/inspect.json"))["parameters"].clone();
    for (view, said, pictures) in [
        ("between", "a map of 64 × 64", &["between.png"][..]),
        ("ray", "breakpoints", &["ray.svg", "ray.png"]),
        (
            "slice",
            "V − E + F = 1",
            &["slice-class.svg", "slice-norm.svg", "slice-slope.svg", "slice-pattern.svg"],
        ),
        ("optimum", "optimal", &["optimum.png"]),
        ("margin", "certificate", &["margin.svg", "margin-layers.svg"]),
        ("spectrum", "stable rank", &["spectrum.svg", "spectrum.png"]),
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
                assert!(image::load_from_memory(&bytes).unwrap().width() > 80, "{picture}");
            } else {
                let text = String::from_utf8(bytes).unwrap();
                assert!(text.starts_with("<svg") && text.ends_with("</svg>\n"), "{picture}");
                assert!(!text.contains("NaN") && !text.contains("inf"), "{picture}");
            }
        }
    }
    for said in [
        "rank of the jump of A",
        "orthogonal and",
        "clusters by map",
        "on the closed side",
        "switch layer 1",
    ] {
        assert!(all.contains(said), "{said}: {all}");
    }
    let jumps = &json(&place.path("views/inspect-ray.json"))["answer"]["jumps"];
    for jump in jumps.as_array().unwrap() {
        assert!(jump["rank"].as_u64() <= jump["flips"].as_u64(), "{jump}");
    }
    for (archive, shapes) in [
        ("", vec![("A", vec![10, 64]), ("c", vec![10])]),
        ("-between", vec![("A", vec![64, 64]), ("x", vec![64]), ("y", vec![64])]),
        ("-ray", vec![("jump_rank", vec![jumps.as_array().unwrap().len()])]),
        (
            "-margin",
            vec![("l2", vec![3 * 64]), ("layer", vec![3 * 64]), ("nearest_of_noise", vec![200])],
        ),
        ("-spectrum", vec![("left", vec![10, 10])]),
        (
            "-memory",
            vec![("cosine", vec![10, 5]), ("stored", vec![10, 5]), ("class_span", vec![10])],
        ),
        ("-optimum", vec![("highest", vec![64]), ("nearest_outputs", vec![10])]),
        ("-neurons", vec![("cosine", vec![360]), ("output", vec![360])]),
        (
            "-switches",
            vec![
                ("on_rate_3", vec![64]),
                ("class_on_rate_1", vec![10, 64]),
                ("closed_share_chain_layer_7", vec![64]),
            ],
        ),
        ("-similarity", vec![("cluster_by_map", vec![360]), ("row_space_angle", vec![40, 40])]),
        ("-slice", vec![]),
    ] {
        let file = std::fs::File::open(place.path(&format!("views/inspect{archive}.npz"))).unwrap();
        let mut npz = ndarray_npy::NpzReader::new(file).unwrap();
        for (name, shape) in shapes {
            let array: ndarray::ArrayD<f64> =
                npz.by_name(name).unwrap_or_else(|e| panic!("{archive} {name}: {e}"));
            assert_eq!(array.shape(), shape, "{archive} {name}");
        }
        let provenance: ndarray::Array1<u8> = npz.by_name("provenance").unwrap();
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
            "--slice: expected one or two rows of the test set, such as 3,5, or axes, found 3,5,7",
        ),
        ("--slice 3 --window 0,1", "--window: expected four finite numbers"),
        (
            "--slice 3 --window 1,0,0,1",
            "--window: expected four finite numbers, each pair ascending",
        ),
        ("--slice 3 --seconds -1", "--seconds: expected a number of at least 0, found -1"),
        ("--slice 3,999", "--slice: expected 0 to 359, found 999"),
        ("--optimum 10", "--optimum: expected 0 to 9, found 10"),
    ] {
        place.fails(&format!("inspect out/net.safetensors --out none {wrong}"), &[said]);
    }
    assert!(!place.path("none").exists(), "a wrong question leaves no half of an answer");
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
    let (said, whole) = inspect("--slice 3");
    assert!(said.contains("slice through row 3 and zero") && said.contains("complete:"), "{said}");
    let (_, part) = inspect("--slice 3 --window -0.25,0.5,0,0.5");
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
        assert_eq!(
            (&some["complete"], &some["stopped_by"]),
            (&false.into(), &limit.into()),
            "{budget}"
        );
    }
    place.succeeds("train --data spirals --net mlp --epochs 2 --out out/spirals.safetensors");
    let said = place.succeeds("inspect out/spirals.safetensors --slice axes --out spirals");
    assert!(said.contains("slice of inputs 0 and 1") && said.contains("V − E + F = 1"), "{said}");
    let outcome = place.run("inspect out/net.safetensors --polygons 5");
    assert!(outcome.code == Some(2) && outcome.err.contains("--slice <PLANE>"), "{}", outcome.err);
}

/// Checkpoints of one training, kept on the way, against the last of them.
#[test]
fn a_course_is_made_of_checkpoints() {
    let place = Place::new();
    place.succeeds("train --net switch --epochs 4 --validation 0 --keep-every 2");
    let files: Vec<String> = [0, 2, 4].map(|n| format!("out/net-epoch{n:04}.safetensors")).into();
    let out = place.succeeds(&format!("course {} --out course", files.join(" ")));
    assert!(out.contains("switches that differ (%)"), "{out}");
    let whole = json(&place.path("course/course.json"));
    let answer = &whole["answer"];
    assert_eq!((&whole["exactness"], &answer["inputs"]), (&"exact".into(), &200.into()));
    let points = answer["checkpoints"].as_array().unwrap();
    assert_eq!(points.len(), 3);
    let of = |i: usize, key: &str| points[i]["course"][key].as_f64().unwrap();
    assert_eq!(of(2, "settled"), 200.0);
    // The same decompositions twice; the sines are rounded.
    assert!(of(2, "row_space_angle") < 1e-12 && of(1, "row_space_angle") > 1.0);
    assert!(of(0, "map_cosine") < of(1, "map_cosine") && of(1, "map_cosine") < 1.0, "{points:?}");
    assert!(of(2, "within") > of(2, "between"));
    let accuracy = |i: usize| points[i]["test_accuracy"].as_f64().unwrap();
    assert!(accuracy(0) < 0.4 && accuracy(2) > 0.6, "{} {}", accuracy(0), accuracy(2));
    let picture = std::fs::read_to_string(place.path("course/course.svg")).unwrap();
    assert!(picture.contains("Row spaces") && !picture.contains("NaN"));
    // The last of the series is the net that was kept, since nothing was held out to choose another.
    let [last, kept] = [&files[2], "out/net.safetensors"].map(|f| {
        let net = switchnet::net::checkpoint::load::<f32>(&place.path(f)).unwrap().net;
        switchnet::layer::parameters::read(&net)
    });
    assert_eq!(last, kept);
    place.succeeds(&format!("evaluate {}", files[1]));
    place.succeeds("train --net mlp --epochs 1 --out out/mlp.safetensors");
    place.fails(
        &format!("course out/mlp.safetensors {}", files[0]),
        &[
            "out/mlp.safetensors: expected a checkpoint of the training of",
            "found one of another net",
        ],
    );
    place.fails("train --keep-every 0", &["--keep-every: expected at least 1, found 0"]);
    place.fails("course nowhere.safetensors", &["nowhere.safetensors"]);
}

#[track_caller]
fn close(a: &serde_json::Value, b: &serde_json::Value, tolerance: f64) {
    let numbers = |v: &serde_json::Value| -> Vec<f64> {
        v.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
    };
    for (a, b) in numbers(a).iter().zip(&numbers(b)) {
        assert!((a - b).abs() < tolerance, "{a} and {b}");
    }
}

#[test]
fn nets_and_experiments_come_from_files_too() {
    let place = Place::new();
    place.write(
        "net.toml",
        "net = 'layers'\nlayers = [{ kind = 'flatten' }, { kind = 'dense', outputs = 10 }]",
    );
    let out = place.succeeds("summary --net net.toml");
    assert!(out.contains("650"), "{out}");
    let spec = place.succeeds("summary --net net.toml --spec");
    let spec: switchnet::net::Spec = toml::from_str(&spec).unwrap();
    assert_eq!(spec.layers.len(), 2);

    place.write(
        "spirals.toml",
        "name = 'Spirals'\nseeds = [4]\ndata = { source = 'spirals', points = 40 }\n\
         training = { epochs = 3 }\n[[nets]]\nname = 'a <net>'\n\
         architecture = { net = 'switch', width = 16, depth = 2 }\n",
    );
    place.succeeds("compare spirals.toml --out results");
    let page = std::fs::read_to_string(place.path("results/report.html")).unwrap();
    assert!(page.contains("a &lt;net&gt;") && !page.contains("a <net>"));
}

#[test]
fn csv_files_are_trained_on() {
    let place = Place::new();
    let mut csv = String::from("a,b,kind,target\n");
    for i in 0..60 {
        let (a, b) = ((i * 7 % 13) as f64, (i * 5 % 11) as f64);
        csv += &format!("{a},{b},{},{}\n", if a > b { "x" } else { "y" }, a - 2.0 * b);
    }
    place.write("table.csv", &csv);
    place.fails("train --data table.csv --epochs 2", &["table.csv", "expected", "found"]);
    let csv: String = csv
        .lines()
        .map(|line| {
            let cells: Vec<_> = line.split(',').collect();
            format!("{},{},{}\n", cells[0], cells[1], cells[3])
        })
        .collect();
    place.write("table.csv", &csv);
    let out = place.succeeds(
        "train --data table.csv --values --standardize feature --epochs 60 --batch 8 --net mlp --hidden 16",
    );
    assert!(!out.contains("accuracy"), "{out}");
    let loss = |set: &str| -> f64 {
        let line = out.lines().find(|line| line.trim_start().starts_with(set)).unwrap().to_owned();
        line.split("loss ").nth(1).unwrap().trim().parse().unwrap()
    };
    // The mean of ½(a − 2b)² over the table is above 40; a linear target is learned well below it.
    assert!(loss("test:") < 10.0, "{out}");
    place.succeeds("evaluate out/net.safetensors");
    place.succeeds("inspect out/net.safetensors --index 3");
}

#[test]
fn a_width_is_a_power_of_two_unless_another_is_asked_for() {
    let place = Place::new();
    for (width, found) in [("", " 64 "), ("--width 80", " 80 "), ("--width 784", " 784 ")] {
        let out = place.succeeds(&format!("summary --depth 1 {width}"));
        let line = out.lines().find(|line| line.contains("hadamard")).expect("a transform");
        assert!(line.contains(found), "{out}");
    }
}

#[test]
fn mutation_trains_without_gradients() {
    let place = Place::new();
    let out = place.succeeds("train --evolve 60 --width 64 --depth 1");
    assert!(out.contains("Wrote"), "{out}");
    place.succeeds("evaluate out/net.safetensors");
}

#[test]
fn speed_is_measured_against_its_goals() {
    let place = Place::new();
    let out = place.succeeds("speed --quick --out here");
    let report = json(&place.path("here/speed.json"));
    let rows = report["rows"].as_array().unwrap();
    assert!(rows.len() > 40, "{} rows", rows.len());
    for row in rows {
        let [ours, other] = ["ours", "other"].map(|key| row[key].as_f64().unwrap());
        assert!(ours > 0.0 && other > 0.0 && ours < 1e10, "{row}");
        assert!(out.contains(row["work"].as_str().unwrap()), "{row}");
    }
    let lines = out.lines().filter(|l| l.starts_with("holds  ") || l.starts_with("SHORT  "));
    assert_eq!(lines.count(), rows.len());
    let widths = report["growth"]["points"].as_array().unwrap();
    assert!(widths.len() > 8 && widths[0]["dense"].as_f64() > Some(0.0));
    let table = std::fs::read_to_string(place.path("here/speed.md")).unwrap();
    assert_eq!(
        table.lines().filter(|l| l.contains("| yes |") || l.contains("| **no** |")).count(),
        rows.len()
    );
    assert!(std::fs::read_to_string(place.path("here/speed.svg")).unwrap().contains("dense layer"));
}

#[test]
fn the_instruction_set_can_be_forced() {
    let place = Place::new();
    let run = |kernel: &str| {
        let mut command = Command::cargo_bin("switchnet").unwrap();
        command.current_dir(place.folder.path()).env("SWITCHNET_KERNEL", kernel);
        command
            .args(["train", "--net", "switch", "--epochs", "1", "--out", kernel])
            .output()
            .unwrap()
    };
    let output = run("portable");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let output = run("abacus");
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.starts_with("error: SWITCHNET_KERNEL: expected portable"), "{error}");
    assert!(error.contains("abacus") && error.lines().count() == 1, "{error}");
}

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
    place.fails("train --rate -1", &["rate", "positive", "-1"]);
    place.fails("train --rate NaN", &["rate", "positive", "NaN"]);
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
    image::GrayImage::new(9, 8).save(place.path("wide.png")).unwrap();
    place.fails("inspect out/net.safetensors --input wide.png", &["wide.png", "8×8", "8×9"]);
    // An option nobody knows is clap's to refuse, with its own code.
    assert_eq!(place.run("train --unknown").code, Some(2));
}

#[test]
fn help_names_every_command_and_every_command_has_help() {
    let place = Place::new();
    let help = place.succeeds("--help");
    for command in ["compare", "train", "evaluate", "inspect", "course", "summary"] {
        assert!(help.contains(command));
        let help = place.succeeds(&format!("{command} --help"));
        assert!(help.lines().count() > 8 && help.contains("Usage"), "{command}");
    }
}

#[cfg(unix)]
mod interruption {
    use super::*;
    use std::process::{Command as Process, Stdio};
    use std::time::{Duration, Instant};

    /// Starts the program, waits for `file`, presses Ctrl-C, returns the exit code.
    fn interrupted(place: &Place, arguments: &str, file: &str) -> Option<i32> {
        let mut child = Process::new(env!("CARGO_BIN_EXE_switchnet"))
            .current_dir(place.folder.path())
            .args(arguments.split_whitespace())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let begun = Instant::now();
        while !place.path(file).exists() {
            assert!(begun.elapsed() < Duration::from_secs(120), "no {file} after two minutes");
            std::thread::sleep(Duration::from_millis(2));
        }
        let pid = child.id().to_string();
        assert!(Process::new("kill").args(["-INT", &pid]).status().unwrap().success());
        child.wait().unwrap().code()
    }

    fn parameters(path: &Path) -> Vec<f32> {
        let net = switchnet::net::checkpoint::load::<f32>(path).unwrap().net;
        switchnet::layer::parameters::read(&net)
    }

    #[test]
    fn a_stopped_training_goes_on_to_the_same_bits() {
        let place = Place::new();
        let arguments = "train --width 256 --epochs 60 --dropout 0.1 --batch 64";
        let whole = format!("{arguments} --out whole.safetensors");
        place.succeeds(&whole);
        let part = format!("{arguments} --out part.safetensors");
        assert_eq!(interrupted(&place, &part, "part.safetensors"), Some(130));
        // Usable as it is …
        place.succeeds("evaluate part.safetensors");
        assert_ne!(
            parameters(&place.path("part.safetensors")),
            parameters(&place.path("whole.safetensors"))
        );
        // … not resumable with other settings …
        place.fails(
            "train --width 256 --epochs 61 --dropout 0.1 --batch 64 --out part.safetensors --resume",
            &["part.safetensors", "training"],
        );
        // … and with the same ones as if nothing had happened.
        place.succeeds(&format!("{part} --resume"));
        assert_eq!(
            parameters(&place.path("part.safetensors")),
            parameters(&place.path("whole.safetensors"))
        );
    }

    /// A slice of a CNN takes seconds at least; what it has when it is stopped is written.
    #[test]
    fn a_stopped_slice_is_written() {
        let place = Place::new();
        place.succeeds(&format!("train {QUICK} --net cnn"));
        let slice = "inspect out/net.safetensors --index 7 --slice 3,5 --seconds 600 --out part";
        assert_eq!(interrupted(&place, slice, "part/inspect.json"), Some(130));
        let some = &json(&place.path("part/inspect-slice.json"))["answer"];
        assert_eq!(
            (&some["complete"], &some["stopped_by"]),
            (&false.into(), &"interrupted".into())
        );
        assert!(place.path("part/inspect-slice.npz").exists());
    }

    #[test]
    fn a_stopped_comparison_goes_on() {
        let place = Place::new();
        let file = "out/checkpoints/net1-rate1-seed1.safetensors";
        assert_eq!(interrupted(&place, "compare --epochs 6 --seeds 1", file), Some(130));
        assert!(!place.path("out/report.html").exists());
        place.succeeds("compare --epochs 6 --seeds 1 --resume");
        place.succeeds("compare --epochs 6 --seeds 1 --out whole");
        let accuracy = |folder: &str| -> Vec<f64> {
            let results = json(&place.path(&format!("{folder}/results.json")));
            let nets = results["nets"].as_array().unwrap().clone();
            nets.iter().map(|net| net["runs"][0]["test_loss"].as_f64().unwrap()).collect()
        };
        assert_eq!(accuracy("out"), accuracy("whole"));
    }
}

#[test]
fn known_values_are_checked_on_this_machine() {
    let place = Place::new();
    let out = place.succeeds("selfcheck");
    let lines: Vec<&str> = out.lines().collect();
    let (last, checks) = lines.split_last().unwrap();
    // Two lines for each check: its name, and its numbers.
    assert!(checks.len() >= 40 && checks.len() % 2 == 0, "{out}");
    for check in checks.chunks(2) {
        assert!(check[0].starts_with("ok "), "{}", check[0]);
        for word in ["expected", "found", "tolerance"] {
            assert!(check[1].contains(word), "{}", check[1]);
        }
    }
    let count = checks.len() / 2;
    assert_eq!(*last, format!("{count} of {count} values as expected"));
}

#[test]
fn answers_whose_own_check_fails_say_so() {
    let place = Place::new();
    // Switches that another signal throws make a net jump, where neither a ray's segments nor polygons join.
    place.write(
        "jumps.toml",
        "net = 'layers'\nlayers = [{ kind = 'tile', width = 128 }, \
         { kind = 'mix', transform = 'signs', block = 64 }, \
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
fn a_loss_that_is_no_number_is_an_error() {
    use switchnet::layer::Layer;
    let place = Place::new();
    place.succeeds("train --epochs 1 --net mlp");
    let path = place.path("out/net.safetensors");
    let mut file = switchnet::net::checkpoint::load::<f32>(&path).unwrap();
    file.net.visit_mut(&mut |_, mut values| values.fill(3e38));
    let spec = file.net.spec().clone();
    switchnet::net::checkpoint::save(&path, &spec, &file.net, &file.metadata, &file.tensors)
        .unwrap();
    place.fails(
        "evaluate out/net.safetensors",
        &["loss on the train set", "a finite number", "NaN"],
    );
}

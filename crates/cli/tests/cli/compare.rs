//! Comparisons, and what is said about all nets.

use crate::place::{Place, document, documented, json, metadata};
use serde::de::DeserializeOwned;
use switchnet::data::{CsvOptions, Source};
use switchnet::train::Training;
use switchnet_lab::experiment::Experiment;

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
    documented(&place.path("out"));
    // The nets themselves are a click away from the report.
    let (report, page) = (place.read("out/report.html"), place.read("out/page.html"));
    assert!((0..7).all(|net| report.contains(&format!("<a href=\"page.html#net={net}\">"))));
    assert!(page.contains("\"name\":\"two-slope Hadamard\"") && page.contains("\"name\":\"CNN\""));
    let results = json(&place.path("out/results.json"));
    let nets = results["nets"].as_array().unwrap();
    assert_eq!(nets.len(), 7);
    for net in nets {
        assert_eq!(net["runs"].as_array().unwrap().len(), 2);
        assert_eq!(net["learning_rates"].as_array().unwrap().len(), 4);
        for run in net["runs"].as_array().unwrap() {
            let residual = run["worst_residual"].as_f64().unwrap();
            assert!(residual < 1e-13, "{}: {residual}", net["name"]);
        }
    }
    // Seven nets, four learning rates, two seeds.
    let checkpoints = std::fs::read_dir(place.path("out/checkpoints")).unwrap().count();
    assert_eq!(checkpoints, 56);
}

/// Where a name stands that nothing has, the message lists all that can be said; `docs/files.md` has each.
#[test]
fn every_setting_of_an_experiment_is_documented() {
    fn settings<T: DeserializeOwned>(others: &str) -> Vec<String> {
        let text = format!("unheard-of = 1\n{others}");
        let error = toml::from_str::<T>(&text).err().expect("a name that nothing has").to_string();
        let (_, list) = error.split_once("`unheard-of`, expected ").unwrap();
        list.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    }
    let document = document();
    for (least, names) in [
        (14, settings::<Experiment>("")),
        (10, settings::<Training>("")),
        (10, settings::<CsvOptions>("")),
        (5, settings::<Source>("source = 'files'")),
        (4, settings::<Source>("source = 'csv'")),
    ] {
        assert!(names.len() >= least, "{names:?}");
        for name in names {
            assert!(document.contains(&format!("`{name}`")) || name == "nets", "{name}");
        }
    }
    assert!(document.contains("`[[nets]]`"));
}

/// What a table's cross-validation leaves has the names of the table.
#[test]
fn a_cross_validation_writes_what_is_documented() {
    let place = Place::new();
    let rows = (0..24).map(|i| format!("{i}.5,{},{}\n", i % 5, ["ash", "elm"][i % 2]));
    place.write("t.csv", format!("width,height,kind\n{}", rows.collect::<String>()));
    place.write(
        "e.toml",
        "name = 'Parts'\nseeds = [3, 4]\ncross-validate = true\ndraw = 'table'\n\
         data = { source = 'csv', train = 't.csv' }\ntraining = { epochs = 1, validation = 0.2 }\n[[nets]]\n\
         name = 'small'\narchitecture = { net = 'mlp', hidden = [4] }\n",
    );
    place.succeeds("compare e.toml");
    documented(&place.path("out"));
    documented(&place.path("out/checkpoints"));
    let data = json(&place.path("out/record.json"))["data"].clone();
    assert_eq!((&data["folds"], &data["draw"]), (&2.into(), &"table".into()));
    assert_eq!((&data["train"], &data["test"]), (&12.into(), &12.into()));
    let kept = metadata(&place.path("out/checkpoints/net1-learning-rate1-seed4.safetensors"));
    assert_eq!(data["schema"], kept["schema"]);
    assert_eq!(kept["schema"]["features"][1]["column"], "height");
    assert_eq!(kept["schema"]["classes"], serde_json::json!(["ash", "elm"]));
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
    let spec: switchnet::net::zoo::Architecture = toml::from_str(&spec).unwrap();
    let switchnet::net::zoo::Architecture::Layers(layers) = spec else { panic!("{spec:?}") };
    assert_eq!((layers.layers.len(), layers.seed), (2, Some(1)));

    place.write(
        "spirals.toml",
        "name = 'Spirals'\nseeds = [4]\ndata = { source = 'spirals', points = 40 }\n\
         training = { epochs = 3 }\n[[nets]]\nname = \"a <net>\\n\\u001b\"\n\
         architecture = { net = 'switch', width = 16, depth = 2 }\n",
    );
    let out = place.succeeds("compare spirals.toml --out results");
    let row =
        |line: &&str| line.starts_with("a <net>") && line.contains('%') == line.contains("no");
    assert_eq!(out.lines().filter(row).count(), 1, "a name is in one line: {out}");
    assert!(!out.contains('\u{1b}'));
    place.fails(
        "compare spirals.toml --seeds 4,5,4",
        &["seeds: expected different ones, found 4 twice"],
    );
    let page = std::fs::read_to_string(place.path("results/report.html")).unwrap();
    assert!(page.contains("a &lt;net&gt;") && !page.contains("a <net>"));
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

/// One file of nets on any data; what is kept of it makes tables again, without a net.
#[test]
fn kept_records_make_tables_of_several_sets() {
    let place = Place::new();
    place.write(
        "nets.toml",
        "name = 'Nets'\nseeds = [1, 2]\nchoosing-seeds = 1\ndata = { source = 'spirals' }\nstandardize = 'global'\n\
         training = { epochs = 1 }\n[[nets]]\nname = 'bank, small'\nagainst = 'thin, small'\n\
         learning-rates = [0.01, 0.02]\narchitecture = { net = 'cosine-bank', pool = 1, width = 64, depth = 1 }\n\
         [[nets]]\nname = 'thin, small'\narchitecture = { net = 'thin-mlp', parameters = 900 }\n",
    );
    place.succeeds("compare nets.toml --data digits --name Digits --out one");
    place.succeeds("compare nets.toml --data spirals --name Spirals --out two");
    let record = json(&place.path("one/record.json"));
    assert_eq!((&record["name"], &record["data"]["test"]), (&"Digits".into(), &360.into()));
    place.succeeds("compare nets.toml --standardize feature --out three");
    let other = json(&place.path("three/record.json"));
    assert_eq!(other["data"], json(&place.path("two/record.json"))["data"], "the file says which");
    let out = place.succeeds("tables one/record.json two/record.json --out tables");
    assert!(out.contains("## Digits\n") && out.contains("## Spirals\n"), "{out}");
    assert!(out.contains("2 trainings chose 1 learning rates"), "{out}");
    let kept = std::fs::read_to_string(place.path("tables/tables.md")).unwrap();
    assert!(
        out.starts_with(kept.trim_end()) && kept.matches("| bank, small |").count() == 2,
        "{kept}"
    );
    let curves = std::fs::read_to_string(place.path("tables/tables.svg")).unwrap();
    assert!(curves.starts_with("<svg") && curves.contains("multiply-adds"));
    place.fails("tables one/results.json", &["one/results.json: a record: "]);
    place.fails("tables none.json", &["none.json: "]);
}

/// Every bank by its name.
#[test]
fn banks_are_trained_by_name() {
    let place = Place::new();
    for bank in
        ["cosine-bank", "multi-scale-bank --pool 2 --switch prelu", "sliding-bank --depth 0"]
    {
        let out = place.succeeds(&format!("train --net {bank} --epochs 1 --out net.safetensors"));
        assert!(out.contains("accuracy"), "{out}");
        let out = place.succeeds("inspect net.safetensors --index 3");
        assert!(out.contains("residual"), "{out}");
    }
    place.fails(
        "summary --net cosine-bank --hidden 4",
        &["--hidden: expected with a net that has it, found with --net cosine-bank"],
    );
}

#[test]
fn structured_nets_are_trained_by_name() {
    let place = Place::new();
    for net in ["butterfly", "circulant --depth 2", "toeplitz --width 72"] {
        let net = format!("train --net structured --matrix {net} --epochs 1 --out net.safetensors");
        let out = place.succeeds(&net);
        assert!(out.contains("accuracy"), "{out}");
        let out = place.succeeds("inspect net.safetensors --index 3");
        assert!(out.contains("residual"), "{out}");
    }
    place.fails("summary --net structured", &["--net structured needs --matrix"]);
    let unknown = place.run("summary --net structured --matrix woven");
    assert!(unknown.code == Some(2) && unknown.err.contains("unknown variant `woven`"));
    place.fails(
        "summary --net mlp --matrix monarch",
        &["--matrix: expected with a net that has it"],
    );
    place.fails(
        "summary --net structured --matrix butterfly --width 72",
        &["width of a butterfly: expected a power of the radix 2, found 72"],
    );
}

/// Nets of the experiments of structured matrices, with their parameters for CIFAR-10 in grey.
fn nets_of(file: &str) -> Vec<(String, usize)> {
    let path = format!("{}/experiments/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let experiment: switchnet_lab::experiment::Experiment = toml::from_str(&text).unwrap();
    let size = |net: &switchnet_lab::experiment::Entry| {
        let spec = net.architecture.spec(&[1, 32, 32], 10, 1).unwrap();
        (net.name.clone(), spec.size().unwrap().parameters)
    };
    experiment.nets.iter().map(size).collect()
}

/// As many parameters as the literature prints; those of BPBP, 18,442, are rounded there.
#[test]
fn published_nets_have_the_published_parameters() {
    let nets = nets_of("kinds.toml");
    for (name, parameters) in [
        ("dense", 1_058_826),
        ("BPBP, real and shared", 18_442 - 8),
        ("low rank, 4", 18_442),
        ("adaptive Fastfood", 13_322),
        ("circulant", 11_274),
        ("Toeplitz-like, 4", 18_442),
    ] {
        assert!(nets.contains(&(name.to_owned(), parameters)), "{name}: {nets:?}");
    }
}

#[test]
fn nets_of_equal_parameters_have_equal_parameters() {
    for (name, parameters) in nets_of("kinds-equal.toml") {
        let control = name == "random orthogonal features" && parameters == 1024 + 10_250;
        assert!(control || (27_658..=31_754).contains(&parameters), "{name}: {parameters}");
    }
}

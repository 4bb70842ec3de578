//! Tables and series are drawn as what they are, with the names of their columns and classes.

use crate::place::{Place, json, width};
use std::fmt::Write;

/// Three columns with names that mean something elsewhere, and three classes.
fn table() -> Place {
    let place = Place::new();
    let mut text = "<b>width</b>,\"height, \"\"tall\"\"\",x & y,kind\n".to_owned();
    for row in 0..60 {
        let kind = row % 3;
        let (a, b, c) = (kind * 10 + row % 4, 100 - 20 * kind, row % 7);
        writeln!(text, "{a},{b},{c},{}", ["ash & elm", "=oak", "yew"][kind]).unwrap();
    }
    place.write("t.csv", text);
    place.succeeds("train --data t.csv --net mlp --hidden 8 --epochs 20 --batch 8 --seed 1");
    place
}

#[test]
fn a_table_is_shown_by_the_names_of_its_columns() {
    let place = table();
    let out = place.succeeds("inspect out/net.safetensors --index 2");
    assert!(out.contains("the largest effective weights of class "), "{out}");
    assert!(out.contains("<b>width</b>") && out.contains("raw input"), "{out}");
    assert!(!place.path("out/inspect.png").exists());
    let svg = place.read("out/inspect.svg");
    // The input and three classes.
    assert_eq!(svg.matches("<polygon").count(), 3 * 4);
    for text in ["&lt;b&gt;width&lt;/b&gt;", "ash &amp; elm", "input"] {
        assert!(svg.contains(&format!(">\n{text}\n<")), "{text}");
    }
    assert!(svg.contains("effective weights: test row 2 of class "));
    assert!(svg.contains("in the net out/net.safetensors\""));

    // Each output is the sum of its column times the input, in both units.
    let y = json(&place.path("out/inspect.json"))["answer"]["map"]["y"].clone();
    let text = place.read("out/inspect.csv");
    let mut lines = text.lines();
    let w = "w(=oak),w(ash & elm),w(yew)";
    let raw = "raw w(=oak),raw w(ash & elm),raw w(yew)";
    assert_eq!(lines.next().unwrap(), format!("feature,x,{w},raw x,{raw}"));
    let lines: Vec<&str> = lines.collect();
    assert!(lines[1].starts_with("\"height, \"\"tall\"\"\","), "{text}");
    let numbers: Vec<Vec<f64>> = lines
        .iter()
        .map(|line| {
            let mut cells: Vec<f64> =
                line.rsplit(',').take(8).map(|cell| cell.parse().unwrap()).collect();
            cells.reverse();
            cells
        })
        .collect();
    assert_eq!(numbers.len(), 4);
    for block in [0, 4] {
        for k in 0..3 {
            let sum: f64 = numbers.iter().map(|line| line[block] * line[block + 1 + k]).sum();
            let y = y[k].as_f64().unwrap();
            assert!((sum - y).abs() < 1e-9, "{block} {k}: {sum} {y}"); // sums of a few numbers below 100
        }
    }

    place.succeeds("inspect out/net.safetensors --draw image --out pixels");
    assert!(width(&std::fs::read(place.path("pixels/inspect.png")).unwrap()) > 80);
    place.fails(
        "inspect out/net.safetensors --draw series:2 --out none",
        &["--draw: channels of a series: expected a number that divides 3, found 2"],
    );
    let outcome = place.run("inspect out/net.safetensors --draw bars --out none");
    assert!(outcome.code == Some(2) && outcome.err.contains("expected image, table, series"));
}

#[test]
fn every_view_of_a_table_has_its_names() {
    let place = table();
    let out = place.succeeds(
        "inspect out/net.safetensors --index 2 --ray 0 --slice axes --optimum 1 --margin --spectrum --memory --neurons \
         --similarity --seconds 1e6",
    );
    assert!(out.contains("slice of <b>width</b> and height, \"tall\""), "{out}");
    for (file, texts) in [
        ("ray", &["class ash &amp; elm", "class yew"][..]),
        ("ray-attribution", &["&lt;b&gt;width&lt;/b&gt;", "x &amp; y"]),
        ("slice-class", &["class ash &amp; elm", "&lt;b&gt;width&lt;/b&gt;, standardized"]),
        ("optimum", &["raises ash &amp; elm", "x &amp; y"]),
        ("spectrum-vectors", &["heard", "direction 1", "x &amp; y"]),
        ("memory", &["x &amp; y"]),
        ("similarity-cosine", &["=oak"]),
    ] {
        let svg = place.read(&format!("out/inspect-{file}.svg"));
        for text in texts {
            assert!(svg.contains(&format!(">\n{text}\n<")), "{file}: {text}");
        }
    }
}

#[test]
fn a_series_is_lines_and_a_comparison_has_the_same() {
    let place = Place::new();
    let steps = 24;
    let names: Vec<String> = (0..steps).map(|i| format!("t{i}")).collect();
    let mut text = format!("{},kind\n", names.join(","));
    for row in 0..40 {
        let kind = row % 2;
        let wave = |i: usize| ((i * (1 + kind) + row) as f64 / 3.0).sin();
        let cells: Vec<String> = (0..steps).map(|i| format!("{:.3}", wave(i))).collect();
        writeln!(text, "{},{}", cells.join(","), ["slow", "fast"][kind]).unwrap();
    }
    place.write("s.csv", text);
    place.write(
        "e.toml",
        "name = 'Waves'\nseeds = [1]\ndata = { source = 'digits' }\ntraining = { epochs = 2, validation = 0.2 }\n\
         [[nets]]\nname = 'small'\narchitecture = { net = 'mlp', hidden = [4] }\n",
    );
    place.succeeds("train --data s.csv --net mlp --hidden 4 --epochs 2");
    place.succeeds("inspect out/net.safetensors");
    let svg = place.read("out/inspect.svg");
    for text in ["number of column t…", "fast", "slow", "effective weights"] {
        assert!(svg.contains(&format!(">\n{text}\n<")), "{text}");
    }
    place.succeeds("compare e.toml --data s.csv --out all");
    let page = place.read("all/report.html");
    assert!(page.contains(">\nnumber of column t…\n<") && !page.contains("<img"));
    assert!(place.read("all/maps-small.svg").contains("in the net small"));
    place.succeeds("compare e.toml --data s.csv --out three --draw series:3");
    assert!(place.read("three/report.html").contains(">\nchannel 3\n<"));
    assert_eq!(json(&place.path("three/record.json"))["data"]["draw"], "series:3");
    let outcome = place.run("compare e.toml --data s.csv --out none --draw series:5");
    let said = "error: draw: channels of a series: expected a number that divides 24, found 5\n";
    assert!(outcome.code == Some(1) && outcome.err.ends_with(said), "{}", outcome.err);
    assert!(!place.path("none").exists());
}

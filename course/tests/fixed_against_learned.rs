use crate::{root, thousands};
use std::sync::LazyLock;
use switchnet_lab::experiment::NetResults;
use switchnet_lab::report::text_table;

#[path = "../12-fixed-against-learned/main.rs"]
#[allow(dead_code)] // main
mod program;

static FOUND: LazyLock<program::Findings> = LazyLock::new(|| program::run(true).unwrap());

fn net(name: &str) -> &'static NetResults {
    FOUND.results.nets.iter().find(|net| net.name == name).unwrap()
}

/// By how much `found` is off.
fn off(found: usize, wanted: usize) -> f64 {
    (found as f64 / wanted as f64 - 1.0).abs()
}

#[test]
fn the_nets_have_equal_parameters_and_equal_multiply_adds() {
    let wanted = &net("two-slope Hadamard").summary;
    // Widths are whole numbers, so nothing fits exactly.
    for name in ["ReLU Hadamard", "thin dense", "thin CNN"] {
        let found = net(name).summary.parameters;
        assert!(off(found, wanted.parameters) <= 0.02, "{name}: {found} {}", wanted.parameters);
    }
    for name in ["dense, equal multiply-adds", "CNN, equal multiply-adds"] {
        let found = net(name).summary.multiply_adds;
        assert!(off(found, wanted.multiply_adds) <= 0.03, "{name}: {found}");
    }
}

#[test]
fn the_section_has_the_sizes_of_the_nets() {
    let file = root().join("course/12-fixed-against-learned/README.md");
    let section = std::fs::read_to_string(file).unwrap();
    // The numbers that two nets have in common are bold.
    let section = section.replace("**", "");
    for net in &FOUND.results.nets {
        let (summary, name) = (&net.summary, &net.name);
        let [parameters, work] = [summary.parameters, summary.multiply_adds].map(thousands);
        let sizes = format!("| {parameters} | {work} |");
        let row = |line: &str| line.starts_with(&format!("| {name}")) && line.contains(&sizes);
        assert!(section.lines().any(row), "no row of {name} with {sizes}");
    }
}

#[test]
fn the_table_says_what_was_measured() {
    let table = text_table(&FOUND.results);
    for net in &FOUND.results.nets {
        let line = table.lines().find(|line| line.starts_with(&format!("{}  ", net.name))).unwrap();
        let sum: f64 = net.runs.iter().map(|run| run.test_accuracy).sum();
        let accuracy = format!("{:.2} ±", 100.0 * sum / net.runs.len() as f64);
        assert!(line.contains(&accuracy), "{accuracy}: {line}");
        // The table writes 4,874.
        let digits = line.replace(',', "");
        assert!(digits.contains(&format!(" {} ", net.summary.parameters)), "{line}");
        assert!(digits.contains(&format!(" {} ", net.summary.multiply_adds)), "{line}");
    }
}

#[test]
fn differences_are_paired_by_seed() {
    assert_eq!(FOUND.differences.len() + 1, FOUND.results.nets.len());
    let opponent = net(program::OPPONENT);
    for difference in &FOUND.differences {
        let runs = &net(&difference.name).runs;
        let [a, b] = [0, 1].map(|seed| {
            assert_eq!(runs[seed].seed, opponent.runs[seed].seed);
            runs[seed].test_accuracy - opponent.runs[seed].test_accuracy
        });
        assert!((difference.mean - (a + b) / 2.0).abs() < 1e-12);
        // Of two values the standard deviation is |a − b|/√2, so the interval is t·|a − b|/2 on each side.
        let half = 12.7062 * (a - b).abs() / 2.0;
        assert!((difference.half - half).abs() <= 2e-4 * half, "{} {half}", difference.half);
        let apart = difference.mean.abs() > difference.half;
        assert_eq!(difference.verdict() != "not told apart", apart);
    }
}

#[test]
fn the_pictures_name_nets_and_axes() {
    let pictures = program::pictures(&FOUND).unwrap();
    for (name, text) in &pictures {
        assert!(text.contains("two-slope Hadamard"), "{name}");
    }
    assert!(pictures[0].1.contains("parameters (log scale)"));
    assert!(pictures[1].1.contains("multiply-adds for one sample (log scale)"));
}

//! The published tables are what the kept records say.

use std::path::Path;
use switchnet_lab::experiment::{Experiment, MeanStd};
use switchnet_lab::report::{NetRecord, Record, records_markdown};

fn docs(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// What `switchnet tables` makes of the records is what stands beside them.
#[test]
fn published_tables_are_those_of_the_records() {
    const ALL: &[&str] = &["mnist", "fashion-mnist", "cifar10-grey"];
    for (folder, sets) in [("results", ALL), ("results/epochs", ALL), ("results/larger", ALL)] {
        let record = |set: &&str| -> Record {
            serde_json::from_str(&docs(&format!("{folder}/{set}.json"))).expect("a record")
        };
        let records: Vec<Record> = sets.iter().map(record).collect();
        records.iter().for_each(|record| record.check().expect("whole"));
        let (found, expected) = (docs(&format!("{folder}/tables.md")), records_markdown(&records));
        for (found, expected) in found.lines().zip(expected.lines()) {
            assert_eq!(found, expected, "{folder}");
        }
        assert_eq!(found.len(), expected.len(), "{folder}");
    }
}

/// The tables at a glance stand in the page of results, line by line.
#[test]
fn the_page_of_results_has_the_tables_at_a_glance() {
    let (tables, page) = (docs("results/tables.md"), docs("results.md"));
    let mut lines = 0;
    for glance in tables.split("\n\n").filter(|part| part.starts_with("| size |")) {
        for line in glance.lines() {
            assert!(page.contains(line), "{line}");
            lines += 1;
        }
    }
    assert!(lines > 3 * 5, "{lines}");
}

/// The leads of the sliding bank over the best dense net of each size, as the page has them.
#[test]
fn the_page_of_results_has_the_leads_over_the_best_dense_net() {
    let page = docs("results.md");
    let mean = |net: &NetRecord| MeanStd::of(&net.test_accuracy).mean;
    let signed = |points: f64| format!("{points:+.2}").replace('-', "−");
    for set in ["mnist", "fashion-mnist", "cifar10-grey"] {
        let record: Record = serde_json::from_str(&docs(&format!("results/{set}.json"))).unwrap();
        let mut row = format!("| {} |", record.name);
        for size in [", 5 k", ", 12 k", ", 25 k", ", 50 k"] {
            let sized = |net: &&NetRecord| net.name.ends_with(size);
            let bank = record.nets.iter().filter(sized).find(|n| n.name.starts_with("sliding"));
            let dense = record.nets.iter().filter(sized).filter(|net| net.name.contains("MLP"));
            let best = dense.max_by(|a, b| mean(a).total_cmp(&mean(b))).expect("dense nets");
            let Some(bank) = bank else {
                row += " – |";
                continue;
            };
            let pairs = bank.test_accuracy.iter().zip(&best.test_accuracy);
            let (lead, half) =
                MeanStd::interval(&pairs.map(|(a, b)| 100.0 * (a - b)).collect::<Vec<_>>());
            let half = half.expect("several seeds");
            assert!(lead - half > 0.0, "{}: {lead} ± {half}", bank.name);
            row += &format!(
                " {} ({} to {}) |",
                signed(lead),
                signed(lead - half),
                signed(lead + half)
            );
        }
        assert!(page.contains(&row), "{row}");
    }
}

/// Every experiment file is read, and its nets are built for inputs of the shape that it is meant for.
#[test]
fn experiment_files_name_nets_that_can_be_built() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/cli/experiments");
    for (file, shape, classes) in [
        ("digits", &[1, 8, 8][..], 10),
        ("fair", &[1, 8, 8], 10),
        ("maps", &[1, 8, 8], 10),
        ("banks", &[1, 28, 28], 10),
        ("epochs", &[1, 28, 28], 10),
        ("larger", &[1, 28, 28], 10),
        ("bank-maps", &[1, 28, 28], 10),
        ("ablations", &[1, 32, 32], 10),
        ("spoken", &[1, 32, 32], 10),
        ("sequences", &[40], 10),
        ("series", &[150], 2),
        ("tables", &[18], 4),
    ] {
        let text = std::fs::read_to_string(folder.join(file).with_extension("toml")).unwrap();
        let experiment: Experiment =
            toml::from_str(&text).unwrap_or_else(|e| panic!("{file}: {e}"));
        for net in &experiment.nets {
            let spec = net.architecture.spec(shape, classes, 1);
            let built = spec.and_then(|spec| spec.build::<f32>());
            built.unwrap_or_else(|e| panic!("{file}: {}: {e}", net.name));
        }
    }
}

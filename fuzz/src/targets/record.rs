//! What was kept of experiments, and its tables.

use super::{MIB, Target, Verdict, comes_back, text};
use crate::mutate::Form;
use switchnet::Error;
use switchnet_lab::report::{Record, records_curves, records_markdown};

const WORDS: &[&str] = &[
    "name",
    "data",
    "seeds",
    "choosing_seeds",
    "training",
    "nets",
    "against",
    "parameters",
    "multiply_adds",
    "learning_rates",
    "learning_rate",
    "test_accuracy",
    "train_accuracy",
    "spoiled",
    "corruption",
    "accuracy",
    "seconds",
    "microseconds",
    "validation_accuracy",
    "mean",
    "deviation",
    "noise",
    "blur",
    "a, 1 k",
    "b, 2 k",
];

pub(super) fn all() -> Vec<Target> {
    let memory = |length| 16 * MIB + 256 * length;
    vec![Target { name: "record", form: Form::Json, words: WORDS, run, memory }]
}

fn run(bytes: &[u8]) -> Verdict {
    let record: Record =
        serde_json::from_slice(bytes).map_err(|e| text(Error::new("record", "its JSON", e)))?;
    record.check().map_err(text)?;
    comes_back(&record);
    let figures = record.nets.iter().flat_map(|net| &net.test_accuracy);
    assert!(figures.into_iter().all(|share| (0.0..=1.0).contains(share)), "an accuracy");
    let records = [record];
    let tables = records_markdown(&records);
    let [record] = &records;
    let lines = tables.lines().filter(|line| line.starts_with("| ")).count();
    assert!(lines > record.nets.len(), "{lines} lines of tables");
    let ours = |c: char| c.is_control() && c != '\n';
    assert!(!tables.chars().any(ours), "tables with control characters");
    let names = format!("{record:?}");
    if !names.contains("NaN") && !names.contains("inf") {
        let nonsense = tables.contains("NaN") || tables.contains("inf ");
        assert!(!nonsense, "tables with what is no number: {tables}");
    }
    let curves = records_curves(&records);
    assert!(curves.ends_with("</svg>\n"));
    Ok(())
}

//! Properties in VNN-LIB.

use super::{MIB, Target, Verdict, text};
use crate::mutate::Form;
use switchnet::analysis::Property;

const WORDS: &[&str] = &[
    "declare-const",
    "assert",
    "and",
    "or",
    "not",
    "<=",
    ">=",
    "<",
    "=",
    "+",
    "-",
    "*",
    "(",
    ")",
    ";",
    "Real",
    "Int",
    "X_0",
    "X_1",
    "X_999999",
    "Y_0",
    "Y_1",
    "(or ",
    "(and ",
    "1e308",
    "1e-320",
    "-0",
    "nan",
    "inf",
];

pub(super) fn all() -> Vec<Target> {
    // A million sums of conjunctions are allowed, whatever the file's length.
    let memory = |length| 256 * MIB + 4096 * length;
    vec![Target { name: "vnnlib", form: Form::Bytes, words: WORDS, run, memory }]
}

/// What is accepted has finite bounds in ascending order, and conditions on outputs that there are.
fn run(bytes: &[u8]) -> Verdict {
    let text_of_file = std::str::from_utf8(bytes).map_err(text)?;
    let property = Property::read_vnnlib(text_of_file).map_err(text)?;
    for case in &property.cases {
        assert_eq!([case.lower.len(), case.upper.len()], [property.inputs; 2]);
        for (lower, upper) in case.lower.iter().zip(&case.upper) {
            assert!(lower.is_finite() && upper.is_finite() && lower <= upper, "{lower} to {upper}");
        }
        for condition in case.violated_if.iter().flatten() {
            assert!(condition.constant.is_finite());
            let weights = condition.weights.iter();
            assert!(
                weights.clone().all(|(k, v)| *k < property.outputs && v.is_finite() && *v != 0.0)
            );
        }
    }
    Ok(())
}

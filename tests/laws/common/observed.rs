//! What is seen of layers from outside: decisions, parameters, panics and errors.

use switchnet::layer::*;
use switchnet::{Matrix, Scalar};

/// For every decision and every row of `x`, what was decided: whether a switch is open, who won a choice.
pub fn decided<T: Scalar>(layer: &dyn Layer<T>, x: &Matrix<T>) -> Vec<i64> {
    let mut open = Vec::new();
    let (_, map) = layer.linearize(x.clone());
    map.decisions(&mut |decisions| match decisions.kind {
        DecisionKind::Choice { winners, .. } => open.extend(winners.iter().map(|&w| w as i64)),
        DecisionKind::Sign => {
            open.extend(decisions.values.iter().map(|&z| i64::from(z > T::zero())));
        }
    });
    open
}

/// Whether the switches stand alike at all rows of `x` and the same rows of `y`.
pub fn same_switches<T: Scalar>(layer: &dyn Layer<T>, x: &Matrix<T>, y: &Matrix<T>) -> bool {
    decided(layer, x) == decided(layer, y)
}

/// The parameters by name, in order.
pub fn named<T: Scalar>(layer: &dyn Layer<T>) -> Vec<(String, Vec<usize>, Vec<T>)> {
    let mut all = Vec::new();
    layer.visit(&mut |Parameter { name, values, .. }| {
        all.push((name.to_owned(), values.shape().to_vec(), values.iter().copied().collect()));
    });
    all
}

/// The message of the panic that `f` ends in.
pub fn panic_message(f: impl FnOnce()) -> String {
    let payload = std::panic::catch_unwind(std::panic::AssertUnwindSafe(f))
        .expect_err("this call has to panic");
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => payload.downcast_ref::<&str>().map_or(String::new(), |t| t.to_string()),
    }
}

/// The error's message, which has to be one line with all of `parts` in it.
#[track_caller]
pub fn refused<D: std::fmt::Debug>(result: switchnet::Result<D>, parts: &[&str]) -> String {
    let message = result.expect_err("has to be refused").to_string();
    for part in parts {
        assert!(message.contains(part), "no {part:?} in {message:?}");
    }
    assert!(!message.contains('\n'), "more than one line: {message:?}");
    message
}

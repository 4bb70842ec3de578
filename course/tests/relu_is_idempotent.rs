use crate::says;
use program::{Repeated, TIMES};
use std::sync::LazyLock;

#[path = "../02-relu-is-idempotent/main.rs"]
#[allow(dead_code)] // main
mod program;

/// In full: it takes no time.
static FOUND: LazyLock<program::Findings> = LazyLock::new(|| program::run(false).unwrap());

fn activation(name: &str) -> &'static Repeated {
    FOUND.activations.iter().find(|a| a.name == name).unwrap()
}

#[test]
fn the_section_has_the_table_of_the_program() {
    for activation in &FOUND.activations {
        says("02-relu-is-idempotent", &program::row(activation));
    }
    assert_eq!(FOUND.activations.len(), 6);
}

#[test]
fn ten_relus_are_one_bit_for_bit() {
    let relu = activation("ReLU");
    assert_eq!(relu.changed(), 0);
    // Each factor is 0 or 1, and so is their product.
    for derivatives in &relu.derivatives {
        assert_eq!(derivatives, &relu.derivatives[0]);
        assert!(derivatives.iter().all(|&d| d == 0.0 || d == 1.0));
    }
}

#[test]
fn a_switch_is_idempotent_where_what_it_passes_is_passed_as_it_is() {
    // −0.3 sends negative inputs to the open side; only the zero at x = 0 changes its sign each time.
    let prelu = activation("PReLU, learned −0.3");
    assert_eq!(prelu.changed(), 1);
    assert!(prelu.outputs.iter().all(|y| y == &prelu.outputs[0]));
    // 0.1 keeps them on the closed side, where they shrink: 3,000 negative inputs of 6,001.
    assert_eq!(activation("leaky ReLU, 0.1").changed(), 3000);
}

#[test]
fn sigmoid_and_tanh_flatten() {
    for name in ["sigmoid", "tanh"] {
        let squashed = activation(name);
        for times in 1..TIMES {
            assert!(squashed.range(times + 1) < squashed.range(times), "{name}, {times}");
        }
    }
    // Bounds by the mean value theorem: the range of ten is at most 4^-9 of the range of one.
    let sigmoid = activation("sigmoid");
    assert!(sigmoid.range(TIMES) <= 0.25_f64.powi(9) * sigmoid.range(1));
}

#[test]
fn the_derivative_is_the_product_of_those_on_the_way() {
    for (name, derivative) in
        [("sigmoid", (|y| y * (1.0 - y)) as fn(f64) -> f64), ("tanh", |y| 1.0 - y * y)]
    {
        let squashed = activation(name);
        for i in 0..FOUND.x.len() {
            let mut product = 1.0;
            for times in 1..=TIMES {
                product *= derivative(squashed.outputs[times - 1][i]);
                let chain = squashed.derivatives[times - 1][i];
                // The same ten factors in the same order, each rounded a few times.
                assert!((chain - product).abs() <= 64.0 * f64::EPSILON * product, "{name} {i}");
            }
        }
    }
}

#[test]
fn the_gradient_of_a_sigmoid_stays_below_a_quarter_to_the_power_of_the_depth() {
    let sigmoid = activation("sigmoid");
    for times in 1..=TIMES {
        let bound = 0.25_f64.powi(times as i32);
        assert!(sigmoid.largest(times) <= bound, "{times}: {:e}", sigmoid.largest(times));
    }
    assert_eq!(sigmoid.largest(1), 0.25, "reached at x = 0, and there alone for one application");
    assert!(sigmoid.largest(2) < 0.25_f64.powi(2), "the second sigmoid never sees a 0");
}

#[test]
fn the_pictures_have_a_panel_for_each_and_the_bound() {
    assert!(program::outputs(&FOUND).contains("leaky ReLU, 0.1"));
    assert!(program::derivatives(&FOUND).contains("a quarter to the power L"));
}

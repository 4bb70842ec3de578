use crate::says;
use std::sync::LazyLock;

#[path = "../03-gradients/main.rs"]
#[allow(dead_code)] // main
mod program;

static FOUND: LazyLock<program::Findings> = LazyLock::new(|| program::run(true).unwrap());

use program::{Found, derivative};
use switchnet::layer::{Smooth, Switch};

fn net(hadamard: bool, activation: &str, depth: usize) -> &'static Found {
    let wanted =
        |n: &&Found| n.hadamard == hadamard && n.activation == activation && n.depth == depth;
    FOUND.nets.iter().find(wanted).unwrap()
}

#[test]
fn the_derivative_of_relu_is_zero_or_one_and_that_of_sigmoid_at_most_a_quarter() {
    for i in -10_000..=10_000 {
        let x = f64::from(i) / 1000.0;
        assert_eq!(derivative(&Switch::relu(1), x), if x > 0.0 { 1.0 } else { 0.0 });
        let sigmoid = derivative(&Smooth::sigmoid(1), x);
        assert!(sigmoid <= 0.25, "{sigmoid} at {x}");
        assert_eq!(sigmoid == 0.25, x == 0.0, "{x}");
    }
}

#[test]
fn tanh_exceeds_a_quarter_just_where_the_closed_form_says() {
    let closed = (2.0 + 3f64.sqrt()).ln();
    says("03-gradients", &format!("derivative gives {:.15}", FOUND.tanh_bound));
    // 1 − y² is off by some roundings of 1, and its slope there, −2·(√3/2)/4, makes 2.3 times that of x.
    assert!((FOUND.tanh_bound - closed).abs() <= 16.0 * f64::EPSILON, "{:.17}", FOUND.tanh_bound);
    for i in -3000..=3000 {
        let x = f64::from(i) / 1000.0;
        let above = derivative(&Smooth::tanh(1), x) > 0.25;
        assert_eq!(above, x.abs() < closed, "{x}");
    }
}

#[test]
fn gradients_of_sigmoid_nets_vanish_and_those_of_switches_do_not() {
    // Orthonormal but for the scale √2, and then at most a quarter: a bound for every input, up to the
    // rounding of √2 to f32.
    let bound = (0.25 * 2f64.sqrt()).powi(5) * (1.0 + 1e-6);
    assert!(net(true, "sigmoid", 6).initial[0] <= bound);
    // Slopes of 1 between orthonormal transforms: norms are kept, up to rounding.
    let kept = net(true, "two-slope", 6).initial[0];
    assert!((kept - 1.0).abs() < 1e-12, "{kept}");
    for hadamard in [false, true] {
        // Recycled in the mean over weights only; in a draw of six layers of 64, to about a tenth.
        let relu = net(hadamard, "relu", 6).initial[0];
        assert!((0.5..2.0).contains(&relu), "{relu}");
        let sigmoid = net(hadamard, "sigmoid", 6);
        assert!(sigmoid.initial[0] < 0.01 * relu, "{}", sigmoid.initial[0]);
    }
}

#[test]
fn every_layer_has_its_gradient_and_the_last_is_the_unit() {
    for net in &FOUND.nets {
        for norms in [&net.initial, &net.trained] {
            assert_eq!((norms.len(), norms[net.depth - 1]), (net.depth, 1.0));
        }
    }
    let picture = program::norms(&FOUND);
    assert!(picture.contains("Dense, after training") && picture.contains("two-slope"));
    assert!(program::derivatives(&FOUND).contains("where tanh reaches it"));
}

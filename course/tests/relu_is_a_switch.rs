use crate::{says, thousands};
use std::sync::LazyLock;

#[path = "../01-relu-is-a-switch/main.rs"]
#[allow(dead_code)] // main
mod program;

/// In full: it takes no time.
static FOUND: LazyLock<program::Findings> = LazyLock::new(|| program::run(false).unwrap());

#[test]
fn connecting_while_positive_is_the_larger_of_zero_and_x() {
    assert_eq!((FOUND.inputs, FOUND.disagreements), (200_001, 0));
    says("01-relu-is-a-switch", &format!("At {} inputs from −3 to 3", thousands(FOUND.inputs)));
}

#[test]
fn all_but_elu_are_linear_on_each_side() {
    for (name, piecewise, curves) in &FOUND.activations {
        // The second difference away from zero: none for a line (rounding of sums of size 3).
        let bend = |points: &[(f64, f64)]| {
            let second = |w: &[(f64, f64)]| (w[0].1 - 2.0 * w[1].1 + w[2].1).abs();
            points.windows(3).filter(|w| w[1].0 != 0.0).map(second).fold(0.0, f64::max)
        };
        let largest = curves.iter().map(|curve| bend(&curve.points)).fold(0.0, f64::max);
        assert_eq!(*piecewise, largest < 1e-14, "{name}: {largest}");
        assert_eq!(*piecewise, !name.starts_with("ELU"), "{name}");
    }
    assert_eq!(FOUND.activations.len(), 6);
}

#[test]
fn the_picture_has_a_panel_for_each() {
    let picture = program::picture(&FOUND);
    for (name, ..) in &FOUND.activations {
        assert!(picture.contains(name), "{name}");
    }
}

#[path = "../../examples/01_relu_is_a_switch.rs"]
#[allow(dead_code)] // main
mod example;

#[test]
fn connecting_while_positive_is_the_larger_of_zero_and_x() {
    let found = example::run(true).unwrap();
    assert_eq!((found.inputs, found.disagreements), (201, 0));
}

#[test]
fn all_but_elu_are_linear_on_each_side() {
    let found = example::run(true).unwrap();
    for (name, piecewise, curves) in &found.activations {
        // The second difference away from zero: none for a line (rounding of sums of size 3).
        let bend = |points: &[(f64, f64)]| {
            let second = |w: &[(f64, f64)]| (w[0].1 - 2.0 * w[1].1 + w[2].1).abs();
            points.windows(3).filter(|w| w[1].0 != 0.0).map(second).fold(0.0, f64::max)
        };
        let largest = curves.iter().map(|curve| bend(&curve.points)).fold(0.0, f64::max);
        assert_eq!(*piecewise, largest < 1e-14, "{name}: {largest}");
        assert_eq!(*piecewise, !name.starts_with("ELU"), "{name}");
    }
}

#[test]
fn the_picture_has_a_panel_for_each() {
    let picture = example::picture(&example::run(true).unwrap());
    for name in ["ReLU", "leaky ReLU, 0.1", "CReLU, two outputs"] {
        assert!(picture.contains(name), "{name}");
    }
}

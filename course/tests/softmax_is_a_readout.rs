use std::sync::LazyLock;

#[path = "../05-softmax-is-a-readout/main.rs"]
#[allow(dead_code)] // main
mod program;

static FOUND: LazyLock<program::Findings> = LazyLock::new(|| program::run(true).unwrap());

use switchnet::net::argmax;

#[test]
fn a_softmax_changes_no_decision_and_adds_up_to_one() {
    let found = &FOUND.readout;
    assert_eq!(found.logits.dim(), (360, 10));
    let mut confidence = 0.0;
    for scale in program::SCALES {
        let (differ, error, largest) = program::scaled(&found.logits, scale);
        assert_eq!(differ, 0, "scale {scale}");
        // Ten exponentials, their sum, and ten products with its inverse.
        assert!(error <= 16.0 * f64::EPSILON, "scale {scale}: {error:e}");
        // The same decisions are called certain or doubtful by the scale alone.
        assert!(largest > confidence, "scale {scale}: {largest}");
        confidence = largest;
    }
    let right = argmax(found.logits.view()).into_iter().zip(&found.labels).filter(|(k, l)| k == *l);
    assert_eq!(right.count() as f64 / 360.0, found.trained);
}

/// Classes are exchangeable before training, so the expected accuracy is exactly one in ten.
#[test]
fn a_softmax_alone_classifies_by_chance() {
    let found = &FOUND.readout;
    for accuracies in [&found.untrained, &found.alone] {
        let (mean, deviation) = program::mean_std(accuracies.iter().copied());
        // The mean of 20 draws; four of its standard errors.
        let bound = 4.0 * deviation / (accuracies.len() as f64).sqrt();
        assert!((mean - 0.1).abs() <= bound, "{mean} ± {deviation}");
        assert!(bound < 0.05, "{bound}: so wide a bound says nothing");
    }
    assert!(found.trained > 0.5, "{}", found.trained);
}

#[test]
fn a_relu_over_a_softmax_is_no_switch() {
    let found = &FOUND.inside;
    for nets in found.chunks(3) {
        let [relu, both, softmax] = nets else { panic!("three kinds of each depth") };
        assert_eq!(relu.switches.0, 2 * 360 * 32 * relu.depth);
        assert!(relu.switches.1 > 0, "a ReLU alone closes some");
        assert_eq!((both.switches.0, both.switches.1), (relu.switches.0, 0));
        assert!(both.switches.2 > 0.0);
        // Without it, training gives the same numbers to the last bit.
        assert_eq!(both.parameters, softmax.parameters);
        assert_ne!(both.parameters, relu.parameters);
    }
}

/// A softmax of 32 numbers that are about equal passes a 32nd of a gradient, and the weights make √2 of it.
#[test]
fn each_softmax_makes_the_gradient_smaller() {
    let found = &FOUND.inside;
    let before = |name: &str, depth: usize| {
        let net = found.iter().find(|net| (net.name, net.depth) == (name, depth)).unwrap();
        program::mean_std(net.runs.iter().map(|run| run[2])).0
    };
    let factor = before("ReLU(softmax)", 1) / before("ReLU(softmax)", 2);
    // The first softmax is not quite level, and the weights are a draw: within a factor of two.
    assert!((11.0..45.0).contains(&factor), "{factor}");
    assert!(before("ReLU", 2) > 100.0 * before("ReLU(softmax)", 2));
}

#[test]
fn the_pictures_name_what_they_compare() {
    assert!(program::readout_picture(&FOUND.readout).contains("largest probability, mean"));
    assert!(program::inside_picture(&FOUND.inside).contains("ReLU(softmax)"));
}

//! Inputs of another class: known distances, and nets where the certificate is a lower bound.

use crate::common::*;
use ndarray::{Array1, Axis, array};
use switchnet::analysis::{adversarial, margin};
use switchnet::layer::{Dense, Layer, Switch};
use switchnet::net::{argmax, zoo};

fn row(n: usize, seed: u64) -> Array1<f64> {
    random(1, n, seed).index_axis_move(Axis(0), 0)
}

/// Of a linear map it is the distance to a hyperplane, whatever the number of classes.
#[test]
fn of_a_linear_map_the_distance_is_that_to_the_nearest_hyperplane() {
    let net = Dense::new(array![[2.0, 0.0], [0.0, 1.0], [-3.0, 0.0]], None);
    // y = (2, −1, −3): from the first class 3 / √5 to the second, 5 / 5 to the third.
    let found = adversarial(&net, array![1.0, -1.0].view(), 5).unwrap().expect("two rivals");
    assert_eq!((found.class, found.rival, found.steps), (0, 2, 1));
    assert!((found.distance - 1.0).abs() < 1e-6 && found.distance >= 1.0, "{}", found.distance);
    assert!((found.x[1] + 1.0).abs() < 1e-12, "the other number is left alone: {}", found.x);
}

/// What is found has another class, lies no nearer than the certificate, and no step less finds it.
#[test]
fn a_certificate_is_a_lower_bound() {
    let specs = [
        zoo::mlp(&[12], &[16, 16], 4, 3),
        zoo::switch_net(&[16], 4, 4),
        zoo::cnn(&[1, 8, 8], 4, 5),
        zoo::SlidingBank { grid: 1, ..zoo::SlidingBank::default() }.spec(&[1, 8, 8], 4, 6).unwrap(),
    ];
    let mut several = 0;
    for spec in specs {
        let mut net = spec.build::<f64>().unwrap();
        randomize(&mut net, 7);
        for seed in 0..8 {
            let x = row(net.inputs(), seed);
            let class =
                |x: &Array1<f64>| argmax(net.forward(x.clone().insert_axis(Axis(0))).view())[0];
            let Some(found) = adversarial(&net, x.view(), 50).unwrap() else { continue };
            assert_eq!((class(&x), class(&found.x)), (found.class, found.rival));
            assert_ne!(found.class, found.rival);
            let change = &found.x - &x;
            assert!((change.dot(&change).sqrt() - found.distance).abs() < 1e-12);
            let certificate = margin(&net, x.view()).unwrap().certificate.l2.expect("switches");
            assert!(
                found.distance >= certificate * (1.0 - 1e-9),
                "{} {certificate}",
                found.distance
            );
            // Halved: a millionth of the way back, the class is the old one again.
            assert_eq!(class(&(&x + &(&change * (1.0 - 1e-6)))), found.class);
            assert_eq!(adversarial(&net, x.view(), found.steps - 1).unwrap(), None);
            several += usize::from(found.steps > 1);
        }
    }
    assert!(several > 3, "more than one step, {several} times");
}

/// Where outputs are equal, the first of them is the class and another is as near as can be.
#[test]
fn equal_outputs_have_another_class_beside_them() {
    for x in [array![2.0, 2.0], array![0.5, 0.5]] {
        let found = adversarial(&Switch::relu(2), x.view(), 3).unwrap().expect("the other");
        assert_eq!((found.class, found.rival, found.steps), (0, 1, 1));
        assert!(found.distance < 1e-7, "{}", found.distance);
    }
    let net = Dense::new(array![[1.0, 2.0], [2.0, -1.0]], None);
    let found = adversarial(&net, array![0.0, 0.0].view(), 3).unwrap().expect("the other");
    assert!(found.rival == 1 && found.distance < 1e-7, "{found:?}");
}

#[test]
fn where_nothing_leads_to_another_class_there_is_none() {
    // One output; outputs that do not depend on the input; no steps.
    assert_eq!(adversarial(&Switch::relu(1), array![1.0].view(), 9).unwrap(), None);
    let constant = Dense::new(array![[0.0], [0.0]], Some(array![1.0, 0.0]));
    assert_eq!(adversarial(&constant, array![1.0].view(), 9).unwrap(), None);
    assert_eq!(adversarial(&Switch::relu(2), array![2.0, 1.0].view(), 0).unwrap(), None);
    let error =
        |x: Array1<f64>| adversarial(&Switch::relu(2), x.view(), 9).unwrap_err().to_string();
    assert!(
        error(array![1.0]).starts_with("adversarial: input: expected"),
        "{}",
        error(array![1.0])
    );
    assert!(error(array![1.0, f64::NAN]).starts_with("adversarial: input: expected"));
    let large = Dense::new(array![[1e308, 1e308], [0.0, 1.0]], None);
    let error = adversarial(&large, array![1.0, 1.0].view(), 9).unwrap_err().to_string();
    assert_eq!(
        error,
        "adversarial: outputs and their derivatives: expected finite ones, found inf"
    );
}

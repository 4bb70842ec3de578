//! The two sides of switches.

use super::helpers::{bias, chain, hadamard, random};
use ndarray::{Array1, array};
use switchnet::analysis::{effective_map, switch_balance};
use switchnet::layer::{Crelu, Dense, Smooth, Switch};
use switchnet::net::{Graph, zoo};

#[test]
fn by_hand() {
    let slopes = |a: [f64; 4], b: [f64; 4]| {
        Switch::two_slope(Array1::from(a.to_vec()), Array1::from(b.to_vec()))
    };
    let net = chain(vec![
        bias(array![1.0, 0.0, 0.0, 0.0]),
        Box::new(slopes([1.0, 2.0, 3.0, 0.0], [0.5, -1.0, 5.0, 0.0])),
    ]);
    // Values: 2, −3; 1, −1; 1, 2; 1, −1.
    let x = array![[1.0, 1.0, 1.0, 1.0], [-4.0, -1.0, 2.0, -1.0]];
    let [found] = &switch_balance(&net, x.view()).unwrap()[..] else { panic!("one switch layer") };
    assert_eq!((found.layer, found.name.as_str()), (1, "two-slope"));
    assert_eq!(found.open_slope, [Some(1.0), Some(2.0), Some(3.0), Some(0.0)]);
    assert_eq!(found.closed_slope, [Some(0.5), Some(-1.0), None, Some(0.0)]);
    // 2² against 1.5²; 2² against 1²; nothing closed; nothing at all.
    let shares = [Some(2.25 / 6.25), Some(0.2), Some(0.0), None];
    assert_eq!(found.closed_share, shares);
}

/// What every ReLU, every |x| and every balanced leaky switch must give.
#[test]
fn known_switches() {
    let x = random(300, 8, 1);
    let of = |switch: Switch<f64>| {
        let net = chain(vec![hadamard(8), Box::new(switch)]);
        switch_balance(&net, x.view()).unwrap().remove(0)
    };
    let relu = of(Switch::relu(8));
    assert!(relu.closed_share.iter().all(|share| *share == Some(0.0)));
    assert!(relu.open_slope.iter().zip(&relu.closed_slope).all(|s| s == (&Some(1.0), &Some(0.0))));
    // The same slope on both sides: the share is that of the input itself, and of any slope.
    let ones = |v: f64| Array1::from_elem(8, v);
    let (plain, scaled) =
        (of(Switch::leaky(8, 1.0).unwrap()), of(Switch::two_slope(ones(-4.0), ones(4.0))));
    assert_eq!(plain.closed_share, scaled.closed_share, "powers of two and signs are exact");
    let hidden = chain(vec![hadamard(8)]);
    for unit in 0..8 {
        let (mut all, mut closed) = (0.0, 0.0);
        for row in x.rows() {
            let z = effective_map(&hidden, row).y[unit];
            all += z * z;
            closed += if z > 0.0 { 0.0 } else { z * z };
        }
        // Sums of 300 squares in another order.
        let share = plain.closed_share[unit].unwrap();
        assert!((share - closed / all).abs() <= 300.0 * f64::EPSILON);
        assert!((0.3..0.7).contains(&share), "inputs are symmetric");
    }
    let only_closed = of(Switch::two_slope(ones(0.0), ones(2.0)));
    assert!(only_closed.closed_share.iter().all(|share| *share == Some(1.0)));
}

#[test]
fn layers_without_one_slope_for_each_switch_are_left_out() {
    let net = zoo::cnn(&[1, 8, 8], 10, 1).build::<f64>().unwrap();
    let found = switch_balance(net.graph(), random(5, 64, 2).view()).unwrap();
    assert!(found.iter().all(|layer| layer.name == "relu") && found.len() == 2, "{found:?}");
    let others: Vec<Graph<f64>> = vec![
        chain(vec![Box::new(Crelu::new(4))]),
        chain(vec![Box::new(Smooth::tanh(4))]),
        chain(vec![Box::new(Dense::new(random(4, 4, 3), None))]),
    ];
    for net in others {
        assert_eq!(switch_balance(&net, random(3, 4, 4).view()).unwrap(), []);
    }
    let two_slope = zoo::switch_net(&[64], 10, 1).build::<f64>().unwrap();
    assert_eq!(switch_balance(two_slope.graph(), random(70, 64, 5).view()).unwrap().len(), 3);
    let net = chain(vec![Box::new(Switch::relu(2))]);
    let error = switch_balance(&net, random(0, 2, 0).view()).unwrap_err().to_string();
    assert_eq!(error, "inputs: expected at least 1 row, found 0");
    let huge = chain(vec![Box::new(Dense::new(array![[f64::MAX, f64::MAX]], None))]);
    let error = switch_balance(&huge, array![[1.0, 1.0]].view()).unwrap_err().to_string();
    assert!(error.starts_with("outputs of a layer"), "{error}");
}

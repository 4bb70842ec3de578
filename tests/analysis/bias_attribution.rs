//! Where the effective map comes from, and what may stand beside it.

use crate::common::*;
use ndarray::Array1;
use switchnet::Scalar;
use switchnet::analysis::{
    Answer, constants, effective_column, effective_map, effective_map_between, parameter_hash,
    rounding_estimate,
};
use switchnet::layer::{Dense, Diagonal, Switch, parameters};
use switchnet::net::Graph;

fn input<T: Scalar>(n: usize, seed: u64) -> Array1<T> {
    random(1, n, seed).row(0).to_owned()
}

fn constants_add_up_to_c<T: Scalar>() {
    for (name, mut net) in every_net::<T>() {
        randomize(&mut net, 3);
        let x = input::<T>(net.inputs(), 4);
        let map = effective_map(&net, x.view());
        let parts = constants(net.graph(), x.view());
        assert!(parts.windows(2).all(|pair| pair[0].layer < pair[1].layer), "{name}");
        for (k, c) in map.c.iter().enumerate() {
            let terms: Vec<f64> = parts.iter().map(|part| part.c[k]).collect();
            let sum: f64 = terms.iter().sum();
            // The same pushes of the same biases, added before them or behind.
            let bound = 1e3 * eps::<T>() * (norm(&map.c) + norm(&terms));
            assert!((sum - c.double()).abs() <= bound, "{name}, output {k}: {sum} and {c}");
        }
    }
}

/// 2·max(0, x + 3) + 5 at x = 1 is 2·x + 2·3 + 5, and the last layer's 5 is its own.
fn constants_by_hand<T: Scalar>() {
    let number = |v: f64| Array1::from_elem(1, T::of(v));
    let net = Graph::<T>::chain(vec![
        Box::new(Diagonal::new(None, Some(number(3.0)))),
        Box::new(Switch::relu(1)),
        Box::new(Dense::new(ndarray::array![[T::of(2.0)]], Some(number(5.0)))),
    ])
    .unwrap();
    let parts = constants(&net, number(1.0).view());
    let found: Vec<_> = parts.iter().map(|p| (p.layer, p.name.as_str(), p.c[0])).collect();
    assert_eq!(found, [(0, "bias", 6.0), (2, "dense", 5.0)]);
    // Closed, nothing of the first bias comes through.
    let closed = constants(&net, number(-4.0).view());
    assert_eq!(closed.iter().map(|p| p.c[0]).collect::<Vec<_>>(), [0.0, 5.0]);
}

fn the_map_is_the_product_of_the_maps_between<T: Scalar>() {
    for (name, net) in every_net::<T>() {
        let x = input::<T>(net.inputs(), 5);
        let whole = effective_map(&net, x.view());
        let count = net.graph().layers().len();
        let all = effective_map_between(net.graph(), x.view(), 0..count).unwrap();
        assert_eq!((&all.a, &all.c, &all.y), (&whole.a, &whole.c, &whole.y), "{name}");
        for cut in 1..count {
            let first = effective_map_between(net.graph(), x.view(), 0..cut).unwrap();
            let last = effective_map_between(net.graph(), x.view(), cut..count).unwrap();
            assert_eq!(bits(&last.x), bits(&first.y), "{name}, cut at {cut}");
            let product = last.a.dot(&first.a);
            // One more product of matrices: sums of at most a few hundred terms.
            let bound = 1e3 * eps::<T>() * norm(&last.a) * norm(&first.a);
            assert!(distance(&product, &whole.a) <= bound, "{name}, cut at {cut}");
        }
        for range in [0..0, 1..1, 0..count + 1] {
            let error =
                effective_map_between(net.graph(), x.view(), range).expect_err("no such part");
            assert!(error.to_string().contains("part of a net"), "{error}");
        }
    }
}

fn a_column_is_a_column_of_the_map<T: Scalar>() {
    for (name, net) in every_net::<T>() {
        let x = input::<T>(net.inputs(), 7);
        let a = effective_map(&net, x.view()).a;
        for j in [0, net.inputs() - 1] {
            let column = effective_column(&net, x.view(), j);
            // Pushed or pulled: the same sums of products in another order.
            let gap = norm((&column - &a.column(j)).iter());
            assert!(gap <= 1e3 * eps::<T>() * norm(&a), "{name}, column {j}: {gap:e}");
        }
    }
}

/// The residual of nets without large cancellations stays within the estimate, and that is little.
fn residuals_are_within_their_estimate<T: Scalar>() {
    for (name, mut net) in every_net::<T>() {
        for seed in 0..5 {
            randomize(&mut net, seed);
            let x = input::<T>(net.inputs(), 6 + seed);
            let (map, bound) =
                (effective_map(&net, x.view()), rounding_estimate(net.graph(), x.view()));
            assert!(map.residual.absolute <= bound, "{name}: {:?}, {bound:e}", map.residual);
            // Normwise it is some hundred roundings of what goes through the layers.
            assert!(
                bound <= 1e6 * eps::<T>() * (1.0 + norm(&map.a) * norm(&x)),
                "{name}: {bound:e}"
            );
        }
    }
}

#[test]
fn parameters_have_one_hash_in_both_precisions() {
    for (name, mut net) in every_net::<f32>() {
        let before = parameter_hash(&net);
        assert_eq!(parameter_hash(&net.cast::<f64>()), before, "{name}");
        let mut theta = parameters::read(&net);
        if let Some(last) = theta.last_mut() {
            *last += 1.0;
            parameters::write(&mut net, &theta);
            assert_ne!(parameter_hash(&net), before, "{name}");
        }
    }
}

#[test]
fn an_answer_says_what_it_is_about() {
    let net = Graph::<f64>::chain(vec![Box::new(Switch::relu(1))]).unwrap();
    let json = serde_json::to_value(Answer::of(&net, [1, 2])).unwrap();
    assert_eq!((&json["exactness"], &json["dtype"]), (&"exact".into(), &"f64".into()));
    assert_eq!(json["answer"], serde_json::json!([1, 2]));
    assert!(json["parameters"].as_str().unwrap().len() == 16 && json["convention"].is_string());
    // Whether it is exact is said once, however deep an answer says it too.
    let map = effective_map(&net, ndarray::array![1.0].view());
    let json = serde_json::to_string(&Answer::of(&net, [(1, &map)])).unwrap();
    assert_eq!(json.matches("exactness").count(), 1, "{json}");
    assert_eq!(
        serde_json::to_value(&map).unwrap()["exactness"],
        "exact",
        "alone it says so itself"
    );
}

in_both_precisions!(
    a_column_is_a_column_of_the_map,
    constants_add_up_to_c,
    constants_by_hand,
    the_map_is_the_product_of_the_maps_between,
    residuals_are_within_their_estimate,
);

//! Best and nearest points inside a region: known ones, and random nets searched by sampling.

use crate::common::*;
use crate::helpers::is_continuous;
use ndarray::{Array1, Axis, array};
use std::ops::ControlFlow;
use switchnet::Matrix;
use switchnet::analysis::{
    Norm, Optimum, OptimumProgress, Pattern, Point, Status, TOLERANCE, Unit, Within,
    counterfactual, counterfactual_watched, margin, region_optimum, region_optimum_watched,
};
use switchnet::layer::{Dense, Layer, Smooth, Switch};
use switchnet::net::{Graph, argmax};

fn chain(layers: Vec<Box<dyn Layer<f64>>>) -> Graph<f64> {
    Graph::chain(layers).unwrap()
}

fn row(n: usize, seed: u64) -> Array1<f64> {
    random(1, n, seed).index_axis_move(Axis(0), 0)
}

fn pattern(net: &dyn Layer<f64>, x: &Array1<f64>) -> Vec<Vec<bool>> {
    Pattern::at(net, x.view()).open
}

fn output(net: &dyn Layer<f64>, x: &Array1<f64>) -> Array1<f64> {
    net.forward(x.clone().insert_axis(Axis(0))).row(0).to_owned()
}

fn class(net: &dyn Layer<f64>, x: &Array1<f64>) -> usize {
    argmax(output(net, x).insert_axis(Axis(0)).view())[0]
}

#[track_caller]
fn solved(optimum: &Optimum) -> &Point {
    assert_eq!(optimum.status, Status::Optimal, "{optimum:?}");
    optimum.point.as_ref().unwrap()
}

/// The points and values of these nets have sizes of a few units, so they are as good as the tolerance.
#[track_caller]
fn is_at(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= 10.0 * TOLERANCE, "{found} {expected}");
    }
}

/// y₀ = relu(x₀) + relu(x₁), y₁ = −relu(x₀).
fn sums() -> Graph<f64> {
    chain(vec![
        Box::new(Switch::relu(2)),
        Box::new(Dense::new(array![[1.0, 1.0], [-1.0, 0.0]], None)),
    ])
}

#[test]
fn the_highest_point_by_hand() {
    let x = array![1.0, 1.0];
    let ball = |norm, radius| Within::Ball { norm, radius };
    let best = |k, within: &Within| region_optimum(&sums(), x.view(), k, None, within).unwrap();
    // Along (1, 1), where no boundary is.
    let optimum = best(0, &ball(Norm::L2, 2.0));
    let far = 1.0 + 2f64.sqrt();
    // The value is flat across the best point of a round ball: its place is known to the root.
    let point = solved(&optimum);
    assert!(point.input.iter().all(|v| (v - far).abs() <= 2.0 * TOLERANCE.sqrt()), "{point:?}");
    is_at(&[point.objective, point.outputs[0]], &[2.0 * far, 2.0 * far]);
    assert!(point.active.is_empty() && optimum.boundaries == 0 && optimum.rounds == 1);
    let optimum = best(0, &ball(Norm::LInf, 2.0));
    is_at(&solved(&optimum).input, &[3.0, 3.0]);
    let optimum = best(0, &ball(Norm::L1, 2.0));
    is_at(&[solved(&optimum).objective], &[4.0]); // a whole edge is best
    let within = Within::Box { low: array![-3.0, -3.0], high: array![2.0, 5.0] };
    is_at(&solved(&best(0, &within)).input, &[2.0, 5.0]);

    // y₁ = −relu(x₀) is best at the boundary x₀ = 0, whatever else is allowed.
    for within in [ball(Norm::L2, 2.0), ball(Norm::LInf, 2.0), ball(Norm::L1, 2.0), within] {
        let optimum = best(1, &within);
        let point = solved(&optimum);
        is_at(&[point.input[0], point.objective], &[0.0, 0.0]);
        assert!(point.active.contains(&Unit { layer: 0, unit: 0 }), "{point:?}");
        assert!(
            optimum.boundaries >= 1 && optimum.rounds >= 2 && optimum.boundaries_of_region == 2
        );
    }
    // The lead y₁ − y₀ = −2x₀ − x₁ is best where both boundaries meet.
    let lead = region_optimum(&sums(), x.view(), 1, Some(0), &ball(Norm::LInf, 2.0)).unwrap();
    is_at(&solved(&lead).input, &[0.0, 0.0]);
    assert_eq!(solved(&lead).active.len(), 2);
}

#[test]
fn a_boundary_that_the_input_lies_on_holds() {
    // x₀ = 0 is closed and stays: y₀ cannot gain by x₀.
    let within = Within::Ball { norm: Norm::LInf, radius: 2.0 };
    let optimum = region_optimum(&sums(), array![0.0, 1.0].view(), 0, None, &within).unwrap();
    let point = solved(&optimum);
    is_at(&[point.objective, point.input[1]], &[3.0, 3.0]);
    assert!(point.input[0] <= 2.0 * TOLERANCE, "{point:?}");
}

#[test]
fn an_output_without_slope_stays() {
    let net = Dense::new(array![[0.0, 0.0]], Some(array![7.0]));
    let within = Within::Ball { norm: Norm::L2, radius: 2.0 };
    let optimum = region_optimum(&net, array![0.0, 1.0].view(), 0, None, &within).unwrap();
    assert_eq!((solved(&optimum).objective, optimum.bound), (7.0, Some(7.0)));
}

#[test]
fn no_point_of_the_region_is_higher() {
    let mut met_boundaries = 0;
    for (name, net) in every_net::<f64>() {
        if !net.signature().regularity.is_piecewise_linear() {
            continue;
        }
        let x = row(net.inputs(), 700);
        let start = pattern(&net, &x);
        for norm in Norm::ALL {
            let radius = 20.0 * margin(&net, x.view()).unwrap().nearest.get(norm).unwrap().distance;
            for against in [None, Some(1)] {
                let within = Within::Ball { norm, radius };
                let best = region_optimum(&net, x.view(), 0, against, &within).unwrap();
                let point = solved(&best);
                let input = Array1::from(point.input.clone());
                let d = &input - &x;
                assert!(norm.of(&d) <= radius * (1.0 + TOLERANCE), "{name} {norm:?}");
                // Inside, as a point a little nearer to x shows, whose boundaries are all farther.
                let shrunk = &x + &(&d * 0.9999);
                assert_eq!(pattern(&net, &shrunk), start, "{name} {norm:?}");
                let of = |y: &Array1<f64>| y[0] - against.map_or(0.0, |j| y[j]);
                // A dozen layers, numbers of size 10.
                assert!(point.disagreement <= 1e-12, "{name}: {:e}", point.disagreement);
                assert!(
                    (of(&Array1::from(point.forward.clone())) - point.objective).abs() <= 1e-11
                );
                let bound = best.bound.unwrap();
                assert!(point.objective > of(&output(&net, &x)), "{name}: nothing gained");
                let gained = bound - of(&output(&net, &x));
                // Weak duality has no tolerance but rounding.
                assert!((-1e-12..=1e-4 * gained).contains(&point.gap), "{name}: {}", point.gap);
                met_boundaries += point.active.len();
                // Points near the best one and around x.
                let mut inside = 0;
                for seed in 0..200 {
                    // Of up to three times the distance to the nearest boundary, so that some stay inside.
                    let noise = row(x.len(), 800 + seed);
                    let size = radius * 0.04 * (1 + seed / 2 % 4) as f64;
                    let noise = &noise * (size / norm.of(&noise));
                    let other = if seed % 2 == 0 { &shrunk + &noise } else { &x + &noise };
                    let change = norm.of(&(&other - &x));
                    if change <= radius && pattern(&net, &other) == start {
                        inside += 1;
                        assert!(of(&output(&net, &other)) <= bound + 1e-12, "{name} {norm:?}");
                    }
                }
                assert!(inside > 0, "{name} {norm:?}: no sample is inside, so nothing is tested");
            }
        }
    }
    assert!(met_boundaries > 50, "the boundaries hardly ever matter here: {met_boundaries}");
}

/// As in the tests of the margin: at (3, 4) the lead is 17 with the gradient (2, 4).
fn two_classes() -> Graph<f64> {
    chain(vec![
        Box::new(Dense::new(array![[3.0, 4.0], [1.0, 0.0]], Some(array![-5.0, 0.0]))),
        Box::new(Switch::relu(2)),
    ])
}

#[test]
fn the_nearest_other_class_by_hand() {
    let (net, x) = (two_classes(), array![3.0, 4.0]);
    let nearest = |norm, bounds| counterfactual(&net, x.view(), None, norm, bounds).unwrap();
    let found = nearest(Norm::L2, None);
    assert_eq!((found.from, found.to, found.norm), (0, 1, Norm::L2));
    let point = solved(&found.optimum);
    is_at(&point.input, &[1.3, 0.6]);
    is_at(&[point.objective], &[17.0 / 20f64.sqrt()]);
    let found = nearest(Norm::LInf, None);
    is_at(&solved(&found.optimum).input, &[1.0 / 6.0, 7.0 / 6.0]);
    // In l1 it would be 4.25 down along x₁ to −0.25, where z₀ = 3 is: no boundary in between.
    let found = nearest(Norm::L1, None);
    is_at(&solved(&found.optimum).input, &[3.0, -0.25]);
    // With x₁ ≥ 0 the rest has to come from x₀: 4 + 1 of x₁, and ½ of x₀.
    let (low, high) = (array![0.0, 0.0], array![9.0, 9.0]);
    let found = nearest(Norm::L1, Some((&low, &high)));
    is_at(&solved(&found.optimum).input, &[2.5, 0.0]);
    let found = nearest(Norm::L2, Some((&low, &high)));
    is_at(&solved(&found.optimum).input, &[1.3, 0.6]);
}

#[test]
fn a_class_behind_a_boundary_is_out_of_reach() {
    // y = (relu(x), −1): where x > 0, the second never wins.
    let net = chain(vec![
        Box::new(Switch::relu(1)),
        Box::new(Dense::new(array![[1.0], [0.0]], Some(array![0.0, -1.0]))),
    ]);
    for norm in Norm::ALL {
        let found = counterfactual(&net, array![2.0].view(), Some(1), norm, None).unwrap();
        assert_eq!(found.optimum.status, Status::Infeasible, "{found:?}");
        // Without boundaries it would be 3 away.
        assert!(found.optimum.bound.is_none_or(|bound| bound >= 3e4), "{found:?}");
        assert!(found.optimum.point.is_none());
        let (low, high) = (array![-5.0], array![5.0]);
        let bounds = Some((&low, &high));
        let found = counterfactual(&net, array![2.0].view(), Some(1), norm, bounds).unwrap();
        assert_eq!((found.optimum.status, found.optimum.bound), (Status::Infeasible, None));
    }
    // Nothing of the input favors a class.
    let net = Dense::new(array![[1.0], [1.0]], Some(array![1.0, 0.0]));
    let found = counterfactual(&net, array![2.0].view(), None, Norm::L2, None).unwrap();
    assert_eq!((found.optimum.status, found.optimum.rounds), (Status::Infeasible, 0));
}

#[test]
fn beyond_the_nearest_point_another_class_wins() {
    let (mut flipped, mut without, mut agreed) = (0, 0, 0);
    for (name, net) in every_net::<f64>() {
        if !net.signature().regularity.is_piecewise_linear() {
            continue;
        }
        for (seed, norm) in (710..716).zip(Norm::ALL.into_iter().cycle()) {
            let x = row(net.inputs(), seed);
            let (start, from) = (pattern(&net, &x), class(&net, &x));
            let found = counterfactual(&net, x.view(), None, norm, None).unwrap();
            assert_eq!(found.from, from, "{name}");
            let certificate = margin(&net, x.view()).unwrap();
            let rival = certificate.decision.unwrap().nearest.get(norm).unwrap();
            let Some(point) = &found.optimum.point else {
                assert_eq!(found.optimum.status, Status::Infeasible, "{name} {found:?}");
                without += 1;
                // No point of the region is of another class.
                for sample in 0..500 {
                    let size = 4.0 * certificate.nearest.get(norm).unwrap().distance;
                    let other = &x + &(row(x.len(), 2000 + sample) * size);
                    if pattern(&net, &other) == start {
                        assert_eq!(class(&net, &other), from, "{name}");
                    }
                }
                continue;
            };
            let point = (solved(&found.optimum), point).0;
            let d = Array1::from(point.input.clone()) - &x;
            // No nearer than without boundaries, and just so far where no boundary is nearer.
            assert!(point.objective >= rival.distance * (1.0 - 10.0 * TOLERANCE), "{name}");
            if rival.distance < certificate.nearest.get(norm).unwrap().distance {
                assert!((point.objective / rival.distance - 1.0).abs() <= 10.0 * TOLERANCE);
                agreed += 1;
            }
            // Rounding; and where a boundary is overstepped by so little, the net behind it is another map.
            let allowed = 1e-11 + 100.0 * point.violation;
            let on_a_jump = !is_continuous(&net) && !point.active.is_empty();
            let disagreement = point.disagreement;
            assert!(on_a_jump || disagreement <= allowed, "{name}: {disagreement:e}");
            // A little before it the class and the region are as they were; a little beyond it the
            // class is another, which no boundary can undo so near, as the outputs are continuous.
            let at = |part: f64| &x + &(&d * part);
            assert_eq!(pattern(&net, &at(1.0 - 1e-4)), start, "{name} {norm:?}");
            assert_eq!(class(&net, &at(1.0 - 1e-4)), from, "{name} {norm:?}");
            if point.active.is_empty() {
                assert_eq!(class(&net, &at(1.0 + 1e-5)), found.to, "{name} {norm:?}");
                flipped += 1;
            }
        }
    }
    assert!(flipped > 0 && without > 0 && agreed > 0, "{flipped} {without} {agreed}");
}

#[test]
fn bad_questions_are_refused() {
    let (net, x) = (two_classes(), array![3.0, 4.0]);
    let ball = |radius| Within::Ball { norm: Norm::L2, radius };
    let best = |k, against, within: &Within| {
        region_optimum(&net, x.view(), k, against, within).unwrap_err().to_string()
    };
    assert!(best(2, None, &ball(1.0)).contains("below 2"));
    assert!(best(0, Some(5), &ball(1.0)).contains("below 2"));
    assert!(best(1, Some(1), &ball(1.0)).contains("another output"));
    for radius in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(best(0, None, &ball(radius)).contains("positive"), "{radius}");
    }
    let range = |low: Array1<f64>, high: Array1<f64>| Within::Box { low, high };
    assert!(best(0, None, &range(array![0.0], array![9.0, 9.0])).contains("2 numbers"));
    let outside = best(0, None, &range(array![0.0, 0.0], array![9.0, 3.0]));
    assert!(outside.contains("number 1") && outside.contains("0 to 3"), "{outside}");
    let smooth = chain(vec![Box::new(Smooth::tanh(2))]);
    assert!(region_optimum(&smooth, x.view(), 0, None, &ball(1.0)).is_err());
    let other = |net: &dyn Layer<f64>, to| {
        counterfactual(net, x.view(), to, Norm::L2, None).unwrap_err().to_string()
    };
    assert!(other(&net, Some(0)).contains("another class than 0"));
    assert!(other(&net, Some(2)).contains("below 2"));
    let single = Dense::new(Matrix::ones((1, 2)), None);
    assert!(other(&single, None).contains("at least 2"));
}

/// Whoever watches is told of each round, and may end the search at any: its bound holds then.
#[test]
fn a_search_can_be_stopped_at_a_round() {
    let net = switchnet::net::zoo::mlp(&[12], &[64, 64], 3, 1).build::<f64>().unwrap();
    let x = row(12, 3);
    let (low, high) = (Array1::from_elem(12, -8.0), Array1::from_elem(12, 8.0));
    let within = Within::Box { low, high };
    let watched = |most: usize| {
        let mut seen = Vec::new();
        let watch = &mut |progress: OptimumProgress| {
            seen.push(progress.rounds);
            assert!(progress.overstepped > 0.0 && progress.boundaries >= progress.rounds - 1);
            if seen.len() > most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let found = region_optimum_watched(&net, x.view(), 0, None, &within, watch).unwrap();
        (found, seen)
    };
    let best = region_optimum(&net, x.view(), 0, None, &within).unwrap();
    let top = solved(&best).objective;
    let (found, seen) = watched(usize::MAX);
    assert_eq!(found, best);
    assert_eq!(seen, (1..best.rounds).collect::<Vec<_>>());
    assert!(!seen.is_empty(), "there is more than one round");
    let (stopped, seen) = watched(0);
    assert_eq!((stopped.status, stopped.rounds, seen), (Status::NotSolved, 1, vec![1]));
    // What is proved of all points holds; the point oversteps boundaries that were not met yet, and says so.
    assert!(stopped.bound.unwrap() >= top - TOLERANCE * top.abs().max(1.0));
    assert!(stopped.point.unwrap().violation > TOLERANCE);
}

/// Whoever watches a search for the nearest class may end that for all of them.
#[test]
fn a_search_of_several_classes_can_be_stopped() {
    let mut most_searched = 0;
    for seed in 1..=8 {
        let net = switchnet::net::zoo::mlp(&[12], &[64, 64], 4, seed).build::<f64>().unwrap();
        let x = row(12, seed);
        let watched = |most: usize| {
            let mut seen = Vec::new();
            let watch = &mut |progress: OptimumProgress| {
                seen.push(progress.rounds);
                if seen.len() > most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            };
            let found = counterfactual_watched(&net, x.view(), None, Norm::L2, None, watch);
            (found.unwrap(), seen)
        };
        let nearest = counterfactual(&net, x.view(), None, Norm::L2, None).unwrap();
        let (found, all) = watched(usize::MAX);
        assert_eq!(found, nearest);
        most_searched = most_searched.max(all.iter().filter(|round| **round == 1).count());
        for most in 0..all.len() {
            let (near, seen) = watched(most);
            assert_eq!(seen, all[..=most], "nothing is told behind the end");
            let (bound, best) = (near.optimum.bound.unwrap(), nearest.optimum.bound);
            assert!(best.is_none_or(|best| bound <= best * (1.0 + TOLERANCE)), "{bound} {best:?}");
            if near.optimum.status == Status::Optimal {
                assert_eq!(near.to, nearest.to);
            }
        }
    }
    assert!(most_searched > 1, "choose other nets: no second class is searched for");
}

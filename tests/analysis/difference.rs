//! The difference of two nets is a net.

use crate::helpers::{Boxed, chain, dense, patient_in_a_box, random};
use crate::slice::{flat, square, whole};
use ndarray::array;
use std::collections::HashSet;
use std::ops::ControlFlow::Continue;
use switchnet::analysis::{Pattern, effective_map, ray, regions_in_box};
use switchnet::layer::{Dense, Switch};
use switchnet::net::difference;

fn net(seed: u64) -> Boxed {
    let readout: Boxed = Box::new(Dense::new(random(3, 6, seed + 50), None));
    Box::new(chain(vec![Box::new(dense(2, &[8, 6], seed)), readout]))
}

#[test]
fn its_map_is_the_difference_of_the_maps() {
    let both = difference(net(1), net(2)).unwrap();
    for x in random(20, 2, 3).rows() {
        let [f, g] = [1, 2].map(|seed| effective_map(net(seed).as_ref(), x));
        let map = effective_map(&both, x);
        assert!(map.residual.relative < 1e-13);
        // Sums of a few numbers around 1.
        assert!((&map.a - &(&f.a - &g.a)).iter().all(|d: &f64| d.abs() < 1e-12));
        assert!((&map.c - &(&f.c - &g.c)).iter().all(|d: &f64| d.abs() < 1e-12));
        let open: Vec<_> = f.pattern.open.iter().chain(&g.pattern.open).cloned().collect();
        assert_eq!(map.pattern.open, open);
    }
}

#[test]
fn a_net_less_itself_is_zero_with_its_regions() {
    let same = difference(net(4), net(4)).unwrap();
    let (from, to) = (array![-2.0, 1.0], array![1.5, -1.0]);
    let zero = ray(&same, from.view(), to.view()).unwrap();
    let own = ray(net(4).as_ref(), from.view(), to.view()).unwrap();
    assert_eq!((zero.regions, zero.pieces), (own.regions, 1));
    // Numbers around 1 that cancel.
    assert!(zero.segments.iter().flat_map(|segment| &segment.value).all(|v| v.abs() < 1e-13));
    let slice = whole(&same, &flat(), square(1.0));
    assert_eq!(slice.regions, whole(net(4).as_ref(), &flat(), square(1.0)).regions);
    let found =
        regions_in_box(&same, &[-1.0; 2], &[1.0; 2], patient_in_a_box(), &mut |_| Continue(()));
    assert_eq!(found.unwrap().regions.len(), slice.regions);
}

/// Where neither net switches.
#[test]
fn its_regions_are_the_intersections() {
    let both = difference(net(1), net(2)).unwrap();
    let slice = whole(&both, &flat(), square(1.5));
    let samples = 1.5 * random(2000, 2, 9);
    let patterns = |seed: u64| -> Vec<u64> {
        let net = net(seed);
        samples.rows().into_iter().map(|x| Pattern::at(net.as_ref(), x).hash()).collect()
    };
    let pairs: HashSet<(u64, u64)> = patterns(1).into_iter().zip(patterns(2)).collect();
    assert!(pairs.len() <= slice.regions && pairs.len() > slice.regions / 2);
}

#[test]
fn nets_of_other_widths_are_refused() {
    let two = || -> Boxed { Box::new(Switch::relu(2)) };
    let found = difference(two(), Box::new(Switch::relu(3))).unwrap_err().to_string();
    let line =
        "net that is subtracted: expected 2 inputs and 2 outputs, found 3 inputs and 3 outputs";
    assert_eq!(found, line);
    assert_eq!(difference(two(), two()).unwrap().outputs(), 2);
}

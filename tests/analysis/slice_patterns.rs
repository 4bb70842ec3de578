//! Patterns and maps of polygons, against rays, which look for regions in another way, and against single maps.

use crate::helpers::{Boxed, chain, hadamard, random};
use crate::slice::{flat, lines, nets, spread, square, whole};
use ndarray::{Array1, ArrayView1};
use std::collections::HashSet;
use switchnet::analysis::{Plane, Ray, Slice, effective_map, ray};
use switchnet::layer::{Dense, Layer, MaxPool, Switch};
use switchnet::random::generator;

fn between(net: &dyn Layer<f64>, plane: &Plane, from: [f64; 2], to: [f64; 2]) -> Ray {
    let [from, to] = [from, to].map(|p| Array1::from(plane.point(p)));
    ray(net, from.view(), to.view()).unwrap()
}

/// The patterns of the segments of a ray that are longer than rounding.
fn patterns(ray: &Ray) -> impl Iterator<Item = u64> {
    ray.segments.iter().filter(|s| s.end - s.start > 1e-9).map(|s| s.hash)
}

fn known(slice: &Slice) -> HashSet<u64> {
    slice.polygons.iter().map(|polygon| polygon.hash).collect()
}

#[test]
fn a_ray_in_a_slice_passes_patterns_that_the_slice_has() {
    for (seed, (name, net, plane)) in nets().into_iter().enumerate() {
        let known = known(&whole(net.as_ref(), &plane, square(1.0)));
        let ends = random(8, 4, 60 + seed as u64);
        for p in ends.rows() {
            let ray = between(net.as_ref(), &plane, [p[0], p[1]], [p[2], p[3]]);
            for hash in patterns(&ray) {
                assert!(known.contains(&hash), "{name}: {hash:x} on the line {p}");
            }
        }
    }
}

/// The patterns on the rim of the window, by rays along its four sides.
fn around(net: &dyn Layer<f64>, plane: &Plane) -> HashSet<u64> {
    let corners = [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]];
    let sides = (0..4).map(|i| between(net, plane, corners[i], corners[(i + 1) % 4]));
    sides.flat_map(|ray| patterns(&ray).collect::<Vec<_>>()).collect()
}

/// Without biases, and on a plane through the origin, every region is a cone and reaches the rim. So the rays
/// along the rim see all of them, and no switch that is zero but for rounding may make two of one.
#[test]
fn without_biases_the_rim_has_all_the_regions() {
    let dense = |widths: &[usize], seed: u64| {
        let mut rng = generator(seed, 0);
        let layers = widths.windows(2).flat_map(|pair| -> [Boxed; 2] {
            [
                Box::new(Dense::random(pair[0], pair[1], false, &mut rng)),
                Box::new(Switch::relu(pair[1])),
            ]
        });
        chain(layers.collect())
    };
    let fixed = |n: usize, depth: usize, closed: f64| {
        let layer =
            |_| -> [Boxed; 2] { [hadamard(n), Box::new(Switch::leaky(n, closed).unwrap())] };
        chain((0..depth).flat_map(layer).collect())
    };
    let pooled = |seed: u64| {
        let mut rng = generator(seed, 0);
        chain(vec![
            Box::new(Dense::random(2, 32, false, &mut rng)),
            Box::new(Switch::relu(32)),
            Box::new(MaxPool::new([2, 4, 4], 2).unwrap()),
            Box::new(Dense::random(8, 8, false, &mut rng)),
            Box::new(Switch::relu(8)),
        ])
    };
    let plane = |n: usize, seed: u64| {
        let x = random(2, n, seed);
        Plane { origin: vec![0.0; n], u: x.row(0).to_vec(), v: x.row(1).to_vec() }
    };
    let mut all: Vec<(String, Boxed, Plane, bool)> = Vec::new();
    for n in [1, 3, 16] {
        all.push((format!("{n} lines"), Box::new(lines(&spread(n, |_| 0.0))), flat(), true));
    }
    for seed in 0..4 {
        all.push((
            format!("dense {seed}"),
            Box::new(dense(&[2, 16, 16, 16], 70 + seed)),
            flat(),
            true,
        ));
        all.push((format!("pool {seed}"), Box::new(pooled(80 + seed)), flat(), false));
        for depth in [2, 3, 5] {
            for closed in [0.0, 0.5, -1.0] {
                let net = Box::new(fixed(16, depth, closed));
                all.push((
                    format!("Hadamard {depth} {closed} {seed}"),
                    net,
                    plane(16, 90 + seed),
                    true,
                ));
            }
        }
    }
    for (name, net, plane, convex) in all {
        let slice = whole(net.as_ref(), &plane, square(1.0));
        let (found, rim) = (known(&slice), around(net.as_ref(), &plane));
        assert_eq!(found, rim, "{name}: {} and {}", found.len(), rim.len());
        // Two polygons of one region of ReLUs would be one polygon. (A region of a pool may be in parts.)
        assert!(
            !convex || slice.polygons.len() == slice.regions,
            "{name}: {}",
            slice.polygons.len()
        );
        if let Some(n) = name.strip_suffix(" lines") {
            assert_eq!(slice.regions, 2 * n.parse::<usize>().unwrap());
        }
    }
}

#[test]
fn norms_are_those_of_the_effective_maps() {
    for (name, net, plane) in nets() {
        let slice = whole(net.as_ref(), &plane, square(1.0));
        let norms = slice.norms(net.as_ref()).unwrap();
        assert_eq!(norms.len(), slice.polygons.len());
        for (polygon, found) in slice.polygons.iter().zip(&norms).step_by(1 + norms.len() / 50) {
            let x = plane.point(polygon.center);
            let a = effective_map(net.as_ref(), ArrayView1::from(&x[..])).a;
            let norm = a.iter().map(|v| v * v).sum::<f64>().sqrt();
            // Tens of terms in another order.
            assert!((norm - found).abs() <= 1e-13 * norm, "{name}: {norm} and {found}");
        }
    }
    let slice = whole(&Dense::new(random(3, 2, 99), None), &flat(), square(1.0));
    let error = slice.norms(&Dense::new(random(3, 4, 99), None)).unwrap_err().to_string();
    assert!(
        error.contains("expected 4 inputs and 3 outputs, found 2 inputs and 3 outputs"),
        "{error}"
    );
}

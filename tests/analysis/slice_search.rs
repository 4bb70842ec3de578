//! How the search for polygons is stopped, watched and shared among threads.

use crate::helpers::patient;
use crate::slice::{flat, square, whole};
use std::ops::ControlFlow::{Break, Continue};
use switchnet::analysis::{Limit, Plane, SliceBudget, slice};
use switchnet::net::zoo::mlp;

#[test]
fn a_budget_stops_the_search_and_is_named() {
    let net = mlp(&[2], &[32, 32], 3, 54).build::<f64>().unwrap();
    let all = whole(&net, &flat(), square(4.0));
    let with = |budget| slice(&net, &flat(), square(4.0), budget, &mut |_| Continue(())).unwrap();
    let some = with(SliceBudget { polygons: 10, ..patient() });
    assert_eq!((some.complete, some.stopped_by), (false, Some(Limit::Polygons)));
    assert!(some.polygons.len() < all.polygons.len() && some.area_error > 0.0);
    let none = with(SliceBudget { seconds: 0.0, ..patient() });
    assert_eq!((none.polygons.len(), none.stopped_by), (0, Some(Limit::Seconds)));
    let few = with(SliceBudget { bytes: 10, ..patient() });
    assert_eq!((few.complete, few.stopped_by), (false, Some(Limit::Bytes)));
    let enough = with(SliceBudget { polygons: all.polygons.len() + 1, ..patient() });
    assert_eq!(enough, all);
}

#[test]
fn whoever_watches_sees_it_grow_and_can_stop_it() {
    let net = mlp(&[2], &[32, 32], 3, 54).build::<f64>().unwrap();
    let (plane, window) = (flat(), square(4.0));
    let mut seen = Vec::new();
    let watch = &mut |progress| {
        seen.push(progress);
        Continue(())
    };
    let all = slice(&net, &plane, window, patient(), watch).unwrap();
    assert!(seen.len() > 2 && seen[0].polygons == 0 && seen[0].filled == 0.0, "{seen:?}");
    for pair in seen.windows(2) {
        let [a, b] = [&pair[0], &pair[1]];
        assert!(a.polygons <= b.polygons && a.filled <= b.filled && a.seconds <= b.seconds);
    }
    let last = seen[seen.len() - 1];
    assert!(last.polygons <= all.polygons.len() && last.filled <= 1.0 + 1e-12, "{last:?}"); // a sum of areas
    // Stopped where it has something, but not all.
    let at = seen.iter().position(|progress| progress.polygons > 0).unwrap();
    let mut steps = 0..at;
    let watch = &mut |_| if steps.next().is_some() { Continue(()) } else { Break(()) };
    let some = slice(&net, &plane, window, patient(), watch).unwrap();
    assert_eq!((some.complete, some.stopped_by), (false, Some(Limit::Interrupted)));
    assert_eq!(some.polygons.len(), seen[at].polygons);
    assert!((some.area / window.area() - seen[at].filled).abs() <= 1e-12); // the same areas
    for (a, b) in some.polygons.iter().zip(&all.polygons) {
        assert_eq!((a.hash, a.area), (b.hash, b.area));
    }
}

/// A layer of many lines makes many parts of the window in one step.
#[test]
fn a_single_cell_that_is_cut_often_can_be_stopped() {
    let net = mlp(&[3], &[256], 3, 56).build::<f64>().unwrap();
    // Beside the origin, so that the lines do not meet in one point.
    let plane =
        Plane { origin: vec![0.0, 0.0, 1.0], u: vec![1.0, 0.0, 0.0], v: vec![0.0, 1.0, 0.0] };
    let mut answers = [Continue(()), Break(())].into_iter();
    let watch = &mut |_| answers.next().unwrap();
    let some = slice(&net, &plane, square(4.0), patient(), watch).unwrap();
    assert_eq!((some.stopped_by, some.evaluations), (Some(Limit::Interrupted), 1));
    let budget = SliceBudget { bytes: 100_000, ..patient() };
    let some = slice(&net, &plane, square(4.0), budget, &mut |_| Continue(())).unwrap();
    assert_eq!((some.stopped_by, some.evaluations), (Some(Limit::Bytes), 1));
    // The lists of the lines that may still cut a part count before there are many parts.
    let net = mlp(&[3], &[4096], 3, 57).build::<f64>().unwrap();
    let budget = SliceBudget { bytes: 1 << 20, ..patient() };
    let some = slice(&net, &plane, square(4.0), budget, &mut |_| Continue(())).unwrap();
    assert_eq!((some.stopped_by, some.evaluations), (Some(Limit::Bytes), 1));
    assert!(some.vertices.len() < 1 << 15, "{}", some.vertices.len());
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let net = mlp(&[2], &[24, 24], 3, 55).build::<f64>().unwrap();
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| whole(&net, &flat(), square(4.0)))
    };
    let one = on(1);
    assert!(one.polygons.len() > 100, "{}", one.polygons.len());
    assert_eq!(one, on(3));
}

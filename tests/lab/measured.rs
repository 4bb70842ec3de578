//! What an experiment measures, against known values and against the single questions.

use std::ops::ControlFlow::Continue;
use switchnet::analysis::{
    Plane, Row, SliceBudget, Window, adversarial, margin, row_similarity, slice,
};
use switchnet_lab::experiment::{Geometry, GeometryBudget, MeanStd};

/// Known points of Student's distribution, in the table and beyond it.
#[test]
fn intervals_of_means() {
    for (values, t) in
        [(2, 12.7062), (5, 2.7764), (11, 2.2281), (31, 2.0423), (41, 2.0211), (121, 1.9799)]
    {
        let factor = MeanStd::interval_factor(values).unwrap();
        // Four digits, as tables have them.
        assert!((factor * (values as f64).sqrt() - t).abs() <= 1e-4, "{values}");
    }
    assert_eq!((MeanStd::interval_factor(0), MeanStd::interval_factor(1)), (None, None));
}

/// The numbers of a geometry summary are those of the single questions.
#[test]
fn a_geometry_summary_has_the_polygons_and_cosines_of_its_net() {
    let net = switchnet::net::zoo::mlp(&[64], &[16], 10, 1).build::<f64>().unwrap();
    let test = switchnet::data::digits::<f32>().test;
    let of = |walks| {
        let budget = GeometryBudget { inputs: usize::MAX, first: 9, walks };
        Geometry::of(&net, &test, budget, &|| Continue(())).unwrap().expect("not stopped")
    };
    let geometry = of(true);
    let (inputs, labels) = (test.inputs().mapv(f64::from), test.labels().unwrap());
    let mut counts = [0, 3, 6].map(|a| {
        let others = (a + 1..a + 9).map(|i| i % 9);
        let b = others.clone().find(|&i| labels[i] != labels[a]).unwrap();
        let c = others.clone().find(|&i| labels[i] != labels[a] && labels[i] != labels[b]).unwrap();
        let plane = Plane::through(inputs.row(a), inputs.row(b), inputs.row(c));
        let window = Window { u: [0.0, 0.5], v: [0.0, 0.5] };
        slice(
            &net,
            &plane,
            window,
            SliceBudget { seconds: f64::INFINITY, ..SliceBudget::default() },
            &mut |_| Continue(()),
        )
        .unwrap()
        .polygons
        .len()
    });
    counts.sort_unstable();
    assert_eq!((geometry.polygons, geometry.complete), (Some(counts[1] as f64), true));
    assert!(counts[1] > 3, "{counts:?}");
    let rows = row_similarity(&net, inputs.view(), Some(labels), Row::Predicted).unwrap();
    assert_eq!((geometry.cosine_within, geometry.cosine_between), (rows.within, rows.between));
    let median = |mut distances: Vec<f64>| {
        distances.sort_unstable_by(f64::total_cmp);
        Some(distances[4])
    };
    let first = || inputs.rows().into_iter().take(9);
    let certificates = first().map(|x| margin(&net, x).unwrap().certificate.l2.unwrap()).collect();
    assert_eq!(geometry.certificate, median(certificates));
    let changes = first().map(|x| adversarial(&net, x, 50).unwrap().unwrap().distance).collect();
    assert_eq!(geometry.adversarial, median(changes));
    assert!(geometry.regions.is_some_and(|regions| regions > 1.0));
    let standing = Geometry { regions: None, polygons: None, ..geometry };
    assert_eq!(of(false), standing);
}

//! Cosines, angles, overlaps and clusters, and the memory view.

use super::helpers::{bias, chain, close, norm, random, vector};
use ndarray::{Array1, array, s};
use switchnet::Matrix;
use switchnet::analysis::{
    Row, clusters_by_region, clusters_by_similarity, effective_map, effective_row, memory_view,
    pattern_similarity, row_similarity, row_space_angles, row_space_similarity,
};
use switchnet::layer::{Crelu, Dense, Switch};
use switchnet::net::zoo;

#[test]
fn cosines_of_rows_one_by_one() {
    let net = zoo::switch_net(&[16], 5, 1).build::<f64>().unwrap();
    let x = random(40, 16, 2);
    let labels: Vec<usize> = (0..40).map(|i| i % 3).collect();
    for row in [Row::Predicted, Row::Output(2)] {
        let found = row_similarity(&net, x.view(), Some(&labels), row).unwrap();
        let rows: Vec<Array1<f64>> = x
            .rows()
            .into_iter()
            .map(|x| match row {
                Row::Output(k) => effective_row(&net, x, k).a,
                Row::Predicted => {
                    let map = effective_map(&net, x);
                    let best = (0..5).max_by(|&i, &j| map.y[i].total_cmp(&map.y[j])).unwrap();
                    map.a.row(best).to_owned()
                }
            })
            .collect();
        let (mut within, mut between) = (Vec::new(), Vec::new());
        for i in 0..40 {
            for j in 0..40 {
                let cosine = rows[i].dot(&rows[j]) / (norm(&rows[i]) * norm(&rows[j]));
                // Rows pulled in batches of other sizes: some hundred roundings.
                assert!((found.matrix[[i, j]] - cosine).abs() <= 1e-13, "{i}, {j}");
                if j < i {
                    let all = if labels[i] == labels[j] { &mut within } else { &mut between };
                    all.push(cosine);
                }
            }
        }
        let mean = |all: &[f64]| all.iter().sum::<f64>() / all.len() as f64;
        assert!((found.within.unwrap() - mean(&within)).abs() <= 1e-13);
        assert!((found.between.unwrap() - mean(&between)).abs() <= 1e-13);
        assert_eq!(found.class_means[0][2], found.class_means[2][0]);
    }
}

#[test]
fn rows_of_zeros_and_bad_arguments() {
    let net =
        chain(vec![Box::new(Switch::relu(2)), Box::new(Dense::new(array![[1.0, 1.0]], None))]);
    let x = array![[-1.0, -1.0], [1.0, -1.0], [2.0, 3.0]];
    let found = row_similarity(&net, x.view(), None, Row::Output(0)).unwrap();
    let half = 0.5f64.sqrt();
    assert_eq!(found.matrix.row(0), array![0.0, 0.0, 0.0]);
    close(&found.matrix.row(1).to_vec(), &[0.0, 1.0, half], 2.0 * f64::EPSILON);
    assert!(found.within.is_none() && found.between.is_none() && found.class_means.is_empty());
    let error = row_similarity(&net, x.view(), None, Row::Output(1)).unwrap_err().to_string();
    assert_eq!(error, "output: expected 0 to 0, found 1");
    assert!(row_similarity(&net, x.view(), Some(&[1]), Row::Predicted).is_err());
}

#[test]
fn overlaps_by_hand() {
    let net = chain(vec![
        Box::new(Switch::relu(3)),
        bias(Array1::from_elem(3, -1.5)),
        Box::new(Switch::relu(3)),
    ]);
    // Open: {0, 1} and {0}; {0, 1, 2} and {0, 1}; {2} and nothing.
    let x = array![[2.0, 1.0, -1.0], [2.0, 2.0, 1.0], [-1.0, -1.0, 1.0]];
    let found = pattern_similarity(&net, x.view(), Some(&[0, 0, 1])).unwrap();
    assert_eq!(found.hamming.matrix, array![[0.0, 2.0, 4.0], [2.0, 0.0, 4.0], [4.0, 4.0, 0.0]]);
    assert_eq!((found.hamming.within, found.hamming.between), (Some(2.0), Some(4.0)));
    let lowest = f64::NEG_INFINITY;
    let logarithms = [2f64.ln(), 2f64.ln(), lowest, 2f64.ln(), 6f64.ln(), lowest];
    let upper: Vec<f64> =
        [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)].map(|at| found.log_overlap[at]).to_vec();
    for (found, expected) in upper.iter().zip(logarithms) {
        assert!(*found == expected || (found - expected).abs() <= 4.0 * f64::EPSILON);
    }
    // 2/√(2·3) · 1/√(1·2).
    let both = 2.0 / 6f64.sqrt() / 2f64.sqrt();
    close(&found.overlap.matrix.row(0).to_vec(), &[1.0, both, 0.0], 4.0 * f64::EPSILON);
    assert_eq!(found.overlap.matrix[[2, 2]], 0.0, "no path through a closed layer");
    let linear = pattern_similarity(&Dense::new(Matrix::eye(3), None), x.view(), None).unwrap();
    assert_eq!((linear.overlap.matrix[[0, 1]], linear.log_overlap[[0, 1]]), (1.0, 0.0));
}

/// relu on coordinates: row spaces are coordinate spaces.
#[test]
fn angles_between_coordinate_spaces() {
    let net = Switch::relu(4);
    let angles = |x: [f64; 4], other: [f64; 4]| {
        row_space_angles(&net, Array1::from(x.to_vec()).view(), Array1::from(other.to_vec()).view())
            .unwrap()
    };
    close(&angles([1.0, 1.0, -1.0, -1.0], [1.0, -1.0, 1.0, -1.0]), &[0.0, 90.0], 1e-13);
    close(&angles([1.0; 4], [1.0, -1.0, 1.0, -1.0]), &[0.0, 0.0], 1e-13);
    close(&angles([1.0, -1.0, -1.0, -1.0], [-1.0, 1.0, 1.0, 1.0]), &[90.0], 1e-13);
    assert!(angles([-1.0; 4], [1.0; 4]).is_empty());
    // A map of rank 0 shares no direction with another, and all that it has with its like.
    let x = array![[-1.0; 4], [1.0; 4], [-2.0; 4]];
    let found = row_space_similarity(&net, x.view(), None).unwrap().matrix;
    assert_eq!((found[[0, 1]], found[[0, 2]], found[[1, 2]]), (90.0, 0.0, 90.0));
    // (x₀)₊ has the row (1, 0), (−x₀ cos − x₁ sin)₊ the opposite of one turned by the angle; each input
    // opens one of them.
    for degrees in [1e-10_f64, 0.1, 30.0, 60.0, 90.0] {
        let (sine, cosine) = degrees.to_radians().sin_cos();
        let net = chain(vec![
            Box::new(Dense::new(array![[1.0, 0.0], [-cosine, -sine]], None)),
            Box::new(Switch::relu(2)),
            Box::new(Dense::new(array![[1.0, 1.0]], None)),
        ]);
        let (x, other) = (array![1.0, 0.0], array![-1.0, 0.0]);
        let found = row_space_angles(&net, x.view(), other.view()).unwrap()[0];
        // A few roundings of an angle of up to 90.
        assert!((found - degrees).abs() <= 1e-13, "{found} {degrees}");
    }
}

#[test]
fn mean_angles_of_all_pairs() {
    let net = zoo::mlp(&[6], &[12], 3, 8).build::<f64>().unwrap();
    let x = random(9, 6, 9);
    let labels: Vec<usize> = (0..9).map(|i| i % 2).collect();
    let found = row_space_similarity(&net, x.view(), Some(&labels)).unwrap();
    let (mut within, mut pairs) = (0.0, 0);
    for i in 0..9 {
        for j in 0..i {
            let angles = row_space_angles(&net, x.row(i), x.row(j)).unwrap();
            let mean = angles.iter().sum::<f64>() / angles.len() as f64;
            // The same decompositions; their order is by size and not by argument.
            assert!((found.matrix[[i, j]] - mean).abs() <= 1e-12, "{i}, {j}");
            assert_eq!(found.matrix[[i, j]], found.matrix[[j, i]]);
            if labels[i] == labels[j] {
                within += mean;
                pairs += 1;
            }
        }
        assert_eq!(found.matrix[[i, i]], 0.0);
    }
    assert!(within > 0.0, "some maps differ");
    close(&[found.within.unwrap()], &[within / f64::from(pairs)], 1e-12);
    // Nothing is seen of either: no angle.
    let closed = Switch::relu(2);
    let none =
        row_space_similarity(&closed, array![[-1.0, -1.0], [-2.0, -1.0]].view(), None).unwrap();
    assert_eq!((none.matrix[[0, 1]], none.within), (0.0, None));
    let short = row_space_similarity(&closed, array![[1.0, 1.0]].view(), Some(&[])).unwrap_err();
    assert!(short.to_string().starts_with("labels"), "{short}");
}

#[test]
fn clusters() {
    // relu(x) − relu(−x): two patterns, one map.
    let net = chain(vec![Box::new(Crelu::new(1)), Box::new(Dense::new(array![[1.0, -1.0]], None))]);
    let x = array![[2.0], [-1.0], [5.0], [-3.0], [-2.0]];
    let regions = clusters_by_region(&net, x.view()).unwrap();
    assert_eq!((regions.of, regions.sizes), (vec![0, 1, 0, 1, 1], vec![2, 3]));
    let maps = row_similarity(&net, x.view(), None, Row::Predicted).unwrap();
    let maps = clusters_by_similarity(maps.matrix.view(), 1.0).unwrap();
    assert_eq!(maps.sizes, [5]);
    // A chain 0 – 2 – 3, though 0 and 3 are not alike.
    let alike = array![
        [1.0, 0.0, 0.9, 0.1],
        [0.0, 1.0, 0.2, 0.3],
        [0.9, 0.2, 1.0, 0.8],
        [0.1, 0.3, 0.8, 1.0]
    ];
    let at = |threshold| clusters_by_similarity(alike.view(), threshold).unwrap();
    assert_eq!((at(0.8).of, at(0.8).sizes), (vec![0, 1, 0, 0], vec![3, 1]));
    assert_eq!((at(0.85).of, at(0.3).sizes), (vec![0, 1, 0, 2], vec![4]));
    assert!(clusters_by_similarity(alike.slice(s![..2, ..]), 0.5).is_err());
    assert!(clusters_by_similarity(alike.view(), f64::NAN).is_err());
}

/// A linear memory that stores two patterns has its rows made of them.
#[test]
fn a_memory_recalls_what_it_stores() {
    let stored = random(6, 10, 3);
    let labels = [0, 1, 0, 1, 1, 5];
    let mut weights = Matrix::zeros((3, 10));
    weights.row_mut(0).assign(&(&stored.row(2) * 7.0));
    weights.row_mut(1).assign(&(&stored.row(1) - &stored.row(3) * 2.0));
    let net = Dense::new(weights.clone(), None);
    let x = vector(10, 4);
    let view = memory_view(&net, x.view(), stored.view(), Some(&labels), 6).unwrap();
    assert_eq!((view.stored, view.rows.len()), (6, 3));
    let first = view.rows[0].nearest[0];
    assert_eq!((first.stored, first.label), (2, Some(0)));
    assert!((first.cosine - 1.0).abs() <= 4.0 * f64::EPSILON);
    for row in &view.rows {
        assert!(row.nearest.windows(2).all(|pair| pair[0].cosine >= pair[1].cosine));
        for recall in &row.nearest {
            let (a, pattern) = (weights.row(row.output), stored.row(recall.stored));
            let size = norm(&a.to_owned()) * norm(&pattern.to_owned());
            let expected = if size > 0.0 { a.dot(&pattern) / size } else { 0.0 };
            assert!((recall.cosine - expected).abs() <= 1e-15);
        }
    }
    let spans: Vec<_> = view.rows.iter().map(|row| row.class_span).collect();
    let [Some(zero), Some(one), None] = spans[..] else { panic!("{spans:?}") };
    assert_eq!((zero.patterns, zero.dimension, one.patterns, one.dimension), (2, 2, 3, 3));
    close(&[zero.part, one.part], &[1.0, 1.0], 1e-14);
    // A repeated pattern adds no dimension; a direction across the span has no part in it.
    let stored = array![[1.0, 0.0, 0.0], [2.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]];
    let net = Dense::new(array![[0.0, 3.0, 4.0]], None);
    let at = vector(3, 5);
    let view = memory_view(&net, at.view(), stored.view(), Some(&[0, 0, 0, 0]), 1).unwrap();
    let span = view.rows[0].class_span.unwrap();
    assert_eq!((span.patterns, span.dimension), (4, 2));
    assert!((span.part - 0.36).abs() <= 1e-15);
    assert_eq!((view.rows[0].norm, view.rows[0].nearest[0].stored), (5.0, 2));
    assert!(memory_view(&net, at.view(), stored.view(), Some(&[0]), 1).is_err());
    assert!(memory_view(&net, at.view(), stored.view(), None, 5).is_err());
    assert!(memory_view(&net, at.view(), stored.slice(s![.., ..2]), None, 1).is_err());
}

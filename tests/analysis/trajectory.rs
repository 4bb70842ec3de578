//! Switches and maps over a training.

use super::helpers::{bias, chain, close, random};
use ndarray::{Array1, array};
use std::ops::ControlFlow::{Break, Continue};
use switchnet::Matrix;
use switchnet::analysis::{Checkpoint, Row, effective_map, row_similarity, trajectory};
use switchnet::layer::{Dense, Layer, Switch};
use switchnet::net::zoo;

#[test]
fn switches_end_at_themselves() {
    let shifted = |by: f64| chain(vec![bias(Array1::from_elem(3, by)), Box::new(Switch::relu(3))]);
    let nets = [shifted(-10.0), shifted(-0.5), shifted(0.0)];
    let nets: Vec<&dyn Layer<f64>> = nets.iter().map(|net| net as _).collect();
    let x = array![[1.0, 0.25, -1.0], [2.0, 3.0, 4.0]];
    let trajectory = trajectory(&nets, x.view(), Some(&[0, 0]), &mut |_| Continue(())).unwrap();
    let rates: Vec<_> = trajectory.iter().map(|point| point.on_rate[0].clone()).collect();
    assert_eq!(rates, [[0.0, 0.0, 0.0], [1.0, 0.5, 0.5], [1.0, 1.0, 0.5]]);
    let to_last: Vec<_> = trajectory.iter().map(|point| point.to_last[0]).collect();
    assert_eq!(to_last, [2.5, 0.5, 0.0]);
    let to_previous: Vec<_> = trajectory.iter().map(|point| point.to_previous.clone()).collect();
    assert_eq!(to_previous, [None, Some(vec![2.0]), Some(vec![0.5])]);
    assert_eq!(trajectory.iter().map(|point| point.settled).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(trajectory.iter().map(|point| point.patterns).collect::<Vec<_>>(), [1, 2, 2]);
    // No switch of the first net is open: its maps are zero and have no direction.
    assert_eq!((trajectory[0].map_cosine, trajectory[0].row_space_angle), (0.0, None));
    assert_eq!((trajectory[2].row_space_angle, trajectory[2].between), (Some(0.0), None));
    assert!((trajectory[2].map_cosine - 1.0).abs() <= 4.0 * f64::EPSILON);
}

#[test]
fn whoever_watches_sees_each_and_can_stop() {
    let nets = [1, 2, 3].map(|seed| zoo::mlp(&[6], &[16], 3, seed).build::<f64>().unwrap());
    let nets: Vec<&dyn Layer<f64>> = nets.iter().map(|net| net as _).collect();
    let x = random(7, 6, 4);
    let mut seen = Vec::new();
    let watch = &mut |found: &Checkpoint| {
        seen.push(found.clone());
        Continue(())
    };
    let all = trajectory(&nets, x.view(), None, watch).unwrap();
    assert_eq!((all.len(), &seen), (3, &all));
    let mut answers = [Continue(()), Break(())].into_iter();
    let some = trajectory(&nets, x.view(), None, &mut |_| answers.next().unwrap()).unwrap();
    assert_eq!(some, all[..2], "beside the last, which was not reached");
}

/// Maps that are known: a row turned by 30 degrees.
#[test]
fn maps_turn_as_their_rows_do() {
    let (sine, cosine) = (30f64.to_radians().sin(), 30f64.to_radians().cos());
    let turned = Dense::new(array![[cosine, sine]], None);
    let last = Dense::new(array![[2.0, 0.0]], None);
    let nets: [&dyn Layer<f64>; 2] = [&turned, &last];
    let x = array![[1.0, 0.0], [0.0, 1.0], [3.0, -1.0]];
    let found = trajectory(&nets, x.view(), Some(&[0, 1, 0]), &mut |_| Continue(())).unwrap();
    // A division by a length, a product, a root in the angle.
    assert!((found[0].map_cosine - cosine).abs() <= 4.0 * f64::EPSILON);
    assert!((found[0].row_space_angle.unwrap() - 30.0).abs() <= 1e-12);
    for mean in [found[0].within, found[0].between] {
        assert!((mean.unwrap() - 1.0).abs() <= 4.0 * f64::EPSILON, "one row for all");
    }
    assert_eq!(found[1].to_previous, Some(vec![]));
}

/// Each number against the question about one net or two inputs that it comes from.
#[test]
fn numbers_are_those_of_the_single_questions() {
    let [first, last] =
        [1, 2].map(|seed| zoo::mlp(&[6], &[32, 24], 3, seed).build::<f64>().unwrap());
    let x = random(15, 6, 3);
    let labels: Vec<usize> = (0..15).map(|i| i % 3).collect();
    let found =
        trajectory(&[&first, &last], x.view(), Some(&labels), &mut |_| Continue(())).unwrap();
    for (net, point) in [&first, &last].into_iter().zip(&found) {
        let rows = row_similarity(net, x.view(), Some(&labels), Row::Predicted).unwrap();
        assert_eq!((point.within, point.between), (rows.within, rows.between));
    }
    let (mut cosines, mut angles, mut differ) = (0.0, 0.0, 0);
    for row in x.rows() {
        let [a, b] = [&first, &last].map(|net| effective_map(net, row));
        let size = |m: &Matrix<f64>| m.iter().map(|v| v * v).sum::<f64>().sqrt();
        cosines += (&a.a * &b.a).sum() / (size(&a.a) * size(&b.a));
        differ += a.pattern.distance(&b.pattern);
        let both = Matrix::from_shape_fn((2 * 3, 6), |(i, j)| match i {
            0..3 => a.a[[i, j]],
            _ => b.a[[i - 3, j]],
        });
        angles += gram_angles(&both);
    }
    close(&[found[0].map_cosine], &[cosines / 15.0], 1e-14);
    close(&[found[0].row_space_angle.unwrap()], &[angles / 15.0], 1e-6);
    let to_last: f64 = found[0].to_last.iter().sum();
    close(&[to_last], &[differ as f64 / 15.0], 1e-13);
}

/// The mean principal angle of the spaces of the first and of the last three rows, another way: Gram and Schmidt,
/// then the singular values by Jacobi's turns. From cosines alone, so small angles are right to 1e-8 only.
fn gram_angles(both: &Matrix<f64>) -> f64 {
    let basis = |from: usize| {
        let mut rows: Vec<Array1<f64>> = Vec::new();
        for i in from..from + 3 {
            let mut row = both.row(i).to_owned();
            for _ in 0..2 {
                for other in &rows {
                    let part = row.dot(other);
                    row.scaled_add(-part, other);
                }
            }
            row /= row.dot(&row).sqrt();
            rows.push(row);
        }
        rows
    };
    let (one, other) = (basis(0), basis(3));
    let mut m = Matrix::from_shape_fn((3, 3), |(i, j)| one[i].dot(&other[j]));
    // One-sided Jacobi: columns turned until they are orthogonal; their lengths are the cosines.
    for _ in 0..60 {
        for (p, q) in [(0, 1), (0, 2), (1, 2)] {
            let (a, b) = (m.column(p).to_owned(), m.column(q).to_owned());
            let angle = 0.5 * (2.0 * a.dot(&b)).atan2(a.dot(&a) - b.dot(&b));
            m.column_mut(p).assign(&(&a * angle.cos() + &b * angle.sin()));
            m.column_mut(q).assign(&(&b * angle.cos() - &a * angle.sin()));
        }
    }
    let degrees = m.columns().into_iter().map(|c| c.dot(&c).sqrt().min(1.0).acos().to_degrees());
    degrees.sum::<f64>() / 3.0
}

#[test]
fn nets_of_other_shapes_are_errors() {
    let net = Switch::<f64>::relu(3);
    let x = random(2, 3, 5);
    let message = |nets: &[&dyn Layer<f64>]| {
        trajectory(nets, x.view(), None, &mut |_| Continue(())).unwrap_err().to_string()
    };
    assert_eq!(message(&[]), "nets: expected at least 1, found 0");
    let square = Dense::new(Matrix::eye(3), None);
    let error = message(&[&square, &net]);
    assert_eq!(error, "net 0: switches of the layers: expected [3], as the last has, found []");
    let narrow = Dense::new(Matrix::zeros((2, 3)), None);
    let error = message(&[&narrow, &net]);
    assert_eq!(error, "net 0: outputs: expected 3, as the last has, found 2");
    let labels =
        trajectory(&[&net], x.view(), Some(&[1]), &mut |_| Continue(())).unwrap_err().to_string();
    assert!(labels.contains("labels: expected 2, one for each row, found 1"), "{labels}");
}

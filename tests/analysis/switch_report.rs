//! Switches over labeled inputs.

use super::helpers::{bias, chain, random};
use ndarray::{Array1, array};
use switchnet::Matrix;
use switchnet::analysis::{Pattern, PatternCount, effective_map, switch_report, switch_statistics};
use switchnet::layer::{Dense, Switch};
use switchnet::net::zoo;

#[test]
fn by_hand() {
    let net = chain(vec![
        Box::new(Switch::relu(3)),
        bias(Array1::from_elem(3, -1.5)),
        Box::new(Switch::relu(3)),
    ]);
    let x = array![[1.0, -1.0, 1.0], [2.0, -2.0, 1.0], [-1.0, -3.0, 1.0], [3.0, 0.0, 1.0]];
    let labels = [7, 2, 7, 2];
    let report = switch_report(&net, x.view(), Some(&labels)).unwrap();
    assert_eq!((report.inputs, &report.classes), (4, &vec![2, 7]));
    assert_eq!(report.layers[0].switches.on_rate, [0.75, 0.0, 1.0]);
    assert_eq!(report.layers[1].switches.on_rate, [0.5, 0.0, 0.0]);
    // −¾ log2 ¾ − ¼ log2 ¼ = 2 − ¾ log2 3.
    let quarter = 2.0 - 0.75 * 3f64.log2();
    assert!((report.layers[0].entropy[0] - quarter).abs() <= 2.0 * f64::EPSILON);
    assert_eq!(report.layers[0].entropy[1..], [0.0, 0.0]);
    assert_eq!(report.layers[1].entropy, [1.0, 0.0, 0.0]);
    assert_eq!(report.layers[0].class_on_rate, [[1.0, 0.0, 1.0], [0.5, 0.0, 1.0]]);
    let patterns = [(1, 2), (0, 1), (2, 1)].map(|(first, inputs)| PatternCount { first, inputs });
    assert_eq!(report.patterns, patterns);
    assert_eq!(report.boundary, 1, "the zero of the last input, which counts as closed");
    // Patterns 0: 101 000, 1 and 3: 101 100, 2: 001 000.
    let hamming = report.hamming;
    assert_eq!((hamming.switches, hamming.all), (6, Some(7.0 / 6.0)));
    assert_eq!((hamming.within, hamming.between), (Some(0.5), Some(6.0 / 4.0)));
    assert_eq!(hamming.classes, [[Some(0.0), Some(1.5)], [Some(1.5), Some(1.0)]]);
}

/// Every mean against all pairs, on a net whose layers are no whole words, over several chunks.
#[test]
fn means_over_pairs_take_no_pairs() {
    let net = zoo::mlp(&[5], &[70, 3, 65], 4, 1).build::<f64>().unwrap();
    let x = random(150, 5, 2);
    let labels: Vec<usize> = (0..150).map(|i| i * i % 5).collect();
    let report = switch_report(&net, x.view(), Some(&labels)).unwrap();
    let patterns: Vec<Pattern> =
        x.rows().into_iter().map(|x| effective_map(&net, x).pattern).collect();
    let mean = |chosen: &dyn Fn(usize, usize) -> bool| {
        let (mut sum, mut count) = (0, 0);
        for i in 0..150 {
            for j in (0..i).filter(|&j| chosen(labels[i], labels[j])) {
                sum += patterns[i].distance(&patterns[j]);
                count += 1;
            }
        }
        (count > 0).then(|| sum as f64 / count as f64)
    };
    assert_eq!(report.hamming.all, mean(&|_, _| true));
    assert_eq!(report.hamming.within, mean(&|i, j| i == j));
    assert_eq!(report.hamming.between, mean(&|i, j| i != j));
    assert_eq!(report.classes, [0, 1, 4]);
    for (i, a) in [0, 1, 4].into_iter().enumerate() {
        for (j, b) in [0, 1, 4].into_iter().enumerate() {
            let pair = |k, l| (k, l) == (a, b) || (l, k) == (a, b);
            assert_eq!(report.hamming.classes[i][j], mean(&pair), "{a} and {b}");
        }
    }
    let statistics = switch_statistics(&net, x.view()).unwrap();
    assert_eq!(report.patterns.len(), statistics.patterns);
    assert_eq!(report.patterns.iter().map(|p| p.inputs).sum::<usize>(), 150);
    for (layer, other) in report.layers.iter().zip(&statistics.layers) {
        assert_eq!(layer.switches, *other);
        for (unit, &rate) in layer.switches.on_rate.iter().enumerate() {
            let classes = layer.class_on_rate.iter().zip(&report.classes);
            let sum: f64 = classes
                .map(|(rates, class)| {
                    rates[unit] * labels.iter().filter(|label| *label == class).count() as f64
                })
                .sum();
            // Three products and two sums of numbers up to 150.
            assert!((sum / 150.0 - rate).abs() <= 4.0 * f64::EPSILON);
        }
    }
}

#[test]
fn degenerate_sets() {
    let net = Switch::relu(2);
    let one = switch_report(&net, array![[0.0, -0.0]].view(), Some(&[3])).unwrap();
    assert_eq!((one.hamming.all, one.hamming.within, one.hamming.between), (None, None, None));
    assert_eq!((one.boundary, one.patterns.len()), (2, 1));
    let unlabeled = switch_report(&net, random(9, 2, 3).view(), None).unwrap();
    assert!(unlabeled.classes.is_empty() && unlabeled.layers[0].class_on_rate.is_empty());
    assert_eq!((unlabeled.hamming.within, unlabeled.hamming.between), (None, None));
    assert!(unlabeled.hamming.all.is_some());
    let linear = switch_report(&Dense::new(Matrix::eye(2), None), random(3, 2, 4).view(), None);
    let linear = linear.unwrap();
    assert_eq!((linear.layers.len(), linear.patterns.len(), linear.hamming.all), (0, 1, Some(0.0)));
    let message = |x: &Matrix<f64>, labels: Option<&[usize]>| {
        switch_report(&net, x.view(), labels).unwrap_err().to_string()
    };
    assert_eq!(message(&Matrix::zeros((0, 2)), None), "inputs: expected at least 1 row, found 0");
    assert_eq!(message(&Matrix::zeros((1, 3)), None), "width of the inputs: expected 2, found 3");
    assert_eq!(
        message(&Matrix::zeros((2, 2)), Some(&[1])),
        "labels: expected 2, one for each row, found 1"
    );
    assert!(message(&array![[f64::INFINITY, 0.0]], None).contains("row 0, column 0"));
    let json = serde_json::to_value(one).unwrap();
    assert_eq!(json["hamming"]["all"], serde_json::Value::Null);
}

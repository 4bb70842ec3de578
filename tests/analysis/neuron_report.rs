//! Angles, lengths and signal-to-noise ratios over a set of inputs.

use super::helpers::{close, random, vector};
use ndarray::array;
use switchnet::Matrix;
use switchnet::analysis::{Exactness, Reading, Thresholds, effective_map, neuron_report, neurons};
use switchnet::layer::Dense;
use switchnet::net::zoo;

/// The neurons of whole maps, one input at a time, pick by pick.
#[test]
fn as_the_whole_maps_say() {
    for (spec, width) in [
        (zoo::switch_net(&[64], 10, 1), 64),
        (zoo::cnn(&[1, 8, 8], 10, 2), 64),
        (zoo::mlp(&[9], &[20], 1, 3), 9),
    ] {
        let net = spec.build::<f64>().unwrap();
        let x = random(70, width, 4); // more than a chunk
        let found = neuron_report(&net, x.view(), None, Thresholds::default()).unwrap().neurons;
        assert_eq!(found.len(), 70);
        for (row, neuron) in x.rows().into_iter().zip(&found) {
            let all = neurons(&effective_map(&net, row));
            let best = all.iter().max_by(|a, b| a.y.total_cmp(&b.y)).unwrap();
            assert_eq!(neuron.output, best.output);
            // The same products, in batches of other sizes: some hundred roundings.
            let near = |a: f64, b: f64| (a - b).abs() <= 1e-12 * (1.0 + b.abs());
            assert!(near(neuron.y, best.y) && near(neuron.sum, best.sum));
            assert!(near(neuron.norm, best.norm) && near(neuron.cosine, best.cosine));
            assert!(near(neuron.c, best.c), "y − a·x and the biases pushed to the output");
        }
    }
}

#[test]
fn the_matched_filter_has_the_best_ratio() {
    let x = vector(12, 5);
    let size = x.dot(&x).sqrt();
    let mut weights = random(6, 12, 6);
    weights.row_mut(0).assign(&(&x * -3.0));
    weights.row_mut(5).fill(0.0);
    let all = neurons(&effective_map(&Dense::new(weights, None), x.view()));
    assert!((all[0].signal_to_noise() - size).abs() <= 1e-14, "along the input, whatever the sign");
    for neuron in &all[1..5] {
        assert!(neuron.signal_to_noise() < size);
        let by_angle = size * neuron.cosine.abs();
        assert!((neuron.signal_to_noise() - by_angle).abs() <= 1e-14);
    }
    assert_eq!(all[5].signal_to_noise(), 0.0);
    assert_eq!(all[5].reading(Thresholds::default()), Reading::Silent);
}

#[test]
fn readings_and_quartiles_by_hand() {
    // y₀ = 2x₀ + ½x₁ and y₁ = ¼x₁.
    let net = Dense::new(array![[2.0, 0.5], [0.0, 0.25]], None);
    let x = array![[1.0, 0.0], [0.0, -4.0], [2.0, -8.0], [-1.0, 1.0], [3.0, 0.0]];
    let report =
        neuron_report(&net, x.view(), Some(&[0, 1, 0, 1, 1]), Thresholds::default()).unwrap();
    assert_eq!(report.exactness, Exactness::Exact);
    let all = &report.all;
    assert_eq!((all.label, all.inputs, all.correct), (None, 5, Some(0.8)));
    let long = 4.25f64.sqrt();
    // Chosen: 0, 1, 0 (4 − 4 = 0 beside −2), 1, 0.
    let expected =
        [(Reading::AlignedShort, 2), (Reading::AlignedLong, 2), (Reading::OrthogonalLong, 1)];
    assert_eq!(all.readings, expected);
    close(&all.norm.quartiles, &[0.25, long, long], 1e-15);
    assert_eq!((all.norm.least, all.y.least, all.y.most), (0.25, -1.0, 6.0));
    let [zero, one] = &report.classes[..] else { panic!("two classes") };
    assert_eq!((zero.label, zero.inputs, zero.correct), (Some(0), 2, Some(1.0)));
    assert_eq!((one.label, one.inputs, one.correct), (Some(1), 3, Some(2.0 / 3.0)));
    // y of class 0: 2 and 0. Mean 1, deviation 1, quartiles a quarter of the way each.
    assert_eq!((zero.y.mean, zero.y.deviation, zero.y.quartiles), (1.0, 1.0, [0.5, 1.0, 1.5]));
    assert!((zero.angle.most - 90.0).abs() <= 1e-13);
    // The angle of (0, −4) to (0, ¼) is 180°.
    assert_eq!(one.angle.most, 180.0);
    let none = neuron_report(&net, x.view(), None, Thresholds::default()).unwrap();
    assert!(none.classes.is_empty() && none.all.correct.is_none());
    // Other words for the same numbers: cosines up to 1 are not enough, and nothing is long.
    let strict = Thresholds { cosine: 1.5, norm: 100.0 };
    let report = neuron_report(&net, x.view(), None, strict).unwrap();
    assert_eq!(report.all.readings, [(Reading::OrthogonalShort, 5)]);
    assert_eq!((report.thresholds, report.neurons), (strict, none.neurons));
    assert_eq!(none.all.angle, all.angle);
}

#[test]
fn bad_data_is_an_error() {
    let net = Dense::new(Matrix::eye(2), None);
    let fails = |x: &Matrix<f64>, labels: Option<&[usize]>| {
        neuron_report(&net, x.view(), labels, Thresholds::default()).unwrap_err()
    };
    assert!(fails(&Matrix::zeros((0, 2)), None).to_string().contains("at least 1 row"));
    assert!(fails(&Matrix::zeros((2, 2)), Some(&[1])).to_string().starts_with("labels"));
    assert!(fails(&array![[1.0, f64::NAN]], None).to_string().contains("row 0, column 1"));
    // At a zero input and with zero weights nothing is NaN.
    let zero =
        neuron_report(&net, Matrix::zeros((3, 2)).view(), None, Thresholds::default()).unwrap().all;
    assert_eq!((zero.angle.mean, zero.signal_to_noise.mean, zero.norm.mean), (90.0, 0.0, 1.0));
    let overflow = Dense::new(array![[f64::MAX, f64::MAX]], None);
    let error = neuron_report(&overflow, array![[1.0, 1.0]].view(), None, Thresholds::default())
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("outputs of the net"), "{error}");
}

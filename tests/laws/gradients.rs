//! Derivatives against central differences, in double precision.
//!
//! A difference with step h errs by h²/6 times the third derivative, and by the roundings of the
//! two values, ε·size/h. With h = 1e-6 and values of size 1 these are 1e-13 and some 2e-10 for each
//! rounding that reaches the output; [`SLACK`] allows for the sums of a net of a dozen layers. A
//! wrong derivative is off by about its own size, ten million times as much.

use crate::common::*;
use switchnet::data::{Dataset, Targets};
use switchnet::layer::*;
use switchnet::train::{Loss, evaluate, gradient};
use switchnet::{Matrix, Scalar};

const H: f64 = 1e-6;

/// The error allowed for each unit of size of the values that are subtracted.
const SLACK: f64 = 4e-9;

/// At most so many parameters of a net are tried, evenly spaced over all of them.
const TRIED: usize = 300;

fn tried(count: usize) -> impl Iterator<Item = usize> {
    let step = count.div_ceil(TRIED).max(1);
    (0..count).step_by(step)
}

/// A difference over a kink is no derivative, so tests must not come near one.
fn away_from_kinks(layer: &dyn Layer<f64>, x: &Matrix<f64>, dx: &Matrix<f64>) -> bool {
    same_switches(layer, &(x + &(dx * H)), &(x - &(dx * H)))
}

/// `J u` by central differences.
fn push_by_differences(layer: &dyn Layer<f64>, x: &Matrix<f64>, u: &Matrix<f64>) -> Matrix<f64> {
    (layer.forward(x + &(u * H)) - layer.forward(x - &(u * H))) / (2.0 * H)
}

fn size(y: &Matrix<f64>) -> f64 {
    norm(y).max(1.0)
}

#[test]
fn push_is_the_derivative_along_each_input() {
    for (name, layer) in everything::<f64>() {
        let x = random::<f64>(1, layer.inputs(), 31);
        let (y, map) = layer.linearize(x.clone());
        for unit in Matrix::<f64>::eye(layer.inputs()).rows() {
            let u = unit.to_owned().insert_axis(ndarray::Axis(0));
            assert!(away_from_kinks(layer.as_ref(), &x, &u), "{name}: choose another input");
            let gap = distance(&push_by_differences(layer.as_ref(), &x, &u), &map.push(u));
            assert!(gap <= SLACK * size(&y), "{name}: {gap:e}");
        }
    }
}

/// dx = Jᵀ dy is the gradient of dy·f(x): each of its entries is one difference.
#[test]
fn pull_is_the_gradient_with_respect_to_the_input() {
    for (name, layer) in everything::<f64>() {
        let x = random::<f64>(2, layer.inputs(), 32);
        let dy = random::<f64>(2, layer.outputs(), 33);
        let (y, map) = layer.linearize(x.clone());
        let dx = map.pull(dy.clone(), &mut []);
        for ((row, column), &found) in dx.indexed_iter() {
            let mut u = Matrix::zeros(x.dim());
            u[[row, column]] = 1.0;
            assert!(away_from_kinks(layer.as_ref(), &x, &u), "{name}: choose another input");
            let expected = inner(&push_by_differences(layer.as_ref(), &x, &u), &dy);
            let gap = (expected - found).abs();
            assert!(gap <= SLACK * size(&y), "{name} [{row}, {column}]: {gap:e}");
        }
    }
}

/// Central differences of `f` along parameter `i`, or none if a switch flips between its two sides.
fn along(
    layer: &mut dyn Layer<f64>,
    x: &Matrix<f64>,
    i: usize,
    f: impl Fn(&dyn Layer<f64>) -> f64,
) -> Option<f64> {
    let theta = parameters::read(layer);
    let mut at = |h: f64| {
        let mut theta = theta.clone();
        theta[i] += h;
        parameters::write(layer, &theta);
        (f(layer), decided(layer, x))
    };
    let ((above, open), (below, also)) = (at(H), at(-H));
    parameters::write(layer, &theta);
    (open == also).then_some((above - below) / (2.0 * H))
}

#[test]
fn pull_is_the_gradient_with_respect_to_the_parameters() {
    for (name, mut layer) in everything::<f64>() {
        let x = random::<f64>(3, layer.inputs(), 34);
        let dy = random::<f64>(3, layer.outputs(), 35);
        let mut grad = vec![0.0; parameters::count(layer.as_ref())];
        let (y, map) = layer.linearize(x.clone());
        map.pull(dy.clone(), &mut grad);
        let size = size(&y) * norm(&dy);
        drop(map);
        for i in tried(grad.len()) {
            let value = |layer: &dyn Layer<f64>| inner(&layer.forward(x.clone()), &dy);
            let expected = along(layer.as_mut(), &x, i, value).expect("choose another input");
            let gap = (expected - grad[i]).abs();
            assert!(gap <= SLACK * size, "{name}, parameter {i}: {gap:e}");
        }
    }
}

/// 70 rows: more than two chunks, the last one shorter.
fn classes(inputs: usize, outputs: usize) -> Dataset<f64> {
    let labels = (0..70).map(|row| row * 7 % outputs).collect();
    let targets = Targets::Classes { labels, classes: outputs };
    Dataset::new("classes", vec![inputs], random(70, inputs, 36), targets).unwrap()
}

fn values(inputs: usize, outputs: usize) -> Dataset<f64> {
    let targets = Targets::Values(random(70, outputs, 37));
    Dataset::new("values", vec![inputs], random(70, inputs, 38), targets).unwrap()
}

/// `train::gradient` is the gradient of the mean loss of the rows it is given.
#[test]
fn the_gradient_of_a_batch_is_that_of_its_mean_loss() {
    for (name, mut net) in every_net::<f64>() {
        let sets = [
            (Loss::CrossEntropy, classes(net.inputs(), net.outputs())),
            (Loss::SquaredError, classes(net.inputs(), net.outputs())),
            (Loss::SquaredError, values(net.inputs(), net.outputs())),
        ];
        for (loss, data) in sets {
            let rows: Vec<usize> = (0..data.len()).rev().collect();
            let (score, grad) = gradient(&net, loss, &data, &rows).unwrap();
            let mean = evaluate(&net, loss, &data).mean_loss();
            // The same terms, added in another order.
            let gap = (score.mean_loss() - mean).abs();
            assert!(gap <= 200.0 * f64::EPSILON * mean, "{name}: {gap:e}");
            let (mut compared, mut left_out) = (0, 0);
            for i in tried(grad.len()).step_by(7) {
                let value = |net: &dyn Layer<f64>| evaluate(net, loss, &data).mean_loss();
                match along(&mut net, data.inputs(), i, value) {
                    Some(expected) => {
                        compared += 1;
                        let gap = (expected - grad[i]).abs();
                        let bound = SLACK * mean.max(1.0);
                        assert!(gap <= bound, "{name}, {loss:?}, parameter {i}: {gap:e}");
                    }
                    None => left_out += 1, // one of 70 rows has a kink there
                }
            }
            assert!(compared >= 10 * left_out.max(1), "{name}: {left_out} at kinks");
        }
    }
}

/// A net that has nothing to learn has a loss, and a gradient of no numbers, for any count of rows.
fn no_parameters_have_no_gradient<T: Scalar>() {
    use switchnet::layer::FixedTransform;
    use switchnet::transform::Hadamard;
    let net = FixedTransform::<T>::new(Hadamard::new(4).unwrap());
    let data = classes(4, 4).cast::<T>();
    let rows: Vec<usize> = (0..data.len()).collect();
    let (score, grad) = gradient(&net, Loss::CrossEntropy, &data, &rows).unwrap();
    assert_eq!(score.mean_loss(), evaluate(&net, Loss::CrossEntropy, &data).mean_loss());
    assert!(grad.is_empty());
}

/// The score of part of the rows is that of a set of these rows, and repeated rows count again.
fn rows_are_chosen_by_number<T: Scalar>() {
    for (name, net) in every_net::<T>() {
        let data = classes(net.inputs(), net.outputs()).cast::<T>();
        let rows = [3, 3, 69, 0, 12];
        let (score, grad) = gradient(&net, Loss::CrossEntropy, &data, &rows).unwrap();
        let all: Vec<usize> = (0..rows.len()).collect();
        let part = data.select(&rows);
        let (expected, also) = gradient(&net, Loss::CrossEntropy, &part, &all).unwrap();
        assert_eq!(score, expected, "{name}");
        assert_eq!(bits(&grad), bits(&also), "{name}");
    }
}

/// −log softmax(y)_c and ½‖y − t‖² with hand-made numbers, through a net that is the identity.
fn losses_are_their_formulas<T: Scalar>() {
    use switchnet::layer::Diagonal;
    let net = Diagonal::<T>::bias(3); // y = x + 0, with the gradient dy summed in its bias
    let x = ndarray::array![[1.0, 2.0, 3.0], [1000.0, 0.0, -1000.0]].mapv(T::of);
    let targets = Targets::Classes { labels: vec![2, 0], classes: 3 };
    let data = Dataset::new("by hand", vec![3], x.clone(), targets).unwrap();
    // Row 0: log(e¹ + e² + e³) − 3. Row 1 would overflow if e^1000 were formed; its loss is 0.
    let total = 1f64.exp() + 2f64.exp() + 3f64.exp();
    let (score, grad) = gradient(&net, Loss::CrossEntropy, &data, &[0, 1]).unwrap();
    // Sums of a few numbers near 3, so a few roundings of that size; the score is in f64.
    assert!((score.loss - (total.ln() - 3.0)).abs() <= 16.0 * f64::EPSILON);
    assert_eq!((score.correct, score.rows), (Some(2.0), 2.0));
    for (k, g) in grad.iter().enumerate() {
        let softmax = (k as f64 + 1.0).exp() / total;
        let expected = (softmax - f64::from(u8::from(k == 2))) / 2.0;
        assert!((g.double() - expected).abs() <= 4.0 * eps::<T>(), "{k}");
    }
    let (score, grad) = gradient(&net, Loss::SquaredError, &data, &[0]).unwrap();
    assert_eq!(score.loss, 0.5 * (1.0 + 4.0 + 4.0));
    assert_eq!(double(&grad), [1.0, 2.0, 2.0]);
    let targets = Targets::Values(ndarray::array![[0.0, 0.0, 0.5], [0.0, 0.0, 0.0]].mapv(T::of));
    let data = Dataset::new("by hand", vec![3], x, targets).unwrap();
    let (score, grad) = gradient(&net, Loss::SquaredError, &data, &[0]).unwrap();
    assert_eq!((score.loss, score.correct), (0.5 * (1.0 + 4.0 + 6.25), None));
    assert_eq!(double(&grad), [1.0, 2.0, 2.5]);
    assert_eq!((score.mean_loss(), score.accuracy()), (5.625, None));
}

in_both_precisions!(
    no_parameters_have_no_gradient,
    rows_are_chosen_by_number,
    losses_are_their_formulas
);

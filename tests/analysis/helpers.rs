//! What several files of this program need.

use ndarray::Array1;
use rand::RngExt;
use switchnet::Matrix;
use switchnet::analysis::{BoxBudget, SliceBudget};
use switchnet::layer::{DecisionKind, Dense, Diagonal, FixedTransform, Layer, Switch};
use switchnet::net::Graph;
use switchnet::random::generator;
use switchnet::transform::Hadamard;

/// As far as a slice goes by itself, on however busy a machine.
pub fn patient() -> SliceBudget {
    SliceBudget { seconds: f64::INFINITY, ..SliceBudget::default() }
}

/// The same in a box.
pub fn patient_in_a_box() -> BoxBudget {
    BoxBudget { seconds: f64::INFINITY, ..BoxBudget::default() }
}

pub type Boxed = Box<dyn Layer<f64>>;

/// Numbers uniform on [−1, 1).
pub fn random(rows: usize, columns: usize, seed: u64) -> Matrix<f64> {
    let mut rng = generator(seed, 0);
    Matrix::from_shape_simple_fn((rows, columns), || 2.0 * rng.random::<f64>() - 1.0)
}

pub fn vector(n: usize, seed: u64) -> Array1<f64> {
    random(1, n, seed).row(0).to_owned()
}

pub fn chain(layers: Vec<Boxed>) -> Graph<f64> {
    Graph::chain(layers).unwrap()
}

/// Dense layers with random weights and biases, each with ReLU.
pub fn dense(inputs: usize, widths: &[usize], seed: u64) -> Graph<f64> {
    let mut layers: Vec<Boxed> = Vec::new();
    let mut from = inputs;
    for (i, &units) in widths.iter().enumerate() {
        let seed = seed + 2 * i as u64;
        let dense = Dense::new(random(units, from, seed), Some(0.5 * vector(units, seed + 1)));
        layers.push(Box::new(dense));
        layers.push(Box::new(Switch::relu(units)));
        from = units;
    }
    chain(layers)
}

pub fn hadamard(n: usize) -> Boxed {
    Box::new(FixedTransform::new(Hadamard::new(n).unwrap()))
}

pub fn scale(d: &Array1<f64>) -> Boxed {
    Box::new(Diagonal::new(Some(d.clone()), None))
}

pub fn bias(b: Array1<f64>) -> Boxed {
    Box::new(Diagonal::new(None, Some(b)))
}

/// Ĥ, then `d`, then ReLU.
pub fn block(d: &Array1<f64>) -> Vec<Boxed> {
    vec![hadamard(d.len()), scale(d), Box::new(Switch::relu(d.len()))]
}

pub fn norm<'a>(values: impl IntoIterator<Item = &'a f64>) -> f64 {
    values.into_iter().map(|v| v * v).sum::<f64>().sqrt()
}

/// Of each number to the other, at most `bound`.
#[track_caller]
pub fn close(a: &[f64], b: &[f64], bound: f64) {
    assert_eq!(a.len(), b.len());
    for (i, (a, b)) in a.iter().zip(b).enumerate() {
        assert!((a - b).abs() <= bound, "number {i}: {a} and {b} differ by {:e}", (a - b).abs());
    }
}

/// Whether a net is continuous: one whose switches another signal throws jumps where they flip.
pub fn is_continuous(net: &dyn Layer<f64>) -> bool {
    net.signature().regularity.is_continuous()
}

/// The values of the switches of `net` at `x`, layer by layer, from the record alone. A choice has one for each candidate:
/// by how much it exceeds the largest other one of its group.
pub fn switch_values(net: &dyn Layer<f64>, x: Matrix<f64>) -> Vec<Vec<f64>> {
    let mut all = Vec::new();
    net.linearize(x).1.decisions(&mut |decisions| {
        let values = decisions.values.row(0);
        let DecisionKind::Choice { candidates, winners } = decisions.kind else {
            return all.push(values.to_vec());
        };
        let (mut own, mut leads) = (Vec::new(), values.iter());
        for (&count, &winner) in candidates.iter().zip(winners) {
            let leads: Vec<f64> = leads.by_ref().take(count - 1).copied().collect();
            let mut group: Vec<f64> = leads.iter().map(|lead| -lead).collect();
            group.insert(winner, leads.iter().copied().fold(f64::INFINITY, f64::min));
            own.extend(group);
        }
        all.push(own);
    });
    all
}

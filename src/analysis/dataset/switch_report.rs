//! How the switches of a net behave over a labeled set of inputs.

use crate::analysis::checks;
use crate::analysis::dataset::LayerSwitches;
use crate::analysis::pattern::bits::Bits;
use crate::error::Result;
use crate::layer::Layer;
use ndarray::ArrayView2;
use serde::Serialize;

/// What the switches of a net do over a set of inputs. Every number is of the whole set; nothing is sampled.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SwitchReport {
    /// How many inputs were looked at.
    pub inputs: usize,
    /// The labels that occur, in ascending order, or nothing without labels. Lists by class follow it.
    pub classes: Vec<usize>,
    /// The layers that have switches, first layer first.
    pub layers: Vec<LayerReport>,
    /// The patterns that occur, the most frequent first, of equally frequent ones the first seen. Whole
    /// patterns are compared.
    pub patterns: Vec<PatternCount>,
    /// How many times a switch was on its boundary, over all inputs; it counts as closed.
    pub boundary: usize,
    /// How far the patterns of two inputs are from each other.
    pub hamming: Hamming,
}

/// The switches of one layer over a set of inputs.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LayerReport {
    /// The on-rates.
    #[serde(flatten)]
    pub switches: LayerSwitches,
    /// For each switch, the entropy of that, `−p·log2 p − (1−p)·log2(1−p)`, in bits, 0 to 1: what one
    /// learns about an input from this switch at most.
    pub entropy: Vec<f64>,
    /// For each class, the on-rate of each switch over the inputs of that class.
    pub class_on_rate: Vec<Vec<f64>>,
}

/// A pattern that occurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PatternCount {
    /// The first input that selects it, counted from 0.
    pub first: usize,
    /// How many inputs select it.
    pub inputs: usize,
}

/// Means of the Hamming distance, the number of switches in which two inputs differ, over unordered pairs
/// of different inputs. `None` where there is no such pair.
///
/// They are exact and take no pairs: of `n` inputs of which `k` open a switch, `k·(n − k)` pairs differ in
/// it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Hamming {
    /// How many switches there are: the largest distance possible.
    pub switches: usize,
    /// Over all pairs.
    pub all: Option<f64>,
    /// Over pairs of one class.
    pub within: Option<f64>,
    /// Over pairs of different classes.
    pub between: Option<f64>,
    /// Over pairs of which one input is of class `i` and the other of class `j`.
    pub classes: Vec<Vec<Option<f64>>>,
}

/// The switches of `net` over the rows of `x`, on all threads.
///
/// ```
/// use switchnet::{analysis::switch_report, layer::Switch};
/// let x = ndarray::array![[1.0, -1.0], [2.0, 1.0]];
/// let report = switch_report(&Switch::relu(2), x.view(), Some(&[0, 1]))?;
/// assert_eq!(report.layers[0].switches.on_rate, [1.0, 0.5]);
/// assert_eq!(report.layers[0].entropy, [0.0, 1.0]);
/// assert_eq!(report.hamming.between, Some(1.0));
/// # Ok::<(), switchnet::Error>(())
/// ```
///
/// Cost: one pass of the inputs, and a bit for each switch and input in memory; then
/// `O(switches · (inputs + classes²))`.
///
/// # Errors
/// If `x` has no rows, another width than the net takes or numbers that are not finite, there are not as
/// many labels as rows, or a switch is not a number.
pub fn switch_report(
    net: &dyn Layer<f64>,
    x: ArrayView2<'_, f64>,
    labels: Option<&[usize]>,
) -> Result<SwitchReport> {
    checks::inputs(net, x)?;
    checks::labels(labels, x.nrows())?;
    let bits = Bits::of(net, x)?;
    let inputs = x.nrows();
    let classes = labels.map_or(Vec::new(), checks::classes);
    let members = |class: &usize| -> Vec<usize> {
        let labels = labels.unwrap_or_default().iter().enumerate();
        labels.filter(|(_, label)| *label == class).map(|(input, _)| input).collect()
    };
    let members: Vec<Vec<usize>> = classes.iter().map(members).collect();
    let counts = bits.counts(0..inputs);
    let of_class: Vec<_> = members.iter().map(|m| bits.counts(m.iter().copied())).collect();
    let sizes: Vec<usize> = members.iter().map(Vec::len).collect();
    let layer = |(i, counts): (usize, &Vec<usize>)| {
        let on_rate = rates(counts, inputs);
        let entropy = on_rate.iter().map(|&rate| entropy(rate)).collect();
        let by_class = of_class.iter().zip(&sizes).map(|(counts, &n)| rates(&counts[i], n));
        let switches = LayerSwitches { on_rate };
        LayerReport { switches, entropy, class_on_rate: by_class.collect() }
    };
    let layers = counts.iter().enumerate().map(layer).collect();
    let (_, groups) = bits.groups();
    let mut patterns: Vec<_> =
        groups.iter().map(|g| PatternCount { first: g[0], inputs: g.len() }).collect();
    patterns.sort_by_key(|pattern| std::cmp::Reverse(pattern.inputs)); // stable: the first seen first
    Ok(SwitchReport {
        inputs,
        classes,
        layers,
        patterns,
        boundary: bits.boundary.iter().sum(),
        hamming: hamming(&counts, inputs, &of_class, &sizes),
    })
}

fn rates(counts: &[usize], of: usize) -> Vec<f64> {
    counts.iter().map(|&count| count as f64 / of as f64).collect()
}

fn entropy(rate: f64) -> f64 {
    let part = |p: f64| if p > 0.0 { -p * p.log2() } else { 0.0 };
    part(rate) + part(1.0 - rate)
}

/// From the counts of all inputs and those of each class.
fn hamming(
    counts: &[Vec<usize>],
    inputs: usize,
    of_class: &[Vec<Vec<usize>>],
    sizes: &[usize],
) -> Hamming {
    let inside = |counts: &[Vec<usize>], n: usize| -> u64 {
        counts.iter().flatten().map(|&k| (k * (n - k)) as u64).sum()
    };
    let pairs = |n: usize| (n * (n - 1) / 2) as u64;
    let mean = |sum: u64, pairs: u64| (pairs > 0).then(|| sum as f64 / pairs as f64);
    let across = |i: usize, j: usize| -> u64 {
        let both = of_class[i].iter().flatten().zip(of_class[j].iter().flatten());
        both.map(|(&k, &l)| (k * (sizes[j] - l) + l * (sizes[i] - k)) as u64).sum()
    };
    let entry = |i: usize, j: usize| match i == j {
        true => mean(inside(&of_class[i], sizes[i]), pairs(sizes[i])),
        false => mean(across(i, j), (sizes[i] * sizes[j]) as u64),
    };
    let every = 0..sizes.len();
    let (total, total_pairs) = (inside(counts, inputs), pairs(inputs));
    let own: u64 = every.clone().map(|i| inside(&of_class[i], sizes[i])).sum();
    let own_pairs: u64 = sizes.iter().map(|&n| pairs(n)).sum();
    let labeled = !sizes.is_empty();
    Hamming {
        switches: counts.iter().map(Vec::len).sum(),
        all: mean(total, total_pairs),
        within: mean(own, own_pairs),
        between: labeled.then(|| mean(total - own, total_pairs - own_pairs)).flatten(),
        classes: every.clone().map(|i| every.clone().map(|j| entry(i, j)).collect()).collect(),
    }
}

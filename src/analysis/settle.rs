//! Which switches are zero but for rounding: one rule, for every question.
//!
//! A sum that cancels, such as most outputs of a Fourier transform of an input that repeats itself, leaves a
//! switch whose value and gradient are zero but for rounding. It has a sign and, by its numbers, a boundary
//! somewhere near; both are made of rounding alone. Such a switch is called *still* and treated as one that is
//! zero everywhere: closed, and no wall.
//!
//! # The rule
//! What a sum may have rounded to cannot be asked of a [`LinearMap`](crate::layer::LinearMap), and the size of its neighbors says
//! nothing about it: two units of a dense layer share no sum. So rounding is measured, switch by switch. The
//! map is linear, so its rate along `φ·p` is `φ` times that along `p`, but the two are rounded differently (`φ`
//! is the golden ratio, of all numbers the farthest from small fractions: `φ·p` has other digits
//! everywhere). With a few directions `p`, `r` the largest of the rates and `e` the largest of `|r(φp) − φ·r(p)|`,
//! the gradient of a switch is rounding alone if
//!
//! - `r ≤ 64·e`: not even two of its digits are its own. Of a real one nearly all are, and `r/e` is 10¹⁰ and
//!   more (10⁴ in `f32`); of rounding it is below 10, since `e` is made of what `r` is made of; or
//! - `r ≤ 8·ε` of the largest such rate in its layer. Constants inside a layer are rounded once and not each
//!   time (of a cosine that should be `−½`, say), and what is left of them is as linear as a weight.
//!
//! Such a switch is zero if its value is at most 64 times these rates too, which are taken for inputs as large
//! as the one in question and for the largest value of a switch so far, since biases may have been in the sum.
//! One with another value is open or closed all over the region: still, but not zero.
//!
//! # Limits
//! A real switch smaller than `8·ε` of another in its layer, `2·10⁻¹⁵`, counts as still. A switch that opens and
//! closes a signal other than its own, as [`Detached`](crate::layer::Detached) does, throws it by the sign of
//! that rounding, whatever it is called here. Only switches that are small beside what was seen on the way
//! ([`Watch`]) are measured, for the measurement takes a dozen rows through the net; so rounding larger than
//! `ε^⅔` of all values of switches and inputs on the way, of numbers between them that are as much larger as
//! that, is taken for real.

use super::effective::one_row;
use super::rounding::largest;
use super::walls;
use crate::layer::Layer;
use crate::net::argmax;
use crate::random::generator;
use crate::scalar::{Matrix, Scalar};
use ndarray::{ArrayView1, ArrayView2, Axis, s};
use rand::RngExt;

/// Directions that are measured along. That rounding looks linear to two digits along one happens to a few in
/// a hundred switches, along all of them to one in millions.
const PROBES: usize = 4;

/// `φ`.
const GOLDEN: f64 = 1.618_033_988_749_895;

/// So many times its rounding a rate has to be.
const CLEAR: f64 = 64.0;

/// So many `ε` of the largest rate of its layer a rate has to be.
const CONSTANTS: f64 = 8.0;

/// One layer at one input, with what is rounding alone made exactly zero.
pub(super) struct Settled {
    /// The values of its switches.
    pub values: Vec<f64>,
    /// For each direction that was asked about, their rates.
    pub rates: Vec<Vec<f64>>,
    /// Whether each is still: its gradient is rounding alone.
    pub still: Vec<bool>,
    /// About how far rounding may have moved the value of one that is not: 64 times what was measured.
    pub noise: Vec<f64>,
}

/// The net at one input.
pub(super) struct At {
    /// The layers that have switches.
    pub layers: Vec<Settled>,
    /// `y_j − y_k`, `k` the largest output: what decides is judged by the same rule.
    pub leads: Settled,
}

/// Applies the rule at `x`: to changes of the input along the given directions, or to all if there are none.
///
/// Cost: a pass of a row and a push of eight, and of one for each direction.
pub(super) fn settle<T: Scalar>(net: &dyn Layer<T>, x: ArrayView1<'_, T>, along: &[&[T]]) -> At {
    let (y, map) = net.linearize(one_row(x));
    let values = walls::values(map.as_ref());
    let size = size(x, along);
    let mut seen = size;
    let mut layers = Vec::with_capacity(values.len());
    let pushed = walls::each_rate(map.as_ref(), probes(x.len(), size, along), |layer, rates| {
        let values = values[layer].mapv(T::double);
        seen = seen.max(largest(&values.as_slice().expect("made row-major")));
        layers.push(judge::<T>(values.row(0), rates.mapv(T::double).view(), seen / size));
    });
    let class = argmax(y.view())[0];
    let relative = |m: Matrix<T>| {
        let m = m.mapv(T::double);
        &m - &m.slice(s![.., class..=class])
    };
    let (y, pushed) = (relative(y), relative(pushed));
    At { layers, leads: judge::<T>(y.row(0), pushed.view(), seen / size) }
}

/// How large the inputs in question are, never zero.
fn size<T: Scalar>(x: ArrayView1<'_, T>, along: &[&[T]]) -> f64 {
    let numbers = x.iter().chain(along.iter().copied().flatten());
    let size = numbers.fold(0.0, |most: f64, v| most.max(v.double().abs()));
    if size > 0.0 { size } else { 1.0 }
}

/// The rows that are pushed: directions as large as `size`, the same times `φ`, and those asked about.
fn probes<T: Scalar>(n: usize, size: f64, along: &[&[T]]) -> Matrix<T> {
    // Always the same ones, so that an answer is too.
    let mut rng = generator(0, 0);
    let mut rows = Matrix::zeros((2 * PROBES + along.len(), n));
    for k in 0..PROBES {
        let mut probe = vec![0.0; n];
        if along.is_empty() {
            probe.fill_with(|| size * (2.0 * rng.random::<f64>() - 1.0));
        }
        for direction in along {
            let longest = direction.iter().fold(0.0, |most: f64, v| most.max(v.double().abs()));
            // Never next to nothing of a direction.
            let part = (0.5 + 0.5 * rng.random::<f64>()) * if rng.random() { size } else { -size };
            let part = if longest > 0.0 { part / longest } else { 0.0 };
            probe.iter_mut().zip(*direction).for_each(|(p, d)| *p += part * d.double());
        }
        for (i, &p) in probe.iter().enumerate() {
            rows[[k, i]] = T::of(p);
            rows[[PROBES + k, i]] = T::of(GOLDEN) * T::of(p);
        }
    }
    for (k, direction) in along.iter().enumerate() {
        rows.row_mut(2 * PROBES + k).assign(&ArrayView1::from(*direction));
    }
    rows
}

/// The rule, for switches of these values whose rates along the [`probes`] are `rates`. Values as large as
/// `carried` times the probes may have been in the sums.
fn judge<T: Scalar>(
    values: ArrayView1<'_, f64>,
    rates: ArrayView2<'_, f64>,
    carried: f64,
) -> Settled {
    let mut values = values.to_vec();
    let golden = T::of(GOLDEN).double();
    let (mut sizes, mut errors) = (vec![0.0_f64; values.len()], vec![0.0_f64; values.len()]);
    for k in 0..PROBES {
        let pairs = rates.row(k).into_iter().zip(rates.row(PROBES + k));
        for (i, (once, times)) in pairs.enumerate() {
            sizes[i] = sizes[i].max(once.abs()).max(times.abs());
            errors[i] = errors[i].max((times - golden * once).abs());
        }
    }
    let constants = CONSTANTS * T::epsilon().double() * largest(&sizes);
    let still: Vec<bool> = sizes
        .iter()
        .zip(&errors)
        .map(|(&size, &error)| size <= (CLEAR * error).max(constants))
        .collect();
    let along = rates.axis_iter(Axis(0)).skip(2 * PROBES);
    let mut rates: Vec<Vec<f64>> = along.map(|row| row.to_vec()).collect();
    for i in (0..values.len()).filter(|&i| still[i]) {
        rates.iter_mut().for_each(|rates| rates[i] = 0.0);
        if values[i].abs() <= CLEAR * sizes[i] * carried.max(1.0) {
            values[i] = 0.0;
        }
    }
    let noise = errors.iter().map(|error| CLEAR * error).collect();
    Settled { values, rates, still, noise }
}

/// Looks out for switches that are small beside what was seen on the way to them: only these are worth
/// measuring.
#[derive(Clone, Copy)]
pub(super) struct Watch {
    seen: f64,
}

impl Watch {
    /// Begins with inputs, or changes of them, of this size.
    pub fn new(size: f64) -> Self {
        Self { seen: size }
    }

    /// The size at or below which a number of the next layer, whose largest is `largest`, may be rounding. Two
    /// thirds of the digits are lost then: rounding leaves more only of what was a thousand times as large and
    /// was not seen.
    pub fn limit<T: Scalar>(&mut self, largest: f64) -> f64 {
        self.seen = self.seen.max(largest);
        T::epsilon().double().powf(2.0 / 3.0) * self.seen
    }

    /// The same for functions on a line or plane, which are cut where they are zero: also one so much smaller
    /// than its neighbors that the rounding of the largest would hide where.
    #[inline(always)]
    pub fn limit_of_lines(&mut self, largest: f64) -> f64 {
        self.limit::<f64>(largest).max(f64::EPSILON.sqrt() * largest)
    }
}

/// Whether a size is at most `limit` and not zero, which needs no rule.
#[inline(always)]
pub(super) fn is_small(size: f64, limit: f64) -> bool {
    (size <= limit) & (size != 0.0)
}

/// The values of the switches of `net` at each row of `x`, a matrix for each layer that has some. Those that are
/// zero but for rounding are zero.
pub(super) fn values_at<T: Scalar>(net: &dyn Layer<T>, x: ArrayView2<'_, T>) -> Vec<Matrix<T>> {
    let (_, map) = net.linearize(x.to_owned());
    let mut values = walls::values(map.as_ref());
    clear(net, x, &mut values);
    values
}

/// Makes zero what of these values, as a map recorded at `x` shows them, is zero but for rounding.
pub(super) fn clear<T: Scalar>(net: &dyn Layer<T>, x: ArrayView2<'_, T>, values: &mut [Matrix<T>]) {
    for (row, x) in x.rows().into_iter().enumerate() {
        let mut watch = Watch::new(size(x, &[]));
        let mut small = |values: &Matrix<T>| {
            let values = values.row(row);
            let values = values.as_slice().expect("matrices of layers are row-major");
            let limit = watch.limit::<T>(largest(values).double());
            values.iter().fold(false, |any, v| any | is_small(v.double().abs(), limit))
        };
        if !values.iter().any(&mut small) {
            continue; // nearly always
        }
        for (values, settled) in values.iter_mut().zip(settle(net, x, &[]).layers) {
            let zeros = values.row_mut(row).into_iter().zip(settled.values);
            zeros.filter(|(_, settled)| *settled == 0.0).for_each(|(z, _)| *z = T::zero());
        }
    }
}

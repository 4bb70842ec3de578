//! Which switches are zero but for rounding: one rule, for every question.
//!
//! Sums that cancel leave such switches: most outputs of a Fourier transform of a row that repeats itself are
//! zero, and come out as `10⁻¹⁷`. By its numbers such a switch has a sign and a boundary somewhere near, but
//! both are rounding alone. It is treated as one that is zero everywhere: closed, and no boundary.
//!
//! # The rule
//! What its sums may have rounded to cannot be asked of a [`LinearMap`](crate::layer::LinearMap), and the size
//! of its neighbors does not tell it: two units of a dense layer share no sum. So rounding is measured, switch
//! by switch. The map is linear, so the rate `r(φp)` along `φp` is `φ·r(p)`; but the two are rounded apart, as
//! `φp` has other digits than `p`. (`φ` is the golden ratio. Rounding comes in steps, and of all numbers `φ` is the
//! farthest from fractions of small ones, so one count of steps is never nearly `φ` times another.) Over a few
//! directions `p`, let `r` be the largest rate and `e` the largest of `|r(φp) − φ·r(p)|`. A switch is *still*, its
//! gradient rounding alone, if
//!
//! - `r ≤ 64·e`. Where sums cancel, `e` is made of what `r` is made of, and `r/e` is a small number. Elsewhere nearly
//!   all digits of `r` are right, and `r/e` is `10¹³` (`10⁴` and more in `f32`); or
//! - `r` is at most 8 times what is rounding in its layer: `ε` of the largest rate there, or a rate that is
//!   rounding by the first test. Constants inside a layer (a cosine that should be `−½`) are rounded once and for
//!   all, and what they leave is as linear as a weight.
//!
//! A still switch is zero if its value is at most 64 times what is rounding of its rates, for inputs as large as
//! the one in question or as the largest value of a switch before it, since biases may be in its sums. With
//! another value it is open or closed all over the region.
//!
//! A ray or a slice asks about a line or a plane only, on which a switch may be zero but for rounding that is not
//! elsewhere. Its rates there are judged alone; what its value may have rounded to, from directions anywhere.
//!
//! # Limits
//! - A real switch smaller than `8·ε` of another of its layer (`2·10⁻¹⁵`; `10⁻⁶` in `f32`) counts as still.
//! - The gate of [`GatedSwitch`](crate::layer::GatedSwitch) throws another signal. Where it is zero but for rounding, the
//!   net itself goes by that rounding; what is said of its pattern does not change that.
//! - Measuring takes ten to twenty rows through the net, so only switches are measured that are small beside the inputs
//!   and all values of switches so far (`ε^⅔` of them, see [`Watch`]). Rounding larger than that, left by linear
//!   layers in between whose numbers are thousands of times larger, is taken for real.

use crate::analysis::pattern::boundaries;
use crate::analysis::rounding::largest;
use crate::analysis::rows::one_row;
use crate::layer::Layer;
use crate::net::argmax;
use crate::random::generator;
use crate::scalar::{Matrix, Scalar};
use ndarray::{ArrayView1, ArrayView2, Axis, s};
use rand::RngExt;

/// Directions that are measured along. That rounding is proportional to two digits happens along one of them
/// in a few of a hundred switches, along all of them in less than one of a million.
const PROBES: usize = 4;

/// `φ`.
const GOLDEN: f64 = 1.618_033_988_749_895;

/// So many times its rounding a rate has to be.
const CLEAR: f64 = 64.0;

/// So many times what is rounding in its layer a rate has to be.
const CONSTANTS: f64 = 8.0;

/// One layer at one input, with what is rounding alone made exactly zero.
pub(in crate::analysis) struct Settled {
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
pub(in crate::analysis) struct At {
    /// The layers that have switches.
    pub layers: Vec<Settled>,
    /// `y_j − y_k`, `k` the largest output: what decides is judged by the same rule.
    pub leads: Settled,
}

/// Applies the rule at `x`: to changes of the input along the given directions, or to all if there are none.
///
/// Cost: a pass of a row and a push of eight; with directions of sixteen, and of one for each.
pub(in crate::analysis) fn settle<T: Scalar>(
    net: &dyn Layer<T>,
    x: ArrayView1<'_, T>,
    along: &[&[T]],
) -> At {
    let (y, map) = net.linearize(one_row(x));
    let values = boundaries::values(map.as_ref());
    let size = size(x, along);
    let mut seen = size;
    let mut layers = Vec::with_capacity(values.len());
    let pushed =
        boundaries::each_rate(map.as_ref(), probes(x.len(), size, along), |layer, rates| {
            let values = values[layer].mapv(T::double);
            seen = seen.max(largest(values.as_slice().expect("made row-major")));
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

/// The rows that are pushed: pairs of a direction as large as `size` and of `φ` times it, anywhere; as many of
/// them along the directions asked about, if there are some; and these directions.
fn probes<T: Scalar>(n: usize, size: f64, along: &[&[T]]) -> Matrix<T> {
    // Always the same ones, so that an answer is too.
    let mut rng = generator(0, 0);
    let mut pairs: Vec<Vec<f64>> = Vec::with_capacity(2 * PROBES);
    for _ in 0..PROBES {
        pairs.push((0..n).map(|_| size * (2.0 * rng.random::<f64>() - 1.0)).collect());
    }
    for _ in 0..if along.is_empty() { 0 } else { PROBES } {
        let mut probe = vec![0.0; n];
        for direction in along {
            let longest = direction.iter().fold(0.0, |most: f64, v| most.max(v.double().abs()));
            // Never next to nothing of a direction.
            let part = (0.5 + 0.5 * rng.random::<f64>()) * if rng.random() { size } else { -size };
            let part = if longest > 0.0 { part / longest } else { 0.0 };
            probe.iter_mut().zip(*direction).for_each(|(p, d)| *p += part * d.double());
        }
        pairs.push(probe);
    }
    let mut rows = Matrix::zeros((2 * pairs.len() + along.len(), n));
    for (k, pair) in pairs.iter().enumerate() {
        for (i, &p) in pair.iter().enumerate() {
            rows[[2 * k, i]] = T::of(p);
            rows[[2 * k + 1, i]] = T::of(GOLDEN) * T::of(p);
        }
    }
    for (k, direction) in along.iter().enumerate() {
        rows.row_mut(2 * pairs.len() + k).assign(&ArrayView1::from(*direction));
    }
    rows
}

/// What the rates of one layer along a few pairs of directions say.
struct Rates {
    /// The largest of each switch.
    sizes: Vec<f64>,
    /// By how much they are not proportional, at most.
    errors: Vec<f64>,
    still: Vec<bool>,
}

impl Rates {
    fn new<T: Scalar>(pairs: ArrayView2<'_, f64>) -> Self {
        let golden = T::of(GOLDEN).double();
        let (mut sizes, mut errors) = (vec![0.0_f64; pairs.ncols()], vec![0.0_f64; pairs.ncols()]);
        for pair in pairs.axis_chunks_iter(Axis(0), 2) {
            let (once, times) = (pair.row(0), pair.row(1));
            // In slices, so that it takes vector registers.
            let [once, times] = [&once, &times].map(|row| row.to_slice().expect("row-major"));
            let each = sizes.iter_mut().zip(&mut errors).zip(once).zip(times);
            for (((size, error), once), times) in each {
                *size = size.max(once.abs()).max(times.abs());
                *error = error.max((times - golden * once).abs());
            }
        }
        let unclear = |i: &usize| sizes[*i] <= CLEAR * errors[*i];
        let rounding = (0..sizes.len()).filter(unclear).map(|i| sizes[i]).fold(0.0, f64::max);
        let constants = CONSTANTS * rounding.max(T::epsilon().double() * largest(&sizes));
        let still = (0..sizes.len()).map(|i| unclear(&i) || sizes[i] <= constants).collect();
        Self { sizes, errors, still }
    }
}

/// The rule, for switches of these values whose rates along the [`probes`] are `rates`. Numbers `carried` times as
/// large as the probes may have been in the sums.
fn judge<T: Scalar>(
    values: ArrayView1<'_, f64>,
    rates: ArrayView2<'_, f64>,
    carried: f64,
) -> Settled {
    let mut values = values.to_vec();
    let (anywhere, rest) = rates.split_at(Axis(0), 2 * PROBES);
    let anywhere = Rates::new::<T>(anywhere);
    let (along, rest) = rest.split_at(Axis(0), if rest.is_empty() { 0 } else { 2 * PROBES });
    let along = (!along.is_empty()).then(|| Rates::new::<T>(along));
    let mut rates: Vec<Vec<f64>> = rest.rows().into_iter().map(|row| row.to_vec()).collect();
    let (mut still, mut noise) = (anywhere.still, anywhere.errors);
    for i in 0..values.len() {
        let mut rounding = if still[i] { anywhere.sizes[i] } else { noise[i] };
        if let Some(along) = &along {
            still[i] |= along.still[i];
            let size = if still[i] { along.sizes[i] } else { along.errors[i] };
            rounding = rounding.max(size);
        }
        noise[i] = CLEAR * rounding;
        if still[i] {
            rates.iter_mut().for_each(|rates| rates[i] = 0.0);
            if values[i].abs() <= noise[i] * carried.max(1.0) {
                values[i] = 0.0;
            }
        }
    }
    Settled { values, rates, still, noise }
}

/// Looks out for switches that are small beside what was seen on the way to them: only these are worth
/// measuring.
#[derive(Clone, Copy)]
pub(in crate::analysis) struct Watch {
    seen: f64,
}

impl Watch {
    /// Begins with inputs, or changes of them, of this size.
    pub fn new(size: f64) -> Self {
        Self { seen: size }
    }

    /// The size of what was seen; one that begins with it goes on.
    pub fn seen(&self) -> f64 {
        self.seen
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
pub(in crate::analysis) fn is_small(size: f64, limit: f64) -> bool {
    (size <= limit) & (size != 0.0)
}

/// The values of the switches of `net` at each row of `x`, a matrix for each layer that has some. Those that are
/// zero but for rounding are zero.
pub(in crate::analysis) fn values_at<T: Scalar>(
    net: &dyn Layer<T>,
    x: ArrayView2<'_, T>,
) -> Vec<Matrix<T>> {
    let (_, map) = net.linearize(x.to_owned());
    let mut values = boundaries::values(map.as_ref());
    clear(net, x, &mut values);
    values
}

/// Makes zero what of these values, as a map recorded at `x` shows them, is zero but for rounding. Only layers with
/// a small switch are judged.
pub(in crate::analysis) fn clear<T: Scalar>(
    net: &dyn Layer<T>,
    x: ArrayView2<'_, T>,
    values: &mut [Matrix<T>],
) {
    for (row, x) in x.rows().into_iter().enumerate() {
        let size = size(x, &[]);
        let mut watch = Watch::new(size);
        let small = |values: &Matrix<T>| {
            let values = values.row(row);
            let values = values.as_slice().expect("matrices of layers are row-major");
            let limit = watch.limit::<T>(largest(values).double());
            let any = values.iter().fold(false, |any, v| any | is_small(v.double().abs(), limit));
            (any, watch.seen)
        };
        let small: Vec<(bool, f64)> = values.iter().map(small).collect();
        if !small.iter().any(|(any, _)| *any) {
            continue; // nearly always
        }
        let (_, map) = net.linearize(one_row(x));
        boundaries::each_rate(map.as_ref(), probes(x.len(), size, &[]), |layer, rates| {
            let (any, seen) = small[layer];
            if !any {
                return;
            }
            let mut values = values[layer].row_mut(row);
            let (numbers, rates) = (values.mapv(T::double), rates.mapv(T::double));
            let settled = judge::<T>(numbers.view(), rates.view(), seen / size);
            let zeros = values.iter_mut().zip(settled.values);
            zeros.filter(|(_, settled)| *settled == 0.0).for_each(|(z, _)| *z = T::zero());
        });
    }
}

//! The singular values and vectors of an effective map.

use crate::aligned::{self, Recycled};
use crate::analysis::checks;
use crate::analysis::decompose::{self, orthonormal, svd};
use crate::analysis::map::Exactness;
use crate::analysis::map::effective::rows;
use crate::analysis::map::matrix;
use crate::analysis::rows::identity;
use crate::error::{Error, Result};
use crate::layer::{Layer, LinearMap};
use crate::net::{join_chunks, map_chunks};
use crate::random::{generator, normal};
use crate::scalar::Matrix;
use ndarray::{Array1, ArrayView1, Axis, Zip, s};
use serde::Serialize;

/// How singular values are computed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Method {
    /// All of them, from the matrix written out: `min(m, n)` rows through the map and `O(m·n·min(m, n))`.
    Full,
    /// The largest ones, by pushing and pulling blocks of vectors; the matrix is never written out.
    ///
    /// Randomized subspace iteration (Halko, Martinsson, Tropp, arXiv 0909.4061) whose power steps are
    /// Chebyshev polynomials of `AᵀA` (Zhou, Saad, Tiago, Chelikowsky, J. Comput. Phys. 219, 2006). They
    /// stay below 1 on `[0, σ_b²]`, where `b` is the size of the block, and grow beyond as fast as any
    /// polynomial can. Memory and work for a step grow with `b`, which is `count` and 8 to 16 more.
    Leading {
        /// How many.
        count: usize,
        /// A pair is found when `‖A v − σ u‖` and `‖Aᵀ u − σ v‖` are at most this times `σ₁`.
        tolerance: f64,
        /// The most rounds; one is up to 12 times `AᵀA` and a decomposition of the block.
        rounds: usize,
        /// Of the random block that it begins with.
        seed: u64,
    },
}

impl Method {
    /// The `count` largest, to `1e-7·σ₁`, in at most 100 rounds.
    pub fn leading(count: usize) -> Self {
        Self::Leading { count, tolerance: 1e-7, rounds: 100, seed: 0 }
    }
}

/// How far a singular value and its two vectors are from being a pair of `A`. Measured with the map.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PairResidual {
    /// `‖A v − σ u‖₂`.
    pub push: f64,
    /// `‖Aᵀ u − σ v‖₂`.
    pub pull: f64,
}

/// The singular value decomposition `A = Σ σ_i u_i v_iᵀ` of an effective map, or its leading part.
///
/// A net with switches in its path answers to the directions `v_i`, by `σ_i`, and to nothing else. Small
/// residuals say that these are pairs of `A`; that they are the largest rests, where not all are there, on
/// the random block having a part in every direction, which it has with probability one.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Spectrum {
    /// Whether the map is the net on a region, or a tangent.
    pub exactness: Exactness,
    /// How it was computed.
    pub method: Method,
    /// The singular values, in descending order, in units of output per unit of input.
    pub values: Vec<f64>,
    /// `u_i` in row `i`, directions of the output.
    #[serde(serialize_with = "rows")]
    pub left: Matrix<f64>,
    /// `v_i` in row `i`, directions of the input.
    #[serde(serialize_with = "rows")]
    pub right: Matrix<f64>,
    /// How well each pair was found.
    pub residuals: Vec<PairResidual>,
    /// Rounds that were taken; 0 where the matrix was written out.
    pub rounds: usize,
    /// Whether all pairs are as good as was asked for.
    pub converged: bool,
    /// Whether every singular value above `rank_tolerance` is there: the decomposition was full, or the
    /// last of the leading values is already below it.
    pub complete: bool,
    /// How many are above `rank_tolerance`: the rank of `A`, or a lower bound if not `complete`.
    pub rank: usize,
    /// `max(m, n)·ε·σ₁`, below which a value cannot be told from zero.
    pub rank_tolerance: f64,
    /// `‖A‖_F² = Σ σ²` over all values, from the entries of `A` and not from the values found. For a
    /// denoiser this is the effective dimension of Mohan et al. (arXiv 1906.05478).
    pub energy: f64,
    /// `‖A‖_F²/σ₁²`, at most the rank; 0 for the zero map.
    pub stable_rank: f64,
    /// `(Σσ²)²/Σσ⁴`: how many equal values would spread the energy so. Missing if not `complete`; 0 for
    /// the zero map.
    pub participation: Option<f64>,
}

impl Spectrum {
    /// How many independent directions of the input the map ignores, `n − rank`; `None` if not `complete`.
    pub fn ignored_directions(&self) -> Option<usize> {
        self.complete.then(|| self.right.ncols() - self.rank)
    }

    /// The part of `x` in the null space of `A`, which the net ignores as long as no switch flips:
    /// `x − Σ v_i (v_i·x)` over the rank. As exact as the pairs are.
    ///
    /// # Errors
    /// If the spectrum is not complete, or `x` has another length than the net takes.
    pub fn ignored(&self, x: ArrayView1<'_, f64>) -> Result<Array1<f64>> {
        if !self.complete {
            let found = format!("the {} largest", self.values.len());
            return Err(Error::new("null space", "all singular values above zero", found));
        }
        if x.len() != self.right.ncols() {
            return Err(Error::new("length of the input", self.right.ncols(), x.len()));
        }
        let seen = self.right.slice(s![..self.rank, ..]);
        Ok(&x - &seen.t().dot(&seen.dot(&x)))
    }

    /// The directions that the map ignores as far as they are among the vectors found: those whose values
    /// are at or below `rank_tolerance`, one in each row. A map with more inputs than outputs ignores at
    /// least `inputs − outputs` more, which [`ignored`](Self::ignored) knows.
    pub fn null_vectors(&self) -> Matrix<f64> {
        self.right.slice(s![self.rank.., ..]).to_owned()
    }
}

/// The singular values and vectors of the effective map of `net` at `x`.
///
/// Cost: besides what [`Method`] says, as many rows through the map as it has inputs or outputs, whichever
/// are fewer, for the energy.
///
/// ```
/// use switchnet::analysis::{Method, spectrum};
/// use switchnet::layer::Dense;
/// let net = Dense::new(ndarray::array![[3.0, 0.0, 0.0], [0.0, 2.0, 0.0]], None);
/// let found = spectrum(&net, ndarray::array![1.0, 1.0, 5.0].view(), Method::Full)?;
/// assert_eq!((found.rank, found.energy), (2, 13.0));
/// let ignored = found.ignored(ndarray::array![1.0, 1.0, 5.0].view())?;
/// assert!((ignored[2] - 5.0).abs() < 1e-14);
/// # Ok::<(), switchnet::Error>(())
/// ```
///
/// # Errors
/// If `x` has another length than the net takes or is not finite; if `count` is not 1 to `min(m, n)`, there
/// are no rounds or the tolerance is not positive; if numbers overflow.
pub fn spectrum(net: &dyn Layer<f64>, x: ArrayView1<'_, f64>, method: Method) -> Result<Spectrum> {
    checks::input(net, x)?;
    let (_, map) = net.linearize(x.to_owned().insert_axis(Axis(0)));
    let map = map.as_ref();
    let (inputs, outputs) = (net.inputs(), net.outputs());
    let most = inputs.min(outputs);
    let (pairs, rounds, wanted, energy) = match method {
        Method::Full => {
            let a = matrix(map);
            // Between a backward stable decomposition and the map lie only roundings, as many as there
            // are entries in a row and a column; 16 is for those of the layers of the map itself.
            let wanted = 16.0 * (inputs + outputs) as f64 * f64::EPSILON;
            (svd(a.view())?, 0, wanted, a.iter().map(|v| v * v).sum())
        }
        Method::Leading { count, tolerance, rounds, seed } => {
            if !(1..=most).contains(&count) {
                return Err(Error::new("singular values", format_args!("1 to {most}"), count));
            }
            if rounds == 0 || tolerance.is_nan() || tolerance <= 0.0 {
                let found = format!("{rounds} and {tolerance}");
                return Err(Error::new("rounds and tolerance", "both above zero", found));
            }
            let block = Blocks { map, inputs, outputs };
            let (pairs, taken) = block.leading(count, tolerance, rounds, seed)?;
            (pairs, taken, tolerance, energy(map, net))
        }
    };
    let block = Blocks { map, inputs, outputs };
    let residuals = block.residuals(&pairs);
    let largest = pairs.values.first().copied().unwrap_or(0.0);
    let converged = residuals.iter().all(|r| r.push.max(r.pull) <= wanted * largest);
    let rank_tolerance = decompose::tolerance(outputs, inputs, largest);
    let rank = pairs.values.iter().filter(|&&value| value > rank_tolerance).count();
    // A full decomposition has all of them; of leading ones that were not found nothing follows.
    let all = pairs.values.len() == most || rank < pairs.values.len();
    let complete = all && (converged || method == Method::Full);
    if !(energy.is_finite() && (largest * largest).is_finite()) {
        return Err(Error::new("spectrum: ‖A‖²", "a finite number", energy));
    }
    let fourth: f64 = pairs.values.iter().map(|value| value.powi(4)).sum();
    let over = |energy: f64, size: f64| if size > 0.0 { energy / size } else { 0.0 };
    Ok(Spectrum {
        exactness: Exactness::of(net),
        method,
        residuals,
        rounds,
        converged,
        complete,
        rank,
        rank_tolerance,
        energy,
        stable_rank: over(energy, largest * largest),
        participation: complete.then(|| over(energy * energy, fourth)),
        values: pairs.values,
        left: pairs.left,
        right: pairs.right,
    })
}

/// Rows that go through the map together.
const ROWS: usize = 16;

/// `‖A‖_F²`, from unit vectors pushed or pulled, whichever are fewer; nothing is kept of them.
fn energy(map: &dyn LinearMap<f64>, net: &dyn Layer<f64>) -> f64 {
    let (inputs, outputs) = (net.inputs(), net.outputs());
    let count = inputs.min(outputs);
    let parts = map_chunks(count, ROWS, |range| {
        let unit = identity(range, count);
        let out = if inputs < outputs { map.push(unit) } else { map.pull(unit, &mut []) };
        let out = Recycled::from(out);
        let all = out.flatten();
        all.dot(&all)
    });
    parts.into_iter().sum()
}

/// A map to which blocks of vectors are given, one in each row.
struct Blocks<'a> {
    map: &'a dyn LinearMap<f64>,
    inputs: usize,
    outputs: usize,
}

/// The most that a filter may enlarge the first direction: the rest of the block then keeps half its digits.
const GROWTH: f64 = 1e8;
/// The highest degree of a filter, so that no round is very long.
const DEGREE: f64 = 12.0;

impl Blocks<'_> {
    fn push(&self, x: &Matrix<f64>) -> Matrix<f64> {
        let part = |range| self.map.push(aligned::rows(x.view(), range));
        join_chunks((x.nrows(), self.outputs), ROWS, part)
    }

    fn pull(&self, y: &Matrix<f64>) -> Matrix<f64> {
        let part = |range| self.map.pull(aligned::rows(y.view(), range), &mut []);
        join_chunks((y.nrows(), self.inputs), ROWS, part)
    }

    /// The pairs, and how many rounds they took.
    fn leading(
        &self,
        count: usize,
        tolerance: f64,
        rounds: usize,
        seed: u64,
    ) -> Result<(decompose::Svd, usize)> {
        // A block at least as large as what is asked for finds values that occur many times; some more
        // make the gap behind the last one wider.
        let size = (count + count.clamp(8, 16)).min(self.inputs).min(self.outputs);
        let mut rng = generator(seed, 0);
        let start = Matrix::from_shape_simple_fn((size, self.inputs), || normal(&mut rng, 1.0));
        let mut basis = orthonormal(start.view());
        let mut round = 0;
        loop {
            round += 1;
            // A V = U Σ Zᵀ, so V Z and U are the best pairs in this subspace.
            let pushed = self.push(&basis);
            let small = svd(pushed.t())?;
            let pairs = decompose::Svd {
                right: small.right.dot(&basis),
                left: small.left,
                values: small.values,
            };
            let pulled = self.pull(&pairs.left);
            let gaps = gaps(&pulled, &pairs.values, &pairs.right);
            if round == rounds
                || gaps[..count].iter().all(|gap| *gap <= tolerance * pairs.values[0])
            {
                let first = |m: Matrix<f64>| m.slice_move(s![..count, ..]);
                let values = pairs.values[..count].to_vec();
                let (left, right) = (first(pairs.left), first(pairs.right));
                return Ok((decompose::Svd { values, left, right }, round));
            }
            // As many vectors as the map has rows: pulled back once, they span all that it sees, and no
            // value is left out for a filter to hold down.
            let whole = size == self.outputs;
            let next = if whole { pulled } else { self.filtered(&pairs, pulled) };
            basis = orthonormal(next.view());
        }
    }

    /// A polynomial of `AᵀA` applied to the right vectors, of which `pulled` is `Aᵀ U = AᵀA V Σ⁻¹`. Rows do not
    /// see each other in it, so a few go through all of it while they are in the cache.
    fn filtered(&self, pairs: &decompose::Svd, pulled: Matrix<f64>) -> Matrix<f64> {
        let (first, last) = (pairs.values[0], pairs.values[pairs.values.len() - 1]);
        // With t = AᵀA/center − 1 the values up to the last one of the block lie in [−1, 1].
        let center = last * last / 2.0;
        let degree = (GROWTH.acosh() / (first * first / center - 1.0).acosh()).min(DEGREE);
        if degree.is_nan() || degree < 2.0 {
            return pulled; // steep enough for a plain power
        }
        // T₀ = 1, T₁ = t, T_{j+1} = 2 t T_j − T_{j−1}.
        join_chunks(pulled.dim(), ROWS, |range| {
            let mut before = aligned::rows(pairs.right.view(), range.clone());
            let mut now = aligned::rows(pulled.view(), range.clone());
            for ((mut row, before), value) in
                now.rows_mut().into_iter().zip(before.rows()).zip(&pairs.values[range])
            {
                row.zip_mut_with(&before, |now, before| *now = *now * *value / center - before);
            }
            for _ in 1..degree as usize {
                let copy = aligned::rows(now.view(), 0..now.nrows());
                let next = Recycled::from(self.map.pull(self.map.push(copy), &mut []));
                Zip::from(&mut before)
                    .and(&*next)
                    .and(&now)
                    .for_each(|before, next, now| *before = 2.0 * (next / center - now) - *before);
                std::mem::swap(&mut before, &mut now);
            }
            now
        })
    }

    fn residuals(&self, pairs: &decompose::Svd) -> Vec<PairResidual> {
        let push = gaps(&self.push(&pairs.right), &pairs.values, &pairs.left);
        let pull = gaps(&self.pull(&pairs.left), &pairs.values, &pairs.right);
        push.into_iter().zip(pull).map(|(push, pull)| PairResidual { push, pull }).collect()
    }
}

/// `‖image_i − σ_i vector_i‖₂` for each row.
fn gaps(images: &Matrix<f64>, values: &[f64], vectors: &Matrix<f64>) -> Vec<f64> {
    let all = images.rows().into_iter().zip(values).zip(vectors.rows());
    all.map(|((image, value), vector)| {
        image.iter().zip(vector).map(|(a, v)| (a - value * v).powi(2)).sum::<f64>().sqrt()
    })
    .collect()
}

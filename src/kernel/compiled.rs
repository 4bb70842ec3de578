//! The kernels, compiled in this crate for each type of numbers.
//!
//! Their generic code is large, as each is there once for every instruction set. Called by name, it
//! would be compiled again in every crate, test and example that makes a net.

use super::pointwise::Pointwise;
use super::pull::Pull;
use super::runs::Runs;
use super::{Path, bound, hadamard, paley, pointwise, pull};

/// What [`crate::Scalar`] types have of their own.
///
/// Public in a private module: nobody else can name it.
#[allow(private_interfaces)]
pub trait Kernels: Sized {
    /// [`bound::additions`].
    fn additions(path: Path, rounds: usize) -> usize;
    /// [`bound::scale`].
    fn scale(rows: &mut [Self], factor: Self);
    /// [`hadamard::hadamard`].
    fn hadamard(path: Path, rows: &mut [Self], n: usize);
    /// [`hadamard::hadamard_after`].
    fn hadamard_after(path: Path, before: Pointwise<'_, Self>, rows: &mut [Self], n: usize);
    /// [`hadamard::hadamard_of`].
    fn hadamard_of(
        path: Path,
        before: Pointwise<'_, Self>,
        x: &[Self],
        n: usize,
        out: &mut Vec<Self>,
    );
    /// [`paley::paley`].
    fn paley(order: usize, rows: &mut [Self], stride: usize, scale: Self);
    /// [`paley::paley_sylvester`].
    fn paley_sylvester(order: usize, rows: &mut [Self], power: usize, scale: Self);
    /// [`Runs::combine`].
    fn combine(runs: Runs<'_, Self>, weights: &[Self], start: &[Self], out: &mut [Self]);
    /// [`Runs::correlate`].
    fn correlate(runs: Runs<'_, Self>, others: Runs<'_, Self>, len: usize, sums: &mut [Self]);
    /// [`Pointwise::apply`].
    fn pointwise(path: Path, pointwise: Pointwise<'_, Self>, rows: &mut [Self]);
    /// [`Pointwise::apply_to`].
    fn pointwise_of(path: Path, pointwise: Pointwise<'_, Self>, x: &[Self], out: &mut Vec<Self>);
    /// [`pull::pull`].
    fn pull(pull: Pull<'_, Self>, dy: &mut [Self]);
}

macro_rules! compiled {
    ($t:ident) => {
        #[allow(private_interfaces)]
        impl Kernels for $t {
            fn additions(path: Path, rounds: usize) -> usize {
                bound::additions::<$t>(path, rounds)
            }
            fn scale(rows: &mut [$t], factor: $t) {
                bound::scale(rows, factor);
            }
            fn hadamard(path: Path, rows: &mut [$t], n: usize) {
                hadamard::hadamard(path, rows, n);
            }
            fn hadamard_after(path: Path, before: Pointwise<'_, $t>, rows: &mut [$t], n: usize) {
                hadamard::hadamard_after(path, before, rows, n);
            }
            fn hadamard_of(
                path: Path,
                before: Pointwise<'_, $t>,
                x: &[$t],
                n: usize,
                out: &mut Vec<$t>,
            ) {
                hadamard::hadamard_of(path, before, x, n, out);
            }
            fn paley(order: usize, rows: &mut [$t], stride: usize, scale: $t) {
                paley::paley(order, rows, stride, scale);
            }
            fn paley_sylvester(order: usize, rows: &mut [$t], power: usize, scale: $t) {
                paley::paley_sylvester(order, rows, power, scale);
            }
            fn combine(runs: Runs<'_, $t>, weights: &[$t], start: &[$t], out: &mut [$t]) {
                runs.combine_on(Path::chosen(), weights, start, out);
            }
            fn correlate(runs: Runs<'_, $t>, others: Runs<'_, $t>, len: usize, sums: &mut [$t]) {
                runs.correlate_on(Path::chosen(), others, len, sums);
            }
            fn pointwise(path: Path, pointwise: Pointwise<'_, $t>, rows: &mut [$t]) {
                pointwise::apply(path, pointwise, rows);
            }
            fn pointwise_of(path: Path, pointwise: Pointwise<'_, $t>, x: &[$t], out: &mut Vec<$t>) {
                pointwise::apply_to(path, pointwise, x, out);
            }
            fn pull(pull: Pull<'_, $t>, dy: &mut [$t]) {
                pull::pull(Path::chosen(), pull, dy);
            }
        }
    };
}

compiled!(f32);
compiled!(f64);

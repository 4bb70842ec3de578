//! The kernels, compiled in this crate for each type of numbers.
//!
//! Their generic code is large, as each is there once for every instruction set. Called by name, it
//! would be compiled again in every crate, test and example that makes a net.

use super::pointwise::Pointwise;
use super::runs::Runs;
use super::switch::Thrown;
use super::{Path, bound, hadamard, paley, pointwise, switch};

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
        bias: &[Self],
        slopes: [&[Self]; 2],
        z: &mut [Self],
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
    fn pointwise(pointwise: Pointwise<'_, Self>, rows: &mut [Self]);
    /// [`switch::switch`].
    fn switch(rows: &[Self], slopes: [&[Self]; 2], out: &mut Vec<Self>);
    /// [`Thrown::pull`].
    fn pull(thrown: Thrown<'_, Self>, dy: &mut [Self]);
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
                bias: &[$t],
                slopes: [&[$t]; 2],
                z: &mut [$t],
                out: &mut Vec<$t>,
            ) {
                hadamard::hadamard_of(path, bias, slopes, z, out);
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
            fn pointwise(pointwise: Pointwise<'_, $t>, rows: &mut [$t]) {
                pointwise::in_place(pointwise, rows);
            }
            fn switch(rows: &[$t], slopes: [&[$t]; 2], out: &mut Vec<$t>) {
                switch::switch(rows, slopes, out);
            }
            fn pull(thrown: Thrown<'_, $t>, dy: &mut [$t]) {
                switch::pull(thrown, dy);
            }
        }
    };
}

compiled!(f32);
compiled!(f64);

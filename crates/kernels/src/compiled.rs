//! The kernels, compiled in this crate for each type of numbers.
//!
//! Their generic code is large, as each is there once for every instruction set. Called by name, it
//! would be compiled again in every crate that calls it.

use crate::blocks::{self, BlockSwitch};
use crate::diagonals::{self, BlockDiagonal};
use crate::path::Path;
use crate::pointwise::Pointwise;
use crate::product::Factor;
use crate::pull::Pull;
use crate::runs::Runs;
use crate::{bound, hadamard, paley, pointwise, product, pull, sums};

macro_rules! kernels {
    ($(
        $(#[$doc:meta])*
        fn $name:ident($($argument:ident: $kind:ty),+) $(-> $output:ty)? = $body:expr;
    )+) => {
        /// What a [`Number`](crate::Number) has of its own.
        ///
        /// Public in a private module: nobody else can name it.
        pub trait Kernels: Sized + 'static {
            $($(#[$doc])* fn $name($($argument: $kind),+) $(-> $output)?;)+
        }

        kernels!(impl f32 $(fn $name($($argument: $kind),+) $(-> $output)? = $body;)+);
        kernels!(impl f64 $(fn $name($($argument: $kind),+) $(-> $output)? = $body;)+);
    };
    (impl $number:ident $(
        fn $name:ident($($argument:ident: $kind:ty),+) $(-> $output:ty)? = $body:expr;
    )+) => {
        impl Kernels for $number {
            $(fn $name($($argument: $kind),+) $(-> $output)? {
                $body($($argument),+)
            })+
        }
    };
}

kernels! {
    /// [`bound::additions`].
    fn additions(path: Path, rounds: usize) -> usize = bound::additions_on::<Self>;
    /// [`bound::scale`].
    fn scale(rows: &mut [Self], factor: Self) = bound::scale_in_place;
    /// [`hadamard::hadamard_on`].
    fn hadamard(path: Path, rows: &mut [Self], n: usize) = hadamard::in_place;
    /// [`hadamard::hadamard_after`].
    fn hadamard_after(path: Path, before: Pointwise<'_, Self>, rows: &mut [Self], n: usize)
        = hadamard::in_place_after;
    /// [`hadamard::hadamard_of`].
    fn hadamard_of(
        path: Path, before: Pointwise<'_, Self>, x: &[Self], n: usize, out: &mut Vec<Self>
    ) = hadamard::apart_after;
    /// [`paley::paley`].
    fn paley(order: usize, rows: &mut [Self], stride: usize, scale: Self) = paley::outer;
    /// [`paley::paley_sylvester`].
    fn paley_sylvester(order: usize, rows: &mut [Self], power: usize, scale: Self) = paley::inner;
    /// [`Runs::combine`].
    fn combine(
        path: Path, runs: Runs<'_, Self>, weights: &[Self], start: &[Self], out: &mut [Self]
    ) = Runs::combine_on;
    /// [`Runs::correlate`].
    fn correlate(
        path: Path, runs: Runs<'_, Self>, others: Runs<'_, Self>, len: usize, sums: &mut [Self]
    ) = Runs::correlate_on;
    /// [`BlockSwitch::apply_to`].
    fn switch_blocks(
        path: Path, switch: BlockSwitch<'_, Self>, x: &[Self], z: &[Self], out: &mut Vec<Self>
    ) = blocks::forwards;
    /// [`BlockSwitch::pull`].
    fn pull_blocks(
        path: Path, switch: BlockSwitch<'_, Self>, z: &[Self], dy: &mut [Self],
        sums: [&mut [Self]; 2]
    ) = blocks::backwards;
    /// [`BlockDiagonal::apply_to`] and [`BlockDiagonal::pull_to`].
    fn block_diagonal(
        path: Path, matrix: BlockDiagonal<'_, Self>, back: bool, x: &[Self], out: &mut Vec<Self>
    ) = diagonals::on;
    /// [`BlockDiagonal::add_outer`].
    fn block_diagonal_outer(
        path: Path, matrix: BlockDiagonal<'_, Self>, x: &[Self], dy: &[Self], sums: &mut [Self]
    ) = diagonals::outer;
    /// [`Pointwise::apply`].
    fn pointwise(path: Path, pointwise: Pointwise<'_, Self>, rows: &mut [Self])
        = pointwise::in_place;
    /// [`Pointwise::apply_to`].
    fn pointwise_of(path: Path, pointwise: Pointwise<'_, Self>, x: &[Self], out: &mut Vec<Self>)
        = pointwise::apart;
    /// [`product::product`].
    fn product(
        path: Path, out: &mut [Self], accumulate: bool, a: Factor<'_, Self>, b: Factor<'_, Self>
    ) = product::on;
    /// [`Pull::apply`].
    fn pull(path: Path, pull: Pull<'_, Self>, dy: &mut [Self]) = pull::in_place;
    /// [`sums::add_rows`].
    fn add_rows(sum: &mut [Self], rows: &[Self]) = sums::rows;
    /// [`sums::add_products`].
    fn add_products(sum: &mut [Self], rows: &[Self], x: &[Self]) = sums::products;
}

//! Hadamard transforms.

use super::{Description, Form, Transform, check_rows};
use crate::error::{Error, Result};
use crate::kernel;
use crate::scalar::Scalar;

/// The orthonormal Hadamard transform of any size `2^k·12^a·20^b·28^c`.
///
/// `Ĥ_n = H_12 ⊗ … ⊗ H_20 ⊗ … ⊗ H_28 ⊗ … ⊗ H_{2^k} / √n`, with `a`, `b` and `c` factors of the orders 12,
/// 20 and 28. `H_{2^k}[i][j] = (−1)^popcount(i AND j)` is Sylvester's matrix, and `Ĥ` the Walsh–Hadamard
/// transform, where there is no other factor. `H_{2(q+1)} = C ⊗ [[1, 1], [1, −1]] + I ⊗ [[1, −1], [−1, −1]]`
/// is Paley's second construction for the fields of `q` = 5, 9, 13: `C` has row and column 0 of ones, and
/// `C[1+x][1+y]` is 1 where `x − y` is a square of the field, −1 where it is none; its diagonal is 0. The
/// numbers of the field of nine are `c + d·√−1` modulo 3, at `3c + d`.
///
/// All factors are symmetric, so `Ĥ` is its own inverse. In sequency order, for powers of two only, row
/// `i` is the Walsh function with `i` sign changes, as a cosine basis is ordered by frequency.
///
/// A row costs `n·(k + 4.83a + 5.8b + 7.71c)` additions; `docs/benchmarks.md` has times beside those of
/// padding to a power of two, which for some sizes is faster: the gain then is in parameters.
///
/// ```
/// use switchnet::transform::{Hadamard, Transform};
/// let h = Hadamard::new(4)?;
/// let mut x = [1.0, 0.0, 0.0, 2.0];
/// h.apply(&mut x);
/// assert_eq!(x, [1.5, -0.5, -0.5, 1.5]);
///
/// // An image of 28 × 28 numbers needs no padding.
/// assert!(Hadamard::new(784).is_ok());
/// # Ok::<(), switchnet::Error>(())
/// ```
///
/// Sources: J. J. Sylvester, *Thoughts on inverse orthogonal matrices*, Phil. Mag. 34 (1867);
/// R. E. A. C. Paley, *On orthogonal matrices*, J. Math. Phys. 12 (1933); Fino and Algazi, *Unified
/// matrix treatment of the fast Walsh–Hadamard transform*, IEEE Trans. Computers C-25 (1976).
#[doc(alias = "FWHT")]
#[doc(alias = "Walsh")]
#[derive(Clone, Debug)]
pub struct Hadamard {
    len: usize,
    /// The factor `2^k`.
    power: usize,
    /// The other factors, the innermost first.
    orders: Vec<usize>,
    /// `sequency[i]` is the natural index of the Walsh function with `i` sign changes.
    sequency: Option<Vec<usize>>,
}

/// The orders beside the powers of two, each with the prime that tells how often it is a factor. The
/// largest is the innermost, as the stride of the next should be long.
const ORDERS: [(usize, usize); 3] = [(28, 7), (20, 5), (12, 3)];

impl Hadamard {
    /// The transform of length `n` in natural order.
    ///
    /// # Errors
    /// If `n` is not of the form `2^k·12^a·20^b·28^c`; the error names the nearest sizes that are.
    pub fn new(n: usize) -> Result<Self> {
        let Some((power, orders)) = factors(n) else {
            return Err(Error::new(
                "length of a Hadamard transform",
                format_args!(
                    "a size 2^k·12^a·20^b·28^c, as are built here, such as {}",
                    nearest(n, &[12, 20, 28])
                ),
                n,
            ));
        };
        Ok(Self { len: n, power, orders, sequency: None })
    }

    /// The transform of length `n` with its outputs in sequency order.
    ///
    /// # Errors
    /// If `n` is not a power of two; the error names the nearest that are.
    pub fn sequency(n: usize) -> Result<Self> {
        if !n.is_power_of_two() {
            return Err(Error::new(
                "length of a Hadamard transform in sequency order",
                format_args!("a power of two, such as {}", nearest(n, &[])),
                n,
            ));
        }
        let bits = n.trailing_zeros();
        let natural = |i: usize| {
            let gray = i ^ (i >> 1);
            if bits == 0 { 0 } else { gray.reverse_bits() >> (usize::BITS - bits) }
        };
        Ok(Self { sequency: Some((0..n).map(natural).collect()), ..Self::new(n)? })
    }

    /// Whether the matrix is Sylvester's own, in its own order, which the kernels know as a whole.
    fn is_sylvester(&self) -> bool {
        self.sequency.is_none() && self.len == self.power
    }

    fn natural<T: Scalar>(&self, rows: &mut [T]) {
        let Some((&innermost, outer)) = self.orders.split_first() else {
            return kernel::hadamard(rows, self.len);
        };
        // As many rows as stay in the nearest cache through all passes.
        for rows in rows.chunks_mut((4096 / self.len).max(1) * self.len) {
            let scale = |n: usize| T::of(1.0 / (n as f64).sqrt());
            if self.power <= kernel::LARGEST_POWER {
                kernel::paley_sylvester(innermost, rows, self.power, scale(self.len));
            } else {
                kernel::hadamard(rows, self.power);
                kernel::paley(innermost, rows, self.power, scale(self.len / self.power));
            }
            let mut stride = self.power * innermost;
            for &order in outer {
                kernel::paley(order, rows, stride, T::one());
                stride *= order;
            }
        }
    }
}

/// `2^k` and the other orders, the innermost first, if `n` is their product. There is one way at most.
fn factors(n: usize) -> Option<(usize, Vec<usize>)> {
    let (mut rest, mut orders) = (n, Vec::new());
    for (order, prime) in ORDERS {
        while rest > 0 && rest.is_multiple_of(prime) {
            if !rest.is_multiple_of(order) {
                return None;
            }
            rest /= order;
            orders.push(order);
        }
    }
    rest.is_power_of_two().then_some((rest, orders))
}

/// `768 or 784`: the nearest sizes below and above `n` that are products of these orders and a power of two.
fn nearest(n: usize, orders: &[usize]) -> String {
    let n = n.max(1);
    let mut products = vec![1usize];
    for &order in orders {
        let mut i = 0;
        while i < products.len() {
            let larger = products[i].checked_mul(order);
            products.extend(larger.filter(|&product| product / 2 <= n));
            i += 1;
        }
    }
    let sizes = products.iter().flat_map(|&product| {
        let below = product << (n / product).max(1).ilog2();
        [Some(below), below.checked_mul(2)].into_iter().flatten()
    });
    let (below, above): (Vec<_>, Vec<_>) = sizes.partition(|&size| size <= n);
    let sizes = below.iter().max().into_iter().chain(above.iter().min());
    sizes.map(usize::to_string).collect::<Vec<_>>().join(" or ")
}

impl<T: Scalar> Transform<T> for Hadamard {
    fn len(&self) -> usize {
        self.len
    }

    fn apply(&self, rows: &mut [T]) {
        check_rows("hadamard", rows.len(), self.len);
        self.natural(rows);
        if let Some(order) = &self.sequency {
            let mut natural = vec![T::zero(); self.len];
            for row in rows.chunks_exact_mut(self.len) {
                natural.copy_from_slice(row);
                for (y, &i) in row.iter_mut().zip(order) {
                    *y = natural[i];
                }
            }
        }
    }

    fn adjoint(&self, rows: &mut [T]) {
        check_rows("hadamard", rows.len(), self.len);
        if let Some(order) = &self.sequency {
            let mut ordered = vec![T::zero(); self.len];
            for row in rows.chunks_exact_mut(self.len) {
                ordered.copy_from_slice(row);
                for (&y, &i) in ordered.iter().zip(order) {
                    row[i] = y;
                }
            }
        }
        self.natural(rows);
    }

    fn describe(&self) -> Description<'_, T> {
        let each = |order: &usize| self.len / order * kernel::paley_operations(*order);
        let sylvester = self.len * self.power.trailing_zeros() as usize;
        let operations = sylvester + self.orders.iter().map(each).sum::<usize>();
        let name = if self.sequency.is_some() { "hadamard-sequency" } else { "hadamard" };
        let form = match self.is_sylvester() {
            true => Form::WalshHadamard { block: self.len },
            false => Form::Other,
        };
        Description::new(name, operations).of_form(form)
    }
}

//! Numbers put elsewhere, run by run.

use crate::path::{Loop, run};

/// Which input each output is: outputs come in runs of successive inputs, or of zeros.
///
/// ```
/// use switchnet_kernels::Gather;
/// let gather = Gather::new(3, &[Some(1), Some(2), None]).expect("inputs below 3");
/// let mut y = Vec::new();
/// gather.push(&[1.0, 2.0, 3.0], &mut y);
/// assert_eq!(y, [2.0, 3.0, 0.0]);
/// let mut x = Vec::new();
/// gather.pull(&y, &mut x);
/// assert_eq!(x, [0.0, 2.0, 3.0]);
/// ```
#[derive(Clone, Debug)]
pub struct Gather {
    forward: Table,
    /// The other way, where each input is there once and no output is zero.
    back: Option<Table>,
}

/// Every entry of `from` is [`NONE`] or at most `inputs − run`.
#[derive(Clone, Debug)]
struct Table {
    inputs: usize,
    /// A power of two up to [`LONGEST`].
    run: usize,
    /// The first input of each run.
    from: Box<[u32]>,
}

/// Zeros instead of inputs.
const NONE: u32 = u32::MAX;

/// The longest run: so many `f32` are a cache line.
const LONGEST: usize = 16;

impl Gather {
    /// Output `i` is input `from[i]` of `inputs`, or zero. None if one is not below `inputs`, or there are `u32::MAX`
    /// inputs or more.
    pub fn new(inputs: usize, from: &[Option<usize>]) -> Option<Self> {
        let forward = Table::new(inputs, from)?;
        let mut to = vec![None; inputs];
        for (output, &input) in from.iter().enumerate() {
            if let Some(input) = input {
                to[input] = Some(output);
            }
        }
        let permutation = from.len() == inputs && to.iter().all(Option::is_some);
        let back = if permutation { Table::new(inputs, &to) } else { None };
        Some(Self { forward, back })
    }

    /// How many inputs a row has.
    pub fn inputs(&self) -> usize {
        self.forward.inputs
    }

    /// How many outputs a row has.
    pub fn outputs(&self) -> usize {
        self.forward.outputs()
    }

    /// Appends the outputs of each row of `x` to `y`.
    ///
    /// # Panics
    /// If `x` are not whole rows.
    pub fn push<T: Copy + Default>(&self, x: &[T], y: &mut Vec<T>) {
        run(Push { table: &self.forward, x, y });
    }

    /// Appends to `dx` what the outputs `dy` of each row give back to their inputs: the transpose.
    ///
    /// # Panics
    /// If `dy` are not whole rows.
    pub fn pull<T: Copy + Default + std::ops::AddAssign>(&self, dy: &[T], dx: &mut Vec<T>) {
        match &self.back {
            Some(table) => run(Push { table, x: dy, y: dx }),
            None => run(Pull { table: &self.forward, dy, dx }),
        }
    }
}

impl Gather {
    /// Puts the numbers of each row elsewhere in it, in place; the other way round if `back`.
    ///
    /// ```
    /// let turn = switchnet_kernels::Gather::new(3, &[Some(1), Some(2), Some(0)]).expect("inputs below 3");
    /// let mut row = [1.0, 2.0, 3.0];
    /// turn.permute(&mut row, false);
    /// assert_eq!(row, [2.0, 3.0, 1.0]);
    /// turn.permute(&mut row, true);
    /// assert_eq!(row, [1.0, 2.0, 3.0]);
    /// ```
    ///
    /// # Panics
    /// If it is no permutation, or `rows` are not whole rows.
    pub fn permute<T: Copy + Default>(&self, rows: &mut [T], back: bool) {
        let other = self.back.as_ref().expect("gather: expected a permutation");
        let table = if back { other } else { &self.forward };
        run(Permute { table, rows });
    }
}

impl Table {
    fn new(inputs: usize, from: &[Option<usize>]) -> Option<Self> {
        let fine = |&input: &Option<usize>| input.is_none_or(|input| input < inputs);
        if inputs >= NONE as usize || !from.iter().all(fine) {
            return None;
        }
        // Runs begin at multiples of the greatest common divisor of where one ends.
        let ends = (1..from.len()).filter(|&i| from[i] != from[i - 1].map(|before| before + 1));
        let run = ends.fold(gcd(LONGEST, from.len()), gcd).max(1);
        let first = |run: &[Option<usize>]| run[0].map_or(NONE, |input| input as u32);
        Some(Self { inputs, run, from: from.chunks_exact(run).map(first).collect() })
    }

    fn outputs(&self) -> usize {
        self.from.len() * self.run
    }
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// How many rows of `width` numbers there are.
#[track_caller]
fn rows(count: usize, width: usize) -> usize {
    assert!(
        count == 0 || (width > 0 && count.is_multiple_of(width)),
        "gather: expected rows of {width} numbers, found {count} numbers"
    );
    count.checked_div(width).unwrap_or(0)
}

/// `$loop.runs()` for the length of the runs of its table.
macro_rules! by_run {
    ($loop:expr) => {
        match $loop.table.run {
            16 => $loop.runs::<16>(),
            8 => $loop.runs::<8>(),
            4 => $loop.runs::<4>(),
            2 => $loop.runs::<2>(),
            _ => $loop.runs::<1>(),
        }
    };
}

struct Push<'a, T> {
    table: &'a Table,
    x: &'a [T],
    y: &'a mut Vec<T>,
}

impl<T: Copy + Default> Loop for Push<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        by_run!(self)
    }
}

impl<T: Copy + Default> Push<'_, T> {
    #[inline(always)]
    fn runs<const N: usize>(self) {
        let Self { table, x, y } = self;
        let count = rows(x.len(), table.inputs);
        let new =
            count.checked_mul(table.outputs()).expect("gather: as many outputs as memory holds");
        y.reserve(new);
        let mut to = y.spare_capacity_mut().as_mut_ptr().cast::<[T; N]>();
        for row in 0..count {
            for &from in &table.from {
                // Straight to where it goes: a run that is chosen first goes by way of the stack, which takes twice as long.
                //
                // SAFETY: a table's runs end within its inputs, of which `x` has `count` rows, and there is room for
                // `count` times a run for each entry. Arrays are aligned as their numbers are.
                unsafe {
                    if from == NONE {
                        to.write([T::default(); N]);
                    } else {
                        let run = x.as_ptr().add(row * table.inputs + from as usize);
                        std::ptr::copy_nonoverlapping(run.cast(), to, 1);
                    }
                    to = to.add(1);
                }
            }
        }
        // SAFETY: they have all been written.
        unsafe { y.set_len(y.len() + new) };
    }
}

struct Permute<'a, T> {
    table: &'a Table,
    rows: &'a mut [T],
}

impl<T: Copy + Default> Loop for Permute<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        by_run!(self)
    }
}

impl<T: Copy + Default> Permute<'_, T> {
    #[inline(always)]
    fn runs<const N: usize>(self) {
        let Self { table, rows: all } = self;
        rows(all.len(), table.inputs);
        let mut old = vec![T::default(); table.inputs];
        for row in all.chunks_exact_mut(table.inputs) {
            old.copy_from_slice(row);
            let (runs, _) = row.as_chunks_mut::<N>();
            for (run, &from) in runs.iter_mut().zip(&table.from) {
                // SAFETY: a permutation has no zeros, and a table's runs end within its inputs.
                *run = unsafe { *old.as_ptr().add(from as usize).cast::<[T; N]>() };
            }
        }
    }
}

struct Pull<'a, T> {
    table: &'a Table,
    dy: &'a [T],
    dx: &'a mut Vec<T>,
}

impl<T: Copy + Default + std::ops::AddAssign> Loop for Pull<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        by_run!(self)
    }
}

impl<T: Copy + Default + std::ops::AddAssign> Pull<'_, T> {
    #[inline(always)]
    fn runs<const N: usize>(self) {
        let Self { table, dy, dx } = self;
        let count = rows(dy.len(), table.outputs());
        let start = dx.len();
        dx.resize(start + count * table.inputs, T::default());
        let (mut runs, mut row) = (dy.as_chunks::<N>().0, &mut dx[start..]);
        for _ in 0..count {
            let (these, others) = runs.split_at(table.from.len());
            let (dx, below) = row.split_at_mut(table.inputs);
            for (dy, &from) in these.iter().zip(&table.from) {
                if from != NONE {
                    let dx = dx[from as usize..][..N].iter_mut();
                    dx.zip(dy).for_each(|(dx, &dy)| *dx += dy);
                }
            }
            (runs, row) = (others, below);
        }
    }
}

//! Every path that this processor has, against the matrix.

mod blocks;
mod diagonals;
#[cfg(all(target_arch = "x86_64", target_os = "linux", not(miri)))]
mod fences;
mod product;

use super::*;

/// What the tests need to know of a number.
trait Scalar: Number {
    const EPSILON: f64;
    fn of(x: f64) -> Self;
    fn double(self) -> f64;
}

macro_rules! scalar {
    ($t:ident) => {
        impl Scalar for $t {
            const EPSILON: f64 = $t::EPSILON as f64;
            fn of(x: f64) -> Self {
                x as $t
            }
            fn double(self) -> f64 {
                self.into()
            }
        }
    };
}

scalar!(f32);
scalar!(f64);

/// Numbers between −1 and 1 without a pattern, in steps of 2⁻¹⁰, so that sums of them are exact.
fn numbers<T: Scalar>(count: usize) -> Vec<T> {
    let wave = |i: usize| (i as f64 * 0.7371 + (i * i % 101) as f64).sin();
    (0..count).map(|i| T::of((1024.0 * wave(i)).round() / 1024.0)).collect()
}

/// Output `i` of the matrix `(−1)^popcount(i AND j) / √n`, in double precision.
fn output<T: Scalar>(i: usize, row: &[T]) -> f64 {
    let sign = |j: usize| if (i & j).count_ones().is_multiple_of(2) { 1.0 } else { -1.0 };
    let sum: f64 = row.iter().enumerate().map(|(j, v)| sign(j) * v.double()).sum();
    sum / (row.len() as f64).sqrt()
}

/// The rows transformed on each path, started `offset` numbers behind an aligned address.
fn on_every_path<T: Scalar>(rows: &[T], n: usize, offset: usize) -> Vec<(Path, Vec<T>)> {
    let transformed = |path| {
        let mut room = vec![T::ZERO; rows.len() + 128];
        let start = room.as_ptr().align_offset(64) + offset;
        let part = &mut room[start..][..rows.len()];
        part.copy_from_slice(rows);
        T::hadamard(path, part, n);
        let after = part.to_vec();
        assert!(room[..start].iter().chain(&room[start + rows.len()..]).all(|v| *v == T::ZERO));
        (path, after)
    };
    Path::all().into_iter().map(transformed).collect()
}

/// Miri is slow, and the loops of short rows are those of long ones.
const LARGEST: u32 = if cfg!(miri) { 6 } else { 12 };

/// How much of what there is to try is left out.
const STRIDE: usize = if cfg!(miri) { 5 } else { 1 };

fn is_the_matrix<T: Scalar>() {
    for bits in 0..=LARGEST {
        let n = 1usize << bits;
        let rows = [3, 1, 5, 2][bits as usize % 4];
        let x = numbers::<T>(rows * n);
        let expected: Vec<f64> =
            x.chunks(n).flat_map(|row| (0..n).map(|i| output(i, row))).collect();
        for offset in [0, 1, 7] {
            for (path, y) in on_every_path(&x, n, offset) {
                // Rounding adds up over the log2 n levels; the numbers themselves are about one.
                let bound = 2.0 * T::EPSILON * f64::from(bits + 1);
                for (i, (y, e)) in y.iter().zip(&expected).enumerate() {
                    let error = (y.double() - e).abs();
                    assert!(error <= bound, "{path:?}, n = {n}, offset {offset}, {i}: {error}");
                }
            }
        }
    }
}

/// Beyond the sizes where the whole matrix can be afforded: a few outputs of each.
fn is_the_matrix_for_long_rows<T: Scalar>() {
    for bits in if cfg!(miri) { 8..9 } else { 13..20 } {
        let n = 1usize << bits;
        let x = numbers::<T>(n);
        for (path, y) in on_every_path(&x, n, 3) {
            for i in [0, 1, 15, 16, n / 3, n / 2, n - 2, n - 1] {
                let error = (y[i].double() - output(i, &x)).abs();
                let bound = 4.0 * T::EPSILON * f64::from(bits);
                assert!(error <= bound, "{path:?}, n = {n}, output {i}: {error}");
            }
        }
    }
}

/// The levels are taken in one order on every path, and a product with ±1 rounds nothing. Sizes where blocks are
/// twice as large are among these, and more rows than wait in the second cache.
fn gives_the_same_bits_on_every_path<T: Scalar>() {
    for bits in (0..=LARGEST).chain((13..19).filter(|_| !cfg!(miri))) {
        let x = numbers::<T>(2 << bits);
        let all = on_every_path(&x, 1 << bits, 1);
        for (path, y) in &all[1..] {
            assert!(*y == all[0].1, "{path:?} differs from {:?} at n = 2^{bits}", all[0].0);
        }
    }
}

/// Infinities of one sign in a sum give that infinity, of both signs NaN; one NaN makes all outputs NaN.
fn passes_what_is_not_finite<T: Scalar>() {
    for bits in 0..=LARGEST.min(10) {
        let n = 1usize << bits;
        let infinity = T::of(f64::INFINITY);
        for special in
            [&[(0, infinity)][..], &[(0, infinity), (n - 1, infinity)], &[(n / 2, T::of(f64::NAN))]]
        {
            let mut x = numbers::<T>(n);
            for &(i, v) in special {
                x[i] = v;
            }
            for (path, y) in on_every_path(&x, n, 0) {
                for (i, y) in y.iter().enumerate() {
                    let (y, expected) = (y.double(), output(i, &x));
                    let same = y == expected || (y.is_nan() && expected.is_nan());
                    let finite = expected.is_finite();
                    assert!(same && !finite, "{path:?}, n = {n}: {y} for {expected}");
                }
            }
        }
    }
}

/// Numbers between −1 and 1 that sums do round, and zeros of both signs.
fn rough<T: Scalar>(count: usize, seed: usize) -> Vec<T> {
    let wave = |i: usize| ((i + seed) as f64 * 0.9173 + (i * i % 89) as f64).sin();
    let number = |i: usize| match i % 29 {
        3 => 0.0,
        17 => -0.0,
        _ => wave(i),
    };
    (0..count).map(|i| T::of(number(i))).collect()
}

/// To the bit, so that zeros have signs.
fn bits<T: Scalar>(values: &[T]) -> Vec<u64> {
    values.iter().map(|v| v.double().to_bits()).collect()
}

/// Each form that a scale, a bias and a switch with these vectors can have.
fn forms<T>([d, b, open, closed]: [&[T]; 4]) -> impl Iterator<Item = Pointwise<'_, T>> {
    (0..8).map(move |form| Pointwise {
        scale: (form & 1 != 0).then_some(d),
        bias: (form & 2 != 0).then_some(b),
        switch: (form & 4 != 0).then_some([open, closed]),
    })
}

/// `z = d x + b` for each row, in plain Rust.
fn before_the_switch<T: Scalar>(p: Pointwise<'_, T>, x: &[T]) -> Vec<T> {
    let scaled = |(i, &x)| p.scale.map_or(x, |d: &[T]| x * d[i % d.len()]);
    let z = x.iter().enumerate().map(scaled).enumerate();
    z.map(|(i, x)| p.bias.map_or(x, |b: &[T]| x + b[i % b.len()])).collect()
}

/// The slopes chosen at `z`.
fn slopes<T: Scalar>(p: Pointwise<'_, T>, z: &[T]) -> Option<Vec<T>> {
    let [open, closed] = p.switch?;
    let slope = |(i, &z)| if z > T::ZERO { open[i % open.len()] } else { closed[i % open.len()] };
    Some(z.iter().enumerate().map(slope).collect())
}

fn products<T: Scalar>(a: &[T], b: &[T]) -> Vec<T> {
    a.iter().zip(b).map(|(&a, &b)| a * b).collect()
}

/// Every form in front of a transform gives the bits of one after the other, in place and in another place,
/// for any number of rows and of blocks of a row.
fn takes_what_is_before_along<T: Scalar>() {
    let sizes: Vec<_> = (1..=LARGEST).step_by(STRIDE).map(|bits| 1usize << bits).collect();
    let rows_and_blocks = [2, 1, 5].into_iter().flat_map(|rows| [3, 1, 8].map(|b| (rows, b)));
    let rows_and_blocks = rows_and_blocks.step_by(2 * STRIDE - 1);
    for ((rows, blocks), &n) in
        rows_and_blocks.flat_map(|each| sizes.iter().map(move |n| (each, n)))
    {
        let width = blocks * n;
        let (x, vectors) = (rough::<T>(rows * width, 0), rough::<T>(4 * width, 5));
        for p in forms([0, 1, 2, 3].map(|i| &vectors[i * width..][..width])) {
            let z = before_the_switch(p, &x);
            let y = slopes(p, &z).map_or(z.clone(), |slopes| products(&z, &slopes));
            for path in Path::all() {
                let (mut applied, mut apart) = (x.clone(), vec![T::ONE]);
                T::pointwise(path, p, &mut applied);
                T::pointwise_of(path, p, &x, &mut apart);
                let what = (
                    path,
                    rows,
                    blocks,
                    n,
                    p.scale.is_some(),
                    p.bias.is_some(),
                    p.switch.is_some(),
                );
                assert!(bits(&applied) == bits(&y) && bits(&apart[1..]) == bits(&y), "{what:?}");
                let mut expected = y.clone();
                T::hadamard(path, &mut expected, n);
                let (mut together, mut apart) = (x.clone(), vec![T::ONE]);
                T::hadamard_after(path, p, &mut together, n);
                assert!(bits(&together) == bits(&expected), "{what:?}");
                T::hadamard_of(path, p, &x, n, &mut apart);
                assert!(bits(&apart[1..]) == bits(&expected) && apart[0] == T::ONE, "{what:?}");
            }
        }
    }
}

/// A vector that is not there changes nothing, not even the sign of a zero.
fn keeps_the_sign_of_zero<T: Scalar>() {
    let (zeros, ones) = ([-T::ZERO; 64], [T::ONE; 64]);
    for p in forms([&ones, &zeros, &ones, &ones]) {
        for (path, n) in Path::all().into_iter().flat_map(|path| [4, 16, 64].map(|n| (path, n))) {
            let (mut y, mut apart) = (zeros, Vec::new());
            T::hadamard_after(path, p, &mut y, n);
            T::hadamard_of(path, p, &zeros, n, &mut apart);
            // The first output of each block is a sum of nothing but −0.
            for (i, y) in y.iter().chain(&apart).enumerate().step_by(n) {
                assert!(y.double().to_bits() == (-0.0_f64).to_bits(), "{path:?}, n = {n}, {i}");
            }
        }
    }
}

/// Back through every form, whatever is left of a register and of a group of rows, whichever sums are wanted:
/// the bits of one after the other.
fn pulls_back<T: Scalar>() {
    let widths = if cfg!(miri) { &[5, 16][..] } else { &[1, 5, 16, 37, 48, 200] };
    for (&n, rows) in widths.iter().flat_map(|n| (0..=9).step_by(STRIDE).map(move |rows| (n, rows)))
    {
        let (x, dy) = (rough::<T>(rows * n, 0), rough::<T>(rows * n, 11));
        let (vectors, start) = (rough::<T>(4 * n, 5), rough::<T>(n, 23));
        for p in forms([0, 1, 2, 3].map(|i| &vectors[i * n..][..n])) {
            let z = before_the_switch(p, &x);
            let dz = slopes(p, &z).map_or(dy.clone(), |slopes| products(&dy, &slopes));
            let dx = before_the_switch(Pointwise { bias: None, ..p }, &dz);
            let there = [p.scale, p.bias, p.switch.map(|s| s[0]), p.switch.map(|s| s[1])];
            // What is not there is refused, as another test says.
            let refused =
                |wanted: usize| (0..4).any(|k| wanted >> k & 1 == 1 && there[k].is_none());
            for wanted in (0..16).step_by(STRIDE).filter(|&wanted| !refused(wanted)) {
                let is_wanted = |k: usize| wanted >> k & 1 == 1;
                let begin = [0, 1, 2, 3].map(|k| if is_wanted(k) { start.clone() } else { vec![] });
                let mut expected = begin.clone();
                if is_wanted(0) {
                    add_products(&mut expected[0], &dz, &x);
                }
                add_rows(&mut expected[1], &dz);
                for (k, side) in [(2, true), (3, false)].into_iter().filter(|&(k, _)| is_wanted(k))
                {
                    // Two rows at a time are added to zero, and these to the sum.
                    for (dy, z) in dy.chunks(2 * n).zip(z.chunks(2 * n)) {
                        for (j, sum) in expected[k].iter_mut().enumerate() {
                            let terms = dy[j..].iter().zip(&z[j..]).step_by(n);
                            let chosen = terms.filter(|(_, z)| (**z > T::ZERO) == side);
                            *sum += chosen.fold(T::ZERO, |sum, (&dy, &z)| sum + dy * z);
                        }
                    }
                }
                let needed = p.switch.is_some() || is_wanted(0);
                for (path, x) in Path::all().into_iter().flat_map(|path| {
                    let all = [Some(&x[..]), (!needed).then_some(&[][..])];
                    all.into_iter().flatten().map(move |x| (path, x))
                }) {
                    let (mut sums, mut pulled) = (begin.clone(), dy.clone());
                    let [scale, bias, open, closed] = sums.each_mut().map(|sum| &mut sum[..]);
                    let sums_of = Sums { scale, bias, open, closed };
                    T::pull(path, Pull { before: p, x, sums: sums_of }, &mut pulled);
                    let what = (path, rows, n, wanted, there.map(|v| v.is_some()));
                    assert!(bits(&pulled) == bits(&dx), "{what:?}");
                    for (sum, expected) in sums.iter().zip(&expected) {
                        assert!(bits(sum) == bits(expected), "{what:?}");
                    }
                }
            }
        }
    }
}

/// Any number of runs, of sums and of steps, and runs that overlap.
fn adds_products_of_runs<T: Scalar>() {
    let all = [(STEP, 1, 8), (4 * STEP, 9, 1), (5 * STEP, 4, 5), (7 * STEP, 25, 3)];
    for &(len, count, filters) in if cfg!(miri) { &all[..3] } else { &all[..] } {
        let values = numbers::<T>(len + 5 * count + BLOCK);
        let offsets: Vec<usize> = (0..count).map(|k| 5 * k + k % 3).collect();
        let others: [usize; BLOCK] = std::array::from_fn(|f| f);
        let (weights, start) = (numbers::<T>(BLOCK * count), numbers::<T>(filters));
        let runs = Runs { values: &values, offsets: &offsets };
        let x = |k: usize, q: usize| values[offsets[k] + q].double();
        // Sums of numbers no larger than one.
        let bound = |terms: usize| 2.0 * T::EPSILON * (terms * terms) as f64;
        for path in Path::all() {
            let mut out = vec![T::of(f64::NAN); BLOCK * len];
            T::combine(path, runs, &weights, &start, &mut out);
            for (i, y) in out[..filters * len].iter().enumerate() {
                let (f, q) = (i / len, i % len);
                let sum: f64 = (0..count).map(|k| weights[k * BLOCK + f].double() * x(k, q)).sum();
                let error = (y.double() - sum - start[f].double()).abs();
                assert!(error <= bound(count + 1), "{path:?}, {count} runs of {len}, {f}: {error}");
            }
            let mut sums = vec![T::ZERO; count * BLOCK * STEP];
            let others = Runs { values: &values, offsets: &others };
            T::correlate(path, runs, others, len, &mut sums);
            T::correlate(path, runs, others, len, &mut sums);
            for (i, parts) in sums.chunks_exact(STEP).enumerate() {
                let (k, f) = (i / BLOCK, i % BLOCK);
                let sum: f64 = (0..len).map(|q| x(k, q) * values[f + q].double()).sum();
                let parts: f64 = parts.iter().map(|v| v.double()).sum();
                let error = (parts - 2.0 * sum).abs();
                assert!(error <= bound(2 * len), "{path:?}, {count} runs of {len}, {i}: {error}");
            }
        }
    }
}

/// `H Hᵀ` is the order times the identity, and all entries are ±1, alone and with a power of two inside.
fn paley_is_a_hadamard_matrix<T: Scalar>() {
    let orders = [12, 20, 28].into_iter().flat_map(|order| [1, 2, 4].map(|power| (order, power)));
    for (order, power) in orders.take(if cfg!(miri) { 1 } else { 9 }) {
        let n = order * power;
        let unit = |i: usize| T::of(if i.is_multiple_of(n + 1) { 1.0 } else { 0.0 });
        let mut h: Vec<T> = (0..n * n).map(unit).collect();
        paley_sylvester(order, &mut h, power, T::ONE);
        assert!(h.iter().all(|v| v.double().abs() == 1.0), "{order}·{power}");
        let rows: Vec<_> = h.chunks_exact(n).collect();
        for (i, j) in (0..n).flat_map(|i| (0..n).map(move |j| (i, j))) {
            let product: f64 = rows[i].iter().zip(rows[j]).map(|(a, b)| (*a * *b).double()).sum();
            let expected = if i == j { n as f64 } else { 0.0 };
            assert!(product == expected, "{order}·{power}: rows {i} and {j}");
        }
        // A column of the transform between strides is a column of the matrix.
        let mut columns: Vec<T> = (0..order * 4).map(|i| T::of(f64::from(i == 5))).collect();
        paley(order, &mut columns, 4, T::ONE);
        let mut column = vec![T::ZERO; order];
        column[1] = T::ONE;
        paley_sylvester(order, &mut column, 1, T::ONE);
        let expected = column.iter().flat_map(|&v| [T::ZERO, v, T::ZERO, T::ZERO]);
        assert!(expected.eq(columns), "{order}, stride 4");
    }
}

/// Nothing is read without a check of its length before.
fn wrong_lengths_panic<T: Scalar>() {
    type Call<T> = fn(&mut [T], &[T]);
    let calls: [(&str, Call<T>); 14] = [
        ("no power of two", |x, _| hadamard(x, 12)),
        ("no block", |x, _| hadamard(x, 0)),
        ("no whole blocks", |x, _| hadamard(x, 32)),
        ("a vector of another length", |x, v| {
            let p = Pointwise { bias: Some(&v[..16]), scale: Some(v), switch: None };
            hadamard_after(p, x, 16);
        }),
        ("one slope too short", |x, v| {
            let switch = Some([v, &v[..16]]);
            hadamard_of(Pointwise { switch, ..Pointwise::default() }, x, 16, &mut Vec::new());
        }),
        ("rows that are not whole blocks", |x, v| {
            hadamard_after(Pointwise { bias: Some(&v[..24]), ..Pointwise::default() }, x, 16);
        }),
        ("no whole rows", |x, v| {
            Pointwise { bias: Some(&v[..7]), ..Pointwise::default() }.apply(x)
        }),
        ("vectors of no length", |x, v| {
            Pointwise { scale: Some(&v[..0]), ..Pointwise::default() }.apply(x);
        }),
        ("too few inputs", |x, v| {
            let before = Pointwise { switch: Some([v; 2]), ..Pointwise::default() };
            Pull { before, x: &v[..47], sums: Sums::default() }.apply(x);
        }),
        ("a sum too short", |x, v| {
            let before = Pointwise { scale: Some(v), ..Pointwise::default() };
            let sums = Sums { scale: &mut [T::ZERO; 47], ..Sums::default() };
            Pull { before, x: v, sums }.apply(x);
        }),
        ("a sum for what is not there", |x, v| {
            let before = Pointwise { scale: Some(v), ..Pointwise::default() };
            let sums = Sums { bias: &mut [T::ZERO; 48], ..Sums::default() };
            Pull { before, x: v, sums }.apply(x);
        }),
        ("no such order", |x, _| paley_sylvester(16, x, 1, T::ONE)),
        ("no such stride", |x, _| paley(12, x, 2, T::ONE)),
        ("runs beyond the numbers", |x, v| {
            let runs = Runs { values: v, offsets: &[usize::MAX] };
            runs.combine(&[T::ONE; BLOCK], &[], &mut [T::ZERO; BLOCK * STEP]);
            x[0] = T::ZERO;
        }),
    ];
    for (what, call) in calls {
        let (mut x, vectors) = (numbers::<T>(48), numbers::<T>(48));
        let run = std::panic::AssertUnwindSafe(|| call(&mut x, &vectors));
        assert!(std::panic::catch_unwind(run).is_err(), "{what}");
    }
}

/// Nothing at all is done, and nothing is read.
fn no_rows_are_no_rows<T: Scalar>() {
    for n in [1, 16] {
        let empty: [&[T]; 4] = [&[]; 4];
        for p in forms(empty) {
            let mut out = Vec::new();
            hadamard_after(p, &mut [], n);
            hadamard_of(p, &[], n, &mut out);
            p.apply(&mut []);
            p.apply_to(&[], &mut out);
            Pull { before: p, x: &[], sums: Sums::default() }.apply(&mut []);
            assert!(out.is_empty());
        }
    }
}

macro_rules! in_both_precisions {
    ($($name:ident),+ $(,)?) => {
        mod single { $(#[test] fn $name() { super::$name::<f32>(); })+ }
        mod double { $(#[test] fn $name() { super::$name::<f64>(); })+ }
    };
}

in_both_precisions!(
    is_the_matrix,
    is_the_matrix_for_long_rows,
    gives_the_same_bits_on_every_path,
    passes_what_is_not_finite,
    takes_what_is_before_along,
    pulls_back,
    adds_products_of_runs,
    keeps_the_sign_of_zero,
    paley_is_a_hadamard_matrix,
    wrong_lengths_panic,
    no_rows_are_no_rows,
);

/// Every length of a run, permutations and others, against the definition; and the transpose, against its own.
fn gathers_by_definition<T: Scalar>() {
    for run in [1, 2, 3, 4, 6, 8, 16, 48] {
        let inputs = 5 * run;
        // Runs in another order; some missing, some given twice.
        for order in [vec![3, 0, 4, 1, 2], vec![2, 9, 2, 0], vec![9, 9], vec![4, 4, 4, 4, 4, 1]] {
            let one = |i: usize| (order[i / run] < 5).then(|| order[i / run] * run + i % run);
            let from: Vec<_> = (0..order.len() * run).map(one).collect();
            let gather = Gather::new(inputs, &from).expect("inputs that are there");
            assert_eq!((gather.inputs(), gather.outputs()), (inputs, from.len()));
            let x = numbers::<T>(3 * inputs);
            let mut y = vec![T::ONE];
            gather.push(&x, &mut y);
            let value =
                |row: usize, input: &Option<usize>| input.map_or(T::ZERO, |i| x[row * inputs + i]);
            let rows = (0..3).flat_map(|row| from.iter().map(move |input| value(row, input)));
            assert!(y[0] == T::ONE && y[1..].iter().copied().eq(rows), "{run} {order:?}");
            let mut dx = Vec::new();
            gather.pull(&y[1..], &mut dx);
            let mut expected = vec![T::ZERO; 3 * inputs];
            for (at, dy) in y[1..].iter().enumerate() {
                if let Some(input) = from[at % from.len()] {
                    expected[at / from.len() * inputs + input] += *dy;
                }
            }
            assert_eq!(dx, expected, "{run} {order:?}");
        }
    }
    assert!(Gather::new(3, &[Some(2), Some(3)]).is_none());
    let mut nothing = Vec::<T>::new();
    Gather::new(2, &[Some(1), None]).expect("inputs that are there").push(&[], &mut nothing);
    assert!(nothing.is_empty());
}

#[test]
fn gathers_by_definition_in_both_precisions() {
    gathers_by_definition::<f32>();
    gathers_by_definition::<f64>();
}

#[test]
#[should_panic(expected = "gather: expected rows of 3 numbers, found 4 numbers")]
fn a_gather_takes_whole_rows() {
    let gather = Gather::new(3, &[Some(0)]).expect("an input that is there");
    gather.push(&[0.0_f32; 4], &mut Vec::new());
}

//! The switch of blocks, against its formula.

use super::{Scalar, numbers};
use crate::compiled::Kernels;
use crate::{BlockSwitch, Path};

/// A way forwards or back: outputs, and the two sums.
type Answer<T> = [Vec<T>; 3];

/// By the formula, in the order in which the kernels add.
fn forwards<T: Scalar>(switch: BlockSwitch<'_, T>, x: &[T], z: &[T], n: usize) -> Vec<T> {
    let BlockSwitch { open, closed, block } = switch;
    let output = |i: usize| {
        let (row, k) = (i / n * n, i % block);
        let start = i - k;
        (start..start + block).fold(T::ZERO, |sum, j| {
            let chosen = if z[j % z.len()] > T::ZERO { open } else { closed };
            sum + x[j] * chosen[(j - row) * block + k]
        })
    };
    (0..x.len()).map(output).collect()
}

/// By the formula; the numbers are such that sums are exact in any order.
fn backwards<T: Scalar>(switch: BlockSwitch<'_, T>, z: &[T], dy: &[T], n: usize) -> Answer<T> {
    let BlockSwitch { open, closed, block } = switch;
    let mut sums = [vec![T::ZERO; open.len()], vec![T::ZERO; open.len()]];
    let mut dx = vec![T::ZERO; dy.len()];
    for j in 0..dy.len() {
        let (start, z) = (j / block * block, z[j % z.len()]);
        let is_open = z > T::ZERO;
        for k in 0..block {
            let place = j % n * block + k;
            dx[j] += dy[start + k] * if is_open { open[place] } else { closed[place] };
            sums[usize::from(!is_open)][place] += dy[start + k] * z;
        }
    }
    let [a, b] = sums;
    [dx, a, b]
}

fn is_the_formula<T: Scalar>() {
    let sizes: &[(usize, usize)] = if cfg!(miri) {
        &[(3, 6), (4, 20), (8, 24)]
    } else {
        &[
            (1, 5),
            (2, 10),
            (3, 9),
            (4, 4),
            (4, 12),
            (4, 16),
            (4, 20),
            (4, 76),
            (8, 8),
            (8, 16),
            (8, 72),
            (12, 36),
            (16, 48),
            (32, 64),
        ]
    };
    for &(block, n) in sizes {
        for rows in [0, 1, 3, 33].into_iter().filter(|rows| !cfg!(miri) || *rows < 4) {
            let mut all = numbers::<T>(n * (2 * block + 2 * rows + 1));
            let zero = all.len() - 1;
            all[zero] = T::ZERO; // a zero chooses the closed vector
            let (vectors, all) = all.split_at(2 * n * block);
            let (open, closed) = vectors.split_at(n * block);
            let (x, z) = all.split_at(n * rows);
            let (own, only) = (&z[n..], &z[..n]);
            let switch = BlockSwitch { open, closed, block };
            // Records of others, one for all, and each row its own.
            for records in [own, only, x] {
                let expected = forwards(switch, x, records, n);
                let [dx, for_open, for_closed] = backwards(switch, records, x, n);
                for path in Path::all() {
                    let what = format!("{path:?}, blocks of {block} in {n}, {rows} rows");
                    let mut y = vec![T::ONE];
                    T::switch_blocks(path, switch, x, records, &mut y);
                    assert_eq!((y[0], &y[1..]), (T::ONE, &expected[..]), "{what}");
                    let mut y = x.to_vec();
                    T::pull_blocks(path, switch, records, &mut y, [&mut [], &mut []]);
                    assert_eq!(y, dx, "{what}");
                    if records.len() == x.len() {
                        let mut sums = [vec![T::ONE; n * block], vec![T::ZERO; n * block]];
                        let [a, b] = &mut sums;
                        y.copy_from_slice(x);
                        T::pull_blocks(path, switch, records, &mut y, [a, b]);
                        assert_eq!(y, dx, "{what}");
                        let more: Vec<T> = for_open.iter().map(|&v| v + T::ONE).collect();
                        assert_eq!(sums, [more, for_closed.clone()], "{what}");
                    }
                }
            }
        }
    }
}

/// What is neither above zero nor below chooses the closed vector, and the sum for that alone.
fn no_number_chooses_the_closed_vector<T: Scalar>() {
    let n = 32;
    let (open, closed) = (vec![T::ONE; 4 * n], vec![T::of(2.0); 4 * n]);
    let switch = BlockSwitch { open: &open, closed: &closed, block: 4 };
    let (z, dy) = (vec![T::of(f64::NAN); 5 * n], vec![T::ONE; 5 * n]);
    for path in Path::all() {
        let (mut dx, mut sums) = (dy.clone(), [vec![T::ONE; 4 * n], vec![T::ONE; 4 * n]]);
        let [a, b] = &mut sums;
        T::pull_blocks(path, switch, &z, &mut dx, [a, b]);
        assert_eq!(dx, vec![T::of(8.0); 5 * n], "{path:?}");
        assert_eq!(sums[0], vec![T::ONE; 4 * n], "{path:?}");
        assert!(sums[1].iter().all(|sum| sum.double().is_nan()), "{path:?}");
    }
}

/// Products of steps of 2⁻¹⁰ are no longer exact in single precision once a few are added, so there the order counts.
fn has_the_same_bits_on_every_path<T: Scalar>() {
    for (block, n) in [(4, 52), (8, 40), (16, 32)] {
        let third = T::of(1.0 / 3.0);
        let all: Vec<T> =
            numbers::<T>(n * (2 * block + 6)).into_iter().map(|v| v * third).collect();
        let (vectors, all) = all.split_at(2 * n * block);
        let (open, closed) = vectors.split_at(n * block);
        let (dy, z) = all.split_at(3 * n);
        let switch = BlockSwitch { open, closed, block };
        let answers = Path::all().into_iter().map(|path| -> Answer<T> {
            let (mut y, mut dx) = (Vec::new(), dy.to_vec());
            let mut sums = vec![third; 2 * n * block];
            T::switch_blocks(path, switch, dy, z, &mut y);
            let (a, b) = sums.split_at_mut(n * block);
            T::pull_blocks(path, switch, z, &mut dx, [a, b]);
            [y, dx, sums]
        });
        let answers: Vec<_> = answers.collect();
        for (path, answer) in Path::all().iter().zip(&answers) {
            assert!(*answer == answers[0], "{path:?}, blocks of {block}");
        }
    }
}

#[test]
fn block_switch_is_the_formula() {
    is_the_formula::<f32>();
    is_the_formula::<f64>();
}

#[test]
fn no_number_chooses_the_closed_vector_of_blocks() {
    no_number_chooses_the_closed_vector::<f32>();
    no_number_chooses_the_closed_vector::<f64>();
}

#[test]
fn block_switch_has_the_same_bits_on_every_path() {
    has_the_same_bits_on_every_path::<f32>();
    has_the_same_bits_on_every_path::<f64>();
}

/// No product is added to a negative zero as it is: each sum begins at zero.
#[test]
fn sums_of_negative_zeros_are_zero() {
    let (open, x) = ([1.0f32; 32], [-0.0f32; 8]);
    let switch = BlockSwitch { open: &open, closed: &open, block: 4 };
    for path in Path::all() {
        let (mut y, mut dx) = (Vec::new(), x);
        f32::switch_blocks(path, switch, &x, &x, &mut y);
        f32::pull_blocks(path, switch, &x, &mut dx, [&mut [], &mut []]);
        assert!(y.into_iter().chain(dx).all(|v| v.to_bits() == 0), "{path:?}");
    }
}

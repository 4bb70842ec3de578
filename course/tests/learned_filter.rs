use std::sync::LazyLock;

#[path = "../09-fast-weighted-sums/learned_filter.rs"]
#[allow(dead_code)] // main
mod program;

static FOUND: LazyLock<Vec<program::Filter>> = LazyLock::new(|| program::run(true).unwrap());

/// Sums of 32 products beside transforms of five levels.
const ROUNDING: f64 = 64.0 * f64::EPSILON;

#[test]
fn a_scale_between_fourier_transforms_is_a_circular_convolution() {
    let [symmetric, sided] = &FOUND[..] else { panic!("two kernels") };
    for filter in [symmetric, sided] {
        let [fourier, _, two] = filter.errors;
        assert!(fourier <= ROUNDING && two <= ROUNDING, "{}: {:?}", filter.name, filter.errors);
    }
    // One real scale is enough for a symmetric kernel, and not for the other.
    assert!(symmetric.errors[1] <= ROUNDING, "{:?}", symmetric.errors);
    assert!(sided.errors[1] > 0.1, "{:?}", sided.errors);
}

#[test]
fn one_scale_learns_the_even_part_of_a_kernel() {
    let [symmetric, sided] = &FOUND[..] else { panic!("two kernels") };
    // The symmetric kernel can be met exactly; 30 epochs come near, where 60 come within rounding.
    assert!(symmetric.missed(&symmetric.kernel) < 1e-4, "{}", symmetric.missed(&symmetric.kernel));
    // Of the other, the odd part looks like noise on 1,024 rows: about 1/√1024 of its size is left.
    assert!(sided.missed(&sided.even) < 1.0 / 32.0, "{}", sided.missed(&sided.even));
    assert!(sided.missed(&sided.kernel) > 0.2, "{}", sided.missed(&sided.kernel));
}

#[test]
fn the_picture_has_both_kernels() {
    let picture = program::picture(&FOUND);
    assert!(picture.contains("symmetric kernel") && picture.contains("one-sided kernel"));
}

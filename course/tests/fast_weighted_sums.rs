use crate::{says, thousands};
use std::sync::LazyLock;

#[path = "../09-fast-weighted-sums/main.rs"]
#[allow(dead_code)] // main
mod program;

static FOUND: LazyLock<program::Findings> = LazyLock::new(|| program::run(true).unwrap());

#[test]
fn a_transform_does_the_work_of_a_dense_layer_with_fewer_operations() {
    assert_eq!(FOUND.costs.len(), 6);
    for cost in &FOUND.costs {
        let [fast, dense] = cost.multiply_adds;
        assert_eq!(dense, cost.n * cost.n);
        // Short Fourier transforms are products with their matrix, which is faster.
        let short = cost.n < 64 && !cost.name.contains("Hadamard");
        assert!(if short { fast == dense } else { fast < dense }, "{} {}", cost.name, cost.n);
        // Sums of n products of numbers of about 3/√n and 3, in two orders.
        assert!(cost.gap <= 64.0 * f32::EPSILON, "{} {}: {:e}", cost.name, cost.n, cost.gap);
        assert!(cost.ratio > 0.0);
        let times = format!("{:.1}", dense as f64 / fast as f64);
        let [fast, dense] = [fast, dense].map(thousands);
        let row = format!("| {} | {} | {fast} | {dense} | {times} |", cost.name, cost.n);
        says("09-fast-weighted-sums", &row);
    }
    // Sixteen times the width: 256 times the dense work, but for a Walsh–Hadamard transform 16·(8/4) times.
    let [narrow, wide] = [&FOUND.costs[0], &FOUND.costs[1]];
    assert_eq!(wide.multiply_adds[0], 32 * narrow.multiply_adds[0]);
}

#[test]
fn signs_make_noise_of_what_a_transform_would_gather() {
    let largest = |input: &str, of: &str, signs: bool| {
        let one = FOUND.energies.iter().find(|e| (e.input, e.of, e.signs) == (input, of, signs));
        one.unwrap().part[program::TENTH - 1]
    };
    for (of, _) in program::TRANSFORMS {
        let noise = largest("noise", of, false);
        assert!(largest("smooth row", of, false) > 0.99, "{of}");
        assert!(largest("digits", of, false) > noise + 0.2, "{of}");
        for input in ["smooth row", "digits", "noise"] {
            // The part of a row of noise in its largest six has a deviation of 0.051; the mean of 20 draws of
            // signs one of 0.0115, of which three and a half are allowed.
            let signed = largest(input, of, true);
            assert!((signed - noise).abs() < 0.04, "{of}, {input}: {signed} {noise}");
        }
    }
    for energy in &FOUND.energies {
        assert!(energy.part.windows(2).all(|w| w[0] <= w[1]));
        // Means of sums of 64 numbers over up to 20,000 rows.
        assert!((energy.part[program::WIDTH - 1] - 1.0).abs() < 1e-11);
    }
}

#[test]
fn the_pictures_name_the_transforms() {
    for picture in [
        program::basis_picture().unwrap(),
        program::cost_picture(&FOUND.costs),
        program::energy_picture(&FOUND.energies),
    ] {
        for (name, _) in program::TRANSFORMS {
            assert!(picture.contains(name), "{name}");
        }
    }
}

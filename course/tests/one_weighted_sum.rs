use std::sync::LazyLock;

#[path = "../07-one-weighted-sum/main.rs"]
#[allow(dead_code)] // main
mod program;

static FOUND: LazyLock<program::Findings> = LazyLock::new(|| program::run(true).unwrap());

#[test]
fn three_ways_to_one_number_agree_to_the_last_bits() {
    // Sums of up to a thousand products, which cancel to some part of their sizes.
    let size: f64 = (&FOUND.x * &FOUND.by_hand.0).mapv(f64::abs).sum() + FOUND.by_hand.1.abs();
    let bound = 64.0 * f64::EPSILON * size;
    for way in [&FOUND.by_hand, &FOUND.extracted] {
        assert!((FOUND.sum(way) - FOUND.net).abs() <= bound, "{} {}", FOUND.sum(way), FOUND.net);
    }
    let largest = FOUND.by_hand.0.fold(0.0_f64, |most, v| most.max(v.abs()));
    for (a, b) in FOUND.by_hand.0.iter().zip(&FOUND.extracted.0) {
        assert!((a - b).abs() <= 64.0 * f64::EPSILON * largest, "{a} {b}");
    }
}

#[test]
fn some_paths_are_open_and_not_all() {
    assert!(FOUND.paths.0 > 0 && FOUND.paths.0 < FOUND.paths.1, "{:?}", FOUND.paths);
}

#[test]
fn the_picture_names_its_three_parts() {
    let picture = program::picture(&FOUND).unwrap();
    for caption in ["the input x", "weights a of output", "a times x"] {
        assert!(picture.contains(caption), "{caption}");
    }
}

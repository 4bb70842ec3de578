#[path = "../../examples/07_one_weighted_sum.rs"]
#[allow(dead_code)] // main
mod example;

#[test]
fn three_ways_to_one_number_agree_to_the_last_bits() {
    let found = example::run(true).unwrap();
    // Sums of up to a thousand products, which cancel to some part of their sizes.
    let size: f64 = (&found.x * &found.by_hand.0).mapv(f64::abs).sum() + found.by_hand.1.abs();
    let bound = 64.0 * f64::EPSILON * size;
    for way in [&found.by_hand, &found.extracted] {
        assert!((found.sum(way) - found.net).abs() <= bound, "{} {}", found.sum(way), found.net);
    }
    let largest = found.by_hand.0.fold(0.0_f64, |most, v| most.max(v.abs()));
    for (a, b) in found.by_hand.0.iter().zip(&found.extracted.0) {
        assert!((a - b).abs() <= 64.0 * f64::EPSILON * largest, "{a} {b}");
    }
}

#[test]
fn some_paths_are_open_and_not_all() {
    let found = example::run(true).unwrap();
    assert!(found.paths.0 > 0 && found.paths.0 < found.paths.1, "{:?}", found.paths);
}

#[test]
fn the_picture_names_its_three_parts() {
    let picture = example::picture(&example::run(true).unwrap()).unwrap();
    for caption in ["the input x", "weights a of output", "a times x"] {
        assert!(picture.contains(caption), "{caption}");
    }
}

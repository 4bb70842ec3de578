use std::sync::LazyLock;

#[path = "../11-what-the-net-looks-at/main.rs"]
#[allow(dead_code)] // main
mod program;

static FOUND: LazyLock<program::Findings> = LazyLock::new(|| program::run(true).unwrap());

#[test]
fn the_row_predicts_the_noise_within_its_sampling_error() {
    // Where no switch flips, the output is a weighted sum of normal numbers, so its variance follows χ². Four
    // deviations out lies one of 16,000, and there are some dozens.
    let [low, high] = program::bounds(FOUND.copies - 1, 4.0);
    let all = || FOUND.nets.iter().flat_map(|net| &net.looks).flat_map(|look| &look.noise);
    for noise in all().filter(|noise| noise.flips == 0.0) {
        assert!((low..high).contains(&noise.ratio), "{} not in {low}..{high}", noise.ratio);
        // All copies select the same row, which sums over the copies round.
        assert!((noise.mean_row - 1.0).abs() < 1e-12, "{}", noise.mean_row);
    }
    // Together they leave less than 3 % of room.
    let (count, ratio, [low, high]) = FOUND.without_flips();
    assert!(count >= 24 && high - low < 0.06, "{count}, {low} to {high}");
    assert!((low..high).contains(&ratio), "{ratio} not in {low}..{high}");
}

#[test]
fn the_bounds_are_those_of_the_chi_square_distribution() {
    // χ² of 100 degrees of freedom has its 2.5 % at 74.222 and at 129.561; the approximation is good to 10⁻³.
    let [low, high] = program::bounds(100, 1.959964);
    assert!((low * low - 0.74222).abs() < 1e-3 && (high * high - 1.29561).abs() < 1e-3);
}

#[test]
fn the_prediction_fails_where_many_switches_flip() {
    for net in &FOUND.nets {
        let flips: Vec<f64> = (0..6).map(|s| net.mean_std(s, |noise| noise.flips).mean).collect();
        assert!(flips.is_sorted(), "{}: {flips:?}", net.name);
        assert!(flips[5] > 0.1 * net.switches as f64, "{}: {flips:?}", net.name);
    }
    // The CNN's rows point in many directions, so their mean is short, and outputs move less than one row says.
    let cnn = &FOUND.nets[2];
    let below = |value: fn(&program::Noise) -> f64| {
        cnn.looks.iter().filter(|look| value(&look.noise[5]) < 1.0).count()
    };
    assert_eq!(below(|noise| noise.mean_row), cnn.looks.len());
    // By chance alone a ratio is below 1 every other time, and 10 of 12 are so once in 50.
    assert!(below(|noise| noise.ratio) >= 10, "{}", below(|noise| noise.ratio));
}

#[test]
fn the_smallest_change_of_a_region_flips_the_decision() {
    let changes = || FOUND.nets.iter().flat_map(program::Looks::changes);
    let regions: Vec<_> = changes().filter_map(|c| Some((c.linear, c.region?))).collect();
    assert!(regions.len() >= 2, "{}", regions.len());
    for (linear, (size, flips)) in regions {
        assert!(flips);
        // Boundaries can only make it longer, but for the tolerance that the solver is checked with.
        assert!(size >= linear * (1.0 - 1e-6), "{size} {linear}");
    }
    assert!(changes().all(|c| c.found.is_finite()));
}

#[test]
fn the_pictures_name_their_axes() {
    let pictures = program::pictures(&FOUND).unwrap();
    let axes =
        ["weights of the class chosen", "measured gain", "switches flipped (%)", "found (l2)"];
    for ((name, text), axis) in pictures.iter().zip(axes) {
        assert!(text.contains(axis), "{name}");
    }
}

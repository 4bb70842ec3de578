use std::sync::LazyLock;

#[path = "../13-neighbors-belong-together/main.rs"]
#[allow(dead_code)] // main
mod program;

static FOUND: LazyLock<program::Findings> = LazyLock::new(|| program::run(true).unwrap());

#[test]
fn the_shuffled_set_has_the_same_pixels() {
    let [as_is, shuffled] = &FOUND.sets;
    let sorted = |set: &switchnet::data::Split<f32>, row: usize| {
        let mut pixels = set.test.inputs().row(row).to_vec();
        pixels.sort_by(f32::total_cmp);
        pixels
    };
    for row in [0, 100, 359] {
        assert_eq!(sorted(as_is, row), sorted(shuffled, row));
        assert_ne!(as_is.test.inputs().row(row), shuffled.test.inputs().row(row));
    }
    assert_eq!(as_is.test.labels(), shuffled.test.labels());
}

/// Even after a few epochs: the sliding bank needs the neighborhood, and loses more than the dense net does.
#[test]
fn the_sliding_bank_loses_most() {
    let lost: Vec<f64> = FOUND.kinds.iter().map(|kind| kind.loss().0).collect();
    assert!(lost[0] > 0.015, "{lost:?}");
    assert!(lost[0] > lost[3] + 0.015, "{lost:?}");
}

#[test]
fn nets_have_about_as_many_parameters() {
    for kind in &FOUND.kinds {
        assert!((1500..=2200).contains(&kind.parameters), "{}: {}", kind.name, kind.parameters);
    }
}

#[test]
fn losses_are_paired_by_seed() {
    for kind in &FOUND.kinds {
        let lost = [0, 1, 2, 3].map(|seed| kind.accuracy[0][seed] - kind.accuracy[1][seed]);
        let (mean, half) = kind.loss();
        let expected = lost.iter().sum::<f64>() / 4.0;
        assert!((mean - expected).abs() < 1e-12);
        let square: f64 = lost.iter().map(|l| (l - expected) * (l - expected)).sum();
        // t of three degrees of freedom over √4.
        assert!((half - 3.1824 / 2.0 * (square / 3.0).sqrt()).abs() < 1e-6);
    }
}

#[test]
fn the_picture_shows_every_net() {
    let picture = program::picture(&FOUND).unwrap();
    for kind in &FOUND.kinds {
        assert!(picture.contains(kind.name));
    }
}

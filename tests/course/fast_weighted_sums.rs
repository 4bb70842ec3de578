#[path = "../../examples/09_fast_weighted_sums.rs"]
#[allow(dead_code)] // main
mod example;

#[test]
fn a_transform_does_the_work_of_a_dense_layer_with_fewer_operations() {
    let found = example::run(true).unwrap();
    assert_eq!(found.costs.len(), 6);
    for cost in &found.costs {
        let [fast, dense] = cost.multiply_adds;
        assert_eq!(dense, cost.n * cost.n);
        assert!(fast < dense, "{} {}", cost.name, cost.n);
        // Sums of n products of numbers of about 3/√n and 3, in two orders.
        assert!(cost.gap <= 64.0 * f32::EPSILON, "{} {}: {:e}", cost.name, cost.n, cost.gap);
        assert!(cost.ratio > 0.0);
    }
    // Four times the width: 16 times the dense work, but for a Walsh–Hadamard transform 4·(6/4) times.
    let [narrow, wide] = [&found.costs[0], &found.costs[1]];
    assert_eq!(wide.multiply_adds[0], 6 * narrow.multiply_adds[0]);
}

#[test]
fn signs_make_noise_of_what_a_transform_would_gather() {
    let found = example::run(true).unwrap();
    let largest = |input: &str, of: &str, signs: bool| {
        let one = found.energies.iter().find(|e| (e.input, e.of, e.signs) == (input, of, signs));
        one.unwrap().part[example::TENTH - 1]
    };
    for (of, _) in example::TRANSFORMS {
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
    for energy in &found.energies {
        assert!(energy.part.windows(2).all(|w| w[0] <= w[1]));
        // Means of sums of 64 numbers over up to 20,000 rows.
        assert!((energy.part[example::WIDTH - 1] - 1.0).abs() < 1e-11);
    }
}

#[test]
fn the_pictures_name_the_transforms() {
    let found = example::run(true).unwrap();
    for picture in [
        example::basis_picture().unwrap(),
        example::cost_picture(&found.costs),
        example::energy_picture(&found.energies),
    ] {
        for (name, _) in example::TRANSFORMS {
            assert!(picture.contains(name), "{name}");
        }
    }
}

//! Images that are spoiled.

use std::collections::HashSet;
use std::ops::ControlFlow::Continue;
use switchnet_lab::experiment::{Corruption, Experiment};

const SHAPE: [usize; 3] = [1, 12, 15];

/// A picture without symmetry, between 10 and 30, dark at the corner.
fn picture() -> Vec<f32> {
    let inside = |i: usize, j: usize| (2..9).contains(&i) && (3..10).contains(&j);
    let value = |i: usize, j: usize| if inside(i, j) { 11.0 + (i + j / 2) as f32 } else { 10.0 };
    (0..12).flat_map(|i| (0..15).map(move |j| value(i, j))).collect()
}

fn spoiled(corruption: Corruption, number: u64) -> Vec<f32> {
    let mut image = picture();
    corruption.apply(&mut image, SHAPE, 10.0..30.0, number);
    image
}

#[test]
fn each_kind_changes_an_image_within_its_range_and_always_alike() {
    for corruption in Corruption::ALL {
        let once = spoiled(corruption, 3);
        assert!(
            once != picture() && once.iter().all(|v| (10.0..=30.0).contains(v)),
            "{corruption:?}"
        );
        assert_eq!(spoiled(corruption, 3), once);
        let all: HashSet<Vec<u32>> =
            (0..20).map(|n| spoiled(corruption, n).iter().map(|v| v.to_bits()).collect()).collect();
        use Corruption::{Blur, Brightness, Contrast, Rotate, Shrink};
        match corruption {
            Blur | Brightness | Contrast | Shrink => assert_eq!(all.len(), 1),
            Rotate => assert_eq!(all.len(), 2),
            _ => assert!(all.len() > 5, "{corruption:?}: {}", all.len()),
        }
    }
}

/// A shift is by two pixels in one of eight directions, and to the last bits nothing else.
#[test]
fn a_shift_is_a_shift() {
    let mut directions = HashSet::new();
    for number in 0..60 {
        let image = spoiled(Corruption::Shift, number);
        let from = [-2_i32, 0, 2].into_iter().flat_map(|i| [-2_i32, 0, 2].map(|j| (i, j)));
        let matches = |&(di, dj): &(i32, i32)| {
            (0..12_i32).all(|i| {
                (0..15_i32).all(|j| {
                    let (y, x) = (i + di, j + dj);
                    let inside = (0..12).contains(&y) && (0..15).contains(&x);
                    let old = if inside { picture()[(y * 15 + x) as usize] } else { 10.0 };
                    (image[(i * 15 + j) as usize] - old).abs() < 1e-4
                })
            })
        };
        let found: Vec<_> = from.filter(matches).collect();
        assert!(found.len() == 1 && found[0] != (0, 0), "{number}: {found:?}");
        directions.insert(found[0]);
    }
    assert_eq!(directions.len(), 8);
}

/// Known values: a blur of one bright pixel, a bar and a square of the right size, a turned plane that stays one.
#[test]
fn strengths_are_what_they_say() {
    let mut dot = vec![0.0_f32; 7 * 7];
    dot[24] = 1.0;
    Corruption::Blur.apply(&mut dot, [1, 7, 7], 0.0..1.0, 0);
    // 1, 4, 6, 4, 1 over 16, down and across.
    assert!((dot[24] - 36.0 / 256.0).abs() < 1e-6 && (dot[22] - 6.0 / 256.0).abs() < 1e-6);
    assert!((dot.iter().sum::<f32>() - 1.0).abs() < 1e-6);
    let mut gray = vec![0.5_f32; 30 * 30];
    Corruption::Stripe.apply(&mut gray, [1, 30, 30], 0.0..1.0, 5);
    assert_eq!(gray.iter().filter(|v| **v == 1.0).count(), 3 * 30);
    Corruption::Occlusion.apply(&mut gray, [1, 30, 30], 0.0..1.0, 5);
    assert_eq!(gray.iter().filter(|v| **v == 0.0).count(), 10 * 10);
    let mut flat = vec![0.25_f32; 2 * 36];
    for corruption in [Corruption::Rotate, Corruption::Shrink, Corruption::Shift] {
        corruption.apply(&mut flat, [2, 6, 6], 0.0..1.0, 1);
        assert!(flat.iter().all(|v| (v - 0.25).abs() < 1e-6), "{corruption:?}");
    }
    let mut noise = vec![0.5_f32; 40_000];
    Corruption::Noise.apply(&mut noise, [1, 200, 200], 0.0..1.0, 2);
    let square = noise.iter().map(|v| (v - 0.5) * (v - 0.5)).sum::<f32>() / 40_000.0;
    assert!((square.sqrt() - 0.2).abs() < 0.01, "{square}"); // clipped at 2.5 deviations
}

#[test]
fn an_experiment_measures_what_corruptions_leave() {
    let text = |data: &str| {
        format!(
            r#"
            name = "Spoiled"
            seeds = [1, 2]
            choosing-seeds = 1
            data = {{ source = "{data}" }}
            standardize = "global"
            training = {{ epochs = 3, keep = "last" }}
            corruptions = ["contrast", "noise", "occlusion"]
            [[nets]]
            name = "thin"
            architecture = {{ net = "thin-mlp", parameters = 2000 }}
            "#
        )
    };
    let experiment: Experiment = toml::from_str(&text("digits")).unwrap();
    let results = experiment.run(None, false, &|_| Continue(())).unwrap().expect("nobody stops it");
    for run in &results.nets[0].runs {
        let names: Vec<_> = run.spoiled.iter().map(|s| s.corruption.name()).collect();
        assert_eq!(names, ["contrast", "noise", "occlusion"]);
        assert!(
            run.spoiled.iter().all(|s| s.accuracy > 0.1 && s.accuracy <= run.test_accuracy + 0.02)
        );
        assert!(run.spoiled[2].accuracy < run.test_accuracy - 0.05, "{:?}", run.spoiled);
    }
    let record = switchnet_lab::report::Record::of(&results);
    let table = switchnet_lab::report::records_markdown(&[record]);
    assert!(table.contains("| net | clean | contrast | noise | occlusion | mean |"), "{table}");
    let flat: Experiment = toml::from_str(&text("spirals")).unwrap();
    let error = flat.run(None, false, &|_| Continue(())).unwrap_err().to_string();
    assert_eq!(error, "inputs to corrupt: expected images, [channels, height, width], found [2]");
}

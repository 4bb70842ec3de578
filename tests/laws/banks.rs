//! The fixed filter banks of the zoo: that they take what they promise, cost what they say and stay exact.

use crate::common::*;
use switchnet::analysis::effective_map;
use switchnet::layer::{Layer, parameters};
use switchnet::net::zoo::{
    Architecture, CosineBank, MultiScaleBank, Readout, SlidingBank, SwitchKind, ThinMlp,
};
use switchnet::net::{Spec, Summary};
use switchnet::{Matrix, Scalar};

/// Images of one and of several channels, of odd sides and of few pixels; sequences; plain features.
const INPUTS: [&[usize]; 7] =
    [&[1, 28, 28], &[3, 16, 20], &[1, 8, 8], &[2, 7, 9], &[1, 1, 40], &[40], &[64]];

/// A bank of few multiply-adds: patches side by side whose filters are the first Hadamard transform.
fn cheap(channels: usize) -> SlidingBank {
    SlidingBank {
        stride: 4,
        cosine: false,
        channels: vec![channels, channels],
        layers: vec![2, 0],
        window: 3,
        grid: 4,
        top: Some(SwitchKind::Block4),
        take: None,
        ..SlidingBank::default()
    }
}

fn banks() -> Vec<Architecture> {
    let cheap = SlidingBank { grid: 1, ..cheap(64) };
    let readouts = [Readout::Means, Readout::Diagonal, Readout::LowRank(2)];
    let read = |readout| {
        let multi_scale = MultiScaleBank { readout, take: Some(16), ..MultiScaleBank::default() };
        [
            Architecture::CosineBank(CosineBank { readout, ..CosineBank::default() }),
            Architecture::MultiScaleBank(multi_scale),
            Architecture::SlidingBank(SlidingBank { readout, ..cheap.clone() }),
        ]
    };
    let mut banks: Vec<_> = readouts.into_iter().flat_map(read).collect();
    banks.extend([
        Architecture::CosineBank(CosineBank {
            width: None,
            take: Some(8),
            ..CosineBank::default()
        }),
        Architecture::CosineBank(CosineBank::default()),
        Architecture::MultiScaleBank(MultiScaleBank::default()),
        Architecture::MultiScaleBank(MultiScaleBank {
            pool: 2,
            switch: SwitchKind::TwoSlope,
            take: Some(32),
            ..MultiScaleBank::default()
        }),
        Architecture::SlidingBank(SlidingBank::default()),
        Architecture::SlidingBank(SlidingBank {
            channels: vec![64, 128],
            layers: vec![1, 2],
            grid: 1,
            depth: 0,
            take: None,
            ..SlidingBank::default()
        }),
        Architecture::SlidingBank(cheap),
    ]);
    banks
}

fn every_bank_is_exact_on_every_input<T: Scalar>() {
    for bank in banks() {
        for input in INPUTS {
            let spec = bank.spec(input, 3, 5).unwrap();
            let mut net = spec.build::<T>().unwrap_or_else(|e| panic!("{bank:?} {input:?}: {e}"));
            randomize(&mut net, 6);
            let n = input.iter().product();
            let x: Matrix<T> = random(1, n, 7);
            let map = effective_map(&net, x.row(0));
            let bound = 200.0 * T::epsilon().double();
            assert!(map.residual.relative < bound, "{bank:?} {input:?}: {}", map.residual.relative);
            assert_eq!(map.a.dim(), (3, n));
        }
    }
}

in_both_precisions!(every_bank_is_exact_on_every_input);

/// What the banks cost on the digits of MNIST, counted by hand from their layers.
#[test]
fn banks_cost_what_their_layers_say() {
    let count = |bank: Architecture| {
        let net = bank.spec(&[1, 28, 28], 10, 1).unwrap().build::<f32>().unwrap();
        parameters::count(&net)
    };
    let cosine = CosineBank::default();
    // A bias and two slopes for 14×14 coefficients and for three rows of 256; 192 numbers read by 10 outputs.
    assert_eq!(count(Architecture::CosineBank(cosine)), 3 * 196 + 3 * 3 * 256 + 193 * 10);
    let multi_scale = MultiScaleBank::default();
    // Four rows of 32×32 numbers, each with a bias and two vectors of 4.
    assert_eq!(count(Architecture::MultiScaleBank(multi_scale)), 4 * 9 * 1024 + 1025 * 10);
    let sliding = SlidingBank::default();
    // Six layers of 64 channels, two of 2×2×64 numbers.
    assert_eq!(count(Architecture::SlidingBank(sliding)), 6 * 3 * 64 + 2 * 3 * 256 + 193 * 10);
}

#[test]
fn a_sliding_bank_can_do_without_cosines() {
    let bank = cheap(16);
    let net = bank.spec(&[1, 28, 28], 10, 1).unwrap().build::<f32>().unwrap();
    // Two layers of 16 channels, two of 4×4×16 numbers with a bias and two vectors of 4, a dense readout.
    assert_eq!(parameters::count(&net), 2 * 3 * 16 + 2 * 9 * 256 + 257 * 10);
    let names: Vec<_> = Summary::of(&net).rows.into_iter().map(|row| row.name).collect();
    assert_eq!(
        names[2..5],
        ["positionwise(hadamard)", "shift 3×3", "positionwise(bias, two-slope, hadamard)"]
    );
}

#[test]
fn readouts_cost_and_do_what_they_say() {
    let spec = |readout| {
        let bank = MultiScaleBank { blocks: vec![0], readout, ..MultiScaleBank::default() };
        bank.spec(&[1, 8, 8], 10, 1).unwrap()
    };
    let net = |readout| spec(readout).build::<f64>().unwrap();
    let bank = 9 * 64; // a bias and two vectors of 4
    assert_eq!(parameters::count(&net(Readout::Dense)), bank + 65 * 10);
    assert_eq!(parameters::count(&net(Readout::Means)), bank);
    assert_eq!(parameters::count(&net(Readout::Diagonal)), bank + 2 * 60);
    assert_eq!(parameters::count(&net(Readout::LowRank(3))), bank + 3 * (64 + 10) + 10);
    // Means of six of the 64 last numbers each; four are not read. Behind a diagonal, √6 times that at first.
    let mut unread = spec(Readout::Dense);
    unread.layers.pop();
    let x: Matrix<f64> = random(1, 64, 3);
    let numbers = unread.build::<f64>().unwrap().forward(x.clone());
    let means: Vec<f64> =
        (0..10).map(|o| (0..6).map(|i| numbers[[0, 6 * o + i]]).sum::<f64>() / 6.0).collect();
    let (read, diagonal) =
        (net(Readout::Means).forward(x.clone()), net(Readout::Diagonal).forward(x));
    for (o, mean) in means.into_iter().enumerate() {
        assert!(
            (read[[0, o]] - mean).abs() < 1e-14
                && (diagonal[[0, o]] - 6f64.sqrt() * mean).abs() < 1e-14
        );
    }
}

/// A sliding bank moves with its input: that is what sharing is for.
#[test]
fn a_sliding_bank_is_equivariant() {
    let bank = SlidingBank { depth: 0, take: None, grid: 1, ..SlidingBank::default() };
    let bank = SlidingBank { channels: vec![64], layers: vec![3], ..bank };
    let mut net = bank.spec(&[1, 32, 32], 5, 2).unwrap().build::<f64>().unwrap();
    randomize(&mut net, 3);
    // A blob in the middle, and the same one four pixels, so two positions, further: all else is zero, also beyond
    // the border, where shifts wrap around.
    let blob = |top: usize, left: usize| {
        Matrix::from_shape_fn((1, 32 * 32), |(_, i)| {
            let (row, column) = (i / 32, i % 32);
            let inside = (top..top + 6).contains(&row) && (left..left + 6).contains(&column);
            if inside { (1 + (row - top) * 6 + column - left) as f64 / 36.0 } else { 0.0 }
        })
    };
    let difference = net.forward(blob(12, 12)) - net.forward(blob(16, 8));
    assert!(difference.iter().all(|d| d.abs() < 1e-12), "{difference}");
    let other = net.forward(blob(12, 12)) - net.forward(blob(13, 12));
    assert!(other.iter().any(|d| d.abs() > 1e-3), "a patch sees half a stride");
}

#[test]
fn banks_are_read_from_files() {
    for (text, first) in [
        ("net = \"cosine-bank\"\nwidth = 512\ndepth = 6", "average-pool 2×2"),
        ("net = \"multi-scale-bank\"\nblocks = [16, 0]\nswitch = \"prelu\"", "z-order"),
        ("net = \"cosine-bank\"\nreadout = { low-rank = 4 }", "average-pool 2×2"),
        (
            "net = \"sliding-bank\"\ncosine = false\nwindow = 3\ntop = \"relu\"\nreadout = \"means\"",
            "channels-last",
        ),
        ("net = \"sliding-bank\"\nchannels = [32]\nlayers = [2]\ngrid = 4", "channels-last"),
        ("net = \"thin-mlp\"\nparameters = 5000\npool = 2", "average-pool 2×2"),
    ] {
        let bank: Architecture = toml::from_str(text).unwrap();
        let again: Architecture = toml::from_str(&toml::to_string(&bank).unwrap()).unwrap();
        assert_eq!(again, bank);
        let spec = bank.spec(&[1, 28, 28], 10, 1).unwrap();
        let whole: Spec = serde_json::from_str(&serde_json::to_string(&spec).unwrap()).unwrap();
        assert_eq!(whole, spec);
        assert_eq!(Summary::of(&spec.build::<f32>().unwrap()).rows[0].name, first);
    }
}

/// The opponent behind the same pooling has as many parameters as it may.
#[test]
fn a_thin_net_behind_pooling_counts_what_it_sees() {
    let thin = ThinMlp { parameters: 5000, hidden_layers: 1, pool: 2, dropout: 0.0 };
    let net = thin.spec(&[1, 28, 28], 10, 1).unwrap().build::<f32>().unwrap();
    // 24 hidden units: (196 + 1)·24 + 25·10.
    assert_eq!(parameters::count(&net), 4978);
    // Of plain features, pairs along the row: (20 + 1)·w + (w + 1)·3 of at most 500.
    let thin = ThinMlp { parameters: 500, ..thin };
    let net = thin.spec(&[40], 3, 1).unwrap().build::<f32>().unwrap();
    assert_eq!(parameters::count(&net), 21 * 20 + 21 * 3);
}

#[test]
fn mistakes_in_banks_are_named() {
    let sliding = |bank: SlidingBank| bank.spec(&[1, 8, 8], 3, 1).unwrap_err().to_string();
    let default = SlidingBank::default;
    assert_eq!(
        sliding(SlidingBank { layers: vec![3], ..default() }),
        "layers of a sliding bank: expected 2, as there are stages, found 1"
    );
    assert_eq!(
        sliding(SlidingBank { patch: 20, ..default() }),
        "patch of a sliding bank: expected 1 to the sides of an image of 8×8, found 20"
    );
    assert_eq!(
        sliding(SlidingBank { grid: 3, ..default() }),
        "grid of a sliding bank: expected 1 to 2, as there are positions, found 3"
    );
    let few = |readout| CosineBank { width: None, take: Some(2), readout, ..CosineBank::default() };
    assert_eq!(
        few(Readout::Means).spec(&[40], 3, 1).unwrap_err().to_string(),
        "numbers for the means of a readout: expected at least 3, as there are outputs, found 2"
    );
    assert_eq!(
        few(Readout::LowRank(0)).spec(&[40], 3, 1).unwrap_err().to_string(),
        "rank of a readout: expected at least 1, found 0"
    );
    let none = CosineBank { pool: 0, ..CosineBank::default() };
    assert_eq!(
        none.spec(&[40], 3, 1).unwrap_err().to_string(),
        "pool of a bank: expected 1 to the sides of an image of 1×40, found 0"
    );
    let cosine = CosineBank { pool: 9, ..CosineBank::default() };
    assert_eq!(
        cosine.spec(&[1, 8, 8], 3, 1).unwrap_err().to_string(),
        "pool of a bank: expected 1 to the sides of an image of 8×8, found 9"
    );
}

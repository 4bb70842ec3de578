//! The logarithm of the power of a recording by bands and time, as an image of bytes.

use super::wav::RATE;
use std::f64::consts::TAU;
use switchnet::transform::{Hartley, Transform};

/// Bands, the lowest first: rows of the image.
pub const BANDS: usize = 32;
/// Frames: columns of the image.
pub const FRAMES: usize = 32;
/// Samples in a frame, 32 milliseconds.
const WINDOW: usize = 256;
/// How far below its loudest number a recording is black, in decibels.
const RANGE: f64 = 60.0;

/// Frames at equal distances from the first sample to the last, whatever the length of the recording; a Hann window on
/// each; its power spectrum; triangular bands, equally wide on the mel scale and half over one another; decibels.
pub struct Spectrogram {
    hartley: Hartley<f64>,
    window: Vec<f64>,
    /// Of each band, the weight of each frequency.
    bands: Vec<Vec<f64>>,
}

impl Spectrogram {
    /// # Errors
    /// None for these lengths.
    pub fn new() -> switchnet::Result<Self> {
        let hann = |i: usize| 0.5 - 0.5 * (TAU * i as f64 / WINDOW as f64).cos();
        let mel = |hertz: f64| 2595.0 * (1.0 + hertz / 700.0).log10();
        let nyquist = f64::from(RATE) / 2.0;
        let step = mel(nyquist) / (BANDS + 1) as f64;
        let frequency = |bin: usize| mel(bin as f64 / WINDOW as f64 * f64::from(RATE));
        let weight = |band: usize, bin: usize| {
            let middle = (band + 1) as f64 * step;
            (1.0 - (frequency(bin) - middle).abs() / step).max(0.0)
        };
        let band = |band: usize| (0..=WINDOW / 2).map(|bin| weight(band, bin)).collect();
        Ok(Self {
            hartley: Hartley::new(WINDOW)?,
            window: (0..WINDOW).map(hann).collect(),
            bands: (0..BANDS).map(band).collect(),
        })
    }

    /// The image of a recording: 255 where it is loudest, 0 where it is [`RANGE`] below or less. How loud it was
    /// recorded makes no difference.
    ///
    /// # Errors
    /// If it is shorter than a frame.
    pub fn of(&self, clip: &[f64]) -> Result<Vec<u8>, String> {
        let Some(free) = clip.len().checked_sub(WINDOW) else {
            return Err(format!("expected at least {WINDOW} samples, found {}", clip.len()));
        };
        let mut decibels = vec![0.0; BANDS * FRAMES];
        for frame in 0..FRAMES {
            let start = free * frame / (FRAMES - 1);
            let power = self.power(&clip[start..start + WINDOW]);
            for (band, weights) in self.bands.iter().enumerate() {
                let sum: f64 = weights.iter().zip(&power).map(|(w, p)| w * p).sum();
                // Far below what 16 bits hold, so that silence has a logarithm too
                decibels[band * FRAMES + frame] = 10.0 * (sum + 1e-12).log10();
            }
        }
        let loudest = decibels.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let level = |d: f64| (255.0 * (1.0 + (d - loudest) / RANGE).clamp(0.0, 1.0)).round() as u8;
        Ok(decibels.into_iter().map(level).collect())
    }

    /// `|F_k|²` of a frame for frequencies 0 to half the rate, `F` orthonormal: with `H = Re F + Im F`, and `F` at
    /// `−k` the conjugate of `F` at `k`, it is the mean of `H_k²` and `H_{−k}²`.
    fn power(&self, frame: &[f64]) -> Vec<f64> {
        let mut h: Vec<f64> = frame.iter().zip(&self.window).map(|(x, w)| x * w).collect();
        self.hartley.apply(&mut h);
        let square = |k: usize| h[k % WINDOW].powi(2);
        (0..=WINDOW / 2).map(|k| (square(k) + square(WINDOW - k)) / 2.0).collect()
    }
}

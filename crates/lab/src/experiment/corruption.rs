//! Images as they come when nobody took care: what trained nets make of them.
//!
//! The kinds follow N. Mu and J. Gilmer, *MNIST-C*, arXiv 1906.02337, and D. Hendrycks and T. Dietterich, arXiv
//! 1903.12261; the strengths are our own.

use rand::RngExt;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use switchnet::random::{Generator, generator, normal};
use switchnet::{Error, Result};

/// A way to spoil an image. Strengths are for numbers between 0 and 1, to which an image is brought for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Corruption {
    /// Normal noise of deviation 0.2 on every pixel.
    Noise,
    /// One number in ten becomes 0 or 1, whichever is farther.
    Impulse,
    /// Two pixels up, down, left, right or slantwise; what comes in is as the corner was.
    Shift,
    /// Turned by 20 degrees, one way or the other.
    Rotate,
    /// Four fifths of the size.
    Shrink,
    /// Means with weights 1, 2, 1 down and across, twice.
    Blur,
    /// Three tenths of the contrast around the mean of the image.
    Contrast,
    /// 0.3 brighter.
    Brightness,
    /// A bright bar of a tenth of the width, anywhere.
    Stripe,
    /// A square of a third of the sides becomes 0, anywhere.
    Occlusion,
}

impl Corruption {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Noise,
        Self::Impulse,
        Self::Shift,
        Self::Rotate,
        Self::Shrink,
        Self::Blur,
        Self::Contrast,
        Self::Brightness,
        Self::Stripe,
        Self::Occlusion,
    ];

    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Noise => "noise",
            Self::Impulse => "impulse",
            Self::Shift => "shift",
            Self::Rotate => "rotate",
            Self::Shrink => "shrink",
            Self::Blur => "blur",
            Self::Contrast => "contrast",
            Self::Brightness => "brightness",
            Self::Stripe => "stripe",
            Self::Occlusion => "occlusion",
        }
    }

    /// Spoils image number `number` of a set, (channels, height, width) of numbers in `range`. The same number is
    /// always spoiled in the same way.
    ///
    /// # Panics
    /// If the image has not the numbers that the shape says, or none.
    #[track_caller]
    pub fn apply(self, image: &mut [f32], shape: [usize; 3], range: Range<f32>, number: u64) {
        let (expected, found) = (shape.iter().product::<usize>(), image.len());
        assert!(
            expected == found && found > 0,
            "corruption: expected {shape:?}, found {found} numbers"
        );
        let mut rng = generator(number, self as u64);
        let width = (range.end - range.start).max(f32::MIN_POSITIVE);
        image.iter_mut().for_each(|v| *v = (*v - range.start) / width);
        self.spoil(&mut Image { values: image, shape }, &mut rng);
        image.iter_mut().for_each(|v| *v = v.clamp(0.0, 1.0) * width + range.start);
    }

    fn spoil(self, image: &mut Image<'_>, rng: &mut Generator) {
        let [_, height, width] = image.shape;
        let sign = |rng: &mut Generator| if rng.random() { 1.0 } else { -1.0 };
        match self {
            Self::Noise => image.values.iter_mut().for_each(|v| *v += normal::<f32>(rng, 0.2)),
            Self::Impulse => {
                for v in image.values.iter_mut().filter(|_| rng.random::<f32>() < 0.1) {
                    *v = if *v < 0.5 { 1.0 } else { 0.0 };
                }
            }
            Self::Shift => {
                let (i, j) = loop {
                    let step = |rng: &mut Generator| 2.0 * f32::from(rng.random_range(-1_i8..=1));
                    let (i, j) = (step(rng), step(rng));
                    if i != 0.0 || j != 0.0 {
                        break (i, j);
                    }
                };
                image.warp(|y, x| (y + i, x + j));
            }
            Self::Rotate => {
                let (sin, cos) = (sign(rng) * 20_f32.to_radians()).sin_cos();
                image.warp(|y, x| (cos * y - sin * x, sin * y + cos * x));
            }
            Self::Shrink => image.warp(|y, x| (y / 0.8, x / 0.8)),
            Self::Blur => (0..2).for_each(|_| image.blur()),
            Self::Contrast => {
                let mean = image.values.iter().sum::<f32>() / image.values.len() as f32;
                image.values.iter_mut().for_each(|v| *v = mean + 0.3 * (*v - mean));
            }
            Self::Brightness => image.values.iter_mut().for_each(|v| *v += 0.3),
            Self::Stripe => {
                let wide = (width / 10).max(1);
                let left = rng.random_range(0..=width - wide);
                image.fill(0..height, left..left + wide, 1.0);
            }
            Self::Occlusion => {
                let (tall, wide) = ((height / 3).max(1), (width / 3).max(1));
                let top = rng.random_range(0..=height - tall);
                let left = rng.random_range(0..=width - wide);
                image.fill(top..top + tall, left..left + wide, 0.0);
            }
        }
    }
}

/// The sides of an image.
pub(super) fn image(shape: &[usize]) -> Result<[usize; 3]> {
    match *shape {
        [channels, height, width] => Ok([channels, height, width]),
        _ => {
            let expected = "images, [channels, height, width]";
            Err(Error::new("inputs to corrupt", expected, format_args!("{shape:?}")))
        }
    }
}

struct Image<'a> {
    values: &'a mut [f32],
    shape: [usize; 3],
}

impl Image<'_> {
    /// Every pixel becomes what stands at `from` of its place, both counted from the middle: between pixels in the
    /// proportion of the distances, outside what the corner above on the left is.
    fn warp(&mut self, from: impl Fn(f32, f32) -> (f32, f32)) {
        let [_, height, width] = self.shape;
        let middle = |side: usize| (side as f32 - 1.0) / 2.0;
        for channel in self.values.chunks_exact_mut(height * width) {
            let old = channel.to_vec();
            let at = |y: f32, x: f32| {
                let inside = y >= 0.0 && x >= 0.0 && y < height as f32 && x < width as f32;
                if inside { old[y as usize * width + x as usize] } else { old[0] }
            };
            for (i, v) in channel.iter_mut().enumerate() {
                let (y, x) =
                    ((i / width) as f32 - middle(height), (i % width) as f32 - middle(width));
                let (y, x) = from(y, x);
                let (y, x) = (y + middle(height), x + middle(width));
                let (top, left) = (y.floor(), x.floor());
                let (down, right) = (y - top, x - left);
                let above = at(top, left) * (1.0 - right) + at(top, left + 1.0) * right;
                let below = at(top + 1.0, left) * (1.0 - right) + at(top + 1.0, left + 1.0) * right;
                *v = above * (1.0 - down) + below * down;
            }
        }
    }

    /// Means with weights 1, 2, 1 down and across; at the border the pixel itself stands in for what is missing.
    fn blur(&mut self) {
        let [_, height, width] = self.shape;
        for channel in self.values.chunks_exact_mut(height * width) {
            for (step, last) in [(1, width - 1), (width, height - 1)] {
                let old = channel.to_vec();
                for (i, v) in channel.iter_mut().enumerate() {
                    let place = if step == 1 { i % width } else { i / width };
                    let before = if place > 0 { old[i - step] } else { old[i] };
                    let after = if place < last { old[i + step] } else { old[i] };
                    *v = 0.25 * before + 0.5 * old[i] + 0.25 * after;
                }
            }
        }
    }

    fn fill(&mut self, rows: Range<usize>, columns: Range<usize>, value: f32) {
        let [_, height, width] = self.shape;
        for channel in self.values.chunks_exact_mut(height * width) {
            for row in rows.clone() {
                channel[row * width..][columns.clone()].fill(value);
            }
        }
    }
}

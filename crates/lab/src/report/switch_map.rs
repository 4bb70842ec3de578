//! How often each switch is open, as a picture.

use super::colors::Colors;
use super::picture::heat_map;
use switchnet::{Error, Result};

/// About how many pixels high the band of a layer is, and how wide the picture at least.
const BAND: usize = 24;
const WIDE: usize = 512;

/// The on-rate of every switch as a PNG file: a band for each layer, first layer on top, a column for each
/// switch, black where no input opens it and white where every one does.
///
/// # Errors
/// If the net has no switches, or a layer more than a picture can hold.
pub fn switch_map(on_rates: &[Vec<f64>]) -> Result<Vec<u8>> {
    let widest = on_rates.iter().map(Vec::len).max().unwrap_or(0);
    if widest == 0 {
        return Err(Error::new("switches of a picture", "at least 1", 0));
    }
    let pixel = (WIDE / widest).clamp(1, BAND);
    let lines = BAND.div_ceil(pixel);
    // A line of nothing between bands, and nothing behind a narrow layer.
    let open = |count: usize| std::iter::repeat_n(f64::NAN, count);
    let mut values: Vec<f64> = Vec::new();
    for (i, layer) in on_rates.iter().enumerate() {
        values.extend(open(if i > 0 { widest } else { 0 }));
        for _ in 0..lines {
            values.extend(layer);
            values.extend(open(widest - layer.len()));
        }
    }
    let shape = [values.len() / widest, widest];
    heat_map(&values, &shape, pixel, Colors::Gray { low: 0.0, high: 1.0 })
}

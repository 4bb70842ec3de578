//! An input from a file.

use anyhow::{Result, bail};
use ndarray::Array1;
use std::path::Path;

/// One raw input from a NumPy file or a picture, whose white counts as `white`.
pub(super) fn read_input(path: &Path, shape: &[usize], white: f64) -> Result<Array1<f64>> {
    let wanted: usize = shape.iter().product();
    let bytes = std::fs::read(path)?;
    let numbers: Vec<f64> = if bytes.starts_with(b"\x93NUMPY") {
        read_npy(&bytes)?
    } else if bytes.starts_with(b"\x89PNG") {
        let picture = image::load_from_memory(&bytes)?;
        let &[channels @ (1 | 3), height, width] = shape else {
            bail!(
                "expected a net on pictures with 1 or 3 channels, found inputs of shape {shape:?}"
            );
        };
        let size = (picture.height() as usize, picture.width() as usize);
        if size != (height, width) {
            let (h, w) = size;
            bail!("size of the picture: expected {height}×{width}, found {h}×{w}");
        }
        // Interleaved colours become one plane for each channel.
        let pixels = if channels == 1 {
            picture.to_luma8().into_raw()
        } else {
            picture.to_rgb8().into_raw()
        };
        let plane = |c: usize| pixels.iter().skip(c).step_by(channels);
        (0..channels).flat_map(plane).map(|&v| f64::from(v) / 255.0 * white).collect()
    } else {
        bail!("expected a NumPy file (.npy) or a picture (.png), found neither");
    };
    if numbers.len() != wanted {
        bail!("expected {wanted} numbers, of shape {shape:?}, found {}", numbers.len());
    }
    if let Some((i, v)) = numbers.iter().enumerate().find(|(_, v)| !v.is_finite()) {
        bail!("number {i}: expected a finite number, found {v}");
    }
    Ok(Array1::from(numbers))
}

/// The numbers of a NumPy file of any shape, in double precision.
fn read_npy(bytes: &[u8]) -> Result<Vec<f64>> {
    use ndarray::ArrayD;
    use ndarray_npy::ReadNpyExt;
    if let Ok(array) = ArrayD::<f64>::read_npy(bytes) {
        return Ok(array.iter().copied().collect());
    }
    if let Ok(array) = ArrayD::<u8>::read_npy(bytes) {
        return Ok(array.iter().copied().map(f64::from).collect());
    }
    match ArrayD::<f32>::read_npy(bytes) {
        Ok(array) => Ok(array.iter().copied().map(f64::from).collect()),
        Err(e) => bail!("expected numbers of type f4, f8 or u1: {e}"),
    }
}

//! A picture of another size.

/// A plane of `from` pixels (height, width) as one of `to`, row by row and then column by column: linear between pixels
/// where it grows, means over the area where it shrinks.
pub(super) fn resize(plane: &[f64], from: [usize; 2], to: [usize; 2]) -> Vec<f64> {
    let ([height, width], [new_height, new_width]) = (from, to);
    let rows: Vec<f64> = plane.chunks_exact(width).flat_map(|row| line(row, new_width)).collect();
    let mut resized = vec![0.0; new_height * new_width];
    for column in 0..new_width {
        let pixels: Vec<f64> = (0..height).map(|row| rows[row * new_width + column]).collect();
        for (row, pixel) in line(&pixels, new_height).into_iter().enumerate() {
            resized[row * new_width + column] = pixel;
        }
    }
    resized
}

/// The numbers of a line at `count` places.
fn line(from: &[f64], count: usize) -> Vec<f64> {
    let scale = from.len() as f64 / count as f64;
    let at = |i: usize| from[i.min(from.len() - 1)];
    let shrunk = |i: usize| {
        // The part of each pixel that lies between here and the next place.
        let (start, end) = (i as f64 * scale, (i + 1) as f64 * scale);
        let part = |k: usize| end.min((k + 1) as f64) - start.max(k as f64);
        let pixels = start as usize..(end.ceil() as usize).min(from.len());
        pixels.map(|k| part(k).max(0.0) * at(k)).sum::<f64>() / scale
    };
    let grown = |i: usize| {
        // Between the centers of two pixels; before the first and behind the last there is one.
        let place = ((i as f64 + 0.5) * scale - 0.5).max(0.0);
        let part = place.fract();
        (1.0 - part) * at(place as usize) + part * at(place as usize + 1)
    };
    (0..count).map(|i| if scale > 1.0 { shrunk(i) } else { grown(i) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_shrinks_to_means_and_grows_along_straight_pieces() {
        assert_eq!(line(&[0.0, 1.0, 0.5, 0.25], 4), [0.0, 1.0, 0.5, 0.25]);
        assert_eq!(line(&[0.0, 1.0, 0.5, 0.25], 2), [0.5, 0.375]);
        let thirds = line(&[0.0, 3.0, 6.0], 2); // the pixel in the middle belongs to both by half
        assert!(thirds.iter().zip([1.0, 5.0]).all(|(a, b)| (a - b).abs() < 1e-15), "{thirds:?}");
        assert_eq!(line(&[0.0, 1.0], 4), [0.0, 0.25, 0.75, 1.0]);
        assert_eq!(line(&[3.0], 3), [3.0; 3]);
        for count in 1..40 {
            let even = line(&[0.5; 17], count);
            assert!(even.iter().all(|v| (v - 0.5).abs() < 1e-14), "{count}: {even:?}");
        }
    }

    #[test]
    fn both_sides_are_resized() {
        let plane = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]; // 2 × 4
        assert_eq!(resize(&plane, [2, 4], [2, 4]), plane);
        assert_eq!(resize(&plane, [2, 4], [1, 2]), [2.5, 4.5]);
        assert_eq!(resize(&plane, [2, 4], [4, 2]), [0.5, 2.5, 1.5, 3.5, 3.5, 5.5, 4.5, 6.5]);
    }
}

//! IDX files, the format of MNIST.
//!
//! Two zero bytes, a byte for the type of the numbers, a byte for the number of dimensions, each
//! size as four bytes with the largest first, then the numbers, the last dimension fastest.

use super::array::{Array, Kind};
use super::dataset::{Dataset, Split};
use super::file::{name_of, open, unreadable};
use super::samples::{Order, Samples, dataset, datasets};
use crate::error::{Error, Result};
use crate::scalar::Scalar;
use std::fmt::Write;
use std::io::Read;
use std::path::Path;

/// What every IDX file begins with.
pub(super) const MAGIC: &[u8] = &[0, 0];

/// Reads images and their labels from two IDX files, plain or gzip.
///
/// Images of `n × height × width` have the shape `[1, height, width]`, those of
/// `n × channels × height × width` the shape `[channels, height, width]`. Pixels stay 0 to 255.
/// The classes are the labels that occur, called by their numbers; where a test file may lack a class, use
/// [`read_idx_split`]. Labels that are floats are values.
///
/// # Errors
/// If a file cannot be read, is no such file, is shorter or longer than its header says, has no
/// samples, or the files differ in the number of samples.
pub fn read_idx<T: Scalar>(images: &Path, labels: &Path) -> Result<Dataset<T>> {
    dataset(samples(images, labels)?)
}

/// Reads a training and a test set as [`read_idx`] does. Both have the classes that occur in either.
///
/// # Errors
/// As [`read_idx`], and if the images of the two sets differ in shape.
pub fn read_idx_split<T: Scalar>(
    train_images: &Path,
    train_labels: &Path,
    test_images: &Path,
    test_labels: &Path,
) -> Result<Split<T>> {
    let train = samples(train_images, train_labels)?;
    let (train, test) = datasets(train, samples(test_images, test_labels)?)?;
    Ok(Split { train, test })
}

/// Images with their labels.
pub(super) fn samples<T: Scalar>(images: &Path, labels: &Path) -> Result<Samples<T>> {
    let samples = read_images(images)?;
    let array = read(labels, &[1])?;
    samples.with_targets(&array).map_err(|error| error.at(labels.display()))
}

/// Images without labels.
pub(super) fn read_images<T: Scalar>(path: &Path) -> Result<Samples<T>> {
    Samples::new(&name_of(path), &read(path, &[3, 4])?, Order::ChannelsFirst, &mut |_| ())
        .map_err(|error| error.at(path.display()))
}

/// The array of one file, which has one of these numbers of dimensions and no size of 0.
pub(super) fn read(path: &Path, dimensions: &[usize]) -> Result<Array> {
    let mut file = open(path)?;
    let Header { kind, sizes, length, shown, .. } = Header::read(&mut file, path, dimensions)?;
    let unreadable = |error| unreadable(path, error);
    Array::read(file, kind, false, sizes, None, unreadable, |_, found| {
        let expected = format!("{length} ({shown})");
        Error::new("bytes after the header", expected, found).at(path.display())
    })
}

/// What stands before the numbers.
pub(super) struct Header {
    pub kind: Kind,
    pub sizes: Vec<usize>,
    /// The bytes of all numbers.
    pub length: usize,
    /// The bytes of the header.
    pub before: u64,
    /// The sizes, in a message.
    shown: String,
}

impl Header {
    /// Reads the header of the file at `path`.
    pub fn read(mut file: impl Read, path: &Path, dimensions: &[usize]) -> Result<Self> {
        // Reads as far as the file goes, so that a header's claim alone never takes memory.
        let mut next = |limit: u64| {
            let mut bytes = Vec::new();
            match file.by_ref().take(limit).read_to_end(&mut bytes) {
                Ok(_) => Ok(bytes),
                Err(error) => Err(unreadable(path, error)),
            }
        };
        let refuse = |what: &str, expected: String, found: String| {
            Err(Error::new(what, expected, found).at(path.display()))
        };

        let magic = next(4)?;
        let &[zero, zero_too, kind, count] = magic.as_slice() else {
            return refuse("header", "at least 4 bytes".into(), magic.len().to_string());
        };
        if [zero, zero_too] != MAGIC {
            let found = format!("{zero:#04x} {zero_too:#04x}");
            return refuse("first two bytes of an IDX file", "0x00 0x00".into(), found);
        }
        let (letter, width) = match kind {
            0x08 => (b'u', 1),
            0x09 => (b'i', 1),
            0x0B => (b'i', 2),
            0x0C => (b'i', 4),
            0x0D => (b'f', 4),
            0x0E => (b'f', 8),
            _ => {
                return refuse(
                    "type of numbers",
                    "0x08, 0x09 or 0x0b to 0x0e".into(),
                    format!("{kind:#04x}"),
                );
            }
        };
        let kind = Kind { letter, width, largest_first: true };
        let count = usize::from(count);
        if !dimensions.contains(&count) {
            let expected = dimensions.iter().map(usize::to_string).collect::<Vec<_>>().join(" or ");
            return refuse("number of dimensions", expected, count.to_string());
        }

        let header = next(4 * count as u64)?;
        if header.len() < 4 * count {
            let found = (4 + header.len()).to_string();
            return refuse("header", format!("{} bytes", 4 + 4 * count), found);
        }
        let sizes: Vec<usize> =
            header.as_chunks().0.iter().map(|&size| u32::from_be_bytes(size) as usize).collect();
        let mut shown = sizes[0].to_string();
        for size in &sizes[1..] {
            let _ = write!(shown, " × {size}"); // writing to a string cannot fail
        }
        if sizes.contains(&0) {
            return refuse("sizes", "at least 1 each".into(), shown);
        }
        let length = sizes.iter().copied().try_fold(width, usize::checked_mul);
        let Some(length) = length else {
            return refuse("sizes", "a product that fits into memory".into(), shown);
        };
        Ok(Self { kind, sizes, length, before: 4 + 4 * count as u64, shown })
    }
}

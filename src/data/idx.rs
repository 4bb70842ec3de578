//! IDX files, the format of MNIST.
//!
//! Two zero bytes, a byte for the type of the numbers, a byte for the number of dimensions, each
//! size as four bytes with the largest first, then the numbers, the last dimension fastest.

use super::dataset::{Dataset, Split, Targets};
use super::file::{name_of, open, unreadable};
use super::schema::Schema;
use crate::error::{Error, Result};
use crate::scalar::{Matrix, Scalar};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Reads images and their labels from two IDX files of unsigned bytes, plain or gzip.
///
/// Images of `n × height × width` have the shape `[1, height, width]`, those of
/// `n × channels × height × width` the shape `[channels, height, width]`. Pixels stay 0 to 255.
/// The classes are the labels that occur, called by their numbers; where a test file may lack a class, use
/// [`read_idx_split`].
///
/// # Errors
/// If a file cannot be read, is no such file, is shorter or longer than its header says, has no
/// samples, or the files differ in the number of samples.
pub fn read_idx<T: Scalar>(images: &Path, labels: &Path) -> Result<Dataset<T>> {
    let samples = Samples::read(images, labels)?;
    let classes = classes(&[&samples]);
    samples.dataset(name_of(images), &classes)
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
    let train = Samples::read(train_images, train_labels)?;
    let test = Samples::read(test_images, test_labels)?;
    if test.shape != train.shape {
        let expected = format!("{:?} as in {}", train.shape, train_images.display());
        let error = Error::new("shape of an image", expected, format!("{:?}", test.shape));
        return Err(error.at(test_images.display()));
    }
    let classes = classes(&[&train, &test]);
    Ok(Split {
        train: train.dataset(name_of(train_images), &classes)?,
        test: test.dataset(name_of(test_images), &classes)?,
    })
}

/// Reads the four files of MNIST, Fashion-MNIST and others of their kind from a folder, as
/// [`read_idx_split`] does. Both sets are named after the folder.
///
/// The files are `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte`
/// and `t10k-labels-idx1-ubyte`, each as it is or with `.gz`.
///
/// # Errors
/// As [`read_idx_split`]; if a file is missing, the error says which and where to get it.
pub fn mnist_folder<T: Scalar>(folder: &Path) -> Result<Split<T>> {
    let mut split = read_idx_split(
        &member(folder, "train-images-idx3-ubyte")?,
        &member(folder, "train-labels-idx1-ubyte")?,
        &member(folder, "t10k-images-idx3-ubyte")?,
        &member(folder, "t10k-labels-idx1-ubyte")?,
    )?;
    if let Some(name) = folder.file_name() {
        let name = name.to_string_lossy();
        split = Split { train: split.train.named(&name), test: split.test.named(&name) };
    }
    Ok(split)
}

fn member(folder: &Path, name: &str) -> Result<PathBuf> {
    let packed = format!("{name}.gz");
    match [folder.join(name), folder.join(&packed)].into_iter().find(|path| path.is_file()) {
        Some(path) => Ok(path),
        None => {
            let what = format!("file {name}");
            let expected = format!(
                "it or {packed}, for MNIST from \
                 https://ossci-datasets.s3.amazonaws.com/mnist/{packed}, for Fashion-MNIST from \
                 https://github.com/zalandoresearch/fashion-mnist"
            );
            let found = if folder.is_dir() { "neither" } else { "no such folder" };
            Err(Error::new(what, expected, found).at(folder.display()))
        }
    }
}

/// Images and labels that belong together.
struct Samples {
    shape: Vec<usize>,
    pixels: Vec<u8>,
    labels: Vec<u8>,
}

impl Samples {
    fn read(images: &Path, labels: &Path) -> Result<Self> {
        let pixels = Bytes::read(images, &[3, 4])?;
        let classes = Bytes::read(labels, &[1])?;
        if classes.sizes[0] != pixels.sizes[0] {
            let expected =
                format!("{}, one for each image of {}", pixels.sizes[0], images.display());
            let error = Error::new("number of labels", expected, classes.sizes[0]);
            return Err(error.at(labels.display()));
        }
        let shape = match pixels.sizes[1..] {
            [height, width] => vec![1, height, width],
            ref sizes => sizes.to_vec(),
        };
        Ok(Self { shape, pixels: pixels.data, labels: classes.data })
    }

    /// The set, whose classes are these labels, in order.
    fn dataset<T: Scalar>(self, name: String, classes: &[u8]) -> Result<Dataset<T>> {
        let size = (self.labels.len(), self.shape.iter().product());
        let pixels = self.pixels.into_iter().map(|pixel| T::of(pixel.into())).collect();
        let inputs = Matrix::from_shape_vec(size, pixels).expect("sizes were checked on reading");
        let class = |label| classes.partition_point(|&class| class < label);
        let labels = self.labels.into_iter().map(class).collect();
        let targets = Targets::Classes { labels, classes: classes.len() };
        let names = classes.iter().map(u8::to_string);
        Dataset::new(name, self.shape, inputs, targets)?.described(Schema::of_classes(names))
    }
}

/// The labels that occur, in order.
fn classes(parts: &[&Samples]) -> Vec<u8> {
    let labels: BTreeSet<u8> = parts.iter().flat_map(|part| &part.labels).copied().collect();
    labels.into_iter().collect()
}

/// The contents of one file of unsigned bytes: `data` has the product of `sizes`, none of them 0.
struct Bytes {
    sizes: Vec<usize>,
    data: Vec<u8>,
}

impl Bytes {
    fn read(path: &Path, dimensions: &[usize]) -> Result<Self> {
        let mut file = open(path)?;
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
        if [zero, zero_too] != [0, 0] {
            let found = format!("{zero:#04x} {zero_too:#04x}");
            return refuse("first two bytes of an IDX file", "0x00 0x00".into(), found);
        }
        if kind != UNSIGNED_BYTE {
            let expected = format!("{UNSIGNED_BYTE:#04x}, unsigned bytes");
            return refuse("type of numbers", expected, type_name(kind));
        }
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
        let product = sizes.iter().try_fold(1_usize, |product, &size| product.checked_mul(size));
        let mut shown = sizes[0].to_string();
        for size in &sizes[1..] {
            let _ = write!(shown, " × {size}"); // writing to a string cannot fail
        }
        let Some(length) = product else {
            return refuse("sizes", "a product that fits into memory".into(), shown);
        };
        if length == 0 {
            return refuse("sizes", "at least 1 each".into(), shown);
        }

        // One byte more shows what is too long, and makes the decoder verify its checksum.
        let data = next((length as u64).saturating_add(1))?;
        if data.len() != length {
            let found = match data.len() > length {
                true => "more".to_owned(),
                false => data.len().to_string(),
            };
            return refuse("bytes after the header", format!("{length} ({shown})"), found);
        }
        Ok(Self { sizes, data })
    }
}

const UNSIGNED_BYTE: u8 = 0x08;

fn type_name(kind: u8) -> String {
    let name = match kind {
        0x09 => "signed bytes",
        0x0B => "16-bit integers",
        0x0C => "32-bit integers",
        0x0D => "32-bit floats",
        0x0E => "64-bit floats",
        _ => "not an IDX type",
    };
    format!("{kind:#04x}, {name}")
}

//! The binary versions of CIFAR-10 and CIFAR-100.
//!
//! One record after the other: a byte for the label (CIFAR-100 has two: the coarse and the fine), then 1,024 bytes for
//! red, as many for green and for blue, row by row.

use super::array::Label;
use super::file::{open, unreadable};
use super::samples::{Answers, Samples};
use crate::error::{Error, Result};
use crate::scalar::{Matrix, Scalar};
use std::io::Read;
use std::path::{Path, PathBuf};

const SHAPE: [usize; 3] = [3, 32, 32];
const PIXELS: usize = 3 * 32 * 32;

/// Which bytes before the pixels there are, which is the label, and the file that has the names.
#[derive(Clone, Copy)]
pub(super) struct Labels {
    bytes: usize,
    label: usize,
    names: &'static str,
}

/// The labels of CIFAR-10.
pub(super) const TEN: Labels = Labels { bytes: 1, label: 0, names: "batches.meta.txt" };
/// The hundred classes of CIFAR-100.
pub(super) const FINE: Labels = Labels { bytes: 2, label: 1, names: "fine_label_names.txt" };
/// The twenty of CIFAR-100.
pub(super) const COARSE: Labels = Labels { bytes: 2, label: 0, names: "coarse_label_names.txt" };

/// Reads files of records, one after the other. Classes are called as the file of names beside the first says, or by
/// their numbers if there is none.
pub(super) fn read<T: Scalar>(files: &[PathBuf], labels: Labels) -> Result<Samples<T>> {
    let folder = files[0].parent().unwrap_or(Path::new(""));
    let names = names(&folder.join(labels.names))?;
    let (mut pixels, mut classes) = (Vec::new(), Vec::new());
    for path in files {
        let mut bytes = Vec::new();
        open(path)?.read_to_end(&mut bytes).map_err(|error| unreadable(path, error))?;
        let size = labels.bytes + PIXELS;
        let (records, rest) = (bytes.chunks_exact(size), bytes.len() % size);
        if bytes.is_empty() || rest != 0 {
            let expected = format!("a multiple of {size}, an image each");
            return Err(Error::new("bytes", expected, bytes.len()).at(path.display()));
        }
        for (row, record) in records.enumerate() {
            let class = record[labels.label];
            classes.push(match &names {
                None => Label::Whole(class.into()),
                Some(names) => match names.get(usize::from(class)) {
                    Some(name) => Label::Text(name.clone()),
                    None => {
                        let expected =
                            format!("below {}, as many as {} names", names.len(), labels.names);
                        let error = Error::new(format!("label of image {row}"), expected, class);
                        return Err(error.at(path.display()));
                    }
                },
            });
            pixels.extend(record[labels.bytes..].iter().map(|&pixel| T::of(pixel.into())));
        }
    }
    let inputs = Matrix::from_shape_vec((classes.len(), PIXELS), pixels).expect("whole records");
    let name = folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy().into_owned();
    let targets = Some(Answers::Classes(classes));
    Ok(Samples { name, shape: SHAPE.to_vec(), inputs, targets })
}

/// A line for each class, in the order of their numbers.
fn names(path: &Path) -> Result<Option<Vec<String>>> {
    if !path.is_file() {
        return Ok(None);
    }
    let text = std::fs::read_to_string(path).map_err(|error| Error::io(path, error))?;
    Ok(Some(
        text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect(),
    ))
}

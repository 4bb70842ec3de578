//! Data in files of arrays: IDX, NumPy, CIFAR.

use super::array::Array;
use super::deal::TEST;
use super::file::{name_of, open};
use super::npz::{self, Npz};
use super::samples::{Order, Samples, dataset, datasets};
use super::{Dataset, Split, Streamed, folder, idx, npy};
use crate::error::{Error, Result};
use crate::scalar::{Matrix, Scalar};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

/// Files of images or other arrays, known by what they contain. Paths are relative to the folder the program runs in.
///
/// | `path` | inputs and targets |
/// |---|---|
/// | a folder of IDX files | `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, and both with `t10k` or `test`; a dot may stand for the dash before `idx`, and a name before all of it, as EMNIST has |
/// | a folder of CIFAR-10 | `data_batch_1.bin`…, `test_batch.bin`; names in `batches.meta.txt` |
/// | a folder of CIFAR-100 | `train.bin`, `test.bin`; names in `fine_label_names.txt`, or of set `coarse` in `coarse_label_names.txt` |
/// | an IDX file | `labels`, or the file beside it with `labels` in its name for `images` and `idx1` for `idx3` or `idx4` |
/// | a `.npz` archive | `x_train`, `y_train`, `x_test`, `y_test`; or `x`, `y` |
/// | a `.npy` file, or a `.npz` archive of one array | `labels` |
///
/// IDX files and those of CIFAR may be gzipped, with `.gz` in the name of an IDX file or without. In an archive `X` may
/// stand for `x`, `train_images`, `train_labels`, `test_images` and `test_labels` for the four names, and `images` and
/// `labels` or `data` and `target` for the two.
///
/// **Shapes.** IDX files have images of `n × height × width` or `n × channels × height × width`. Arrays of NumPy are
/// `n × columns`, `n × height × width`, or have channels beside: the shorter of the second side and the last is the
/// channels, the last if they are equal. Channels come first in a [`Dataset`]. Images are not turned: EMNIST's lie on their
/// side.
///
/// **Targets.** Whole numbers, booleans and texts are classes: those that occur, called by themselves, numbers by size and
/// texts by their characters. Floats are values, `n` or `n × columns`.
///
/// **Another set to test on** is `test`, if `path` has none of its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Files {
    /// The folder or the file.
    #[serde(alias = "folder")]
    pub path: PathBuf,
    /// The file of the targets, if `path` is a file of inputs alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<PathBuf>,
    /// The file to test on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<PathBuf>,
    /// The file of its targets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_labels: Option<PathBuf>,
    /// Which set of a folder with several: what the names of its files begin with, where a part from a dash on is
    /// enough; `fine` (the default) or `coarse` of CIFAR-100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set: Option<String>,
    /// Whether rows stay in their files and are read in blocks ([`Streamed`]), as those of data larger than memory are.
    #[serde(default, skip_serializing_if = "is_false")]
    pub stream: bool,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// Names of inputs and targets in an archive: to train with, to test on.
const PARTS: [[&str; 4]; 3] = [
    ["x_train", "y_train", "x_test", "y_test"],
    ["X_train", "y_train", "X_test", "y_test"],
    ["train_images", "train_labels", "test_images", "test_labels"],
];

/// Names of inputs and targets in an archive of one set.
const WHOLE: [[&str; 2]; 4] = [["x", "y"], ["X", "y"], ["data", "target"], ["images", "labels"]];

/// Names of the inputs of one set.
fn whole() -> impl Iterator<Item = &'static str> {
    WHOLE.iter().map(|[x, _]| *x)
}

/// What a file is.
#[derive(Clone, Copy, PartialEq)]
enum Format {
    Folder,
    Idx,
    Npy,
    Npz,
    Other,
}

impl Format {
    fn of(path: &Path) -> Result<Self> {
        if path.is_dir() {
            return Ok(Self::Folder);
        }
        let mut start = Vec::new();
        // What is no gzip file though it begins as one is no format of ours.
        if open(path)?.take(6).read_to_end(&mut start).is_err() {
            return Ok(Self::Other);
        }
        Ok(match start.as_slice() {
            start if start.starts_with(idx::MAGIC) => Self::Idx,
            npy::MAGIC => Self::Npy,
            start if start.starts_with(npz::MAGIC) => Self::Npz,
            _ => Self::Other,
        })
    }
}

impl Files {
    /// Those that are named.
    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        let Self { path, labels, test, test_labels, set: _, stream: _ } = self;
        let more = [labels, test, test_labels].into_iter().flatten();
        std::iter::once(path).chain(more).map(PathBuf::as_path)
    }

    /// The files at `path`, with labels where they are expected.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), ..Self::default() }
    }

    /// Whether `path` is a folder or a file of a format that is read here.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn recognizes(path: &Path) -> Result<bool> {
        Ok(Format::of(path)? != Format::Other)
    }

    /// Reads all there is: a set, and the set to test on if there is one. Both have the classes that occur in either. No
    /// number is rescaled.
    ///
    /// `note` is told in a line each how a file was understood where that does not go without saying.
    ///
    /// # Errors
    /// If a file is missing, cannot be read, or is not what its header says; if inputs and targets differ in number, or
    /// the two sets in shape or in the kind of targets; if a folder has several sets and none is named; and if something
    /// is named that there is no use for.
    pub fn read<T: Scalar>(
        &self,
        note: &mut dyn FnMut(&str),
    ) -> Result<(Dataset<T>, Option<Dataset<T>>)> {
        self.in_memory()?;
        let labels = self.labels.as_deref();
        let (train, own) = labeled(&self.path, labels, self.set.as_deref(), note)?;
        let test = match (&self.test, own) {
            (None, own) => own,
            (Some(test), None) => {
                let (samples, more) = labeled(test, self.test_labels.as_deref(), None, note)?;
                // Of an archive that has both, the part to test on.
                Some(more.unwrap_or(samples))
            }
            (Some(test), Some(_)) => {
                let expected = "none, for the data have their own";
                let error = Error::new("file to test on", expected, test.display());
                return Err(error.at(self.path.display()));
            }
        };
        if let (None, Some(labels)) = (&self.test, &self.test_labels) {
            return Err(Error::new("labels to test on", "a file to test on too", labels.display()));
        }
        match test {
            None => Ok((dataset(train)?, None)),
            Some(test) => datasets(train, test).map(|(train, test)| (train, Some(test))),
        }
    }

    /// The training and the test set; without one, a fifth of the rows is held out with a fixed seed.
    pub(super) fn split<T: Scalar>(&self, note: &mut dyn FnMut(&str)) -> Result<Split<T>> {
        let (train, test) = match self.read(note)? {
            (train, Some(test)) => (train, test),
            (all, None) => all.hold_out(TEST.0, TEST.1)?,
        };
        Ok(Split { train, test })
    }

    /// Refuses rows that are to stay in their files.
    fn in_memory(&self) -> Result<()> {
        if self.stream {
            let expected = "a command that reads blocks, as train and evaluate do";
            let found = "one that needs all rows at once";
            return Err(Error::new(self.path.display(), expected, found));
        }
        Ok(())
    }

    /// Opens the files without reading them into memory: a set, and the set to test on if there is one.
    ///
    /// # Errors
    /// As [`Streamed::open`], and if `path` is a folder or one set of several is named.
    pub fn streamed<T: Scalar>(&self) -> Result<(Streamed<T>, Option<Streamed<T>>)> {
        let open = |path: &Path, labels: Option<&PathBuf>| {
            if path.is_dir() {
                let expected = "a file of inputs, to be read in blocks";
                return Err(Error::new(path.display(), expected, "a folder"));
            }
            let labels = labels.map_or_else(|| beside(path), |labels| Ok(labels.clone()))?;
            Streamed::open(path, &labels)
        };
        if let Some(set) = &self.set {
            return Err(Error::new("set", "none of a single file", set).at(self.path.display()));
        }
        if let (None, Some(labels)) = (&self.test, &self.test_labels) {
            return Err(Error::new("labels to test on", "a file to test on too", labels.display()));
        }
        let train = open(&self.path, self.labels.as_ref())?;
        let test = self.test.as_ref().map(|test| open(test, self.test_labels.as_ref()));
        Ok((train, test.transpose()?))
    }

    /// Reads inputs alone, without a look at targets: the shape of a row, and the rows. Of files that have a set to test
    /// on, these.
    ///
    /// # Errors
    /// As [`read`](Self::read), of what is read.
    pub fn inputs<T: Scalar>(&self, note: &mut dyn FnMut(&str)) -> Result<(Vec<usize>, Matrix<T>)> {
        self.in_memory()?;
        let path = self.test.as_deref().unwrap_or(&self.path);
        let samples = match Format::of(path)? {
            Format::Folder => {
                let [_, test] = folder::read(path, self.set.as_deref())?;
                test
            }
            Format::Idx => idx::read_images(path)?,
            _ => {
                let names = PARTS.iter().map(|[_, _, x, _]| *x).chain(whole());
                let array = inputs(path, names)?;
                Samples::new(&name_of(path), &array, Order::ShorterSide, note)
                    .map_err(|error| error.at(path.display()))?
            }
        };
        Ok((samples.shape, samples.inputs))
    }
}

/// A set and the set to test on, if `path` has one, with their targets.
fn labeled<T: Scalar>(
    path: &Path,
    labels: Option<&Path>,
    set: Option<&str>,
    note: &mut dyn FnMut(&str),
) -> Result<(Samples<T>, Option<Samples<T>>)> {
    let format = Format::of(path)?;
    if let (Some(set), true) = (set, format != Format::Folder) {
        return Err(Error::new("set", "none of a single file", set).at(path.display()));
    }
    if format == Format::Folder {
        if let Some(labels) = labels {
            let expected = "none, for a folder has its own";
            return Err(Error::new("file of labels", expected, labels.display()).at(path.display()));
        }
        let [train, test] = folder::read(path, set)?;
        return Ok((train, Some(test)));
    }
    if format == Format::Npz && labels.is_none() {
        return archive(path, note).map_err(|error| error.at(path.display()));
    }
    let samples = match format {
        Format::Idx => idx::read_images(path)?,
        _ => Samples::new(&name_of(path), &inputs(path, whole())?, Order::ShorterSide, note)
            .map_err(|error| error.at(path.display()))?,
    };
    let file = match labels {
        Some(labels) => labels.to_owned(),
        None => beside(path)?,
    };
    let array = match Format::of(&file)? {
        Format::Idx => idx::read(&file, &[1])?,
        _ => single(&file)?,
    };
    let samples = targets(samples, &array, note).map_err(|error| error.at(file.display()))?;
    Ok((samples, None))
}

/// The file of labels beside one of images: named as it is, with `labels` for `images`.
fn beside(images: &Path) -> Result<PathBuf> {
    let name = images.file_name().unwrap_or_default().to_string_lossy();
    let labels = name.replace("images", "labels").replace("idx3", "idx1").replace("idx4", "idx1");
    let other = match labels.strip_suffix(".gz") {
        Some(plain) => plain.to_owned(),
        None => format!("{labels}.gz"),
    };
    let expected = match labels == name {
        true => "the name of their file".to_owned(),
        false => format!("{labels} or {other} beside it, or the name of their file"),
    };
    let beside = |name: &String| images.with_file_name(name);
    let found =
        [labels, other].iter().filter(|labels| **labels != name).map(beside).find(|p| p.is_file());
    found.ok_or_else(|| Error::new("labels", expected, "none").at(images.display()))
}

/// The array of a file of NumPy that has one.
fn single(path: &Path) -> Result<Array> {
    let read = || match Format::of(path)? {
        Format::Npz => {
            let archive = Npz::open(path)?;
            let names: Vec<&str> = archive.names().collect();
            match names[..] {
                [name] => archive.array(name),
                _ => Err(Error::new("arrays", "one", names.join(", "))),
            }
        }
        _ => npy::read(
            BufReader::new(File::open(path).map_err(|error| Error::io(path, error))?),
            None,
        ),
    };
    read().map_err(|error| error.at(path.display()))
}

/// The inputs of a file of NumPy: its only array, or the first of an archive with one of these names.
fn inputs(path: &Path, mut names: impl Iterator<Item = &'static str>) -> Result<Array> {
    if Format::of(path)? != Format::Npz {
        return single(path);
    }
    let archive = Npz::open(path)?;
    match names.find(|name| archive.names().any(|found| found == *name)) {
        Some(name) => archive.array(name).map_err(|error| error.at(path.display())),
        None => single(path),
    }
}

/// The sets of an archive.
fn archive<T: Scalar>(
    path: &Path,
    note: &mut dyn FnMut(&str),
) -> Result<(Samples<T>, Option<Samples<T>>)> {
    let archive = Npz::open(path)?;
    let names: Vec<&str> = archive.names().collect();
    let has = |wanted: &[&str]| wanted.iter().all(|name| names.contains(name));
    let mut samples = |x: &str, y: &str| -> Result<Samples<T>> {
        let inputs = Samples::new(x, &archive.array(x)?, Order::ShorterSide, note);
        let samples = inputs.map_err(|error| error.at(x))?;
        let samples = targets(samples, &archive.array(y)?, note).map_err(|error| error.at(y))?;
        Ok(Samples { name: name_of(path), ..samples })
    };
    if let Some([x, y, x_test, y_test]) = PARTS.iter().find(|parts| has(*parts)) {
        return Ok((samples(x, y)?, Some(samples(x_test, y_test)?)));
    }
    match WHOLE.iter().find(|parts| has(*parts)) {
        Some([x, y]) => Ok((samples(x, y)?, None)),
        None => {
            let expected = "x_train, y_train, x_test and y_test, or x and y, or a file of labels";
            Err(Error::new("arrays", expected, names.join(", ")))
        }
    }
}

/// The samples with these targets.
fn targets<T: Scalar>(
    samples: Samples<T>,
    array: &Array,
    note: &mut dyn FnMut(&str),
) -> Result<Samples<T>> {
    let name = samples.name.clone();
    let samples = samples.with_targets(array)?;
    if !array.names_classes() {
        note(&format!("{name}: targets are floats, so values"));
    }
    Ok(samples)
}

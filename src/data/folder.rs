//! Folders of data files, known by the names that these have where they are published.

use super::cifar::{self, COARSE, FINE, TEN};
use super::idx;
use super::samples::Samples;
use super::schema::list;
use crate::error::{Error, Result};
use crate::scalar::Scalar;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The four files of a set: what it is trained with and tested on, images and labels of each.
type Four = [Option<PathBuf>; 4];

const PARTS: [&str; 4] = ["train-images", "train-labels", "t10k-images", "t10k-labels"];

/// Reads the training and the test set of a folder. Of several sets `set` says which.
pub(super) fn read<T: Scalar>(folder: &Path, set: Option<&str>) -> Result<[Samples<T>; 2]> {
    let files = files(folder)?;
    let has = |name: &str| files.iter().any(|path| path.file_name().is_some_and(|n| n == name));
    if has("test_batch.bin") || has("test.bin") {
        return cifar(folder, &files, set).map_err(|error| error.at(folder.display()));
    }
    let sets = idx_sets(files);
    let (set, four) = choose(sets, set).map_err(|error| error.at(folder.display()))?;
    let mut paths = Vec::new();
    for (path, part) in four.into_iter().zip(PARTS) {
        paths.push(path.ok_or_else(|| missing(folder, &set, part))?);
    }
    let name = match (set.as_str(), folder.file_name()) {
        ("", Some(name)) => name.to_string_lossy().into_owned(),
        _ => set,
    };
    let samples = |images, labels| -> Result<Samples<T>> {
        Ok(Samples { name: name.clone(), ..idx::samples(images, labels)? })
    };
    Ok([samples(&paths[0], &paths[1])?, samples(&paths[2], &paths[3])?])
}

/// The files of a folder, in the order of their names, so that one comes before the same in `.gz`.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).map_err(|error| Error::io(folder, error))?;
    let paths = entries.map(|entry| Ok(entry.map_err(|error| Error::io(folder, error))?.path()));
    let mut paths: Vec<PathBuf> = paths.collect::<Result<_>>()?;
    paths.retain(|path| path.is_file());
    paths.sort();
    Ok(paths)
}

/// The sets of IDX files by what their names begin with, which is mostly nothing.
fn idx_sets(files: Vec<PathBuf>) -> BTreeMap<String, Four> {
    let mut sets = BTreeMap::<String, Four>::new();
    for path in files {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if let Some((set, part)) = idx_part(&name) {
            sets.entry(set.to_owned()).or_default()[part].get_or_insert(path);
        }
    }
    sets
}

/// What a file name says: `emnist-letters-test-labels-idx1-ubyte.gz` is the last part of `emnist-letters`.
fn idx_part(name: &str) -> Option<(&str, usize)> {
    let name = name.strip_suffix(".gz").unwrap_or(name);
    let (stem, labels) = match name.strip_suffix("idx1-ubyte") {
        Some(stem) => (stem, 1),
        None => (name.strip_suffix("idx3-ubyte")?, 0),
    };
    let stem = stem.strip_suffix(['-', '.'])?.strip_suffix(["-images", "-labels"][labels])?;
    let (set, part) = stem.rsplit_once('-').unwrap_or(("", stem));
    let test = match part {
        "train" => 0,
        "t10k" | "test" => 2,
        _ => return None,
    };
    Some((set, test + labels))
}

/// The one set, or that of this name.
fn choose(mut sets: BTreeMap<String, Four>, set: Option<&str>) -> Result<(String, Four)> {
    let names: Vec<String> = sets.keys().cloned().collect();
    if let Some(set) = set {
        let end = format!("-{set}");
        let ending: Vec<&String> = names.iter().filter(|name| name.ends_with(&end)).collect();
        let name = match (names.iter().find(|name| *name == set), ending.as_slice()) {
            (Some(name), _) | (None, &[name]) => name,
            _ => return Err(Error::new("set", format!("one of {}", list(&names)), set)),
        };
        return Ok(sets.remove_entry(name).expect("it is one of them"));
    }
    match names.len() {
        0 => Ok((String::new(), Four::default())),
        1 => Ok(sets.pop_first().expect("there is one")),
        _ => Err(Error::new("sets of images", "one, or set for the name of one", list(&names))),
    }
}

fn missing(folder: &Path, set: &str, part: &str) -> Error {
    let name = match set {
        "" => format!("{part}-idx{}-ubyte", if part.ends_with("images") { 3 } else { 1 }),
        set => format!("{set}-{part}-idx{}-ubyte", if part.ends_with("images") { 3 } else { 1 }),
    };
    let expected = format!(
        "it or {name}.gz (MNIST: https://ossci-datasets.s3.amazonaws.com/mnist/, Fashion-MNIST: \
         https://github.com/zalandoresearch/fashion-mnist), or the files of CIFAR's binary version"
    );
    Error::new(format!("file {name}"), expected, "neither").at(folder.display())
}

/// The files of CIFAR-10 or CIFAR-100.
fn cifar<T: Scalar>(
    folder: &Path,
    files: &[PathBuf],
    set: Option<&str>,
) -> Result<[Samples<T>; 2]> {
    let named = |test: &dyn Fn(&str) -> bool| -> Vec<PathBuf> {
        let name = |path: &&PathBuf| test(&path.file_name().unwrap_or_default().to_string_lossy());
        files.iter().filter(name).cloned().collect()
    };
    let ten = named(&|name| name.starts_with("data_batch_") && name.ends_with(".bin"));
    let (train, test, labels) = match (ten.is_empty(), set) {
        (false, None) => (ten, "test_batch.bin", TEN),
        (false, Some(set)) => return Err(Error::new("set", "none for CIFAR-10", set)),
        (true, None | Some("fine")) => (named(&|name| name == "train.bin"), "test.bin", FINE),
        (true, Some("coarse")) => (named(&|name| name == "train.bin"), "test.bin", COARSE),
        (true, Some(set)) => return Err(Error::new("set", "fine or coarse", set)),
    };
    let test = folder.join(test);
    if train.is_empty() || !test.is_file() {
        let expected = "data_batch_1.bin… and test_batch.bin, or train.bin and test.bin";
        return Err(Error::new("files of CIFAR", expected, "a part of them"));
    }
    Ok([cifar::read(&train, labels)?, cifar::read(&[test], labels)?])
}

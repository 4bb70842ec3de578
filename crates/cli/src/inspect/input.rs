//! An input from a file, or typed.

use crate::picture::{Like, PictureArguments, is_picture, say};
use crate::shown;
use anyhow::{Context, Result, bail};
use ndarray::{Array1, ArrayD};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use switchnet::data::{Npz, read_npy};

/// The input: one of these, or a row of the test set.
#[derive(clap::Args)]
pub struct InputArguments {
    /// The input: a NumPy file (.npy, or FILE.npz:NAME for an array of an archive) with as many numbers as the net has
    /// inputs, or a picture (.png, .jpg); both as the data are before standardization
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,

    /// The input: its numbers, in the units and the order of the data, such as 0.1,0.5,-2
    #[arg(
        long,
        value_name = "NUMBER,NUMBER",
        value_delimiter = ',',
        allow_hyphen_values = true,
        conflicts_with = "input"
    )]
    values_of: Option<Vec<f64>>,

    #[command(flatten)]
    picture: PictureArguments,
}

impl InputArguments {
    /// Whether there is one.
    pub fn given(&self) -> bool {
        self.input.is_some() || self.values_of.is_some()
    }

    /// What the raw input is called and the input, if one is given.
    pub fn read(&self, like: &Like) -> Result<Option<(String, Array1<f64>)>> {
        let (name, numbers) = match (&self.input, &self.values_of) {
            (Some(path), _) => {
                let numbers = self.file(path, like);
                (shown(path), numbers.with_context(|| path.display().to_string())?)
            }
            (None, Some(values)) => ("--values-of".to_owned(), values.clone()),
            (None, None) => {
                self.no_picture("a row of the data")?;
                return Ok(None);
            }
        };
        let wanted: usize = like.shape().iter().product();
        if numbers.len() != wanted {
            let shape = like.shape();
            bail!("{name}: expected {wanted} numbers, of shape {shape:?}, found {}", numbers.len());
        }
        if let Some((i, v)) = numbers.iter().enumerate().find(|(_, v)| !v.is_finite()) {
            bail!("{name}: number {i}: expected a finite number, found {v}");
        }
        Ok(Some((name, Array1::from(numbers))))
    }

    fn file(&self, path: &Path, like: &Like) -> Result<Vec<f64>> {
        if is_picture(path) {
            let (numbers, notes) = self.picture.read(path, like)?;
            say(&[(path.to_owned(), notes)]);
            return Ok(numbers);
        }
        self.no_picture("another file")?;
        Ok(array(path)?.into_iter().collect())
    }

    fn no_picture(&self, found: &str) -> Result<()> {
        match self.picture.given().first() {
            Some(flag) => bail!("{flag}: expected with a picture as --input, found with {found}"),
            None => Ok(()),
        }
    }
}

/// The numbers of a `.npy` file, or of an array of a `.npz` archive.
fn array(path: &Path) -> Result<ArrayD<f64>> {
    let text = path.to_string_lossy();
    let (file, name) = match text.rsplit_once(':') {
        Some((file, name)) if !path.exists() => (Path::new(file), Some(name)),
        _ => (path, None),
    };
    let mut start = Vec::new();
    File::open(file)?.take(6).read_to_end(&mut start)?;
    if start == b"\x93NUMPY" && name.is_none() {
        return Ok(read_npy(BufReader::new(File::open(file)?))?);
    }
    if !start.starts_with(b"PK") {
        bail!("expected a NumPy file (.npy, .npz) or a picture (.png, .jpg), found neither");
    }
    let archive = Npz::open(file)?;
    let names: Vec<&str> = archive.names().collect();
    match (name, names.as_slice()) {
        (Some(name), _) | (None, &[name]) => Ok(archive.numbers(name)?),
        (None, names) => bail!(
            "expected the name of an array behind a colon (FILE.npz:NAME), found none of {}",
            names.join(", ")
        ),
    }
}

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
    /// inputs, or with several inputs one behind another, or a picture (.png, .jpg); all as the data are before
    /// standardization. May be given several times
    #[arg(long, value_name = "FILE")]
    input: Vec<PathBuf>,

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
    /// What the raw inputs are called, and the inputs, as many as are given.
    pub fn read(&self, like: &Like) -> Result<Vec<(String, Array1<f64>)>> {
        let mut inputs = Vec::new();
        if let Some(values) = &self.values_of {
            inputs.push(("--values-of".to_owned(), values.clone()));
        }
        let wanted: usize = like.shape().iter().product();
        for path in &self.input {
            let (numbers, several) = self.file(path, like)?;
            // One behind another along the first axis.
            if wanted > 0 && several.is_some_and(|k| k > 1 && k * wanted == numbers.len()) {
                let each = numbers.chunks(wanted).enumerate();
                inputs.extend(each.map(|(i, x)| (format!("{}[{i}]", shown(path)), x.to_vec())));
            } else {
                inputs.push((shown(path), numbers));
            }
        }
        let checked = |(name, numbers)| Ok((String::clone(&name), checked(&name, numbers, like)?));
        inputs.into_iter().map(checked).collect()
    }

    /// What a further point is called, and its raw numbers.
    pub fn read_point(&self, point: &Given, like: &Like) -> Result<(String, Array1<f64>)> {
        let (name, numbers) = match point {
            Given::File(path) => (shown(path), self.file(path, like)?.0),
            Given::Numbers { text, numbers } => (text.clone(), numbers.clone()),
        };
        Ok((name.clone(), checked(&name, numbers, like)?))
    }

    /// Refuses flags of pictures if neither the input nor one of these points is a picture.
    pub fn refuse_flags_without_picture(&self, points: &[Point]) -> Result<()> {
        let files = || {
            let files = points.iter().filter_map(|point| match point {
                Point::Given(Given::File(path)) => Some(path),
                _ => None,
            });
            self.input.iter().chain(files)
        };
        let Some(flag) = self.picture.given().first().copied() else { return Ok(()) };
        if files().any(|path| is_picture(path)) {
            return Ok(());
        }
        let numbers = |point: &Point| matches!(point, Point::Given(Given::Numbers { .. }));
        let found = if files().next().is_some() {
            "another file"
        } else if self.values_of.is_some() || points.iter().any(numbers) {
            "numbers"
        } else {
            "a row of the data"
        };
        bail!("{flag}: expected with a picture as an input, found with {found}")
    }

    /// The numbers of a file, and of an array how long its first axis is.
    fn file(&self, path: &Path, like: &Like) -> Result<(Vec<f64>, Option<usize>)> {
        let numbers = if is_picture(path) {
            self.picture.read(path, like).map(|(numbers, notes)| {
                say(&[(path.to_owned(), notes)]);
                (numbers, None)
            })
        } else {
            array(path).map(|array| {
                let first = array.shape().first().copied();
                (array.into_iter().collect(), first)
            })
        };
        numbers.with_context(|| path.display().to_string())
    }
}

/// A point of a ray or a plane besides the input.
#[derive(Clone, Debug)]
pub enum Point {
    /// A row of the test set.
    Row(usize),
    /// One of the user's own.
    Given(Given),
}

/// A point that is no row.
#[derive(Clone, Debug)]
pub enum Given {
    /// A file as `--input` takes one.
    File(PathBuf),
    /// Numbers as `--values-of` takes them, and how they were typed.
    Numbers { text: String, numbers: Vec<f64> },
}

impl Point {
    /// Whether it is a row of the test set.
    pub fn is_row(&self) -> bool {
        matches!(self, Self::Row(_))
    }

    /// Points with semicolons between them, or, where there is none, with commas. Where all are single numbers with
    /// semicolons, each is a point of one number: rows have commas between them.
    pub fn list(text: &str) -> Vec<Self> {
        // With a semicolon commas stand between the numbers of a point.
        if !text.contains(';') {
            return text.split(',').map(Self::of).collect();
        }
        let points = || text.strip_suffix(';').unwrap_or(text).split(';');
        let single = |text: &str| match text.trim().parse() {
            Ok(number) => Some(Self::numbers(text, vec![number])),
            Err(_) => None,
        };
        let singles: Option<Vec<Self>> = points().map(single).collect();
        singles.unwrap_or_else(|| points().map(Self::of).collect())
    }

    fn numbers(text: &str, numbers: Vec<f64>) -> Self {
        Self::Given(Given::Numbers { text: brief(text), numbers })
    }

    /// A row, numbers with commas between them, or else a file.
    pub fn of(text: &str) -> Self {
        let numbers: Result<Vec<f64>, _> = text.split(',').map(|n| n.trim().parse()).collect();
        match (text.parse(), numbers) {
            (Ok(row), _) => Self::Row(row),
            (_, Ok(numbers)) => Self::numbers(text, numbers),
            _ => Self::Given(Given::File(PathBuf::from(text))),
        }
    }
}

/// A name where there is little room.
pub fn brief(name: &str) -> String {
    const WIDEST: usize = 24;
    if name.chars().count() <= WIDEST {
        return name.to_owned();
    }
    name.chars().take(WIDEST - 1).chain(['…']).collect()
}

/// As many finite numbers as an input has.
fn checked(name: &str, numbers: Vec<f64>, like: &Like) -> Result<Array1<f64>> {
    let wanted: usize = like.shape().iter().product();
    if numbers.len() != wanted {
        let shape = like.shape();
        bail!("{name}: expected {wanted} numbers, of shape {shape:?}, found {}", numbers.len());
    }
    if let Some((i, v)) = numbers.iter().enumerate().find(|(_, v)| !v.is_finite()) {
        bail!("{name}: number {i}: expected a finite number, found {v}");
    }
    Ok(Array1::from(numbers))
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

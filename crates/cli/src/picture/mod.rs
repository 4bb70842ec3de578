//! Pictures as inputs of a net.

mod decode;
mod resize;

use crate::args::named;
use anyhow::{Context, Result, bail};
use clap::Args;
use decode::decode;
use serde::Deserialize;
use std::io::Read;
use std::path::{Path, PathBuf};
use switchnet::Scalar;
use switchnet::data::Dataset;

/// The most pixels of a picture that is to be resized.
const LARGEST: usize = 1 << 26;

/// How pictures are read.
#[derive(Args, Clone, Default)]
#[command(next_help_heading = "Pictures (.png, .jpg)")]
pub struct PictureArguments {
    /// What is behind a transparent picture: `black` or `white` [default: black, and said]
    #[arg(long, value_name = "COLOR", value_parser = named::<Background>)]
    background: Option<Background>,

    /// Exchange dark and light
    #[arg(long)]
    invert: bool,

    /// Give a picture of another size the size of the net's inputs, each side by itself: linear between pixels where it
    /// grows, means over the area where it shrinks
    #[arg(long)]
    resize: bool,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Background {
    Black,
    White,
}

/// The data that pictures are to be like.
pub struct Like {
    shape: Vec<usize>,
    /// The smallest and the largest number, and the mean of all.
    black: f64,
    white: f64,
    mean: f64,
}

impl Like {
    /// What the inputs of `data` are before standardization.
    pub fn of<T: Scalar>(data: &Dataset<T>) -> Self {
        let numbers = || data.inputs().iter().map(|x| x.double());
        let mean = numbers().sum::<f64>() / data.inputs().len() as f64;
        let black = numbers().fold(f64::INFINITY, f64::min);
        let white = numbers().fold(f64::NEG_INFINITY, f64::max);
        Self { shape: data.shape().to_vec(), black, white, mean }
    }

    /// Inputs of this shape, from the first number to the second.
    pub fn between(shape: Vec<usize>, [black, white]: [f64; 2]) -> Self {
        Self { shape, black, white, mean: (black + white) / 2.0 }
    }

    /// The smallest and the largest number.
    pub fn range(&self) -> [f64; 2] {
        [self.black, self.white]
    }

    pub fn shape(&self) -> &[usize] {
        &self.shape
    }
}

/// Whether the file at `path` is a picture.
pub fn is_picture(path: &Path) -> bool {
    let mut start = Vec::new();
    let file = std::fs::File::open(path);
    let read = file.map(|file| file.take(decode::BEGINNING as u64).read_to_end(&mut start));
    matches!(read, Ok(Ok(_))) && decode::is_picture(&start)
}

/// The pictures in a folder, in the order of their names; none if it is no folder.
pub fn pictures_in(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let paths = entries.map(|entry| Ok(entry?.path()));
    let mut paths: Vec<PathBuf> = paths.collect::<Result<_>>()?;
    paths.retain(|path| path.is_file() && is_picture(path));
    paths.sort();
    Ok(paths)
}

impl PictureArguments {
    /// Which of them were given, by their flags.
    pub fn given(&self) -> Vec<&'static str> {
        let all = [
            ("--background", self.background.is_some()),
            ("--invert", self.invert),
            ("--resize", self.resize),
        ];
        all.into_iter().filter_map(|(flag, given)| given.then_some(flag)).collect()
    }

    /// The picture in `path` as an input, from the black to the white of the data, and a line for each thing about it
    /// that does not go without saying.
    pub fn read(&self, path: &Path, like: &Like) -> Result<(Vec<f64>, Vec<String>)> {
        let bytes = std::fs::read(path)?;
        let &[channels @ (1 | 3), height, width] = like.shape.as_slice() else {
            let shape = &like.shape;
            bail!(
                "expected a net on pictures with 1 or 3 channels, found inputs of shape {shape:?}"
            );
        };
        let wanted = [height, width];
        let picture = decode(&bytes, |[h, w]| {
            if self.resize && h.saturating_mul(w) > LARGEST {
                bail!("size of the picture: expected at most {LARGEST} pixels, found {h}×{w}");
            }
            if !self.resize && [h, w] != wanted {
                bail!(
                    "size of the picture: expected {height}×{width}, found {h}×{w} (--resize makes it fit)"
                );
            }
            Ok(())
        })?;
        let mut notes = Vec::new();
        if picture.turned {
            notes.push("says to be turned before it is shown, and is read as it is stored".into());
        }
        let (background, name) = match self.background {
            Some(Background::White) => (1.0, "white"),
            _ => (0.0, "black"),
        };
        let transparent = picture.is_transparent();
        let mut numbers = picture.over(background).planes(channels);
        if transparent && numbers.iter().all(|&v| v == numbers[0]) {
            let other = if background == 0.0 { "white" } else { "black" };
            bail!(
                "the transparent picture over {name}: expected something to be seen, found one color (--background {other})"
            );
        }
        if transparent && self.background.is_none() {
            notes.push(
                "is transparent and read over black (--background white for dark strokes)".into(),
            );
        }
        if picture.size != wanted {
            let [h, w] = picture.size;
            notes.push(format!("resized from {h}×{w} to {height}×{width}"));
            let planes = numbers.chunks_exact(h * w);
            numbers =
                planes.flat_map(|plane| resize::resize(plane, picture.size, wanted)).collect();
        }
        if self.invert {
            numbers.iter_mut().for_each(|v| *v = 1.0 - *v);
        }
        let mean = numbers.iter().sum::<f64>() / numbers.len() as f64;
        let of_data = (like.mean - like.black) / (like.white - like.black);
        if (1.0 - mean - of_data).abs() < (mean - of_data).abs() {
            let hint = if self.invert { "without --invert" } else { "--invert exchanges them" };
            notes.push(format!("dark and light look exchanged beside the data ({hint})"));
        }
        let of = |v| like.black + v * (like.white - like.black);
        Ok((numbers.into_iter().map(of).collect(), notes))
    }
}

/// Says each note once, with the first file that it is about and how many more there are.
pub fn say(notes: &[(PathBuf, Vec<String>)]) {
    let mut said = std::collections::BTreeMap::<&str, Vec<&Path>>::new();
    for (path, lines) in notes {
        lines.iter().for_each(|line| said.entry(line).or_default().push(path));
    }
    for (line, paths) in said {
        match paths.len() - 1 {
            0 => eprintln!("{}: {line}", paths[0].display()),
            more => eprintln!("{} and {more} more: {line}", paths[0].display()),
        }
    }
}

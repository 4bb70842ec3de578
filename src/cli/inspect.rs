//! `inspect`: the effective linear map that one input selects.

use super::args::{DataArguments, Opened};
use anyhow::{Context, Result, bail};
use ndarray::Array1;
use ndarray_npy::NpzWriter;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use switchnet::analysis::{Exactness, effective_map, neurons};
use switchnet::net::{argmax, softmax};
use switchnet::{report, write_whole};

/// Show the effective linear map y = A x + c that one input selects.
///
/// Prints for each output y, a·x, c, the length of the effective weights a (the noise gain) and the
/// angle between them and the input, in double precision, and the residual of the map. Writes the
/// map as inspect.npz (A, c, x, y) and inspect.json, and for images inspect.png: the input and beside
/// it the rows of A.
#[derive(clap::Args)]
pub struct Arguments {
    /// The checkpoint
    checkpoint: PathBuf,

    /// The input: a row of the test set, counted from 0
    #[arg(long, value_name = "ROW", conflicts_with = "input")]
    index: Option<usize>,

    /// The input: a NumPy file (.npy) with as many numbers as the net has inputs, or a picture (.png)
    /// of its size; both as the data are before standardisation
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,

    /// The folder to write to
    #[arg(long, value_name = "FOLDER", default_value = "out")]
    out: PathBuf,

    #[command(flatten)]
    data: DataArguments,
}

pub fn run(arguments: Arguments) -> Result<ExitCode> {
    let trained = Opened::load(&arguments.checkpoint, &arguments.data)?;
    let test = &trained.split.test;
    let shape = test.shape();
    let (x, label) = match &arguments.input {
        Some(path) => {
            let raw = read_input(path, shape, trained.white)
                .with_context(|| path.display().to_string())?;
            let x = raw.insert_axis(ndarray::Axis(0));
            let x = match &trained.standardize {
                Some(standardize) => standardize.apply(x),
                None => x,
            };
            (x.row(0).to_owned(), None)
        }
        None => {
            let row = arguments.index.unwrap_or(0);
            if row >= test.len() {
                bail!("--index: expected 0 to {}, found {row}", test.len() - 1);
            }
            let label = test.labels().map(|labels| labels[row]);
            (test.inputs().row(row).mapv(f64::from), label)
        }
    };
    let net = trained.net.cast::<f64>();
    let map = effective_map(&net, x.view());
    let y = map.y.clone().insert_axis(ndarray::Axis(0));

    if test.labels().is_some() {
        let predicted = argmax(y.view())[0];
        let probability = softmax(y)[[0, predicted]];
        out!("class {predicted} with probability {probability:.4}");
        outln!("{}", label.map(|label| format!(" (labelled {label})")).unwrap_or_default());
    }
    outln!("\noutput          y        a·x          c        ‖a‖  angle °");
    for n in neurons(&map) {
        let (k, angle) = (n.output, n.angle());
        outln!(
            "{k:>6} {:>10.4} {:>10.4} {:>10.4} {:>10.4} {angle:>8.2}",
            n.y,
            n.sum,
            n.c,
            n.length
        );
    }
    let kind = match map.exactness {
        Exactness::Exact => "exact: on its region the net is this map",
        Exactness::Tangent => "tangent: the net is not piecewise linear",
    };
    outln!(
        "\n{kind}\nresidual ‖A x + c − f(x)‖ = {:.3e}, relative {:.3e}",
        map.residual.absolute,
        map.residual.relative
    );
    outln!(
        "switches: {} of {} open, {} on the boundary, pattern {:016x}",
        map.pattern.open_count(),
        map.pattern.len(),
        map.pattern.boundary.len(),
        map.pattern.hash()
    );

    let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
    npz.add_array("A", &map.a)?;
    npz.add_array("c", &map.c)?;
    npz.add_array("x", &map.x)?;
    npz.add_array("y", &map.y)?;
    write_whole(&arguments.out.join("inspect.npz"), &npz.finish()?.into_inner())?;
    let json = serde_json::to_vec_pretty(&map)?;
    write_whole(&arguments.out.join("inspect.json"), &json)?;
    let rows: Vec<Vec<f64>> = map.a.rows().into_iter().map(|row| row.to_vec()).collect();
    let picture = report::map_picture(shape, &map.x.to_vec(), &rows)?;
    write_whole(&arguments.out.join("inspect.png"), &picture)?;
    outln!("Wrote inspect.npz, .json and .png to {}.", arguments.out.display());
    Ok(ExitCode::SUCCESS)
}

/// One raw input from a NumPy file or a picture, whose white counts as `white`.
fn read_input(path: &Path, shape: &[usize], white: f64) -> Result<Array1<f64>> {
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

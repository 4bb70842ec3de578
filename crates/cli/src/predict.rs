//! `predict`: what a net says about rows of which nobody knows the target.

use super::data::{DataArguments, changed, noting, own_data};
use super::different_files;
use super::interrupt::stopped;
use super::network::{Network, NetworkArguments};
use super::picture::{Like, PictureArguments, is_picture, pictures_in, say};
use super::progress::spin;
use anyhow::{Context, Result, bail};
use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use switchnet::Matrix;
use switchnet::analysis::effective_map;
use switchnet::data::{Preparation, Schema, Source, read_csv_inputs};
use switchnet::net::{Net, argmax, forward, map_chunks, softmax};
use switchnet::train::Loss;
use switchnet_lab::report::csv_cell;

/// Predict the targets of new rows.
///
/// Reads a CSV file by the names of the columns that the net was trained with; a target column may be there or not and
/// is not looked at. Of images: a picture, a folder of pictures, or a file as for --data in training, of which labels are
/// not looked at. Writes a line for each row: of classes the class and the probability of each, of values the value in
/// its own units. With --maps a second file has the effective weights of what was predicted: the output as one weighted
/// sum of the features of the file, in their own units.
#[derive(clap::Args)]
pub struct Arguments {
    /// The checkpoint, or an ONNX file
    checkpoint: PathBuf,

    /// The CSV file to write
    #[arg(long, value_name = "FILE", default_value = "out/predictions.csv")]
    out: PathBuf,

    /// Write the effective weights of what was predicted for each row too, into this CSV file
    #[arg(long, value_name = "FILE")]
    maps: Option<PathBuf>,

    #[command(flatten)]
    data: DataArguments,

    #[command(flatten)]
    picture: PictureArguments,

    #[command(flatten)]
    network: NetworkArguments,
}

/// What is to be predicted.
struct Rows {
    inputs: Matrix<f64>,
    /// What the rows are called: by files, or else by their numbers.
    files: Vec<PathBuf>,
}

impl Rows {
    /// The head of the column of names.
    fn head(&self) -> &'static str {
        if self.files.is_empty() { "row" } else { "file" }
    }

    fn name(&self, row: usize) -> Cow<'_, str> {
        match self.files.get(row) {
            Some(file) => csv_cell(&file.to_string_lossy()).into_owned().into(),
            None => row.to_string().into(),
        }
    }
}

pub fn run(arguments: Arguments) -> Result<ExitCode> {
    let network = Network::load(&arguments.checkpoint, &arguments.network)?;
    let (preparation, training) = (&network.trained.preparation, &network.trained.training);
    arguments.data.refuse_scope()?;
    let mut written = vec![("--out", arguments.out.as_path())];
    written.extend(arguments.maps.as_deref().map(|path| ("--maps", path)));
    let read = std::iter::once(arguments.checkpoint.as_path()).chain(arguments.data.path());
    different_files(read, &written)?;
    let rows = match pictures(&arguments)? {
        Some(files) => rows_of_pictures(files, &network, &arguments)?,
        None => rows(&network, &arguments)?,
    };
    let net = network.double()?;
    let columns = rows.inputs.ncols();
    if columns != net.inputs() {
        bail!("--data: expected {} columns as the net has, found {columns}", net.inputs());
    }
    let x = preparation.inputs(rows.inputs.clone())?;
    let outputs = spin("predicting", || forward(&net, x.view()));
    if let Some((row, _)) =
        outputs.rows().into_iter().enumerate().find(|(_, y)| y.iter().any(|y| !y.is_finite()))
    {
        bail!("row {row}: expected finite outputs, found a number out of range");
    }
    let mut schema = preparation.schema.clone().unwrap_or_default();
    let has_classes = match &network.model {
        Some(model) if preparation.schema.is_none() => model.readout.is_some(),
        // Of an older checkpoint nobody knows; then its outputs are classes, as is usual.
        _ => preparation.schema.is_none() || !schema.classes.is_empty(),
    };
    if has_classes && network.model.is_some() && preparation.schema.is_none() {
        schema = Schema::of_classes((0..net.outputs()).map(|k| k.to_string()));
    }
    let probable = training.loss == Loss::CrossEntropy;
    let chosen = argmax(outputs.view());
    let mut text = String::from(rows.head());
    let names: Vec<Cow<'_, str>> = (0..net.outputs()).map(|k| schema.output(k)).collect();
    if has_classes {
        text.push_str(",class");
        for name in &names {
            let what = if probable { "p" } else { "y" };
            let _ = write!(text, ",{}", csv_cell(&format!("{what}({name})"))); // a string takes all
        }
    } else {
        names.iter().for_each(|name| {
            text.push(',');
            text.push_str(&csv_cell(name));
        });
    }
    text.push('\n');
    let shown = match (has_classes, probable) {
        (true, true) => softmax(outputs),
        (true, false) => outputs,
        (false, _) => preparation.undo(outputs),
    };
    for (row, numbers) in shown.rows().into_iter().enumerate() {
        text.push_str(&rows.name(row));
        if has_classes {
            let _ = write!(text, ",{}", csv_cell(&names[chosen[row]]));
        }
        for number in numbers {
            let _ = write!(text, ",{number}");
        }
        text.push('\n');
    }
    switchnet::write_whole(&arguments.out, text.as_bytes())?;
    let (count, s) = (shown.nrows(), if shown.nrows() == 1 { "" } else { "s" });
    outln!("Wrote {count} prediction{s} to {}.", arguments.out.display());
    if let Some(path) = &arguments.maps {
        let outputs: Vec<usize> = if has_classes { chosen } else { vec![0; shown.nrows()] };
        let Some(text) = weights(&net, preparation, &schema, &rows, &x, &outputs) else {
            return Ok(super::interrupt::INTERRUPTED.into());
        };
        switchnet::write_whole(path, text.as_bytes())?;
        outln!("Wrote their effective weights to {}.", path.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// The pictures that are to be predicted, if it is pictures.
fn pictures(arguments: &Arguments) -> Result<Option<Vec<PathBuf>>> {
    let files = match arguments.data.path() {
        Some(path) if is_picture(path) => vec![path.to_owned()],
        Some(path) => pictures_in(path)?,
        None => Vec::new(),
    };
    match (files.is_empty(), arguments.picture.given().first()) {
        (false, _) => match arguments.data.further().first() {
            Some(flag) => bail!("{flag}: expected without pictures as --data, found with some"),
            None => Ok(Some(files)),
        },
        (true, None) => Ok(None),
        (true, Some(flag)) => bail!("{flag}: expected with pictures as --data, found none"),
    }
}

/// The raw inputs that pictures are, like the data that the net was trained with.
fn rows_of_pictures(files: Vec<PathBuf>, network: &Network, arguments: &Arguments) -> Result<Rows> {
    let like = match network.model {
        Some(_) => network.like(),
        None => {
            let raw = own_data(&network.trained)?;
            if let Some(changed) = changed(&network.trained, &raw) {
                eprintln!("{}", changed.line); // black and white are those of other rows
            }
            Like::of(&raw.train)
        }
    };
    let read = |path: &PathBuf| -> Result<(Vec<f64>, Vec<String>)> {
        arguments.picture.read(path, &like).with_context(|| path.display().to_string())
    };
    let found: Vec<_> = files.iter().map(read).collect::<Result<_>>()?;
    let (numbers, notes): (Vec<_>, Vec<_>) = found.into_iter().unzip();
    say(&files.iter().cloned().zip(notes).collect::<Vec<_>>());
    let columns = like.shape().iter().product();
    let inputs = Matrix::from_shape_vec((files.len(), columns), numbers.concat())?;
    Ok(Rows { inputs, files })
}

/// The raw inputs of other data.
fn rows(network: &Network, arguments: &Arguments) -> Result<Rows> {
    let preparation = &network.trained.preparation;
    arguments.data.refuse_drop()?;
    let Some(source) = arguments.data.beside(&network.trained)? else {
        bail!("--data: expected the rows to predict, found nothing");
    };
    let inputs = match (&source, &preparation.schema) {
        (Source::Csv { .. }, _) if !arguments.data.files().is_empty() => {
            let flag = arguments.data.files()[0];
            bail!("{flag}: expected all rows to predict in --data, found another file")
        }
        (Source::Csv { train, options, .. }, Some(schema)) => {
            noting(|note| read_csv_inputs(train, schema, options, note))?
        }
        (Source::Csv { .. }, None) if network.model.is_some() => bail!(
            "--data: expected pictures, an IDX or a NumPy file for an ONNX file, which has no names of columns, \
             found a CSV file"
        ),
        (Source::Csv { .. }, None) => bail!(
            "the checkpoint has no names of columns: expected one \
            that this version wrote, found an older one"
        ),
        (Source::Files(files), _) => noting(|note| files.inputs(note))?.1,
        _ => noting(|note| source.load_noting::<f64>(note))?.test.inputs().clone(),
    };
    Ok(Rows { inputs, files: Vec::new() })
}

/// For each row the effective weights of one output, in the units of the file: `y = Σ w x + c`. `None` after Ctrl-C.
fn weights(
    net: &Net<f64>,
    preparation: &Preparation,
    schema: &Schema,
    rows: &Rows,
    x: &Matrix<f64>,
    outputs: &[usize],
) -> Option<String> {
    let mut text = format!("{},output,constant", rows.head());
    for feature in 0..x.ncols() {
        text.push(',');
        text.push_str(&csv_cell(&schema.feature(feature)));
    }
    text.push('\n');
    let lines = map_chunks(x.nrows(), 1, |range| {
        let row = range.start;
        if stopped() {
            return None;
        }
        let map = effective_map(net, x.row(row));
        let k = outputs[row];
        let (weights, constant) = preparation.in_own_units(map.a.row(k).to_vec(), map.c[k], k);
        let mut line = format!("{},{},{constant}", rows.name(row), csv_cell(&schema.output(k)));
        weights.iter().for_each(|weight| {
            let _ = write!(line, ",{weight}");
        });
        Some(line + "\n")
    });
    for line in lines {
        text.push_str(&line?);
    }
    Some(text)
}

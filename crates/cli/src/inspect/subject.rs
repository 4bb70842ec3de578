//! What is looked at: a net with its data and an input, and the files that answers go to.

use super::Arguments;
use super::input::{InputArguments, Point, brief};
use crate::data::Opened;
use crate::interrupt::hold;
use crate::picture::Like;
use crate::progress::{spin_for, spin_telling};
use crate::write_files;
use anyhow::{Context, Result, bail};
use ndarray::{Array1, Axis};
use serde::Serialize;
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use switchnet::analysis::{Answer, Provenance};
use switchnet::data::{Dataset, Preparation, Split};
use switchnet::net::Net;
use switchnet::train::Loss;
use switchnet_lab::experiment::Form;
use switchnet_lab::numpy::Archive;
use switchnet_lab::report::{self, Row, Rows};

/// The files of an answer that are written only if there is something for them, or later than it.
const SOMETIMES: [(&str, &[&str]); 6] = [
    ("inspect.json", &["inspect.csv"]),
    (
        "inspect-slice.json",
        &[
            "inspect-slice-class.svg",
            "inspect-slice-slope.svg",
            "inspect-slice-pattern.svg",
            "inspect-slice-norm.svg",
            "inspect-slice-norms.npz",
        ],
    ),
    ("inspect-margin.json", &["inspect-margin-layers.svg"]),
    ("inspect-optimum.json", &["inspect-optimum.png", "inspect-optimum.svg"]),
    ("inspect-spectrum.json", &["inspect-spectrum-vectors.png", "inspect-spectrum-vectors.svg"]),
    ("inspect-switches.json", &["inspect-switches-balance.svg", "inspect-switches.png"]),
];

/// An input that is looked at.
#[derive(Clone)]
pub(super) struct Input {
    /// As the net sees it.
    pub(super) x: Array1<f64>,
    /// What it is called.
    pub(super) name: String,
    /// The same where there is little room.
    pub(super) short: String,
    /// The same for those who do not see a picture.
    pub(super) caption: String,
    pub(super) label: Option<usize>,
}

/// What is looked at, and where answers go.
pub(super) struct Subject {
    /// The net, in double precision.
    pub(super) net: Net<f64>,
    pub(super) input: Input,
    pub(super) train: Dataset<f32>,
    pub(super) test: Dataset<f32>,
    pub(super) preparation: Preparation,
    /// What pictures are to be like.
    pub(super) like: Like,
    /// What the net was trained to make small.
    pub(super) loss: Loss,
    /// What an input is.
    pub(super) form: Form,
    /// Which net.
    pub(super) of_net: String,
    pub(super) out: PathBuf,
    /// Files that are made and not yet written.
    pub(super) made: RefCell<Vec<(String, Vec<u8>)>>,
    /// Files of an earlier run that are not to stand beside these, unless they are among them.
    pub(super) gone: RefCell<Vec<String>>,
    /// How long a view may take, and when this one began.
    pub(super) limit: Option<Duration>,
    pub(super) begun: Cell<Instant>,
}

impl Subject {
    /// The net and its data, and all inputs that are asked for: the first is in place.
    pub(super) fn open(arguments: &Arguments) -> Result<(Self, Vec<Input>)> {
        let opened = Opened::load(&arguments.checkpoint, &arguments.data, &arguments.network)?;
        let (alone, network) = (opened.alone, opened.network);
        if let Some(flag) = arguments.needs_data().filter(|_| alone) {
            bail!("{flag}: expected with --data for an ONNX file, found without");
        }
        let net = network.double()?;
        let Split { mut train, mut test } = opened.split;
        let preparation = network.trained.preparation.clone();
        let of_net = format!("in the net {}", arguments.checkpoint.display());
        let mut inputs = Vec::new();
        for (name, raw) in arguments.input.read(&opened.like)? {
            let x = preparation.inputs(raw.insert_axis(Axis(0)))?.row(0).to_owned();
            let (short, caption) = (brief(&name), format!("{name} {of_net}"));
            inputs.push(Input { x, name, short, caption, label: None });
        }
        if let (Some(first), true) = (inputs.first(), alone) {
            let x = first.x.mapv(|v| v as f32).insert_axis(Axis(0));
            Split { train, test } = network.alone(x)?;
        }
        if inputs.is_empty() {
            if alone {
                bail!(
                    "--input: expected an input, or data by --data, for an ONNX file, found neither"
                );
            }
            let (rows, other) = match &arguments.index[..] {
                [] => (&[0][..], " (--index takes another)"),
                rows => (rows, ""),
            };
            for &row in rows {
                let x = row_of(&test, "--index", row)?;
                let (set, test_row) = match opened.whole {
                    true => (test.name(), "row"),
                    false => ("the test set", "test row"),
                };
                let name = format!("row {row} of {set}{other}");
                let label = test.labels().map(|labels| labels[row]);
                let class = label.map(|k| format!(" of class {}", test.schema().class(k)));
                let caption = format!("{test_row} {row}{} {of_net}", class.unwrap_or_default());
                inputs.push(Input { x, name, short: format!("row {row}"), caption, label });
            }
        }
        let form = arguments.draw.unwrap_or_else(|| Form::of(test.shape(), test.schema()));
        let form = form.of_rows(inputs[0].x.len()).context("--draw")?;
        let (out, made, gone) = (arguments.out.clone(), RefCell::default(), RefCell::default());
        let (limit, begun) = (arguments.slice.limit()?, Cell::new(Instant::now()));
        let subject = Self {
            net,
            input: inputs[0].clone(),
            train,
            test,
            preparation,
            like: opened.like,
            loss: network.trained.training.loss,
            form,
            of_net,
            out,
            made,
            gone,
            limit,
            begun,
        };
        Ok((subject, inputs))
    }

    /// A point besides the input, and what it is called.
    pub(super) fn point(
        &self,
        flag: &str,
        point: &Point,
        input: &InputArguments,
    ) -> Result<(String, Array1<f64>)> {
        match point {
            Point::Row(row) => Ok((format!("row {row}"), row_of(&self.test, flag, *row)?)),
            Point::Given(given) => {
                let read = input.read_point(given, &self.like);
                let (name, raw) = read.with_context(|| flag.to_owned())?;
                let x = self.preparation.inputs(raw.insert_axis(Axis(0)))?;
                Ok((name, x.row(0).to_owned()))
            }
        }
    }

    /// What output `k` is called: the class, or the target.
    pub(super) fn output(&self, k: usize) -> Cow<'_, str> {
        self.test.schema().output(k)
    }

    /// A step of a view, for as long as the view may take.
    pub(super) fn spin<R>(&self, what: &str, work: impl FnOnce() -> R) -> R {
        self.spin_telling(what, |_| work())
    }

    /// The same, where the work tells how far it is.
    pub(super) fn spin_telling<R>(&self, what: &str, work: impl FnOnce(&dyn Fn(&str)) -> R) -> R {
        match self.limit {
            Some(limit) => spin_for(limit.saturating_sub(self.begun.get().elapsed()), what, work),
            None => spin_telling(what, work),
        }
    }

    /// The same in a sentence: `class elm`, or the target.
    pub(super) fn called(&self, k: usize) -> String {
        let class = if self.test.labels().is_some() { "class " } else { "" };
        format!("{class}{}", self.output(k))
    }

    /// What all outputs are called.
    pub(super) fn outputs(&self) -> Vec<String> {
        (0..self.net.outputs()).map(|k| self.output(k).into_owned()).collect()
    }

    /// How wide a column of the terminal is that has the names of outputs.
    pub(super) fn wide(&self, least: usize) -> usize {
        self.outputs().iter().map(|name| name.chars().count()).max().unwrap_or(0).clamp(least, 24)
    }

    /// Draws rows of numbers that belong to the features beside the input, as what this is, and keeps the picture.
    /// `about` says what they are in a title, and `what` on an axis.
    pub(super) fn picture(
        &self,
        name: &str,
        [about, what]: [&str; 2],
        rows: Vec<Row>,
        lead: usize,
    ) -> Result<()> {
        let rows = Rows {
            title: format!("Input and {about}: {}", self.input.caption),
            form: self.form,
            shape: self.test.shape(),
            schema: self.test.schema(),
            standardized: self.preparation.standardize.is_some(),
            x: &self.input.x.to_vec(),
            what,
            rows,
            lead,
        };
        let (ending, bytes) = rows.picture()?;
        if let Some(scale) = rows.scale() {
            outln!("{name}.{ending}: {scale}");
        }
        self.file(&format!("{name}.{ending}"), bytes);
        self.gone.borrow_mut().extend(["png", "svg"].map(|ending| format!("{name}.{ending}")));
        Ok(())
    }

    /// Keeps a chart of the input, which says to those who do not see it of which input and net it is.
    pub(super) fn chart(&self, name: &str, svg: &str) {
        self.file(name, report::labeled(svg, &self.input.caption));
    }

    /// The same of a chart over many inputs.
    pub(super) fn chart_of_net(&self, name: &str, svg: &str) {
        self.file(name, report::labeled(svg, &self.of_net));
    }

    /// Keeps a file until [`write`](Self::write).
    pub(super) fn file(&self, name: &str, bytes: impl Into<Vec<u8>>) {
        self.made.borrow_mut().push((name.to_owned(), bytes.into()));
    }

    /// Writes what is made, all of it even if Ctrl-C is pressed, and removes first what it takes the place of.
    pub(super) fn write(&self) -> Result<()> {
        let (made, gone) = (self.made.take(), self.gone.take());
        if made.is_empty() {
            return Ok(());
        }
        let _held = hold();
        for name in gone.iter().filter(|name| made.iter().all(|(other, _)| other != *name)) {
            let path = self.out.join(name);
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(error).with_context(|| path.display().to_string());
                }
                _ => {}
            }
        }
        write_files(&self.out, &made)
    }

    /// An answer with its provenance, as JSON. Files that not every answer has are no longer those of the last one.
    pub(super) fn answer(&self, name: &str, answer: &impl Serialize) -> Result<()> {
        let files = SOMETIMES.iter().filter(|(of, _)| *of == name).flat_map(|(_, files)| *files);
        self.gone.borrow_mut().extend(files.map(|file| (*file).to_owned()));
        self.file(name, serde_json::to_vec_pretty(&Answer::of(&self.net, answer))?);
        Ok(())
    }

    /// Arrays for NumPy, and the answer's provenance as the bytes of its JSON:
    /// `json.loads(bytes(numpy.load(file)["provenance"]))`.
    pub(super) fn arrays(&self, name: &str, mut npz: Archive) -> Result<()> {
        npz.add_json("provenance", &Provenance::of(&self.net))?;
        self.file(name, npz.finish()?);
        Ok(())
    }
}

/// Places and counts, as arrays of whole numbers that NumPy takes for indices.
pub(super) fn whole(numbers: impl IntoIterator<Item = usize>) -> Array1<i64> {
    numbers.into_iter().map(|number| number as i64).collect()
}

/// Numbers divided by the largest in size, for pictures that have nothing in common but their place.
pub(super) fn scaled(row: Vec<f64>) -> Vec<f64> {
    let largest = row.iter().fold(0.0, |most, v| f64::max(most, v.abs()));
    row.into_iter().map(|v| if largest > 0.0 { v / largest } else { v }).collect()
}

/// A row of the test set.
pub(super) fn row_of(test: &Dataset<f32>, flag: &str, row: usize) -> Result<Array1<f64>> {
    if row >= test.len() {
        bail!("{flag}: expected 0 to {}, found {row}", test.len() - 1);
    }
    Ok(test.inputs().row(row).mapv(f64::from))
}

/// Refuses inputs, with their names, of which two are the same.
pub(super) fn different(flag: &str, inputs: &[(&String, &Array1<f64>)]) -> Result<()> {
    for (i, (name, input)) in inputs.iter().enumerate() {
        if let Some((other, _)) = inputs[..i].iter().find(|(_, other)| other == input) {
            bail!(
                "{flag}: expected different inputs, found {other} and {name}, which are the same"
            );
        }
    }
    Ok(())
}

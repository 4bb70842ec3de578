//! `inspect`: the effective linear map that one input selects, and what follows from it.

mod against;
mod between;
mod boxes;
mod features;
mod input;
mod map;
mod margin;
mod memory;
mod neurons;
mod optimum;
mod pair;
mod ray;
mod similarity;
mod slice;
mod spectrum;
mod switches;

use super::data::{DataArguments, Opened};
use super::interrupt::{INTERRUPTED, hold, stopped};
use super::network::NetworkArguments;
use super::progress::{spin_for, spin_telling};
use crate::picture::Like;
use crate::{make_folder, write_files};
use anyhow::{Context, Result, bail};
use input::{InputArguments, Point, brief};
use ndarray::{Array1, Axis};
use serde::Serialize;
use slice::Cut;
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::{Duration, Instant};
use switchnet::analysis::{Answer, Provenance};
use switchnet::data::{Dataset, Preparation, Split};
use switchnet::net::Net;
use switchnet::train::Loss;
use switchnet_lab::experiment::Form;
use switchnet_lab::numpy::Archive;
use switchnet_lab::report::{self, Row, Rows};

/// Show the effective linear map y = A x + c that one input selects.
///
/// Prints for each output y, a·x, c, the norm of the effective weights a (the noise gain) and the
/// angle between them and the input, in double precision, and the residual of the map. Writes the
/// map as inspect.npz (A, c, x, y) and inspect.json, and a picture of the input and the rows of A: pixels for images
/// (inspect.png), bars for tables and lines for series (inspect.svg). Of features with names it prints the largest weights of
/// the class chosen and writes all as inspect.csv, in the units of the file too. An ONNX file has no data of its own: it takes
/// an input (--input, --values-of) or data (--data).
///
/// Of several inputs each is answered as if it were alone, in the folders 0, 1, … of --out.
///
/// The views below answer more; each prints its answer, in the place of the map's, and writes it as inspect-VIEW.json, its
/// arrays as inspect-VIEW.npz, and a picture.
#[derive(clap::Args)]
#[command(allow_negative_numbers = true)] // to be refused as numbers
pub struct Arguments {
    /// The checkpoint, or an ONNX file
    checkpoint: PathBuf,

    /// The input: a row of the test set, counted from 0, or several such as 0,3,5 [default: 0]
    #[arg(long, value_name = "ROW,ROW", value_delimiter = ',', conflicts_with_all = ["input", "values_of"])]
    index: Vec<usize>,

    #[command(flatten)]
    input: InputArguments,

    /// The folder to write to
    #[arg(long, value_name = "FOLDER", default_value = "out")]
    out: PathBuf,

    /// What an input is drawn as: `image`, `table`, `series`, or `series:6` of six channels one behind another [default: by
    /// the shape of the data and the names of the columns]
    #[arg(long, value_name = "FORM")]
    draw: Option<Form>,

    #[command(flatten)]
    views: Views,

    #[command(flatten)]
    slice: slice::SliceArguments,

    #[command(flatten)]
    boxes: boxes::BoxArguments,

    #[command(flatten)]
    data: DataArguments,

    #[command(flatten)]
    network: NetworkArguments,
}

/// What is asked besides the map.
#[derive(clap::Args)]
#[command(next_help_heading = "Views")]
struct Views {
    /// Walk to another input: every point where a switch flips, integrated gradients. It is a row of the test set, a file as
    /// --input takes one, or numbers such as 0.1,0.5,-2
    #[arg(long, value_name = "INPUT", allow_hyphen_values = true)]
    ray: Option<String>,

    /// The map of the layers from this one up to, and without, that one, counted from 0 as `summary` does
    #[arg(long, value_name = "LAYER,LAYER", value_delimiter = ',')]
    between: Option<Vec<usize>>,

    /// What decides between two outputs, such as 3,8: the difference of their rows of the map, with its norm, its constant and
    /// the signed distance to their boundary
    #[arg(long, value_name = "OUTPUT,OUTPUT", value_delimiter = ',')]
    between_classes: Option<Vec<usize>>,

    /// What another net of the same inputs and outputs makes of the input: the map of the difference of the two, and with --ray
    /// where on it they decide differently
    #[arg(long, value_name = "NET")]
    against: Option<PathBuf>,

    /// How far it is to the nearest switch and to another class, in l1, l2 and l∞
    #[arg(long)]
    margin: bool,

    /// Singular values and vectors of the map, and what of the input it ignores
    #[arg(long)]
    spectrum: bool,

    /// The input of the same region that raises this output most, and the nearest that another class wins
    #[arg(long, value_name = "OUTPUT")]
    optimum: Option<usize>,

    /// The training inputs that the effective weights resemble most
    #[arg(long)]
    memory: bool,

    /// Angle, norm and noise gain of the class chosen, over the test set
    #[arg(long)]
    neurons: bool,

    /// How often switches are open, over the test set
    #[arg(long)]
    switches: bool,

    /// How alike the maps of test inputs are, within and between classes
    #[arg(long)]
    similarity: bool,
}

impl Arguments {
    /// The first view that asks for other inputs than the one, by its flag.
    fn needs_data(&self) -> Option<&'static str> {
        let views = &self.views;
        let all = [
            ("--index", !self.index.is_empty()),
            ("--ray", views.ray.as_deref().is_some_and(|end| Point::of(end).is_row())),
            ("--slice", self.slice.through_rows()),
            ("--box", self.boxes.points().iter().any(Point::is_row)),
            ("--memory", views.memory),
            ("--neurons", views.neurons),
            ("--switches", views.switches),
            ("--similarity", views.similarity),
        ];
        all.into_iter().find_map(|(flag, given)| given.then_some(flag))
    }
}

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
struct Input {
    /// As the net sees it.
    x: Array1<f64>,
    /// What it is called.
    name: String,
    /// The same where there is little room.
    short: String,
    /// The same for those who do not see a picture.
    caption: String,
    label: Option<usize>,
}

/// What is looked at, and where answers go.
struct Subject {
    /// The net, in double precision.
    net: Net<f64>,
    input: Input,
    train: Dataset<f32>,
    test: Dataset<f32>,
    preparation: Preparation,
    /// What pictures are to be like.
    like: Like,
    /// What the net was trained to make small.
    loss: Loss,
    /// What an input is.
    form: Form,
    /// Which net.
    of_net: String,
    out: PathBuf,
    /// Files that are made and not yet written.
    made: RefCell<Vec<(String, Vec<u8>)>>,
    /// Files of an earlier run that are not to stand beside these, unless they are among them.
    gone: RefCell<Vec<String>>,
    /// How long a view may take, and when this one began.
    limit: Option<Duration>,
    begun: Cell<Instant>,
}

impl Subject {
    /// The net and its data, and all inputs that are asked for: the first is in place.
    fn open(arguments: &Arguments) -> Result<(Self, Vec<Input>)> {
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
    fn point(
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
    fn output(&self, k: usize) -> Cow<'_, str> {
        self.test.schema().output(k)
    }

    /// A step of a view, for as long as the view may take.
    fn spin<R>(&self, what: &str, work: impl FnOnce() -> R) -> R {
        self.spin_telling(what, |_| work())
    }

    /// The same, where the work tells how far it is.
    fn spin_telling<R>(&self, what: &str, work: impl FnOnce(&dyn Fn(&str)) -> R) -> R {
        match self.limit {
            Some(limit) => spin_for(limit.saturating_sub(self.begun.get().elapsed()), what, work),
            None => spin_telling(what, work),
        }
    }

    /// The same in a sentence: `class elm`, or the target.
    fn called(&self, k: usize) -> String {
        let class = if self.test.labels().is_some() { "class " } else { "" };
        format!("{class}{}", self.output(k))
    }

    /// What all outputs are called.
    fn outputs(&self) -> Vec<String> {
        (0..self.net.outputs()).map(|k| self.output(k).into_owned()).collect()
    }

    /// How wide a column of the terminal is that has the names of outputs.
    fn wide(&self, least: usize) -> usize {
        self.outputs().iter().map(|name| name.chars().count()).max().unwrap_or(0).clamp(least, 24)
    }

    /// Draws rows of numbers that belong to the features beside the input, as what this is, and keeps the picture.
    /// `about` says what they are in a title, and `what` on an axis.
    fn picture(
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
    fn chart(&self, name: &str, svg: &str) {
        self.file(name, report::labeled(svg, &self.input.caption));
    }

    /// The same of a chart over many inputs.
    fn chart_of_net(&self, name: &str, svg: &str) {
        self.file(name, report::labeled(svg, &self.of_net));
    }

    /// Keeps a file until [`write`](Self::write).
    fn file(&self, name: &str, bytes: impl Into<Vec<u8>>) {
        self.made.borrow_mut().push((name.to_owned(), bytes.into()));
    }

    /// Writes what is made, all of it even if Ctrl-C is pressed, and removes first what it takes the place of.
    fn write(&self) -> Result<()> {
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
    fn answer(&self, name: &str, answer: &impl Serialize) -> Result<()> {
        let files = SOMETIMES.iter().filter(|(of, _)| *of == name).flat_map(|(_, files)| *files);
        self.gone.borrow_mut().extend(files.map(|file| (*file).to_owned()));
        self.file(name, serde_json::to_vec_pretty(&Answer::of(&self.net, answer))?);
        Ok(())
    }

    /// Arrays for NumPy, and the answer's provenance as the bytes of its JSON:
    /// `json.loads(bytes(numpy.load(file)["provenance"]))`.
    fn arrays(&self, name: &str, mut npz: Archive) -> Result<()> {
        npz.add_json("provenance", &Provenance::of(&self.net))?;
        self.file(name, npz.finish()?);
        Ok(())
    }
}

/// Places and counts, as arrays of whole numbers that NumPy takes for indices.
fn whole(numbers: impl IntoIterator<Item = usize>) -> Array1<i64> {
    numbers.into_iter().map(|number| number as i64).collect()
}

/// How a line begins that says that an answer's own check does not hold.
pub(super) const INCONSISTENT: &str = "CHECK FAILED, as it does for a net that jumps";

/// Whole maps of at most so many rows or columns are decomposed for many inputs; larger ones take too long.
pub(super) const LARGEST: usize = 128;

/// Numbers divided by the largest in size, for pictures that have nothing in common but their place.
fn scaled(row: Vec<f64>) -> Vec<f64> {
    let largest = row.iter().fold(0.0, |most, v| f64::max(most, v.abs()));
    row.into_iter().map(|v| if largest > 0.0 { v / largest } else { v }).collect()
}

/// A row of the test set.
fn row_of(test: &Dataset<f32>, flag: &str, row: usize) -> Result<Array1<f64>> {
    if row >= test.len() {
        bail!("{flag}: expected 0 to {}, found {row}", test.len() - 1);
    }
    Ok(test.inputs().row(row).mapv(f64::from))
}

/// Refuses inputs, with their names, of which two are the same.
fn different(flag: &str, inputs: &[(&String, &Array1<f64>)]) -> Result<()> {
    for (i, (name, input)) in inputs.iter().enumerate() {
        if let Some((other, _)) = inputs[..i].iter().find(|(_, other)| other == input) {
            bail!(
                "{flag}: expected different inputs, found {other} and {name}, which are the same"
            );
        }
    }
    Ok(())
}

/// What is asked of the subject.
type Question = Box<dyn Fn(&Subject) -> Result<()>>;

/// Everything that is asked of the subject's input.
fn questions(
    arguments: &Arguments,
    subject: &Subject,
    other: Option<&Rc<against::Other>>,
) -> Result<Vec<Question>> {
    let views = &arguments.views;
    let end = views.ray.as_deref().map(Point::of);
    let cut = arguments.slice.cut()?;
    if let ((_, Some(_)), None, None) = (arguments.slice.limits(), &cut, arguments.boxes.flag()) {
        bail!("--memory-limit: expected with --slice, --box or --radius, found without");
    }
    let corners = arguments.boxes.points();
    let points = end.iter().chain(cut.iter().flat_map(Cut::points)).chain(&corners);
    let points: Vec<Point> = points.cloned().collect();
    arguments.input.refuse_flags_without_picture(&points)?;
    let to = end.map(|end| subject.point("--ray", &end, &arguments.input)).transpose()?;
    if let Some((name, to)) = &to {
        different("--ray", &[(&subject.input.name, &subject.input.x), (name, to)])?;
    }
    let between = views.between.as_ref().map(|l| between::layers(subject, l)).transpose()?;
    let pair = views.between_classes.as_ref().map(|p| pair::outputs(subject, p)).transpose()?;
    let slice = arguments.slice.asked(subject, cut, &arguments.input)?;
    let limits = arguments.slice.limits();
    let boxed = arguments.boxes.asked(subject, &arguments.input, limits)?;
    if let Some(output) = views.optimum.filter(|&output| output >= subject.net.outputs()) {
        bail!("--optimum: expected 0 to {}, found {output}", subject.net.outputs() - 1);
    }
    let mut asked: Vec<Question> = Vec::new();
    if let Some(layers) = between {
        asked.push(Box::new(move |subject| between::run(subject, layers.clone())));
    }
    if let Some(pair) = pair {
        asked.push(Box::new(move |subject| pair::run(subject, pair)));
    }
    if let Some(other) = other.cloned() {
        let to = to.as_ref().map(|(_, to)| to.clone());
        asked.push(Box::new(move |subject| against::run(subject, &other, to.as_ref())));
    }
    if let Some((name, to)) = to {
        asked.push(Box::new(move |subject| ray::run(subject, &name, &to)));
    }
    if let Some(slice) = slice {
        asked.push(Box::new(move |subject| slice::run(subject, &slice)));
    }
    if let Some(boxed) = boxed {
        asked.push(Box::new(move |subject| boxes::run(subject, &boxed)));
    }
    if let Some(output) = views.optimum {
        asked.push(Box::new(move |subject| optimum::run(subject, output)));
    }
    for (wanted, view) in [
        (views.margin, margin::run as fn(&Subject) -> Result<()>),
        (views.spectrum, spectrum::run),
        (views.memory, memory::run),
        (views.neurons, neurons::run),
        (views.switches, switches::run),
        (views.similarity, similarity::run),
    ] {
        if wanted {
            asked.push(Box::new(view));
        }
    }
    let alone = asked.is_empty();
    asked.insert(0, Box::new(move |subject| map::run(subject, alone)));
    Ok(asked)
}

pub fn run(arguments: Arguments) -> Result<ExitCode> {
    let (mut subject, inputs) = Subject::open(&arguments)?;
    let other = arguments.views.against.as_ref();
    let other = other.map(|path| against::Other::load(&subject, path, &arguments.network));
    let other = other.transpose()?.map(Rc::new);
    let several = inputs.len() > 1;
    // Whatever is wrong with what is asked for, nothing is written then.
    let mut asked = Vec::with_capacity(inputs.len());
    for input in inputs {
        subject.input = input.clone();
        asked.push((input, questions(&arguments, &subject, other.as_ref())?));
    }
    make_folder(&arguments.out)?;
    for (k, (input, questions)) in asked.into_iter().enumerate() {
        subject.input = input;
        if several {
            subject.out = arguments.out.join(k.to_string());
            make_folder(&subject.out)?;
            let gap = if k > 0 { "\n" } else { "" };
            outln!("{gap}== {}: {}", subject.out.display(), subject.input.name);
        }
        for view in questions {
            subject.begun.set(Instant::now());
            view(&subject)?;
            subject.write()?;
            if stopped() {
                return Ok(INTERRUPTED.into());
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

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
mod subject;
mod switches;

use super::data::DataArguments;
use super::interrupt::{INTERRUPTED, go_on, hold, stopped};
use super::network::NetworkArguments;
use super::ranks::{Job, alone};
use crate::{make_folder, shown};
use anyhow::{Context, Result, bail};
use input::{InputArguments, Point};
use serde_json::{Value, json};
use slice::Cut;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Instant;
use subject::{Input, Subject, different, scaled, whole};
use switchnet_lab::experiment::Form;

/// How a line begins that says that an answer's own check does not hold.
pub(super) const INCONSISTENT: &str = "CHECK FAILED, as it does for a net that jumps";

/// Whole maps of at most so many rows or columns are decomposed for many inputs; larger ones take too long.
pub(super) const LARGEST: usize = 128;

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
/// In an MPI job (feature mpi) the processes share a slice and a box; the first one does all else.
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

type View = Box<dyn Fn(&Subject) -> Result<()>>;
type SharedView = Box<dyn Fn(&Subject, &Job) -> Result<()>>;

/// What is asked of the subject.
enum Question {
    /// The first process of a job answers it. Each has to have been asked a question of this name.
    Own(&'static str, View),
    /// All processes of a job answer it together, and each has to have been asked the same.
    Shared(SharedView, Value),
}

impl Question {
    fn own(name: &'static str, view: impl Fn(&Subject) -> Result<()> + 'static) -> Self {
        Self::Own(name, Box::new(view))
    }

    /// What the processes of a job have to have alike of it: with other questions, they would not meet.
    fn told(&self) -> Value {
        match self {
            Self::Own(name, _) => json!(name),
            Self::Shared(_, told) => told.clone(),
        }
    }
}

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
        asked.push(Question::own("between", move |subject| between::run(subject, layers.clone())));
    }
    if let Some(pair) = pair {
        asked.push(Question::own("between-classes", move |subject| pair::run(subject, pair)));
    }
    if let Some(other) = other.cloned() {
        let to = to.as_ref().map(|(_, to)| to.clone());
        let run = move |subject: &Subject| against::run(subject, &other, to.as_ref());
        asked.push(Question::own("against", run));
    }
    if let Some((name, to)) = to {
        asked.push(Question::own("ray", move |subject| ray::run(subject, &name, &to)));
    }
    if let Some(slice) = slice {
        let told = json!({ "slice": slice.told() });
        let run = move |subject: &Subject, job: &Job| slice::run(subject, &slice, job);
        asked.push(Question::Shared(Box::new(run), told));
    }
    if let Some(boxed) = boxed {
        let told = json!({ "box": boxed.told() });
        let run = move |subject: &Subject, job: &Job| boxes::run(subject, &boxed, job);
        asked.push(Question::Shared(Box::new(run), told));
    }
    if let Some(output) = views.optimum {
        asked.push(Question::own("optimum", move |subject| optimum::run(subject, output)));
    }
    for (wanted, name, view) in [
        (views.margin, "margin", margin::run as fn(&Subject) -> Result<()>),
        (views.spectrum, "spectrum", spectrum::run),
        (views.memory, "memory", memory::run),
        (views.neurons, "neurons", neurons::run),
        (views.switches, "switches", switches::run),
        (views.similarity, "similarity", similarity::run),
    ] {
        if wanted {
            asked.push(Question::own(name, view));
        }
    }
    let alone = asked.is_empty();
    asked.insert(0, Question::own("map", move |subject| map::run(subject, alone)));
    Ok(asked)
}

/// What is looked at, and everything that is asked of each input.
type Asked = (Subject, Vec<(Input, Vec<Question>)>);

/// Whatever is wrong with what is asked for, nothing is written then.
fn open(arguments: &Arguments) -> Result<Asked> {
    let (mut subject, inputs) = Subject::open(arguments)?;
    let other = arguments.views.against.as_ref();
    let other = other.map(|path| against::Other::load(&subject, path, &arguments.network));
    let other = other.transpose()?.map(Rc::new);
    let mut asked = Vec::with_capacity(inputs.len());
    for input in inputs {
        subject.input = input.clone();
        asked.push((input, questions(arguments, &subject, other.as_ref())?));
    }
    Ok((subject, asked))
}

/// What the processes of a job have to have alike of all this.
fn told(arguments: &Arguments, asked: &[(Input, Vec<Question>)]) -> Result<Value> {
    let path = &arguments.checkpoint;
    let net = crc32fast::hash(&std::fs::read(path).with_context(|| shown(path))?);
    let all = asked.iter().flat_map(|(_, questions)| questions);
    let all: Vec<Value> = all.map(Question::told).collect();
    Ok(json!({ "version": env!("CARGO_PKG_VERSION"), "net": net, "asked": all }))
}

pub fn run(arguments: Arguments) -> Result<ExitCode> {
    if !(arguments.slice.is_asked() || arguments.boxes.flag().is_some()) {
        // Nothing is shared, and to begin MPI takes longer than most views.
        alone("without --slice, --box and --radius")?;
        return answer(&arguments, open(&arguments)?, None);
    }
    let job = Job::begin()?;
    let asked = job.together(open(&arguments))?;
    job.alike("job", || told(&arguments, &asked.1))?;
    answer(&arguments, asked, Some(&job))
}

/// Answers everything, and writes it: the first process of a job, if there is one.
fn answer(
    arguments: &Arguments,
    (mut subject, asked): Asked,
    job: Option<&Job>,
) -> Result<ExitCode> {
    let first = job.is_none_or(Job::is_first);
    let together = |own: Result<()>| match job {
        None => own,
        Some(job) => job.together(own),
    };
    // Ctrl-C ends the first process, or what is shared, and with them all others.
    let _held = (!first).then(hold);
    let folder = |path: &Path| if first { make_folder(path) } else { Ok(()) };
    let several = asked.len() > 1;
    together(folder(&arguments.out))?;
    for (k, (input, questions)) in asked.into_iter().enumerate() {
        subject.input = input;
        if several {
            subject.out = arguments.out.join(k.to_string());
            together(folder(&subject.out))?;
            let gap = if k > 0 { "\n" } else { "" };
            outln!("{gap}== {}: {}", subject.out.display(), subject.input.name);
        }
        for question in questions {
            subject.begun.set(Instant::now());
            let answered = match &question {
                Question::Own(_, view) if first => view(&subject),
                Question::Own(..) => Ok(()),
                Question::Shared(view, _) => view(&subject, job.expect("begun for what is shared")),
            };
            let written = answered.and_then(|()| subject.write());
            if let (Some(job), true) = (job, stopped()) {
                job.halt();
            }
            together(written)?;
            // By what was agreed: who is stopped from here on says so where all meet again.
            if job.map_or_else(go_on, Job::go_on).is_break() {
                return Ok(if first { INTERRUPTED.into() } else { ExitCode::SUCCESS });
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

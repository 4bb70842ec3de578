//! `trajectory`: how switches and maps moved over the checkpoints of a training.

use super::data::{DataArguments, Opened};
use super::inspect::LARGEST;
use super::interrupt::{INTERRUPTED, hold};
use super::network::NetworkArguments;
use super::progress::Steps;
use crate::{make_folder, write_files};
use anyhow::{Context, Result, bail};
use ndarray::s;
use std::path::PathBuf;
use std::process::ExitCode;
use switchnet::analysis::{Answer, Checkpoint, Provenance, trajectory};
use switchnet::layer::Layer;
use switchnet::train::evaluate;
use switchnet_lab::experiment::Trained;
use switchnet_lab::report::{self, Curve, Panel, Scale};

/// Show how the switches and the effective maps of a net moved while it was trained.
///
/// Compares checkpoints of one net over the first 200 test inputs, each with the last of them: in how many
/// switches the patterns differ, how alike the maps are, and the angle between the spaces that they see; and the
/// cosines of the effective rows of inputs of one class and of two. `train --keep-every 1` writes such checkpoints.
/// Writes trajectory.json and trajectory.svg. Ctrl-C ends it, and what was compared is written.
#[derive(clap::Args)]
pub struct Arguments {
    /// The checkpoints, in the order of the training, such as out/net-epoch*.safetensors
    #[arg(required = true, value_name = "CHECKPOINT")]
    checkpoints: Vec<PathBuf>,

    /// The folder to write to
    #[arg(long, value_name = "FOLDER", default_value = "out")]
    out: PathBuf,

    #[command(flatten)]
    data: DataArguments,
}

/// How many test inputs the maps are compared at; whole maps are held at each of them, so of maps with more rows
/// and columns than [`LARGEST`] there are few.
const INPUTS: usize = 200;
const FEW: usize = 10;

/// A checkpoint with the numbers of its line.
struct Line {
    accuracy: Option<f64>,
    /// The part of the switches in which patterns differ from those of the last net, and of the one before.
    to_last: f64,
    to_previous: Option<f64>,
    found: Checkpoint,
}

pub fn run(arguments: Arguments) -> Result<ExitCode> {
    let Some(last) = arguments.checkpoints.last() else { bail!("trajectory: no checkpoints") };
    let opened = Opened::load(last, &arguments.data, &NetworkArguments::default())?;
    let test = &opened.split.test;
    let large =
        opened.network.trained.net.inputs().min(opened.network.trained.net.outputs()) > LARGEST;
    let count = if large { FEW } else { INPUTS }.min(test.len());
    let inputs = test.inputs().slice(s![..count, ..]).mapv(f64::from);
    let labels = test.labels().map(|labels| &labels[..inputs.nrows()]);
    let mut nets = Vec::with_capacity(arguments.checkpoints.len());
    let mut accuracies = Vec::with_capacity(arguments.checkpoints.len());
    let bar = Steps::new(arguments.checkpoints.len(), "checkpoints evaluated")?;
    for path in &arguments.checkpoints {
        let net = Trained::load(path)?.net;
        if net.spec() != opened.network.trained.net.spec() {
            let expected = format!("a checkpoint of the training of {}", last.display());
            bail!("{}: expected {expected}, found one of another net or seed", path.display());
        }
        let score = evaluate(&net, opened.network.trained.training.loss, test).checked("test");
        accuracies.push(score.with_context(|| path.display().to_string())?.accuracy());
        nets.push(net.cast::<f64>());
        let _ = bar.step();
    }
    drop(bar);
    let layers: Vec<&dyn Layer<f64>> = nets.iter().map(|net| net as _).collect();
    make_folder(&arguments.out)?;
    let _hold = hold();
    outln!("comparing {} checkpoints over {} inputs", nets.len(), inputs.nrows());
    let bar = Steps::new(nets.len(), "checkpoints compared")?;
    let found = trajectory(&layers, inputs.view(), labels, &mut |_| bar.step())?;
    drop(bar);
    let complete = found.len() == nets.len();
    let lines: Vec<Line> = found.into_iter().zip(accuracies).map(line).collect();
    show(&lines)?;
    let named = arguments.checkpoints.iter().zip(&lines).zip(&layers).map(|((path, line), net)| {
        serde_json::json!({
            "checkpoint": path,
            "parameters": Provenance::of(*net).parameters,
            "test_accuracy": line.accuracy,
            "trajectory": line.found,
        })
    });
    let all = serde_json::json!({
        "inputs": inputs.nrows(),
        "complete": complete,
        "checkpoints": named.collect::<Vec<_>>(),
    });
    let json = serde_json::to_vec_pretty(&Answer::of(layers[layers.len() - 1], all))?;
    let of = format!("of {} checkpoints of the training of {}", lines.len(), last.display());
    let svg = report::labeled(&picture(&lines), &of);
    let files = [("trajectory.json".into(), json), ("trajectory.svg".into(), svg.into())];
    write_files(&arguments.out, &files)?;
    if complete {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("stopped after {} of {} checkpoints", lines.len(), nets.len());
    Ok(INTERRUPTED.into())
}

fn line((found, accuracy): (Checkpoint, Option<f64>)) -> Line {
    let switches = found.on_rate.iter().map(Vec::len).sum::<usize>().max(1) as f64;
    let part = |of_layers: &Vec<f64>| of_layers.iter().sum::<f64>() / switches;
    let (to_last, to_previous) = (part(&found.to_last), found.to_previous.as_ref().map(part));
    Line { accuracy, to_last, to_previous, found }
}

fn show(lines: &[Line]) -> Result<()> {
    outln!(
        "            test       switches that differ (%)    cosine of rows        to the last map"
    );
    outln!(
        "number  accuracy (%)   from last  from previous   within  between     cosine   angle (°)"
    );
    let number =
        |v: Option<f64>, digits: usize| v.map_or("–".into(), |v| format!("{v:.digits$}"));
    for (i, line) in lines.iter().enumerate() {
        let found = &line.found;
        outln!(
            "{:>6} {:>13} {:>11.2} {:>14} {:>8} {:>8} {:>10.4} {:>11}",
            i + 1,
            number(line.accuracy.map(|a| 100.0 * a), 2),
            100.0 * line.to_last,
            number(line.to_previous.map(|p| 100.0 * p), 2),
            number(found.within, 4),
            number(found.between, 4),
            found.map_cosine,
            number(found.row_space_angle, 2),
        );
    }
    Ok(())
}

/// What is known of each checkpoint, as curves over their numbers.
fn picture(lines: &[Line]) -> String {
    let curve = |name: &str, f: &dyn Fn(&Line) -> Option<f64>| {
        let points = lines.iter().enumerate();
        Curve::line(name, points.filter_map(|(i, line)| Some(((i + 1) as f64, f(line)?))))
    };
    let panel = |heading: &str, y: &str, curves: Vec<Curve>| {
        let curves = curves.into_iter().filter(|curve| !curve.points.is_empty()).collect();
        let across = ("checkpoint", Scale::Linear);
        Panel::new(across, (y, Scale::Linear), curves).heading(heading)
    };
    let percent = |part: f64| Some(100.0 * part);
    let panels = [
        panel("Accuracy", "test accuracy (%)", vec![curve("net", &|l| percent(l.accuracy?))]),
        panel(
            "Switches",
            "switches that differ (%)",
            vec![
                curve("from the last", &|l| percent(l.to_last)),
                curve("from the previous", &|l| percent(l.to_previous?)),
            ],
        ),
        panel(
            "Maps",
            "cosine",
            vec![
                curve("rows of one class", &|l| l.found.within),
                curve("rows of two classes", &|l| l.found.between),
                curve("map and the last", &|l| Some(l.found.map_cosine)),
            ],
        ),
        panel(
            "Row spaces",
            "angle to the last (°)",
            vec![curve("row space and the last", &|l| l.found.row_space_angle)],
        ),
    ];
    report::panels("Switches and maps over a training", 2, &panels)
}

//! `--box`, `--radius`: all regions of the net in a box of inputs.

use super::input::{InputArguments, Point};
use super::{Subject, whole};
use crate::interrupt::{go_on, hold};
use crate::progress::spin_telling;
use crate::ranks::Job;
use crate::verify::{read_property, stopped_because};
use anyhow::{Result, bail};
use ndarray::{Array1, Array2, ArrayView1};
use serde_json::{Value, json};
use std::path::Path;
use switchnet::analysis::{
    BoxBudget, BoxProgress, BoxRegions, regions_in_box, regions_in_box_among,
};
use switchnet::net::{argmax, forward};
use switchnet_lab::numpy::Archive;

/// Of which box, and how much at most.
#[derive(clap::Args)]
#[command(next_help_heading = "Box")]
pub(super) struct BoxArguments {
    /// All regions in a box: its lower and its upper corner, as points of --slice are said (`0,0;1,1`, `low.npy,high.npy`),
    /// or a VNN-LIB file of one box, in the numbers that the net takes
    #[arg(long = "box", value_name = "CORNERS", allow_hyphen_values = true)]
    corners: Option<String>,

    /// All regions in the box around the input, so far to each side, in the numbers that the net takes
    #[arg(long, value_name = "R", conflicts_with = "corners")]
    radius: Option<f64>,

    /// Stop after so many regions of a box [default: 1000000]
    #[arg(long, value_name = "N")]
    regions: Option<usize>,
}

/// A box, and how much of it at most.
pub(super) struct Asked {
    name: String,
    lower: Vec<f64>,
    upper: Vec<f64>,
    budget: BoxBudget,
}

impl BoxArguments {
    /// The first flag that asks for a box.
    pub(super) fn flag(&self) -> Option<&'static str> {
        match (&self.corners, self.radius) {
            (Some(_), _) => Some("--box"),
            (None, Some(_)) => Some("--radius"),
            (None, None) => None,
        }
    }

    /// The corners that are points.
    pub(super) fn points(&self) -> Vec<Point> {
        let corners = self.corners.as_deref().filter(|text| !is_property(text));
        corners.map(Point::list).unwrap_or_default()
    }

    /// The box that is asked for, if one is; it takes so many seconds and bytes at most.
    pub(super) fn asked(
        &self,
        subject: &Subject,
        input: &InputArguments,
        (seconds, bytes): (Option<f64>, Option<usize>),
    ) -> Result<Option<Asked>> {
        let Some(flag) = self.flag() else {
            if self.regions.is_some() {
                bail!("--regions: expected with --box or --radius, found without");
            }
            return Ok(None);
        };
        let (name, lower, upper) = match (&self.corners, self.radius) {
            (Some(text), _) if is_property(text) => {
                let mut property = read_property(Path::new(text))?;
                let inputs = subject.net.inputs();
                if property.inputs != inputs {
                    bail!("--box {text}: expected {inputs} inputs, found {}", property.inputs);
                }
                if property.cases.len() != 1 {
                    bail!("--box {text}: expected one box, found {}", property.cases.len());
                }
                let case = property.cases.remove(0);
                (format!("of {text}"), case.lower, case.upper)
            }
            (Some(text), _) => {
                let [lower, upper] = <[Point; 2]>::try_from(self.points()).map_err(|points| {
                    let found = points.len();
                    anyhow::anyhow!(
                        "--box: expected two corners, such as 0,0;1,1, found {found} in {text}"
                    )
                })?;
                let (low, lower) = subject.point("--box", &lower, input)?;
                let (high, upper) = subject.point("--box", &upper, input)?;
                (format!("from {low} to {high}"), lower.to_vec(), upper.to_vec())
            }
            (None, radius) => {
                let radius = radius.unwrap_or_default();
                if !(radius.is_finite() && radius > 0.0) {
                    bail!("--radius: expected a number above 0, found {radius}");
                }
                let name = format!("of {radius} around {}", subject.input.name);
                (name, (&subject.input.x - radius).to_vec(), (&subject.input.x + radius).to_vec())
            }
        };
        let ends = lower.iter().zip(&upper);
        if let Some(i) = ends.clone().position(|(lower, upper)| lower > upper) {
            let called = subject.test.schema().feature(i);
            let found = format!("{} and {}", lower[i], upper[i]);
            bail!("{flag}: {called}: expected a lower and an upper bound, found {found}");
        }
        let all = BoxBudget::default();
        let budget = BoxBudget {
            regions: self.regions.unwrap_or(all.regions),
            seconds: seconds.unwrap_or(all.seconds),
            bytes: bytes.unwrap_or(all.bytes),
        };
        Ok(Some(Asked { name, lower, upper, budget }))
    }
}

impl Asked {
    /// What the processes of a job have to have alike of it.
    pub(super) fn told(&self) -> Value {
        let Self { lower, upper, budget, .. } = self;
        json!({ "lower": lower, "upper": upper, "budget": budget })
    }
}

/// Whether the text is the name of a VNN-LIB file.
fn is_property(text: &str) -> bool {
    let ending = Path::new(text).extension();
    ending.is_some_and(|ending| ending.eq_ignore_ascii_case("vnnlib"))
}

pub(super) fn run(subject: &Subject, asked: &Asked, job: &Job) -> Result<()> {
    // From here on there is something to keep.
    let _held = hold();
    outln!("\nbox {}", asked.name);
    let found = spin_telling("box", |tell| {
        let watch = &mut |progress: BoxProgress| {
            tell(&format!("{} regions, {} parts waiting", progress.regions, progress.waiting));
            go_on()
        };
        let (net, Asked { lower, upper, budget, .. }) = (&subject.net, asked);
        match job.peers() {
            None => regions_in_box(net, lower, upper, *budget, watch),
            Some(peers) => regions_in_box_among(peers, net, lower, upper, *budget, watch),
        }
    })?;
    if !job.is_first() {
        return Ok(()); // the first process says and writes the rest
    }
    for (layer, parts) in found.layers.iter().enumerate() {
        outln!("  {parts:>9} parts after switch layer {}", layer + 1);
    }
    outln!("{} activation regions", found.regions.len());
    match found.stopped_by {
        None => outln!("complete"),
        Some(limit) => outln!("not complete: {}", stopped_because(limit, &asked.budget)),
    }
    if let Some(radius) = found.smallest_radius {
        outln!("the smallest has a ball of radius {radius:.1e}, where that of the box has 1");
    }
    if found.thin > 0 {
        outln!("{} times a part was left out that is too thin to tell", found.thin);
    }
    let answer = json!({
        "lower": found.lower,
        "upper": found.upper,
        "complete": found.complete,
        "stopped_by": found.stopped_by,
        "layers": found.layers,
        "thin": found.thin,
        "smallest_radius": found.smallest_radius,
        "evaluations": found.evaluations,
        "regions": found.regions.len(),
    });
    subject.answer("inspect-box.json", &answer)?;
    arrays(subject, &found)
}

/// The regions as arrays.
fn arrays(subject: &Subject, found: &BoxRegions) -> Result<()> {
    let shape = (found.regions.len(), subject.net.inputs());
    let points = Array2::from_shape_fn(shape, |(i, k)| found.regions[i].point[k]);
    let outputs = forward(&subject.net, points.view());
    let mut npz = Archive::default();
    npz.add("points", &points)?;
    npz.add("radii", &found.regions.iter().map(|r| r.radius).collect::<Array1<f64>>())?;
    npz.add("outputs", &outputs)?;
    npz.add("classes", &whole(argmax(outputs.view())))?;
    let hashes: Vec<u64> = found.regions.iter().map(|region| region.hash).collect();
    npz.add("hashes", &ArrayView1::from(&hashes))?;
    subject.arrays("inspect-box.npz", npz)
}

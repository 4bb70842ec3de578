//! `--slice`: the regions of the net on a plane of inputs.

use super::input::{InputArguments, Point, brief};
use super::{Subject, different, whole};
use crate::interrupt::{hold, stopped};
use crate::progress::AreaBar;
use crate::ranks::Job;
use anyhow::{Result, bail};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use switchnet::analysis::{Limit, Plane, Polygon, Slice, SliceBudget, Window, slice, slice_among};
use switchnet::data::{Dataset, Targets};
use switchnet_lab::numpy::Archive;
use switchnet_lab::report::{self, MOST_POLYGONS, Scene, Tint};

/// A quarter of the way beyond the three inputs on each side.
const WINDOW: Window = Window { u: [-0.25, 1.25], v: [-0.25, 1.25] };

/// Of which plane, which part of it, and how much at most.
#[derive(clap::Args)]
#[command(next_help_heading = "Slice")]
pub(super) struct SliceArguments {
    /// All regions on a plane: `3,5` is the plane through the input and these two rows of the test set, `3`
    /// that through the input, this row and the input of zeros (the mean of standardized data), `axes` that
    /// of the first two inputs, the others held; for a net of two inputs it is all of its inputs. In the place of a row may
    /// stand a file as --input takes one (`a.npy,5`); numbers have a semicolon behind them (`0.1,0.5;3,-2`, `0.1,0.5;`)
    #[arg(long, value_name = "PLANE", allow_hyphen_values = true)]
    slice: Option<String>,

    /// The part of the plane, from u₀ to u₁ and from v₀ to v₁. Of a plane through inputs, (0, 0) is the
    /// input, (1, 0) and (0, 1) are the others [default: -0.25,1.25,-0.25,1.25; for axes what holds the data]
    #[arg(long, value_name = "U0,U1,V0,V1", requires = "slice", allow_hyphen_values = true)]
    window: Option<String>,

    /// Stop after so many polygons [default: 1000000]
    #[arg(long, value_name = "N", requires = "slice")]
    polygons: Option<usize>,

    /// Stop a slice or a box after so many seconds; so does Ctrl-C, and what was found is written [default: 60]. If it is
    /// said, any other view that takes longer ends the program
    #[arg(long, value_name = "S", allow_negative_numbers = true)]
    seconds: Option<f64>,

    /// Stop a slice or a box at so many MiB of memory, by an estimate [default: 2048]
    #[arg(long, value_name = "MIB")]
    memory_limit: Option<usize>,
}

/// Which plane.
pub(super) enum Cut {
    /// Through the input and two points, or one and zero.
    Through(Point, Option<Point>),
    /// Of the first two inputs.
    Axes,
}

impl Cut {
    fn of(text: &str) -> Result<Self> {
        if text == "axes" {
            return Ok(Self::Axes);
        }
        match <[Point; 2]>::try_from(Point::list(text)) {
            Ok([first, second]) => Ok(Self::Through(first, Some(second))),
            Err(mut one) if one.len() == 1 => Ok(Self::Through(one.remove(0), None)),
            Err(_) => bail!(
                "--slice: expected one or two rows of the test set, such as 3,5, or files, or numbers with a semicolon \
                 between two points, or axes, found {text}"
            ),
        }
    }

    /// The points it goes through besides the input.
    pub(super) fn points(&self) -> impl Iterator<Item = &Point> {
        let (first, second) = match self {
            Self::Through(first, second) => (Some(first), second.as_ref()),
            Self::Axes => (None, None),
        };
        first.into_iter().chain(second)
    }
}

/// Four numbers as a window.
fn window(text: &str) -> Result<Window> {
    let numbers: Result<Vec<f64>, _> = text.split(',').map(str::parse).collect();
    match numbers.as_deref() {
        Ok(&[a, b, c, d]) if a < b && c < d && (b - a + d - c).is_finite() => {
            Ok(Window { u: [a, b], v: [c, d] })
        }
        _ => bail!(
            "--window: expected four finite numbers, each pair ascending, such as 0,1,0,1, found {text}"
        ),
    }
}

impl SliceArguments {
    /// The plane that is asked for, if one is.
    pub(super) fn cut(&self) -> Result<Option<Cut>> {
        self.slice.as_deref().map(Cut::of).transpose()
    }

    /// The slice that is asked for, if one is.
    pub(super) fn asked(
        &self,
        subject: &Subject,
        cut: Option<Cut>,
        input: &InputArguments,
    ) -> Result<Option<Asked>> {
        let Some(cut) = cut else { return Ok(None) };
        let asked = Asked::of(subject, cut, input, self.budget()?)?;
        let window = self.window.as_deref().map_or(Ok(asked.window), window)?;
        Ok(Some(Asked { window, ..asked }))
    }

    /// Whether one is asked for.
    pub(super) fn is_asked(&self) -> bool {
        self.slice.is_some()
    }

    /// Whether it is through rows of the data.
    pub(super) fn through_rows(&self) -> bool {
        matches!(self.cut(), Ok(Some(cut)) if cut.points().any(Point::is_row))
    }

    /// How long a view may take, if that is said and any time at all.
    pub(super) fn limit(&self) -> Result<Option<Duration>> {
        let Some(seconds) = self.seconds else { return Ok(None) };
        if seconds.is_nan() || seconds < 0.0 {
            bail!("--seconds: expected a number of at least 0, found {seconds}");
        }
        Ok(Duration::try_from_secs_f64(seconds).ok())
    }

    /// The seconds and the bytes of a search, if they are said.
    pub(super) fn limits(&self) -> (Option<f64>, Option<usize>) {
        (self.seconds, self.memory_limit.map(|mib| mib.saturating_mul(1 << 20)))
    }

    fn budget(&self) -> Result<SliceBudget> {
        let all = SliceBudget::default();
        let (seconds, bytes) = self.limits();
        Ok(SliceBudget {
            polygons: self.polygons.unwrap_or(all.polygons),
            seconds: seconds.unwrap_or(all.seconds),
            bytes: bytes.unwrap_or(all.bytes),
        })
    }
}

/// A plane, what is to be said of it, what of it is looked at, and how much at most.
pub(super) struct Asked {
    plane: Plane,
    name: String,
    axes: [String; 2],
    window: Window,
    budget: SliceBudget,
    /// What is marked, by name.
    inputs: Vec<(String, [f64; 2])>,
    labeled: Vec<([f64; 2], usize)>,
}

impl Asked {
    /// What the processes of a job have to have alike of it.
    pub(super) fn told(&self) -> Value {
        let Self { plane, window, budget, .. } = self;
        json!({ "plane": plane, "window": window, "budget": budget })
    }

    fn of(
        subject: &Subject,
        cut: Cut,
        input: &InputArguments,
        budget: SliceBudget,
    ) -> Result<Self> {
        let Cut::Through(second, third) = cut else { return Self::axes(subject, budget) };
        let x = subject.input.x.view();
        let point = |point: &Point| subject.point("--slice", point, input);
        let (middle, second) = point(&second)?;
        let zero = || ("the input of zeros".to_owned(), Array1::zeros(x.len()));
        let (last, third) = third.map_or_else(|| Ok(zero()), |third| point(&third))?;
        let name = format!("through {middle} and {last}");
        let inputs = [(&subject.input.name, &subject.input.x), (&middle, &second), (&last, &third)];
        different("--slice", &inputs)?;
        let plane = Plane::through(x, second.view(), third.view());
        if is_line(&plane) {
            let first = &subject.input.name;
            bail!(
                "--slice: expected three inputs of a plane, found {first}, {middle} and {last} on one line"
            );
        }
        let first = &subject.input.short;
        let [middle, last] = [middle, last].map(|name| brief(&name));
        Ok(Self {
            plane,
            name,
            axes: [("u", &middle), ("v", &last)]
                .map(|(axis, end)| format!("{axis}: 0 at {first}, 1 at {end}")),
            window: WINDOW,
            budget,
            inputs: vec![(first.clone(), [0.0, 0.0]), (middle, [1.0, 0.0]), (last, [0.0, 1.0])],
            labeled: Vec::new(),
        })
    }

    fn axes(subject: &Subject, budget: SliceBudget) -> Result<Self> {
        let (x, test) = (&subject.input.x, &subject.test);
        if x.len() < 2 {
            bail!("--slice axes: expected a net of at least 2 inputs, found {}", x.len());
        }
        let ends = |axis: usize| {
            let numbers =
                || test.inputs().column(axis).into_iter().map(|&v| f64::from(v)).chain([x[axis]]);
            let (from, to) =
                (numbers().fold(f64::MAX, f64::min), numbers().fold(f64::MIN, f64::max));
            let room = if to > from { 0.1 * (to - from) } else { 1.0 };
            [from - room, to + room]
        };
        let called = |input| test.schema().feature(input);
        let standardized = subject.preparation.standardize.is_some();
        let unit = if standardized { ", standardized" } else { "" };
        // Of a net of more inputs the data are not in the plane.
        let labeled = if x.len() == 2 { labeled(test) } else { Vec::new() };
        Ok(Self {
            plane: Plane::axes(x.view(), [0, 1]),
            name: format!("of {} and {}", called(0), called(1)),
            axes: [0, 1].map(|i| format!("{}{unit}", called(i))),
            window: Window { u: ends(0), v: ends(1) },
            budget,
            inputs: vec![(subject.input.short.clone(), [x[0], x[1]])],
            labeled,
        })
    }
}

/// Whether a plane is none: its directions are one, but for the rounding of the data, which are in single precision.
fn is_line(plane: &Plane) -> bool {
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let (u, v) = (&plane.u[..], &plane.v[..]);
    let (uu, vv) = (product(u, u), product(v, v));
    // What of v is not along u.
    let along = product(u, v) / uu;
    let rest: f64 = u.iter().zip(v).map(|(u, v)| (v - along * u).powi(2)).sum();
    rest <= vv * f64::from(4.0 * f32::EPSILON).powi(2)
}

/// The inputs of a data set of two, with their classes if it has some.
fn labeled(data: &Dataset<f32>) -> Vec<([f64; 2], usize)> {
    let Targets::Classes { labels, .. } = data.targets() else { return Vec::new() };
    let place = |x: ndarray::ArrayView1<'_, f32>| [0, 1].map(|i| f64::from(x[i]));
    data.inputs().rows().into_iter().map(place).zip(labels.iter().copied()).collect()
}

pub(super) fn run(subject: &Subject, asked: &Asked, job: &Job) -> Result<()> {
    let Asked { window, budget, .. } = *asked;
    // From here on there is something to keep.
    let held = hold();
    outln!("\nslice {}", asked.name);
    let bar = AreaBar::new()?;
    let watch = &mut |progress| bar.watch(progress);
    let (net, plane) = (&subject.net, &asked.plane);
    let found = match job.peers() {
        None => slice(net, plane, window, budget, watch)?,
        Some(peers) => slice_among(peers, net, plane, window, budget, watch)?,
    };
    drop(bar);
    if !job.is_first() {
        return Ok(()); // the first process says and writes the rest
    }
    outln!("{} polygons", found.polygons.len());
    let filled = 100.0 * found.area / window.area();
    match found.stopped_by {
        None => outln!("complete: the areas add up within {:.1e}", found.area_error),
        Some(Limit::Interrupted) => {
            outln!("not complete: interrupted at {filled:.1} % of the window")
        }
        Some(limit) => {
            let (limit, flag) = match limit {
                Limit::Polygons => (format!("{} polygons", budget.polygons), "polygons"),
                Limit::Seconds => (format!("{} seconds", budget.seconds), "seconds"),
                _ => (format!("{} MiB", budget.bytes >> 20), "memory-limit"),
            };
            outln!(
                "not complete: the budget of {limit} was reached at {filled:.1} % of the window (--{flag} \
                 raises it, --window takes a part)"
            );
        }
    }
    outln!(
        "V − E + F = {}; {} activation regions, {} linear pieces, {} pieces of decision boundary",
        found.euler,
        found.regions,
        found.pieces,
        found.borders.len()
    );
    if !found.consistent {
        let (area, gap) = (found.area_error, found.continuity_error);
        outln!(
            "{}: areas off by {area:.1e}, V − E + F = {}, neighbors differ by up to {gap:.1e}",
            super::INCONSISTENT,
            found.euler
        );
    }
    subject.answer("inspect-slice.json", &summary(&found))?;
    arrays(subject, &found)?;
    subject.write()?;
    drop(held); // what was found is in its files
    if stopped() || found.stopped_by == Some(Limit::Interrupted) {
        outln!("no norms and no pictures: interrupted");
        return Ok(());
    }
    for (name, tint) in [("class", Tint::Class), ("slope", Tint::Slope), ("pattern", Tint::Pattern)]
    {
        picture(subject, &found, asked, (name, tint));
    }
    if found.polygons.len() > MOST_POLYGONS {
        outln!(
            "more than {MOST_POLYGONS} polygons: the pictures are of pixels, each in the color at its center, and there \
             are no norms; a smaller --window has fewer"
        );
        return Ok(());
    }
    if found.stopped_by == Some(Limit::Seconds) {
        outln!("no norms: the seconds are over");
        return Ok(());
    }
    subject.begun.set(Instant::now());
    let norms = subject.spin("norms of the maps", || found.norms(&subject.net))?;
    // In a file of their own: that of the polygons is whole already, and is not written twice.
    let mut npz = Archive::default();
    npz.add("norms", &ArrayView1::from(&norms))?;
    subject.arrays("inspect-slice-norms.npz", npz)?;
    picture(subject, &found, asked, ("norm", Tint::Norm(&norms)));
    Ok(())
}

fn picture(subject: &Subject, found: &Slice, asked: &Asked, (name, tint): (&str, Tint<'_>)) {
    let [u, v] = &asked.axes;
    let inputs: Vec<(&str, [f64; 2])> =
        asked.inputs.iter().map(|(name, place)| (&**name, *place)).collect();
    let scene = Scene {
        axes: [u, v],
        inputs: &inputs,
        labeled: &asked.labeled,
        classes: &(0..subject.net.outputs()).map(|k| subject.called(k)).collect::<Vec<_>>(),
    };
    subject.chart(&format!("inspect-slice-{name}.svg"), &report::slice(found, tint, &scene));
}

/// What is said of a slice besides its polygons.
fn summary(found: &Slice) -> Value {
    json!({
        "plane": found.plane,
        "window": found.window,
        "complete": found.complete,
        "stopped_by": found.stopped_by,
        "polygons": found.polygons.len(),
        "area": found.area,
        "area_error": found.area_error,
        "corners": found.corners,
        "edges": found.edges,
        "euler": found.euler,
        "continuity_error": found.continuity_error,
        "consistent": found.consistent,
        "regions": found.regions,
        "pieces": found.pieces,
        "borders": found.borders,
        "evaluations": found.evaluations,
    })
}

/// The polygons as arrays: the corners of polygon i are vertices[corners[starts[i]:starts[i + 1]]].
fn arrays(subject: &Subject, found: &Slice) -> Result<()> {
    let polygons = &found.polygons;
    let outputs = polygons.first().map_or(0, |polygon| polygon.values.len());
    let table = |columns: usize, f: &dyn Fn(&Polygon, usize) -> f64| {
        Array2::from_shape_fn((polygons.len(), columns), |(i, k)| f(&polygons[i], k))
    };
    let corners = polygons.iter().flat_map(|polygon| &polygon.vertices).map(|&v| v as usize);
    let mut starts = vec![0];
    for polygon in polygons {
        starts.push(starts[starts.len() - 1] + polygon.vertices.len());
    }
    let mut npz = Archive::default();
    npz.add("vertices", &ArrayView2::from(found.vertices.as_slice()))?;
    npz.add("corners", &whole(corners))?;
    npz.add("starts", &whole(starts))?;
    npz.add("areas", &polygons.iter().map(|polygon| polygon.area).collect::<Array1<f64>>())?;
    npz.add("centers", &table(2, &|p, j| p.center[j]))?;
    npz.add("values", &table(outputs, &|p, k| p.values[k]))?;
    npz.add("along_u", &table(outputs, &|p, k| p.along_u[k]))?;
    npz.add("along_v", &table(outputs, &|p, k| p.along_v[k]))?;
    subject.arrays("inspect-slice.npz", npz)
}

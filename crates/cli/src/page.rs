//! `page`: nets in one file that a browser opens.

use super::data::{DataArguments, Opened};
use super::network::{Network, NetworkArguments, is_onnx};
use super::{different_files, shown};
use crate::progress::spin;
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use switchnet::data::{Dataset, Targets};
use switchnet::layer::parameters;
use switchnet::net::{checkpoint, predict};
use switchnet::write_whole;
use switchnet_lab::experiment::Form;
use switchnet_page::{PageNet, Samples, page};

/// Put nets into one HTML file, in which they are explored: the library itself is in it, and answers there.
///
/// Any browser opens the file, without a network and from any folder. In it: an input to draw or to set, the map that it
/// selects, every switch, rays, slices, margins, two nets side by side. It begins with inputs that the nets are tested on,
/// some of which the first net has wrong. All nets are of the same inputs and outputs. Of the files that the nets and the
/// data come from it holds no names but those of the nets, and no numbers but the parameters, the standardization and the
/// samples.
#[derive(clap::Args)]
pub struct Arguments {
    /// The checkpoints, or ONNX files; the first is shown first
    #[arg(required = true, value_name = "CHECKPOINT")]
    nets: Vec<PathBuf>,

    /// The file to write
    #[arg(long, value_name = "FILE", default_value = "page.html")]
    out: PathBuf,

    /// What the page is called [default: the names of the nets]
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,

    /// How many inputs of the data are in it
    #[arg(long, value_name = "N", default_value_t = SAMPLES)]
    samples: usize,

    /// What an input is drawn as: `image`, `table`, `series`, or `series:6` of six channels one behind another [default: by
    /// the shape of the data and the names of the columns]
    #[arg(long, value_name = "FORM")]
    draw: Option<Form>,

    #[command(flatten)]
    data: DataArguments,

    #[command(flatten)]
    network: NetworkArguments,
}

/// As many samples as a page shows at a glance.
pub const SAMPLES: usize = 60;

pub fn run(arguments: Arguments) -> Result<ExitCode> {
    let Arguments { nets: paths, out, data, network, .. } = &arguments;
    if !paths.iter().any(|path| is_onnx(path)) {
        network.refuse()?;
    }
    if arguments.samples == 0 {
        bail!("--samples: expected at least 1, found 0");
    }
    different_files(paths.iter().map(PathBuf::as_path).chain(data.path()), &[("--out", out)])?;
    let named: Vec<(String, PathBuf)> = names(paths).into_iter().zip(paths.clone()).collect();
    let title = arguments.title.clone().unwrap_or_else(|| names(paths).join(", "));
    let asked = Asked { data, network, samples: arguments.samples, draw: arguments.draw };
    let said = write(out, &title, &named, &asked)?;
    outln!("Wrote {}: {said}. Open it in a browser.", shown(out));
    Ok(ExitCode::SUCCESS)
}

/// What a page begins with.
pub struct Asked<'a> {
    pub data: &'a DataArguments,
    pub network: &'a NetworkArguments,
    pub samples: usize,
    pub draw: Option<Form>,
}

/// Writes the page of these nets, each with its name; says what is in it.
pub fn write(
    out: &Path,
    title: &str,
    named: &[(String, PathBuf)],
    asked: &Asked<'_>,
) -> Result<String> {
    let of = |path: &Path| match is_onnx(path) {
        true => asked.network.clone(),
        false => NetworkArguments::default(),
    };
    let [(name, path), others @ ..] = named else { bail!("page: expected a net, found none") };
    let first = Opened::load_raw(path, asked.data, &of(path))?;
    let source = first.network.trained.source.as_ref();
    let own = source.map(|source| source.paths()).unwrap_or_default();
    different_files(own, &[("--out", out)])?;
    let mut nets = vec![packed(&first.network, name)?];
    for (name, path) in others {
        let other = Network::load(path, &of(path))?;
        alike(&first.network, &other).with_context(|| shown(path))?;
        nets.push(packed(&other, name)?);
    }
    let test = &first.split.test;
    let form = asked.draw.unwrap_or_else(|| Form::of(test.shape(), test.schema()));
    let form = form.of_rows(test.inputs().ncols()).context("--draw")?;
    let samples = spin("samples", || chosen(&first, asked.samples, form))?;
    let file = page(title, &nets, &samples);
    write_whole(out, file.as_bytes())?;
    let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let (nets, inputs) = (count(nets.len(), "net"), count(samples.count(), "input"));
    Ok(format!("{nets}, {inputs}, {:.2} MiB", file.len() as f64 / f64::from(1 << 20)))
}

/// What the nets are called: as their files, or where that does not tell them apart, with their folders.
fn names(paths: &[PathBuf]) -> Vec<String> {
    let stem = |path: &PathBuf| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let stems: Vec<String> = paths.iter().map(stem).collect();
    let apart = |i: usize| stems.iter().filter(|other| **other == stems[i]).count() == 1;
    let name = |(i, path): (usize, &PathBuf)| match apart(i) {
        true => stems[i].clone(),
        false => path.with_extension("").display().to_string(),
    };
    paths.iter().enumerate().map(name).collect()
}

/// A net as the page has it: a checkpoint with what is needed to ask it, and nothing else.
fn packed(network: &Network, name: &str) -> Result<PageNet> {
    let trained = &network.trained;
    let mut texts = trained.preparation.texts();
    let kept = serde_json::json!({ "loss": trained.training.loss });
    texts.insert("training".to_owned(), kept.to_string());
    let single = &trained.net;
    let double = network.double()?;
    // Weights of others may be in double precision.
    let rounded = parameters::read(single).into_iter().map(f64::from);
    let file = match rounded.eq(parameters::read(&double)) {
        true => checkpoint::write(single.spec(), single, &texts, &BTreeMap::new()),
        false => checkpoint::write(double.spec(), &double, &texts, &BTreeMap::new()),
    };
    let from = if network.model.is_some() { "onnx" } else { "checkpoint" };
    Ok(PageNet { name: name.to_owned(), from, file: file? })
}

/// Refuses a net that cannot be asked about the same inputs.
fn alike(first: &Network, other: &Network) -> Result<()> {
    let [a, b] = [first, other].map(|network| &network.trained);
    let sizes = |net: &switchnet::net::Net<f32>| {
        format!("{} inputs and {} outputs", net.inputs(), net.outputs())
    };
    let [expected, found] = [a, b].map(|trained| sizes(&trained.net));
    if expected != found {
        bail!("expected {expected} as the first net, found {found}");
    }
    let [a, b] = [a, b].map(|trained| trained.preparation.schema.as_ref());
    let (Some(a), Some(b)) = (a, b) else { return Ok(()) };
    let features = |schema: &switchnet::data::Schema| -> Vec<String> {
        schema.features.iter().map(|feature| feature.name().into_owned()).collect()
    };
    for (what, a, b) in
        [("classes", a.classes.clone(), b.classes.clone()), ("features", features(a), features(b))]
    {
        if !a.is_empty() && !b.is_empty() && a != b {
            bail!("expected the {what} {} as the first net, found {}", a.join(", "), b.join(", "));
        }
    }
    Ok(())
}

/// So many rows to begin with: of classes a third that the first net has wrong, if there are so many, among those of all
/// classes in turn that it has right; of values the first ones.
fn chosen(opened: &Opened, count: usize, form: Form) -> Result<Samples> {
    let test = &opened.split.test;
    let rows = match test.labels() {
        Some(labels) if !opened.alone => {
            let trained = &opened.network.trained;
            let x = trained.preparation.inputs(test.inputs().clone())?;
            let classes = predict(&trained.net, x.view());
            mixed(labels, &classes, count)
        }
        _ => (0..test.len().min(count)).collect(),
    };
    let inputs = || rows.iter().map(|&row| test.inputs().row(row));
    let labels = match test.targets() {
        _ if opened.alone => None,
        Targets::Classes { labels, .. } => {
            Some(rows.iter().map(|&row| labels[row] as f64).collect())
        }
        Targets::Values(values) if values.ncols() == 1 => {
            Some(rows.iter().map(|&row| f64::from(values[[row, 0]])).collect())
        }
        _ => None, // of several targets none is the label
    };
    let schema = test.schema();
    let named = !schema.features.is_empty();
    let features = |f: &dyn Fn(usize) -> String| (0..test.inputs().ncols()).map(f).collect();
    Ok(Samples {
        name: test.name().to_owned(),
        shape: test.shape().to_vec(),
        form: form.to_string(),
        features: named.then(|| features(&|i| schema.feature(i).into_owned())),
        values: inputs().flatten().copied().collect(),
        labels,
        range: opened.like.range().map(|v| v as f32),
        ranges: (form == Form::Table).then(|| ranges(test)),
    })
}

/// Of rows with these labels, of which a net says these classes, so many: every third wrong.
fn mixed(labels: &[usize], classes: &[usize], count: usize) -> Vec<usize> {
    let (right, wrong): (Vec<usize>, Vec<usize>) =
        (0..labels.len()).partition(|&row| labels[row] == classes[row]);
    // The first of each class, the second of each, …
    let mut seen = vec![0; labels.iter().max().map_or(0, |most| most + 1)];
    let mut turns: Vec<(usize, usize, usize)> = right
        .into_iter()
        .map(|row| {
            seen[labels[row]] += 1;
            (seen[labels[row]], labels[row], row)
        })
        .collect();
    turns.sort_unstable();
    let (mut right, mut wrong) = (turns.into_iter().map(|(.., row)| row), wrong.into_iter());
    let mut rows = Vec::new();
    while rows.len() < count {
        let next = if rows.len() % 3 == 2 { wrong.next() } else { None };
        match next.or_else(|| right.next()).or_else(|| wrong.next()) {
            Some(row) => rows.push(row),
            None => break,
        }
    }
    rows
}

/// The least and the largest number of each column.
fn ranges(data: &Dataset<f32>) -> Vec<[f32; 2]> {
    let ends = |[least, most]: [f32; 2], v: &f32| [least.min(*v), most.max(*v)];
    let columns = data.inputs();
    let of = |column: ndarray::ArrayView1<'_, f32>| column.iter().fold([f32::MAX, f32::MIN], ends);
    columns.columns().into_iter().map(of).collect()
}

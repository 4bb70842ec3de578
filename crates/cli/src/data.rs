//! The arguments that say which data, and what a checkpoint is looked at with.

use crate::args::named;
use crate::network::{Network, NetworkArguments};
use crate::picture::{Like, is_picture};
use crate::progress::spin;
use crate::rows::Rowed;
use crate::shown;
use anyhow::{Context, Result, bail};
use clap::Args;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use switchnet::data::{
    CsvOptions, Decimal, Files, Header, LabelColumn, Missing, Preparation, Source, Split,
    TargetKind, read_csv, read_csv_as,
};
use switchnet::train::Loss;
use switchnet_lab::experiment::{Rows, Standardization, Trained, Trial};

/// Which data, and how they are prepared.
#[derive(Args, Clone, Default)]
#[command(next_help_heading = "Data")]
pub struct DataArguments {
    /// `digits` (embedded), `spirals` (made up), or files, known by what is in them: a folder with the IDX files of
    /// MNIST or its relatives or with the binary files of CIFAR, an IDX file of images, a NumPy archive (.npz with
    /// x_train, y_train, x_test, y_test, or with x, y), a NumPy file (.npy), a CSV file, or a Parquet file if
    /// the program has the feature parquet; IDX and CSV gzipped or not [default: digits]
    #[arg(long, value_name = "DATA")]
    data: Option<String>,

    /// A file to test on, as that of --data; without one, a fifth of the rows is held out of a file that has no part to
    /// test on
    #[arg(long, value_name = "FILE")]
    test_data: Option<PathBuf>,

    /// The labels of --data if it is a file of inputs alone: an IDX or a NumPy file [default: for an IDX file the one
    /// beside it that has labels in its name for images]
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,

    /// The labels of --test-data, likewise
    #[arg(long, value_name = "FILE")]
    test_labels: Option<PathBuf>,

    /// Which set of a folder with several: `letters` where files are called emnist-letters-…; for CIFAR-100 `fine`
    /// (the default) or `coarse`
    #[arg(long, value_name = "NAME")]
    set: Option<String>,

    /// Leave the rows in their files, IDX or .npy, and read them in blocks: for data larger than memory, with `train` and
    /// `evaluate`
    #[arg(long)]
    stream: bool,

    /// A CSV file of rows to choose by; without it a part of the others is held out
    #[arg(long, value_name = "FILE")]
    validation_data: Option<PathBuf>,

    /// How the data are standardized, with the numbers of the training part: `global` (one mean and one deviation),
    /// `feature` (one of each for each feature), `none` [default: feature for CSV files, else global]
    #[arg(long, value_name = "SCOPE", value_parser = named::<Standardization>)]
    standardize: Option<Standardization>,

    #[command(flatten)]
    csv: CsvArguments,
}

/// How a CSV file is read. A column is named as in the header or by its number, counted from 1.
#[derive(Args, Clone, Default)]
#[command(next_help_heading = "CSV files (columns by name, or by number from 1)")]
struct CsvArguments {
    /// The target column: `first`, `last`, its name or its number [default: last]
    #[arg(long, value_name = "COLUMN")]
    label: Option<String>,

    /// The target is numbers to predict [default: found out, and said]
    #[arg(long, conflicts_with = "classes")]
    values: bool,

    /// The target is classes [default: found out, and said]
    #[arg(long)]
    classes: bool,

    /// The columns that are features, such as age,height [default: all but the target]
    #[arg(long, value_name = "COLUMN,COLUMN", value_delimiter = ',')]
    columns: Option<Vec<String>>,

    /// Columns to leave out
    #[arg(long, value_name = "COLUMN,COLUMN", value_delimiter = ',')]
    drop: Option<Vec<String>>,

    /// A column whose equal cells are of one group: its rows stay together when some are held out. It is no feature
    #[arg(long, value_name = "COLUMN")]
    group: Option<String>,

    /// A column of numbers not below 0: how much each row counts in training (not in `evaluate`). It is no feature
    #[arg(long, value_name = "COLUMN")]
    weight: Option<String>,

    /// Columns of texts, each of which becomes a feature for each text
    #[arg(long, value_name = "COLUMN,COLUMN", value_delimiter = ',')]
    one_hot: Option<Vec<String>>,

    /// What to do with missing values (an empty cell, NA, NaN, ?): `drop` the row, or take the `mean` or the `median` of
    /// the training part [default: refuse]
    #[arg(long, value_name = "WHAT", value_parser = named::<Missing>)]
    missing: Option<Missing>,

    /// Whether the first line names the columns: `yes` or `no` [default: found out]
    #[arg(long, value_name = "YES|NO", value_parser = named::<Header>)]
    header: Option<Header>,

    /// What separates cells: a character, or `tab` [default: found out]
    #[arg(long, value_name = "CHARACTER", value_parser = separator)]
    separator: Option<char>,

    /// The decimal mark: `point` or `comma` [default: found out]
    #[arg(long, value_name = "MARK", value_parser = named::<Decimal>)]
    decimal: Option<Decimal>,
}

fn separator(text: &str) -> Result<char, String> {
    let mut characters = text.chars();
    match (text, characters.next(), characters.next()) {
        ("tab" | "\\t", ..) => Ok('\t'),
        (_, Some(one), None) => Ok(one),
        _ => Err("expected one character, or tab".to_owned()),
    }
}

impl CsvArguments {
    /// Which of them were given, by their flags.
    fn given(&self) -> Vec<&'static str> {
        let all = [
            ("--label", self.label.is_some()),
            ("--values", self.values),
            ("--classes", self.classes),
            ("--columns", self.columns.is_some()),
            ("--drop", self.drop.is_some()),
            ("--group", self.group.is_some()),
            ("--weight", self.weight.is_some()),
            ("--one-hot", self.one_hot.is_some()),
            ("--missing", self.missing.is_some()),
            ("--header", self.header.is_some()),
            ("--separator", self.separator.is_some()),
            ("--decimal", self.decimal.is_some()),
        ];
        all.into_iter().filter_map(|(flag, given)| given.then_some(flag)).collect()
    }

    /// The options of a file, those of `base` where no other is given.
    fn options(&self, base: &CsvOptions) -> CsvOptions {
        let label = self.label.as_deref().map(|label| match label {
            "last" => LabelColumn::Last,
            "first" => LabelColumn::First,
            name => LabelColumn::Name(name.to_owned()),
        });
        let kind = match (self.values, self.classes) {
            (true, _) => TargetKind::Values,
            (_, true) => TargetKind::Classes,
            _ => base.kind,
        };
        let base = base.clone();
        CsvOptions {
            header: self.header.unwrap_or(base.header),
            label: label.unwrap_or(base.label),
            kind,
            separator: self.separator.or(base.separator),
            decimal: self.decimal.unwrap_or(base.decimal),
            columns: self.columns.clone().unwrap_or(base.columns),
            drop: self.drop.clone().unwrap_or(base.drop),
            group: self.group.clone().or(base.group),
            weight: self.weight.clone().or(base.weight),
            one_hot: self.one_hot.clone().unwrap_or(base.one_hot),
            missing: self.missing.unwrap_or(base.missing),
        }
    }
}

impl DataArguments {
    /// Whether any of them was given.
    pub fn given(&self) -> bool {
        self.names_data() || self.standardization().is_some()
    }

    /// Whether it was said which data.
    pub fn names_data(&self) -> bool {
        self.data.is_some() || !self.further().is_empty()
    }

    /// Whatever belongs to data and was given, by its flag.
    pub fn further(&self) -> Vec<&'static str> {
        [self.files(), self.for_arrays(), self.csv.given()].concat()
    }

    /// Which further files were given, by their flags.
    pub fn files(&self) -> Vec<&'static str> {
        let all = [
            ("--test-data", self.test_data.is_some()),
            ("--validation-data", self.validation_data.is_some()),
        ];
        all.into_iter().filter_map(|(flag, given)| given.then_some(flag)).collect()
    }

    /// A CSV file and those beside it.
    fn table(&self, train: PathBuf, base: &CsvOptions) -> Source {
        let (validation, test) = (self.validation_data.clone(), self.test_data.clone());
        Source::Csv { train, validation, test, options: self.csv.options(base) }
    }

    /// Refuses what only a training decides.
    pub fn refuse_scope(&self) -> Result<()> {
        match self.standardize {
            Some(_) => bail!(
                "--standardize: expected without a checkpoint, which says itself, found with one"
            ),
            None => Ok(()),
        }
    }

    /// The data that are named, if they are others than those of a net, whose schema decides how a CSV file is read: what
    /// separates its cells may be said, and that rows without values are left out, but nothing that contradicts it.
    pub fn beside(&self, trained: &Trained) -> Result<Option<Source>> {
        let source = other_source(trained.source.as_ref(), self)?;
        let (Some(Source::Csv { options, .. }), Some(schema)) =
            (&source, &trained.preparation.schema)
        else {
            return Ok(source);
        };
        let own = match &trained.source {
            Some(Source::Csv { options, .. }) => options.clone(),
            _ => CsvOptions::default(),
        };
        // Another file may call the target by another name.
        let named = |label: &LabelColumn| matches!(label, LabelColumn::Name(name) if name.parse::<usize>().is_err());
        let filled = schema.features.iter().any(|feature| feature.missing.is_some());
        let missing = match options.missing {
            Missing::Drop => false,
            Missing::Refuse => filled && own.missing != Missing::Refuse,
            other => other != own.missing,
        };
        let has_classes = !schema.classes.is_empty();
        let contradicts = [
            ("--label", options.label != own.label && !named(&options.label)),
            ("--values", options.kind == TargetKind::Values && has_classes),
            ("--classes", options.kind == TargetKind::Classes && !has_classes),
            ("--columns", options.columns != own.columns),
            ("--drop", options.drop != own.drop),
            ("--group", options.group != own.group),
            ("--weight", options.weight != own.weight),
            ("--one-hot", options.one_hot != own.one_hot),
            ("--missing", missing),
        ];
        match contradicts.iter().find(|(_, contradicts)| *contradicts) {
            Some((flag, _)) => {
                bail!("{flag}: expected as the checkpoint says itself, found otherwise")
            }
            None => Ok(source),
        }
    }

    /// Refuses what leaves out rows.
    pub fn refuse_drop(&self) -> Result<()> {
        match self.csv.missing {
            Some(Missing::Drop) => {
                bail!("--missing: expected no rows left out of those to predict, found drop")
            }
            _ => Ok(()),
        }
    }

    /// How the data are to be standardized, if it was said.
    pub fn standardization(&self) -> Option<Standardization> {
        self.standardize
    }

    /// What was given that only files of arrays have, by flags.
    fn for_arrays(&self) -> Vec<&'static str> {
        let all = [
            ("--labels", self.labels.is_some()),
            ("--test-labels", self.test_labels.is_some()),
            ("--set", self.set.is_some()),
            ("--stream", self.stream),
        ];
        all.into_iter().filter_map(|(flag, given)| given.then_some(flag)).collect()
    }

    /// The path that `--data` is, if it is one.
    pub fn path(&self) -> Option<&Path> {
        let name = self.data.as_deref().filter(|name| !matches!(*name, "digits" | "spirals"));
        name.map(Path::new)
    }

    /// Where the data come from.
    pub fn source(&self) -> Result<Source> {
        self.source_like(&CsvOptions::default())
    }

    /// Where the data come from; a CSV file is read as `base` says where nothing else is said.
    fn source_like(&self, base: &CsvOptions) -> Result<Source> {
        let name = self.data.as_deref().unwrap_or("digits");
        let refuse = |flags: Vec<&str>, wanted: &str| match flags.first() {
            Some(flag) => bail!("{flag}: expected with {wanted} as --data, found with {name}"),
            None => Ok(()),
        };
        let Some(path) = self.path() else {
            refuse(self.csv.given(), "a CSV file")?;
            refuse(self.further(), "files")?;
            // The defaults of the source are in the library; an empty table asks for them.
            return match name {
                "digits" => Ok(Source::Digits {}),
                _ => toml::from_str("source = \"spirals\"").context("spirals"),
            };
        };
        if !path.exists() {
            bail!("--data: expected digits, spirals, a folder or a file, found {name}");
        }
        if is_picture(path) {
            bail!("--data: expected files with labels, found a picture, {name}");
        }
        if !Files::recognizes(path)? {
            refuse(self.for_arrays(), "IDX or NumPy files")?;
            return Ok(self.table(path.to_owned(), base));
        }
        let validation = self.validation_data.iter().map(|_| "--validation-data");
        refuse(validation.chain(self.csv.given()).collect(), "a CSV file")?;
        Ok(Source::Files(Files {
            path: path.to_owned(),
            labels: self.labels.clone(),
            test: self.test_data.clone(),
            test_labels: self.test_labels.clone(),
            set: self.set.clone(),
            stream: self.stream,
        }))
    }

    /// The data, how they were prepared, and what a checkpoint says of both.
    pub fn load(&self) -> Result<(Rowed, Preparation, BTreeMap<String, String>)> {
        let source = self.source()?;
        // What no checkpoint could say is refused before anything is said.
        Trial::metadata(&source, &Preparation::default(), None)?;
        let scope = Standardization::scope(self.standardize, &source);
        if let Source::Files(files) = &source
            && files.stream
        {
            let (train, test) = spin("looking at the data", || files.streamed::<f32>())?;
            let rows = Rows::of_streamed(&train, test.as_ref());
            let preparation = train.statistics(scope)?;
            let metadata = Trial::metadata(&source, &preparation, Some(&rows))?;
            let test = test.map(|test| test.prepared(&preparation)).transpose()?;
            let train = train.prepared(&preparation)?;
            return Ok((Rowed::InFiles(Box::new((train, test))), preparation, metadata));
        }
        let ((split, preparation), rows) = noting(|note| {
            let raw = source.load_noting(note)?;
            let rows = Rows::of(&source, &raw);
            Ok((Preparation::fit(raw, scope)?, rows))
        })?;
        let metadata = Trial::metadata(&source, &preparation, rows.as_ref())?;
        Ok((Rowed::InMemory(Box::new(split)), preparation, metadata))
    }
}

/// Reads the data, and says how they were understood.
fn read(source: &Source) -> Result<Split<f32>> {
    noting(|note| source.load_noting(note))
}

/// What `read` gives, after the lines that it notes.
pub fn noting<A>(read: impl FnOnce(&mut dyn FnMut(&str)) -> switchnet::Result<A>) -> Result<A> {
    let mut notes = Vec::new();
    let data = spin("reading the data", || read(&mut |line| notes.push(line.to_owned())))?;
    notes.iter().for_each(super::note);
    Ok(data)
}

/// A net together with the data it is to be looked at with.
pub struct Opened {
    pub network: Network,
    /// The data, standardized as the net's training data were. Of a file that is read as a whole both parts are all of it.
    pub split: Split<f32>,
    /// Whether the data are a file that is read as a whole: one that the net was not trained with.
    pub whole: bool,
    /// Whether there are no data, as for an ONNX file of which none are named: then they are an input of zeros.
    pub alone: bool,
    /// What pictures are to be like: the training data before that.
    pub like: Like,
}

impl Opened {
    /// The checkpoint at `path`, with the data of `arguments` or, if there are none, its own. Another CSV file is read as
    /// the checkpoint's own was, by the names of its columns and classes, and all of it.
    pub fn load(
        path: &Path,
        arguments: &DataArguments,
        network: &NetworkArguments,
    ) -> Result<Self> {
        Self::of(Network::load(path, network)?, arguments)
    }

    /// The same with a net that is there already.
    pub fn of(network: Network, arguments: &DataArguments) -> Result<Self> {
        Self::prepared(network, arguments, Preparation::clone)
    }

    /// The same, with the data as they are before standardization, arranged as the net knows them.
    pub fn load_raw(
        path: &Path,
        arguments: &DataArguments,
        network: &NetworkArguments,
    ) -> Result<Self> {
        let arrange = |all: &Preparation| Preparation {
            schema: all.schema.clone(),
            ..Preparation::default()
        };
        Self::prepared(Network::load(path, network)?, arguments, arrange)
    }

    /// With as much of the preparation done as is said.
    fn prepared(
        mut network: Network,
        arguments: &DataArguments,
        part: impl Fn(&Preparation) -> Preparation,
    ) -> Result<Self> {
        arguments.refuse_scope()?;
        let of_others = network.model.is_some();
        let trained = &network.trained;
        let preparation = &trained.preparation;
        let source = arguments.beside(trained)?;
        if of_others && source.is_none() {
            let zeros = ndarray::Array2::zeros((1, trained.net.inputs()));
            let (split, like) = (network.alone(zeros)?, network.like());
            return Ok(Self { network, split, whole: false, alone: true, like });
        }
        let (raw, whole) = match (&source, &preparation.schema) {
            (Some(Source::Csv { validation: Some(file), .. }), _) => bail!(
                "--validation-data: expected none where nothing is trained, found {}",
                file.display()
            ),
            (Some(Source::Csv { train, test, options, .. }), Some(schema)) => {
                let read = |path| noting(|note| read_csv_as::<f32>(path, schema, options, note));
                let train = read(train)?;
                let whole = test.is_none();
                let test = test.as_deref().map_or_else(|| Ok(train.clone()), read)?;
                (Split { train, test }, whole)
            }
            (Some(Source::Csv { train, test: None, options, .. }), None) if of_others => {
                let all = spin("reading the data", || read_csv(train, options))?;
                (Split { train: all.clone(), test: all }, true)
            }
            (Some(Source::Files(files)), _) => {
                let (train, test) = noting(|note| files.read(note))?;
                let whole = test.is_none();
                (Split { test: test.unwrap_or_else(|| train.clone()), train }, whole)
            }
            (Some(source), _) => (read(source)?, false),
            (None, _) => {
                let raw = own_data(trained)?;
                if let Some(Changed { train, line }) = changed(trained, &raw) {
                    // Rows that were trained with may be among those that are held out now.
                    if train && held_out(trained)? {
                        bail!(
                            "{line}; --data FILE reads a whole file as rows that are new to the net"
                        );
                    }
                    super::note(line);
                }
                (raw, false)
            }
        };
        let like = Like::of(&raw.train);
        let (inputs, outputs) = (raw.train.inputs().ncols(), raw.train.targets().width());
        // Where classes have names, these tell; a part of them is enough.
        let net = &trained.net;
        let outputs = if preparation.schema.is_some() { net.outputs() } else { outputs };
        if (inputs, outputs) != (net.inputs(), net.outputs()) {
            bail!(
                "{}: expected {} inputs and {} outputs as the net has, found {inputs} and {outputs}",
                raw.train.name(),
                net.inputs(),
                net.outputs(),
            );
        }
        let split = part(preparation).apply(raw)?;
        let classes = split.train.labels().is_some();
        if trained.training.loss == Loss::CrossEntropy && !classes {
            bail!("{}: expected classes, as the net has, found values", split.train.name());
        }
        // Classes are what outputs of others are of if the data say so.
        if of_others && classes {
            network.trained.training.loss = Loss::CrossEntropy;
        }
        Ok(Self { network, split, whole, alone: false, like })
    }
}

/// The data that a net was trained with, as they are now.
pub fn own_data(trained: &Trained) -> Result<Split<f32>> {
    let Some(own) = &trained.source else { return read(&Source::Digits {}) };
    let raw: Split<f32> = spin("reading the data", || own.load())
        .context("data of the checkpoint (--data takes others)")?;
    // What a cross-validated net is tested on it was not trained with.
    Ok(if let Some(fold) = trained.fold { fold.split(&raw)? } else { raw })
}

/// That data are no longer those of a training.
pub struct Changed {
    /// Whether the rows to train with are others.
    train: bool,
    /// What was expected and found.
    pub line: String,
}

/// Whether the data of a net are no longer those that it was trained with and tested on, if its checkpoint says which.
pub fn changed(trained: &Trained, raw: &Split<f32>) -> Option<Changed> {
    let (source, rows) = (trained.source.as_ref()?, trained.rows.as_ref()?);
    difference(source, rows, &Rows::of(source, raw)?)
}

/// Where rows of a source are no longer those of a training.
pub fn difference(source: &Source, rows: &Rows, now: &Rows) -> Option<Changed> {
    let train = now.train != rows.train;
    let (what, expected, found) = match (train, now.test != rows.test) {
        (true, _) => ("trained with", &rows.train, &now.train),
        (_, true) => ("tested on", &rows.test, &now.test),
        _ => return None,
    };
    let path = match source {
        Source::Csv { test: Some(test), .. } | Source::Files(Files { test: Some(test), .. })
            if !train =>
        {
            test
        }
        _ => *source.paths().first()?,
    };
    let name = shown(path);
    let line = format!(
        "{name}: expected the rows that the net was {what} ({expected}), found others ({found})"
    );
    Some(Changed { train, line })
}

/// Whether what a net is tested on was held out of the rows of a file, and not one of its own.
fn held_out(trained: &Trained) -> Result<bool> {
    Ok(match &trained.source {
        _ if trained.fold.is_some() => true,
        Some(Source::Csv { test, .. }) => test.is_none(),
        Some(Source::Files(files)) => files.read::<f32>(&mut |_| ())?.1.is_none(),
        _ => false,
    })
}

/// The data that are named, if they are others than the checkpoint's own.
pub fn other_source(own: Option<&Source>, arguments: &DataArguments) -> Result<Option<Source>> {
    let base = match own {
        Some(Source::Csv { options, .. }) => options.clone(),
        _ => CsvOptions::default(),
    };
    if !arguments.names_data() {
        return Ok(None);
    }
    if arguments.data.is_none() {
        let flags = arguments.further();
        bail!("{}: expected together with --data, found without", flags[0]);
    }
    arguments.source_like(&base).map(Some)
}

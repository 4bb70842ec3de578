//! The arguments that say which data, and what a checkpoint is looked at with.

use crate::args::named;
use crate::progress::spin;
use anyhow::{Context, Result, bail};
use clap::Args;
use std::path::{Path, PathBuf};
use switchnet::data::{
    CsvOptions, Decimal, Header, LabelColumn, Missing, Preparation, Source, Split, TargetKind,
    read_csv_as,
};
use switchnet::net::Net;
use switchnet::train::Training;
use switchnet_lab::experiment::{Standardization, Trained};

/// Which data, and how they are prepared.
#[derive(Args, Clone, Default)]
#[command(next_help_heading = "Data")]
pub struct DataArguments {
    /// `digits` (embedded), `spirals` (made up), a folder with the four files of MNIST or
    /// Fashion-MNIST (.gz or not), or a CSV file (.gz or not) [default: digits]
    #[arg(long, value_name = "DATA")]
    data: Option<String>,

    /// A CSV file to test on; without it a fifth of the rows of the other is held out.
    #[arg(long, value_name = "FILE")]
    test_data: Option<PathBuf>,

    /// A CSV file of rows to choose by; without it a part of the others is held out.
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
        self.data.is_some() || !self.files().is_empty() || !self.csv.given().is_empty()
    }

    /// Which further files were given, by their flags.
    fn files(&self) -> Vec<&'static str> {
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

    /// How the data are to be standardized, if it was said.
    pub fn standardization(&self) -> Option<Standardization> {
        self.standardize
    }

    /// Where the data come from.
    pub fn source(&self) -> Result<Source> {
        self.source_like(&CsvOptions::default())
    }

    /// Where the data come from; a CSV file is read as `base` says where nothing else is said.
    fn source_like(&self, base: &CsvOptions) -> Result<Source> {
        let name = self.data.as_deref().unwrap_or("digits");
        let path = PathBuf::from(name);
        let source = match name {
            "digits" => Source::Digits {},
            // The defaults of the source are in the library; an empty table asks for them.
            "spirals" => toml::from_str("source = \"spirals\"").context("spirals")?,
            _ if path.is_dir() => Source::Mnist { folder: path },
            _ if path.is_file() => return Ok(self.table(path, base)),
            _ => bail!("--data: expected digits, spirals, a folder or a CSV file, found {name}"),
        };
        if let Some(flag) = self.files().into_iter().chain(self.csv.given()).next() {
            bail!("{flag}: expected with a CSV file as --data, found with {name}");
        }
        Ok(source)
    }

    /// The data, and how they were prepared.
    pub fn load(&self) -> Result<(Source, Split<f32>, Preparation)> {
        let source = self.source()?;
        let raw = read(&source)?;
        let scope = Standardization::scope(self.standardize, &source);
        let (split, preparation) = Preparation::fit(raw, scope);
        Ok((source, split, preparation))
    }
}

/// Reads the data, and says how they were understood.
fn read(source: &Source) -> Result<Split<f32>> {
    let mut notes = Vec::new();
    let split =
        spin("reading the data", || source.load_noting(&mut |line| notes.push(line.to_owned())))?;
    notes.iter().for_each(|line| eprintln!("{line}"));
    Ok(split)
}

/// A checkpoint together with the data it is to be looked at with.
pub struct Opened {
    pub net: Net<f32>,
    pub training: Training,
    pub preparation: Preparation,
    /// The data, standardized as the net's training data were. Of a file that is read as a whole both parts are all of it.
    pub split: Split<f32>,
    /// Whether the data are a file that is read as a whole: one that the net was not trained with.
    pub whole: bool,
    /// The largest number of the training data before that: the white of a picture.
    pub white: f64,
}

impl Opened {
    /// The checkpoint at `path`, with the data of `arguments` or, if there are none, its own. Another CSV file is read as
    /// the checkpoint's own was, by the names of its columns and classes, and all of it.
    pub fn load(path: &Path, arguments: &DataArguments) -> Result<Self> {
        let Trained { net, training, source: own, preparation } = Trained::load(path)?;
        if arguments.standardize.is_some() {
            bail!(
                "--standardize: expected without a checkpoint, which says itself, found with one"
            );
        }
        let source = other_source(own.as_ref(), arguments)?;
        let (raw, whole) = match (&source, &preparation.schema) {
            (Some(Source::Csv { train, test: None, options, .. }), Some(schema)) => {
                let all = spin("reading the data", || read_csv_as::<f32>(train, schema, options))?;
                (Split { train: all.clone(), test: all }, true)
            }
            (Some(source), _) => (read(source)?, false),
            (None, _) => match own {
                Some(own) => (spin("reading the data", || own.load())?, false),
                None => (read(&Source::Digits {})?, false),
            },
        };
        let white = raw.train.inputs().iter().fold(0f32, |a, &b| a.max(b)).into();
        let (inputs, outputs) = (raw.train.inputs().ncols(), raw.train.targets().width());
        // Where classes have names, these tell; a part of them is enough.
        let outputs = if preparation.schema.is_some() { net.outputs() } else { outputs };
        if (inputs, outputs) != (net.inputs(), net.outputs()) {
            bail!(
                "{}: expected {} inputs and {} outputs as the net has, found {inputs} and {outputs}",
                raw.train.name(),
                net.inputs(),
                net.outputs(),
            );
        }
        let split = preparation.apply(raw)?;
        Ok(Self { net, training, preparation, split, whole, white })
    }
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
        let flags = arguments.files().into_iter().chain(arguments.csv.given()).next();
        bail!("{}: expected together with --data, found without", flags.unwrap_or_default());
    }
    arguments.source_like(&base).map(Some)
}

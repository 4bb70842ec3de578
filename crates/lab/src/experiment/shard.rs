//! A part of the trainings of an experiment, done by a process of its own, here or on another machine.

use super::halt::Halt;
use super::work::{Which, Work};
use super::{Experiment, Rows, Watch};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::OnceLock;
use switchnet::{Error, Result, write_whole};

/// Which part of the trainings, of how many: in text and in files `3/16`.
///
/// Trainings are dealt by a rule that asks for nothing but the experiment and the shape of its data. A training is dealt
/// alone, unless it waits for a choice: a net that has several learning rates and seeds that do not choose is dealt as a
/// whole, so that whoever does the one has done the other. What is dealt weighs as much as its epochs times the
/// multiply-adds of the net for a row. The heaviest comes first, and of equal ones the first in the order of the nets,
/// their learning rates and the seeds; each goes to the shard that has least by then, and of equal ones to the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Shard {
    /// Which, counted from 1.
    pub number: usize,
    /// Of how many.
    pub count: usize,
}

/// What a shard did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// How many trainings it has.
    pub trainings: usize,
    /// Of how many of the experiment.
    pub of: usize,
}

/// No experiment has so many trainings.
const MOST: usize = 1_000_000;

impl FromStr for Shard {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let parts =
            text.split_once('/').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
        let shard = parts.map(|(number, count)| Self { number, count });
        let fits = |shard: &Self| shard.count <= MOST && (1..=shard.count).contains(&shard.number);
        let expected = format_args!("K/N, such as 3/16, with 1 ≤ K ≤ N ≤ {MOST}").to_string();
        shard.filter(fits).ok_or_else(|| Error::new("shard", expected, text))
    }
}

impl TryFrom<String> for Shard {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Shard> for String {
    fn from(shard: Shard) -> Self {
        shard.to_string()
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.count)
    }
}

/// Which shard has which training.
pub(super) struct Deal {
    /// Of each net the one shard that has all of it, or those of its trainings.
    owners: Vec<Vec<usize>>,
    seeds: Vec<u64>,
}

impl Deal {
    /// Deals the trainings to `count` shards.
    pub fn new(work: &Work<'_>, count: usize) -> Result<Self> {
        let seeds = work.experiment.seeds.clone();
        let mut owners = Vec::new();
        let mut dealt = Vec::new();
        for net in 0..work.experiment.nets.len() {
            let (rates, later) = (work.rates(net), work.later(net).len());
            let whole = rates > 1 && later > 0;
            let (units, trainings) = match whole {
                true => (1, rates * work.choosing().len() + later),
                false => (rates * seeds.len(), 1),
            };
            let trial = work.trial(Which { net, rate: 0, seed: seeds[0] }, None)?;
            let size = trial.spec.size().map_err(|e| e.at(&trial.name))?;
            let of_one = (work.epochs(net) * trainings) as u128 * size.multiply_adds.max(1) as u128;
            // Of a net of fewer seeds the others weigh nothing, for nobody trains with them.
            let trained = |unit: usize| whole || unit % seeds.len() < work.choosing().len() + later;
            dealt.extend((0..units).filter(|&u| trained(u)).map(|unit| (of_one, net, unit)));
            owners.push(vec![1; units]);
        }
        dealt.sort_by_key(|&(weight, ..)| Reverse(weight)); // stable: else as they were
        let mut shards: BinaryHeap<_> = (1..=count).map(|shard| Reverse((0, shard))).collect();
        for (weight, net, unit) in dealt {
            let Reverse((load, shard)) = shards.pop().expect("there is at least one");
            owners[net][unit] = shard;
            shards.push(Reverse((load + weight, shard)));
        }
        Ok(Self { owners, seeds })
    }

    /// The number of the shard that has this training.
    pub fn owner(&self, which: Which) -> usize {
        let seed = self.seeds.iter().position(|seed| *seed == which.seed).expect("one of them");
        match self.owners[which.net][..] {
            [whole] => whole,
            ref each => each[which.rate * self.seeds.len() + seed],
        }
    }
}

/// What made a checkpoint: another may make other bits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Build {
    version: String,
    instruction_set: String,
    /// The CRC-32 of the file of the program.
    program: u32,
}

impl Build {
    /// This program, here.
    pub fn own() -> Result<Self> {
        static SUM: OnceLock<u32> = OnceLock::new();
        let program = match SUM.get() {
            Some(&sum) => sum,
            None => {
                let path = std::env::current_exe();
                let path = path.map_err(|e| Error::io(Path::new("the program"), e))?;
                let bytes = std::fs::read(&path).map_err(|e| Error::io(&path, e))?;
                *SUM.get_or_init(|| crc32fast::hash(&bytes))
            }
        };
        Ok(Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            instruction_set: switchnet::transform::instruction_set()?.to_owned(),
            program,
        })
    }
}

/// What stands beside the checkpoints of a shard: what they are of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub shard: Shard,
    pub build: Build,
    pub experiment: Experiment,
    /// Which rows there are, for each part of the data; none of data that come out of no file.
    pub rows: Vec<Option<Rows>>,
}

/// The name of its file.
const MANIFEST: &str = "shard.json";

/// The experiment of the shard in `folder`, if there is one.
///
/// # Errors
/// If what says so cannot be read.
pub fn shard_of(folder: &Path) -> Result<Option<Experiment>> {
    Ok(Manifest::read(folder)?.map(|manifest| manifest.experiment))
}

impl Manifest {
    pub fn of(work: &Work<'_>, shard: Shard) -> Result<Self> {
        let (experiment, rows) = (work.experiment.clone(), work.parts.rows.clone());
        Ok(Self { shard, build: Build::own()?, experiment, rows })
    }

    /// That of the shard in `folder`, if there is one.
    pub fn read(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(MANIFEST);
        match std::fs::read(&path) {
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            Err(e) => Err(Error::io(&path, e)),
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|e| Error::new(path.display(), "what a shard is of, as JSON", e)),
        }
    }

    /// Refuses another that is not of the same whole.
    pub fn belongs(&self, other: &Self) -> Result<()> {
        let parts = |manifest: &Self| {
            let Self { shard, build, experiment, rows } = manifest;
            serde_json::json!({
                "build": build, "experiment": experiment, "rows": rows, "shards": shard.count,
            })
        };
        let (own, other) = (parts(self), parts(other));
        // The cause before what follows from it.
        let cause = ["build", "experiment", "rows", "shards"]
            .iter()
            .find_map(|&part| Error::difference(part, &own[part], &other[part]));
        cause.map_or(Ok(()), Err)
    }
}

/// The folder of the checkpoints of a shard.
pub(super) fn checkpoints(folder: &Path) -> PathBuf {
    folder.join("checkpoints")
}

/// Does the trainings of a shard.
pub(super) fn train(
    experiment: &Experiment,
    shard: Shard,
    folder: &Path,
    resume: bool,
    watch: &Watch<'_>,
) -> Result<Share, Halt> {
    let work = Work::new(experiment, Some(checkpoints(folder)), watch)?;
    let deal = Deal::new(&work, shard.count)?;
    let own = Manifest::of(&work, shard)?;
    match Manifest::read(folder)? {
        Some(begun) if !resume => {
            let expected = "a new folder, or to resume what is there";
            let found = format!("shard {}", begun.shard);
            return Err(Error::new(folder.display(), expected, found).into());
        }
        Some(begun) if begun.shard != shard => {
            let [expected, found] = [shard, begun.shard].map(|shard| format!("shard {shard}"));
            return Err(Error::new(folder.display(), expected, found).into());
        }
        Some(begun) => begun.belongs(&own).map_err(|e| e.at(folder.display()))?,
        None => {
            let path = checkpoints(folder);
            if path.read_dir().is_ok_and(|mut files| files.next().is_some()) {
                let found = "files of no shard";
                return Err(Error::new(path.display(), "a new folder", found).into());
            }
            let json = serde_json::to_vec_pretty(&own).expect("plain data");
            write_whole(&folder.join(MANIFEST), &json)?;
        }
    }
    let has = |which| deal.owner(which) == shard.number;
    work.train(&has, resume, watch)?;
    let (trainings, of) = (work.count(&has).0, work.count(&|_| true).0);
    Ok(Share { trainings, of })
}

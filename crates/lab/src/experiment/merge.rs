//! The shards of an experiment put together.

use super::halt::Halt;
use super::measure::{Done, Outcome};
use super::shard::{Deal, Manifest, checkpoints};
use super::work::{Which, Work};
use super::{Results, Watch};
use std::path::{Path, PathBuf};
use switchnet::layer::parameters;
use switchnet::train::EpochRecord;
use switchnet::{Error, Result, write_whole};

/// The results of an experiment whose trainings were done in shards
/// ([`run_shard`](super::Experiment::run_shard)): those of a single run but for times. Their checkpoints are
/// copied to `folder`, and what is measured is measured here. `None` if `watch` answered `Break`.
///
/// A shard may be there twice, as when it was begun anew elsewhere.
///
/// # Errors
/// If the shards do not belong together or to this program and the data that it reads, one of their trainings is not
/// done or was done twice with different results, or a file cannot be read or written.
pub fn merge(shards: &[PathBuf], folder: &Path, watch: &Watch<'_>) -> Result<Option<Results>> {
    let read = |folder: &PathBuf| {
        let found = Manifest::read(folder)?;
        found.ok_or_else(|| Error::new(folder.display(), "the folder of a shard", "no shard.json"))
    };
    let manifests: Vec<Manifest> = shards.iter().map(read).collect::<Result<_>>()?;
    let Some(first) = manifests.first() else {
        return Err(Error::new("shards", "at least one", "none"));
    };
    for (place, manifest) in shards.iter().zip(&manifests) {
        let about = || format!("{} beside {}", place.display(), shards[0].display());
        first.belongs(manifest).map_err(|e| e.at(about()))?;
    }
    let work = Work::new(&first.experiment, Some(folder.to_owned()), watch)?;
    let own = Manifest::of(&work, first.shard)?;
    first.belongs(&own).map_err(|e| e.at("this program beside the shards"))?;
    let numbers = manifests.iter().map(|manifest| manifest.shard.number);
    let places: Vec<(usize, &PathBuf)> = numbers.zip(shards).collect();
    for (from, which) in finished(&work, first.shard.count, &places)? {
        let ending = from.extension().expect("a checkpoint, or that one diverged").display();
        let to = folder.join(format!("{which}.{ending}"));
        let bytes = std::fs::read(&from).map_err(|e| Error::io(&from, e))?;
        write_whole(&to, &bytes)?;
    }
    Halt::or_none(work.results(true, watch))
}

/// The checkpoint of every training, once all are done; of one that diverged, what says so.
fn finished(
    work: &Work<'_>,
    count: usize,
    places: &[(usize, &PathBuf)],
) -> Result<Vec<(PathBuf, Which)>> {
    let deal = Deal::new(work, count)?;
    let of = |number| places.iter().filter(move |(other, _)| *other == number).map(|place| place.1);
    let mut lacks: Vec<(usize, String)> = Vec::new();
    let mut all = Vec::new();
    let chosen = work.rounds(&|_| true, &mut |trainings| {
        let one = |&which: &Which| {
            let number = deal.owner(which);
            Ok(match find(work, which, of(number))? {
                Ok((path, outcome)) => {
                    all.push((path, which));
                    Some(outcome)
                }
                Err(how_far) => {
                    lacks.push((number, format!("{which} ({how_far})")));
                    None
                }
            })
        };
        trainings.iter().map(one).collect()
    });
    let chosen = Halt::or_none(chosen)?.expect("nobody stops it");
    for (net, _) in chosen.iter().enumerate().filter(|(_, choice)| choice.is_none()) {
        if work.rates(net) > 1 {
            // Nobody knows yet with which learning rate.
            let later = work.second(net, 0);
            lacks
                .extend(later.map(|which| {
                    (deal.owner(which), format!("net{}-seed{}", net + 1, which.seed))
                }));
        }
    }
    match lacks.is_empty() {
        true => Ok(all),
        false => Err(missing(count, &lacks, |number| of(number).next().is_some())),
    }
}

/// A training in the folders of its shard: its file and what is in it, or how far the farthest is.
type Found = std::result::Result<(PathBuf, Outcome), String>;

fn find<'a>(
    work: &Work<'_>,
    which: Which,
    places: impl Iterator<Item = &'a PathBuf>,
) -> Result<Found> {
    let mut found: Found = Err("not begun".to_owned());
    let mut most = 0;
    for place in places {
        let trial = work.trial(which, Some(&checkpoints(place)))?;
        let (mark, checkpoint) = (trial.mark(), trial.checkpoint.clone());
        let (path, outcome) = match trial.over()? {
            Ok(outcome @ Outcome::Done(_)) => (checkpoint, outcome),
            Ok(outcome @ Outcome::Diverged { .. }) => (mark, outcome),
            Err(None) => continue,
            Err(Some(epochs)) => {
                most = most.max(epochs);
                let how_far = format!("{most} of {} epochs", work.epochs(which.net));
                found = found.map_err(|_| how_far);
                continue;
            }
        };
        let path = path.expect("a folder was given");
        match &found {
            Ok((other, same)) if !alike(same, &outcome) => {
                let expected = format!("what {} has", other.display());
                return Err(Error::new(path.display(), expected, "another result"));
            }
            Ok(_) => {}
            Err(_) => found = Ok((path, outcome)),
        }
    }
    Ok(found)
}

/// Whether two trainings came to the same bits.
fn alike(a: &Outcome, b: &Outcome) -> bool {
    let (a, b) = match (a, b) {
        (Outcome::Done(a), Outcome::Done(b)) => (a, b),
        (Outcome::Diverged { error: a, .. }, Outcome::Diverged { error: b, .. }) => {
            return a.to_string() == b.to_string();
        }
        _ => return false,
    };
    let bits = |done: &Done| -> Vec<u32> {
        parameters::read(&done.net).into_iter().map(f32::to_bits).collect()
    };
    let untimed = |done: &Done| -> Vec<_> {
        let records = done.run.history.iter().cloned();
        records.map(|record| EpochRecord { seconds: 0.0, ..record }).collect()
    };
    bits(a) == bits(b) && untimed(a) == untimed(b) && a.run.best_epoch() == b.run.best_epoch()
}

/// Says what is not done: the shards in the manner of job arrays, `2,4-7`, then each training.
fn missing(count: usize, lacks: &[(usize, String)], is_there: impl Fn(usize) -> bool) -> Error {
    let mut numbers: Vec<usize> = lacks.iter().map(|(number, _)| *number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let mut details = Vec::new();
    for &number in &numbers {
        let of_it =
            lacks.iter().filter(|(other, _)| *other == number).map(|(_, text)| text.as_str());
        details.push(match is_there(number) {
            true => format!("{number}: {}", of_it.collect::<Vec<_>>().join(", ")),
            false => format!("{number}: no folder"),
        });
    }
    let runs = numbers.chunk_by(|a, b| a + 1 == *b).map(|run| match run {
        [one] => one.to_string(),
        _ => format!("{}-{}", run[0], run[run.len() - 1]),
    });
    let runs = runs.collect::<Vec<_>>().join(",");
    let expected = format!("all {count} with every training done");
    Error::new("shards", expected, format!("not done {runs} ({})", details.join("; ")))
}

//! An experiment whose trainings are dealt to processes of one job, which keep them in one folder.

use super::halt::Halt;
use super::measure::Outcome;
use super::shard::{Deal, Manifest};
use super::work::{Which, Work};
use super::{Experiment, Results, Shard, Share, Watch};
use std::path::Path;
use switchnet::{Error, Result};

/// An experiment as one of several processes sees it: each [trains](Self::train) its part, and once all have, one of them
/// has the [`results`](Self::results). All keep their checkpoints in one folder, which looks as a single run would have left it.
/// So the same or any other number of processes goes on with it.
///
/// ```
/// use std::ops::ControlFlow::Continue;
/// use switchnet_lab::experiment::{Experiment, Shard};
/// let experiment: Experiment = toml::from_str(r#"
///     name = "Spirals"
///     seeds = [1, 2]
///     data = { source = "spirals", points = 20 }
///     training = { epochs = 2 }
///     [[nets]]
///     name = "MLP"
///     architecture = { net = "mlp", hidden = [4] }
/// "#)?;
/// let folder = std::env::temp_dir().join(format!("dealt-{}", std::process::id()));
/// # let _gone = Gone(folder.clone());
/// // What two processes would do at once:
/// for part in ["1/2", "2/2"] {
///     let part: Shard = part.parse()?;
///     experiment.dealt(part, &folder, &|_| Continue(()))?.train(false, &|_| Continue(()))?;
/// }
/// let first = experiment.dealt("1/2".parse()?, &folder, &|_| Continue(()))?;
/// assert!(first.results(&|_| Continue(()))?.is_some());
/// # struct Gone(std::path::PathBuf);
/// # impl Drop for Gone { fn drop(&mut self) { let _ = std::fs::remove_dir_all(&self.0); } }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Dealt<'a> {
    work: Work<'a>,
    deal: Deal,
    own: Shard,
}

impl<'a> Dealt<'a> {
    pub(super) fn new(
        experiment: &'a Experiment,
        own: Shard,
        folder: &Path,
        watch: &Watch<'_>,
    ) -> Result<Self> {
        let work = Work::new(experiment, Some(folder.to_owned()), watch)?;
        let deal = Deal::new(&work, own.count)?;
        Ok(Self { work, deal, own })
    }

    /// What all processes have to have alike: the experiment, the rows, and the program.
    ///
    /// # Errors
    /// If the file of the program cannot be read.
    pub fn identity(&self) -> Result<serde_json::Value> {
        let all = Shard { number: 1, ..self.own };
        Ok(serde_json::to_value(Manifest::of(&self.work, all)?).expect("plain data"))
    }

    /// Does the trainings of this process: those of its [`Shard`]. `None` if `watch` answered `Break`. With `resume` it goes on
    /// from the checkpoints that are there, whoever made them.
    ///
    /// # Errors
    /// As [`Experiment::run`].
    pub fn train(&self, resume: bool, watch: &Watch<'_>) -> Result<Option<Share>> {
        let has = |which| self.deal.owner(which) == self.own.number;
        let trained = Halt::or_none(self.work.train(&has, resume, watch))?;
        let (trainings, of) = (self.work.count(&has).0, self.work.count(&|_| true).0);
        Ok(trained.map(|_| Share { trainings, of }))
    }

    /// The results, once all have trained. `None` if `watch` answered `Break`.
    ///
    /// # Errors
    /// If a training is not done, or as [`Experiment::run`].
    pub fn results(&self, watch: &Watch<'_>) -> Result<Option<Results>> {
        let read = |trainings: &[Which]| trainings.iter().map(|&which| self.done(which)).collect();
        let chosen = self.work.rounds(&|_| true, &mut |trainings| read(trainings));
        Halt::or_none(chosen.and_then(|chosen| self.work.measured(chosen, watch)))
    }

    /// A training that is done.
    fn done(&self, which: Which) -> Result<Option<Outcome>, Halt> {
        let trial = self.work.trial(which, self.work.folder.as_deref())?;
        match trial.over()? {
            Ok(outcome) => Ok(Some(outcome)),
            Err(begun) => {
                let found = begun.map_or("none", |_| "one that is not");
                let what = format!("the checkpoint of {which}");
                let expected = "a training that is done, in a folder that all processes see";
                Err(Error::new(what, expected, found).into())
            }
        }
    }
}

//! Trainings that go on together, step by step.

use super::halt::Halt;
use super::measure::Outcome;
use super::parts::Parts;
use super::work::{Which, Work};
use super::{Executors, Watch};
use switchnet::data::Batches;
use switchnet::train::{Member, Observer, StopReason, resume_together};

/// The most trainings that go on together.
const MOST: usize = 1024;

/// What came of those trainings that go on together, and the numbers of those that are to be done alone.
pub(super) fn groups_of(
    work: &Work<'_>,
    executors: &dyn Executors,
    trainings: &[Which],
    resume: bool,
    watch: &Watch<'_>,
) -> Result<(Vec<Option<Outcome>>, Vec<usize>), Halt> {
    let mut found: Vec<Option<Outcome>> = trainings.iter().map(|_| None).collect();
    let mut alone = Vec::new();
    for group in groups(trainings, &work.parts) {
        let which: Vec<Which> = group.iter().map(|&i| trainings[i]).collect();
        match train(work, executors, &which, resume, watch)? {
            None => alone.extend(group),
            Some(outcomes) => group.into_iter().zip(outcomes).for_each(|(i, one)| found[i] = one),
        }
    }
    Ok((found, alone))
}

/// Trainings that may go on together, by their numbers: of one net, with the same data.
fn groups(trainings: &[Which], parts: &Parts) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (i, which) in trainings.iter().enumerate() {
        let alike = |other: &usize| {
            let other = trainings[*other];
            other.net == which.net && parts.number(other.seed) == parts.number(which.seed)
        };
        match groups.iter_mut().find(|group| group.len() < MOST && group.first().is_some_and(alike))
        {
            Some(group) => group.push(i),
            None => groups.push(vec![i]),
        }
    }
    groups
}

/// Trains a group, if someone computes its trainings together.
fn train(
    work: &Work<'_>,
    executors: &dyn Executors,
    group: &[Which],
    resume: bool,
    watch: &Watch<'_>,
) -> Result<Option<Vec<Option<Outcome>>>, Halt> {
    if group.len() == 1 || work.experiment.training.class_weights.is_some() {
        return Ok(None);
    }
    let data = &work.parts.of(group[0].seed).0.train;
    if Batches::<f32>::weights(data).is_some() {
        return Ok(None);
    }
    let first = work.trial(group[0], None)?;
    let net = first.spec.build().map_err(|e| Halt::from(e.at(&first.name)))?;
    if !executors.takes_together(&net) {
        return Ok(None);
    }
    let mut outcomes: Vec<Option<Outcome>> = group.iter().map(|_| None).collect();
    let (mut trials, mut nets, mut runs) = (Vec::new(), Vec::new(), Vec::new());
    for (i, &which) in group.iter().enumerate() {
        match work.opened(which, resume, watch)? {
            Err(before) => outcomes[i] = Some(before),
            Ok(trial) => {
                let (net, run) = trial.begun(resume).map_err(|e| e.at(&trial.name))?;
                if matches!(run.ended, None | Some(StopReason::Stopped)) {
                    trials.push((i, trial));
                    nets.push(net);
                    runs.push(run);
                } else {
                    let over = trial.run(data, resume, watch); // nobody has to compute
                    outcomes[i] = work.outcome(trial, over)?;
                }
            }
        }
    }
    if nets.is_empty() {
        return Ok(Some(outcomes));
    }
    let mut executor = executors.together(&nets.iter().collect::<Vec<_>>(), data)?;
    let looking = trials.iter().zip(&nets).zip(&runs);
    let looking = looking.map(|(((_, trial), net), run)| trial.observers(net, run, watch));
    let mut observers: Vec<Vec<Box<dyn Observer<f32> + '_>>> =
        looking.collect::<switchnet::Result<_>>()?;
    let each = nets.iter_mut().zip(&trials).zip(runs).zip(&mut observers);
    let members = each.map(|(((net, (_, trial)), run), observer)| Member {
        net,
        training: &trial.training,
        run,
        observer,
    });
    let results = resume_together(members.collect(), data, executor.as_mut())?;
    drop(observers);
    // Each is told what came of it, also where another one was stopped.
    let mut halt = None;
    for (((i, trial), net), result) in trials.into_iter().zip(nets).zip(results) {
        let trained = result.map(|run| (net, run)).map_err(|e| e.at(&trial.name));
        match work.outcome(trial, trained) {
            Ok(outcome) => outcomes[i] = outcome,
            Err(first) => halt = halt.or(Some(first)),
        }
    }
    halt.map_or(Ok(Some(outcomes)), Err)
}

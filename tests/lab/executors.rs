//! Experiments whose trainings are computed by others than the processors: one by one, or together.

use crate::experiment::numbers;
use std::ops::ControlFlow::{Break, Continue};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use switchnet::data::Batches;
use switchnet::net::Net;
use switchnet::train::{Chunks, Executor, Threads, Together};
use switchnet::{Error, Result};
use switchnet_lab::experiment::{Executors, Experiment, Progress, Results};

/// A net of three learning rates, of which one diverges, and one of a single one.
fn experiment() -> Experiment {
    toml::from_str(
        r#"
        name = "Others compute"
        seeds = [1, 2, 3]
        choosing-seeds = 2
        maps = 1
        examples = 0
        data = { source = "spirals", points = 20 }
        training = { epochs = 2, batch = 16, validation = 0.2, optimizer = { kind = "sgd" } }
        [[nets]]
        name = "MLP"
        architecture = { net = "mlp", hidden = [20] }
        learning-rates = [1e30, 0.01, 0.03]
        [[nets]]
        name = "switch net"
        architecture = { net = "switch", width = 8, depth = 1 }
        "#,
    )
    .unwrap()
}

/// The processors under another name, together for nets of at least so many parameters. It notes for how many it was asked.
struct Others {
    together_from: usize,
    asked: Mutex<Vec<usize>>,
}

impl Others {
    fn new(together_from: usize) -> Self {
        Self { together_from, asked: Mutex::default() }
    }

    fn asked(self) -> Vec<usize> {
        self.asked.into_inner().unwrap()
    }
}

impl Executors for Others {
    fn alone(&self, net: &Net<f32>) -> Result<Box<dyn Executor<f32>>> {
        if net.spec().seed == 99 {
            return Err(Error::new("device", "another seed", 99));
        }
        self.asked.lock().unwrap().push(1);
        Ok(Box::new(Chunks(Threads)))
    }

    fn takes_together(&self, net: &Net<f32>) -> bool {
        switchnet::layer::parameters::count(net) >= self.together_from
    }

    fn together(
        &self,
        nets: &[&Net<f32>],
        data: &dyn Batches<f32>,
    ) -> Result<Box<dyn Together<f32>>> {
        assert!(nets.iter().all(|net| net.inputs() == data.widths().0));
        self.asked.lock().unwrap().push(nets.len());
        Ok(Box::new(vec![Chunks(Threads); nets.len()]))
    }
}

fn run(others: &Others, folder: Option<&Path>, resume: bool) -> Results {
    let results = experiment().run_on(others, folder, resume, &|_| Continue(()));
    results.unwrap().expect("nobody stops it")
}

#[test]
fn who_computes_has_no_say_in_the_results() {
    let known = experiment().run(None, false, &|_| Continue(())).unwrap().expect("nobody stops it");
    assert!(known.nets[0].learning_rate < 1.0);
    // The MLP has 102 parameters, the switch net fewer.
    for (together_from, groups) in [(usize::MAX, vec![]), (100, vec![6]), (0, vec![2, 6])] {
        let others = Others::new(together_from);
        assert_eq!(numbers(&run(&others, None, false)), numbers(&known), "{together_from}");
        let mut asked = others.asked();
        asked.retain(|count| *count > 1);
        asked.sort_unstable();
        assert_eq!(asked, groups, "{together_from}");
    }
}

/// At whichever question the answer is `Break`, with all of them together; what had diverged by then is not trained again.
#[test]
fn trainings_together_that_are_stopped_anywhere_go_on() {
    let asked = AtomicUsize::new(0);
    let count = |_: Progress<'_>| {
        asked.fetch_add(1, Ordering::Relaxed);
        Continue(())
    };
    let whole = experiment().run_on(&Others::new(0), None, false, &count).unwrap();
    let whole = numbers(&whole.expect("nobody stops it"));
    let asked = asked.into_inner();
    assert!(asked > 30, "{asked}");
    for last in (0..asked).step_by(2) {
        let folder = tempfile::tempdir().unwrap();
        let answered = AtomicUsize::new(0);
        let stop = |_: Progress<'_>| match answered.fetch_add(1, Ordering::Relaxed) {
            answered if answered < last => Continue(()),
            _ => Break(()),
        };
        let stopped = experiment().run_on(&Others::new(0), Some(folder.path()), false, &stop);
        assert!(stopped.unwrap().is_none(), "question {last}");
        let marks = || {
            let files = folder.path().read_dir().unwrap();
            let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
            names.filter(|name| name.ends_with("diverged")).count()
        };
        let before = marks();
        let others = Others::new(0);
        let results = run(&others, Some(folder.path()), true);
        assert_eq!(numbers(&results), whole, "question {last}");
        // Who had diverged is in no group.
        let largest = others.asked().into_iter().max().unwrap_or(0);
        assert!(largest <= 6 - before && marks() == 2, "question {last}: {before}, {largest}");
    }
}

#[test]
fn a_net_that_nobody_computes_is_told_before_the_first_training() {
    let mut experiment = experiment();
    experiment.seeds = vec![99, 1, 2];
    let folder = tempfile::tempdir().unwrap();
    let others = Others::new(0);
    let error =
        experiment.run_on(&others, Some(folder.path()), false, &|_| Continue(())).unwrap_err();
    assert_eq!(error.to_string(), "MLP: device: expected another seed, found 99");
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}

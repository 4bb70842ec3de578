//! Trainings on the processes of an MPI job, which a launcher starts.

mod compare;
mod evaluate;
mod inspect;

use crate::place::Place;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

const TRAINING: &str = "train --width 64 --dropout 0.1 --batch 200";

/// A job of so many processes. Jobs that begin and end side by side take Open MPI's folder away from each other, so each
/// place has one of its own.
fn job(place: &Place, ranks: usize, arguments: &str) -> Command {
    let mut command = Command::new("mpirun");
    let ranks = ranks.to_string();
    command
        .args(["-q", "--oversubscribe", "-n", &ranks, env!("CARGO_BIN_EXE_switchnet")])
        .args(arguments.split_whitespace())
        .current_dir(place.folder.path())
        .env("RAYON_NUM_THREADS", "1")
        .envs([("OMPI_ALLOW_RUN_AS_ROOT", "1"), ("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1")])
        .env("OMPI_MCA_orte_tmpdir_base", place.folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn parameters(path: &Path) -> Vec<u32> {
    let net = switchnet::net::checkpoint::load::<f32>(path).unwrap().net;
    switchnet::layer::parameters::read(&net).into_iter().map(f32::to_bits).collect()
}

/// What the job prints on standard error, and whether it went well.
fn end(output: &Output) -> (bool, String) {
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// The lines that say why a program failed.
fn errors(said: &str) -> Vec<&str> {
    said.lines().filter(|line| line.contains("error: ")).collect()
}

/// Waits until there is a checkpoint, while the job runs.
fn until_there_is(path: &Path, job: Child) -> Child {
    until(|| path.exists(), job)
}

/// Waits until something is so, while the job runs.
fn until(is: impl Fn() -> bool, mut job: Child) -> Child {
    while !is() {
        if job.try_wait().unwrap().is_some() {
            panic!("it has ended before: {:?}", job.wait_with_output().unwrap());
        }
        std::thread::sleep(Duration::from_millis(1)); // until the next look
    }
    job
}

#[test]
fn any_number_of_ranks_gives_the_bits_of_one_process() {
    let place = Place::new();
    place.succeeds(&format!("{TRAINING} --epochs 3 --out alone.safetensors"));
    let alone = parameters(&place.path("alone.safetensors"));
    // More ranks than a batch has chunks, too.
    for ranks in [1, 2, 3, 4, 9] {
        let arguments = format!("{TRAINING} --epochs 3 --out {ranks}.safetensors");
        let output = job(&place, ranks, &arguments).output().unwrap();
        assert_eq!(end(&output), (true, String::new()), "{ranks} ranks");
        assert_eq!(
            parameters(&place.path(&format!("{ranks}.safetensors"))),
            alone,
            "{ranks} ranks"
        );
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(said.matches("Wrote").count(), 1, "{said}");
    }
}

#[test]
fn a_stopped_job_goes_on_with_other_ranks() {
    let place = Place::new();
    place.succeeds(&format!("{TRAINING} --epochs 30 --out alone.safetensors"));
    let alone = parameters(&place.path("alone.safetensors"));
    let arguments = format!("{TRAINING} --epochs 30 --out net.safetensors --resume");
    let file = place.path("net.safetensors");
    // A launcher answers Ctrl-C by SIGTERM to all ranks. One that came too late is pressed again, in another training.
    let stopped = (0..20).any(|_| {
        let _ = std::fs::remove_file(&file);
        let first = until_there_is(&file, job(&place, 3, &arguments).spawn().unwrap());
        kill(Pid::from_raw(first.id() as i32), Signal::SIGINT).unwrap();
        left(first);
        parameters(&file) != alone
    });
    assert!(stopped, "twenty trainings ended before Ctrl-C was heard");
    // On two ranks, and then on one there is nothing left to do.
    for ranks in [2, 1] {
        let output = job(&place, ranks, &arguments).output().unwrap();
        assert_eq!(end(&output), (true, String::new()), "{ranks} ranks");
        assert_eq!(parameters(&file), alone, "{ranks} ranks");
    }
}

#[test]
fn a_rank_that_dies_ends_the_job_and_leaves_the_checkpoint() {
    let place = Place::new();
    let arguments = format!("{TRAINING} --epochs 100000 --out net.safetensors");
    for rank in 0..3 {
        let file = place.path("net.safetensors");
        let _ = std::fs::remove_file(&file);
        let all = until_there_is(&file, job(&place, 3, &arguments).spawn().unwrap());
        kill(process(all.id(), rank).expect("it runs"), Signal::SIGKILL).unwrap();
        assert!(!left(all).status.success(), "rank {rank}");
        place.succeeds("evaluate net.safetensors");
    }
}

/// What a job leaves that was sent a signal. The launcher of Open MPI 4.1 can lock itself up then: all its processes have ended,
/// and it sleeps and does not ask for them. It is ended as a user would end it; they had written what they had.
fn left(mut job: Child) -> Output {
    let mut locked = 0;
    while job.try_wait().unwrap().is_none() {
        locked = if sleeps_over_ended(job.id()) { locked + 1 } else { 0 };
        if locked == 1000 {
            job.kill().unwrap();
        }
        std::thread::sleep(Duration::from_millis(1)); // until the next look
    }
    job.wait_with_output().unwrap()
}

/// Whether no thread of a launcher works, or is about to, and its processes, of which there are some, have all ended.
fn sleeps_over_ended(launcher: u32) -> bool {
    // The state and the parent of a process or thread.
    let of = |path: std::path::PathBuf| -> Option<(String, u32)> {
        let stat = std::fs::read_to_string(path.join("stat")).ok()?;
        let mut fields = stat.rsplit_once(") ")?.1.split(' ');
        Some((fields.next()?.to_owned(), fields.next()?.parse().ok()?))
    };
    let all = |folder: &str| -> Vec<(String, u32)> {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.filter_map(|entry| of(entry.path())).collect()
    };
    let threads = all(&format!("/proc/{launcher}/task"));
    if threads.is_empty() || threads.iter().any(|(state, _)| state != "S") {
        return false;
    }
    let ranks: Vec<_> = all("/proc").into_iter().filter(|(_, of)| *of == launcher).collect();
    !ranks.is_empty() && ranks.iter().all(|(state, _)| state == "Z")
}

/// The process of a rank, while it runs.
fn process(launcher: u32, rank: usize) -> Option<Pid> {
    let of = |id: u32| {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        let parent: u32 = stat.rsplit(") ").next()?.split(' ').nth(1)?.parse().ok()?;
        let variables = std::fs::read(format!("/proc/{id}/environ")).ok()?;
        let wanted = format!("OMPI_COMM_WORLD_RANK={rank}");
        let is = variables.split(|&byte| byte == 0).any(|variable| variable == wanted.as_bytes());
        (parent == launcher && is).then_some(Pid::from_raw(id as i32))
    };
    let all = std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().to_str().and_then(|name| name.parse().ok()));
    all.into_iter().find_map(of)
}

#[test]
fn a_job_says_once_why_it_fails() {
    let place = Place::new();
    std::fs::write(place.path("file"), "").unwrap();
    for (arguments, said) in [
        ("train --data nothing.csv", "nothing.csv"),
        ("train --evolve 5", "--evolve: expected one process, found 3"),
        ("train --learning-rate -1", "learning rate: expected a positive number, found -1"),
        ("train --learning-rate 1e30 --epochs 2", "training loss in epoch 1"),
        ("train --epochs 1 --out file/net.safetensors", "--out: file/net.safetensors"),
    ] {
        let (succeeded, err) = end(&job(&place, 3, arguments).output().unwrap());
        let lines = errors(&err);
        assert!(!succeeded && lines.len() == 1 && lines[0].contains(said), "{arguments}: {err}");
    }
    // Ranks that were started as different trainings.
    let mut different = job(&place, 1, "train --epochs 1");
    different.args([":", "-n", "1", env!("CARGO_BIN_EXE_switchnet"), "train", "--epochs", "2"]);
    let (succeeded, err) = end(&different.output().unwrap());
    let line = "error: rank 1: job.training.epochs: expected 1, found 2";
    assert!(!succeeded && errors(&err) == [line], "{err}");
}

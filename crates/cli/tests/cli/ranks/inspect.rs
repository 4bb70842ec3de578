//! Slices and boxes that the processes of a job find together, and what one process finds.

use super::{end, errors, job, left, process, until};
use crate::place::Place;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::collections::BTreeMap;
use std::process::{Child, Output};
use std::time::Duration;

const SHARED: &str = "inspect net.safetensors --seconds 86400";

fn trained(place: &Place) {
    place.succeeds("train --net mlp --hidden 16,16 --epochs 1 --out net.safetensors");
    place.succeeds(
        "train --data spirals --net mlp --hidden 8,8 --epochs 1 --out spirals.safetensors",
    );
}

/// All files of a folder and of those in it.
fn files(place: &Place, folder: &str) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(place.path(folder)).unwrap() {
        let name = format!("{folder}/{}", entry.unwrap().file_name().to_str().unwrap());
        match place.path(&name).is_dir() {
            true => all.extend(files(place, &name)),
            false => drop(all.insert(name.clone(), std::fs::read(place.path(&name)).unwrap())),
        }
    }
    all
}

#[test]
fn any_number_of_ranks_finds_what_one_process_finds() {
    let place = Place::new();
    trained(&place);
    for (arguments, written) in [
        (format!("{SHARED} --index 7 --slice 3,5 --margin"), "inspect-slice-norms.npz"),
        (format!("{SHARED} --index 0,3 --slice 5 --radius 0.01 --polygons 50"), "inspect-box.npz"),
        ("inspect spirals.safetensors --box -3,-3;3,3 --slice axes".to_owned(), "inspect-box.npz"),
    ] {
        let arguments = format!("{arguments} --out found");
        let alone = place.succeeds(&arguments);
        let known = files(&place, "found");
        assert!(known.keys().any(|name| name.ends_with(written)), "{arguments}");
        std::fs::remove_dir_all(place.path("found")).unwrap();
        for ranks in [1, 2, 3, 4] {
            let output = job(&place, ranks, &arguments).output().unwrap();
            assert_eq!(end(&output), (true, String::new()), "{arguments}, {ranks} ranks");
            let said = String::from_utf8(output.stdout).unwrap();
            assert_eq!(said, alone, "{arguments}, {ranks} ranks");
            let found = files(&place, "found");
            assert!(found.keys().eq(known.keys()), "{arguments}, {ranks} ranks");
            for (name, bytes) in &found {
                assert!(*bytes == known[name], "{arguments}, {ranks} ranks: {name}");
            }
            std::fs::remove_dir_all(place.path("found")).unwrap();
        }
    }
}

#[test]
fn what_is_wrong_is_said_once_and_nothing_is_written() {
    let place = Place::new();
    trained(&place);
    std::fs::write(place.path("file"), "").unwrap();
    for (arguments, said) in [
        (
            "inspect net.safetensors --margin",
            "processes: expected one without --slice, --box and --radius, found 3",
        ),
        ("inspect none.safetensors --slice 3,5", "none.safetensors"),
        ("inspect net.safetensors --slice 3,3", "--slice: expected different inputs"),
        ("inspect net.safetensors --radius -1", "--radius: expected a number above 0, found -1"),
        ("inspect net.safetensors --slice 3,5 --out file", "file: expected a folder, found a file"),
    ] {
        let (succeeded, err) = end(&job(&place, 3, arguments).output().unwrap());
        let lines = errors(&err);
        assert!(!succeeded && lines.len() == 1 && lines[0].contains(said), "{arguments}: {err}");
        assert!(!place.path("out").exists());
    }
    // Processes that were started for different slices, or for what they would not meet after.
    let slice = "inspect net.safetensors --slice 3,5";
    for (first, second, said) in [
        ("--polygons 10", "", "job.asked[1].slice.budget.polygons: expected 10, found 1000000"),
        ("", "--margin", "job.asked[2]: expected none, found \"margin\""),
        ("--ray 2", "", "job.asked[1]: expected \"ray\", found a table"),
        ("--index 0,1", "", "job.asked[2]: expected \"map\", found none"),
    ] {
        let mut different = job(&place, 1, &format!("{slice} {first}"));
        different.args([":", "-n", "1", env!("CARGO_BIN_EXE_switchnet")]);
        different.args(format!("{slice} {second}").split_whitespace());
        let (succeeded, err) = end(&ended(different.spawn().unwrap()));
        assert!(!succeeded && errors(&err) == [format!("error: rank 1: {said}")], "{err}");
        assert!(!place.path("out").exists());
    }
}

/// What a job leaves, which is to end, and not to wait for ever. Ranks that wait look again and again: two minutes of work by one
/// of them are more than any of these jobs has, on however busy a machine.
fn ended(mut job: Child) -> Output {
    while job.try_wait().unwrap().is_none() {
        let ranks = (0..3).filter_map(|rank| process(job.id(), rank));
        if ranks.filter_map(ticks).max() > Some(12_000) {
            kill(Pid::from_raw(job.id() as i32), Signal::SIGTERM).unwrap(); // its ranks, too
            panic!("ranks wait for each other: {:?}", job.wait_with_output().unwrap());
        }
        std::thread::sleep(Duration::from_millis(10)); // until the next look
    }
    job.wait_with_output().unwrap()
}

/// How often the thread that takes signals has gone to sleep.
fn taken(process: Pid) -> usize {
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).unwrap();
    let status = threads
        .map(|thread| std::fs::read_to_string(thread.unwrap().path().join("status")).unwrap());
    let thread = status.into_iter().find(|status| status.starts_with("Name:\tctrl-c\n")).unwrap();
    let count =
        thread.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:")).unwrap();
    count.trim().parse().unwrap()
}

/// The first rank answers what is its own, and the others wait there: one of them that is sent the signal goes no further
/// than all others.
#[test]
fn a_rank_that_is_stopped_where_it_waits_leaves_with_all() {
    let place = Place::new();
    trained(&place);
    let inputs: Vec<String> = (0..20).map(|input| input.to_string()).collect();
    let views = "--radius 0.0001 --similarity --out found";
    let arguments = format!("{SHARED} --index {} {views}", inputs.join(","));
    let all = job(&place, 3, &arguments).spawn().unwrap();
    let all = until(|| place.path("found/0/inspect-box.json").exists(), all);
    let [first, second] = [0, 1].map(|rank| process(all.id(), rank).expect("it runs"));
    kill(first, Signal::SIGSTOP).unwrap();
    // It may have gone on meanwhile.
    let begun = inputs.iter().filter(|input| place.path("found").join(input).exists()).count();
    let before = taken(second);
    kill(second, Signal::SIGTERM).unwrap();
    let all = until(|| taken(second) > before, all);
    kill(first, Signal::SIGCONT).unwrap();
    let output = ended(all);
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(130), "{said}");
    // By the next input at the latest all of them know.
    assert!(
        begun < 19 && !place.path("found").join(&inputs[begun + 1]).exists(),
        "{begun}: {said}"
    );
}

/// How long a process has worked, in hundredths of a second, if it runs.
fn ticks(process: Pid) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u64>().ok()).sum()
}

/// Of a slice that does not end by itself: one that dies ends all, and Ctrl-C leaves what was found.
#[test]
fn a_slice_that_is_ended_ends_on_all_ranks() {
    let place = Place::new();
    place.succeeds("train --net cnn --epochs 1 --out net.safetensors");
    let endless =
        "--window -100,100,-100,100 --polygons 1000000000 --memory-limit 100000 --out found";
    let arguments = format!("{SHARED} --slice 3,5 {endless}");
    // The map is written first, and the slice begins.
    let begun = |patience: &str| {
        let _ = std::fs::remove_dir_all(place.path("found"));
        let mut all = job(&place, 3, &arguments);
        all.env("OMPI_MCA_odls_base_sigkill_timeout", patience); // for writing what was found
        let all = all.spawn().unwrap();
        until(|| place.path("found/inspect.npz").exists(), all)
    };
    for rank in [0, 2] {
        let all = begun("1");
        kill(process(all.id(), rank).expect("it runs"), Signal::SIGKILL).unwrap();
        assert!(!left(all).status.success(), "rank {rank}");
        assert!(!place.path("found/inspect-slice.json").exists(), "rank {rank}");
    }
    // One rank alone is sent the signal, and then, by the launcher, all.
    for (rank, signal) in [(Some(1), Signal::SIGTERM), (None, Signal::SIGINT)] {
        let all = begun("5");
        // In the midst of the slice: it alone takes the first rank half a second of a core.
        let first = process(all.id(), 0).expect("it runs");
        let before = ticks(first).expect("it runs");
        let all = until(|| ticks(first) >= Some(before + 50), all);
        let who = rank.map_or(Pid::from_raw(all.id() as i32), |r| process(all.id(), r).unwrap());
        kill(who, signal).unwrap();
        let output = left(all);
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(said.contains("not complete: interrupted"), "{rank:?}: {said}");
        assert!(said.contains("no norms and no pictures: interrupted"), "{rank:?}: {said}");
        assert!(place.path("found/inspect-slice.json").exists(), "{rank:?}: {said}");
    }
}

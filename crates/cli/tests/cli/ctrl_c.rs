//! Ctrl-C pressed in a state of the program that can be waited for, and what is true whenever it is.

use crate::place::{Outcome, Place, json, width};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// When Ctrl-C is pressed: in which state of the program. The clock has no say in it.
#[derive(Clone, Copy, Debug)]
pub enum Moment<'a> {
    /// As soon as there is a process, which may not listen yet.
    Start,
    /// Once it has printed so many bytes.
    Bytes(usize),
    /// Once it has printed a line with this in it.
    Said(&'a str),
    /// Once there are so many files in its folder that somebody asked for.
    Files(usize),
    /// Like `Said`, and a second time once the program has answered the first.
    Twice(&'a str),
}

/// The paths of all files in a folder of `place`, in the folders in it too.
pub fn files(place: &Place, folder: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let Ok(entries) = std::fs::read_dir(place.path(folder)) else { return found };
    for entry in entries {
        // A temporary file may be gone already.
        let Ok(entry) = entry else { continue };
        let name = format!("{folder}/{}", entry.file_name().into_string().unwrap());
        if entry.path().is_dir() {
            found.extend(files(place, &name));
        } else {
            found.insert(name);
        }
    }
    found
}

/// Whether a path is that of a file which is there only while the program runs.
fn is_hidden(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| name.starts_with('.'))
}

/// Starts the program, which writes to `folder`, presses Ctrl-C at `moment` and waits for the end. A
/// program that ends before is not disturbed.
pub fn interrupted(place: &Place, arguments: &str, folder: &str, moment: Moment<'_>) -> Outcome {
    let mut child = Command::new(env!("CARGO_BIN_EXE_switchnet"))
        .current_dir(place.folder.path())
        .args(arguments.split_whitespace())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A process that has ended keeps its number until it is waited for.
    let pid = Pid::from_raw(child.id().try_into().unwrap());
    let press = || kill(pid, Signal::SIGINT).unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let (mut out, mut err) = (Vec::new(), String::new());
    let mut over = false;
    match moment {
        Moment::Start => {}
        Moment::Bytes(count) => {
            stdout.by_ref().take(count as u64).read_to_end(&mut out).unwrap();
        }
        Moment::Said(text) | Moment::Twice(text) => {
            let said = |out: &[u8]| String::from_utf8_lossy(out).contains(text);
            while !said(&out) && stdout.read_until(b'\n', &mut out).unwrap() > 0 {}
        }
        Moment::Files(count) => {
            while !over
                && files(place, folder).iter().filter(|name| !is_hidden(name)).count() < count
            {
                std::thread::sleep(Duration::from_millis(1)); // until the next look
                over = child.try_wait().unwrap().is_some();
            }
        }
    }
    if !over {
        press();
    }
    if let Moment::Twice(_) = moment {
        stderr.read_line(&mut err).unwrap();
        press();
    }
    stdout.read_to_end(&mut out).unwrap();
    stderr.read_to_string(&mut err).unwrap();
    let out = String::from_utf8(out).unwrap();
    Outcome { code: child.wait().unwrap().code(), out, err }
}

/// Whether a file is what its name says, to its end.
pub fn whole(path: &Path) {
    let bytes = std::fs::read(path).unwrap();
    let ends = |with: &str| assert!(bytes.ends_with(with.as_bytes()), "{}", path.display());
    match path.extension().and_then(|e| e.to_str()) {
        Some("json") => drop(json(path)),
        Some("npz") => {
            // The list of the arrays is at the end of the file.
            let mut npz = ndarray_npy::NpzReader::new(std::io::Cursor::new(bytes)).unwrap();
            assert!(!npz.names().unwrap().is_empty(), "{}", path.display());
        }
        Some("png") => assert!(width(&bytes) > 0),
        Some("svg") => ends("</svg>\n"),
        Some("html") => ends("</html>\n"),
        Some("csv" | "md") => ends("\n"),
        Some("safetensors") => drop(switchnet::net::checkpoint::load::<f32>(path).unwrap()),
        _ => panic!("{}: a file that nobody asked for", path.display()),
    }
}

/// What is true whenever Ctrl-C is pressed: every file is whole, and the program ends with 130, or with 0
/// and everything that the undisturbed run (`all` its files, below `full`) gives. Only a program that has
/// shown nothing yet may be ended by the signal itself.
#[track_caller]
pub fn nothing_is_half_done(
    place: &Place,
    outcome: &Outcome,
    folder: &str,
    all: &BTreeSet<String>,
    about: &str,
) {
    let found = files(place, folder);
    found.iter().for_each(|name| whole(&place.path(name)));
    let inside = |name: &String| name.split_once('/').unwrap().1.to_owned();
    match outcome.code {
        Some(0) => {
            let names = |all: &BTreeSet<String>| all.iter().map(inside).collect::<Vec<_>>();
            assert_eq!(names(&found), names(all), "{about}");
        }
        Some(130) => assert!(outcome.err.starts_with("stop"), "{about}: {}", outcome.err),
        None => assert!(outcome.out.is_empty() && found.is_empty(), "{about}: {}", outcome.out),
        code => panic!("{about}: {code:?}\n{}{}", outcome.out, outcome.err),
    }
}

/// Presses Ctrl-C at `moments` moments spread over what `command` prints, and as many over the files it
/// writes to its folder, which takes the place of `{}`.
pub fn at_any_moment(place: &Place, command: &str, moments: usize) -> Vec<(String, Outcome)> {
    let run = |folder: &str| {
        let _ = std::fs::remove_dir_all(place.path(folder));
        command.replace("{}", folder)
    };
    let out = place.succeeds(&run("full"));
    let all = files(place, "full");
    let spread = |total: usize| (1..=moments).map(move |i| (i * total).div_ceil(moments));
    let bytes = spread(out.len()).map(Moment::Bytes);
    let files: BTreeSet<usize> = spread(all.len()).collect();
    let moments = bytes.chain(files.into_iter().map(Moment::Files));
    let outcome = |(i, moment): (usize, Moment<'_>)| {
        let folder = format!("cut{i}");
        let outcome = interrupted(place, &run(&folder), &folder, moment);
        let about = format!("{command} at {moment:?}");
        nothing_is_half_done(place, &outcome, &folder, &all, &about);
        (folder, outcome)
    };
    std::iter::once(Moment::Start).chain(moments).enumerate().map(outcome).collect()
}

/// Presses Ctrl-C until the program was not through before.
pub fn caught(place: &Place, arguments: &str, folder: &str, moment: Moment<'_>) -> Outcome {
    loop {
        let _ = std::fs::remove_dir_all(place.path(folder));
        let outcome = interrupted(place, arguments, folder, moment);
        if outcome.code != Some(0) {
            assert_eq!(outcome.code, Some(130), "{}", outcome.err);
            return outcome;
        }
    }
}

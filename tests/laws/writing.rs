//! Files are written whole and by one program at a time, and nothing that is no file is replaced by one. Messages are
//! one line.

use crate::common::refused;
use std::collections::BTreeSet;
use std::fs::{File, create_dir, read, read_dir, write};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use switchnet::net::zoo;
use switchnet::train::{
    CheckpointFile, CsvHistory, EpochRecord, Observer, Run, StopReason, Training,
};
use switchnet::{Claim, Error, Scalar, destination, one_line, write_whole};

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link_and_its_file_is_written() {
    use std::os::unix::fs::symlink;
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    create_dir(at("deep")).unwrap();
    write(at("deep/file"), "old").unwrap();
    symlink("deep/file", at("link")).unwrap();
    symlink("link", at("chain")).unwrap();
    symlink("deep/new", at("dangling")).unwrap();
    for (link, file) in [("link", "deep/file"), ("chain", "deep/file"), ("dangling", "deep/new")] {
        write_whole(&at(link), link.as_bytes()).unwrap();
        assert!(at(link).is_symlink() && !at(file).is_symlink(), "{link}");
        assert_eq!(read(at(file)).unwrap(), link.as_bytes());
    }
    assert_eq!(names(&at("deep")), BTreeSet::from(["file".into(), "new".into()]));
    symlink("circle", at("circle")).unwrap();
    refused(write_whole(&at("circle"), b"new"), &["circle: "]);
    assert!(at("circle").is_symlink());
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_not_replaced() {
    let place = tempfile::tempdir().unwrap();
    let socket = place.path().join("socket");
    let _bound = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let link = place.path().join("link");
    std::os::unix::fs::symlink(&socket, &link).unwrap();
    let folder = place.path().join("folder");
    create_dir(&folder).unwrap();
    for (path, found) in [
        (socket.as_path(), "found a device, a pipe or a socket"),
        (link.as_path(), "found a device, a pipe or a socket"),
        (folder.as_path(), "found a folder"),
    ] {
        let path_name = path.display().to_string();
        refused(write_whole(path, b"new"), &[&path_name, "expected a file to write", found]);
        refused(Claim::of(path), &[&path_name, "expected a file to write", found]);
    }
    refused(destination(Path::new("/dev/null")), &["/dev/null: ", "a device"]);
    for end in ["new/", "new/.", "folder/..", ""] {
        refused(Claim::of(&place.path().join(end)), &["expected a file to write, found a folder"]);
    }
    assert_eq!(names(place.path()).len(), 3, "nothing beside them either");
    assert!(link.is_symlink() && folder.is_dir());
}

/// Process 1 lives: what tells is the lock and not the number.
#[test]
fn what_a_killed_program_left_is_removed_and_nothing_else() {
    let place = tempfile::tempdir().unwrap();
    let left = [".switchnet-1-0.part", ".switchnet-99999999999999999999-7.part"];
    let others = [
        ".switchnet-1-x.part",
        ".switchnet-1.part",
        ".switchnet--1.part",
        ".switchnet-1-1.part.csv",
        "switchnet-1-1.part",
        ".Switchnet-1-1.part",
    ];
    for name in left.iter().chain(&others) {
        write(place.path().join(name), "part").unwrap();
    }
    let being_written = ".switchnet-1-2.part";
    let file = File::create(place.path().join(being_written)).unwrap();
    file.lock().unwrap();
    let folder = ".switchnet-1-3.part";
    create_dir(place.path().join(folder)).unwrap();
    write_whole(&place.path().join("new"), b"new").unwrap();
    let stay = others.into_iter().chain([being_written, folder, "new"]);
    assert_eq!(names(place.path()), stay.map(str::to_owned).collect());
}

#[test]
fn a_file_is_claimed_once() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("a/b/net.safetensors");
    let claim = Claim::of(&path).unwrap();
    refused(Claim::of(&path), &["net.safetensors: expected a file of this run alone, found one"]);
    drop(Claim::of(&path.with_file_name("other")).unwrap());
    drop(claim);
    assert!(names(place.path()).is_empty(), "neither the lock nor the folders made for it");

    // With something in them, folders stay; what a killed program left is no obstacle.
    write_whole(&path, b"net").unwrap();
    write(path.with_file_name(".net.safetensors.lock"), "").unwrap();
    let claim = Claim::of(&path).unwrap();
    refused(Claim::of(&place.path().join("a/../a/b/net.safetensors")), &["expected a file of"]);
    drop(claim);
    assert_eq!(names(path.parent().unwrap()), BTreeSet::from(["net.safetensors".into()]));
}

/// However many try, and however often the lock file comes and goes.
#[test]
fn never_two_have_a_claim() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("net");
    let (within, had) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..100 {
                    let Ok(_claim) = Claim::of(&path) else { continue };
                    assert_eq!(within.fetch_add(1, Ordering::SeqCst), 0);
                    had.fetch_add(1, Ordering::SeqCst);
                    within.fetch_sub(1, Ordering::SeqCst);
                }
            });
        }
    });
    assert!(had.into_inner() > 0 && names(place.path()).is_empty());
}

/// A run with so many epochs behind it.
fn after<T: Scalar>(epochs: usize, run: &mut Run<T>) {
    run.history.push(EpochRecord {
        epoch: epochs,
        learning_rate: 0.01,
        train_loss: 1.0,
        train_accuracy: None,
        validation_loss: None,
        validation_accuracy: None,
        seconds: 1.0,
    });
}

/// Bytes are counted, and epochs that a kill would lose.
fn histories_are_written_in_linear_work<T: Scalar>() {
    let place = tempfile::tempdir().unwrap();
    let spec = zoo::mlp(&[1], &[], 1, 1);
    let net = spec.build::<T>().unwrap();
    let [csv, file] = ["net.csv", "net.safetensors"].map(|name| place.path().join(name));
    let mut csv_history = CsvHistory { path: csv.clone() };
    let mut checkpoint = CheckpointFile::new(&file, &spec);
    let mut observers: [(&Path, &mut dyn Observer<T>); 2] =
        [(&csv, &mut csv_history), (&file, &mut checkpoint)];
    for (path, observer) in &mut observers {
        let mut run = Run::<T>::new(&net, &Training::default()).unwrap();
        let (mut all, mut kept) = (0, 0);
        for epoch in 1..=2048 {
            after(epoch, &mut run);
            let _ = observer.epoch(&net, &run).unwrap();
            if path.exists() {
                all += read(*path).unwrap().len();
                kept = epoch;
                std::fs::remove_file(*path).unwrap();
            }
            assert!(epoch <= 64 && kept == epoch || (epoch - kept) * 32 < epoch, "{epoch}");
        }
        run.ended = Some(StopReason::Finished);
        observer.finish(&net, &run).unwrap();
        let end = read(*path).unwrap().len();
        // Records of later epochs have a digit or two more; the net itself is small.
        assert!(all < 64 * end, "{} wrote {all} bytes for {end}", path.display());
    }
}

in_both_precisions!(histories_are_written_in_linear_work);

#[test]
fn a_message_is_one_line_that_does_nothing_to_a_terminal() {
    let odd = "a\nb\r\u{1b}[31m\u{202e}\u{2028}\u{0}\u{85}\u{feff}";
    let shown = r"a\nb\r\u{1b}[31m\u{202e}\u{2028}\u{0}\u{85}\u{feff}";
    assert_eq!(one_line(odd), shown);
    assert_eq!(one_line(shown), shown, "twice is once");
    assert_eq!(one_line("Größe ‖A‖ 名前 🙂"), "Größe ‖A‖ 名前 🙂");
    let message = Error::new(odd, odd, odd).at(odd).to_string();
    assert_eq!(message, format!("{shown}: {shown}: expected {shown}, found {shown}"));
    let failed = Error::io(Path::new(odd), std::io::Error::other(odd)).to_string();
    assert_eq!(failed, format!("{shown}: {shown}"));
}

#[test]
fn a_long_text_keeps_its_ends() {
    let cell = format!("first{}last", "ü".repeat(10_000_000));
    let shown = one_line(&cell);
    assert_eq!(shown.chars().count(), 801);
    assert!(shown.starts_with("first") && shown.ends_with("last") && shown.contains("ü…ü"));
    let exact = "x".repeat(800);
    assert_eq!(one_line(&exact), exact);
    let message = Error::new(&cell, "a number", &cell).to_string();
    assert!(message.contains("expected a number, found first") && message.chars().count() < 1700);
}

#[test]
fn a_difference_is_named() {
    let json = |text: &str| serde_json::from_str(text).unwrap();
    let of = |a: &str, b: &str| {
        Error::difference("net", &json(a), &json(b)).map(|error| error.to_string())
    };
    let whole = r#"{"seed": 1, "layers": [{"kind": "relu"}, {"width": 2}], "clip": null}"#;
    assert_eq!(of(whole, whole), None);
    for (other, said) in [
        (whole.replace('1', "7"), "net.seed: expected 1, found 7"),
        (whole.replace("relu", "elu"), r#"net.layers[0].kind: expected "relu", found "elu""#),
        (whole.replace(r#", {"width": 2}"#, ""), "net.layers[1]: expected a table, found none"),
        (whole.replace("null", "0.5"), "net.clip: expected none, found 0.5"),
    ] {
        assert_eq!(of(whole, &other).as_deref(), Some(said));
    }
    assert_eq!(of(whole, &whole.replace("clip", "clap")), None, "what says nothing is not there");
}

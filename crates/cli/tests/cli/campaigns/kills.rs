//! `SIGKILL` at any moment: every file is whole or absent, and what is gone on with comes to the same bits.

use super::kills;
use crate::ctrl_c::{files, whole};
use crate::place::{PROGRAM, Place, json};
use rand::RngExt;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use switchnet::layer::parameters;
use switchnet::net::checkpoint;
use switchnet::random::{Generator, generator};

/// A command that is killed again and again, its files below the folder `cut`.
struct Victim<'a> {
    place: &'a Place,
    arguments: &'a str,
    /// How long it takes undisturbed.
    time: Duration,
    kills: usize,
    ends: usize,
}

impl<'a> Victim<'a> {
    /// A command that writes to the folder `{}`, done once undisturbed into the folder `full`.
    fn new(place: &'a Place, arguments: &'a str) -> Self {
        let begun = Instant::now();
        place.succeeds(&arguments.replace("{}", "full"));
        Self { place, arguments, time: begun.elapsed(), kills: 0, ends: 0 }
    }

    /// Starts it and kills it at some moment; whether it had ended before. Every file is whole then.
    fn cut(&mut self, rng: &mut Generator) -> bool {
        let mut child = Command::new(PROGRAM)
            .current_dir(self.place.folder.path())
            .args(self.arguments.replace("{}", "cut").split_whitespace())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(self.time.mul_f64(1.2 * rng.random::<f64>()));
        child.kill().unwrap();
        let code = child.wait().unwrap().code();
        assert!(matches!(code, None | Some(0)), "{}: {code:?}", self.arguments);
        for name in self.files() {
            whole(&self.place.path(&name));
        }
        let ended = code == Some(0);
        if ended {
            self.ends += 1
        } else {
            self.kills += 1
        }
        ended
    }

    /// What it has written. Files with a dot in front are its own while it runs, and a killed program leaves them.
    fn files(&self) -> Vec<String> {
        let hidden = |name: &str| name.rsplit('/').next().unwrap().starts_with('.');
        let (own, rest): (Vec<_>, Vec<_>) =
            files(self.place, "cut").into_iter().partition(|name| hidden(name));
        let known = |name: &String| name.ends_with(".part") || name.ends_with(".lock");
        assert!(own.iter().all(known), "{own:?}");
        rest
    }

    fn forget(&self) {
        let _ = std::fs::remove_dir_all(self.place.path("cut"));
    }

    /// Does it undisturbed once more.
    fn end(&self) {
        self.place.succeeds(&self.arguments.replace("{}", "cut"));
    }

    fn say(&self, more: &str) {
        let Self { arguments, kills, ends, .. } = self;
        println!("{kills} kills, {ends} ends before: {arguments}{more}");
    }
}

/// The numbers of a checkpoint: parameters, and by name those beside them.
type Numbers = (Vec<u32>, BTreeMap<String, Vec<u32>>);

fn numbers(path: &Path) -> Numbers {
    let stored = checkpoint::load::<f32>(path).unwrap();
    let bits = |values: Vec<f32>| values.into_iter().map(f32::to_bits).collect();
    let beside = stored.tensors.into_iter().map(|(name, values)| (name, bits(values)));
    (bits(parameters::read(&stored.net)), beside.collect())
}

/// How many steps the training in a checkpoint has done; 0 if there is none.
fn steps(path: &Path) -> u64 {
    if !path.exists() {
        return 0;
    }
    let stored = checkpoint::load::<f32>(path).unwrap();
    let run: serde_json::Value = serde_json::from_str(&stored.metadata["run"]).unwrap();
    run["step"].as_u64().unwrap()
}

/// The lines of a history without their last column, the seconds.
fn history(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| line.rsplit_once(',').unwrap().0.to_owned()).collect()
}

#[test]
#[ignore = "long: a campaign"]
fn a_killed_training_loses_nothing() {
    let place = Place::new();
    let training = "train --net mlp --hidden 8 --epochs 16 --batch 64 --dropout 0.1 --keep-every 5 \
                    --out {}/net.safetensors --resume";
    let mut victim = Victim::new(&place, training);
    let mut rng = generator(1, 0);
    let wanted: Vec<String> = files(&place, "full").into_iter().collect();
    let same_as_full = |victim: &Victim<'_>| {
        let found = victim.files();
        assert_eq!(found.len(), wanted.len(), "{found:?}");
        for (a, b) in wanted.iter().zip(&found) {
            let (a, b) = (place.path(a), place.path(b));
            match a.extension().and_then(|e| e.to_str()) {
                Some("safetensors") => assert_eq!(numbers(&a), numbers(&b), "{}", b.display()),
                _ => assert_eq!(history(&a), history(&b), "{}", b.display()),
            }
        }
    };
    let (mut before, mut resumed) = (0, 0);
    while victim.kills < kills() * 6 / 10 {
        let ended = victim.cut(&mut rng);
        let now = steps(&place.path("cut/net.safetensors"));
        assert!(now >= before, "{before} steps were done, {now} are left");
        resumed += usize::from(before > 0);
        before = now;
        if ended {
            same_as_full(&victim);
            victim.forget();
            before = 0;
        }
    }
    victim.end();
    same_as_full(&victim);
    victim.say(&format!("; {resumed} times from a checkpoint"));
}

#[test]
#[ignore = "long: a campaign"]
fn a_killed_comparison_loses_nothing() {
    let place = Place::new();
    place.write(
        "spirals.toml",
        "name = 'Spirals'\nseeds = [4, 5]\ndata = { source = 'spirals', points = 60 }\n\
         training = { epochs = 8 }\ngeometry = 2\n[[nets]]\nname = 'switch'\n\
         architecture = { net = 'switch', width = 16, depth = 2 }\n[[nets]]\nname = 'mlp'\n\
         architecture = { net = 'mlp', hidden = [8] }\n",
    );
    let mut victim = Victim::new(&place, "compare spirals.toml --resume --out {}");
    let mut rng = generator(2, 0);
    let losses = |folder: &str| -> Vec<String> {
        let results = json(&place.path(&format!("{folder}/results.json")));
        let nets = results["nets"].as_array().unwrap().clone();
        nets.iter()
            .flat_map(|net| net["runs"].as_array().unwrap().clone())
            .map(|run| format!("{} {} {}", run["seed"], run["test_loss"], run["test_accuracy"]))
            .collect()
    };
    while victim.kills < kills() * 2 / 10 {
        if victim.cut(&mut rng) {
            assert_eq!(losses("cut"), losses("full"));
            victim.forget();
        }
    }
    victim.end();
    assert_eq!(losses("cut"), losses("full"));
    let names = |folder: &str| -> Vec<String> {
        let names = files(&place, folder).into_iter().filter(|name| !name.contains("/."));
        names.map(|name| name.split_once('/').unwrap().1.to_owned()).collect()
    };
    assert_eq!(names("cut"), names("full"));
    victim.say("");
}

#[test]
#[ignore = "long: a campaign"]
fn killed_views_leave_whole_files() {
    let place = Place::new();
    place.succeeds("train --net switch --width 64 --depth 2 --epochs 2");
    let views = "inspect out/net.safetensors --index 7 --between 3,9 --ray 3 --slice 3,5 --polygons 300 \
                 --margin --spectrum --memory --switches --similarity --out {}";
    let mut victim = Victim::new(&place, views);
    let mut rng = generator(3, 0);
    let full = |name: &str| std::fs::read(place.path(&name.replacen("cut", "full", 1))).unwrap();
    let clock = |name: &str| name.ends_with(".json"); // which says seconds
    while victim.kills < kills().div_ceil(5) {
        victim.cut(&mut rng);
        // The file of this program or of the one before, which are the same.
        for name in victim.files().iter().filter(|name| !clock(name)) {
            assert!(std::fs::read(place.path(name)).unwrap() == full(name), "{name}");
        }
    }
    victim.end();
    let count = files(&place, "full").len();
    assert_eq!(victim.files().len(), count);
    victim.say("");
}

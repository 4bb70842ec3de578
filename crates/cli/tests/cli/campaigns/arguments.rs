//! Arguments that nobody meant.

use super::kills;
use crate::place::{PROGRAM, Place};
use rand::RngExt;
use std::process::{Command, Stdio};
use switchnet::random::{Generator, generator};

/// What mutants are made of: everything here is small.
const LINES: [&str; 17] = [
    "train --net switch --width 64 --depth 1 --epochs 1 --out a.safetensors",
    "train --net mlp --hidden 8,8 --epochs 1 --batch 64 --learning-rate 0.01 --seed 3 --out b.safetensors",
    "train --net cnn --filters 2,2 --epochs 1 --dropout 0.1 --validation 0.2 --patience 1 --out c.safetensors",
    "train --data table.csv --label y --standardize feature --net mlp --hidden 4 --epochs 1 --out d.safetensors",
    "train --data table.csv --label last --values --loss squared-error --net mlp --hidden 4 --epochs 1",
    "train --data spirals --optimizer adamw --schedule step --clip 1 --epochs 1 --keep-every 1 --resume",
    "train --net thin-mlp --parameters 900 --pool 2 --epochs 1 --training settings.toml",
    "train --evolve 2 --width 64 --depth 1",
    "evaluate net.safetensors --data digits",
    "summary net.safetensors --plan",
    "summary --net sliding-bank --data digits",
    "inspect net.safetensors --index 7 --margin --memory --out views",
    "inspect net.safetensors --between 3,9 --ray 3 --slice 3,5 --polygons 20 --seconds 1 --out views",
    "trajectory net.safetensors net.safetensors --out views",
    "export net.safetensors net.onnx --double --with-standardization",
    "tables record.json --out views",
    "compare spirals.toml --epochs 1 --seeds 1 --out compared --name x",
];

/// What arguments can be. None of them names a place beyond the folder of the test.
const WORDS: [&str; 48] = [
    "",
    " ",
    "-",
    "--",
    "---",
    "=",
    "0",
    "1",
    "2",
    "-1",
    "+1",
    "00",
    "1.5",
    "1e3",
    "1e308",
    "1e999",
    "-0",
    "NaN",
    "inf",
    "-inf",
    "0x10",
    "1_000",
    "65537",
    "4294967296",
    "18446744073709551615",
    "18446744073709551616",
    "3,5",
    ",",
    "3,,5",
    "first",
    "none",
    "hadamard",
    "dct2",
    "relu",
    "block-4",
    "digits",
    "spirals",
    "nowhere",
    "net.safetensors",
    "table.csv",
    "settings.toml",
    "record.json",
    "--help",
    "a\nb",
    "\u{1b}[31m",
    "\u{202e}abc",
    "ü網🙂",
    "true",
];

fn mutant(rng: &mut Generator) -> Vec<String> {
    let line = |rng: &mut Generator| -> Vec<String> {
        let line = LINES[rng.random_range(0..LINES.len())];
        line.split_whitespace().map(str::to_owned).collect()
    };
    let mut words = line(rng);
    for _ in 0..[1, 1, 1, 2, 3][rng.random_range(0..5)] {
        let word = WORDS[rng.random_range(0..WORDS.len())];
        let at = rng.random_range(0..words.len());
        // Most often a value: a name that nobody knows is refused before anything else.
        let value = words[at..].iter().position(|word| !word.starts_with('-'));
        let at = value.filter(|_| rng.random_range(0..4) > 0).map_or(at, |next| at + next);
        match rng.random_range(0..12) {
            0 if words.len() > 1 => drop(words.remove(at)),
            1 => words.insert(at, words[at].clone()),
            2 => words.insert(at + 1, word.to_owned()),
            3 => words.swap(at, 0),
            4 => {
                let other = line(rng);
                let from = rng.random_range(0..other.len());
                words.extend(other[from..].iter().take(2).cloned());
            }
            5 => words[at] += word,
            _ => words[at] = word.to_owned(),
        }
    }
    words
}

/// A program that works for long is stopped by the system; every other one ends with an answer.
#[test]
#[ignore = "long: a campaign"]
fn arguments_are_understood_or_refused() {
    let place = Place::new();
    place.write(
        "table.csv",
        "x,z,y\n1,2,0\n2,1,1\n3,3,0\n4,0,1\n5,5,0\n6,2,1\n7,2,0\n8,1,1\n9,4,0\n0,1,1\n",
    );
    place.write("settings.toml", "epochs = 1\nbatch = 64\n");
    place.write(
        "spirals.toml",
        "name = 'Spirals'\nseeds = [4]\ndata = { source = 'spirals', points = 20 }\ntraining = { epochs = 1 }\n\
         [[nets]]\nname = 'mlp'\narchitecture = { net = 'mlp', hidden = [4] }\n",
    );
    place.succeeds("compare spirals.toml --out kept");
    std::fs::copy(place.path("kept/record.json"), place.path("record.json")).unwrap();
    place.succeeds("train --net switch --width 64 --depth 1 --epochs 1 --out net.safetensors");
    let kept = std::fs::read(place.path("net.safetensors")).unwrap();
    let mut rng = generator(6, 0);
    let (mut codes, mut wrong) = ([0; 4], Vec::new());
    for _ in 0..4 * kills() {
        let words = mutant(&mut rng);
        let output = Command::new("sh")
            .args(["-c", "ulimit -v 4000000; ulimit -t 2; exec \"$0\" \"$@\"", PROGRAM])
            .args(&words)
            .current_dir(place.folder.path())
            .env("MALLOC_ARENA_MAX", "2")
            .env("RAYON_NUM_THREADS", "2")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let line = said.strip_suffix('\n').unwrap_or(&said);
        let plain = line.starts_with("error: ") && !line.chars().any(char::is_control);
        match output.status.code() {
            Some(code @ 0) => codes[code as usize] += 1,
            Some(1) if plain => codes[1] += 1,
            Some(2) if line.starts_with("error: ") => codes[2] += 1, // the words are those of the parser
            None if is_over_time(output.status) => codes[3] += 1,
            code => wrong.push(format!("{words:?}: {code:?} {line}")),
        }
        place.write("net.safetensors", &kept);
    }
    let [done, refused, unknown, long] = codes;
    println!(
        "arguments: {done} done, {refused} refused, {unknown} not understood, {long} still at work"
    );
    wrong.iter().for_each(|words| println!("  {words}"));
    assert!(wrong.is_empty(), "{} of {} lists of arguments", wrong.len(), 4 * kills());
    assert!(done > 0 && refused > 0 && unknown > 0);
}

fn is_over_time(status: std::process::ExitStatus) -> bool {
    use nix::sys::signal::Signal::{SIGKILL, SIGXCPU};
    use std::os::unix::process::ExitStatusExt;
    status.signal().is_some_and(|signal| [SIGXCPU as i32, SIGKILL as i32].contains(&signal))
}

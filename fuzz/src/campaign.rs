//! One target in one process: execution after execution, each known by its number.

use crate::mutate::{Material, mutant};
use crate::{Target, memory};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{File, read, write};
use std::os::unix::fs::FileExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use switchnet::random::generator;

/// What a campaign found on one target.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Report {
    /// How many inputs were tried.
    pub executions: u64,
    /// How many of them were accepted.
    pub accepted: u64,
    /// How often each kind of refusal was met.
    pub refusals: BTreeMap<String, u64>,
    /// How often each kind of failure was met.
    pub failures: BTreeMap<String, u64>,
}

impl Report {
    /// Adds what another process found on the same target.
    pub fn add(&mut self, other: Self) {
        self.executions += other.executions;
        self.accepted += other.accepted;
        for (all, some) in
            [(&mut self.refusals, other.refusals), (&mut self.failures, other.failures)]
        {
            some.into_iter().for_each(|(kind, count)| *all.entry(kind).or_default() += count);
        }
    }
}

/// What a process is to do.
#[derive(Clone, Debug)]
pub struct Order {
    /// Where the mutants come from.
    pub seed: u64,
    /// The number of the first execution; the first ones are the seeds as they are.
    pub first: u64,
    /// The number after the last.
    pub end: u64,
    /// For how long.
    pub time: Duration,
    /// Where the process says what it does.
    pub desk: PathBuf,
    /// Where inputs that fail are kept.
    pub out: PathBuf,
}

/// So many kinds of refusals are told apart.
const KINDS: usize = 4096;
/// So many files are kept beside the seeds to make mutants of.
const CORPUS: usize = 4096;
/// So many inputs are kept for each kind of failure.
const KEPT: u64 = 3;

/// The message of the last panic.
static PANIC: Mutex<String> = Mutex::new(String::new());

/// Tries inputs on `target` until time or numbers are over.
///
/// # Errors
/// If a file cannot be read or written.
pub fn work(target: &Target, order: &Order) -> std::io::Result<()> {
    std::panic::set_hook(Box::new(|info| {
        let mut text = PANIC.lock().unwrap_or_else(|e| e.into_inner());
        *text = info.to_string().replace('\n', " ");
    }));
    let begun = Instant::now();
    let seeds = target.seeds()?;
    let mut corpus = seeds.clone();
    let mut report = Report::default();
    let mut desk = Desk::new(&order.desk)?;
    let mut told = Instant::now();
    for number in order.first..order.end {
        if number % 64 == 0 {
            if begun.elapsed() > order.time {
                break;
            }
            if told.elapsed() > Duration::from_millis(500) {
                desk.tell(&report)?;
                told = Instant::now();
            }
        }
        let mut rng = generator(order.seed, number);
        let material = Material { corpus: &corpus, words: target.words };
        let input = match seeds.get(number as usize) {
            Some(seed) => seed.clone(),
            None => mutant(target.form, &material, &mut rng),
        };
        desk.take(number, &input)?;
        let answer = catch_unwind(AssertUnwindSafe(|| execute(target, &input)));
        report.executions += 1;
        let mut new = false;
        match answer {
            Ok(Ok(())) => report.accepted += 1,
            Ok(Err(message)) => {
                let kind = kind(&message);
                if report.refusals.len() < KINDS || report.refusals.contains_key(&kind) {
                    let count = report.refusals.entry(kind).or_default();
                    new |= *count == 0;
                    *count += 1;
                }
            }
            Err(_) => {
                let text = PANIC.lock().unwrap_or_else(|e| e.into_inner()).clone();
                let count = report.failures.entry(kind(&text)).or_default();
                *count += 1;
                if *count <= KEPT {
                    keep(target, order, number, &input, &text)?;
                }
                continue;
            }
        }
        if new && corpus.len() < seeds.len() + CORPUS {
            corpus.push(input);
        }
    }
    desk.tell(&report)
}

/// One input: what `libFuzzer` would call.
///
/// # Errors
/// The message, if the input was refused.
///
/// # Panics
/// If a promise is broken.
pub fn execute(target: &Target, input: &[u8]) -> Result<(), String> {
    memory::within((target.memory)(input.len()), || {
        let answer = (target.run)(input);
        if let Err(message) = &answer {
            let line = message.chars().all(|c| !c.is_control()) && !message.is_empty();
            assert!(line, "the message is not one plain line: {message:?}");
        }
        answer
    })
}

/// Keeps an input that fails, and beside it why.
///
/// # Errors
/// If the files cannot be written.
pub fn keep(
    target: &Target,
    order: &Order,
    number: u64,
    input: &[u8],
    why: &str,
) -> std::io::Result<()> {
    std::fs::create_dir_all(&order.out)?;
    let name = format!("{}-{}-{number}", target.name, order.seed);
    write(order.out.join(&name), input)?;
    write(order.out.join(name + ".txt"), format!("{why}\n"))
}

/// A message without what inputs can put into it: numbers, and what is quoted or was found.
pub fn kind(message: &str) -> String {
    let message = message.rsplit_once(", found ").map_or(message, |(before, _)| before);
    let mut kind = String::new();
    let mut quote = None;
    for c in message.chars().take(600) {
        match quote {
            Some(end) if c == end => quote = None,
            Some(_) => continue,
            None if matches!(c, '"' | '`') => quote = Some(c),
            None if c.is_ascii_digit() && kind.ends_with('#') => continue,
            None => {}
        }
        kind.push(if c.is_ascii_digit() { '#' } else { c });
    }
    kind.chars().take(200).collect()
}

/// Where a process lays what it is at: whatever ends it, its parent finds the input.
struct Desk {
    folder: PathBuf,
    current: File,
    page: Vec<u8>,
}

impl Desk {
    fn new(folder: &Path) -> std::io::Result<Self> {
        let current = File::create(folder.join("current"))?;
        Ok(Self { folder: folder.to_owned(), current, page: Vec::new() })
    }

    fn take(&mut self, number: u64, input: &[u8]) -> std::io::Result<()> {
        self.page.clear();
        self.page.extend([number.to_le_bytes(), (input.len() as u64).to_le_bytes()].as_flattened());
        self.page.extend(input);
        self.current.write_all_at(&self.page, 0)
    }

    fn tell(&mut self, report: &Report) -> std::io::Result<()> {
        let part = self.folder.join("report.part");
        write(&part, serde_json::to_vec(report)?)?;
        std::fs::rename(part, self.folder.join("report"))
    }
}

/// What a process was at, by its desk: the number and the input.
pub fn current(desk: &Path) -> Option<(u64, Vec<u8>)> {
    let page = read(desk.join("current")).ok()?;
    let (number, rest) = page.split_first_chunk()?;
    let (length, rest) = rest.split_first_chunk()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    Some((u64::from_le_bytes(*number), rest.get(..length)?.to_vec()))
}

/// What a process last said, by its desk.
pub fn reported(desk: &Path) -> Report {
    let text = read(desk.join("report")).unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_default()
}

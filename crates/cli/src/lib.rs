//! The command line of `switchnet`: arguments in, files and tables out; everything else is the library's.
//!
//! A program of your own has the same commands:
//!
//! ```no_run
//! fn main() -> std::process::ExitCode {
//!     switchnet_cli::run()
//! }
//! ```

#![deny(unsafe_code)]

/// `print!`, but a reader who has seen enough (`| head`) is no failure.
macro_rules! out {
    ($($text:tt)*) => {
        crate::write(format_args!($($text)*))?
    };
}

/// `println!` in the manner of [`out!`].
macro_rules! outln {
    () => { crate::write(format_args!("\n"))? };
    ($($text:tt)*) => { crate::write(format_args!("{}\n", format_args!($($text)*)))? };
}

mod args;
mod compare;
mod data;
mod device;
mod evaluate;
mod export;
mod inspect;
mod interrupt;
mod merge;
mod network;
mod page;
mod picture;
mod predict;
mod progress;
mod ranks;
mod rows;
mod score;
mod selfcheck;
mod speed;
mod summary;
mod tables;
mod train;
mod trajectory;
mod verify;

use anyhow::{Context, Result, bail};
use clap::{Parser, Subcommand};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use switchnet::{destination, escaped, one_line, write_whole};

/// Networks of fast fixed transforms and switches beside dense ones, and the effective linear maps
/// that single inputs select.
///
/// Without a command: trains seven nets on the embedded digits, prints the table and writes
/// out/report.html, as `compare` does.
#[derive(Parser)]
#[command(name = "switchnet", version, about, long_about, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,

    /// Threads to use; all there are if not given. No result depends on it.
    #[arg(long, global = true, value_name = "N")]
    threads: Option<usize>,
}

const EXAMPLES: &str = "\
Examples:
  switchnet                                             the main job
  switchnet train --net switch --width 256 --depth 3    one net on the digits
  switchnet evaluate out/net.safetensors                how good it is
  switchnet predict out/net.safetensors --data new.csv  what it says of new rows
  switchnet inspect out/net.safetensors --index 7       what it makes of one input
  switchnet page out/net.safetensors --out net.html     the net itself in one file, to be played with
  switchnet trajectory out/net-epoch*.safetensors           how its maps moved in training
  switchnet verify net.onnx --property safe.vnnlib      whether it keeps a property
  switchnet compare my-experiment.toml --out results    your own comparison
  switchnet compare my-experiment.toml --shard 3/16 --out part3   a sixteenth of its trainings
  switchnet merge part* --out results                   the comparison of its shards
  switchnet tables results/record.json                  tables and curves of comparisons that were kept
  switchnet summary --net cnn                           layers, parameters, multiply-adds
  switchnet export out/net.safetensors net.onnx         the net for other programs
  switchnet speed --quick                               how fast it is on this machine
  switchnet selfcheck                                   known values, computed on this machine

Every command takes --help.";

#[derive(Subcommand)]
enum Command {
    Compare(compare::Arguments),
    Merge(merge::Arguments),
    Train(train::Arguments),
    Evaluate(evaluate::Arguments),
    Predict(predict::Arguments),
    Inspect(inspect::Arguments),
    Page(page::Arguments),
    Trajectory(trajectory::Arguments),
    Verify(verify::Arguments),
    Summary(summary::Arguments),
    Export(export::Arguments),
    Tables(tables::Arguments),
    Speed(speed::Arguments),
    Selfcheck(selfcheck::Arguments),
}

/// Reads the arguments of the process and does what they say; a failure is one line on standard error.
pub fn run() -> ExitCode {
    let done = interrupt::listen().and_then(|()| match Cli::try_parse() {
        Ok(arguments) => obey(arguments),
        Err(error) if error.use_stderr() => {
            say(usage(&error));
            Ok(ExitCode::from(2))
        }
        Err(help) => help.exit(),
    });
    done.unwrap_or_else(|error| {
        if error.is::<Silent>() {
            return ExitCode::SUCCESS; // or the launcher would end the others before they have said why
        }
        say(format_args!("error: {}", line(&error)));
        ExitCode::FAILURE
    })
}

/// The error of a process while another one of its job says why.
#[derive(Debug)]
struct Silent;

impl std::error::Error for Silent {}

impl std::fmt::Display for Silent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("another process of the job has failed")
    }
}

/// Whether this process prints nothing but its errors, since another one does.
static SILENT: AtomicBool = AtomicBool::new(false);

/// A line on standard error. It is no failure if nobody can read it.
fn say(line: impl std::fmt::Display) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// The same of what is no error.
fn note(line: impl std::fmt::Display) {
    if !SILENT.load(Ordering::Relaxed) {
        say(line);
    }
}

/// How many threads are asked for, if it is said.
fn threads(given: Option<usize>) -> Result<Option<usize>> {
    const MOST: usize = 1024;
    let named = "RAYON_NUM_THREADS";
    let (what, found, count) = match (given, std::env::var_os(named)) {
        (Some(count), _) => ("--threads", count.to_string(), Some(count)),
        (None, None) => return Ok(None),
        (None, Some(text)) => {
            let text = text.to_string_lossy().into_owned();
            match text.parse() {
                Ok(0) => return Ok(None), // as many as there are, in that variable
                count => (named, text, count.ok()),
            }
        }
    };
    match count.filter(|count| (1..=MOST).contains(count)) {
        Some(count) => Ok(Some(count)),
        None => Err(switchnet::Error::new(what, format_args!("1 to {MOST}"), found).into()),
    }
}

fn obey(cli: Cli) -> Result<ExitCode> {
    // This thread is one of those that work: it need not hand each step to others and wait for them.
    let asked = threads(cli.threads)?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(asked.unwrap_or(0)); // 0: as many as the machine has
    let built = pool.use_current_thread().build_global();
    if asked.is_some() {
        built?; // without, threads that a program of one's own has started before will do
    }
    switchnet::transform::instruction_set()?;
    let dealt = matches!(
        cli.command,
        None | Some(
            Command::Compare(_) | Command::Train(_) | Command::Evaluate(_) | Command::Inspect(_)
        )
    );
    if !dealt {
        ranks::alone("for this command")?;
    }
    match cli.command {
        None => compare::run(compare::Arguments::default()),
        Some(Command::Compare(arguments)) => compare::run(arguments),
        Some(Command::Merge(arguments)) => merge::run(arguments),
        Some(Command::Train(arguments)) => train::run(arguments),
        Some(Command::Evaluate(arguments)) => evaluate::run(arguments),
        Some(Command::Predict(arguments)) => predict::run(arguments),
        Some(Command::Inspect(arguments)) => inspect::run(arguments),
        Some(Command::Page(arguments)) => page::run(arguments),
        Some(Command::Trajectory(arguments)) => trajectory::run(arguments),
        Some(Command::Verify(arguments)) => verify::run(arguments),
        Some(Command::Summary(arguments)) => summary::run(arguments),
        Some(Command::Export(arguments)) => export::run(arguments),
        Some(Command::Tables(arguments)) => tables::run(arguments),
        Some(Command::Speed(arguments)) => speed::run(arguments),
        Some(Command::Selfcheck(arguments)) => selfcheck::run(arguments),
    }
}

/// Writes files into a folder, all of them even if Ctrl-C is pressed, and says so.
fn write_files(folder: &Path, files: &[(String, Vec<u8>)]) -> Result<()> {
    let _hold = interrupt::hold();
    for (name, bytes) in files {
        write_whole(&folder.join(name), bytes)?;
    }
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    outln!("Wrote {} to {}.", names.join(", "), shown(folder));
    Ok(())
}

/// Makes a folder that is to be written to, so that a wrong one is told before long work and not after it.
fn make_folder(folder: &Path) -> Result<()> {
    if folder.exists() && !folder.is_dir() {
        bail!("{}: expected a folder, found a file", shown(folder));
    }
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())
}

/// The file that writing to `path` writes, by one name however the path is spelled.
fn target_file(path: &Path) -> Result<PathBuf> {
    let end = destination(path)?;
    if let Ok(there) = end.canonicalize() {
        return Ok(there);
    }
    let folder = end.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new(".")).canonicalize();
    Ok(match (folder, end.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => end, // in a folder that is not there yet
    })
}

/// Refuses to write over what is read, or twice into one file: each of `written` comes with the flag that names it.
fn different_files<'a>(
    read: impl IntoIterator<Item = &'a Path>,
    written: &[(&str, &Path)],
) -> Result<()> {
    let mut taken: Vec<PathBuf> =
        read.into_iter().filter_map(|path| path.canonicalize().ok()).collect();
    for (flag, path) in written {
        let to = target_file(path).context((*flag).to_owned())?;
        if taken.iter().any(|other| other.as_os_str().eq_ignore_ascii_case(&to)) {
            bail!("{flag}: expected a file of its own, found {}", shown(path));
        }
        taken.push(to);
    }
    Ok(())
}

/// A path in what is printed.
fn shown(path: &Path) -> String {
    one_line(path.display())
}

/// Writes to standard output: no character does more than end a line. Once nobody reads any more, writes nothing.
fn write(text: std::fmt::Arguments<'_>) -> Result<()> {
    if SILENT.load(Ordering::Relaxed) {
        return Ok(());
    }
    let lines: Vec<String> = text.to_string().split('\n').map(escaped).collect();
    match std::io::stdout().write_all(lines.join("\n").as_bytes()) {
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        result => Ok(result?),
    }
}

/// What clap says, in one line: its help is asked for by name.
fn usage(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let said = text.split("\n\nUsage:").next().unwrap_or(&text);
    let said = said.split("\n\nFor more information").next().unwrap_or(said);
    let parts =
        said.split("\n\n").map(|part| part.split_whitespace().collect::<Vec<_>>().join(" "));
    one_line(parts.collect::<Vec<_>>().join("; "))
}

/// The error and what it came from in one line. What a message ends with already is not said again.
fn line(error: &anyhow::Error) -> String {
    let mut line = String::new();
    let shown = |cause: &(dyn std::error::Error + 'static)| {
        let own = cause.downcast_ref::<switchnet::Error>();
        own.map_or_else(|| one_line(cause), ToString::to_string)
    };
    for cause in error.chain().map(shown) {
        if line.is_empty() {
            line = cause;
        } else if !line.ends_with(&cause) {
            line = format!("{line}: {cause}");
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::line;
    use anyhow::Context;
    use switchnet::Error;

    #[test]
    fn a_cause_is_said_once() {
        let error = || Error::new("rows", "at least 1", 0).at("a.csv");
        let whole = "a.csv: rows: expected at least 1, found 0";
        assert_eq!(line(&error().into()), whole);
        let result: Result<(), _> = Err(error());
        assert_eq!(line(&result.context("--data").unwrap_err()), format!("--data: {whole}"));
    }
}

//! `switchnet-fuzz TARGET|all --seconds N --seed S`: campaigns, and what they found as a table.

use anyhow::{Context, Result, bail};
use clap::Parser;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use switchnet_fuzz::campaign::{Order, Report, execute, work};
use switchnet_fuzz::{Target, parent, targets};

/// Tries mutants of files on every reader. Ends with 1 if one panics, takes more memory than its bound, gives no
/// answer, answers with more than a plain line or accepts nonsense; the input is kept.
#[derive(Parser)]
struct Arguments {
    /// A target, or `all`
    target: String,

    /// Seconds in all, shared among the targets [default: 10, or as many as --executions take]
    #[arg(long)]
    seconds: Option<f64>,

    /// Executions of each target, at most
    #[arg(long)]
    executions: Option<u64>,

    /// Where the mutants come from
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// Processes at a time
    #[arg(long, default_value_t = 1)]
    jobs: usize,

    /// The folder for inputs that fail
    #[arg(long, default_value = "out/fuzz")]
    out: PathBuf,

    /// Tries this file alone
    #[arg(long)]
    input: Option<PathBuf>,

    /// Lists the kinds of refusals too
    #[arg(long)]
    refusals: bool,

    #[arg(long, hide = true)]
    worker: bool,

    #[arg(long, hide = true, default_value_t = 0)]
    first: u64,

    #[arg(long, hide = true, default_value = ".")]
    desk: PathBuf,
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let chosen: Vec<Target> = targets::all()
        .into_iter()
        .filter(|target| ["all", target.name].contains(&arguments.target.as_str()))
        .collect();
    let Some(first) = chosen.first() else {
        let names: Vec<&str> = targets::all().iter().map(|target| target.name).collect();
        bail!("target: expected all or one of {}, found {}", names.join(", "), arguments.target);
    };
    let seconds =
        arguments.seconds.unwrap_or(if arguments.executions.is_some() { 1e6 } else { 10.0 });
    let order = |share: f64, desk: PathBuf| Order {
        seed: arguments.seed,
        first: arguments.first,
        end: arguments.executions.unwrap_or(u64::MAX),
        time: Duration::from_secs_f64(share),
        desk,
        out: arguments.out.clone(),
    };
    if arguments.worker {
        work(first, &order(seconds, arguments.desk.clone()))?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(path) = &arguments.input {
        let input = std::fs::read(path).with_context(|| path.display().to_string())?;
        println!("{}: {:?}", first.name, execute(first, &input));
        let _ = std::fs::remove_dir_all(targets::scratch());
        return Ok(ExitCode::SUCCESS);
    }
    let jobs = arguments.jobs.clamp(1, chosen.len());
    let share = seconds * jobs as f64 / chosen.len() as f64;
    println!("target            executions      a second    accepted  refusals  failures");
    let queue = Mutex::new(chosen.iter());
    let next = || queue.lock().unwrap_or_else(|e| e.into_inner()).next();
    let total = Mutex::new(Report::default());
    std::thread::scope(|scope| -> Result<()> {
        let campaigns = (0..jobs).map(|_| {
            scope.spawn(|| -> Result<()> {
                while let Some(target) = next() {
                    let begun = Instant::now();
                    let desk = targets::scratch().join(format!("desk-{}", target.name));
                    let report = parent::campaign(target, &order(share, desk))?;
                    let mut total = total.lock().unwrap_or_else(|e| e.into_inner());
                    show(target.name, &report, begun.elapsed(), arguments.refusals);
                    total.add(report);
                }
                Ok(())
            })
        });
        let campaigns: Vec<_> = campaigns.collect();
        campaigns.into_iter().try_for_each(|one| one.join().expect("a campaign does not panic"))
    })?;
    let _ = std::fs::remove_dir_all(targets::scratch());
    let total = total.into_inner().unwrap_or_else(|e| e.into_inner());
    let failures: u64 = total.failures.values().sum();
    println!("{:<16}{:>12}{:>26}{:>20}", "all", total.executions, total.accepted, failures);
    if failures > 0 {
        println!("the inputs are in {}", arguments.out.display());
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

fn show(name: &str, report: &Report, time: Duration, refusals: bool) {
    println!(
        "{name:<16}{:>12}{:>14.0}{:>12}{:>10}{:>10}",
        report.executions,
        report.executions as f64 / time.as_secs_f64(),
        report.accepted,
        report.refusals.len(),
        report.failures.values().sum::<u64>(),
    );
    report.failures.iter().for_each(|(kind, count)| println!("  {count:>8} {kind}"));
    if refusals {
        report.refusals.iter().for_each(|(kind, count)| println!("    {count:>8} {kind}"));
    }
}

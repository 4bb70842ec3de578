//! The campaign's parent process: it starts one process for each target, and another if that one dies or hangs.

use crate::Target;
use crate::campaign::{Order, Report, current, keep, kind, reported};
use crate::targets::SCRATCH;
use std::fs::{File, create_dir_all, read_to_string, remove_dir_all};
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// An input that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(20);
/// After so many deaths a campaign ends.
const DEATHS: usize = 300;

/// A campaign on one target.
///
/// # Errors
/// If a process cannot be started, or a file cannot be read or written.
pub fn campaign(target: &Target, order: &Order) -> std::io::Result<Report> {
    let end = Instant::now() + order.time;
    let mut order = order.clone();
    let mut report = Report::default();
    for _ in 0..DEATHS {
        let _ = remove_dir_all(&order.desk);
        create_dir_all(&order.desk)?;
        let died = watch(target, &order)?;
        let mut found = reported(&order.desk);
        let Some(died) = died else {
            report.add(found);
            break;
        };
        let Some((number, input)) = current(&order.desk) else { break };
        found.executions = number + 1 - order.first;
        report.add(found);
        let count = report.failures.entry(kind(&died)).or_default();
        *count += 1;
        if *count <= 3 {
            keep(target, &order, number, &input, &died)?;
        }
        order.first = number + 1;
        order.time = end.saturating_duration_since(Instant::now());
        if order.time.is_zero() || order.first >= order.end {
            break;
        }
    }
    let _ = remove_dir_all(&order.desk);
    Ok(report)
}

/// Runs one process to its end; why it died, if it did.
fn watch(target: &Target, order: &Order) -> std::io::Result<Option<String>> {
    let said = order.desk.join("said");
    let mut child = Command::new(std::env::current_exe()?)
        .args([target.name, "--worker"])
        .arg("--desk")
        .arg(&order.desk)
        .arg("--out")
        .arg(&order.out)
        .args(["--seed", &order.seed.to_string()])
        .args(["--first", &order.first.to_string()])
        .args(["--executions", &order.end.to_string()])
        .args(["--seconds", &order.time.as_secs_f64().to_string()])
        .env("RAYON_NUM_THREADS", "1")
        .env(SCRATCH, &order.desk)
        .stderr(File::create(&said)?)
        .spawn()?;
    let (mut at, mut since) = (None, Instant::now());
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(death(status, &said));
        }
        let now = number(&order.desk);
        if now != at {
            (at, since) = (now, Instant::now());
        } else if since.elapsed() > PATIENCE {
            child.kill()?;
            child.wait()?;
            return Ok(Some(format!("no answer after {} s", PATIENCE.as_secs())));
        }
        sleep(Duration::from_millis(10));
    }
}

/// The number of the execution that a process is at.
fn number(desk: &Path) -> Option<u64> {
    use std::os::unix::fs::FileExt;
    let mut number = [0; 8];
    File::open(desk.join("current")).ok()?.read_exact_at(&mut number, 0).ok()?;
    Some(u64::from_le_bytes(number))
}

fn death(status: ExitStatus, said: &Path) -> Option<String> {
    if status.success() {
        return None;
    }
    let said = read_to_string(said).unwrap_or_default();
    let first = said.lines().find(|line| !line.trim().is_empty()).unwrap_or("no word");
    Some(format!("process ended by {status}: {first}"))
}

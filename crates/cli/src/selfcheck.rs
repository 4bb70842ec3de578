//! `selfcheck`: known values, computed on this machine.

use anyhow::Result;
use std::process::ExitCode;
use switchnet::analysis::selfcheck;

/// Compute values that are known without this program, and show both.
///
/// The exit code is 0 if all agree to within the tolerance that is printed with its reason, else 1.
#[derive(clap::Args)]
pub struct Arguments {
    /// Print the checks as JSON instead
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: Arguments) -> Result<ExitCode> {
    let checks = selfcheck();
    let failed = checks.iter().filter(|check| !check.ok()).count();
    if arguments.json {
        outln!("{}", serde_json::to_string_pretty(&checks)?);
    } else {
        for check in &checks {
            let word = if check.ok() { "ok" } else { "FAILED" };
            outln!("{word:<6}  {}", check.name);
            outln!(
                "        expected {}, found {}, tolerance {:.1e} ({})",
                number(check.expected),
                number(check.found),
                check.tolerance,
                check.reason
            );
        }
        outln!("{} of {} values as expected", checks.len() - failed, checks.len());
    }
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// All digits; small numbers with an exponent.
fn number(value: f64) -> String {
    if value != 0.0 && value.abs() < 1e-3 { format!("{value:e}") } else { value.to_string() }
}

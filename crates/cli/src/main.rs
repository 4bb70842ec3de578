//! The command line: `switchnet --help` says what it does.

use std::process::ExitCode;

fn main() -> ExitCode {
    switchnet_cli::run()
}

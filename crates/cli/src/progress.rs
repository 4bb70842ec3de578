//! The progress bar, and Ctrl-C.

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressStyle};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use switchnet::analysis::SliceProgress;
use switchnet_lab::experiment::Progress;

/// Set by the first Ctrl-C; the second ends the program.
static STOP: AtomicBool = AtomicBool::new(false);

/// The exit code of a program that Ctrl-C ended: 128 + SIGINT.
pub const INTERRUPTED: u8 = 130;

/// Catches Ctrl-C: from now on [`stopped`] tells of it.
pub fn stop_on_ctrl_c() -> Result<()> {
    ctrlc::set_handler(|| {
        if STOP.swap(true, Ordering::Relaxed) {
            std::process::exit(INTERRUPTED.into());
        }
        eprintln!("\nstopping after this step; press Ctrl-C again to end at once");
    })
    .context("cannot catch Ctrl-C")
}

/// Whether Ctrl-C was pressed.
pub fn stopped() -> bool {
    STOP.load(Ordering::Relaxed)
}

/// A bar on the terminal; where there is none, nothing.
pub struct Bar {
    bar: ProgressBar,
}

impl Bar {
    /// A bar that has not begun, with Ctrl-C caught.
    pub fn new() -> Result<Self> {
        stop_on_ctrl_c()?;
        let bar = ProgressBar::no_length();
        let style = "{elapsed_precise} [{bar:30}] {pos}/{len} epochs, {eta} left  {msg}";
        bar.set_style(ProgressStyle::with_template(style)?.progress_chars("=> "));
        Ok(Self { bar })
    }

    /// Takes the bar off the terminal.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

impl Progress for Bar {
    fn start(&self, epochs: usize) {
        self.bar.set_length(epochs as u64);
        self.bar.enable_steady_tick(Duration::from_millis(200));
    }

    fn advance(&self, name: &str, seed: u64, epochs: usize) {
        self.bar.set_message(format!("{name}, seed {seed}"));
        self.bar.inc(epochs as u64);
    }

    fn stop(&self) -> bool {
        stopped()
    }

    fn measuring(&self) {
        self.bar.set_message("measuring effective maps");
    }
}

/// The bar of a slice: how much of the window is done, in parts of this.
const PARTS: u64 = 1000;

/// A bar that fills as the polygons of a slice fill its window.
pub struct AreaBar {
    bar: ProgressBar,
}

impl AreaBar {
    /// A bar on the terminal.
    pub fn new() -> Result<Self> {
        let bar = ProgressBar::new(PARTS);
        let style = "{elapsed_precise} [{bar:30}] {percent} % of the window  {msg}";
        bar.set_style(ProgressStyle::with_template(style)?.progress_chars("=> "));
        bar.enable_steady_tick(Duration::from_millis(200));
        Ok(Self { bar })
    }

    /// Shows how far a slice is; says whether it is to go on.
    pub fn show(&self, progress: SliceProgress) -> bool {
        let SliceProgress { polygons, filled, seconds } = progress;
        self.bar.set_position((filled * PARTS as f64) as u64);
        let rate = polygons as f64 / seconds.max(1e-9);
        self.bar.set_message(format!("{polygons} polygons, {rate:.0}/s"));
        !stopped()
    }

    /// Takes the bar off the terminal.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

//! Progress bars. They are drawn on a terminal; where there is none, nothing is.

use super::interrupt::{Hold, end, go_on, hold};
use anyhow::Result;
use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};
use std::ops::ControlFlow;
use std::sync::OnceLock;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;
use switchnet::analysis::SliceProgress;
use switchnet::one_line;
use switchnet_lab::experiment::Progress;

/// How often a bar is drawn.
const TICK: Duration = Duration::from_millis(200);

/// Does `work`, and says `what` it is and for how long while it lasts.
pub fn spin<R>(what: &str, work: impl FnOnce() -> R) -> R {
    spin_telling(what, |_| work())
}

/// The same, where the work tells how far it is.
pub fn spin_telling<R>(what: &str, work: impl FnOnce(&dyn Fn(&str)) -> R) -> R {
    let style =
        ProgressStyle::with_template("{spinner} {msg} {elapsed}").expect("a right template");
    let spinner = shown(ProgressBar::new_spinner).with_style(style).with_message(what.to_owned());
    spinner.enable_steady_tick(TICK);
    let found = work(&|how_far| spinner.set_message(format!("{what}: {how_far}")));
    spinner.finish_and_clear();
    found
}

/// The same for at most so long. Work that lasts longer ends the program, as Ctrl-C does: what was found before is in
/// its files.
pub fn spin_for<R>(limit: Duration, what: &str, work: impl FnOnce(&dyn Fn(&str)) -> R) -> R {
    let over = format!("--seconds: the time is over, and not done is: {what}");
    if limit.is_zero() {
        end(&over);
    }
    let (done, wait) = mpsc::channel::<()>();
    let clock = std::thread::spawn(move || {
        if wait.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
            end(&over);
        }
    });
    let found = spin_telling(what, work);
    drop(done);
    let _ = clock.join(); // it does not wait any more
    found
}

/// A bar that ends at `count` and is gone from the terminal when it is dropped; `how_far` is what it says.
fn bar(count: u64, how_far: &str) -> Result<ProgressBar> {
    let style = format!("{{elapsed_precise}} [{{bar:30}}] {how_far}  {{msg}}");
    let style = ProgressStyle::with_template(&style)?.progress_chars("=> ");
    let bar = shown(|| ProgressBar::new(count));
    Ok(bar.with_style(style).with_finish(ProgressFinish::AndClear))
}

/// A bar on the terminal, if this process says anything.
fn shown(bar: impl FnOnce() -> ProgressBar) -> ProgressBar {
    if super::SILENT.load(Ordering::Relaxed) { ProgressBar::hidden() } else { bar() }
}

/// A bar of steps.
fn steps(count: usize, what: &str) -> Result<ProgressBar> {
    bar(count as u64, &format!("{{pos}}/{{len}} {what}, {{eta}} left"))
}

/// A bar of trainings. From their beginning on it holds the program, so that each can leave its checkpoint.
pub struct TrainingBar {
    bar: ProgressBar,
    what: &'static str,
    held: OnceLock<Hold>,
}

impl TrainingBar {
    /// A bar of epochs or generations that has not begun.
    pub fn new(what: &'static str) -> Result<Self> {
        Ok(Self { bar: steps(0, what)?, what, held: OnceLock::new() })
    }

    /// Shows how far trainings are; says whether they are to go on.
    pub fn watch(&self, progress: Progress<'_>) -> ControlFlow<()> {
        match progress {
            Progress::Notes { line } => super::note(line),
            Progress::Begins { epochs } => {
                self.held.get_or_init(hold);
                // A reader who has gone does not end a training.
                let _ = super::write(format_args!("training ({}: {epochs})\n", self.what));
                self.bar.set_length(epochs as u64);
                self.bar.enable_steady_tick(TICK);
            }
            Progress::Trains { epochs: 0, .. } => {}
            Progress::Trains { name, seed, epochs } => {
                self.bar.set_message(format!("{}, seed {seed}", one_line(name)));
                self.bar.inc(epochs as u64);
            }
            Progress::Measures { name, seed } => {
                self.bar.set_message(format!("measuring {}, seed {seed}", one_line(name)));
            }
            _ => {}
        }
        go_on()
    }

    /// Takes the bar off the terminal; the program stays held.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

/// A bar of things done one after another.
pub struct Steps {
    bar: ProgressBar,
}

impl Steps {
    /// A bar of `count` steps, each of which is a `what`.
    pub fn new(count: usize, what: &str) -> Result<Self> {
        let bar = steps(count, what)?;
        bar.enable_steady_tick(TICK);
        Ok(Self { bar })
    }

    /// Shows one more; says whether there are to be others.
    pub fn step(&self) -> ControlFlow<()> {
        self.bar.inc(1);
        go_on()
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
        let bar = bar(PARTS, "{percent} % of the window")?;
        bar.enable_steady_tick(TICK);
        Ok(Self { bar })
    }

    /// Shows how far a slice is; says whether it is to go on.
    pub fn watch(&self, progress: SliceProgress) -> ControlFlow<()> {
        let SliceProgress { polygons, filled, seconds, .. } = progress;
        self.bar.set_position((filled * PARTS as f64) as u64);
        let rate = polygons as f64 / seconds.max(1e-9);
        self.bar.set_message(format!("{polygons} polygons, {rate:.0}/s"));
        go_on()
    }
}

//! The nets side by side: for the terminal, for Markdown, and for programs.

use super::escape::{columns, fitted, markdown, name, no_formula};
use super::number::{NONE, count, fixed, percent, seconds, short};
use super::plot::held_out;
use crate::experiment::{NetResults, Results, mean};
use switchnet::analysis::Exactness;
use switchnet::{Error, Result};

/// The widest line of [`text_table`], in columns of a terminal.
const WIDEST: usize = 120;

/// Marks a net whose maps are tangents.
pub(super) const TANGENT: &str = " †";

/// A column: its heading, and the unit or the sense of its numbers.
pub(super) struct Column {
    pub heading: &'static str,
    pub unit: &'static str,
}

/// The columns after the net's name, in the order of [`cells`].
pub(super) const COLUMNS: [Column; 8] = [
    Column { heading: "parameters", unit: "" },
    Column { heading: "mult-adds", unit: "a sample" },
    Column { heading: "training", unit: "s" },
    Column { heading: "accuracy", unit: "test, %" },
    Column { heading: "never open", unit: "switches" },
    Column { heading: "angle", unit: "mean, °" },
    Column { heading: "norm", unit: "mean" },
    Column { heading: "residual", unit: "worst" },
];

/// The cells of a net, in the order of [`COLUMNS`].
pub(super) fn cells(net: &NetResults) -> [String; COLUMNS.len()] {
    let of = |f: fn(&crate::experiment::SeedRun) -> f64| mean(net.runs.iter().map(f));
    let or_none = |value: Option<f64>, text: fn(f64) -> String| value.map_or(NONE.into(), text);
    let worst = net.runs.iter().map(|run| run.worst_residual).reduce(f64::max);
    [
        count(net.summary.parameters),
        count(net.summary.multiply_adds),
        seconds(net.seconds.mean),
        percent(net.test_accuracy, net.runs.len()),
        never_open(net),
        or_none(of(|run| run.mean_angle), |v| fixed(v, 1)),
        or_none(of(|run| run.mean_norm), short),
        or_none(
            worst,
            |v| if v == 0.0 { "0".into() } else { format!("{v:.0e}").replace('-', "−") },
        ),
    ]
}

/// `12/192`, mean over the seeds; a dash for a net without switches.
fn never_open(net: &NetResults) -> String {
    let total = net.runs.first().map_or(0, |run| run.switches);
    if total == 0 {
        return NONE.to_owned();
    }
    let never = mean(net.runs.iter().map(|run| run.never_open as f64)).unwrap_or(0.0);
    format!("{}/{}", fixed(never, usize::from(never.fract() != 0.0)), count(total))
}

/// The net's name as tables show it.
fn title(net: &NetResults, widest: usize) -> String {
    match net.provenance.exactness {
        Exactness::Exact => fitted(&net.name, widest),
        Exactness::Tangent => {
            format!(
                "{}{TANGENT}",
                fitted(&net.name, widest.saturating_sub(TANGENT.chars().count()))
            )
        }
    }
}

/// What the numbers are of.
pub(super) fn provenance(results: &Results) -> Vec<String> {
    let seeds: Vec<_> = results.seeds.iter().map(u64::to_string).collect();
    let seeds = match seeds.as_slice() {
        [] => "No seeds.".to_owned(),
        [seed] => format!("One run, seed {seed}."),
        _ => format!(
            "Means over the seeds {}{}; ± is their sample deviation.",
            seeds.join(", "),
            results.fewer()
        ),
    };
    let chosen = "Learning rates were chosen by accuracy on held-out training data, never on the \
                 test data.";
    // All nets are measured on the same inputs.
    let maps = results.nets.iter().flat_map(|net| &net.runs).map(|run| run.maps).max().unwrap_or(0);
    let part =
        format!("Never open, angle, norm and residual are over the first {maps} test inputs.");
    let tangent = "† Not piecewise linear: its maps are tangents at the inputs.";
    let any = results.nets.iter().any(|net| net.provenance.exactness == Exactness::Tangent);
    let notes = [
        Some(seeds.as_str()),
        held_out(results).then_some(chosen),
        (maps < results.data.test).then_some(part.as_str()),
        any.then_some(tangent),
    ];
    notes.into_iter().flatten().map(str::to_owned).collect()
}

/// What the columns mean, a sentence each.
const TERMS: [&str; 3] = [
    "A switch is never open if no test input opens it: after a ReLU the unit is dead, a switch of \
     two slopes still conducts by its other one, and an input of a max-pool is never the largest.",
    "Angle and norm are those of the effective weights of the class that is chosen, against the \
     input; the norm is also the gain of noise.",
    "The residual is how far A x + c is from the net's output, relative to its parts, in double \
     precision.",
];

/// All that is said below a table.
fn notes(results: &Results) -> Vec<String> {
    provenance(results).into_iter().chain(TERMS.map(str::to_owned)).collect()
}

/// The results for a terminal: a row for each net, in lines of at most 120 columns, and below it
/// what the columns mean. Long names are cut.
///
/// Accuracies are in percent, mean ± sample deviation over the seeds; the switches that no test
/// input opens, angles in degrees, norms and seconds are means over the seeds; the residual is
/// the largest of all.
pub fn text_table(results: &Results) -> String {
    let rows: Vec<_> = results.nets.iter().map(cells).collect();
    let widths: [usize; COLUMNS.len()] = std::array::from_fn(|i| {
        let heads = [columns(COLUMNS[i].heading), columns(COLUMNS[i].unit)];
        rows.iter().map(|row| columns(&row[i])).chain(heads).max().unwrap_or(0)
    });
    let numbers: usize = widths.iter().map(|width| width + 2).sum();
    let room = WIDEST.saturating_sub(numbers).max(8);
    let names: Vec<_> = results.nets.iter().map(|net| title(net, room)).collect();
    let first = names.iter().map(|name| columns(name)).max().unwrap_or(0).max(3);
    let mut out = String::new();
    let mut line = |name: &str, cells: &[&str]| {
        let mut text = name.to_owned() + &" ".repeat(first - columns(name));
        for (cell, width) in cells.iter().zip(widths) {
            text += &" ".repeat(2 + width - columns(cell));
            text += cell;
        }
        out += text.trim_end();
        out.push('\n');
    };
    line("net", &COLUMNS.each_ref().map(|column| column.heading));
    line("", &COLUMNS.each_ref().map(|column| column.unit));
    let rule: Vec<_> = widths.iter().map(|&width| "─".repeat(width)).collect();
    line(&"─".repeat(first), &rule.iter().map(String::as_str).collect::<Vec<_>>());
    for (name, row) in names.iter().zip(&rows) {
        line(name, &row.each_ref().map(String::as_str));
    }
    out.push('\n');
    for note in notes(results) {
        wrap(&mut out, &note);
    }
    out
}

/// Breaks `text` between words into lines that are not too long.
fn wrap(out: &mut String, text: &str) {
    let mut used = 0;
    for word in text.split(' ') {
        let width = columns(word);
        if used > 0 && used + 1 + width > WIDEST {
            out.push('\n');
            used = 0;
        } else if used > 0 {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += width;
    }
    out.push('\n');
}

/// The same table in Markdown, with the notes below it.
pub fn markdown_table(results: &Results) -> String {
    let mut out = "| net |".to_owned();
    for Column { heading, unit } in &COLUMNS {
        let unit = if unit.is_empty() { String::new() } else { format!(" ({unit})") };
        out += &format!(" {heading}{unit} |");
    }
    out += "\n|:--|";
    out += &"--:|".repeat(COLUMNS.len());
    out.push('\n');
    for net in &results.nets {
        let mark = if net.provenance.exactness == Exactness::Tangent { TANGENT } else { "" };
        out += &format!("| {}{mark} |", markdown(name(&net.name)));
        for cell in cells(net) {
            out += &format!(" {cell} |");
        }
        out.push('\n');
    }
    out.push('\n');
    for note in notes(results) {
        out += &format!("{note}\n");
    }
    out
}

/// A CSV file with a row for each net and seed, in full precision. Accuracies are 0 to 1, angles in
/// degrees; `best_epoch` is empty where no epoch was chosen by validation. A name that a spreadsheet would take for a
/// formula, because it begins with `=`, `+`, `-`, `@`, a tab or the end of a line, has an apostrophe before it.
///
/// # Errors
/// If a row cannot be written, which does not happen in memory.
pub fn csv(results: &Results) -> Result<Vec<u8>> {
    let failed = |e: &dyn std::fmt::Display| Error::new("table of results", "rows of CSV", e);
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    let headings = [
        "net",
        "seed",
        "parameters",
        "multiply_adds",
        "learning_rate",
        "epochs",
        "best_epoch",
        "seconds",
        "test_accuracy",
        "test_loss",
        "never_open",
        "switches",
        "mean_angle_degrees",
        "mean_norm",
        "worst_residual",
        "maps",
    ];
    writer.write_record(headings).map_err(|e| failed(&e))?;
    for net in &results.nets {
        let maps = match net.provenance.exactness {
            Exactness::Exact => "exact",
            Exactness::Tangent => "tangent",
        };
        for run in &net.runs {
            let row = [
                no_formula(&net.name).into_owned(),
                run.seed.to_string(),
                net.summary.parameters.to_string(),
                net.summary.multiply_adds.to_string(),
                net.learning_rate.to_string(),
                run.history.len().to_string(),
                run.best_epoch.map_or(String::new(), |epoch| epoch.to_string()),
                run.seconds.to_string(),
                run.test_accuracy.to_string(),
                run.test_loss.to_string(),
                run.never_open.to_string(),
                run.switches.to_string(),
                run.mean_angle.to_string(),
                run.mean_norm.to_string(),
                format!("{:e}", run.worst_residual),
                maps.to_owned(),
            ];
            writer.write_record(row).map_err(|e| failed(&e))?;
        }
    }
    writer.into_inner().map_err(|e| failed(&e))
}

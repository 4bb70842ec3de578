//! What `speed` measured, beside its goals.

use super::escape::markdown;
use super::number::{NONE, count, fixed, short};
use crate::speed::{Goal, Report, Row, Unit};

/// A row as a line for the terminal: whether it holds, the ratio and its bound, the work, both numbers.
pub fn goal_line(row: &Row) -> String {
    let holds = if row.holds() { "holds" } else { "SHORT" };
    let (ratio, [ours, other]) = (ratio(row), amounts(row));
    format!("{holds}  {ratio:<15}  {}: {ours}; {}: {other}", row.work, row.against)
}

/// The whole report as Markdown: the machine, a table of the goals, a table of the growth.
pub fn goals_markdown(report: &Report) -> String {
    let held = report.rows.iter().filter(|row| row.holds()).count();
    let mut text = format!(
        "{}; kernels for {}; {} of {} goals hold.\n\n\
         | work | against | ours | other | measured and goal | holds |\n|:--|:--|--:|--:|:--|:--|\n",
        markdown(&report.processor),
        report.kernel,
        held,
        report.rows.len(),
    );
    if !report.complete {
        text = format!("Stopped before the end: this is a part.\n\n{text}");
    }
    for row in &report.rows {
        let (holds, [ours, other]) = (if row.holds() { "yes" } else { "**no**" }, amounts(row));
        let [work, against] = [&row.work, &row.against].map(|text| markdown(text));
        text += &format!("| {work} | {against} | {ours} | {other} | {} | {holds} |\n", ratio(row));
    }
    text +=
        "\n| width | transform | layer | dense layer | dense / layer |\n|--:|--:|--:|--:|--:|\n";
    for point in &report.growth.points {
        let dense = point.dense.map_or(NONE.into(), time);
        let ratio = point.dense.map_or(NONE.into(), |dense| short(dense / point.layer));
        let (n, transform, layer) = (count(point.n), time(point.transform), time(point.layer));
        text += &format!("| {n} | {transform} | {layer} | {dense} | {ratio} |\n");
    }
    let crossing = report.growth.crossing;
    text += &crossing.map_or(
        "\nNo width was measured from which on the structured layer wins.\n".into(),
        |n| {
            format!(
                "\nFrom width {n} on, the structured layer takes less time than the dense one.\n"
            )
        },
    );
    text
}

/// `1.02 ≤ 1.10`.
fn ratio(row: &Row) -> String {
    let (sign, limit) = match row.goal {
        Goal::AtMost(limit) => ('≤', limit),
        Goal::AtLeast(limit) => ('≥', limit),
    };
    let relation = match (row.holds(), sign) {
        (true, sign) => sign,
        (false, '≤') => '>',
        (false, _) => '<',
    };
    format!("{} {relation} {}", fixed(row.ratio(), 2), fixed(limit, 2))
}

fn amounts(row: &Row) -> [String; 2] {
    [row.ours, row.other].map(|amount| match row.unit {
        Unit::Seconds => time(amount),
        Unit::Bytes => format!("{} MiB", fixed(amount / f64::from(1 << 20), 1)),
    })
}

/// A time in the unit that suits it.
fn time(seconds: f64) -> String {
    match seconds {
        s if s < 1e-6 => format!("{} ns", short(1e9 * s)),
        s if s < 1e-3 => format!("{} µs", short(1e6 * s)),
        s if s < 1.0 => format!("{} ms", short(1e3 * s)),
        s => format!("{} s", short(s)),
    }
}

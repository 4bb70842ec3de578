//! Which class was taken for which, as part of the page.

use super::escape::html;
use super::number::{count, counted};
use super::page::{of, scroll};
use crate::experiment::{DataSummary, NetResults};

/// A table of more classes is none that anyone reads.
const MOST: usize = 30;

/// How often each class was taken for each, over all of a net's seeds: a row for each true class, a column for each class
/// said. Empty if that was not counted.
pub(super) fn summed(net: &NetResults) -> Vec<Vec<usize>> {
    let mut all = net.runs.iter().map(|run| &run.confusion);
    let Some(mut sum) = all.next().cloned() else { return Vec::new() };
    for confusion in all {
        for (to, from) in sum.iter_mut().flatten().zip(confusion.iter().flatten()) {
            *to += from;
        }
    }
    sum
}

/// The same as a table, the darker the larger a part of its row a number is.
pub(super) fn table(net: &NetResults, data: &DataSummary) -> String {
    let confusion = summed(net);
    if confusion.is_empty() {
        return String::new();
    }
    let over = match net.runs.len() {
        1 => "of one seed".to_owned(),
        runs => format!("summed over {}", counted(runs, "seed", "seeds")),
    };
    let mut out = "<details><summary>Classes taken for others</summary>\n".to_owned();
    if confusion.len() > MOST {
        let classes = count(confusion.len());
        out += &format!("<p>A table of {classes} classes is in results.json.</p>\n</details>\n");
        return out;
    }
    out += &format!(
        "<p class=\"quiet\">A row for each true class, a column for each class said: test inputs, {over}.</p>\n"
    );
    out += &scroll("confusion", &of(net, "Classes taken for others"));
    out += "<table>\n<thead>\n<tr><th scope=\"col\">true</th>";
    let name = |k: usize| html(&data.schema.class(k));
    for k in 0..confusion.len() {
        out += &format!("<th scope=\"col\">{}</th>", name(k));
    }
    out += "</tr>\n</thead>\n<tbody>\n";
    for (k, row) in confusion.iter().enumerate() {
        let all = row.iter().sum::<usize>().max(1) as f64;
        out += &format!("<tr><th scope=\"row\">{}</th>", name(k));
        for (said, &times) in row.iter().enumerate() {
            let class = if said == k { " class=\"right\"" } else { "" };
            let part = times as f64 / all;
            let shade = match times {
                0 => String::new(),
                // Of what is wrong little is seen already.
                _ => format!(" style=\"--part:{:.0}%\"", 100.0 * part.sqrt()),
            };
            let text = if times == 0 { "·".to_owned() } else { count(times) };
            out += &format!("<td{class}{shade}>{text}</td>");
        }
        out += "</tr>\n";
    }
    out += "</tbody>\n</table>\n</div>\n</details>\n";
    out
}

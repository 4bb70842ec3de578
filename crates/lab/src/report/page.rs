//! The whole report as one page.

use super::confusion;
use super::escape::{fitted, html, name};
use super::gallery;
use super::number::{NONE, count, counted, percent, seconds, shape};
use super::plot::{Cost, accuracy, angles, curves, held_out, on_page, on_rates};
use super::slug::slugs;
use super::table::{COLUMNS, Column, TANGENT, cells, provenance};
use crate::experiment::{Example, Form, NetResults, Results, SeedRun};
use switchnet::Result;
use switchnet::analysis::Exactness;

/// What only the report has of style, and its script.
const STYLE: &str = include_str!("web/report.css");
const SCRIPT: &str = concat!(include_str!("web/table.js"), include_str!("web/charts.js"));

/// What is shown, for someone who has not met it before.
const INTRODUCTION: &str = "\
<p class=\"lead\">A ReLU is a switch: for a given input it either passes a number on or it does not. Once all \
switches of a net are thrown, only weighted sums are left, and weighted sums of weighted sums are \
again one weighted sum. So for each single input the net <em>is</em> a linear map, \
<i>y</i> = <i>A</i> <i>x</i> + <i>c</i>, with one row of weights <i>a</i> for each output. This page \
compares how well the nets do, and shows those weights for some inputs.</p>
";

/// The words of the table and the charts.
const WORDS: &str = "\
<details><summary>What the words mean</summary>
<dl>
<dt>Effective weights <i>a</i></dt>
<dd>The row of <i>A</i> of one output, drawn as the input is: the pixels of an image, the bars of \
a table, or the line of a series. Where they are positive (red), a larger input makes the output \
larger; where they are negative (blue), smaller.</dd>
<dt>Angle ∠</dt>
<dd>Between the input and the effective weights. At a small angle the weights resemble the input: \
they are a matched filter that averages over all of it. Near 90° they hardly resemble it, and only \
weights of a large norm can make a large output.</dd>
<dt>Norm ‖<i>a</i>‖, the noise gain</dt>
<dd>Independent noise of deviation σ on every input becomes noise of deviation σ‖<i>a</i>‖ on the \
output, as long as no switch changes. Short weights are robust.</dd>
<dt>Residual</dt>
<dd>How far <i>A</i> <i>x</i> + <i>c</i> is from what the net really put out, relative to the size of \
the two parts. Around 10<sup>−15</sup> is the rounding of double precision: nothing is missing.</dd>
<dt>Never open</dt>
<dd>A switch that none of the test inputs opens. After a ReLU such a unit is dead; a switch with two \
slopes still conducts by its other slope, and an input of a max-pool is never the largest of its \
window.</dd>
</dl>
</details>
";

/// How numbers are read off charts.
const POINTED: &str = "<p class=\"quiet\">Point at a chart to read its numbers, or step through them with the arrow \
                       keys.</p>\n";

/// How the weights of a series are drawn.
const SERIES_SCALE: &str = "<p class=\"quiet\">Effective weights over the same axis as the input; \
                            the line of the class chosen is thick; one scale for all classes of an input.</p>\n";

/// The report as one HTML page that needs no other file and no network: what was
/// compared, the results, the plots, and for each net its layers, the learning rates that were tried, its
/// switches, the classes it took for others and its examples. Details are folded. A few lines of script sort and filter the
/// tables, and say the number of a chart that is pointed at or stepped to by keys; everything is there without them. A link
/// to each checkpoint leads into the folder `checkpoints` beside the page, and one of each net to the file `live`, if that is
/// said: a page of all nets, as `switchnet page` writes it.
///
/// # Errors
/// If an example does not have as many numbers as the shape of the data says.
pub fn page(results: &Results, live: Option<&str>) -> Result<String> {
    let title = html(name(&results.name));
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>\n{}{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <h1>{title}</h1>\n<p class=\"quiet\">{}</p>\n",
        switchnet_style::STYLE,
        setting(results)
    );
    out += INTRODUCTION;
    if let Some(live) = live {
        let live = html(live);
        out += &format!(
            "<p><a href=\"{live}\">All nets on one live page</a>, to draw on and to take apart.</p>\n"
        );
    }
    out += "<h2>Results</h2>\n";
    out += &table(results);
    for note in provenance(results) {
        out += &format!("<p class=\"quiet\">{}</p>\n", html(&note));
    }
    out += WORDS;
    out += "<h2>Training</h2>\n";
    out += POINTED;
    let several = results.nets.iter().any(|net| net.runs.len() > 1);
    let seeds = if several { " Thin lines are single seeds, thick ones their mean." } else { "" };
    let measured = match held_out(results) {
        true => "after each epoch on a part of the training data that was held out.",
        false => "of the training steps; nothing was held out.",
    };
    let caption =
        format!("Above, the mean loss of the training steps; below, the accuracy {measured}");
    out += &plot(&curves(results), &format!("{caption}{seeds}"));
    out += "<h2>Accuracy and size</h2>\n";
    let bars =
        if several { " Light dots are single seeds, bars ± the sample deviation." } else { "" };
    let caption = "Accuracy on the test data against the number of learned parameters. Nets of the \
                   same size stand side by side.";
    out += &plot(&accuracy(results, Cost::Parameters), &format!("{caption}{bars}"));
    out += "<h2>Angle and norm</h2>\n";
    let caption = "Every output of every example below. Far to the right, weights have a large norm and pass \
                   noise on; high up, they resemble the input.";
    out += &plot(&angles(results), caption);
    out += "<h2>The nets</h2>\n";
    let slugs = slugs(results);
    out += "<nav aria-label=\"Nets\"><ul>\n";
    for (net, slug) in results.nets.iter().zip(&slugs) {
        out += &format!("<li><a href=\"#{slug}\">{}</a></li>\n", net_name(net, SHORT));
    }
    out += "</ul></nav>\n";
    for (number, (net, slug)) in results.nets.iter().zip(&slugs).enumerate() {
        let live = live.map(|file| format!("{file}#net={number}"));
        out += &section(net, slug, results, live.as_deref())?;
    }
    out += &format!(
        "<footer>Made by switchnet {}. The numbers are in the files beside this page: \
         results.json, results.csv, and the maps in effective-maps.npz.</footer>\n\
         <p class=\"unseen\" role=\"status\"></p>\n</main>\n<script>\n{SCRIPT}</script>\n</body>\n</html>\n",
        env!("CARGO_PKG_VERSION")
    );
    Ok(out)
}

/// A line on the data and the runs.
fn setting(results: &Results) -> String {
    let data = &results.data;
    format!(
        "{} on {}: inputs of shape {}, {}, {} for training and {} for testing{}. {} each{}. \
         {} s on {}.",
        counted(results.nets.len(), "net", "nets"),
        html(name(&data.name)),
        shape(&data.shape),
        counted(data.classes, "class", "classes"),
        count(data.train),
        count(data.test),
        match data.folds {
            Some(folds) =>
                format!(" (cross-validated: each run is tested on one of {folds} parts)"),
            None => String::new(),
        },
        counted(results.seeds.len(), "run", "runs"),
        results.fewer(),
        seconds(results.seconds),
        counted(results.threads, "thread", "threads"),
    )
}

fn table(results: &Results) -> String {
    let mut out = scroll("results", "Results of all nets");
    out += "<table class=\"sorts\">\n<thead>\n<tr><th scope=\"col\">net</th>";
    for Column { heading, unit } in &COLUMNS {
        // A blank keeps the rows of the heading level.
        let unit = if unit.is_empty() { "&nbsp;" } else { unit };
        out += &format!("<th scope=\"col\">{heading}<small>{unit}</small></th>");
    }
    out += "</tr>\n</thead>\n<tbody>\n";
    for net in &results.nets {
        out += &format!("<tr><th scope=\"row\">{}</th>", net_name(net, SHORT));
        for cell in cells(net) {
            out += &format!("<td>{cell}</td>");
        }
        out += "</tr>\n";
    }
    out += "</tbody>\n</table>\n</div>\n";
    out
}

/// Where a name has little room, it has so many columns.
const SHORT: usize = 60;

/// The name of a net in at most `widest` columns, with its mark.
fn net_name(net: &NetResults, widest: usize) -> String {
    let mark = if net.provenance.exactness == Exactness::Tangent { TANGENT } else { "" };
    format!("{}{mark}", html(&fitted(&net.name, widest)))
}

/// What a part of the page is called to those who do not see where it stands.
pub(super) fn of(net: &NetResults, what: &str) -> String {
    format!("{what}, {}", html(name(&net.name)))
}

/// The beginning of a part that scrolls by itself where the screen is narrow, by keys too.
pub(super) fn scroll(class: &str, label: &str) -> String {
    format!(
        "<div class=\"scroll {class}\" tabindex=\"0\" role=\"region\" aria-label=\"{label}\">\n"
    )
}

pub(super) fn plot(svg: &str, caption: &str) -> String {
    let svg = on_page(svg);
    format!(
        "<figure class=\"plot\"><div class=\"scroll\" tabindex=\"0\">\n{svg}</div>\n\
         <figcaption>{caption}</figcaption></figure>\n"
    )
}

/// All about one net.
fn section(net: &NetResults, slug: &str, results: &Results, live: Option<&str>) -> Result<String> {
    let maps = match net.provenance.exactness {
        Exactness::Exact => "exact",
        Exactness::Tangent => "tangents",
    };
    let mut out = format!(
        "<section id=\"{slug}\">\n<h3>{}</h3>\n<p class=\"quiet\">{}, {} a sample. Learning rate {}. \
         Test accuracy {} %. Its maps are {maps}.</p>\n",
        net_name(net, usize::MAX),
        counted(net.summary.parameters, "parameter", "parameters"),
        counted(net.summary.multiply_adds, "multiply-add", "multiply-adds"),
        net.learning_rate,
        percent(net.test_accuracy, net.runs.len()),
    );
    if let Some(live) = live {
        let live = html(live);
        out += &format!(
            "<p class=\"quiet\"><a href=\"{live}\">Play with the net itself</a>: draw an input, and watch its \
             switches and its weights.</p>\n"
        );
    }
    out += &checkpoints(net);
    out += &layers(net);
    out += &learning_rates(net);
    out += &confusion::table(net, &results.data);
    let switches = &net.switches;
    let caption = format!(
        "Over {}, the net of the first seed shows {}; of its {}, {} never open and {} always open.",
        counted(switches.inputs, "test input", "test inputs"),
        counted(switches.patterns, "pattern of switches", "different patterns of switches"),
        counted(switches.switches(), "switch", "switches"),
        counted(switches.never_open(), "is", "are"),
        count(switches.always_open()),
    );
    if switches.switches() == 0 {
        out += "<p class=\"quiet\">This net has no switches.</p>\n";
    } else {
        let plot = plot(&on_rates(net), &caption);
        out += &format!("<details><summary>Switches</summary>\n{plot}</details>\n");
    }
    let right = |example: &&Example| example.predicted == example.label;
    let parts: [(&str, Vec<&Example>); 2] = [
        ("Inputs that it recognizes", net.examples.iter().filter(right).collect()),
        ("Inputs that it mistakes", net.examples.iter().filter(|e| !right(e)).collect()),
    ];
    for (heading, examples) in parts.iter().filter(|(_, examples)| !examples.is_empty()) {
        out += &format!("<h4>{heading}</h4>\n");
        if matches!(results.data.form(), Form::Series { .. }) {
            out += SERIES_SCALE;
        }
        let html = |example: &&Example| {
            let html = gallery::html(example, &net.name, &results.data);
            html.map_err(|e| e.at(format_args!("net {}", net.name)))
        };
        let all: Vec<String> = examples.iter().map(html).collect::<Result<_>>()?;
        let (first, more) = all.split_at(1);
        out += &first.concat();
        if !more.is_empty() {
            out += &format!(
                "<details><summary>{} more</summary>\n{}</details>\n",
                more.len(),
                more.concat()
            );
        }
    }
    out += "</section>\n";
    Ok(out)
}

/// A link to the checkpoint of each seed that has one.
fn checkpoints(net: &NetResults) -> String {
    let link = |run: &SeedRun| {
        let file = html(run.checkpoint.as_ref()?);
        Some(format!("<a href=\"checkpoints/{file}\">seed {}</a>", run.seed))
    };
    let links: Vec<String> = net.runs.iter().filter_map(link).collect();
    if links.is_empty() {
        return String::new();
    }
    format!("<p class=\"quiet\">Checkpoints: {}.</p>\n", links.join(", "))
}

fn layers(net: &NetResults) -> String {
    let mut out = "<details><summary>Layers</summary>\n".to_owned();
    out += &scroll("layers", &of(net, "Layers"));
    out += "<table>\n<thead>\n<tr><th scope=\"col\">layer</th><th scope=\"col\">output</th>\
            <th scope=\"col\">parameters</th><th scope=\"col\">mult-adds</th></tr>\n</thead>\n<tbody>\n";
    let mut row = |name: &str, sides: &str, parameters: usize, multiply_adds: usize| {
        out += &format!(
            "<tr><th scope=\"row\">{}</th><td>{sides}</td><td>{}</td><td>{}</td></tr>\n",
            html(name),
            count(parameters),
            count(multiply_adds)
        );
    };
    row("input", &shape(&net.summary.input), 0, 0);
    for layer in &net.summary.rows {
        row(&layer.name, &shape(&layer.shape), layer.parameters, layer.multiply_adds);
    }
    row("total", "", net.summary.parameters, net.summary.multiply_adds);
    out += "</tbody>\n</table>\n</div>\n</details>\n";
    out
}

fn learning_rates(net: &NetResults) -> String {
    let mut out = "<details><summary>Learning rates tried</summary>\n".to_owned();
    out += &scroll("rates", &of(net, "Learning rates tried"));
    out += "<table class=\"sorts\">\n<thead>\n<tr><th scope=\"col\">learning rate</th>\
            <th scope=\"col\">accuracy<small>validation, %</small></th><th scope=\"col\">choice</th></tr>\n</thead>\n<tbody>\n";
    for tried in &net.learning_rates {
        let accuracy = match tried.validation_accuracy {
            Some(accuracy) => percent(accuracy, net.runs.len()),
            None if net.learning_rates.len() > 1 => "diverged".to_owned(), // then rows were held out
            None => NONE.to_owned(),
        };
        let chosen = if tried.learning_rate == net.learning_rate { "chosen" } else { "" };
        out += &format!(
            "<tr><th scope=\"row\">{}</th><td>{accuracy}</td><td>{chosen}</td></tr>\n",
            tried.learning_rate
        );
    }
    out += "</tbody>\n</table>\n</div>\n</details>\n";
    out
}

//! Inputs beside the effective weights they select, as part of the page.

use super::colors::Colors;
use super::escape::{html as escape, name as or_none};
use super::number::{fixed, short};
use super::page::plot;
use super::picture::cells;
use super::raster::Raster;
use super::rows::{Row, Rows, outputs_shown};
use super::sheet::row;
use crate::experiment::{DataSummary, Example, Form};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use switchnet::Result;
use switchnet::analysis::Neuron;

/// An example of a net as HTML: what it is, and its input beside the weights of the outputs, each with the output, the
/// angle and the norm.
pub(super) fn html(example: &Example, net: &str, data: &DataSummary) -> Result<String> {
    let class = |k: usize| escape(&data.schema.class(k));
    let (label, predicted) = (class(example.label), class(example.predicted));
    let verdict = if example.predicted == example.label {
        format!("recognized as class <b>{predicted}</b>")
    } else {
        format!("of class <b>{label}</b>, taken for <b>{predicted}</b>")
    };
    let boundary = match example.on_boundary {
        0 => String::new(),
        1 => ", 1 switch on the boundary".to_owned(),
        n => format!(", {n} switches on the boundary"),
    };
    let drawn = match data.form() {
        Form::Image => pictures(example, net, data),
        Form::Table | Form::Series { .. } => chart(example, net, data),
    };
    Ok(format!(
        "<div class=\"example\">\n<p>Test input {}, {verdict} with probability {}; residual \
         {}{boundary}.</p>\n{}</div>\n",
        example.index,
        fixed(example.probability, 3),
        short(example.residual),
        drawn.map_err(|e| e.at(format_args!("example {}", example.index)))?
    ))
}

/// The input and the weights of every output as small pictures.
fn pictures(example: &Example, net: &str, data: &DataSummary) -> Result<String> {
    let shape = &data.shape;
    let (input, weights) = row(&example.x, &example.rows, shape, 1)?;
    let (wide, high) = cells(shape);
    let style = if wide > 2 * high { "maps wide" } else { "maps" };
    let mut out = format!("<div class=\"{style}\">\n");
    let of_net = escape(or_none(net));
    let alt = format!("Test input {}", example.index);
    out += &figure("input", &input, &alt, "<b>input</b>")?;
    for (output, picture) in weights.iter().enumerate() {
        let (kind, mark) = match (output == example.predicted, output == example.label) {
            (true, true) => ("chosen", "<em>✓ chosen</em>"),
            (true, false) => ("chosen", "<em>✗ chosen</em>"),
            (false, true) => ("missed", "<em>true class</em>"),
            (false, false) => ("", ""),
        };
        let name = escape(&data.schema.class(output));
        let alt = format!(
            "Effective weights of class {name} for test input {} in the net {of_net}",
            example.index
        );
        let numbers = example.neurons.get(output).map_or(String::new(), |neuron| {
            let [y, angle, norm] = numbers(neuron);
            format!("<span>{y}</span><span>{angle}</span><span>{norm}</span>")
        });
        let caption = format!("<b>class {name}</b>{numbers}{mark}");
        out += &figure(kind, picture, &alt, &caption)?;
    }
    out += "</div>\n";
    let weights = Colors::diverging(example.rows.iter().flatten()).range();
    let input = Colors::gray(&example.x).range();
    out += &format!(
        "<p class=\"scale\"><span>input {input}; effective weights {weights}</span><i></i> \
         <span>one scale for all classes</span></p>\n"
    );
    Ok(out)
}

/// The output, the angle and the norm of a neuron, in HTML.
fn numbers(neuron: &Neuron) -> [String; 3] {
    [
        format!("<i>y</i> {}", fixed(neuron.y, 2)),
        format!("∠ {}°", fixed(neuron.angle(), 1)),
        format!("‖<i>a</i>‖ {}", short(neuron.norm)),
    ]
}

fn figure(kind: &str, picture: &Raster, alt: &str, caption: &str) -> Result<String> {
    let (width, height) = (picture.width(), picture.height());
    let class = if kind.is_empty() { String::new() } else { format!(" class=\"{kind}\"") };
    Ok(format!(
        "<figure{class}><img src=\"data:image/png;base64,{}\" alt=\"{alt}\" width=\"{width}\" \
         height=\"{height}\"><figcaption>{caption}</figcaption></figure>\n",
        STANDARD.encode(picture.png()?),
    ))
}

/// The input and the weights as one chart, with the numbers of the outputs below it.
fn chart(example: &Example, net: &str, data: &DataSummary) -> Result<String> {
    let rows = rows(example, net, data);
    let shown = rows.rows.iter().filter_map(|row| {
        let [y, angle, norm] = numbers(example.neurons.get(row.mark)?);
        Some(format!("<b>{}</b> {y}, {angle}, {norm}", escape(&row.name)))
    });
    let mut caption = shown.collect::<Vec<_>>().join("; ");
    let (few, all) = (rows.rows.len(), example.rows.len());
    if few < all {
        caption += &format!("; {few} of {all} classes are shown, those of the largest outputs");
    }
    Ok(plot(&rows.svg()?, &caption))
}

/// What is drawn of an example whose data are no images.
pub(super) fn rows<'a>(example: &'a Example, net: &str, data: &'a DataSummary) -> Rows<'a> {
    let y: Vec<f64> =
        (0..example.rows.len()).map(|k| example.neurons.get(k).map_or(0.0, |n| n.y)).collect();
    let shown = outputs_shown(data.form(), &y, &[example.predicted, example.label]);
    let lead = shown.iter().position(|&k| k == example.predicted).unwrap_or(0);
    let row = |k: usize| {
        let name = data.schema.class(k);
        let name = match (k == example.predicted, k == example.label) {
            (true, true) => format!("{name} ✓"),
            (true, false) => format!("{name} ✗"),
            (false, true) => format!("{name} (true)"),
            (false, false) => name.into_owned(),
        };
        Row { name, mark: k, numbers: example.rows[k].clone() }
    };
    Rows {
        title: format!(
            "Test input {} of class {} and the effective weights of its outputs in the net {}",
            example.index,
            data.schema.class(example.label),
            or_none(net)
        ),
        form: data.form(),
        shape: &data.shape,
        schema: &data.schema,
        standardized: data.standardized,
        x: &example.x,
        what: "effective weights",
        rows: shown.into_iter().map(row).collect(),
        lead,
    }
}

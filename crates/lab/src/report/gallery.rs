//! Inputs beside the effective weights they select, as part of the page.

use super::escape;
use super::number::{fixed, short};
use super::picture::cells;
use super::raster::Raster;
use super::sheet::row;
use crate::experiment::{DataSummary, Example};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use switchnet::Result;

/// An example of the net of this name as HTML: what it is, its input, and for each output the weights with their class,
/// the output, the angle and the norm.
pub(super) fn html(net: &str, example: &Example, data: &DataSummary) -> Result<String> {
    let (net, shape) = (escape::html(escape::name(net)), &data.shape);
    let class = |k: usize| escape::html(&data.schema.class(k));
    let pictures = row(&example.x, &example.rows, shape, 1)
        .map_err(|e| e.at(format_args!("example {}", example.index)))?;
    let (wide, high) = cells(shape);
    let style = if wide > 2 * high { "maps wide" } else { "maps" };
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
    let mut out = format!(
        "<div class=\"example\">\n<p>Test input {}, {verdict} with probability {}; residual \
         {}{boundary}.</p>\n<div class=\"{style}\">\n",
        example.index,
        fixed(example.probability, 3),
        short(example.residual),
    );
    let alt = format!("Test input {}", example.index);
    out += &figure("input", &pictures[0], &alt, "<b>input</b>")?;
    for (output, picture) in pictures[1..].iter().enumerate() {
        let (chosen, right) = (output == example.predicted, output == example.label);
        let (kind, mark) = match (chosen, right) {
            (true, true) => ("chosen", "<em>✓ chosen</em>"),
            (true, false) => ("chosen", "<em>✗ chosen</em>"),
            (false, true) => ("missed", "<em>true class</em>"),
            (false, false) => ("", ""),
        };
        let name = class(output);
        let alt =
            format!("Effective weights of class {name} for test input {} in {net}", example.index);
        let numbers = example.neurons.get(output).map_or(String::new(), |neuron| {
            let (y, angle) = (fixed(neuron.y, 2), fixed(neuron.angle(), 1));
            let norm = short(neuron.norm);
            format!(
                "<span><i>y</i> {y}</span><span>∠ {angle}°</span><span>‖<i>a</i>‖ {norm}</span>"
            )
        });
        let caption = format!("<b>class {name}</b>{numbers}{mark}");
        out += &figure(kind, picture, &alt, &caption)?;
    }
    out += "</div>\n</div>\n";
    Ok(out)
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

//! What an experiment found, as files to read: one page for people, tables for papers, pictures,
//! and the numbers behind them for other programs.
//!
//! Everything here is made from [`Results`] alone, and from what [`speed`](crate::speed) measured: no
//! net is run, so a report can be written again from results that were kept.

mod archive;
mod colors;
mod confusion;
mod escape;
mod gallery;
mod geometry;
mod goals;
mod number;
mod page;
mod picture;
mod plot;
mod raster;
mod record;
mod records;
mod rows;
mod sheet;
mod slug;
mod switch_map;
mod table;

pub use archive::maps_archive;
pub use colors::Colors;
pub use escape::csv_cell;
pub use geometry::geometry_table;
pub use goals::{goal_line, goals_markdown};
pub use page::page;
pub use picture::heat_map;
pub use plot::growth;
pub use plot::{Cost, Curve, MOST_POLYGONS, Panel, Scale, Scene, Strip, Style, Tint};
pub use plot::{
    accuracy, along, angles, chart, curves, labeled, margins, matrix, on_rates, panels, scatter,
    slice, spectra, strips,
};
pub use record::{NetRecord, Record, SpoiledRecord};
pub use records::{records_curves, records_markdown};
pub use rows::{Row, Rows, outputs_shown};
pub use sheet::{contact_sheet, map_picture, maps_sheet};
pub use slug::slugs;
pub use switch_map::switch_map;
pub use table::{csv, markdown_table, text_table};

use crate::experiment::Results;
use std::path::{Path, PathBuf};
use switchnet::write_whole;
use switchnet::{Error, Result};

/// Writes the whole report into `folder`, which is made if it is not there. The paths come back in
/// the order of writing; `<net>` is the net's [slug](slugs), and `live` the file that the [`page`] leads to.
///
/// | file | what it is |
/// |---|---|
/// | `report.html` | [`page`]: everything in one page that needs no other file |
/// | `results.json` | the [`Results`] as they are |
/// | `record.json` | the [`Record`] of them, which is small |
/// | `results.csv` | [`csv()`]: a row for each net and seed |
/// | `table.md` | [`markdown_table`] |
/// | `curves.svg`, `accuracy.svg`, `angles.svg` | the plots [`curves`], [`accuracy`], [`angles`] |
/// | `switches-<net>.svg` | [`on_rates`] |
/// | `maps-<net>.png`, of tables and series `.svg` | [`maps_sheet`]; none for a net without examples |
/// | `effective-maps.npz` | [`maps_archive`] |
/// | `geometry.md` | [`geometry_table`], if the experiment asked for it |
///
/// # Errors
/// If a file cannot be written, or an example does not have as many numbers as the shape of the
/// data and the number of outputs say.
pub fn write(results: &Results, folder: &Path, live: Option<&str>) -> Result<Vec<PathBuf>> {
    // Everything is made before anything is written: a report that fails leaves no half of itself.
    let json = serde_json::to_vec_pretty(results)
        .map_err(|e| Error::new("results", "plain data that JSON can say", e))?;
    let record = serde_json::to_vec_pretty(&Record::of(results))
        .map_err(|e| Error::new("record", "plain data that JSON can say", e))?;
    let mut files = vec![
        ("report.html".to_owned(), page(results, live)?.into_bytes()),
        ("results.json".to_owned(), json),
        ("record.json".to_owned(), record),
        ("results.csv".to_owned(), csv(results)?),
        ("table.md".to_owned(), markdown_table(results).into_bytes()),
        ("curves.svg".to_owned(), curves(results).into_bytes()),
        ("accuracy.svg".to_owned(), accuracy(results, Cost::Parameters).into_bytes()),
        ("angles.svg".to_owned(), angles(results).into_bytes()),
    ];
    for (net, slug) in results.nets.iter().zip(slugs(results)) {
        files.push((format!("switches-{slug}.svg"), on_rates(net).into_bytes()));
        if !net.examples.is_empty() {
            let (ending, sheet) = maps_sheet(net, &results.data)?;
            files.push((format!("maps-{slug}.{ending}"), sheet));
        }
    }
    files.push(("effective-maps.npz".to_owned(), maps_archive(results)?));
    if let Some(table) = geometry_table(results) {
        files.push(("geometry.md".to_owned(), table.into_bytes()));
    }
    let write = |(name, bytes): (String, Vec<u8>)| {
        let path = folder.join(name);
        write_whole(&path, &bytes)?;
        Ok(path)
    };
    files.into_iter().map(write).collect()
}

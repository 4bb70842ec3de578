//! The files of a report.

use crate::made_up::{CLASSES, INPUTS, elements, results, tiny};
use crate::pixels::Picture;
use ndarray::{Array1, Array2, Array3};
use ndarray_npy::NpzReader;
use std::collections::HashSet;
use std::io::Cursor;
use switchnet_lab::experiment::{MeanStd, Results};
use switchnet_lab::report;

#[test]
fn every_file_is_written_and_can_be_read_again() {
    let results = results();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("a/new folder");
    let files = report::write(&results, &out, None).unwrap();
    let names: Vec<_> =
        files.iter().map(|f| f.file_name().unwrap().to_string_lossy().into_owned()).collect();
    let first = ["report.html", "results.json", "record.json", "results.csv", "table.md"];
    assert_eq!(names[..5], first);
    assert_eq!(names.last().unwrap(), "effective-maps.npz");
    // Per net two files, but no maps where there are no examples.
    assert_eq!(files.len(), 9 + 2 * results.nets.len() - 1);
    let there: HashSet<_> =
        std::fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(there, files.iter().cloned().collect());

    for file in &files {
        let bytes = std::fs::read(file).unwrap();
        match file.extension().unwrap().to_str().unwrap() {
            "svg" => {
                let text = String::from_utf8(bytes).unwrap();
                assert!(text.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
                assert_eq!(elements(&text)[0], "svg");
            }
            "png" => {
                let picture = Picture::read(&bytes);
                assert!(picture.width > picture.height);
            }
            "json" => {
                let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
                assert_eq!(value["nets"].as_array().unwrap().len(), results.nets.len());
                let accuracy = &value["nets"][0]["test_accuracy"];
                let first =
                    if file.ends_with("record.json") { &accuracy[0] } else { &accuracy["mean"] };
                assert_eq!(*first, if file.ends_with("record.json") { 0.9 } else { 0.925 });
            }
            _ => assert!(!bytes.is_empty()),
        }
    }
    assert_eq!(report::write(&results, &out, None).unwrap(), files, "writing over what is there");
}

#[test]
fn the_csv_has_a_row_for_each_net_and_seed() {
    let results = results();
    let bytes = report::csv(&results).unwrap();
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    let headings = reader.headers().unwrap().clone();
    let column = |name: &str| headings.iter().position(|h| h == name).unwrap();
    let rows: Vec<_> = reader.records().collect::<Result<_, _>>().unwrap();
    assert_eq!(rows.len(), results.nets.len() * results.seeds.len());
    let runs = results.nets.iter().flat_map(|net| net.runs.iter().map(move |run| (net, run)));
    for (row, (net, run)) in rows.iter().zip(runs) {
        assert_eq!(row[column("net")], net.name);
        assert_eq!(row[column("seed")], run.seed.to_string());
        assert_eq!(row[column("test_accuracy")].parse::<f64>().unwrap(), run.test_accuracy);
        assert_eq!(row[column("worst_residual")].parse::<f64>().unwrap(), run.worst_residual);
        assert_eq!(row[column("epochs")], run.history.len().to_string());
    }
    assert_eq!(&rows[8][column("maps")], "tangent");
}

#[test]
fn the_archive_gives_the_numbers_back() {
    let results = results();
    let bytes = report::maps_archive(&results).unwrap();
    let mut archive = NpzReader::new(Cursor::new(bytes)).unwrap();
    assert_eq!(archive.names().unwrap().len(), 7 * results.nets.len());
    for (net, slug) in results.nets.iter().zip(report::slugs(&results)) {
        let n = net.examples.len();
        let a: Array3<f64> = archive.by_name(&format!("{slug}.A")).unwrap();
        let c: Array2<f64> = archive.by_name(&format!("{slug}.c")).unwrap();
        let x: Array2<f64> = archive.by_name(&format!("{slug}.x")).unwrap();
        assert_eq!((a.dim(), c.dim(), x.dim()), ((n, CLASSES, INPUTS), (n, CLASSES), (n, INPUTS)));
        let whole = ["index", "label", "predicted"]
            .map(|name| -> Array1<i64> { archive.by_name(&format!("{slug}.{name}")).unwrap() });
        for (i, example) in net.examples.iter().enumerate() {
            assert!(example.rows.concat().iter().eq(a.index_axis(ndarray::Axis(0), i).iter()));
            assert!(example.c.iter().eq(c.row(i)) && example.x.iter().eq(x.row(i)));
            let numbers = [example.index, example.label, example.predicted];
            assert_eq!(whole.each_ref().map(|values| values[i] as usize), numbers);
        }
        let provenance: Array1<u8> = archive.by_name(&format!("{slug}.provenance")).unwrap();
        let provenance: serde_json::Value = serde_json::from_slice(&provenance.to_vec()).unwrap();
        assert_eq!(provenance, serde_json::to_value(&net.provenance).unwrap());
        assert_eq!(provenance["dtype"], "f64");
    }
}

#[test]
fn the_least_that_can_be_reported_is() {
    let tiny = tiny();
    let page = report::page(&tiny, None).unwrap();
    // One number is a table: its chart stands beside those of training, accuracy, angles and switches.
    let count = |name: &str| elements(&page).iter().filter(|e| *e == name).count();
    assert_eq!((count("img"), count("svg")), (0, 5));
    assert!(report::curves(&tiny).contains("training accuracy (%)"));
    assert!(report::text_table(&tiny).contains("100.00"));
    for svg in [
        report::curves(&tiny),
        report::accuracy(&tiny, report::Cost::Parameters),
        report::angles(&tiny),
    ] {
        elements(&svg);
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(report::write(&tiny, folder.path(), None).unwrap().len(), 11);
    let nothing = Results { nets: vec![], seeds: vec![], ..tiny };
    elements(&report::page(&nothing, None).unwrap());
    assert_eq!(report::write(&nothing, folder.path(), None).unwrap().len(), 9);
}

#[test]
fn numbers_that_are_not_finite_do_not_stop_a_report() {
    let mut results = results();
    let net = &mut results.nets[0];
    net.runs[0].test_accuracy = f64::NAN;
    net.test_accuracy = MeanStd { mean: f64::NAN, deviation: f64::NAN };
    net.runs[0].history[1].train_loss = f64::INFINITY;
    net.runs[0].mean_norm = f64::INFINITY;
    net.examples[0].rows[0][0] = f64::NAN;
    net.examples[0].neurons[0].norm = f64::INFINITY;
    elements(&report::page(&results, None).unwrap());
    let folder = tempfile::tempdir().unwrap();
    report::write(&results, folder.path(), None).unwrap();
}

/// A name that a spreadsheet would work out is a text to it.
#[test]
fn no_name_is_a_formula() {
    let csv_of = |name: &str| {
        let mut results = results();
        results.nets.truncate(1);
        results.nets[0].name = name.to_owned();
        let bytes = report::csv(&results).unwrap();
        let first = csv::Reader::from_reader(bytes.as_slice()).into_records().next();
        first.unwrap().unwrap()[0].to_owned()
    };
    for name in ["=1+1", "+1+1", "-a", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"] {
        assert_eq!(csv_of(name), format!("'{name}"));
    }
    for name in ["net", "a=b", "'=1", "1-2", "", "-1", "+1"] {
        assert_eq!(csv_of(name), name);
    }
}

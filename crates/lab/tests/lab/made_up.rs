//! The report, on results that are made up: no net was trained for them, and the numbers are chosen
//! to be awkward and easy to check.

use ndarray::{Array1, Array2, Array3};
use ndarray_npy::NpzReader;
use std::collections::HashSet;
use std::io::Cursor;
use std::ops::ControlFlow::Continue;
use switchnet::analysis::{Exactness, LayerSwitches, Neuron, SwitchStatistics};
use switchnet::layer::{DenseConfig, FlattenConfig};
use switchnet::net::{Spec, Summary, SummaryRow};
use switchnet::train::EpochRecord;
use switchnet_lab::experiment::{
    DataSummary, Example, NetResults, RateTried, Results, SeedRun, Spread,
};
use switchnet_lab::report::{self, Colours, Curve, Panel, Scale, chart, heat_map};

const CLASSES: usize = 3;
const INPUTS: usize = 4;

fn record(epoch: usize, loss: f64, accuracy: Option<f64>) -> EpochRecord {
    EpochRecord {
        epoch,
        rate: 0.01,
        train_loss: loss,
        train_accuracy: Some(0.5),
        validation_loss: accuracy.map(|_| loss),
        validation_accuracy: accuracy,
        seconds: 0.1 * epoch as f64,
    }
}

fn run(seed: u64, epochs: usize, accuracy: f64, switches: usize) -> SeedRun {
    // The last loss is exactly 0, which a logarithmic axis cannot show.
    let loss = |epoch: usize| 2.0 * (epochs - epoch) as f64 / epochs as f64;
    SeedRun {
        seed,
        history: (1..=epochs).map(|e| record(e, loss(e), Some(accuracy))).collect(),
        best_epoch: Some(epochs),
        seconds: 1.5,
        test_accuracy: accuracy,
        test_loss: 0.25,
        never_open: switches / 4,
        switches,
        maps: 10,
        mean_angle: 72.5,
        mean_length: 1.25,
        worst_residual: 3e-16,
        portrait: None,
    }
}

fn example(index: usize, label: usize, predicted: usize) -> Example {
    // The weights of a class are all zero but one: they are at most this in size.
    let weight = |class: usize, input: usize| {
        if input == class { [1.0, -1.0, 0.5][class] } else { 0.0 }
    };
    let rows: Vec<Vec<f64>> =
        (0..CLASSES).map(|k| (0..INPUTS).map(|i| weight(k, i)).collect()).collect();
    let x: Vec<f64> = (0..INPUTS).map(|i| i as f64 - index as f64).collect();
    let neuron = |output: usize| Neuron {
        output,
        y: output as f64,
        sum: output as f64 - 0.5,
        c: 0.5,
        length: if output == 2 { 0.0 } else { 1.0 },
        cosine: if output == 2 { 0.0 } else { 0.5 },
    };
    Example {
        index,
        label,
        predicted,
        probability: 0.875,
        x,
        rows,
        c: vec![0.5; CLASSES],
        neurons: (0..CLASSES).map(neuron).collect(),
        residual: 1e-16,
        on_boundary: index,
    }
}

fn net(name: &str, accuracies: &[f64], epochs: usize, switches: usize) -> NetResults {
    let runs: Vec<_> =
        accuracies.iter().zip(1..).map(|(&a, seed)| run(seed, epochs, a, switches)).collect();
    let layer = SummaryRow {
        name: format!("dense <{name}>"),
        shape: vec![CLASSES],
        parameters: 1234,
        multiply_adds: 12,
    };
    let on_rate: Vec<f64> = (0..switches).map(|i| i as f64 / switches as f64).collect();
    let layers = if switches > 0 { vec![LayerSwitches { on_rate }] } else { vec![] };
    let of = |f: fn(&SeedRun) -> f64| Spread::of(&runs.iter().map(f).collect::<Vec<_>>());
    NetResults {
        name: name.to_owned(),
        spec: Spec {
            input: vec![1, 2, 2],
            seed: 1,
            layers: vec![
                FlattenConfig {}.into(),
                DenseConfig { outputs: CLASSES, bias: true }.into(),
            ],
        },
        summary: Summary {
            input: vec![1, 2, 2],
            rows: vec![layer],
            parameters: 1234,
            multiply_adds: 12,
        },
        rates: vec![
            RateTried {
                rate: 0.003,
                validation_accuracy: Some(Spread { mean: 0.5, deviation: 0.1 }),
            },
            RateTried {
                rate: 0.01,
                validation_accuracy: Some(Spread { mean: 0.75, deviation: 0.0 }),
            },
        ],
        rate: 0.01,
        test_accuracy: of(|run| run.test_accuracy),
        seconds: of(|run| run.seconds),
        runs,
        exactness: Exactness::Exact,
        switches: SwitchStatistics { inputs: 10, patterns: 7, layers },
        examples: vec![example(0, 1, 1), example(1, 2, 0)],
    }
}

/// Hostile names, two of them the same, a net without switches, one without examples, one that is
/// a tangent.
fn results() -> Results {
    let script = "<script>alert(\"1\")</script>";
    let mut nets = vec![
        net(script, &[0.9, 0.95], 5, 8),
        net("Ünïcödé 網 & \"net\"\u{1b}[31m\u{202e}", &[0.9, 0.9], 1, 4),
        net("", &[0.5, 0.75], 5, 0),
        net("Dup net", &[0.25, 0.5], 5, 4),
        net("dup  NET", &[1.0, 1.0], 5, 1),
        net(&"long | name * ".repeat(20), &[0.0, 0.0], 5, 4),
    ];
    nets[3].examples.clear();
    nets[4].exactness = Exactness::Tangent;
    Results {
        name: format!("Made up {script}"),
        data: data(vec![1, 2, 2], CLASSES),
        seeds: vec![1, 2],
        nets,
        seconds: 12.5,
        threads: 2,
    }
}

fn data(shape: Vec<usize>, classes: usize) -> DataSummary {
    DataSummary { name: "data & <more>".to_owned(), shape, classes, train: 1000, test: 10 }
}

/// As little as there can be: one net, seed, epoch, class, input, and nothing held out.
fn tiny() -> Results {
    let mut net = net("one", &[1.0], 1, 1);
    net.runs[0].history = vec![record(1, 0.0, None)];
    net.runs[0].best_epoch = None;
    net.rates.iter_mut().for_each(|rate| rate.validation_accuracy = None);
    let neuron = Neuron { output: 0, y: 0.0, sum: 0.0, c: 0.0, length: 0.0, cosine: 0.0 };
    net.examples = vec![Example {
        x: vec![0.0],
        rows: vec![vec![0.0]],
        c: vec![0.0],
        neurons: vec![neuron],
        ..example(0, 0, 0)
    }];
    let data = data(vec![1], 1);
    Results { name: "tiny".into(), data, seeds: vec![1], nets: vec![net], seconds: 0.0, threads: 1 }
}

/// Checks that tags are closed in the order they were opened, and that `&` and `<` are nowhere
/// bare; gives the names of the elements that were opened.
fn elements(text: &str) -> Vec<String> {
    const VOID: [&str; 3] = ["meta", "img", "br"];
    let (mut open, mut all): (Vec<String>, Vec<String>) = (vec![], vec![]);
    for reference in text.split('&').skip(1) {
        let end = reference.find(';').unwrap_or_else(|| panic!("a bare & before {reference:.20}"));
        assert!(end <= 6, "a bare & before {reference:.20}");
    }
    for part in text.split('<').skip(1) {
        let (tag, rest) = part.split_once('>').unwrap_or_else(|| panic!("<{part} has no end"));
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "closing tag");
        } else if !tag.starts_with('!') {
            assert!(tag.matches('"').count().is_multiple_of(2), "quotes of <{tag}>");
            let name = tag.split([' ', '/']).next().unwrap_or_default().to_owned();
            assert!(!name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric()), "<{tag}>");
            all.push(name.clone());
            if !tag.ends_with('/') && !VOID.contains(&name.as_str()) {
                open.push(name);
            }
        }
        let style = open.last().is_some_and(|element| element == "style");
        assert!(style || !rest.contains('>'), "a bare > in {rest}");
    }
    assert!(open.is_empty(), "never closed: {open:?}");
    all
}

#[test]
fn the_page_says_everything_and_is_safe_and_whole() {
    let results = results();
    let page = report::page(&results).unwrap();
    let elements = elements(&page);
    let count = |name: &str| elements.iter().filter(|e| *e == name).count();
    assert!(!page.contains("http") && !page.contains("<script") && !page.contains("@import"));
    assert!(!page.contains("src=\"") || page.matches("src=\"").count() == count("img"));
    assert_eq!(page.matches("src=\"data:image/png;base64,").count(), count("img"));
    assert_eq!(page.matches(" alt=\"").count(), count("img"));
    let examples: usize = results.nets.iter().map(|net| net.examples.len()).sum();
    assert_eq!(count("img"), examples * (1 + CLASSES));
    assert_eq!((count("h1"), count("h3")), (1, results.nets.len()));
    // The net without switches has no plot of them.
    assert_eq!(count("svg"), 3 + results.nets.len() - 1);
    assert!(page.contains("lang=\"en\"") && page.contains("name=\"viewport\""));
    assert!(page.contains("<h3>&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;</h3>"));
    assert!(page.contains("<h3>Ünïcödé 網 &amp; &quot;net&quot; [31m</h3>"));
    assert!(page.contains("<h3>(no name)</h3>") && page.contains("<h3>dup  NET †</h3>"));
    for cell in ["1,234", "92.50 ± 3.54", "90.00 ± 0.00", "2/8", "–", "72.5", "1.25", "3e−16"]
    {
        assert!(page.contains(&format!("<td>{cell}</td>")), "no cell {cell}");
    }
    assert!(page.contains("<th scope=\"row\">0.01</th><td>75.00 ± 0.00</td><td>chosen</td>"));
    assert!(page.contains("data &amp; &lt;more&gt;"));
    let levels: Vec<usize> = elements
        .iter()
        .filter_map(|e| e.strip_prefix('h').and_then(|level| level.parse().ok()))
        .collect();
    assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "headings {levels:?}");
    let ids: Vec<&str> = page.split(" id=\"").skip(1).filter_map(|s| s.split('"').next()).collect();
    assert_eq!(ids.len(), ids.iter().collect::<HashSet<_>>().len(), "{ids:?}");
    for id in ids {
        assert!(page.contains(&format!("href=\"#{id}\"")), "nothing leads to {id}");
    }
}

#[test]
fn slugs_are_plain_and_different() {
    let slugs = report::slugs(&results());
    let expected = ["script-alert-1-script", "n-c-d-net-31m", "net", "dup-net", "dup-net-2"];
    assert_eq!(slugs[..5], expected);
    assert!(slugs[5].len() <= 48 && slugs[5].starts_with("long-name-long"));
    // A number that makes one slug different must not make it another's.
    let mut results = results();
    for (net, name) in results.nets.iter_mut().zip(["a", "a 2", "A", "a!", "a-2", "a-2-2"]) {
        net.name = name.to_owned();
    }
    let slugs = report::slugs(&results);
    assert_eq!(slugs.iter().collect::<HashSet<_>>().len(), slugs.len(), "{slugs:?}");
}

#[test]
fn every_file_is_written_and_can_be_read_again() {
    let results = results();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("a/new folder");
    let files = report::write(&results, &out).unwrap();
    let names: Vec<_> =
        files.iter().map(|f| f.file_name().unwrap().to_string_lossy().into_owned()).collect();
    let first =
        ["report.html", "results.json", "results.csv", "table.md", "curves.svg", "accuracy.svg"];
    assert_eq!(names[..6], first);
    assert_eq!(names.last().unwrap(), "effective-maps.npz");
    // Per net two files, but no maps where there are no examples.
    assert_eq!(files.len(), 8 + 2 * results.nets.len() - 1);
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
                let picture = image::load_from_memory(&bytes).unwrap();
                assert!(picture.width() > picture.height());
            }
            "json" => {
                let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
                assert_eq!(value["nets"].as_array().unwrap().len(), results.nets.len());
                assert_eq!(value["nets"][0]["test_accuracy"]["mean"], 0.925);
            }
            _ => assert!(!bytes.is_empty()),
        }
    }
    assert_eq!(report::write(&results, &out).unwrap(), files, "writing over what is there");
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
    assert_eq!(archive.names().unwrap().len(), 6 * results.nets.len());
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
    }
}

#[test]
fn the_text_table_is_narrow_and_aligned() {
    let results = results();
    let text = report::text_table(&results);
    // Columns of a terminal, not letters: a Chinese one takes two.
    let wide = |line: &str| line.chars().map(|c| if c == '網' { 2 } else { 1 }).sum::<usize>();
    assert!(text.lines().all(|line| wide(line) <= 120 && line.trim_end() == line), "{text}");
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'));
    let lines: Vec<_> = text.lines().collect();
    let body = &lines[..3 + results.nets.len()];
    assert!(body[3..].iter().all(|line| wide(line) == wide(body[2])), "{text}");
    assert!(body[3].contains("92.50 ± 3.54") && body[3].contains("2/8"));
    assert!(body[5].starts_with("(no name) ") && body[5].contains(" – "));
    assert!(body[7].starts_with("dup  NET †") && text.contains("† Not piecewise linear"));
    assert!(text.contains("seeds 1, 2") && text.contains("test input opens it"));
}

#[test]
fn markdown_cells_stay_in_their_columns() {
    let text = report::markdown_table(&results());
    let rows: Vec<_> = text.lines().take_while(|line| !line.is_empty()).collect();
    assert_eq!(rows.len(), 2 + 6);
    let bars = |line: &str| line.replace("\\|", "").matches('|').count();
    assert!(rows.iter().all(|row| bars(row) == bars(rows[0])), "{text}");
    assert!(!text.contains('<') && text.contains("long \\| name \\*"));
}

#[test]
fn plots_name_nets_and_axes() {
    let results = results();
    let has = |svg: &str, words: &[&str]| {
        for word in words {
            assert!(svg.contains(&format!(">\n{word}\n<")), "no text {word}");
        }
    };
    let names = ["Dup net", "dup  NET", "(no name)", "Ünïcödé 網 &amp; &quot;net&quot; [31m"];
    let curves = report::curves(&results);
    has(&curves, &names);
    has(&curves, &["epoch", "training loss (log scale)", "validation accuracy (%)"]);
    let accuracy = report::accuracy(&results, report::Cost::Parameters);
    has(&accuracy, &names);
    has(&accuracy, &["parameters (log scale)", "test accuracy (%)"]);
    let arithmetic = report::accuracy(&results, report::Cost::MultiplyAdds);
    has(&arithmetic, &["multiply-adds for one sample (log scale)", "test accuracy (%)"]);
    has(&report::angles(&results), &["Dup net", "length ‖a‖", "cos ∠(a, x)", "other classes"]);
    has(&report::on_rates(&results.nets[0]), &["switch layer 1 (8)", "inputs that open it (%)"]);
    has(&report::on_rates(&results.nets[2]), &["This net has no switches."]);
    for svg in [curves, accuracy, arithmetic] {
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
        assert!(!svg.contains("-2147483648") && !svg.contains("2147483647"));
    }
}

/// Whole numbers of a plot, and nothing that is none.
fn is_drawn(svg: &str) {
    assert_eq!(elements(svg)[0], "svg");
    assert!(!svg.contains("NaN") && !svg.contains("inf"));
    assert!(!svg.contains("-2147483648") && !svg.contains("2147483647"));
}

#[test]
fn analysis_is_drawn_with_names_and_axes() {
    let has = |svg: &str, words: &[&str]| {
        is_drawn(svg);
        for word in words {
            assert!(svg.contains(&format!(">\n{word}\n<")), "no text {word}");
        }
    };
    let lists = [("data <b>".to_owned(), vec![0.5, 2.0, 1.0]), ("noise".to_owned(), vec![])];
    has(&report::margins(&lists, "l2"), &["data &lt;b&gt;", "noise", "distance (l2, log scale)"]);
    let maps = [("one".to_owned(), vec![3.0, 1.0, 0.0])];
    has(&report::spectra(&maps, Some(4.0)), &["one", "singular value σ (log scale)"]);
    has(&report::spectra(&[("zero".to_owned(), vec![0.0])], None), &["zero"]);
    let names = ["a & b".to_owned(), "c".to_owned()];
    let values = [vec![1.0, f64::NAN], vec![0.25, -1.0]];
    has(&report::matrix("A title", &names, &values), &["A title", "a &amp; b", "0.25", "−1.00"]);
    is_drawn(&report::matrix("nothing", &[], &[]));
    let neuron = Neuron { output: 0, y: 1.0, sum: 1.0, c: 0.0, length: 2.0, cosine: 0.5 };
    has(&report::scatter(&[(neuron, true), (neuron, false)]), &["cos ∠(a, x)"]);
    is_drawn(&report::scatter(&[]));
}

/// |x| + |y| on a square: four polygons, two of each class, and a boundary through the middle.
#[test]
fn a_chart_without_a_heading_has_none() {
    let panel = |heading| {
        let curve = Curve::line("a curve", [(0.0, 1e-15), (1.0, 1.0)]);
        let panel = Panel::new(("x", Scale::Linear), ("y", Scale::Log), vec![curve]);
        elements(&chart("a chart", &panel.heading(heading)))
    };
    assert_eq!(panel("its heading").len(), panel("").len() + 1);
}

#[test]
fn a_plain_line_has_no_markers_and_points_have_no_line() {
    // What a curve of three points adds to an empty one, and how much of it are discs.
    let drawn = |curve: fn(&str, Vec<(f64, f64)>) -> Curve| {
        let with = |points| {
            let panel = Panel::new(
                ("x", Scale::Linear),
                ("y", Scale::Linear),
                vec![Curve::plain("frame", [(0.0, 0.0), (2.0, 1.0)]), curve("a curve", points)],
            );
            let elements = elements(&chart("a chart", &panel));
            [elements.len(), elements.iter().filter(|name| *name == "polygon").count()]
        };
        let [all, empty] = [with(vec![(0.0, 0.0), (1.0, 1.0), (2.0, 0.0)]), with(Vec::new())];
        [all[0] - empty[0], all[1] - empty[1]]
    };
    // The second look has dashes, which are elements of their own, and squares with a rim.
    let [line, plain, points] = [drawn(Curve::line), drawn(Curve::plain), drawn(Curve::points)];
    assert_eq!((plain[1], points), (0, [6, 6]));
    assert!(plain[0] > 0);
    assert_eq!(line, [plain[0] + 6, 6]);
}

#[test]
fn rays_and_slices_are_drawn() {
    use ndarray::array;
    use switchnet::analysis::{Plane, SliceBudget, Window, ray, slice};
    use switchnet::layer::{Dense, Layer, Switch};
    let layers: Vec<Box<dyn Layer<f64>>> = vec![
        Box::new(Switch::two_slope(array![1.0, 1.0], array![-1.0, -1.0])),
        Box::new(Dense::new(array![[1.0, 0.0], [0.0, 1.0]], None)),
    ];
    let net = switchnet::net::Graph::chain(layers).unwrap();
    let along = ray(&net, array![-1.0, 0.5].view(), array![1.0, 0.25].view()).unwrap();
    is_drawn(&report::along(&along));
    assert!(report::along(&along).contains(">\noutput 1\n<"));
    let plane = Plane { origin: vec![0.0, 0.0], u: vec![1.0, 0.0], v: vec![0.0, 1.0] };
    let window = Window { u: [-1.0, 1.0], v: [-1.0, 1.0] };
    let found = slice(&net, &plane, window, SliceBudget::default(), &mut |_| Continue(())).unwrap();
    assert_eq!((found.polygons.len(), found.complete, found.euler), (4, true, 1));
    let norms = found.norms(&net).unwrap();
    for tint in [
        report::Tint::Class,
        report::Tint::Slope,
        report::Tint::Norm(&norms),
        report::Tint::Pattern,
    ] {
        let svg = report::slice(&found, tint, &report::Scene::THROUGH);
        is_drawn(&svg);
        let filled = elements(&svg).iter().filter(|e| *e == "polygon").count();
        // By class each of the four is cut in two, and the other class lies on white.
        assert!(filled >= if tint == report::Tint::Class { 12 } else { 4 }, "{tint:?}: {filled}");
    }
    // The bar of ‖A‖ has numbers; all four maps have the same here, the root of two.
    assert!(
        report::slice(&found, report::Tint::Norm(&norms), &report::Scene::THROUGH).contains("1.41") // three digits
    );
    let labelled = [([0.5, 0.5], 0), ([-0.5, 0.5], 1), ([5.0, 5.0], 1)];
    let scene = report::Scene { axes: ["input 0", "input 1"], inputs: &[], labelled: &labelled };
    let svg = report::slice(&found, report::Tint::Class, &scene);
    assert!(svg.contains("input 1"));
    // A disc and its rim for each in the window.
    assert_eq!(elements(&svg).iter().filter(|e| *e == "circle").count(), 4);
}

#[test]
fn on_rates_are_drawn_as_bands() {
    let picture = report::switch_map(&[vec![0.0, 1.0], vec![0.5]]).unwrap();
    let picture = image::load_from_memory(&picture).unwrap().to_rgba8();
    assert_eq!(picture.get_pixel(0, 0).0, [0, 0, 0, 255]);
    assert_eq!(picture.get_pixel(picture.width() - 1, 0).0, [255; 4]);
    let below = picture.height() - 1;
    assert_eq!(picture.get_pixel(0, below).0, [128, 128, 128, 255]);
    assert_eq!(picture.get_pixel(picture.width() - 1, below).0, [0; 4]);
    assert!(report::switch_map(&[]).is_err());
}

/// A table only where there are portraits, a row for each net, spreads over the seeds.
#[test]
fn portraits_make_a_table() {
    use switchnet_lab::experiment::Portrait;
    let mut results = results();
    assert_eq!(report::portrait_table(&results), None);
    let portrait = |angle: f64| Portrait {
        inputs: 360,
        first: 50,
        angle,
        length: 1.0,
        signal_to_noise: 2.0,
        margin: None,
        rival: Some(0.5),
        regions: 12.0,
        stable_rank: 1.5,
        largest: 3.0,
        entropy: 0.5,
        patterns: 300,
        within: Some(0.1),
        between: Some(0.2),
        polygons: Some(1234.0),
        complete: angle < 72.0,
        cosine_within: Some(0.75),
        cosine_between: Some(-0.25),
    };
    results.nets[0].runs[0].portrait = Some(portrait(70.0));
    results.nets[0].runs[1].portrait = Some(portrait(74.0));
    let table = report::portrait_table(&results).unwrap();
    let rows: Vec<&str> = table.lines().filter(|line| line.starts_with('|')).collect();
    assert_eq!(rows.len(), 2 + results.nets.len());
    assert!(rows[2].contains("| 72.0 ± 2.8 |") && rows[2].contains("| – |"), "{}", rows[2]);
    assert!(table.contains("360 test inputs") && !table.contains("<script>"), "{table}");
    // One of the two slices was stopped; the largest residual is that of the runs.
    assert!(
        rows[2].contains("| ≥ 1,234 ± 0 |") && rows[2].contains("| −0.250 ± 0.000 |"),
        "{}",
        rows[2]
    );
    assert!(rows[2].ends_with("| 3.0e−16 |"), "{}", rows[2]);
    let columns = |row: &str| row.replace("\\|", "").matches('|').count();
    assert!(rows.iter().all(|row| columns(row) == columns(rows[0])), "{table}");
    // t of one degree of freedom, 12.706, over √2.
    assert!(table.contains("95 % interval is the mean ± 8.98 times"), "{table}");
}

/// Known points of Student's distribution, in the table and beyond it.
#[test]
fn intervals_of_means() {
    for (values, t) in
        [(2, 12.7062), (5, 2.7764), (11, 2.2281), (31, 2.0423), (41, 2.0211), (121, 1.9799)]
    {
        let factor = Spread::interval_factor(values).unwrap();
        // Four digits, as tables have them.
        assert!((factor * (values as f64).sqrt() - t).abs() <= 1e-4, "{values}");
    }
    assert_eq!((Spread::interval_factor(0), Spread::interval_factor(1)), (None, None));
}

/// The numbers of a portrait are those of the single questions.
#[test]
fn a_portrait_has_the_polygons_and_cosines_of_its_net() {
    use switchnet::analysis::{Plane, Row, SliceBudget, Window, row_similarity, slice};
    use switchnet_lab::experiment::Portrait;
    let net = switchnet::net::zoo::mlp(&[64], &[16], 10, 1).build::<f64>().unwrap();
    let test = switchnet::data::digits::<f32>().test;
    let portrait = Portrait::of(&net, &test, 9, &|| Continue(())).unwrap().expect("not stopped");
    let (inputs, labels) = (test.inputs().mapv(f64::from), test.labels().unwrap());
    let mut counts = [0, 3, 6].map(|a| {
        let others = (a + 1..a + 9).map(|i| i % 9);
        let b = others.clone().find(|&i| labels[i] != labels[a]).unwrap();
        let c = others.clone().find(|&i| labels[i] != labels[a] && labels[i] != labels[b]).unwrap();
        let plane = Plane::through(inputs.row(a), inputs.row(b), inputs.row(c));
        let window = Window { u: [0.0, 0.5], v: [0.0, 0.5] };
        slice(&net, &plane, window, SliceBudget::default(), &mut |_| Continue(()))
            .unwrap()
            .polygons
            .len()
    });
    counts.sort_unstable();
    assert_eq!((portrait.polygons, portrait.complete), (Some(counts[1] as f64), true));
    assert!(counts[1] > 3, "{counts:?}");
    let rows = row_similarity(&net, inputs.view(), Some(labels), Row::Predicted).unwrap();
    assert_eq!((portrait.cosine_within, portrait.cosine_between), (rows.within, rows.between));
}

#[test]
fn the_least_that_can_be_reported_is() {
    let tiny = tiny();
    let page = report::page(&tiny).unwrap();
    let images = elements(&page).iter().filter(|e| *e == "img").count();
    assert_eq!(images, 2);
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
    assert_eq!(report::write(&tiny, folder.path()).unwrap().len(), 10);
    let nothing = Results { nets: vec![], seeds: vec![], ..tiny };
    elements(&report::page(&nothing).unwrap());
    assert_eq!(report::write(&nothing, folder.path()).unwrap().len(), 8);
}

#[test]
fn numbers_that_are_not_finite_do_not_stop_a_report() {
    let mut results = results();
    let net = &mut results.nets[0];
    net.runs[0].test_accuracy = f64::NAN;
    net.test_accuracy = Spread { mean: f64::NAN, deviation: f64::NAN };
    net.runs[0].history[1].train_loss = f64::INFINITY;
    net.runs[0].mean_length = f64::INFINITY;
    net.examples[0].rows[0][0] = f64::NAN;
    net.examples[0].neurons[0].length = f64::INFINITY;
    elements(&report::page(&results).unwrap());
    let folder = tempfile::tempdir().unwrap();
    report::write(&results, folder.path()).unwrap();
}

#[test]
fn heat_maps_have_the_right_colours_in_the_right_places() {
    let decode = |png: Vec<u8>| image::load_from_memory(&png).unwrap().to_rgba8();
    let values = [-2.0, 0.0, 2.0, 1.0];
    let picture = decode(heat_map(&values, &[2, 2], 3, Colours::diverging(&values)).unwrap());
    assert_eq!(picture.dimensions(), (6, 6));
    let colour = |x: u32, y: u32| picture.get_pixel(x, y).0;
    let ([r, _, b, _], white) = (colour(0, 0), colour(3, 0));
    assert!(b > 150 && r < 60, "the least is blue");
    assert_eq!(white, [255; 4], "zero is white");
    let [r, _, b, _] = colour(0, 3);
    assert!(r > 150 && b < 60, "the largest is red");
    let [r, g, b, _] = colour(5, 5);
    assert!(r > 200 && g > 100 && g == b.min(g), "half of it is pale red");
    assert!((0..3).all(|x| (0..3).all(|y| colour(x, y) == colour(0, 0))), "a number is a square");

    let grey = decode(heat_map(&values, &[1, 2, 2], 1, Colours::grey(&values)).unwrap());
    assert_eq!(grey.get_pixel(0, 0).0, [0, 0, 0, 255]);
    assert_eq!(grey.get_pixel(0, 1).0, [255; 4]);
    // All equal, all zero.
    let zeros = [0.0; 4];
    let flat = decode(heat_map(&zeros, &[2, 2], 1, Colours::diverging(&zeros)).unwrap());
    assert!(flat.pixels().all(|p| p.0 == [255; 4]));
    let flat = decode(heat_map(&zeros, &[2, 2], 1, Colours::grey(&zeros)).unwrap());
    assert!(flat.pixels().all(|p| p.0 == [128, 128, 128, 255]));

    // Two channels side by side with a column between; five features in a grid of 3 × 2.
    let two = heat_map(&[1.0, 1.0, -1.0, -1.0], &[2, 2, 1], 1, Colours::Diverging { largest: 1.0 });
    let two = decode(two.unwrap());
    assert_eq!(two.dimensions(), (3, 2));
    assert_eq!(two.get_pixel(1, 0).0[3], 0, "between channels nothing is drawn");
    assert!(two.get_pixel(0, 1).0[0] > two.get_pixel(2, 1).0[0]);
    let five = decode(heat_map(&[0.0; 5], &[5], 2, Colours::Diverging { largest: 1.0 }).unwrap());
    assert_eq!(five.dimensions(), (6, 4));
    assert_eq!((five.get_pixel(3, 3).0[3], five.get_pixel(5, 3).0[3]), (255, 0));

    let wrong = heat_map(&values, &[3, 2], 1, Colours::grey(&values)).unwrap_err().to_string();
    assert!(wrong.contains("expected 6, found 4"), "{wrong}");
    assert!(heat_map(&[], &[0], 1, Colours::grey(&[])).is_err());
    assert!(heat_map(&values, &[2, 2], 0, Colours::grey(&values)).is_err());
    assert!(heat_map(&values, &[2, 2], usize::MAX, Colours::grey(&values)).is_err());
}

#[test]
fn contact_sheets_frame_what_was_chosen() {
    let net = &results().nets[0];
    let sheet = report::contact_sheet(net, &[1, 2, 2]).unwrap();
    let sheet = image::load_from_memory(&sheet).unwrap().to_rgba8();
    let has = |colour: [u8; 3]| sheet.pixels().filter(|p| p.0[..3] == colour).count() > 100;
    assert!(has([178, 24, 43]) && has([33, 102, 172]), "weights in full colours");
    assert!(has([230, 159, 0]), "the class that was missed");
    let alone = report::map_picture(&[4], &[0.0; 4], &[vec![1.0; 4], vec![-1.0; 4]]).unwrap();
    assert!(image::load_from_memory(&alone).unwrap().width() > 3 * 80);
    assert!(report::contact_sheet(net, &[1, 3, 2]).is_err());
}

//! Charts: of results, of analyses, and of any curves.

use crate::made_up::{elements, results};
use crate::pixels::Picture;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ndarray::array;
use std::ops::ControlFlow::Continue;
use switchnet::analysis::{Neuron, Plane, SliceBudget, Window, ray, slice};
use switchnet::layer::{Dense, Layer, Switch};
use switchnet_lab::report::{self, Curve, Panel, Scale, chart};

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
    has(
        &report::angles(&results),
        &["Dup net", "norm ‖a‖, the noise gain", "cos ∠(a, x)", "other classes"],
    );
    has(&report::on_rates(&results.nets[0]), &["switch layer 1 (8)", "inputs that open it (%)"]);
    has(&report::on_rates(&results.nets[2]), &["This net has no switches."]);
    for svg in [curves, accuracy, arithmetic] {
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
        assert!(!svg.contains("-2147483648") && !svg.contains("2147483647"));
    }
}

/// Within a decade too, numbers stand all along a logarithmic axis.
#[test]
fn a_short_logarithmic_axis_has_numbers_all_along() {
    let svg = |from: f64, to: f64| {
        let curve = Curve::line("", [(from, 0.0), (to, 1.0)]);
        chart("", &Panel::new(("x", Scale::Log), ("y", Scale::Linear), vec![curve]))
    };
    for (from, to, numbers) in [
        (0.8, 1.7, &["0.8", "1", "1.2", "1.4", "1.6"][..]),
        (0.011, 0.014, &["0.011", "0.012", "0.013", "0.014"]),
        (3.0, 40.0, &["3", "10", "30"]),
        (1.0, 1e4, &["1", "10", "100", "1,000", "10,000"]),
    ] {
        let svg = svg(from, to);
        for number in numbers {
            assert!(svg.contains(&format!(">\n{number}\n<")), "no {number} from {from} to {to}");
        }
    }
}

/// Pictures fit dark surroundings, by themselves and in a page.
#[test]
fn plots_know_the_dark() {
    let svg = report::accuracy(&results(), report::Cost::Parameters);
    assert_eq!(svg.matches("@media (prefers-color-scheme: dark)").count(), 1);
    let named = report::on_rates(&results().nets[0]);
    let svg = report::labeled(&svg, "row 7 in the net <a>");
    assert_eq!(svg.matches(": row 7 in the net &lt;a&gt;\"").count(), 1);
    assert_eq!(elements(&svg)[0], "svg");
    assert!(
        named.contains("aria-label=\"How often the switches of &lt;script&gt;"),
        "{named:.300}"
    );
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
    let neuron = Neuron { output: 0, y: 1.0, sum: 1.0, c: 0.0, norm: 2.0, cosine: 0.5 };
    has(&report::scatter(&[(neuron, true), (neuron, false)]), &["cos ∠(a, x)"]);
    is_drawn(&report::scatter(&[]));
}

/// Ends of axes stay numbers, whatever is drawn; and no number has so many digits that a file is filled with them.
#[test]
fn numbers_of_every_size_are_drawn_or_left_out() {
    let sizes = [5e-324, 1e-310, 1e-300, 1e-30, 1.0, 1e30, 1e299, 1e300, 1.7e308, f64::MAX];
    let odd = [f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 0.0, -0.0];
    let numbers: Vec<f64> = sizes.iter().flat_map(|v| [*v, -v]).chain(odd).collect();
    let mut sets: Vec<Vec<f64>> = vec![numbers.clone(), vec![]];
    for &a in &numbers {
        sets.push(vec![a]);
        sets.extend(numbers.iter().map(|&b| vec![a, b]));
    }
    for set in sets {
        for (x, y) in [(Scale::Linear, Scale::Log), (Scale::Log, Scale::Linear)] {
            let points = set.iter().map(|&v| (v, v));
            let curves = vec![Curve::line("a", points.clone()), Curve::points("b", points)];
            let bars = Curve::line("c", set.iter().map(|&v| (1.0, v))).bars(set.clone());
            let panel = Panel::new(("x", x), ("y", y), [curves, vec![bars]].concat());
            let svg = report::chart("sizes", &panel);
            is_drawn(&svg);
            assert!(svg.len() < 100_000 && !svg.contains("NaN"), "{set:?}: {} bytes", svg.len());
        }
        let spectrum = report::spectra(&[("a".into(), set.clone())], set.first().copied());
        is_drawn(&spectrum);
        assert!(spectrum.len() < 40_000, "{set:?}");
    }
}

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
    // What three points say is an element with a title each, in one group.
    assert_eq!((plain[1], points), (0, [6 + 7, 6]));
    assert!(plain[0] > 0);
    assert_eq!(line, [plain[0] + 6, 6]);
}

/// The titles of what is transparent over a chart.
fn said(svg: &str) -> Vec<&str> {
    let values = svg.split_once("<g class=\"values\"").map_or("", |(_, values)| values);
    let titles = values.split("<title>").skip(1);
    titles.map(|rest| rest.split_once("</title>").expect("an end").0).collect()
}

/// Names, numbers and units are those of the axes, under the heading of the panel.
#[test]
fn a_chart_says_its_numbers() {
    let curve = Curve::line("a <curve>", [(12.0, 3.25), (1e4, 0.5), (20.0, f64::NAN)]).bars([0.5]);
    let names = [("width (log scale)", Scale::Log), ("time, of a row (s)", Scale::Linear)];
    let svg = chart("", &Panel::new(names[0], names[1], vec![curve]).heading("its heading"));
    is_drawn(&svg);
    let name = "its heading, a &lt;curve&gt;: width";
    let expected = ["12, time 3.25 ± 0.50 s", "10,000, time 0.50 s"].map(|n| format!("{name} {n}"));
    assert_eq!(said(&svg), expected);
    let places = svg.matches("<circle").count();
    assert!(places >= 2 && svg.contains("pointer-events=\"all\""), "{places}");
    // Unnamed axes have names all the same.
    let results = results();
    let angles = report::angles(&results);
    assert!(
        said(&angles)
            .iter()
            .all(|text| text.contains(": norm ‖a‖ ") && text.contains("cos ∠(a, x) "))
    );
    // Nets of the same size are moved apart, but not their numbers.
    let accuracy = report::accuracy(&results, report::Cost::Parameters);
    let said = said(&accuracy);
    assert!(
        said.iter().any(|text| text.starts_with("dup  NET: parameters 1,234, test accuracy ")),
        "{said:?}"
    );
    assert!(
        said.iter().any(|text| text.starts_with("Dup net, seed 2: parameters 1,234, ")),
        "{said:?}"
    );
}

/// What a file holds does not grow with what was measured.
#[test]
fn a_long_series_says_some_of_its_numbers() {
    let numbers = || (0..5000).map(|i| (f64::from(i), f64::from(i % 70)));
    for (curve, count) in [(Curve::line("", numbers()), 100), (Curve::points("", numbers()), 400)] {
        let panel = Panel::new(("x", Scale::Linear), ("y", Scale::Linear), vec![curve]);
        let svg = chart("", &panel);
        let said = said(&svg);
        assert_eq!(said.len(), count);
        assert_eq!((said[0], said[count - 1]), ("x 0.00, y 0.00", "x 4999.00, y 29.00"));
    }
}

/// |x| + |y| on a square: four polygons, two of each class, and a boundary through the middle.
#[test]
fn rays_and_slices_are_drawn() {
    let layers: Vec<Box<dyn Layer<f64>>> = vec![
        Box::new(Switch::two_slope(array![1.0, 1.0], array![-1.0, -1.0])),
        Box::new(Dense::new(array![[1.0, 0.0], [0.0, 1.0]], None)),
    ];
    let net = switchnet::net::Graph::chain(layers).unwrap();
    let along = ray(&net, array![-1.0, 0.5].view(), array![1.0, 0.25].view()).unwrap();
    let svg = report::along(&along, &["a < b".to_owned()]);
    is_drawn(&svg);
    assert!(svg.contains(">\na &lt; b\n<") && svg.contains(">\noutput 1\n<"));
    let plane = Plane { origin: vec![0.0, 0.0], u: vec![1.0, 0.0], v: vec![0.0, 1.0] };
    let window = Window { u: [-1.0, 1.0], v: [-1.0, 1.0] };
    let found = slice(
        &net,
        &plane,
        window,
        SliceBudget { seconds: f64::INFINITY, ..SliceBudget::default() },
        &mut |_| Continue(()),
    )
    .unwrap();
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
    let labeled = [([0.5, 0.5], 0), ([-0.5, 0.5], 1), ([5.0, 5.0], 1)];
    let classes = ["class one & only".to_owned()];
    let axes = ["input 0", "input 1"];
    let scene = report::Scene { axes, inputs: &[], labeled: &labeled, classes: &classes };
    let svg = report::slice(&found, report::Tint::Class, &scene);
    for text in ["input 1", "class one &amp; only", "class 1"] {
        assert!(svg.contains(&format!(">\n{text}\n<")), "{text}");
    }
    // A disc and its rim for each in the window.
    assert_eq!(elements(&svg).iter().filter(|e| *e == "circle").count(), 4);
    // What is marked has a name, whatever colors mean, unless the window does not hold it.
    let inputs = [("row 7", [0.0, 0.5]), ("<mine>.npy", [0.5, 0.0]), ("far away", [3.0, 0.0])];
    let scene = report::Scene { inputs: &inputs, labeled: &[], ..scene };
    for tint in [report::Tint::Class, report::Tint::Slope] {
        let svg = report::slice(&found, tint, &scene);
        assert!(svg.contains(">\nrow 7\n<") && svg.contains(">\n&lt;mine&gt;.npy\n<"), "{tint:?}");
        assert!(!svg.contains("far away"), "{tint:?}");
        // The second is a disc, white as no class is, with a rim; so is its sample.
        let discs: Vec<&str> = svg.lines().filter(|line| line.starts_with("<circle")).collect();
        let white = discs.iter().filter(|disc| disc.contains("#FFFFFF")).count();
        assert_eq!((discs.len(), white), (4, 2), "{tint:?}");
    }
}

/// Eight folds each way cut a square into 256² polygons, and output 0 is larger right of the middle.
#[test]
fn a_slice_of_many_polygons_is_drawn_in_pixels() {
    let folds = 8;
    let first = Dense::new(array![[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]], None);
    let mut layers: Vec<Box<dyn Layer<f64>>> = vec![Box::new(first)];
    for _ in 0..folds {
        // 2 |x| − 1, and u as it is.
        layers.push(Box::new(Switch::two_slope(array![1.0, 1.0, 1.0], array![-1.0, -1.0, 1.0])));
        let stretch = array![[2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 1.0]];
        layers.push(Box::new(Dense::new(stretch, Some(array![-1.0, -1.0, 0.0]))));
    }
    layers.push(Box::new(Dense::new(array![[0.0, 0.0, 1.0], [0.0, 0.0, 0.0]], None)));
    let net = switchnet::net::Graph::chain(layers).unwrap();
    let plane = Plane { origin: vec![0.0, 0.0], u: vec![1.0, 0.0], v: vec![0.0, 1.0] };
    let window = Window { u: [-1.0, 1.0], v: [-1.0, 1.0] };
    let budget = SliceBudget { seconds: f64::INFINITY, ..SliceBudget::default() };
    let found = slice(&net, &plane, window, budget, &mut |_| Continue(())).unwrap();
    assert_eq!((found.polygons.len(), found.complete), (1 << (2 * folds), true));
    assert!(found.polygons.len() > report::MOST_POLYGONS);
    for tint in [report::Tint::Class, report::Tint::Pattern] {
        let svg = report::slice(&found, tint, &report::Scene::THROUGH);
        let (before, image) = svg.split_once("base64,").unwrap();
        let (png, after) = image.split_once('"').unwrap();
        is_drawn(&format!("{before}\"{after}"));
        assert!(svg.len() < 2_000_000, "{tint:?}: {}", svg.len());
        let picture = Picture::read(&STANDARD.decode(png).unwrap());
        assert!(picture.width > 1000 && picture.height > 1000);
        assert!(picture.pixels.iter().all(|pixel| pixel[3] == 255), "{tint:?}: a pixel is open");
        if tint == report::Tint::Class {
            // The colors of the classes, three quarters of them on white.
            let [left, right] = [[224, 134, 64, 255], [64, 149, 197, 255]];
            for y in 0..picture.height {
                for x in 0..picture.width {
                    let color = if 2 * x + 1 > picture.width { right } else { left };
                    let middle = 2 * x + 1 == picture.width; // both are equal there
                    assert!(middle || picture.pixel(x, y) == color, "{x} {y}");
                }
            }
        }
    }
}

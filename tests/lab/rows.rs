//! Inputs and rows of weights, drawn as what they are: pixels, bars, lines.

use crate::made_up::{CLASSES, INPUTS, elements, table};
use switchnet::data::{Feature, Schema};
use switchnet_lab::experiment::Form;
use switchnet_lab::report::{self, Row, Rows, outputs_shown};

fn named(names: impl IntoIterator<Item = String>) -> Schema {
    let feature = |column| Feature { column, category: None, missing: None };
    Schema { features: names.into_iter().map(feature).collect(), ..Schema::default() }
}

fn numbered(stem: &str, numbers: impl IntoIterator<Item = usize>) -> Vec<String> {
    numbers.into_iter().map(|number| format!("{stem}{number}")).collect()
}

#[test]
fn shapes_and_names_say_what_a_row_is() {
    let (nameless, series) = (Schema::default(), |channels| Form::Series { channels });
    for (shape, form) in [
        (&[8, 8][..], Form::Image),
        (&[3, 32, 32], Form::Image),
        (&[1, 1], Form::Image),
        (&[6, 100], series(6)),
        (&[30, 100], Form::Image),
        (&[2, 8], Form::Image),
        (&[1, 1, 150], series(1)),
        (&[12, 1, 29], series(12)),
        (&[1], Form::Table),
        (&[23], Form::Table),
        (&[24], series(1)),
    ] {
        assert_eq!(Form::of(shape, &nameless), form, "{shape:?}");
    }
    let channels = |stems: &[&str], n: usize| {
        stems.iter().flat_map(|stem| numbered(stem, 0..n)).collect::<Vec<_>>()
    };
    for (names, form) in [
        (numbered("V", 1..=150), series(1)),
        (numbered("", 2..=151), series(1)),
        (numbered("t", 0..24), series(1)),
        (numbered("t", 0..23), Form::Table), // too few
        (numbered("nm", (400..900).step_by(2)), series(1)),
        (numbered("t", (0..30).rev()), Form::Table), // they do not rise
        (numbered("t", (0..30).map(|i| i * i)), Form::Table), // by equal steps
        (numbered("t", std::iter::repeat_n(7, 30)), Form::Table),
        (channels(&["x", "y", "z"], 30), series(3)),
        (channels(&["x", "y", "z"], 10), Form::Table),
        ([numbered("x", 0..30), numbered("y", 0..29)].concat(), Form::Table),
        ([numbered("x", 0..30), vec!["age".to_owned()]].concat(), Form::Table),
        ([vec!["age".to_owned()], numbered("x", 0..30)].concat(), Form::Table),
        (numbered("x", (0..30).map(|_| usize::MAX)), Form::Table),
    ] {
        assert_eq!(Form::of(&[names.len()], &named(names.clone())), form, "{names:?}");
    }
    // A feature for each text of a column counts nothing.
    let mut texts = named(numbered("t", 0..30));
    texts.features[3].category = Some("red".to_owned());
    assert_eq!(Form::of(&[30], &texts), Form::Table);
}

#[test]
fn forms_are_written_as_they_are_read() {
    for text in ["image", "table", "series", "series:6"] {
        let form: Form = serde_json::from_value(text.into()).unwrap();
        assert_eq!(serde_json::to_value(form).unwrap(), text);
    }
    for text in ["", "series:", "series:0", "series:x", "bars"] {
        let said = text.parse::<Form>().unwrap_err().to_string();
        assert!(said.contains("expected image, table, series"), "{said}");
    }
    let six = Form::Series { channels: 6 };
    assert_eq!(six.of_rows(18).unwrap(), six);
    let said = six.of_rows(20).unwrap_err().to_string();
    assert!(said.contains("expected a number that divides 20, found 6"), "{said}");
}

fn drawn<'a>(schema: &'a Schema, form: Form, x: &'a [f64], rows: &[&[f64]]) -> Rows<'a> {
    let shape: &[usize] = match x.len() {
        3 => &[3],
        41 => &[41],
        _ => &[48],
    };
    let row = |(mark, numbers): (usize, &&[f64])| Row {
        name: format!("row <{mark}>"),
        mark,
        numbers: numbers.to_vec(),
    };
    let rows = rows.iter().enumerate().map(row).collect();
    let (standardized, what) = (true, "weights & more");
    Rows { title: "\"A\" title".into(), form, shape, schema, standardized, x, what, rows, lead: 0 }
}

fn svg(rows: &Rows<'_>) -> String {
    let (ending, bytes) = rows.picture().unwrap();
    let text = String::from_utf8(bytes).unwrap();
    assert_eq!((ending, elements(&text)[0].as_str()), ("svg", "svg"));
    assert!(text.contains("aria-label=\"&quot;A&quot; title\""));
    assert!(!text.contains("NaN") && !text.contains("inf") && !text.contains("2147483647"));
    text
}

fn count(svg: &str, element: &str) -> usize {
    elements(svg).iter().filter(|name| *name == element).count()
}

#[test]
fn tables_are_bars_with_the_largest_on_top() {
    let long = "a name that is longer than its room, by far".to_owned();
    let schema = named(["<b>".to_owned(), "second & last".to_owned(), long]);
    let (x, lead, other) = ([1.0, -1.0, 0.0], [0.5, -2.0, 1.0], [1.0, 1.0, f64::NAN]);
    let text = svg(&drawn(&schema, Form::Table, &x, &[&lead, &other]));
    // A bar for each number that is finite.
    assert_eq!(count(&text, "polygon"), 8);
    let place = |name: &str| text.find(&format!(">\n{name}")).unwrap_or_else(|| panic!("{name}"));
    let order = ["second &amp; last", "a name that is longer", "&lt;b&gt;"].map(place);
    assert!(order.is_sorted(), "{order:?}");
    // What is cut off is said whole to who points at it.
    assert!(text.contains('…') && !text.contains("by far\n"));
    assert_eq!(text.matches("by far: ").count(), 3);
    assert!(text.contains("<title>row &lt;0&gt;, second &amp; last: −2.00"), "{text}");
    for said in ["input", "row &lt;0&gt;", "row &lt;1&gt;", "weights &amp; more: right"] {
        place(said);
    }
    // The two colors of the signs, and the input in another.
    for (color, bars) in [("#B2182B", 4), ("#2166AC", 1), ("#6E7682", 3)] {
        let bar = format!("<polygon opacity=\"1\" fill=\"{color}\"");
        assert_eq!(text.matches(&bar).count(), bars, "{color}");
    }
    // Of many features the largest are drawn, and the picture says so.
    let schema = named((0..41).map(|i| format!("column {}", char::from(b'A' + i))));
    let numbers: Vec<f64> = (0..41).map(f64::from).collect();
    let text = svg(&drawn(&schema, Form::Table, &numbers, &[&numbers]));
    assert_eq!(count(&text, "polygon"), 80);
    assert!(text.contains("the 40 largest of 41 features"));
    assert!(!text.contains(">\ncolumn A\n<") && text.contains(">\ncolumn B\n<"));
    // All zero, and nothing to order by.
    svg(&drawn(&Schema::default(), Form::Table, &[0.0; 3], &[]));
}

#[test]
fn series_are_lines_over_one_axis() {
    let x: Vec<f64> = (0..48).map(|i| f64::from(i).sin()).collect();
    for (channels, axis, headings) in [
        (1, "number of column t…", &[][..]),
        (2, "number of column t…", &["channel 1", "channel 2"]),
    ] {
        let schema = named(numbered("t", 0..48));
        let form = Form::Series { channels };
        let one = svg(&drawn(&schema, form, &x, &[&x]));
        let two = svg(&drawn(&schema, form, &x, &[&x, &x]));
        // A row more is a line more in each channel and its sample in the legend.
        assert_eq!(count(&two, "polyline") - count(&one, "polyline"), channels + 1);
        assert_eq!(count(&two, "polygon"), 0);
        for text in ["input, standardized", "weights &amp; more", "row &lt;1&gt;", axis] {
            assert!(two.contains(&format!(">\n{text}\n<")), "{text}");
        }
        for text in headings {
            assert_eq!(two.matches(&format!(">\n{text}\n<")).count(), 2, "{text}");
        }
    }
    // Channels go by their stems, if they have their own.
    let schema = named([numbered("left", 1..=24), numbered("right", 1..=24)].concat());
    let text = svg(&drawn(&schema, Form::of(&[48], &schema), &x, &[&x]));
    assert!(text.contains(">\nchannel left\n<") && text.contains(">\nnumber of column right…\n<"));
    let text = svg(&drawn(&Schema::default(), Form::Series { channels: 1 }, &x, &[&x]));
    assert!(text.contains(">\ninput, counted from 0\n<"));
    let wrong = drawn(&schema, Form::Series { channels: 5 }, &x, &[&x]).picture().unwrap_err();
    assert!(wrong.to_string().contains("expected a number that divides 48, found 5"), "{wrong}");
    let wrong = drawn(&schema, Form::Series { channels: 1 }, &x, &[&x[1..]]).picture().unwrap_err();
    assert!(wrong.to_string().contains("expected 48, found 47"), "{wrong}");
}

#[test]
fn of_many_outputs_the_largest_are_drawn_and_what_must_be() {
    let y: Vec<f64> = (0..26).map(|k| f64::from((k * 7) % 26)).collect();
    // The largest are 11, 22, 7, 18, 3, 14; and 0 is the least of all.
    assert_eq!(outputs_shown(Form::Table, &y, &[0]), [0, 3, 7, 11, 14, 18, 22]);
    assert_eq!(outputs_shown(Form::Table, &y[..5], &[0]), [0, 1, 2, 3, 4]);
    assert_eq!(outputs_shown(Form::Image, &y, &[0]).len(), 26);
}

#[test]
fn the_page_of_a_table_has_its_names() {
    let results = table();
    let page = report::page(&results, None).unwrap();
    let pictures = |page: &str| count(page, "img");
    let examples: usize = results.nets.iter().map(|net| net.examples.len()).sum();
    assert_eq!(pictures(&page), 0);
    // Of each example a chart, beside those of an experiment with images.
    assert_eq!(count(&page, "svg"), 3 + results.nets.len() - 1 + examples);
    for text in ["&lt;b&gt;width&lt;/b&gt;", "a &amp; b", "input", "&lt;i&gt; ✓"] {
        assert!(page.contains(&format!(">\n{text}\n<")), "{text}");
    }
    assert!(page.contains(
        "of class &lt;i&gt; and the effective weights of its outputs in the net dup  NET"
    ));
    let (ending, bytes) = report::maps_sheet(&results.nets[0], &results.data).unwrap();
    let sheet = String::from_utf8(bytes).unwrap();
    assert_eq!((ending, count(&sheet, "svg")), ("svg", 1 + results.nets[0].examples.len()));
    let bars = results.nets[0].examples.len() * (1 + CLASSES) * INPUTS;
    assert_eq!(count(&sheet, "polygon"), bars);
    // An experiment may say otherwise; pictures name their net too.
    let mut pixels = table();
    pixels.data.draw = Some(Form::Image);
    let page = report::page(&pixels, None).unwrap();
    assert_eq!(pictures(&page), examples * (1 + CLASSES));
    assert!(page.contains("weights of class &lt;i&gt; for test input 0 in the net dup  NET"));
    assert_eq!(report::maps_sheet(&pixels.nets[0], &pixels.data).unwrap().0, "png");
    let images = crate::made_up::results();
    assert_eq!(report::maps_sheet(&images.nets[0], &images.data).unwrap().0, "png");
}

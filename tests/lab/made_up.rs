//! Results that are made up: no net was trained for them, and the numbers are chosen to be awkward and easy to
//! check.

use switchnet::analysis::{Exactness, LayerSwitches, Neuron, Provenance, SwitchStatistics};
use switchnet::data::{Feature, Schema};
use switchnet::layer::{DenseConfig, FlattenConfig};
use switchnet::net::{Spec, Summary, SummaryRow};
use switchnet::train::EpochRecord;
use switchnet::train::Training;
use switchnet_lab::experiment::{
    DataSummary, Example, LearningRateTried, MeanStd, NetResults, Results, SeedRun,
};

pub const CLASSES: usize = 3;
pub const INPUTS: usize = 4;

fn record(epoch: usize, loss: f64, accuracy: Option<f64>) -> EpochRecord {
    EpochRecord {
        epoch,
        learning_rate: 0.01,
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
        confusion: vec![vec![3, 1, 0], vec![0, 4, 0], vec![0, 2, 1200 + seed as usize]],
        checkpoint: Some(format!("net1 \"&\" seed{seed}.safetensors")),
        never_open: switches / 4,
        switches,
        maps: 10,
        mean_angle: 72.5,
        mean_norm: 1.25,
        worst_residual: 3e-16,
        spoiled: Vec::new(),
        geometry: None,
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
        norm: if output == 2 { 0.0 } else { 1.0 },
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
    let of = |f: fn(&SeedRun) -> f64| MeanStd::of(&runs.iter().map(f).collect::<Vec<_>>());
    let spec = Spec {
        input: vec![1, 2, 2],
        seed: 1,
        layers: vec![FlattenConfig {}.into(), DenseConfig { outputs: CLASSES, bias: true }.into()],
    };
    NetResults {
        name: name.to_owned(),
        provenance: Provenance::of(&spec.build::<f64>().unwrap()),
        spec,
        summary: Summary {
            input: vec![1, 2, 2],
            rows: vec![layer],
            parameters: 1234,
            multiply_adds: 12,
        },
        learning_rates: vec![
            LearningRateTried {
                learning_rate: 0.003,
                validation_accuracy: Some(MeanStd { mean: 0.5, deviation: 0.1 }),
            },
            LearningRateTried {
                learning_rate: 0.01,
                validation_accuracy: Some(MeanStd { mean: 0.75, deviation: 0.0 }),
            },
        ],
        learning_rate: 0.01,
        test_accuracy: of(|run| run.test_accuracy),
        seconds: of(|run| run.seconds),
        microseconds: 12.5,
        against: None,
        runs,
        switches: SwitchStatistics { inputs: 10, patterns: 7, layers },
        examples: vec![example(0, 1, 1), example(1, 2, 0)],
    }
}

/// Hostile names, two of them the same, a net without switches, one without examples, one that is
/// a tangent.
pub fn results() -> Results {
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
    nets[4].provenance.exactness = Exactness::Tangent;
    Results {
        name: format!("Made up {script}"),
        data: data(vec![1, 2, 2], CLASSES),
        seeds: vec![1, 2],
        choosing_seeds: 2,
        training: Training::default(),
        nets,
        seconds: 12.5,
        threads: 2,
    }
}

fn data(shape: Vec<usize>, classes: usize) -> DataSummary {
    DataSummary {
        name: "data & <more>".to_owned(),
        shape,
        classes,
        schema: Schema::default(),
        folds: None,
        draw: None,
        standardized: false,
        train: 1000,
        test: 10,
    }
}

/// The same of a table of four columns with hostile names, and of classes with such.
pub fn table() -> Results {
    let mut results = results();
    let mut schema = Schema::of_classes(["a & b", "<i>", "c"]);
    let column = |name: &str| Feature { column: name.to_owned(), category: None, missing: None };
    schema.features = ["<b>width</b>", "\"height\"", "&", &"long ".repeat(20)].map(column).to_vec();
    results.data = DataSummary { shape: vec![INPUTS], schema, standardized: true, ..results.data };
    results
}

/// As little as there can be: one net, seed, epoch, class, input, and nothing held out.
pub fn tiny() -> Results {
    let mut net = net("one", &[1.0], 1, 1);
    net.runs[0].history = vec![record(1, 0.0, None)];
    net.runs[0].best_epoch = None;
    net.runs[0].confusion = vec![vec![10]];
    net.runs[0].checkpoint = None;
    net.learning_rates.iter_mut().for_each(|tried| tried.validation_accuracy = None);
    let neuron = Neuron { output: 0, y: 0.0, sum: 0.0, c: 0.0, norm: 0.0, cosine: 0.0 };
    net.examples = vec![Example {
        x: vec![0.0],
        rows: vec![vec![0.0]],
        c: vec![0.0],
        neurons: vec![neuron],
        ..example(0, 0, 0)
    }];
    let data = data(vec![1], 1);
    let (seeds, training) = (vec![1], Training::default());
    Results {
        name: "tiny".into(),
        data,
        seeds,
        choosing_seeds: 1,
        training,
        nets: vec![net],
        seconds: 0.0,
        threads: 1,
    }
}

/// Checks that tags are closed in the order they were opened, and that `&` and `<` are nowhere
/// bare; gives the names of the elements that were opened.
pub fn elements(text: &str) -> Vec<String> {
    const VOID: [&str; 3] = ["meta", "img", "br"];
    // A script is a text of its own, up to its end.
    let without = text.split_once("<script>").map(|(before, rest)| {
        let (script, after) = rest.split_once("</script>").expect("a script has an end");
        assert!(!script.contains("</"), "a script that would end its element");
        format!("{before}<script></script>{after}")
    });
    let text = without.as_deref().unwrap_or(text);
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
        let code =
            open.last().is_some_and(|element| ["style", "script"].contains(&element.as_str()));
        assert!(code || !rest.contains('>'), "a bare > in {rest}");
    }
    assert!(open.is_empty(), "never closed: {open:?}");
    all
}

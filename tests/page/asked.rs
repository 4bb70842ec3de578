//! Requests to the nets of a page, and nets to ask.

use serde_json::Value;
use std::collections::BTreeMap;
use switchnet::data::{Preparation, Scope, Split, digits};
use switchnet::layer::parameters;
use switchnet::net::{Net, Spec, checkpoint};
use switchnet::random::generator;
use switchnet_lab::experiment::Experiment;
use switchnet_page::Nets;

/// A request, as the page makes it.
pub fn request(question: &Value, tail: &[u8]) -> Vec<u8> {
    let json = question.to_string();
    let mut all = u32::try_from(json.len()).unwrap().to_le_bytes().to_vec();
    all.extend(json.as_bytes());
    all.resize(all.len().next_multiple_of(8), 0);
    all.extend(tail);
    all
}

/// Numbers, as they stand behind a question.
pub fn bytes(numbers: &[f64]) -> Vec<u8> {
    numbers.iter().flat_map(|v| v.to_le_bytes()).collect()
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub json: Value,
    bytes: Vec<u8>,
}

impl Answer {
    /// What the bytes say, if they are an answer at all.
    pub fn read(bytes: Vec<u8>) -> Self {
        let length = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        assert_eq!(length(0), bytes.len());
        let json = serde_json::from_slice(&bytes[8..8 + length(4)]).unwrap();
        Self { json, bytes }
    }

    pub fn ok(&self, name: &str) -> &Value {
        assert!(self.json.get("ok").is_some(), "{}", self.json);
        &self.json["ok"][name]
    }

    pub fn error(&self) -> Option<&str> {
        self.json.get("error").and_then(Value::as_str)
    }

    /// The bytes of an array, of which each number has `N`.
    fn array<const N: usize>(&self, name: &str, kind: &str) -> &[[u8; N]] {
        let described = self.ok(name);
        assert_eq!(described["kind"], kind, "{name}");
        let at = described["at"].as_u64().unwrap() as usize;
        assert_eq!(at % 8, 0, "{name}");
        let sides = described["shape"].as_array().unwrap();
        let count: usize = sides.iter().map(|side| side.as_u64().unwrap() as usize).product();
        self.bytes[at..at + count * N].as_chunks().0
    }

    pub fn numbers(&self, name: &str) -> Vec<f64> {
        self.array(name, "f64").iter().map(|b| f64::from_le_bytes(*b)).collect()
    }

    pub fn places(&self, name: &str) -> Vec<usize> {
        self.array(name, "u32").iter().map(|b| u32::from_le_bytes(*b) as usize).collect()
    }

    pub fn flags(&self, name: &str) -> Vec<bool> {
        self.array(name, "u8").iter().map(|[b]| *b == 1).collect()
    }

    /// Whether a field is an array, and of which kind.
    pub fn kind(&self, name: &str) -> Option<&str> {
        self.ok(name)
            .get("kind")
            .and_then(Value::as_str)
            .filter(|_| self.ok(name).get("at").is_some())
    }
}

pub fn ask(nets: &mut Nets, question: &Value, inputs: &[&[f64]]) -> Answer {
    let tail: Vec<u8> = inputs.iter().flat_map(|x| bytes(x)).collect();
    Answer::read(nets.call(&request(question, &tail), &mut |_, _| ()))
}

/// A net as its file is, and what is known of it.
pub struct Known {
    pub name: String,
    pub net: Net<f64>,
    pub preparation: Preparation,
    pub file: Vec<u8>,
}

/// A net with parameters of its own, and its file.
pub fn known(name: &str, spec: &Spec, preparation: Preparation, loss: &str) -> Known {
    let mut net = spec.build::<f32>().unwrap();
    // Biases begin at zero, and slopes alike: no switch would be like another.
    let mut rng = generator(77, 0);
    let mut flat = parameters::read(&net);
    flat.iter_mut().for_each(|v| *v += switchnet::random::normal::<f32>(&mut rng, 0.1));
    parameters::write(&mut net, &flat);
    let mut texts = preparation.texts();
    texts.insert("training".to_owned(), format!("{{\"loss\":\"{loss}\",\"batch\":32}}"));
    let file = checkpoint::write(spec, &net, &texts, &BTreeMap::new()).unwrap();
    Known { name: name.to_owned(), net: net.cast(), preparation, file }
}

/// The digits, in their own units.
pub fn raw() -> Split<f32> {
    digits()
}

/// Every net of the main job.
pub fn main_job() -> Vec<Known> {
    let text = include_str!("../../crates/cli/experiments/digits.toml");
    let experiment: Experiment = toml::from_str(text).unwrap();
    let (_, preparation) = Preparation::fit(raw(), Some(Scope::Global)).unwrap();
    let nets = experiment.nets.iter().map(|entry| {
        let spec = entry.architecture.spec(&[1, 8, 8], 10, 1).unwrap();
        known(&entry.name, &spec, preparation.clone(), "cross-entropy")
    });
    let nets: Vec<Known> = nets.collect();
    assert_eq!(nets.len(), 7);
    nets
}

/// The nets, opened.
pub fn opened(known: &[Known]) -> Nets {
    let mut nets = Nets::default();
    for (handle, net) in known.iter().enumerate() {
        let open = serde_json::json!({ "do": "open" });
        let answer = Answer::read(nets.call(&request(&open, &net.file), &mut |_, _| ()));
        assert_eq!(answer.ok("net"), handle, "{}", net.name);
    }
    nets
}

/// A few images as they are.
pub fn images(rows: std::ops::Range<usize>) -> Vec<Vec<f64>> {
    let test = raw().test;
    rows.map(|row| test.inputs().row(row).iter().map(|&v| f64::from(v)).collect()).collect()
}

//! A net of the page, as its file has it.

use crate::wire::{Answer, Frozen};
use ndarray::{Array1, Array2, Axis};
use serde::Deserialize;
use switchnet::analysis::{SwitchLayer, Unit, hold, switch_layers};
use switchnet::data::Preparation;
use switchnet::layer::{Layer, parameters};
use switchnet::net::{Graph, Net, checkpoint};
use switchnet::train::Loss;
use switchnet::{Error, Result};

/// A net in double precision, and what its file says of its inputs and outputs.
pub struct Opened {
    net: Net<f64>,
    pub preparation: Preparation,
    loss: Loss,
    pub layers: Vec<SwitchLayer>,
    /// The net with switches held, as it was last asked for.
    held: Option<(Vec<Frozen>, Graph<f64>)>,
}

/// What the page asks of how a net was trained.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Kept {
    loss: Loss,
}

impl Opened {
    /// The net of a checkpoint.
    pub fn of(file: &[u8]) -> Result<Self> {
        let checkpoint = checkpoint::read::<f64>(file)?;
        let (net, texts) = (checkpoint.net, checkpoint.metadata);
        let preparation = Preparation::of_texts(&texts, net.inputs(), net.outputs())?;
        let training: Option<Kept> = texts
            .get("training")
            .map(|text| serde_json::from_str(text))
            .transpose()
            .map_err(|e| Error::new("training of the metadata", "its JSON", e))?;
        let loss = training.unwrap_or_default().loss;
        let layers = switch_layers(net.graph());
        Ok(Self { net, preparation, loss, layers, held: None })
    }

    pub fn inputs(&self) -> usize {
        self.net.inputs()
    }

    pub fn outputs(&self) -> usize {
        self.net.outputs()
    }

    /// Whether outputs are logarithms of probabilities, but for a constant.
    pub fn gives_probabilities(&self) -> bool {
        self.loss == Loss::CrossEntropy && self.preparation.targets.is_none()
    }

    /// The net with these switches held.
    pub fn graph(&mut self, frozen: &[Frozen]) -> Result<&Graph<f64>> {
        if frozen.is_empty() {
            return Ok(self.net.graph());
        }
        if self.held.as_ref().is_none_or(|(held, _)| held != frozen) {
            let unit = |f: &Frozen| (Unit { layer: f.layer, unit: f.unit }, f.open);
            let units: Vec<_> = frozen.iter().map(unit).collect();
            let graph = hold(self.net.cast::<f64>().into_graph(), &units)?;
            self.held = Some((frozen.to_vec(), graph));
        }
        let (_, graph) = self.held.as_ref().expect("it was just made");
        Ok(graph)
    }

    /// A raw input as the net sees it.
    pub fn input(&self, raw: Vec<f64>) -> Result<Array1<f64>> {
        if let Some((i, v)) = raw.iter().enumerate().find(|(_, v)| !v.is_finite()) {
            return Err(Error::new(format_args!("input {i}"), "a finite number", v));
        }
        let x = self.preparation.inputs(Array1::from(raw).insert_axis(Axis(0)))?;
        Ok(x.index_axis_move(Axis(0), 0))
    }

    /// A change of the input as one of the raw input.
    pub fn raw_change(&self, mut change: Vec<f64>) -> Vec<f64> {
        if let Some(standardize) = &self.preparation.standardize {
            change.iter_mut().zip(standardize.scale()).for_each(|(d, scale)| *d *= scale);
        }
        change
    }

    /// Outputs in their own units.
    pub fn own_outputs(&self, y: Array1<f64>) -> Vec<f64> {
        self.preparation.undo(y.insert_axis(Axis(0))).into_raw_vec_and_offset().0
    }

    /// The same of rows of outputs.
    pub fn own_rows(&self, y: Array2<f64>) -> Array2<f64> {
        self.preparation.undo(y)
    }

    /// What is said of the net once.
    pub fn describe(&self, handle: usize) -> Answer {
        let mut answer = Answer::default();
        let signature = self.net.signature();
        let schema = self.preparation.schema.clone().unwrap_or_default();
        let named = |known: bool, names: Vec<String>| known.then_some(names);
        let outputs: Vec<String> =
            (0..self.outputs()).map(|k| schema.output(k).into_owned()).collect();
        let features = (0..self.inputs()).map(|i| schema.feature(i).into_owned()).collect();
        let classifies = self.gives_probabilities() || !schema.classes.is_empty();
        answer.set("net", handle);
        answer.set("name", signature.name.as_ref());
        answer.set("input_shape", &self.net.spec().input);
        answer.set("inputs", self.inputs());
        answer.set("outputs", self.outputs());
        answer.set("classes", named(classifies, outputs.clone()));
        answer.set("output_names", outputs);
        answer.set("features", named(!schema.features.is_empty(), features));
        answer.set("task", if classifies { "classes" } else { "values" });
        answer.set("loss", self.loss);
        answer.set("parameters", parameters::count(&self.net));
        answer.set("multiply_adds", signature.multiply_adds);
        answer.set("piecewise_linear", signature.regularity.is_piecewise_linear());
        let mut first = 0;
        let layers = self.layers.iter().enumerate().map(|(index, layer)| {
            let node = layer.node;
            let described = serde_json::json!({
                "index": index, "node": node, "name": layer.name, "kind": layer.name,
                "shape": self.net.shapes()[node], "units": layer.switches,
                "switches": layer.switches, "first": first, "can_be_held": layer.can_be_held,
            });
            first += layer.switches;
            described
        });
        answer.set("layers", layers.collect::<Vec<_>>());
        answer.set("mean", ());
        answer.set("deviation", ());
        if let Some(standardize) = &self.preparation.standardize {
            answer.numbers("mean", &[self.inputs()], standardize.mean());
            answer.numbers("deviation", &[self.inputs()], standardize.scale());
        }
        answer
    }
}

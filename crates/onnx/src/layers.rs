//! The layers that are put down while a graph is read, and the net of them.

use crate::index::Moves;
use crate::room::Room;
use std::collections::{HashMap, HashSet};
use switchnet::layer::{
    DiagonalConfig, GatherConfig, Init, LayerConfig, ReshapeConfig, Shape, SliceConfig,
};
use switchnet::ndarray::{ArrayD, IxDyn};
use switchnet::net::{Config, NodeSpec, OpSpec, Spec};
use switchnet::{Error, Result};

/// A value that depends on the input.
#[derive(Clone, Debug)]
pub(crate) struct Flow {
    /// 0 is the input, k what layer k − 1 gives.
    pub value: usize,
    /// Its shape as ONNX has it, batch and all.
    pub shape: Vec<usize>,
}

impl Flow {
    pub(crate) fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// The same numbers in another shape.
    pub(crate) fn shaped(&self, shape: &[usize]) -> Self {
        Self { value: self.value, shape: shape.to_vec() }
    }
}

/// A parameter of a layer: its name, its shape, its numbers.
pub(crate) type Given = (&'static str, Vec<usize>, Vec<f64>);

/// The parameters of a net by their names.
pub(crate) type Parameters = Vec<(String, ArrayD<f64>)>;

#[derive(Debug)]
struct Layer {
    /// What the file calls the node that it is of.
    name: String,
    op: OpSpec,
    from: Vec<usize>,
    parameters: Vec<Given>,
}

/// The layers so far.
#[derive(Debug)]
pub(crate) struct Layers {
    all: Vec<Layer>,
    /// The shape of each value as the library has it: plain, or (channels, height, width).
    shapes: Vec<Vec<usize>>,
    /// What the next layers are called.
    pub name: String,
    pub room: Room,
}

/// No graph may become more layers than a net may have.
const MOST: usize = 1 << 14;

impl Layers {
    /// None yet, for inputs of this shape.
    pub(crate) fn new(input: &[usize], room: Room) -> Self {
        Self { all: Vec::new(), shapes: vec![input.to_vec()], name: String::new(), room }
    }

    /// The input, as a plain row.
    pub(crate) fn input(&self) -> Flow {
        Flow { value: 0, shape: vec![self.shapes[0].iter().product()] }
    }

    fn push(
        &mut self,
        op: OpSpec,
        from: Vec<usize>,
        shape: Vec<usize>,
        parameters: Vec<Given>,
    ) -> Result<usize> {
        if self.all.len() == MOST {
            return Err(Error::new("layers", format_args!("at most {MOST}"), "more"));
        }
        for (name, _, numbers) in &parameters {
            if let Some(number) = numbers.iter().find(|number| !number.is_finite()) {
                return Err(Error::new(name, "finite numbers", number));
            }
        }
        self.all.push(Layer { name: self.name.clone(), op, from, parameters });
        self.shapes.push(shape);
        Ok(self.all.len())
    }

    /// A layer on `flow`, which gives values of `shape`.
    pub(crate) fn layer(
        &mut self,
        flow: &Flow,
        config: impl LayerConfig,
        parameters: Vec<Given>,
        shape: &[usize],
    ) -> Result<Flow> {
        // A layer may have vectors of its length, whether learned or not.
        self.room.fits(&flow.shape)?;
        self.room.fits(shape)?;
        let size = config.size(Shape(&self.shapes[flow.value]))?;
        let op = OpSpec::Layer(Config::from(config));
        let value = self.push(op, vec![flow.value], size.shape, parameters)?;
        Ok(Flow { value, shape: shape.to_vec() })
    }

    /// The same with `flow` as an image (channels, height, width).
    pub(crate) fn image_layer(
        &mut self,
        flow: &Flow,
        image: [usize; 3],
        config: impl LayerConfig,
        parameters: Vec<Given>,
        shape: &[usize],
    ) -> Result<Flow> {
        let flow = self.as_image(flow, image)?;
        self.layer(&flow, config, parameters, shape)
    }

    fn as_image(&mut self, flow: &Flow, image: [usize; 3]) -> Result<Flow> {
        if self.shapes[flow.value] == image {
            return Ok(flow.clone());
        }
        let shape = flow.shape.clone();
        self.layer(flow, ReshapeConfig { shape: image.to_vec() }, Vec::new(), &shape)
    }

    /// `scale·x + bias`, element by element, with what is said.
    pub(crate) fn diagonal(
        &mut self,
        flow: &Flow,
        scale: Option<Vec<f64>>,
        bias: Option<Vec<f64>>,
    ) -> Result<Flow> {
        let (n, shape) = (flow.len(), flow.shape.clone());
        let given = |name, numbers: Option<Vec<f64>>| numbers.map(|v| (name, vec![n], v));
        let config = DiagonalConfig {
            scale: scale.as_ref().map(|_| Init::Constant(1.0)),
            bias: bias.is_some(),
        };
        let parameters = [given("scale", scale), given("bias", bias)];
        self.layer(flow, config, parameters.into_iter().flatten().collect(), &shape)
    }

    /// The same with one number for all.
    pub(crate) fn uniform(
        &mut self,
        flow: &Flow,
        scale: Option<f64>,
        bias: Option<f64>,
    ) -> Result<Flow> {
        self.room.take(&flow.shape)?;
        let all = |number: Option<f64>| number.map(|number| vec![number; flow.len()]);
        self.diagonal(flow, all(scale), all(bias))
    }

    /// Numbers put elsewhere.
    pub(crate) fn moved(&mut self, flow: &Flow, moves: &Moves) -> Result<Flow> {
        let inputs = flow.len();
        if moves.from.is_empty() {
            let found = format_args!("{:?}", moves.shape);
            return Err(Error::new("shape of a value", "at least one number", found));
        }
        if moves.keeps(inputs) {
            return Ok(flow.shaped(&moves.shape));
        }
        let from = &moves.from;
        if let Some(start) = from[0]
            && from.iter().enumerate().all(|(i, &place)| place == Some(start + i))
        {
            let config = SliceConfig { start, width: from.len() };
            return self.layer(flow, config, Vec::new(), &moves.shape);
        }
        self.layer(flow, GatherConfig::new(from), Vec::new(), &moves.shape)
    }

    /// The sum of values of one shape.
    pub(crate) fn add(&mut self, a: &Flow, b: &Flow) -> Result<Flow> {
        let shape = self.shapes[a.value].clone();
        let b = match self.shapes[b.value] == shape {
            true => b.clone(),
            false => self.layer(b, ReshapeConfig { shape: shape.clone() }, Vec::new(), &a.shape)?,
        };
        let value = self.push(OpSpec::Add, vec![a.value, b.value], shape, Vec::new())?;
        Ok(Flow { value, shape: a.shape.clone() })
    }

    /// All numbers of one value, then all of the next.
    pub(crate) fn concat(&mut self, flows: &[Flow]) -> Result<Flow> {
        let mut from = Vec::with_capacity(flows.len());
        let mut count = 0usize;
        for flow in flows {
            // Images would be put together by channels, which is the same, but not if some are none.
            let plain = vec![flow.len()];
            let flow = match self.shapes[flow.value] == plain {
                true => flow.clone(),
                false => {
                    let config = ReshapeConfig { shape: plain };
                    self.layer(flow, config, Vec::new(), &flow.shape)?
                }
            };
            count = count.saturating_add(flow.len());
            from.push(flow.value);
        }
        self.room.take(&[count])?;
        if let [one] = from[..] {
            return Ok(Flow { value: one, shape: vec![count] });
        }
        let value = self.push(OpSpec::Concat, from, vec![count], Vec::new())?;
        Ok(Flow { value, shape: vec![count] })
    }

    /// The net whose output is `output`: its spec, and its parameters by their names.
    pub(crate) fn net(mut self, output: &Flow) -> Result<(Spec, Parameters)> {
        let mut last = output.value;
        if last == 0 {
            self.name = "output".to_owned();
            let plain = ReshapeConfig { shape: self.shapes[0].clone() };
            last = self.layer(output, plain, Vec::new(), &output.shape)?.value;
        }
        // What nobody reads is no part of the net.
        let mut read = vec![false; self.all.len() + 1];
        read[last] = true;
        for value in (1..=last).rev() {
            if read[value] {
                self.all[value - 1].from.iter().for_each(|&from| read[from] = true);
            }
        }
        if !read[0] {
            return Err(Error::new(
                "output of the model",
                "one that depends on the input",
                "a constant",
            ));
        }
        let mut names = Names::default();
        let (mut called, mut before) = (vec!["input".to_owned(); last + 1], 0);
        let (mut layers, mut parameters) = (Vec::new(), Vec::new());
        for (value, layer) in (1..=last).zip(self.all) {
            if !read[value] {
                continue;
            }
            let name = names.free(&layer.name);
            for (parameter, shape, numbers) in layer.parameters {
                let array = ArrayD::from_shape_vec(IxDyn(&shape), numbers)
                    .map_err(|e| Error::new(parameter, format_args!("{shape:?}"), e))?;
                parameters.push((format!("{name}.{parameter}"), array));
            }
            let from = match layer.from[..] {
                [one] if one == before => Vec::new(),
                _ => layer.from.iter().map(|&from| called[from].clone()).collect(),
            };
            called[value].clone_from(&name);
            layers.push(NodeSpec { name: Some(name), from, op: layer.op });
            before = value;
        }
        Ok((Spec { input: self.shapes.swap_remove(0), seed: 0, layers }, parameters))
    }
}

/// Names that are taken.
#[derive(Default)]
struct Names {
    taken: HashSet<String>,
    /// How often each was wanted.
    wanted: HashMap<String, usize>,
}

impl Names {
    /// `name`, or with a number behind it if it is taken. What no layer may be called is replaced.
    fn free(&mut self, name: &str) -> String {
        let plain = name.replace(|c: char| c == '.' || c == '+' || c.is_control(), "-");
        let count = self.wanted.entry(plain.clone()).or_insert(0);
        loop {
            *count += 1;
            let found = if *count == 1 { plain.clone() } else { format!("{plain} ({count})") };
            if self.taken.insert(found.clone()) {
                return found;
            }
        }
    }
}

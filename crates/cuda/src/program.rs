//! What a net does, in the one form that kernels are written for.

use switchnet::layer::{
    DenseConfig, DropoutConfig, FixedTransformConfig, FlattenConfig, GatherConfig, Layer,
    PadConfig, ReshapeConfig, SliceConfig, Structure, TakeConfig, TileConfig, parameters,
};
use switchnet::net::{Net, NodeSpec};
use switchnet::transform::{Fixed, Form};
use switchnet::{Error, Result};

/// A net as a reshaping, sweeps, and a dense readout.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    /// Numbers of an input row.
    pub inputs: usize,
    /// Of each number of a row behind the reshaping, the input that it is, if it is no zero.
    pub from: Vec<Option<usize>>,
    /// Of each number of a row behind the reshaping, whether its sign is changed.
    pub signs: Vec<bool>,
    /// What follows, first sweep first.
    pub sweeps: Vec<Sweep>,
    /// What the last sweep goes to.
    pub readout: Readout,
    /// The number of parameters of the net.
    pub parameters: usize,
}

/// A Walsh–Hadamard transform and what is done to each number behind it: `y = ±s(d x + b)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    /// The length of a block of the transform.
    pub block: usize,
    /// `d`, if it is not 1.
    pub scale: Option<Vector>,
    /// `b`, if it is not 0.
    pub bias: Option<Vector>,
    /// The slopes of `s` where its input is positive and where it is not, if there is a switch.
    pub switch: Option<[Vector; 2]>,
    /// Whether the sign is changed behind the switch.
    pub signs: Vec<bool>,
}

/// Numbers of a layer, one for each number of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Vector {
    /// These, for ever.
    Fixed(Vec<f32>),
    /// Parameters of the net, from this one on.
    Learned(usize),
}

/// A dense layer at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Readout {
    /// The number of outputs.
    pub outputs: usize,
    /// The place of the first weight among the parameters of the net.
    pub weight: usize,
    /// The place of the first bias, if there is one.
    pub bias: Option<usize>,
}

impl Program {
    /// What `net` does.
    ///
    /// # Errors
    /// If it is no such net; the error names the layer.
    ///
    /// ```
    /// use switchnet::net::Spec;
    /// use switchnet_cuda::Program;
    ///
    /// let text = r#"
    ///     input = [784]
    ///     seed = 1
    ///     layers = [{ kind = "pad", width = 1024 }, { kind = "mix", transform = "hadamard" },
    ///         { kind = "relu" }, { kind = "dense", outputs = 10 }]
    /// "#;
    /// let program = Program::new(&toml::from_str::<Spec>(text).unwrap().build()?)?;
    /// assert_eq!((program.width(), program.sweeps.len(), program.readout.outputs), (1024, 1, 10));
    /// # Ok::<(), switchnet::Error>(())
    /// ```
    pub fn new(net: &Net<f32>) -> Result<Self> {
        let inputs = net.inputs();
        let mut program = Self {
            inputs,
            from: (0..inputs).map(Some).collect(),
            signs: vec![false; inputs],
            sweeps: Vec::new(),
            readout: Readout { outputs: 0, weight: 0, bias: None },
            parameters: 0,
        };
        let nodes = net.graph().nodes().iter().zip(&net.spec().layers);
        for (i, (node, spec)) in nodes.enumerate() {
            let at = |e: Error| match &spec.name {
                Some(name) => e.at(format_args!("layer {name} ({})", spec.kind())),
                None => e.at(format_args!("layer {i} ({})", spec.kind())),
            };
            let Some(layer) = node.layer().filter(|_| node.from == [i]) else {
                return Err(at(Error::new(
                    "net on a GPU",
                    "a chain of layers",
                    "a layer with other inputs",
                )));
            };
            if program.readout.outputs > 0 {
                return Err(at(Error::new(
                    "net on a GPU",
                    "a dense readout at the end",
                    "a layer behind it",
                )));
            }
            program.layer(layer, spec).map_err(at)?;
            program.parameters += parameters::count(layer);
        }
        if program.readout.outputs == 0 {
            return Err(Error::new(
                "last layer of a net on a GPU",
                "a dense readout",
                "another one",
            ));
        }
        Ok(program)
    }

    /// The length of a row behind the reshaping.
    pub fn width(&self) -> usize {
        self.from.len()
    }

    fn layer(&mut self, layer: &dyn Layer<f32>, spec: &NodeSpec) -> Result<()> {
        match layer.structure() {
            Structure::Orthonormal(transform) => match transform.describe().form {
                Form::WalshHadamard { block } => {
                    let signs = vec![false; self.width()];
                    self.sweeps.push(Sweep { block, scale: None, bias: None, switch: None, signs });
                    Ok(())
                }
                _ => self.moves(layer, spec),
            },
            Structure::Elementwise { vectors, learned } => {
                let mut first = self.parameters;
                let mut part = |values: &[f32], learned: bool| {
                    if learned {
                        first += values.len();
                        return Vector::Learned(first - values.len());
                    }
                    Vector::Fixed(values.to_vec())
                };
                let scale = vectors.scale.map(|values| part(values, learned[0]));
                let bias = vectors.bias.map(|values| part(values, learned[1]));
                let switch = vectors
                    .switch
                    .map(|[open, closed]| [part(open, learned[2]), part(closed, learned[3])]);
                self.elements(scale, bias, switch)
            }
            Structure::Opaque => self.moves(layer, spec),
        }
    }

    fn elements(
        &mut self,
        scale: Option<Vector>,
        bias: Option<Vector>,
        switch: Option<[Vector; 2]>,
    ) -> Result<()> {
        // Signs change the row before the first transform, or what a sweep gives.
        if let (Some(Vector::Fixed(values)), None, None) = (&scale, &bias, &switch)
            && values.iter().all(|value| value.abs() == 1.0)
        {
            let signs = self.sweeps.last_mut().map_or(&mut self.signs, |sweep| &mut sweep.signs);
            signs.iter_mut().zip(values).for_each(|(sign, value)| *sign ^= *value < 0.0);
            return Ok(());
        }
        let unmixed = || Error::new("net on a GPU", "a Walsh–Hadamard transform before it", "none");
        let sweep = self.sweeps.last_mut().ok_or_else(unmixed)?;
        let later = |there: bool, behind: bool| match there && behind {
            true => Err(Error::new(
                "sweep on a GPU",
                "scale, bias and switch, each at most once",
                "another order",
            )),
            false => Ok(()),
        };
        let signed = sweep.signs.contains(&true);
        later(
            scale.is_some(),
            sweep.scale.is_some() || sweep.bias.is_some() || sweep.switch.is_some() || signed,
        )?;
        sweep.scale = scale.or(sweep.scale.take());
        later(bias.is_some(), sweep.bias.is_some() || sweep.switch.is_some() || signed)?;
        sweep.bias = bias.or(sweep.bias.take());
        later(switch.is_some(), sweep.switch.is_some() || signed)?;
        sweep.switch = switch.or(sweep.switch.take());
        Ok(())
    }

    /// Layers that put numbers elsewhere, and the readout.
    fn moves(&mut self, layer: &dyn Layer<f32>, spec: &NodeSpec) -> Result<()> {
        let n = self.width();
        let unchanged = spec.get::<FlattenConfig>().is_some()
            || spec.get::<ReshapeConfig>().is_some()
            || spec.get::<DropoutConfig>().is_some_and(|dropout| dropout.probability == 0.0);
        let from: Vec<Option<usize>> = if unchanged {
            return Ok(());
        } else if let Some(pad) = spec.get::<PadConfig>() {
            (0..pad.width).map(|e| Some(e).filter(|&e| e < n)).collect()
        } else if let Some(tile) = spec.get::<TileConfig>() {
            (0..tile.width).map(|e| Some(e % n)).collect()
        } else if let Some(take) = spec.get::<TakeConfig>() {
            (0..take.width).map(Some).collect()
        } else if let Some(slice) = spec.get::<SliceConfig>() {
            (slice.start..slice.start + slice.width).map(Some).collect()
        } else if let Some(gather) = spec.get::<GatherConfig>() {
            gather.indices.iter().map(|&from| usize::try_from(from).ok()).collect()
        } else if spec.get::<FixedTransformConfig>().is_some() {
            let mut places = None;
            layer.visit_fixed(&mut |_, fixed| {
                if let Fixed::Places(from) = fixed {
                    places = Some(from.to_vec());
                }
            });
            let other =
                || Error::new("transform on a GPU", "hadamard, signs or permutation", layer.name());
            let places = places.ok_or_else(other)?;
            let block = places.len();
            (0..n).map(|e| Some(e / block * block + places[e % block])).collect()
        } else if let Some(dense) = spec.get::<DenseConfig>() {
            let weight = self.parameters;
            let bias = dense.bias.then_some(weight + dense.outputs * n);
            self.readout = Readout { outputs: dense.outputs, weight, bias };
            return Ok(());
        } else {
            let expected = "reshapes, Walsh–Hadamard transforms, scales, biases, switches of each element and a dense readout";
            return Err(Error::new("layers on a GPU", expected, layer.name()));
        };
        if !self.sweeps.is_empty() {
            return Err(Error::new(
                "net on a GPU",
                "numbers moved before the first transform only",
                layer.name(),
            ));
        }
        self.signs = from.iter().map(|from| from.is_some_and(|from| self.signs[from])).collect();
        self.from = from.into_iter().map(|from| from.and_then(|from| self.from[from])).collect();
        Ok(())
    }
}

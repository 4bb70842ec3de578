//! What a net does, if one kernel does all of it.

use crate::device::Gpu;
use crate::source::{shared_bytes, source};
use crate::steps::{Readout, Steps, Vector, Work};
use switchnet::net::Net;
use switchnet::train::Loss;
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
    pub scale: Option<Vector<f32>>,
    /// `b`, if it is not 0.
    pub bias: Option<Vector<f32>>,
    /// The slopes of `s` where its input is positive and where it is not, if there is a switch.
    pub switch: Option<[Vector<f32>; 2]>,
    /// Whether the sign is changed behind the switch.
    pub signs: Vec<bool>,
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
        let Steps { widths, steps, parameters } = Steps::new(net)?;
        let inputs = widths[0];
        let mut program = Self {
            inputs,
            from: (0..inputs).map(Some).collect(),
            signs: vec![false; inputs],
            sweeps: Vec::new(),
            readout: Readout { outputs: 0, weight: 0, bias: None },
            parameters,
        };
        for (i, step) in steps.into_iter().enumerate() {
            let refuse = |expected: &str, found: &str| {
                Err(Error::new("net on a GPU", expected, found).at(&step.layer))
            };
            if step.reads != [i] {
                return refuse("a chain of layers", "a layer with other inputs");
            }
            if program.readout.outputs > 0 {
                return refuse("a dense readout at the end", "a layer behind it");
            }
            match step.work {
                Work::Move { .. } if !program.sweeps.is_empty() => {
                    return refuse("numbers moved before the first transform only", "a move");
                }
                Work::Move { from, signs } => program.moved(&from, &signs),
                Work::Transform { block } => {
                    let signs = vec![false; program.width()];
                    let sweep = Sweep { block, scale: None, bias: None, switch: None, signs };
                    program.sweeps.push(sweep);
                }
                Work::Elements { scale, bias, switch } => {
                    program.elements(scale, bias, switch).map_err(|e| e.at(&step.layer))?;
                }
                Work::Dense(readout) => program.readout = readout,
                Work::BlockSwitch { .. } => return refuse("switches of each element", "of blocks"),
                Work::Add | Work::Concat => unreachable!("they read several values"),
            }
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

    /// Whether its kernels can be written, trained with `loss`, and fit this GPU.
    pub(crate) fn fits(&self, gpu: &Gpu, loss: Loss) -> bool {
        source(self, loss).is_ok() && shared_bytes(self) <= gpu.shared()
    }

    /// The length of a row behind the reshaping.
    pub fn width(&self) -> usize {
        self.from.len()
    }

    /// Puts the numbers of a row before the first transform elsewhere.
    fn moved(&mut self, from: &[Option<usize>], signs: &[bool]) {
        let places = || from.iter().copied();
        let changed = |(from, sign): (Option<usize>, &bool)| {
            from.is_some_and(|from| self.signs[from] != *sign)
        };
        self.signs = places().zip(signs).map(changed).collect();
        self.from = places().map(|from| from.and_then(|from| self.from[from])).collect();
    }

    fn elements(
        &mut self,
        scale: Option<Vector<f32>>,
        bias: Option<Vector<f32>>,
        switch: Option<[Vector<f32>; 2]>,
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
}

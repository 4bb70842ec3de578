//! What a net does, step by step: the one place that knows its layers.

use switchnet::layer::{
    BitReversalConfig, BlockSwitchConfig, ChannelsFirstConfig, ChannelsLastConfig, DenseConfig,
    DropoutConfig, FixedTransformConfig, FlattenConfig, GatherConfig, Layer, LayerConfig,
    PadConfig, PatchesConfig, ReshapeConfig, ShiftConfig, SliceConfig, StrideConfig, Structure,
    TakeConfig, TileConfig, ZOrderConfig, parameters,
};
use switchnet::net::{Net, NodeSpec, Op};
use switchnet::transform::{Form, TransformKind};
use switchnet::{Error, Matrix, Result, Scalar};

/// The kinds of layers that put numbers elsewhere and do no more.
const MOVES: [&str; 14] = [
    FlattenConfig::KIND,
    ReshapeConfig::KIND,
    PadConfig::KIND,
    TileConfig::KIND,
    TakeConfig::KIND,
    SliceConfig::KIND,
    GatherConfig::KIND,
    BitReversalConfig::KIND,
    ChannelsFirstConfig::KIND,
    ChannelsLastConfig::KIND,
    PatchesConfig::KIND,
    ShiftConfig::KIND,
    StrideConfig::KIND,
    ZOrderConfig::KIND,
];

/// The most numbers of a row: twice as many are a whole number of 32 bits.
const MOST: usize = 1 << 29;

/// The most numbers of a row that is moved: beyond, `f32` does not tell whole numbers apart.
const MOST_MOVED: usize = 1 << 24;

/// A net as steps, each on values that were there before. *Values* are numbered: 0 is the input, `k` is what step `k − 1`
/// gives. The last one is the output.
#[derive(Clone, Debug, PartialEq)]
pub struct Steps<T> {
    /// The width of each value.
    pub widths: Vec<usize>,
    /// The steps, first step first.
    pub steps: Vec<Step<T>>,
    /// The number of parameters of the net.
    pub parameters: usize,
}

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub struct Step<T> {
    /// Which layer it is, for messages.
    pub layer: String,
    /// The values that it reads.
    pub reads: Vec<usize>,
    /// What it does.
    pub work: Work<T>,
}

/// What a step does with a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Work<T> {
    /// Puts numbers elsewhere.
    Move {
        /// Of each number, which one it was, if it is no zero.
        from: Vec<Option<usize>>,
        /// Of each number, whether its sign is changed.
        signs: Vec<bool>,
    },
    /// A Walsh–Hadamard transform in natural order of each block.
    Transform {
        /// The length of a block, a power of two.
        block: usize,
    },
    /// `y = s(d x + b)` of each number.
    Elements {
        /// `d`, if it is not 1.
        scale: Option<Vector<T>>,
        /// `b`, if it is not 0.
        bias: Option<Vector<T>>,
        /// The slopes of `s` where its input is positive and where it is not, if there is a switch.
        switch: Option<[Vector<T>; 2]>,
    },
    /// In each block, each number times one of two learned vectors, by its sign; and these added.
    BlockSwitch {
        /// The length of a block.
        block: usize,
        /// The places of the first open and the first closed vector among the parameters of the net.
        vectors: [usize; 2],
    },
    /// A matrix, and a bias.
    Dense(Readout),
    /// The sum of values.
    Add,
    /// Values one behind the other.
    Concat,
}

/// Numbers of a layer, one for each number of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Vector<T> {
    /// These, for ever.
    Fixed(Vec<T>),
    /// Parameters of the net, from this one on.
    Learned(usize),
}

/// A dense layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Readout {
    /// The number of outputs.
    pub outputs: usize,
    /// The place of the first weight among the parameters of the net.
    pub weight: usize,
    /// The place of the first bias, if there is one.
    pub bias: Option<usize>,
}

impl<T: Scalar> Steps<T> {
    /// The steps of `net`.
    ///
    /// # Errors
    /// If it has a layer for which there is no step; the error names it.
    ///
    /// ```
    /// use switchnet::net::zoo;
    /// use switchnet_cuda::{Steps, Work};
    ///
    /// let net = zoo::mlp(&[4], &[8], 3, 1).build::<f64>()?;
    /// let steps = Steps::new(&net)?;
    /// assert_eq!(steps.widths, [4, 8, 8, 3]); // dense, relu, dense
    /// assert!(matches!(steps.steps[1].work, Work::Elements { .. }));
    /// # Ok::<(), switchnet::Error>(())
    /// ```
    pub fn new(net: &Net<T>) -> Result<Self> {
        let mut steps = Self { widths: vec![net.inputs()], steps: Vec::new(), parameters: 0 };
        // Of each value of the graph, which one it is here: a layer that leaves rows as they are is no step.
        let mut values = vec![0];
        let nodes = net.graph().nodes().iter().zip(&net.spec().layers).zip(net.shapes());
        for (i, ((node, spec), shape)) in nodes.enumerate() {
            let layer = match &spec.name {
                Some(name) => format!("layer {name} ({})", spec.kind()),
                None => format!("layer {i} ({})", spec.kind()),
            };
            let reads: Vec<usize> = node.from.iter().map(|&value| values[value]).collect();
            let work = match &node.op {
                Op::Add => Some(Work::Add),
                Op::Concat => Some(Work::Concat),
                Op::Layer(layer) => work(layer.as_ref(), spec, shape, steps.parameters),
            };
            let work = work.ok_or_else(|| unknown(node.layer(), spec).at(&layer))?;
            let width: usize = shape.iter().product();
            if width > MOST {
                return Err(
                    Error::new("width on a GPU", format!("at most {MOST}"), width).at(&layer)
                );
            }
            steps.parameters += node.layer().map_or(0, parameters::count);
            if work.is_nothing(steps.widths[reads[0]]) {
                values.push(reads[0]);
                continue;
            }
            steps.widths.push(width);
            steps.steps.push(Step { layer, reads, work });
            values.push(steps.steps.len());
        }
        // What leaves rows as they are at the end of a net that has a shortcut around it.
        let last = *values.last().expect("the input");
        if last != steps.steps.len() {
            let expected = "a last layer that changes its input";
            return Err(Error::new("net on a GPU", expected, "one that does not"));
        }
        Ok(steps)
    }
}

impl<T> Work<T> {
    /// Scale, bias, open and closed slopes, of elements.
    pub(crate) fn vectors(&self) -> [Option<&Vector<T>>; 4] {
        let Self::Elements { scale, bias, switch } = self else { return [None; 4] };
        let [open, closed] =
            switch.as_ref().map_or([None; 2], |slopes| slopes.each_ref().map(Some));
        [scale.as_ref(), bias.as_ref(), open, closed]
    }

    /// Whether it has parameters.
    pub(crate) fn is_learned(&self) -> bool {
        let learned = |vector: &Vector<T>| matches!(vector, Vector::Learned(_));
        match self {
            Self::Elements { .. } => self.vectors().into_iter().flatten().any(learned),
            Self::BlockSwitch { .. } | Self::Dense(_) => true,
            Self::Move { .. } | Self::Transform { .. } | Self::Add | Self::Concat => false,
        }
    }

    /// Whether it leaves rows of this width as they are.
    fn is_nothing(&self, width: usize) -> bool {
        let Self::Move { from, signs } = self else { return false };
        from.len() == width
            && from.iter().enumerate().all(|(i, from)| *from == Some(i))
            && !signs.contains(&true)
    }
}

/// Why there is no step for a layer.
fn unknown<T: Scalar>(layer: Option<&dyn Layer<T>>, spec: &NodeSpec) -> Error {
    let found = layer.map_or_else(String::new, |layer| layer.name());
    match spec.get::<FixedTransformConfig>() {
        Some(_) => {
            let expected = "hadamard of powers of two, signs, permutation or identity";
            Error::new("transform on a GPU", expected, found)
        }
        None => {
            let expected = "reshapes, gathers, Walsh–Hadamard transforms, scales, biases, switches of each element or of \
                blocks, dense layers, sums and concatenations";
            Error::new("layers on a GPU", expected, found)
        }
    }
}

/// What a layer does, if there is a step for it; its parameters begin at `first`.
fn work<T: Scalar>(
    layer: &dyn Layer<T>,
    spec: &NodeSpec,
    shape: &[usize],
    first: usize,
) -> Option<Work<T>> {
    if let Structure::Elementwise { vectors, learned } = layer.structure() {
        let mut first = first;
        let mut part = |values: &[T], learned: bool| {
            if learned {
                first += values.len();
                return Vector::Learned(first - values.len());
            }
            Vector::Fixed(values.to_vec())
        };
        let scale = vectors.scale.map(|values| part(values, learned[0]));
        let bias = vectors.bias.map(|values| part(values, learned[1]));
        let switch =
            vectors.switch.map(|[open, closed]| [part(open, learned[2]), part(closed, learned[3])]);
        return Some(Work::Elements { scale, bias, switch });
    }
    if let Some(dense) = spec.get::<DenseConfig>() {
        let bias = dense.bias.then_some(first + dense.outputs * layer.inputs());
        return Some(Work::Dense(Readout { outputs: dense.outputs, weight: first, bias }));
    }
    if let Some(&BlockSwitchConfig { block, .. }) = spec.get() {
        let vectors = [first, first + layer.inputs() * block];
        return Some(Work::BlockSwitch { block, vectors });
    }
    if let Some(mix) = spec.get::<FixedTransformConfig>() {
        return match (mix.transform, &mix.block, mix.separable) {
            (TransformKind::Permutation | TransformKind::Identity, ..) => moved(layer),
            // The columns and the rows of an image are together a transform of all its numbers, where they are powers of
            // two: there are Hadamard matrices of other sizes.
            (TransformKind::Hadamard, None, true) => {
                let sides = &shape[1..];
                let powers = sides.iter().all(|side| side.is_power_of_two());
                powers.then(|| Work::Transform { block: sides.iter().product() })
            }
            _ => match layer.structure() {
                Structure::Orthonormal(transform) => match transform.describe().form {
                    Form::WalshHadamard { block } => Some(Work::Transform { block }),
                    _ => None,
                },
                _ => None,
            },
        };
    }
    let silent = spec.get::<DropoutConfig>().is_some_and(|dropout| dropout.probability == 0.0);
    let moves = silent || MOVES.contains(&spec.kind());
    if moves { moved(layer) } else { None }
}

/// Where a layer that only moves numbers has them from: it is shown their places.
fn moved<T: Scalar>(layer: &dyn Layer<T>) -> Option<Work<T>> {
    let n = layer.inputs();
    if n >= MOST_MOVED {
        return None;
    }
    let places = Matrix::from_shape_fn((1, n), |(_, i)| T::of((i + 1) as f64));
    let places: Vec<f64> = layer.forward(places).iter().map(|place| place.double()).collect();
    let from = |place: &f64| (place.abs() as usize).checked_sub(1);
    Some(Work::Move {
        from: places.iter().map(from).collect(),
        signs: places.iter().map(|place| *place < 0.0).collect(),
    })
}

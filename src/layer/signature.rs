//! What is to be known of a layer without running it.

use std::borrow::Cow;

/// Name, widths, cost and regularity of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Signature {
    /// The name in summaries, such as `two-slope`.
    pub name: Cow<'static, str>,
    /// Features of an input row.
    pub inputs: usize,
    /// Features of an output row.
    pub outputs: usize,
    /// The most numbers that a row has on its way: what a layer that holds others needs room for.
    pub widest: usize,
    /// Arithmetic for one row, in multiply-adds: a multiplication, an addition, or both fused,
    /// count one each. Comparisons and moves are free.
    #[doc(alias = "MACs")]
    pub multiply_adds: usize,
    /// How the outputs depend on the inputs.
    pub regularity: Regularity,
    /// In a net that is smooth, the first layer that makes it so.
    pub smooth: Option<String>,
}

impl Signature {
    /// A layer from rows of `inputs` features to rows of `outputs`, that costs nothing until
    /// [`costs`](Self::costs) says what. There is no default for the regularity: a smooth layer that did not say so
    /// would be called exact in silence.
    pub fn new(
        name: impl Into<Cow<'static, str>>,
        inputs: usize,
        outputs: usize,
        regularity: Regularity,
    ) -> Self {
        let widest = inputs.max(outputs);
        Self {
            name: name.into(),
            inputs,
            outputs,
            widest,
            multiply_adds: 0,
            regularity,
            smooth: None,
        }
    }

    /// A layer that acts on each of `n` elements, and costs a multiply-add for each.
    pub fn elementwise(
        name: impl Into<Cow<'static, str>>,
        n: usize,
        regularity: Regularity,
    ) -> Self {
        Self::new(name, n, n, regularity).costs(n)
    }

    /// The same of a layer in which a row has up to this many numbers.
    pub fn as_wide_as(self, widest: usize) -> Self {
        Self { widest: self.widest.max(widest), ..self }
    }

    /// The same with this many multiply-adds for one row.
    pub fn costs(self, multiply_adds: usize) -> Self {
        Self { multiply_adds, ..self }
    }
}

/// How the outputs of a layer depend on its inputs, from the most regular on; a net is as its least regular layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Regularity {
    /// Affine: one linear map and one constant for all inputs.
    Linear,
    /// Affine between decisions, and continuous.
    PiecewiseLinear,
    /// Affine between decisions, with jumps where some of them flip.
    Jumps,
    /// Neither: its linear map is a tangent, and every analysis says so.
    Smooth,
}

impl Regularity {
    /// Whether the effective map of an input is the layer itself on the region around it.
    pub fn is_piecewise_linear(self) -> bool {
        self <= Self::Jumps
    }

    /// Whether outputs do not jump anywhere.
    pub fn is_continuous(self) -> bool {
        self != Self::Jumps
    }
}

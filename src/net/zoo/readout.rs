//! What reads the last numbers of a bank.

use crate::error::{Error, Result};
use crate::layer::{
    AveragePoolConfig, DenseConfig, DiagonalConfig, FixedTransformConfig, FlattenConfig, Init,
    PadConfig, ReshapeConfig, TakeConfig,
};
use crate::net::NodeSpec;
use crate::transform::{Hadamard, TransformKind};
use serde::{Deserialize, Serialize};

/// How `m` outputs are read from the last `n` numbers of a bank.
///
/// In files `"dense"`, `"means"`, `"diagonal"` or `{ low-rank = 8 }`. With parts of `p = ⌊n/m⌋` numbers:
///
/// | readout | `y_k` | parameters |
/// |---|---|---|
/// | dense | `Σ_i w_ki x_i + b_k` | `(n + 1)·m` |
/// | means | `(1/p) Σ x_i` over part `k` | none |
/// | diagonal | `(1/p) Σ (d_i x_i + b_i)` over part `k` | `2·p·m` |
/// | low rank `r` | `Σ_j u_kj Σ_i v_ji x_i + b_k` | `r·(n + m) + m` |
///
/// ```
/// use switchnet::net::zoo::{MultiScaleBank, Readout};
/// let bank = MultiScaleBank { readout: Readout::LowRank(4), ..MultiScaleBank::default() };
/// let spec = bank.spec(&[1, 8, 8], 10, 1)?;
/// assert_eq!(spec.layers.len(), 12); // Z-order, three blocks of three layers, two dense ones
/// # Ok::<(), switchnet::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Readout {
    /// A dense layer.
    #[default]
    Dense,
    /// Each output is the mean of a part of the numbers, all parts of one length. Numbers that are left over are not
    /// read.
    Means,
    /// The same behind a learned diagonal: a scale, `√p` at first, and a bias for each number.
    Diagonal,
    /// Two dense layers with so many numbers between, the first without a bias.
    LowRank(usize),
}

impl Readout {
    pub(super) fn is_dense(&self) -> bool {
        *self == Self::Dense
    }

    /// Appends what reads `n` numbers: the first `take` of their Hadamard transform, if it is said of how many; zeros
    /// fill up a length that has none.
    ///
    /// # Errors
    /// If there are fewer numbers than outputs for means, or the rank is zero.
    pub(super) fn layers(
        self,
        layers: &mut Vec<NodeSpec>,
        mut n: usize,
        take: Option<usize>,
        outputs: usize,
    ) -> Result<()> {
        if let Some(width) = take.filter(|&width| width < n) {
            if Hadamard::new(n).is_err() {
                layers.push(PadConfig { width: n.checked_next_power_of_two().unwrap_or(n) }.into());
            }
            layers.push(FixedTransformConfig::new(TransformKind::Hadamard).into());
            layers.push(TakeConfig { width }.into());
            n = width;
        }
        let part = n.checked_div(outputs).unwrap_or(0);
        match self {
            Self::Dense => {}
            Self::LowRank(0) => return Err(Error::new("rank of a readout", "at least 1", 0)),
            Self::LowRank(rank) => layers.push(DenseConfig { outputs: rank, bias: false }.into()),
            Self::Means | Self::Diagonal if part == 0 => {
                let expected = format!("at least {outputs}, as there are outputs");
                return Err(Error::new("numbers for the means of a readout", expected, n));
            }
            Self::Means | Self::Diagonal => {
                if part * outputs < n {
                    layers.push(TakeConfig { width: part * outputs }.into());
                }
                if self == Self::Diagonal {
                    // So that outputs vary as the numbers do before training.
                    let scale = Some(Init::Constant((part as f64).sqrt()));
                    layers.push(DiagonalConfig { scale, bias: true }.into());
                }
                layers.push(ReshapeConfig { shape: vec![1, 1, part * outputs] }.into());
                layers.push(AveragePoolConfig::new([1, part]).into());
                layers.push(FlattenConfig {}.into());
                return Ok(());
            }
        }
        layers.push(DenseConfig { outputs, bias: true }.into());
        Ok(())
    }
}

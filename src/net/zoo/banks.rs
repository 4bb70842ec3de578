//! Fixed filter banks: nets whose transforms know that neighbors belong together.
//!
//! Each takes an image of any size and number of channels. Plain features count as a sequence: an image of height 1.

use super::{Readout, SwitchKind};
use crate::error::{Error, Result};
use crate::layer::{
    AveragePoolConfig, ChannelsFirstConfig, ChannelsLastConfig, FixedTransformConfig,
    FlattenConfig, PadConfig, PatchesConfig, ReshapeConfig, ShiftConfig, Sides, TileConfig,
    ZOrderConfig, bounded,
};
use crate::net::spec::checked_depth;
use crate::net::{NodeSpec, PositionwiseConfig, Spec};
use crate::transform::TransformKind;
use serde::{Deserialize, Serialize};

/// A cosine bank: means of windows, a cosine transform of the image from both sides, a switch for each coefficient;
/// then, on a wider row, `depth` times {cosine transform, bias, switch}, and a readout.
///
/// A cosine transform turns what is smooth into few large numbers, so that switches see coarse things first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct CosineBank {
    /// The side of the windows whose means are taken first; 1 for none.
    pub pool: usize,
    /// The width that the coefficients are tiled to; if it is not said, or no more than there are, they are not.
    pub width: Option<usize>,
    /// The layers behind those of the coefficients.
    pub depth: usize,
    /// The switch of every layer.
    pub switch: SwitchKind,
    /// How many outputs of a last Hadamard transform the readout reads. It reads the last switches themselves if this
    /// is not said, or they are no more.
    pub take: Option<usize>,
    /// The readout.
    #[serde(skip_serializing_if = "Readout::is_dense")]
    pub readout: Readout,
}

impl Default for CosineBank {
    fn default() -> Self {
        Self {
            pool: 2,
            width: Some(256),
            depth: 3,
            switch: SwitchKind::TwoSlope,
            take: Some(192),
            readout: Readout::Dense,
        }
    }
}

impl CosineBank {
    /// The spec for inputs of shape `input` and `outputs` outputs.
    ///
    /// # Errors
    /// If windows are larger than the image, or the readout does not fit.
    pub fn spec(&self, input: &[usize], outputs: usize, seed: u64) -> Result<Spec> {
        let ([channels, height, width], mut layers) = image(input);
        let depth = checked_depth("depth of a cosine bank", self.depth)?;
        let [height, width] = pooled(self.pool, [height, width], &mut layers)?;
        let mut n = channels * height * width;
        layers.push(cosines());
        layers.push(FlattenConfig {}.into());
        layers.extend(self.switch.layers(None));
        if let Some(wide) = self.width.filter(|&wide| wide > n) {
            layers.push(TileConfig { width: wide }.into());
            n = wide;
        }
        for _ in 0..depth {
            layers.push(FixedTransformConfig::new(TransformKind::Dct2).into());
            layers.extend(self.switch.layers(None));
        }
        self.readout.layers(&mut layers, n, self.take, outputs)?;
        Ok(Spec { input: input.to_vec(), seed, layers })
    }
}

/// A multi-scale bank: pixels in [Z-order](crate::layer::Gather::z_order), then Hadamard transforms of growing blocks,
/// each with a bias and a switch, and a readout.
///
/// Blocks of 16, 64 and 256 numbers are patches of 4 × 4 pixels, patches of these, and so on (with `C` channels, of
/// `16/C` pixels). There are no signs: the first number of a block is its mean. For a sequence, blocks are stretches of
/// time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct MultiScaleBank {
    /// The side of the windows whose means are taken first; 1 for none.
    pub pool: usize,
    /// The lengths of the blocks, powers of two; one of zero is the whole row, and one that is longer is left out.
    /// Zeros around the image make its sides powers of two.
    pub blocks: Vec<usize>,
    /// The switch of every layer.
    pub switch: SwitchKind,
    /// How many outputs of a last Hadamard transform the readout reads. It reads the last switches themselves if this
    /// is not said, or they are no more.
    pub take: Option<usize>,
    /// The readout.
    #[serde(skip_serializing_if = "Readout::is_dense")]
    pub readout: Readout,
}

impl Default for MultiScaleBank {
    fn default() -> Self {
        Self {
            pool: 1,
            blocks: vec![16, 64, 256, 0],
            switch: SwitchKind::Block4,
            take: None,
            readout: Readout::Dense,
        }
    }
}

impl MultiScaleBank {
    /// The spec for inputs of shape `input` and `outputs` outputs.
    ///
    /// # Errors
    /// If windows are larger than the image, or the readout does not fit.
    pub fn spec(&self, input: &[usize], outputs: usize, seed: u64) -> Result<Spec> {
        let ([channels, height, width], mut layers) = image(input);
        let [height, width] = pooled(self.pool, [height, width], &mut layers)?;
        let sides = [height, width].map(usize::next_power_of_two);
        let padded = channels.next_power_of_two();
        if padded != channels {
            // Channels of zeros, so that all positions have as many numbers.
            layers.push(PadConfig { width: padded * height * width }.into());
            layers.push(ReshapeConfig { shape: vec![padded, height, width] }.into());
        }
        let n = padded * sides[0] * sides[1];
        let size = (sides != [height, width]).then_some(Sides(sides));
        layers.push(ZOrderConfig { size }.into());
        for &block in self.blocks.iter().filter(|&&block| block <= n) {
            let block = Some(block).filter(|&block| block > 0);
            let hadamard = FixedTransformConfig::new(TransformKind::Hadamard);
            layers.push(FixedTransformConfig { block, ..hadamard }.into());
            layers.extend(self.switch.layers(None));
        }
        self.readout.layers(&mut layers, n, self.take, outputs)?;
        Ok(Spec { input: input.to_vec(), seed, layers })
    }
}

/// A sliding bank: fixed filters and shared switches, as a convolutional net has them, but no learned filter.
///
/// Patches that may overlap, a cosine transform of each, tiled with random signs to the channels of the first stage; then
/// stages of layers {Hadamard transform over the channels of each position, [shift](crate::layer::Gather::shift),
/// bias, switch}, all with one bias and one switch for each *channel*; between stages, means of 2 × 2 positions, tiled
/// with signs where there are more channels. In the end the means of a `grid` of windows are one row of
/// plain features, for `depth` layers {Hadamard, bias, switch} with a switch for each *number*, and a readout.
///
/// Shifts move groups of channels by the offsets of a window, of 2 × 2 or another, ahead and back in turns where its
/// side is even, so that a Hadamard transform behind one mixes neighbors.
///
/// Sources: the shift in place of a spatial filter, B. Wu et al., *Shift*, arXiv 1711.08141; a Hadamard transform over
/// channels, H. Pan et al., arXiv 2104.07085; two slopes, S. O'Connor, *Switch Net* (2019–2025).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct SlidingBank {
    /// The side of a patch.
    pub patch: usize,
    /// From one patch to the next.
    pub stride: usize,
    /// Whether patches go through a cosine transform first. Without it the first Hadamard transform is their filters:
    /// cheaper, and with as many channels as a patch has numbers one transform instead of two.
    #[serde(skip_serializing_if = "is_true")]
    pub cosine: bool,
    /// The channels of each stage, none fewer than those before: lengths that Hadamard transforms have.
    pub channels: Vec<usize>,
    /// The layers of each stage; a stage without any is only the means in front of it.
    pub layers: Vec<usize>,
    /// The side of the windows whose offsets the groups of channels are shifted by, no more than there are positions;
    /// 1 for no shifts.
    #[serde(skip_serializing_if = "is_two")]
    pub window: usize,
    /// The switch of every layer.
    pub switch: SwitchKind,
    /// How many windows the last positions are gathered in, down and across.
    pub grid: usize,
    /// The layers with a switch for each number.
    pub depth: usize,
    /// Their switch, if another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top: Option<SwitchKind>,
    /// How many outputs of a last Hadamard transform the readout reads. It reads the last switches themselves if this
    /// is not said, or they are no more.
    pub take: Option<usize>,
    /// The readout.
    #[serde(skip_serializing_if = "Readout::is_dense")]
    pub readout: Readout,
}

impl Default for SlidingBank {
    fn default() -> Self {
        Self {
            patch: 4,
            stride: 2,
            cosine: true,
            channels: vec![64, 64],
            layers: vec![3, 3],
            window: 2,
            switch: SwitchKind::TwoSlope,
            grid: 2,
            depth: 2,
            top: None,
            take: Some(192),
            readout: Readout::Dense,
        }
    }
}

impl SlidingBank {
    /// The spec for inputs of shape `input` and `outputs` outputs.
    ///
    /// # Errors
    /// If there are no stages or not as many numbers of layers, or patches are larger than the image, or the grid is
    /// finer than the last positions, or the readout does not fit.
    pub fn spec(&self, input: &[usize], outputs: usize, seed: u64) -> Result<Spec> {
        if self.channels.len() != self.layers.len() || self.channels.is_empty() {
            let expected = format!("{}, as there are stages", self.channels.len().max(1));
            return Err(Error::new("layers of a sliding bank", expected, self.layers.len()));
        }
        let depth = checked_depth("depth of a sliding bank", self.depth)?;
        for (&channels, &layers) in self.channels.iter().zip(&self.layers) {
            bounded("channels of a sliding bank", &[channels])?;
            checked_depth("layers of a stage of a sliding bank", layers)?;
        }
        let ([channels, height, width], mut layers) = image(input);
        let flat = height == 1;
        // A sequence has windows along its length alone.
        let window = |side: usize| Sides([if flat { 1 } else { side }, side]);
        let (size, stride) = (window(self.patch), window(self.stride));
        let margin = self.patch.saturating_sub(self.stride) / 2;
        let padding = if flat { [0, margin, 0, margin] } else { [margin; 4] };
        let count = |length: usize, side: usize| {
            let padded = length.saturating_add(padding[side]).saturating_add(padding[side + 2]);
            let free = padded.checked_sub(size.0[side]);
            let stride = stride.0[side].max(1);
            free.filter(|_| (1..=length).contains(&size.0[side])).map(|free| free / stride + 1)
        };
        let (Some(mut down), Some(mut across)) = (count(height, 0), count(width, 1)) else {
            let expected = format!("1 to the sides of an image of {height}×{width}");
            return Err(Error::new("patch of a sliding bank", expected, self.patch));
        };
        layers.push(ChannelsLastConfig {}.into());
        let patches = PatchesConfig { stride: Some(stride), ..PatchesConfig::new(size) };
        layers.push(PatchesConfig { padding: padding.into(), ..patches }.into());
        let mut before = match self.cosine {
            true => filters([size.0[0], size.0[1], channels]),
            false => Vec::new(),
        };
        let (mut n, mut shifts) = (channels * size.0[0] * size.0[1], 0);
        for (stage, (&channels, &count)) in self.channels.iter().zip(&self.layers).enumerate() {
            if stage > 0 {
                let size = Some([down.min(2), across.min(2)].into());
                let pool = AveragePoolConfig {
                    size,
                    ceil: true,
                    channels_last: true,
                    ..Default::default()
                };
                layers.push(pool.into());
                (down, across) = (down.div_ceil(2), across.div_ceil(2));
            }
            if channels != n {
                before.push(TileConfig { width: channels }.into());
                before.push(FixedTransformConfig::new(TransformKind::Signs).into());
                n = channels;
            }
            for _ in 0..count {
                before.push(FixedTransformConfig::new(TransformKind::Hadamard).into());
                let window = Sides([down.min(self.window), across.min(self.window)]);
                if window.0 != [1, 1] {
                    layers.push(PositionwiseConfig::new(std::mem::take(&mut before)).into());
                    layers.push(ShiftConfig { window, reverse: shifts % 2 == 1 }.into());
                    shifts += 1;
                }
                before.extend(self.switch.layers(None));
            }
            if !before.is_empty() {
                layers.push(PositionwiseConfig::new(std::mem::take(&mut before)).into());
            }
        }
        let grid = [if flat { 1 } else { self.grid }, self.grid];
        let Some(last) = windows([down, across], grid) else {
            let expected = format!("1 to {}, as there are positions", down.min(across));
            return Err(Error::new("grid of a sliding bank", expected, self.grid));
        };
        if [down, across] != grid {
            layers.push(last.into());
        }
        layers.push(FlattenConfig {}.into());
        n *= grid[0] * grid[1];
        for _ in 0..depth {
            layers.push(FixedTransformConfig::new(TransformKind::Hadamard).into());
            layers.extend(self.top.unwrap_or(self.switch).layers(None));
        }
        self.readout.layers(&mut layers, n, self.take, outputs)?;
        Ok(Spec { input: input.to_vec(), seed, layers })
    }
}

/// The windows of one size and one stride whose means make `grid` of so many positions, if there are enough.
fn windows(sides: [usize; 2], grid: [usize; 2]) -> Option<AveragePoolConfig> {
    let mut windows = [[0; 2]; 2];
    for side in 0..2 {
        let stride = sides[side].checked_div(grid[side]).filter(|&stride| stride > 0)?;
        let size = sides[side] - (grid[side] - 1) * stride;
        windows[0][side] = size;
        windows[1][side] = stride;
    }
    let [size, stride] = windows.map(Sides);
    let stride = (stride != size).then_some(stride);
    Some(AveragePoolConfig { size: Some(size), stride, channels_last: true, ..Default::default() })
}

/// The image that inputs of this shape are, and what makes it one.
pub(super) fn image(input: &[usize]) -> ([usize; 3], Vec<NodeSpec>) {
    match *input {
        [channels, height, width] => ([channels, height, width], Vec::new()),
        _ => {
            let shape = [1, 1, input.iter().product()];
            (shape, vec![ReshapeConfig { shape: shape.to_vec() }.into()])
        }
    }
}

/// Means of windows of this side, if it is above 1, and the sides of the image then.
pub(super) fn pooled(
    pool: usize,
    sides: [usize; 2],
    layers: &mut Vec<NodeSpec>,
) -> Result<[usize; 2]> {
    let size = sides.map(|side| if side == 1 { 1 } else { pool });
    if size.contains(&0) || size[0] > sides[0] || size[1] > sides[1] {
        let expected = format!("1 to the sides of an image of {}×{}", sides[0], sides[1]);
        return Err(Error::new("pool of a bank", expected, pool));
    }
    if size != [1, 1] {
        layers.push(AveragePoolConfig::new(size).into());
    }
    Ok([sides[0] / size[0], sides[1] / size[1]])
}

/// The cosine transform of an image from both sides.
fn cosines() -> NodeSpec {
    FixedTransformConfig { separable: true, ..FixedTransformConfig::new(TransformKind::Dct2) }
        .into()
}

/// The cosine transform of each channel of a patch of `shape` (height, width, channels).
fn filters([height, width, channels]: [usize; 3]) -> Vec<NodeSpec> {
    let mut layers: Vec<NodeSpec> = match channels {
        1 => vec![ReshapeConfig { shape: vec![1, height, width] }.into()],
        _ => vec![
            ReshapeConfig { shape: vec![height, width, channels] }.into(),
            ChannelsFirstConfig {}.into(),
        ],
    };
    layers.extend([cosines(), FlattenConfig {}.into()]);
    layers
}

fn is_true(flag: &bool) -> bool {
    *flag
}

fn is_two(number: &usize) -> bool {
    *number == 2
}

//! Convolutions, and the windows that they have in common with pools.

use super::one;
use crate::op::{Op, Value};
use crate::tensor::sides;
use crate::window::Line;
use switchnet::layer::{ConvConfig, Sides};
use switchnet::{Error, Result};

/// What windows see of a value [batch, channels, one or two sides], as an image of `batch·channels` channels.
#[derive(Clone, Debug)]
pub(super) struct Windows {
    pub batch: usize,
    pub channels: usize,
    /// Height and width; the height is 1 if there is one side.
    pub image: [usize; 2],
    pub size: [usize; 2],
    pub stride: [usize; 2],
    pub dilation: [usize; 2],
    /// Before and behind each side.
    pub padding: [[usize; 2]; 2],
    /// How many sides there are.
    count: usize,
}

/// No window reaches further or is larger: so nothing that is worked out of them is too large for its type.
const LARGEST: usize = 1 << 30;

impl Windows {
    /// The windows that the attributes of `op` say, on a value of `shape`. `kernel` is their size if it is known.
    pub(super) fn read(
        op: &mut Op<'_, '_>,
        shape: &[usize],
        kernel: Option<&[usize]>,
    ) -> Result<Self> {
        let &[batch, channels, ref spatial @ ..] = shape else {
            let expected = "[batch, channels, width] or [batch, channels, height, width]";
            return Err(Error::new("shape of the input", expected, format_args!("{shape:?}")));
        };
        let count = spatial.len();
        if !(1..=2).contains(&count) {
            let expected = "[batch, channels, width] or [batch, channels, height, width]";
            return Err(Error::new("shape of the input", expected, format_args!("{shape:?}")));
        }
        let list = |op: &mut Op<'_, '_>, name: &str, length: usize| -> Result<Option<Vec<usize>>> {
            let what = format!("attribute {name}");
            let Some(found) = op.integers(name)? else { return Ok(None) };
            let found = sides(&what, &found)?;
            if let Some(large) = found.iter().find(|&&number| number > LARGEST) {
                return Err(Error::new(what, format_args!("at most {LARGEST}"), large));
            }
            if found.len() != length {
                return Err(Error::new(what, format_args!("{length} numbers"), found.len()));
            }
            Ok(Some(found))
        };
        let said = list(op, "kernel_shape", count)?;
        let size = match (kernel, said) {
            (Some(kernel), Some(said)) if kernel != said => {
                let expected = format_args!("{kernel:?} as the weight has");
                return Err(Error::new(
                    "attribute kernel_shape",
                    expected,
                    format_args!("{said:?}"),
                ));
            }
            (Some(kernel), _) => kernel.to_vec(),
            (None, Some(said)) => said,
            (None, None) => return Err(Error::new("attribute kernel_shape", "a list", "none")),
        };
        let stride = list(op, "strides", count)?.unwrap_or(vec![1; count]);
        let dilation = list(op, "dilations", count)?.unwrap_or(vec![1; count]);
        let pads = list(op, "pads", 2 * count)?;
        let automatic = op.text("auto_pad")?.unwrap_or_default();
        if let Some(zero) = [&size, &stride, &dilation].into_iter().flatten().find(|&&n| n == 0) {
            return Err(Error::new(
                "kernel_shape, strides and dilations",
                "numbers from 1 on",
                zero,
            ));
        }
        let line = |k: usize| Line {
            length: spatial[k],
            size: size[k],
            stride: stride[k],
            dilation: dilation[k],
            padding: [0, 0],
        };
        let mut padding = Vec::with_capacity(count);
        for k in 0..count {
            padding.push(match automatic.as_str() {
                "" | "NOTSET" => pads.as_ref().map_or([0, 0], |pads| [pads[k], pads[k + count]]),
                "VALID" => [0, 0],
                "SAME_UPPER" | "SAME_LOWER" => {
                    let all = line(k).behind(spatial[k].div_ceil(stride[k]));
                    let less = all / 2;
                    if automatic == "SAME_UPPER" { [less, all - less] } else { [all - less, less] }
                }
                other => {
                    let expected = "NOTSET, VALID, SAME_UPPER or SAME_LOWER";
                    return Err(Error::new("attribute auto_pad", expected, other));
                }
            });
        }
        let explicit = pads.iter().flatten().any(|&pad| pad > 0);
        if explicit && !matches!(automatic.as_str(), "" | "NOTSET") {
            let expected = format_args!("none with auto_pad = {automatic}");
            return Err(Error::new("attribute pads", expected, format_args!("{pads:?}")));
        }
        let two = |list: &[usize], first: usize| match *list {
            [one] => [first, one],
            [down, across, ..] => [down, across],
            [] => [first, first],
        };
        let padding = match padding[..] {
            [one] => [[0, 0], one],
            _ => [padding[0], padding[1]],
        };
        Ok(Self {
            batch,
            channels,
            image: two(spatial, 1),
            size: two(&size, 1),
            stride: two(&stride, 1),
            dilation: two(&dilation, 1),
            padding,
            count,
        })
    }

    /// The input as the library's image.
    pub(super) fn planes(&self) -> [usize; 3] {
        [self.batch.saturating_mul(self.channels), self.image[0], self.image[1]]
    }

    /// Top, left, bottom, right.
    pub(super) fn zeros(&self) -> Sides<4> {
        let [[top, bottom], [left, right]] = self.padding;
        [top, left, bottom, right].into()
    }

    /// The windows on side `k`.
    pub(super) fn line(&self, k: usize) -> Line {
        Line {
            length: self.image[k],
            size: self.size[k],
            stride: self.stride[k],
            dilation: self.dilation[k],
            padding: self.padding[k],
        }
    }

    /// How many windows there are on either side; with `ceil` one more for what is left over.
    pub(super) fn counts(&self, ceil: bool) -> Result<[usize; 2]> {
        let mut counts = [0; 2];
        for (k, count) in counts.iter_mut().enumerate() {
            let line = self.line(k);
            *count = line.count(ceil).ok_or_else(|| {
                let padded = line.padded();
                let expected =
                    format_args!("at most the {padded} numbers of a side with its padding");
                Error::new("reach of a window", expected, line.reach(1))
            })?;
        }
        Ok(counts)
    }

    /// The shape of the output with so many channels.
    pub(super) fn shape(&self, channels: usize, ceil: bool) -> Result<Vec<usize>> {
        let counts = self.counts(ceil)?;
        Ok([&[self.batch, channels], &counts[2 - self.count..]].concat())
    }

    /// Whether windows have holes.
    pub(super) fn dilated(&self) -> bool {
        self.dilation != [1, 1]
    }
}

pub(super) fn conv(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    let (flow, weight) = (op.flow(0)?, op.constant(1, "W")?);
    let bias = op.optional_constant(2, "B")?;
    let groups = op.integer("group")?.unwrap_or(1);
    let &[filters, depth, ref kernel @ ..] = &weight.shape[..] else {
        let found = format_args!("{:?}", weight.shape);
        return Err(Error::new("shape of W", "[filters, channels, …]", found));
    };
    if kernel.len() + 2 != flow.shape.len() {
        let expected = format_args!("{} sides as the input has", flow.shape.len());
        return Err(Error::new("shape of W", expected, format_args!("{:?}", weight.shape)));
    }
    let windows = Windows::read(op, &flow.shape, Some(kernel))?;
    let groups = usize::try_from(groups).ok().filter(|&groups| groups > 0);
    let groups = groups.filter(|&groups| depth.checked_mul(groups) == Some(windows.channels));
    let Some(groups) = groups else {
        let expected = format_args!("{} channels in all, as the input has", windows.channels);
        let found = format_args!("{:?}", weight.shape);
        return Err(Error::new("channels of W times attribute group", expected, found));
    };
    if let Some(bias) = &bias
        && bias.len() != filters
    {
        return Err(Error::new("length of B", filters, bias.len()));
    }
    let shape = windows.shape(filters, false)?;
    // Several images at once are groups of channels.
    let batch = windows.batch;
    op.layers.room.take(&[&[batch], &weight.shape[..]].concat())?;
    let bias = bias.map_or(vec![0.0; filters], |bias| bias.reals());
    let config = ConvConfig {
        padding: windows.zeros(),
        stride: windows.stride.into(),
        dilation: windows.dilation.into(),
        groups: groups * batch,
        ..ConvConfig::new(filters * batch, windows.size)
    };
    let parameters = vec![
        (
            "weight",
            vec![batch * filters, depth, windows.size[0], windows.size[1]],
            weight.reals().repeat(batch),
        ),
        ("bias", vec![batch * filters], bias.repeat(batch)),
    ];
    one(Value::Flow(op.layers.image_layer(&flow, windows.planes(), config, parameters, &shape)?))
}

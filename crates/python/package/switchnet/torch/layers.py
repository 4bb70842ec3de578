"""What the kinds of layers of a spec do with rows of numbers."""

import math

import numpy as np
import torch
from torch.nn import functional as F

from .. import _switchnet as core
from .._arrays import refuse, text
from . import switches, transforms


def built(shape, layers):
    """The net of these layers alone."""
    return core.Core.build(text({"input": list(shape), "seed": 0, "layers": layers}), True)


class Layer:
    """A layer at work: `said` is what the spec says of it, `shape` that of its inputs, `after` that of its outputs. `own` gives
    its parameters and `fixed` what was drawn, both by name; `inside` does its own layers."""

    def __init__(self, said, shape, after, own, fixed, inside, training):
        self.said, self.shape, self.after = said, shape, after
        self.own, self.fixed, self.inside, self.training = own, fixed, inside, training

    def of(self, name, other=None):
        return self.said.get(name, other)

    def sides(self, name, other, count=2):
        value = self.of(name, other)
        return value if isinstance(value, list) else [value] * count

    def do(self, x):
        """`x`, (rows, inputs), through the layer."""
        return _KINDS[self.said["kind"]](self, x)


def known(kind):
    """Whether there is a layer of this kind here."""
    return kind in _KINDS or kind in MOVING


# Layers that only put numbers elsewhere.
MOVING = ("channels-first", "channels-last", "gather", "pad", "patches", "shift", "slice", "take", "tile", "z-order")


class Places:
    """Where the numbers of such a layer are from. The layer itself is asked for those of 1, 2, …; where it puts zeros they are from
    a zero behind the row."""

    def __init__(self, said, shape):
        n = math.prod(shape)
        net = built(shape, [{key: value for key, value in said.items() if key not in ("name", "from")}])
        found = np.rint(net.forward(np.arange(1.0, n + 1)[None], False)[0]).astype(np.int64) - 1
        self.zeros = bool((found < 0).any())
        self.on = {torch.device("cpu"): torch.from_numpy(np.where(found < 0, n, found))}

    def do(self, x):
        """`x` with its numbers put there."""
        if x.device not in self.on:
            self.on[x.device] = self.on[torch.device("cpu")].to(x.device)
        x = F.pad(x, (0, 1)) if self.zeros else x
        return x[:, self.on[x.device]]


def _mix(layer, x):
    kind, block = layer.of("transform"), layer.of("block")

    def along(x, dim, name):
        """A transform along a dimension, or along each block of it."""
        if block is not None:
            x = x.unflatten(dim, (-1, block))  # of a negative dimension the last of the two
        if kind == "identity":
            y = x
        elif kind == "permutation":
            y = x.index_select(dim, layer.fixed(name + "permutation"))
        elif kind == "signs":
            signs = layer.fixed(name + "signs")
            y = x * signs.reshape([-1] + [1] * (-dim - 1))
        elif kind == "hadamard-sequency":
            y = transforms.hadamard(x, dim, order="sequency")
        else:
            y = getattr(transforms, kind)(x, dim)
        return y if block is None else y.flatten(dim - 1, dim)

    if not layer.of("separable"):
        return along(x, -1, "")
    return along(along(x.unflatten(-1, layer.shape), -1, "rows."), -2, "columns.").flatten(1)


def _dense(layer, x):
    return F.linear(x, layer.own("weight"), layer.own("bias"))


def _diagonal(layer, x):
    scale, bias = layer.own("scale"), layer.own("bias")
    x = x if scale is None else x * scale
    return x if bias is None else x + bias


def _two_slope(layer, x):
    one = x.new_ones(())
    open = layer.own("open")
    return switches.two_slope(x, one if open is None else open, layer.own("closed"))


def _detached(layer, x):
    x, gate = x.chunk(2, 1)
    return torch.cat([x * torch.where(gate > 0, layer.own("open"), layer.own("closed")), gate], 1)


def _padded(layer, x, size, stride, value=0.0):
    """The image in `x` with padding, and behind it what the last window needs, or less what none sees."""
    top, left, *_ = layer.sides("padding", 0, 4)
    counts = layer.after[1:] if not layer.of("channels-last") else layer.after[:2]
    down, across = ((count - 1) * s + k for count, s, k in zip(counts, stride, size))
    height, width = x.shape[-2:]
    return F.pad(x, (left, across - left - width, top, down - top - height), value=value)


def _conv(layer, x):
    stride, dilation = layer.sides("stride", 1), layer.sides("dilation", 1)
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, layer.sides("kernel", None))]
    x = _padded(layer, x.unflatten(-1, layer.shape), reach, stride)
    return F.conv2d(x, layer.own("weight"), layer.own("bias"), stride, 0, dilation, layer.of("groups", 1)).flatten(1)


def _max_pool(layer, x):
    size = layer.sides("size", None)
    stride = layer.sides("stride", size)
    return F.max_pool2d(_padded(layer, x.unflatten(-1, layer.shape), size, stride, -math.inf), size, stride).flatten(1)


def _average_pool(layer, x):
    last, x = layer.of("channels-last"), x.unflatten(-1, layer.shape)
    x = x.movedim(-1, 1) if last else x
    size = layer.sides("size", list(x.shape[-2:]))
    stride = layer.sides("stride", size)
    counted = x.new_ones((1, 1, *x.shape[-2:]))
    if layer.of("count-padding"):
        top, left, bottom, right = layer.sides("padding", 0, 4)
        counted = F.pad(counted, (left, right, top, bottom), value=1.0)
        # What is counted is padded already.
        down, across = ((n - 1) * s + k for n, s, k in zip(layer.after[:2] if last else layer.after[1:], stride, size))
        counted = F.pad(counted, (0, across - counted.shape[-1], 0, down - counted.shape[-2]))
    else:
        counted = _padded(layer, counted, size, stride)
    y = F.avg_pool2d(_padded(layer, x, size, stride), size, stride) / F.avg_pool2d(counted, size, stride)
    return (y.movedim(1, -1) if last else y).flatten(1)


def _positionwise(layer, x):
    return layer.inside(x.reshape(-1, layer.shape[2])).reshape(len(x), -1)


def _sum_halves(layer, x):
    return sum(x.chunk(2, 1))


def _rms_norm(layer, x):
    return x / torch.sqrt((x * x).mean(1, keepdim=True) + 1e-8)


_KINDS = {
    "average-pool": _average_pool,
    "block-switch": lambda layer, x: switches.block_switch(x, layer.own("open"), layer.own("closed")),
    "conv": _conv,
    "crelu": lambda layer, x: torch.cat([torch.relu(x), torch.relu(-x)], 1),
    "dense": _dense,
    "detached": _detached,
    "diagonal": _diagonal,
    "dropout": lambda layer, x: F.dropout(x, layer.of("probability"), layer.training),
    "elu": lambda layer, x: F.elu(x),
    "flatten": lambda layer, x: x,
    "leaky": lambda layer, x: F.leaky_relu(x, layer.of("slope")),
    "max-pool": _max_pool,
    "mix": _mix,
    "positionwise": _positionwise,
    "prelu": _two_slope,
    "relu": lambda layer, x: torch.relu(x),
    "reshape": lambda layer, x: x,
    "residual": lambda layer, x: x + layer.inside(x),
    "rms-norm": _rms_norm,
    "sigmoid": lambda layer, x: torch.sigmoid(x),
    "softmax": lambda layer, x: torch.softmax(x, 1),
    "sum-halves": _sum_halves,
    "tanh": lambda layer, x: torch.tanh(x),
    "two-slope": _two_slope,
}

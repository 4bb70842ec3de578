"""Modules of PyTorch as nets: a spec, and the parameters of its layers."""

import collections
import math
import sys
from dataclasses import dataclass

import numpy as np

from ._arrays import refuse, whole

_LARGEST = 1 << 30  # no value of a net has more numbers


@dataclass
class Read:
    """What a module says of a net."""

    spec: dict
    parameters: dict
    dtype: object
    origin: str
    readout: object


def read(module, shape, dtype):
    """The net of `module` for inputs of `shape`, that of one of them, without the batch; in the precision `dtype`, or that of
    its parameters."""
    try:
        import torch
    except ModuleNotFoundError as error:
        raise ImportError("module: expected PyTorch, the package torch, to be installed, found none") from error
    if not isinstance(module, torch.nn.Module):
        raise refuse("module", "a torch.nn.Module", type(module).__name__, TypeError)
    leaves = list(_leaves(torch, module, ""))
    reader = _Reader(torch, _shape(shape, leaves, torch.nn))
    for place, leaf in leaves:
        reader.take(place, leaf)
    if isinstance(dtype, torch.dtype):
        dtype = str(dtype).replace("torch.", "")
    return reader.finish([type(leaf).__name__ for _, leaf in leaves], dtype)


def _called(place, module):
    return f"module {place} ({type(module).__name__})" if place else f"module ({type(module).__name__})"


def _leaves(torch, module, place):
    """All modules in their order that hold no others, and where they are."""
    nn = torch.nn
    if module._forward_hooks or module._forward_pre_hooks or "forward" in vars(module):
        raise refuse(_called(place, module), "a module as its class has it", "one with hooks, or a forward of its own")
    if isinstance(module, nn.Sequential) and type(module).forward is nn.Sequential.forward:
        for name, inner in module._modules.items():
            yield from _leaves(torch, inner, f"{place}.{name}" if place else name)
    else:
        yield place, module


def _shape(shape, leaves, nn):
    """How one input is arranged: what is said, or what the first module that knows says."""
    if shape is not None:
        sides = tuple(whole("shape", side) for side in (shape if np.iterable(shape) else [shape]))
        if not (1 <= len(sides) <= 3 and all(sides) and math.prod(sides) <= _LARGEST):
            raise refuse("shape", "(features,), (channels, length) or (channels, height, width)", sides)
        return sides
    keeping = [nn.Identity, nn.Flatten, nn.ReLU, nn.LeakyReLU, nn.Sigmoid, nn.Tanh, nn.ELU, *_dropouts(nn)]
    rows = [(nn.Linear, "in_features"), *((kind, "features") for kind in _own() if hasattr(kind, "fitting"))]
    keeping += [kind for kind in _own() if not hasattr(kind, "fitting")]
    for place, leaf in leaves:
        known = [getattr(leaf, name) for kind, name in rows if isinstance(leaf, kind)]
        if known:
            return (known[0],)
        if type(leaf) not in keeping:
            break
    raise refuse("shape", "the shape of one input, such as (3, 32, 32), since the module does not say it", "none")


def _dropouts(nn):
    names = ("Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout")
    return [getattr(nn, name) for name in names if hasattr(nn, name)]


class _Reader:
    """The layers so far, and the shape behind the last of them, without the batch."""

    def __init__(self, torch, shape):
        self.torch, self.input, self.shape = torch, shape, shape
        self.layers, self.parameters, self.double = [], {}, False
        self.place, self.module, self.counts = "", None, collections.Counter()
        self.readout = None  # a softmax behind which nothing came yet: where, and which

    def take(self, place, module):
        """Puts down the layers of a module."""
        self.place, self.module = place, module
        nn = self.torch.nn
        is_parametrized = nn.utils.parametrize.is_parametrized(module)
        kind = type(module).__mro__[1] if is_parametrized else type(module)
        read = _kinds(nn).get(kind)
        if read is None:
            known = ", ".join(sorted(kind.__name__ for kind in _kinds(nn)))
            raise self.refused(f"Sequential or one of {known}", type(module).__name__)
        read(self, module)

    def refused(self, expected, found, part=None):
        what = _called(self.place, self.module)
        return refuse(f"{what}: {part}" if part else what, expected, found)

    def must(self, part, expected, found, right):
        if not right:
            raise self.refused(expected, found, part)

    def numbers(self, part, tensor):
        """The numbers of a parameter, in double precision."""
        torch = self.torch
        self.must(part, "numbers", "one that is lazy", not torch.nn.parameter.is_lazy(tensor))
        self.must(part, "real numbers", tensor.dtype, tensor.is_floating_point())
        self.must(part, "numbers", "none, on the device meta", tensor.device.type != "meta")
        self.double |= tensor.dtype == torch.float64
        return tensor.detach().to("cpu", torch.float64).numpy()

    def row(self, features):
        self.must("input", f"a row of {features} features (Flatten makes one)", f"shape {self.shape}", self.shape == (features,))

    def image(self, sides, channels=None):
        """Refuses what has no such number of sides behind its channels."""
        names = "channels, " + ("length" if sides == 1 else "height, width")
        right = len(self.shape) == 1 + sides and channels in (None, self.shape[0])
        self.must("input", f"({names})" + (f" with {channels} channels" if channels else ""), f"shape {self.shape}", right)

    def layer(self, kind, shape=None, parameters=(), **fields):
        """Puts a layer down that gives values of `shape`, or of that of its inputs."""
        self.settle()
        if shape is not None:
            right = all(side >= 1 for side in shape) and math.prod(shape) <= _LARGEST
            self.must("output", f"1 to {_LARGEST} numbers", f"shape {tuple(shape)}", right)
            self.shape = tuple(shape)
        name = "/" + self.place.replace(".", "/").replace("+", "-") if self.place else type(self.module).__name__
        self.counts[name] += 1
        name = name if self.counts[name] == 1 else f"{name} ({self.counts[name]})"
        self.layers.append({"kind": kind, "name": name, **fields})
        for parameter, numbers in dict(parameters).items():
            self.parameters[f"{name}.{parameter}"] = numbers

    def settle(self):
        """Puts down the softmax that is waiting, since it is not the last."""
        if self.readout is None:
            return
        held = self.place, self.module
        (self.place, self.module), self.readout = self.readout, None
        if not isinstance(self.module, self.torch.nn.Softmax):
            raise self.refused("one at the end", "one with others behind it")
        self.layer("softmax")
        self.place, self.module = held

    def each(self, channels):
        """Numbers for each channel as numbers for each place of it."""
        return np.repeat(channels, math.prod(self.shape[1:]))

    def finish(self, names, dtype):
        net_shape = list(self.input) if len(self.input) != 2 else [self.input[0], 1, self.input[1]]
        if not self.layers:
            self.layers.append({"kind": "reshape", "shape": net_shape})
        counts = collections.Counter(names)
        said = [name if count == 1 else f"{count} {name}" for name, count in sorted(counts.items())]
        origin, readout = "PyTorch: " + (", ".join(said) or "no modules"), None
        if self.readout is not None:
            readout = type(self.readout[1]).__name__
            origin += f"; the last {readout} is left out"
        spec = {"input": net_shape, "seed": 0, "layers": self.layers}
        if dtype is None:
            dtype = "float64" if self.double else "float32"
        return Read(spec, self.parameters, dtype, origin, readout)


def _pair(value, sides, height):
    """Numbers for height and width, where a single side has this height."""
    values = tuple(value) if isinstance(value, (tuple, list)) else (value,) * sides
    return [height] * (2 - sides) + list(values)


def _linear(reader, m):
    reader.row(m.in_features)
    parameters = {"weight": reader.numbers("weight", m.weight)}
    if m.bias is not None:
        parameters["bias"] = reader.numbers("bias", m.bias)
    reader.layer("dense", (m.out_features,), parameters, outputs=m.out_features, bias=m.bias is not None)


def _conv(sides):
    def read(reader, m):
        reader.image(sides, m.in_channels)
        reader.must("padding_mode", "zeros", m.padding_mode, m.padding_mode == "zeros")
        kernel, stride, dilation = (_pair(v, sides, 1) for v in (m.kernel_size, m.stride, m.dilation))
        if m.padding == "same":
            all = [d * (k - 1) for d, k in zip(dilation, kernel)]
            before = [sum // 2 for sum in all]
            behind = [sum - less for sum, less in zip(all, before)]
        else:
            before = behind = [0, 0] if m.padding == "valid" else _pair(m.padding, sides, 0)
        weight = reader.numbers("weight", m.weight)
        weight = weight.reshape(*weight.shape[:2], *kernel)
        bias = np.zeros(m.out_channels) if m.bias is None else reader.numbers("bias", m.bias)
        image = [1] * (2 - sides) + list(reader.shape[1:])
        reach = [d * (k - 1) + 1 for d, k in zip(dilation, kernel)]
        out = [(n + a + b - r) // s + 1 for n, a, b, r, s in zip(image, before, behind, reach, stride)]
        reader.layer(
            "conv",
            (m.out_channels, *out[2 - sides :]),
            {"weight": weight, "bias": bias},
            filters=m.out_channels,
            kernel=kernel,
            padding=before + behind,
            stride=stride,
            dilation=dilation,
            groups=m.groups,
        )

    return read


def _batch_norm(*ranks):
    def read(reader, m):
        right = len(reader.shape) in ranks and reader.shape[0] == m.num_features
        reader.must("input", f"{m.num_features} channels", f"shape {reader.shape}", right)
        reader.must("running_mean", "what was seen in training", "none", m.running_mean is not None)
        mean, variance = reader.numbers("running_mean", m.running_mean), reader.numbers("running_var", m.running_var)
        scale, bias = 1 / np.sqrt(variance + m.eps), 0.0
        if m.weight is not None:
            scale = scale * reader.numbers("weight", m.weight)
        if m.bias is not None:
            bias = reader.numbers("bias", m.bias)
        parameters = {"scale": reader.each(scale), "bias": reader.each(bias - mean * scale)}
        reader.layer("diagonal", None, parameters, scale={"constant": 1.0}, bias=True)

    return read


def _pool(kind, sides):
    def read(reader, m):
        reader.image(sides)
        size = _pair(m.kernel_size, sides, 1)
        stride = size if m.stride is None else _pair(m.stride, sides, 1)
        padding = _pair(m.padding, sides, 0)
        fields = {}
        if kind == "max-pool":
            reader.must("dilation", 1, m.dilation, _pair(m.dilation, sides, 1) == [1, 1])
            reader.must("return_indices", False, m.return_indices, not m.return_indices)
        else:
            divisor = getattr(m, "divisor_override", None)
            reader.must("divisor_override", None, divisor, divisor is None)
            fields["count-padding"] = m.count_include_pad
        image = [1] * (2 - sides) + list(reader.shape[1:])
        out = []
        for n, k, s, p in zip(image, size, stride, padding):
            count = (n + 2 * p - k + (s - 1 if m.ceil_mode else 0)) // s + 1
            out.append(count - 1 if m.ceil_mode and (count - 1) * s >= n + p else count)
        shape = (reader.shape[0], *out[2 - sides :])
        reader.layer(kind, shape, size=size, stride=stride, padding=padding * 2, ceil=m.ceil_mode, **fields)

    return read


def _adaptive(sides):
    def read(reader, m):
        reader.image(sides)
        reader.must("output_size", 1, m.output_size, _pair(m.output_size, sides, 1) == [1, 1])
        reader.layer("average-pool", (reader.shape[0],) + (1,) * sides)

    return read


def _flatten(reader, m):
    rank = len(reader.shape)
    right = m.start_dim == 1 and m.end_dim in (-1, rank)
    reader.must("start_dim and end_dim", "1 and -1", f"{m.start_dim} and {m.end_dim}", right)
    if rank > 1:
        reader.layer("flatten", (math.prod(reader.shape),))


def _softmax(reader, m):
    right = len(reader.shape) == 1 and m.dim in (None, 1, -1)
    reader.must("input and dim", "a row and its features", f"shape {reader.shape} and {m.dim}", right)
    reader.settle()
    reader.readout = (reader.place, m)


def _prelu(reader, m):
    slopes = reader.numbers("weight", m.weight)
    right = len(slopes) in (1, reader.shape[0])
    reader.must("num_parameters", f"1 or {reader.shape[0]}", len(slopes), right)
    slopes = np.full(math.prod(reader.shape), slopes[0]) if len(slopes) == 1 else reader.each(slopes)
    reader.layer("prelu", None, {"closed": slopes})


def _elu(reader, m):
    reader.layer("elu")
    if m.alpha != 1:
        reader.layer("leaky", slope=float(m.alpha))


def _nothing(reader, m):
    pass


def _transform(name):
    def read(reader, m):
        right = len(reader.shape) == 1 and m.dim in (1, -1)
        reader.must("dim", "the last of a row", f"{m.dim} of shape {reader.shape}", right)
        sequency = getattr(m, "order", None) == "sequency"
        reader.layer("mix", transform=name + "-sequency" if sequency else name)

    return read


def _switch(kind):
    def read(reader, m):
        reader.row(m.features)
        fields = {"block": m.block} if kind == "block-switch" else {}
        parameters = {"open": reader.numbers("open", m.open), "closed": reader.numbers("closed", m.closed)}
        reader.layer(kind, None, parameters, **fields)

    return read


def _own():
    """What is done with the modules of switchnet.torch, where somebody has them."""
    own = sys.modules.get("switchnet.torch")
    if own is None:
        return {}
    return {
        own.Hadamard: _transform("hadamard"),
        own.Hartley: _transform("hartley"),
        own.DCT2: _transform("dct2"),
        own.DCT3: _transform("dct3"),
        own.TwoSlope: _switch("two-slope"),
        own.BlockSwitch: _switch("block-switch"),
    }


def _kinds(nn):
    """What is done with each class of modules."""
    return {
        nn.Linear: _linear,
        nn.Conv1d: _conv(1),
        nn.Conv2d: _conv(2),
        nn.BatchNorm1d: _batch_norm(1, 2),
        nn.BatchNorm2d: _batch_norm(3),
        nn.MaxPool1d: _pool("max-pool", 1),
        nn.MaxPool2d: _pool("max-pool", 2),
        nn.AvgPool1d: _pool("average-pool", 1),
        nn.AvgPool2d: _pool("average-pool", 2),
        nn.AdaptiveAvgPool1d: _adaptive(1),
        nn.AdaptiveAvgPool2d: _adaptive(2),
        nn.Flatten: _flatten,
        nn.ReLU: lambda reader, m: reader.layer("relu"),
        nn.LeakyReLU: lambda reader, m: reader.layer("leaky", slope=float(m.negative_slope)),
        nn.PReLU: _prelu,
        nn.Sigmoid: lambda reader, m: reader.layer("sigmoid"),
        nn.Tanh: lambda reader, m: reader.layer("tanh"),
        nn.ELU: _elu,
        nn.Softmax: _softmax,
        nn.LogSoftmax: _softmax,
        nn.Identity: _nothing,
        **dict.fromkeys(_dropouts(nn), _nothing),
        **_own(),
    }

"""The nets of switchnet as modules."""

from __future__ import annotations

import math

import torch
from torch import nn

from .._arrays import refuse
from ..net import Net
from . import layers

# The names of what is drawn and fixed begin so in checkpoints.
_FIXED = "+fixed."


class _Tensors(nn.Module):
    """Tensors by the names that they have in checkpoints: a dot leads into a module below."""

    def _hold(self, name, values):
        first, _, rest = name.partition(".")
        if rest:
            # Not by add_module, which takes no names such as `forward`.
            self._modules.setdefault(first, _Tensors())._hold(rest, values)
        elif isinstance(values, nn.Parameter):
            self.register_parameter(first, values)
        else:
            self.register_buffer(first, values)

    def _held(self, name):
        """The tensor of this name, or None."""
        first, _, rest = name.partition(".")
        if not rest:
            return getattr(self, first, None)
        below = self._modules.get(first)
        return None if below is None else below._held(rest)


class Module(_Tensors):
    """The net as a module: the same map of rows, (rows, inputs) or (rows, \\*shape) to (rows, outputs), with derivatives.

    The names of its parameters are those of ``net.parameters()``, and its ``state_dict`` has the tensors of a checkpoint, under
    their names there: the parameters, and what was drawn with the seed and never changes as ``+fixed.1.signs``. So these
    go both ways::

        net.set_parameters({name: values.detach() for name, values in module.named_parameters()})
        module.load_state_dict(safetensors.torch.load_file("net.safetensors"))

    (of a checkpoint of ``switchnet train``, which has more in it, with ``strict=False``). :meth:`net` gives the net back.

    The parameters are copied, in the precision of the net; both may be trained on. Transforms run by the library's kernels on
    the CPU in float32 and float64, elsewhere as products with small matrices.

    >>> net = Net.zoo("switch", input=8, outputs=2)
    >>> module = switchnet.torch.Module(net)
    >>> list(module.state_dict()) == list(net.parameters()) + ["+fixed.0.signs"]
    True
    """

    def __init__(self, net: Net):
        super().__init__()
        if not isinstance(net, Net):
            raise refuse("net", "a Net", type(net).__name__, TypeError)
        self.spec, self._kind = net.spec, getattr(torch, net.dtype.name)
        self._shapes: dict = {}
        self._tables: dict = {}
        self._see(self.spec["layers"], self.spec["input"], "", net._core.shapes())
        for name, values in net.parameters().items():
            self._hold(name, nn.Parameter(torch.from_numpy(values)))
        for name, values in net._core.fixed():
            self._hold(_FIXED + name, torch.from_numpy(values))

    def _see(self, said, shape, at, after):
        """Notes the shapes before and behind every layer, those inside of others too."""
        named = {"input": shape}
        for number, (node, own) in enumerate(zip(said, after)):
            shape = named[_sources(node)[0]] if _sources(node) else shape
            place, kind = f"{at}{node.get('name', number)}.", node["kind"]
            if not (layers.known(kind) or kind in ("add", "concat")):
                raise refuse(f"layer {place[:-1]}", "a kind that comes with switchnet", kind)
            self._shapes[place] = shape, own
            if kind in layers.MOVING:
                self._tables[place] = layers.Places(node, shape)
            if "layers" in node:
                inner = shape[2:] if kind == "positionwise" else shape
                behind = layers.built(inner, node["layers"]).shapes() if node["layers"] else []
                self._see(node["layers"], inner, place, behind)
            shape = named[node.get("name")] = own

    def _run(self, said, x, at):
        """The rows `x` through these nodes."""
        named = {"input": x}
        for number, node in enumerate(said):
            sources = [named[name] for name in _sources(node)] or [x]
            x = named[node.get("name")] = self._do(node, sources, f"{at}{node.get('name', number)}.")
        return x

    def _do(self, node, sources, place):
        kind, x = node["kind"], sources[0]
        if kind == "add":
            return sum(sources[1:], x)
        if kind == "concat":
            return torch.cat(sources, 1)
        if kind in layers.MOVING:
            return self._tables[place].do(x)
        own, fixed = (lambda name, at=at: self._held(at + place + name) for at in ("", _FIXED))
        inside = lambda x: self._run(node["layers"], x, place)
        return layers.Layer(node, *self._shapes[place], own, fixed, inside, self.training).do(x)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The outputs of each row."""
        inputs = math.prod(self.spec["input"])
        if x.ndim < 2 or math.prod(x.shape[1:]) != inputs:
            raise refuse("x", f"rows of {inputs} numbers in all", f"shape {tuple(x.shape)}")
        return self._run(self.spec["layers"], x.reshape(len(x), inputs), "")

    def net(self) -> Net:
        """The net with the parameters as they are now, in float64 if one is, else in float32.

        Raises
        ------
        ValueError
            If what is fixed is not what spec and seed draw, as after loading that of another net.
        """
        floats = {values.dtype for values in self.state_dict().values() if values.is_floating_point()} or {self._kind}
        kind = torch.float64 if torch.float64 in floats else torch.float32
        net = Net(self.spec, str(kind).replace("torch.", ""))
        for name, values in net._core.fixed():
            expected = torch.from_numpy(values)
            if not torch.equal(self._held(_FIXED + name).to("cpu", expected.dtype), expected):
                raise refuse(_FIXED + name, "what spec and seed draw", "other numbers")
        net.set_parameters({name: values.detach().to("cpu", kind).numpy() for name, values in self.named_parameters()})
        return net

    def extra_repr(self):
        kinds = ", ".join(node["kind"] for node in self.spec["layers"])
        return f"{'×'.join(map(str, self.spec['input']))}: {kinds}"


def _sources(node):
    """The names of what a node reads, none for the node before it."""
    found = node.get("from", [])
    return [found] if isinstance(found, str) else found

"""Fast orthonormal transforms along a dimension of a tensor.

Tensors of float32 and float64 on the CPU are seen by the library's own kernels, without copies. Others (on another device,
of bfloat16, complex) are multiplied by small matrices: a Hadamard transform factor by factor, ``H_ab = H_a ⊗ H_b``, the others
as a whole.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch

from .. import transforms
from .._arrays import refuse

_ADJOINT = {"hadamard": "hadamard", "hartley": "hartley", "dct2": "dct3", "dct3": "dct2"}

# Hadamard matrices of these orders, with the prime that tells them, the first factor first; put together up to an order.
_ORDERS = ((12, 3), (20, 5), (28, 7), (2, 2))
_FACTOR = 32

# The longest transform that is one matrix.
_LARGEST = 1024


class _Fast(torch.autograd.Function):
    """A transform by the library's kernels. It is linear: its derivative is its adjoint, a transform as well."""

    @staticmethod
    def forward(ctx, x, name, dim, order):
        ctx.said = name, dim, order
        options = {} if order is None else {"order": order}
        return torch.from_numpy(getattr(transforms, name)(x.detach().resolve_neg().numpy(), dim, **options))

    @staticmethod
    def backward(ctx, dy):
        name, dim, order = ctx.said
        return _transform(_ADJOINT[name], dy, dim, order), None, None, None


def _transform(name, x, dim, order=None):
    if not isinstance(x, torch.Tensor):
        raise refuse("x", "a tensor", type(x).__name__, TypeError)
    if not (x.is_floating_point() or x.is_complex()):
        raise refuse("x", "a tensor of floating-point numbers", x.dtype, TypeError)
    if not -x.ndim <= dim < x.ndim:
        raise refuse("dim", f"one of the {x.ndim} of the tensor", dim)
    if order not in (None, "natural", "sequency"):
        raise refuse("order", '"natural" or "sequency"', repr(order))
    if x.device.type == "cpu" and x.dtype in (torch.float32, torch.float64):
        return _Fast.apply(x, name, dim, order)
    return _by_matrices(name, x, dim, order)


def _by_matrices(name, x, dim, order):
    n = x.shape[dim]
    kind = name if name != "hadamard" else order
    if name != "hadamard" and n > _LARGEST:
        expected = f"at most {_LARGEST} for a tensor of {x.dtype} on {x.device}"
        raise refuse(f"length of {name}", expected, n)
    y, behind = x.movedim(dim, -1), n
    shape = y.shape
    for factor in _factors(n) if name == "hadamard" else [n]:
        behind //= factor
        own = "natural" if name == "hadamard" else kind
        matrix = torch.from_numpy(_matrix(own, factor)).to(x.device, x.dtype)
        y = matrix @ y.reshape(*shape[:-1], -1, factor, behind)
    y = y.reshape(shape)
    if order == "sequency":
        y = y.index_select(-1, torch.from_numpy(_sequency(n)).to(x.device))
    return y.movedim(-1, dim)


@lru_cache(maxsize=64)
def _matrix(kind, n):
    """The matrix of a transform, worked out by its kernel."""
    kernel = transforms.hadamard if kind == "natural" else getattr(transforms, kind)
    return kernel(np.eye(n), 0)


def _factors(n):
    """The orders of the factors of a Hadamard matrix."""
    transforms.hadamard(np.zeros((0, n)))  # refuses what is no size of one
    found, rest = [], n
    for order, prime in _ORDERS:
        while rest % prime == 0:
            rest //= order
            if found and found[-1] * order <= _FACTOR:
                found[-1] *= order
            else:
                found.append(order)
    return found


@lru_cache(maxsize=64)
def _sequency(n):
    """Which row of the matrix in natural order each row in the order of sequency is."""
    places = transforms.hadamard(transforms.hadamard(np.arange(float(n))), order="sequency")
    return np.rint(places).astype(np.int64)


def hadamard(x: torch.Tensor, dim: int = -1, *, order: str = "natural") -> torch.Tensor:
    """:func:`switchnet.transforms.hadamard` of a tensor, with derivatives."""
    return _transform("hadamard", x, dim, order)


def hartley(x: torch.Tensor, dim: int = -1) -> torch.Tensor:
    """:func:`switchnet.transforms.hartley` of a tensor, with derivatives."""
    return _transform("hartley", x, dim)


def dct2(x: torch.Tensor, dim: int = -1) -> torch.Tensor:
    """:func:`switchnet.transforms.dct2` of a tensor, with derivatives."""
    return _transform("dct2", x, dim)


def dct3(x: torch.Tensor, dim: int = -1) -> torch.Tensor:
    """:func:`switchnet.transforms.dct3` of a tensor, with derivatives."""
    return _transform("dct3", x, dim)


class _Along(torch.nn.Module):
    def __init__(self, dim: int = -1):
        super().__init__()
        self.dim = dim

    def extra_repr(self):
        return f"dim={self.dim}"


class Hadamard(_Along):
    """The orthonormal Hadamard transform along a dimension, its own inverse."""

    def __init__(self, dim: int = -1, *, order: str = "natural"):
        super().__init__(dim)
        if order not in ("natural", "sequency"):
            raise refuse("order", '"natural" or "sequency"', repr(order))
        self.order = order

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The transform of `x`."""
        return hadamard(x, self.dim, order=self.order)

    def extra_repr(self):
        return f"dim={self.dim}, order={self.order!r}"


class Hartley(_Along):
    """The orthonormal Hartley transform along a dimension, its own inverse."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The transform of `x`."""
        return hartley(x, self.dim)


class DCT2(_Along):
    """The orthonormal cosine transform along a dimension, the inverse of :class:`DCT3`."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The transform of `x`."""
        return dct2(x, self.dim)


class DCT3(_Along):
    """The transpose of the cosine transform along a dimension, the inverse of :class:`DCT2`."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The transform of `x`."""
        return dct3(x, self.dim)

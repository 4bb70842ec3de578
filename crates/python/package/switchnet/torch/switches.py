"""Switches with two learned slopes, or two learned vectors, along the last dimension of a tensor."""

from __future__ import annotations

import torch

from .._arrays import refuse, whole


def two_slope(x, open, closed):
    """``x`` times `open` where it is above zero, times `closed` elsewhere."""
    return x * torch.where(x > 0, open, closed)


def block_switch(x, open, closed):
    """``y_i = sum_j x_j w_ji`` in each block, `w_j` the row of `open` where ``x_j > 0``, that of `closed` elsewhere."""
    n, block = open.shape
    shape = x.shape
    x = x.reshape(-1, n // block, block)
    above = torch.where(x > 0, x, torch.zeros_like(x))
    sides = ((above, open), (x - above, closed))
    y = sum(torch.einsum("rbj,bji->rbi", part, w.reshape(-1, block, block)) for part, w in sides)
    return y.reshape(shape)


class _Switch(torch.nn.Module):
    def __init__(self, features, open, closed):
        super().__init__()
        self.features = features
        self.open, self.closed = (torch.nn.Parameter(values) for values in (open, closed))

    def fitting(self, x):
        if x.shape[-1:] != (self.features,):
            raise refuse("features of x", self.features, f"shape {tuple(x.shape)}")
        return x


class TwoSlope(_Switch):
    """``y_i = open_i x_i`` where ``x_i > 0``, ``y_i = closed_i x_i`` elsewhere.

    The slopes are parameters, 1 at first, so that a net starts as a linear map.
    """

    def __init__(self, features: int, *, device=None, dtype=None):
        features = whole("features", features)
        super().__init__(features, *(torch.ones(features, device=device, dtype=dtype) for _ in range(2)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The switched `x`."""
        return two_slope(self.fitting(x), self.open, self.closed)

    def extra_repr(self):
        return str(self.features)


class BlockSwitch(_Switch):
    """``y_i = sum_j x_j w_ji`` over the `j` of the block of `i`, where ``w_j`` is the row ``open_j`` if ``x_j > 0``, else
    ``closed_j``.

    The rows are parameters, (features, block) each, normal with variance ``1 / block`` at first, which keeps norms on average.
    """

    def __init__(self, features: int, block: int = 4, *, device=None, dtype=None):
        features, block = whole("features", features), whole("block", block)
        if block == 0 or features % block:
            raise refuse("length of a block", f"a divisor of {features}", block)
        drawn = (torch.randn(features, block, device=device, dtype=dtype) * block**-0.5 for _ in range(2))
        super().__init__(features, *drawn)
        self.block = block

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The switched `x`."""
        return block_switch(self.fitting(x), self.open, self.closed)

    def extra_repr(self):
        return f"{self.features}, block={self.block}"

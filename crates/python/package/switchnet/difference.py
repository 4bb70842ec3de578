"""Two nets as one."""

from __future__ import annotations

from . import _switchnet as core
from .asked import Asked


class Difference(Asked):
    """``f(x) - g(x)`` of two nets, in double precision: what pruning, rounding or distilling has changed. It is what
    :meth:`Net.difference` gives.

    Its regions are those on which neither switches. The nets are as they were when it was made.

    >>> f, g = (Net.zoo("mlp", input=4, outputs=2, seed=seed) for seed in (1, 2))
    >>> both, x = f.difference(g), np.ones(4)
    >>> map = both.effective_map(x)
    >>> np.allclose(map.matrix, f.effective_map(x).matrix - g.effective_map(x).matrix)
    True
    """

    def __init__(self, f, g):
        self._core = core.Pair(f._core, g._core)
        self._sides = f.shape, f.inputs, f.outputs

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of an input, as the first net has it."""
        return self._sides[0]

    @property
    def inputs(self) -> int:
        """Features of an input."""
        return self._sides[1]

    @property
    def outputs(self) -> int:
        """Features of an output."""
        return self._sides[2]

    def __repr__(self):
        return f"<Difference {'×'.join(map(str, self.shape))} → {self.outputs}>"

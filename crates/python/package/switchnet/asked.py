"""Questions that a net and the difference of two have in common."""

from __future__ import annotations

import os
from typing import Optional, Union

from numpy.typing import ArrayLike

from . import analysis, boxes


class Asked:
    """What can be asked for its effective maps. All answers are in double precision."""

    @property
    def readout(self) -> Optional[str]:
        """What was behind the net where it is from and is left out of it: "Softmax", "LogSoftmax" or None."""
        return None

    def effective_map(self, x: ArrayLike) -> analysis.EffectiveMap:
        """The map that `x` selects, ``y = A x + c``: an :class:`EffectiveMap`."""
        return analysis.effective_map(self, x)

    def ray(self, a: ArrayLike, b: ArrayLike) -> analysis.Ray:
        """The net along the line from `a` to `b`, breakpoint by breakpoint: a :class:`Ray`."""
        return analysis.ray(self, a, b)

    def slice(
        self,
        a: ArrayLike,
        b: ArrayLike,
        c: ArrayLike,
        u: tuple[float, float] = (0.0, 1.0),
        v: tuple[float, float] = (0.0, 1.0),
        *,
        polygons: int = 1_000_000,
        seconds: float = 60.0,
        bytes: int = 2 << 30,
    ) -> analysis.Slice:
        """The net on the window ``a + s (b - a) + t (c - a)``, s in `u`, t in `v`, polygon by polygon: a :class:`Slice`.
        It ends with what it has when `polygons`, `seconds` or `bytes` are used up."""
        return analysis.slice(self, a, b, c, u, v, polygons, seconds, bytes)

    def spectrum(self, x: ArrayLike, count: Optional[int] = None) -> analysis.Spectrum:
        """The singular values of the effective map at `x`, all or the `count` largest: a :class:`Spectrum`."""
        return analysis.spectrum(self, x, count)

    def regions(
        self,
        lower: ArrayLike,
        upper: ArrayLike,
        *,
        regions: int = 1_000_000,
        seconds: float = 60.0,
        bytes: int = 2 << 30,
    ) -> boxes.Regions:
        """Every activation region that has an interior in the box from `lower` to `upper`: a :class:`Regions`.

        An input whose bounds are equal is held. The search ends with what it has when `regions`, `seconds` or `bytes` are
        used up. The number of regions grows with the power of the number of inputs: this is for nets of few inputs, or
        small boxes.

        >>> net = Net({"input": [2], "seed": 1, "layers": [{"kind": "relu"}]})
        >>> net.regions([-1, -1], [1, 1])
        <Regions: 4, complete>
        """
        return boxes.regions(self, lower, upper, regions, seconds, bytes)

    def verify(
        self,
        property: Union[str, "os.PathLike[str]"],
        *,
        regions: int = 1_000_000,
        seconds: float = 60.0,
        bytes: int = 2 << 30,
    ) -> boxes.Verification:
        """Whether a property holds, region by region, proven: a :class:`Verification`.

        `property` is a text in VNN-LIB or, as an ``os.PathLike``, a file with one: boxes of inputs, and the outputs that they
        must not lead to, both in the numbers that the net itself takes and gives. It is undecided when `regions`, `seconds`
        or `bytes` are used up. This is for small nets: beyond some hundred thousand regions, ask a verifier such as
        alpha-beta-CROWN, nnenum or Marabou.

        >>> net = Net({"input": [1], "seed": 1, "layers": [{"kind": "relu"}]})
        >>> at_least_2 = '''(declare-const X_0 Real) (declare-const Y_0 Real)
        ...     (assert (>= X_0 -1)) (assert (<= X_0 1)) (assert (>= Y_0 2))'''
        >>> net.verify(at_least_2).verdict
        'holds'
        """
        return boxes.verify(self, property, regions, seconds, bytes)

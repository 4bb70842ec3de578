"""Answers about a net in a box of inputs."""

import json
from dataclasses import dataclass
from html import escape
from typing import Optional

import numpy as np

from . import _switchnet as core
from ._arrays import one, refuse, text, whole, written
from .analysis import _axes


def _table(head, rows):
    cells = lambda tag, row: "".join(f"<{tag}>{escape(str(value))}</{tag}>" for value in row)
    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return f"<table><thead><tr>{cells('th', head)}</tr></thead><tbody>{body}</tbody></table>"


def _limits(regions, seconds, bytes):
    return text({"regions": whole("regions", regions), "seconds": seconds, "bytes": whole("bytes", bytes)})


@dataclass(eq=False, repr=False)
class Regions:
    """The activation regions of a net in a box. The map of a region is ``net.effective_map`` of its point."""

    lower: np.ndarray
    """The least value of each input, (inputs,)."""
    upper: np.ndarray
    """The largest, (inputs,)."""
    points: np.ndarray
    """The center of the largest ball in each region, (regions, inputs)."""
    radii: np.ndarray
    """The radii of these balls, in units of the box's half sides, (regions,)."""
    hashes: np.ndarray
    """A number for the switches of each region, (regions,)."""
    values: np.ndarray
    """The outputs at the points, (regions, outputs)."""
    layers: list
    """For each layer with switches, into how many parts its boundaries and those before it cut the box."""
    complete: bool
    """Whether all regions are there. If not, everything is of what was found."""
    stopped_by: Optional[str]
    """What stopped the search otherwise: "regions", "seconds" or "bytes"."""
    thin: int
    """How many times a part was left out that is too thin to tell from rounding."""
    smallest_radius: Optional[float]
    """The least of the radii."""
    evaluations: int
    """How many points were put through the net."""

    @property
    def classes(self):
        """The place of the largest output at each point, (regions,)."""
        return np.argmax(self.values, axis=1)

    def __len__(self):
        return len(self.points)

    def __repr__(self):
        return f"<Regions: {len(self)}, {'complete' if self.complete else f'stopped by {self.stopped_by}'}>"

    def _repr_html_(self):
        rows = [(k + 1, parts) for k, parts in enumerate(self.layers)]
        return f"<p>{escape(repr(self))}</p>{_table(('layer with switches', 'parts'), rows)}"

    def plot(self, axes=None):
        """Into how many parts the box is cut up to each layer with switches."""
        axes = _axes(axes)
        axes.plot(np.arange(1, len(self.layers) + 1), self.layers, ".-")
        axes.set(xlabel="layer with switches", ylabel="parts of the box")
        return axes


def regions(net, lower, upper, regions, seconds, bytes):
    limits = _limits(regions, seconds, bytes)
    *arrays, found = core.regions(net._core, one("lower", lower), one("upper", upper), limits)
    points, radii, hashes, values = arrays
    found = json.loads(found)
    del found["regions"]
    for name in ("lower", "upper"):
        found[name] = np.array(found[name], dtype=float)
    return Regions(points=points, radii=radii, hashes=hashes, values=values, **found)


@dataclass(eq=False, repr=False)
class Violation:
    """An input that violates a property: the net was evaluated there."""

    case: int
    """Which case of the property, from 0."""
    input: np.ndarray
    """The input, (inputs,)."""
    outputs: np.ndarray
    """The outputs there, (outputs,)."""

    def __repr__(self):
        return f"<Violation of case {self.case}: outputs {self.outputs}>"


@dataclass(eq=False, repr=False)
class Verification:
    """Whether a property holds."""

    verdict: str
    """ "holds", "violated" or "undecided"; in the words of others unsat, sat and unknown."""
    violation: Optional[Violation]
    """An input that violates it, if one was found."""
    stopped_by: Optional[str]
    """What stopped the search, if something did: "regions", "seconds" or "bytes"."""
    regions: int
    """Regions that were looked at, over all cases."""
    undecided_regions: int
    """Of these, regions that neither keep the property by more than rounding nor violate it."""
    thin: int
    """How many times a part was too thin to look at."""

    def __repr__(self):
        stopped = f", stopped by {self.stopped_by}" if self.stopped_by else ""
        return f"<Verification: {self.verdict}, {self.regions} regions{stopped}>"

    def _repr_html_(self):
        rows = []
        if self.violation is not None:
            for name, numbers in (("X", self.violation.input), ("Y", self.violation.outputs)):
                rows += [(f"{name}_{i}", f"{number:.6g}") for i, number in enumerate(numbers)]
        return f"<p>{escape(repr(self))}</p>{_table(('of the violation', 'value'), rows) if rows else ''}"


def verify(net, property, regions, seconds, bytes):
    if net.readout is not None:
        raise refuse("verify", "a net that ends without a softmax", f"one whose last {net.readout} was left out")
    said, place = written("property", property)
    found = json.loads(core.verify(net._core, said, _limits(regions, seconds, bytes), place))
    violation = found.pop("violation")
    if violation is not None:
        for name in ("input", "outputs"):
            violation[name] = np.array(violation[name], dtype=float)
        violation = Violation(**violation)
    return Verification(violation=violation, **found)

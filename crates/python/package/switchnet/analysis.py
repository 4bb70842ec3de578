"""Answers about a net at an input, in double precision. Each is a dataclass with NumPy arrays, and most can be plotted
where matplotlib is there."""

import json
from dataclasses import dataclass, field
from html import escape

import numpy as np

from . import _switchnet as core
from ._arrays import numbers, one, refuse, rows, text, whole


def _axes(axes):
    """The axes to draw on: those given, or new ones."""
    if axes is not None:
        return axes
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise ImportError("plot: expected matplotlib to be installed, found none") from error
    return pyplot.subplots()[1]


@dataclass(eq=False, repr=False)
class EffectiveMap:
    """``y = A x + c``, the map that an input selects.

    Of a net that is piecewise linear (`exact`) it is the net on the whole region around `x`; of another its tangent. `A`
    is from the Jacobian alone, `c` from the biases alone, `y` from the forward pass alone, so `residual` measures
    something.
    """

    x: np.ndarray
    """The input, (inputs,)."""
    y: np.ndarray
    """The output, (outputs,)."""
    matrix: np.ndarray
    """A, (outputs, inputs)."""
    constant: np.ndarray
    """c, (outputs,)."""
    exact: bool
    """Whether the net is piecewise linear."""
    residual: float
    """The norm of ``A x + c - f(x)`` over those of ``A x`` and ``c``."""
    residual_absolute: float
    """The norm of ``A x + c - f(x)``."""
    open: list
    """For each layer with switches, whether each is open."""
    boundary: list
    """The switches whose value is zero, as pairs (layer, switch)."""
    shape: tuple = field(default=())
    """How inputs are arranged."""

    @property
    def norms(self):
        """The Euclidean norm of each row of the matrix."""
        return np.linalg.norm(self.matrix, axis=1)

    @property
    def angles(self):
        """The angle between the input and each row of the matrix, in degrees; nan where one of them is zero."""
        with np.errstate(invalid="ignore", divide="ignore"):
            cosine = self.matrix @ self.x / (self.norms * np.linalg.norm(self.x))
        return np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))

    def __call__(self, x):
        """``A x + c`` of another input, or of rows of them."""
        x, single = rows("x", x, self.matrix.shape[1], np.float64)
        y = x @ self.matrix.T + self.constant
        return y[0] if single else y

    def __repr__(self):
        outputs, inputs = self.matrix.shape
        kind = "exact" if self.exact else "a tangent"
        return f"<EffectiveMap {inputs} → {outputs}, {kind}, residual {self.residual:.0e}>"

    def _repr_html_(self):
        head = "".join(f"<th>{name}</th>" for name in ("output", "y", "a·x", "c", "‖a‖", "angle (°)"))
        columns = zip(self.y, self.matrix @ self.x, self.constant, self.norms, self.angles)
        best = int(np.argmax(self.y))
        cells = lambda values: "".join(f"<td>{value:.4g}</td>" for value in values)
        mark = lambda k: f"<b>{k}</b>" if k == best else str(k)
        body = "".join(f"<tr><td>{mark(k)}</td>{cells(values)}</tr>" for k, values in enumerate(columns))
        return f"<p>{escape(repr(self))}</p><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def plot(self, axes=None):
        """The rows of the matrix: as pictures beside each other where inputs are an image, else as a heat map."""
        axes = _axes(axes)
        picture = self.matrix
        if len(self.shape) == 3:
            picture = np.hstack([row.reshape(self.shape).mean(axis=0) for row in self.matrix])
        most = np.abs(picture).max() or 1.0
        axes.imshow(picture, cmap="RdBu_r", vmin=-most, vmax=most, aspect="equal" if len(self.shape) == 3 else "auto")
        axes.set_title("effective weights of each output")
        return axes


def effective_map(net, x):
    x = one("x", x)
    y, matrix, constant, exact, pattern, (absolute, relative) = core.effective_map(net._core, x)
    pattern = json.loads(pattern)
    return EffectiveMap(
        x=x.copy(),
        y=y,
        matrix=matrix,
        constant=constant,
        exact=exact,
        residual=relative,
        residual_absolute=absolute,
        open=[np.array(layer, dtype=bool) for layer in pattern["open"]],
        boundary=[_unit(unit) for unit in pattern["boundary"]],
        shape=net.shape,
    )


def _unit(unit):
    return unit["layer"], unit["unit"]


@dataclass(eq=False, repr=False)
class Ray:
    """A net along ``x(t) = a + t (b - a)``, t from 0 to 1: affine between the points `t`."""

    t: np.ndarray
    """0, the breakpoints, 1: (points,)."""
    values: np.ndarray
    """The outputs there, (points, outputs)."""
    slopes: np.ndarray
    """dy/dt between them, (points - 1, outputs)."""
    flips: list
    """For each breakpoint the switches that flip, as (layer, switch, whether it opens)."""
    crossings: list
    """Where the largest output becomes another, as dicts."""
    regions: int
    """Activation regions that the line passes."""
    pieces: int
    """Straight pieces of the outputs."""
    tolerance: float
    """A region narrower than this, in t, may be missing."""
    error: float
    """The largest difference of neighboring pieces at a breakpoint, and of the ends from the forward pass."""
    consistent: bool
    """Whether that is rounding."""

    @property
    def breakpoints(self):
        """Where switches flip, 0 to 1."""
        return self.t[1:-1]

    def __repr__(self):
        return f"<Ray of {self.regions} regions, {self.pieces} pieces, {len(self.crossings)} changes of decision>"

    def plot(self, axes=None):
        """The outputs along the line, with a mark at each breakpoint."""
        axes = _axes(axes)
        for k, values in enumerate(self.values.T):
            axes.plot(self.t, values, label=str(k))
        axes.plot(self.breakpoints, np.full(len(self.breakpoints), self.values.min()), "|", color="gray")
        axes.set_xlabel("t")
        axes.legend()
        return axes


def ray(net, a, b):
    found = json.loads(core.ray(net._core, one("a", a), one("b", b)))
    segments = found["segments"]
    value, slope = (np.array([segment[name] for segment in segments]) for name in ("value", "slope"))
    last = segments[-1]
    end = value[-1] + (last["end"] - last["start"]) * slope[-1]
    flip = lambda flip: (*_unit(flip["unit"]), flip["opens"])
    return Ray(
        t=np.array([segment["start"] for segment in segments] + [last["end"]]),
        values=np.vstack([value, end]),
        slopes=slope,
        flips=[[flip(f) for f in point["flips"]] for point in found["breakpoints"]],
        **{name: found[name] for name in ("crossings", "regions", "pieces", "tolerance", "error", "consistent")},
    )


@dataclass(eq=False, repr=False)
class Margin:
    """How far an input is from the boundaries of its region, and from another decision, in units of the input. The norms
    are "l1", "l2" and "linf"."""

    certificate: dict
    """By norm: any smaller change leaves the prediction as it is, and the effective map is the net."""
    nearest: dict
    """By norm: the switch whose boundary is nearest (`unit`: `layer`, `unit`) and its `distance`, or None."""
    layers: list
    """The same among the switches of each layer."""
    on_boundary: list
    """The switches that the input lies on, as pairs (layer, switch)."""
    decision: dict
    """The `class`, and by norm the `nearest` rival `class` and its `distance`; None for a net of one output."""

    def __repr__(self):
        sizes = ", ".join(f"{norm} {'none' if d is None else f'{d:.3g}'}" for norm, d in self.certificate.items())
        return f"<Margin {sizes}>"


def margin(net, x):
    found = json.loads(core.margin(net._core, one("x", x)))
    found["on_boundary"] = [_unit(unit) for unit in found["on_boundary"]]
    return Margin(**found)


@dataclass(eq=False, repr=False)
class Slice:
    """A net on a window of a plane: polygons on which it is affine."""

    vertices: np.ndarray
    """(vertices, 2), in coordinates of the plane."""
    polygons: list
    """The corners of each polygon, places among the vertices, counter-clockwise."""
    centers: np.ndarray
    """A point inside each, (polygons, 2)."""
    areas: np.ndarray
    """(polygons,)."""
    values: np.ndarray
    """The outputs at the centers, (polygons, outputs)."""
    gradients: np.ndarray
    """How the outputs change along both coordinates, (polygons, outputs, 2)."""
    borders: list
    """Where the two largest outputs are equal, as dicts."""
    regions: int
    """Activation regions."""
    pieces: int
    """Linear pieces."""
    complete: bool
    """Whether the polygons fill the window."""
    stopped_by: str
    """What stopped the search otherwise: "polygons", "seconds" or "bytes"."""
    consistent: bool
    """Whether areas, Euler's number and neighboring polygons agree."""
    window: dict
    """The window, `u` and `v`."""

    def __repr__(self):
        state = "" if self.complete else f", stopped by {self.stopped_by}"
        return f"<Slice of {len(self.polygons)} polygons, {self.regions} regions, {self.pieces} pieces{state}>"

    def plot(self, axes=None):
        """The polygons, colored by the largest output at their center."""
        axes = _axes(axes)
        from matplotlib.collections import PolyCollection

        corners = [self.vertices[polygon] for polygon in self.polygons]
        kinds = PolyCollection(corners, array=self.values.argmax(axis=1), cmap="tab10", edgecolor="white", linewidth=0.4)
        axes.add_collection(kinds)
        axes.set(xlim=self.window["u"], ylim=self.window["v"], xlabel="u", ylabel="v")
        return axes


def _ends(what, interval):
    """The two ends of an interval, as a list."""
    ends = numbers(what, interval, np.float64)
    if ends.shape != (2,):
        raise refuse(what, "two numbers", f"shape {ends.shape}")
    return ends.tolist()


def slice(net, a, b, c, u, v, polygons, seconds, bytes):
    bounds = {"u": _ends("u", u), "v": _ends("v", v), "polygons": polygons, "seconds": seconds, "bytes": bytes}
    found = json.loads(core.slice(net._core, one("a", a), one("b", b), one("c", c), text(bounds)))
    parts = found["polygons"]
    outputs = net.outputs
    array = lambda name, *shape: np.array([part[name] for part in parts], dtype=float).reshape(len(parts), *shape)
    return Slice(
        vertices=np.array(found["vertices"], dtype=float).reshape(-1, 2),
        polygons=[np.array(part["vertices"], dtype=np.intp) for part in parts],
        centers=array("center", 2),
        areas=array("area"),
        values=array("values", outputs),
        gradients=np.stack([array("along_u", outputs), array("along_v", outputs)], axis=-1),
        **{
            name: found[name]
            for name in ("borders", "regions", "pieces", "complete", "stopped_by", "consistent", "window")
        },
    )


@dataclass(eq=False, repr=False)
class Spectrum:
    """The singular value decomposition of the effective map at an input, or its leading part."""

    values: np.ndarray
    """The singular values, in descending order, (pairs,)."""
    left: np.ndarray
    """Directions of the output, (pairs, outputs)."""
    right: np.ndarray
    """Directions of the input, (pairs, inputs)."""
    residuals: np.ndarray
    """How well each pair was found: the norms of ``A v - s u`` and ``A' u - s v``, (pairs, 2)."""
    rank: int
    """How many are above `rank_tolerance`; a lower bound if not `complete`."""
    rank_tolerance: float
    energy: float
    """The sum of the squares of all."""
    stable_rank: float
    """`energy` over the square of the largest."""
    participation: float
    """How many equal values would spread the energy so; None if not `complete`."""
    complete: bool
    """Whether all values above `rank_tolerance` are there."""
    converged: bool
    """Whether all pairs are as good as was asked for."""
    exact: bool
    """Whether the net is piecewise linear."""

    def __repr__(self):
        least = "" if self.complete else "at least "
        return f"<Spectrum of {len(self.values)} values, rank {least}{self.rank}, largest {self.values[0]:.3g}>"

    def plot(self, axes=None):
        """The singular values."""
        axes = _axes(axes)
        axes.semilogy(np.arange(1, len(self.values) + 1), self.values, ".-")
        axes.set(xlabel="number", ylabel="singular value")
        return axes


def spectrum(net, x, count):
    found = json.loads(core.spectrum(net._core, one("x", x), None if count is None else whole("count", count)))
    array = lambda name: np.array(found[name], dtype=float)
    names = ("rank", "rank_tolerance", "energy", "stable_rank", "participation", "complete", "converged")
    return Spectrum(
        values=array("values"),
        left=array("left").reshape(-1, net.outputs),
        right=array("right").reshape(-1, net.inputs),
        residuals=np.array([[pair["push"], pair["pull"]] for pair in found["residuals"]]).reshape(-1, 2),
        exact=found["exactness"] == "exact",
        **{name: found[name] for name in names},
    )


@dataclass(eq=False, repr=False)
class Adversarial:
    """An input of another class, near the one that was asked about; not the nearest."""

    x: np.ndarray
    """The input found."""
    label: int
    """The class at the input asked about."""
    rival: int
    """The class here."""
    distance: float
    """How far it is from the other (l2)."""
    steps: int
    """How many maps it took."""

    def __repr__(self):
        return f"<Adversarial: class {self.rival} instead of {self.label} at distance {self.distance:.3g}>"


def adversarial(net, x, steps):
    found = json.loads(core.adversarial(net._core, one("x", x), whole("steps", steps)))
    if found is None:
        return None
    return Adversarial(np.array(found.pop("x"), dtype=float), found.pop("class"), **found)

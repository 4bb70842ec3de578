"""Nets: built, trained, asked, saved."""

from __future__ import annotations

import json
import os
import warnings
from typing import Any, Callable, Optional, Union

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from . import _switchnet as core
from . import _modules, analysis
from ._arrays import kebab, named, numbers, refuse, rows, snake, targets, text, weights as row_weights, whole, written
from .asked import Asked
from .difference import Difference

Path = Union[str, "os.PathLike[str]"]
Array = NDArray[Any]

_DTYPES = {"float32": False, "float64": True}


def _double(dtype):
    try:
        name = "None" if dtype is None else np.dtype(dtype).name  # to NumPy it is float64
    except (TypeError, ValueError, SyntaxError):  # NumPy raises each for some
        name = repr(dtype)
    if name not in _DTYPES:
        raise refuse("dtype", "float32 or float64", name)
    return _DTYPES[name]


class Net(Asked):
    """A net of layers: ``y = f(x)`` for each row.

    Parameters
    ----------
    spec : dict, str or path
        The shape of one input, a seed, and the layers, as in the files of switchnet: a dict; a text in JSON (within
        braces) or TOML; or an ``os.PathLike``, a file with such a text.
    dtype : "float32" or "float64"
        The precision of parameters and outputs. The analysis is always in float64.

    Raises
    ------
    ValueError
        If it is no spec, or its layers do not fit.
    OSError
        If the file cannot be read.

    Examples
    --------
    >>> layers = [{"kind": "mix", "transform": "hadamard"}, {"kind": "two-slope"}, {"kind": "dense", "outputs": 3}]
    >>> net = Net({"input": [8], "seed": 1, "layers": layers})
    >>> net.forward(np.ones((2, 8))).shape
    (2, 3)
    """

    def __init__(self, spec: Union[dict, Path], dtype: DTypeLike = "float32"):
        if isinstance(spec, (str, os.PathLike)):
            said, place = written("spec", spec)
            self._core = core.Core.build(said, _double(dtype), place)
        elif isinstance(spec, dict):
            self._core = core.Core.build(text(spec), _double(dtype))
        else:
            raise refuse("spec", "a dict, a text or a path", type(spec).__name__, TypeError)

    _origin = ""
    _readout = None

    @classmethod
    def _of(cls, inner):
        net = cls.__new__(cls)
        net._core = inner
        return net

    def _said(self, origin, readout, place):
        """The net, as one that was read there."""
        self._origin, self._readout = origin, readout
        if readout is not None:
            left = f"{place}: the last {readout} is left out of the net: forward gives what goes into it, predict_proba probabilities"
            warnings.warn(left, UserWarning, stacklevel=3)
        return self

    @classmethod
    def zoo(
        cls,
        name: str,
        input: Union[int, tuple[int, ...]],
        outputs: int,
        *,
        seed: int = 1,
        dtype: DTypeLike = "float32",
        **options: Any,
    ) -> Net:
        """A net of the zoo: "switch", "mlp", "thin-mlp", "cnn", "cosine-bank", "multi-scale-bank", "sliding-bank"
        or "structured".

        `input` is the number of features or a shape such as ``(1, 28, 28)``; `options` are those of the net in files, such
        as ``depth=2`` or ``hidden=[16]``.

        >>> Net.zoo("sliding-bank", input=(1, 28, 28), outputs=10).outputs
        10
        """
        shape = list(input) if np.iterable(input) else [input]
        shape = [whole("input", size) for size in shape]
        outputs, seed = whole("outputs", outputs), whole("seed", seed)
        if "net" in options:
            raise refuse("option of a net", "no other name than the first argument", f"net={options['net']!r}")
        named = text({"net": name, **kebab(options)})
        return cls._of(core.Core.zoo(named, text([shape, outputs, seed]), _double(dtype)))

    @classmethod
    def load(cls, path: Path, dtype: DTypeLike = "float32") -> Net:
        """The net of a checkpoint, from here or from the command line; one of float32 may be read as float64.

        What the file says of its inputs is in :attr:`preparation`: a net that was trained on standardized data wants them
        so, and :meth:`prepare` does it.
        """
        return cls._of(core.Core.load(os.fspath(path), _double(dtype)))

    def save(self, path: Path) -> None:
        """Writes a checkpoint (safetensors), whole or not at all; with what :attr:`preparation` says."""
        self._core.save(os.fspath(path))

    @classmethod
    def from_onnx(
        cls,
        path: Path,
        output: Optional[str] = None,
        shape: Optional[tuple[int, ...]] = None,
        dtype: DTypeLike = "float32",
    ) -> Net:
        """The net of an ONNX file, of whichever program.

        Parameters
        ----------
        path : str or path
        output : str, optional
            The output that the net is to give, by its name; the first if nothing is said.
        shape : tuple of int, optional
            The shape of the input, with the batch, such as ``(1, 3, 224, 224)``; that of the file if nothing is said.
        dtype : "float32" or "float64"
            To what the numbers of the file are rounded. In float64 they stay what they are.

        :attr:`origin` says in a line what was read. A softmax at the end is left out, with a warning; :attr:`readout` has it.
        Of a file of :meth:`to_onnx` that nobody changed it is the very same net, with its :attr:`preparation`.

        Raises
        ------
        ValueError
            If something in the file cannot be read as a layer: a line that names the node and its operator.
        OSError
            If there is no such file.
        """
        sides = None if shape is None else [whole("shape", side) for side in shape]
        path = os.fspath(path)
        inner, origin, readout = core.from_onnx(path, output, sides, _double(dtype))
        return cls._of(inner)._said(origin, readout, path)

    def to_onnx(self, path: Path, *, standardization: bool = False) -> None:
        """Writes the net as an ONNX file that other programs run, whole or not at all: from `x` (rows, \\*shape) to `y` (rows,
        outputs), in the precision of the net, for any number of rows.

        The file keeps the spec and :attr:`preparation`. With `standardization` it does what they say instead: it takes raw
        inputs, and gives values in their own units.

        Raises
        ------
        ValueError
            If a layer cannot be written; the line names it.
        """
        core.to_onnx(self._core, os.fspath(path), bool(standardization))

    @classmethod
    def from_torch(
        cls,
        module: Any,
        shape: Union[int, tuple[int, ...], None] = None,
        dtype: Optional[DTypeLike] = None,
    ) -> Net:
        """The net of a PyTorch module: a ``torch.nn.Sequential``, of others too, or one of its layers.

        Linear, Conv1d, Conv2d; ReLU, LeakyReLU, PReLU, Sigmoid, Tanh, ELU; BatchNorm1d, BatchNorm2d; the max- and average-pools
        of one and two sides, those that adapt to a single number; Flatten, Identity, Softmax; the dropouts, which are left
        out; transforms and switches of ``switchnet.torch``. The module is taken as it is in ``eval()``, whether it is there or not. What else there is is refused by its
        name and place: nothing is left out or approximated.

        Parameters
        ----------
        module : torch.nn.Module
        shape : int or tuple of int, optional
            The shape of one input, without the batch: (features,), (channels, length) or (channels, height, width). Where
            a Linear comes first it is known.
        dtype : "float32" or "float64", optional
            If nothing is said float64 where a parameter is, else float32.

        A Softmax at the end is left out, with a warning; :attr:`readout` has it.

        >>> net = Net.from_torch(torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2)))  # doctest: +SKIP
        """
        found = _modules.read(module, shape, dtype)
        net = cls(found.spec, found.dtype)
        net.set_parameters(found.parameters)
        return net._said(found.origin, found.readout, "module")

    @property
    def origin(self) -> str:
        """What was read, in a line, of a net that is from an ONNX file or from a module of PyTorch; else nothing."""
        return self._origin

    @property
    def readout(self) -> Optional[str]:
        """What was behind the net where it is from and is left out of it: "Softmax", "LogSoftmax" or None."""
        return self._readout

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of an input."""
        return tuple(self.spec["input"])

    @property
    def spec(self) -> dict:
        """What the net was built from, a dict."""
        return json.loads(self._core.spec())

    @property
    def inputs(self) -> int:
        """Features of an input."""
        return self._core.inputs

    @property
    def outputs(self) -> int:
        """Features of an output."""
        return self._core.outputs

    @property
    def dtype(self) -> np.dtype:
        """The type of parameters and outputs."""
        return np.dtype(self._core.dtype)

    @property
    def training(self) -> bool:
        """Whether a call of :meth:`fit` is at work, in any thread."""
        return self._core.training

    @property
    def preparation(self) -> dict[str, dict]:
        """What the net's file says of its data: dicts by the names "schema", "standardize" (`mean` and `scale` of each
        input) and "standardize-targets", as far as they are there. Set it to have it in the file of :meth:`save`."""
        return {name: json.loads(value) for name, value in self._core.preparation().items()}

    @preparation.setter
    def preparation(self, value: dict[str, dict]) -> None:
        self._core.prepare({name: text(part) for name, part in named("preparation", value).items()})

    def prepare(self, x: ArrayLike) -> Array:
        """Raw inputs as the net was trained on them: ``(x - mean) / scale``, where :attr:`preparation` says so. What is not
        finite, or is not in the net's precision, is refused."""
        raw, single = rows("x", x, self.inputs, np.float64)
        prepared = self._core.standardized(raw)
        return prepared[0] if single else prepared

    def _forward(self, x, softmax):
        x, single = rows("x", x, self.inputs, self.dtype)
        y = self._core.forward(x, softmax)
        return y[0] if single else y

    def forward(self, x: ArrayLike) -> Array:
        """The outputs of each row: (rows, outputs). `x` is (rows, inputs) or (rows, \\*shape); one input of shape (inputs,)
        gives (outputs,)."""
        return self._forward(x, False)

    __call__ = forward

    def _values(self):
        """Whether the outputs are values: the net's file says so, or there is but one."""
        said = self.preparation
        nameless = "schema" in said and not said["schema"].get("classes")
        return self.outputs == 1 or nameless or "standardize-targets" in said

    def predict(self, x: ArrayLike) -> Array:
        """The class of each row: the place of its largest output, the first of equal ones.

        Of a net of one output, and of one whose :attr:`preparation` says that it was trained on values, the outputs of each
        row, in the units of those values.
        """
        y = self.forward(x)
        if not self._values():
            return np.argmax(y, axis=-1)
        return self._core.undone(y.reshape(-1, self.outputs)).reshape(y.shape)

    def predict_proba(self, x: ArrayLike) -> Array:
        """The softmax of the outputs of each row, of a net of classes."""
        if self._values():
            raise refuse("predict_proba", "a net of classes", "one of values")
        return self._forward(x, True)

    def fit(
        self,
        x: ArrayLike,
        y: ArrayLike,
        settings: Optional[dict] = None,
        *,
        weights: Optional[ArrayLike] = None,
        callback: Optional[Callable[[dict], Any]] = None,
        **more: Any,
    ) -> list[dict]:
        """Trains the net from its present parameters.

        Parameters
        ----------
        x : (rows, inputs) or (rows, \\*shape)
        y : (rows,) of whole numbers, or (rows,) or (rows, outputs) of floats
            Classes, for cross-entropy or squared error; or values, for squared error.
        settings : dict, and keywords
            `epochs` (30), `batch` (32), `learning_rate` (0.01), `validation` (0.1, the part held out), `seed` (1),
            `optimizer` ("adam", "sgd", or a dict with `kind`), `schedule` ("one-cycle", "cosine", "constant", or a dict),
            `loss` ("cross-entropy", "squared-error"), `clip`, `keep` ("best", "last"), `patience`, `class_weights`,
            `roles`: those of a training in files.
        weights : (rows,), optional
            How much each row counts.
        callback : callable, optional
            Is given the record of each epoch, a dict, while the net has that epoch's parameters. The answer ``False``
            ends the training.

        Returns
        -------
        list of dict
            A record for each epoch: `epoch`, `learning_rate`, `train_loss`, `train_accuracy`, `validation_loss`,
            `validation_accuracy`, `seconds`.

        Raises
        ------
        ValueError
            If settings or data make no sense, or the loss stops being finite; the net is then as the last epoch that a
            callback saw left it, or as it was.
        KeyboardInterrupt
            At Ctrl-C, between steps. The net keeps what it has learned, as it does if the callback raises.
        RuntimeError
            If another call trains the net.
        """
        if not (callback is None or callable(callback)):
            raise refuse("callback", "a function", type(callback).__name__, TypeError)
        settings = kebab({**named("settings", settings or {}), **more})
        for name in ("optimizer", "schedule"):
            if isinstance(settings.get(name), str):
                settings[name] = {"kind": settings[name]}
        loss = settings.get("loss")
        goals = targets(y, self.dtype, True if loss == "cross-entropy" else None)
        if loss is None and goals.dtype.kind == "f":
            settings["loss"] = "squared-error"
        inputs, _ = rows("x", x, self.inputs, self.dtype)
        counts = None if weights is None else row_weights("weights", weights, len(inputs))
        watch = None if callback is None else lambda record: callback(snake(json.loads(record)))
        history = core.fit(self._core, inputs, goals, text(settings), counts, watch)
        return [snake(record) for record in json.loads(history)]

    def evaluate(self, x: ArrayLike, y: ArrayLike) -> dict[str, float]:
        """Mean loss and accuracy: ``{"loss": …, "accuracy": …}``; of values the loss, half the squared error, alone."""
        inputs, _ = rows("x", x, self.inputs, self.dtype)
        loss, accuracy = core.evaluate(self._core, inputs, targets(y, self.dtype, None))
        return {"loss": loss} if accuracy is None else {"loss": loss, "accuracy": accuracy}

    def parameters(self) -> dict[str, Array]:
        """The parameters, copied: a dict of arrays by name, in the order of the net."""
        return {name: values for name, _, values in self._core.parameters()}

    def roles(self) -> dict[str, str]:
        """What each parameter does: "weight", "bias", "scale" or "slope"."""
        return {name: role for name, role, _ in self._core.parameters()}

    def set_parameters(self, parameters: dict[str, ArrayLike]) -> None:
        """Puts these arrays into the parameters of their names: into all, or after an error none."""
        self._core.set_parameters(
            {
                name: numbers(f"parameter {name}", values, self.dtype)
                for name, values in named("parameters", parameters).items()
            }
        )

    def summary(self) -> str:
        """The table of layers: shapes, parameters, multiply-adds."""
        return self._core.summary()[0]

    def __repr__(self):
        shape = "×".join(map(str, self.shape))
        left = f", without its last {self._readout}" if self._readout else ""
        return f"<Net {shape} → {self.outputs}, {self._core.summary()[1]:,} parameters, {self.dtype}{left}>"

    def __reduce__(self):
        return _rebuilt, (self.spec, self.dtype.name, self.parameters(), self.preparation, (self._origin, self._readout))

    def margin(self, x: ArrayLike) -> analysis.Margin:
        """How far `x` is from the next switch and from another decision: a :class:`Margin`."""
        return analysis.margin(self, x)

    def difference(self, other: Net) -> Difference:
        """``self(x) - other(x)``, to be asked for its maps: a :class:`Difference`. Both must take and give as many features."""
        if not isinstance(other, Net):
            raise refuse("net that is subtracted", "a Net", type(other).__name__, TypeError)
        return Difference(self, other)

    def adversarial(self, x: ArrayLike, steps: int = 20) -> Optional[analysis.Adversarial]:
        """A near input of another class, an :class:`Adversarial`, or None where the search finds none."""
        return analysis.adversarial(self, x, steps)


def _rebuilt(spec, dtype, parameters, preparation, said=("", None)):
    """A net out of a pickle."""
    net = Net(spec, dtype)
    net.set_parameters(parameters)
    net.preparation = preparation
    net._origin, net._readout = said
    return net

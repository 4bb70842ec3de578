"""From what users hand in to the arrays and texts that the core takes."""

import json
import math
import operator
import os

import numpy as np


def refuse(what, expected, found, kind=ValueError):
    """An error in the words of all of them."""
    return kind(f"{what}: expected {expected}, found {found}")


def unmasked(what, x):
    """An array of anything; one with some of it masked is not taken for one without."""
    if isinstance(x, np.ma.MaskedArray):
        raise refuse(what, "numbers that are all there", "a masked array", TypeError)
    try:
        return np.asarray(x)
    except ValueError as error:
        raise refuse(what, "an array, or lists of one length", " ".join(str(error).split())) from None


def numbers(what, x, dtype):
    """A contiguous array of `dtype` of any real numbers."""
    x = unmasked(what, x)
    if x.dtype.kind not in "fiub":
        raise refuse(what, "real numbers", f"an array of {x.dtype}", TypeError)
    if not x.size:
        return np.empty(x.shape, dtype)  # for an empty view is contiguous with strides of any size
    return np.require(x, dtype, ["C", "A"])


def rows(what, x, features, dtype):
    """Rows of `features` numbers, and whether `x` was a single one without an axis of rows."""
    x = numbers(what, x, dtype)
    if x.ndim == 1 and x.size == features:
        return x[None, :], True
    if x.ndim < 2 or math.prod(x.shape[1:]) != features:
        expected = f"rows of {features} numbers in all"
        raise refuse(what, expected, f"shape {x.shape}")
    return x.reshape(x.shape[0], features), False


def one(what, x):
    """A single input in double precision, however it is arranged."""
    return numbers(what, x, np.float64).reshape(-1)


def weights(what, x, count):
    """How much each of so many rows counts, as a list."""
    x = numbers(what, x, np.float64)
    if x.shape != (count,):
        raise refuse(what, f"a number for each of the {count} rows", f"shape {x.shape}")
    wrong = np.flatnonzero(~(np.isfinite(x) & (x >= 0)))
    if len(wrong):
        raise refuse(f"{what}, row {wrong[0]}", "a finite number, not negative", x[wrong[0]])
    if not x.any():
        raise refuse(what, "one above 0", "zeros")
    return x.tolist()


def targets(y, dtype, classes):
    """Classes as int64, or values as columns; `classes` says which, or None for what `y` looks like."""
    y = unmasked("y", y)
    if classes is None:
        classes = y.dtype.kind in "iub" and y.ndim == 1
    if not classes:
        y = numbers("y", y, dtype)
        if y.ndim not in (1, 2):
            raise refuse("y", "a number, or a row of them, for each row of x", f"shape {y.shape}")
        return y[:, None] if y.ndim == 1 else y
    if y.dtype.kind not in "iub" or y.ndim != 1:
        raise refuse("y", "a class, a whole number, for each row", f"{y.dtype} of shape {y.shape}", TypeError)
    if y.dtype.kind == "u" and y.size and y.max() > np.iinfo(np.int64).max:
        raise refuse("y", "classes of the net", y.max())
    return y.astype(np.int64)


def named(what, value):
    """A dict whose keys are names."""
    if not isinstance(value, dict):
        raise refuse(what, "a dict", type(value).__name__, TypeError)
    for key in value:
        if not isinstance(key, str):
            raise refuse(f"key of {what}", "a text", repr(key), TypeError)
    return value


def plain(value):
    """NumPy's numbers and arrays as Python's, for JSON."""
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    raise refuse("setting", "numbers, texts, lists and dicts", type(value).__name__, TypeError)


def kebab(value):
    """A dict with keys as files have them: ``warm_up`` is ``warm-up``."""
    dashed = lambda pairs: {key.replace("_", "-"): inner for key, inner in pairs}
    return json.loads(text(value), object_pairs_hook=dashed)


def snake(value):
    """Keys as Python has them."""
    return {key.replace("-", "_"): inner for key, inner in value.items()}


def text(value):
    """JSON."""
    try:
        return json.dumps(value, default=plain, allow_nan=False, check_circular=False)
    except ValueError:
        raise refuse("setting", "finite numbers", "one that is not") from None
    except RecursionError:
        raise refuse("setting", "lists and dicts within each other that end", "some that hold themselves") from None


def written(what, value):
    """A text, and the name of the file that it is from: that of an `os.PathLike`, of a text None."""
    if isinstance(value, str):
        return value, None
    if not isinstance(value, os.PathLike):
        raise refuse(what, "a text or a path", type(value).__name__, TypeError)
    path = os.fspath(value)
    try:
        with open(path, encoding="utf-8") as file:
            return file.read(), str(path)
    except UnicodeDecodeError as error:
        found = f"byte {error.object[error.start]:#04x} at {error.start}"
        raise refuse(f"{path}: {what}", "a text in UTF-8", found) from None


def whole(what, number):
    """A whole number that is not negative."""
    expected = "a whole number, not negative"
    try:
        number = operator.index(number)
    except TypeError:
        raise refuse(what, expected, repr(number), TypeError) from None
    if number < 0:
        raise refuse(what, expected, number)
    return number

"""From what users hand in to the arrays and texts that the core takes."""

import json
import math
import operator

import numpy as np


def refuse(what, expected, found, kind=ValueError):
    """An error in the words of all of them."""
    return kind(f"{what}: expected {expected}, found {found}")


def numbers(what, x, dtype):
    """A contiguous array of `dtype` of any real numbers."""
    if isinstance(x, np.ma.MaskedArray):
        raise refuse(what, "numbers that are all there", "a masked array", TypeError)
    x = np.asarray(x)
    if x.dtype.kind not in "fiub":
        raise refuse(what, "real numbers", f"an array of {x.dtype}", TypeError)
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


def targets(y, dtype, classes):
    """Classes as int64, or values as columns; `classes` says which, or None for what `y` looks like."""
    if isinstance(y, np.ma.MaskedArray):
        raise refuse("y", "numbers that are all there", "a masked array", TypeError)
    y = np.asarray(y)
    if classes is None:
        classes = y.dtype.kind in "iub" and y.ndim == 1
    if not classes:
        y = numbers("y", y, dtype)
        return y[:, None] if y.ndim == 1 else y
    if y.dtype.kind not in "iub" or y.ndim != 1:
        raise refuse("y", "a class, a whole number, for each row", f"{y.dtype} of shape {y.shape}", TypeError)
    if y.dtype.kind == "u" and y.size and y.max() > np.iinfo(np.int64).max:
        raise refuse("y", "classes of the net", y.max())
    return y.astype(np.int64)


def plain(value):
    """NumPy's numbers and arrays as Python's, for JSON."""
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    raise refuse("setting", "numbers, texts, lists and dicts", type(value).__name__, TypeError)


def kebab(value):
    """Keys as files have them: ``warm_up`` is ``warm-up``."""
    if isinstance(value, dict):
        return {str(key).replace("_", "-"): kebab(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [kebab(inner) for inner in value]
    return value


def snake(value):
    """Keys as Python has them."""
    return {key.replace("-", "_"): inner for key, inner in value.items()}


def text(value):
    """JSON."""
    try:
        return json.dumps(value, default=plain, allow_nan=False)
    except ValueError:
        raise refuse("setting", "finite numbers", "one that is not") from None


def whole(what, number):
    """A whole number that is not negative."""
    number = operator.index(number)
    if number < 0:
        raise refuse(what, "a whole number, not negative", number)
    return number

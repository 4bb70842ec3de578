"""Sets and nets that the tests share."""

import numpy as np
from switchnet import Net


def blobs(rows=120, seed=1):
    """Three clouds in the plane with a constant third feature, and their numbers."""
    rng = np.random.default_rng(seed)
    y = np.arange(rows) % 3
    centers = np.array([[2.0, 0.0], [-2.0, 1.0], [0.0, -3.0]])
    x = np.column_stack([centers[y] + rng.normal(scale=0.5, size=(rows, 2)), np.ones(rows)])
    return x, y


def small(dtype="float32", outputs=3):
    return Net.zoo("switch", input=8, outputs=outputs, depth=2, seed=1, dtype=dtype)


def inputs(rows=5, features=8, seed=3):
    return np.random.default_rng(seed).normal(size=(rows, features))


def largest(values):
    return max(np.abs(np.asarray(v)).max() for v in values)

"""Fast orthonormal transforms along an axis of an array of float32 or float64.

========== ============================================ =====================================
function   matrix                                       lengths
========== ============================================ =====================================
hadamard   ``(-1)**popcount(i & j) / sqrt(n)``          ``2**k * 12**a * 20**b * 28**c``
hartley    ``(cos + sin)(2 pi i j / n) / sqrt(n)``      any
dct2       ``w_i cos(pi i (j + 1/2) / n)``              any
dct3       the transpose of that                        any
========== ============================================ =====================================

``hadamard`` and ``hartley`` are their own inverse, ``dct2`` and ``dct3`` each other's. The interpreter's lock is released
while they work.
"""

from ._switchnet import dct2, dct3, hadamard, hartley

__all__ = ["dct2", "dct3", "hadamard", "hartley"]

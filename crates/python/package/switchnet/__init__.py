"""Networks of fast fixed transforms and switches, and the effective linear maps they select.

A ReLU is a literal switch: for one input every switch of a net is thrown, and what remains is one linear map,
``y = A x + c``. This package builds nets of fast transforms (Walsh-Hadamard, Hartley, cosine) and learned switches, trains
them, and gives that map, exactly and with a measured residual.

>>> import numpy as np, switchnet
>>> net = switchnet.Net.zoo("switch", input=8, outputs=3)
>>> map = net.effective_map(np.ones(8))
>>> np.allclose(map.matrix @ np.ones(8) + map.constant, net.forward(np.ones(8)), atol=1e-5)
True
"""

from importlib.metadata import version as _version

from . import transforms
from .analysis import Adversarial, EffectiveMap, Margin, Ray, Slice, Spectrum
from .boxes import Regions, Verification, Violation
from .classifier import SwitchClassifier
from .difference import Difference
from .net import Net

__version__ = _version("switchnet")
__all__ = [
    "Adversarial",
    "Difference",
    "EffectiveMap",
    "Margin",
    "Net",
    "Ray",
    "Regions",
    "Slice",
    "Spectrum",
    "SwitchClassifier",
    "Verification",
    "Violation",
    "transforms",
]

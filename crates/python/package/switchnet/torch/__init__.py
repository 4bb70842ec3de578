"""Transforms, switches and nets as modules of PyTorch, with derivatives of any order.

>>> import torch, switchnet.torch
>>> layers = switchnet.torch.Hadamard(), switchnet.torch.TwoSlope(8), torch.nn.Linear(8, 2)
>>> torch.nn.Sequential(*layers)(torch.ones(3, 8)).shape
torch.Size([3, 2])

PyTorch, the package ``torch``, is to be installed by its own instructions; ``import switchnet`` does without it.
"""

try:
    import torch as _torch
except ModuleNotFoundError as _error:
    raise ImportError("switchnet.torch: expected PyTorch, the package torch, to be installed, found none") from _error

from .net import Module
from .switches import BlockSwitch, TwoSlope
from .transforms import DCT2, DCT3, Hadamard, Hartley, dct2, dct3, hadamard, hartley

__all__ = [
    "BlockSwitch",
    "DCT2",
    "DCT3",
    "Hadamard",
    "Hartley",
    "Module",
    "TwoSlope",
    "dct2",
    "dct3",
    "hadamard",
    "hartley",
]

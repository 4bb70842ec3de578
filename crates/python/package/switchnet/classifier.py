"""A classifier in the manner of scikit-learn, which is not needed for it."""

from __future__ import annotations

import inspect
import json
from typing import Any, Optional

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _switchnet as core
from ._arrays import numbers, refuse, unmasked, weights
from .analysis import EffectiveMap
from .net import Net


class SwitchClassifier:
    """A net of switches as a classifier for tables: standardizes the features, trains, predicts labels of any kind.

    Parameters
    ----------
    net : str
        A net of the zoo (see :meth:`Net.zoo`).
    options : dict, optional
        Its options, such as ``{"depth": 2}``.
    epochs, batch, learning_rate, optimizer, validation, seed
        As in :meth:`Net.fit`.
    standardize : bool
        Whether each feature is shifted and scaled to mean 0 and deviation 1 by the rows that it learns from.
    settings : dict, optional
        Further settings of the training.

    Attributes
    ----------
    classes_ : the labels, sorted
    net_ : the :class:`Net`, whose :attr:`~Net.preparation` holds the means and deviations
    history_ : the records of the epochs
    n_features_in_ : the number of features

    Examples
    --------
    >>> x = np.random.default_rng(1).normal(size=(200, 4))
    >>> y = np.where(x[:, 0] > 0, "right", "left")
    >>> SwitchClassifier(batch=8).fit(x, y).score(x, y) > 0.9
    True
    """

    _estimator_type = "classifier"
    classes_: NDArray[Any]
    net_: Net
    history_: list[dict]
    n_features_in_: int

    def __init__(
        self,
        net: str = "switch",
        options: Optional[dict] = None,
        *,
        epochs: int = 30,
        batch: int = 32,
        learning_rate: float = 0.01,
        optimizer: Any = "adam",
        validation: float = 0.1,
        seed: int = 1,
        standardize: bool = True,
        settings: Optional[dict] = None,
    ):
        self.net = net
        self.options = options
        self.epochs = epochs
        self.batch = batch
        self.learning_rate = learning_rate
        self.optimizer = optimizer
        self.validation = validation
        self.seed = seed
        self.standardize = standardize
        self.settings = settings

    @classmethod
    def _names(cls):
        return [name for name in inspect.signature(cls.__init__).parameters if name != "self"]

    def get_params(self, deep: bool = True) -> dict:
        """The parameters by name."""
        return {name: getattr(self, name) for name in self._names()}

    def set_params(self, **parameters: Any) -> SwitchClassifier:
        """Changes parameters by name."""
        for name, value in parameters.items():
            if name not in self._names():
                raise refuse("parameter of SwitchClassifier", "one of " + ", ".join(self._names()), name)
            setattr(self, name, value)
        return self

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: Optional[ArrayLike] = None) -> SwitchClassifier:
        """Learns from the rows of `X` and their labels `y`."""
        table, labels = self._table(X), unmasked("y", y)
        if labels.ndim != 1 or len(labels) != len(table):
            raise refuse("y", f"a label for each of the {len(table)} rows", f"shape {labels.shape}")
        if labels.dtype.kind in "fc" and not np.isfinite(labels).all():
            raise refuse("y", "labels that are all there", "numbers that are not finite")
        try:
            classes, places = np.unique(labels, return_inverse=True)
        except TypeError as error:
            raise refuse("y", "labels of one kind, which can be sorted", error, TypeError) from None
        if len(classes) < 2:
            raise refuse("classes of y", "at least 2", len(classes))
        net = Net.zoo(self.net, table.shape[1], len(classes), seed=self.seed, **(self.options or {}))
        if self.standardize:
            net.preparation = {"standardize": json.loads(core.standardization(table))}
        names = ("epochs", "batch", "learning_rate", "optimizer", "validation", "seed")
        settings = {**{name: getattr(self, name) for name in names}, **(self.settings or {})}
        history = net.fit(net.prepare(table), places, settings, weights=sample_weight)
        self.classes_, self.n_features_in_ = classes, table.shape[1]
        self.net_, self.history_ = net, history
        return self

    def predict_proba(self, X: ArrayLike) -> NDArray[Any]:
        """The probability of each class, (rows, classes)."""
        return self._net().predict_proba(self._prepared(X))

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """The label of each row."""
        places = self._net().predict(self._prepared(X))
        return self.classes_[places]

    def score(self, X: ArrayLike, y: ArrayLike, sample_weight: Optional[ArrayLike] = None) -> float:
        """The part of the rows that are right."""
        found, labels = self.predict(X), unmasked("y", y)
        if labels.shape != found.shape:
            raise refuse("y", f"a label for each of the {len(found)} rows", f"shape {labels.shape}")
        counts = None if sample_weight is None else weights("sample_weight", sample_weight, len(found))
        return float(np.average(found == labels, weights=counts))

    def effective_map(self, x: ArrayLike) -> EffectiveMap:
        """The map that a raw input selects, in the units that the net sees: of ``net_.prepare(x)``."""
        return self._net().effective_map(self._net().prepare(x))

    def _table(self, X):
        table = numbers("X", X, np.float64)
        if table.ndim != 2 or table.size == 0:
            raise refuse("X", "rows of features", f"shape {table.shape}")
        wrong = np.argwhere(~np.isfinite(table))
        if len(wrong):
            row, feature = wrong[0]
            raise refuse(f"row {row}, column {feature} of X", "a finite number", table[row, feature])
        return table

    def _net(self):
        if not self.__sklearn_is_fitted__():
            raise refuse("SwitchClassifier", "one that fit was called on", "one that has not learned")
        return self.net_

    def _prepared(self, X):
        return self._net().prepare(self._table(X))

    def __sklearn_is_fitted__(self):
        return hasattr(self, "net_")

    def __sklearn_tags__(self):
        from sklearn.utils import ClassifierTags, InputTags, Tags, TargetTags

        tags = Tags(
            estimator_type="classifier",
            target_tags=TargetTags(required=True),
            transformer_tags=None,
            regressor_tags=None,
            classifier_tags=ClassifierTags(),
        )
        tags.input_tags = InputTags()
        return tags

    def __repr__(self):
        signature = inspect.signature(type(self).__init__).parameters
        given = {name: value for name, value in self.get_params().items() if signature[name].default is not value}
        return f"SwitchClassifier({', '.join(f'{name}={value!r}' for name, value in given.items())})"

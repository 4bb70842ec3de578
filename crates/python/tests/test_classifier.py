"""The classifier, alone and with scikit-learn."""

import numpy as np
import pytest
from switchnet import SwitchClassifier
from toy import blobs

NAMES = np.array(["oak", "ash", "elm"])
QUICK = dict(net="mlp", options={"hidden": [16]}, batch=8)


def test_labels_of_any_kind_are_learned_from_columns_of_any_size():
    x, y = blobs()
    x = x * [1000.0, 0.001, 1.0] + [1e6, 0.0, 3.0]
    classifier = SwitchClassifier(**QUICK).fit(x, NAMES[y])
    assert classifier.classes_.tolist() == ["ash", "elm", "oak"] and classifier.n_features_in_ == 3
    assert classifier.score(x, NAMES[y]) >= 0.98 and len(classifier.history_) == 30
    probabilities = classifier.predict_proba(x)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(classifier.predict(x), classifier.classes_[probabilities.argmax(axis=1)])
    kept = classifier.net_.preparation["standardize"]
    np.testing.assert_allclose(kept["mean"], x.mean(axis=0))
    np.testing.assert_allclose(kept["scale"], [*x[:, :2].std(axis=0), 1.0])  # a constant column stays
    found = classifier.effective_map(x[0])
    np.testing.assert_allclose(found.y, classifier.net_.forward(classifier.net_.prepare(x[0])), atol=1e-4)


def test_a_column_of_a_constant_that_is_not_a_binary_fraction_stays():
    x, y = blobs()
    x[:, 2] = 0.1
    classifier = SwitchClassifier(**QUICK, epochs=1).fit(x, y)
    assert classifier.net_.preparation["standardize"]["scale"][2] == 1.0
    np.testing.assert_array_equal(classifier.net_.prepare(x)[:, 2], 0.0)


def test_parameters_are_those_of_the_constructor():
    classifier = SwitchClassifier(epochs=3, options={"depth": 1})
    assert classifier.get_params()["options"] == {"depth": 1} and classifier.get_params()["net"] == "switch"
    assert classifier.set_params(epochs=4) is classifier and classifier.epochs == 4
    assert SwitchClassifier(**classifier.get_params()).get_params() == classifier.get_params()
    assert repr(classifier) == "SwitchClassifier(options={'depth': 1}, epochs=4)"
    with pytest.raises(ValueError, match="parameter of SwitchClassifier: expected one of net, options, .* found depth"):
        classifier.set_params(depth=2)


def test_weights_and_settings_go_to_the_training():
    x, y = blobs()
    fit = lambda **settings: SwitchClassifier(**QUICK, epochs=3, settings=settings).fit(x, y).predict_proba(x).tolist()
    plain = fit()
    assert plain == fit() != fit(schedule="cosine")
    weighted = SwitchClassifier(**QUICK, epochs=3).fit(x, y, sample_weight=1.0 + y)
    assert weighted.predict_proba(x).tolist() != plain


@pytest.mark.parametrize(
    "message, call",
    [
        ("row 1, column 0 of X: expected a finite number, found nan", lambda c: c.fit([[1.0], [np.nan]], [1, 2])),
        ("row 0, column 1 of X: expected a finite number, found inf", lambda c: c.fit(*blobs()).predict([[1.0, np.inf, 2.0]])),
        ("y: expected numbers that are all there, found a masked array", lambda c: c.fit([[1.0], [2.0]], np.ma.array([1, 2], mask=[0, 1]))),
        ("y: expected a label for each of the 120 rows", lambda c: c.fit(*blobs()).score(blobs()[0], [1])),
        ("y: expected labels that are all there, found numbers that are not finite", lambda c: c.fit([[1.0], [2.0]], [np.nan, 1.0])),
        ("y: expected labels of one kind", lambda c: c.fit([[1.0], [2.0]], np.array([None, 1]))),
        (r"sample_weight: expected a number for each of the 120 rows, found shape \(120, 1\)", lambda c: c.fit(*blobs()).score(*blobs(), np.ones((120, 1)))),
        ("sample_weight: expected one above 0, found zeros", lambda c: c.fit(*blobs()).score(*blobs(), np.zeros(120))),
        ("sample_weight, row 1: expected a finite number, not negative, found nan", lambda c: c.fit(*blobs()).score(*blobs(), [0.0] + 119 * [np.nan])),
        (r"weights: expected a number for each of the 120 rows, found shape \(60, 2\)", lambda c: c.fit(*blobs(), np.ones((60, 2)))),
        ("SwitchClassifier: expected one that fit was called on", lambda c: c.predict([[1.0]])),
        ("classes of y: expected at least 2, found 1", lambda c: c.fit([[1.0], [2.0]], [1, 1])),
        ("y: expected a label for each of the 2 rows", lambda c: c.fit([[1.0], [2.0]], [1])),
        (r"X: expected rows of features, found shape \(2,\)", lambda c: c.fit([1.0, 2.0], [1, 2])),
        ("x: expected rows of 3 numbers in all", lambda c: c.fit(*blobs()).predict([[1.0, 2.0]])),
    ],
)
def test_errors_are_one_line(message, call):
    with pytest.raises((TypeError, ValueError), match=message) as error:
        call(SwitchClassifier(epochs=1))
    assert "\n" not in str(error.value)


def test_scikit_learn_takes_it():
    reason = "NOT TESTED: scikit-learn is not installed"
    pytest.importorskip("sklearn", reason=reason)
    from sklearn.base import clone, is_classifier
    from sklearn.model_selection import GridSearchCV, cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler

    x, y = blobs()
    classifier = SwitchClassifier(**QUICK)
    assert is_classifier(classifier) and clone(classifier).get_params() == classifier.get_params()
    scores = cross_val_score(classifier, x, NAMES[y], cv=3)
    assert scores.shape == (3,) and scores.min() >= 0.9
    pipeline = make_pipeline(MinMaxScaler(), SwitchClassifier(**QUICK)).fit(x, NAMES[y])
    assert pipeline.score(x, NAMES[y]) >= 0.98
    search = GridSearchCV(classifier, {"epochs": [1, 30]}, cv=2).fit(x, y)
    assert search.best_params_ == {"epochs": 30}

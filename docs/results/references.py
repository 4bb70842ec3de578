"""Accuracy of k nearest neighbors and of boosted trees on a table, as references. Needs scikit-learn.

python3 references.py train.csv test.csv --label first

Features are standardized by the training rows. For each seed a tenth of these is held out; k and the learning rate are
those that do best on it. What is tested has learned from the other nine tenths, as the nets have.
"""

import argparse
import csv
import gzip

import numpy
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler


def read(path, label):
    opened = gzip.open if path.endswith(".gz") else open
    with opened(path, "rt", newline="") as file:
        rows = list(csv.reader(file))
    column = {"first": 0, "last": len(rows[0]) - 1}.get(label)
    if column is None:
        column = rows[0].index(label)

    def features(row):
        return [float(cell) for i, cell in enumerate(row) if i != column]

    try:
        features(rows[0])
    except ValueError:
        rows = rows[1:]  # a header
    return numpy.array([features(row) for row in rows]), numpy.array([row[column] for row in rows])


def best(kind, candidates, seeds, train, test):
    """Mean and deviation over the seeds of the accuracy on the test rows, and what was chosen."""
    scores, chosen = [], []
    for seed in seeds:
        kinds, counts = numpy.unique(train[1], return_counts=True)
        x, held_x, y, held_y = train_test_split(
            *train, test_size=max(0.1, len(kinds) / len(train[1])), random_state=seed,
            stratify=train[1] if counts.min() > 1 else None,
        )
        models = [(name, make(seed).fit(x, y)) for name, make in candidates]
        name, model = max(models, key=lambda named: named[1].score(held_x, held_y))
        scores.append(100 * model.score(*test))
        chosen.append(name)
    deviation = numpy.std(scores, ddof=1) if len(scores) > 1 else 0.0
    print(f"{kind}: {numpy.mean(scores):.2f} ± {deviation:.2f} (chosen: {', '.join(map(str, chosen))})", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train", help="a CSV file, .gz or not")
    parser.add_argument("test", help="another")
    parser.add_argument("--label", default="last", help="the column of the class: first, last or its name")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--trees", action=argparse.BooleanOptionalAction, default=True)
    arguments = parser.parse_args()
    train, test = read(arguments.train, arguments.label), read(arguments.test, arguments.label)
    scale = StandardScaler().fit(train[0])
    train, test = (scale.transform(train[0]), train[1]), (scale.transform(test[0]), test[1])
    neighbors = [(k, lambda _, k=k: KNeighborsClassifier(k)) for k in (1, 3, 5, 9, 15) if k < 0.8 * len(train[1])]
    best("k nearest neighbors", neighbors, arguments.seeds, train, test)
    if arguments.trees:
        trees = [
            (rate, lambda seed, rate=rate: HistGradientBoostingClassifier(learning_rate=rate, random_state=seed))
            for rate in (0.03, 0.1, 0.3)
        ]
        best("boosted trees", trees, arguments.seeds, train, test)


if __name__ == "__main__":
    main()

"""Splits a table into train.csv and test.csv: a fifth of the rows of each class, drawn with a fixed seed, is for testing.

python3 split.py TABLE.csv.gz FOLDER --label first
"""

import argparse
import csv
import gzip
import pathlib
import random


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", help="a CSV file with a header, .gz or not")
    parser.add_argument("folder", type=pathlib.Path, help="the folder to write to")
    parser.add_argument("--label", choices=["first", "last"], default="last", help="the column of the class")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    opened = gzip.open if arguments.table.endswith(".gz") else open
    with opened(arguments.table, "rt", newline="") as file:
        header, *rows = csv.reader(file)
    label = 0 if arguments.label == "first" else -1
    draw = random.Random(arguments.seed)
    test = set()
    for name in sorted({row[label] for row in rows}):
        of_class = [i for i, row in enumerate(rows) if row[label] == name]
        test.update(draw.sample(of_class, round(len(of_class) / 5)))
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for part, wanted in ("train", False), ("test", True):
        with open(arguments.folder / f"{part}.csv", "w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(row for i, row in enumerate(rows) if (i in test) == wanted)


if __name__ == "__main__":
    main()

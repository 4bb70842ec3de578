"""The table of structured matrices in docs/kinds.md, of what `switchnet compare` wrote into a folder.

    python3 docs/results/kinds/table.py out/kinds [SWITCHNET DATA]

Accuracy on the test rows, in per cent, with the half width of a 95 % interval by Student's t over the seeds. Of the effective maps at
the first test inputs, means over inputs and seeds: the largest singular value, the stable rank, and the angle between an
input and the effective weights of the class it is given; and the worst residual. With a program and the folder of the data, what
`inspect --spectrum` says of the first seed's net: what its layers alone say, a bound on every singular value of every map.
"""

import json
import subprocess
import sys
import tempfile

PUBLISHED = {
    "dense": "46.03, 47.1",
    "BPBP, real and shared": "48.69",
    "Toeplitz-like, 4": "41.78, 41.9",
    "adaptive Fastfood": "39.64",
    "circulant": "34.28",
    "low rank, 4": "32.28, 31.9",
}
STUDENT = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 10: 2.262}


def mean(values):
    return sum(values) / len(values)


def interval(values):
    m, n = mean(values), len(values)
    deviation = (sum((v - m) ** 2 for v in values) / (n - 1)) ** 0.5
    return m, STUDENT[n] * deviation / n**0.5


def bound(net, number, folder, program, data):
    rates = [tried["learning_rate"] for tried in net["learning_rates"]]
    rate = rates.index(net["learning_rate"]) + 1
    checkpoint = f"{folder}/checkpoints/net{number}-learning-rate{rate}-seed{net['runs'][0]['seed']}.safetensors"
    with tempfile.TemporaryDirectory() as out:
        command = [program, "inspect", checkpoint, "--spectrum", "--data", data, "--out", out]
        subprocess.run(command, check=True, capture_output=True)
        with open(f"{out}/inspect-spectrum.json") as file:
            return json.load(file)["answer"]["bound"]["norm"]


def main(folder, *others):
    with open(f"{folder}/results.json") as file:
        nets = json.load(file)["nets"]
    rows = []
    for number, net in enumerate(nets, 1):
        accuracy, half = interval([100 * run["test_accuracy"] for run in net["runs"]])
        geometry = [run["geometry"] for run in net["runs"] if run["geometry"]]
        of = lambda name: f"{mean([g[name] for g in geometry]):.2f}" if geometry else "–"
        cells = [
            net["name"],
            f"{net['summary']['parameters']:,}",
            f"{net['summary']['multiply_adds']:,}",
            f"{net['learning_rate']:g}",
            f"{accuracy:.2f} ± {half:.2f}",
            PUBLISHED.get(net["name"], "–"),
            of("largest"),
            f"{bound(net, number, folder, *others):.3g}" if others else "–",
            of("stable_rank"),
            f"{mean([run['mean_angle'] for run in net['runs']]):.1f}",
            f"{max(run['worst_residual'] for run in net['runs']):.0e}",
        ]
        rows.append((accuracy, cells))
    print("| matrix | parameters | multiply-adds | rate | accuracy | published | σ₁ | at most | stable rank | angle (°) | residual |")
    print("|:--|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    for _, cells in sorted(rows, key=lambda row: -row[0]):
        print("| " + " | ".join(cells) + " |")


main(*sys.argv[1:])

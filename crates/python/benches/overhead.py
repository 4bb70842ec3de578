"""What the way from Python costs, and a transform beside the product with its matrix.

    pip install scipy && python benches/overhead.py

and beside other packages of Walsh–Hadamard transforms for CPUs, those of them that are there:

    pip install pyfwht hadamard-transform torch

Every time is the best of many, of the processor and not of the clock, so that other work on the machine counts little; all
runs on one core, the product too, and what is compared runs in turn. The way from Python and back is the time of a call that
has one number to transform, which is nothing to do.
"""

import os

for library in ("OPENBLAS", "MKL", "OMP"):
    os.environ[f"{library}_NUM_THREADS"] = "1"  # read when NumPy is imported

import argparse
import time

import numpy as np
from scipy.fft import dct
from scipy.linalg import hadamard as sylvester
from switchnet.transforms import dct2, hadamard


def best(calls, rounds, times=1):
    """The least time of each of `calls`, in seconds of the processor for a call, of so many rounds in turn."""
    least = [float("inf")] * len(calls)
    for _ in range(rounds):
        for k, call in enumerate(calls):
            start = time.process_time()
            for _ in range(times):
                call()
            least[k] = min(least[k], (time.process_time() - start) / times)
    return least


def line(what, seconds, note=""):
    scale, unit = next((s, u) for s, u in [(1, "s"), (1e3, "ms"), (1e6, "µs"), (1e9, "ns")] if seconds * s >= 1)
    print(f"{what:<48} {seconds * scale:7.1f} {unit}   {note}".rstrip())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=300)
    rounds = parser.parse_args().rounds

    one, short = np.ones(1, np.float32), np.ones(16, np.float32)
    calls = [lambda: hadamard(one, out=one), lambda: hadamard(short, out=short), lambda: hadamard(short)]
    calls += [lambda: dct2(short, out=short), lambda: dct2(short), lambda: dct(short, norm="ortho")]
    way, *others = best(calls, rounds, 500)
    line("the way from Python and back", way)
    names = ["in place", "a new array", "in place, dct2", "a new array, dct2", "a new array, scipy.fft.dct"]
    for what, seconds in zip(names, others):
        line(f"16 numbers, {what}", seconds)

    for mebibytes in (1, 16):
        x = np.zeros((mebibytes * 256, 1024), np.float32)
        inside, new = best([lambda: hadamard(x, out=x), lambda: hadamard(x)], rounds)
        line(f"hadamard, {mebibytes} MiB in rows of 1,024, in place", inside, f"the way is {way / inside:.2%} of it")
        line(f"hadamard, {mebibytes} MiB in rows of 1,024, a new array", new, f"{new / inside:.2f} times in place")

    x = np.random.default_rng(1).normal(size=(10_000, 1024)).astype(np.float32)
    matrix, out = sylvester(1024).astype(np.float32) / 32, np.empty_like(x)
    assert np.abs(hadamard(x) - x @ matrix).max() < 1e-4
    calls = [lambda: hadamard(x, out=out), lambda: hadamard(x), lambda: np.matmul(x, matrix, out=out)]
    placed, new, product = best(calls, max(5, rounds // 20))
    line("hadamard, 10,000 × 1,024, into an array", placed, f"{product / placed:.0f} times as fast as the product")
    line("hadamard, 10,000 × 1,024, a new array", new, f"{product / new:.0f} times as fast as the product")
    line("product with scipy.linalg.hadamard(1024)", product)
    packages(x.astype(np.float64), max(3, rounds // 60))


def packages(x, rounds):
    """The same rows in double precision, which these packages have, in place where they can."""
    calls = [lambda: hadamard(x, out=x), lambda: hadamard(x)]
    names = ["hadamard, double, in place", "hadamard, double, a new array"]
    try:
        import pyfwht

        rows = list(x)
        calls += [lambda: [pyfwht.transform(row) for row in rows], lambda: pyfwht.vectorized_batch_f64(rows, 1024)]
        names += ["pyfwht.transform, row by row, in place", "pyfwht.vectorized_batch_f64, in place"]
    except ImportError:
        print("pyfwht is not installed")
    try:
        import torch
        from hadamard_transform import hadamard_transform

        torch.set_num_threads(1)
        tensor = torch.from_numpy(x)
        calls.append(lambda: hadamard_transform(tensor))
        names.append("hadamard_transform, a new tensor")
    except ImportError:
        print("hadamard-transform is not installed")
    x[:] = 0.0  # transforms without a scale would overflow otherwise
    times = best(calls, rounds)
    for what, seconds in zip(names, times):
        line(what, seconds, f"{seconds / times[0]:.1f} times in place")


if __name__ == "__main__":
    main()

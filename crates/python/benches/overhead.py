"""What the way from Python costs, and a transform beside the product with its matrix.

    pip install scipy && python benches/overhead.py

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


if __name__ == "__main__":
    main()

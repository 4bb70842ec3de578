"""The structured matrices of docs/kinds.md in PyTorch, on one core: what `cargo bench -p switchnet-benches --bench kinds` is beside.

    pip install torch && python crates/python/benches/kinds.py [--compile]

Each is written as PyTorch programs write it, or as the package of its paper does on a CPU (butterflies: torch_butterfly's loop
over levels; Monarch: two batched products with a transposition between); where two ways are usual the faster one counts. 1,024
numbers, a batch of 128, single precision. Times are the least of many, of the processor and not of the clock: forward, and back
with the gradients of parameters and input. With --compile each form goes through torch.compile, which takes a C++ compiler.
"""

import argparse
import math
import time

import torch

N, BATCH = 1024, 128


def parameter(*shape):
    return (torch.randn(*shape) / math.sqrt(shape[-1])).requires_grad_()


def transform(n):
    h = torch.ones(1, 1)
    while len(h) < n:
        h = torch.cat([torch.cat([h, h], 1), torch.cat([h, -h], 1)])
    return h / math.sqrt(n)


H, H32 = transform(N), transform(32)


def hadamard(x):
    """H32 ⊗ H32: two small products in the place of a large one."""
    return (H32 @ x.view(-1, 32, 32) @ H32).view(-1, N)


def cosine():
    k, i = torch.arange(N)[:, None], torch.arange(N)[None]
    c = torch.cos(math.pi * k * (2 * i + 1) / (2 * N)) * math.sqrt(2 / N)
    c[0] /= math.sqrt(2)
    return c


C = cosine()


def level_sums(x, w):
    """A level of a butterfly as torch_butterfly has it: all four products, and a sum."""
    groups, stride = w.shape[0], w.shape[3]
    return (w * x.view(-1, groups, 1, 2, stride)).sum(-2).view(-1, N)


def level_parts(x, w):
    """The same by halves."""
    groups, stride = w.shape[0], w.shape[3]
    a, b = x.view(-1, groups, 2, stride).unbind(2)
    y = [torch.addcmul(w[:, i, 0] * a, w[:, i, 1], b) for i in (0, 1)]
    return torch.stack(y, 2).view(-1, N)


def pairs(strides, shared=False):
    return [parameter(1 if shared else N // (2 * s), 2, 2, s) for s in strides]


def levels(level, weights, shared=False):
    def forward(x):
        for w in weights:
            x = level(x, w.expand(N // (2 * w.shape[3]), -1, -1, -1) if shared else w)
        return x

    return forward


def blocks(w):
    """A block-diagonal matrix: a batched product."""
    return lambda x: torch.bmm(x.view(BATCH, len(w), -1).transpose(0, 1), w.transpose(1, 2)).transpose(0, 1).reshape(BATCH, N)


def shuffled(w):
    side = len(w)
    inner = blocks(w)
    return lambda x: inner(x.view(BATCH, -1, side).transpose(1, 2).reshape(BATCH, N)).view(BATCH, side, -1).transpose(1, 2).reshape(BATCH, N)


def chain(*steps):
    def forward(x):
        for step in steps:
            x = step(x)
        return x

    return forward


def circulant(c, length=N):
    return lambda x: torch.fft.irfft(torch.fft.rfft(x, length) * torch.fft.rfft(c, length), length)


def kinds():
    """Of each kind its parameters, and the forms of which the fastest counts."""
    all = {}
    strides = [1 << k for k in range(10)]
    w = parameter(N, N)
    all["dense"] = [w], [lambda x: torch.nn.functional.linear(x, w)]
    m1, m2 = parameter(32, 32, 32), parameter(32, 32, 32)
    all["monarch"] = [m1, m2], [chain(blocks(m1), shuffled(m2))]
    b = pairs(strides)
    all["butterfly"] = b, [levels(level_sums, b), levels(level_parts, b)]
    back = [int(f"{i:010b}"[::-1], 2) for i in range(N)]
    turned = torch.tensor(back)
    p, q = pairs(strides, True), pairs(strides, True)
    all["BPBP"] = p + q, [
        chain(lambda x: x[:, turned], levels(f, p, True), lambda x: x[:, turned], levels(f, q, True)) for f in (level_sums, level_parts)
    ]
    k = pairs(strides[::-1]) + pairs(strides)
    all["kaleidoscope"] = k, [levels(level_sums, k), levels(level_parts, k)]
    g1, g2 = parameter(32, 32, 32), parameter(32, 32, 32)
    shuffle = lambda x: x.view(BATCH, 32, 32).transpose(1, 2).reshape(BATCH, N)
    all["group-shuffle, 32"] = [g1, g2], [chain(blocks(g1), shuffle, blocks(g2))]
    e = parameter(128, 8, 8)
    first, last = torch.randperm(N), torch.randperm(N)
    all["permuted blocks, 8"] = [e], [chain(lambda x: x[:, first], blocks(e), lambda x: x[:, last])]
    left, right = parameter(32, 32), parameter(32, 32)
    all["kronecker"] = [left, right], [lambda x: (left @ x.view(-1, 32, 32) @ right.T).view(-1, N)]
    f, g = parameter(4, N), parameter(N, 4)
    all["low rank, 4"] = [f, g], [lambda x: x @ f.T @ g.T]
    d = [parameter(N) for _ in range(3)]
    all["acdc"] = d[:2], [lambda x: (x * d[0]) @ C.T * d[1] @ C]
    all["fastfood"] = d, [lambda x: hadamard(hadamard(x * d[0])[:, first] * d[1]) * d[2], lambda x: ((x * d[0]) @ H)[:, first] * d[1] @ H * d[2]]
    all["spinner"] = d, [chain(*[lambda x, s=s: hadamard(x * s) for s in d]), chain(*[lambda x, s=s: (x * s) @ H for s in d])]
    c = parameter(N)
    sign = torch.randint(0, 2, (N,)) * 2.0 - 1
    all["circulant"] = [c], [chain(lambda x: x * sign, circulant(c))]
    kernel = parameter(8, 8, 128)

    def block_circulant(x):
        spectra = torch.fft.rfft(x.view(-1, 8, 128))
        return torch.fft.irfft(torch.einsum("pqf,bqf->bpf", torch.fft.rfft(kernel), spectra), 128).reshape(-1, N)

    all["block-circulant, 128"] = [kernel], [block_circulant]
    t = parameter(2 * N)
    all["toeplitz"] = [t], [lambda x: circulant(t, 2 * N)(x)[:, :N]]
    lower, upper = parameter(4, N), parameter(4, N)

    def toeplitz_like(x):
        spectra = torch.fft.rfft(x, 2 * N)[:, None] * torch.fft.rfft(upper, 2 * N)
        inner = torch.fft.irfft(spectra, 2 * N)[:, :, N - 1 : 2 * N - 1]
        return torch.fft.irfft((torch.fft.rfft(inner, 2 * N) * torch.fft.rfft(lower, 2 * N)).sum(1), 2 * N)[:, :N]

    all["toeplitz-like, 4"] = [lower, upper], [toeplitz_like]
    scale, threshold = parameter(N), parameter(N)
    all["soft-hadamard"] = [scale, threshold], [lambda x: x + hadamard(soft(hadamard(x) * scale, threshold))]
    return all


def soft(x, threshold):
    return torch.relu(x - threshold) - torch.relu(-x - threshold)


def least(call, seconds):
    call()
    best, end = math.inf, time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.process_time()
        call()
        best = min(best, time.process_time() - start)
    return best


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--seconds", type=float, default=1.0, help="for each time")
    options = parser.parse_args()
    torch.set_num_threads(1)
    x, dy = torch.randn(BATCH, N, requires_grad=True), torch.randn(BATCH, N)
    print(f"PyTorch {torch.__version__}, {N} numbers, a batch of {BATCH}, microseconds")
    print(f"{'':24} {'forward':>9} {'backward':>9}")
    for name, (parameters, forms) in kinds().items():
        times = []
        for form in forms:
            form = torch.compile(form) if options.compile else form

            def forward():
                with torch.no_grad():
                    form(x)

            y = form(x)
            back = lambda: torch.autograd.grad(y, [x, *parameters], dy, retain_graph=True)
            times.append((least(forward, options.seconds), least(back, options.seconds)))
        there, back = (min(of) * 1e6 for of in zip(*times))
        print(f"{name:24} {there:9.1f} {back:9.1f}", flush=True)


main()

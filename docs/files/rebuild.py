"""The outputs of a net from its file alone, in double precision: docs/files.md as a program, to be read and not to be fast.

    python3 rebuild.py net.safetensors < rows.json    # [[0.5, 1.0, ...], ...], a list for each input
"""
import json, struct, sys
from functools import lru_cache
from itertools import combinations, product
from math import cos, exp, expm1, fsum, pi, prod, sin, sqrt, tanh


def read(path):
    """The spec, and the numbers of each tensor."""
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = file.read()
    spec = json.loads(header.pop("__metadata__")["switchnet.spec"])
    code = {"F32": "<f", "F64": "<d", "I64": "<q"}
    numbers = lambda t: [v for v, in struct.iter_unpack(code[t["dtype"]], data[slice(*t["data_offsets"])])]
    return spec, {name: numbers(tensor) for name, tensor in header.items()}


def dot(a, b):
    return fsum(x * y for x, y in zip(a, b))


def solved(a, b):
    """The v with a v = b; no pivot is zero."""
    rows = [row + [v] for row, v in zip(a, b)]
    for k in range(len(rows)):
        rows[k] = pivot = [v / rows[k][k] for v in rows[k]]
        rows = [row if i == k else [v - row[k] * p for v, p in zip(row, pivot)] for i, row in enumerate(rows)]
    return [row[-1] for row in rows]


def transposed(x, columns):
    return [v for j in range(columns) for v in x[j::columns]]


def order(m):
    """A Hadamard matrix of order 2, or Paley's of order 12, 20 or 28."""
    if m == 2:
        return [[1, 1], [1, -1]]
    q = m // 2 - 1
    squares = {1, 2, 3, 6} if q == 9 else {z * z % q for z in range(1, q)}
    minus = lambda x, y: (x // 3 - y // 3) % 3 * 3 + (x - y) % 3 if q == 9 else (x - y) % q
    c = lambda x, y: 0 if x == y else 1 if x * y == 0 or minus(x - 1, y - 1) in squares else -1
    entry = lambda i, j, a, b: c(i, j) * (1 - 2 * a * b) + (i == j) * (-1 if a or b else 1)
    return [[entry(i // 2, j // 2, i % 2, j % 2) for j in range(m)] for i in range(m)]


@lru_cache(None)
def matrix(kind, n):
    """The rows of a transform that follows from its length."""
    if kind == "identity":
        f = lambda i, j: i == j
    elif kind == "hartley":
        f = lambda i, j: (cos(2 * pi * (i * j % n) / n) + sin(2 * pi * (i * j % n) / n)) / sqrt(n)
    elif kind in ("dct2", "dct3"):
        second = lambda k, j: sqrt((2 if k else 1) / n) * cos(pi * (k * (2 * j + 1) % (4 * n)) / (2 * n))
        f = second if kind == "dct2" else lambda i, j: second(j, i)
    else:
        h, rest = [[1]], n
        for m, prime in (12, 3), (20, 5), (28, 7), (2, 2):
            while rest % prime == 0:
                h, rest = [[a * b for a in r for b in s] for r in h for s in order(m)], rest // m
        if kind == "hadamard-sequency":
            h.sort(key=lambda r: sum(a != b for a, b in zip(r, r[1:])))
        f = lambda i, j: h[i][j] / sqrt(n)
    return [[f(i, j) for j in range(n)] for i in range(n)]


def transform(kind, x, n, name):
    """Every n numbers of x through a transform."""
    if kind == "signs":
        one = lambda part: [a * b for a, b in zip(part, tensors[name + kind])]
    elif kind == "permutation":
        one = lambda part: [part[place] for place in tensors[name + kind]]
    else:
        one = lambda part: [dot(row, part) for row in matrix(kind, n)]
    return [y for start in range(0, len(x), n) for y in one(x[start : start + n])]


def windows(c, height, width):
    """What each window sees: places in a channel, None in the padding. And how many there are down and across."""
    sides = lambda key, count, other: v if isinstance(v := c.get(key, other), list) else [v] * count
    size = sides("kernel" if c["kind"] == "conv" else "size", 2, [height, width])
    stride, dilation = sides("stride", 2, 1 if c["kind"] == "conv" else size), sides("dilation", 2, 1)
    zeros, lines = sides("padding", 4, 0), []
    for i, length in enumerate((height, width)):
        rest = zeros[i] + length + zeros[i + 2] - 1 - dilation[i] * (size[i] - 1)
        count = rest // stride[i] + 1
        count += bool(c.get("ceil") and rest % stride[i] and count * stride[i] < length + zeros[i])
        line = [[w * stride[i] + k * dilation[i] - zeros[i] for k in range(size[i])] for w in range(count)]
        lines.append([[p for p in seen if p < length + zeros[i + 2]] for seen in line])
    place = lambda i, j: i * width + j if 0 <= i < height and 0 <= j < width else None
    return [[place(*p) for p in product(*pair)] for pair in product(*lines)], [len(line) for line in lines]


def layer(c, x, shape, at):
    """What a layer makes of the numbers x of this shape, and the shape of that."""
    kind, n = c["kind"], len(x)
    own = lambda name, other=None: tensors.get(at + name, other)
    if kind == "mix":
        q, block, name = c["transform"], c.get("block"), "+fixed." + at
        if not c.get("separable"):
            return transform(q, x, block or n, name), [n]
        (_, h, w), y = shape, transform(q, x, block or shape[2], name + "rows.")
        images = [transposed(y[i : i + h * w], w) for i in range(0, n, h * w)]
        images = [transposed(transform(q, image, block or h, name + "columns."), h) for image in images]
        return sum(images, []), shape
    if kind in ("relu", "leaky", "prelu", "two-slope"):
        sides = zip(own("open", [1] * n), own("closed", [c.get("slope", 0)] * n))
        return [v * (a if v > 0 else b) for v, (a, b) in zip(x, sides)], shape
    if kind == "block-switch":
        b, sides = c["block"], (own("open"), own("closed"))
        chosen = [sides[v <= 0][j * b : j * b + b] for j, v in enumerate(x)]
        return [dot(x[i // b * b :][:b], [w[i % b] for w in chosen[i // b * b :][:b]]) for i in range(n)], shape
    if kind == "block-diagonal":
        b, s, w = c["columns"], c.get("stride", 1), own("weight")
        a, groups, y = c.get("rows", b), n // (b * s), []
        for g, o, i in product(range(groups), range(a), range(s)):
            block = w[(0 if c.get("shared") else g) * a * b * s :]
            y.append(dot(block[o * b * s + i : (o + 1) * b * s : s], x[g * b * s + i : (g + 1) * b * s : s]))
        return [v + bias for v, bias in zip(y, own("bias", [0] * len(y)))], [len(y)]
    if kind == "orthogonal-blocks":
        b, s, w = c["side"], c.get("stride", 1), own("skew")
        pairs, y = list(combinations(range(b), 2)), [0] * n
        for g, i in product(range(n // (b * s)), range(s)):
            a = [[float(p == q) for q in range(b)] for p in range(b)]
            for e, (p, q) in enumerate(pairs):
                a[p][q] = w[(g * len(pairs) + e) * s + i]
                a[q][p] = -a[p][q]
            places = [(g * b + p) * s + i for p in range(b)]
            halves = solved(a, [x[p] for p in places])  # (I + A)^-1 x
            for p, half in zip(places, halves):
                y[p] = 2 * half - x[p]
        return y, shape
    if kind == "circulant":
        k, w = c.get("block", n), own("kernel")
        m, taps, y = c.get("outputs", n), c.get("taps", k), []
        for o in range(m):
            kernels = [w[(o // k * (n // k) + q) * taps :][:taps] for q in range(n // k)]
            y.append(fsum(v * x[q * k + (o - t) % k] for q, kernel in enumerate(kernels) for t, v in enumerate(kernel)))
        return y, [m]
    if kind == "spectral-filter":
        (channels, h, w), k, y = shape, own("kernel"), []
        for c, i, j in product(range(channels), range(h), range(w)):
            term = lambda p, q: k[(c * h + p) * w + q] * x[(c * h + (i - p) % h) * w + (j - q) % w]
            y.append(fsum(term(p, q) for p, q in product(range(h), range(w))))
        return y, shape
    if kind == "soft-threshold":
        return [max(v - t, 0) - max(-v - t, 0) for v, t in zip(x, own("threshold"))], shape
    if kind == "detached":
        sides = zip(x[n // 2 :], own("open"), own("closed"))
        return [v * (a if gate > 0 else b) for v, (gate, a, b) in zip(x, sides)] + x[n // 2 :], shape
    if kind == "crelu":
        return [max(v, 0) for v in x] + [max(-v, 0) for v in x], [2 * n]
    if kind == "diagonal":
        return [d * v + b for d, v, b in zip(own("scale", [1] * n), x, own("bias", [0] * n))], shape
    if kind == "dense":
        m, w = c["outputs"], own("weight")
        return [dot(w[o * n : o * n + n] + [b], x + [1]) for o, b in zip(range(m), own("bias", [0] * m))], [m]
    if kind in ("conv", "max-pool", "average-pool"):
        last = c.get("channels-last")
        (h, w, channels) = shape if last else (*shape[1:], shape[0])
        image = transposed(x, channels) if last else x
        seen, counts = windows(c, h, w)
        if kind == "conv":
            filters, groups, weight, y = c["filters"], c.get("groups", 1), own("weight"), []
            group, size = range(channels // groups), len(weight) // filters
            for o, bias in enumerate(own("bias")):
                start = o // (filters // groups) * len(group) * h * w
                for s in seen:
                    inputs = [0 if p is None else image[start + i * h * w + p] for i in group for p in s]
                    y.append(dot([bias] + weight[o * size :][:size], [1] + inputs))
            return y, [filters, *counts]
        inside = [[p for p in s if p is not None] for s in seen]
        planes = [[[image[i * h * w + p] for p in s] for s in inside] for i in range(channels)]
        if kind == "max-pool":
            return [max(v) for plane in planes for v in plane], [channels, *counts]
        share = [len(s) for s in (seen if c.get("count-padding") else inside)]
        y = [fsum(v) / k for plane in planes for v, k in zip(plane, share)]
        return (transposed(y, prod(counts)), [*counts, channels]) if last else (y, [channels, *counts])
    if kind == "channels-last":
        return transposed(x, shape[1] * shape[2]), [*shape[1:], shape[0]]
    if kind == "channels-first":
        return transposed(x, shape[2]), [shape[2], *shape[:2]]
    if kind == "patches":
        (h, w, channels), (seen, counts) = shape, windows(c, *shape[:2])
        y = [0 if p is None else x[p * channels + i] for s in seen for p in s for i in range(channels)]
        return y, [*counts, len(y) // prod(counts)]
    if kind == "shift":
        (h, w, channels), window = shape, c["window"] if isinstance(c["window"], list) else [c["window"]] * 2
        count, unit = prod(window), 1
        while channels % (2 * unit) == 0 and 2 * unit * count <= channels:
            unit *= 2
        ends = [(g * (channels // unit) + count // 2) // count * unit for g in range(count + 1)]
        back = [s // 2 if c.get("reverse") else (s - 1) // 2 for s in window]
        y = []
        for i, j in product(range(h), range(w)):
            for g, (a, b) in enumerate(product(*map(range, window))):
                p = (i + a - back[0]) % h * w + (j + b - back[1]) % w
                y += x[p * channels + ends[g] : p * channels + ends[g + 1]]
        return y, shape
    if kind == "z-order":
        (channels, h, w), size = shape, c.get("size", shape[1:])
        tall, wide = size if isinstance(size, list) else [size] * 2
        places = sorted(product(range(tall), range(wide)),
                        key=lambda p: [(p[0] >> bit & 1, p[1] >> bit & 1) for bit in range(30, -1, -1)])
        places = [(i - (tall - h) // 2, j - (wide - w) // 2) for i, j in places]
        inside = lambda i, j: 0 <= i < h and 0 <= j < w
        y = [x[a * h * w + i * w + j] if inside(i, j) else 0 for i, j in places for a in range(channels)]
        return y, [len(y)]
    if kind == "stride":
        b, s, r = c.get("block", n), c["stride"], c.get("run", 1)
        runs = [x[i : i + r] for i in range(0, n, r)]
        return sum((run for i in range(0, n // r, b // r) for run in transposed(runs[i : i + b // r], s)), []), [n]
    if kind == "bit-reversal":
        bits = n.bit_length() - 1
        return [x[sum((i >> bit & 1) << (bits - 1 - bit) for bit in range(bits))] for i in range(n)], [n]
    if kind in ("pad", "tile", "take", "slice"):
        start, width = c.get("start", 0), c["width"]
        more = [0] * width if kind == "pad" else x * (width // n)
        return (x + more)[start : start + width], [width]
    if kind == "gather":
        return [0 if i < 0 else x[i] for i in c["indices"]], [len(c["indices"])]
    if kind == "sum-halves":
        return [a + b for a, b in zip(x, x[n // 2 :])], [n // 2]
    if kind in ("flatten", "reshape"):
        return x, c.get("shape", [n])
    if kind == "rms-norm":
        return [v / sqrt(dot(x, x) / n + 1e-8) for v in x], shape
    if kind == "softmax":
        powers = [exp(v - max(x)) for v in x]
        return [v / fsum(powers) for v in powers], shape
    if kind in ("sigmoid", "tanh", "elu"):
        f = {"sigmoid": lambda v: 1 / (1 + exp(-v)), "tanh": tanh, "elu": lambda v: v if v > 0 else expm1(v)}
        return [f[kind](v) for v in x], shape
    if kind == "residual":
        y, shape_after = net(c["layers"], x, shape, at)
        return [a + b for a, b in zip(x, y)], shape_after
    if kind == "positionwise":
        m = shape[2]
        parts = [net(c["layers"], x[i : i + m], [m], at)[0] for i in range(0, n, m)]
        return sum(parts, []), [*shape[:2], len(parts[0])]
    if kind == "dropout":
        return x, shape
    raise SystemExit(f"kind of a layer: expected one of docs/files.md, found {kind}")


def net(layers, x, shape, at=""):
    """What the nodes make of x: the output of the last, and its shape."""
    values, names = [(x, shape)], {"input": 0}
    for number, c in enumerate(layers):
        source = c.get("from", [])
        source = [values[names[s]] for s in ([source] if isinstance(source, str) else source)] or values[-1:]
        parts, (_, shape) = [part for part, _ in source], source[0]
        if c["kind"] == "add":
            value = [sum(column) for column in zip(*parts)], shape
        elif c["kind"] == "concat":
            y, shapes = sum(parts, []), [s for _, s in source]
            image = all(len(s) == 3 and s[1:] == shape[1:] for s in shapes)
            value = y, [sum(s[0] for s in shapes), *shape[1:]] if image else [len(y)]
        else:
            value = layer(c, parts[0], shape, f"{at}{c.get('name', number)}.")
        values.append(value)
        names[c.get("name")] = number + 1
    return values[-1]


if __name__ == "__main__":
    spec, tensors = read(sys.argv[1])
    print(json.dumps([net(spec["layers"], row, spec["input"])[0] for row in json.load(sys.stdin)]))

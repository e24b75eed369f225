"""Cases of the operators that join, repeat, pad and turn tensors."""
import random

import torch

from case_tensors import FLOATS, INTS, arguments, plain, tensor
from case_writer import CaseWriter

count, path = arguments()
writer = CaseWriter("joining")
DTYPES = FLOATS + INTS + [torch.bool]


def add(op, *args, tolerance=0.0):
    writer.add(op, *args, tolerance=tolerance, aliases=True)


def shape(least=0, most=3):
    return [random.choice([0, 1, 2, 2, 3]) for _ in range(random.randint(least, most))]


def some(least=0, most=3):
    return tensor(shape(least, most), random.choice(DTYPES))


def dim(x):
    rank = max(x.dim(), 1)
    return random.randint(-rank, rank - 1)


def joins():
    sizes = shape(1, 3)
    at = random.randint(-len(sizes), len(sizes) - 1)
    several = []
    for _ in range(random.randint(0, 3)):
        sizes[at] = random.randint(0, 3)
        other = random.choice([[0], [], sizes + [1]])
        several.append(tensor(sizes if random.random() < 0.9 else other, random.choice(DTYPES)))
    add("aten::cat", several, at)
    sizes = shape(0, 2)
    several = [tensor(sizes if random.random() < 0.95 else [5], random.choice(DTYPES))
               for _ in range(random.randint(0, 3))]
    add("aten::stack", several, random.randint(-len(sizes) - 1, len(sizes)))
    for op in ("hstack", "vstack", "dstack", "column_stack"):
        add(f"aten::{op}", several)


def repeats():
    x = some()
    add("aten::repeat", x, [random.randint(0, 3) for _ in range(x.dim() + random.randint(0, 1))])
    add("aten::tile", x, [random.randint(0, 3) for _ in range(random.randint(0, 4))])
    at = random.choice([None, dim(x)])
    size = x.numel() if at is None else x.shape[at] if x.dim() else 1
    add("aten::repeat_interleave.self_int", x, random.randint(-1, 3), at)
    dtype = random.choice([torch.int64, torch.int32])
    add("aten::repeat_interleave.self_Tensor", x, torch.randint(0, 4, (size,), dtype=dtype), at)
    add("aten::repeat_interleave.Tensor", torch.randint(0, 4, (3,), dtype=dtype))


def turns():
    x = some()
    add("aten::flip", x, [dim(x) for _ in range(random.randint(0, 2))])
    for op in ("fliplr", "flipud"):
        add(f"aten::{op}", x)
    if x.dim():
        length = random.randint(1, 2)
        add("aten::roll", x, [random.randint(-7, 7) for _ in range(length)],
            [dim(x) for _ in range(length)])
    add("aten::roll", x, [random.randint(-9, 9)])
    add("aten::rot90", x, random.randint(-5, 5), [dim(x), dim(x)])


def pads():
    x = some()
    add("aten::constant_pad_nd", x, [random.randint(-1, 2) for _ in range(2 * random.randint(
        0, x.dim()))], random.choice([0, 1, 2.5, True]))
    add("aten::pad", x, [1, random.randint(0, 2)], "constant", random.choice([None, 2.5]))
    lines = tensor([2, random.randint(1, 4)], random.choice(FLOATS + [torch.int64]))
    for mode in ("reflect", "replicate", "circular", "other"):
        add("aten::pad", lines, [random.randint(0, 3), random.randint(0, 2)], mode, None)
    image = tensor([2, 3, 4], random.choice(FLOATS))
    add("aten::pad", image, [random.randint(0, 2) for _ in range(4)], "reflect", None)


def diagonals():
    x = tensor(shape(1, 4), random.choice(DTYPES))
    offset = random.randint(-5, 5)
    for op in ("tril", "triu"):
        add(f"aten::{op}", x, offset)
        add(f"aten::{op}_", plain([2, 3, 2], x.dtype).transpose(0, 1), offset)
    y = some()
    add("aten::diag", y, random.randint(-3, 3))
    rank = y.dim() + 1
    add("aten::diag_embed", y, random.randint(-3, 3), random.randint(-rank, rank - 1),
        random.randint(-rank, rank - 1))
    add("aten::diagflat", y, random.randint(-2, 2))
    add("aten::trace", tensor([3, 2], random.choice(FLOATS[:2] + INTS + [torch.bool])),
        tolerance=1e-6)


def products():
    vectors = [tensor(random.choice([[], [2], [3], [0], [1]])) for _ in range(random.randint(0, 3))]
    add("aten::meshgrid", vectors)
    add("aten::meshgrid.indexing", vectors, random.choice(["ij", "xy", "other"]))
    sizes = shape()
    add("aten::broadcast_tensors", [tensor([random.choice([1, size]) for size in sizes])
                                    for _ in range(2)])
    add("aten::cartesian_prod", [tensor([random.randint(0, 3)], torch.int64) for _ in range(2)])
    add("aten::combinations", tensor([random.randint(0, 5)]), random.randint(0, 4),
        random.random() < 0.5)
    add("aten::block_diag", [tensor(shape(0, 2), random.choice(DTYPES)) for _ in range(2)])
    add("aten::kron", plain(shape(), random.choice(DTYPES)), plain(shape(), random.choice(DTYPES)))
    add("aten::outer", tensor([3], random.choice(DTYPES)), tensor([2], random.choice(DTYPES)))


for _ in range(count * 6):
    for group in (joins, repeats, turns, pads, diagonals, products):
        group()
writer.save(path)

"""Cases of sorting, distinct elements, searching and counting."""
import random

import torch

from case_tensors import FLOATS, INTS, arguments, plain, tensor
from case_writer import CaseWriter
from pair_cases import dtype, rough, shape, special

count, path = arguments()
writer = CaseWriter("sorting")
add = writer.add


def flag():
    return random.random() < 0.5


def some():
    return special(tensor(shape(3), dtype()))


def dim(x):
    rank = max(x.dim(), 1)
    return random.choice([-1, -1, random.randint(-rank, rank - 1), rank + random.randint(0, 1)])


def distinct(sizes):
    total = 1
    for size in sizes:
        total *= size
    kind = random.choice([torch.float32, torch.float64, torch.int64, torch.int32])
    return (torch.randperm(total) - total // 2).to(kind).reshape(sizes)


def sorting():
    x = some()
    at, down = dim(x), flag()
    add("aten::sort.stable", x, True, at, down)
    add("aten::argsort.stable", x, True, at, down)
    add("aten::msort", some())
    x = distinct(shape(3, 0))
    add("aten::sort", x, dim(x), flag())
    add("aten::argsort", x, dim(x), flag())
    add("aten::topk", x, random.randint(0, 3), dim(x), flag(), True)


def unique():
    x = tensor(shape(2), random.choice(INTS + [torch.bool] + FLOATS[:2]))
    add("aten::_unique2", x, True, flag(), flag())
    add("aten::_unique", x, True, flag())
    add("aten::unique_consecutive", x, flag(), flag())
    x = torch.randint(0, 2, [4, 2, 2][:random.randint(1, 3)])
    at = random.randint(-x.dim(), x.dim() - 1)
    add("aten::unique_dim", x, at, True, flag(), flag())
    add("aten::unique_consecutive", x, flag(), flag(), at)


def searching():
    kind = random.choice([torch.float32, torch.int64, torch.float64, torch.float16])
    row = plain([5], kind).sort().values
    values = tensor(shape(2), random.choice([kind, kind, torch.int64]))
    add("aten::bucketize.Tensor", values, row, flag(), flag())
    add("aten::bucketize.Scalar", random.choice([1, 0.5, -3]), row, flag(), flag())
    add("aten::searchsorted.Tensor", row, values, flag(), flag())
    add("aten::searchsorted.Scalar", row, random.choice([1, 0.5]), False, flag())
    rows = plain([2, 5], kind).sort().values
    add("aten::searchsorted.Tensor", rows, tensor([2, 3], kind), False, False,
        random.choice([None, "left", "right"]))


def counting():
    kind = random.choice([torch.float32, torch.float64])
    low, high = random.choice([(0, 0), (-2, 2), (1, 0)])
    add("aten::histc", plain([9], kind), 4, low, high)
    x = plain([random.choice([0, 6])], torch.uint8).to(random.choice(INTS))
    weights = random.choice([None, plain([6], random.choice([torch.float32, torch.float64,
                                                             torch.int64]))])
    add("aten::bincount", x, weights, random.choice([0, 0, 12]), tolerance=rough(x))
    add("aten::bincount", torch.tensor([1, -1]))


for _ in range(count):
    for group in [sorting, unique, searching, counting]:
        group()
writer.save(path)

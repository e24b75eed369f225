"""Cases of the operators that select elements by index."""
import math
import random

import torch

from case_tensors import FLOATS, INTS, arguments, plain, tensor
from case_writer import CaseWriter

count, path = arguments()
writer = CaseWriter("indexing")
DTYPES = FLOATS + INTS + [torch.bool]
ROUNDED = 2e-2  # sums of several elements in half or bfloat16


def add(op, *args, tolerance=0.0):
    writer.add(op, *args, tolerance=tolerance, aliases=True)


def shape(least=1, most=3):
    return [random.choice([1, 2, 2, 3, 3, 4]) for _ in range(random.randint(least, most))]


def some(least=1, most=3):
    return tensor(shape(least, most), random.choice(DTYPES))


def writable(least=1, most=3):
    """A tensor whose elements share no memory: a view, as often as not."""
    x = some(least, most)
    return x if 0 not in x.stride() else plain(x.shape, x.dtype)


def indices(sizes, bound, negative=False, wrong=0.02):
    """int64 or int32, within [0, bound) but for a few."""
    low = -bound if negative else 0
    values = [random.randint(low, bound - 1) for _ in range(math.prod(sizes))]
    if values and random.random() < wrong * 5:
        values[0] = random.choice([bound, -bound - 1])
    dtype = random.choice([torch.int64, torch.int64, torch.int32])
    return torch.tensor(values, dtype=dtype).reshape(sizes)


def advanced(x):
    """What stands between the brackets: index tensors, masks and None."""
    common = shape(0, 2)
    chosen, at = [], 0
    while at < x.dim():
        kind = random.random()
        if kind < 0.3:
            chosen.append(None)
        elif kind < 0.8:
            sizes = [size if random.random() < 0.8 else 1 for size in common]
            chosen.append(indices(sizes, x.shape[at], negative=True))
        else:
            width = random.choice([1, 1, 2])
            sizes = x.shape[at:at + width] if random.random() < 0.95 else [7]
            chosen.append(torch.rand(*sizes) < 0.5)
            at += len(sizes) - 1
        at += 1
        if random.random() < 0.2:
            break
    return chosen if any(index is not None for index in chosen) else [indices([2], x.shape[0])]


def brackets():
    x = some()
    add("aten::index.Tensor", x, advanced(x))
    x = writable()
    chosen = advanced(x)
    try:
        selected = x[tuple(slice(None) if i is None else i for i in chosen)]
    except IndexError:
        add("aten::index_put", x, chosen, torch.zeros((), dtype=x.dtype), False)
        return
    values = tensor([random.choice([size, size, 1]) for size in selected.shape], x.dtype)
    add("aten::index_put", x, chosen, values, True, tolerance=ROUNDED if x.dtype in FLOATS[2:] else
        2e-6)
    add("aten::index_put_", x, chosen, torch.ones((), dtype=x.dtype), False)
    add("aten::index_put", x, chosen, torch.zeros(1, dtype=random.choice(DTYPES)), False)


def whole_dimension():
    x = writable(0, 3)
    at = random.randint(-max(x.dim(), 1), max(x.dim(), 1) - 1)
    size = x.shape[at] if x.dim() else 1
    add("aten::index_select", x, at, indices(random.choice([[], [1], [3], [0], [2, 2]]), size))
    if not x.dim():
        return
    rows = random.randint(0, 3)
    sizes = list(x.shape)
    sizes[at] = rows
    rough = ROUNDED if x.dtype in FLOATS[2:] else 2e-6
    add("aten::index_add", x, at, indices([rows], size), tensor(sizes, x.dtype),
        random.choice([1, 1, 2, -1.5]), tolerance=rough)
    sizes[at] = min(rows, size)
    add("aten::index_copy", x, at, torch.randperm(size)[:rows], tensor(sizes, x.dtype))
    add("aten::index_fill.int_Scalar", x, at, indices([rows], size, True),
        random.choice([3, 2.5, True, 1e40]))
    add("aten::index_fill_.int_Tensor", x, at, indices([rows], size, True), tensor([]))
    add("aten::select_scatter", x, tensor([s for d, s in enumerate(x.shape) if d != at % x.dim()]),
        at, random.randint(-2, 2))
    start = random.choice([None, -2, 1])
    sizes[at] = len(range(size)[start:None:2])
    add("aten::slice_scatter", x, tensor(sizes), at, start, None, 2)


def along():
    x = writable()
    at = random.randint(-x.dim(), x.dim() - 1)
    sizes = [random.randint(1, size) for size in x.shape]
    which = indices(sizes, x.shape[at])
    add("aten::gather", x, at, which)
    source = tensor([size + random.randint(0, 1) for size in sizes], x.dtype)
    order = torch.stack([torch.randperm(x.shape[at])[:sizes[at]]
                         for _ in range(math.prod(sizes) // sizes[at])])
    order = order.reshape([s for d, s in enumerate(sizes) if d != at % x.dim()] +
                          [sizes[at]]).movedim(-1, at)
    add("aten::scatter.src", x, at, order, source)
    add("aten::scatter.value", x, at, which, random.choice([1, 2.5, True, 300]))
    if x.dtype not in FLOATS[2:]:
        add("aten::scatter_add", x, at, which, source, tolerance=2e-6)
        add("aten::scatter_.reduce", x, at, which, source, random.choice(["add", "multiply", "x"]),
            tolerance=2e-6)
        add("aten::scatter_reduce.two", x, at, which, source,
            random.choice(["sum", "prod", "mean", "amax", "amin"]), random.random() < 0.5,
            tolerance=2e-6)
    which = indices([random.choice([1, size]) for size in x.shape], x.shape[at], wrong=0)
    add("aten::take_along_dim", x, which, at)
    add("aten::take", x, indices(shape(0, 2), x.numel(), negative=True))
    rows = min(x.numel(), 3)
    add("aten::put_", x, torch.randperm(x.numel())[:rows], tensor([rows], x.dtype))


def masks():
    x = some(0, 3)
    add("aten::masked_select", x, tensor([random.choice([1, s]) for s in x.shape], torch.bool))
    for op in ("nonzero", "nonzero_numpy", "argwhere"):
        add(f"aten::{op}", x)


def tables():
    table = tensor([random.randint(1, 6), random.randint(0, 4)], random.choice(FLOATS))
    add("aten::embedding", table, indices(shape(0, 3), table.shape[0]))
    add("aten::one_hot", indices(shape(0, 2), 4), random.choice([-1, 4, 6, 0]))
    matrix = plain([random.randint(1, 5), random.randint(1, 5)], random.choice(DTYPES))
    add("aten::fill_diagonal_", matrix, random.choice([1, 2.5, True]), random.random() < 0.5)
    ids = indices([random.randint(1, 6)], table.shape[0], wrong=0).long()
    offsets = torch.tensor([0, random.randint(0, len(ids))])
    if table.dtype in FLOATS[:2] and table.shape[1]:
        # Only the first result: the others serve training.
        add_bag = lambda *args: torch.ops.aten.embedding_bag(*args)[0]
        writer.add("aten::embedding_bag", table, ids, offsets, False, random.randint(0, 2),
                   tolerance=1e-6, function=add_bag)


def one_flag():
    """A mask without dimensions: one value goes everywhere or nowhere."""
    for flag in (True, False):
        for value in (torch.tensor(9.5), torch.tensor([[7]]), torch.tensor([7.0, 8.0])):
            add("aten::index_put_", torch.arange(6).reshape(2, 3), [torch.tensor(flag)], value)
            add("aten::index_put_", torch.arange(2.0), [torch.tensor(flag)], value)
        add("aten::index_put_", torch.tensor(1.0), [torch.tensor(flag)], torch.tensor(2.0))


for _ in range(count * 7):
    for group in (brackets, brackets, whole_dimension, along, masks, tables):
        group()
one_flag()
writer.save(path)

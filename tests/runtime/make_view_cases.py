"""Cases of the operators that show a tensor with other sizes and strides."""
import random

import torch

from case_tensors import FLOATS, INTS, arguments, tensor
from case_writer import CaseWriter

count, path = arguments()
writer = CaseWriter("view")
DTYPES = FLOATS + INTS + [torch.bool]


def add(op, *args):
    writer.add(op, *args, aliases=True)


def shape(least=0, most=4):
    return [random.choice([0, 1, 1, 2, 2, 3, 4]) for _ in range(random.randint(least, most))]


def some(least=0, most=4):
    return tensor(shape(least, most), random.choice(DTYPES))


def dim(x):
    """A dimension of x, now and then one that it does not have."""
    rank = max(x.dim(), 1)
    return random.randint(-rank, rank - 1) if random.random() < 0.93 else rank


def factors(number):
    """Sizes whose product is `number`."""
    sizes = []
    while number > 1:
        prime = next(p for p in range(2, number + 1) if number % p == 0)
        if sizes and random.random() < 0.5:
            sizes[-1] *= prime
        else:
            sizes.append(prime)
        number //= prime
    random.shuffle(sizes)
    for _ in range(random.randint(0, 2)):
        sizes.insert(random.randint(0, len(sizes)), 1)
    return sizes


def other_sizes(x):
    sizes = factors(x.numel()) if x.numel() else shape(1, 2) + [0]
    if sizes and random.random() < 0.4:
        sizes[random.randrange(len(sizes))] = -1
    return sizes + [2] if random.random() < 0.06 else sizes


def reshapes():
    for op in ("view", "reshape"):
        x = some()
        add(f"aten::{op}", x, other_sizes(x))
    x = some()
    other = tensor(factors(x.numel()) if x.numel() else x.shape)
    add("aten::view_as", x, other)
    add("aten::reshape_as", x, other)
    add("aten::view.dtype", some(), random.choice(FLOATS + INTS))
    add("aten::flatten.using_ints", x, dim(x), dim(x))
    add("aten::ravel", x)
    if x.dim():
        at = random.randrange(x.dim())
        add("aten::unflatten.int", x, at, factors(x.shape[at]) or [1])
        add("aten::unflatten.int", x, at, [2, -1])
    small = tensor([random.choice([1, 1, 3]) for _ in range(random.randint(0, 3))])
    wide = [2] * random.randint(0, 2) + [size if size != 1 else random.choice([1, 4, -1, 0])
                                         for size in small.shape]
    add("aten::expand", small, wide)
    add("aten::broadcast_to", small, wide if random.random() < 0.8 else [-1] + wide)
    add("aten::expand_as", small, tensor([abs(size) for size in wide]))


def orders():
    x = some()
    order = random.sample(range(x.dim()), x.dim())
    order = [d - x.dim() if random.random() < 0.3 else d for d in order]
    add("aten::permute", x, order if random.random() < 0.9 else order + [0])
    for op in ("transpose.int", "swapaxes", "swapdims", "movedim.int"):
        add(f"aten::{op}", x, dim(x), dim(x))
    length = random.randint(0, 3)
    add("aten::movedim.intlist", x, [dim(x) for _ in range(length)],
        [dim(x) for _ in range(length)])
    add("aten::t", some(0, 3))
    add("aten::numpy_T", some())
    add("aten::mT", some())
    for y in (some(), tensor([1, random.choice([1, 3]), 1])):
        add("aten::squeeze", y)
        add("aten::squeeze.dim", y, dim(y))
        add("aten::squeeze.dims", y, [dim(y) for _ in range(random.randint(0, 2))])
    add("aten::unsqueeze", x, random.randint(-x.dim() - 2, x.dim() + 1))
    for rank in (1, 2, 3):
        add(f"aten::atleast_{rank}d", some(0, 3))


def parts():
    x = some()
    bound = lambda: random.choice([None, 2**63 - 1, *range(-5, 6)])
    add("aten::slice.Tensor", x, dim(x), bound(), bound(), random.choice([1, 1, 1, 2, 3, 0]))
    add("aten::select.int", x, dim(x), random.randint(-3, 3))
    add("aten::narrow", x, dim(x), random.randint(-3, 4), random.randint(-1, 3))
    add("aten::narrow.Tensor", x, dim(x), torch.tensor(random.randint(-2, 2)), 1)
    add("aten::diagonal", x, random.randint(-4, 4), dim(x), dim(x))
    add("aten::unfold", x, dim(x), random.randint(-1, 4), random.randint(0, 3))
    rank = random.randint(0, 3)
    add("aten::as_strided", x, [random.randint(0, 3) for _ in range(rank)],
        [random.randint(-1, 3) for _ in range(rank)], random.choice([None, 0, 1, 5]))


def splits():
    x = some()
    for op in ("split.Tensor", "chunk", "tensor_split.sections", "unsafe_split.Tensor"):
        add(f"aten::{op}", x, random.randint(-1, 4), dim(x))
    add("aten::unbind.int", x, dim(x))
    cuts = [random.randint(-5, 5) for _ in range(random.randint(0, 3))]
    add("aten::tensor_split.indices", x, cuts, dim(x))
    add("aten::tensor_split.tensor_indices_or_sections", x, torch.tensor(random.choice([2, cuts]),
        dtype=torch.int64), dim(x))
    if x.dim():
        at = random.randrange(x.dim())
        first = random.randint(0, x.shape[at])
        sizes = [first, x.shape[at] - first + (random.random() < 0.1)]
        add("aten::split_with_sizes", x, sizes, at)
        add("aten::split.sizes", x, sizes, at)
    for letter in "hvd":
        add(f"aten::{letter}split.int", x, random.randint(0, 3))
        add(f"aten::{letter}split.array", x, [1, random.randint(-2, 4)])


def in_place():
    for op in ("squeeze_", "t_"):
        add(f"aten::{op}", some(0, 3))
    for op, arity in (("squeeze_.dim", 1), ("unsqueeze_", 1), ("transpose_", 2)):
        x = some()
        add(f"aten::{op}", x, *(dim(x) for _ in range(arity)))


def queries():
    x = some()
    for op in ("size", "stride", "dim", "numel", "is_contiguous", "storage_offset",
               "_shape_as_tensor", "is_floating_point", "contiguous", "alias", "detach"):
        add(f"aten::{op}", x)
    add("aten::size.int", x, dim(x))
    add("aten::stride.int", x, dim(x))
    number = lambda: random.choice([1, 1.5, True])
    writer.add("aten::result_type.Tensor", x, some())
    writer.add("aten::result_type.Scalar", x, number())
    writer.add("aten::result_type.Scalar_Scalar", number(), number())
    writer.add("aten::promote_types", random.choice(DTYPES), random.choice(DTYPES))


for _ in range(count * 4):
    for group in (reshapes, orders, parts, splits, in_place, queries):
        group()
writer.save(path)

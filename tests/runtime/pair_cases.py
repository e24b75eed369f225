"""Pairs of operands that broadcast, of all dtypes, and numbers: for the case scripts of elementwise
operators."""
import random

import torch

from case_tensors import FLOATS, INTS, plain, tensor

DTYPES = FLOATS + INTS + [torch.bool]
# What programs use most comes up most.
WEIGHTED = [torch.float32] * 4 + [torch.int64] * 3 + DTYPES


def dtype():
    return random.choice(WEIGHTED)


def shape(most=3, empty=0.05):
    sizes = [random.choice([1, 2, 2, 3, 3, 4]) for _ in range(random.randint(0, most))]
    if sizes and random.random() < empty:
        sizes[random.randrange(len(sizes))] = 0
    return sizes


def broadcastable(sizes, wrong=0.03):
    """Sizes that broadcast with `sizes`, but for a few."""
    kept = sizes[random.randint(0, len(sizes)):]
    other = [1 if random.random() < 0.3 else size for size in kept]
    if other and random.random() < wrong:
        other[-1] += 4
    return other


def special(x):
    """NaN and infinities in some floating tensors."""
    if x.dtype.is_floating_point and x.numel() and random.random() < 0.2 and 0 not in x.stride():
        at = tuple(random.randrange(size) for size in x.shape)
        x[at] = random.choice([float("nan"), float("inf"), float("-inf"), 0.0])
    return x


def pair(most=3):
    sizes = shape(most)
    other = broadcastable(sizes)
    if random.random() < 0.5:
        sizes, other = other, sizes
    first = dtype()
    second = first if random.random() < 0.5 else dtype()
    return special(tensor(sizes, first)), special(tensor(other, second))


def writable(x):
    """A tensor whose elements share no memory."""
    return plain(x.shape, x.dtype) if 0 in x.stride() else x


def clone(x):
    """The same view over a storage of its own: for in-place operators."""
    copy = torch.empty(x.untyped_storage().nbytes() // x.element_size(), dtype=x.dtype)
    copy.copy_(torch.as_strided(x, copy.shape, (1,), 0))
    return torch.as_strided(copy, x.shape, x.stride(), x.storage_offset())


def number():
    return random.choice([0, 1, 2, 3, -1, -2, 7, 0.5, -0.5, 2.0, -1.5, 1e-9, 0.1, True, False, 1.0])


def rough(*operands):
    """The tolerance for functions that libraries round differently."""
    dtypes = {x.dtype for x in operands if isinstance(x, torch.Tensor)}
    return 1e-13 if dtypes == {torch.float64} else 2e-6

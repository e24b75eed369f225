"""Random tensors for case scripts: of every dtype, and with strides as views have them."""
import random

import torch

FLOATS = [torch.float32, torch.float64, torch.float16, torch.bfloat16]
INTS = [torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8]


def plain(shape, dtype):
    if dtype.is_floating_point:
        # Few digits keep the files small.
        return (torch.randn(shape, dtype=torch.float64) * 1.5).mul(64).round().div(64).to(dtype)
    if dtype == torch.bool:
        return torch.rand(shape) < 0.5
    low = 0 if dtype == torch.uint8 else -9
    return torch.randint(low, 10, shape).to(dtype)


def tensor(shape, dtype=torch.float32, strided=True):
    """Contiguous or, at random, a transposed, sliced or expanded view."""
    shape = list(shape)
    kind = random.choice(["plain", "plain", "transposed", "sliced", "expanded"])
    if not strided or kind == "plain" or not shape:
        return plain(shape, dtype)
    if kind == "transposed" and len(shape) > 1:
        a, b = random.sample(range(len(shape)), 2)
        shape[a], shape[b] = shape[b], shape[a]
        return plain(shape, dtype).transpose(a, b)
    if kind == "sliced":
        dim = random.randrange(len(shape))
        wide = list(shape)
        wide[dim] = wide[dim] * 2 + 1
        return plain(wide, dtype).narrow(dim, 1, wide[dim] - 1)[
            (slice(None),) * dim + (slice(0, None, 2),)]
    if kind == "expanded":
        dim = random.randrange(len(shape))
        if shape[dim] > 0:
            narrow = list(shape)
            narrow[dim] = 1
            return plain(narrow, dtype).expand(shape)
    return plain(shape, dtype)


def tolerance(dtype):
    return {torch.float32: 2e-6, torch.float64: 1e-13}.get(dtype, 0.0)


def arguments():
    """From the command line: how many cases of each kind, and another file to write."""
    import sys
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 4
    path = sys.argv[2] if len(sys.argv) > 2 else None
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    torch.manual_seed(seed)
    random.seed(seed)
    return count, path

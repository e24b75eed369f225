"""Cases of normalizations and dropout."""
import random

import torch

from case_tensors import FLOATS, arguments, plain, tensor, tolerance
from case_writer import CaseWriter

count, path = arguments()
writer = CaseWriter("normalization")
pick = lambda *values: random.choice(values)


def add(op, *args, dtype=torch.float32, **keywords):
    limit = {torch.float32: 4e-6, torch.float64: 1e-12}.get(dtype, 0.0)
    writer.add(op, *args, tolerance=limit, **keywords)


def mixed(shape, dtype):
    """Rows whose elements differ: those of equal ones come out as noise, which nobody promises."""
    x = plain(shape, dtype)
    if x.dim() < 2 or dtype.itemsize == 2 or random.random() < 0.5:
        return x
    return x.transpose(0, 1).contiguous().transpose(0, 1)


for _ in range(count * 3):
    for dtype in FLOATS:
        lead = [pick(1, 2, 3) for _ in range(pick(0, 1, 2))]
        shape = [pick(4, 9) for _ in range(pick(1, 1, 2))]
        x = mixed(lead + shape, dtype)
        other = pick(dtype, torch.float32) if dtype.itemsize == 2 else dtype
        w, b = pick(None, tensor(shape, other)), pick(None, tensor(shape, other))
        eps = pick(1e-5, 1e-12)
        add("aten::layer_norm", x, shape, w, b, eps, True, dtype=dtype)
        if other == dtype or w is not None:
            add("aten::native_layer_norm", x, shape, w, b, eps,
                dtype=dtype if w is None else w.dtype)
        same = pick(None, tensor(shape, dtype))
        add("aten::rms_norm", x, shape, same, pick(None, 1e-6), dtype=dtype)
        groups = pick(1, 2, 3)
        c = groups * pick(1, 2)
        x = mixed([pick(1, 2), c] + [pick(4, 5) for _ in range(pick(1, 2))], dtype)
        w, b = pick(None, plain([c], dtype)), pick(None, plain([c], dtype))
        add("aten::group_norm", x, groups, w, b, 1e-5, True, dtype=dtype)
        mean, var = plain([c], dtype), plain([c], dtype).abs() + 0.5
        add("aten::batch_norm", x, w, b, mean, var, False, 0.1, 1e-5, True, dtype=dtype)
        if dtype != torch.bfloat16:  # whose variance PyTorch rounds on the way, by up to 1%
            add("aten::instance_norm", x, w, b, None, None, True, 0.1, 1e-5, True, dtype=dtype)
        if dtype.itemsize > 2:
            if x.numel() > x.size(1):
                add("aten::batch_norm", x, w, b, None, None, True, 0.1, 1e-5, True, dtype=dtype)
            v = plain([pick(1, 3), pick(1, 2), 4], dtype)
            dim = pick(0, 1, 2)
            g = [1, 1, 1]
            g[dim] = v.size(dim)
            add("aten::_weight_norm", v, plain(g, dtype), dim, dtype=dtype)
            add("aten::renorm", v, pick(1, 2, 2.0, 3), pick(0, 1, -1), pick(0.5, 2.0), dtype=dtype)
            add("aten::renorm_", v.clone().transpose(0, 1), 2, 0, 1.0, dtype=dtype)

f = lambda *shape: plain(shape, torch.float32)
for name in ("dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout"):
    add(f"aten::{name}", f(2, 3, 4), 0.5, False)
    add(f"aten::{name}_", f(2, 3, 4), 0.5, False)
    add(f"aten::{name}", f(2, 3, 4), 1.5, False)
    # Training answers as evaluation.
    add(f"aten::{name}", f(2, 3, 4), 0.5, True, function=lambda x, p, train: x)
add("aten::native_dropout", f(2, 3), 0.5, False)
add("aten::dropout", torch.arange(4), 0.5, False)
add("aten::layer_norm", f(2, 3), [4], None, None, 1e-5, True)
add("aten::layer_norm", f(2, 3), [], None, None, 1e-5, True)
add("aten::layer_norm", f(2, 3), [3], f(2), None, 1e-5, True)
add("aten::layer_norm", f(2, 3), [3], f(3).double(), None, 1e-5, True)
add("aten::layer_norm", f(2, 3).long(), [3], None, None, 1e-5, True)
add("aten::layer_norm", f(0, 3), [3], None, None, 1e-5, True)
add("aten::layer_norm", f(2, 3).fill_(float("nan")), [3], None, None, 1e-5, True)
add("aten::group_norm", f(2, 3, 4), 2, None, None, 1e-5, True)
add("aten::batch_norm", f(2, 3), None, None, None, None, False, 0.1, 1e-5, True)
add("aten::batch_norm", f(2, 3), f(2), None, f(3), f(3), False, 0.1, 1e-5, True)


def rows(x, w, b, m, n, eps):
    y, mean, rstd = torch.native_layer_norm(x.view(m, n), [n], w, b, eps)
    return y.view_as(x), mean.view(m), rstd.view(m)


add("aten::native_layer_norm.rows", f(2, 3, 4), f(4), f(4), 6, 4, 1e-5, function=rows)
writer.save(path)

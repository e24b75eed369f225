"""Cases of scaled dot product attention and of torch.nn's fast path."""
import random

import torch

from case_tensors import arguments, plain, tensor, tolerance
from case_writer import CaseWriter

count, path = arguments()
writer = CaseWriter("attention")
pick = lambda *values: random.choice(values)
SDPA = "aten::scaled_dot_product_attention"


def add(op, *args, dtype=torch.float32):
    writer.add(op, *args, tolerance=max(tolerance(dtype), 4e-6) if dtype.itemsize == 4
               else tolerance(dtype) if dtype.itemsize == 8 else 0.02)


def mask_of(kind, shape, dtype):
    keep = torch.rand(shape) < 0.6
    if random.random() < 0.5 and keep.dim() > 1:
        keep[..., 0, :] = False
    if kind == "bool":
        return keep
    mask = torch.zeros(shape, dtype=dtype).masked_fill(~keep, pick(-10000.0, float("-inf")))
    return mask + plain(shape, dtype)


for _ in range(count * 4):
    for dtype in (torch.float32, torch.float64, torch.float16, torch.bfloat16):
        b, h, l, s, e, v = pick(1, 2), pick(1, 2), pick(1, 3, 5), pick(1, 2, 6), pick(1, 4), pick(2, 4)
        lead = pick([b, h], [b, h], [b, h], [h], [])
        q, k = tensor(lead + [l, e], dtype), tensor(lead + [s, e], dtype)
        value = tensor(lead + [s, pick(e, e, v)], dtype)
        mask = pick(None, "bool", "float")
        if mask:
            shape = pick([l, s], [1, s], [b, 1, 1, s], [b, h, l, s], [b, 1, l, s])
            if len(lead) < 2:
                shape = shape[-2:]
            mask = mask_of(mask, shape, pick(dtype, torch.float32) if dtype.itemsize == 2 else dtype)
        scale = pick(None, None, 0.25, 1.0)
        add(SDPA, q, k, value, mask, 0.0, mask is None and pick(True, False), scale, False,
            dtype=dtype)
        if dtype.itemsize > 2:
            add("aten::_scaled_dot_product_attention_math", q, k, value, mask, 0.0, False, None,
                scale, False, dtype=dtype)
        if len(lead) == 2 and value.size(-1) == e and e > 1:
            number = mask if mask is not None and mask.dtype == dtype and mask.dim() == 4 else None
            add("aten::_scaled_dot_product_flash_attention_for_cpu", q.contiguous(), k.contiguous(),
                value.contiguous(), 0.0, pick(True, False), number, scale, dtype=dtype)

f = lambda *shape: plain(shape, torch.float32)
add(SDPA, f(2, 4, 3, 5), f(2, 2, 6, 5), f(2, 2, 6, 5), None, 0.0, False, None, True)
add(SDPA, f(2, 4, 3, 5), f(2, 1, 6, 5), f(2, 1, 6, 5), None, 0.0, False, None, False)
add(SDPA, f(2, 4, 3, 5), f(2, 3, 6, 5), f(2, 3, 6, 5), None, 0.0, False, None, True)
add(SDPA, f(2, 4, 3, 5), f(2, 4, 0, 5), f(2, 4, 0, 5), None, 0.0, False, None, False)
add(SDPA, f(2, 4, 3, 5), f(2, 4, 6, 4), f(2, 4, 6, 5), None, 0.0, False, None, False)
add(SDPA, f(2, 4, 3, 5), f(2, 4, 6, 5), f(2, 4, 6, 5), torch.ones(3, 6).long(), 0.0, False, None,
    False)
add(SDPA, f(2, 4, 3, 5), f(2, 4, 6, 5), f(2, 4, 6, 5), torch.ones(3, 5), 0.0, False, None, False)
add(SDPA, f(5), f(6, 5), f(6, 5), None, 0.0, False, None, False)
add(SDPA, f(1, 1, 2, 3), f(1, 1, 2, 3), f(1, 1, 2, 3),
    torch.tensor([[float("nan"), 0.0], [0.0, float("-inf")]]), 0.0, False, None, False)

for _ in range(count * 2):
    for dtype in (torch.float32, torch.float64):
        b, l, h, d = pick(1, 2), pick(1, 3, 4), pick(1, 2), pick(1, 2, 4)
        e = h * d
        qkv = [tensor([3 * e, e], dtype), tensor([3 * e], dtype), tensor([e, e], dtype),
               tensor([e], dtype)]
        kind = pick(None, 0, 1, 2)
        mask = None
        if kind is not None:
            mask = torch.rand([[l, l], [b, l], [b, h, l, l]][kind]) < 0.4
            if random.random() < 0.5:
                mask = torch.zeros(mask.shape).masked_fill(mask, float("-inf"))
        x = plain([b, l, e], dtype)
        add("aten::_native_multi_head_attention", x, x, x, e, h, *qkv, mask, pick(True, True, False),
            pick(True, False), kind, dtype=dtype)
        add("aten::_native_multi_head_attention", x, plain([b, l, e], dtype), x, e, h, *qkv, mask,
            True, True, kind, dtype=dtype)
        n = lambda: tensor([e], dtype)
        wide = pick(3, 8)
        add("aten::_transformer_encoder_layer_fwd", x, e, h, *qkv, pick(True, False),
            pick(True, False), 1e-5, n(), n(), n(), n(), plain([wide, e], dtype),
            plain([wide], dtype), plain([e, wide], dtype), plain([e], dtype), mask, kind,
            dtype=dtype)
x = f(2, 3, 4)
add("aten::_native_multi_head_attention", x, f(2, 5, 4), f(2, 5, 4), 4, 2, f(12, 4), f(12), f(4, 4),
    f(4), None, True, True, None)
add("aten::_native_multi_head_attention", x, x, x, 4, 3, f(12, 4), f(12), f(4, 4), f(4), None, True,
    True, None)
writer.save(path)

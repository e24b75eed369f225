"""Cases of quantization and of packed linear layers."""
import random

import torch

from case_tensors import arguments, plain, tensor
from case_writer import CaseWriter, Packed

count, path = arguments()
torch.backends.quantized.engine = "fbgemm"
writer = CaseWriter("quantized")
pick = lambda *values: random.choice(values)


def packed_call(op, *rest):
    def call(x, packed, *more):
        pack = torch.ops.quantized.linear_prepack_fp16 if "fp16" in op \
            else torch.ops.quantized.linear_prepack
        return getattr(torch.ops.quantized, op)(x, pack(packed.weight, packed.bias), *more)
    return call


def weight_of(n, k):
    w = torch.randn(n, k)
    if random.random() < 0.5:
        return torch.quantize_per_tensor(w, 0.03, pick(0, 3, -7), torch.qint8)
    scales = torch.rand(n, dtype=torch.float64) * 0.05 + 0.001
    zeros = torch.zeros(n, dtype=torch.int64) if random.random() < 0.5 \
        else torch.randint(-9, 9, (n,))
    return torch.quantize_per_channel(w, scales, zeros, 0, torch.qint8)


for _ in range(count * 8):
    m, k, n = pick(1, 3, 5), pick(1, 4, 33, 300), pick(1, 2, 7)
    x = pick(lambda: torch.randn(m, k), lambda: torch.randn(2, m, k) * 5,
             lambda: tensor([m, k]), lambda: torch.rand(m, k), lambda: -torch.rand(m, k),
             lambda: torch.zeros(m, k), lambda: torch.randn(m, k) * 1e-5)()
    bias = pick(None, torch.randn(n))
    w = weight_of(n, k)
    for op in ("linear_dynamic", "linear_relu_dynamic"):
        writer.add(f"quantized::{op}", x, Packed(w, bias), pick(True, False), tolerance=1e-6,
                   function=packed_call(op))
    half = torch.randn(n, k).half()
    writer.add("quantized::linear_dynamic_fp16", x, Packed(half, bias), tolerance=2e-5,
               function=lambda x, p: packed_call("linear_dynamic_fp16")(
                   x, Packed(p.weight.float(), p.bias)))

HALVES = torch.arange(-20, 21).float() * 0.5
for _ in range(count * 3):
    for dtype in (torch.qint8, torch.quint8, torch.qint32):
        x = pick(tensor([3, 5]), HALVES, torch.randn(2, 9) * 30)
        zero = pick(0, 3, 100, 101)
        writer.add("aten::quantize_per_tensor", x, pick(1.0, 0.037, 0.5), zero, dtype)
        q = torch.quantize_per_tensor(x, pick(0.5, 0.037), zero, dtype)
        writer.add("aten::dequantize.self", q)
        writer.add("aten::int_repr", q)
        writer.add("aten::q_scale", q)
        writer.add("aten::q_zero_point", q)
        scales = torch.rand(5, dtype=torch.float64) + 0.01
        zeros = torch.randint(0, 20, (5,))
        x = tensor([2, 5, 3])
        writer.add("aten::quantize_per_channel", x, scales, zeros, 1, dtype)
        q = torch.quantize_per_channel(x, scales, zeros, 1, dtype)
        writer.add("aten::dequantize.self", q)
        writer.add("aten::int_repr", q)
        writer.add("aten::q_per_channel_scales", q)
        writer.add("aten::q_per_channel_zero_points", q)
        writer.add("aten::q_per_channel_axis", q)
    x = pick(torch.randn(3, 7), torch.rand(4, 4), torch.zeros(3), -torch.rand(5) * 1e-6)
    for dtype in (torch.qint8, torch.quint8):
        writer.add("aten::quantize_per_tensor_dynamic", x, dtype, pick(True, False))
    writer.add("aten::_choose_qparams_per_tensor", x, pick(True, False))
    writer.add("aten::fake_quantize_per_tensor_affine", torch.randn(3, 7) * 5, 0.05, pick(0, 20, 128),
               0, 255)
    writer.add("aten::fake_quantize_per_channel_affine", torch.randn(3, 7) * 5, torch.rand(7) + 0.01,
               torch.randint(0, 20, (7,)).int(), 1, 0, 255)

w = weight_of(2, 4)
for x in (torch.randn(4), torch.randn(2, 3), torch.randn(2, 4).double(), torch.randn(0, 4)):
    writer.add("quantized::linear_dynamic", x, Packed(w, None), False,
               function=packed_call("linear_dynamic"))
writer.add("aten::quantize_per_tensor", torch.arange(4), 1.0, 0, torch.quint8)
writer.add("aten::quantize_per_tensor", torch.randn(4), 1.0, 300, torch.quint8)
writer.add("aten::q_scale", torch.randn(4))
writer.add("aten::dequantize.self", torch.randn(4))
writer.save(path)

"""Cases of comparisons, logic, bits and choice."""
import random

import torch

from case_tensors import INTS, arguments, plain, tensor
from case_writer import CaseWriter
from pair_cases import broadcastable, clone, dtype, number, pair, shape, special, writable

count, path = arguments()
writer = CaseWriter("comparison")
add = writer.add


def comparisons():
    for name in ["eq", "ne", "lt", "le", "gt", "ge"]:
        a, b = pair(2)
        add(f"aten::{name}.Tensor", a, b)
        add(f"aten::{name}_.Tensor", clone(writable(a)), b)
        add(f"aten::{name}.Scalar", a, random.choice([number(), 300, 1e39, float("inf")]))
        add(f"aten::{name}_.Scalar", clone(writable(a)), number())


def logic():
    for name in ["logical_and", "logical_or", "logical_xor"]:
        a, b = pair(2)
        add(f"aten::{name}", a, b)
        add(f"aten::{name}_", clone(writable(a)), b)
    a, _ = pair(2)
    add("aten::logical_not", a)
    add("aten::logical_not_", clone(writable(a)))


def bits():
    whole = INTS + [torch.bool, torch.bool, torch.float32]
    for word in ["and", "or", "xor"]:
        a, b = tensor([2, 3], random.choice(whole)), tensor([3], random.choice(whole))
        other = random.choice([0, 1, 5, -3, True, False])
        for name, in_place in [(f"bitwise_{word}", f"bitwise_{word}_"),
                               (f"__{word}__", f"__i{word}__")]:
            add(f"aten::{name}.Tensor", a, b)
            add(f"aten::{name}.Scalar", a, other)
            add(f"aten::{in_place}.Tensor", clone(writable(a)), b)
            add(f"aten::{in_place}.Scalar", clone(writable(a)), other)
    add("aten::bitwise_not", a)
    add("aten::bitwise_not_", clone(writable(a)))
    for word in ["left", "right"]:
        kind = random.choice(INTS)
        a = plain([2, 3], kind)
        b = torch.tensor([0, 1, random.choice([-1, 3, 70])]).to(kind)
        add(f"aten::bitwise_{word}_shift.Tensor", a, b)
        add(f"aten::bitwise_{word}_shift.Tensor_Scalar", a, random.choice([1, 2, 9]))
        add(f"aten::__{word[0]}shift__.Scalar", a, random.choice([1, 2]))


def choice():
    a, b = pair()
    condition = torch.rand(broadcastable(list(torch.broadcast_shapes(a.shape, a.shape)))) < 0.5
    add("aten::where.self", condition, a, b)
    add("aten::where.ScalarOther", condition, a, number())
    add("aten::where.ScalarSelf", condition, number(), b)
    add("aten::where.Scalar", condition, number(), number())
    add("aten::where", tensor(shape(), dtype()))
    mask = torch.rand(broadcastable(list(a.shape))) < 0.5
    value = random.choice([number(), float("-inf"), 3.4e38, -1e4, 300, 2.5])
    add("aten::masked_fill.Scalar", a, mask, value)
    add("aten::masked_fill_.Scalar", clone(writable(a)), mask, value)
    add("aten::masked_fill.Tensor", a, mask, plain([], dtype()))
    add("aten::masked_fill_.Tensor", clone(writable(a)), mask, plain(random.choice([[], [1]]),
                                                                     dtype()))
    source = plain([random.choice([2, 30])], a.dtype)
    add("aten::masked_scatter", a, mask, source)
    add("aten::masked_scatter_", clone(writable(a)), mask, source)


def classification():
    for name in ["isnan", "isinf", "isfinite", "isposinf", "isneginf", "signbit"]:
        add(f"aten::{name}", special(tensor(shape(), dtype())))
    a, b = pair(2)
    add("aten::equal", a, b)
    add("aten::equal", a, a.clone())
    near = a + random.choice([0, 1e-6, 0.5]) if a.dtype.is_floating_point else a.clone()
    add("aten::isclose", a, near, 1e-5, 1e-8, random.random() < 0.5)
    add("aten::allclose", a, near, 0.1, 1e-3, random.random() < 0.5)
    add("aten::isclose", a, b)
    add("aten::is_nonzero", plain(random.choice([[], [1], [2]]), dtype()))
    add("aten::nan_to_num", special(tensor([2, 2], dtype())), random.choice([None, 1.5]),
        random.choice([None, 7.0]), None)
    add("aten::nan_to_num_", special(plain([2, 2], dtype())))
    add("aten::isin.Tensor_Tensor", a, b.contiguous(), False, random.random() < 0.5)
    add("aten::isin.Tensor_Scalar", a, number())


for _ in range(count):
    for group in [comparisons, logic, bits, choice, classification]:
        group()
writer.save(path)

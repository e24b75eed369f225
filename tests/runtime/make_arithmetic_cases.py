"""Cases of arithmetic on tensors and numbers."""
import random

import torch

from case_tensors import FLOATS, arguments, plain, tensor
from case_writer import CaseWriter
from pair_cases import clone, dtype, number, pair, rough, shape, special, writable

count, path = arguments()
writer = CaseWriter("arithmetic")
add = writer.add


def forms(name, *more, tolerance=None):
    """NAME.Tensor, NAME.Scalar and their in-place forms, with what follows the operands."""
    a, b = pair()
    close = rough(a, b) if tolerance is None else tolerance
    add(f"aten::{name}.Tensor", a, b, *more, tolerance=close)
    add(f"aten::{name}_.Tensor", clone(writable(a)), b, *more, tolerance=close)
    add(f"aten::{name}.Scalar", a, number(), *more, tolerance=close)
    add(f"aten::{name}_.Scalar", clone(writable(a)), number(), *more, tolerance=close)


def sums():
    for name in ["add", "sub"]:
        forms(name, tolerance=0.0)
        forms(name, random.choice([1, 2, -1, 0.5, True]), tolerance=1e-6)
    a, b = pair()
    add("aten::rsub.Tensor", a, b, random.choice([1, 2, -1, 0.25]), tolerance=1e-6)
    add("aten::rsub.Scalar", a, number(), random.choice([1, 2, 0.25]), tolerance=1e-6)


def products():
    forms("mul", tolerance=0.0)
    forms("div", tolerance=0.0)
    forms("true_divide", tolerance=0.0)
    for mode in [None, "trunc", "floor"]:
        a, b = pair()
        b = torch.where(b == 0, torch.ones((), dtype=b.dtype), b) if random.random() < 0.8 else b
        add("aten::div.Tensor_mode", a, b, mode)
        add("aten::div_.Tensor_mode", clone(writable(a)), b, mode)
        add("aten::div.Scalar_mode", a, number() or 2, mode)
    add("aten::div.Scalar_mode", a, 2, "up")
    for name in ["remainder", "fmod"]:
        a, b = pair()
        b = torch.where(b == 0, torch.ones((), dtype=b.dtype), b) if random.random() < 0.8 else b
        add(f"aten::{name}.Tensor", a, b, tolerance=1e-6)
        add(f"aten::{name}_.Tensor", clone(writable(a)), b, tolerance=1e-6)
        add(f"aten::{name}.Scalar", a, number(), tolerance=1e-6)
    add("aten::remainder.Scalar_Tensor", number(), b, tolerance=1e-6)
    add("aten::floor_divide", a, b)
    add("aten::floor_divide.Scalar", a, number())
    add("aten::floor_divide_.Tensor", clone(writable(a)), b)


def powers():
    a, b = pair()
    add("aten::pow.Tensor_Tensor", a, b, tolerance=rough(a, b))
    add("aten::pow_.Tensor", clone(writable(a)), b, tolerance=rough(a, b))
    for exponent in [0, 1, 2, 3, -1, 0.5, -0.5, -2, 2.0, 3.0, 1.5, True]:
        x = special(tensor(shape(2), dtype()))
        add("aten::pow.Tensor_Scalar", x, exponent, tolerance=rough(x))
    add("aten::pow_.Scalar", clone(writable(a)), random.choice([2, 3.0, 0.5]), tolerance=rough(a))
    add("aten::pow.Scalar", number(), b, tolerance=rough(b))
    add("aten::square", a, tolerance=rough(a))
    add("aten::float_power.Tensor_Tensor", a, b, tolerance=1e-13)


def single():
    for name in ["neg", "abs", "sign", "square"]:
        x = special(tensor(shape(), dtype()))
        add(f"aten::{name}", x)
        add(f"aten::{name}_", clone(writable(x)))


def pairs():
    for name in ["maximum", "minimum", "fmax", "fmin", "max.other", "min.other"]:
        add(f"aten::{name}", *pair())
    for name in ["atan2", "hypot", "copysign.Tensor", "xlogy.Tensor", "logaddexp"]:
        a, b = pair()
        add(f"aten::{name}", a, b, tolerance=rough(a, b))


def triples():
    for name in ["addcmul", "addcdiv"]:
        a, b = pair()
        c = tensor(b.shape, b.dtype)
        value = random.choice([1, 2, 0.5, -1])
        add(f"aten::{name}", a, b, c, value, tolerance=rough(a, b, c))
        add(f"aten::{name}_", clone(writable(a)), b, c, value, tolerance=rough(a, b, c))
    kind = random.choice(FLOATS)
    a, b = plain([2, 3], kind), plain([3], kind)
    add("aten::lerp.Scalar", a, b, random.choice([0, 0.25, 0.75, 1, 2.0]), tolerance=1e-6)
    add("aten::lerp.Tensor", a, b, plain([2, 1], kind), tolerance=1e-6)
    add("aten::lerp_.Scalar", clone(a), b, 0.75, tolerance=1e-6)


def weights_of_other_types():
    """One weight may be of any type, and may make the result's; several may not."""
    for kind in [torch.float16, torch.float32, torch.float64]:
        for of_weight in [torch.bfloat16, torch.float64, torch.int64]:
            weight = plain([], of_weight)
            close = 2e-3 if kind == torch.float16 else 1e-6
            for shape in [[2, 3], []]:
                add("aten::lerp.Tensor", plain(shape, kind), plain(shape, kind), weight,
                    tolerance=close)
            add("aten::lerp.Tensor", plain([2], kind), plain([2], kind), plain([2], of_weight),
                tolerance=close)


for _ in range(count):
    for group in [sums, products, powers, single, pairs, triples]:
        group()
weights_of_other_types()
writer.save(path)

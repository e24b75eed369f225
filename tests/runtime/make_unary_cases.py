"""Cases of functions of one tensor."""
import random

import torch

from case_tensors import FLOATS, arguments, plain, tensor
from case_writer import CaseWriter
from pair_cases import broadcastable, clone, dtype, number, rough, shape, special, writable

count, path = arguments()
writer = CaseWriter("unary")
add = writer.add

FUNCTIONS = ["exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "rsqrt", "reciprocal",
             "sin", "cos", "tan", "sinh", "cosh", "tanh", "asin", "acos", "atan", "asinh", "acosh",
             "atanh", "erf", "erfc", "erfinv", "sigmoid"]
EXACT = ["ceil", "floor", "trunc", "round", "frac", "relu", "relu6"]
ACTIVATIONS = ["silu", "mish", "hardswish", "hardsigmoid", "selu"]
PARAMETERS = {"elu": [0.5, 1.5, 2.0], "celu": [0.7], "leaky_relu": [0.2], "threshold": [0.5, 2],
              "hardtanh": [-1, 2], "logit": [0.1]}


def some():
    return special(tensor(shape(2), dtype()))


def functions():
    for name in FUNCTIONS + ACTIVATIONS:
        x = some()
        add(f"aten::{name}", x, tolerance=rough(x))
        if random.random() < 0.3:
            add(f"aten::{name}_", clone(writable(x)), tolerance=rough(x))
    for name in EXACT:
        x = some()
        add(f"aten::{name}", x)
        add(f"aten::{name}_", clone(writable(x)))
    for name, parameters in PARAMETERS.items():
        x = some()
        add(f"aten::{name}", x, *parameters, tolerance=rough(x))
        add(f"aten::{name}_", clone(writable(x)), *parameters, tolerance=rough(x))
        if name not in ("threshold", "celu"):
            add(f"aten::{name}", x, tolerance=rough(x))


def others():
    x = tensor(shape(2), random.choice(FLOATS))
    add("aten::round.decimals", x, random.choice([0, 1, 2, -1]), tolerance=1e-6)
    for approximate in ["none", "tanh", "exact"]:
        x = tensor(shape(2), dtype())
        add("aten::gelu", x, approximate, tolerance=max(rough(x), 1e-5))
    add("aten::gelu_", clone(writable(x)), "none", tolerance=rough(x))
    for name, parameters in [("softplus", [1, 20]), ("softplus", [2.0, 1.0]), ("hardshrink", [0.5]),
                             ("softshrink", [0.5])]:
        x = some()
        add(f"aten::{name}", x, *parameters, tolerance=rough(x))
    x = special(tensor([3], dtype()))
    add("aten::log_sigmoid", x, tolerance=rough(x))
    x = tensor([2, random.choice([2, 4, 3])], random.choice(FLOATS))
    add("aten::glu", x, random.choice([-1, 0, 1]), tolerance=rough(x))
    x = tensor([2, 3, 2], random.choice(FLOATS))
    add("aten::prelu", x, plain(random.choice([[1], [3], [], [2]]), x.dtype), tolerance=rough(x))


def bounds():
    for name in ["clamp", "clip"]:
        low, high = random.choice([None, number()]), random.choice([None, number()])
        x = some()
        add(f"aten::{name}", x, low, high)
        add(f"aten::{name}_", clone(writable(x)), low, high)
    for name in ["clamp_min", "clamp_max"]:
        x = some()
        add(f"aten::{name}", x, number())
        add(f"aten::{name}_", clone(writable(x)), number())
        y = special(tensor(broadcastable(list(x.shape)), dtype()))
        add(f"aten::{name}.Tensor", x, y)
        add(f"aten::{name}_.Tensor", clone(writable(x)), y)
    add("aten::clamp.Tensor", x, y, random.choice([None, y]))
    add("aten::clamp_.Tensor", clone(writable(x)), None, y)


for _ in range(count):
    for group in [functions, others, bounds]:
        group()
writer.save(path)

"""Cases of the operators that make tensors, fill them and change their dtype."""
import random

import torch

from case_tensors import FLOATS, INTS, arguments, plain, tensor
from case_writer import CaseWriter

count, path = arguments()
writer = CaseWriter("creation")
DTYPES = FLOATS + INTS + [torch.bool]
CPU = torch.device("cpu")
NUMBERS = [0, 1, -3, 7, 300, -300, -255, 2.5, -0.5, True, False, 1e40, 70000.0,
           float("inf"), float("-inf"), float("nan")]


def add(op, *args, tolerance=0.0):
    writer.add(op, *args, tolerance=tolerance, aliases=True)


def shape(least=0, most=3):
    return [random.choice([0, 1, 2, 2, 3]) for _ in range(random.randint(least, most))]


def some():
    return tensor(shape(), random.choice(DTYPES))


def number():
    return random.choice(NUMBERS)


def options():
    return [random.choice(DTYPES + [None] * 3), None, random.choice([CPU, None]), False]


def filled():
    chosen = options()
    for op, args in (("zeros", [shape()]), ("ones", [shape()]), ("full", [shape(), number()]),
                     ("eye", [random.randint(-1, 4)]), ("eye.m", [random.randint(0, 4), 3])):
        add(f"aten::{op}", *args, *chosen)
    for op, args in (("new_zeros", [shape()]), ("new_ones", [shape()]), ("zeros_like", []),
                     ("ones_like", []), ("new_full", [shape(), number()]),
                     ("full_like", [number()])):
        add(f"aten::{op}", some(), *args, *chosen)
    add("aten::scalar_tensor", random.choice([3, 2.5, True]), *chosen)


def sequences():
    end = lambda: random.choice([random.randint(-6, 9), random.randint(-60, 90) / 8])
    chosen = options()
    # The last place differs with the width of the machine's vectors.
    tolerance = 2e-2 if chosen[0] in (torch.float16, torch.bfloat16) else 1e-6
    add("aten::arange", end(), *chosen, tolerance=tolerance)
    add("aten::arange.start", end(), end(), *chosen, tolerance=tolerance)
    add("aten::arange.start_step", end(), end(), end(), *chosen, tolerance=tolerance)
    add("aten::linspace", end(), end(), random.randint(2, 7), *chosen, tolerance=tolerance)
    for op in ("tril_indices", "triu_indices"):
        add(f"aten::{op}", random.randint(-1, 4), random.randint(0, 4), random.randint(-5, 5))


def fills():
    for op in ("fill_.Scalar", "fill.Scalar"):
        add(f"aten::{op}", some(), number())
    add("aten::fill_.Tensor", some(), tensor(random.choice([[], [], [1]])))
    add("aten::zero_", plain(shape(), random.choice(DTYPES)))


def conversions():
    x, dtype = some(), random.choice(DTYPES)
    add("aten::to.dtype", x, dtype)
    add("aten::to.dtype", x, dtype, False, True)
    add("aten::to.device", x, CPU, dtype)
    add("aten::to.other", x, some())
    add("aten::to.dtype_layout", x, *options())
    add("aten::type_as", x, some())
    add("aten::clone", x)
    add("aten::to.dtype", plain([2], dtype), dtype)
    sizes = shape()
    source = tensor([random.choice([1, size]) for size in sizes], random.choice(DTYPES))
    add("aten::copy_", tensor(sizes, dtype), source)
    base = plain([4, 3], dtype)
    add("aten::copy_", base.t()[1:], plain([4], random.choice(DTYPES)))
    add("aten::item", tensor(random.choice([[], [1], [1, 1], [2], [0]]), dtype))


def large_values():
    extremes = [3e9, -3e9, 5e9, 1e20, float("inf"), float("-inf"), float("nan"), 1e5, -1.5, -300.0]
    for source in FLOATS:
        for target in DTYPES:
            add("aten::to.dtype", torch.tensor(extremes, dtype=torch.float64).to(source), target)
    exact = torch.tensor([2**53 + 1, -2**63, 2**63 - 1, 2**31])
    for target in DTYPES:
        add("aten::to.dtype", exact, target)
    add("aten::arange.start_step", 2**60, 2**60 + 9, 2)


for _ in range(count * 6):
    for group in (filled, sequences, fills, conversions):
        group()
large_values()
writer.save(path)

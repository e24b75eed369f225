"""Cases of operators on numbers, strings and lists."""
import random

import torch

from case_tensors import arguments
from case_writer import CaseWriter

count, path = arguments()
writer = CaseWriter("scalar")
add = writer.add
KINDS = {"int": "int int", "float": "float float", "int_float": "int float",
         "float_int": "float int"}


def number(kind):
    if kind == "int":
        return random.choice([0, 1, 2, 3, -1, -2, 7, 12, 2**40 + 1])
    return random.choice([0.0, 0.5, 1.5, -2.0, 3.25, -0.1, 1e6])


def binary():
    for name in ["add", "sub", "mul", "floordiv", "remainder", "eq", "ne", "lt", "le", "gt", "ge",
                 "pow", "fmod", "atan2", "copysign", "div"]:
        for overload, kinds in KINDS.items():
            if name == "div" and "_" in overload:
                continue
            a, b = (number(kind) for kind in kinds.split())
            if name in ("floordiv", "remainder", "fmod", "pow") and b == 0:
                b = type(b)(2)
            if name == "pow":
                a, b = type(a)(abs(a) % 9 + 1), type(b)(min(abs(b), 3))
            add(f"aten::{name}.{overload}", a, b, tolerance=1e-13)
    add("aten::floordiv.int", 3, 0)
    for name in ["max", "min"]:
        for overload, kinds in KINDS.items():
            add(f"prim::{name}.{overload}", *(number(kind) for kind in kinds.split()))
    numbers = [number("int") for _ in range(random.randint(1, 4))]
    add("prim::max.self_int", numbers)
    add("prim::min.self_float", [number("float") for _ in range(3)])


def bits():
    for name in ["__and__", "__or__", "__xor__"]:
        add(f"aten::{name}.bool", random.random() < 0.5, random.random() < 0.5)
        add(f"aten::{name}.int", number("int"), number("int"))
    add("aten::__not__", random.random() < 0.5)
    add("aten::eq.bool", True, random.random() < 0.5)


def functions():
    for name in ["sqrt", "exp", "log", "log1p", "sin", "cos", "tan", "tanh", "fabs"]:
        for kind in ["int", "float"]:
            add(f"aten::{name}.{kind}", abs(number(kind)) % 50 + 1, tolerance=1e-13)
    for name in ["floor", "ceil", "round"]:
        for kind in ["int", "float"]:
            add(f"aten::{name}.{kind}", number(kind))
    for name in ["neg.int", "neg.float"]:
        add(f"aten::{name}", number(name[4:]))
    for name in ["abs.int", "abs.float"]:
        add(f"prim::{name}", number(name[4:]))
    for name in ["Int.float", "Float.int", "Bool.int", "Bool.float"]:
        add(f"aten::{name}", number(name.split(".")[1]))
    add("aten::Int.bool", True)
    add("aten::Int.str", str(number("int")))
    for name in ["isnan", "isinf", "isfinite"]:
        add(f"aten::{name}.float", random.choice([1.0, float("nan"), float("inf")]))


def texts():
    a, b = random.choice(["", "ab", "abc"]), random.choice(["ab", "b"])
    for name in ["add", "eq", "ne", "lt", "ge"]:
        add(f"aten::{name}.str", a, b)
    add("aten::len.str", a)
    add("aten::slice.str", "abcdef", random.choice([None, 1, -3]), random.choice([None, 4, -1]), 1)
    add("aten::__getitem__.str", "abc", random.choice([0, -1, 2, 3]))
    add("aten::ord", "x")


def lists():
    items = [number("int") for _ in range(random.randint(0, 4))]
    more = [number("int") for _ in range(2)]
    for name in ["eq", "ne"]:
        add(f"aten::{name}.int_list", items, random.choice([more, list(items)]))
    add("aten::__contains__.int_list", items, 2)
    add("aten::__contains__.str_list", ["a", "b"], random.choice(["a", "c"]))
    add("aten::add.t", items, more, function=lambda a, b: a + b)
    add("aten::slice.t", items, random.choice([None, -2, 1]), random.choice([None, 3]), 1,
        function=lambda l, start, end, step: l[start:end:step])
    add("aten::__getitem__.t", items, random.choice([0, 1, -1, 5]), function=lambda l, i: l[i])
    add("aten::len.t", items, function=len)
    add("aten::len.Tensor", torch.zeros(random.choice([[], [3, 2], [0]])))


for _ in range(count):
    for group in [binary, bits, functions, texts, lists]:
        group()
writer.save(path)

"""Records what operators on numbers, strings and lists do at the edges: run with PyTorch 2.13."""
import itertools
import math

from typing import List

import torch

from case_writer import CaseWriter

INTS = [0, 1, -1, 7, -3, 2**53 + 1, -2**63, 2**63 - 1]
FLOATS = [0.0, -0.0, 1.0, 0.5, -2.5, 3.5, 7.25, 1e300, math.inf, -math.inf, math.nan]
KINDS = {"int": (INTS, INTS), "float": (FLOATS, FLOATS), "int_float": (INTS, FLOATS),
         "float_int": (FLOATS, INTS)}
# What PyTorch leaves to the processor, and some processors answer with a signal.
UNDEFINED = {"aten::floordiv", "aten::remainder", "aten::divmod", "aten::fmod"}


def some(pairs, count=14):
    pairs = list(pairs)
    return pairs[::max(1, len(pairs) // count)]


def defined(op, a, b):
    if op not in UNDEFINED or isinstance(a, float) or isinstance(b, float):
        return True
    return b != 0 and not (a == -2**63 and b == -1)


def binaries(w):
    kinds = ["add", "sub", "mul", "floordiv", "remainder", "div", "pow", "fmod", "mathremainder",
             "copysign", "eq", "ne", "lt", "le", "gt", "ge", "atan2"]
    for op in [f"aten::{kind}" for kind in kinds] + ["prim::max", "prim::min", "aten::divmod"]:
        for kind, (left, right) in KINDS.items():
            # div has no such overloads, and divmod's answer what is in memory.
            if op in ("aten::div", "aten::divmod") and kind in ("int_float", "float_int"):
                continue
            for a, b in some(itertools.product(left, right)):
                if defined(op, a, b):
                    w.add(f"{op}.{kind}", a, b)
        if op == "aten::divmod":
            continue
        overload = ".Scalar_Scalar" if op in ("aten::pow", "aten::atan2") else ""
        for a, b in [(7, 2), (7, 2.5), (-7.5, 2), (-7, 3), (0.1, 0.2)]:
            w.add(op + overload, a, b)
    for a, b in [(8, 2), (8.5, 2), (0, 2), (3, 0.5)]:
        w.add("aten::log.Scalar_Scalar", a, b)


def integers(w):
    for a, b in some(itertools.product(INTS, INTS), 20):
        for name in ("__and__", "__or__", "__xor__", "gcd"):
            if name != "gcd" or -2**63 not in (a, b):
                w.add(f"aten::{name}.int", a, b)
        if defined("aten::floordiv", a, b):
            w.add("aten::__round_to_zero_floordiv.int", a, b)
    for a, b in [(1, 3), (-5, 1), (5, 62), (-1, 2), (-1, 63)]:
        w.add("aten::__lshift__.int", a, b)
        w.add("aten::__rshift__.int", a, b)
    for a, b in itertools.product([True, False], repeat=2):
        for name in ("__and__", "__or__", "__xor__", "eq", "ne"):
            w.add(f"aten::{name}.bool", a, b)
    for flag in (True, False):
        w.add("aten::__not__", flag)
    for args in [(0, 10, 3), (10, 0, -3), (5, 1, 1), (0, 9, 3), (0, 1, 100)]:
        w.add("aten::__range_length", *args)
        w.add("aten::__derive_index", *args)
    for n in (0, 1, 5, 20, 25, -1):
        w.add("aten::factorial.int", n)


def functions(w):
    names = ["sqrt", "exp", "expm1", "log", "log10", "log1p", "erf", "erfc", "lgamma", "gamma",
             "fabs", "round", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh",
             "asinh", "acosh", "atanh", "degrees", "radians", "angle"]
    for name in names:
        for x in (-3, 0, 1, 2):
            w.add(f"aten::{name}.int", x, tolerance=1e-15)
        for x in (0.3, 2.5, 3.5, -0.5, -7.25, math.inf, math.nan):
            w.add(f"aten::{name}.float", x, tolerance=1e-15)
        for x in (2, 0.3):
            if (name, x) != ("round", 2):
                w.add(f"aten::{name}.Scalar", x, tolerance=1e-15)
    for name in ("floor", "ceil"):
        w.add(f"aten::{name}.int", 2**52 + 1)
        for x in FLOATS:
            w.add(f"aten::{name}.float", x)
        for x in (2.5, -3):
            w.add(f"aten::{name}.Scalar", x)
    for op in ("aten::neg", "prim::abs"):
        for x in INTS[:-2]:
            w.add(op + ".int", x)
        for x in FLOATS:
            w.add(op + ".float", x)
        for x in (-2, -2.5):
            w.add(op + ".Scalar", x)
    for x in (-2.5, 8.0, 0.0, 1e-310):
        w.add("aten::modf", x)
        w.add("aten::frexp", x)
        w.add("aten::ldexp", x, 3)
    for x in FLOATS:
        for name in ("isnan", "isinf", "isfinite"):
            w.add(f"aten::{name}.float", x)


def conversions(w):
    w.add("aten::Int.float", 1e15)
    for x in (0.0, 2.7, -2.7):
        w.add("aten::Int.float", x)
        w.add("aten::Int.Scalar", x)
        w.add("aten::Bool.float", x)
        w.add("aten::Float.Scalar", x)
    w.add("aten::Bool.float", math.nan)
    for x in (0, -3, 2**63 - 1):
        w.add("aten::Int.Scalar", x)
        w.add("aten::Bool.int", x)
        w.add("aten::Float.int", x)
    for x in (True, False):
        w.add("aten::Int.bool", x)
        w.add("aten::Float.bool", x)
    for text in ("12", "-7", " 12", "x", "12a", ""):
        w.add("aten::Int.str", text)
    for text in ("1.5", "-1e3", "inf", "x", "1.5x", ""):
        w.add("aten::Float.str", text)


@torch.jit.script
def format_two(pattern: str, a: int, b: float) -> str:
    return pattern.format(a, b)


@torch.jit.script
def text_of_int(x: int) -> str:
    return str(x)


@torch.jit.script
def text_of_float(x: float) -> str:
    return str(x)


@torch.jit.script
def text_of_bool(x: bool) -> str:
    return str(x)


@torch.jit.script
def text_of_floats(x: List[float]) -> str:
    return str(x)


def strings(w):
    w.add("aten::add.str", "ab", "c")
    for a, b in [("a", "b"), ("b", "b"), ("ab", "a")]:
        for name in ("eq", "ne", "lt", "le", "gt", "ge"):
            w.add(f"aten::{name}.str", a, b)
    for text in ("", "abc"):
        w.add("aten::len.str", text)
    for index in (0, -1, 2, -3, 3, -4):
        w.add("aten::__getitem__.str", "abc", index)
    for bounds in [(1, None, 1), (None, -1, 1), (None, None, 2), (None, None, -1), (-9, 9, 1),
                   (3, 0, -2), (4, -5, -1)]:
        w.add("aten::slice.str", "hello", *bounds)
    for text in ("a", "ab", "", "~"):
        w.add("aten::ord", text)
    for code in (97, 0x7e, -1):
        w.add("aten::chr", code)
    for pattern in ("{}", "x{}y{}z", "no{ ", "{}}", "{}{}{}", ""):
        w.add("aten::format.2", pattern, 7, 2.5, function=format_two)
    w.add("aten::str", -7, function=text_of_int)
    w.add("aten::str", True, function=text_of_bool)
    w.add("aten::str", [1.0, 0.1], function=text_of_floats)
    for x in (1.5, 1.0, 0.1, 1e20, 1e10, 1e17, 123456789.123, math.inf, math.nan, 1e-7, -2.0):
        w.add("aten::str", x, function=text_of_float)
    for a, b in [("cpu", "cpu"), ("cpu", "cuda:0")]:
        w.add("aten::eq.device", torch.device(a), torch.device(b))
        w.add("aten::ne.device", torch.device(a), torch.device(b))


def lists(w):
    numbers = [5, 6, 7, 8]
    # PyTorch cannot call operators on lists of any type from Python, whose lists they follow.
    w.add("aten::len.t", numbers, function=len)
    for index in (0, -1, 3, -4, 4, -5):
        w.add("aten::__getitem__.t", numbers, index, function=lambda l, i: l[i])
    for bounds in itertools.product((None, 1, -1, 9, -9), (None, 0, 3, -2, -9), (1, 2, -1, -3)):
        w.add("aten::slice.t", numbers, *bounds, function=lambda l, a, b, c: l[a:b:c])
    w.add("aten::slice.t", numbers, None, None, 2**63 - 1, function=lambda l, a, b, c: l[a:b:c])
    w.add("aten::slice.t", numbers, None, None, 0, function=lambda l, a, b, c: l[a:b:c])
    w.add("aten::add.t", [1.5], [2.0, 3.0], function=lambda a, b: a + b)
    for count in (2, 0, -1):
        w.add("aten::mul.t", ["a", "b"], count, function=lambda l, n: l * n)
        w.add("aten::mul.t_right", count, [1], function=lambda n, l: l * n)
    w.add("aten::copy.t", numbers, function=list)
    for kind, values in (("int", [3, 1, 2, 3]), ("float", [2.5, -1.0, 2.5])):
        for item in values[:2] + [values[0] + 10]:
            w.add(f"aten::__contains__.{kind}_list", values, item)
            w.add(f"aten::index.list_{kind}", values, item)
            w.add(f"aten::count.{kind}", values, item)
    w.add("aten::__contains__.str_list", ["a", "b"], "b")
    w.add("aten::_infer_size", [1, 3], [4, 1, 1])
    w.add("aten::_infer_size", [2], [3])
    w.add("aten::len.Tensor", torch.zeros(3, 2))
    w.add("aten::len.Tensor", torch.tensor(1))


def reductions(w):
    values = {"int": ([3, 1, 2], [3, 1], [0], []), "float": ([0.5, -1.0], [0.5], [0.0], []),
              "bool": ([True, False], [True], [False], [])}
    for kind, rows in values.items():
        for row in rows:
            for op in ("prim::max.self_", "prim::min.self_", "aten::sum.", "aten::all.",
                       "aten::any.", "aten::sorted."):
                w.add(op + kind, row)
            for other in rows:
                for op in ("aten::eq", "aten::ne", "prim::max", "prim::min"):
                    w.add(f"{op}.{kind}_list", row, other)
    for row in ([1.0, math.nan, 2.0], [math.nan, 1.0]):
        w.add("prim::max.self_float", row)
        w.add("prim::min.self_float", row)
    w.add("aten::eq.str_list", ["a"], ["a"])
    w.add("aten::ne.str_list", ["a"], ["b", "a"])
    w.add("aten::sorted.str", ["b", "a"])
    w.add("aten::any.str", ["", "a"])


if __name__ == "__main__":
    writer = CaseWriter("scalar_edges")
    for group in (binaries, integers, functions, conversions, strings, lists, reductions):
        group(writer)
    writer.save()

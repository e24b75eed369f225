"""Cases of operators that reduce or run along dimensions."""
import random

import torch

from case_tensors import FLOATS, INTS, arguments, plain, tensor
from case_writer import CaseWriter
from pair_cases import clone, dtype, rough, shape, special

count, path = arguments()
writer = CaseWriter("reduction")
DTYPES = [None, None, None, torch.float32, torch.float64, torch.int64, torch.float16]


def add(op, *args, **more):
    writer.add(op, *args, tolerance=more.pop("tolerance", rough(*args)), **more)


def some(kind=None, most=3):
    return special(tensor(shape(most), kind or dtype()))


def floats():
    return some(random.choice(FLOATS + [torch.float32] * 3))


def distinct(sizes, kind):
    """No two elements equal, so that the place of an extreme or a rank is one."""
    total = 1
    for size in sizes:
        total *= size
    return (torch.randperm(total) - total // 2).to(kind).reshape(sizes)


def dim(x, wrong=0.03):
    rank = max(x.dim(), 1)
    return rank if random.random() < wrong else random.randint(-rank, rank - 1)


def dims(x):
    rank = max(x.dim(), 1)
    chosen = random.sample(range(rank), random.randint(0, rank))
    return [d - rank if random.random() < 0.5 else d for d in chosen]


def flag():
    return random.random() < 0.5


def sums():
    for name in ["sum", "mean"]:
        x = some() if name == "sum" else random.choice([floats, floats, some])()
        add(f"aten::{name}", x, random.choice(DTYPES))
        over = random.choice([None, dims(x), [dim(x)]])
        suffix = "dim_IntList" if name == "sum" else "dim"
        add(f"aten::{name}.{suffix}", x, over, flag(), random.choice(DTYPES))
    x = some(random.choice(INTS + [torch.float32, torch.float64, torch.bool]))
    add("aten::prod", x, random.choice(DTYPES[:-1]))
    add("aten::prod.dim_int", x, dim(x), flag(), random.choice(DTYPES[:-1]))
    x = floats()
    add("aten::nansum", x, random.choice([None, dims(x)]), flag())
    add("aten::nanmean", x, random.choice([None, dims(x)]), flag())
    x = some()
    add("aten::all", x)
    add("aten::any", x)
    for name in ["all", "any"]:
        x = some()
        add(f"aten::{name}.dim", x, dim(x), flag())
        add(f"aten::{name}.dims", x, random.choice([None, dims(x) or [0]]), flag())
    add("aten::count_nonzero", x, random.choice([None, dim(x)]))
    add("aten::count_nonzero.dim_IntList", x, dims(x))


def extremes():
    for name in ["max", "min"]:
        x = some()
        add(f"aten::{name}", x)
        add(f"aten::{name}.dim", x, dim(x), flag())
        add(f"aten::a{name}", x, dims(x), flag())
        add(f"aten::arg{name}", x, random.choice([None, dim(x)]), flag())
        add(f"aten::cum{name}", x, dim(x))
    add("aten::aminmax", x, random.choice([None, dim(x)]), flag())


def norms():
    orders = [0, 1, 2, 3, 0.5, float("inf"), float("-inf"), 2.0]
    x = random.choice([floats, floats, floats, some])()
    add("aten::norm.Scalar", x, random.choice(orders))
    add("aten::norm.ScalarOpt_dim", x, random.choice(orders + [None]), [dim(x)], flag())
    add("aten::norm.ScalarOpt_dim_dtype", x, 2, [dim(x)], flag(), torch.float64)
    add("aten::norm.ScalarOpt_dtype", x, None, torch.float64)
    x = floats()
    add("aten::linalg_vector_norm", x, random.choice(orders), random.choice([None, dims(x)]),
        flag(), random.choice([None, None, torch.float64]))
    x = tensor([3, 2, 2], random.choice([torch.float32, torch.float64]))
    add("aten::linalg_norm", x, None, random.choice([None, [1], [0, 2]]), flag())
    add("aten::linalg_norm", x, random.choice([1, 2, 3]), [dim(x)], flag())
    add("aten::frobenius_norm.dim", x, random.choice([[1], [0, 2]]), flag())


def distances():
    kind = random.choice(FLOATS[:2])
    a, b = tensor([2, 3, 4], kind), tensor(random.choice([[2, 3, 4], [3, 4], [2, 1, 4]]), kind)
    add("aten::cosine_similarity", a, b, random.choice([1, -1, 0]), 1e-8)
    add("aten::pairwise_distance", a, b, random.choice([1.0, 2.0]), 1e-6, flag())
    add("aten::cdist", a, tensor([2, 5, 4], kind), random.choice([1.0, 2.0, 3.0]))
    add("aten::dist", a, b, random.choice([1, 2, float("inf")]))


def variances():
    for name in ["var", "std", "var_mean", "std_mean"]:
        kind = random.choice(FLOATS + [torch.float32, torch.int64])
        x = tensor(shape(), kind)
        add(f"aten::{name}", x, flag(), tolerance=1e-5)
        add(f"aten::{name}.dim", x, random.choice([None, [dim(x)]]), flag(), flag(),
            tolerance=1e-5)
        add(f"aten::{name}.correction", x, random.choice([None, dims(x)]),
            random.choice([None, 0, 1, 2]), flag(), tolerance=1e-5)


def softmaxes():
    for name in ["softmax", "log_softmax"]:
        # PyTorch rounds logarithms of halves once more on their way.
        kinds = FLOATS[:2] if name == "log_softmax" else FLOATS
        x = special(tensor(shape(3, 0), random.choice(kinds + [torch.float32, torch.int64])))
        add(f"aten::{name}.int", x, dim(x), random.choice([None, None, torch.float32,
                                                           torch.float64]), tolerance=2e-6)
        masked = plain([2, 3], torch.float32)
        masked[0, :random.randint(1, 3)] = float("-inf")
        add(f"aten::{name}.int", masked, -1)
        x = special(tensor(shape(), random.choice(kinds)))
        add(f"aten::_{name}", x, dim(x), False)
    x = some(random.choice(FLOATS[:2] + INTS))
    add("aten::logsumexp", x, dims(x) or [0], flag())


def cumulative():
    for name in ["cumsum", "cumprod"]:
        x = some()
        add(f"aten::{name}", x, dim(x), random.choice(DTYPES), tolerance=1e-5)
        y = plain([2, 3], dtype())
        add(f"aten::{name}_", clone(y), dim(y), tolerance=1e-5)
    x = floats()
    add("aten::logcumsumexp", x, dim(x))


def ranks():
    x = distinct(shape(3, 0), random.choice([torch.float32, torch.float64, torch.int64]))
    add("aten::median", tensor(shape(3, 0), random.choice(FLOATS + INTS)))
    add("aten::median.dim", x, dim(x), flag())
    add("aten::nanmedian", some(random.choice(FLOATS)))
    add("aten::kthvalue", x, random.randint(1, 3), dim(x), flag())
    add("aten::mode", some(torch.int64), -1, flag())


for _ in range(count):
    for group in [sums, extremes, norms, distances, variances, softmaxes, cumulative, ranks]:
        group()
for name in ["cumsum", "cumprod"]:
    for flag in [torch.tensor(True), torch.tensor([True])]:
        add(f"aten::{name}_", flag, 0)
for kind, large in [(torch.float16, 2000.0), (torch.bfloat16, 1e30)]:  # infinite on the way
    x = torch.tensor([[large, large, 0.0], [large, large, 1 / large]], dtype=kind)
    add("aten::prod.dim_int", x, 1)
    add("aten::prod", x[1])
writer.save(path)

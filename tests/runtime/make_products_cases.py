"""Cases of linear layers, products of matrices and contractions."""
import random

import torch

from case_tensors import FLOATS, INTS, arguments, plain, tensor, tolerance
from case_writer import CaseWriter

count, path = arguments()
writer = CaseWriter("products")
size = lambda: random.choice([0, 1, 1, 2, 3, 4, 5, 7])


def add(op, *args, dtype=torch.float32):
    writer.add(op, *args, tolerance=tolerance(dtype))


def scalars(dtype):
    if dtype.is_floating_point:
        return random.choice([(1, 1), (1.0, 1.0), (0.5, 1.7), (0, 2), (2, 0.25), (0.0, 1)])
    return random.choice([(1, 1), (2, -3), (0, 2)])


for dtype in FLOATS + INTS:
    repeat = count * (3 if dtype in FLOATS else 1)
    for _ in range(repeat):
        m, k, n, b = size(), size(), size(), size()
        lead = [size() for _ in range(random.randrange(4))]
        bias = random.choice([None, tensor([n], dtype)])
        add("aten::linear", tensor(lead + [k], dtype), tensor([n, k], dtype), bias, dtype=dtype)
        batch = random.choice([[], [1], [b], [2, b], [b, 1]])
        other = random.choice([[], batch, [1] * len(batch)])
        left = tensor(random.choice([[k], [m, k], batch + [m, k]]), dtype)
        right = tensor(random.choice([[k], [k, n], other + [k, n]]), dtype)
        add("aten::matmul", left, right, dtype=dtype)
        add("aten::mm", tensor([m, k], dtype), tensor([k, n], dtype), dtype=dtype)
        add("aten::bmm", tensor([b, m, k], dtype), tensor([b, k, n], dtype), dtype=dtype)
        add("aten::mv", tensor([m, k], dtype), tensor([k], dtype), dtype=dtype)
        add("aten::dot", tensor([k], dtype), tensor([k], dtype), dtype=dtype)
        if dtype.itemsize != 2:
            add("aten::inner", tensor([m, k], dtype), tensor(random.choice([[k], [n, k]]), dtype),
                dtype=dtype)
        addend = lambda *s: tensor(random.choice([s, s[1:], [1] * len(s), s[:-1] + (1,)]), dtype)
        for op, operands, result in (
                ("addmm", ([m, k], [k, n]), (m, n)), ("addmv", ([m, k], [k]), (m,)),
                ("addbmm", ([b, m, k], [b, k, n]), (m, n)),
                ("baddbmm", ([b, m, k], [b, k, n]), (b, m, n)), ("addr", ([m], [n]), (m, n))):
            if op in ("addmv", "addr", "addbmm") and dtype in (torch.float16, torch.bfloat16):
                continue  # rounded more than once, by kernels that differ with the machine
            if op == "addmv" and m * k == 0:
                continue  # PyTorch then forgets the shape
            x, y = (tensor(shape, dtype) for shape in operands)
            add(f"aten::{op}", addend(*result), x, y, *scalars(dtype), dtype=dtype)
            whole = plain(result, dtype)
            if len(result) > 1 and random.random() < 0.5:
                whole = plain(result[:-2] + (result[-1], result[-2]), dtype).transpose(-1, -2)
            add(f"aten::{op}_", whole, x, y, *scalars(dtype), dtype=dtype)

EQUATIONS = [
    ("ij,jk->ik", "ij jk"), ("bij,bjk->bik", "bij bjk"), ("i,j->ij", "i j"), ("ii->i", "ii"),
    ("ij->ji", "ij"), ("ij->", "ij"), ("ij->i", "ij"), ("ii", "ii"), ("bhld,lrd->bhlr", "bhld lrd"),
    ("bhrd,lrd->bhlr", "bhrd lrd"), ("...ij,...jk->...ik", "abij bjk"), ("i...,i...->...", "iab ib"),
    ("ij,ij", "ij ij"), ("ij,kj,lj->ikl", "ij kj lj"), ("b i , b j -> b i j", "bi bj"),
    ("ibnd,jbnd->bnij", "ibnd jbnd"), ("ijk->kji", "ijk"), ("iij->j", "iij"), ("i,i,i->", "i i i"),
    ("...", "ij"), ("Ab,bA", "Ab bA"), ("ij,jk", "ij jk"), ("aij,jk->ik", "aij jk"),
    ("bld,hd->bhl", "bld hd"), ("...d,d->...", "abd d"), ("blhd,bshd->bhls", "blhd bshd"),
]
for equation, shapes in EQUATIONS:
    for dtype in (torch.float32, torch.float64, torch.int64):
        for _ in range(count):
            sizes = {c: random.choice([1, 2, 3, 4]) for c in "Aabhijklnrsd"}
            operands = [tensor([sizes[c] for c in s], dtype) for s in shapes.split()]
            if random.random() < 0.2 and operands[0].dim() > 0:
                operands[0] = operands[0].narrow(0, 0, 1)
            add("aten::einsum", equation, operands, None, dtype=dtype)
for equation, shapes in (("ij,jk->ij", [[2, 3]]), ("ij->ijk", [[2, 3]]), ("ij", [[2]]),
                         ("i->ii", [[2]]), ("ij,jk->ik", [[2, 3], [4, 5]]), ("i1", [[2, 3]]),
                         ("ii->i", [[2, 3]]), ("i..j", [[2, 3]])):
    add("aten::einsum", equation, [plain(s, torch.float32) for s in shapes], None)
add("aten::einsum", "ij,jk,kl->il", [plain(s, torch.float32) for s in ([2, 3], [3, 4], [4, 5])],
    [1, 2, 0, 1])

for _ in range(count * 2):
    for dtype in (torch.float32, torch.float64, torch.int32):
        i, j, k, o = (random.choice([1, 2, 3, 4]) for _ in range(4))
        add("aten::tensordot", tensor([i, j, k], dtype), tensor([k, o, j], dtype), [1, -1], [2, 0],
            dtype=dtype)
        add("aten::tensordot", tensor([i, j], dtype), tensor([k], dtype), [], [], dtype=dtype)
        add("aten::linalg_multi_dot",
            [tensor([i, j], dtype), tensor([j, k], dtype), tensor([k, o], dtype)], dtype=dtype)
        add("aten::chain_matmul", [tensor([i, j], dtype), tensor([j, k], dtype)], dtype=dtype)
    add("aten::bilinear", tensor([2, i]), tensor([2, j]), tensor([o, i, j]),
        random.choice([None, tensor([o])]))
    add("aten::_addmm_activation", tensor([o]), tensor([i, j]) / 4, tensor([j, o]) / 4, 1, 0.5,
        random.random() < 0.5)

f = lambda *shape: plain(shape, torch.float32)
add("aten::linear", f(2, 3), f(4, 5), None)
add("aten::linear", f(2, 3), f(4, 3).double(), None)
add("aten::linear", f(2, 3), f(3), None)
add("aten::linear", f(5, 2, 3), f(4, 3), f(3))
add("aten::linear", f(), f(4, 3), None)
add("aten::matmul", f(), f(3))
add("aten::matmul", f(2, 3), f(2, 3))
add("aten::matmul", f(2, 4, 3), f(3, 3, 2))
add("aten::bmm", f(2, 4, 3), f(3, 3, 2))
add("aten::bmm", f(4, 3), f(3, 2))
add("aten::mm", f(2, 4, 3), f(3, 2))
add("aten::addmm", f(3, 2), f(4, 3), f(3, 2), 1, 1)
add("aten::addmm_", f(2), f(4, 3), f(3, 2), 1, 1)
add("aten::addr", torch.ones(2, 2).long(), torch.arange(2), torch.arange(2), 0.5, 1)
add("aten::addmm", f(2).fill_(float("nan")), f(4, 3), f(3, 2), 0, 1)
add("aten::matmul", f(2, 3).fill_(float("inf")), f(3, 2))
add("aten::matmul", plain((2, 3), torch.bool), plain((3, 2), torch.bool))
add("aten::matmul", torch.full((1, 2), 2**62), torch.full((2, 1), 3))
add("aten::matmul", torch.full((1, 3), 2**53 + 1), torch.full((3, 1), 1))
add("aten::matmul", torch.full((1, 3), 127, dtype=torch.int8), torch.full((3, 1), 127,
                                                                       dtype=torch.int8))
writer.save(path)

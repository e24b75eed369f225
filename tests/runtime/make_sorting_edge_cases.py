"""Records what sorting, searching and counting do at the edges: run with PyTorch 2.13."""
import math

import torch

from case_writer import CaseWriter

NAN = math.nan


def tensors():
    generator = torch.Generator().manual_seed(7)
    for dtype in (torch.float32, torch.float64, torch.float16, torch.bfloat16):
        yield torch.randn(3, 5, generator=generator).to(dtype)
    yield torch.tensor([[3.0, NAN, -math.inf], [NAN, 1.0, math.inf]])
    for dtype in (torch.int64, torch.int32, torch.uint8):
        yield torch.randperm(15, generator=generator).reshape(3, 5).to(dtype)
    yield torch.tensor([2**53 + 1, 2**53, -2**63, 2**63 - 1])
    yield torch.randn(4, 6, generator=generator).t()
    yield torch.randn(4, 6, generator=generator)[1:, ::2]
    yield torch.tensor(2.5)
    yield torch.zeros(0, 3)
    yield torch.zeros(2, 0)


def orders(w):
    ties = [torch.tensor([2, 1, 2, 1, 3]), torch.tensor([True, False, True]),
            torch.tensor([0.0, -0.0, 1.0, 0.0])]
    for x in list(tensors()) + ties:
        for dim in (-1, 0, 5):
            for descending in (False, True):
                w.add("aten::sort.stable", x, True, dim, descending)
                w.add("aten::argsort.stable", x, True, dim, descending)
        w.add("aten::msort", x)
    for x in tensors():
        w.add("aten::sort", x)
        w.add("aten::argsort", x, 0, True)
        # Not of tensors with several NaN, whose order PyTorch leaves open.
        if not (x.is_floating_point() and x.isnan().any()):
            for k in (0, 1, 2, 7, -1):
                w.add("aten::topk", x, k)
                w.add("aten::topk", x, k, 0, False)
    w.add("aten::topk", torch.tensor([1.0, NAN, 3.0]), 2)
    w.add("aten::topk", torch.tensor([1.0, NAN, 3.0]), 2, -1, False)
    w.add("aten::topk", torch.tensor([True]), 1)


def uniques(w):
    flat = [torch.tensor([3.0, 1.0, 3.0, NAN, NAN]), torch.tensor([True, False, True]),
            torch.zeros(0), torch.tensor(5), torch.tensor([[2, 1], [1, 2]]),
            torch.tensor([1, 1, 2, 2, 1]), torch.tensor([2**53 + 1, 2**53]),
            torch.tensor([[1.0, 1.0], [2.0, 1.0]]).half().t()]
    slices = [torch.tensor([[1, 1], [0, 1], [1, 1]]), torch.tensor([[1, 1, 0], [1, 1, 2]]).t(),
              torch.tensor([[NAN, 1.0], [NAN, 1.0]]), torch.zeros(0, 3), torch.zeros(2, 0),
              torch.zeros(0, 0), torch.tensor(1), torch.tensor([True, True]),
              torch.arange(12).reshape(2, 2, 3) % 3]
    for inverse in (False, True):
        for x in flat:
            w.add("aten::_unique", x, True, inverse)
            for counts in (False, True):
                w.add("aten::_unique2", x, True, inverse, counts)
                w.add("aten::unique_consecutive", x, inverse, counts)
    for x in slices:
        for dim in (0, -1, 3):
            if dim == -1 and x.isnan().any():
                continue  # Columns with NaN have no order.
            w.add("aten::unique_dim", x, dim)
            w.add("aten::unique_dim", x, dim, True, True, True)
            w.add("aten::unique_dim_consecutive", x, dim, True, True)
            w.add("aten::unique_consecutive", x, True, False, dim)


def searches(w):
    edges = torch.tensor([1.0, 2.0, 2.0, 3.0])
    values = torch.tensor([[0.0, 1.0, 2.0], [2.5, 9.0, NAN]])
    for right in (False, True):
        for as_int32 in (False, True):
            w.add("aten::bucketize.Tensor", values, edges, as_int32, right)
            w.add("aten::bucketize.Scalar", 2, edges, as_int32, right)
            w.add("aten::searchsorted.Tensor", edges, values, as_int32, right)
            w.add("aten::searchsorted.Scalar", edges, 2.0, as_int32, right)
        w.add("aten::bucketize.Tensor", values.t().half(), edges.half(), False, right)
        w.add("aten::bucketize.Tensor", torch.tensor([2**53]), torch.tensor([1, 2**53 + 1]), False,
              right)
        w.add("aten::bucketize.Tensor", torch.tensor(2), torch.tensor([1, 2, 3])[::2], False, right)
        w.add("aten::bucketize.Tensor", torch.zeros(2), torch.zeros(0), False, right)
        w.add("aten::bucketize.Tensor", torch.tensor([1, 2]), edges, False, right)
        w.add("aten::bucketize.Tensor", torch.zeros(0), edges, False, right)
    w.add("aten::bucketize.Scalar", 2.5, torch.tensor([1, 2]))
    w.add("aten::bucketize.Tensor", values, values)
    w.add("aten::bucketize.Tensor", torch.tensor([True]), torch.tensor([True]))
    rows = torch.tensor([[1, 3, 5], [2, 4, 6]])
    wanted = torch.tensor([[2, 5], [2, 7]])
    for side in (None, "left", "right", "x"):
        w.add("aten::searchsorted.Tensor", rows, wanted, False, False, side)
        w.add("aten::searchsorted.Tensor", rows, wanted, False, True, side)
    w.add("aten::searchsorted.Tensor", rows, torch.tensor([2, 3]))
    w.add("aten::searchsorted.Tensor", rows, torch.zeros(2, 0, dtype=torch.int64))
    w.add("aten::searchsorted.Scalar", rows, 2)
    w.add("aten::searchsorted.Tensor", torch.tensor(3), torch.tensor([2]))
    w.add("aten::searchsorted.Scalar", torch.tensor([1, 2**53 + 1]), 2**53 + 1)
    unsorted = torch.tensor([5, 1, 3])
    for sorter in (torch.tensor([1, 2, 0]), torch.tensor([1.0, 2.0, 0.0]), torch.tensor([0, 1, 3]),
                   torch.tensor([1]), torch.tensor([0, -1, 1])):
        w.add("aten::searchsorted.Tensor", unsorted, torch.tensor([0, 2, 4]), False, False, None,
              sorter)
    w.add("aten::searchsorted.Tensor", rows.flip(1), wanted, False, False, None,
          torch.tensor([[2, 1, 0], [2, 1, 0]]))


def counts(w):
    x = torch.tensor([1.0, 2.0, 3.0, 2.5])
    for args in [(x, 4), (x,), (torch.ones(2), 2), (x, 2, 0, 4), (x, 2, 1.5, 2.5), (x, 0),
                 (x, 2, 3, 1), (torch.zeros(0), 3), (x.double(), 3, 1, 2), (x.half(), 3),
                 (x.bfloat16(), 3), (torch.tensor([1, 2]), 2), (torch.tensor([1.0, NAN]), 2),
                 (torch.tensor([1.0, NAN]), 2, 0, 4), (x.reshape(2, 2).t(), 5),
                 (torch.arange(40) / 7, 13), (torch.arange(40).double() / 7, 10, 0.1, 5.3)]:
        w.add("aten::histc", *args)
    n = torch.tensor([1, 2, 2, 5])
    weights = torch.tensor([0.5, 1.0, 1.0, 0.25])
    for args in [(n,), (n, weights), (n, weights.double()), (n, n), (n, weights.half()),
                 (n, None, 9), (n, None, -1), (-n,), (weights,), (n.reshape(2, 2),), (n[0],),
                 (n, weights[:2]), (n.int(),), (n.to(torch.uint8),), (torch.tensor([True]),),
                 (n[:0], None, 2), (n[:0], weights[:0], 2), (n[::2], weights[::2])]:
        w.add("aten::bincount", *args)


if __name__ == "__main__":
    writer = CaseWriter("sorting_edges")
    for group in (orders, uniques, searches, counts):
        group(writer)
    writer.save()

"""Cases of convolutions and pooling."""
import random

import torch

from case_tensors import arguments, plain, tensor, tolerance
from case_writer import CaseWriter

count, path = arguments()
writer = CaseWriter("convolution")
pick = lambda *values: random.choice(values)


def add(op, *args, dtype=torch.float32):
    writer.add(op, *args, tolerance=tolerance(dtype))


for _ in range(count * 3):
    for dtype in (torch.float32, torch.float64, torch.bfloat16):
        for rank in (1, 2):
            groups = pick(1, 1, 2, 3)
            inside, outside = groups * pick(1, 2), groups * pick(1, 2)
            spatial = [random.randrange(1, 9) for _ in range(rank)]
            kernel = [random.randrange(1, 4) for _ in range(rank)]
            lead = pick([pick(0, 1, 2), inside], [inside])
            x = tensor(lead + spatial, dtype)
            w = tensor([outside, inside // groups] + kernel, dtype)
            bias = pick(None, tensor([outside], dtype))
            each = lambda *values: [pick(*values) for _ in range(pick(1, rank))]
            stride, padding, dilation = each(1, 2), each(0, 1, 2), each(1, 2)
            add(f"aten::conv{rank}d", x, w, bias, stride, padding, dilation, groups, dtype=dtype)
            add(f"aten::conv{rank}d.padding", x, w, bias, pick([1], stride), pick("same", "valid"),
                dilation, groups, dtype=dtype)
            whole = lambda values: (values * rank)[:rank]
            if len(lead) == 1:
                continue
            add("aten::convolution", x, w, bias, whole(stride), whole(padding), whole(dilation),
                False, [0] * rank, groups, dtype=dtype)
    for dtype in (torch.float32, torch.float64, torch.bfloat16):
        for rank in (1, 2):
            x = tensor([2, 3][:pick(1, 2)] + [random.randrange(1, 9) for _ in range(rank)], dtype)
            if random.random() < 0.3:
                x = x.clone(memory_format=torch.contiguous_format)
                x.view(-1)[random.randrange(x.numel())] = pick(float("nan"), float("inf"))
            kernel = [random.randrange(1, 4) for _ in range(rank)]
            stride = pick([], [pick(1, 2, 3)] * rank)
            padding = [pick(0, 0, 1)] * rank
            dilation, ceil_mode = [pick(1, 2)] * rank, pick(True, False)
            add(f"aten::max_pool{rank}d", x, kernel, stride, padding, dilation, ceil_mode,
                dtype=dtype)
            add(f"aten::max_pool{rank}d_with_indices", x, kernel, stride, padding, dilation,
                ceil_mode, dtype=dtype)
            add(f"aten::adaptive_avg_pool{rank}d", x, [random.randrange(1, 5)] * rank, dtype=dtype)
            add(f"aten::adaptive_max_pool{rank}d", x, [random.randrange(1, 5)] * rank, dtype=dtype)
            extra = [] if rank == 1 else [pick(None, 3)]
            add(f"aten::avg_pool{rank}d", x, kernel, stride, padding, ceil_mode, pick(True, False),
                *extra, dtype=dtype)

f = lambda *shape: plain(shape, torch.float32)
add("aten::conv1d", f(1, 3, 5), f(2, 2, 3), None, [1], [0], [1], 1)
add("aten::conv1d", f(1, 3, 2), f(2, 3, 3), None, [1], [0], [1], 1)
add("aten::conv1d", f(1, 3, 5), f(2, 3, 3), f(3), [1], [0], [1], 1)
add("aten::conv1d", f(1, 3, 5), f(2, 3, 3), None, [0], [0], [1], 1)
add("aten::conv1d", f(1, 3, 5), f(2, 3, 3), None, [1], [-1], [1], 1)
add("aten::conv1d", f(1, 3, 5), f(2, 3, 3), None, [1], [0], [1], 0)
add("aten::max_pool1d", f(1, 3, 5), [2], [], [2], [1], False)
add("aten::max_pool1d", f(3), [2], [], [0], [1], False)
add("aten::avg_pool1d", f(1, 3, 5), [0], [], [0], False, True)
writer.save(path)

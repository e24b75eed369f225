#!/usr/bin/env python3
"""make_exhibits.py: traces in which a number may be the dummy input's size, or the model's own.

trap_NAME.pt holds more of the dummy input than PyTorch's trace can follow: Python took a size as a number
(int(L)) and computed with it. PyTorch itself answers wrongly at another shape. own_NAME.pt holds numbers that
are the model's own and meet the dummy's size by chance. pair_NAME.pt and its NAME_witness.pt are traced at two
shapes. script_NAME.pt is a scripted head whose code has an `if` in it. method_encode.pt has two entry points.

NAME.npz has what the eager model (of method_encode its `encode`) answers: case 0 at the traced shape, the
others at other shapes. All of it goes into exhibits.zip.
"""
import io
import math
import os
import warnings
import zipfile

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

HERE = os.path.dirname(os.path.abspath(__file__))
WORDS, WIDTH = 30, 4


class Exhibit(nn.Module):
    """One attention over word vectors; subclasses say what is added to the scores, or what is done with the words."""

    def __init__(self, rows=0):
        super().__init__()
        self.words = nn.Embedding(WORDS, WIDTH)
        self.query = nn.Linear(WIDTH, WIDTH)
        if rows:
            self.table = nn.Embedding(rows, 1)

    def forward(self, ids):
        return self.answer(self.words(ids), ids)

    def attend(self, x, bias):
        scores = self.query(x) @ x.transpose(1, 2) + bias
        return torch.softmax(scores, -1) @ x


def distances(x):
    """What every relative bias starts from; both sizes are read from the input."""
    place = torch.arange(x.shape[1])
    return place[None, :] - place[:, None]


def buckets(distance, count, exact, furthest, both=True):
    """T5's, as it is written there; `exact` is half of a side's buckets there."""
    found = 0
    if both:
        count //= 2
        found = found + (distance > 0).to(torch.long) * count
        distance = torch.abs(distance)
    else:
        distance = -torch.min(distance, torch.zeros_like(distance))
    exact = count // 2 if exact is None else exact
    small = distance < exact
    large = exact + (torch.log(distance.float() / exact) / math.log(furthest / exact) * (count - exact)).to(torch.long)
    large = torch.min(large, torch.full_like(large, count - 1))
    return found + torch.where(small, distance, large)


def mpnet_buckets(distance, count=32, furthest=128):
    found, n = 0, -distance
    count //= 2
    found += (n < 0).to(torch.long) * count
    n = torch.abs(n)
    exact = count // 2
    small = n < exact
    large = exact + (torch.log(n.float() / exact) / math.log(furthest / exact) * (count - exact)).to(torch.long)
    large = torch.min(large, torch.full_like(large, count - 1))
    found += torch.where(small, n, large)
    return found


def number_of(x):
    """What Python code makes of a size: the trace does not follow it."""
    return int(x.shape[1])


EXHIBITS = {}  # name: (make, dummy)


def exhibit(name, dummy=(1, 8), rows=0):
    """Makes an Exhibit of a function of (self, words, ids)."""
    def add(answer):
        kind = type("Exhibit", (Exhibit,), {"answer": answer})
        EXHIBITS[name] = (lambda: kind(rows), dummy)
        return answer
    return add


def own_buckets():
    for length in (4, 7, 8, 9, 15, 16, 17, 32, 128):
        @exhibit("own_t5_1x%d" % length, (1, length), 32)
        def _(self, x, ids):
            return self.attend(x, self.table(buckets(distances(x), 32, None, 128))[None, :, :, 0])

        @exhibit("own_mpnet_1x%d" % length, (1, length), 32)
        def _(self, x, ids):
            return self.attend(x, self.table(mpnet_buckets(distances(x)))[None, :, :, 0])

    for length in (8, 16, 17):
        @exhibit("own_t5_decoder_1x%d" % length, (1, length), 32)
        def _(self, x, ids):
            return self.attend(x, self.table(buckets(distances(x), 32, None, 128, False))[None, :, :, 0])

    @exhibit("own_t5_16_buckets_2x8", (2, 8), 16)
    def _(self, x, ids):
        return self.attend(x, self.table(buckets(distances(x), 16, None, 64))[None, :, :, 0])


own_buckets()


@exhibit("own_first_1x1", (1, 1))
def _(self, x, ids):
    return torch.tanh(self.query(self.attend(x, 0.0)[:, 0]))


@exhibit("own_first_2x1", (2, 1))
def _(self, x, ids):
    return self.query(self.attend(x, 0.0)[:, 0, :])


# Distances by numbers that are made of the dummy's length.

def biased(name, bias, dummy=(1, 8), rows=0):
    @exhibit("trap_" + name, dummy, rows)
    def _(self, x, ids):
        return self.attend(x, bias(self, x, distances(x)))


def rows_of(self, index):
    return self.table(index)[None, :, :, 0]


biased("distance_by_length", lambda s, x, d: -d.abs() / number_of(x))
biased("distance_by_last", lambda s, x, d: -d.abs() / (number_of(x) - 1))
biased("distance_by_half", lambda s, x, d: -d.abs() / (number_of(x) // 2))
biased("distance_times_share", lambda s, x, d: -d.abs() * (1 / number_of(x)))
biased("distance_times_slope", lambda s, x, d: -d.abs() * (8 / number_of(x)), (1, 12))
biased("distance_by_root", lambda s, x, d: -d.abs() / math.sqrt(number_of(x)))
biased("distance_by_log", lambda s, x, d: -d.abs() / math.log(number_of(x)), (1, 12))
biased("log_by_log", lambda s, x, d: -torch.log1p(d.abs().float()) / math.log(number_of(x)), (1, 12))
biased("log_by_log_of_next", lambda s, x, d: -torch.log1p(d.abs().float()) / math.log(number_of(x) + 1), (1, 12))
biased("gauss", lambda s, x, d: -d.float() ** 2 / (2 * (number_of(x) / 2) ** 2))
biased("gauss_of_quarter", lambda s, x, d: -d.float() ** 2 / (2 * (number_of(x) / 4) ** 2), (1, 12))
biased("decay", lambda s, x, d: -d.abs() * math.log(1 / (1 - 1 / number_of(x))))
biased("band_of_half", lambda s, x, d: (d.abs() > number_of(x) // 2) * -1e4)
biased("band_up_to_half", lambda s, x, d: (d.abs() <= number_of(x) // 2).float())
biased("band_of_quarter", lambda s, x, d: (d.abs() > number_of(x) // 4) * -1e4, (1, 12))
biased("band_of_third", lambda s, x, d: (d.abs() > number_of(x) // 3) * -1e4, (1, 12))
biased("band_of_root", lambda s, x, d: (d.abs() > math.isqrt(number_of(x))) * -1e4, (1, 16))
biased("band_of_all", lambda s, x, d: (d.abs() >= min(16, number_of(x))) * -1e4)
biased("band_of_all_but_one", lambda s, x, d: (d.abs() >= number_of(x) - 1) * -1e4)
biased("clamped_to_half", lambda s, x, d: -d.abs().clamp(max=number_of(x) // 2) * 0.5)
biased("clamped_to_length", lambda s, x, d: -d.abs().clamp(max=min(number_of(x), 20)) * 0.25)
biased("remainder_of_half", lambda s, x, d: (d % (number_of(x) // 2)).float())
biased("remainder_of_length", lambda s, x, d: (d % number_of(x)).float())
biased("blocks_of_half", lambda s, x, d: (d.abs() // (number_of(x) // 2)).float())

# Distances to rows of a table.
biased("rows_by_length", lambda s, x, d: rows_of(s, (d.abs().float() / number_of(x) * 32).long().clamp(max=31)), rows=32)
biased("rows_by_length_of_8",
       lambda s, x, d: rows_of(s, (d.abs().float() / number_of(x) * 8).long().clamp(max=7)), rows=8)
biased("rows_by_last",
       lambda s, x, d: rows_of(s, (d.abs().float() / (number_of(x) - 1) * 31).round().long().clamp(max=31)), rows=32)
biased("rows_around_last", lambda s, x, d: rows_of(s, (d + number_of(x) - 1).clamp(0, 60)), rows=61)
biased("rows_clamped_to_half",
       lambda s, x, d: rows_of(s, d.clamp(-(number_of(x) // 2), number_of(x) // 2) + 20), rows=41)
biased("rows_clamped_to_half_and_around_it",
       lambda s, x, d: rows_of(s, d.clamp(-(number_of(x) // 2), number_of(x) // 2) + number_of(x) // 2), rows=9)
biased("rows_clamped_to_length", lambda s, x, d: rows_of(s, d.abs().clamp(max=min(number_of(x), 15))), rows=16)
biased("rows_of_a_band", lambda s, x, d: rows_of(s, (d.abs() < number_of(x) // 2).long()), rows=2)
biased("buckets_by_length",
       lambda s, x, d: rows_of(s, buckets(d, min(32, 4 * number_of(x)), None, 128)), (1, 6), 32)
biased("buckets_of_length", lambda s, x, d: rows_of(s, buckets(d, 2 * number_of(x), None, 128)), (1, 8), 32)
biased("buckets_exact_to_length",
       lambda s, x, d: rows_of(s, buckets(d, 32, min(number_of(x), 15), 128)), (1, 6), 32)
biased("buckets_exact_to_12", lambda s, x, d: rows_of(s, buckets(d, 32, min(number_of(x), 15), 128)), (1, 12), 32)
biased("buckets_exact_to_half",
       lambda s, x, d: rows_of(s, buckets(d, 32, min(number_of(x) // 2, 15), 128)), (1, 12), 32)
biased("buckets_up_to_length",
       lambda s, x, d: rows_of(s, buckets(d, 32, None, max(number_of(x), 9))), (1, 16), 32)
biased("buckets_up_to_20",
       lambda s, x, d: rows_of(s, buckets(d, 32, None, max(number_of(x), 9))), (1, 20), 32)
biased("buckets_up_to_twice",
       lambda s, x, d: rows_of(s, buckets(d, 32, None, max(2 * number_of(x), 9))), (1, 20), 32)
biased("decoder_buckets_up_to_24",
       lambda s, x, d: rows_of(s, buckets(d, 32, None, max(number_of(x), 17), False)), (1, 24), 32)


# Words and places by numbers that are made of the dummy's length.

def words(name, dummy=(1, 8), rows=0):
    return exhibit("trap_" + name, dummy, rows)


@words("scores_by_root", (1, 12))
def _(self, x, ids):
    return torch.softmax(self.query(x) @ x.transpose(1, 2) / math.sqrt(number_of(x)), -1) @ x


@words("scores_times_log", (1, 12))
def _(self, x, ids):
    return torch.softmax(self.query(x) @ x.transpose(1, 2) * math.log(number_of(x)), -1) @ x


@words("mean_by_length")
def _(self, x, ids):
    return x.sum(1) / number_of(x)


@words("last_row_1x1", (1, 1))
def _(self, x, ids):
    return torch.stack([self.query(x[:, t]) for t in range(number_of(x))], 1)


@words("rows_joined_1x1", (1, 1))
def _(self, x, ids):
    return torch.cat([self.query(x[:, t]).unsqueeze(1) for t in range(number_of(x))], 1)


@words("rows_flat_1x1", (1, 1))
def _(self, x, ids):
    return torch.cat([self.query(x[:, t]) for t in range(number_of(x))], 0)


@words("sequence_1x1", (1, 1))
def _(self, x, ids):
    state = torch.zeros(x.shape[0], WIDTH)
    for t in range(number_of(x)):
        state = torch.tanh(self.query(state) + x[:, t])
    return state


@words("sum_of_rows_1x1", (1, 1))
def _(self, x, ids):
    return sum(self.query(x[:, t]) for t in range(number_of(x)))


@words("batch_rows_1x1", (1, 1))
def _(self, x, ids):
    return torch.stack([self.query(x[b]) for b in range(len(x))])


@words("first_of_batch_1x4", (1, 4))
def _(self, x, ids):
    return torch.cat([self.query(row)[None] for row in x.unbind(0)])


@words("middle_row")
def _(self, x, ids):
    return x[:, number_of(x) // 2]


@words("last_row")
def _(self, x, ids):
    return x[:, number_of(x) - 1]


@words("quarter_row", (1, 12))
def _(self, x, ids):
    return x[:, number_of(x) // 4]


@words("first_half")
def _(self, x, ids):
    return self.query(x[:, :number_of(x) // 2])


@words("first_quarter", (1, 12))
def _(self, x, ids):
    return self.query(x[:, :number_of(x) // 4])


@words("segments_of_half", rows=2)
def _(self, x, ids):
    return self.query(x + self.table((torch.arange(x.shape[1]) >= number_of(x) // 2).long()))


@words("segments_of_third", (1, 12), rows=3)
def _(self, x, ids):
    return self.query(x + self.table((torch.arange(x.shape[1]) // (number_of(x) // 3)).clamp(max=2)))


@words("places_by_length")
def _(self, x, ids):
    return self.query(x + (torch.arange(x.shape[1]) / number_of(x))[:, None])


@words("places_around_the_circle")
def _(self, x, ids):
    return self.query(x + torch.sin(torch.arange(x.shape[1]) * (2 * math.pi / number_of(x)))[:, None])


@words("places_from_the_middle")
def _(self, x, ids):
    return self.query(x + (torch.arange(x.shape[1]) - number_of(x) // 2).abs()[:, None] * 0.1)


@words("place_of_length", rows=40)
def _(self, x, ids):
    return x + self.table(torch.tensor([number_of(x)]))


@words("counted_by_length")
def _(self, x, ids):
    return x + ((ids > 3).long().cumsum(1) / number_of(x))[:, :, None]


@words("rolled_by_half")
def _(self, x, ids):
    return self.query(torch.roll(x, number_of(x) // 2, 1))


@words("best_half")
def _(self, x, ids):
    return x.topk(number_of(x) // 2, 1)[0]


@words("split_in_two")
def _(self, x, ids):
    return torch.cat([part.mean(1) for part in x.split(number_of(x) // 2, 1)], 1)


@words("windows_of_half")
def _(self, x, ids):
    return F.avg_pool1d(x.transpose(1, 2), number_of(x) // 2).mean(2)


@words("padded_to_16", (1, 12))
def _(self, x, ids):
    return self.query(F.pad(x, (0, 0, 0, max(0, 16 - number_of(x))))).sum(1)


@words("diagonal_of_half")
def _(self, x, ids):
    size = x.shape[1]
    return self.attend(x, torch.triu(torch.ones(size, size), diagonal=number_of(x) // 2) * -1e4)


@words("classes_of_length")
def _(self, x, ids):
    return F.one_hot(ids.clamp(max=number_of(x) - 1), number_of(x)).float().sum(1)


@words("masked_above_length", rows=20)
def _(self, x, ids):
    return x + self.table(torch.where(ids > number_of(x), torch.zeros_like(ids), ids).clamp(max=19))


@words("root_of_batch", (3, 7))
def _(self, x, ids):
    return self.query(x) / math.sqrt(len(x))


@words("by_the_batch", (3, 7))
def _(self, x, ids):
    return self.query(x).sum(0) / len(x)


# Traced at two shapes.

PAIRS = {}  # name: (make, dummy, the witness's dummy)


def pair(name, dummy, other, rows=0):
    def add(answer):
        kind = type("Exhibit", (Exhibit,), {"answer": answer})
        PAIRS[name] = (lambda: kind(rows), dummy, other)
        return answer
    return add


@pair("pair_band", (1, 8), (2, 13))
def _(self, x, ids):
    return self.attend(x, (distances(x).abs() > 4) * -1e4)


@pair("pair_clamped_rows", (1, 5), (2, 13), 9)
def _(self, x, ids):
    return self.attend(x, rows_of(self, distances(x).clamp(-4, 4) + 4))


@pair("pair_mean", (1, 8), (2, 13))
def _(self, x, ids):
    return x.sum(1) / number_of(x)


@pair("pair_distance_by_length", (1, 8), (2, 13))
def _(self, x, ids):
    return self.attend(x, -distances(x).abs() / number_of(x))


@pair("pair_scores_by_root", (1, 12), (2, 7))
def _(self, x, ids):
    return torch.softmax(self.query(x) @ x.transpose(1, 2) / math.sqrt(number_of(x)), -1) @ x


@pair("pair_band_of_half", (1, 8), (2, 13))
def _(self, x, ids):
    return self.attend(x, (distances(x).abs() > number_of(x) // 2) * -1e4)


@pair("pair_halves_agree", (1, 8), (1, 9))
def _(self, x, ids):
    return self.attend(x, (distances(x).abs() > number_of(x) // 2) * -1e4)


@pair("pair_first_row", (1, 1), (2, 5))
def _(self, x, ids):
    return self.query(x[:, 0])


@pair("pair_last_row", (1, 4), (2, 7))
def _(self, x, ids):
    return self.query(x[:, number_of(x) - 1])


@pair("pair_rows_joined", (1, 2), (1, 4))
def _(self, x, ids):
    return torch.stack([self.query(x[:, t]) for t in range(number_of(x))], 1)


# Scripted, not traced.

class Scripted(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(WORDS, WIDTH)


class Norm(Scripted):
    def forward(self, ids):
        x = self.words(ids)
        return x / torch.norm(x, 2, dim=-1, keepdim=True)


class NormOfAll(Scripted):
    def forward(self, ids):
        return torch.norm(self.words(ids), p=2, dim=2)


class Glu(Scripted):
    def __init__(self):
        super().__init__()
        self.gate = nn.GLU(-1)

    def forward(self, ids):
        return self.gate(self.words(ids))


class Group(Scripted):
    def __init__(self):
        super().__init__()
        self.norm = nn.GroupNorm(2, WIDTH)

    def forward(self, ids):
        return self.norm(self.words(ids).transpose(1, 2))


class Attention(Scripted):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(WIDTH, 2)

    def forward(self, ids):
        x = self.words(ids).transpose(0, 1)
        return self.attention(x, x, x)[0]


class AttentionByFunction(Scripted):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(3 * WIDTH, WIDTH))
        self.bias = nn.Parameter(torch.zeros(3 * WIDTH))
        self.out = nn.Linear(WIDTH, WIDTH)

    def forward(self, ids):
        x = self.words(ids).transpose(0, 1)
        return F.multi_head_attention_forward(x, x, x, 4, 2, self.weight, self.bias, None, None, False, 0.0,
                                              self.out.weight, self.out.bias, training=False, need_weights=False)[0]


class BatchNorm(Scripted):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(WIDTH)

    def forward(self, ids):
        return self.norm(self.words(ids).mean(1))


class Raises(Scripted):
    """Of texts longer than 20 tokens the model says no."""

    def forward(self, ids):
        if ids.size(1) > 20:
            raise ValueError("too long a text")
        return self.words(ids).sum(1)


class TwoMethods(Scripted):
    def forward(self, ids):
        return self.words(ids)

    def encode(self, ids):
        return self.words(ids).mean(1)


SCRIPTS = {"script_norm": Norm, "script_norm_of_all": NormOfAll, "script_glu": Glu, "script_group_norm": Group,
           "script_attention": Attention, "script_attention_by_function": AttentionByFunction,
           "script_batch_norm": BatchNorm, "script_raises": Raises}


def randomize(model, seed=5):
    generator = np.random.RandomState(seed)
    for _, parameter in sorted(model.named_parameters()):
        values = generator.standard_normal(tuple(parameter.shape)).astype(np.float32)
        parameter.data.copy_(torch.from_numpy(values))
    return model.eval()


def ids_of(generator, shape):
    return torch.from_numpy(generator.randint(1, WORDS, shape).astype(np.int64))


def trace(model, shape):
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        traced = torch.jit.trace(model, (ids_of(np.random.RandomState(3), shape),), check_trace=False)
    return bytes_of(traced)


def bytes_of(module):
    """An archive without debug entries, which are half of it."""
    whole, small = io.BytesIO(), io.BytesIO()
    torch.jit.save(module, whole)
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(small, "w") as out:
        for entry in source.infolist():
            if not entry.filename.endswith(".debug_pkl"):
                out.writestr(zipfile.ZipInfo(entry.filename), source.read(entry), zipfile.ZIP_DEFLATED)
    return small.getvalue()


def cases(model, dummy):
    generator = np.random.RandomState(11)
    arrays = {}
    for k, shape in enumerate([dummy, (2, 5), (3, 19), (1, 26)]):
        ids = ids_of(generator, shape)
        try:
            with torch.no_grad():
                answer = model(ids)
        except (IndexError, ValueError, ZeroDivisionError, torch.jit.Error):  # the model itself takes no such shape
            continue
        arrays["in%d_0" % k] = ids.numpy()
        arrays["out%d_0" % k] = answer.detach().numpy()
    whole = io.BytesIO()
    np.savez_compressed(whole, **arrays)
    return whole.getvalue()


def main():
    with zipfile.ZipFile(os.path.join(HERE, "exhibits.zip"), "w") as out:
        def put(name, data):
            out.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
        for name, (make, dummy) in sorted(EXHIBITS.items()):
            model = randomize(make())
            put(name + ".pt", trace(model, dummy))
            put(name + ".npz", cases(model, dummy))
        for name, (make, dummy, other) in sorted(PAIRS.items()):
            model = randomize(make())
            put(name + ".pt", trace(model, dummy))
            put(name + "_witness.pt", trace(model, other))
            put(name + ".npz", cases(model, dummy))
        for name, kind in sorted(SCRIPTS.items()):
            model = torch.jit.script(randomize(kind()))
            put(name + ".pt", bytes_of(model))
            put(name + ".npz", cases(model, (1, 4)))
        model = randomize(TwoMethods())
        ids = ids_of(np.random.RandomState(3), (1, 4))
        put("method_encode.pt", bytes_of(torch.jit.trace_module(model, {"forward": ids, "encode": ids})))
        put("method_encode.npz", cases(model.encode, (1, 4)))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""make_golden.py [NAME...]: makes the golden archives that the running PyTorch can make.

Each is a small BERT with random weights, written out below in plain torch.nn so that any PyTorch
since 1.0 can trace it, in the ways of its time. NAME.pt is the archive, and NAME.npz holds four
cases: in{k}_{i} are the inputs and out{k}_{j} what the eager model answers. Case 0 has the traced
shape, the others do not. README.md says how to run this for all versions.
"""
import collections
import math
import os
import re
import sys
import warnings
import zipfile

import numpy as np
import torch
from torch import nn

HERE = os.path.dirname(os.path.abspath(__file__))
VERSION = tuple(int(x) for x in re.findall(r"\d+", torch.__version__)[:2])
PREFIX = "torch%d.%d_" % VERSION
VOCAB, HIDDEN, HEADS, WIDE, POSITIONS, TYPES = 99, 32, 4, 48, 24, 2
SHAPES = [(2, 7), (1, 4), (3, 9), (2, 16)]


class OldLayerNorm(nn.Module):
    """Layer norm in single operators, as BERT's first ports to PyTorch had it."""

    def __init__(self, size, eps=1e-12):
        super(OldLayerNorm, self).__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.bias = nn.Parameter(torch.zeros(size))
        self.eps = eps

    def forward(self, x):
        mean = x.mean(-1, keepdim=True)
        variance = (x - mean).pow(2).mean(-1, keepdim=True)
        return self.weight * ((x - mean) / torch.sqrt(variance + self.eps)) + self.bias


def old_gelu(x):
    return x * 0.5 * (1.0 + torch.erf(x / math.sqrt(2.0)))


class Style(object):
    """What differs between the generations of BERT's ports, and between the variants."""
    layers = 2
    old = VERSION < (1, 2)  # single operators instead of layer_norm and gelu
    sdpa = False            # scaled_dot_product_attention
    fill = False            # masked_fill with a boolean mask
    baked = False           # every size of the traced input becomes a constant


class Small(Style):
    """For what needs no second layer."""
    layers = 1


def layer_norm(style):
    return OldLayerNorm(HIDDEN) if style.old else nn.LayerNorm(HIDDEN, eps=1e-12)


def sizes(x, style):
    return [int(n) for n in x.size()] if style.baked else list(x.size())


class Embeddings(nn.Module):
    def __init__(self, style):
        super(Embeddings, self).__init__()
        self.style = style
        self.word_embeddings = nn.Embedding(VOCAB, HIDDEN, padding_idx=0)
        self.position_embeddings = nn.Embedding(POSITIONS, HIDDEN)
        self.token_type_embeddings = nn.Embedding(TYPES, HIDDEN)
        self.LayerNorm = layer_norm(style)
        self.dropout = nn.Dropout(0.1)

    def forward(self, ids, types):
        length = sizes(ids, self.style)[1]
        positions = torch.arange(length, dtype=torch.long).unsqueeze(0).expand_as(ids)
        x = self.word_embeddings(ids) + self.position_embeddings(positions)
        return self.dropout(self.LayerNorm(x + self.token_type_embeddings(types)))


class Attention(nn.Module):
    def __init__(self, style):
        super(Attention, self).__init__()
        self.style = style
        self.query = nn.Linear(HIDDEN, HIDDEN)
        self.key = nn.Linear(HIDDEN, HIDDEN)
        self.value = nn.Linear(HIDDEN, HIDDEN)
        self.dense = nn.Linear(HIDDEN, HIDDEN)
        self.LayerNorm = layer_norm(style)
        self.dropout = nn.Dropout(0.1)

    def split(self, x):
        batch, length = sizes(x, self.style)[:2]
        return x.view(batch, length, HEADS, HIDDEN // HEADS).permute(0, 2, 1, 3)

    def attend(self, q, k, v, mask):
        if self.style.sdpa:
            return nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        scores = torch.matmul(q, k.transpose(-1, -2)) / math.sqrt(HIDDEN // HEADS)
        scores = scores.masked_fill(mask, -1e9) if self.style.fill else scores + mask
        return torch.matmul(self.dropout(nn.functional.softmax(scores, dim=-1)), v)

    def forward(self, x, mask):
        q, k, v = self.split(self.query(x)), self.split(self.key(x)), self.split(self.value(x))
        context = self.attend(q, k, v, mask).permute(0, 2, 1, 3).contiguous()
        batch, length = sizes(context, self.style)[0], sizes(context, self.style)[1]
        context = context.view(batch, length, HIDDEN)
        return self.LayerNorm(self.dropout(self.dense(context)) + x)


class Layer(nn.Module):
    def __init__(self, style):
        super(Layer, self).__init__()
        self.attention = Attention(style)
        self.intermediate = nn.Linear(HIDDEN, WIDE)
        self.output = nn.Linear(WIDE, HIDDEN)
        self.LayerNorm = layer_norm(style)
        self.dropout = nn.Dropout(0.1)
        self.gelu = old_gelu if style.old else nn.functional.gelu

    def forward(self, x, mask):
        x = self.attention(x, mask)
        return self.LayerNorm(self.dropout(self.output(self.gelu(self.intermediate(x)))) + x)


class Encoder(nn.Module):
    """forward(ids, mask, types) -> (tokens [B, L, H], pooled [B, H])."""

    def __init__(self, style=Style):
        super(Encoder, self).__init__()
        self.style = style
        self.embeddings = Embeddings(style)
        self.layers = nn.ModuleList([Layer(style) for _ in range(style.layers)])
        self.pooler = nn.Linear(HIDDEN, HIDDEN)

    def extended(self, mask, dtype):
        mask = mask.unsqueeze(1).unsqueeze(2)
        if self.style.fill:
            return mask == 0
        if self.style.sdpa:
            return mask.to(torch.bool)
        lowest = -10000.0 if VERSION < (1, 10) else torch.finfo(dtype).min
        return (1.0 - mask.to(dtype)) * lowest

    def forward(self, ids, mask=None, types=None):
        mask = torch.ones_like(ids) if mask is None else mask
        types = torch.zeros_like(ids) if types is None else types
        x = self.embeddings(ids, types)
        bias = self.extended(mask, x.dtype)
        for layer in self.layers:
            x = layer(x, bias)
        return x, torch.tanh(self.pooler(x[:, 0]))


class MaskedLM(nn.Module):
    """forward(ids, mask, types) -> scores [B, L, V]; the decoder is the word table, or a copy of it
    where PyTorch could not trace shared parameters."""

    def __init__(self, style=Style):
        super(MaskedLM, self).__init__()
        self.bert = Encoder(style)
        self.transform = nn.Linear(HIDDEN, HIDDEN)
        self.LayerNorm = layer_norm(style)
        self.decoder = nn.Linear(HIDDEN, VOCAB, bias=False)
        if VERSION >= (1, 3):
            self.decoder.weight = self.bert.embeddings.word_embeddings.weight
        self.bias = nn.Parameter(torch.zeros(VOCAB))
        self.gelu = old_gelu if style.old else nn.functional.gelu

    def tie(self):
        self.decoder.weight.data.copy_(self.bert.embeddings.word_embeddings.weight.data)

    def forward(self, ids, mask=None, types=None):
        x = self.bert(ids, mask, types)[0]
        return self.decoder(self.LayerNorm(self.gelu(self.transform(x)))) + self.bias


class DictOutput(nn.Module):
    def __init__(self):
        super(DictOutput, self).__init__()
        self.bert = Encoder(Small)

    def forward(self, ids, mask, types):
        tokens, pooled = self.bert(ids, mask, types)
        return {"last_hidden_state": tokens, "pooler_output": pooled}


class NestedOutput(nn.Module):
    def __init__(self):
        super(NestedOutput, self).__init__()
        self.bert = Encoder(Small)

    def forward(self, ids, mask, types):
        tokens, pooled = self.bert(ids, mask, types)
        return pooled, [tokens, pooled * 2], (tokens.argmax(-1), {"mask": mask > 0})


class DictInput(nn.Module):
    def __init__(self):
        super(DictInput, self).__init__()
        self.bert = Encoder(Small)

    def forward(self, features):
        mask = features["attention_mask"]
        tokens = self.bert(features["input_ids"], mask)[0]
        weights = mask.unsqueeze(-1).to(tokens.dtype)
        return (tokens * weights).sum(1) / weights.sum(1)


class SequenceInput(nn.Module):
    """Takes a tuple or a list of ids and mask."""

    def __init__(self):
        super(SequenceInput, self).__init__()
        self.bert = Encoder(Small)

    def forward(self, pair):
        return self.bert(pair[0], pair[1])


class TrainingSwitch(nn.Module):
    """Scripted around a trace: an `if` on an attribute that is known when the archive is loaded."""

    def __init__(self, encoder):
        super(TrainingSwitch, self).__init__()
        self.encoder = encoder

    def forward(self, ids, mask, types):
        tokens, pooled = self.encoder(ids, mask, types)
        if self.training:
            pooled = pooled * 0.0
        return tokens, pooled


class Recurrent(nn.Module):
    """An LSTM of two layers, and a GRU that takes steps first, behind an encoder."""

    def __init__(self):
        super(Recurrent, self).__init__()
        self.bert = Encoder(Small)
        self.lstm = nn.LSTM(HIDDEN, 6, num_layers=2, bidirectional=True, batch_first=True)
        self.gru = nn.GRU(12, 5)

    def forward(self, ids, mask, types):
        tokens = self.lstm(self.bert(ids, mask, types)[0])[0]
        steps, last = self.gru(tokens.transpose(0, 1))
        return tokens, steps, last


class Profiled(nn.Module):
    """With marks of the profiler around its parts."""

    def __init__(self):
        super(Profiled, self).__init__()
        self.bert = Encoder(Small)

    def forward(self, ids, mask, types):
        with torch.profiler.record_function("encoder"):
            tokens, pooled = self.bert(ids, mask, types)
        with torch.profiler.record_function("sum"):
            return tokens.sum(1), pooled


def randomize(model):
    """Weights that give every layer something to do; layer norms and biases are not trivial."""
    generator = np.random.RandomState(7)
    for name, parameter in sorted(model.named_parameters()):
        center = 1.0 if "LayerNorm.weight" in name else 0.0
        values = center + 0.25 * generator.standard_normal(tuple(parameter.shape))
        parameter.data.copy_(torch.from_numpy(values.astype(np.float32)))
    if isinstance(model, MaskedLM):
        model.tie()
    return model.eval()


def random_case(generator, shape):
    """ids, mask (a padded tail in every row but the first) and types."""
    batch, length = shape
    ids = generator.randint(1, VOCAB, shape)
    mask = np.ones(shape, dtype=np.int64)
    for row in range(1, batch):
        mask[row, generator.randint(1, length):] = 0
    types = (np.arange(length)[None, :] >= length // 2) * np.ones(shape, dtype=np.int64)
    return [torch.from_numpy(a.astype(np.int64)) for a in (ids * mask, mask, types)]


# A way to pass the case's tensors to the model, and the inputs' names in the npz.
Call = collections.namedtuple("Call", "arguments names")
FULL = Call(lambda ids, mask, types: (ids, mask, types), ["0", "1", "2"])
IDS = Call(lambda ids, mask, types: (ids,), ["0"])
DICT = Call(lambda ids, mask, types: ({"input_ids": ids, "attention_mask": mask},),
            ["0.input_ids", "0.attention_mask"])
TUPLE = Call(lambda ids, mask, types: ((ids, mask),), ["0.0", "0.1"])
LIST = Call(lambda ids, mask, types: ([ids, mask],), ["0.0", "0.1"])


def flatten(value):
    if isinstance(value, torch.Tensor):
        return [value]
    items = value.values() if isinstance(value, dict) else value
    return [tensor for item in items for tensor in flatten(item)]


def to_numpy(tensor):
    narrow = tensor.dtype in (torch.float16, getattr(torch, "bfloat16", None))
    return (tensor.float() if narrow else tensor).detach().numpy()


def write_cases(path, model, call):
    generator = np.random.RandomState(11)
    arrays = {}
    for k, shape in enumerate(SHAPES):
        arguments = call.arguments(*random_case(generator, shape))
        for name, tensor in zip(call.names, flatten(arguments)):
            arrays["in%d_%s" % (k, name)] = tensor.numpy()
        with torch.no_grad():
            outputs = flatten(model(*arguments))
        for j, tensor in enumerate(outputs):
            arrays["out%d_%d" % (k, j)] = to_numpy(tensor)
    np.savez_compressed(path, **arrays)


def trace(model, call, **options):
    arguments = call.arguments(*random_case(np.random.RandomState(3), SHAPES[0]))
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.jit.trace(model, arguments, **options)


def small(**changes):
    return type("Changed", (Small,), changes)


def quantized(model):
    return torch.quantization.quantize_dynamic(model, {nn.Linear}, dtype=torch.qint8)


def quantized_tables(model):
    """The table of words in 8 bits, a scale and a zero a row. (Indices must be contiguous.)"""
    config = torch.ao.quantization.float_qparams_weight_only_qconfig
    for module in model.modules():
        module.qconfig = config if getattr(module, "num_embeddings", 0) == VOCAB else None
    torch.ao.quantization.prepare(model, inplace=True)
    return torch.ao.quantization.convert(model.eval(), inplace=True)


def is_debug(entry):
    return entry.endswith(".debug_pkl") or "/debug/" in entry


def shrink_debug_entries(path):
    """They are half of a small archive. Only PyTorch 1.2 wants them: there they are deflated."""
    with zipfile.ZipFile(path) as source:
        entries = [(i, source.read(i)) for i in source.infolist()
                   if VERSION == (1, 2) or not is_debug(i.filename)]
    with zipfile.ZipFile(path, "w") as out:
        for info, data in entries:
            deflate = is_debug(info.filename) or info.compress_type == zipfile.ZIP_DEFLATED
            out.writestr(zipfile.ZipInfo(info.filename), data,
                         zipfile.ZIP_DEFLATED if deflate else zipfile.ZIP_STORED)


class Maker(object):
    """Writes NAME.pt and NAME.npz for each archive, or only for the names asked for."""

    def __init__(self, names):
        self.names = names

    def make(self, name, model, call, convert=lambda traced: traced, save=torch.jit.save, **options):
        name = PREFIX + name
        if self.names and name not in self.names:
            return
        path = os.path.join(HERE, name)
        save(convert(trace(model, call, **options)), path + ".pt")
        if not name.endswith("encoder_ids"):  # one of each version stays as PyTorch wrote it
            shrink_debug_entries(path + ".pt")
        write_cases(path + ".npz", model, call)
        print("%s: %d bytes" % (name, os.path.getsize(path + ".pt")))


def save_mobile(traced, path):
    traced._save_for_lite_interpreter(path)


def make_all(maker):
    maker.make("encoder_ids", randomize(Encoder(Small)), IDS)
    maker.make("encoder_full", randomize(Encoder()), FULL)
    maker.make("masked_lm", randomize(MaskedLM(Small)), FULL)
    if VERSION < (1, 3):
        maker.make("locked2x7", randomize(Encoder(small(baked=True))), FULL)
    if VERSION == (1, 2):
        maker.make("filled_ids", randomize(Encoder(small(fill=True))), IDS)
    if VERSION >= (1, 5):
        maker.make("int8", quantized(randomize(Encoder(Small))), FULL)
    if VERSION >= (1, 10):
        maker.make("frozen", randomize(MaskedLM(Small)), FULL, convert=torch.jit.freeze)
        maker.make("mobile", randomize(Encoder(Small)), FULL, save=save_mobile)
        maker.make("dict_input", randomize(DictInput()), DICT)
    if VERSION >= (2, 0):
        maker.make("sdpa", randomize(Encoder(small(sdpa=True))), FULL)
        maker.make("half", randomize(Encoder(Small)).half(), FULL)
        maker.make("bfloat16", randomize(Encoder(Small)).bfloat16(), FULL)
        maker.make("dict_output", randomize(DictOutput()), FULL, strict=False)
        maker.make("nested_output", randomize(NestedOutput()), FULL, strict=False)
        maker.make("tuple_input", randomize(SequenceInput()), TUPLE)
        maker.make("list_input", randomize(SequenceInput()), LIST, strict=False)
        maker.make("recurrent", randomize(Recurrent()), FULL)
        maker.make("profiled", randomize(Profiled()), FULL)
        maker.make("embedding_byte", quantized_tables(randomize(Encoder(Small))), FULL)
        maker.make("training_if", randomize(Encoder(Small)), FULL,
                   convert=lambda traced: torch.jit.script(TrainingSwitch(traced).eval()))


if __name__ == "__main__":
    make_all(Maker(sys.argv[1:]))

#!/usr/bin/env python3
"""make_folders.py: folders as sentence-transformers and transformers leave them, with a tiny traced
model in each, and what these libraries answer themselves.

Needs torch, transformers and sentence-transformers (made with 2.13, 4.57 and 5.1). Writes
folders/NAME/ and folders/NAME.npy beside itself. All encoders share one archive, and
their weights one seed: what differs is what lies beside. Folders keep what they add; the archive
(encoder.pt) and the vocabulary stand once and are put in place by the tests.
"""
import os
import shutil
import sys
import tempfile
import warnings

import numpy
import torch
import transformers as tf
from sentence_transformers import SentenceTransformer, models

from make_tasks import drop_debug_entries

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDERS = os.path.join(HERE, "folders")
SIZE = 24
POSITIONS = 48


def vocabulary():
    """Pieces that cover sentences.txt: its characters, and its frequent words."""
    with open(os.path.join(HERE, "sentences.txt"), encoding="utf-8") as file:
        words = file.read().lower().split()
    counts = {}
    for word in words:
        word = "".join(c for c in word if c.isalnum())
        counts[word] = counts.get(word, 0) + 1
    frequent = sorted((w for w in counts if counts[w] > 2 and len(w) > 1),
                      key=lambda w: (-counts[w], w))[:150]
    letters = [chr(c) for c in range(33, 127) if not chr(c).isupper()]
    return (["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + letters +
            ["##" + c for c in letters if c.isalnum()] + [w for w in frequent if w not in letters])


def make_encoder(folder):
    words = vocabulary()
    with open(os.path.join(folder, "vocab.txt"), "w", encoding="utf-8") as file:
        file.write("\n".join(words) + "\n")
    torch.manual_seed(11)
    config = tf.BertConfig(vocab_size=len(words), hidden_size=SIZE, num_hidden_layers=1,
                           num_attention_heads=2, intermediate_size=32, initializer_range=0.3,
                           max_position_embeddings=POSITIONS, attn_implementation="eager")
    model = tf.BertModel(config).eval()
    model.save_pretrained(folder)
    tf.BertTokenizerFast(os.path.join(folder, "vocab.txt"), model_max_length=POSITIONS
                         ).save_pretrained(folder)
    return model


def trace(module, path):
    ids = torch.tensor([[2, 7, 8, 9, 6, 3], [2, 10, 9, 3, 11, 3]])
    inputs = (ids, torch.ones_like(ids), torch.zeros_like(ids))
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        traced = torch.jit.trace(module.eval(), inputs, strict=False)
    torch.jit.save(traced, path)
    drop_debug_entries(path)


class Hidden(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask, token_type_ids):
        out = self.model(input_ids=input_ids, attention_mask=attention_mask,
                         token_type_ids=token_type_ids, return_dict=False)
        return out[0], out[1]


class Whole(torch.nn.Module):
    """All of a SentenceTransformer's modules."""

    def __init__(self, sentence):
        super().__init__()
        self.sentence = sentence

    def forward(self, input_ids, attention_mask, token_type_ids):
        return self.sentence({"input_ids": input_ids, "attention_mask": attention_mask,
                              "token_type_ids": token_type_ids})["sentence_embedding"]


def modes(*names):
    every = ["cls_token", "max_tokens", "mean_tokens", "mean_sqrt_len_tokens",
             "weightedmean_tokens", "lasttoken"]
    return {"pooling_mode_" + name: name in names for name in every}


def build(base, poolings, more=(), max_length=POSITIONS, lower=False, **sentence):
    transformer = models.Transformer(base, max_seq_length=max_length, do_lower_case=lower)
    keep = sentence.pop("include_prompt", True)
    pooling = models.Pooling(SIZE, include_prompt=keep, **modes(*poolings))
    return SentenceTransformer(modules=[transformer, pooling, *more], device="cpu", **sentence)


def dense(out, activation, seed, bias=True):
    torch.manual_seed(seed)
    return lambda size: models.Dense(size, out, bias=bias, activation_function=activation)


def save(sentence, name, lines, whole=False, bin_weights=False, **encode):
    """The folder without what all of them share; its answers, one row a line."""
    folder = os.path.join(FOLDERS, name)
    with tempfile.TemporaryDirectory() as full:
        sentence.save(full, create_model_card=False, safe_serialization=not bin_weights)
        for root, _, files in os.walk(full):
            for file in files:
                path = os.path.relpath(os.path.join(root, file), full)
                shared = os.path.dirname(path) == "" and (
                    file in ("vocab.txt", "tokenizer.json", "special_tokens_map.json") or
                    file.endswith((".safetensors", ".bin")))
                if shared:
                    continue
                os.makedirs(os.path.dirname(os.path.join(folder, path)), exist_ok=True)
                shutil.copy(os.path.join(root, file), os.path.join(folder, path))
    if whole:
        trace(Whole(sentence), os.path.join(folder, "whole.pt"))
    answers = sentence.encode(lines, batch_size=1, convert_to_numpy=True, **encode)
    numpy.save(os.path.join(FOLDERS, name + ".npy"), answers.astype(numpy.float32))


def main():
    shutil.rmtree(FOLDERS, ignore_errors=True)
    os.makedirs(FOLDERS)
    with open(os.path.join(HERE, "sentences.txt"), encoding="utf-8") as file:
        lines = file.read().splitlines()
    few = lines[:40]
    with tempfile.TemporaryDirectory() as base:
        model = make_encoder(base)
        shutil.copy(os.path.join(base, "vocab.txt"), os.path.join(FOLDERS, "vocab.txt"))
        trace(Hidden(model), os.path.join(FOLDERS, "encoder.pt"))
        tanh, gelu = torch.nn.Tanh(), torch.nn.GELU()
        prompts = {"query": "query: what is ", "passage": "passage: "}
        for name, pooling in (("cls", "cls_token"), ("mean", "mean_tokens"), ("max", "max_tokens"),
                              ("mean_sqrt_len", "mean_sqrt_len_tokens"),
                              ("weightedmean", "weightedmean_tokens"),
                              ("lasttoken", "lasttoken")):
            save(build(base, [pooling]), name, lines)
        save(build(base, ["cls_token", "max_tokens", "lasttoken"], [models.Normalize()]),
             "concatenated", few)
        save(build(base, ["mean_tokens"], [dense(10, tanh, 1)(SIZE), models.Normalize()]),
             "dense_tanh", lines)
        save(build(base, ["mean_tokens"], [dense(SIZE, gelu, 2, False)(SIZE),
                                           dense(12, torch.nn.Identity(), 3)(SIZE)]),
             "dense_twice_bin", lines, bin_weights=True)
        torch.manual_seed(4)
        norm = models.LayerNorm(SIZE)
        torch.nn.init.normal_(norm.norm.weight)
        torch.nn.init.normal_(norm.norm.bias)
        save(build(base, ["mean_tokens"], [norm]), "layer_norm", few)
        save(build(base, ["mean_tokens"], max_length=9), "short", lines)
        save(build(base, ["mean_tokens"], prompts=prompts, default_prompt_name="query"),
             "prompts", lines)
        save(build(base, ["mean_tokens"], prompts=prompts, default_prompt_name="query",
                   include_prompt=False), "prompt_left_out", lines)
        save(build(base, ["weightedmean_tokens"], lower=True, prompts=prompts,
                   similarity_fn_name="dot"), "named_prompt", few, prompt_name="passage")
        # The archive does what the modules say: all of it is in the trace.
        save(build(base, ["cls_token"], [models.Normalize()]), "whole_normalized", few, whole=True)
        save(build(base, ["mean_tokens"], [dense(SIZE, tanh, 5)(SIZE), models.Normalize()]),
             "whole_dense", few, whole=True)
        partly = build(base, ["mean_tokens"], [dense(SIZE, torch.nn.Identity(), 6)(SIZE)])
        save(partly, "partly", few)
        trace(Whole(torch.nn.Sequential(*list(partly)[:2])),
              os.path.join(FOLDERS, "partly", "whole.pt"))


if __name__ == "__main__":
    sys.path.insert(0, HERE)
    main()

#!/usr/bin/env python3
"""make_pipelines.py: what transformers' pipelines and sentence-transformers' cross-encoder and sparse
encoder answer with tiny traced models.

Needs torch, transformers 4 (5 has no pipeline for answers) and sentence-transformers (made with
2.13, 4.57 and 5.1). Writes pipelines/NAME.pt, the vocabularies and pipelines/answers.json beside
itself. The weights are random and large, so that the answers are far apart.
"""
import json
import os
import shutil
import tempfile
import warnings

import tokenizers
import torch
import transformers as tf
from sentence_transformers import CrossEncoder, SparseEncoder
from sentence_transformers.models import Pooling  # noqa: F401 (its package registers the modules)
from sentence_transformers.sparse_encoder.models import MLMTransformer, SpladePooling

import make_folders
from make_tasks import drop_debug_entries

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "pipelines")
POSITIONS = 160
WINDOW = 120  # of question and context
STRATEGIES = ["none", "simple", "first", "average", "max"]
SCHEMES = {  # transformers knows B and I; other labels are plain to it
    "iob": ["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG"],
    "plain": ["O", "PER", "LOC", "ORG", "DATE", "TIME", "X"],
}


def lines():
    with open(os.path.join(HERE, "sentences.txt"), encoding="utf-8") as file:
        return file.read().splitlines()


def config(cls, words, **more):
    return cls(vocab_size=words, hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
               intermediate_size=24, max_position_embeddings=POSITIONS + 2, initializer_range=0.5,
               attn_implementation="eager", **more)


class Tuple(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, *inputs):
        names = ("input_ids", "attention_mask", "token_type_ids")
        return self.model(**dict(zip(names, inputs)), return_dict=False)


def make(model_class, name, seed, settings, types=True):
    torch.manual_seed(seed)
    model = model_class(settings).eval()
    ids = torch.tensor([[2, 7, 8, 9, 6, 3], [2, 10, 9, 3, 11, 3]])
    inputs = [ids, torch.ones_like(ids)] + ([torch.zeros_like(ids)] if types else [])
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        traced = torch.jit.trace(Tuple(model), tuple(inputs))
    path = os.path.join(OUT, name + ".pt")
    torch.jit.save(traced, path)
    drop_debug_entries(path)
    return model


def name_classes(model, labels, **more):
    model.config.id2label = dict(enumerate(labels))
    model.config.label2id = {label: i for i, label in enumerate(labels)}
    model.config.problem_type = None
    for key, value in more.items():
        setattr(model.config, key, value)


def bpe_tokenizer():
    """Byte-level, as RoBERTa's."""
    bpe = tokenizers.ByteLevelBPETokenizer()
    bpe.train_from_iterator(lines(), vocab_size=380, min_frequency=2, show_progress=False,
                            special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    folder = os.path.join(OUT, "bpe")
    os.makedirs(folder)
    bpe.save_model(folder)
    return tf.RobertaTokenizerFast(os.path.join(folder, "vocab.json"),
                                   os.path.join(folder, "merges.txt"), model_max_length=POSITIONS)


def tag(model, tokenizer, texts, name):
    answers = []
    for scheme, labels in SCHEMES.items():
        name_classes(model, labels)
        for strategy in STRATEGIES:
            say = tf.pipeline("token-classification", model=model, tokenizer=tokenizer,
                              aggregation_strategy=strategy)
            for text in texts:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    found = say(text)
                entities = [[e["start"], e["end"], e.get("entity_group", e.get("entity")),
                             float(e["score"])] for e in found]
                answers.append({"model": name, "labels": labels, "strategy": strategy, "text": text,
                                "entities": entities})
    return answers


def classify(model, tokenizer, texts):
    labels = ["sad", "neutral", "happy"]
    answers = []
    for problem in (None, "single_label_classification", "multi_label_classification",
                    "regression"):
        name_classes(model, labels, problem_type=problem)
        say = tf.pipeline("text-classification", model=model, tokenizer=tokenizer, top_k=None)
        for k, text in enumerate(texts):
            given = {"text": text, "text_pair": texts[k - 1]} if k % 3 == 2 else {"text": text}
            found = {s["label"]: s["score"] for s in say(given, truncation=True)}
            answers.append({"problem_type": problem, **given,
                            "scores": [found[label] for label in labels]})
    return answers


def answer(model, tokenizer, texts):
    say = tf.pipeline("question-answering", model=model, tokenizer=tokenizer)
    long = " ".join(texts)
    answers = []
    for question, context in ((texts[0][:30], texts[1] + " " + texts[2]), (texts[3][:30], texts[4]),
                              (texts[5][:30], long), ("who was he ?", long)):
        for top, none, longest in ((1, False, 15), (3, True, 15), (5, False, 4)):
            found = say(question=question, context=context, top_k=top, max_answer_len=longest,
                        handle_impossible_answer=none, max_seq_len=WINDOW)
            found = found if isinstance(found, list) else [found]
            answers.append({"question": question, "context": context, "top": top,
                            "may_be_none": none, "longest": longest,
                            "answers": [[a["start"], a["end"], float(a["score"])]
                                        for a in found]})
    return answers


def rerank(model, tokenizer, texts):
    answers = []
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        for activation in (None, "torch.nn.modules.linear.Identity",
                           "torch.nn.modules.activation.Sigmoid"):
            encoder = CrossEncoder(folder, device="cpu", activation_fn=None if activation is None
                                   else getattr(torch.nn, activation.rsplit(".", 1)[1])())
            scores = encoder.predict([(texts[0], text) for text in texts[1:12]])
            answers.append({"activation": activation, "query": texts[0], "texts": texts[1:12],
                            "scores": [float(s) for s in scores]})
    return answers


def sparse(model, tokenizer, texts):
    answers = []
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        for strategy, activation in (("max", "relu"), ("sum", "relu"), ("max", "log1p_relu")):
            pooling = SpladePooling(pooling_strategy=strategy, activation_function=activation)
            encoder = SparseEncoder(modules=[MLMTransformer(folder), pooling], device="cpu")
            for text in texts[:6]:
                row = encoder.encode(text, convert_to_sparse_tensor=False)
                weights = sorted(((float(w), i) for i, w in enumerate(row) if w > 0),
                                 key=lambda pair: (-pair[0], pair[1]))[:20]
                answers.append({"strategy": strategy, "activation": activation, "text": text,
                                "count": int((row > 0).sum()),
                                "weights": [[i, w] for w, i in weights]})
    return answers


def main():
    shutil.rmtree(OUT, ignore_errors=True)
    os.makedirs(OUT)
    words = make_folders.vocabulary()
    vocabulary = os.path.join(OUT, "vocab.txt")
    with open(vocabulary, "w", encoding="utf-8") as file:
        file.write("\n".join(words) + "\n")
    tokenizer = tf.BertTokenizerFast(vocabulary, model_max_length=POSITIONS)
    bpe = bpe_tokenizer()
    texts = [line for line in lines() if 10 < len(line) < 120][:24]
    odd = ["Jim Henson's caf\u00e9, in New-York!", "na\u00efve \u4f60\u597d  \u2014 a\u0301b", "O",
           "the U.S. (and the U.K.) \U0001f438frogs"]
    settings = config(tf.BertConfig, len(words))
    roberta = config(tf.RobertaConfig, 380, pad_token_id=1, bos_token_id=0, eos_token_id=2,
                     type_vocab_size=1, num_labels=7)
    settings.num_labels = 7
    answers = {"tag": tag(make(tf.BertForTokenClassification, "tagger", 1, settings), tokenizer,
                          odd + texts[:8], "tagger")}
    answers["tag"] += tag(make(tf.RobertaForTokenClassification, "tagger_bpe", 2, roberta, False),
                          bpe, odd + texts[:8], "tagger_bpe")
    settings.num_labels = 3
    answers["classify"] = classify(
        make(tf.BertForSequenceClassification, "classifier", 3, settings), tokenizer, texts[:6])
    settings.num_labels = 2
    answers["answer"] = answer(make(tf.BertForQuestionAnswering, "answerer", 4, settings),
                               tokenizer, texts)
    settings.num_labels = 1
    answers["rerank"] = rerank(make(tf.BertForSequenceClassification, "ranker", 5, settings),
                               tokenizer, texts)
    answers["sparse"] = sparse(make(tf.BertForMaskedLM, "splade", 6, settings), tokenizer, texts)
    with open(os.path.join(OUT, "answers.json"), "w", encoding="utf-8") as file:
        json.dump(answers, file, ensure_ascii=False, indent=None, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main()

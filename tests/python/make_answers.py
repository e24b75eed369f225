#!/usr/bin/env python3
"""make_answers.py: what transformers' pipelines answer with the traced models of tests/tasks.

Needs torch and transformers 4 (made with 2.13 and 4.57). Writes pipelines.json beside itself.
"""
import json
import os
import sys
import warnings

import torch
import transformers as tf
from transformers.modeling_outputs import (BaseModelOutput, MaskedLMOutput,
                                           QuestionAnsweringModelOutput, SequenceClassifierOutput,
                                           TokenClassifierOutput)

HERE = os.path.dirname(os.path.abspath(__file__))
TASKS = os.path.join(os.path.dirname(HERE), "tasks")
CLASSES = {"id2label": {"0": "sad", "1": "neutral", "2": "happy"}}
TAGS = {"id2label": {str(i): tag for i, tag in enumerate(
    ["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG"])}}
TEXTS = ["Jim Henson was born in Greenville, Mississippi.", "naïve 你好  — áb", "O",
         "the U.S. (and the U.K.) \U0001f438frogs don't"]


def traced(base, path, output):
    """A model of transformers that computes with a trace."""

    class Traced(base):
        def forward(self, input_ids, attention_mask=None, token_type_ids=None, **_):
            inputs = [input_ids, attention_mask]
            if token_type_ids is not None:
                inputs.append(token_type_ids)
            made = self.trace(*inputs)
            return output(made if isinstance(made, tuple) else (made,))

    def make(config):
        model = Traced(config).eval()
        model.trace = torch.jit.load(path).eval()
        return model

    return make


def tokenizer_of(name):
    if name == "masked_lm":
        return tf.BertTokenizerFast(os.path.join(TASKS, "vocab.txt"), model_max_length=40)
    folder = os.path.join(TASKS, "folders" if name == "encoder" else "pipelines")
    if name.endswith("_bpe"):
        return tf.RobertaTokenizerFast(os.path.join(folder, "bpe", "vocab.json"),
                                       os.path.join(folder, "bpe", "merges.txt"),
                                       model_max_length=160)
    return tf.BertTokenizerFast(os.path.join(folder, "vocab.txt"), model_max_length=160)


BASES = {
    "fill-mask": (tf.BertForMaskedLM, lambda o: MaskedLMOutput(logits=o[0])),
    "text-classification": (tf.BertForSequenceClassification,
                            lambda o: SequenceClassifierOutput(logits=o[0])),
    "token-classification": (tf.BertForTokenClassification,
                             lambda o: TokenClassifierOutput(logits=o[0])),
    "question-answering": (tf.BertForQuestionAnswering,
                           lambda o: QuestionAnsweringModelOutput(start_logits=o[0],
                                                                  end_logits=o[1])),
    "feature-extraction": (tf.BertModel, lambda o: BaseModelOutput(last_hidden_state=o[0])),
}


def record(task, name, config, options, cases):
    base, output = BASES[task]
    folder = {"masked_lm": TASKS, "encoder": os.path.join(TASKS, "folders")}.get(
        name, os.path.join(TASKS, "pipelines"))
    tokenizer = tokenizer_of(name)
    settings = tf.BertConfig(vocab_size=len(tokenizer), hidden_size=16, num_hidden_layers=1,
                             num_attention_heads=2, intermediate_size=24)
    if "id2label" in config:
        settings.id2label = {int(i): label for i, label in config["id2label"].items()}
    settings.problem_type = config.get("problem_type")
    model = traced(base, os.path.join(folder, name + ".pt"), output)(settings)
    say = tf.pipeline(task, model=model, tokenizer=tokenizer, device="cpu", **options)
    made = []
    for inputs, more in cases:
        answer = say(*inputs, **more)
        made.append({"inputs": inputs, "options": more, "answer": plain(answer)})
    return {"task": task, "model": name, "config": config, "options": options, "cases": made}


def plain(value):
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.item() if hasattr(value, "item") else value


def main():
    with open(os.path.join(TASKS, "sentences.txt"), encoding="utf-8") as file:
        lines = [line for line in file.read().splitlines() if 10 < len(line) < 120]
    texts = TEXTS + lines[:3]
    records = [record("fill-mask", "masked_lm", {}, {}, [
        (["Jim Henson was a [MASK]."], {}),
        (["[MASK] made the [MASK] in Greenville"], {"top_k": 2}),
        ([["Jim Henson was a [MASK].", "He worked for [MASK]!"]], {"top_k": 1}),
        (["He was a [MASK]."], {"targets": ["frog", "film"]})])]
    for problem in (None, "multi_label_classification", "regression"):
        config = dict(CLASSES, **({"problem_type": problem} if problem else {}))
        records.append(record("text-classification", "classifier", config, {}, [
            ([texts[0]], {}), ([texts[4]], {"top_k": None}), ([texts], {}),
            ([texts[:2]], {"top_k": 2}), ([texts[0]], {"function_to_apply": "sigmoid"}),
            ([{"text": texts[0], "text_pair": texts[4]}], {}),
            ([{"text": texts[0], "text_pair": texts[4]}], {"top_k": None})]))
    for name in ("tagger", "tagger_bpe"):
        for strategy in ("none", "simple", "first", "average", "max"):
            records.append(record("token-classification", name, TAGS,
                                  {"aggregation_strategy": strategy},
                                  [([text], {}) for text in texts] + [([texts[:2]], {})]))
    article = " ".join(lines[:12])
    records.append(record("question-answering", "answerer", {}, {"max_seq_len": 120}, [
        ([], {"question": "Who was Jim Henson?", "context": texts[0]}),
        ([], {"question": "Who was he?", "context": article, "top_k": 3}),
        ([], {"question": "où?", "context": TEXTS[1] + " " + texts[4]}),
        ([], {"question": ["Who?", "What?"], "context": [texts[0], texts[4]]}),
        ([], {"question": "Who was he?", "context": article, "top_k": 2,
              "handle_impossible_answer": True, "max_answer_len": 4})]))
    records.append(record("feature-extraction", "encoder", {}, {}, [
        (["Jim Henson"], {}), ([["a", "b c"]], {})]))
    with open(os.path.join(HERE, "pipelines.json"), "w", encoding="utf-8") as file:
        json.dump(records, file, ensure_ascii=False, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.exit(main())

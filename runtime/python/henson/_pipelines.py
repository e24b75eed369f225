"""Answers in the words of transformers' pipelines."""
from __future__ import annotations

import os
from typing import Any, Callable

from henson import _henson
from henson._model import check_device
from henson._similarity import similarity


class Pipeline:
    """A task with its model; pipeline() makes it. Called with one input or a list of them, and
    with the task's options, for this call or, given to pipeline(), for all."""

    def __init__(self, task: str, path: str, opening: dict, options: dict):
        self.task = task
        self._opening = (path, opening)
        self._options = options
        self._text = _henson.TextModel(path, **opening)
        self._answer: Callable = TASKS[task]

    def __getstate__(self) -> tuple:
        return self.task, self._opening, self._options

    def __setstate__(self, state: tuple) -> None:
        task, (path, opening), options = state
        self.__init__(task, path, opening, options)  # type: ignore[misc]

    def __repr__(self) -> str:
        return f"henson.pipeline({self.task!r}, {self._opening[0]!r})"

    @property
    def tokenizer(self) -> _henson.Tokenizer:
        """Text to ids."""
        return self._text.tokenizer

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """The answer, or a list of answers for a list of inputs."""
        return self._answer(self._text, *inputs, **{**self._options, **options})


def pipeline(task: str, model: str | os.PathLike, *, device: Any = None, precision: str = "fp32",
             threads: int = 0, max_length: int = 0, vocabulary: str | os.PathLike | None = None,
             map: bool = False, **options: Any) -> Pipeline:
    """A task with a model, whose answers have the keys and values of transformers' pipelines.

    task: "fill-mask", "text-classification" ("sentiment-analysis"), "token-classification" ("ner"),
    "question-answering", "feature-extraction" or "sentence-similarity" ("text-similarity").
    model: a folder with the traced model, config.json and the vocabulary, or an archive.
    options: those of the task's pipeline: top_k, aggregation_strategy, …
    """
    check_device(None if device == -1 else device)
    if task not in TASKS:
        raise ValueError(f"task {task!r} is not known: there are {', '.join(TASKS)}")
    opening = {"precision": precision, "threads": threads, "max_length": max_length,
               "vocabulary": vocabulary, "map": map,
               "alone": task == "feature-extraction"}
    return Pipeline(task, os.path.abspath(os.fspath(model)), opening, options)


def _each(answer: Callable, inputs: Any) -> Any:
    return [answer(one) for one in inputs] if isinstance(inputs, list) else answer(inputs)


def _fill_mask(model: Any, inputs: Any, *, top_k: int = 5, targets: Any = None) -> Any:
    tokenizer = model.tokenizer
    wanted = None if targets is None else _target_ids(tokenizer, targets)

    def of_mask(text: str, mask: int, guesses: list, single: bool) -> list[dict[str, Any]]:
        ids = tokenizer.encode(text, max_length=model.max_length).ids
        rows = []
        for score, token, _ in guesses:
            filled = [token if i == mask else known for i, known in enumerate(ids)]
            rows.append({"score": score, "token": token, "token_str": tokenizer.decode([token], False),
                         "sequence": tokenizer.decode(filled, single)})
        return rows

    def answer(text: str) -> list:
        count = top_k if wanted is None else tokenizer.vocabulary_size
        masks = model.fill_mask(text, count)
        ids = tokenizer.encode(text, max_length=model.max_length).ids
        places = [i for i, known in enumerate(ids) if known == tokenizer.mask_id]
        rows = []
        for place, (_, guesses) in zip(places, masks):
            if wanted is not None:
                guesses = [guess for guess in guesses if guess[1] in wanted][:top_k]
            rows.append(of_mask(text, place, guesses, len(masks) == 1))
        return rows[0] if len(rows) == 1 else rows

    return _each(answer, inputs)


def _target_ids(tokenizer: _henson.Tokenizer, targets: Any) -> set[int]:
    """A target that is no token stands for its first one, as in transformers."""
    ids: set[int] = set()
    for target in [targets] if isinstance(targets, str) else targets:
        known = tokenizer.id(target)
        ids.update([known] if known is not None else
                   tokenizer.encode(target, add_special_tokens=False).ids[:1])
    if not ids:
        raise ValueError("At least one target must be provided when passed.")
    return ids


_SCORINGS = {None: "auto", "default": "auto", "softmax": "softmax", "sigmoid": "sigmoid",
             "none": "none"}
_NOT_GIVEN = object()


def _classify(model: Any, inputs: Any, *, top_k: Any = _NOT_GIVEN,
              function_to_apply: str | None = None, truncation: bool = True) -> Any:
    scoring = _SCORINGS[function_to_apply.lower() if function_to_apply else None]

    def answer(one: Any) -> Any:
        text, pair = (one["text"], one.get("text_pair")) if isinstance(one, dict) else (one, None)
        scores = [{"label": label, "score": score}
                  for label, score in model.classify(text, pair, scoring)]
        scores.sort(key=lambda row: row["score"], reverse=True)
        return scores[0] if top_k is _NOT_GIVEN else scores[:top_k]

    found = _each(answer, inputs)
    return [found] if top_k is _NOT_GIVEN and isinstance(inputs, str) else found


def _tag(model: Any, inputs: Any, *, aggregation_strategy: str = "none",
         ignore_labels: Any = ("O",)) -> Any:
    if list(ignore_labels) != ["O"]:
        raise ValueError("ignore_labels other than ['O'] are not supported")
    each_token = aggregation_strategy == "none"

    def answer(text: str) -> list[dict[str, Any]]:
        tokens = _Tokens(model.tokenizer, text)
        rows = []
        for (start, end), label, score, first, last in model.entities(text, aggregation_strategy):
            row: dict[str, Any] = {"entity" if each_token else "entity_group": label,
                                   "score": score}
            if each_token:
                row["index"] = tokens.index(first)
                row["word"] = tokens.word(first)
            else:
                row["word"] = tokens.joined(first, last)
            rows.append({**row, "start": start, "end": end})
        return rows

    return _each(answer, inputs)


class _Tokens:
    """The tokens of a text, as its pipeline writes them."""

    def __init__(self, tokenizer: _henson.Tokenizer, text: str):
        self._tokenizer = tokenizer
        self._text = text
        self._encoding = tokenizer.encode(text)
        self._places = [i for i, special in enumerate(self._encoding.special) if not special]

    def index(self, token: int) -> int:
        """Where the text's token stands in the sequence."""
        return self._places[token]

    def word(self, token: int) -> str:
        """As the vocabulary has it; of unknown ones what stands in the text."""
        place = self._places[token]
        identity = self._encoding.ids[place]
        start, end = self._encoding.offsets[place]
        if identity == self._tokenizer.unk_id:
            return self._text[start:end]
        return self._tokenizer.token(identity)

    def joined(self, first: int, end: int) -> str:
        """Tokens as a text."""
        parts: list[str] = []
        known: list[int] = []
        for token in range(first, end):
            identity = self._encoding.ids[self._places[token]]
            if identity != self._tokenizer.unk_id:
                known.append(identity)
                continue
            parts += [self._tokenizer.decode(known, False)] if known else []
            parts.append(self.word(token))
            known = []
        parts += [self._tokenizer.decode(known, False)] if known else []
        return " ".join(parts)


def _answer(model: Any, inputs: Any = None, *, question: Any = None, context: Any = None,
            top_k: int = 1, doc_stride: int = 128, max_answer_len: int = 15,
            max_seq_len: int = 384, handle_impossible_answer: bool = False) -> Any:
    def answer(example: dict[str, str]) -> Any:
        text = example["context"]
        found = [{"score": score, "start": start, "end": end, "answer": text[start:end]}
                 for (start, end), score in model.answer(
                     example["question"], text, top_k, max_answer_len, max_seq_len, doc_stride,
                     handle_impossible_answer)]
        return found[0] if len(found) == 1 else found

    if inputs is None:
        if isinstance(question, list):
            contexts = context if isinstance(context, list) else [context] * len(question)
            inputs = [{"question": q, "context": c} for q, c in zip(question, contexts)]
        else:
            inputs = {"question": question, "context": context}
    if isinstance(inputs, list) and len(inputs) == 1:
        inputs = inputs[0]
    return _each(answer, inputs)


def _features(model: Any, inputs: Any, *, return_tensors: Any = False) -> Any:
    def answer(text: str) -> Any:
        vectors = model.token_vectors(text)[None]
        if return_tensors:
            from henson._arrays import to_torch

            return to_torch(vectors)
        return vectors.tolist()

    return _each(answer, inputs)


def _similar(model: Any, inputs: Any) -> Any:
    def answer(one: dict[str, Any]) -> list[float]:
        vectors = model.embed([one["source_sentence"], *one["sentences"]])
        return similarity("cosine", vectors[:1], vectors[1:])[0].tolist()

    return _each(answer, inputs)


TASKS: dict[str, Callable] = {
    "fill-mask": _fill_mask,
    "text-classification": _classify,
    "sentiment-analysis": _classify,
    "token-classification": _tag,
    "ner": _tag,
    "question-answering": _answer,
    "feature-extraction": _features,
    "sentence-similarity": _similar,
    "text-similarity": _similar,
}

"""Scores of pairs of texts, called as sentence-transformers' CrossEncoder is."""
from __future__ import annotations

import os
import sys
from typing import Any, Callable

from henson import _henson
from henson._arrays import is_torch, to_numpy, to_torch
from henson._model import check_device
from henson._texts import groups


class CrossEncoder:
    """How well texts go together, by a folder of a cross-encoder with the traced model in it.

    The folder's activation is honoured; a single score goes through a sigmoid where it names none.
    Pairs are never padded: batch_size says nothing here. Any thread may use it.

    max_length: tokens of the longest pair; without, as the folder says.
    activation_fn: applied to the model's scores in place of the folder's.
    precision, threads, vocabulary, map: as of SentenceTransformer.
    """

    def __init__(self, model_name_or_path: str | os.PathLike, num_labels: int | None = None,
                 max_length: int | None = None, activation_fn: Callable | None = None,
                 device: Any = None, *, precision: str = "fp32", threads: int = 0,
                 vocabulary: str | os.PathLike | None = None, map: bool = False):
        check_device(device)
        self._path = os.path.abspath(os.fspath(model_name_or_path))
        self._options = {"precision": precision, "threads": threads, "vocabulary": vocabulary,
                         "map": map, "max_length": max_length or 0}
        self._text = _henson.TextModel(self._path, **self._options)
        self._labels: int | None = None
        self.activation_fn = activation_fn
        if num_labels is not None and num_labels != self.num_labels:
            raise ValueError(f"num_labels is {num_labels}, and the model gives {self.num_labels} "
                             "scores a pair")

    def __getstate__(self) -> dict:
        return {key: value for key, value in self.__dict__.items() if key != "_text"}

    def __setstate__(self, state: dict) -> None:
        self.__dict__.update(state)
        self._text = _henson.TextModel(self._path, **self._options)

    def __repr__(self) -> str:
        return f"henson.CrossEncoder({self._path!r})"

    @property
    def num_labels(self) -> int:
        """Scores of a pair."""
        if self._labels is None:
            self._labels = len(self._text.classify("", "", "none"))
        return self._labels

    @property
    def max_length(self) -> int:
        """Tokens of the longest pair."""
        return self._text.max_length

    @property
    def tokenizer(self) -> _henson.Tokenizer:
        """Text to ids."""
        return self._text.tokenizer

    def predict(self, sentences: Any, batch_size: int = 32, show_progress_bar: bool | None = None,
                activation_fn: Callable | None = None, apply_softmax: bool = False,
                convert_to_numpy: bool = True, convert_to_tensor: bool = False) -> Any:
        """The scores of pairs of texts, in their order; of a single pair its score.

        activation_fn: a function of torch or NumPy, from now on in place of the folder's.
        apply_softmax: of models with several scores a pair.
        convert_to_numpy, convert_to_tensor: a NumPy array (the default), or a tensor of torch;
        neither: a list of tensors.
        """
        import numpy as np

        single = bool(sentences) and isinstance(sentences[0], str)
        pairs = [(a, b) for a, b in ([sentences] if single else sentences)]
        if activation_fn is not None:
            self.activation_fn = activation_fn
        scoring = "auto" if self.activation_fn is None and self.num_labels == 1 else "none"
        made = [self._scores(group, scoring) for _, group in groups(pairs, show_progress_bar)]
        scores = np.concatenate(made) if made else np.zeros((0,), np.float32)
        if self.activation_fn is not None and len(pairs):
            scores = _apply(self.activation_fn, scores)
        if apply_softmax and scores.ndim > 1:
            scores = np.exp(scores - scores.max(axis=1, keepdims=True))
            scores /= scores.sum(axis=1, keepdims=True)
        if convert_to_tensor:
            scores = to_torch(scores)
        elif not convert_to_numpy:
            scores = list(to_torch(scores))
        return scores[0] if single else scores

    def rank(self, query: str, documents: list[str], top_k: int | None = None,
             return_documents: bool = False, batch_size: int = 32,
             show_progress_bar: bool | None = None, activation_fn: Callable | None = None,
             apply_softmax: bool = False, convert_to_numpy: bool = True,
             convert_to_tensor: bool = False) -> list[dict[str, Any]]:
        """The documents by how well they go with the query, best first: corpus_id, score and, with
        return_documents, text."""
        if self.num_labels != 1:
            raise ValueError("CrossEncoder.rank() only works for models with num_labels=1. "
                             "Consider using CrossEncoder.predict() with input pairs instead.")
        scores = self.predict([(query, document) for document in documents],
                              show_progress_bar=show_progress_bar, activation_fn=activation_fn,
                              convert_to_tensor=convert_to_tensor)
        results = [{"corpus_id": i, "score": score} for i, score in enumerate(scores)]
        if return_documents:
            for result in results:
                result["text"] = documents[result["corpus_id"]]
        return sorted(results, key=lambda result: result["score"], reverse=True)[:top_k]

    def _scores(self, pairs: list[tuple[str, str]], scoring: str) -> Any:
        import numpy as np

        if self.num_labels == 1:
            return np.asarray(self._text.rerank(pairs, scoring), np.float32)
        return np.asarray([[score for _, score in self._text.classify(a, b, scoring)]
                           for a, b in pairs], np.float32)

    def to(self, device: Any = None) -> CrossEncoder:
        """Only to("cpu"), where it is."""
        check_device(device)
        return self

    def eval(self) -> CrossEncoder:
        """Does nothing: Henson does not train."""
        return self


def _apply(activation: Callable, scores: Any) -> Any:
    """What the activation makes of the scores, in torch where it is a module of it."""
    torch = sys.modules.get("torch")
    if torch is not None and (isinstance(activation, torch.nn.Module) or
                              (getattr(activation, "__module__", None) or "").startswith("torch")):
        made = activation(to_torch(scores))
    else:
        made = activation(scores)
    return to_numpy(made) if is_torch(made) else made

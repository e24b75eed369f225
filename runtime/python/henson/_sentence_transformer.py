"""Embeddings, called as sentence-transformers' SentenceTransformer is."""
from __future__ import annotations

import contextlib
import os
import sys
from typing import Any, Iterator

from henson import _henson
from henson._arrays import cpu, holds_torch, to_numpy, to_torch
from henson._model import check_device
from henson._quantize import PRECISIONS, quantize
from henson._similarity import FUNCTIONS, pairwise, similarity
from henson._texts import groups, list_of_texts


class SentenceTransformer:
    """Texts to vectors, by a folder that sentence-transformers saved, with the traced model in it.

    modules.json and what it names, prompts and max_seq_length are honoured, or refused by name;
    explain() tells what came from where. Texts are never padded: a vector is to the bit the same
    alone and in any batch, so that batch_size says nothing here. Any thread may use it.

    model_name_or_path: the folder, or an archive with its vocabulary beside it.
    precision: "fp32", "bf16" or "int8", what weights are kept as and multiplied in.
    threads: of a call; 0: as many as the process may have at once.
    vocabulary: the tokenizer's file or folder, where it lies elsewhere.
    map: use the weights where they lie in the file, for files that nobody writes into.
    """

    def __init__(self, model_name_or_path: str | os.PathLike, *, device: Any = None,
                 prompts: dict[str, str] | None = None, default_prompt_name: str | None = None,
                 similarity_fn_name: str | None = None, truncate_dim: int | None = None,
                 precision: str = "fp32", threads: int = 0,
                 vocabulary: str | os.PathLike | None = None, map: bool = False):
        check_device(device)
        self._path = os.path.abspath(os.fspath(model_name_or_path))
        self._options = {"precision": precision, "threads": threads, "vocabulary": vocabulary,
                         "map": map}
        self._text = _henson.TextModel(self._path, **self._options)
        self._max_length: int | None = None
        self._dimension: int | None = None
        self.prompts: dict[str, str] = {**self._text.prompts, **(prompts or {})}
        self.default_prompt_name = default_prompt_name or self._text.default_prompt_name or None
        if self.default_prompt_name is not None and self.default_prompt_name not in self.prompts:
            raise ValueError(f"Default prompt name '{self.default_prompt_name}' not found in the "
                             f"configured prompts dictionary with keys {list(self.prompts)!r}.")
        self.truncate_dim = truncate_dim
        self.similarity_fn_name = similarity_fn_name or self._text.similarity

    def __getstate__(self) -> dict:
        return {key: value for key, value in self.__dict__.items() if key != "_text"}

    def __setstate__(self, state: dict) -> None:
        self.__dict__.update(state)
        self._text = _henson.TextModel(self._path, **self._options)
        if self._max_length is not None:
            self._text = self._text.share(self._max_length)

    def __repr__(self) -> str:
        return f"henson.SentenceTransformer({self._path!r})"

    def encode(self, sentences: Any, prompt_name: str | None = None, prompt: str | None = None,
               batch_size: int = 32, show_progress_bar: bool | None = None,
               output_value: str | None = "sentence_embedding",
               precision: str | None = "float32", convert_to_numpy: bool = True,
               convert_to_tensor: bool = False, device: Any = None,
               normalize_embeddings: bool = False, truncate_dim: int | None = None,
               pool: Any = None, chunk_size: int | None = None, task: str | None = None) -> Any:
        """The vectors of texts, in their order; of a single text its vector.

        sentences: a text, or any collection of texts: a list, a column of a table, an array.
        prompt, prompt_name: what stands before each text; without, the default prompt.
        output_value: "sentence_embedding", "token_embeddings" for a vector a token, or None for a
        dict of both and of what the model was given.
        precision: what is returned: "float32", "int8", "uint8", "binary" or "ubinary".
        convert_to_numpy, convert_to_tensor: a NumPy array (the default), or a tensor of torch;
        neither: a list of tensors.
        normalize_embeddings: to length 1.
        truncate_dim: only the first so many numbers.
        batch_size, device, pool, chunk_size, task: taken, and without effect.
        """
        precision = precision or "float32"
        if precision not in PRECISIONS:
            raise ValueError(f"Precision {precision!r} is not supported")
        for place in device if isinstance(device, list) else [device]:
            check_device(place)
        single = isinstance(sentences, str) or not hasattr(sentences, "__len__")
        texts = list_of_texts([sentences] if single else sentences)
        before = self._prompt(prompt_name, prompt)
        if output_value == "token_embeddings":
            vectors = [to_torch(self._text.token_vectors(text, prompt=before)) for text in texts]
            return vectors[0] if single else vectors
        if output_value is None:
            everything = [self._everything(text, before, truncate_dim) for text in texts]
            return everything[0] if single else everything
        if output_value != "sentence_embedding":
            raise ValueError(f"output_value {output_value!r} is not supported: there are "
                             "'sentence_embedding', 'token_embeddings' and None")
        rows = self._embed(texts, before, normalize_embeddings, truncate_dim, show_progress_bar)
        if precision != "float32" and len(texts):
            rows = quantize(rows, precision)
        if convert_to_tensor:
            rows = to_torch(rows)
        elif not convert_to_numpy:
            rows = list(to_torch(rows))
        return rows[0] if single else rows

    def encode_query(self, sentences: Any, prompt_name: str | None = None,
                     prompt: str | None = None, **options: Any) -> Any:
        """encode() of what is searched for: with the prompt "query", where there is one."""
        if prompt_name is None and prompt is None and "query" in self.prompts:
            prompt_name = "query"
        return self.encode(sentences=sentences, prompt_name=prompt_name, prompt=prompt,
                           **{"task": "query", **options})

    def encode_document(self, sentences: Any, prompt_name: str | None = None,
                        prompt: str | None = None, **options: Any) -> Any:
        """encode() of what is searched: with the prompt "document", "passage" or "corpus", where
        there is one."""
        if prompt_name is None and prompt is None:
            known = [name for name in ("document", "passage", "corpus") if name in self.prompts]
            prompt_name = known[0] if known else None
        return self.encode(sentences=sentences, prompt_name=prompt_name, prompt=prompt,
                           **{"task": "document", **options})

    def _prompt(self, name: str | None, prompt: str | None) -> str:
        if prompt is not None:
            return prompt
        name = name if name is not None else self.default_prompt_name
        if name is None:
            return ""
        if name not in self.prompts:
            raise ValueError(f"Prompt name '{name}' not found in the configured prompts dictionary "
                             f"with keys {list(self.prompts)!r}.")
        return self.prompts[name]

    def _embed(self, texts: list[str], prompt: str, normalize: bool, truncate_dim: int | None,
               show_progress_bar: bool | None) -> Any:
        import numpy as np

        truncate = truncate_dim if truncate_dim is not None else self.truncate_dim
        truncate_to = min(truncate, self._full_dimension()) if truncate else 0
        rows = np.zeros((0,), np.float32)
        for begin, group in groups(texts, show_progress_bar):
            made = self._text.embed(group, True if normalize else None, prompt, truncate_to)
            if begin == 0:
                if len(group) == len(texts):
                    return made
                rows = np.empty((len(texts), made.shape[1]), np.float32)
            rows[begin:begin + len(group)] = made
        return rows

    def _everything(self, text: str, prompt: str, truncate_dim: int | None) -> dict[str, Any]:
        """What goes into the model and what comes out, in torch."""
        from henson._tokenize import padded

        given = {name: to_torch(row[0]) for name, row in padded(self._text, [prompt + text]).items()}
        row = self._embed([text], prompt, False, truncate_dim, None)[0]
        return {**given, "token_embeddings": to_torch(self._text.token_vectors(text, prompt=prompt)),
                "sentence_embedding": to_torch(row)}

    def _full_dimension(self) -> int:
        if self._dimension is None:
            self._dimension = self._text.embed([""], None, "").shape[1]
        return self._dimension

    def get_sentence_embedding_dimension(self) -> int:
        """How many numbers a vector has."""
        full = self._full_dimension()
        return min(full, self.truncate_dim) if self.truncate_dim else full

    @contextlib.contextmanager
    def truncate_sentence_embeddings(self, truncate_dim: int | None) -> Iterator[None]:
        """In a with statement: vectors have only the first so many numbers."""
        before = self.truncate_dim
        self.truncate_dim = truncate_dim
        try:
            yield
        finally:
            self.truncate_dim = before

    @property
    def similarity_fn_name(self) -> str:
        """"cosine", "dot", "euclidean" or "manhattan": as the folder says, or as it was set."""
        return self._similarity_fn_name

    @similarity_fn_name.setter
    def similarity_fn_name(self, name: Any) -> None:
        name = getattr(name, "value", name) or "cosine"
        if name not in FUNCTIONS:
            raise ValueError(f"similarity {name!r} is not known: there are {', '.join(FUNCTIONS)}")
        self._similarity_fn_name: str = name

    def similarity(self, embeddings1: Any, embeddings2: Any) -> Any:
        """How alike each of the first is to each of the second: an array of torch where one of
        them is, else of NumPy."""
        return self._compare(similarity, embeddings1, embeddings2)

    def similarity_pairwise(self, embeddings1: Any, embeddings2: Any) -> Any:
        """How alike each of the first is to that of the second in the same place."""
        return self._compare(pairwise, embeddings1, embeddings2)

    def _compare(self, how: Any, embeddings1: Any, embeddings2: Any) -> Any:
        scores = how(self.similarity_fn_name, to_numpy(embeddings1), to_numpy(embeddings2))
        return to_torch(scores) if holds_torch(embeddings1, embeddings2) else scores

    @property
    def tokenizer(self) -> _henson.Tokenizer:
        """Text to ids."""
        return self._text.tokenizer

    def tokenize(self, texts: Any) -> dict[str, Any]:
        """The ids of texts, padded to the longest, as sentence-transformers gives them to a model:
        tensors where torch is imported, else arrays of NumPy."""
        from henson._tokenize import padded

        batch = padded(self._text, list_of_texts(texts))
        return {name: to_torch(a) for name, a in batch.items()} if "torch" in sys.modules else batch

    @property
    def max_seq_length(self) -> int:
        """Tokens of the longest text, special ones too; longer ones lose their end."""
        return self._text.max_length

    @max_seq_length.setter
    def max_seq_length(self, length: int) -> None:
        self._text = self._text.share(length)
        self._max_length = length

    def get_max_seq_length(self) -> int:
        """max_seq_length."""
        return self.max_seq_length

    def explain(self) -> list[tuple[str, str, str]]:
        """What is done, and which file says so: name, value, origin."""
        return self._text.explain()

    @property
    def device(self) -> Any:
        """The CPU, as torch names it where it is imported."""
        return cpu()

    def to(self, device: Any = None) -> SentenceTransformer:
        """Only to("cpu"), where it is."""
        check_device(device)
        return self

    def eval(self) -> SentenceTransformer:
        """Does nothing: Henson does not train."""
        return self

    def start_multi_process_pool(self, target_devices: list[str] | None = None) -> dict[str, Any]:
        """For programs that have it: encode() itself uses all processors."""
        for device in target_devices or []:
            check_device(device)
        return {"input": None, "output": None, "processes": []}

    @staticmethod
    def stop_multi_process_pool(pool: dict[str, Any]) -> None:
        """Does nothing: there are no processes to stop."""

    def encode_multi_process(self, sentences: Any, pool: Any = None, **options: Any) -> Any:
        """The same as encode()."""
        return self.encode(sentences, **options)

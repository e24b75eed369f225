"""Batches of ids, as models take them that need padding."""
from __future__ import annotations

from typing import Any

from henson import _henson


def padded(model: _henson.TextModel, texts: list[str]) -> dict[str, Any]:
    import numpy as np

    encodings = [model.tokenizer.encode(text.strip(), max_length=model.max_length)
                 for text in texts]
    shape = (len(encodings), max((len(e) for e in encodings), default=0))
    pad = model.tokenizer.pad_id
    batch = {"input_ids": np.full(shape, 0 if pad is None else pad, np.int64),
             "token_type_ids": np.zeros(shape, np.int64),
             "attention_mask": np.zeros(shape, np.int64)}
    for row, encoding in enumerate(encodings):
        batch["input_ids"][row, :len(encoding)] = encoding.ids
        batch["token_type_ids"][row, :len(encoding)] = encoding.type_ids
        batch["attention_mask"][row, :len(encoding)] = 1
    return batch

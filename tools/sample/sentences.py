"""The recorded sentences of a sample: their token ids and the embeddings that PyTorch gave.

A record is a JSON file {"made_with": ..., "sentences": [{"text", "ids", "embedding"}, ...]}.
"""
import json


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def batch(record):
    """The padded batch as npz arrays: 0 = input_ids, 1 = attention_mask, 2 = token_type_ids."""
    rows = [sentence["ids"] for sentence in record["sentences"]]
    length = max(map(len, rows))
    shape = (len(rows), length)
    ids = [i for row in rows for i in row + [0] * (length - len(row))]
    mask = [int(k < len(row)) for row in rows for k in range(length)]
    return {"0": ("<i8", shape, ids), "1": ("<i8", shape, mask), "2": ("<i8", shape, [0] * len(ids))}

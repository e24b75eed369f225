"""Vectors in fewer bits, as sentence-transformers' quantize_embeddings makes them."""
from __future__ import annotations

from typing import Any

PRECISIONS = ("float32", "int8", "uint8", "binary", "ubinary")


def quantize(rows: Any, precision: str) -> Any:
    """int8, uint8: by the least and the largest number of each column. binary, ubinary: a bit a
    number, whether it is above 0."""
    import numpy as np

    if precision in ("binary", "ubinary"):
        bits = np.packbits(rows > 0).reshape(rows.shape[0], -1)
        return bits if precision == "ubinary" else (bits - 128).astype(np.int8)
    least = rows.min(axis=0)
    steps = (rows.max(axis=0) - least) / 255
    with np.errstate(invalid="ignore", divide="ignore"):
        levels = (rows - least) / steps
        return levels.astype(np.uint8) if precision == "uint8" else (levels - 128).astype(np.int8)

"""How alike vectors are, as sentence-transformers computes it."""
from __future__ import annotations

from typing import Any

FUNCTIONS = ("cosine", "dot", "euclidean", "manhattan")


def _rows(array: Any) -> Any:
    import numpy as np

    array = np.asarray(array, np.float32)
    return array[None, :] if array.ndim == 1 else array


def _normalized(rows: Any) -> Any:
    import numpy as np

    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


def similarity(name: str, first: Any, second: Any) -> Any:
    """A row for each of the first, a column for each of the second."""
    import numpy as np

    first, second = _rows(first), _rows(second)
    if name == "cosine":
        return _normalized(first) @ _normalized(second).T
    if name == "dot":
        return first @ second.T
    order = 2 if name == "euclidean" else 1
    return np.stack([-np.linalg.norm(row - second, ord=order, axis=1) for row in first])


def pairwise(name: str, first: Any, second: Any) -> Any:
    """One score for each pair of rows."""
    import numpy as np

    first, second = _rows(first), _rows(second)
    if name == "cosine":
        first, second = _normalized(first), _normalized(second)
    if name in ("cosine", "dot"):
        return (first * second).sum(axis=1)
    return -np.linalg.norm(first - second, ord=2 if name == "euclidean" else 1, axis=1)

"""NumPy and torch, where a program uses them."""
from __future__ import annotations

import sys
from typing import Any


def is_torch(value: Any) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def cpu() -> Any:
    torch = sys.modules.get("torch")
    return "cpu" if torch is None else torch.device("cpu")


def to_torch(array: Any) -> Any:
    """A tensor over the array's own elements."""
    import torch

    return torch.from_numpy(array)


def to_numpy(values: Any) -> Any:
    """An array of float32 of an array, a tensor, or a list of either."""
    import numpy as np

    if is_torch(values):
        return values.detach().cpu().float().numpy()
    if isinstance(values, (list, tuple)) and values and is_torch(values[0]):
        return np.stack([to_numpy(value) for value in values])
    return np.asarray(values)


def holds_torch(*values: Any) -> bool:
    return any(is_torch(v) or (isinstance(v, (list, tuple)) and v and is_torch(v[0]))
               for v in values)

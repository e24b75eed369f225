"""Texts as callers have them, in groups that are computed at once."""
from __future__ import annotations

from typing import Any, Iterator

# Enough for sequences of like lengths to run together; few enough for Ctrl-C to be heard.
AT_ONCE = 256


def list_of_texts(texts: Any) -> list[str]:
    """A list, a column of a table, or an array of texts as a list of str."""
    listed = texts.to_pylist() if hasattr(texts, "to_pylist") else list(texts)
    for i, text in enumerate(listed):
        if not isinstance(text, str):
            raise TypeError(f"text {i} is of type {type(text).__name__}, and not str")
    return listed


def groups(items: list, show_progress_bar: bool | None) -> Iterator[tuple[int, list]]:
    """The items in groups, each with the number of its first."""
    bar = _progress_bar(len(items)) if show_progress_bar else None
    for begin in range(0, len(items), AT_ONCE):
        group = items[begin:begin + AT_ONCE]
        yield begin, group
        if bar is not None:
            bar.update(len(group))
    if bar is not None:
        bar.close()


def _progress_bar(total: int) -> Any:
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return None
    return tqdm(total=total, desc="Texts")

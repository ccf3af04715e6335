"""A card that is too small, on a machine without one: torch's own error where a model is called with too much."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

REASON = "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 8.00 GiB."


def small_card(patch: pytest.MonkeyPatch, owner: Any, name: str, most: int, rows: Callable[..., int]) -> list[int]:
    """Let `owner.name` fail where it is called with more than `most` rows; returns the rows of every call."""
    calls: list[int] = []
    original = getattr(owner, name)

    def limited(*arguments: Any, **options: Any) -> Any:
        calls.append(rows(*arguments, **options))
        if calls[-1] > most:
            raise torch.OutOfMemoryError(REASON)
        return original(*arguments, **options)

    patch.setattr(owner, name, limited)
    return calls

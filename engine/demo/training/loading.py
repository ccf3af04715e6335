"""Batches on their way to where they are trained on."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import torch
from torch.utils.data import DataLoader, Dataset

from engine.demo.training.parallel import device

Made = TypeVar("Made")


def batches(make: Callable[[int], Made], first: int, end: int) -> Iterator[Made]:
    """`make(first)` to `make(end - 1)` on the device; each is a tensor, or tuples of tensors.

    A card is faster than one core fills batches, so there processes of their own make them ahead.
    """
    steps = range(first, end)
    for made in DataLoader(_Steps(make), batch_size=None, sampler=steps, num_workers=loaders(), collate_fn=_as_it_is):
        yield _moved(made, device())


def loaders() -> int:
    """How many processes make batches ahead."""
    return 8 if device().type == "cuda" else 0


class _Steps(Dataset):  # type: ignore[misc]
    """What each step is trained on, by its number."""

    def __init__(self, make: Callable[[int], Any]) -> None:
        self.make = make

    def __getitem__(self, step: int) -> Any:
        return self.make(step)


def _as_it_is(made: Any) -> Any:
    return made


def _moved(made: Any, where: torch.device) -> Any:
    if isinstance(made, torch.Tensor):
        return made.to(where)
    parts = [_moved(part, where) for part in made]
    return type(made)(*parts) if hasattr(made, "_fields") else tuple(parts)

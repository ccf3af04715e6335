"""Batches on their way to where they are trained on."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import torch
from torch.utils.data import DataLoader, Dataset

from engine.base import default_device
from engine.demo.drawing.scene import one_thread
from engine.demo.training.cached import cores

_LOADERS = 8

Made = TypeVar("Made")


def batches(make: Callable[[int], Made], first: int, end: int) -> Iterator[Made]:
    """`make(first)` to `make(end - 1)` on the device; each is a tensor, or tuples of tensors.

    A card is faster than one core fills batches, so there processes of their own make them ahead.
    """
    steps = range(first, end)
    one_thread()  # before processes are forked: OpenCV's threads do not come along, and a child would wait for them
    ahead = DataLoader(
        _Steps(make),
        batch_size=None,
        sampler=steps,
        num_workers=loaders() if steps else 0,
        collate_fn=_as_it_is,
    )
    for made in ahead:
        yield _moved(made, default_device())


def loaders() -> int:
    """How many processes make batches ahead."""
    return min(_LOADERS, cores()) if default_device().type == "cuda" else 0


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

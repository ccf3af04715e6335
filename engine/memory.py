"""Out of memory on the card: fewer at once, and where even one is too many, the figures a person needs."""

import gc
import os
import re
import sys
from collections.abc import Callable
from pathlib import PurePath
from typing import TypeVar

from db.i18n import _
from db.text import size_text
from engine.card import Card, card

Result = TypeVar("Result")
_TRIED = re.compile(r"Tried to allocate ([\d.]+) (B|KiB|MiB|GiB)|requested buffer of size (\d+)")
_UNITS = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
_OTHER_WORDS = ("Failed to allocate memory", "out of memory", "ALLOC_FAILED")  # onnxruntime's, and of cuBLAS and cuDNN
_USERS_NAMED = 3


class NeedsMemory(Exception):
    """The card has no room for even one picture; `free` is what has to be free on it, 0 where that is unknown."""

    def __init__(self, words: str, free: int) -> None:
        super().__init__(words)
        self.free = free


def is_out_of_memory(error: BaseException) -> bool:
    """Whether torch or onnxruntime failed for lack of memory on the card."""
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(error, torch.OutOfMemoryError):
        return True
    ours = isinstance(error, RuntimeError) or type(error).__module__.startswith("onnxruntime")
    return ours and any(words in str(error) for words in _OTHER_WORDS)


def fitting(size: int, attempt: Callable[[int], Result], fewer: Callable[[int], None], smallest: int = 1) -> Result:
    """The result of `attempt(size)`, or of half of it, half of that and so on, as soon as the card has memory for one.

    `fewer` is told each new size before it is tried. Raises `NeedsMemory` where `smallest` is too many.
    """
    while True:
        try:
            return attempt(size)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            lack = lacking_memory(error)
        free_cache()  # only here, for the error held what the attempt had allocated
        if size <= smallest:
            raise lack
        size //= 2
        fewer(size)


def lacking_memory(error: BaseException) -> NeedsMemory:
    """The figures of an error for which `is_out_of_memory` holds: needed, free, in all, and who else uses the card."""
    tried, held = _tried(str(error)), _held()
    found = card()
    if found is None:
        reason = str(error).partition("\n")[0]
        return NeedsMemory(_("needs memory on the card: {reason}").format(reason=reason), 0)
    words = _("needs memory on the card: {needed} needed, {free} free of {total}").format(
        needed=size_text(held + tried), free=size_text(found.free + held), total=size_text(found.total)
    )
    return NeedsMemory("; ".join([words, *_others(found)]), held + tried)


def _tried(reason: str) -> int:
    """The bytes that could not be had, as the error tells them; 0 where it does not."""
    match = _TRIED.search(reason)
    if match is None:
        return 0
    return int(match[3]) if match[3] else int(float(match[1]) * _UNITS[match[2]])


def _held() -> int:
    """The bytes of the card that torch holds for this process."""
    torch = sys.modules.get("torch")
    return int(torch.cuda.memory_reserved()) if torch is not None and torch.cuda.is_available() else 0


def _others(found: Card) -> list[str]:
    """`also on it: game 2.1 GB`, most first."""
    others = [user for user in found.users if user.pid != os.getpid()][:_USERS_NAMED]
    if not others:
        return []
    named = ", ".join(f"{PurePath(user.name).name} {size_text(user.bytes)}" for user in others)
    return [_("also on it: {programs}").format(programs=named)]


def free_cache() -> None:
    """Give back to the card what nothing uses any more."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()

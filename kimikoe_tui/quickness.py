"""Keys come first: other threads give way and hand over within a blink, and memory is tidied while nobody types."""

import asyncio
import gc
import os
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from rich.style import Style
from textual import constants, screen
from textual._styles_cache import StylesCache
from textual.strip import Strip

HAND_OVER_SECONDS = 0.0005
"""So long at most the terminal's writer waits for work in Python elsewhere; Python's own choice is 5 ms."""
NICENESS = 1
"""Workers give way to the thread that hears keys, and the frame server to both."""
FRAMES = 240
"""A second, at most: a change waits 4 ms for its frame; of the 60 that Textual itself would paint it waits up to 17."""
IDLE_SECONDS = 1.0
NEVER = 1_000_000


def hand_over_quickly() -> None:
    """Let what is ready to be written go out in the middle of a repaint."""
    sys.setswitchinterval(HAND_OVER_SECONDS)


def let_work_give_way() -> None:
    """Have a processor that the running loop and its workers want go to the loop."""
    workers = ThreadPoolExecutor(thread_name_prefix="work", initializer=os.nice, initargs=(NICENESS,))
    asyncio.get_running_loop().set_default_executor(workers)


def paint_soon() -> None:
    """Let what a key changed be painted soon; where nothing changes nothing is painted."""
    screen.UPDATE_PERIOD = 1 / max(constants.MAX_FPS, FRAMES)  # type: ignore[misc]


def set_program_aside() -> None:
    """Let no search for unreachable objects look at what the program consists of."""
    gc.freeze()


def let_lines_go() -> None:
    """Let lines go when nothing shows them. Textual's keep themselves, as the only part of themselves, and with them
    all that was made of them, until a search finds tens of thousands of objects."""
    setattr(Strip, "divide", _divide)  # noqa: B010  # as a method it may not be assigned
    setattr(Strip, "crop_extend", _crop_extend)  # noqa: B010


_divided, _cropped = Strip.divide, Strip.crop_extend


def _divide(strip: Strip, cuts: Iterable[int]) -> Sequence[Strip]:
    within = [cut for cut in cuts if cut <= strip.cell_length]
    return [strip] if within == [strip.cell_length] else _divided(strip, within)


def _crop_extend(strip: Strip, start: int, end: int, style: Style | None) -> Strip:
    return strip if (start, end) == (0, strip.cell_length) else _cropped(strip, start, end, style)


class Tidying:
    """Looks for unreachable objects between keys, never at one: a whole search takes longer than a key may wait.

    The first one sets aside what is alive then, which no later one looks at again.
    """

    def __init__(self) -> None:
        young, middle, _old = gc.get_threshold()
        gc.set_threshold(young, middle, NEVER)
        self._done: float | None = None

    def tick(self, heard: float, now: float) -> None:
        """Tidy once after keys, when the last was `heard` a while before `now`; both in seconds."""
        if now - heard < IDLE_SECONDS or (self._done is not None and self._done >= heard):
            return
        StylesCache.get_inner_outer.cache_clear()  # Textual keeps a thousand lost widgets by their colours
        gc.collect()
        if self._done is None:
            gc.freeze()
        self._done = now

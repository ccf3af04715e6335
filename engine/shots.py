"""Shots: the frames between two cuts, found from what was measured of every frame while it was decoded.

A cut changes the picture far more than the frames around it do, which fast motion does not. A flash changes it twice
and comes back, which a cut does not.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.measured import Measured

SMALLEST_CHANGE = 8.0
SMALLEST_RATIO = 3.25
NEIGHBOURS = 2
DRAWING_CHANGE = 1.0
DRAWING_WINDOW = 8
SMALLEST_DRAWING_RATIO = 2.0
LONGEST_FLASH = 5
RETURN_SHARE = 0.25
AROUND = max(NEIGHBOURS, DRAWING_WINDOW, 1 + LONGEST_FLASH)


@dataclass(frozen=True)
class ShotSpan:
    """Frames `first`..`last` between two cuts."""

    first: int
    last: int


def small_hsv(luma: NDArray[np.uint8], blue: NDArray[np.uint8], red: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """HSV [h, w, 3] of small luma and chroma planes; hue is 0..179."""
    rgb = cv2.cvtColor(cv2.merge((luma, red, blue)), cv2.COLOR_YCrCb2RGB)
    hsv: NDArray[np.uint8] = cv2.cvtColor(rgb, cv2.COLOR_RGB2HSV)
    return hsv


def hsv_change(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    """Mean change of hue, saturation and value, 0..255; hue counts around its circle."""
    hue, saturation, value = cv2.split(cv2.absdiff(a, b))
    around_circle = np.minimum(hue, 180 - hue)
    return (cv2.mean(around_circle)[0] + cv2.mean(saturation)[0] + cv2.mean(value)[0]) / 3


def find_shots(slices: Iterable[Measured]) -> Iterator[ShotSpan]:
    """Frames without a gap between them as shots that cover all of them; a shot may reach over several slices."""
    for first, after in pairwise(_bounds(slices)):
        yield ShotSpan(first, after - 1)


def _bounds(slices: Iterable[Measured]) -> Iterator[int]:
    """The first frame of every shot, and the one after the last."""
    for frames, places in _windows(slices):
        if places.start == 0:
            yield int(frames.numbers[0])
        yield from frames.numbers[[index for index in _cuts(frames) if index in places]].tolist()
        if places.stop == len(frames):
            yield int(frames.numbers[-1]) + 1


def _windows(slices: Iterable[Measured]) -> Iterator[tuple[Measured, range]]:
    """Frames among those around them, and where they are there: each of them once, from the first to the last."""
    window: Measured | None = None
    start = 0
    for frames in slices:
        window = frames if window is None else window.before(frames)
        end = len(window) - AROUND
        if end > start:
            yield window, range(start, end)
            window, start = window[max(0, end - AROUND) :], min(end, AROUND)
    if window is not None:
        yield window, range(start, len(window))


def _cuts(frames: Measured) -> list[int]:
    return [
        index
        for index in _sudden_changes(frames.changes)
        if not _is_one_drawing_of_many(frames.changes, index) and not _is_flash_edge(frames.areas, index)
    ]


def _sudden_changes(changes: NDArray[np.float64]) -> list[int]:
    """Frames whose change is large, and large beside the mean of the two frames on either side."""
    padded = np.pad(changes, NEIGHBOURS)
    sides = [offset for offset in range(2 * NEIGHBOURS + 1) if offset != NEIGHBOURS]
    around = np.mean([padded[offset : offset + len(changes)] for offset in sides], axis=0)
    sudden = (changes >= SMALLEST_CHANGE) & (changes >= SMALLEST_RATIO * around)
    sudden[0] = False
    return [int(index) for index in np.flatnonzero(sudden)]


def _is_one_drawing_of_many(changes: NDArray[np.float64], index: int) -> bool:
    """Whether the drawings around change about as much: motion on threes stands alone among the frames beside it."""
    before = changes[max(0, index - DRAWING_WINDOW) : index]
    after = changes[index + 1 : index + 1 + DRAWING_WINDOW]
    drawings = np.concatenate(
        (before[before >= DRAWING_CHANGE][-NEIGHBOURS:], after[after >= DRAWING_CHANGE][:NEIGHBOURS])
    )
    return bool(drawings.size and changes[index] < SMALLEST_DRAWING_RATIO * np.median(drawings))


def _is_flash_edge(means: NDArray[np.uint8], index: int) -> bool:
    """Whether the picture before this frame comes back within a few frames, or this frame's had just been there."""
    jump = np.abs(means[index].astype(np.int16) - means[index - 1]).mean()
    later = means[index + 1 : index + 1 + LONGEST_FLASH].astype(np.int16)
    earlier = means[max(0, index - 1 - LONGEST_FLASH) : index - 1].astype(np.int16)
    returns = np.abs(later - means[index - 1]).mean(axis=1)
    leaves = np.abs(earlier - means[index]).mean(axis=1)
    return bool((np.concatenate((returns, leaves)) < RETURN_SHARE * jump).any())

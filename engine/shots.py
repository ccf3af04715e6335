"""Shots: the frames between two cuts, found from what was measured of every frame while it was decoded.

A cut changes the picture far more than the frames around it do, which fast motion does not. A flash changes it twice
and comes back, which a cut does not.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

SMALLEST_CHANGE = 8.0
SMALLEST_RATIO = 3.25
NEIGHBOURS = 2
DRAWING_CHANGE = 1.0
DRAWING_WINDOW = 8
SMALLEST_DRAWING_RATIO = 2.0
LONGEST_FLASH = 5
RETURN_SHARE = 0.25


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


def find_shots(numbers: Sequence[int], changes: Sequence[float], signatures: Sequence[bytes]) -> list[ShotSpan]:
    """Consecutive frames as shots that cover all of them.

    `changes[i]` is frame i's `hsv_change` since the frame before, `signatures[i]` its 16x9 luma means.
    """
    if not numbers:
        return []
    means = np.frombuffer(b"".join(signatures), np.uint8).reshape(len(numbers), -1)
    change = np.asarray(changes, np.float64)
    cuts = [
        index
        for index in _sudden_changes(change)
        if not _is_one_drawing_of_many(change, index) and not _is_flash_edge(means, index)
    ]
    firsts = [0, *cuts]
    ends = [*cuts, len(numbers)]
    return [ShotSpan(numbers[first], numbers[end - 1]) for first, end in zip(firsts, ends, strict=True)]


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

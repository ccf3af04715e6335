"""Holds: runs of frames that show the same drawing, since animation is drawn on twos and threes.

Every frame is compared as small luma, an area mean of about 240x135, where a mouth of 8x8 pixels at 1080p still
changes a pixel but grain and compression noise average out. A slow pan or a fade changes a pixel no more than coarse
compression does, but it moves the means of whole areas, which noise leaves where they are: what leaves them counts
half, and what moves them far is no repeat. The distances are stored, so that another threshold regroups a film without
decoding it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from db.exposures import HIGHEST_THRESHOLD
from engine.fit import area_average
from engine.measured import Measured

METHOD = "max luma 240x135, half where 16x9 areas stand still, none where one moves far, head 16x9"
SMALL_WIDTH, SMALL_HEIGHT = 240, 135
SIGNATURE_WIDTH, SIGNATURE_HEIGHT = 16, 9
PLANAR_FORMATS = ("yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p")
GREATEST_DISTANCE = 255
STANDING_STILL, MOVING_FAR = 0.12, 1.75
NO_REPEAT = HIGHEST_THRESHOLD + 1
FRAMES_COMPARED_AT_ONCE = 48
NO_FRAME = -1


@dataclass(frozen=True)
class Look:
    """What is compared of a frame: luma [h, w] of at most 240x135, and the means [9, 16] of its areas, float32."""

    luma: NDArray[np.uint8]
    areas: NDArray[np.float32]

    @property
    def signature(self) -> bytes:
        """The means of the 16x9 areas, rounded, for the comparison with a hold's first frame."""
        return bytes(np.rint(self.areas).astype(np.uint8).tobytes())


@dataclass(frozen=True)
class HoldSpan:
    """Frames `first`..`last` show one drawing; `key_frame` is its first untainted frame, None where all are."""

    first: int
    last: int
    key_frame: int | None

    def before(self, later: "HoldSpan") -> "HoldSpan":
        """The same hold with what of it comes later."""
        return HoldSpan(self.first, later.last, later.key_frame if self.key_frame is None else self.key_frame)


def small_planes(frame: Any) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    """Luma and both chroma planes [h, w] of a decoded frame, area-averaged to fit 240x135."""
    if frame.format.name.removesuffix("10le") not in PLANAR_FORMATS:
        frame = frame.reformat(format="yuv420p")
    width, height = small_size(frame.width, frame.height)
    luma, blue, red = (_small_plane(frame, index, width, height) for index in range(3))
    return luma, blue, red


def small_size(width: int, height: int) -> tuple[int, int]:
    """The size of a picture shrunk to fit 240x135, never enlarged."""
    scale = max(width / SMALL_WIDTH, height / SMALL_HEIGHT, 1.0)
    return max(1, round(width / scale)), max(1, round(height / scale))


def _small_plane(frame: Any, index: int, width: int, height: int) -> NDArray[np.uint8]:
    component, plane = frame.format.components[index], frame.planes[index]
    dtype = np.uint8 if component.bits == 8 else np.uint16
    samples = np.frombuffer(plane, dtype).reshape(plane.height, -1)[:, : plane.width]
    small = area_average(samples, width, height, oversampled=1)
    return small if component.bits == 8 else (small >> (component.bits - 8)).astype(np.uint8)


def look(luma: NDArray[np.uint8]) -> Look:
    """A small picture as it is compared with others."""
    size = (SIGNATURE_WIDTH, SIGNATURE_HEIGHT)
    areas: NDArray[np.float32] = cv2.resize(luma.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return Look(luma, areas)


def luma_distance(a: Look, b: Look) -> int:
    """The greatest change of any pixel, 0..255, halved where no area's mean moved: then it is noise of the encode.

    On synthetic limited animation nearly all encoded repeats move means by at most 0.1, and none by more than 1.6; a
    pan of a third of a pixel a frame moves one by 0.14 and more, a fade over a second and a half by 2 and more, though
    no pixel by much: such a change is above every threshold that is estimated. Pictures of different sizes differ most.
    """
    if a.luma.shape != b.luma.shape:
        return GREATEST_DISTANCE
    greatest = int(cv2.absdiff(a.luma, b.luma).max())
    moved = np.abs(a.areas - b.areas).max()
    if moved > MOVING_FAR:
        return max(greatest, NO_REPEAT)
    return (greatest + 1) // 2 if moved <= STANDING_STILL else greatest


def signature_distance(a: bytes, b: bytes) -> int:
    """The greatest change of any of the areas, 0..255."""
    return int(np.abs(np.frombuffer(a, np.uint8).astype(np.int16) - np.frombuffer(b, np.uint8)).max())


def continues_hold(distance: int, signature_now: bytes, signature_head: bytes, threshold: int) -> bool:
    """Whether a frame shows the drawing of the hold before it.

    The comparison with the hold's first frame (head) ends a hold that a slow pan or a fade would drift through.
    """
    return distance <= threshold and signature_distance(signature_now, signature_head) <= threshold


class HoldHeads:
    """Where holds begin, slice after slice of a film: the same as asking `continues_hold` of frame after frame."""

    def __init__(self, threshold: int) -> None:
        self._threshold = threshold
        self._last = NO_FRAME
        self._head: NDArray[np.uint8] | None = None  # [1, 144] of the first frame of the hold that goes on

    def __call__(self, frames: Measured) -> list[int]:
        """Indices into the slice, which comes after those before it; a gap in the numbers ends a hold, too."""
        new = (frames.distances > self._threshold) | (np.diff(frames.numbers, prepend=self._last) != 1)
        areas = np.concatenate((frames.areas[:1] if self._head is None else self._head, frames.areas))
        heads = _with_drifts(areas, np.append(0, np.flatnonzero(new) + 1), self._threshold)
        self._last, self._head = int(frames.numbers[-1]), areas[heads[-1], None]
        return [head - 1 for head in heads[1:]]


def _with_drifts(areas: NDArray[np.uint8], starts: NDArray[np.int64], threshold: int) -> list[int]:
    """Where runs of little changes begin, and where frames of them have drifted away from the head before them."""
    ends = np.append(starts[1:], len(areas))
    first = np.repeat(areas[starts], ends - starts, axis=0)
    away = (np.maximum(areas, first) - np.minimum(areas, first)).max(axis=1) > threshold
    drifting = np.flatnonzero(np.logical_or.reduceat(away, starts))
    drifts = (_drifts(areas, int(starts[run]), int(ends[run]), threshold) for run in drifting)
    return sorted(chain(starts.tolist(), *drifts))


def _drifts(areas: NDArray[np.uint8], head: int, end: int, threshold: int) -> Iterator[int]:
    """Each frame of a run of little changes that has drifted away from the head before it."""
    index = head + 1
    while index < end:
        stop = min(end, index + FRAMES_COMPARED_AT_ONCE)
        away = np.abs(areas[index:stop].astype(np.int16) - areas[head]).max(axis=1) > threshold
        if away.any():
            head = index + int(away.argmax())
            yield head
        index = head + 1 if away.any() else stop


def group_holds(slices: Iterable[Measured], threshold: int) -> Iterator[HoldSpan]:
    """Frames as holds that cover all of them; a hold may reach over several slices."""
    heads = HoldHeads(threshold)
    waiting: HoldSpan | None = None
    for frames in slices:
        for begins, span in _spans(frames, heads(frames)):
            if waiting and begins:
                yield waiting
            waiting = span if begins or waiting is None else waiting.before(span)
    if waiting:
        yield waiting


def _spans(frames: Measured, heads: Sequence[int]) -> Iterator[tuple[bool, HoldSpan]]:
    """What of each hold lies in a slice, and whether it begins there."""
    numbers, tainted, begun = frames.numbers.tolist(), frames.tainted.tolist(), set(heads)
    for start, end in pairwise([*sorted(begun | {0}), len(numbers)]):
        key = next((numbers[index] for index in range(start, end) if not tainted[index]), None)
        yield start in begun, HoldSpan(numbers[start], numbers[end - 1], key)

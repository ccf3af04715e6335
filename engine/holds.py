"""Holds: runs of frames that show the same drawing, since animation is drawn on twos and threes.

Every frame is compared as small luma, an area mean of about 240x135, where a mouth of 8x8 pixels at 1080p still
changes a pixel but grain and compression noise average out. The distances are stored, so that another threshold
regroups a film without decoding it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

METHOD = "max luma 240x135, head 16x9"
SMALL_WIDTH, SMALL_HEIGHT = 240, 135
SIGNATURE_WIDTH, SIGNATURE_HEIGHT = 16, 9
LOWEST_THRESHOLD, DEFAULT_THRESHOLD, HIGHEST_THRESHOLD = 2, 5, 12
PLANAR_FORMATS = ("yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p")
GREATEST_DISTANCE = 255
NOISE_SEARCH_LIMIT = 16
SMALLEST_DUPLICATE_SHARE = 0.1
VALLEY_SHARE = 0.05


@dataclass(frozen=True)
class HoldSpan:
    """Frames `first`..`last` show one drawing; `key_frame` is its first untainted frame, None where all are."""

    first: int
    last: int
    key_frame: int | None


def small_planes(frame: Any) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    """Luma and both chroma planes [h, w] of a decoded frame, area-averaged to fit 240x135."""
    if frame.format.name.removesuffix("10le") not in PLANAR_FORMATS:
        frame = frame.reformat(format="yuv420p")
    width, height = small_size(frame.width, frame.height)
    luma, blue, red = (_small_plane(frame, index, width, height) for index in range(3))
    return luma, blue, red


def small_luma(frame: Any) -> NDArray[np.uint8]:
    """Luma [h, w] of a decoded frame, area-averaged to fit 240x135."""
    return small_planes(frame)[0]


def small_size(width: int, height: int) -> tuple[int, int]:
    """The size of a picture shrunk to fit 240x135, never enlarged."""
    scale = max(width / SMALL_WIDTH, height / SMALL_HEIGHT, 1.0)
    return max(1, round(width / scale)), max(1, round(height / scale))


def _small_plane(frame: Any, index: int, width: int, height: int) -> NDArray[np.uint8]:
    component, plane = frame.format.components[index], frame.planes[index]
    dtype = np.uint8 if component.bits == 8 else np.uint16
    samples = np.frombuffer(plane, dtype).reshape(plane.height, -1)[:, : plane.width]
    small = _shrink(samples, width, height)
    return small if component.bits == 8 else (small >> (component.bits - 8)).astype(np.uint8)


def _shrink(plane: NDArray[Any], width: int, height: int) -> NDArray[Any]:
    """Area average; exact halvings first, for which OpenCV is several times faster than for one large step."""
    while plane.shape[1] >= 2 * width and plane.shape[0] >= 2 * height and not (plane.shape[0] | plane.shape[1]) & 1:
        plane = cv2.resize(plane, (plane.shape[1] // 2, plane.shape[0] // 2), interpolation=cv2.INTER_AREA)
    if plane.shape != (height, width):
        plane = cv2.resize(plane, (width, height), interpolation=cv2.INTER_AREA)
    return plane


def luma_distance(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> int:
    """The greatest change of any area, 0..255; pictures of different sizes differ most."""
    if a.shape != b.shape:
        return GREATEST_DISTANCE
    return int(cv2.absdiff(a, b).max())


def signature(small: NDArray[np.uint8]) -> bytes:
    """Means of 16x9 areas, stored with each frame for the comparison with a hold's first frame."""
    size = (SIGNATURE_WIDTH, SIGNATURE_HEIGHT)
    return bytes(cv2.resize(small, size, interpolation=cv2.INTER_AREA).tobytes())


def signature_distance(a: bytes, b: bytes) -> int:
    """The greatest change of any of the areas, 0..255."""
    return int(np.abs(np.frombuffer(a, np.uint8).astype(np.int16) - np.frombuffer(b, np.uint8)).max())


def continues_hold(distance: int, signature_now: bytes, signature_head: bytes, threshold: int) -> bool:
    """Whether a frame shows the drawing of the hold before it.

    The comparison with the hold's first frame (head) ends a hold that a slow pan or a fade would drift through.
    """
    return distance <= threshold and signature_distance(signature_now, signature_head) <= threshold


def group_holds(
    numbers: Sequence[int],
    distances: Sequence[int],
    signatures: Sequence[bytes],
    threshold: int,
    tainted: Sequence[bool],
) -> list[HoldSpan]:
    """Consecutive frames as holds that cover all of them; `distances` are to the frame before."""
    heads: list[int] = []
    for index, (distance, now) in enumerate(zip(distances, signatures, strict=True)):
        if not heads or not continues_hold(distance, now, signatures[heads[-1]], threshold):
            heads.append(index)
    ends = [*heads[1:], len(numbers)]
    return [_span(numbers, tainted, head, end) for head, end in zip(heads, ends, strict=False)]


def _span(numbers: Sequence[int], tainted: Sequence[bool], head: int, end: int) -> HoldSpan:
    key = next((numbers[index] for index in range(head, end) if not tainted[index]), None)
    return HoldSpan(numbers[head], numbers[end - 1], key)


def estimate_threshold(distances: Sequence[int]) -> int:
    """The threshold that fits the film's encode: where the peak of repeated drawings ends.

    Repeats gather near 0, the wider the noisier the encode; the threshold is the foot of that peak. A film that
    hardly repeats drawings gets the default.
    """
    counts = np.bincount(np.clip(np.asarray(distances, np.int64), 0, 255), minlength=256).astype(float)
    low = counts[:NOISE_SEARCH_LIMIT]
    if low.sum() < SMALLEST_DUPLICATE_SHARE * max(counts.sum(), 1):
        return DEFAULT_THRESHOLD
    foot = int(low.argmax())
    floor = VALLEY_SHARE * low.max()
    while foot < HIGHEST_THRESHOLD and counts[foot + 1 : foot + 3].mean() > floor:
        foot += 1
    return max(LOWEST_THRESHOLD, min(foot, HIGHEST_THRESHOLD))

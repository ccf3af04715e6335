"""How a film picture reaches a model of another shape: one region, one resize, the same for every stage."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

FitMode = Literal["pad", "cover"]
NEAR_BLACK = 16
BRIGHT_SHARE_OF_LINE = 0.02
SAMPLES_LIT_IN_BARS = 0.1
SMALLEST_CROP_SHARE = 1 / 3
ROUNDING = 1e-6


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels of the displayed picture."""

    x: int
    y: int
    w: int
    h: int


@dataclass(frozen=True)
class Fit:
    """The part of a picture that is shown (`crop`, without the letterbox) and how it fills another shape.

    `pad` centres the whole crop on a plain colour; `cover` takes the largest region of the target's aspect about
    the focus, which is given as shares of the crop's width and height.
    """

    crop: Box
    mode: FitMode
    focus_x: float = 0.5
    focus_y: float = 0.5


def whole_picture(width: int, height: int) -> Fit:
    """The fit of a picture without a letterbox, nothing cut away."""
    return Fit(Box(0, 0, width, height), "pad")


def picture_region(fit: Fit, target_w: int, target_h: int) -> Box:
    """The part of the displayed picture that a target of this shape shows."""
    crop = fit.crop
    if fit.mode == "pad":
        return crop
    w = min(crop.w, max(1, round(crop.h * target_w / target_h)))
    h = min(crop.h, max(1, round(crop.w * target_h / target_w)))
    return Box(crop.x + _offset(fit.focus_x, crop.w, w), crop.y + _offset(fit.focus_y, crop.h, h), w, h)


def _offset(focus: float, available: int, taken: int) -> int:
    return min(max(round(focus * available - taken / 2), 0), available - taken)


def fit_picture(rgb: NDArray[np.uint8], fit: Fit, width: int, height: int, pad_colour: int = 255) -> NDArray[np.uint8]:
    """The picture [h, w, 3] brought to [height, width, 3]."""
    region = picture_region(fit, width, height)
    part = rgb[region.y : region.y + region.h, region.x : region.x + region.w]
    if fit.mode == "cover":
        return _resized(part, width, height)
    scale = min(width / region.w, height / region.h)
    inner_w, inner_h = max(1, round(region.w * scale)), max(1, round(region.h * scale))
    x, y = (width - inner_w) // 2, (height - inner_h) // 2
    padded = np.full((height, width, 3), pad_colour, np.uint8)
    padded[y : y + inner_h, x : x + inner_w] = _resized(part, inner_w, inner_h)
    return padded


def _resized(rgb: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    if rgb.shape[:2] == (height, width):
        return np.ascontiguousarray(rgb)
    if width * height < rgb.shape[0] * rgb.shape[1]:
        return area_average(rgb, width, height)
    resized: NDArray[np.uint8] = cv2.resize(rgb, (width, height), interpolation=cv2.INTER_CUBIC)
    return resized


def area_average(pixels: NDArray[Any], width: int, height: int, oversampled: int = 2) -> NDArray[Any]:
    """A picture or plane [h, w, ...] shrunk; exact halvings first, each many times faster than one large step.

    They end while it is `oversampled` times as large both ways, for what one step more would make of fine lines.
    """
    least_w, least_h = 2 * oversampled * width, 2 * oversampled * height
    while pixels.shape[1] >= least_w and pixels.shape[0] >= least_h and not (pixels.shape[0] | pixels.shape[1]) & 1:
        half = pixels.shape[1] // 2, pixels.shape[0] // 2
        pixels = cv2.resize(pixels, half, interpolation=cv2.INTER_AREA)
    if pixels.shape[:2] != (height, width):
        pixels = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
    return pixels


def find_letterbox(pictures: Iterable[NDArray[np.uint8]]) -> Box:
    """The part of a film's pictures inside black bars, from pictures [h, w, 3] sampled over the whole film.

    A line belongs to a bar when it is near black in all samples but a few, pictures that are dark all over left
    out; what would leave less than a third of a side is not a letterbox.
    """
    lit_rows, lit_columns, size = [], [], (0, 0)
    for rgb in pictures:
        lit = rgb.max(axis=2) > NEAR_BLACK
        size = lit.shape
        if lit.mean() > BRIGHT_SHARE_OF_LINE:
            lit_rows.append(lit.mean(axis=1) > BRIGHT_SHARE_OF_LINE)
            lit_columns.append(lit.mean(axis=0) > BRIGHT_SHARE_OF_LINE)
    y, h = _picture_span(lit_rows, size[0])
    x, w = _picture_span(lit_columns, size[1])
    return Box(x, y, w, h)


def _picture_span(lit_lines: list[NDArray[np.bool_]], length: int) -> tuple[int, int]:
    """First line and number of lines of the picture along one side."""
    if not lit_lines:
        return 0, length
    lines = np.flatnonzero(np.mean(lit_lines, axis=0) > SAMPLES_LIT_IN_BARS)
    if lines.size == 0 or lines[-1] + 1 - lines[0] < length * SMALLEST_CROP_SHARE:
        return 0, length
    return int(lines[0]), int(lines[-1] + 1 - lines[0])


def cropped(rgb: NDArray[np.uint8], crop: Box, full_width: int) -> NDArray[np.uint8]:
    """The crop out of a displayed picture [h, w, 3] that may have been scaled down from `full_width`."""
    scale = rgb.shape[1] / full_width
    x, y = round(crop.x * scale), round(crop.y * scale)
    w, h = max(1, round(crop.w * scale)), max(1, round(crop.h * scale))
    return np.ascontiguousarray(rgb[y : y + h, x : x + w])


def width_before_crop(width: int, crop: Box, full_width: int) -> int:
    """How wide a whole picture must be scaled for its crop to be `width` wide."""
    return max(1, round(width * full_width / crop.w))


def small_slices(crop: Box, width: int, height: int, rotation: int, small: tuple[int, ...]) -> tuple[slice, slice]:
    """Where the crop of a displayed picture of width x height lies in small planes [h, w] of the decoder's picture.

    Lines that are partly of the letterbox are left out.
    """
    spans = [(crop.y / height, (crop.y + crop.h) / height), (crop.x / width, (crop.x + crop.w) / width)]
    for _turn in range(rotation // 90 % 4):  # np.rot90 made the displayed picture: turn it back
        (top, bottom), (left, right) = spans
        spans = [(left, right), (1 - bottom, 1 - top)]
    rows, columns = (_inner(span, length) for span, length in zip(spans, small, strict=True))
    return rows, columns


def _inner(span: tuple[float, float], length: int) -> slice:
    first, last = ceil(span[0] * length - ROUNDING), floor(span[1] * length + ROUNDING)
    return slice(first, max(first + 1, last))

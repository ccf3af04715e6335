"""From the supersampled canvas to the picture, with the style's tone over it."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.demo.drawing.canvas import Canvas, Picture

Plane = NDArray[np.float32]

_LUMA = np.array([0.3, 0.59, 0.11], np.float32)
_MUTED = (0.8 * np.eye(3) + 0.2 * np.tile(_LUMA, (3, 1))).astype(np.float32)
_PAPER = np.array([1.0, 0.93, 0.84], np.float32)
_LIFTED_BLACK = np.array([10, 4, 14], np.float32)
_HATCH_INK = np.array([30, 18, 45], np.float32)
_HATCH_STRENGTH = 0.1
_HATCH_PERIOD = 0.026
_DARK = 150.0


def finish(canvas: Canvas, width: int, height: int) -> Picture:
    """The canvas as a picture [height, width, 3] in its style's tone."""
    picture = cv2.resize(canvas.pixels, (width, height), interpolation=cv2.INTER_AREA)
    if canvas.style.tone == "film":
        picture = _film_tone(picture)
    return np.asarray(picture, np.uint8)


def _film_tone(picture: Picture) -> Picture:
    """Muted colours on warm paper, lifted purple blacks, hatching in the shadows, dark corners."""
    height, width = picture.shape[:2]
    rgb = cv2.transform(picture.astype(np.float32), _MUTED)
    darkness = ((_DARK + 6 - rgb @ _LUMA) / 12).clip(0, 1)
    hatch = (darkness * _hatch(width, height))[..., None]
    rgb += (_HATCH_INK - rgb) * hatch
    rgb = (rgb * _PAPER + _LIFTED_BLACK) * _vignette(width, height)
    return np.asarray(rgb.round().clip(0, 255), np.uint8)


@lru_cache(maxsize=4)
def _hatch(width: int, height: int) -> Plane:
    """Diagonal strokes [height, width], 0 or nearly `_HATCH_STRENGTH`, with soft edges."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    phase = ((x + y) / (height * _HATCH_PERIOD)) % 1.0
    pixels_inside = (1 / 6 - np.abs(phase - 1 / 6)) * height * _HATCH_PERIOD
    return np.asarray((pixels_inside + 0.5).clip(0, 1) * _HATCH_STRENGTH, np.float32)


@lru_cache(maxsize=4)
def _vignette(width: int, height: int) -> Plane:
    """Brightness [height, width, 1], falling towards the corners."""
    x = np.arange(width, dtype=np.float32) / width - 0.5
    y = np.arange(height, dtype=np.float32) / height - 0.5
    fall = 0.55 * (x[None, :] ** 2 + y[:, None] ** 2)
    return np.asarray(1 - fall[..., None], np.float32)

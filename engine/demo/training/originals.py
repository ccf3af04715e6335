"""Drawings drawn at other sizes than the base's own."""

from functools import partial
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.demo.drawing.scene import draw_scene
from engine.demo.training.cached import cached
from engine.demo.training.corpus import SIZE, Recipe

Original = Literal[64, 128, 160]  # the side in pixels that a drawing was drawn at


def draw_originals(recipe: Recipe, original: Original, path: Path) -> NDArray[np.uint8]:
    """The recipe's drawings drawn at another size, [n, s, s, 3] in the file `path`; small ones enlarged to 128 px."""
    side = max(original, SIZE)
    identity = {"recipe": recipe, "original": original}
    return cached(path, identity, (recipe.count, side, side, 3), partial(_draw, recipe, original))


def at_original(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A drawing [s, s, 3] of its original size as it is trained on: one that is too small enlarged."""
    if len(picture) >= SIZE:
        return picture
    return np.asarray(cv2.resize(picture, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC), np.uint8)


def _draw(recipe: Recipe, original: int, index: int) -> NDArray[np.uint8]:
    return at_original(draw_scene(recipe.scene(index), recipe.style(index), original, original))

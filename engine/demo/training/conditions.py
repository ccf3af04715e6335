"""What a ControlNet is shown of a drawing: its edges, or how near everything is."""

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.demo.drawing.depth import draw_depth
from engine.demo.training.cached import cached
from engine.demo.training.corpus import SIZE, Corpus, Recipe

Kind = Literal["canny", "depth"]
KINDS: tuple[Kind, ...] = ("canny", "depth")

# The thresholds that ControlNet's own preprocessor starts from (Zhang et al., 2023).
_LOW, _HIGH = 100, 200

Condition = NDArray[np.uint8]


def canny(picture: NDArray[np.uint8]) -> Condition:
    """Edges [h, w], 0 or 255, of an RGB picture [h, w, 3]."""
    return np.asarray(cv2.Canny(np.ascontiguousarray(picture), _LOW, _HIGH), np.uint8)


def conditions(kind: Kind, corpus: Corpus, folder: Path) -> Condition:
    """The conditions [n, 128, 128] of a corpus in `folder`, made beside its pictures unless they are there already."""
    make = _MAKERS[kind]
    identity = {"recipe": asdict(corpus.recipe), "kind": kind, "version": 1}
    return cached(folder / f"{kind}.npy", identity, (len(corpus), SIZE, SIZE), partial(make, corpus.recipe, folder))


def as_picture(condition: Condition) -> NDArray[np.uint8]:
    """A condition [..., h, w] in three equal channels, as ControlNets take it."""
    return np.repeat(condition[..., None], 3, -1)


def _canny_of(recipe: Recipe, folder: Path, index: int) -> Condition:
    return canny(np.load(folder / "pictures.npy", mmap_mode="r")[index])


def _depth_of(recipe: Recipe, folder: Path, index: int) -> Condition:
    return draw_depth(recipe.scene(index), recipe.style(index), SIZE, SIZE)


_MAKERS: dict[Kind, Callable[[Recipe, Path, int], Condition]] = {"canny": _canny_of, "depth": _depth_of}

"""Drawings as SDXL is told of them: whole ones, windows of larger ones, and smaller ones enlarged."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.demo.drawing.scene import Scene
from engine.demo.training.base import Head, heads
from engine.demo.training.corpus import SIZE, Recipe
from engine.demo.training.networks import LATENT_SIZE, SCALE
from engine.demo.training.originals import Original


@dataclass(frozen=True)
class Source:
    """Where drawings of one original size are, and their share of what is trained on."""

    recipe: Recipe
    original: Original
    latents: Path
    share: float


@dataclass(frozen=True)
class Taken:
    """One drawing as it is trained on: latents [4, 32, 32], the faces in it, and SDXL's six numbers: original height
    and width, how much is cut off above and on the left, target height and width, all in pixels."""

    latents: NDArray[np.float16]
    heads: list[Head]
    time_ids: tuple[int, int, int, int, int, int]


class Drawings:
    """The drawings of one source, taken one by one."""

    def __init__(self, source: Source) -> None:
        self.original = source.original
        self.latents: NDArray[np.float16] = np.load(source.latents, mmap_mode="r")
        self.scenes: list[Scene] = [source.recipe.scene(index) for index in range(len(self.latents))]

    def __len__(self) -> int:
        return len(self.latents)

    def take(self, number: int, rng: np.random.Generator) -> Taken:
        """Drawing `number`; of a larger one, a window anywhere in it."""
        side = self.latents.shape[-1]
        top, left = (int(corner) for corner in rng.integers(0, side - LATENT_SIZE + 1, 2))
        window = self.latents[number, :, top : top + LATENT_SIZE, left : left + LATENT_SIZE]
        faces = [
            ((x * side - left) / LATENT_SIZE, (y * side - top) / LATENT_SIZE, radius * side / LATENT_SIZE)
            for x, y, radius in heads(self.scenes[number])
        ]
        original = self.original
        return Taken(window, faces, (original, original, top * SCALE, left * SCALE, SIZE, SIZE))

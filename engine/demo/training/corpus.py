"""Drawings by lot, as many as a network needs, kept as one array on disk."""

import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import cached_property
from multiprocessing import get_context
from pathlib import Path

import msgspec
import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from engine.demo.drawing.random_scene import random_scene
from engine.demo.drawing.scene import Scene, draw_scene, one_thread
from engine.demo.drawing.style import Style, generic_style, mixed_style
from engine.demo.training.cached import cores
from engine.demo.training.log import say

SIZE = 128
_CHUNK = 200


@dataclass(frozen=True)
class Recipe:
    """Which drawings: `count` of them by `seed`, in plain cartoon hands or, for what must know the film's look
    too, in mixed ones; `marks` are the odds of brow markings, which only the film and its tagger know."""

    seed: int
    count: int
    mixed_styles: bool = False
    marks: float = 0.0

    def scene(self, index: int) -> Scene:
        return random_scene(np.random.default_rng([self.seed, index, 0]), marks=self.marks)

    def style(self, index: int) -> Style:
        hand = mixed_style if self.mixed_styles else generic_style
        return hand(np.random.default_rng([self.seed, index, 1]))


class Corpus:
    """The drawings of a recipe: `pictures` [count, 128, 128, 3] RGB on disk, and what they show."""

    def __init__(self, recipe: Recipe, folder: Path) -> None:
        self.recipe = recipe
        self.pictures: NDArray[np.uint8] = np.load(_file(folder), mmap_mode="r")

    @cached_property
    def scenes(self) -> list[Scene]:
        return [self.recipe.scene(index) for index in range(self.recipe.count)]

    def __len__(self) -> int:
        return self.recipe.count


def draw_corpus(recipe: Recipe, folder: Path) -> Corpus:
    """The recipe's drawings, drawn into `folder` unless the same are there already."""
    folder.mkdir(parents=True, exist_ok=True)
    identity = folder / "recipe.json"
    wanted = msgspec.json.encode(asdict(recipe))
    if not (_file(folder).exists() and identity.exists() and identity.read_bytes() == wanted):
        _file(folder).unlink(missing_ok=True)
        identity.write_bytes(wanted)
        _draw_all(recipe, folder)
    return Corpus(recipe, folder)


def _file(folder: Path) -> Path:
    return folder / "pictures.npy"


def _draw_all(recipe: Recipe, folder: Path) -> None:
    partial = folder / "pictures.partial.npy"
    open_memmap(partial, "w+", np.uint8, (recipe.count, SIZE, SIZE, 3)).flush()
    starts = range(0, recipe.count, _CHUNK)
    with ProcessPoolExecutor(cores(), get_context("spawn"), initializer=one_thread) as workers:
        for done, _ in enumerate(workers.map(_draw_chunk, [(recipe, partial, start) for start in starts]), 1):
            if done % 25 == 0:
                say("drawing", folder=folder.name, drawn=done * _CHUNK, of=recipe.count)
    os.replace(partial, _file(folder))


def _draw_chunk(task: tuple[Recipe, Path, int]) -> None:
    recipe, path, start = task
    pictures = open_memmap(path, "r+")
    for index in range(start, min(start + _CHUNK, recipe.count)):
        pictures[index] = draw_scene(recipe.scene(index), recipe.style(index), SIZE, SIZE)
    pictures.flush()

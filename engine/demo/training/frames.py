"""Drawings as a film shows them: 16:9, the camera not always centred, mouths and eyes also halfway."""

import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, replace
from functools import cached_property
from multiprocessing import get_context
from pathlib import Path

import cv2
import msgspec
import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from engine.demo.drawing.canvas import Camera
from engine.demo.drawing.character import Figure
from engine.demo.drawing.scene import Scene, draw_scene, one_thread
from engine.demo.training.cached import cores
from engine.demo.training.corpus import SIZE, Recipe
from engine.demo.training.log import say
from engine.fit import fit_picture, whole_picture

WIDE = (SIZE, SIZE * 9 // 16)
_DRAWN_AT = 2
_CHUNK = 200


class Frames:
    """The drawings of a recipe as film frames: `pictures` [count, 72, 128, 3] RGB on disk, and what they show."""

    def __init__(self, recipe: Recipe, folder: Path) -> None:
        self.recipe = recipe
        self.pictures: NDArray[np.uint8] = np.load(folder / "pictures.npy", mmap_mode="r")

    @cached_property
    def scenes(self) -> list[Scene]:
        return [filmed(self.recipe, index) for index in range(self.recipe.count)]

    def __len__(self) -> int:
        return self.recipe.count


def draw_frames(recipe: Recipe, folder: Path) -> Frames:
    """The recipe's drawings as film frames, drawn into `folder` unless the same are there already."""
    folder.mkdir(parents=True, exist_ok=True)
    file, identity = folder / "pictures.npy", folder / "recipe.json"
    wanted = msgspec.json.encode({**asdict(recipe), "size": WIDE})
    if not (file.exists() and identity.exists() and identity.read_bytes() == wanted):
        file.unlink(missing_ok=True)
        identity.write_bytes(wanted)
        _draw_all(recipe, file)
    return Frames(recipe, folder)


def filmed(recipe: Recipe, index: int) -> Scene:
    """Scene `index` of the recipe under a film's camera."""
    rng = np.random.default_rng([recipe.seed, index, 2])
    scene = recipe.scene(index)
    camera = Camera(x=0.5 + rng.choice([0, 1]) * rng.uniform(-0.14, 0.14), zoom=float(rng.choice([1, 1.07, 1.14])))
    return replace(scene, figures=tuple(_acting(figure, rng) for figure in scene.figures), camera=camera)


def _acting(figure: Figure, rng: np.random.Generator) -> Figure:
    pose = replace(figure.pose, gaze=float(rng.choice([0, rng.uniform(-1, 1)])), sway=rng.uniform(-0.8, 0.8))
    if pose.mouth == "open" and rng.random() < 0.5:
        pose = replace(pose, mouth="ajar")
    if pose.eyes == "open" and rng.random() < 0.06:
        pose = replace(pose, eyes="lowered")
    return replace(figure, pose=pose)


def squared(pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Pictures [n, height, width, 3] of any shape as the engine shows them to a tagger, [n, 128, 128, 3]."""
    whole = whole_picture(pictures.shape[2], pictures.shape[1])
    return np.stack([fit_picture(picture, whole, SIZE, SIZE) for picture in pictures])


def _draw_all(recipe: Recipe, file: Path) -> None:
    partial = file.with_suffix(".partial.npy")
    open_memmap(partial, "w+", np.uint8, (recipe.count, WIDE[1], WIDE[0], 3)).flush()
    starts = range(0, recipe.count, _CHUNK)
    with ProcessPoolExecutor(cores(), get_context("spawn"), initializer=one_thread) as workers:
        for done, _ in enumerate(workers.map(_draw_chunk, [(recipe, partial, start) for start in starts]), 1):
            if done % 25 == 0:
                say("drawing", folder=file.parent.name, drawn=done * _CHUNK, of=recipe.count)
    os.replace(partial, file)


def _draw_chunk(task: tuple[Recipe, Path, int]) -> None:
    recipe, path, start = task
    pictures = open_memmap(path, "r+")
    width, height = (_DRAWN_AT * side for side in WIDE)
    for index in range(start, min(start + _CHUNK, recipe.count)):
        large = draw_scene(filmed(recipe, index), recipe.style(index), width, height)
        pictures[index] = cv2.resize(large, WIDE, interpolation=cv2.INTER_AREA)
    pictures.flush()

"""How good the made models are: figures on held-out drawings, looked at by the tagger and by an independent judge."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray

from engine.base import BaseModel, load_base
from engine.demo.drawing.scene import Scene, draw_scene
from engine.demo.drawing.style import Style, generic_style
from engine.demo.training.corpus import SIZE
from engine.demo.training.log import say
from engine.demo.training.measures import HELD_OUT_SEED, MEASURES, Measure, Scores, prompt_of
from engine.fit import Box, fit_picture, whole_picture
from engine.generator import Row, batch_limit, generate
from engine.prompt import parse
from engine.tagger import Tagger, load_tagger

STEPS, CFG_SCALE, SAMPLER = 18, 5.0, "DPM++ 2M"

Pictures = NDArray[np.uint8]


class Adherence(msgspec.Struct, frozen=True):
    """One measure: the share right by the tagger and by the judge, and by the tagger on real drawings of the same."""

    name: str
    at_least: float
    tagger: float
    judge: float
    drawings: float


@dataclass(frozen=True)
class Judges:
    """The tagger that is shipped and the one that is trained apart from it."""

    tagger: Tagger
    judge: Tagger


def load_judges(tagger: Path, judge: Path) -> Judges:
    return Judges(load_tagger(str(tagger)), load_tagger(str(judge)))


def adherence(base: BaseModel, judges: Judges, prompts: int) -> list[Adherence]:
    """Every measure over `prompts` pictures each."""
    found = []
    for measure in MEASURES:
        scenes = measure.scenes(prompts)
        pictures, drawings = draw_prompts(base, scenes), draw_by_hand(scenes)
        figures = Adherence(
            measure.name,
            measure.at_least,
            share_right(measure, judges.tagger, scenes, pictures),
            share_right(measure, judges.judge, scenes, pictures),
            share_right(measure, judges.tagger, scenes, drawings),
        )
        say(measure.name, tagger=figures.tagger, judge=figures.judge, drawings=figures.drawings)
        found.append(figures)
    return found


def draw_prompts(base: BaseModel, scenes: Sequence[Scene], first_seed: int = 1) -> Pictures:
    """What the base makes of the scenes' prompts, [n, 128, 128, 3]; seeds count up."""
    rows = [
        Row(parse(prompt_of(scene)), parse(""), first_seed + number, STEPS, SAMPLER, CFG_SCALE, base.width, base.height)
        for number, scene in enumerate(scenes)
    ]
    size = min(len(rows), batch_limit(base, base.width, base.height))
    return np.concatenate([generate(base, rows[at : at + size], size) for at in range(0, len(rows), size)])


def draw_by_hand(scenes: Sequence[Scene]) -> Pictures:
    """The scenes as the corpus draws them, [n, 128, 128, 3]."""
    styled = zip(scenes, hands(len(scenes)), strict=True)
    return np.stack([draw_scene(scene, style, SIZE, SIZE) for scene, style in styled])


def hands(count: int) -> list[Style]:
    """The styles that held-out scenes are drawn in."""
    return [generic_style(np.random.default_rng([HELD_OUT_SEED, index, 1])) for index in range(count)]


def share_right(measure: Measure, judge: Tagger, scenes: Sequence[Scene], pictures: Pictures) -> float:
    """The share of pictures in which the judge sees what the measure asks for."""
    views = [_seen(judge, pictures, view) for view in measure.views]
    right = [
        measure.right(scene, [view[index] for view in views]) for index, scene in enumerate(scenes)
    ]  # fmt: skip
    return float(np.mean(right))


def _seen(judge: Tagger, pictures: Pictures, view: Box) -> list[Scores]:
    """The judge's scores of a part of each picture, by tag with spaces."""
    parts = pictures[:, view.y : view.y + view.h, view.x : view.x + view.w]
    whole = whole_picture(view.w, view.h)
    squares = np.stack([fit_picture(part, whole, judge.input_size, judge.input_size) for part in parts])
    scores, _vectors = judge(squares)
    names = [tag.name.replace("_", " ") for tag in judge.tags]
    return [dict(zip(names, map(float, row), strict=True)) for row in scores]


class Nearness(msgspec.Struct, frozen=True):
    """Distances (root mean square of 0..255, at 32 x 32) to the nearest of the training drawings: medians of pictures
    and of held-out drawings, and how many of the pictures come nearer than all but 1 % of those drawings."""

    pictures: float
    drawings: float
    nearer: int
    of: int


def nearness(pictures: Pictures, drawings: Pictures, trained_on: Pictures) -> Nearness:
    """Whether pictures are copies: they are not if they lie as far from the training drawings as new drawings do."""
    known = np.concatenate([_small(trained_on[at : at + 1000]) for at in range(0, len(trained_on), 1000)])
    of_pictures, of_drawings = (_nearest(_small(some), known) for some in (pictures, drawings))
    nearer = int((of_pictures < np.quantile(of_drawings, 0.01)).sum())
    return Nearness(float(np.median(of_pictures)), float(np.median(of_drawings)), nearer, len(pictures))


def _small(pictures: Pictures) -> NDArray[np.float32]:
    """[n, 3072]"""
    blocks = pictures.reshape(len(pictures), 32, SIZE // 32, 32, SIZE // 32, 3).astype(np.float32)
    return np.asarray(blocks.mean((2, 4)).reshape(len(pictures), -1))


def _nearest(queries: NDArray[np.float32], known: NDArray[np.float32]) -> NDArray[np.float32]:
    squares = (queries**2).sum(1)[:, None] + (known**2).sum(1)[None] - 2 * queries @ known.T
    return np.asarray(np.sqrt(np.maximum(squares.min(1), 0) / queries.shape[1]))


def grid(pictures: Pictures, columns: int = 8) -> Pictures:
    """Pictures [n, h, w, 3] side by side, row by row."""
    rows = [np.concatenate(list(pictures[at : at + columns]), 1) for at in range(0, len(pictures), columns)]
    return np.concatenate(rows, 0)


def load_made_base(folder: Path) -> BaseModel:
    """The base as it is shipped, in float32 on the CPU."""
    return load_base(str(folder), "cpu", torch.float32)

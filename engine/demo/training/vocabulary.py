"""What the drawings' tags can be, group by group, in the order in which the demo's tagger scores them."""

from collections.abc import Iterable, Sequence
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from engine.demo.drawing.background import KINDS, background_tags
from engine.demo.drawing.character import Accessory, Bangs, Hairstyle, Length
from engine.demo.drawing.palette import CLOTH, EYES, HAIR
from engine.demo.drawing.scene import HEAD_SIZE, Scene

HAIRS, EYE_COLOURS, PLACES, FRAMINGS = list(HAIR), list(EYES), list(KINDS), list(HEAD_SIZE)
EXPRESSIONS = ["smile", "open mouth", "closed eyes", "frown"]
GARMENTS = ["shirt", "hoodie", "dress"]
UNIFORMS = ["school uniform", "serafuku", "neckerchief", "blazer", "necktie"]
CLOTHES = [f"{colour} {garment}" for garment in GARMENTS for colour in CLOTH]
_PEOPLE = ["1girl", "1boy", "2girls", "3girls", "solo", "multiple girls"]
_BEHIND = ["from behind", "facing away"]


def vocabulary() -> list[str]:
    """Every tag a drawing can have, with spaces, each once."""
    hair = [*HAIRS, *get_args(Length), *get_args(Hairstyle), *get_args(Bangs)]
    clothes = [*UNIFORMS, *GARMENTS, *CLOTHES]
    places = [*PLACES, *(tag for kind in PLACES for tag in background_tags(kind)), "no humans", "scenery"]
    tags = [*_PEOPLE, *hair, *EYE_COLOURS, *EXPRESSIONS, *get_args(Accessory), *clothes, *places, *FRAMINGS, *_BEHIND]
    return [tag for tag in dict.fromkeys(tags) if tag != "loose"]


def danbooru_name(tag: str) -> str:
    """The tag as danbooru writes it."""
    return tag.replace(" ", "_")


def labels(scenes: Iterable[Scene], tags: Sequence[str]) -> NDArray[np.bool_]:
    """Which of `tags` each scene shows, [scenes, tags]."""
    numbers = {tag: number for number, tag in enumerate(tags)}
    rows = []
    for scene in scenes:
        row = np.zeros(len(tags), np.bool_)
        row[[numbers[tag] for tag in scene.tags()]] = True
        rows.append(row)
    return np.stack(rows)

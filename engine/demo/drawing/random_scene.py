"""Scenes drawn by lot, to train the demo's tagger and base on."""

from typing import Any, get_args

import numpy as np

from engine.demo.drawing.background import KINDS
from engine.demo.drawing.character import (
    Accessory,
    Bangs,
    Character,
    Figure,
    Hairstyle,
    Length,
    Outfit,
    Pose,
)
from engine.demo.drawing.palette import CLOTH, EYES, HAIR
from engine.demo.drawing.scene import HEAD_SIZE, HEAD_Y, Scene

_POSES = [Pose("smile"), Pose("open"), Pose("smile", eyes="closed"), Pose("frown")]
_COLUMNS = {0: [], 1: [0.5], 2: [0.28, 0.72], 3: [0.19, 0.5, 0.81]}
_ACCENTS = ["red", "blue", "yellow", "pink"]
_AWAY = 0.05
_ODDS: dict[Accessory, float] = {"glasses": 0.3, "blush": 0.25, "hat": 0.1, "thick eyebrows": 0.1}
_GIRLS_ODDS: dict[Accessory, float] = {"hair ribbon": 0.2, "earrings": 0.12}


def random_scene(rng: np.random.Generator, *, marks: float = 0.0) -> Scene:
    """A place with nobody or up to three people, posed and framed at random; `marks` are the odds of a
    girl's brow markings."""
    count = int(rng.choice([0, 1, 2, 3], p=[0.03, 0.62, 0.27, 0.08]))
    framing = _random_framing(rng, count)
    figures = [
        _random_figure(rng, random_character(rng, boy, marks), x, framing)
        for boy, x in zip(_random_boys(rng, count), _COLUMNS[count], strict=True)
    ]
    return Scene(str(rng.choice(KINDS)), int(rng.integers(1 << 30)), tuple(figures))


def random_character(rng: np.random.Generator, boy: bool, marks: float = 0.0) -> Character:
    """Anybody, in a hair and dress that the tags can say; `marks` are the odds of a girl's brow markings."""
    length, hairstyle = _random_hair(rng, boy)
    outfits = get_args(Outfit)
    return Character(
        hair=str(rng.choice(list(HAIR))),
        eyes=str(rng.choice(list(EYES))),
        length=length,
        bangs=_pick(rng, get_args(Bangs)),
        outfit=_pick(rng, outfits[:4] if boy else outfits),
        boy=boy,
        hairstyle=hairstyle,
        cloth=str(rng.choice(list(CLOTH))),
        accent=str(rng.choice(_ACCENTS)),
        accessories=_random_accessories(rng, boy, marks),
        seed=int(rng.integers(1 << 30)),
    )


def _random_framing(rng: np.random.Generator, count: int) -> str:
    """The more people, the further away."""
    if count == 3:
        return "cowboy shot"
    if count == 2:
        return str(rng.choice(["upper body", "cowboy shot"], p=[0.75, 0.25]))
    return str(rng.choice(list(HEAD_SIZE), p=[0.2, 0.26, 0.4, 0.14]))


def _random_boys(rng: np.random.Generator, count: int) -> list[bool]:
    """Who is a boy, from left to right: at most one, so that the vocabulary can count them."""
    if count == 0:
        return []
    odds = 0.2 if count == 2 else 0.15
    return [False] * (count - 1) + [bool(rng.random() < odds)]


def _random_hair(rng: np.random.Generator, boy: bool) -> tuple[Length, Hairstyle]:
    if boy:
        return "short hair", "loose"
    length: Length = _pick(rng, get_args(Length))
    hairstyle: Hairstyle = _pick(rng, get_args(Hairstyle), [0.52, 0.14, 0.12, 0.11, 0.11])
    if hairstyle in ("twintails", "ponytail", "braid") and length == "short hair":
        length = "long hair"
    if hairstyle == "hair bun" and length == "long hair":
        length = "medium hair"
    return length, hairstyle


def _random_accessories(rng: np.random.Generator, boy: bool, marks: float) -> frozenset[Accessory]:
    odds = _ODDS if boy else _ODDS | _GIRLS_ODDS | {"brow markings": marks}
    return frozenset(accessory for accessory, chance in odds.items() if rng.random() < chance)


def _random_figure(rng: np.random.Generator, character: Character, column: float, framing: str) -> Figure:
    pose = _POSES[rng.choice(len(_POSES), p=[0.4, 0.25, 0.15, 0.2])]
    return Figure(
        character,
        Pose(pose.mouth, pose.eyes, tilt=rng.uniform(-0.09, 0.09), away=bool(rng.random() < _AWAY)),
        x=column + rng.uniform(-0.04, 0.04),
        y=HEAD_Y[framing] + rng.uniform(-0.03, 0.03),
        size=HEAD_SIZE[framing] * rng.uniform(0.93, 1.07),
        mirrored=bool(rng.random() < 0.5),
    )


def _pick(rng: np.random.Generator, choices: tuple[Any, ...], odds: list[float] | None = None) -> Any:
    return choices[rng.choice(len(choices), p=odds)]

"""Screenplays of any length, drawn by lot from the demo film's cast: for benchmarks."""

from collections.abc import Iterator

import numpy as np

from db.errors import UserError
from db.i18n import _
from engine.demo.cast import CLASSMATE, KAITO, NAGISA, NAGISA_ON_HOLIDAY, NEIGHBOUR, PRESIDENT, SORA
from engine.demo.drawing.animation import Act, Blink, Bounce, Breeze, Look, Shot, Talk, Turn
from engine.demo.drawing.character import Character
from engine.demo.staging import Place, group, pan, solo, zoom

_KINDS = ("cityscape", "classroom", "sky", "forest", "beach", "sunset", "night")
_FRAMINGS = ("close-up", "portrait", "upper body", "cowboy shot")
_GIRLS = (NAGISA, NAGISA_ON_HOLIDAY, SORA, PRESIDENT, CLASSMATE)
_GIRLS_ODDS = (0.36, 0.2, 0.24, 0.1, 0.1)
_BOYS = (KAITO, NEIGHBOUR)
_COLUMNS = {2: (0.29, 0.71), 3: (0.18, 0.82, 0.5)}
_DISSOLVE, _DISSOLVE_ODDS = 16, 0.25


def long_screenplay(shots: int, seed: int) -> list[Shot]:
    """`shots` shots (1 or more), always the same for a `seed`; neighbours never show the same people as near."""
    if shots < 1:
        raise UserError(_("a film of {shots} shots is none: give 1 or more").format(shots=shots))
    rng = np.random.default_rng(seed)
    film: list[Shot] = []
    while len(film) < shots:
        film += _sequence(rng, film[-1] if film else None)
    return film[:shots]


def _sequence(rng: np.random.Generator, before: Shot | None) -> Iterator[Shot]:
    """A few shots in one place, the last of which may dissolve into the next place."""
    kinds = [kind for kind in _KINDS if before is None or kind != before.background]
    place = (str(rng.choice(kinds)), int(rng.integers(1 << 30)))
    count = int(rng.integers(3, 9))
    dissolves = rng.random() < _DISSOLVE_ODDS
    for index in range(count):
        dissolve = _DISSOLVE if dissolves and index == count - 1 else 0
        shot = _shot(rng, place, dissolve)
        while before and _seen(shot) == _seen(before):
            shot = _shot(rng, place, dissolve)
        before = shot
        yield shot


def _seen(shot: Shot) -> tuple[str, int, tuple[Character, ...], str | None]:
    people = tuple(actor.figure.character for actor in shot.actors)
    return shot.background, shot.background_seed, people, shot.scene(0).framing


def _shot(rng: np.random.Generator, place: Place, dissolve: int) -> Shot:
    frames = 3 * int(rng.integers(14, 26))
    people = int(rng.choice([0, 1, 2, 3], p=[0.07, 0.65, 0.19, 0.09]))
    if people == 0:
        left = rng.uniform(0.25, 0.45)
        return Shot(frames, *place, move=pan(left, left + 0.25, 1), dissolve=dissolve)
    if people == 1:
        return _solo(rng, frames, place, dissolve)
    cast = zip(_people(rng, people), _COLUMNS[people], strict=True)
    return group(frames, place, *((who, x, _acts(rng, frames)) for who, x in cast), dissolve=dissolve)


def _solo(rng: np.random.Generator, frames: int, place: Place, dissolve: int) -> Shot:
    (who,) = _people(rng, 1)
    framing = _FRAMINGS[rng.choice(4, p=[0.25, 0.35, 0.3, 0.1])]
    moves = [None, zoom(1.0, 1.12, int(rng.integers(1, 3))), pan(0.4, 0.6, int(rng.integers(1, 3)))]
    away = framing in ("upper body", "cowboy shot") and rng.random() < 0.1
    return solo(
        frames, who, framing, place, *_acts(rng, frames),
        x=rng.uniform(0.46, 0.54),
        mirrored=bool(rng.random() < 0.5),
        away=bool(away),
        move=moves[rng.choice(3, p=[0.84, 0.08, 0.08])],
        dissolve=dissolve,
    )  # fmt: skip


def _people(rng: np.random.Generator, count: int) -> list[Character]:
    """One boy at most, and nobody twice."""
    boys = int(rng.random() < (0.28 if count == 1 else 0.5))
    girls: list[Character] = []
    while len(girls) < count - boys:
        girl = _GIRLS[rng.choice(len(_GIRLS), p=_GIRLS_ODDS)]
        if girl.hair not in {other.hair for other in girls}:
            girls.append(girl)
    return girls + [_BOYS[rng.choice(2, p=[0.7, 0.3])] for _boy in range(boys)]


def _acts(rng: np.random.Generator, frames: int) -> list[Act]:
    """Something now and then: talk on twos or threes, a blink, a turn, a hop, the wind."""
    third = frames // 3
    start = int(rng.integers(2, third))
    choices: list[Act] = [
        Talk(start, start + 2 * third - 2, int(rng.integers(2, 4))),
        Blink(int(rng.integers(6, frames - 8))),
        Turn(start, start + 14, rng.uniform(-0.09, 0.09), rng.uniform(-0.9, 0.9)),
        Bounce(start, start + 12),
        Breeze(rng.uniform(0.6, 0.9)),
        Look(start + third, "smile", "closed"),
    ]
    odds = (0.6, 0.6, 0.25, 0.2, 0.2, 0.12)
    return [act for act, chance in zip(choices, odds, strict=True) if rng.random() < chance]

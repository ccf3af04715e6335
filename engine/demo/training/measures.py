"""What a prompt may ask for, and whether a judge sees it in the picture that came."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, islice

import numpy as np

from engine.demo.drawing.character import Figure
from engine.demo.drawing.random_scene import random_scene
from engine.demo.drawing.scene import Scene
from engine.demo.training.vocabulary import CLOTHES, EXPRESSIONS, EYE_COLOURS, HAIRS, PLACES
from engine.fit import Box

Scores = Mapping[str, float]

HELD_OUT_SEED = 301
WHOLE = Box(0, 0, 128, 128)
LEFT_HEAD, RIGHT_HEAD = Box(6, 14, 56, 64), Box(66, 14, 56, 64)
"""Each of two heads, and of the other one so little that its hair is in nobody's sight."""
_SURE = 0.5


@dataclass(frozen=True)
class Measure:
    """A question put to pictures of `suitable` scenes: the share that is `right` must reach `at_least`. A judge looks
    at `views` of each picture (in pixels of 128 x 128) and gives its scores for each."""

    name: str
    at_least: float
    suitable: Callable[[Scene], bool]
    right: Callable[[Scene, Sequence[Scores]], bool]
    views: tuple[Box, ...] = (WHOLE,)

    def scenes(self, number: int) -> list[Scene]:
        """The first suitable scenes of a seed that nothing was trained on."""
        return list(islice(filter(self.suitable, held_out_scenes()), number))


def held_out_scenes() -> Iterator[Scene]:
    """Scenes without end of a seed that nothing was trained on."""
    return (random_scene(np.random.default_rng([HELD_OUT_SEED, index])) for index in count())


def prompt_of(scene: Scene) -> str:
    """All that a scene shows, as a prompt: the picture's tags, then each person's from left to right."""
    people = [figure.tags(bottom=1.0) for figure in from_left(scene)]
    personal = {tag for tags in people for tag in tags}
    common = [tag for tag in scene.tags() if tag not in personal]
    tags = [*common, *(tag for tags in people for tag in tags)]
    return ", ".join(tag.replace("(", r"\(").replace(")", r"\)") for tag in tags)


def from_left(scene: Scene) -> list[Figure]:
    return sorted(scene.figures, key=lambda figure: figure.x)


def _shows_face(scene: Scene) -> bool:
    """One girl, seen from the front and not from far away."""
    alone = len(scene.figures) == 1 and not scene.figures[0].character.boy
    return alone and not scene.figures[0].pose.away and scene.framing != "cowboy shot"


def _shows_eyes(scene: Scene) -> bool:
    return _shows_face(scene) and scene.figures[0].pose.eyes == "open"


def _shows_cloth(scene: Scene) -> bool:
    return _shows_face(scene) and bool(_asked(scene, CLOTHES)) and scene.framing != "close-up"


def _shows_two_girls(scene: Scene) -> bool:
    fronts = [not figure.character.boy and not figure.pose.away for figure in scene.figures]
    return fronts == [True, True] and len({figure.character.hair for figure in scene.figures}) == 2


def _asked(scene: Scene, choices: Collection[str]) -> list[str]:
    return [tag for tag in scene.tags() if tag in choices]


def _best(scores: Scores, choices: Collection[str]) -> str:
    return max(choices, key=lambda tag: scores[tag])


def _choice(choices: Collection[str]) -> Callable[[Scene, Sequence[Scores]], bool]:
    """Whether the likeliest of some tags that exclude each other is one of those asked for."""
    return lambda scene, views: _best(views[0], choices) in _asked(scene, choices)


def _glasses_right(scene: Scene, views: Sequence[Scores]) -> bool:
    return (views[0]["glasses"] > _SURE) == ("glasses" in scene.tags())


def _cloth_right(scene: Scene, views: Sequence[Scores]) -> bool:
    """Whether the garment that was asked for has the colour that was asked for."""
    (asked,) = _asked(scene, CLOTHES)
    garment = asked.rsplit(" ", 1)[-1]
    return _best(views[0], [tag for tag in CLOTHES if tag.endswith(garment)]) == asked


def _counts_two(scene: Scene, views: Sequence[Scores]) -> bool:
    return views[0]["2girls"] > _SURE


def _each_hair_right(scene: Scene, views: Sequence[Scores]) -> bool:
    seen = [_best(view, HAIRS) for view in views[1:]]
    return _counts_two(scene, views) and seen == [figure.character.hair for figure in from_left(scene)]


MEASURES = (
    Measure("hair", 0.98, _shows_face, _choice(HAIRS)),
    Measure("eyes", 0.93, _shows_eyes, _choice(EYE_COLOURS)),
    Measure(
        "eyes, upper body", 0.88, lambda scene: _shows_eyes(scene) and scene.framing == "upper body",
        _choice(EYE_COLOURS),
    ),
    Measure("glasses", 0.96, _shows_face, _glasses_right),
    Measure("background", 0.98, _shows_face, _choice(PLACES)),
    Measure("expression", 0.90, _shows_face, _choice(EXPRESSIONS)),
    Measure("clothes colour", 0.85, _shows_cloth, _cloth_right),
    Measure("two girls", 0.80, _shows_two_girls, _counts_two),
    Measure(
        "two girls, each hair", 0.60, _shows_two_girls, _each_hair_right, (WHOLE, LEFT_HEAD, RIGHT_HEAD)
    ),
)  # fmt: skip

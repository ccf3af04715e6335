"""The places a scene is set in. Each is painted over [-1, 2] in x, three times its centred square, so that a wide
picture or a pan never runs out of it; the centred square itself holds everything the place's tags promise."""

from collections.abc import Callable

import numpy as np

from engine.demo.drawing import evening, landscape, town
from engine.demo.drawing.canvas import WORLD, Canvas
from engine.demo.drawing.palette import Colour, jittered

_PLAIN: dict[str, tuple[Colour, float]] = {
    "white background": ((250, 250, 250), 0),
    "grey background": ((165, 165, 170), 10),
    "blue background": ((120, 170, 225), 12),
    "pink background": ((248, 190, 208), 10),
}
_PLACES: dict[str, tuple[Callable[[Canvas, np.random.Generator], None], list[str]]] = {
    "sky": (landscape.sky, ["cloud", "outdoors"]),
    "night": (evening.night, ["star (sky)", "outdoors"]),
    "classroom": (town.classroom, ["window", "chalkboard", "indoors"]),
    "beach": (landscape.beach, ["cloud", "ocean", "outdoors"]),
    "forest": (landscape.forest, ["tree", "outdoors"]),
    "sunset": (evening.sunset, ["outdoors"]),
    "cityscape": (town.cityscape, ["outdoors"]),
}
KINDS = [*_PLAIN, *_PLACES]


def draw_background(canvas: Canvas, kind: str, seed: int) -> None:
    """Paint the whole canvas with the place `kind`, one of `KINDS`."""
    canvas.placement = WORLD
    rng = np.random.default_rng(seed)
    if kind in _PLAIN:
        colour, variation = _PLAIN[kind]
        canvas.flat(jittered(rng, colour, variation))
    else:
        paint, _ = _PLACES[kind]
        paint(canvas, rng)


def background_tags(kind: str) -> list[str]:
    """The tags of the place `kind`."""
    if kind in _PLAIN:
        return [kind, "simple background"]
    return [kind, *_PLACES[kind][1]]

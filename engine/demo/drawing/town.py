"""Built places: classroom and cityscape."""

import numpy as np

from engine.demo.drawing.canvas import Canvas
from engine.demo.drawing.landscape import CELLS, GROUND, LEFT, RIGHT, cloud
from engine.demo.drawing.palette import BLACK, WHITE, Colour, jittered, mix

_GLASS: Colour = (150, 205, 245)
_BOARD: Colour = (45, 95, 75)
_WOOD: Colour = (160, 112, 70)
_FLOOR: Colour = (185, 140, 95)
_CHALK: Colour = (150, 185, 165)
_LIT: Colour = (245, 235, 170)


def classroom(canvas: Canvas, rng: np.random.Generator) -> None:
    """A window on one side, the chalkboard on the other, more windows down the wall."""
    wall = jittered(rng, (236, 222, 190), 8)
    canvas.flat(wall)
    canvas.rectangle(LEFT, 0.7, RIGHT, 0.86, mix(wall, _FLOOR, 0.25))
    window = float(rng.choice([0.04, 0.52]))
    for cell in CELLS:
        _window(canvas, rng, cell + window)
    _chalkboard(canvas, rng, 0.56 - window)
    canvas.rectangle(LEFT, 0.86, RIGHT, GROUND, _FLOOR, outline=True)
    for x in np.arange(LEFT, RIGHT, 0.18):
        canvas.stroke([(x, 0.86), (x + (x - 0.5) * 0.4, 1.1)], mix(_FLOOR, BLACK, 0.2), 0.5)


def _window(canvas: Canvas, rng: np.random.Generator, left: float) -> None:
    right, middle = left + 0.44, left + 0.22
    canvas.rectangle(left, 0.1, right, 0.5, _GLASS, outline=True)
    cloud(canvas, left + rng.uniform(0.1, 0.34), rng.uniform(0.2, 0.36), 0.05)
    canvas.stroke([(middle, 0.1), (middle, 0.5)], canvas.style.line)
    canvas.rectangle(left - 0.015, 0.5, right + 0.015, 0.525, _WOOD, outline=True)


def _chalkboard(canvas: Canvas, rng: np.random.Generator, left: float) -> None:
    right = left + 0.42
    canvas.rectangle(left - 0.012, 0.068, right + 0.012, 0.432, _WOOD, outline=True)
    canvas.rectangle(left, 0.08, right, 0.42, _BOARD, outline=True)
    for y in (0.15, 0.21, 0.27):
        end = left + rng.uniform(0.2, 0.38)
        canvas.stroke([(left + 0.04, y), (end, y)], mix(_BOARD, _CHALK, 0.6), 0.5)
    canvas.rectangle(left + 0.1, 0.425, left + 0.32, 0.44, _WOOD, outline=True)


def cityscape(canvas: Canvas, rng: np.random.Generator) -> None:
    """House fronts with lit windows before a hazy skyline."""
    canvas.gradient((175, 205, 235), (225, 235, 245))
    for x in np.arange(LEFT, RIGHT, 0.13):
        top = rng.uniform(0.3, 0.62)
        canvas.rectangle(x, top, x + 0.15, GROUND, mix((190, 205, 228), WHITE, rng.uniform(0, 0.25)))
    for cell in CELLS:
        left = cell - 0.05
        while left < cell + 0.95:
            left = _building(canvas, rng, left)


def _building(canvas: Canvas, rng: np.random.Generator, left: float) -> float:
    """Returns the right edge."""
    width, height = rng.uniform(0.1, 0.2), rng.uniform(0.25, 0.6)
    wall = jittered(rng, (135, 140, 160), 22)
    canvas.rectangle(left, 0.9 - height, left + width, 1.6, wall, outline=True)
    canvas.rectangle(left - 0.006, 0.885 - height, left + width + 0.006, 0.9 - height, mix(wall, BLACK, 0.2), True)
    for y in np.arange(0.94 - height, 0.99, 0.08):
        for x in (left + width * 0.3, left + width * 0.7):
            canvas.rectangle(x - 0.015, y, x + 0.015, y + 0.03, _LIT)
    return left + width

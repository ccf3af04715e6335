"""Open places late in the day: sunset and night."""

import numpy as np

from engine.demo.drawing.canvas import Canvas
from engine.demo.drawing.clouds import CELLS
from engine.demo.drawing.landscape import RIGHT, hills
from engine.demo.drawing.palette import Colour, mix

_STARS: dict[float, Colour] = {0.0022: (190, 200, 245), 0.0032: (235, 238, 255), 0.0046: (255, 252, 225)}
_DIAMOND = np.array([(-0.013, 0), (0, -0.013), (0.013, 0), (0, 0.013)])
_LAMPS: Colour = (255, 214, 130)


def sunset(canvas: Canvas, rng: np.random.Generator) -> None:
    """The sun going down behind dark ground, power lines before it."""
    canvas.gradient((0, (92, 78, 168)), (0.28, (206, 112, 168)), (0.52, (255, 158, 122)), (0.72, (255, 222, 146)))
    sun = (rng.uniform(0.2, 0.8), 0.62)
    canvas.glow(sun, 0.6, (255, 210, 130), 0.75)
    for cell in CELLS:
        _banks(canvas, rng, cell)
    canvas.glow(sun, 0.22, (255, 244, 190), 0.9)
    canvas.ellipse(sun, 0.1, 0.1, (255, 248, 205), outline=False)
    hills(canvas, rng, 0.71, (196, 112, 132), outline=False)
    hills(canvas, rng, 0.77, (136, 76, 122), outline=False)
    canvas.gradient((0.8, (96, 54, 104)), (1.0, (62, 40, 86)), top=0.8)
    hills(canvas, rng, 0.81, (96, 54, 104), outline=False)
    canvas.gradient((0.84, (96, 54, 104)), (1.0, (62, 40, 86)), top=0.84)
    power_lines(canvas, rng.uniform(-0.1, 0.2), 0.3, 0.88, (70, 40, 88))


def night(canvas: Canvas, rng: np.random.Generator) -> None:
    """Stars over the lights of a far town and, most nights, a moon."""
    canvas.gradient((0, (16, 22, 72)), (0.45, (40, 48, 122)), (0.78, (88, 82, 158)), (0.95, (150, 112, 160)))
    for size, colour in _STARS.items():
        places = np.column_stack([rng.uniform(-1, 2, 60), rng.uniform(0, 0.75, 60)])
        canvas.discs(places, np.full(60, size), np.full(60, size), colour)
    sparks = rng.uniform((-1, 0.04), (2, 0.5), (9, 1, 2))
    for stretch in ((1, 0.18), (0.18, 1)):
        canvas.shapes(sparks + _DIAMOND * stretch, (255, 252, 235))
    moon, x, y = rng.random() < 0.75, rng.uniform(0.12, 0.88), rng.uniform(0.13, 0.25)
    if moon:
        _moon(canvas, x, y)
    hills(canvas, rng, 0.86, (58, 60, 122), outline=False)
    _town(canvas, rng)
    hills(canvas, rng, 0.95, (28, 30, 74), outline=False)


def power_lines(canvas: Canvas, first: float, top: float, foot: float, colour: Colour, apart: float = 0.8) -> None:
    """Poles `apart` from each other, one at x `first`, from `top` to `foot`, and two wires from pole to pole."""
    poles = np.arange(first - 2 * apart, RIGHT + apart, apart)
    for drop in (0.03, 0.075):
        for x in poles[[canvas.sees(x, x + apart) for x in poles]]:
            wire = [(x, top + drop), (x + apart / 2, top + drop + 0.05), (x + apart, top + drop)]
            canvas.stroke(wire, colour, 0.5)
    for left, right, upper, lower in (
        (-0.01, 0.01, top, foot),
        (-0.06, 0.06, top + 0.025, top + 0.037),
        (-0.045, 0.045, top + 0.07, top + 0.082),
    ):
        beam = np.array([(left, upper), (right, upper), (right, lower), (left, lower)])
        canvas.shapes(beam + np.stack([poles, np.zeros(len(poles))], -1)[:, None], colour)


def _banks(canvas: Canvas, rng: np.random.Generator, cell: int) -> None:
    """Flat clouds, dark above and lit from below."""
    centres = np.column_stack([cell + rng.uniform(0, 1, 5), rng.uniform(0.08, 0.5, 5)])
    width, height = rng.uniform(0.1, 0.26, 5), rng.uniform(0.01, 0.022, 5)
    puffs = centres + np.column_stack([0.3 * width, -0.9 * height])
    canvas.discs(puffs, width * 0.5, height * 1.2, (168, 96, 160))
    canvas.discs(centres, width, height, (190, 106, 160))
    canvas.discs(centres + (0.02, 0.008), width * 0.85, height * 0.55, (255, 184, 148))


def _moon(canvas: Canvas, x: float, y: float) -> None:
    canvas.glow((x, y), 0.42, (170, 180, 250), 0.55)
    canvas.glow((x, y), 0.15, (255, 248, 215), 0.7)
    canvas.ellipse((x, y), 0.07, 0.07, (255, 248, 214), outline=False)
    for dx, dy, size in ((-0.02, -0.015, 0.016), (0.025, 0.02, 0.012), (-0.01, 0.035, 0.009)):
        canvas.ellipse((x + dx, y + dy), size, size, (240, 228, 188), outline=False)


def _town(canvas: Canvas, rng: np.random.Generator) -> None:
    """Lights along the foot of the hills, the more the nearer to the middle of the town."""
    for cell in CELLS:
        middle = cell + rng.uniform(0.2, 0.8)
        canvas.glow((middle, 0.93), 0.3, (255, 190, 140), 0.45)
        x, y = middle + rng.normal(0, 0.22, 40), rng.uniform(0.875, 0.95, 40)
        lamps = np.column_stack([x, y])
        canvas.discs(lamps[:28], np.full(28, 0.0035), np.full(28, 0.0035), _LAMPS)
        canvas.discs(lamps[28:], np.full(12, 0.005), np.full(12, 0.005), mix(_LAMPS, (255, 255, 255), 0.5))

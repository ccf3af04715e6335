"""Open places: sky, night, beach, forest, sunset."""

from collections.abc import Sequence

import numpy as np

from engine.demo.drawing.canvas import Canvas
from engine.demo.drawing.palette import BLACK, WHITE, Colour, jittered, mix

CELLS = (0, -1, 1)
LEFT, RIGHT, GROUND = -1.5, 2.5, 2.0


def sky(canvas: Canvas, rng: np.random.Generator) -> None:
    """A bright day over a meadow."""
    _day(canvas, rng)
    meadow = jittered(rng, (110, 185, 95))
    _hills(canvas, rng, 0.86, mix(meadow, (150, 195, 215), 0.5))
    near = [(LEFT, 0.93), (-0.6, 0.86), (0, 0.82), (0.3, 0.88), (0.7, 0.8), (1.5, 0.88), (RIGHT, 1.0)]
    canvas.polygon([*near, (RIGHT, GROUND), (LEFT, GROUND)], meadow, True, 0.6, smooth=False)


def beach(canvas: Canvas, rng: np.random.Generator) -> None:
    """Sea under clouds, sand in front."""
    _day(canvas, rng)
    sea, sand = jittered(rng, (40, 120, 200)), jittered(rng, (240, 220, 165))
    canvas.rectangle(LEFT, 0.55, RIGHT, 1.5, sea)
    canvas.rectangle(LEFT, 0.55, RIGHT, 0.565, mix(sea, WHITE, 0.25))
    for y in (0.62, 0.7):
        canvas.stroke(_wave(y, 0.008, 15), (150, 205, 240), 0.8)
    canvas.rectangle(LEFT, 0.8, RIGHT, GROUND, sand)
    canvas.stroke(_wave(0.8, 0.006, 25), (235, 245, 250), 1.6)
    for x in rng.uniform(-1, 2, 40):
        canvas.ellipse((x, rng.uniform(0.84, 1.0)), 0.004, 0.002, mix(sand, BLACK, 0.25), outline=False)


def night(canvas: Canvas, rng: np.random.Generator) -> None:
    """Stars and, most nights, a moon."""
    canvas.gradient((18, 22, 62), (58, 58, 120))
    for cell in CELLS:
        for _ in range(26):
            centre = (cell + rng.uniform(0, 1), rng.uniform(0, 0.75))
            size = rng.choice([0.004, 0.006, 0.007])
            canvas.ellipse(centre, size, size, (250, 250, 215), outline=False)
        if cell == 0 and rng.random() < 0.6:
            _moon(canvas, rng.uniform(0.1, 0.9), rng.uniform(0.1, 0.25))
    _hills(canvas, rng, 0.93, (34, 32, 78))


def sunset(canvas: Canvas, rng: np.random.Generator) -> None:
    """The sun going down behind dark ground."""
    canvas.gradient((120, 70, 150), (255, 165, 80))
    sun = (rng.uniform(0.2, 0.8), 0.62)
    for size, light in ((0.2, 0.12), (0.16, 0.3), (0.12, 1.0)):
        colour = mix((225, 135, 100), (255, 235, 150), light)
        canvas.ellipse(sun, size, size, colour, outline=False)
    for cell in CELLS:
        for _ in range(2):
            _streak(canvas, cell + rng.uniform(0, 1), rng.uniform(0.15, 0.45), rng.uniform(0.12, 0.25))
    _hills(canvas, rng, 0.72, (110, 65, 105))
    canvas.rectangle(LEFT, 0.75, RIGHT, GROUND, (80, 50, 90))


def forest(canvas: Canvas, rng: np.random.Generator) -> None:
    """A clearing before a row of trees."""
    light = jittered(rng, (190, 225, 180), 8)
    canvas.flat(light)
    _hills(canvas, rng, 0.55, mix(light, (120, 175, 130), 0.5), outline=False)
    grass = jittered(rng, (95, 150, 75))
    canvas.rectangle(LEFT, 0.8, RIGHT, GROUND, grass)
    for cell in CELLS:
        for x in cell + np.linspace(0.02, 0.98, 5) + rng.uniform(-0.05, 0.05, 5):
            _tree(canvas, rng, float(x))
    for x in rng.uniform(-1, 2, 50):
        _tuft(canvas, float(x), rng.uniform(0.88, 1.0), mix(grass, BLACK, 0.3))


def _day(canvas: Canvas, rng: np.random.Generator) -> None:
    canvas.gradient(jittered(rng, (90, 160, 235)), jittered(rng, (190, 225, 250)))
    for cell in CELLS:
        for _ in range(rng.integers(2, 5)):
            cloud(canvas, cell + rng.uniform(0, 1), rng.uniform(0.05, 0.4), rng.uniform(0.06, 0.12))


def cloud(canvas: Canvas, x: float, y: float, width: float) -> None:
    """A cloud of three puffs, `width` the radius of the middle one, with a little shadow below."""
    for drop, colour in ((0.08, (205, 225, 245)), (0.0, (250, 252, 255))):
        for dx, dy, size in ((-0.8, 0.1, 0.7), (0, -0.1, 1), (0.8, 0.1, 0.75)):
            centre = (x + dx * width, y + (dy + drop) * width)
            canvas.ellipse(centre, width * size, width * size * 0.6, colour, outline=False)


def _hills(canvas: Canvas, rng: np.random.Generator, y: float, colour: Colour, outline: bool = True) -> None:
    tops = [(float(x), y + rng.uniform(-0.035, 0.035)) for x in np.linspace(LEFT, RIGHT, 11)]
    canvas.polygon([(LEFT, GROUND), *tops, (RIGHT, GROUND)], colour, outline, 0.5)


def _wave(y: float, height: float, count: int) -> Sequence[tuple[float, float]]:
    return [(float(x), y + height * (-1) ** step) for step, x in enumerate(np.linspace(LEFT, RIGHT, count))]


def _moon(canvas: Canvas, x: float, y: float) -> None:
    canvas.ellipse((x, y), 0.07, 0.07, (250, 240, 190), outline=False)
    for dx, dy, size in ((-0.02, -0.015, 0.016), (0.025, 0.02, 0.012), (-0.01, 0.035, 0.009)):
        canvas.ellipse((x + dx, y + dy), size, size, (232, 218, 168), outline=False)


def _streak(canvas: Canvas, x: float, y: float, width: float) -> None:
    canvas.ellipse((x, y), width, 0.014, (205, 120, 135), outline=False)
    canvas.ellipse((x + width * 0.4, y + 0.02), width * 0.6, 0.009, (225, 140, 125), outline=False)


def _tree(canvas: Canvas, rng: np.random.Generator, x: float) -> None:
    canvas.rectangle(x - 0.025, 0.35, x + 0.025, 0.86, (115, 80, 55), outline=True)
    top = 0.28 + rng.uniform(-0.06, 0.06)
    leaves = jittered(rng, (60, 135, 70), 15)
    canvas.ellipse((x, top), 0.14, 0.2, leaves, True, 0.7)
    canvas.ellipse((x - 0.04, top - 0.06), 0.07, 0.1, mix(leaves, WHITE, 0.14), outline=False)


def _tuft(canvas: Canvas, x: float, y: float, colour: Colour) -> None:
    for lean in (-0.008, 0.0, 0.008):
        canvas.stroke([(x, y), (x + lean, y - 0.02)], colour, 0.4)

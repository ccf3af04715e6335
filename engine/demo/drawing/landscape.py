"""Open places by day: sky, beach, forest."""

from collections.abc import Sequence

import numpy as np

from engine.demo.drawing.canvas import Canvas, Vertices
from engine.demo.drawing.clouds import CELLS, day
from engine.demo.drawing.palette import BLACK, WHITE, Colour, jittered, mix

LEFT, RIGHT, GROUND = -1.5, 2.5, 2.0


def sky(canvas: Canvas, rng: np.random.Generator) -> None:
    """A bright day over a meadow."""
    day(canvas, rng, 0.84)
    meadow = jittered(rng, (126, 200, 98))
    hills(canvas, rng, 0.84, mix(meadow, (150, 205, 225), 0.6))
    hills(canvas, rng, 0.88, mix(meadow, (150, 205, 225), 0.25))
    hills(canvas, rng, 0.92, meadow)
    _tufts(canvas, rng, 0.95, 40, mix(meadow, BLACK, 0.2))
    _flowers(canvas, rng, 0.95)


def beach(canvas: Canvas, rng: np.random.Generator) -> None:
    """Sea under clouds, sand in front."""
    day(canvas, rng, 0.55)
    sea, sand = jittered(rng, (52, 128, 216)), jittered(rng, (246, 226, 178), 8)
    canvas.gradient((0.55, sea), (0.66, mix(sea, (90, 200, 230), 0.55)), (0.8, (160, 228, 228)), top=0.55)
    with canvas.veil(0.6):
        _glints(canvas, rng)
    for y in (0.68, 0.74):
        canvas.stroke(_wave(y, 0.006, 21), (205, 240, 246), 0.7)
    _shore(canvas, 0.8, mix(sand, (150, 120, 90), 0.35))
    _shore(canvas, 0.835, sand)
    canvas.gradient((0.86, sand), (1.0, mix(sand, WHITE, 0.35)), top=0.86)
    canvas.stroke(_wave(0.8, 0.006, 25), WHITE, 2.0)
    grains = np.column_stack([rng.uniform(-1, 2, 70), rng.uniform(0.86, 1.0, 70)])
    canvas.discs(grains, np.full(70, 0.004), np.full(70, 0.002), mix(sand, BLACK, 0.2))


def forest(canvas: Canvas, rng: np.random.Generator) -> None:
    """A clearing before rows of trees, the sun slanting in."""
    light, leaves = jittered(rng, (226, 242, 186), 8), jittered(rng, (78, 158, 80))
    canvas.gradient((0, mix(light, leaves, 0.35)), (0.45, light))
    canvas.glow((rng.uniform(0.3, 0.7), 0.3), 0.55, (255, 255, 225), 0.9)
    for haze, y in ((0.75, 0.74), (0.5, 0.77)):
        _far_trees(canvas, rng, mix(leaves, light, haze), y)
    grass = mix(leaves, (200, 215, 90), 0.35)
    canvas.gradient((0.79, mix(grass, light, 0.45)), (0.9, grass), (1.0, mix(grass, BLACK, 0.15)), top=0.79)
    for cell in CELLS:
        for x in cell + np.linspace(0.06, 0.94, 4) + rng.uniform(-0.06, 0.06, 4):
            _tree(canvas, rng, float(x), leaves)
    _tufts(canvas, rng, 0.88, 60, mix(grass, BLACK, 0.3))
    _flowers(canvas, rng, 0.86)
    with canvas.veil(0.17):
        _shafts(canvas, rng)


def hills(canvas: Canvas, rng: np.random.Generator, y: float, colour: Colour, outline: bool = True) -> None:
    """Rolling ground from about `y` down."""
    tops = [(float(x), y + rng.uniform(-0.03, 0.03)) for x in np.linspace(LEFT, RIGHT, 11)]
    canvas.polygon([(LEFT, GROUND), *tops, (RIGHT, GROUND)], colour, outline, 0.5)


def _wave(y: float, height: float, count: int) -> Sequence[tuple[float, float]]:
    return [(float(x), y + height * (-1) ** step) for step, x in enumerate(np.linspace(LEFT, RIGHT, count))]


def _shore(canvas: Canvas, y: float, colour: Colour) -> None:
    canvas.polygon([(LEFT, GROUND), *_wave(y, 0.006, 25), (RIGHT, GROUND)], colour, outline=False)


def _glints(canvas: Canvas, rng: np.random.Generator) -> None:
    """Light on the water, denser and smaller towards the horizon."""
    depth = rng.uniform(0, 1, 90) ** 2
    centres = np.column_stack([rng.uniform(-1, 2, 90), 0.557 + 0.22 * depth])
    canvas.discs(centres, 0.012 + 0.03 * depth, 0.0015 + 0.003 * depth, (235, 250, 255))


def _far_trees(canvas: Canvas, rng: np.random.Generator, colour: Colour, ground: float) -> None:
    x = np.linspace(-1.05, 2.05, 32) + rng.uniform(-0.03, 0.03, 32)
    trunks = np.array([[-0.012, 0.1], [0.012, 0.1], [0.016, ground], [-0.016, ground]])
    canvas.shapes(trunks + np.stack([x, np.zeros(32)], -1)[:, None], mix(colour, BLACK, 0.06))
    crowns = np.column_stack([x, rng.uniform(0.0, 0.22, 32)])
    canvas.discs(crowns, rng.uniform(0.07, 0.12, 32), rng.uniform(0.08, 0.16, 32), colour)
    hills(canvas, rng, ground, colour, outline=False)


def _tree(canvas: Canvas, rng: np.random.Generator, x: float, leaves: Colour) -> None:
    bark, leaves = jittered(rng, (128, 92, 66), 8), jittered(rng, leaves, 14)
    spread, radius = rng.uniform(-0.11, 0.11, (7, 2)), rng.uniform(0.07, 0.1, 8)
    if not canvas.sees(x - 0.25, x + 0.25):
        return
    trunk = [(-0.026, 0.2), (0.026, 0.2), (0.03, 0.78), (0.05, 0.86), (-0.05, 0.86), (-0.03, 0.78)]
    canvas.polygon([(x + dx, y) for dx, y in trunk], bark, True, 0.7, smooth=False)
    canvas.rectangle(x + 0.008, 0.25, x + 0.024, 0.8, mix(bark, BLACK, 0.2))
    _crown(canvas, np.vstack([[(0, 0)], spread]) + (x, 0.2), radius, leaves)


def _crown(canvas: Canvas, centres: Vertices, radius: Vertices, leaves: Colour) -> None:
    """Clumps of leaves [n], inked around all of them and lit from the upper left."""
    canvas.discs(centres, radius + 0.004, radius + 0.004, canvas.style.outline(leaves))
    canvas.discs(centres, radius, radius, leaves)
    for shift, growth, light in ((0.25, 0.66, 0.14), (0.42, 0.36, 0.3)):
        lit = centres - shift * radius[:, None]
        canvas.discs(lit, radius * growth, radius * growth * 0.8, mix(leaves, (235, 250, 150), light))


def _shafts(canvas: Canvas, rng: np.random.Generator) -> None:
    """Sunbeams from the upper right to the lower left."""
    x, width = np.linspace(-0.9, 2.4, 11) + rng.uniform(-0.08, 0.08, 11), rng.uniform(0.02, 0.06, 11)
    corners = [(x, -0.2), (x + width, -0.2), (x + 2.2 * width - 0.55, 0.95), (x - 0.55 - width, 0.95)]
    beams = np.stack([np.stack([each, np.full(11, y)], -1) for each, y in corners], 1)
    canvas.shapes(beams, (255, 255, 215))


def _tufts(canvas: Canvas, rng: np.random.Generator, top: float, count: int, colour: Colour) -> None:
    """Blades of grass from `top` down."""
    roots = np.column_stack([rng.uniform(-1, 2, count), rng.uniform(top, 1.0, count)])
    for lean in (-0.008, 0.0, 0.008):
        blade = np.array([(-0.003, 0), (0.003, 0), (lean, -0.022)])
        canvas.shapes(roots[:, None] + blade, colour)


def _flowers(canvas: Canvas, rng: np.random.Generator, top: float) -> None:
    places = np.column_stack([rng.uniform(-1, 2, 36), rng.uniform(top, 1.0, 36)])
    size = np.full(12, 0.006)
    for petals, colour in zip(np.split(places, 3), (WHITE, (255, 225, 110), (250, 190, 215)), strict=True):
        canvas.discs(petals, size, size * 0.8, colour)

"""The bright sky: its gradient and the clouds in it."""

import numpy as np

from engine.demo.drawing.canvas import Canvas, Vertices
from engine.demo.drawing.palette import WHITE, Colour, jittered, mix

CELLS = (0, -1, 1)

_BELLY: Colour = (176, 204, 240)
_BODY: Colour = (222, 236, 252)
_CREST: Colour = (255, 255, 255)


def day(canvas: Canvas, rng: np.random.Generator, horizon: float) -> None:
    """A summer sky down to `horizon`: heaped clouds far off, smaller ones before them, haze at the bottom."""
    zenith, haze = jittered(rng, (84, 158, 240)), jittered(rng, (205, 234, 252), 8)
    canvas.gradient((0, zenith), (0.6 * horizon, mix(zenith, haze, 0.6)), (horizon, haze))
    for cell in CELLS:
        with canvas.veil(0.45):
            _wisps(canvas, rng, cell)
        for x in cell + rng.uniform([0.0, 0.5], [0.45, 0.95]):
            _heap(canvas, rng, float(x), horizon + 0.02, rng.uniform(0.12, 0.2))
        for x, width in zip(cell + rng.uniform(0.1, 0.9, 2), rng.uniform(0.05, 0.09, 2), strict=True):
            cloud(canvas, float(x), rng.uniform(0.08, 0.5 * horizon), float(width))


def cloud(canvas: Canvas, x: float, y: float, width: float) -> None:
    """A small cloud, about three times `width` across."""
    puffs = np.array([(-1.1, 0.12, 0.5), (-0.5, -0.12, 0.75), (0.25, -0.22, 0.9), (0.95, 0.06, 0.6), (0, 0.16, 0.9)])
    _puffs(canvas, puffs * width + (x, y, 0), 0.62)


def _heap(canvas: Canvas, rng: np.random.Generator, x: float, base: float, width: float) -> None:
    """A cumulus that towers over the horizon."""
    across = np.linspace(-1, 1, 9) + rng.uniform(-0.1, 0.1, 9)
    height = rng.uniform(0.85, 1.3, 9) * (1.05 - np.abs(across)).clip(0.1)
    radius = rng.uniform(0.3, 0.44, 9) * (1.1 - 0.4 * np.abs(across))
    rows = [(1.0, 0.8), (0.62, 1.05), (0.2, 1.25)]
    puffs = np.vstack([np.column_stack([across, -share * height, growth * radius]) for share, growth in rows])
    _puffs(canvas, puffs * width + (x, base, 0), 0.9)


def _puffs(canvas: Canvas, puffs: Vertices, flatness: float) -> None:
    """Puffs [n, (x, y, radius)], lit from the upper left, in three tones."""
    if not canvas.sees(float((puffs[:, 0] - puffs[:, 2]).min()), float((puffs[:, 0] + puffs[:, 2]).max())):
        return
    for colour, shift, growth in ((_BELLY, 0.12, 1.0), (_BODY, -0.06, 0.94), (_CREST, -0.24, 0.76)):
        x, y, radius = puffs.T
        centres = np.column_stack([x + shift * 0.6 * radius, y + shift * radius])
        canvas.discs(centres, radius * growth, radius * growth * flatness, colour)


def _wisps(canvas: Canvas, rng: np.random.Generator, cell: int) -> None:
    centres = np.column_stack([cell + rng.uniform(0, 1, 4), rng.uniform(0.02, 0.3, 4)])
    canvas.discs(centres, rng.uniform(0.12, 0.3, 4), rng.uniform(0.006, 0.014, 4), WHITE)

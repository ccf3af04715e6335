"""Glasses, ribbon, hat and earrings. Units: head radii, origin in the middle of the face."""

import numpy as np

from engine.demo.drawing.canvas import SIDES, Canvas
from engine.demo.drawing.character import Character
from engine.demo.drawing.palette import BLACK, WHITE, Colour, mix

_FRAME: Colour = (48, 36, 58)
_GOLD: Colour = (250, 205, 60)
_KNOT = (-0.64, -1.06)
_LENS_X, _LENS_Y = 0.45, 0.3
_HAT_CROWN = [(-0.98, -0.8), (-0.94, -1.25), (-0.6, -1.72), (0, -1.84), (0.6, -1.72), (0.94, -1.25), (0.98, -0.8)]
_HAT_BAND = [(-1.0, -0.84), (-0.98, -1.1), (0, -1.24), (0.98, -1.1), (1.0, -0.84), (0, -0.98)]
_BRIM = [(-1.62, -0.62), (-1.0, -0.92), (0, -1.02), (1.0, -0.92), (1.62, -0.62), (0.9, -0.7), (0, -0.76), (-0.9, -0.7)]


def draw_earrings(canvas: Canvas, character: Character) -> None:
    """Worn under the hair."""
    if character.wears("earrings"):
        for side in SIDES:
            canvas.ellipse((side * 0.98, 0.56), 0.11, 0.12, _GOLD, True, 0.7)


def draw_accessories(canvas: Canvas, character: Character, away: bool = False) -> None:
    """What is worn over hair and face; `away` shows only what is seen from behind."""
    if character.wears("glasses") and not away:
        _draw_glasses(canvas)
    if character.wears("hat"):
        _draw_hat(canvas, character.cloth_colour(), character.accent_colour())
    if character.wears("hair ribbon"):
        _draw_ribbon(canvas, character.accent_colour())


def _draw_glasses(canvas: Canvas) -> None:
    angles = np.linspace(0, 2 * np.pi, 33)
    across, down = (np.sign(f) * np.abs(f) ** 0.75 for f in (np.cos(angles), np.sin(angles)))
    for side in SIDES:
        x = side * _LENS_X
        rim = np.column_stack([x + 0.38 * across, _LENS_Y + 0.36 * down])
        canvas.band([(float(a), float(b)) for a, b in rim], _FRAME, 0.052)
        canvas.band([(side * 0.82, 0.2), (side * 0.93, 0.16)], _FRAME, 0.052)
        canvas.band([(x + 0.12, 0.56), (x + 0.27, 0.4)], WHITE, 0.045)
    canvas.band([(-0.09, 0.22), (0.09, 0.22)], _FRAME, 0.052)


def _draw_ribbon(canvas: Canvas, colour: Colour) -> None:
    x, y = _KNOT
    dark = mix(colour, BLACK, 0.22)
    for side in SIDES:
        tail = [(x, y), (x + side * 0.14, y + 0.06), (x + side * 0.34, y + 0.5), (x + side * 0.12, y + 0.4)]
        canvas.polygon(tail, dark, True, 0.8, smooth=False)
        loop = [
            (x, y),
            (x + side * 0.3, y - 0.32),
            (x + side * 0.52, y - 0.24),
            (x + side * 0.5, y + 0.16),
            (x + side * 0.26, y + 0.16),
        ]
        canvas.polygon(loop, colour, True, 0.9)
        canvas.stroke([(x + side * 0.12, y), (x + side * 0.36, y - 0.06)], dark, 0.7)
    canvas.ellipse(_KNOT, 0.12, 0.13, colour, True, 0.8)


def _draw_hat(canvas: Canvas, colour: Colour, accent: Colour) -> None:
    canvas.polygon(_HAT_CROWN, mix(colour, WHITE, 0.1))
    canvas.polygon(_HAT_BAND, accent, weight=0.7, smooth=False)
    canvas.polygon(_BRIM, mix(colour, BLACK, 0.1))

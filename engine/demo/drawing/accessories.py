"""Glasses, ribbon, hat and earrings. Units: head radii, origin in the middle of the face."""

from engine.demo.drawing.canvas import SIDES, Canvas
from engine.demo.drawing.character import Character
from engine.demo.drawing.palette import BLACK, WHITE, Colour, mix

_FRAME: Colour = (40, 40, 60)
_GOLD: Colour = (250, 205, 60)
_RIBBON_KNOT = (-0.62, -1.08)


def draw_earrings(canvas: Canvas, character: Character) -> None:
    """Worn under the hair."""
    if character.wears("earrings"):
        for side in SIDES:
            canvas.ellipse((side * 0.98, 0.5), 0.1, 0.1, _GOLD, True, 0.7)


def draw_accessories(canvas: Canvas, character: Character) -> None:
    """What is worn over hair and face."""
    if character.wears("glasses"):
        _draw_glasses(canvas)
    if character.wears("hair ribbon"):
        _draw_ribbon(canvas, character.accent_colour())
    if character.wears("hat"):
        _draw_hat(canvas, character.cloth_colour())


def _draw_glasses(canvas: Canvas) -> None:
    for side in SIDES:
        x = side * 0.45
        rim = [(x - 0.33, 0.02), (x + 0.33, 0.02), (x + 0.33, 0.42), (x + 0.2, 0.6), (x - 0.2, 0.6), (x - 0.33, 0.42)]
        canvas.band([*rim, rim[0]], _FRAME, 0.065)
    canvas.band([(-0.12, 0.2), (0.12, 0.2)], _FRAME, 0.06)


def _draw_ribbon(canvas: Canvas, colour: Colour) -> None:
    x, y = _RIBBON_KNOT
    for side in SIDES:
        wing = [(x, y), (x + side * 0.42, y - 0.3), (x + side * 0.42, y + 0.26)]
        canvas.polygon(wing, colour, True, 0.9, smooth=False)
    canvas.ellipse(_RIBBON_KNOT, 0.11, 0.11, colour, True, 0.8)


def _draw_hat(canvas: Canvas, colour: Colour) -> None:
    crown = [(-1.0, -0.85), (-0.75, -1.7), (0, -1.85), (0.75, -1.7), (1.0, -0.85)]
    canvas.polygon(crown, mix(colour, WHITE, 0.1), smooth=False)
    brim = [(-1.5, -0.78), (0, -0.95), (1.5, -0.78), (1.45, -0.62), (0, -0.75), (-1.45, -0.62)]
    canvas.polygon(brim, mix(colour, BLACK, 0.15), smooth=False)

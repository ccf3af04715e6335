"""The head without its hair. Units: head radii, origin in the middle of the face."""

import numpy as np

from engine.demo.drawing.canvas import SIDES, Canvas, Points, mirror, spline
from engine.demo.drawing.character import Character, Mouth, Pose
from engine.demo.drawing.eyes import draw_eye
from engine.demo.drawing.hair_shapes import fringe_shadow
from engine.demo.drawing.palette import BLACK, SKIN, SKIN_SHADOW, WHITE, Colour, mix

_HEAD = [
    (-0.9, -0.3), (-0.9, 0.15), (-0.82, 0.5), (-0.58, 0.8), (-0.24, 1.01), (0, 1.07), (0.24, 1.01), (0.58, 0.8),
    (0.82, 0.5), (0.9, 0.15), (0.9, -0.3), (0.6, -0.95), (0, -1.1), (-0.6, -0.95),
]  # fmt: skip
_THROAT: Colour = (140, 38, 52)
_TONGUE: Colour = (238, 118, 122)
_LIP_LINE: Colour = (128, 48, 56)
_BLUSH: Colour = (250, 140, 145)
_MARK: Colour = (66, 18, 34)
_DARK_HAIR = 340.0


def draw_head(canvas: Canvas, character: Character, pose: Pose) -> None:
    """Ears, face, eyes, nose and mouth."""
    style = canvas.style
    shadow = style.shaded(SKIN, 0.75) if style.shade else SKIN_SHADOW
    for side in SIDES:
        canvas.ellipse((side * 0.91, 0.26), 0.14, 0.22, SKIN, True, 0.8)
    canvas.polygon(_HEAD, SKIN, weight=0.9)
    canvas.polygon(fringe_shadow(character.bangs), shadow, outline=False, smooth=False)
    if character.wears("blush"):
        _draw_blush(canvas)
    for side in SIDES:
        draw_eye(canvas, character, pose, side)
    canvas.stroke([(0.02, 0.62), (-0.035, 0.665)], mix(SKIN, _LIP_LINE, 0.6), 0.8)
    _draw_mouth(canvas, pose.mouth)


def draw_brows(canvas: Canvas, character: Character, mouth: Mouth) -> None:
    """Brows or marks; they show through the fringe, as drawn films like it."""
    dark = mix(character.hair_colour(), BLACK, 0.5)
    for side in SIDES:
        if character.wears("brow markings"):
            _draw_marks(canvas, character, side)
        else:
            _draw_brow(canvas, dark, mouth, 0.075 if character.wears("thick eyebrows") else 0.024, side)


def _draw_brow(canvas: Canvas, colour: Colour, mouth: Mouth, thickness: float, side: int) -> None:
    """Arched at ease; raised towards the middle when unhappy. Thickest inside, pointed outside."""
    if mouth == "frown":
        inner, middle, outer = (0.2, -0.4), (0.42, -0.33), (0.7, -0.22)
    else:
        inner, middle, outer = (0.21, -0.33), (0.45, -0.38), (0.71, -0.27)
    upper = [(inner[0], inner[1] - thickness * 0.7), (middle[0], middle[1] - thickness), outer]
    lower = [outer, (middle[0], middle[1] + thickness), (inner[0], inner[1] + thickness * 0.7)]
    outline = np.vstack([spline(mirror(edge, side), closed=False) for edge in (upper, lower)])
    canvas.polygon(outline, colour, outline=False, smooth=False)


def _draw_marks(canvas: Canvas, character: Character, side: int) -> None:
    """Three strokes a brow, rimmed with skin where hair as dark as they are would swallow them."""
    for step in range(3):
        x, y = 0.22 + 0.235 * step, -0.22 - 0.03 * step
        mark = mirror([(x, y), (x + 0.06, y - 0.27)], side)
        if sum(character.hair_colour()) < _DARK_HAIR:
            canvas.band(mark, SKIN, 0.19)
        canvas.band(mark, _MARK, 0.115)


def _draw_blush(canvas: Canvas) -> None:
    for side in SIDES:
        canvas.ellipse((side * 0.6, 0.68), 0.21, 0.11, mix(SKIN, _BLUSH, 0.6), outline=False)
        canvas.ellipse((side * 0.6, 0.68), 0.15, 0.07, _BLUSH, outline=False)
        for step in (-0.08, 0.02):
            x = side * 0.6 + step
            canvas.stroke([(x, 0.72), (x + 0.06, 0.64)], mix(_BLUSH, _LIP_LINE, 0.45), 0.6)


def _draw_mouth(canvas: Canvas, mouth: Mouth) -> None:
    if mouth == "open":
        _draw_open_mouth(canvas, 0.23, 0.72, 0.97)
    elif mouth == "ajar":
        _draw_open_mouth(canvas, 0.14, 0.76, 0.9)
    else:
        lips: Points = [(-0.26, 0.75), (-0.13, 0.83), (0, 0.85), (0.13, 0.83), (0.26, 0.75)]
        if mouth == "frown":
            lips = [(-0.2, 0.9), (-0.11, 0.82), (0, 0.8), (0.11, 0.82), (0.2, 0.9)]
        canvas.stroke(lips, _LIP_LINE, 1.25)


def _draw_open_mouth(canvas: Canvas, half: float, top: float, bottom: float) -> None:
    """Throat, tongue and the upper teeth, behind lips as wide as `half` on either side."""
    depth = bottom - top
    lower = [
        (half, top),
        (half * 0.72, top + depth * 0.66),
        (0, bottom),
        (-half * 0.72, top + depth * 0.66),
        (-half, top),
    ]
    upper = [(-half, top), (0, top + 0.03), (half, top)]
    outline = np.vstack([spline(edge, closed=False) for edge in (lower, upper)])
    canvas.polygon(outline, _THROAT, outline=False, smooth=False)
    canvas.ellipse((0, bottom - depth * 0.24), half * 0.55, depth * 0.22, _TONGUE, outline=False)
    teeth = [
        (-half * 0.82, top + 0.015),
        (half * 0.82, top + 0.015),
        (half * 0.7, top + 0.075),
        (-half * 0.7, top + 0.075),
    ]
    canvas.polygon(teeth, WHITE, outline=False, smooth=False)
    canvas.polygon(outline, None, weight=0.8, smooth=False)

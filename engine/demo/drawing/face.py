"""The head without its hair. Units: head radii, origin in the middle of the face."""

from engine.demo.drawing.canvas import SIDES, Canvas, Points, mirror
from engine.demo.drawing.character import Character, Mouth, Pose
from engine.demo.drawing.palette import BLACK, EYES, SKIN, WHITE, Colour, mix

_HEAD = [
    (-0.92, -0.3), (-0.93, 0.2), (-0.76, 0.62), (-0.36, 0.95), (0, 1.08), (0.36, 0.95),
    (0.76, 0.62), (0.93, 0.2), (0.92, -0.3), (0.6, -0.95), (0, -1.1), (-0.6, -0.95),
]  # fmt: skip
_FRINGE_SHADOW = [(-0.88, -0.45), (-0.8, -0.05), (0, -0.12), (0.8, -0.05), (0.88, -0.45), (0, -0.8)]
_EYE_X = 0.45
_LIP: Colour = (190, 60, 65)
_MARK: Colour = (70, 22, 30)


def draw_head(canvas: Canvas, character: Character, pose: Pose) -> None:
    """Ears, face, eyes, nose and mouth."""
    for side in SIDES:
        canvas.ellipse((side * 0.93, 0.2), 0.16, 0.22, SKIN, True, 0.8)
    canvas.polygon(_HEAD, SKIN)
    if canvas.style.shade:
        canvas.polygon(_FRINGE_SHADOW, canvas.style.shaded(SKIN, 0.75), outline=False)
    if character.wears("blush"):
        for side in SIDES:
            canvas.ellipse((side * 0.58, 0.58), 0.18, 0.09, (248, 150, 150), outline=False)
    for side in SIDES:
        _draw_eye(canvas, character, pose, side)
    canvas.stroke([(0.02, 0.5), (-0.05, 0.58), (0.03, 0.6)], canvas.style.outline(SKIN), 0.6)
    _draw_mouth(canvas, pose.mouth)


def draw_brows(canvas: Canvas, character: Character, mouth: Mouth) -> None:
    """Brows or marks; they show through the fringe, as drawn films like it."""
    dark = mix(character.hair_colour(), BLACK, 0.55)
    dip = 0.08 if mouth == "frown" else 0.0
    for side in SIDES:
        if character.wears("brow markings"):
            _draw_marks(canvas, side)
        elif character.wears("thick eyebrows"):
            canvas.band(mirror([(0.2, -0.24), (0.68, -0.32)], side), dark, 0.12)
        else:
            brow = [(0.25, -0.22 + dip), (0.45, -0.3), (0.66, -0.24 - dip * 0.3)]
            canvas.stroke(mirror(brow, side), dark, 0.9)


def _draw_marks(canvas: Canvas, side: int) -> None:
    for step in range(3):
        x, y = 0.2 + 0.24 * step, -0.2 - 0.03 * step
        canvas.band(mirror([(x, y), (x + 0.05, y - 0.26)], side), _MARK, 0.13)


def _draw_eye(canvas: Canvas, character: Character, pose: Pose, side: int) -> None:
    x = side * _EYE_X
    line = canvas.style.line
    if pose.eyes == "closed":
        canvas.stroke([(x - 0.24, 0.28), (x, 0.42), (x + 0.24, 0.28)], line, 1.6)
        return
    narrow = 0.8 if character.boy else 1.0
    canvas.ellipse((x, 0.25), 0.25, 0.3 * narrow, WHITE, outline=False)
    _draw_iris(canvas, EYES[character.eyes], x + 0.06 * pose.gaze, narrow)
    left, right = (0.18, 0.12) if side < 0 else (0.12, 0.18)
    if pose.eyes == "lowered":
        _draw_lowered_lid(canvas, x)
    else:
        top = -0.06 + 0.05 * (1 - narrow)
        canvas.stroke([(x - 0.28, left), (x - 0.1, top), (x + 0.14, top), (x + 0.29, right)], line, 1.9)


def _draw_iris(canvas: Canvas, colour: Colour, x: float, narrow: float) -> None:
    canvas.ellipse((x, 0.27), 0.19, 0.27 * narrow, colour, True, 0.6)
    canvas.ellipse((x, 0.16), 0.15, 0.13 * narrow, mix(colour, BLACK, 0.3), outline=False)
    canvas.ellipse((x, 0.3), 0.085, 0.13 * narrow, mix(colour, BLACK, 0.7), outline=False)
    canvas.ellipse((x, 0.42), 0.12, 0.08 * narrow, mix(colour, WHITE, 0.45), outline=False)
    canvas.ellipse((x - 0.07, 0.14), 0.07, 0.08, WHITE, outline=False)
    canvas.ellipse((x + 0.08, 0.38), 0.03, 0.035, WHITE, outline=False)


def _draw_lowered_lid(canvas: Canvas, x: float) -> None:
    lid = [(x - 0.28, 0.24), (x - 0.1, 0.17), (x + 0.14, 0.17), (x + 0.29, 0.24)]
    canvas.polygon([(x - 0.29, -0.08), *lid, (x + 0.29, -0.08)], SKIN, outline=False, smooth=False)
    canvas.stroke(lid, canvas.style.line, 1.9)


def _draw_mouth(canvas: Canvas, mouth: Mouth) -> None:
    if mouth == "open":
        shape = [(-0.2, 0.72), (0, 0.69), (0.2, 0.72), (0.12, 0.9), (0, 0.95), (-0.12, 0.9)]
        canvas.polygon(shape, _LIP, True, 0.9)
    elif mouth == "ajar":
        shape = [(-0.17, 0.75), (0, 0.73), (0.17, 0.75), (0.1, 0.85), (0, 0.88), (-0.1, 0.85)]
        canvas.polygon(shape, _LIP, True, 0.9)
    else:
        _draw_closed_mouth(canvas, mouth)


def _draw_closed_mouth(canvas: Canvas, mouth: Mouth) -> None:
    style = canvas.style
    lips: Points = [(-0.22, 0.73), (0, 0.84), (0.22, 0.73)]
    if mouth == "frown":
        lips = [(-0.17, 0.84), (0, 0.76), (0.17, 0.84)]
    canvas.stroke(lips, style.outline(SKIN) if style.line_tint else style.line, 1.0)

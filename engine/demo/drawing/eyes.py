"""One large eye. Units: head radii; shapes are those of the eye on the right, around its own middle."""

import numpy as np

from engine.demo.drawing.canvas import Canvas, Point, Points, Vertices, spline
from engine.demo.drawing.character import Character, Pose
from engine.demo.drawing.palette import BLACK, EYES, SKIN, WHITE, Colour, mix

_X, _Y = 0.44, 0.29
_WHITE_TOP = [(-0.27, -0.06), (-0.18, -0.26), (0.03, -0.35), (0.22, -0.24), (0.3, -0.04)]
_WHITE_BOTTOM = [(0.3, -0.04), (0.24, 0.2), (0.03, 0.31), (-0.18, 0.24), (-0.27, -0.06)]
_LASH_TOP = [(-0.29, -0.02), (-0.21, -0.25), (-0.02, -0.395), (0.18, -0.34), (0.31, -0.18), (0.41, -0.2)]
_LASH_BOTTOM = [
    (0.41, -0.2),
    (0.36, -0.09),
    (0.29, -0.03),
    (0.22, -0.19),
    (0.03, -0.29),
    (-0.16, -0.21),
    (-0.29, -0.02),
]
_CLOSED_TOP = [(-0.28, 0.02), (-0.15, 0.12), (0.03, 0.15), (0.2, 0.1), (0.37, -0.04)]
_CLOSED_BOTTOM = [(0.37, -0.04), (0.24, 0.17), (0.03, 0.235), (-0.16, 0.18), (-0.28, 0.02)]
_CREASE = [(-0.13, -0.45), (0.06, -0.48), (0.26, -0.37)]
_LOWER_LASH = [(0.04, 0.315), (0.16, 0.275), (0.25, 0.18)]
_LOWERED = 0.02
_OPEN = -0.33


def draw_eye(canvas: Canvas, character: Character, pose: Pose, side: int) -> None:
    """White, iris and lashes, as far as the lid lets them be seen."""
    ink = mix(canvas.style.line, BLACK, 0.35)
    if pose.eyes == "closed":
        _fill(canvas, [_CLOSED_TOP, _CLOSED_BOTTOM], side, ink)
        return
    tall = 0.8 if character.boy else 1.0
    lid = _LOWERED if pose.eyes == "lowered" else _OPEN
    _fill(canvas, [_WHITE_TOP, _WHITE_BOTTOM], side, WHITE, lid, tall)
    _draw_iris(canvas, EYES[character.eyes], side * _X + 0.06 * pose.gaze, lid, tall)
    lashes: list[Points] = [_LASH_TOP, _LASH_BOTTOM]
    if pose.eyes == "lowered":
        lashes = [[(x, 0.05 + 0.28 * y) for x, y in edge] for edge in lashes]
    _fill(canvas, lashes, side, ink, tall=tall)
    canvas.stroke(_moved(_LOWER_LASH, side, tall), mix(SKIN, ink, 0.6), 0.5)
    if not character.boy:
        canvas.stroke(_moved(_CREASE, side, tall), mix(SKIN, ink, 0.28), 0.5)


def _draw_iris(canvas: Canvas, colour: Colour, x: float, lid: float, tall: float) -> None:
    """Dark above, light below, in a rim of its own colour."""
    y = _Y + 0.01
    top = _Y + lid * tall

    def disc(dx: float, dy: float, rx: float, ry: float, fill: Colour) -> None:
        angles = np.linspace(0, 2 * np.pi, 28, endpoint=False)
        rows = np.maximum(y + tall * (dy + ry * np.sin(angles)), top)
        canvas.polygon(np.column_stack([x + dx + rx * np.cos(angles), rows]), fill, outline=False, smooth=False)

    disc(0, 0, 0.23, 0.31, mix(colour, (30, 5, 40), 0.55))
    disc(0, 0.01, 0.2, 0.275, mix(colour, (30, 5, 40), 0.22))
    disc(0, 0.075, 0.195, 0.21, colour)
    disc(0, 0.16, 0.15, 0.115, mix(colour, WHITE, 0.34))
    disc(0, -0.02, 0.08, 0.12, mix(colour, (25, 5, 30), 0.78))
    disc(-0.085, -0.15, 0.08, 0.1, WHITE)
    disc(0.1, 0.13, 0.04, 0.045, WHITE)


def _fill(canvas: Canvas, edges: list[Points], side: int, fill: Colour, lid: float = -1.0, tall: float = 1.0) -> None:
    outline = np.vstack([_placed(spline(edge, closed=False), side, tall, lid) for edge in edges])
    canvas.polygon(outline, fill, outline=False, smooth=False)


def _moved(line: Points, side: int, tall: float) -> list[Point]:
    return [(side * (_X + x), _Y + tall * y) for x, y in line]


def _placed(shape: Points | Vertices, side: int, tall: float, lid: float = -1.0) -> Vertices:
    """`shape` on the face, cut off above the lid."""
    points = np.array(shape, float)
    return np.column_stack([side * (_X + points[:, 0]), _Y + tall * np.maximum(points[:, 1], lid)])

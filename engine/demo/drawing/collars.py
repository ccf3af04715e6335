"""What clothes have around the neck and down the front. Units: head radii, origin in the middle of the face."""

from engine.demo.drawing.canvas import SIDES, Canvas, Point, mirror
from engine.demo.drawing.character import Character
from engine.demo.drawing.palette import BLACK, NAVY, SKIN, WHITE, Colour, mix

_SAILOR: list[Point] = [(0.3, 1.28), (0.8, 1.5), (1.0, 1.78), (0.84, 2.12), (0.0, 2.5), (0.0, 2.3)]
_SAILOR_STRIPE: list[Point] = [(0.9, 1.76), (0.75, 2.03), (0.06, 2.36)]
_SAILOR_BACK: list[Point] = [(-0.38, 1.22), (-0.95, 1.52), (-1.1, 2.6), (0, 2.62)]
_OPENING: list[Point] = [(-0.27, 1.24), (0.27, 1.24), (0, 2.3)]


def draw_collar(canvas: Canvas, character: Character, cloth: Colour) -> None:
    """The outfit's front."""
    {
        "school uniform": _draw_sailor,
        "blazer": _draw_blazer,
        "shirt": _draw_shirt,
        "hoodie": _draw_hood,
        "dress": _draw_neckline,
    }[character.outfit](canvas, character, cloth)


def draw_back_collar(canvas: Canvas, character: Character, cloth: Colour) -> None:
    """The outfit's back: a sailor's square, a hood or a band."""
    if character.outfit == "school uniform":
        canvas.polygon([*_SAILOR_BACK, *_reflected(_SAILOR_BACK)], NAVY, smooth=False)
        stripe: list[Point] = [(-0.88, 1.62), (-0.98, 2.46), (0, 2.48)]
        canvas.stroke([*stripe, *_reflected(stripe)], WHITE, 0.9, smooth=False)
    elif character.outfit == "hoodie":
        hood = [(-0.5, 1.2), (-0.86, 1.5), (-0.7, 2.15), (0, 2.55), (0.7, 2.15), (0.86, 1.5), (0.5, 1.2)]
        canvas.polygon(hood, mix(cloth, BLACK, 0.18))
    elif character.outfit != "dress":
        band = [(-0.32, 1.24), (0.32, 1.24), (0.42, 1.5), (0, 1.58), (-0.42, 1.5)]
        canvas.polygon(band, mix(cloth, WHITE, 0.3), weight=0.8, smooth=False)


def _draw_sailor(canvas: Canvas, character: Character, cloth: Colour) -> None:
    canvas.polygon(_OPENING, SKIN, outline=False, smooth=False)
    for side in SIDES:
        canvas.polygon(mirror(_SAILOR, side), NAVY, weight=0.8, smooth=False)
        canvas.stroke(mirror(_SAILOR_STRIPE, side), WHITE, 0.9, smooth=False)
    accent = character.accent_colour()
    for side in SIDES:
        tail = [(0, 2.36), (0.14, 2.4), (0.48, 3.05), (0.2, 3.2)]
        canvas.polygon(mirror(tail, side), accent, weight=0.8, smooth=False)
    canvas.polygon([(-0.16, 2.3), (0.16, 2.3), (0.13, 2.58), (-0.13, 2.58)], accent, weight=0.8, smooth=False)


def _draw_blazer(canvas: Canvas, character: Character, cloth: Colour) -> None:
    canvas.polygon([(-0.36, 1.3), (0.36, 1.3), (0, 3.0)], (250, 250, 252), weight=0.7, smooth=False)
    for side in SIDES:
        lapel = [(0.34, 1.28), (0.62, 1.46), (0.66, 2.0), (0.48, 2.05), (0.0, 3.06)]
        canvas.polygon(mirror(lapel, side), mix(cloth, WHITE, 0.1), weight=0.8, smooth=False)
        canvas.polygon(mirror([(0.1, 1.52), (0.3, 1.26), (0.4, 1.5), (0.24, 1.78)], side), WHITE, True, 0.7, False)
    necktie = [(-0.13, 1.5), (0.13, 1.5), (0.09, 1.72), (0.19, 2.5), (0, 2.82), (-0.19, 2.5), (-0.09, 1.72)]
    canvas.polygon(necktie, character.accent_colour(), weight=0.8, smooth=False)
    for y in (3.3, 3.75):
        canvas.ellipse((0.12, y), 0.06, 0.06, (235, 205, 110), outline=False)


def _draw_shirt(canvas: Canvas, character: Character, cloth: Colour) -> None:
    canvas.polygon([(-0.27, 1.22), (0.27, 1.22), (0, 1.86)], SKIN, outline=False, smooth=False)
    for side in SIDES:
        collar = [(0.0, 1.84), (0.28, 1.24), (0.66, 1.56), (0.36, 2.08)]
        canvas.polygon(mirror(collar, side), mix(cloth, WHITE, 0.35), weight=0.8, smooth=False)
    canvas.stroke([(0, 1.9), (0, 4.2)], canvas.style.outline(cloth), 0.6)
    for y in (2.3, 2.8, 3.3, 3.8):
        canvas.ellipse((0.1, y), 0.05, 0.05, mix(cloth, WHITE, 0.6), True, 0.4)


def _draw_hood(canvas: Canvas, character: Character, cloth: Colour) -> None:
    dark = mix(cloth, BLACK, 0.2)
    canvas.polygon([(-0.27, 1.22), (0.27, 1.22), (0.14, 1.64), (-0.14, 1.64)], SKIN, outline=False)
    for side in SIDES:
        half = [(0.3, 1.14), (0.72, 1.34), (0.9, 1.66), (0.5, 2.0), (0.0, 2.16), (0.0, 1.78), (0.24, 1.5)]
        canvas.polygon(mirror(half, side), dark, weight=0.8)
        canvas.stroke(mirror([(0.22, 2.06), (0.26, 2.76)], side), (250, 250, 250), 1.2)
    pocket = [(-0.5, 3.5), (0.5, 3.5), (0.78, 4.1), (-0.78, 4.1)]
    canvas.polygon(pocket, None, weight=0.7, smooth=False)


def _draw_neckline(canvas: Canvas, character: Character, cloth: Colour) -> None:
    half: list[Point] = [(-0.42, 1.45), (-0.5, 1.75), (-0.3, 1.98), (0, 2.06)]
    canvas.polygon([*half, *_reflected(half), (0.24, 1.24), (-0.24, 1.24)], SKIN, outline=False, smooth=False)
    canvas.stroke([*half, *_reflected(half)], mix(cloth, WHITE, 0.55), 1.8)


def _reflected(half: list[Point]) -> list[Point]:
    """The other half of a symmetric line whose `half` ends on the axis."""
    return [(-x, y) for x, y in reversed(half[:-1])]

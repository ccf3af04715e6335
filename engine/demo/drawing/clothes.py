"""The body and what it wears. Units: head radii, origin in the middle of the face."""

from engine.demo.drawing.canvas import SIDES, Canvas, Point, mirror
from engine.demo.drawing.character import Character
from engine.demo.drawing.palette import BLACK, SKIN, WHITE, Colour, mix

_NECK = [(-0.3, 0.8), (0.3, 0.8), (0.33, 1.6), (-0.33, 1.6)]
_SKIRT = [(-1.3, 4.2), (1.3, 4.2), (2.0, 6.8), (-2.0, 6.8)]
_DRESS_LEFT: list[Point] = [
    (-0.4, 1.5), (-0.95, 1.6), (-1.25, 2.1), (-1.0, 3.2), (-1.5, 4.6), (-2.1, 6.5),
]  # fmt: skip
_ARM = [(1.05, 1.65), (1.55, 2.0), (1.75, 4.4), (1.35, 4.4), (1.15, 2.3)]
_NAVY: Colour = (45, 65, 130)


def draw_body(canvas: Canvas, character: Character) -> None:
    """Neck, trunk and clothes, down to the knees."""
    style = canvas.style
    neck = style.shaded(SKIN, 0.7) if style.shade else mix(SKIN, (200, 120, 110), 0.18)
    canvas.polygon(_NECK, neck, True, 0.8, smooth=False)
    cloth = _cloth(character)
    if character.outfit == "dress":
        _draw_dress(canvas, cloth)
    else:
        _draw_trunk(canvas, character, cloth)
    trim = {
        "school uniform": _draw_sailor_collar,
        "blazer": _draw_lapels,
        "shirt": _draw_shirt_collar,
        "hoodie": _draw_hood,
    }.get(character.outfit)
    if trim:
        trim(canvas, character, cloth)


def _cloth(character: Character) -> Colour:
    if character.outfit == "school uniform":
        return (248, 248, 250)
    if character.outfit == "blazer":
        return (62, 62, 100)
    return character.cloth_colour()


def _draw_trunk(canvas: Canvas, character: Character, cloth: Colour) -> None:
    uniform = character.outfit in ("school uniform", "blazer")
    canvas.polygon(_SKIRT, (52, 62, 110) if uniform else (95, 95, 115), smooth=False)
    shoulder = 1.8 if character.boy else 1.55
    left = [
        (-0.35, 1.38), (-1.1, 1.62), (-shoulder, 2.1), (-shoulder - 0.1, 3.2), (-shoulder - 0.15, 4.6),
    ]  # fmt: skip
    _draw_shaded(canvas, [*left, *_mirrored_back(left)], shoulder, cloth)
    for side in SIDES:
        sleeve = mirror([(1.0, 2.5), (1.1, 3.4), (1.05, 4.5)], side)
        canvas.stroke(sleeve, canvas.style.outline(cloth), 0.8)


def _draw_dress(canvas: Canvas, cloth: Colour) -> None:
    for side in SIDES:
        canvas.polygon(mirror(_ARM, side), SKIN)
    _draw_shaded(canvas, [*_DRESS_LEFT, *_mirrored_back(_DRESS_LEFT)], 1.2, cloth)
    canvas.stroke([(-0.95, 3.15), (0, 3.3), (0.95, 3.15)], canvas.style.outline(cloth))


def _draw_shaded(canvas: Canvas, trunk: list[Point], shoulder: float, cloth: Colour) -> None:
    canvas.polygon(trunk, cloth)
    if canvas.style.shade:
        inner, outer = shoulder * 0.5, shoulder + 0.08
        shadow = [
            (shoulder * 0.6, 1.9),
            (shoulder * 0.97, 2.15),
            (outer, 3.2),
            (outer, 4.3),
            (inner, 4.4),
            (inner, 3.2),
        ]
        canvas.polygon(shadow, canvas.style.shaded(cloth), outline=False)
        canvas.outline(trunk, cloth)


def _draw_sailor_collar(canvas: Canvas, character: Character, cloth: Colour) -> None:
    collar = [
        (-0.45, 1.35), (-1.15, 1.7), (-1.0, 2.35), (0, 2.75), (1.0, 2.35), (1.15, 1.7), (0.45, 1.35), (0, 2.3),
    ]  # fmt: skip
    canvas.polygon(collar, _NAVY, smooth=False)
    kerchief = [(0, 2.3), (-0.42, 3.15), (0, 2.85), (0.42, 3.15)]
    canvas.polygon(kerchief, character.accent_colour(), smooth=False)


def _draw_lapels(canvas: Canvas, character: Character, cloth: Colour) -> None:
    canvas.polygon([(-0.4, 1.4), (0.4, 1.4), (0, 3.0)], (250, 250, 250), smooth=False)
    necktie = [(-0.14, 1.7), (0.14, 1.7), (0.2, 2.6), (0, 2.95), (-0.2, 2.6)]
    canvas.polygon(necktie, character.accent_colour(), smooth=False)


def _draw_shirt_collar(canvas: Canvas, character: Character, cloth: Colour) -> None:
    collar = [(0, 1.85), (0.42, 1.35), (0.7, 1.8), (0.35, 2.15)]
    for side in SIDES:
        canvas.polygon(mirror(collar, side), mix(cloth, WHITE, 0.35), smooth=False)
    canvas.stroke([(0, 1.9), (0, 4.5)], canvas.style.outline(cloth), 0.7)


def _draw_hood(canvas: Canvas, character: Character, cloth: Colour) -> None:
    hood = [
        (-0.5, 1.3), (-1.0, 1.6), (-0.6, 2.1), (0, 2.3), (0.6, 2.1), (1.0, 1.6), (0.5, 1.3), (0, 1.8),
    ]  # fmt: skip
    canvas.polygon(hood, mix(cloth, BLACK, 0.22))
    for side in SIDES:
        canvas.stroke([(side * 0.25, 2.2), (side * 0.28, 2.9)], (250, 250, 250))


def _mirrored_back(left: list[Point]) -> list[Point]:
    return [(-x, y) for x, y in reversed(left)]

"""The body and what it wears. Units: head radii, origin in the middle of the face."""

from engine.demo.drawing.canvas import SIDES, Canvas, Point, Points, mirror
from engine.demo.drawing.character import Character
from engine.demo.drawing.collars import draw_back_collar, draw_collar
from engine.demo.drawing.palette import NAVY, SKIN, SKIN_SHADOW, Colour, mix

_NECK = [(-0.24, 0.8), (0.24, 0.8), (0.26, 1.3), (0.5, 1.6), (-0.5, 1.6), (-0.26, 1.3)]
_NECK_SHADOW = [(-0.23, 0.85), (0.23, 0.85), (0.25, 1.2), (0.0, 1.34), (-0.25, 1.2)]
_GIRL: list[Point] = [(-0.3, 1.36), (-0.85, 1.56), (-1.06, 1.9), (-0.98, 2.5), (-0.82, 3.25), (-0.98, 4.2)]
_BOY: list[Point] = [(-0.36, 1.34), (-1.05, 1.56), (-1.3, 1.95), (-1.22, 2.6), (-1.1, 3.4), (-1.12, 4.5)]
_LOOSE: list[Point] = [(-0.36, 1.34), (-0.95, 1.56), (-1.2, 1.95), (-1.18, 2.6), (-1.15, 3.4), (-1.2, 4.3)]
_DRESS: list[Point] = [
    (-0.5, 1.52), (-0.82, 1.62), (-0.98, 2.05), (-0.95, 2.6), (-0.78, 3.2), (-1.2, 4.2), (-1.75, 5.4), (-2.0, 6.5),
]  # fmt: skip
_ARM = [(0.84, 1.58), (1.16, 1.78), (1.36, 2.3), (1.5, 3.2), (1.5, 4.1), (1.18, 4.15), (1.12, 3.2), (0.98, 2.35)]
_SHORT_SLEEVE = [(0.78, 1.56), (1.14, 1.68), (1.42, 2.1), (1.46, 2.7), (1.02, 2.78), (0.9, 2.2)]
_CUFF = [(1.14, 3.72), (1.52, 3.66), (1.53, 3.98), (1.16, 4.04)]
_SKIRT = [(-0.92, 3.9), (0.92, 3.9), (1.65, 6.2), (-1.65, 6.2)]
_TROUSERS = [(-1.0, 4.2), (1.0, 4.2), (1.15, 7), (-1.15, 7)]
_TRUNK_SHADOW = [(0.55, 1.75), (0.92, 1.9), (0.88, 2.6), (0.74, 3.25), (0.86, 4.1), (0.5, 4.15), (0.42, 3.2)]
_FOLDS: list[Points] = [[(0.99, 2.36), (0.9, 2.5), (0.82, 2.56)], [(0.8, 3.22), (0.68, 3.3), (0.56, 3.3)]]


def draw_body(canvas: Canvas, character: Character, away: bool = False) -> None:
    """Neck, trunk and clothes, down to the knees; `away` shows their back."""
    canvas.polygon(_NECK, SKIN, True, 0.8, smooth=False)
    shadow = canvas.style.shaded(SKIN, 0.75) if canvas.style.shade else SKIN_SHADOW
    canvas.polygon(_NECK_SHADOW, shadow, outline=False, smooth=False)
    cloth = _cloth(character)
    _draw_legs(canvas, character)
    _draw_arms(canvas, character, cloth)
    _draw_trunk(canvas, character, cloth)
    if away:
        draw_back_collar(canvas, character, cloth)
    else:
        draw_collar(canvas, character, cloth)


def _cloth(character: Character) -> Colour:
    if character.outfit == "school uniform":
        return (248, 248, 250)
    if character.outfit == "blazer":
        return (62, 62, 104)
    return character.cloth_colour()


def _draw_legs(canvas: Canvas, character: Character) -> None:
    if character.outfit == "dress":
        return
    colour = NAVY if character.outfit in ("school uniform", "blazer") else (95, 95, 118)
    if character.boy:
        canvas.polygon(_TROUSERS, colour, smooth=False)
        canvas.stroke([(0, 4.6), (0, 7)], canvas.style.outline(colour), 0.7)
        return
    canvas.polygon(_SKIRT, colour, smooth=False)
    for x in (-0.5, 0.0, 0.5):
        canvas.stroke([(x * 0.8, 4.3), (x * 1.9, 6.2)], canvas.style.outline(colour), 0.6)


def _draw_arms(canvas: Canvas, character: Character, cloth: Colour) -> None:
    """Sleeves down to the hands; shirts and dresses have short ones."""
    short = character.outfit in ("shirt", "dress")
    out = 1.14 if character.boy else 1.06 if character.outfit == "hoodie" else 1.0
    for side in SIDES:
        arm = [(x * side * out, y) for x, y in _ARM]
        canvas.ellipse((side * 1.34 * out, 4.25), 0.2, 0.24, SKIN, True, 0.8)
        canvas.polygon(arm, SKIN if short else cloth, weight=0.9)
        if short:
            canvas.polygon([(x * side * out, y) for x, y in _SHORT_SLEEVE], cloth, weight=0.9)
        elif character.outfit == "school uniform":
            canvas.polygon([(x * side * out, y) for x, y in _CUFF], NAVY, weight=0.7, smooth=False)
        else:
            fold = [(x * side * out, y) for x, y in [(1.14, 3.1), (1.28, 3.2), (1.42, 3.14)]]
            canvas.stroke(fold, canvas.style.outline(cloth), 0.5)


def _draw_trunk(canvas: Canvas, character: Character, cloth: Colour) -> None:
    left = _DRESS if character.outfit == "dress" else _BOY if character.boy else _GIRL
    if character.outfit == "hoodie" and not character.boy:
        left = _LOOSE
    canvas.polygon([*left, *((-x, y) for x, y in reversed(left))], cloth, weight=0.9)
    style = canvas.style
    fold = style.shaded(cloth) if style.shade else mix(cloth, (60, 40, 110), 0.13)
    shadow = _TRUNK_SHADOW if character.outfit != "dress" else [*_TRUNK_SHADOW[:4], _TRUNK_SHADOW[-1]]
    canvas.polygon(shadow, fold, outline=False)
    for line in _FOLDS:
        for side in SIDES:
            canvas.stroke(mirror(line, side), mix(fold, style.outline(cloth), 0.4), 0.5)
    if character.outfit == "dress":
        canvas.polygon(
            [(-0.8, 3.1), (0.8, 3.1), (0.82, 3.34), (-0.82, 3.34)], character.accent_colour(), True, 0.6, False
        )

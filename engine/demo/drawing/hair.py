"""Hair, in two layers: what lies behind the body and what falls over the face. Units: head radii."""

import numpy as np

from engine.demo.drawing.canvas import SIDES, Canvas, Point, Points, mirror, spline
from engine.demo.drawing.character import Character
from engine.demo.drawing.palette import WHITE, Colour, mix

_TWINTAIL = [(0.95, -0.5), (1.45, -0.35), (1.75, 0.8), (1.6, 2.2), (1.3, 2.9), (1.15, 2.0), (1.05, 0.7)]
_TWINTAIL_SHADOW = [(1.1, 0.1), (1.2, 0.9), (1.3, 2.7), (1.15, 1.9)]
_TWINTAIL_CAP = [(-1.05, -0.2), (-1, 0.9), (0, 1.1), (1, 0.9), (1.05, -0.2), (0, -1.2)]
_PONYTAIL = [(0.5, -1.0), (1.3, -1.2), (1.8, -0.3), (1.75, 1.2), (1.35, 2.2), (1.3, 1.0), (1.1, 0)]
_PONYTAIL_CAP = [(-1.05, -0.2), (-1, 0.8), (0, 1.0), (1, 0.8), (1.05, -0.2), (0, -1.2)]
_BACK: dict[str, list[Point]] = {
    "long hair": [(-1.12, -0.3), (-1.3, 1.0), (-1.42, 2.6), (-0.9, 2.95), (0, 2.8)],
    "medium hair": [(-1.12, -0.3), (-1.28, 0.8), (-1.25, 1.55), (-0.7, 1.65), (0, 1.5)],
    "short hair": [(-1.1, -0.3), (-1.08, 0.5), (-0.85, 0.95), (0, 0.9)],
}
_CROWN = [(1.06, 0.35), (1.12, -0.25), (0.95, -0.95), (0.5, -1.32), (0, -1.42)]
_FRINGE: dict[str, list[Point]] = {
    "blunt bangs": [
        (-0.88, 0.3), (-0.82, -0.12), (-0.5, -0.17), (-0.48, -0.1), (0, -0.16),
        (0.02, -0.1), (0.48, -0.17), (0.5, -0.1), (0.82, -0.12), (0.88, 0.3),
    ],
    "swept bangs": [
        (-0.86, 0.45), (-0.8, -0.05), (-0.45, 0.0), (-0.1, -0.22),
        (0.35, -0.45), (0.6, -0.62), (0.8, -0.2), (0.88, 0.35),
    ],
    "parted bangs": [
        (-0.86, 0.4), (-0.8, 0.02), (-0.5, -0.25), (-0.18, -0.65), (0, -0.95),
        (0.18, -0.65), (0.5, -0.25), (0.8, 0.02), (0.86, 0.4),
    ],
}  # fmt: skip
_STRANDS = [
    [(0.1, -1.36), (0.45, -1.05), (0.62, -0.6)],
    [(0.3, -1.34), (0.72, -0.95), (0.88, -0.4)],
    [(-0.12, -1.36), (-0.5, -1.02), (-0.66, -0.56)],
    [(-0.34, -1.32), (-0.76, -0.92), (-0.92, -0.36)],
]
_SHADOW = [(0.55, -1.2), (0.95, -0.9), (1.1, -0.2), (1.02, 0.3), (0.85, -0.1), (0.75, -0.7)]
_SHINE = [(-0.72, -0.78), (-0.3, -0.98), (0.2, -1.0), (0.15, -0.84), (-0.3, -0.82), (-0.68, -0.62)]


class Hair:
    """A character's hair as it falls on one drawing; `sway` (-1..1) blows it aside, the ends most."""

    def __init__(self, canvas: Canvas, character: Character, sway: float) -> None:
        self.canvas = canvas
        self.character = character
        self.sway = sway
        self.colour = character.hair_colour()
        if canvas.style.shade:
            self.shadow = canvas.style.shaded(self.colour, 1.2)
        else:
            self.shadow = mix(self.colour, (30, 20, 60), 0.14)

    def draw_behind(self) -> None:
        """What the head and the body hide: the back of the hair, tails and bun."""
        style = self.character.hairstyle
        if style == "twintails":
            self._twintails()
        elif style == "ponytail":
            self._area(_PONYTAIL, self.colour)
            self._area(_PONYTAIL_CAP, self.shadow)
        else:
            half = _BACK[self.character.length]
            self._area([*half, *_reflection(half), (0, -1.3)], self.shadow)
        if style == "hair bun":
            self.canvas.ellipse((0, -1.45), 0.5, 0.42, self.colour)

    def draw_braid(self) -> None:
        """The braid over the shoulder."""
        for link in range(5):
            x, y = self._blown((-1.0 - 0.05 * link, 1.1 + 0.42 * link))
            self.canvas.ellipse((x, y), 0.27 - 0.02 * link, 0.27, self.colour, True, 0.8)
        self.canvas.ellipse(self._blown((-1.25, 3.15)), 0.18, 0.16, self.character.accent_colour(), True, 0.8)

    def draw_over_face(self) -> None:
        """Fringe, locks beside the face, shadow and shine."""
        crown = [*_CROWN, *_reflection(_CROWN)]
        outline = np.vstack([spline(crown, closed=False), _FRINGE[self.character.bangs]])
        self.canvas.polygon(outline, self.colour, smooth=False)
        if self.character.length != "short hair" and self.character.hairstyle in ("loose", "hair bun"):
            self._side_locks()
        if self.canvas.style.shade:
            self.canvas.polygon(_SHADOW, self.shadow, outline=False)
        for strand in _STRANDS:
            self.canvas.stroke(strand, mix(self.colour, self.canvas.style.line, 0.35), 0.45)
        if self.canvas.style.shine:
            self.canvas.polygon(_SHINE, mix(self.colour, WHITE, 0.5), outline=False)

    def draw_ties(self) -> None:
        """The bands that hold tails."""
        accent = self.character.accent_colour()
        if self.character.hairstyle == "twintails":
            for side in SIDES:
                self.canvas.ellipse((side * 1.02, -0.42), 0.17, 0.17, accent, True, 0.8)
        if self.character.hairstyle == "ponytail":
            self.canvas.ellipse((0.75, -1.05), 0.17, 0.17, accent, True, 0.8)

    def _twintails(self) -> None:
        for side in SIDES:
            self._area(mirror(_TWINTAIL, side), self.colour)
            if self.canvas.style.shade:
                self._area(mirror(_TWINTAIL_SHADOW, side), self.shadow, outline=False)
        self._area(_TWINTAIL_CAP, self.shadow)

    def _side_locks(self) -> None:
        end = 1.5 if self.character.length == "medium hair" else 2.3
        lock = [(0.86, -0.2), (1.12, -0.2), (1.22, 0.9), (1.15, end), (0.92, end - 0.4), (0.88, 0.6)]
        for side in SIDES:
            self._area(mirror(lock, side), self.colour, weight=0.9)

    def _area(self, points: Points, fill: Colour, outline: bool = True, weight: float = 1.0) -> None:
        self.canvas.polygon([self._blown(point) for point in points], fill, outline, weight)

    def _blown(self, point: Point) -> Point:
        x, y = point
        return x + self.sway * 0.1 * max(0.0, y - 0.2) ** 1.5, y


def _reflection(half: Points) -> list[Point]:
    """The other half of a symmetric outline whose `half` ends on the axis."""
    return [(-x, y) for x, y in reversed(half[:-1])]

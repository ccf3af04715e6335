"""Hair, in two layers: what lies behind the body and what falls over the face. Units: head radii."""

import numpy as np

from engine.demo.drawing.canvas import SIDES, Canvas, Point, Points, Vertices
from engine.demo.drawing.character import Character, Length
from engine.demo.drawing.hair_shapes import (
    back,
    crown,
    halo,
    lower_cap,
    ponytail,
    rear_tail,
    side_lock,
    strands,
    tail_shade,
    twintail,
)
from engine.demo.drawing.palette import WHITE, Colour, mix

_SHADOW = [(0.62, -1.16), (0.95, -0.86), (1.07, -0.25), (1.02, 0.3), (0.9, 0.5), (0.84, -0.1), (0.8, -0.6)]
_REAR_STRANDS: list[list[Point]] = [
    [(0.1, -1.2), (0.5, -0.7), (0.62, 0.3)],
    [(-0.1, -1.2), (-0.5, -0.7), (-0.62, 0.3)],
    [(0.03, -1.1), (0.2, -0.4), (0.24, 0.5)],
    [(-0.03, -1.1), (-0.2, -0.4), (-0.24, 0.5)],
]
_DARK = 200.0
_DRAWN_IN: dict[Length, float] = {"long hair": 0.58, "medium hair": 0.78, "short hair": 0.84}
_REACH: dict[Length, float] = {"long hair": 3.2, "medium hair": 1.8, "short hair": 1.0}
_BUN, _SIDE_BUN, _NAPE_BUN = (0.0, -1.5), (1.3, 0.35), (0.0, 0.4)


class Hair:
    """A character's hair as it falls on one drawing; `sway` (-1..1) blows it aside, the ends most."""

    def __init__(self, canvas: Canvas, character: Character, sway: float) -> None:
        self.canvas = canvas
        self.character = character
        self.sway = sway
        self.colour = character.hair_colour()
        depth = max(0.2, min(0.4, canvas.style.shade * 1.2))
        self.shadow = mix(self.colour, canvas.style.shadow if canvas.style.shade else (50, 25, 80), depth)
        dark = sum(self.colour) < _DARK
        self.line = mix(self.colour, WHITE, 0.2) if dark else mix(self.colour, canvas.style.line, 0.45)
        self.light = mix(self.colour, (225, 230, 255), 0.3) if dark else mix(self.colour, WHITE, 0.42)

    def draw_behind(self) -> None:
        """What the head and the body hide: the back of the hair, tails and bun."""
        style, length = self.character.hairstyle, self.character.length
        self._draw_bun_and_twintails()
        if style == "ponytail":
            self._tail(ponytail(length))
        self._area(back(lower_cap(style) if self._tied() else length), self.shadow)
        if style == "hair bun" and self.character.wears("hat"):
            self._bun(_SIDE_BUN)

    def draw_braid(self) -> None:
        """The braid over the shoulder."""
        self._braid(-1.02, 0.75)

    def draw_over_face(self) -> None:
        """Fringe, locks beside the face, shadow and shine."""
        if self.character.length != "short hair" and not self._tied():
            for side in SIDES:
                self._area(side_lock(self.character.length, side), self.colour, weight=0.8)
        self._area(crown(self.character.bangs), self.colour)
        self.canvas.polygon(_SHADOW, self.shadow, outline=False)
        for strand in strands(self.character.bangs):
            self.canvas.stroke(strand, self.line, 0.5)
        self._shine()

    def draw_back_of_head(self) -> None:
        """All the hair as seen from behind, over the body."""
        style, length = self.character.hairstyle, self.character.length
        self._draw_bun_and_twintails()
        worn: Length = "short hair" if self._tied() else length
        self._area(back(worn, _DRAWN_IN[worn]), self.colour)
        self.canvas.polygon(_SHADOW, self.shadow, outline=False)
        reach = _REACH[worn]
        for strand in _REAR_STRANDS:
            self._strand([(x, y * reach if y > 0 else y) for x, y in strand])
        self._shine()
        if style == "ponytail":
            self._area(rear_tail(length), self.colour)
            self._strand([(0.05, -0.3), (0.2, 0.5), (0.12, 1.3)])
        elif style == "braid":
            self._braid(0.0, 0.85)
        elif style == "hair bun" and self.character.wears("hat"):
            self._bun(_NAPE_BUN)

    def draw_ties(self, away: bool = False) -> None:
        """The bands that hold tails."""
        if self.character.hairstyle == "twintails":
            for side in SIDES:
                self._tie((side * 1.02, -0.48))
        if self.character.hairstyle == "ponytail":
            self._tie((0.0, -0.58) if away else (0.74, -1.02))

    def _draw_bun_and_twintails(self) -> None:
        """What stands out beside the head from both sides; a hat presses the bun down."""
        if self.character.hairstyle == "hair bun" and not self.character.wears("hat"):
            self._bun(_BUN)
        if self.character.hairstyle == "twintails":
            for side in SIDES:
                self._tail(twintail(self.character.length, side))

    def _tied(self) -> bool:
        return self.character.hairstyle in ("twintails", "ponytail", "braid")

    def _tail(self, outline: Vertices) -> None:
        self._area(outline, self.colour)
        self._area(tail_shade(outline), self.shadow, inked=False)
        self.canvas.polygon(self._blown(outline), None, smooth=False)

    def _bun(self, place: Point) -> None:
        x, y = place
        self.canvas.ellipse(place, 0.52, 0.44, self.colour)
        self.canvas.stroke([(x - 0.34, y + 0.1), (x - 0.1, y - 0.22), (x + 0.26, y - 0.1)], self.line, 0.7)
        self.canvas.stroke([(x - 0.12, y + 0.2), (x + 0.02, y - 0.04), (x + 0.28, y + 0.12)], self.line, 0.7)

    def _braid(self, x: float, top: float) -> None:
        links = 6 if self.character.length == "long hair" else 4
        for link in range(links):
            y, width = top + 0.4 * link, 0.3 - 0.02 * link
            for side in SIDES:
                leaf = [(x, y + 0.34), (x + side * width, y + 0.12), (x + side * width * 0.8, y - 0.18), (x, y - 0.02)]
                self._area(np.array(leaf), self.colour, weight=0.7)
        end = top + 0.4 * links
        self._area(np.array([(x - 0.14, end), (x + 0.14, end), (x + 0.05, end + 0.42)]), self.colour, weight=0.7)
        self._tie(self._blown(np.array([(x, end)]))[0])

    def _tie(self, place: Point | Vertices) -> None:
        accent = self.character.accent_colour()
        x, y = place
        self.canvas.ellipse((float(x), float(y)), 0.17, 0.15, accent, True, 0.8)

    def _shine(self) -> None:
        if self.canvas.style.shine:
            for piece in halo():
                self.canvas.polygon(piece, self.light, outline=False, smooth=False)

    def _strand(self, points: Points) -> None:
        self.canvas.stroke(points, self.line, 0.5)

    def _area(self, outline: Vertices, fill: Colour, inked: bool = True, weight: float = 1.0) -> None:
        self.canvas.polygon(self._blown(outline), fill, inked, weight, smooth=False)

    def _blown(self, outline: Vertices) -> Vertices:
        x, y = outline[:, 0], outline[:, 1]
        return np.column_stack([x + self.sway * 0.1 * np.maximum(0.0, y - 0.2) ** 1.5, y])

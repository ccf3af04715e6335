"""How a drawing is inked, shaded and toned."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.demo.drawing.palette import BLACK, Colour, jittered, mix

Tone = Literal["plain", "film"]


@dataclass(frozen=True)
class Style:
    """A hand. `line_weight` scales every line, `shade` (0..1) is the strength of the shadows,
    `line_tint` (0..1) how much a line takes the darkened colour of what it outlines."""

    line: Colour = (35, 28, 32)
    line_weight: float = 1.0
    shade: float = 0.0
    shine: bool = True
    tone: Tone = "plain"
    line_tint: float = 0.0
    shadow: Colour = (20, 15, 50)

    def shaded(self, colour: Colour, strength: float = 1.0) -> Colour:
        """`colour` in the shadow."""
        return mix(colour, self.shadow, min(1.0, self.shade * strength))

    def outline(self, fill: Colour | None) -> Colour:
        """The line's colour around an area of colour `fill`."""
        if fill is None or self.line_tint == 0:
            return self.line
        return mix(self.line, mix(fill, BLACK, 0.5), self.line_tint)


FILM = Style(line=(96, 52, 120), line_weight=0.8, shade=0.34, tone="film", line_tint=0.45, shadow=(70, 60, 140))


def generic_style(rng: np.random.Generator) -> Style:
    """A plain cartoon hand: dark lines, clear colours, now and then a flat shadow."""
    return Style(
        line=jittered(rng, (35, 28, 32), 15),
        line_weight=rng.uniform(0.75, 1.35),
        shade=float(rng.choice([0, 0.12, 0.2])),
        shine=bool(rng.random() < 0.6),
    )


def mixed_style(rng: np.random.Generator) -> Style:
    """Generic, the film's, or any hand between and beyond them: what a tagger must not mind."""
    kind = rng.random()
    if kind < 0.3:
        return generic_style(rng)
    if kind < 0.6:
        return FILM
    red, green, blue = rng.uniform(0, 140, 3)
    return Style(
        line=jittered(rng, (90, 60, 90), 45),
        line_weight=rng.uniform(0.6, 1.4),
        shade=rng.uniform(0, 0.4),
        shine=bool(rng.random() < 0.5),
        tone="film" if rng.random() < 0.5 else "plain",
        line_tint=rng.uniform(0, 0.7),
        shadow=(red, green, blue),
    )

"""The colours a drawing is made of, by danbooru name, and small colour arithmetic. RGB, 0..255."""

import numpy as np

Colour = tuple[float, float, float]

HAIR: dict[str, Colour] = {
    "black hair": (45, 42, 55),
    "brown hair": (125, 78, 48),
    "blonde hair": (242, 212, 110),
    "red hair": (200, 48, 48),
    "blue hair": (66, 105, 205),
    "green hair": (70, 165, 90),
    "pink hair": (245, 150, 185),
    "purple hair": (135, 80, 180),
    "white hair": (235, 235, 242),
    "orange hair": (240, 140, 50),
}
EYES: dict[str, Colour] = {
    "blue eyes": (45, 115, 240),
    "red eyes": (225, 38, 52),
    "green eyes": (32, 172, 82),
    "brown eyes": (132, 76, 36),
    "purple eyes": (152, 60, 212),
    "yellow eyes": (248, 202, 36),
}
CLOTH: dict[str, Colour] = {
    "red": (205, 55, 60),
    "blue": (60, 95, 190),
    "green": (75, 150, 85),
    "white": (245, 245, 245),
    "black": (50, 50, 60),
    "yellow": (240, 205, 80),
    "pink": (245, 160, 190),
    "purple": (130, 90, 170),
}
SKIN: Colour = (255, 230, 212)
NAVY: Colour = (44, 62, 128)
SKIN_SHADOW: Colour = (243, 198, 182)
WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """`first` with `share` (0..1) of `second` in it."""
    r, g, b = (one * (1 - share) + other * share for one, other in zip(first, second, strict=True))
    return r, g, b


def jittered(rng: np.random.Generator, colour: Colour, amount: float = 12) -> Colour:
    """`colour` with each channel moved by up to `amount`, clipped to 0..255."""
    r, g, b = (min(max(channel + rng.uniform(-amount, amount), 0.0), 255.0) for channel in colour)
    return r, g, b

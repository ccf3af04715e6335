"""Cells of text as pixels: blocks and quadrants exactly, other glyphs as a bar in their colour."""

from PIL import ImageColor, ImageDraw
from pyte.graphics import FG_BG_256
from pyte.screens import Char

from kimikoe_tui.graphics.placeholders import PLACEHOLDER

QUADRANTS = " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"
"""By the bits of the quarters that are filled: 1 upper left, 2 upper right, 4 lower left, 8 lower right."""

Box = tuple[int, int, int, int]
_NAMES = {"default": None, "brown": "olive", "brightblack": "gray"}


def draw_glyph(draw: ImageDraw.ImageDraw, char: Char, box: Box) -> None:
    """Draw a cell of text in a box of (left, top, right, bottom) pixels."""
    fore, back = _colour(char.fg, "white"), _colour(char.bg, "black")
    if char.reverse:
        fore, back = back, fore
    _fill(draw, box, back)
    if char.data in QUADRANTS:
        for quarter in _quarters(QUADRANTS.index(char.data), box):
            _fill(draw, quarter, fore)
    elif char.data.strip() and not char.data.startswith(PLACEHOLDER):
        left, top, right, bottom = box
        _fill(draw, (left + 2, (top + bottom) // 2 - 3, right - 2, (top + bottom) // 2 + 3), fore)


def _quarters(bits: int, box: Box) -> list[Box]:
    left, top, right, bottom = box
    middle, waist = (left + right) // 2, (top + bottom) // 2
    quarters = [(left, top, middle, waist), (middle, top, right, waist), (left, waist, middle, bottom),
                (middle, waist, right, bottom)]  # fmt: skip
    return [quarter for bit, quarter in enumerate(quarters) if bits >> bit & 1]


def _fill(draw: ImageDraw.ImageDraw, box: Box, colour: tuple[int, ...]) -> None:
    left, top, right, bottom = box
    draw.rectangle((left, top, right - 1, bottom - 1), fill=colour)


def _colour(name: str, default: str) -> tuple[int, ...]:
    if name in _NAMES or name.startswith("bright"):
        name = _NAMES.get(name) or (name.removeprefix("bright") if name != "default" else default)
    if name.startswith("palette"):
        name = FG_BG_256[int(name.removeprefix("palette"))]
    try:
        return ImageColor.getrgb(name if name.isalpha() and len(name) != 6 else f"#{name}")
    except ValueError:
        return ImageColor.getrgb(name)

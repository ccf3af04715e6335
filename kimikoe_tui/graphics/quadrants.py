"""Four pixels in a cell, in the two colours that suit them best: finer than half blocks, in the same bytes."""

from itertools import groupby

from rich.segment import Segment

from kimikoe_tui.graphics.halfblock import HalfBlocks, block_style, packed_rows
from kimikoe_tui.graphics.pixels import Pixels, fit, resized
from kimikoe_tui.graphics.renderer import Drawing

GLYPHS = " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"
"""By the bits of the brighter quarters: 1 upper left, 2 upper right, 4 lower left, 8 lower right."""
_STEPS = 0xF8F8F8  # five bits a channel: finer ones are not seen at this size and cost a quarter more bytes
Cell = tuple[str, int, int]


class Quadrants(HalfBlocks):
    """Shows a picture with text alone."""

    def draw(self, pixels: Pixels, columns: int, rows: int, exact: bool = False) -> Drawing:
        """The cells of a picture."""
        width, height = fit(pixels.width, pixels.height, columns, rows * 2)
        return Drawing(width, self.stretched(pixels, width, (height + 1) // 2))

    def pixel_box(self, columns: int, rows: int) -> tuple[int, int]:
        """Two pixels a column and a row, which are as wide as half of them are high."""
        return columns * 2, rows * 4

    def stretched(self, pixels: Pixels, columns: int, rows: int) -> list[list[Segment]]:
        """Rows of cells that a picture covers wholly."""
        quarters = packed_rows(resized(pixels, (columns * 2, rows * 2)))
        return [_segments(upper, lower) for upper, lower in zip(quarters[::2], quarters[1::2], strict=True)]


def _segments(upper: list[int], lower: list[int]) -> list[Segment]:
    cells = map(_cell, upper[::2], upper[1::2], lower[::2], lower[1::2])
    segments = []
    for (front, ground), run in groupby(cells, key=lambda cell: cell[1:]):
        segments.append(Segment("".join(glyph for glyph, _front, _ground in run), block_style(front, ground)))
    return segments


def _cell(*quarters: int) -> Cell:
    """A glyph, and the mean colours of its brighter and of its darker quarters."""
    light = [_light(colour) for colour in quarters]
    middle = (max(light) + min(light)) / 2
    bright = [colour for colour, each in zip(quarters, light, strict=True) if each > middle]
    if not bright:
        colour = _mean(quarters)
        return " ", colour, colour
    dark = [colour for colour, each in zip(quarters, light, strict=True) if each <= middle]
    bits = sum(1 << place for place, each in enumerate(light) if each > middle)
    return GLYPHS[bits], _mean(bright), _mean(dark)


def _light(colour: int) -> int:
    return 2 * (colour >> 16) + 5 * (colour >> 8 & 255) + (colour & 255)


def _mean(colours: tuple[int, ...] | list[int]) -> int:
    count = len(colours)
    red, green = sum(each >> 16 for each in colours) // count, sum(each >> 8 & 255 for each in colours) // count
    return (red << 16 | green << 8 | sum(each & 255 for each in colours) // count) & _STEPS

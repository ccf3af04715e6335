"""Pictures made of text: two pixels in a cell by half blocks, or one by the cell's ground."""

from functools import lru_cache
from itertools import groupby

from rich.color import Color
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style

from kimikoe_tui.graphics.pixels import Pixels, fit, resized, scale
from kimikoe_tui.graphics.renderer import Drawing, Layer

UPPER_HALF = "▀"


class HalfBlocks:
    """Two pixels in a cell: the upper half block in the colour of the upper one, on the colour of the lower one."""

    layer: Layer = "cells"
    is_quick = True

    def pixel_box(self, columns: int, rows: int) -> tuple[int, int]:
        """One pixel a column, two a row: cells are twice as high as wide, so such pixels are square."""
        return columns, rows * 2

    def draw(self, pixels: Pixels, columns: int, rows: int, exact: bool = False) -> Drawing:
        """The cells of a picture; an odd last row has the terminal's ground below it."""
        pixels = scale(pixels, self.pixel_box(columns, rows))
        colours = packed_rows(pixels)
        below = [*colours[1::2], [-1] * pixels.width] if pixels.height % 2 else colours[1::2]
        return Drawing(
            pixels.width, [_segments(upper, lower) for upper, lower in zip(colours[::2], below, strict=True)]
        )

    def stretched(self, pixels: Pixels, columns: int, rows: int) -> list[list[Segment]]:
        """Rows of cells that a picture covers wholly."""
        colours = packed_rows(resized(pixels, (columns, rows * 2)))
        return [_segments(upper, lower) for upper, lower in zip(colours[::2], colours[1::2], strict=True)]

    def sketch(self, pixels: Pixels, columns: int, rows: int) -> Drawing:
        """Text is drawn as quickly as it can be."""
        return self.draw(pixels, columns, rows)

    def remove(self) -> str:
        """Text is painted over."""
        return ""


class ColourCells(HalfBlocks):
    """One pixel in a cell, its ground: for terminals where block characters take two cells."""

    def draw(self, pixels: Pixels, columns: int, rows: int, exact: bool = False) -> Drawing:
        """The cells of a picture."""
        width, height = fit(pixels.width, pixels.height, *self.pixel_box(columns, rows))
        return Drawing(width, self.stretched(pixels, width, max(1, height // 2)))

    def stretched(self, pixels: Pixels, columns: int, rows: int) -> list[list[Segment]]:
        """Rows of cells that a picture covers wholly."""
        return [_grounds(row) for row in packed_rows(resized(pixels, (columns, rows)))]


def packed_rows(pixels: Pixels) -> list[list[int]]:
    """Each row's pixels as 0xRRGGBB."""
    stride = pixels.width * 3
    rows = []
    for start in range(0, pixels.height * stride, stride):
        row = pixels.rgb[start : start + stride]
        channels = zip(row[::3], row[1::3], row[2::3], strict=True)
        rows.append([red << 16 | green << 8 | blue for red, green, blue in channels])
    return rows


def _segments(upper: list[int], lower: list[int]) -> list[Segment]:
    """One segment for each run of equal cells."""
    runs = groupby(zip(upper, lower, strict=True))
    return [Segment(UPPER_HALF * len(list(run)), block_style(*colours)) for colours, run in runs]


def _grounds(row: list[int]) -> list[Segment]:
    return [Segment(" " * len(list(run)), Style(bgcolor=_colour(colour))) for colour, run in groupby(row)]


@lru_cache(maxsize=16_384)
def block_style(upper: int, lower: int) -> Style:
    return Style.from_color(_colour(upper), _colour(lower) if lower >= 0 else None)


@lru_cache(maxsize=16_384)
def _colour(packed: int) -> Color:
    return Color.from_triplet(ColorTriplet(packed >> 16, packed >> 8 & 255, packed & 255))

"""Two pixels in a cell: the upper half block in the colour of the upper one, on the colour of the lower one."""

from functools import lru_cache
from itertools import groupby

from rich.color import Color
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style

from kimikoe_tui.graphics.pixels import Pixels
from kimikoe_tui.graphics.renderer import Drawing

UPPER_HALF = "▀"


class HalfBlocks:
    """Shows a picture with text alone, in any terminal that has true colour."""

    def pixel_box(self, columns: int, rows: int) -> tuple[int, int]:
        """One pixel a column, two a row: cells are twice as high as wide, so such pixels are square."""
        return columns, rows * 2

    def draw(self, pixels: Pixels) -> Drawing:
        """The cells of a picture; an odd last row has the terminal's ground below it."""
        colours = _packed_rows(pixels)
        below = [*colours[1::2], [-1] * pixels.width] if pixels.height % 2 else colours[1::2]
        rows = [_segments(upper, lower) for upper, lower in zip(colours[::2], below, strict=True)]
        return Drawing(pixels.width, rows)


def _packed_rows(pixels: Pixels) -> list[list[int]]:
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
    return [Segment(UPPER_HALF * len(list(run)), _style(*colours)) for colours, run in runs]


@lru_cache(maxsize=16_384)
def _style(upper: int, lower: int) -> Style:
    return Style.from_color(_colour(upper), _colour(lower) if lower >= 0 else None)


@lru_cache(maxsize=16_384)
def _colour(packed: int) -> Color:
    return Color.from_triplet(ColorTriplet(packed >> 16, packed >> 8 & 255, packed & 255))

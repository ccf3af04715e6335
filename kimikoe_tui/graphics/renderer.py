"""What every way of showing a picture in a terminal does, so that the rooms need not know which one it is."""

from typing import Protocol

import msgspec
from rich.segment import Segment

from kimikoe_tui.graphics.pixels import Pixels


class Drawing(msgspec.Struct, frozen=True):
    """A picture ready to paint: rows of segments, each row `columns` cells wide."""

    columns: int
    rows: list[list[Segment]]


class PictureRenderer(Protocol):
    """Turns pixels into cells."""

    def pixel_box(self, columns: int, rows: int) -> tuple[int, int]:
        """The (width, height) in pixels that so many cells can show."""

    def draw(self, pixels: Pixels) -> Drawing:
        """The cells of a picture that fits such a box."""

"""What every way of showing a picture in a terminal does, so that the rooms need not know which one it is."""

from collections.abc import Callable
from typing import Literal, Protocol

import msgspec
from rich.segment import Segment

from kimikoe_tui.graphics.pixels import Pixels

Layer = Literal["cells", "stored", "painted", "above"]
"""Where a picture is: in the text itself; held by the terminal and shown by cells; painted into cells, where text
erases it; or above the text, from where it must be taken away."""
Rows = list[list[Segment]]


class Drawing(msgspec.Struct, frozen=True):
    """A picture ready to paint: rows of segments, each row `columns` cells wide, and what is sent beside them.

    `data` is sent with the cursor on the first cell; on a slow line `draft` goes before it, a tenth of the bytes.
    `again` follows a moment after either, where a terminal may overlook that it has come.
    `coarse` makes rows that show the picture with text alone, for where `data` may not be sent; it is asked seldom.
    """

    columns: int
    rows: Rows
    data: str = ""
    draft: str = ""
    coarse: Callable[[], Rows] | None = None
    again: str = ""


class PictureRenderer(Protocol):
    """Turns pixels into what shows them. Each pane has its own."""

    @property
    def layer(self) -> Layer:
        """Where its pictures are."""

    @property
    def is_quick(self) -> bool:
        """Whether drawing takes so little time that a sketch would not come before it."""

    def pixel_box(self, columns: int, rows: int) -> tuple[int, int]:
        """The (width, height) in pixels that so many cells can show."""

    def draw(self, pixels: Pixels, columns: int, rows: int, exact: bool = False) -> Drawing:
        """A picture, as large as so many cells allow; `exact` keeps every colour where that costs bytes."""

    def sketch(self, pixels: Pixels, columns: int, rows: int) -> Drawing:
        """The same in a fraction of the time, or of the bytes, with text alone."""

    def remove(self) -> str:
        """What takes away all that the terminal still holds of its pictures; empty where it holds nothing."""

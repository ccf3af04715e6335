"""What all ways have in common that send a terminal real pixels beside its text."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial

from rich.segment import Segment

from kimikoe_tui.graphics.display import Display
from kimikoe_tui.graphics.halfblock import ColourCells, HalfBlocks
from kimikoe_tui.graphics.pixels import Pixels, resized
from kimikoe_tui.graphics.quadrants import Quadrants
from kimikoe_tui.graphics.renderer import Drawing


class RealPixels(ABC):
    """Knows the terminal's cells, and draws the same picture with text for where pixels cannot be."""

    def __init__(self, display: Display) -> None:
        self._display = display
        self._text: HalfBlocks = ColourCells() if display.ambiguous == 2 else Quadrants()
        self.may_be_slow: Callable[[int], bool] = lambda _count: False
        """Whether so many bytes may take so long that a draft is to go before them."""

    @property
    def is_quick(self) -> bool:
        """Whether drawing takes so little time that a sketch would not come before it."""
        return True

    def pixel_box(self, columns: int, rows: int) -> tuple[int, int]:
        """All the pixels of the cells."""
        return columns * self._display.cell[0], rows * self._display.cell[1]

    def sketch(self, pixels: Pixels, columns: int, rows: int) -> Drawing:
        """The picture as text."""
        return self._text.draw(pixels, columns, rows)

    def remove(self) -> str:
        """Text is painted over."""
        return ""

    def _drawing(self, pixels: Pixels, size: tuple[int, int], data: str) -> Drawing:
        """Empty cells for the data, and text that covers the same ones."""
        draft = self._draft(pixels, size) if self.may_be_slow(len(data)) else ""
        small = resized(pixels, self._text.pixel_box(*size))
        return Drawing(size[0], blank_rows(size), data, draft, partial(self._text.stretched, small, *size))

    @abstractmethod
    def _draft(self, pixels: Pixels, size: tuple[int, int]) -> str:
        """Data that show the same picture in the same cells, coarsely and in few bytes."""


def blank_rows(size: tuple[int, int]) -> list[list[Segment]]:
    """Empty cells, (columns, rows) of them."""
    return [[Segment(" " * size[0])] for _row in range(size[1])]

"""Words and bars fitted to the cells of a terminal."""

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from rich.text import Text
from textual.strip import Strip
from textual.widget import Widget

from kimikoe_tui.palette import GROOVE


def column(text: str, width: int) -> str:
    """Text in a column of `width` cells, some of which a Japanese character takes two of."""
    return set_cell_size(text, width)


def column_right(text: str, width: int) -> str:
    """Text at the right of a column."""
    return " " * max(0, width - cell_len(text)) + text


def meter(share: float, width: int, style: str) -> Text:
    """A thin bar of `width` cells, filled to half a cell."""
    halves = round(max(0.0, min(1.0, share)) * width * 2)
    filled = "━" * (halves // 2) + "╸" * (halves % 2)
    return Text.assemble((filled, style), ("─" * (width - len(filled)), GROOVE))  # thin, for an eye without colours


def fit_words(words: Sequence[str], width: int, separator: str = ", ") -> str:
    """As many whole words as fit in `width` cells, with `…` where some were left out."""
    line = ""
    for index, word in enumerate(words):
        longer = f"{line}{separator}{word}" if line else word
        room = width if index == len(words) - 1 else width - 2
        if cell_len(longer) > room:
            return f"{line} …" if line else "…"
        line = longer
    return line


def filtered(widget: Widget, strips: list[Strip]) -> list[Strip]:
    """Lines of a widget as its app's filters leave them, where the widget draws them without Textual's own cache."""
    ground = widget.background_colors[1]
    for line_filter in widget.get_line_filters():
        strips = [strip.apply_filter(line_filter, ground) for strip in strips]
    return strips

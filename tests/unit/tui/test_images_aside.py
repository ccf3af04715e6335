"""Cells that name an image keep their colour, whatever is done to the words beside them."""

from rich.color import ColorType
from rich.segment import Segment
from rich.style import Style
from textual._ansi_theme import DEFAULT_TERMINAL_THEME
from textual.color import Color
from textual.filter import ANSIToTruecolor

from kimikoe_tui.graphics.placeholders import placeholder_rows
from kimikoe_tui.widgets.images_aside import ImagesAside

BLACK = Color(0, 0, 0)


def test_words_are_filtered_and_images_are_not() -> None:
    (row,) = placeholder_rows(77, 3, 1)
    words = Segment("words", Style(color="red"))
    before, image, after = ImagesAside(ANSIToTruecolor(DEFAULT_TERMINAL_THEME)).apply([words, *row, words], BLACK)
    assert image == row[0]
    for each in (before, after):
        assert each.text == "words" and each.style and each.style.color
        assert each.style.color.type is ColorType.TRUECOLOR

"""Colours in terminals of 16: words are told from their ground, pictures stay."""

import pytest
from rich.color import Color, ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.color import Color as TextualColor

from kimikoe_tui import palette
from kimikoe_tui.widgets.few_colours import FewColours

BLACK = TextualColor.parse("#000000")


def shown(text: str, colour: str, ground: str) -> tuple[int | None, int | None]:
    """The numbers among 16 of a text and its ground, as the terminal gets them."""
    ((_text, style, _control),) = FewColours().apply([Segment(text, Style(color=colour, bgcolor=ground))], BLACK)
    assert style is not None and style.color is not None and style.bgcolor is not None
    few = [each.downgrade(ColorSystem.STANDARD).number for each in (style.color, style.bgcolor)]
    return few[0], few[1]


@pytest.mark.parametrize("ground", [palette.BACKGROUND, palette.SURFACE, palette.RAISED, "#c0c0c0", "#ffffff"])
@pytest.mark.parametrize("colour", [palette.TEXT, palette.MUTED, palette.FAINT, palette.ACCENT, palette.ALARM])
def test_words_stand_out_from_every_ground(colour: str, ground: str) -> None:
    word, below = shown("nagisa", colour, ground)
    assert word != below


def test_the_accent_is_one_and_pictures_keep_their_colours() -> None:
    assert shown("3s", palette.ACCENT, palette.BACKGROUND) != shown("3s", palette.MUTED, palette.BACKGROUND)
    assert shown("▀", "#000000", "#010101") == (0, 0)
    assert Color.parse(palette.FAINT).downgrade(ColorSystem.STANDARD).number == shown("━", palette.GROOVE, "#262b32")[0]

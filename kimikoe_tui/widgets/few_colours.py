"""For terminals of 16 colours: words whose colour and ground come out alike there would vanish."""

from functools import lru_cache

from rich.color import Color, ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.color import Color as TextualColor
from textual.filter import LineFilter

from kimikoe_tui.palette import ACCENT, FAINT

WHITE, BLACK, YELLOW = 7, 0, 11
_ACCENT, _FAINT = Color.parse(ACCENT), Color.parse(FAINT)


class FewColours(LineFilter):
    """Has words stand out from their ground, and the accent be one; pictures made of blocks stay as they are."""

    def apply(self, segments: list[Segment], background: TextualColor) -> list[Segment]:
        """The line with colours that 16 suffice for."""
        return [
            Segment(text, _told_apart(style, any(map(str.isalnum, text))), control) if style else each
            for each in segments
            for text, style, control in [each]
        ]


@lru_cache(4096)
def _told_apart(style: Style, has_words: bool) -> Style:
    colour, ground = style.color, style.bgcolor
    if colour is None:
        return style
    if colour == _ACCENT:
        return style + Style(color=Color.from_ansi(YELLOW))
    if ground is not None and (has_words or colour == _FAINT) and _few(colour) == _few(ground):
        return style + Style(color=Color.from_ansi(BLACK if _few(ground) == WHITE else WHITE))
    return style


def _few(colour: Color) -> int | None:
    """The number among 16 by which a terminal gets a colour."""
    return colour.downgrade(ColorSystem.STANDARD).number

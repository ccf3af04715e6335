"""Characters of one cell everywhere, for terminals that draw the others over two."""

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_MEANT = {
    "-": "─╌┄", "|": "│║▏▎▍▌▐▊▉", "+": "╭╮╰╯┌┐└┘├┤┬┴┼", "=": "━╸╺═", "#": "▀▄▆▇█■◆", "_": "▁▂", "o": "▃▅○◇□",
    "*": "★●", ".": "·☆", "~": "…", "^": "↑▲", "v": "↓▼", "<": "←◀", ">": "→▶", '"': "“”", "'": "‘’", "x": "×",
}  # fmt: skip
_NEUTRAL = {ord(wide): narrow for narrow, characters in _MEANT.items() for wide in characters}


class NeutralGlyphs(LineFilter):
    """Puts a narrow character of like meaning in the place of each one that may be wide."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same cells, in characters that are one cell wide in every font."""
        return [Segment(text.translate(_NEUTRAL), style, control) for text, style, control in segments]

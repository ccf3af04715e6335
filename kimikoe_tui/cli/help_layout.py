"""Help as wide as the terminal's cells allow: a Japanese character takes two, and lines may break between them."""

from collections.abc import Iterable, Iterator

import click

from kimikoe_tui.text import cells

FIRST_COLUMN_LIMIT = 30
NEVER_FIRST = "、。，．・：；？！」』）】〕”’ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々…)]},.:;?!"
NEVER_LAST = "「『（【〔“‘([{"


class WideFormatter(click.HelpFormatter):
    """Click's, measuring in cells."""

    def write_text(self, text: str) -> None:
        """Paragraphs, broken where they are too long; after `\\b`, lines as they are."""
        room = max(self.width - self.current_indent, 11)
        indent = " " * self.current_indent
        for number, paragraph in enumerate(text.split("\n\n")):
            as_it_stands = paragraph.startswith("\b")
            lines = paragraph[1:].strip("\n").split("\n") if as_it_stands else wrapped(paragraph, room)
            self.write("\n" if number else "")
            self.write("".join(f"{indent}{line}".rstrip() + "\n" for line in lines))

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = FIRST_COLUMN_LIMIT, col_spacing: int = 2
    ) -> None:
        """Terms and what they mean, in two columns."""
        rows = list(rows)
        widest = max((cells(term) for term, _meaning in rows), default=0)
        column = min(widest, col_max) + col_spacing
        indent, room = " " * self.current_indent, max(self.width - self.current_indent - column - 2, 10)
        for term, meaning in rows:
            lines = wrapped(meaning, room) or [""]
            beside = cells(term) <= column - col_spacing
            head = f"{term}{' ' * (column - cells(term))}{lines[0]}" if beside else term
            self.write(f"{indent}{head}".rstrip() + "\n")
            for line in lines[1:] if beside else lines:
                self.write(f"{indent}{' ' * column}{line}".rstrip() + "\n")


class WideContext(click.Context):
    """Where help is laid out by cells."""

    formatter_class = WideFormatter


def wrapped(text: str, width: int) -> list[str]:
    """Lines of at most `width` cells where words allow it; no line begins with 。 or ends with 「."""
    lines: list[str] = []
    line = ""
    for piece in _pieces(" ".join(text.split())):
        if line and cells(line + piece.rstrip()) > width:
            lines.append(line.rstrip())
            line = piece.lstrip()
        else:
            line += piece
    return [*lines, line.rstrip()] if line.strip() else lines


def _pieces(text: str) -> Iterator[str]:
    """What a line is never broken inside: words with the blank after them, single wide characters with their marks."""
    piece = ""
    for character in text:
        if piece and _may_break(piece[-1], character):
            yield piece
            piece = ""
        piece += character
    if piece:
        yield piece


def _may_break(before: str, after: str) -> bool:
    if after in NEVER_FIRST or before in NEVER_LAST or after == " ":
        return False
    return before == " " or cells(before) == 2 or cells(after) == 2

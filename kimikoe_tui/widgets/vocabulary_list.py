"""The tags of a studio, one on a line: how many frames carry each, and what people decided."""

from collections.abc import Callable
from typing import NamedTuple

from rich.text import Text
from textual.widget import Widget

from db.i18n import _
from db.vocabulary import Order, TagCount
from kimikoe_tui.palette import ACCENT, FAINT, MUTED, TEXT
from kimikoe_tui.text import plain, thousands
from kimikoe_tui.widgets.cells import column, column_right, meter
from kimikoe_tui.widgets.virtual_list import VirtualList

MARKS = {1: "A", 3: "©", 4: "@", 5: "M", 9: "R"}
"""By category, so that it is told without colour; what is general has none."""
CHARACTER, RATING = 4, 9
NAME_LEFT, LEAST_NAME = 3, 8
METER_WIDTH = 6
ROOMY, WIDE = 50, 60


class VocabularyColumn(NamedTuple):
    """A column right of the name: by which order it is sorted, its heading, and what it shows of a tag."""

    order: Order | None
    heading: str
    width: int
    show: Callable[[TagCount], Text]


class VocabularyList(VirtualList):
    """One tag on a line. The cursor stays on its tag."""

    DEFAULT_CSS = "VocabularyList { scrollbar-gutter: stable; }"

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[TagCount] = []
        self.order: Order = "frames"
        self._frames = 0

    @property
    def tag(self) -> TagCount | None:
        """The tag under the cursor."""
        return self.tags[self.cursor] if self.tags else None

    def show(self, tags: list[TagCount], frames: int, order: Order) -> None:
        """List these, out of a film of so many frames."""
        before = self.tag
        self.tags, self._frames, self.order = tags, frames, order
        here = next((n for n, tag in enumerate(tags) if before is not None and tag.id == before.id), None)
        self.resize_to(len(tags), here)

    def line(self, index: int, width: int) -> Text:
        """`@ nagisa  ━━━━╸─ 12,410  +12 −3  40`."""
        tag, columns = self.tags[index], columns_for(width, self.order)
        style = FAINT if tag.category == RATING else f"bold {TEXT}" if tag.category == CHARACTER else TEXT
        name = Text(plain(tag.name), style)
        name.truncate(name_width(width, columns), overflow="ellipsis", pad=True)
        line = Text.assemble((f" {MARKS.get(tag.category, ' ')} ", ACCENT), name)
        for each in columns:
            if each.order == "frames" and width >= WIDE:
                line.append(" ").append_text(meter(tag.frames / max(1, self._frames), METER_WIDTH, MUTED))
            shown = each.show(tag)
            line.append(" " * max(1, each.width - shown.cell_len)).append_text(shown)
        return line


class VocabularyColumns(Widget):
    """The names of the columns over the list, the one that it is sorted by marked."""

    DEFAULT_CSS = "VocabularyColumns { height: 1; }"
    order: Order = "frames"

    def sort_by(self, order: Order) -> None:
        """Mark another column."""
        self.order = order
        self.refresh()

    def render(self) -> Text:
        """As wide as the lines below, which leave a cell to their scrollbar."""
        width = self.size.width - 1
        columns = columns_for(width, self.order)
        heading, style = self._heading("name", _("tag"))
        line = Text(" " * (NAME_LEFT - 1)).append(column(heading, name_width(width, columns) + 1), style)
        for each in columns:
            if each.order == "frames" and width >= WIDE:
                line.append(" " * (METER_WIDTH + 1))
            heading, style = self._heading(each.order, each.heading)
            line.append(column_right(heading, each.width), style)
        return line

    def _heading(self, order: Order | None, heading: str) -> tuple[str, str]:
        return (f"▾{heading}", ACCENT) if order == self.order else (f" {heading}", FAINT)


def columns_for(width: int, order: Order) -> list[VocabularyColumn]:
    """The columns for which there is room; where there is little, flicker stands instead of the pictures."""
    roomy = width >= ROOMY
    frames = VocabularyColumn("frames", _("frames"), 8, lambda tag: _count(tag.frames, TEXT))
    decisions = VocabularyColumn("decisions", _("decided"), 11 if roomy else 10, decisions_text)
    pictures = VocabularyColumn(
        None, _("pictures") if roomy else _("pics"), 9 if roomy else 6, lambda tag: _count(tag.pictures, MUTED)
    )
    flicker = VocabularyColumn("flicker", _("flicker"), 9, _flicker_text)
    if width >= WIDE:
        return [frames, decisions, pictures, flicker]
    return [frames, decisions, flicker if order == "flicker" else pictures]


def name_width(width: int, columns: list[VocabularyColumn]) -> int:
    """What the columns leave to the name."""
    taken = sum(each.width for each in columns) + (METER_WIDTH + 1 if width >= WIDE else 0)
    return max(LEAST_NAME, width - NAME_LEFT - taken - 1)


def decisions_text(tag: TagCount) -> Text:
    """`+12 −3`, what nobody said left out."""
    present = (f"+{_short(tag.present)}", ACCENT) if tag.present else ""
    denied = (f"−{_short(tag.denied)}", MUTED) if tag.denied else ""
    return Text.assemble(present, " " if present and denied else "", denied)


def _flicker_text(tag: TagCount) -> Text:
    """Nothing of ratings, which are never counted; `…` where the index has not counted yet."""
    if tag.flicker is None:
        return Text("" if tag.category == RATING else "…", FAINT)
    return _count(tag.flicker, MUTED)


def _count(count: int, style: str) -> Text:
    return Text(thousands(count), style) if count else Text("·", FAINT)


def _short(count: int) -> str:
    """`9,999`, then `10k`."""
    return thousands(count) if count < 10_000 else f"{count // 1000}k"

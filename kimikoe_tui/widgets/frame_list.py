"""The frames of a film, or those that match a query, one on a line."""

import sqlite3
from array import array
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass

from rich.text import Text
from textual import work
from textual.message import Message
from textual.widget import Widget

from db import films, tags
from db.films import Film, Frame, pack, unpack
from db.i18n import _
from db.tags import FrameTag
from kimikoe_tui.marks import Marks
from kimikoe_tui.palette import ACCENT, ALARM, FAINT, MUTED, TEXT
from kimikoe_tui.text import plain
from kimikoe_tui.widgets.cells import column, column_right, fit_words
from kimikoe_tui.widgets.failures import TellsFailures
from kimikoe_tui.widgets.kept_lines import KeptLines

PAGE = 64
IN_VIEW = PAGE // 2
PAGES_KEPT = 32
EVERY_ID = 1 << 62
RATING = 9
SHOT_WIDTH = 42


@dataclass(frozen=True, eq=False, slots=True)
class FrameRow:
    """What a line shows of a frame beside its number, as it was read at one moment."""

    frame: Frame
    tags: list[FrameTag]


Rows = dict[int, FrameRow]
"""What was read of frames, by their packed ids."""


def read_rows(db: sqlite3.Connection, ids: "array[int]") -> Rows:
    """Read what lines show of these frames."""
    return {
        pack(frame.film_id, frame.number): FrameRow(frame, tags.frame_tags(db, frame.film_id, frame.number))
        for frame in films.frames(db, ids)
    }


def read_pages(db: sqlite3.Connection, ids: "array[int]", index: int) -> dict[int, Rows]:
    """Read the pages of a list that are in view where its cursor comes to a line."""
    first, last = max(0, index - IN_VIEW) // PAGE, min(len(ids) - 1, index + IN_VIEW) // PAGE
    return {page: read_rows(db, ids[page * PAGE : (page + 1) * PAGE]) for page in range(first, last + 1)}


class FrameList(TellsFailures, KeptLines):
    """Keeps packed ids in an array and a few pages of rows; 170,000 frames cost some megabytes."""

    @dataclass
    class _Read(Message):
        version: int
        page: int
        rows: Rows

    def __init__(self, reader: Callable[[], sqlite3.Connection], marks: Marks) -> None:
        super().__init__()
        self._reader, self._marks = reader, marks
        self._films: dict[int, Film] = {}
        self._pages: OrderedDict[int, Rows] = OrderedDict()
        self._stale: set[int] = set()
        self._pending: set[int] = set()
        self._version = 0
        self.ids: array[int] = array("q")
        self.scope: tuple[int, int] = (0, -1)

    def show(
        self, ids: "array[int]", known_films: dict[int, Film], at: int | None, pages: Mapping[int, Rows]
    ) -> None:  # fmt: skip
        """List these packed ids, with the cursor on frame `at` or the first one after it; `pages` are known of them."""
        if known_films != self._films:
            self._films = known_films
            self.forget_lines()
        if ids[: len(self.ids)] != self.ids:
            self._version += 1
            self._pages.clear()
            self._pending.clear()
        self.ids = ids
        self.mark_stale(0, EVERY_ID)
        self._stale -= pages.keys() - self._pending  # of a shorter list
        for page, rows in pages.items():
            self._keep(page, rows)
        self.resize_to(len(ids), None if at is None else bisect_left(ids, at))

    @property
    def frame_id(self) -> int | None:
        """The packed id under the cursor."""
        return self.ids[self.cursor] if self.count else None

    def has_id(self, frame_id: int) -> bool:
        """Whether a frame is listed."""
        index = bisect_left(self.ids, frame_id)
        return index < len(self.ids) and self.ids[index] == frame_id

    def go_to_id(self, frame_id: int) -> None:
        """Put the cursor on a frame, or on the first one listed after it."""
        self.move_to(bisect_left(self.ids, frame_id))

    def go_back_to_id(self, frame_id: int) -> None:
        """Put the cursor on a frame, or on the last one listed before it."""
        self.move_to(bisect_right(self.ids, frame_id) - 1)

    def ids_between(self, first_id: int, last_id: int) -> "array[int]":
        """The listed frames from one to another, both included."""
        return self.ids[bisect_left(self.ids, first_id) : bisect_right(self.ids, last_id)]

    def row(self, index: int) -> FrameRow | None:
        """What is known of a line; asked for where it is not."""
        page = index // PAGE
        self._want(page)
        rows = self._pages.get(page)
        return rows.get(self.ids[index]) if rows else None

    def read_ahead(self) -> None:
        """Have the rows read that come into view with the next page, or with the one before."""
        for page in self.pages_around(PAGE):
            self._want(page)

    def _want(self, page: int) -> None:
        if (page not in self._pages or page in self._stale) and page not in self._pending:
            self._pending.add(page)
            self._stale.discard(page)
            self._read(self._version, page, self.ids[page * PAGE : (page + 1) * PAGE])

    def mark_stale(self, first_id: int, last_id: int) -> None:
        """Read the rows of these frames again when they are next in view; until then the old ones stay."""
        first, last = bisect_left(self.ids, first_id) // PAGE, bisect_left(self.ids, last_id) // PAGE
        self._stale |= {page for page in (*self._pages, *self._pending) if first <= page <= last}
        top = self.scroll_offset.y
        if first <= (top + self.size.height) // PAGE and top // PAGE <= last:
            self.refresh()

    def reach(self, first_id: int, last_id: int) -> None:
        """Mark the frames that an edit would reach."""
        if self.scope != (first_id, last_id):
            before, self.scope = self.scope, (first_id, last_id)
            self._refresh_between(*before)
            self._refresh_between(first_id, last_id)

    def _refresh_between(self, first_id: int, last_id: int) -> None:
        """Paint the lines of these frames that are in view."""
        top = self.scroll_offset.y
        first = max(top, bisect_left(self.ids, first_id))
        end = min(top + self.size.height, bisect_right(self.ids, last_id))
        if first < end:
            self.refresh_lines(first, end - first)

    @work(thread=True, group="pages", exit_on_error=False)
    def _read(self, version: int, page: int, ids: "array[int]") -> None:
        self.post_message(self._Read(version, page, read_rows(self._reader(), ids)))

    def on_frame_list__read(self, message: _Read) -> None:
        """Keep a page that was read."""
        message.stop()
        if message.version != self._version:
            return
        self._pending.discard(message.page)
        self._keep(message.page, message.rows)
        first, end = message.page * PAGE, min((message.page + 1) * PAGE, len(self.ids))
        self._refresh_between(self.ids[first], self.ids[end - 1])

    def _keep(self, page: int, rows: Rows) -> None:
        self._pages[page] = rows
        self._pages.move_to_end(page)
        while len(self._pages) > PAGES_KEPT:
            self._pages.popitem(last=False)

    def look_of(self, index: int) -> Hashable:
        """The frame, what is known of it, and whether it is marked or an edit would reach it."""
        frame_id = self.ids[index]
        return frame_id, self.row(index), self.scope[0] <= frame_id <= self.scope[1], frame_id in self._marks

    def line(self, index: int, width: int) -> Text:
        """Number, timecode, shot, place in its hold, tags; `+` before those that a person says."""
        frame_id = self.ids[index]
        film_id, number = unpack(frame_id)
        reach = "▎" if self.scope[0] <= frame_id <= self.scope[1] else " "
        row = self.row(index)
        marked = "●" if frame_id in self._marks else " "
        line = Text.assemble((reach, ACCENT), (f"{number:>6}", TEXT), (marked, ACCENT))
        if film_id in self._films:
            line.append(f" {self._films[film_id].timecode(number)} ", MUTED)
        if row is None:
            return line.append(" …", FAINT)
        if self.container_size.width >= SHOT_WIDTH:
            line.append(f"{row.frame.shot or '':>5} ", FAINT)
        line.append_text(_hold(row.frame))
        return line.append_text(_snippet(row, width - line.cell_len - 1))


class Columns(Widget):
    """The names of the columns over the list."""

    DEFAULT_CSS = "Columns { height: 1; }"

    def render(self) -> Text:
        """As wide as the lines below."""
        shot = f"{column_right(_('shot'), 5)} " if self.size.width >= SHOT_WIDTH else ""
        return Text(
            f"{column_right(_('frame'), 8)} {column(_('time'), 8)}{shot}{column(_('hold'), 6)}{_('tags')}", FAINT
        )


def _hold(frame: Frame) -> Text:
    """The frame's place in its hold, and for its first frame how long the drawing is held: `2s` is "on twos"."""
    if frame.exposure == 1:
        return Text("· 1s  ", FAINT)
    if frame.number == frame.hold_first:
        return Text.assemble(("┌ ", FAINT), (f"{frame.exposure}s".ljust(4), MUTED))
    return Text("└     " if frame.number == frame.hold_last else "│     ", FAINT)


def _snippet(row: FrameRow, width: int) -> Text:
    if row.frame.corrupt or row.frame.tainted:
        return Text(_("corrupt") if row.frame.corrupt else _("tainted"), ALARM)
    if row.frame.excluded:
        return Text(_("left out: {reason}").format(reason=plain(row.frame.excluded)), MUTED)
    people = ["+" + plain(tag.tag) for tag in row.tags if tag.origin == "verdict"]
    others = [plain(tag.tag) for tag in row.tags if tag.origin != "verdict" and tag.category != RATING]
    line = Text(fit_words([*people, *others], max(1, width)), MUTED)
    line.stylize(ACCENT, 0, len(", ".join(people)))  # few colours a line: each change of one is bytes on the wire
    return line

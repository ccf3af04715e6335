"""The items of a dataset, one on a line."""

import sqlite3
from array import array
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass

from rich.text import Text
from textual import work
from textual.message import Message
from textual.widget import Widget

from db import dataset_items
from db.captions import parse_caption
from db.dataset_items import Item, Items
from db.films import Film
from db.i18n import _
from kimikoe_tui.palette import ACCENT, FAINT, MUTED, TEXT
from kimikoe_tui.text import plain
from kimikoe_tui.widgets.cells import column, column_right
from kimikoe_tui.widgets.failures import TellsFailures
from kimikoe_tui.widgets.kept_lines import KeptLines

PAGE = 64
IN_VIEW = PAGE // 2
PAGES_KEPT = 32
WITH_WEIGHT = 56
"""From so many cells on a line has the weight."""


def read_pages(db: sqlite3.Connection, dataset_id: int, ordinals: "array[int]", index: int) -> dict[int, Items]:
    """Read the pages of a list that are in view where its cursor comes to a line."""
    first, last = max(0, index - IN_VIEW) // PAGE, min(len(ordinals) - 1, index + IN_VIEW) // PAGE
    pages = range(first, last + 1)
    return {each: dataset_items.items(db, dataset_id, ordinals[each * PAGE : (each + 1) * PAGE]) for each in pages}


class ItemList(TellsFailures, KeptLines):
    """Keeps ordinals in an array and a few pages of items, which nothing changes."""

    @dataclass
    class _Read(Message):
        ordinals: "array[int]"
        page: int
        items: Items

    class Arrived(Message):
        """Items that were asked for are there."""

    def __init__(self, reader: Callable[[], sqlite3.Connection], dataset_id: int, separator: str) -> None:
        super().__init__()
        self._reader, self._dataset_id, self._separator = reader, dataset_id, separator
        self._films: dict[int, Film] = {}
        self._pages: OrderedDict[int, Items] = OrderedDict()
        self._pending: set[int] = set()
        self.ordinals: array[int] = array("q")
        self.all_held_out = False
        """Whether no line need say that its item is held out."""

    def show(
        self, ordinals: "array[int]", films: dict[int, Film], at: int, pages: Mapping[int, Items], all_held_out: bool
    ) -> None:  # fmt: skip
        """List these items, with the cursor on the one `at` or the first one after it; `pages` are known of them."""
        self.ordinals, self._films, self.all_held_out = ordinals, films, all_held_out
        self._pages, self._pending = OrderedDict(pages), set()
        self.forget_lines()
        self.resize_to(len(ordinals), bisect_left(ordinals, at))

    @property
    def ordinal(self) -> int:
        """The ordinal under the cursor; 0 where nothing is listed."""
        return self.ordinals[self.cursor] if self.count else 0

    def item(self, index: int) -> Item | None:
        """What is known of a line; asked for where it is not."""
        if not 0 <= index < self.count:
            return None
        self._want(index // PAGE)
        return self._pages.get(index // PAGE, {}).get(self.ordinals[index])

    def read_ahead(self) -> None:
        """Have the items read that come into view with the next page, or with the one before."""
        for page in self.pages_around(PAGE):
            self._want(page)

    def _want(self, page: int) -> None:
        if page not in self._pages and page not in self._pending:
            self._pending.add(page)
            self._read(self.ordinals, page)

    @work(thread=True, group="pages", exit_on_error=False)
    def _read(self, ordinals: "array[int]", page: int) -> None:
        wanted = ordinals[page * PAGE : (page + 1) * PAGE]
        self.post_message(self._Read(ordinals, page, dataset_items.items(self._reader(), self._dataset_id, wanted)))

    def on_item_list__read(self, message: _Read) -> None:
        """Keep a page that was read, unless another list has come meanwhile."""
        message.stop()
        if message.ordinals is not self.ordinals:
            return
        self._pending.discard(message.page)
        self._pages[message.page] = message.items
        while len(self._pages) > PAGES_KEPT:
            self._pages.popitem(last=False)
        self.refresh()
        self.post_message(self.Arrived())

    def look_of(self, index: int) -> Hashable:
        """The item, or that it is not known."""
        return self.ordinals[index], self.item(index)

    def line(self, index: int, width: int) -> Text:
        """Frame, timecode, how long it is held, weight, whether it is held out, caption."""
        item = self.item(index)
        if item is None:
            return Text(column_right("…", 7), FAINT)
        time = self._films[item.film_id].timecode(item.frame_number)
        line = Text.assemble((f"{item.frame_number:>7}", TEXT), (f" {column(time, 7)}", MUTED))
        weight = f"{item.weight:>8g}" if self.container_size.width >= WITH_WEIGHT else ""
        line.append(f"{item.exposure:>4}s{weight}  ", FAINT)
        line.append(_("held out") + "  " if item.held_out and not self.all_held_out else "", ACCENT)
        return line.append_text(caption_text(item.caption, self._separator, MUTED))


class ItemColumns(Widget):
    """The names of the columns over the list."""

    DEFAULT_CSS = "ItemColumns { height: 1; }"

    def render(self) -> Text:
        """As wide as the lines below."""
        weight = column_right(_("weight"), 8) if self.size.width >= WITH_WEIGHT else ""
        left = f"{column_right(_('frame'), 7)} {column(_('time'), 7)}{column_right(_('hold'), 5)}{weight}"
        return Text(f"{left}  {_('caption')}", FAINT)


def caption_text(caption: str, separator: str, style: str) -> Text:
    """A caption as training reads it; what always comes first stands out."""
    words = parse_caption(caption, separator)
    flexible = Text(plain(", ".join(words.flexible)), style)
    if not words.fixed:
        return flexible
    return Text.assemble((plain(", ".join(words.fixed)), ACCENT), (f" {plain(separator)} ", FAINT), flexible)

"""One dataset from inside: the drawings that training sees, each with its weight and its caption."""

import asyncio
import re
from array import array
from bisect import bisect_left
from dataclasses import dataclass

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.worker import get_current_worker

from db import dataset_items, films
from db.captions import parse_caption
from db.dataset_items import Frozen, Item, Items, Size
from db.films import Film
from db.i18n import _, plural
from db.requests import CaptionRecipe
from kimikoe_tui import keys
from kimikoe_tui.clipboard import copy
from kimikoe_tui.palette import ACCENT, MUTED, TEXT
from kimikoe_tui.pixels import FrameServer
from kimikoe_tui.screens.line import LinePrompt
from kimikoe_tui.screens.room import ListRoom, UpperRoom
from kimikoe_tui.session import Session
from kimikoe_tui.text import plain, thousands
from kimikoe_tui.widgets.dataset_facts import size_words
from kimikoe_tui.widgets.item_list import ItemColumns, ItemList, caption_text, read_pages
from kimikoe_tui.widgets.pane import Pane
from kimikoe_tui.widgets.paragraphs import Paragraphs
from kimikoe_tui.widgets.picture import Picture
from kimikoe_tui.widgets.sources import FilmFrame, FilmFrames
from kimikoe_tui.widgets.virtual_list import VirtualList

REST_SECONDS = 0.03


@dataclass
class _Listed(Message):
    ordinals: "array[int]"
    pages: dict[int, Items]
    size: Size
    films: dict[int, Film]
    part: str
    held_out: bool


class DatasetRoom(UpperRoom, ListRoom):
    """A dataset's items, the picture of the one under the cursor, and its caption in full."""

    CSS_PATH = "dataset.tcss"
    BINDINGS = keys.bindings(keys.DATASET)
    context = "dataset"

    def __init__(self, session: Session, server: FrameServer, frozen: Frozen, places: dict[Frozen, int]) -> None:
        super().__init__(session)
        self._server, self._frozen, self._places = server, frozen, places
        captions = frozen.request.captions if frozen.request else CaptionRecipe()
        self._separator = captions.separator
        self.films: dict[int, Film] = {}
        self.part = ""
        self.held_out = self._wants_held_out = False

    def parts(self) -> ComposeResult:
        """The list on the left; picture over caption on the right."""
        with Horizontal(id="panes"):
            with Pane(id="list-pane"):
                yield ItemColumns()
                yield ItemList(self.session.reader, self._frozen.id, self._separator)
            with Vertical(id="look-pane"):
                with Pane(id="picture-pane"):
                    yield Picture(FilmFrames(self._server), id="picture")
                with Pane(id="caption-pane", title=_("caption")):
                    yield Paragraphs(id="caption")

    def on_mount(self) -> None:
        """List every item, the cursor where it was left."""
        self._rest = self.set_interval(REST_SECONDS, self.look, pause=True)
        self._wants_held_out = False
        self.list_items("", False)

    @property
    def lines(self) -> ItemList:
        """The list of items."""
        return self.query_one(ItemList)

    @property
    def picture(self) -> Picture:
        """The picture of the item under the cursor."""
        return self.query_one("#picture", Picture)

    @property
    def item(self) -> Item | None:
        """The item under the cursor, once it is read."""
        return self.lines.item(self.lines.cursor)

    @work(thread=True, exclusive=True, group="listing", exit_on_error=False)
    def list_items(self, part: str, held_out: bool) -> None:
        """Read which items there are; answers with `_Listed`."""
        listed = self._read_list(part, held_out)
        if not get_current_worker().is_cancelled:
            self.post_message(listed)

    def _read_list(self, part: str, held_out: bool) -> _Listed:
        """Read through this thread's connection, with what is in view where the cursor will be."""
        db, dataset_id = self.session.reader(), self._frozen.id
        ordinals = dataset_items.ordinals(db, dataset_id, part, held_out)
        index = bisect_left(ordinals, self._places.get(self._frozen, 0))
        known = {film.id: film for film in films.films(db)}
        size, pages = dataset_items.size(db, dataset_id), read_pages(db, dataset_id, ordinals, index)
        return _Listed(ordinals, pages, size, known, part.strip(), held_out)

    @on(_Listed)
    def _listed(self, message: _Listed) -> None:
        if message.held_out and not message.ordinals:
            self._wants_held_out = self.held_out
            self.complain(_("None of these is held out of training."))
            return
        self.films, self.part, self.held_out = message.films, message.part, message.held_out
        at = self._places.get(self._frozen, 0)
        self.lines.show(message.ordinals, message.films, at, message.pages, message.held_out)
        self._title_list(message.size)
        self.look()

    def _title_list(self, size: Size) -> None:
        """`1,204 items · 130 held out`, or `12 items / 1,204`; below it the dataset and what is asked of it."""
        count, words = len(self.lines.ordinals), size_words(size.items, size.held_out)
        if self.part or self.held_out:
            found = plural("{count} item", "{count} items", count).format(count=thousands(count))
            words = f"{found} / {thousands(size.items)}"
        asked = [f"“{plain(self.part)}”" if self.part else "", _("held out only") if self.held_out else ""]
        foot = Text.assemble((plain(self._frozen.name), MUTED), *((f" · {each}", ACCENT) for each in asked if each))
        self.query_one("#list-pane", Pane).head(Text(words), foot)

    @on(VirtualList.Moved)
    def _moved(self) -> None:
        self._places[self._frozen] = self.lines.ordinal
        self._rest.reset()
        self._rest.resume()

    @on(ItemList.Arrived)
    def _arrived(self) -> None:
        self._rest.resume()

    def look(self) -> None:
        """Show the item under the cursor, once the cursor rests, and have the pictures around it drawn."""
        self._rest.pause()
        index = self.lines.cursor
        around = [self._picture_key(each) for each in (index, index + 1, index + 2, index + 3, index - 1)]
        self.picture.show(around[0], [key for key in around[1:] if key])
        self._show_words()
        self.lines.read_ahead()

    def _picture_key(self, index: int) -> FilmFrame | None:
        if (item := self.lines.item(index)) is None:
            return None
        film = self.films[item.film_id]
        return FilmFrame(film.id, item.frame_number, film.width, film.height)

    def _show_words(self) -> None:
        """What training sees of the item, in the title of its picture; its caption and how many words that has."""
        pane, caption = self.query_one("#picture-pane", Pane), self.query_one("#caption-pane", Pane)
        if (item := self.item) is None:
            pane.head(Text())
            caption.head(Text(_("caption")))
            self.query_one(Paragraphs).show(Text())
            return
        film = self.films[item.film_id]
        name = f"{plain(film.name)} " if len(self.films) > 1 else ""
        pane.head(Text(trained_words(item), TEXT), Text(f"{name}{film.citation(item.frame_number)}", MUTED))
        caption.head(Text(_("caption")), Text(counted_words(item.caption, self._separator), MUTED))
        text = caption_text(item.caption, self._separator, TEXT)
        if self.part:
            text.highlight_regex(found_in(self.part), "bold underline")
        self.query_one(Paragraphs).show(text)

    def action_filter(self) -> None:
        """Find captions by a part of them."""
        hint = _("nagisa, or any part of a caption")
        self.app.push_screen(LinePrompt(_("captions that hold"), self.part, hint, self._hand_in_part))

    async def _hand_in_part(self, text: str) -> str:
        listed = await asyncio.to_thread(lambda: self._read_list(text, self.held_out))
        if not listed.ordinals:
            return _("No caption here holds that.")
        self.post_message(listed)
        return ""

    def action_clear_filter(self) -> None:
        """List every item."""
        self._wants_held_out = False
        self.list_items("", False)

    def action_held_out(self) -> None:
        """List only what is held out of training, or every item."""
        self._wants_held_out = not self._wants_held_out
        self.list_items(self.part, self._wants_held_out)

    def action_copy(self) -> None:
        """Copy the caption."""
        if (item := self.item) is not None:
            self.in_turn(lambda: copy(self, item.caption, item.caption))

    async def action_open_frame(self) -> None:
        """Close, and go to the frame, before the next key: that one is meant for it."""
        if (item := self.item) is not None:
            self.dismiss()
            await self.visit("frames", f"{item.film_id}#{item.frame_number}")


def found_in(part: str) -> re.Pattern[str]:
    """Where a caption holds what was asked for; an underscore is a space, as in the asking."""
    return re.compile("[ _]".join(re.escape(each) for each in re.split("[ _]", plain(part))), re.IGNORECASE)


def trained_words(item: Item) -> str:
    """`weight 4, stands for 5 frames`, or that training never sees it."""
    frames = plural("stands for {count} frame", "stands for {count} frames", item.exposure)
    first = _("held out") if item.held_out else _("weight {weight}").format(weight=f"{item.weight:g}")
    return f"{first} · {frames.format(count=thousands(item.exposure))}"


def counted_words(caption: str, separator: str) -> str:
    """`2 kept first · 12 shuffled`, as training does with a caption's words."""
    words = parse_caption(caption, separator)
    parts = [_("{count} kept first").format(count=len(words.fixed))] if words.fixed else []
    return " · ".join([*parts, _("{count} shuffled").format(count=len(words.flexible))])

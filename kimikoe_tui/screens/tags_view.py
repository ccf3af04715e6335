"""What the tags room shows: the list of tags, and the one under the cursor in full."""

from dataclasses import dataclass

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Static
from textual.worker import get_current_worker

from db import films, tag_in_full, vocabulary
from db.films import Film
from db.i18n import _, plural
from db.tag_in_full import TagInFull
from db.vocabulary import Order, Vocabulary, arranged
from kimikoe_tui.messages import FramesChanged, ImagesChanged, MatchesChanged, PolicyChanged
from kimikoe_tui.palette import ACCENT, TEXT
from kimikoe_tui.pixels import FrameServer
from kimikoe_tui.screens.room import ListRoom
from kimikoe_tui.session import Session
from kimikoe_tui.text import plain, thousands
from kimikoe_tui.widgets.example_strip import ExampleStrip
from kimikoe_tui.widgets.pane import Pane
from kimikoe_tui.widgets.tag_portrait import CATEGORIES, ScoreBars, TagFacts, TagPortrait
from kimikoe_tui.widgets.virtual_list import VirtualList
from kimikoe_tui.widgets.vocabulary_list import VocabularyColumns, VocabularyList

REST_SECONDS = 0.03
GROWTH_SECONDS = 2.0
MOST_EXAMPLES = 12


@dataclass
class _Counted(Message):
    """The vocabulary, None where it could not be had; `whole` where the index has counted it."""

    vocabulary: Vocabulary | None
    whole: bool


@dataclass
class _Looked(Message):
    tag: TagInFull
    films: dict[int, Film]


class TagsView(ListRoom):
    """The tags room without its keys."""

    VERTICAL_BREAKPOINTS = [(0, "-short"), (20, "-tall"), (32, "-high")]

    def __init__(self, session: Session, server: FrameServer) -> None:
        super().__init__(session)
        self._server = server
        self.vocabulary: Vocabulary | None = None
        self.order: Order = "frames"
        self.part = ""
        self.here: TagInFull | None = None

    def parts(self) -> ComposeResult:
        """The list on the left, one tag on the right, or below it."""
        with Horizontal(id="panes"):
            with Pane(id="list-pane", title=_("tags")):
                yield VocabularyColumns()
                yield Static(_("The tags are being counted…"), id="empty", markup=False)
                yield VocabularyList()
            with Pane(id="tag-pane"):
                yield TagFacts(id="facts")
                yield ScoreBars(id="scores")
                yield ExampleStrip(self._server)

    def on_mount(self) -> None:
        """Count the tags."""
        self.add_class("-no-tag")
        self._rest = self.set_interval(REST_SECONDS, self.look, pause=True)
        self._growth = self.set_interval(GROWTH_SECONDS, self.reload, pause=True)
        self.reload()

    @property
    def lines(self) -> VocabularyList:
        """The list of tags."""
        return self.query_one(VocabularyList)

    @on(FramesChanged)
    @on(PolicyChanged)
    @on(ImagesChanged)
    @on(MatchesChanged)
    def _changed(self) -> None:
        self._growth.resume()

    def reload(self) -> None:
        """Count again, the cursor staying on its tag."""
        self._growth.pause()
        self._count(self.vocabulary is not None)

    @work(thread=True, exclusive=True, group="vocabulary", exit_on_error=False)
    def _count(self, is_known: bool) -> None:
        """By the index; by SQL only where there is no list and no index yet, for it takes seconds."""
        db, index = self.session.reader(), self.session.index
        found, whole = vocabulary.by_index(db, index), True
        if found is None and not is_known and not index.ready:
            found, whole = vocabulary.by_sql(db), False
        if not get_current_worker().is_cancelled:
            self.post_message(_Counted(found, whole and found is not None))

    @on(_Counted)
    def _counted(self, message: _Counted) -> None:
        if not message.whole:
            self._growth.resume()
        if message.vocabulary is not None:
            self.vocabulary = message.vocabulary
            self.list_tags()

    def list_tags(self) -> None:
        """List what is asked for, in the order that is asked for."""
        if self.vocabulary is None:
            return
        self.lines.show(arranged(self.vocabulary.tags, self.order, self.part), self.vocabulary.frames, self.order)
        self.query_one(VocabularyColumns).sort_by(self.order)
        self._title_list(len(self.lines.tags), len(self.vocabulary.tags))
        self._show_emptiness()
        self.look()

    def _title_list(self, listed: int, known: int) -> None:
        """`310 / 8,000 tags · by frames`, below it what names contain."""
        words = plural("{count} tag", "{count} tags", known).format(count=thousands(known))
        shown = f"{thousands(listed)} / {words}" if self.part else words
        foot = Text(f"/{plain(self.part)}" if self.part else "", ACCENT)
        self.query_one("#list-pane", Pane).head(Text(f"{shown} · {order_words(self.order)}"), foot)

    def _show_emptiness(self) -> None:
        """Say why there is no tag, and show nothing of one that was there before."""
        empty, is_empty = self.query_one("#empty", Static), not self.lines.tags
        empty.display = is_empty
        self.query_one(VocabularyColumns).display = not is_empty
        self.set_class(is_empty, "-no-tag")
        if is_empty:
            none_yet = _("No tag is known yet: `kimikoe tag` has the tagger look at the film.")
            empty.update(_("No tag's name contains that: F lists every tag.") if self.part else none_yet)
            self.here = None

    @on(VirtualList.Moved)
    def _moved(self) -> None:
        self._rest.reset()
        self._rest.resume()

    def look(self) -> None:
        """Read the tag under the cursor, once the cursor rests."""
        self._rest.pause()
        if (tag := self.lines.tag) is not None:
            self._read_tag(tag.id)

    @work(thread=True, exclusive=True, group="tag", exit_on_error=False)
    def _read_tag(self, tag_id: int) -> None:
        db = self.session.reader()
        found = tag_in_full.read(db, tag_id, MOST_EXAMPLES, self.session.index)
        if found is not None:
            self.post_message(_Looked(found, {film.id: film for film in films.films(db)}))

    @on(_Looked)
    def _looked(self, message: _Looked) -> None:
        count, tag = self.lines.tag, message.tag
        if count is None or count.id != tag.id:
            return
        self.here = tag
        title = Text(plain(tag.name), f"bold {TEXT}")
        self.query_one("#tag-pane", Pane).head(title, Text(CATEGORIES.get(tag.category, "")))
        for part in self.query(TagPortrait):
            part.show(tag, count)
        least = tag.threshold.value if tag.threshold else None
        self.query_one(ExampleStrip).show(message.films, tag.surest, tag.nearest, least)


def order_words(order: Order) -> str:
    """An order as the title says it."""
    words = {
        "frames": _("by frames"), "decisions": _("by decisions"), "flicker": _("by flicker"), "name": _("by name"),
    }  # fmt: skip
    return words[order]

"""What a result carries, over the room: each key narrows the result by a tag, and the list below follows."""

from collections.abc import Callable
from dataclasses import dataclass

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.message import Message
from textual.widgets import Static

from db import facets, query
from db.facets import Facet
from db.i18n import _, plural
from db.query import Subject
from db.query_tree import narrowed, word_for
from kimikoe_tui import keys
from kimikoe_tui.palette import ACCENT, FAINT, MUTED, TEXT
from kimikoe_tui.screens.over_room import OverRoom
from kimikoe_tui.session import Session
from kimikoe_tui.text import plain, thousands
from kimikoe_tui.widgets.cells import meter
from kimikoe_tui.widgets.failures import TellsFailures
from kimikoe_tui.widgets.pane import Pane
from kimikoe_tui.widgets.virtual_list import VirtualList

MOST = 50
METER = 8


class FacetList(VirtualList):
    """Tags with the share of the result that carries each."""

    def __init__(self) -> None:
        super().__init__()
        self.facets: list[Facet] = []
        self._total = 0

    @property
    def facet(self) -> Facet | None:
        """The tag under the cursor."""
        return self.facets[self.cursor] if self.facets else None

    def show(self, found: list[Facet], total: int) -> None:
        """List these."""
        self.facets, self._total = found, total
        self.resize_to(len(found), 0)

    def line(self, index: int, width: int) -> Text:
        """`▸ glasses  ━━━━╸ 12,410`."""
        facet = self.facets[index]
        right = Text.assemble(
            meter(facet.count / max(1, self._total), METER, MUTED), (f"{thousands(facet.count):>8}", TEXT)
        )
        name = Text(plain(facet.tag), TEXT)
        name.truncate(max(4, width - right.cell_len - 4), overflow="ellipsis", pad=True)
        return Text.assemble("  ", name, " ", right)


class FacetsPane(TellsFailures, OverRoom[None]):
    """The most frequent tags of what is listed. It stays open, so that one narrows step by step."""

    CSS_PATH = "side_pane.tcss"
    BINDINGS = keys.bindings(keys.FACETS)

    @dataclass
    class _Found(Message):
        expression: str
        facets: list[Facet]
        total: int

    def __init__(self, subject: Subject, expression: str, session: Session, narrow: Callable[[str], None]) -> None:
        super().__init__()
        self._subject, self._session, self._narrow = subject, session, narrow
        self.expressions = [expression]

    def compose(self) -> ComposeResult:
        """The list, or why there is none."""
        with Pane(id="side", title=_("tags of what is listed")):
            yield Static(_("Nothing is left that carries a tag: u takes the last step back."), id="none", markup=False)
            yield FacetList()

    def on_mount(self) -> None:
        """Read the first list."""
        self._look(self.expressions[-1])

    @property
    def lines(self) -> FacetList:
        """The tags."""
        return self.query_one(FacetList)

    @work(thread=True, exclusive=True, group="facets", exit_on_error=False)
    def _look(self, expression: str) -> None:
        db, index = self._session.reader(), self._session.index
        found = facets.top(db, expression, self._subject, MOST, index)
        self.post_message(self._Found(expression, found, query.count(db, expression, self._subject, index)))

    @on(_Found)
    def _found(self, message: _Found) -> None:
        if message.expression == self.expressions[-1]:
            self.lines.show(message.facets, message.total)
            self.query_one("#none").display = not message.facets
            words = plural("{count} matches", "{count} match", message.total)
            foot = Text(plain(message.expression) or _("enter with · x without · u back"), ACCENT)
            self.query_one("#side", Pane).head(Text(words.format(count=thousands(message.total)), FAINT), foot)

    def action_move(self, step: int) -> None:
        """Choose another tag."""
        self.lines.move_to(self.lines.cursor + step)

    def action_narrow(self, sign: str) -> None:
        """Only what carries the tag, or only what does not."""
        if self.lines.facet is not None:
            self.expressions.append(narrowed(self.expressions[-1], f"{sign}{word_for(self.lines.facet.tag)}"))
            self._apply()

    def action_widen(self) -> None:
        """Take the last step back."""
        if len(self.expressions) > 1:
            self.expressions.pop()
            self._apply()

    def _apply(self) -> None:
        self._narrow(self.expressions[-1])
        self._look(self.expressions[-1])

    def action_close(self) -> None:
        """Leave the list as it is."""
        self.dismiss(None)

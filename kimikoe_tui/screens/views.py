"""The saved queries, over the room: one is chosen, or forgotten."""

from collections.abc import Callable
from dataclasses import dataclass

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.message import Message
from textual.widgets import Static

from db import query, saved_views
from db.errors import UserError
from db.i18n import _
from db.query import Subject
from db.saved_views import View
from kimikoe_tui import keys
from kimikoe_tui.palette import ACCENT, FAINT, MUTED, TEXT
from kimikoe_tui.screens.over_room import OverRoom
from kimikoe_tui.session import Session
from kimikoe_tui.text import plain, thousands
from kimikoe_tui.widgets.failures import TellsFailures
from kimikoe_tui.widgets.pane import Pane
from kimikoe_tui.widgets.virtual_list import VirtualList

Counted = tuple[View, int | None]


class ViewList(VirtualList):
    """Saved queries with how much each finds now."""

    def __init__(self) -> None:
        super().__init__()
        self.views: list[Counted] = []

    @property
    def view(self) -> View | None:
        """The one under the cursor."""
        return self.views[self.cursor][0] if self.views else None

    def show(self, found: list[Counted]) -> None:
        """List these."""
        self.views = found
        self.resize_to(len(found))

    def line(self, index: int, width: int) -> Text:
        """`▸ close-ups  1,204  face -glasses`."""
        view, count = self.views[index]
        number = thousands(count) if count is not None else "?"
        return Text.assemble(
            "  ", (plain(view.name), TEXT), (f"  {number}", MUTED), (f"  {plain(view.expression)}", FAINT)
        )


class ViewsPane(TellsFailures, OverRoom[None]):
    """The saved queries over one subject."""

    CSS_PATH = "side_pane.tcss"
    BINDINGS = keys.bindings(keys.VIEWS)

    @dataclass
    class _Found(Message):
        views: list[Counted]

    def __init__(self, subject: Subject, session: Session, choose: Callable[[str], None]) -> None:
        super().__init__()
        self._subject, self._session, self._choose = subject, session, choose

    def compose(self) -> ComposeResult:
        """The list, or how to save the first."""
        with Pane(id="side", title=_("saved queries")):
            yield Static(_("None yet: w in the room keeps a query."), id="none", markup=False)
            yield ViewList()

    def on_mount(self) -> None:
        """Read the list."""
        self.query_one("#side", Pane).head(Text(_("saved queries")), Text(_("enter lists · x forgets"), ACCENT))
        self._look()

    @property
    def lines(self) -> ViewList:
        """The saved queries."""
        return self.query_one(ViewList)

    @work(thread=True, exclusive=True, group="views", exit_on_error=False)
    def _look(self) -> None:
        every = saved_views.views(self._session.reader(), self._subject)
        self.post_message(self._Found([(each, self._count(each)) for each in every]))

    def _count(self, view: View) -> int | None:
        """How much it finds; None where its tags are gone."""
        try:
            return query.count(self._session.reader(), view.expression, self._subject, self._session.index)
        except UserError:
            return None

    @on(_Found)
    def _found(self, message: _Found) -> None:
        self.lines.show(message.views)
        self.query_one("#none").display = not message.views

    def action_move(self, step: int) -> None:
        """Choose another."""
        self.lines.move_to(self.lines.cursor + step)

    def action_open(self) -> None:
        """List what it finds."""
        if self.lines.view is not None:
            self._choose(self.lines.view.expression)
        self.dismiss(None)

    async def action_forget(self) -> None:
        """Forget a saved query; u in the room takes that back."""
        if (view := self.lines.view) is not None:
            await self._session.commit(lambda db: saved_views.delete(db, self._session.name, view.name))
            self._look()

    def action_close(self) -> None:
        """Leave the list as it is."""
        self.dismiss(None)

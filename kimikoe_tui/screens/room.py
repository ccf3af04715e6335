"""What every room has: the lines around it, undo, the way to other rooms, and the help for its keys."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from sqlite3 import Connection, OperationalError
from typing import ClassVar

from rich.cells import cell_len
from textual import events, work
from textual.app import ComposeResult
from textual.message import Message

from db import events as acts
from db import queue
from db.errors import UserError
from db.events import Undone
from db.i18n import _
from kimikoe_tui import keys
from kimikoe_tui.input_method import HINT, press_narrow
from kimikoe_tui.screens.laid_out import LaidOut
from kimikoe_tui.session import Session
from kimikoe_tui.text import plain
from kimikoe_tui.widgets.bars import KeyBar, StatusLine, TopLine
from kimikoe_tui.widgets.failures import LOG_NAME, TellsFailures, WorkFailed, keep_traceback
from kimikoe_tui.widgets.virtual_list import VirtualList

TELLING_TURNS = 2


class Room(TellsFailures, LaidOut[None]):
    """A room. Its `context` names its keys in the registry."""

    BINDINGS = keys.bindings(keys.ALL)
    context: ClassVar[str]

    @dataclass
    class Reversed(Message):
        """An act was undone or done again, perhaps in another room."""

        undone: Undone

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.stale = False
        self._turns = asyncio.Lock()

    def compose(self) -> ComposeResult:
        """The room's own parts between the lines that all rooms have."""
        yield TopLine(self.context, self.session.root)
        yield from self.parts()
        yield StatusLine()
        yield KeyBar(self.context)

    def parts(self) -> ComposeResult:
        """What the room consists of."""
        raise NotImplementedError

    def reload(self) -> None:
        """Read again what the room shows, without moving anything under a person's hands."""

    def arrive(self, place: str, words: str) -> None:
        """Go to the place of an act that was undone elsewhere, and say so."""
        self.say(words)

    def narrow(self, expression: str) -> None:
        """List what matches a query, in a room that lists frames or pictures."""

    def show_work(self, engine_runs: bool | None) -> None:
        """Show in the first line what the engine does."""
        self._show_work(engine_runs)

    @work(exclusive=True, group="work", exit_on_error=False)
    async def _show_work(self, engine_runs: bool | None) -> None:
        active = await self.session.watch(queue.active)
        self.query_one(TopLine).show_work(active, engine_runs)

    @property
    def status(self) -> StatusLine:
        """The line that says what the last key did."""
        return self.query_one(StatusLine)

    def say(self, text: str) -> None:
        """Say what happened."""
        self.status.say(text)

    def complain(self, text: str) -> None:
        """Say what could not be done, and why; its last line where there are several."""
        self.status.say(text.strip().splitlines()[-1], "alarm")

    def in_turn(self, act: Callable[[], Awaitable[None]]) -> None:
        """Do what a key asks for after what the keys before it asked for, without keeping the next key waiting."""
        self._take_turn(act)

    @work(group="turns", exit_on_error=False)
    async def _take_turn(self, act: Callable[[], Awaitable[None]]) -> None:
        async with self._turns:
            try:
                await act()
            except (UserError, OperationalError) as error:
                self.complain(_("Not done: {error}").format(error=error))

    def on_work_failed(self, message: WorkFailed) -> None:
        """Say that work behind the screen failed."""
        message.stop()
        keep_traceback(self.session.root, message.error)
        self.complain(_("{error} (logs/{log})").format(error=message.error, log=LOG_NAME))

    async def on_idle(self) -> None:
        """Have what one key changed painted at once, not in a frame each: its widgets tell of it one after another."""
        for _turn in range(TELLING_TURNS):
            await asyncio.sleep(0)

    def on_screen_resume(self) -> None:
        """Catch up with what changed while another room was open."""
        if self.stale:
            self.stale = False
            self.reload()

    async def on_key(self, event: events.Key) -> None:
        """Take a full-width character for its key, and notice an input method that swallows the keys."""
        if await press_narrow(self, event):
            self.say(self.status.said + HINT)
        elif event.character and cell_len(event.character) > 1:
            self.complain(
                _("“{character}” is no key here: is an input method on?").format(character=plain(event.character))
            )

    def on_paste(self, event: events.Paste) -> None:
        """Nothing that comes as a whole text presses keys."""
        event.stop()
        words = _("“{text}” came all at once and presses no keys: is an input method on?")
        self.complain(words.format(text=plain(event.text[:20])))

    async def visit(self, context: str, place: str = "") -> None:
        """Go to a room, and there to what `place` names, before the next key: that one is meant for it."""
        await self.app.switch_mode(context)
        if place and isinstance(self.app.screen, Room):
            self.app.screen.arrive(place, "")

    async def visit_listing(self, context: str, expression: str) -> None:
        """Go to a room, and list there what matches a query."""
        await self.visit(context)
        if isinstance(room := self.app.screen, Room):
            room.narrow(expression)

    async def action_back(self, leaves: bool) -> None:
        """Back to home; there, where the key `leaves`, out of the program."""
        await self.visit("home")

    def action_help(self) -> None:
        """Show the keys of this room."""
        from kimikoe_tui.screens.help import HelpScreen

        self.app.push_screen(HelpScreen(self.context))

    def action_go(self) -> None:
        """Choose a room."""
        from kimikoe_tui.screens.menu import GoMenu

        self.app.push_screen(GoMenu(), self._gone)

    async def _gone(self, choice: str | None) -> None:
        if choice == "first":
            self.action_first()
        elif choice:
            await self.visit(choice)

    def action_first(self) -> None:
        """Go to the first row; a room without rows has nowhere to go."""

    async def action_undo(self) -> None:
        """Undo this terminal's last act."""
        await self._reverse(acts.undo, _("There is nothing to undo in this terminal."))

    async def action_redo(self) -> None:
        """Do again what was undone last."""
        await self._reverse(acts.redo, _("There is nothing to do again."))

    async def _reverse(self, step: Callable[[Connection, str], Undone | None], nothing: str) -> None:
        undone = await self.session.commit(lambda db: step(db, self.session.name))
        if undone is None:
            self.say(nothing)
        else:
            self.post_message(self.Reversed(undone))


class UpperRoom(Room):
    """A room that opens over another."""

    _handed: Callable[[Room], None] | None = None

    async def action_back(self, leaves: bool) -> None:
        """Back to the room below."""
        self.dismiss()

    def hand_down(self, place: str, words: str) -> None:
        """Close, and have the room below go to a place that is not here."""
        self._close_for(lambda below: below.arrive(place, words))

    def narrow(self, expression: str) -> None:
        """Close, and have the room below list what matches."""
        self._close_for(lambda below: below.narrow(expression))

    def _close_for(self, act: Callable[[Room], None]) -> None:
        """Close, and have the room below do something; where this is not on top, as soon as it is again."""
        if self.app.screen is not self:
            self._handed = act
            return
        stack = self.app.screen_stack
        below = stack[stack.index(self) - 1]
        self.dismiss()
        if isinstance(below, Room):
            below.call_later(act, below)

    def on_screen_resume(self) -> None:
        """Do what could not be done under another screen."""
        if (act := self._handed) is not None:
            self._handed = None
            self.call_later(self._close_for, act)


class ListRoom(Room):
    """A room whose main part is a list."""

    BINDINGS = keys.bindings(keys.LIST)

    @property
    def lines(self) -> VirtualList:
        """The list that the keys move in."""
        return self.query_one(VirtualList)

    def action_move(self, step: int) -> None:
        """Move by lines."""
        self.lines.move_to(self.lines.cursor + step)

    def action_page(self, halves: int) -> None:
        """Move by half pages."""
        self.lines.page(halves)

    def action_first(self) -> None:
        """Go to the first line."""
        self.lines.move_to(0)

    def action_last(self) -> None:
        """Go to the last line."""
        self.lines.move_to(self.lines.count - 1)


def reversal(undone: Undone) -> str:
    """`undone: +nagisa on 42 frames`, with how many rows were left as another terminal made them."""
    words = _("done again: {act}") if undone.kind == "redo" else _("undone: {act}")
    text = words.format(act=undone.summary)
    if undone.kept:
        total = undone.restored + undone.kept
        text += _(" · {kept} of {total} changed since, kept").format(kept=undone.kept, total=total)
    return text

"""A line to type something in, with what is wrong with it shown below it."""

import sqlite3
from collections.abc import Awaitable, Callable

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from db.errors import UserError
from kimikoe_tui import keys
from kimikoe_tui.palette import ALARM
from kimikoe_tui.screens.over_room import TypedOver
from kimikoe_tui.text import plain
from kimikoe_tui.widgets.line_input import LineInput

HandIn = Callable[[str], Awaitable[str]]


class LineScreen(TypedOver[None]):
    """Hands a typed line to a function that returns what is wrong with it, or nothing; needs an `Input` and `#fault`.

    What the database refuses of a line is wrong with the line too, and ends nothing.
    """

    def __init__(self, hand_in: HandIn) -> None:
        super().__init__()
        self._hand_in = hand_in

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        """Apply the line; close, or say what is wrong with it."""
        event.stop()
        if self.closed:
            return
        try:
            fault = await self._hand_in(event.value)
        except (UserError, sqlite3.Error, OverflowError) as error:
            fault = str(error)
        if not fault:
            self.dismiss(None)
            return
        box = self.query_one("#fault", Static)
        box.update(fault_text(fault))
        box.add_class("-shown")

    def on_input_changed(self) -> None:
        """A complaint is about the line as it was."""
        self.query_one("#fault", Static).remove_class("-shown")

    async def action_apply(self) -> None:
        """Hand the line in."""
        await self.query_one(Input).action_submit()


class LinePrompt(LineScreen):
    """Asks for a line of any kind."""

    CSS_PATH = "line.tcss"
    BINDINGS = keys.bindings(keys.LINE)

    def __init__(self, heading: str, value: str, hint: str, hand_in: HandIn) -> None:
        super().__init__(hand_in)
        self._heading, self._first_value, self._hint = heading, value, hint

    def compose(self) -> ComposeResult:
        """The line, and room for a complaint."""
        with Vertical(id="box") as box:
            box.border_title = self._heading
            yield LineInput(self._first_value, placeholder=self._hint, compact=True)
            yield Static(id="fault", markup=False)


def fault_text(fault: str) -> Text:
    """A message of which the caret stays below the place it points at."""
    return Text("\n".join(plain(line) for line in fault.splitlines()), ALARM)

"""The line in which tags are added and denied, with suggestions of tags there are."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, Static

from db import tags
from db.i18n import _
from db.tags import Suggestion
from kimikoe_tui import keys
from kimikoe_tui.palette import ACCENT, FAINT, MUTED, TEXT
from kimikoe_tui.screens.line import HandIn, LineScreen
from kimikoe_tui.text import plain, thousands
from kimikoe_tui.widgets.failures import TellsFailures
from kimikoe_tui.widgets.line_input import LineInput

SHOWN = 6


class TagLine(TellsFailures, LineScreen):
    """Writes tags, separated by commas; a leading `-` denies one, `~` leaves it to the tagger.

    Tab takes the chosen suggestion.
    """

    CSS_PATH = "tag_line.tcss"
    BINDINGS = keys.bindings(keys.TAG_LINE)

    @dataclass
    class _Found(Message):
        typed: str
        suggestions: list[Suggestion]

    def __init__(self, heading: str, reader: Callable[[], sqlite3.Connection], hand_in: HandIn) -> None:
        super().__init__(hand_in)
        self._heading, self._reader = heading, reader
        self.suggestions: list[Suggestion] = []
        self.index = 0

    def compose(self) -> ComposeResult:
        """Suggestions above the line, so that the line stays where it is."""
        with Vertical(id="box") as box:
            box.border_title = self._heading
            box.border_subtitle = _("tab completes · - denies · ~ leaves it")
            yield Static(id="suggestions", markup=False)
            yield Static(id="fault", markup=False)
            yield LineInput(placeholder=_("a tag"), compact=True)

    @property
    def input(self) -> Input:
        """The line."""
        return self.query_one(Input)

    def on_input_changed(self) -> None:
        """Look for suggestions."""
        typed = _last_tag(self.input.value)
        if typed:
            self._look_up(typed)
        else:
            self._show(())

    @work(thread=True, exclusive=True, group="suggestions", exit_on_error=False)
    def _look_up(self, typed: str) -> None:
        self.post_message(self._Found(typed, tags.complete(self._reader(), typed, SHOWN)))

    @on(_Found)
    def _found(self, message: _Found) -> None:
        if message.typed == _last_tag(self.input.value):
            self._show(message.suggestions)

    def _show(self, suggestions: "tuple[Suggestion, ...] | list[Suggestion]") -> None:
        self.suggestions, self.index = list(suggestions), 0
        self._paint()

    def _paint(self) -> None:
        lines = [_line(each, index == self.index) for index, each in enumerate(self.suggestions)]
        self.query_one("#suggestions", Static).update(Text("\n").join(lines))

    def action_suggestion(self, step: int) -> None:
        """Choose another suggestion."""
        if self.suggestions:
            self.index = (self.index + step) % len(self.suggestions)
            self._paint()

    def action_complete(self) -> None:
        """Put the chosen suggestion in the place of what was typed of it."""
        if self.suggestions:
            typed = _last_tag(self.input.value)
            self.input.value = self.input.value.removesuffix(typed) + self.suggestions[self.index].tag
            self.input.action_end()


def _last_tag(text: str) -> str:
    """What is typed of the last tag, without the sign before it."""
    return text.rpartition(",")[2].lstrip().removeprefix("-").removeprefix("+").removeprefix("~")


def _line(suggestion: Suggestion, chosen: bool) -> Text:
    mark = ("▸ ", ACCENT) if chosen else ("  ", FAINT)
    count = f"  {thousands(suggestion.count)}"
    return Text.assemble(mark, (plain(suggestion.tag), TEXT if chosen else MUTED), (count, FAINT))

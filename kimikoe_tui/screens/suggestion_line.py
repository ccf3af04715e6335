"""A line with suggestions of what it may go on with: of tags, and of LoRAs in a prompt."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, Static

from db.tags import Suggestion
from kimikoe_tui import keys
from kimikoe_tui.palette import ACCENT, FAINT, MUTED, TEXT
from kimikoe_tui.screens.line import HandIn, LineScreen
from kimikoe_tui.text import plain, thousands
from kimikoe_tui.widgets.failures import TellsFailures
from kimikoe_tui.widgets.line_input import LineInput

SHOWN = 6


class SuggestionLine(TellsFailures, LineScreen):
    """Tab takes the chosen suggestion. A subclass says what is being typed, what goes on with it, and what is taken."""

    CSS_PATH = "suggestion_line.tcss"
    BINDINGS = keys.bindings(keys.TAG_LINE)
    foot = ""
    placeholder = ""

    @dataclass
    class _Found(Message):
        typed: str
        suggestions: Sequence[Suggestion]

    def __init__(self, heading: str, value: str, hand_in: HandIn) -> None:
        super().__init__(hand_in)
        self._heading, self._first_value = heading, value
        self.suggestions: Sequence[Suggestion] = ()
        self.index = 0
        self._asked = ""
        """What the suggestions go on with."""

    def typed(self) -> str:
        """What is typed so far of the word that is being written; empty where there is none."""
        raise NotImplementedError

    def look_for(self, typed: str) -> Sequence[Suggestion]:
        """What goes on with it, read on a worker's thread."""
        raise NotImplementedError

    def take(self, suggestion: Suggestion, typed: str) -> None:
        """Put a suggestion in the place of what is typed of it."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """Suggestions above the line, so that the line stays where it is."""
        with Vertical(id="box") as box:
            box.border_title = self._heading
            box.border_subtitle = self.foot
            yield Static(id="suggestions", markup=False)
            yield Static(id="fault", markup=False)
            yield LineInput(self._first_value, placeholder=self.placeholder, compact=True)

    @property
    def input(self) -> Input:
        """The line."""
        return self.query_one(Input)

    def on_mount(self) -> None:
        """Begin behind what is there."""
        self.input.action_end()

    def on_input_changed(self) -> None:
        """Look for suggestions."""
        super().on_input_changed()
        if typed := self.typed():
            self._look_up(typed)
        else:
            self._show(())

    @work(thread=True, exclusive=True, group="suggestions", exit_on_error=False)
    def _look_up(self, typed: str) -> None:
        self.post_message(self._Found(typed, self.look_for(typed)))

    @on(_Found)
    def _found(self, message: _Found) -> None:
        if message.typed == self.typed():
            self._show(message.suggestions, message.typed)

    def _show(self, suggestions: Sequence[Suggestion], typed: str = "") -> None:
        self.suggestions, self.index, self._asked = suggestions, 0, typed
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
        if self.suggestions and self.typed() == self._asked:  # the cursor may have gone elsewhere
            self.take(self.suggestions[self.index], self._asked)


def _line(suggestion: Suggestion, chosen: bool) -> Text:
    mark = ("▸ ", ACCENT) if chosen else ("  ", FAINT)
    count = f"  {thousands(suggestion.count)}" if suggestion.count else ""
    return Text.assemble(mark, (plain(suggestion.tag), TEXT if chosen else MUTED), (count, FAINT))

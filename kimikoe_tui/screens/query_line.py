"""The line in which a query is written, with what it may go on with and how much it finds while it is typed."""

from dataclasses import dataclass

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, Static

from db import completion, query
from db.completion import Candidate
from db.errors import UserError
from db.i18n import _, plural
from db.query import Subject
from kimikoe_tui import keys
from kimikoe_tui.palette import ACCENT, FAINT, MUTED, TEXT
from kimikoe_tui.screens.line import HandIn, LineScreen
from kimikoe_tui.session import Session
from kimikoe_tui.text import plain, thousands
from kimikoe_tui.widgets.failures import TellsFailures
from kimikoe_tui.widgets.line_input import LineInput

SHOWN = 6
HINTS: dict[Subject, str] = {
    "frame": _("nagisa -glasses (smile or blush) t:3:10..3:45 shot:12 is:judged"),
    "image": "stars:>=4 lora:*-1 seed:7 match:>=0.9 glasses is:unseen",
}


class QueryLine(TellsFailures, LineScreen):
    """Writes a query. Tab takes the chosen completion; the foot says how much would be listed."""

    CSS_PATH = "query_line.tcss"
    BINDINGS = keys.bindings(keys.QUERY_LINE)

    @dataclass
    class _Found(Message):
        typed: tuple[str, int]
        candidates: list[Candidate]

    @dataclass
    class _Counted(Message):
        text: str
        count: int | None
        fault: str

    def __init__(self, heading: str, value: str, subject: Subject, session: Session, hand_in: HandIn) -> None:
        super().__init__(hand_in)
        self._heading, self._first_value, self._subject, self._session = heading, value, subject, session
        self.candidates: list[Candidate] = []
        self.index = 0
        self.foot = ""
        """How much matches what is typed, or why nothing can."""

    def compose(self) -> ComposeResult:
        """Completions above the line, so that the line stays where it is."""
        with Vertical(id="box") as box:
            box.border_title = self._heading
            yield Static(id="suggestions", markup=False)
            yield Static(id="fault", markup=False)
            yield LineInput(self._first_value, placeholder=HINTS[self._subject], compact=True)

    @property
    def input(self) -> Input:
        """The line."""
        return self.query_one(Input)

    def on_mount(self) -> None:
        """Begin with what is there."""
        self.input.action_end()
        self._ask()

    def on_input_changed(self) -> None:
        """Look what it may go on with, and count."""
        super().on_input_changed()
        self._ask()

    def _ask(self) -> None:
        self._complete(self.input.value, self.input.cursor_position)
        self._count(self.input.value)

    @work(thread=True, exclusive=True, group="completions", exit_on_error=False)
    def _complete(self, text: str, cursor: int) -> None:
        db, index = self._session.reader(), self._session.index
        found = completion.candidates(db, text, cursor, self._subject, SHOWN, index)
        self.post_message(self._Found((text, cursor), found))

    @work(thread=True, exclusive=True, group="counts", exit_on_error=False)
    def _count(self, text: str) -> None:
        try:
            count = query.count(self._session.reader(), text, self._subject, self._session.index)
        except UserError as error:
            self.post_message(self._Counted(text, None, str(error).splitlines()[-1].strip(" ^")))
        else:
            self.post_message(self._Counted(text, count, ""))

    @on(_Found)
    def _found(self, message: _Found) -> None:
        if message.typed[0] == self.input.value:
            self.candidates, self.index = message.candidates, 0
            self._paint()

    @on(_Counted)
    def _counted(self, message: _Counted) -> None:
        if message.text == self.input.value:
            words = plural("{count} matches", "{count} match", message.count or 0)
            count = words.format(count=thousands(message.count or 0))
            self.foot = plain(message.fault) if message.count is None else count
            self.query_one("#box").border_subtitle = Text(self.foot, MUTED if message.count is None else ACCENT)

    def _paint(self) -> None:
        lines = [_line(each, index == self.index) for index, each in enumerate(self.candidates)]
        self.query_one("#suggestions", Static).update(Text("\n").join(lines))

    def action_suggestion(self, step: int) -> None:
        """Choose another completion."""
        if self.candidates:
            self.index = (self.index + step) % len(self.candidates)
            self._paint()

    def action_complete(self) -> None:
        """Put the chosen completion in the place of what was typed of it."""
        if self.candidates:
            done = completion.complete(self.input.value, self.candidates[self.index])
            self.candidates = []
            self.input.value, self.input.cursor_position = done.text, done.cursor


def _line(candidate: Candidate, chosen: bool) -> Text:
    mark = ("▸ ", ACCENT) if chosen else ("  ", FAINT)
    count = f"  {thousands(candidate.count)}" if candidate.count is not None else ""
    return Text.assemble(mark, (plain(candidate.text), TEXT if chosen else MUTED), (count, FAINT))

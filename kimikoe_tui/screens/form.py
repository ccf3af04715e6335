"""A form as a list: one value on a line, written by enter, and below them the line that does what was asked."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from sqlite3 import Connection

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.screen import Screen

from db.errors import UserError
from db.i18n import _
from kimikoe_tui import keys
from kimikoe_tui.messages import EngineWanted, JobsChanged
from kimikoe_tui.palette import ALARM, FAINT
from kimikoe_tui.screens.line import HandIn, LinePrompt
from kimikoe_tui.screens.room import ListRoom, UpperRoom
from kimikoe_tui.text import plain
from kimikoe_tui.widgets.field_list import Field, FieldList
from kimikoe_tui.widgets.pane import Pane
from kimikoe_tui.widgets.paragraphs import Paragraphs
from kimikoe_tui.widgets.virtual_list import VirtualList

AGAIN_SECONDS = 1.0
PATIENCE = 0.3
Values = Mapping[str, str]
Meant = dict[str, object]


@dataclass
class _Prepared(Message):
    fields: Sequence[Field]
    values: Values


@dataclass
class _Described(Message):
    values: Values
    text: Text


class FormRoom(ListRoom):
    """The lines, and beside or below them what comes of it. A subclass says what is asked and what is done."""

    CSS_PATH = "form.tcss"
    BINDINGS = keys.bindings(keys.FORM)
    context = "form"
    heading = ""
    deed = ""
    fields: Sequence[Field] = ()
    _is_doing = False
    _described: Values | None = None
    """The values of which it is said what comes of them."""

    def prepare(self, db: Connection) -> tuple[Sequence[Field], Values]:
        """The fields, and what is written in them at first; on a worker's thread."""
        raise NotImplementedError

    def describe(self, db: Connection, meant: Meant) -> Text:
        """What comes of these values; on a worker's thread. Raises `UserError`."""
        raise NotImplementedError

    def do(self, db: Connection, meant: Meant) -> str:
        """Do what was asked, as one act; returns what is to be said of it. Raises `UserError`."""
        raise NotImplementedError

    def done(self, words: str) -> None:
        """Go on after it, ready to do it again."""
        self._is_doing = False
        self.say(words)

    def parts(self) -> ComposeResult:
        """The form, and what comes of it."""
        with Horizontal(id="panes"):
            with Pane(id="form-pane", title=self.heading):
                yield FieldList()
            with Pane(id="about-pane", title=_("what comes of it")):
                yield Paragraphs(id="about")

    def on_mount(self) -> None:
        """Read what there is to choose from, and again when there may be more."""
        self._again = self.set_interval(AGAIN_SECONDS, self.reload, pause=True)
        self.reload()

    @property
    def lines(self) -> FieldList:
        """The form."""
        return self.query_one(FieldList)

    @on(JobsChanged)
    def _changed(self) -> None:
        self._again.resume()

    def reload(self) -> None:
        """Read again what there is to choose from; what is written stays."""
        self._again.pause()
        self._prepare()

    @work(thread=True, exclusive=True, group="preparing", exit_on_error=False)
    def _prepare(self) -> None:
        self.post_message(_Prepared(*self.prepare(self.session.reader())))

    @on(_Prepared)
    def _show(self, message: _Prepared) -> None:
        """Fill the form at first; after that, take in what there is more to choose from."""
        before = {field.name: field.choices for field in self.fields}
        if before != {field.name: field.choices for field in message.fields}:
            empty = {name for name, choices in before.items() if not (choices or self.lines.values[name])}
            kept = {name: value for name, value in self.lines.values.items() if name not in empty}
            self.fill(message.fields, {**message.values, **kept})
        else:
            self.look()

    def fill(self, fields: Sequence[Field], values: Values) -> None:
        """Have these values stand in the form."""
        self.fields = fields
        self.lines.show(fields, values, self.deed)
        self.look()

    def look(self) -> None:
        """Say what comes of what is written."""
        values = dict(self.lines.values)
        self._describe(values)
        self.set_timer(PATIENCE, lambda: self._say_waiting(values))

    def _say_waiting(self, values: Values) -> None:
        """Take down what was said of other values, once it has stayed up too long."""
        if values == self.lines.values != self._described:
            self.query_one(Paragraphs).show(Text("…", FAINT))

    @work(thread=True, exclusive=True, group="describing", exit_on_error=False)
    def _describe(self, values: Values) -> None:
        db = self.session.reader()
        try:
            text = self.describe(db, self.meaning(db, values))
        except UserError as error:
            text = Text("\n".join(plain(line) for line in str(error).splitlines()), ALARM)
        self.post_message(_Described(values, text))

    @on(_Described)
    def _told(self, message: _Described) -> None:
        if message.values == self.lines.values:
            self._described = message.values
            self.query_one(Paragraphs).show(message.text)

    @on(VirtualList.Moved)
    def _moved(self) -> None:
        """On the line that does it, a phone shows what comes of it."""
        self.set_class(self.lines.field is None, "-deed")

    def meaning(self, db: Connection, values: Values) -> Meant:
        """All values as they are meant; raises `UserError` that names the line of one that means nothing."""
        meant: Meant = {}
        for field in self.fields:
            try:
                meant[field.name] = field.read(db, values.get(field.name, ""))
            except UserError as error:
                raise UserError(f"{field.label}: {error}" if "\n" not in str(error) else str(error)) from error
        return meant

    async def action_edit(self) -> None:
        """Write the value under the cursor, or take its next choice; on the last line, do it."""
        if not self.lines.count:
            return
        field = self.lines.field
        if field is None:
            self.action_carry_out()
        elif field.kind == "choice":
            await self._hand_in(field, _after(field.choices, self.lines.values[field.name]))
        else:
            self.app.push_screen(self._line_for(field, self.lines.values[field.name]))

    def _line_for(self, field: Field, value: str) -> Screen[None]:
        hand_in: HandIn = partial(self._hand_in, field)
        if field.kind in ("prompt", "negative"):
            from kimikoe_tui.screens.prompt_line import PromptLine

            return PromptLine(field.label, value, self.session.reader, hand_in, field.kind == "prompt")
        if field.kind == "query":
            from kimikoe_tui.screens.query_line import QueryLine

            return QueryLine(field.label, value, "frame", self.session, hand_in)
        return LinePrompt(field.label, value, field.hint or field.empty, hand_in)

    async def _hand_in(self, field: Field, text: str) -> str:
        await asyncio.to_thread(lambda: field.read(self.session.reader(), text))
        self.lines.write(field.name, text.strip())
        self.look()
        return ""

    def action_default(self) -> None:
        """Put the usual value back."""
        if (field := self.lines.field) is not None:
            self.lines.write(field.name, field.usual)
            self.look()

    def action_carry_out(self) -> None:
        """Do what was asked, once."""
        if self.fields and not self._is_doing:
            self._is_doing = True
            self.in_turn(self._carry_out)

    async def _carry_out(self) -> None:
        values = dict(self.lines.values)
        try:
            words = await self.session.commit(lambda db: self.do(db, self.meaning(db, values)))
        except BaseException:
            self._is_doing = False
            raise
        self.app.post_message(EngineWanted())
        self.done(words)


class UpperForm(FormRoom, UpperRoom):
    """A form over a room, which closes once it has been done."""

    def done(self, words: str) -> None:
        """Back to the room below, which says so."""
        self.hand_down("", words)

    async def action_back(self, leaves: bool) -> None:
        """Back to the room below; where it is being done, it closes by itself."""
        if not self._is_doing:
            await super().action_back(leaves)


def _after(choices: Sequence[str], chosen: str) -> str:
    """The choice after this one, the first after the last."""
    place = choices.index(chosen) + 1 if chosen in choices else 0
    return choices[place % len(choices)] if choices else chosen

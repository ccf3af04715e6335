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
from kimikoe_tui.palette import ALARM
from kimikoe_tui.screens.line import HandIn, LinePrompt
from kimikoe_tui.screens.room import ListRoom
from kimikoe_tui.text import plain
from kimikoe_tui.widgets.field_list import Field, FieldList
from kimikoe_tui.widgets.pane import Pane
from kimikoe_tui.widgets.paragraphs import Paragraphs

Values = Mapping[str, str]
Meant = dict[str, object]


@dataclass
class _Prepared(Message):
    fields: Sequence[Field]
    values: Values


@dataclass
class _Described(Message):
    text: Text


class FormRoom(ListRoom):
    """The lines, and beside or below them what comes of it. A subclass says what is asked and what is done."""

    CSS_PATH = "form.tcss"
    BINDINGS = keys.bindings(keys.FORM)
    context = "form"
    heading = ""
    deed = ""
    fields: Sequence[Field] = ()

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
        """Go on after it."""
        self.say(words)

    def parts(self) -> ComposeResult:
        """The form, and what comes of it."""
        with Horizontal(id="panes"):
            with Pane(id="form-pane", title=self.heading):
                yield FieldList()
            with Pane(id="about-pane", title=_("what comes of it")):
                yield Paragraphs(id="about")

    def on_mount(self) -> None:
        """Read what there is to choose from."""
        self.reload()

    @property
    def lines(self) -> FieldList:
        """The form."""
        return self.query_one(FieldList)

    def reload(self) -> None:
        """Read again what there is to choose from; what is written stays."""
        self._prepare()

    @work(thread=True, exclusive=True, group="preparing", exit_on_error=False)
    def _prepare(self) -> None:
        self.post_message(_Prepared(*self.prepare(self.session.reader())))

    @on(_Prepared)
    def _show(self, message: _Prepared) -> None:
        self.fill(message.fields, {**message.values, **self.lines.values})

    def fill(self, fields: Sequence[Field], values: Values) -> None:
        """Have these values stand in the form."""
        self.fields = fields
        self.lines.show(fields, values, self.deed)
        self.look()

    def look(self) -> None:
        """Say what comes of what is written."""
        self._describe(dict(self.lines.values))

    @work(thread=True, exclusive=True, group="describing", exit_on_error=False)
    def _describe(self, values: Values) -> None:
        db = self.session.reader()
        try:
            text = self.describe(db, self.meaning(db, values))
        except UserError as error:
            text = Text("\n".join(plain(line) for line in str(error).splitlines()), ALARM)
        self.post_message(_Described(text))

    @on(_Described)
    def _told(self, message: _Described) -> None:
        self.query_one(Paragraphs).show(message.text)

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
        if field.kind == "prompt":
            from kimikoe_tui.screens.prompt_line import PromptLine

            return PromptLine(field.label, value, self.session.reader, hand_in)
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
        if self.fields:
            self.in_turn(self._carry_out)

    async def _carry_out(self) -> None:
        values = dict(self.lines.values)
        self.done(await self.session.commit(lambda db: self.do(db, self.meaning(db, values))))


def _after(choices: Sequence[str], chosen: str) -> str:
    """The choice after this one, the first after the last."""
    place = choices.index(chosen) + 1 if chosen in choices else 0
    return choices[place % len(choices)] if choices else chosen

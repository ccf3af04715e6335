"""The lines of a form: what is asked, what is written there, and below all the line that does it."""

from collections.abc import Callable, Mapping, Sequence
from sqlite3 import Connection
from typing import Literal

import msgspec
from rich.cells import cell_len
from rich.text import Text

from kimikoe_tui.palette import ACCENT, FAINT, MUTED, TEXT
from kimikoe_tui.text import plain
from kimikoe_tui.widgets.cells import column
from kimikoe_tui.widgets.virtual_list import VirtualList

Reader = Callable[[Connection, str], object]
"""What a written value means; raises `UserError` where it means nothing."""


class Field(msgspec.Struct, frozen=True):
    """A line of a form: `empty` says what nothing stands for, `hint` how a value is written."""

    name: str
    label: str
    read: Reader
    usual: str = ""
    empty: str = ""
    hint: str = ""
    kind: Literal["text", "prompt", "negative", "query", "choice"] = "text"
    choices: tuple[str, ...] = ()


class FieldList(VirtualList):
    """Fields with their values, and the line that does it."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: Sequence[Field] = ()
        self.values: dict[str, str] = {}
        self.deed = ""
        self._label_width = 0

    @property
    def field(self) -> Field | None:
        """The one under the cursor; None on the last line."""
        return self.fields[self.cursor] if self.cursor < len(self.fields) else None

    def show(self, fields: Sequence[Field], values: Mapping[str, str], deed: str) -> None:
        """Show these, the cursor staying where it is."""
        self.fields, self.values, self.deed = fields, dict(values), deed
        self._label_width = max((cell_len(field.label) for field in fields), default=0) + 2
        self.resize_to(len(fields) + 1)

    def write(self, name: str, value: str) -> None:
        """Have a value in its place."""
        self.values[name] = value
        self.refresh()

    def line(self, index: int, width: int) -> Text:
        """`▸ steps     20`."""
        if index == len(self.fields):
            return Text.assemble("  ", (self.deed, f"bold {ACCENT}"))
        field = self.fields[index]
        value = self.values.get(field.name, "")
        shown = (plain(value), TEXT) if value else (field.empty, FAINT)
        return Text.assemble("  ", (column(field.label, self._label_width), MUTED), shown)

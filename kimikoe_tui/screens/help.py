"""The keys of a room, from the registry."""

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from db.i18n import _
from kimikoe_tui import keys
from kimikoe_tui.palette import ACCENT, MUTED, TEXT
from kimikoe_tui.screens.over_room import OverRoom

MENUS = {
    "cull": ("zoom", "quick-filter", "reason", "copy", "line"), "survey": ("reason",), "matches": ("reason",),
    "frames": ("tag-line",), "new": ("line", "tag-line"), "form": ("line", "query-line"),
}  # fmt: skip


class HelpScreen(OverRoom[None]):
    """Lists a room's keys, then those of its menus."""

    CSS_PATH = "help.tcss"
    BINDINGS = keys.bindings(keys.HELP)

    def __init__(self, room: str) -> None:
        super().__init__()
        self._room = room

    def compose(self) -> ComposeResult:
        """One table, longer than a small screen."""
        with VerticalScroll(id="help") as box:
            box.border_title = _("keys · {room}").format(room=keys.TITLES[self._room])
            box.border_subtitle = _("j k scroll · q closes")
            yield Static(help_table(self._room), markup=False)

    def action_scroll(self, step: int) -> None:
        """Scroll by lines."""
        self.query_one("#help").scroll_relative(y=step * 3, animate=False)

    def action_close(self) -> None:
        """Back to the room."""
        self.dismiss(None)


def help_rows(room: str) -> list[tuple[str, str]]:
    """Every key that works in a room and what it does; a heading has no keys."""
    rows: list[tuple[str, str]] = []
    for context in (room, *MENUS.get(room, ()), "go"):
        for part in keys.CONTEXTS[context]:
            rows.append(("", keys.title(part)))
            rows += [(key.display, key.description) for key in part]
    return rows


def help_table(room: str) -> Table:
    """The rows in two columns, of which the right one wraps."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column()
    for shown, does in help_rows(room):
        if not shown and table.row_count:
            table.add_row()
        table.add_row(Text(shown, ACCENT), Text(does, TEXT if shown else f"bold {MUTED}"))
    return table

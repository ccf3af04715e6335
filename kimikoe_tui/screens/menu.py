"""Menus that take one key: where to go, which pictures to show."""

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.screen import ModalScreen
from textual.widgets import Static

from db.i18n import _
from kimikoe_tui import keys
from kimikoe_tui.palette import ACCENT, TEXT


class OneKeyMenu(ModalScreen[str]):
    """Lists its keys over the room; one key chooses, any other closes."""

    CSS_PATH = "menu.tcss"
    part: tuple[keys.Key, ...]
    title_text: str

    def compose(self) -> ComposeResult:
        """The keys, one on a line."""
        shown = [key for key in self.part if key.name != "close"]
        width = max(len(key.display) for key in shown)
        lines = [
            Text.assemble((key.display.rjust(width), f"bold {ACCENT}"), ("  " + key.description, TEXT)) for key in shown
        ]
        box = Static(Text("\n").join(lines), id="menu", markup=False)
        box.border_title = self.title_text
        yield box

    def on_key(self, event: events.Key) -> None:
        """Close on a key that means nothing here."""
        if event.key not in self.active_bindings:
            event.stop()
            self.dismiss("")

    def action_choose(self, choice: str) -> None:
        """Close with what was chosen; empty for nothing."""
        self.dismiss(choice)


class GoMenu(OneKeyMenu):
    """The rooms there are."""

    BINDINGS = keys.bindings(keys.GO)
    part = keys.GO
    title_text = _("go to")


class QuickFilterMenu(OneKeyMenu):
    """Pictures by rating."""

    BINDINGS = keys.bindings(keys.QUICK_FILTER)
    part = keys.QUICK_FILTER
    title_text = _("show pictures")

"""Menus that take one key: where to go, which pictures to show."""

from collections.abc import Mapping

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.widgets import Static

from db.i18n import _
from kimikoe_tui import keys
from kimikoe_tui.input_method import narrow_key, press_narrow
from kimikoe_tui.palette import ACCENT, TEXT
from kimikoe_tui.screens.over_room import OverRoom
from kimikoe_tui.text import plain


class OneKeyMenu(OverRoom[str]):
    """Lists its keys over the room; one key chooses, any other closes."""

    CSS_PATH = "menu.tcss"
    part: tuple[keys.Key, ...]
    title_text: str
    chosen = ""

    def compose(self) -> ComposeResult:
        """The keys, one on a line."""
        width = max(len(shown) for shown, _does in self.rows)
        lines = [
            Text.assemble((shown.rjust(width), f"bold {ACCENT}"), ("  " + plain(does), TEXT))
            for shown, does in self.rows
        ]
        box = Static(Text("\n").join(lines), id="menu", markup=False)
        box.border_title = self.title_text
        yield box

    @property
    def rows(self) -> list[tuple[str, str]]:
        """The keys that choose something, and what."""
        return [(key.display, key.description) for key in self.part if key.name != "close"]

    async def on_key(self, event: events.Key) -> None:
        """Take one key before the next is seen; those that came behind one without a meaning have none either."""
        event.stop()
        event.prevent_default()
        if not self.closed:
            await self.take(event)
        elif self.chosen:
            self.app.post_message(events.Key(event.key, event.character))  # it was typed for what has been chosen

    async def hear(self, event: events.Key) -> bool:
        """Take a key that was typed before this had opened."""
        await self.on_key(event)
        return True

    async def take(self, event: events.Key) -> None:
        """Choose, or close; a full-width character is its key."""
        known = self.active_bindings.get(event.key)
        if known is not None:
            await self.app.run_action(known.binding.action, known.node)
        elif not await press_narrow(self, event):
            self.action_choose("")

    def action_choose(self, choice: str) -> None:
        """Close with what was chosen; empty for nothing."""
        self.chosen = choice
        self.dismiss(choice)


class ReasonMenu(OneKeyMenu):
    """Why a picture is rejected; a person's own reasons have keys of their own."""

    BINDINGS = keys.bindings(keys.REASON)
    part = keys.REASON
    title_text = _("rejected for")

    def __init__(self, reasons: Mapping[str, str]) -> None:
        super().__init__()
        self._reasons = reasons

    @property
    def rows(self) -> list[tuple[str, str]]:
        """The keys and reasons of the setting."""
        return list(self._reasons.items())

    async def take(self, event: events.Key) -> None:
        """Take the reason that the setting gives a letter; any other key closes."""
        self.action_choose(self._reasons.get(event.character or "") or self._reasons.get(narrow_key(event) or "", ""))


class CopyMenu(OneKeyMenu):
    """What to copy of a picture."""

    BINDINGS = keys.bindings(keys.COPY)
    part = keys.COPY
    title_text = _("copy")


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

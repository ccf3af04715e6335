"""The line a person types in: the terminal's own cursor stands in it, so that an input method shows its candidates
there."""

from time import monotonic

from textual import events
from textual.geometry import Offset
from textual.message import Message
from textual.widgets import Input

from kimikoe_tui.text import cells

REST_SECONDS = 0.5
"""So long backspace must have rested before it closes what it has emptied: held, or typed ahead, it only rubs out."""
SHOW_CURSOR, HIDE_CURSOR = "\x1b[?25h", "\x1b[?25l"


class LineInput(Input):
    """Textual's, with the terminal's cursor in the place of one that is drawn: two over each other hide each other."""

    DEFAULT_CSS = """
    LineInput > .input--cursor { background: $surface; color: $foreground; text-style: none; }
    LineInput > .input--placeholder { color: $text-disabled; }
    """

    _rubbed_out_at = float("-inf")

    class GivenUp(Message):
        """Backspace was pressed where nothing is written: a phone's keyboard has no other way out of a line."""

    @property
    def cursor_screen_offset(self) -> Offset:
        """The cell of the cursor on the screen; at the line's end the one behind its last character."""
        x, y, _width, _height = self.content_region
        return Offset(x + cells(self.value[: self.cursor_position]) - round(self.scroll_x), y)

    async def on_key(self, event: events.Key) -> None:
        """Do what a key does before the next one: Textual has the whole program look for it, and types on meanwhile."""
        if not event.is_printable and await self.app._check_bindings(event.key):
            event.stop()
            event.prevent_default()

    def action_delete_left(self) -> None:
        """Rub a character out, or give the line up where there is none."""
        rested = monotonic() - self._rubbed_out_at >= REST_SECONDS
        if not self.value and rested:
            self.post_message(self.GivenUp())
            return
        self._rubbed_out_at = monotonic()
        super().action_delete_left()

    def on_focus(self) -> None:
        """Show the terminal's cursor, once the line has its place."""
        self.call_after_refresh(self._stand)

    def on_blur(self) -> None:
        """Hide it again."""
        self._tell_terminal(HIDE_CURSOR)

    def on_unmount(self) -> None:
        """Hide it where the line closes with the focus still in it."""
        self._tell_terminal(HIDE_CURSOR)

    def on_resize(self) -> None:
        """The line may stand elsewhere now."""
        self.call_after_refresh(self._stand)

    def watch_selection(self) -> None:
        """The cursor has moved, and the line may have scrolled with it."""
        self.call_after_refresh(self._stand)

    def watch_scroll_x(self, old_value: float, new_value: float) -> None:
        """A line longer than its room has scrolled below the cursor."""
        super().watch_scroll_x(old_value, new_value)
        self.call_after_refresh(self._stand)

    def _stand(self) -> None:
        """Have the terminal's cursor stand in its cell after the next paint."""
        if self.has_focus:
            self.app.cursor_position = self.cursor_screen_offset
            self._tell_terminal(SHOW_CURSOR)
            self.refresh()

    def _tell_terminal(self, sequence: str) -> None:
        """Write past Textual's painting, which hides the cursor for good; it has no public place for it."""
        if (driver := self.app._driver) is not None:
            driver.write(sequence)

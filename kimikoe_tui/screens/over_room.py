"""What opens over a room: it closes once, however many keys were typed while it did."""

from collections.abc import Sequence

from textual import events
from textual._context import visible_screen_stack
from textual.await_complete import AwaitComplete
from textual.geometry import Region
from textual.screen import ModalScreen, ScreenResultType
from textual.strip import Strip
from textual.widgets import Input

from kimikoe_tui.screens.laid_out import LaidOut


class OverRoom(LaidOut[ScreenResultType], ModalScreen[ScreenResultType]):
    """A menu, a line or a pane over a room. Keys that reach it once it has closed belong to nobody."""

    closed = False
    _below: Sequence[Strip] = ()
    _below_of: Sequence[tuple[LaidOut[object], int]] = ()

    def render_lines(self, crop: Region) -> list[Strip]:
        """What is under it: the room's lines as they are, where nothing tints them. Textual would make each anew."""
        rooms = visible_screen_stack.get([])
        if self.styles.background.a or not rooms or rooms[-1]._compositor.size != self.size:
            return super().render_lines(crop)
        self._dirty_regions.clear()
        below_of = [(room, room.repaints) for room in rooms if isinstance(room, LaidOut)]
        if self._below_of != below_of:
            self._below, self._below_of = rooms.pop()._compositor.render_strips(), below_of
        return [strip.crop(crop.x, crop.right) for strip in self._below[crop.y : crop.bottom]]

    def _on_screen_resume(self, event: events.ScreenResume) -> None:
        self._below_of = ()

    def _on_screen_suspend(self) -> None:
        self._below_of = ()  # under a tint no picture shows its pixels

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Close with a result; what has closed already stays so, and no room is closed in its place."""
        if self.closed:
            return AwaitComplete.nothing()  # type: ignore[no-untyped-call,no-any-return]
        self.closed = True
        return super().dismiss(result)

    async def hear(self, event: events.Key) -> bool:
        """Take a key that was typed before this had opened; whether it means something here."""
        return False

    async def on_key(self, event: events.Key) -> None:
        """Keep from the room what was typed before this was seen to be closed."""
        if self.closed:
            event.stop()
            event.prevent_default()


class TypedOver(OverRoom[ScreenResultType]):
    """One that is typed in; needs an `Input`."""

    async def hear(self, event: events.Key) -> bool:
        """Type what was typed before the line had opened, once it is there."""
        means_something = event.is_printable or event.key in ("backspace", "enter")
        if means_something:
            self.call_later(self._type, events.Key(event.key, event.character))
        return means_something

    def _type(self, event: events.Key) -> None:
        self.query_one(Input)._forward_event(event)

    def on_line_input_given_up(self) -> None:
        """Backspace in an empty line closes it."""
        self.action_close()

    def action_close(self) -> None:
        """Leave everything as it was."""
        self.dismiss(None)

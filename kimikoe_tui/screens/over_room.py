"""What opens over a room: it closes once, however many keys were typed while it did."""

from textual import events
from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen, ScreenResultType


class OverRoom(ModalScreen[ScreenResultType]):
    """A menu, a line or a pane over a room. Keys that reach it once it has closed belong to nobody."""

    closed = False

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

"""What opens over a room: it closes once, however many keys were typed while it did."""

from rich.console import RenderableType
from textual import events
from textual.await_complete import AwaitComplete
from textual.css.styles import RulesMap
from textual.renderables.background_screen import BackgroundScreen
from textual.screen import ModalScreen, Screen, ScreenResultType
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions, Visual
from textual.widgets import Input


class RoomBelow(Visual):
    """The room's lines as they are. Textual would make each anew, for a tint that a transparent menu has not."""

    def __init__(self, room: Screen[object]) -> None:
        self._room = room

    def render_strips(self, width: int, height: int | None, style: Style, options: RenderOptions) -> list[Strip]:
        """All of them."""
        return self._room._compositor.render_strips()

    def get_optimal_width(self, rules: RulesMap, container_width: int) -> int:
        """As wide as the terminal."""
        return self._room.size.width

    def get_height(self, rules: RulesMap, width: int) -> int:
        """As high as the terminal."""
        return self._room.size.height


class OverRoom(ModalScreen[ScreenResultType]):
    """A menu, a line or a pane over a room. Keys that reach it once it has closed belong to nobody."""

    closed = False

    def render(self) -> RenderableType:
        """What is under it."""
        ground = super().render()
        if isinstance(ground, BackgroundScreen) and not ground.color.a:
            return RoomBelow(ground.screen)  # type: ignore[return-value]  # a screen's may be a `Visual` too
        return ground

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

"""A bordered part of a room, with a title."""

from rich.text import Text
from textual.containers import Vertical


class Pane(Vertical):
    """A pane whose title costs nothing while it stays the same: setting a border's title paints all that is in it."""

    DEFAULT_CSS = """
    Pane {
        border: round $panel;
        border-title-color: $text-muted;
        border-subtitle-color: $text-muted;
        background: $background;
    }
    """

    def __init__(self, *, id: str, title: str = "") -> None:  # noqa: A002
        super().__init__(id=id)
        self._head = (Text(title), Text())
        self.border_title = Text(title)

    @property
    def title_text(self) -> str:
        """The title as it is read."""
        return self._head[0].plain

    def head(self, title: Text, subtitle: Text | None = None) -> None:
        """Set the title, and what stands at the foot."""
        wanted = (title, subtitle or Text())
        if wanted == self._head:
            return
        self._head = wanted
        self.border_title, self.border_subtitle = wanted

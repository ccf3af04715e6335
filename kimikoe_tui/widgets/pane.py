"""A bordered part of a room, with a title."""

from typing import Self

from rich.text import Text
from textual.containers import Vertical
from textual.geometry import Region

TOP, FOOT, ALL_SIDES = slice(0, 1), slice(1, 2), slice(None)
"""Of the sides of a border, those that are painted again."""


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
    _changing = ALL_SIDES

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """Paint the border alone where nothing else is asked for: what is inside paints itself."""
        if not regions and repaint and not (layout or recompose) and self.styles.border:
            regions = self._border[self._changing]
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    @property
    def _border(self) -> tuple[Region, ...]:
        """The four sides, as regions of the content, which begins inside them."""
        (width, height), inside = self.outer_size, self.content_offset
        sides = (
            Region(0, 0, width, 1), Region(0, height - 1, width, 1),
            Region(0, 0, 1, height), Region(width - 1, 0, 1, height),
        )  # fmt: skip
        return tuple(side.translate(-inside) for side in sides) if width and height else ()

    def __init__(self, *, id: str | None = None, title: str = "") -> None:  # noqa: A002
        super().__init__(id=id)
        self._head = (Text(title), Text())
        self.border_title = Text(title)

    @property
    def title_text(self) -> str:
        """The title as it is read."""
        return self._head[0].plain

    def head(self, title: Text, subtitle: Text | None = None) -> None:
        """Set the title, and what stands at the foot."""
        before, self._head = self._head, (title, subtitle or Text())
        if self._head[0] != before[0]:
            self._changing = TOP
            self.border_title = self._head[0]
        if self._head[1] != before[1]:
            self._changing = FOOT
            self.border_subtitle = self._head[1]
        self._changing = ALL_SIDES

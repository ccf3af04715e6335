"""A list that scrolls at the price of its new lines: the others are kept as they were drawn."""

from collections.abc import Hashable

from textual.cache import LRUCache
from textual.geometry import Region
from textual.strip import Strip

from kimikoe_tui.widgets.cells import filtered
from kimikoe_tui.widgets.virtual_list import VirtualList

LINES_KEPT = 128


class KeptLines(VirtualList):
    """Draws a line once for each look that it has had lately. Textual keeps lines by the row that they are in."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._kept: LRUCache[Hashable, Strip] = LRUCache(LINES_KEPT)

    def look_of(self, index: int) -> Hashable:
        """All that decides how a line looks, beside the list's size and whether the cursor is on it."""
        raise NotImplementedError

    def forget_lines(self) -> None:
        """Draw every line anew when it is next in view."""
        self._kept.clear()

    def on_resize(self) -> None:
        """Draw for the new size."""
        self.forget_lines()

    def notify_style_update(self) -> None:
        """Draw in the new colours."""
        super().notify_style_update()
        self.forget_lines()

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rows in view."""
        top = self.scroll_offset.y
        return filtered(self, [self._line_kept(top + y, y).crop(crop.x, crop.right) for y in crop.line_range])

    def _line_kept(self, index: int, y: int) -> Strip:
        if index >= self.count:
            return self.render_line(y)
        look = self.highlighted(index), self.look_of(index)
        strip = self._kept.get(look)
        if strip is None:
            strip = self._kept[look] = self.render_line(y)
        return strip

"""A list of any length that draws only the lines in view."""

from dataclasses import dataclass

from rich.text import Text
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from kimikoe_tui.palette import ACCENT

CURSOR = "▸"
"""The sign of the line under the cursor, whose ground alone not every eye and terminal tells from the others."""
GIVES_WAY = (" ", "▎")


class VirtualList(ScrollView, can_focus=False):
    """A list with a cursor. A subclass says what a line looks like, and sets `count`.

    | component class | styles |
    |---|---|
    | `list--cursor` | the line under the cursor |
    """

    COMPONENT_CLASSES = {"list--cursor"}
    DEFAULT_CSS = """
    VirtualList { scrollbar-size-vertical: 1; overflow-x: hidden; }
    VirtualList .list--cursor { background: $panel; }
    """

    @dataclass
    class Moved(Message):
        """The cursor came to another line."""

        lines: "VirtualList"
        index: int

        @property
        def control(self) -> "VirtualList":
            """The list, for `on`."""
            return self.lines

        def can_replace(self, message: Message) -> bool:
            """Only where the cursor is now matters."""
            return isinstance(message, VirtualList.Moved) and message.lines is self.lines

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.count = 0
        self.cursor = 0

    def line(self, index: int, width: int) -> Text:
        """The line at `index`, for `width` cells; longer ones are cut. Its first cell is left for the cursor's sign."""
        raise NotImplementedError

    def highlighted(self, index: int) -> bool:
        """Whether a line is drawn as the one under the cursor."""
        return index == self.cursor

    def resize_to(self, count: int, cursor: int | None = None) -> None:
        """Say that there are now `count` lines, with the cursor at `cursor` or where it was."""
        self.count = count
        self._tell_length()
        self.cursor = max(0, min(count - 1, self.cursor if cursor is None else cursor))
        self.call_after_refresh(self._bring_into_view)
        self.refresh()

    def move_to(self, index: int) -> None:
        """Put the cursor on a line, as far as there is one."""
        index = max(0, min(self.count - 1, index))
        if index == self.cursor:
            return
        self.refresh_line(self.cursor)
        self.cursor = index
        self.refresh_line(index)
        self._bring_into_view()
        self.post_message(self.Moved(self, index))

    def pages_around(self, size: int) -> range:
        """The pages of `size` lines with what is in view, and with what comes into view by a page on or back."""
        top, height = self.scroll_offset.y, self.size.height
        first, last = max(0, top - height), min(self.count - 1, top + 2 * height)
        return range(first // size, last // size + 1)

    def page(self, halves: int) -> None:
        """Move by half pages."""
        self.move_to(self.cursor + halves * max(1, self.size.height // 2))

    def render_line(self, y: int) -> Strip:
        """One line in view."""
        index, width = self.scroll_offset.y + y, self.scrollable_content_region.width
        style = self.visual_style.rich_style
        if index >= self.count or width < 1:
            return Strip.blank(max(0, width), style)
        if self.highlighted(index):
            style += self.get_component_rich_style("list--cursor", partial=True)
        text = self.line(index, width)
        text.truncate(width, overflow="ellipsis", pad=True)
        if self.highlighted(index) and text.plain[:1] in GIVES_WAY:
            text = Text.assemble((CURSOR, ACCENT), text[1:])
        return Strip(list(text.render(self.app.console)), width).apply_style(style)

    def on_resize(self) -> None:
        """Keep the cursor in view."""
        self._tell_length()
        self._bring_into_view()

    def _tell_length(self) -> None:
        """Have the scrollbar follow; set in Textual's way, the length would have the whole screen laid out anew."""
        self.set_reactive(VirtualList.virtual_size, Size(self.size.width, self.count))
        self._scroll_update(self.virtual_size)

    def _bring_into_view(self) -> None:
        top, height = round(self.scroll_y), self.scrollable_content_region.height
        if height < 1:
            return
        margin = min(2, (height - 1) // 2)
        above, below = top + margin - self.cursor, self.cursor - (top + height - 1 - margin)
        if max(above, below) > height // 2:
            self.scroll_to(y=self.cursor - height // 2, animate=False)
        elif above > 0:
            self.scroll_to(y=top - above, animate=False)
        elif below > 0:
            self.scroll_to(y=top + below, animate=False)

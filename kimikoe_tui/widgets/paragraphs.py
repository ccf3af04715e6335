"""Text that is wrapped to its pane, of which only those lines are painted again that have become others."""

from rich.text import Text
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


class Paragraphs(Widget):
    """Text of several lines, of which a page is shown."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.text = Text()
        self._first = 0
        self._lines: list[Text] = []
        self._left = 0

    def show(self, text: Text) -> None:
        """Show a text; another one from its beginning."""
        self._show(text, self._first if text == self.text else 0)

    @property
    def has_more(self) -> bool:
        """Whether there are lines below the page."""
        return self._left > 0

    def page_on(self) -> bool:
        """Show the lines below, as far as there are any; else the first ones again. Whether there were some."""
        more = self.has_more
        self._show(self.text, self._first + max(1, self.size.height - 1) if more else 0)
        return more

    def _show(self, text: Text, first: int) -> None:
        self.text, self._first = text, first
        before, self._lines = self._lines, self._wrapped()
        for row in range(max(len(before), len(self._lines))):
            if before[row : row + 1] != self._lines[row : row + 1]:
                self.refresh(Region(0, row, self.size.width, 1))

    def on_resize(self) -> None:
        """Wrap anew."""
        self._first = 0
        self._lines = self._wrapped()
        self.refresh()

    def _wrapped(self) -> list[Text]:
        width, height = self.size
        lines = list(self.text.wrap(self.app.console, width)) if width else []
        self._left = len(lines) - self._first - height
        return lines[self._first : self._first + height]

    def render_line(self, y: int) -> Strip:
        """One line."""
        width, style = self.size.width, self.visual_style.rich_style
        if y >= len(self._lines):
            return Strip.blank(width, style)
        line = self._lines[y].copy()
        line.truncate(width, pad=True)
        return Strip(list(line.render(self.app.console)), width).apply_style(style)

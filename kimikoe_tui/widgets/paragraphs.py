"""Text that is wrapped to its pane, of which only those lines are painted again that have become others."""

from rich.text import Text
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


class Paragraphs(Widget):
    """Text of several lines; what does not fit is cut off at the end."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.text = Text()
        self._lines: list[Text] = []

    def show(self, text: Text) -> None:
        """Show another text."""
        self.text = text
        before, self._lines = self._lines, self._wrapped()
        for row in range(max(len(before), len(self._lines))):
            if before[row : row + 1] != self._lines[row : row + 1]:
                self.refresh(Region(0, row, self.size.width, 1))

    def on_resize(self) -> None:
        """Wrap anew."""
        self._lines = self._wrapped()
        self.refresh()

    def _wrapped(self) -> list[Text]:
        width, height = self.size
        return list(self.text.wrap(self.app.console, width))[:height] if width else []

    def render_line(self, y: int) -> Strip:
        """One line."""
        width, style = self.size.width, self.visual_style.rich_style
        if y >= len(self._lines):
            return Strip.blank(width, style)
        line = self._lines[y].copy()
        line.truncate(width, pad=True)
        return Strip(list(line.render(self.app.console)), width).apply_style(style)

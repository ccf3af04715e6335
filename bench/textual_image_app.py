"""Pictures by the widget of `textual-image`, to compare ours with: `l` shows the next. Arguments: a way, and files."""

import sys

from textual.app import App, ComposeResult
from textual.widgets import Static
from textual_image.widget import SixelImage, TGPImage  # type: ignore[import-not-found]

CELLS = (78, 39)
"""As many as the picture takes in our room in a terminal of 120×50."""


class TextualImageApp(App[None]):
    """One picture, and a word by which it is known that it has been painted."""

    BINDINGS = [("l", "next", "next")]

    def __init__(self, method: str, files: list[str]) -> None:
        super().__init__()
        self._widget = {"kitty": TGPImage, "sixel": SixelImage}[method]
        self._files = files

    def compose(self) -> ComposeResult:
        """The picture."""
        yield Static("painted")
        picture = self._widget(self._files[0])
        picture.styles.width, picture.styles.height = CELLS
        yield picture

    def action_next(self) -> None:
        """Show the next picture."""
        self._files = [*self._files[1:], self._files[0]]
        self.query_one(self._widget).image = self._files[0]


if __name__ == "__main__":
    TextualImageApp(sys.argv[1], sys.argv[2:]).run(mouse=False)

"""The smallest Textual app that paints a word: what any terminal program of this kind costs at least."""

from textual.app import App, ComposeResult
from textual.widgets import Static


class TrivialApp(App[None]):
    """One word on the screen."""

    def compose(self) -> ComposeResult:
        """The word."""
        yield Static("painted")


if __name__ == "__main__":
    TrivialApp().run(mouse=False)

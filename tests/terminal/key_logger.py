"""A program that takes the terminal as kimikoe does and shows the keys it hears; its argument is the probe's limit.

After each key it asks whether all has arrived, as after a picture.
"""

import sys
from pathlib import Path

from textual import events
from textual.app import App, ComposeResult
from textual.widgets import Static

from kimikoe_tui.graphics import probe
from kimikoe_tui.graphics.detect import Detection
from kimikoe_tui.graphics.known import KnownTerminals
from kimikoe_tui.terminal_driver import TerminalDriver
from kimikoe_tui.widgets.real_pixels import PictureLayer


class KeyLogger(App[None]):
    """Shows the keys, and how pictures would be shown."""

    def __init__(self, detection: Detection) -> None:
        self.display_known, self.key_filter = detection.finish()
        self.picture_layer = PictureLayer()
        self._heard: list[str] = []
        super().__init__(driver_class=TerminalDriver)

    def compose(self) -> ComposeResult:
        """One line."""
        yield Static("ready", markup=False)

    def on_key(self, event: events.Key) -> None:
        """Show all keys so far."""
        self._heard.append(event.key)
        known = self.display_known
        words = f"heard {' '.join(self._heard)} / {known.method} {known.brand} {known.cell} {known.ambiguous}"
        self.query_one(Static).update(words)
        if isinstance(driver := self._driver, TerminalDriver):
            driver.ask_whether_arrived()
        if event.key == "q":
            self.exit()


if __name__ == "__main__":
    probe.LIMIT_SECONDS = float(sys.argv[1])
    with Detection(KnownTerminals(Path(sys.argv[2]))) as found:
        KeyLogger(found).run(mouse=False)

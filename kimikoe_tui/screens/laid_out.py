"""A screen that is laid out for another size, and not again for the one that it has."""

from textual.geometry import Size
from textual.screen import Screen, ScreenResultType


class LaidOut(Screen[ScreenResultType]):
    """Textual lays out what opens twice, and each time all that is under it."""

    repaints = 0
    """How often what this screen shows has changed, itself or under another."""

    def _screen_resized(self, size: Size) -> None:
        if size != self._size:
            super()._screen_resized(size)

    def _compositor_refresh(self) -> None:
        self.repaints += 1
        super()._compositor_refresh()

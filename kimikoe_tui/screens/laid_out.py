"""A screen that is laid out for another size, and not again for the one that it has."""

from textual.geometry import Size
from textual.screen import Screen, ScreenResultType


class LaidOut(Screen[ScreenResultType]):
    """Textual lays out what opens twice, and each time all that is under it."""

    def _screen_resized(self, size: Size) -> None:
        if size != self._size:
            super()._screen_resized(size)

"""A screen that is laid out and painted when it changes, and not for every screen that opens over it."""

from textual.geometry import Size
from textual.screen import Screen, ScreenResultType


class LaidOut(Screen[ScreenResultType]):
    """Textual lays out what opens twice, and each time all that is under it, which it paints whole at every change."""

    repaints = 0
    """How often what this screen shows has changed, itself or under another."""

    def _screen_resized(self, size: Size) -> None:
        if size != self._size:
            super()._screen_resized(size)

    def _on_screen_suspend(self) -> None:
        """What opens over it shows it as it stands."""
        self._repaint_required = False
        self._exchange_repaint_regions()

    def _compositor_refresh(self) -> None:
        """Under another screen, have that one paint what changed here."""
        self.repaints += 1
        changed, top = self._compositor._dirty_regions, self.app.screen
        if top is self or not changed:
            super()._compositor_refresh()
            return
        top._set_dirty(*changed)
        top._dirty_widgets.add(top)  # beside its own widgets, which its `refresh` would forget
        top.check_idle()
        changed.clear()
        self._dirty_widgets.clear()

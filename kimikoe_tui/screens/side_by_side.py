"""Two pictures to compare: beside each other, or one after the other in the same place, whole or at their own size."""

from typing import Literal

from textual.app import ComposeResult
from textual.containers import Horizontal

from kimikoe_tui.pixels import FrameServer
from kimikoe_tui.screens.cull_view import FACTS_WIDTH
from kimikoe_tui.screens.room import Room
from kimikoe_tui.session import Session
from kimikoe_tui.widgets.closeup import CloseupPicture, Zoom, shown_of
from kimikoe_tui.widgets.pane import Pane
from kimikoe_tui.widgets.sources import PicturesAndFrames

Side = Literal["left", "right"]
SIDES: tuple[Side, Side] = ("left", "right")
VIEWS: tuple[Side | None, ...] = (None, *SIDES)
"""Both beside each other, or one of them alone in one place."""


class SideBySide(Room):
    """A room over two pictures. What stands on each side is the subclass's."""

    def __init__(self, session: Session, server: FrameServer) -> None:
        super().__init__(session)
        self._server = server
        self.alone: Side | None = None
        self.zoom = Zoom()
        self.seen: set[int] = set()
        """Pictures that have reached the terminal."""
        self._is_wide: bool | None = None

    def pair_panes(self) -> ComposeResult:
        """A pane for each side; the left one is the place of what is seen alone."""
        with Horizontal(id="pair"):
            for side in SIDES:
                with Pane(id=f"{side}-pane"):
                    yield CloseupPicture(PicturesAndFrames(self._server), id=f"{side}-picture")

    @property
    def largest(self) -> tuple[int, int] | None:
        """The size in pixels over which one moves; None where nothing is seen."""
        raise NotImplementedError

    def show_side(self, place: Side, side: Side) -> None:
        """Show one of the two in the pane of a place."""
        raise NotImplementedError

    def pane_at(self, place: Side) -> Pane:
        """The pane of a place."""
        return self.query_one(f"#{place}-pane", Pane)

    def picture_at(self, place: Side) -> CloseupPicture:
        """What shows a picture in a place."""
        return self.query_one(f"#{place}-picture", CloseupPicture)

    def look(self) -> None:
        """Show both, or the one that is seen alone."""
        self.show_side("left", self.alone or "left")
        if self.alone is None:
            self.show_side("right", "right")

    def see(self, alone: Side | None) -> None:
        """See one side alone, or both; once more when it is known how wide the panes have become."""
        self.alone = alone
        if self.has_class("-alone") != (alone is not None):
            self.toggle_class("-alone")
            self.call_after_refresh(self.look)
        self.look()

    def note_seen(self) -> None:
        """Remember the pictures that have reached the terminal."""
        for place in SIDES:
            if isinstance(painted := shown_of(self.picture_at(place).painted), int):
                self.seen.add(painted)

    def on_resize(self) -> None:
        """One at a time where there is no room for two."""
        if self._is_wide != (is_wide := self.app.size.width >= FACTS_WIDTH):
            self._is_wide = is_wide
            self.alone = None if is_wide else "left"
            self.set_class(not is_wide, "-alone")
        self.call_after_refresh(self.look)

    def action_swap(self) -> None:
        """One after the other in the same place; where there is room, beside each other too."""
        self.note_seen()
        views = VIEWS if self._is_wide else SIDES
        self.see(views[(views.index(self.alone) + 1) % len(views)] if self.alone in views else views[0])

    def action_zoom(self) -> None:
        """Both at their own size, pixel by pixel, or whole."""
        self.zoom.is_close = not self.zoom.is_close
        self.look()

    def action_pan(self, way: str) -> None:
        """Move over both at once."""
        if self.zoom.is_close and (size := self.largest) is not None:
            self.zoom.pan(way, size, self.picture_at("left").seen_size)
            self.look()

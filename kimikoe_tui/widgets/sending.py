"""The half of a pane by which a terminal shows pixels: sent when they are to be seen, and on a slow line twice."""

from collections.abc import Hashable, Sequence
from functools import partial
from typing import NamedTuple

from textual.errors import NoWidget
from textual.timer import Timer
from textual.widget import Widget

from kimikoe_tui.graphics.choose import new_renderer
from kimikoe_tui.graphics.display import Display
from kimikoe_tui.graphics.real_pixels import RealPixels
from kimikoe_tui.graphics.renderer import Drawing, PictureRenderer
from kimikoe_tui.widgets.real_pixels import (
    PictureLayer,
    Span,
    at_cell,
    has_arrived,
    is_behind,
    is_slow,
    may_be_slow,
    one_update,
    send_picture,
    touches,
    write_raw,
)  # fmt: skip

REST = 0.03
REFINE = 0.25
AGAIN = 0.15
Key = Hashable
Cells = tuple[int, int]


class Sent(NamedTuple):
    """What the terminal was sent beside its cells and still shows: where, and whether the whole is to follow."""

    drawing: Drawing
    place: Cells
    is_draft: bool


class SendsPictures(Widget):
    """Sends what is shown when its cells have been painted, and never over another screen.

    Every repaint ends with `settle`, which finds by what was sent what is still to be: so nothing depends on the
    moment at which a timer fires.
    """

    def __init__(self, renderer: PictureRenderer | None = None, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._renderer = renderer or self._new_renderer(getattr(self.app, "display_known", Display()))
        self._key: Key | None = None
        self._answered: Key | None = None
        self._shown: Drawing | str = ""
        self._shown_cells: Cells = (0, 0)
        self._sent: Sent | None = None
        self._mark = 0
        self._cells_stand = False
        """Whether what is sent now is shown by cells that are not painted anew."""
        self._resting: Timer | None = None
        self._refining: Timer | None = None
        self._repeating: Timer | None = None
        self.painted: Key | None = None
        """The picture that has reached the terminal, None before and where it could not be read."""

    def on_mount(self) -> None:
        """Follow the repaints."""
        self._layer.add(self)

    def on_unmount(self) -> None:
        """Leave nothing in the terminal."""
        self._take_away()

    def _new_renderer(self, display: Display) -> PictureRenderer:
        renderer = new_renderer(display)
        if isinstance(renderer, RealPixels):
            renderer.may_be_slow = partial(may_be_slow, self.app)
        return renderer

    @property
    def _layer(self) -> PictureLayer:
        layer = getattr(self.app, "picture_layer", None)
        return layer if isinstance(layer, PictureLayer) else PictureLayer()

    @property
    def _cells(self) -> Cells:
        return self.size.width, self.size.height

    def _shows_pixels(self) -> bool:
        """Whether the terminal shows pixels here: never under another screen's colours, nor where a part is hidden."""
        if isinstance(self._shown, str) or not self._shown.data or self._shown_cells != self._cells:
            return False
        stack = self.app.screen_stack
        if self.screen not in stack:
            return False
        above = stack[stack.index(self.screen) + 1 :]
        if above and (self._renderer.layer != "stored" or any(screen.styles.background.a > 0 for screen in above)):
            return False
        try:
            place = self.screen.find_widget(self)
        except NoWidget:
            return False
        return place.visible_region == place.region

    def settle(self) -> None:
        """Send the picture where it is to be seen and is not yet; take it away where it lies above what is seen now."""
        if not self._shows_pixels():
            self._settle_hidden()
        elif self._resting is not None:
            return
        elif not self._stands():
            self._send_or_rest()
        elif self._sent is not None and self._sent.is_draft and self._refining is None:
            self._refine_later()

    def _settle_hidden(self) -> None:
        if self._renderer.layer == "above":
            self._take_away()
        if self._renderer.layer != "stored":
            self._sent = None

    def _take_away(self) -> None:
        if self._sent is not None:
            write_raw(self.app, self._renderer.remove())

    def _stands(self) -> bool:
        """Whether the terminal shows what is to be seen, or its draft, where it is to be seen."""
        if self._sent is None or self._sent.drawing is not self._shown:
            return False
        return self._renderer.layer == "stored" or self._sent.place == self._place(self._sent.drawing)

    def _send_or_rest(self) -> None:
        assert isinstance(self._shown, Drawing)
        if is_behind(self.app):
            self._rest()
        else:
            self._send(self._shown)

    def _send(self, drawing: Drawing, refined: bool = False) -> None:
        """Send a drawing, on a slow line its draft first, which is refined when no key comes for a while."""
        draft = "" if refined or not is_slow(self.app, len(drawing.data)) else drawing.draft
        place = self._place(drawing)
        self._mark = send_picture(self.app, at_cell(*place, draft or drawing.data))
        self._sent = Sent(drawing, place, bool(draft))
        if draft:
            self._refine_later()
        if drawing.again and not self._cells_stand:
            self._repeat_later()
        self._note_painted(self._answered, False)

    def _repeat_later(self) -> None:
        if self._repeating is not None:
            self._repeating.stop()
        self._repeating = self.set_timer(AGAIN, self._repeat)

    def _repeat(self) -> None:
        """Place what has arrived once more, while it is what is to be seen."""
        self._repeating = None
        if self._sent is None or not self._stands() or not self._shows_pixels():
            return
        if has_arrived(self.app, self._mark):
            write_raw(self.app, self._sent.drawing.again)
        else:
            self._repeat_later()

    def _refine_later(self) -> None:
        if self._refining is not None:
            self._refining.stop()
        self._refining = self.set_timer(REFINE, self._refine)

    def _refine(self) -> None:
        """Follow the draft that stands with the whole picture, once the line has brought what went before.

        Where it is not to be seen just now, it is refined from the repaint on that shows it again.
        """
        self._refining = None
        if self._sent is None or not self._sent.is_draft or not self._stands() or not self._shows_pixels():
            return
        if is_behind(self.app):
            self._refine_later()
            return
        with one_update(self.app):
            self._send(self._sent.drawing, refined=True)

    def note_arrived(self) -> None:
        """The terminal has answered: what it shows may be the picture asked for."""
        self._note_painted(self._answered, isinstance(self._shown, str))

    def write_over(self, spans: Sequence[Span] | None) -> None:
        """Where text is written, what was painted is gone."""
        if self._renderer.layer != "painted":
            return
        if spans is None:
            self._sent = None
            self._rest()
        elif self._sent is not None and touches(spans, self.region):
            self._sent = None

    def _rest(self) -> None:
        """Wait a moment: Textual paints a screen that comes back several times, and each erases the picture."""
        if self._resting is not None:
            self._resting.stop()
        self._resting = self.set_timer(REST, self._go_on)

    def _go_on(self) -> None:
        self._resting = None
        with one_update(self.app):
            self.settle()

    def draw_anew(self, display: Display) -> None:
        """Begin again with cells of another size."""
        self._take_away()
        self._renderer, self._sent, self._shown_cells = self._new_renderer(display), None, (0, 0)
        self.refresh()

    def forget(self) -> None:
        """Send all again."""
        self._sent = None

    def _place(self, drawing: Drawing) -> Cells:
        """The first cell of a drawing, (column, row) of the screen."""
        region = self.region
        return (
            region.x + (region.width - drawing.columns) // 2,
            region.y + (region.height - len(drawing.rows)) // 2,
        )

    def _note_painted(self, key: Key | None, failed: bool) -> None:
        if key is not None and key == self._key and (failed or self._has_arrived()):
            self.painted = None if failed else key

    def _has_arrived(self) -> bool:
        """Whether what is shown has been sent whole; text is, once it is painted."""
        if not self._shows_pixels():
            return True
        return self._sent is not None and self._sent.drawing is self._shown and has_arrived(self.app, self._mark)

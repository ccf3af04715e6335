"""A picture in a pane: drawn off the key's path, ahead of need, with the reason where there is none."""

import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, NamedTuple

from rich.style import Style
from rich.text import Text
from textual import work
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.worker import get_current_worker

from db.errors import UserError
from db.i18n import _
from kimikoe_tui.graphics.display import Display
from kimikoe_tui.graphics.renderer import Drawing, PictureRenderer
from kimikoe_tui.palette import FAINT
from kimikoe_tui.text import plain
from kimikoe_tui.widgets.cells import filtered
from kimikoe_tui.widgets.failures import TellsFailures
from kimikoe_tui.widgets.real_pixels import one_update
from kimikoe_tui.widgets.sending import REST, Cells, Key, SendsPictures
from kimikoe_tui.widgets.sources import NotWanted, PictureSource

QUICK_BOX = (480, 270)
PATIENCE = 0.3


class Quick(NamedTuple):
    """A picture that another will follow in a moment: of few pixels, so that a slow line carries several a second."""

    key: Key


class Rows(NamedTuple):
    """What is in the pane as it was drawn: what it shows, and all else that decides how it looks."""

    shown: Drawing | str
    look: Hashable
    strips: list[Strip]


class Picture(TellsFailures, SendsPictures):
    """Shows one picture as large as fits, keeps the last ones drawn and draws the next ones ahead."""

    kept_most: ClassVar[int] = 12

    @dataclass
    class _Drawn(Message):
        key: Key
        cells: Cells
        drawing: Drawing | str
        is_final: bool = True

    def __init__(
        self, source: PictureSource, *, renderer: PictureRenderer | None = None, id: str | None = None  # noqa: A002
    ) -> None:  # fmt: skip
        super().__init__(renderer, id=id)
        self._source = source
        self._kept: OrderedDict[tuple[Key, Cells], Drawing] = OrderedDict()
        self._ahead: tuple[Key, ...] = ()
        self._asked: tuple[Key, tuple[Key, ...], Cells] | None = None
        """What is being drawn because it is waited for, what is to follow it, and for which size."""
        self._one_hand = threading.Lock()
        self._rows = Rows("", None, [])

    def show(self, key: Key | None, ahead: Sequence[Key] = ()) -> None:
        """Show a picture, then draw `ahead`, the ones likely to be asked for next, in that order."""
        self._key, self._ahead = key, tuple(ahead)
        self._wish()

    @property
    def shown(self) -> Drawing | str:
        """What is in the pane: a drawing, or the words in its place."""
        return self._shown

    @property
    def has_answered(self) -> bool:
        """Whether the picture asked for has reached the terminal, or it is known that it cannot."""
        failed = isinstance(self._shown, str) and self._answered == self._key
        return failed or self.painted == self._key

    def render_lines(self, crop: Region) -> list[Strip]:
        """Rows of the picture, in the middle of the pane."""
        has_pixels = self._shows_pixels()
        strips = [strip.crop(crop.x, crop.right) for strip in self._all_rows(has_pixels)[crop.y : crop.bottom]]
        # Where pixels are shown the colours of cells may be no colours but an image's name.
        return strips if has_pixels else filtered(self, strips)

    def _all_rows(self, has_pixels: bool) -> list[Strip]:
        """The rows, which stay as they are while the pane shows the same."""
        style = self.visual_style.rich_style
        look = self.size, style, has_pixels
        if self._rows.shown is not self._shown or self._rows.look != look:
            inner = self._words() if isinstance(self._shown, str) else _picture_rows(self._shown, has_pixels)
            width = self.size.width
            strips = [each.crop(0, width).text_align(width, "center").apply_style(style) for each in inner]
            self._rows = Rows(self._shown, look, _in_the_middle(strips, self.size, style))
        return self._rows.strips

    def draw_anew(self, display: Display) -> None:
        """Begin again with cells of another size."""
        super().draw_anew(display)
        self._asked = None
        self._kept.clear()
        self._wish()

    def on_resize(self) -> None:
        """Draw for the new size."""
        self._wish()

    def _words(self) -> list[Strip]:
        width = max(1, self.size.width)
        lines = Text(str(self._shown), FAINT, justify="center").wrap(self.app.console, width, justify="center")
        for line in lines:
            line.truncate(width, pad=True)
        return [Strip(list(line.render(self.app.console)), width) for line in lines]

    def _wish(self) -> None:
        """Put up what is at hand; have drawn what is not, unless that is being done."""
        cells = self._cells
        if cells[0] < 1 or cells[1] < 1 or self._asked == (self._key, self._ahead, cells):
            return
        self._source.give_up()
        self._asked = None
        if self._key is None:
            self._put_up(_("no picture"))
        elif (known := self._kept.get((self._key, cells))) is not None:
            self._put_up(known)
        wanted = [key for key in (self._key, *self._ahead) if key is not None and (key, cells) not in self._kept]
        if self._key is not None and self._key in wanted:
            self._asked = self._key, self._ahead, cells
            self._take_down_words()
            self._have_drawn(wanted, cells)
            self.set_timer(PATIENCE, partial(self._say_waiting, self._key))
        elif wanted:
            self.set_timer(REST, partial(self._draw_ahead, self._key, wanted, cells))

    def _take_down_words(self) -> None:
        """Let no words stand that were said of another picture."""
        if self._shown and isinstance(self._shown, str) and self._answered != self._key:
            self._shown = ""
            self.refresh()

    def _draw_ahead(self, key: Key | None, wanted: list[Key], cells: Cells) -> None:
        """Draw what is likely to be asked for, once the picture asked for is on its way and no key followed it."""
        if key == self._key and cells == self._cells:
            self._have_drawn(wanted, cells)

    def _have_drawn(self, keys: list[Key], cells: Cells) -> None:
        """Have these drawn in their order, on another thread."""
        self._draw(keys, cells)

    def _say_waiting(self, key: Key) -> None:
        """Take down the picture before, once it has stayed up too long in the place of one that is not there yet."""
        if key == self._key and self.painted != key and self._answered != key and not isinstance(key, Quick):
            self._shown = "…"
            self.refresh()

    def _put_up(self, drawing: Drawing | str) -> None:
        if drawing is self._shown and self.painted == self._key:
            return
        before, face = self._shown, self._shows_pixels()
        self._shown, self._shown_cells, self._answered = drawing, self._cells, self._key
        if face and self._shows_pixels() and _same_cells(before, drawing):
            with one_update(self.app):  # its cells stand already, and the terminal need not wait for a repaint
                self._cells_stand = True
                self.settle()
                self._cells_stand = False
        else:
            self.refresh()
        self.call_after_refresh(self._note_painted, self._key, isinstance(drawing, str))

    @work(thread=True, exclusive=True, group="drawing", exit_on_error=False)
    def _draw(self, keys: list[Key], cells: Cells) -> None:
        worker = get_current_worker()
        # Keys that outrun pictures would else have several drawn at once, and wait for them.
        with suppress(NotWanted), self._one_hand:
            for key in keys:
                if worker.is_cancelled:
                    return
                for drawing, is_final in self._drawings(key, cells, key == self._key):
                    if (is_final and isinstance(drawing, Drawing)) or not worker.is_cancelled:
                        self.post_message(self._Drawn(key, cells, drawing, is_final))

    def _drawings(self, key: Key, cells: Cells, is_awaited: bool) -> Iterator[tuple[Drawing | str, bool]]:
        """The picture and whether it is the last word: where somebody waits for pixels, a coarse one comes first."""
        wanted, room, box = self._measures(key, cells)
        try:
            pixels = self._source.load(wanted, box)
        except UserError as error:
            yield plain(str(error)), True
            return
        if is_awaited and not self._renderer.is_quick and wanted is key:
            yield self._renderer.sketch(pixels, *room), False
        yield self._renderer.draw(pixels, *room), True

    def _measures(self, key: Key, cells: Cells) -> tuple[Key, Cells, Cells]:
        """What to load for a key, the cells to draw it in and the most pixels; painted ones are no larger than sent."""
        box = self._renderer.pixel_box(*cells)
        if not isinstance(key, Quick):
            return key, cells, box
        share = min(1.0, QUICK_BOX[0] / box[0], QUICK_BOX[1] / box[1])
        if self._renderer.layer == "painted":
            cells = max(1, int(cells[0] * share)), max(1, int(cells[1] * share))
        return key.key, cells, (max(1, int(box[0] * share)), max(1, int(box[1] * share)))

    def on_picture__drawn(self, message: _Drawn) -> None:
        """Keep a drawing, and put it up where it is the one wanted."""
        message.stop()
        if message.is_final and self._asked is not None and message.key == self._asked[0]:
            self._asked = None
        if isinstance(message.drawing, Drawing) and message.is_final:
            self._keep((message.key, message.cells), message.drawing)
        if message.key == self._key and message.cells == self._cells:
            self._put_up(message.drawing)

    def _keep(self, key: tuple[Key, Cells], drawing: Drawing) -> None:
        self._kept[key] = drawing
        self._kept.move_to_end(key)
        while len(self._kept) > self.kept_most:
            self._kept.popitem(last=False)


def _picture_rows(drawing: Drawing, has_pixels: bool) -> list[Strip]:
    rows = drawing.rows if has_pixels or drawing.coarse is None else drawing.coarse()
    return [Strip(row, drawing.columns) for row in rows]


def _in_the_middle(strips: list[Strip], size: Size, style: Style) -> list[Strip]:
    """As many rows as the pane has."""
    above, blank = (size.height - len(strips)) // 2, Strip.blank(size.width, style)
    return [strips[y - above] if 0 <= y - above < len(strips) else blank for y in range(size.height)]


def _same_cells(before: Drawing | str, after: Drawing | str) -> bool:
    """Whether the cells that stand show the next drawing too, once its data has come."""
    if isinstance(before, str) or isinstance(after, str):
        return False
    return (before.columns, len(before.rows)) == (after.columns, len(after.rows))

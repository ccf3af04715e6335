"""A picture in a pane: drawn off the key's path, ahead of need, with the reason where there is none."""

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from rich.text import Text
from textual import work
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.worker import get_current_worker

from db.errors import UserError
from db.i18n import _
from kimikoe_tui.graphics.halfblock import HalfBlocks
from kimikoe_tui.graphics.pixels import Pixels
from kimikoe_tui.graphics.renderer import Drawing, PictureRenderer
from kimikoe_tui.palette import FAINT
from kimikoe_tui.text import plain
from kimikoe_tui.widgets.failures import TellsFailures

KEPT = 12
PATIENCE = 0.3
Key = Hashable
Cells = tuple[int, int]


class PictureSource(Protocol):
    """Where a pane's pictures come from."""

    def load(self, key: Key, box: tuple[int, int]) -> Pixels:
        """A picture that fits `box` pixels; may take its time on a worker's thread. Raises `UserError`."""

    def give_up(self) -> None:
        """Let go of what is being loaded: something else is wanted now."""


class Picture(TellsFailures, Widget):
    """Shows one picture as large as fits, keeps the last ones drawn and draws the next ones ahead."""

    @dataclass
    class _Drawn(Message):
        key: Key
        cells: Cells
        drawing: Drawing | str

    def __init__(
        self, source: PictureSource, *, renderer: PictureRenderer | None = None, id: str | None = None  # noqa: A002
    ) -> None:  # fmt: skip
        super().__init__(id=id)
        self._source = source
        self._renderer = renderer or HalfBlocks()
        self._kept: OrderedDict[tuple[Key, Cells], Drawing] = OrderedDict()
        self._key: Key | None = None
        self._ahead: tuple[Key, ...] = ()
        self._shown: Drawing | str = ""
        self._answered: Key | None = None
        self.painted: Key | None = None
        """The picture that has reached the terminal, None before and where it could not be read."""

    def show(self, key: Key | None, ahead: Sequence[Key] = ()) -> None:
        """Show a picture, then draw `ahead`, the ones likely to be asked for next, in that order."""
        self._key, self._ahead = key, tuple(ahead)
        self._wish()

    @property
    def shown(self) -> Drawing | str:
        """What is in the pane: a drawing, or the words in its place."""
        return self._shown

    def render_line(self, y: int) -> Strip:
        """A row of the picture, in the middle of the pane."""
        width, height = self.size
        style = self.visual_style.rich_style
        if isinstance(self._shown, str):
            return self._words(y, width, height).apply_style(style)
        row = y - (height - len(self._shown.rows)) // 2
        if not 0 <= row < len(self._shown.rows):
            return Strip.blank(width, style)
        left = (width - self._shown.columns) // 2
        picture = Strip(self._shown.rows[row], self._shown.columns).apply_style(style)
        right = width - left - self._shown.columns
        return Strip.join([Strip.blank(left, style), picture, Strip.blank(right, style)]).crop(0, width)

    def on_resize(self) -> None:
        """Draw for the new size."""
        self._wish()

    def _words(self, y: int, width: int, height: int) -> Strip:
        lines = Text(str(self._shown), FAINT, justify="center").wrap(self.app.console, max(1, width), justify="center")
        row = y - (height - len(lines)) // 2
        if not 0 <= row < len(lines):
            return Strip.blank(width)
        lines[row].truncate(width, pad=True)
        return Strip(list(lines[row].render(self.app.console)), width)

    def _wish(self) -> None:
        """Put up what is at hand; have drawn what is not."""
        cells = (self.size.width, self.size.height)
        if cells[0] < 1 or cells[1] < 1:
            return
        self._source.give_up()
        if self._key is None:
            self._put_up(_("no picture"))
        elif (known := self._kept.get((self._key, cells))) is not None:
            self._put_up(known)
        wanted = [key for key in (self._key, *self._ahead) if key is not None and (key, cells) not in self._kept]
        if wanted:
            self._draw(wanted, cells)
        if self._key in wanted:
            self.set_timer(PATIENCE, partial(self._say_waiting, self._key))

    def _say_waiting(self, key: Key) -> None:
        """Take down the picture before, once it has stayed up too long in the place of one that is not there yet."""
        if key == self._key and self.painted != key and self._answered != key:
            self._shown = "…"
            self.refresh()

    def _put_up(self, drawing: Drawing | str) -> None:
        if drawing is self._shown and self.painted == self._key:
            return
        self._shown, self._answered = drawing, self._key
        self.refresh()
        self.call_after_refresh(self._note_painted, self._key, isinstance(drawing, str))

    def _note_painted(self, key: Key | None, failed: bool) -> None:
        if key is not None and key == self._key:
            self.painted = None if failed else key

    @work(thread=True, exclusive=True, group="drawing", exit_on_error=False)
    def _draw(self, keys: list[Key], cells: Cells) -> None:
        worker = get_current_worker()
        for key in keys:
            drawing = self._drawing(key, cells)
            if isinstance(drawing, Drawing) or not worker.is_cancelled:
                self.post_message(self._Drawn(key, cells, drawing))
            if worker.is_cancelled:
                return

    def _drawing(self, key: Key, cells: Cells) -> Drawing | str:
        try:
            return self._renderer.draw(self._source.load(key, self._renderer.pixel_box(*cells)), *cells)
        except UserError as error:
            return plain(str(error))

    def on_picture__drawn(self, message: _Drawn) -> None:
        """Keep a drawing, and put it up where it is the one wanted."""
        message.stop()
        if isinstance(message.drawing, Drawing):
            self._keep((message.key, message.cells), message.drawing)
        if message.key == self._key and message.cells == (self.size.width, self.size.height):
            self._put_up(message.drawing)

    def _keep(self, key: tuple[Key, Cells], drawing: Drawing) -> None:
        self._kept[key] = drawing
        self._kept.move_to_end(key)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)

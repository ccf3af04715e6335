"""Small pictures, of which a room shows many: all drawn on one thread, so that keys never wait for several."""

import heapq
import threading
from collections.abc import Hashable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import ClassVar

from kimikoe_tui.pixels import FrameServer
from kimikoe_tui.widgets.failures import WorkFailed
from kimikoe_tui.widgets.picture import Picture
from kimikoe_tui.widgets.sending import Cells, Key
from kimikoe_tui.widgets.sources import FilmFrames, NotWanted

Task = tuple[bool, int, "Thumbnail", Hashable, Cells]


class Easel:
    """Draws thumbnails one after another: those in view first, and none that is no longer wanted."""

    def __init__(self) -> None:
        self._hand = ThreadPoolExecutor(max_workers=1, thread_name_prefix="thumbnails")
        self._tasks: list[Task] = []
        self._lock = threading.Lock()
        self._numbers = count()
        self._closed = False

    def ask(self, picture: "Thumbnail", key: Key, cells: Cells, ahead: bool) -> None:
        """Have a picture drawn; `ahead` after all that is in view."""
        if self._closed:
            return
        with self._lock:
            heapq.heappush(self._tasks, (ahead, next(self._numbers), picture, key, cells))
        self._hand.submit(self._draw_next)

    def close(self) -> None:
        """Draw no more."""
        self._closed = True
        self._hand.shutdown(wait=False, cancel_futures=True)

    def _draw_next(self) -> None:
        with self._lock:
            _ahead, _number, picture, key, cells = heapq.heappop(self._tasks)
        if picture.is_wanted(key, cells):
            picture.draw_now(key, cells)


class Thumbnail(Picture):
    """A small picture of a film's frame."""

    kept_most: ClassVar[int] = 3

    def __init__(self, server: FrameServer, easel: Easel) -> None:
        super().__init__(FilmFrames(server))
        self._easel = easel

    def is_wanted(self, key: Key, cells: Cells) -> bool:
        """Whether a picture is still to be shown, or likely to be."""
        return cells == self._cells and key in (self._key, *self._ahead) and self.is_attached

    def draw_now(self, key: Key, cells: Cells) -> None:
        """Draw on the easel's thread."""
        try:
            for drawing, is_final in self._drawings(key, cells, False):
                self.post_message(self._Drawn(key, cells, drawing, is_final))
        except NotWanted:
            return
        except Exception as error:  # as a worker of Textual's tells its failures
            self.post_message(WorkFailed(error))

    def _have_drawn(self, keys: list[Key], cells: Cells) -> None:
        for key in keys:
            self._easel.ask(self, key, cells, key != self._key)
